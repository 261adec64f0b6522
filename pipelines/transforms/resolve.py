"""Article 15 一数一源: rows of several agencies become one golden record per key, by declared source order.

Per field, the value of the first source (in the field's declared order) that has one survives, with its provenance: data
set, delivery and row. Within a source the latest delivery wins, then the first row. Where independent sources differ the
key goes to the conflict report. Source rank, delivery and row number are packed into one integer, so that one `min` yields
provenance and one `arg_min` the value. Not here: which sources exist and what is published.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass

from catalog_service.catalog.dataset import Dataset, Golden
from catalog_service.formats.arrow import sql_type
from lake.expressions import ident, literal

_ROW_BITS = 38
_DELIVERY_BITS = 16
_RANK_SHIFT = _ROW_BITS + _DELIVERY_BITS
_ROWS_PER_PASS = 4_000_000
_SAMPLED_ROWS = 200_000
_COPY_MIN_ROWS = 1_000
_COPY_MIN_SHARE = 0.99


@dataclass(frozen=True, slots=True)
class SourceTable:
    """A published source: data set id, SQL relation, its field names, rows, and its deliveries, latest first."""

    dataset: str
    relation: str
    columns: frozenset[str]
    row_count: int
    deliveries: tuple[str, ...]


class Resolution:
    """The SQL that resolves the sources of one golden data set.

    `sources` are the published ones among the declared, in rank order; `copies` have no vote in the conflict report.
    """

    def __init__(self, dataset: Dataset, sources: Sequence[SourceTable], copies: frozenset[str] = frozenset()) -> None:
        if not isinstance(dataset.derivation, Golden):
            raise TypeError(f"{dataset.id} is not declared golden")
        self._dataset = dataset
        self._golden = dataset.derivation
        self._sources = tuple(sources)
        self._copies = copies
        self._declared = {source.dataset: source for source in self._golden.sources}
        self._key = dataset.schema_.key
        self._values = tuple(field for field in dataset.schema_.fields if field.name not in self._key)
        self._deliveries = tuple(delivery for source in self._sources for delivery in source.deliveries)

    @property
    def passes(self) -> int:
        """Number of key buckets: bounds the memory of the aggregation."""
        return max(1, math.ceil(sum(source.row_count for source in self._sources) / _ROWS_PER_PASS))

    def golden(self) -> list[str]:
        """Return one query per key bucket: key, fields, per field its source, delivery and row, and the count of conflicts."""
        return [self._golden_bucket(bucket) for bucket in range(self.passes)]

    def conflicts(self, golden: str) -> str:
        """Return SQL for the conflict report: one row per key, field and source where independent sources disagree.

        `golden` is the relation that `golden()` made.
        """
        disputable = [field.name for field in self._values if len(self._voters(field.name)) > 1]
        if not disputable:
            return self.no_conflicts()
        keys = ", ".join(ident(name) for name in self._key)
        values = ", ".join(ident(name) for name in disputable)
        parts = " UNION ALL ".join(self._conflicts_of(name) for name in disputable)
        return (
            f"WITH disputed AS MATERIALIZED (SELECT {keys}, {values} FROM {golden} WHERE _conflict_count > 0), "
            f"candidates AS MATERIALIZED (SELECT {keys}, {values}, _source, _delivery_id, _row_number "
            f"FROM ({self._stacked(None)}) SEMI JOIN disputed USING ({keys}) WHERE _votes) {parts}"
        )

    def _golden_bucket(self, bucket: int) -> str:
        keys = ", ".join(ident(name) for name in self._key)
        aggregates = [self._aggregate(field.name) for field in self._values]
        inner = f"SELECT {', '.join((keys, *aggregates))} FROM ({self._stacked(bucket)}) GROUP BY {keys}"
        columns = [ident(field.name) for field in self._dataset.schema_.fields]
        for field in self._values:
            columns += self._provenance(field.name)
        flags = [f"coalesce({ident('_conflict_' + field.name)}, FALSE)::INTEGER" for field in self._values]
        columns.append(f"({' + '.join(flags) or '0'})::INTEGER AS _conflict_count")
        return f"SELECT {', '.join(columns)} FROM ({inner})"

    def _aggregate(self, name: str) -> str:
        value, order = ident(name), ident("_order_" + name)
        known = f"FILTER ({value} IS NOT NULL)"
        voting = f"FILTER ({value} IS NOT NULL AND _votes)" if self._copies else known
        conflict = f"min(hash({value})) {voting} <> max(hash({value})) {voting}"
        return (
            f"arg_min({value}, {order}) {known} AS {value}, min({order}) {known} AS {order}, "
            f"{conflict} AS {ident('_conflict_' + name)}"
        )

    def _provenance(self, name: str) -> list[str]:
        """Unpack an order value into the data set, the delivery and the row that a golden value came from."""
        order = ident("_order_" + name)
        ranked = _list(self._ranking(name))
        deliveries = _list(self._deliveries)
        delivery_mask, row_mask = (1 << _DELIVERY_BITS) - 1, (1 << _ROW_BITS) - 1
        return [
            f"{ranked}[({order} >> {_RANK_SHIFT}) + 1] AS {ident(name + '__source')}",
            f"{deliveries}[(({order} >> {_ROW_BITS}) & {delivery_mask}) + 1] AS {ident(name + '__delivery')}",
            f"({order} & {row_mask}) AS {ident(name + '__row')}",
        ]

    def _ranking(self, name: str) -> list[str]:
        """Return source ids in the order that decides this field."""
        first = [one for one in self._golden.field_order.get(name, ()) if any(s.dataset == one for s in self._sources)]
        return first + [source.dataset for source in self._sources if source.dataset not in first]

    def _stacked(self, bucket: int | None) -> str:
        """All sources one after another, with an order value per field; one key bucket of them, or all."""
        return " UNION ALL ".join(self._rows_of(source, bucket) for source in self._sources)

    def _rows_of(self, source: SourceTable, bucket: int | None) -> str:
        names = self._declared[source.dataset].fields
        columns = [f"{ident(names.get(name, name))} AS {ident(name)}" for name in self._key]
        index = self._delivery_index(source)
        for field in self._values:
            column = self._source_column(source, field.name)
            rank = self._ranking(field.name).index(source.dataset)
            position = f"({rank << _RANK_SHIFT} + ({index})::BIGINT * {1 << _ROW_BITS} + _row_number)"
            columns.append(f"{column or 'NULL::' + sql_type(field)} AS {ident(field.name)}")
            columns.append(f"{position if column else 'NULL::BIGINT'} AS {ident('_order_' + field.name)}")
        columns.append(f"{literal(source.dataset not in self._copies)} AS _votes")
        columns.append(f"{literal(source.dataset)} AS _source, _delivery_id, _row_number")
        keys = ", ".join(ident(names.get(name, name)) for name in self._key)
        # A row without a key stands for nobody: it stays in its source and joins no golden record.
        where = " AND ".join(f"{ident(names.get(name, name))} IS NOT NULL" for name in self._key)
        if bucket is not None and self.passes > 1:
            where += f" AND hash({keys}) % {self.passes} = {bucket}"
        return f"SELECT {', '.join(columns)} FROM {source.relation} WHERE {where}"

    def _source_column(self, source: SourceTable, name: str) -> str | None:
        """Return the SQL name of the source's column for a golden field; None where the source does not supply it."""
        column = self._declared[source.dataset].fields.get(name, name)
        return ident(column) if column in source.columns else None

    def _voters(self, name: str) -> list[SourceTable]:
        """Return the sources whose values of a field are compared."""
        return [one for one in self._sources if one.dataset not in self._copies and self._source_column(one, name)]

    def _delivery_index(self, source: SourceTable) -> str:
        """SQL for the position of a row's delivery in the list of all deliveries (latest first within a source)."""
        offset = sum(len(one.deliveries) for one in self._sources[: self._sources.index(source)])
        if len(source.deliveries) == 1:
            return str(offset)
        known = _list(source.deliveries)
        return f"({offset - 1} + list_position({known}, _delivery_id))"

    def _conflicts_of(self, name: str) -> str:
        """Rows of every voting source for the keys at which this field is disputed, with the votes for each value."""
        keys, field = ", ".join(ident(key) for key in self._key), ident(name)
        known = f"SELECT * FROM candidates WHERE {field} IS NOT NULL"
        tally = f"SELECT {keys}, {field}, count(DISTINCT _source) AS votes FROM ({known}) GROUP BY ALL"
        spread = f"SELECT {keys} FROM ({tally}) GROUP BY ALL HAVING count(*) > 1"
        columns = f"{literal(name)} AS field, _source AS source, c.{field}::VARCHAR AS value, votes"
        chosen = f"c.{field} IS NOT DISTINCT FROM d.{field} AS is_chosen"
        return (
            f"SELECT {keys}, {columns}, {chosen}, _delivery_id, _row_number FROM ({known}) c "
            f"JOIN ({tally}) t USING ({keys}, {field}) SEMI JOIN ({spread}) USING ({keys}) "
            f"JOIN (SELECT {keys}, {field} FROM disputed) d USING ({keys})"
        )

    def no_conflicts(self) -> str:
        """The conflict report without rows."""
        keys = (f"NULL::{sql_type(self._dataset.schema_.field(key))} AS {ident(key)}" for key in self._key)
        columns = "'' AS field, '' AS source, '' AS value, 0::BIGINT AS votes, FALSE AS is_chosen, '' AS _delivery_id"
        return f"SELECT {', '.join(keys)}, {columns}, 0::BIGINT AS _row_number WHERE FALSE"


