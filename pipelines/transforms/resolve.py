"""Article 15 一数一源: rows of several agencies become one golden record per key, by the rules declared in the catalog.

The sources are joined by key; per rule one number says which of them wins; value, data set, delivery, row and rule follow
from it. Where independent sources differ, the key goes to the conflict report. Nothing depends on the order of arrival, and
the same SQL resolves all keys or only those that changed. Not here: which sources exist and what is published (deriving),
the rules themselves (survivorship), masks and keys of the sources (sources).
"""

import math
from collections.abc import Mapping, Sequence
from functools import cached_property

from catalog_service.catalog.dataset import Dataset
from catalog_service.catalog.schema import CodeList
from catalog_service.catalog.survivorship import Survivorship
from catalog_service.catalog.vocabularies import FieldType
from catalog_service.formats.arrow import sql_type
from lake.expressions import ident, literal
from pipelines.transforms.identity import Identity
from pipelines.transforms.records import whole_records
from pipelines.transforms.sources import Sources, SourceTable
from pipelines.transforms.survivorship import applied_rule, disputed, winner

VALUES_PER_PASS = 18_000_000
"""Values that are joined at a time for each GB of memory: more would spill to disk and take twice as long."""
_PLACE_COLUMNS = 1


class Resolution:
    """The SQL that resolves the sources of one golden data set.

    Args:
        dataset: the golden entry.
        tables: the published ones among its declared sources, in rank order.
        copies: sources that have no vote.
        code_lists: for rules that ask for declared validity.
        identity: keys that were found to be those of other entities.
        values_per_pass: values that are joined at a time.
    """

    def __init__(
        self,
        dataset: Dataset,
        tables: Sequence[SourceTable],
        copies: frozenset[str] = frozenset(),
        *,
        code_lists: Mapping[str, CodeList] | None = None,
        identity: Identity | None = None,
        values_per_pass: int = VALUES_PER_PASS,
    ) -> None:
        self._identity = identity or Identity(dataset)
        self._code_lists = code_lists
        self._sources = Sources(dataset, tables, code_lists, self._identity)
        self._dataset = dataset
        self._schema = dataset.schema_
        self._copies = copies
        self._values_per_pass = values_per_pass
        self._keys = ", ".join(ident(name) for name in self._schema.key)

    @property
    def tables(self) -> tuple[SourceTable, ...]:
        """The published sources, in rank order."""
        return self._sources.tables

    def reading(self, tables: Sequence[SourceTable]) -> "Resolution":
        """Return the same resolution of other relations: rows of the same sources."""
        return Resolution(self._dataset, tables, self._copies, code_lists=self._code_lists, identity=self._identity)

    @property
    def passes(self) -> int:
        """Number of key buckets: bounds the memory of the join."""
        if self._sources.golden.level == "record":
            return 1
        columns = len(self._schema.fields) + _PLACE_COLUMNS
        return max(1, math.ceil(sum(table.row_count for table in self._sources.tables) * columns / self._values_per_pass))

    def golden(self, only: str | None = None) -> list[str]:
        """Return one query per key bucket: entity id, key, fields; per field source, delivery, row, rule, and is it disputed.

        Args:
            only: relation of the keys to resolve, in one query; all keys where not given.
        """
        if only is not None:
            return [self._golden(self._restricted(only))]
        return [self._golden(self._bucket(number, self.passes)) for number in range(self.passes)]

    def conflicts(self, golden: str, only: str | None = None) -> list[str]:
        """Return queries for the conflict report: a row per key, field and source where independent sources disagree.

        `golden` is the relation that `golden()` made.
        """
        if self._sources.golden.level == "record" or not any(len(self._voters(name)) > 1 for name in self._names):
            return [no_conflicts(self._dataset)]
        contested = f"SELECT * FROM {golden} WHERE _conflict_count > 0"
        if only is not None:
            return [self._conflicts(contested, self._restricted(only))]
        # Only cells in dispute are held, far fewer than all values: half the passes over the sources are enough.
        passes = math.ceil(self.passes / 2)
        parts = [f"{contested} AND {self._bucket(number, passes)}" for number in range(passes)]
        return [self._conflicts(one, self._restricted(f"({one})")) for one in parts]

    @cached_property
    def _names(self) -> list[str]:
        return [field.name for field in self._sources.values]

    @cached_property
    def _rule_of(self) -> dict[str, Survivorship]:
        return {name: rule for rule in self._sources.rules for name in rule.fields}

    def _bucket(self, number: int, passes: int) -> str:
        return f"hash({self._keys}) % {passes} = {number}" if passes > 1 else "TRUE"

    def _restricted(self, relation: str) -> str:
        row = f"({self._keys})" if len(self._schema.key) > 1 else self._keys
        return f"{row} IN (SELECT {self._keys} FROM {relation})"

    def _joined(self, where: str) -> str:
        """All sources beside each other, a row per key; unqualified key columns are those of whichever source has the key."""
        parts = [f"({self._sources.rows(table, where)}) t{number}" for number, table in enumerate(self._sources.tables)]
        return parts[0] + "".join(f" FULL JOIN {part} USING ({self._keys})" for part in parts[1:])

    def _golden(self, where: str) -> str:
        """Inside, the winner of each rule beside what it may take; outside, the columns written."""
        if self._sources.golden.level == "record":
            return whole_records(self._sources, self._identity, where)
        rules = self._sources.rules
        winners = [
            f"{winner(rule, self._order(rule.fields[0]), self._voters(rule.fields[0]))} AS _w{number}"
            for number, rule in enumerate(rules)
        ]
        written = {name: self._written(number, rule, name) for number, rule in enumerate(rules) for name in rule.fields}
        values = [written[field.name][0] if field.name in written else ident(field.name) for field in self._schema.fields]
        provenance = [column for name in self._names for column in written[name][1:]]
        flags = [ident(f"{name}__disputed") for name in self._names]
        count = " + ".join(f"{flag}::INTEGER" for flag in flags) or "0"
        outer = (f"{self._identity.entity_id()} AS _entity_id", *values, *provenance, *flags)
        inner = (self._keys, *winners, *self._candidates())
        return (
            f"SELECT {', '.join(outer)}, ({count})::INTEGER AS _conflict_count "
            f"FROM (SELECT {', '.join(inner)} FROM {self._joined(where)})"
        )

    def _candidates(self) -> list[str]:
        """Every source's value of every field, where it stands, and whether the voters differ about it."""
        columns = []
        for number, table in enumerate(self._sources.tables):
            for name in self._names:
                if self._sources.supplies(table, name):
                    row = self._sources.row_of(table, number, self._rule_of[name].fields[0])
                    columns.append(f"t{number}.{ident(name)} AS {_of(name, number)}, {row} AS {_of('_row_' + name, number)}")
                    if len(table.deliveries) != 1:
                        delivery = self._sources.delivery_of(table, number, self._rule_of[name].fields[0])
                        columns.append(f"{delivery} AS {_of('_delivery_' + name, number)}")
        return columns + [f"{disputed(name, self._voters(name))} AS {ident(name + '__disputed')}" for name in self._names]

    def _written(self, number: int, rule: Survivorship, name: str) -> list[str]:
        """Value, source, delivery, row and rule of one golden field; a group's fields follow the winner of the first."""
        own = self._order(name)
        kind = sql_type(self._schema.field(name))
        value = _chosen(number, {one: _of(name, one) for one in own}) or f"NULL::{kind}"
        known = "" if name == rule.fields[0] else f"CASE WHEN ({value}) IS NOT NULL THEN {{}} END"
        columns = {
            "source": _chosen(number, {one: literal(self._sources.tables[one].dataset) for one in own}) or "NULL::VARCHAR",
            "delivery": _chosen(number, {one: self._delivery(one, name) for one in own}) or "NULL::VARCHAR",
            "row": _chosen(number, {one: _of("_row_" + name, one) for one in own}) or "NULL::BIGINT",
            "rule": applied_rule(rule, self._sources.record(rule), f"_w{number}"),
        }
        written = {suffix: known.format(column) if known else column for suffix, column in columns.items()}
        return [f"{value} AS {ident(name)}", *(f"{one} AS {ident(f'{name}__{suffix}')}" for suffix, one in written.items())]

    def _delivery(self, number: int, name: str) -> str:
        deliveries = self._sources.tables[number].deliveries
        return literal(deliveries[0]) if len(deliveries) == 1 else _of("_delivery_" + name, number)

    def _conflicts(self, contested: str, where: str) -> str:
        """What the voters say in each cell (key and field) in dispute, below each other; equal values are counted as votes.

        Values are compared as the texts that are reported. `where` restricts sources that have to be grouped by key first.
        """
        names = [name for name in self._names if len(self._voters(name)) > 1]
        cells = " UNION ALL ".join(
            f"SELECT {self._keys}, {number} AS _field, {self._text(name, ident(name))} AS _chosen "
            f"FROM ({contested}) WHERE {ident(name + '__disputed')}"
            for number, name in enumerate(names)
        )
        statements = [self._statements(number, names, where) for number in range(len(self._sources.tables))]
        said = " UNION ALL ".join(one for one in statements if one)
        fields = f"[{', '.join(literal(name) for name in names)}]"
        return (
            f"FROM (WITH _cells AS (SELECT *, row_number() OVER () AS _cell FROM ({cells})) "
            f"SELECT {self._keys}, {fields}[_field + 1] AS field, source, value, "
            "count(*) OVER (PARTITION BY _cell, value) AS votes, coalesce(value = _chosen, FALSE) AS is_chosen, "
            f"_delivery_id, _row_number FROM ({said}) WHERE value IS NOT NULL)"
        )

    def _statements(self, number: int, names: Sequence[str], where: str) -> str:
        """What one source says in the cells of the fields that it votes on; empty where it votes on none."""
        table, alias = self._sources.tables[number], f"t{number}"
        own = {place: name for place, name in enumerate(names) if number in self._voters(name)}
        if not own:
            return ""
        first = {place: self._rule_of[name].fields[0] for place, name in own.items()}
        values = {place: self._text(name, f"{alias}.{ident(name)}") for place, name in own.items()}
        rows = {place: self._sources.row_of(table, number, name) for place, name in first.items()}
        deliveries = {place: self._sources.delivery_of(table, number, name) for place, name in first.items()}
        relation = self._sources.rows(table, "TRUE" if self._sources.is_unique(table) else where)
        return (
            f"SELECT _cells.*, {literal(table.dataset)} AS source, {_by_field(values)} AS value, "
            f"{_by_field(deliveries)} AS _delivery_id, {_by_field(rows)} AS _row_number "
            f"FROM ({relation}) {alias} JOIN _cells USING ({self._keys})"
        )

    def _text(self, name: str, value: str) -> str:
        """A value as text: equal values have equal texts (of zero there are two doubles)."""
        is_double = self._schema.field(name).type is FieldType.NUMBER
        return f"({value} + 0)::VARCHAR" if is_double else f"{value}::VARCHAR"

    def _order(self, name: str) -> list[int]:
        """Numbers of the sources that supply a field, in the order that decides its rule."""
        tables = self._sources.tables
        return [one for one in self._sources.ranking(self._rule_of[name]) if self._sources.supplies(tables[one], name)]

    def _voters(self, name: str) -> list[int]:
        """Numbers of the sources whose values of a field are compared; when a row was updated is nothing to agree about."""
        if any(rule.recency == name for rule in self._sources.rules):
            return []
        return [one for one in sorted(self._order(name)) if self._sources.tables[one].dataset not in self._copies]


