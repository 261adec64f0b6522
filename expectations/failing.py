"""The rows that break a rule, found in full: rule, place of the row, its key, the offending value.

Here: the queries for them, and which of them were found by an earlier check. Values of sensitive fields and parts of keys are
left out. Not here: counting, storing (whoever implements `FailedRowsTable`).
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

import duckdb

from catalog_service.catalog.quality import FailedRows, Metric, Rule
from expectations.conditions import both, breaking
from expectations.counting import Subject, fingerprint
from expectations.repetition import Repetition
from lake.expressions import ident, literal

SAMPLE_SIZE = 20
"""Number of offending values of a rule from which the examples of a report are chosen."""

MASKED = "***"
_LOCATORS = {"_delivery_id": "VARCHAR", "_row_number": "BIGINT"}


class FailedRowsTable(Protocol):
    """Where failing rows are kept from one check to the next."""

    def store(self, queries: Sequence[str], *, onto: int | None) -> tuple[int, str]:
        """Keep the rows of `queries` beside those of version `onto`, or (None) alone; return the version and its relation."""

    def relation(self, version: int) -> str:
        """Return SQL text for the rows of a version, usable after FROM."""


class TemporaryTable:
    """Failing rows for the time of one connection."""

    def __init__(self, connection: duckdb.DuckDBPyConnection) -> None:
        self._connection = connection

    def store(self, queries: Sequence[str], *, onto: int | None) -> tuple[int, str]:  # noqa: ARG002  nothing came before
        """Keep the rows in a temporary table."""
        self._connection.execute(f"CREATE OR REPLACE TEMP TABLE failed_rows AS {' UNION ALL '.join(queries)}")
        return 0, "temp.failed_rows"

    def relation(self, version: int) -> str:  # noqa: ARG002  there is one
        """Return the table."""
        return "temp.failed_rows"


@dataclass(frozen=True)
class Found:
    """The failing rows of a check: what is to be remembered of them, and samples of their values."""

    memory: FailedRows | None
    samples: Mapping[str, tuple[str, ...]]
    is_written: bool
    """Whether the table has a new version."""


@dataclass(frozen=True)
class Search:
    """The search for the failing rows of one check."""

    subject: Subject
    references: Mapping[str, str]
    repetitions: Mapping[str, Repetition]
    """By name of the rule."""
    sensitive: frozenset[str]
    key: tuple[str, ...]
    columns: tuple[str, ...]
    table: FailedRowsTable
    known: FailedRows | None

    def run(self, rules: Sequence[Rule], counts: Mapping[str, int], run_id: str) -> Found:
        """Find the rows of the rules that fail (`counts` > 0) and sample their values; rows that are known stay."""
        failing = [rule for rule in rules if counts.get(rule.name, 0)]
        name = fingerprint(*(json.dumps([rule.name, self._meaning(rule), list(self.key)]) for rule in rules))
        base = self.known if self._can_add(name) else None
        added = None if base is None else frozenset(self.subject.shas) - set(base.files)
        before = {} if base is None else base.counts
        todo = [rule for rule in failing if base is None or counts[rule.name] != before.get(rule.name, 0)]
        version = -1 if self.known is None else self.known.version
        relation = self.table.relation(version) if version >= 0 else ""
        is_written = bool(todo) or (base is None and version >= 0 and bool(self.known and self.known.counts))
        if is_written:
            queries = [self._query(rule, run_id, added) for rule in todo] or [self._nothing(run_id)]
            version, relation = self.table.store(queries, onto=None if base is None or version < 0 else version)
        memory = FailedRows(
            files=self.subject.shas, fingerprint=name, counts={one.name: counts[one.name] for one in failing}, version=version
        )
        return Found(memory if self.subject.files else None, self._samples(relation, failing), is_written)

    def _can_add(self, name: str) -> bool:
        known = self.known
        return known is not None and known.fingerprint == name and set(known.files) <= set(self.subject.shas)

    def _meaning(self, rule: Rule) -> str:
        if rule.metric is Metric.UNIQUE:
            return self.repetitions[rule.name].name
        return breaking(rule, self.references) or ""

    def _query(self, rule: Rule, run_id: str, added: frozenset[str] | None) -> str:
        if rule.metric is Metric.UNIQUE:
            condition = self.repetitions[rule.name].breaking(added_only=added is not None)
        else:
            condition = breaking(rule, self.references) or "FALSE"
            shas = frozenset(self.subject.shas) if added is None else added
            known = self.subject.at(condition, shas) if self.subject.files else None
            condition = known or (condition if added is None else both(condition, self.subject.in_files(added)))
        return self._select(rule, run_id, condition)

    def _nothing(self, run_id: str) -> str:
        return f"SELECT {literal(run_id)} AS run_id, {self._nulls()} WHERE FALSE"

    def _nulls(self) -> str:
        kinds = {"rule": "VARCHAR", **_LOCATORS, "key": "VARCHAR", "value": "VARCHAR"}
        return ", ".join(f"NULL::{kind} AS {ident(name)}" for name, kind in kinds.items())

    def _select(self, rule: Rule, run_id: str, condition: str) -> str:
        located = [ident(one) if one in self.columns else f"NULL::{kind} AS {ident(one)}" for one, kind in _LOCATORS.items()]
        parts = [f"{literal(run_id)} AS run_id", f"{literal(rule.name)} AS rule", *located]
        parts += [f"{self._key()} AS key", f"{self._value(rule)} AS value"]
        return f"SELECT {', '.join(parts)} FROM {self.subject.relation} WHERE {condition}"

    def _key(self) -> str:
        """Return the key as JSON text, without what is sensitive in it."""
        key = [one for one in self.key if one in self.columns]
        if not key:
            return "NULL::VARCHAR"
        shown = [literal(MASKED) if one in self.sensitive else f"CAST({ident(one)} AS VARCHAR)" for one in key]
        pairs = ", ".join(f"{literal(one)}, {value}" for one, value in zip(key, shown, strict=True))
        return f"CAST(json_object({pairs}) AS VARCHAR)"

    def _value(self, rule: Rule) -> str:
        names = value_columns(rule)
        if not names or rule.metric is Metric.NOT_NULL or self.sensitive.intersection(names):
            return "NULL::VARCHAR"
        one = ident(names[0]) if len(names) == 1 else f"row({', '.join(ident(name) for name in names)})"
        return f"CAST({one} AS VARCHAR)"

    def _samples(self, relation: str, failing: Sequence[Rule]) -> dict[str, tuple[str, ...]]:
        if not failing or not relation:
            return {}
        query = f"SELECT rule, min(DISTINCT value, {SAMPLE_SIZE}) FROM {relation} WHERE value IS NOT NULL GROUP BY rule"
        return {rule: tuple(values) for rule, values in self.subject.ask(query)}


def value_columns(rule: Rule) -> tuple[str, ...]:
    """Return the fields whose values break a rule."""
    if rule.metric is Metric.UNIQUE:
        return tuple(rule.parameters["columns"])
    own = () if rule.field is None else (rule.field,)
    return (*own, rule.parameters["other"]) if rule.metric is Metric.COMPARE else own