def _list(values: Sequence[str]) -> str:
    return "([" + ", ".join(literal(value) for value in values) + "]::VARCHAR[])"


def copy_probe(key: Sequence[tuple[str, str]], fields: Sequence[tuple[str, str]], one: SourceTable, other: SourceTable) -> str:
    """Return SQL that counts shared keys and keys with equal values of two sources: (shared, equal).

    `key` and `fields` pair the column of `one` with that of `other`. Large tables are sampled by key, never by row.
    """
    sampled = max(one.row_count, other.row_count) > _SAMPLED_ROWS
    left_key = ", ".join(ident(a) for a, _ in key)
    where = f" WHERE hash({left_key}) % 64 = 0" if sampled else ""
    join = " AND ".join(f"a.{ident(left)} = b.{ident(right)}" for left, right in key)
    equal = " AND ".join(f"a.{ident(left)} IS NOT DISTINCT FROM b.{ident(right)}" for left, right in fields)
    return (
        f"SELECT count(*), count(*) FILTER ({equal}), (SELECT count(*) FROM {one.relation}{where}) "
        f"FROM (SELECT * FROM {one.relation}{where}) a JOIN {other.relation} b ON {join}"
    )


def is_copy(shared: int, equal: int, rows: int) -> bool:
    """Judge a probe: the same keys and in all of them the same values, on enough rows to exclude chance."""
    return rows >= _COPY_MIN_ROWS and shared >= _COPY_MIN_SHARE * rows and equal == shared
