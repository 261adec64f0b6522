"""The check of one table version: rules in, a quality run out.

Here: what is evaluated, what cannot be, and the promise that no rule is lost. Not here: rules (rules), SQL (conditions),
counting (counting, repetition), Great Expectations (gx_engine, imported only when there is something to evaluate: it costs
seconds and 250 MB).
"""

import contextlib
import datetime as dt
import os
import statistics
import uuid
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import duckdb

from catalog_service.catalog.quality import CheckMemory, Measurement, Metric, QualityRun, Rule
from expectations.conditions import breaking
from expectations.counting import FILE_COLUMN, ROW_COLUMN, Subject
from expectations.failing import FailedRowsTable, Found, Search, TemporaryTable
from expectations.outcome import not_evaluated, unpublished, with_examples
from expectations.repetition import Repetition
from lake.expressions import ident

ReferenceRelation = Callable[[str], str | None]
"""Data set id → SQL text of its published rows, usable after FROM, or None where it is not published."""


@dataclass(frozen=True)
class Circumstances:
    """What a check knows beside the rows and the rules; every part may be missing."""

    sensitive: frozenset[str] = frozenset()
    """Columns whose values appear in no result."""
    key: tuple[str, ...] = ()
    """Columns by which a failing row is named."""
    files: Mapping[str, str] = field(default_factory=dict)
    """Path (as the relation's column `_file` has it) → sha256 of the immutable files that the rows come from."""
    memory: CheckMemory = field(default_factory=CheckMemory)
    """What earlier checks have found out about these files."""
    hashes: Path | None = None
    """Folder where sorted hashes of keys are kept, for tables to which rows are added; None: they are not."""
    earlier_counts: Sequence[int] = ()
    """Rows of earlier versions."""
    today: dt.date | None = None
    """The day of the check; None: today."""
    page: Path | None = None
    """Where a page of Data Docs goes; None: none is written."""
    failed_rows: FailedRowsTable | None = None
    """Where failing rows are kept; None: nowhere."""


@dataclass(frozen=True)
class Checked:
    """A quality run, and what is worth knowing at the next one."""

    run: QualityRun
    memory: CheckMemory
    failed: Found | None
    """The failing rows; None where nothing could be evaluated."""


def run_checks(
    connection: duckdb.DuckDBPyConnection,
    relation: str,
    rules: Sequence[Rule],
    *,
    table: str,
    version: int,
    reference_relation: ReferenceRelation,
    circumstances: Circumstances | None = None,
) -> Checked:
    """Article 25: evaluate `rules` on `relation` (SQL text usable after FROM) and return one measurement per rule, in order.

    Values of sensitive columns appear in no result. The connection is used alone for the time being; it keeps nothing.
    """
    given = circumstances or Circumstances()
    measured_at = dt.datetime.now(dt.UTC)
    run_id = f"{measured_at:%Y%m%dT%H%M%S}-{uuid.uuid4().hex[:12]}"
    view = f"check_{uuid.uuid4().hex}"
    subject = Subject(connection, view, given.files, _known_counts(given), dict(given.memory.keys))
    found: Found | None = None
    try:
        connection.execute(f"CREATE TEMP VIEW {ident(view)} AS SELECT * FROM {relation}")
        row_count = subject.count(["count(*)"])["count(*)"]
    except Exception as error:
        row_count, measured = 0, {rule.name: not_evaluated(rule, type(error).__name__) for rule in rules}
    else:
        measured, found = _evaluate(subject, rules, given, reference_relation, (run_id, table))
    finally:
        _clean(connection, view)
    run = QualityRun(
        run_id=run_id,
        table=table,
        version=version,
        measured_at=measured_at,
        row_count=row_count,
        measurements=tuple(measured[rule.name] for rule in rules),
    )
    memory = CheckMemory(counts=subject.counts, keys=subject.keys, failed=found.memory if found else given.memory.failed)
    return Checked(run, memory if given.files else CheckMemory(), found)


def _known_counts(given: Circumstances) -> dict[str, dict[str, int]]:
    """Return what is known of the files that are still there."""
    shas = set(given.files.values())
    return {sha: dict(counts) for sha, counts in given.memory.counts.items() if sha in shas}


def _clean(connection: duckdb.DuckDBPyConnection, view: str) -> None:
    # In a transaction that a failed check has aborted, the view goes with its rollback.
    with contextlib.suppress(duckdb.TransactionException):
        connection.execute(f"DROP VIEW IF EXISTS {ident(view)}")
        left = (
            "SELECT table_name FROM duckdb_tables() WHERE temporary AND table_name SIMILAR TO 'repeated_[0-9a-f]+|failed_rows'"
        )
        for (name,) in connection.execute(left).fetchall():
            connection.execute(f"DROP TABLE temp.{ident(name)}")