def no_conflicts(dataset: Dataset) -> str:
    """Return SQL for the conflict report without rows."""
    schema = dataset.schema_
    keys = (f"NULL::{sql_type(schema.field(key))} AS {ident(key)}" for key in schema.key)
    columns = "'' AS field, '' AS source, '' AS value, 0::BIGINT AS votes, FALSE AS is_chosen, '' AS _delivery_id"
    return f"SELECT {', '.join(keys)}, {columns}, 0::BIGINT AS _row_number WHERE FALSE"


def _of(name: str, number: int) -> str:
    """The column in which a source's part of a field is carried."""
    return ident(f"{name}#{number}")


def _by_field(expressions: Mapping[int, str]) -> str:
    """SQL that takes the expression of the current row's field; NULL for other fields."""
    alike: dict[str, list[int]] = {}
    for field, expression in expressions.items():
        alike.setdefault(expression, []).append(field)
    cases = (f"WHEN _field IN ({', '.join(map(str, fields))}) THEN {expression}" for expression, fields in alike.items())
    return f"CASE {' '.join(cases)} END"


def _chosen(number: int, columns: Mapping[int, str]) -> str:
    """SQL that takes the column of the winner of a rule; empty where no source has one."""
    cases = " ".join(f"WHEN {one} THEN {column}" for one, column in columns.items())
    return f"CASE _w{number} {cases} END" if cases else ""
