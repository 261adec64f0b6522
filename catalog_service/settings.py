"""Settings: one frozen object, read once by the face that starts, and passed in. No other module reads the environment."""

from pathlib import Path

from pydantic import Field
from pydantic_settings import BaseSettings, SettingsConfigDict

from catalog_service.catalog.errors import Language

MEBIBYTE = 1024 * 1024


class Settings(BaseSettings):
    """Settings from `WUXI_*` environment variables."""

    model_config = SettingsConfigDict(env_prefix="WUXI_", frozen=True, extra="ignore")

    home: Path = Path("var")
    """Where run-time data live: lake, catalog database, keys."""
    lake_uri: str = ""
    """Root of the lake; empty: `<home>/lake`."""
    database_url: str = ""
    """SQLAlchemy URL of the catalog database; empty: SQLite at `<home>/catalog.db`."""
    lang: Language = Language.ZH
    """Language of the CLI and of requests that ask for none."""
    dagster_home_dir: Path | None = None
    """DAGSTER_HOME; None: the tracked `dagster_home/` beside the packages, or `<home>/dagster` outside a checkout."""
    host: str = "127.0.0.1"
    port: int = Field(default=8000, ge=1, le=65_535)
    dagster_port: int = Field(default=3000, ge=1, le=65_535)
    memory_limit: str = "1GB"
    """DuckDB's memory limit per session; beyond it, work spills to `<home>/tmp`."""
    threads: int = Field(default=0, ge=0)
    """DuckDB threads per session; 0: one per core."""
    max_delivery_bytes: int = 20 * 1024 * MEBIBYTE
    """Largest delivered file, and largest decompressed text of one, in bytes."""
    max_cell_bytes: int = MEBIBYTE
    """Largest single value of a delivered file, in bytes."""
    max_expansion_ratio: int = 200
    """Largest ratio of decompressed to compressed bytes, once 64 MiB are exceeded."""
    xlsx_memory_bytes: int = 1024 * MEBIBYTE
    """Address space of the child process that reads one workbook."""
    export_row_limit: int = 1_000_000
    """Rows of one JSON or CSV export by the API; a longer one says that it was cut and by how much."""

    @property
    def home_path(self) -> Path:
        """`home`, absolute."""
        return self.home.resolve()

    @property
    def lake_root(self) -> Path:
        """Local root of the lake."""
        return Path(self.lake_uri).resolve() if self.lake_uri else self.home_path / "lake"

    @property
    def sqlalchemy_url(self) -> str:
        """URL of the catalog database."""
        return self.database_url or f"sqlite:///{self.home_path / 'catalog.db'}"

    @property
    def dagster_home(self) -> Path:
        """DAGSTER_HOME, absolute."""
        if self.dagster_home_dir is not None:
            return self.dagster_home_dir.resolve()
        tracked = Path(__file__).resolve().parent.parent / "dagster_home"
        return tracked if tracked.is_dir() else self.home_path / "dagster"