def _evaluate(
    subject: Subject,
    rules: Sequence[Rule],
    given: Circumstances,
    reference_relation: ReferenceRelation,
    named: tuple[str, str],
) -> tuple[dict[str, Measurement], Found | None]:
    run_id, table = named
    measured, references = _resolve_references(rules, reference_relation)
    evaluable = [_in_time(rule, given) for rule in rules if rule.name not in measured]
    if not evaluable:
        return measured, None
    # Nothing may leave the machine: versions of Great Expectations that send usage statistics read this when imported.
    os.environ["GX_ANALYTICS_ENABLED"] = "false"
    from expectations import gx_engine, gx_metrics  # noqa: F401  the metrics register themselves

    repeated = {rule.name: _repetition(subject, rule, given) for rule in evaluable if rule.metric is Metric.UNIQUE}
    by_key = {(one.columns, one.condition): one for one in repeated.values()}
    task = gx_engine.Task(subject, references, by_key, _conditions(evaluable, references), table, given.page)
    measured |= gx_engine.evaluate(task, evaluable)
    try:
        found = _failing(subject, evaluable, measured, given, references, repeated, run_id)
    except duckdb.TransactionException:
        return measured, None  # a check has aborted the caller's transaction; its outcome is known all the same
    return {name: with_examples(one, found.samples.get(name, ())) for name, one in measured.items()}, found


def _failing(
    subject: Subject,
    rules: Sequence[Rule],
    measured: Mapping[str, Measurement],
    given: Circumstances,
    references: Mapping[str, str],
    repeated: Mapping[str, Repetition],
    run_id: str,
) -> Found:
    table = given.failed_rows or TemporaryTable(subject.connection)
    known = given.memory.failed if given.failed_rows is not None else None
    counts = {name: one.unexpected_count for name, one in measured.items() if one.passed is not None}
    columns: tuple[str, ...] = ()
    if any(counts.values()):
        described = subject.connection.execute(f"DESCRIBE {ident(subject.view)}").fetchall()
        columns = tuple(str(row[0]) for row in described if row[0] not in (FILE_COLUMN, ROW_COLUMN))
    search = Search(subject, references, repeated, given.sensitive, given.key, columns, table, known)
    return search.run([rule for rule in rules if rule.name in counts], counts, run_id)


def _conditions(rules: Sequence[Rule], references: Mapping[str, str]) -> list[str]:
    """Return the conditions under which rows break the rules that are one; a rule with faulty parameters has none."""
    found = []
    for rule in rules:
        with contextlib.suppress(KeyError, ValueError):
            found.append(breaking(rule, references))
    return [one for one in found if one is not None]


def _repetition(subject: Subject, rule: Rule, given: Circumstances) -> Repetition:
    return Repetition(subject, tuple(rule.parameters["columns"]), rule.condition, given.hashes)


def _in_time(rule: Rule, given: Circumstances) -> Rule:
    """Return a rule with the bounds that it has on the day of the check and after the versions that came before."""
    if rule.metric is Metric.FRESH:
        today = given.today or dt.datetime.now(dt.UTC).date()
        since = today - dt.timedelta(days=int(rule.parameters["days"]))
        return rule.model_copy(update={"parameters": {**rule.parameters, "since": since.isoformat()}})
    if rule.metric is Metric.VOLUME:
        usual = statistics.median(given.earlier_counts) if given.earlier_counts else None
        least, most = (rule.parameters[name] for name in ("least", "most"))
        bounds = {
            "minimum": 0 if usual is None or least is None else -int(-usual * least // 1),
            "maximum": None if usual is None or most is None else int(usual * most),
        }
        return rule.model_copy(update={"parameters": {**rule.parameters, **bounds}})
    return rule


def _resolve_references(
    rules: Sequence[Rule], reference_relation: ReferenceRelation
) -> tuple[dict[str, Measurement], dict[str, str]]:
    """Return what cannot be evaluated for want of its target, and the relations of all other targets."""
    measured: dict[str, Measurement] = {}
    references: dict[str, str] = {}
    for rule in rules:
        if rule.metric not in {Metric.REFERENCE, Metric.AGREES}:
            continue
        dataset = rule.parameters["dataset"]
        found = references.get(dataset) or reference_relation(dataset)
        if found is None:
            measured[rule.name] = unpublished(rule, dataset)
        else:
            references[dataset] = found
    return measured, references
