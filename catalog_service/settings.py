"""Settings: one frozen object, read once by the face that starts, and passed in. No other module reads the environment."""

import os
import pwd
from pathlib import Path
from typing import Self
from urllib.parse import urlsplit

from pydantic import Field, SecretStr, model_validator
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
    export_row_limit: int = Field(default=0, ge=0)
    """Rows of one JSON or CSV export by the API, 0: all there are; a longer one says that it was cut and by how much."""
    xlsx_row_limit: int = Field(default=100_000, ge=1, le=1_048_000)
    """Rows of one Excel workbook; larger ones are refused, never cut."""
    simultaneous_exports: int = Field(default=8, ge=1)
    """Exports and queries of rows that one serving process works on at once; further ones are told to come again."""
    accel_prefix: str = Field(default="", pattern=r"^(/[A-Za-z0-9_/-]*/)?$")
    """Internal location of an nginx in front that serves the lake's files itself (X-Accel-Redirect); empty: we serve them."""
    public_url: str = Field(default="", pattern=r"^(https?://[^/\s]+)?$")
    """The address under which people reach the service, without a path; needed for sign-in at a provider."""
    session_hours: int = Field(default=12, ge=1, le=168)
    """After how many hours one must sign in again."""
    session_idle_minutes: int = Field(default=30, ge=1, le=1440)
    """After how many minutes without a request one must sign in again."""
    oidc_issuer: str = Field(default="", pattern=r"^(https?://\S+)?$")
    """OpenID Connect provider to sign in at; empty: none."""
    oidc_client_id: str = ""
    oidc_client_secret: SecretStr = SecretStr("")
    smtp_host: str = ""
    """Mail server that tells people what became of their case; empty: notices stay in the outbox and on the pages."""
    smtp_port: int = Field(default=587, ge=1, le=65_535)
    smtp_user: str = ""
    smtp_password: SecretStr = SecretStr("")
    smtp_from: str = Field(default="", pattern=r"^([^@\s<>]+@[A-Za-z0-9.-]+)?$")
    """Sender of the mails; needed with a mail server."""
    is_smtp_encrypted: bool = True
    """Whether to demand TLS (STARTTLS) of the mail server."""
    is_registration_open: bool = True
    """Whether citizens and organisations may register themselves as applicants for open data (Art. 24)."""

    @model_validator(mode="after")
    def _require_whole_provider(self) -> Self:
        """Refuse to start with half a provider, or with one that anybody on the way could pretend to be."""
        given = {
            "WUXI_OIDC_ISSUER": self.oidc_issuer,
            "WUXI_OIDC_CLIENT_ID": self.oidc_client_id,
            "WUXI_OIDC_CLIENT_SECRET": self.oidc_client_secret.get_secret_value(),
        }
        missing = [name for name, value in (given | {"WUXI_PUBLIC_URL": self.public_url}).items() if not value]
        if any(given.values()) and missing:
            raise ValueError(f"统一身份认证的设置不完整 · sign-in at a provider also needs {', '.join(missing)}")
        host = urlsplit(self.oidc_issuer).hostname
        if self.oidc_issuer.startswith("http://") and host not in {"127.0.0.1", "localhost", "::1"}:
            raise ValueError("WUXI_OIDC_ISSUER 必须使用 https · must be https")
        return self

    @model_validator(mode="after")
    def _require_sender(self) -> Self:
        """Refuse to start with a mail server and no sender."""
        if self.smtp_host and not self.smtp_from:
            raise ValueError("设置了邮件服务器时须设置 WUXI_SMTP_FROM · a mail server needs WUXI_SMTP_FROM")
        return self

    @property
    def has_provider(self) -> bool:
        """Whether one can sign in at a provider."""
        return bool(self.oidc_issuer)

    @property
    def operator(self) -> str:
        """Login name of whom this process runs for, as the operating system knows it."""
        try:
            return pwd.getpwuid(os.getuid()).pw_name
        except KeyError:
            return f"uid-{os.getuid()}"

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
