"""What the benchmark of checks runs: seventeen rules, their hand-written floor, and checks that remember."""

import shutil
import statistics
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import duckdb

from catalog_service.catalog.quality import CheckMemory, Metric, QualityRun
from expectations.checking import Circumstances, run_checks
from expectations.counting import FILE_COLUMN
from lake.expressions import literal
from tests.unit.expectations.support import rule

AGENCIES = "(SELECT 'AG' || lpad(i::VARCHAR, 3, '0') AS id FROM range(60) AS r(i))"
RULES = (
    rule(Metric.ROW_COUNT, minimum=1),
    *(rule(Metric.NOT_NULL, name) for name in ("uscc", "ent_name", "region_code", "agency_id", "update_ts")),
    rule(Metric.UNIQUE, "uscc", columns=["uscc"]),
    rule(Metric.UNIQUE, columns=["agency_id", "source_rec_no"]),
    rule(Metric.MATCHES, "uscc", pattern="[0-9A-HJ-NPQRTUWXY]{18}"),
    rule(Metric.MATCHES, "legal_rep_id", pattern="[0-9]{17}[0-9X]"),
    rule(Metric.IN_SET, "ent_type", values=list("ABCDE")),
    rule(Metric.IN_SET, "status", values=["存续", "注销", "吊销", "迁出"]),
    rule(Metric.BETWEEN, "capital", minimum=0, maximum=None),
    rule(Metric.BETWEEN, "source_rec_no", minimum=0, maximum=10**12),
    rule(Metric.MAX_LENGTH, "phone", length=11),
    rule(Metric.MAX_LENGTH, "ent_name", length=40),
    rule(Metric.REFERENCE, "agency_id", dataset="city/agencies", field="id"),
)


@dataclass(frozen=True)
class Spent:
    """Wall and CPU seconds."""

    wall: float
    cpu: float

    def __str__(self) -> str:
        return f"wall {self.wall:7.2f} s   cpu {self.cpu:7.2f} s"

    @staticmethod
    def median(times: Sequence["Spent"]) -> "Spent":
        """Return the median of each."""
        return Spent(statistics.median(one.wall for one in times), statistics.median(one.cpu for one in times))


class StoredRows:
    """Failing rows kept as Parquet files, as the lake keeps them."""

    def __init__(self, connection: duckdb.DuckDBPyConnection, folder: Path) -> None:
        self._connection, self._folder = connection, folder
        self._versions: list[list[Path]] = []

    def store(self, queries: Sequence[str], *, onto: int | None) -> tuple[int, str]:
        kept = [] if onto is None else list(self._versions[onto])
        for number, query in enumerate(queries):
            path = self._folder / f"failed-{len(self._versions)}-{number}.parquet"
            self._connection.execute(f"COPY ({query}) TO {literal(str(path))} (FORMAT parquet)")
            kept.append(path)
        self._versions.append(kept)
        return len(self._versions) - 1, self.relation(len(self._versions) - 1)

    def relation(self, version: int) -> str:
        return f"read_parquet([{', '.join(literal(str(path)) for path in self._versions[version])}])"


class Bench:
    """Checks on one connection with a gigabyte of memory."""

    def __init__(self, folder: Path) -> None:
        config: dict[str, str | bool | int | float | list[str]] = {
            "memory_limit": "1GB",
            "temp_directory": str(folder / "spill"),
            "preserve_insertion_order": "false",
        }
        self.connection = duckdb.connect(config=config)
        self._folder = folder
        self.last: QualityRun
        self.forget()

    def warm_up(self) -> None:
        """Import Great Expectations."""
        run_checks(self.connection, "range(1) AS t(uscc)", RULES[:2], table="t", version=0, reference_relation=lambda _: None)

    def forget(self) -> None:
        """Begin anew, as on the first delivery."""
        shutil.rmtree(self._folder / "keys", ignore_errors=True)
        self._memory, self._failed = CheckMemory(), StoredRows(self.connection, self._folder)

    def check(self, files: Sequence[Path]) -> None:
        """Check these files; what is found out is remembered."""
        paths = ", ".join(literal(str(path)) for path in files)
        done = run_checks(
            self.connection,
            f"read_parquet([{paths}], hive_partitioning = false, union_by_name = true, "
            f"filename = '{FILE_COLUMN}', file_row_number = true)",
            RULES,
            table="standard/market/companies",
            version=0,
            reference_relation={"city/agencies": AGENCIES}.get,
            circumstances=Circumstances(
                key=("uscc",),
                files={str(path): path.name for path in files},
                memory=self._memory,
                hashes=self._folder / "keys",
                failed_rows=self._failed,
            ),
        )
        self.last, self._memory = done.run, done.memory

    def floor(self, file: Path) -> None:
        """Run the fewest queries a person would write for the same counts, without samples and failing rows."""
        for query in _floor(f"read_parquet(['{file}'])"):
            self.connection.execute(query).fetchall()

    @staticmethod
    def spend(work: Callable[[], object]) -> Spent:
        """Return wall and CPU seconds of a piece of work."""
        wall, cpu = time.perf_counter(), time.process_time()
        work()
        return Spent(time.perf_counter() - wall, time.process_time() - cpu)


def _floor(relation: str) -> tuple[str, ...]:
    duplicates = "SELECT count(*), sum(n) FROM (SELECT count(*) AS n FROM {} WHERE {} GROUP BY {} HAVING count(*) > 1)"
    return (
        f"""SELECT count(*), count(uscc), count(ent_name), count(region_code), count(agency_id), count(update_ts),
            count(*) FILTER (NOT regexp_full_match(uscc, '[0-9A-HJ-NPQRTUWXY]{{18}}')),
            count(*) FILTER (NOT regexp_full_match(legal_rep_id, '[0-9]{{17}}[0-9X]')),
            count(*) FILTER (ent_type NOT IN ('A', 'B', 'C', 'D', 'E')),
            count(*) FILTER (status NOT IN ('存续', '注销', '吊销', '迁出')),
            count(*) FILTER (capital < 0), count(*) FILTER (source_rec_no < 0 OR source_rec_no > 1000000000000),
            count(*) FILTER (length(phone) > 11), count(*) FILTER (length(ent_name) > 40),
            count(*) FILTER (agency_id IS NOT NULL AND agency_id NOT IN (SELECT id FROM {AGENCIES})) FROM {relation}""",
        duplicates.format(relation, "uscc IS NOT NULL", "uscc"),
        duplicates.format(relation, "agency_id IS NOT NULL OR source_rec_no IS NOT NULL", "agency_id, source_rec_no"),
    )
