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
_ROWS_PER_PASS = 2_000_000
_LONGEST_CASE = 32
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

    def conflicts(self, golden: str) -> list[str]:
        """Return queries for the conflict report: a row per key, field and source where independent sources disagree.

        `golden` is the relation that `golden()` made. One query in all; one per field where there are many rows.
        """
        parts = [self._conflicts_of(field.name, golden) for field in self._values if len(self._voters(field.name)) > 1]
        if not parts:
            return [self.no_conflicts()]
        return parts if self.passes > 1 else [" UNION ALL ".join(parts)]

    def _golden_bucket(self, bucket: int) -> str:
        keys = ", ".join(ident(name) for name in self._key)
        aggregates = [self._aggregate(field.name) for field in self._values]
        inner = f"SELECT {', '.join((keys, *aggregates))} FROM ({self._stacked(bucket)}) GROUP BY {keys}"
        columns = [ident(field.name) for field in self._dataset.schema_.fields]
        columns += [one for field in self._values for one in self._provenance(field.name)]
        disputed = [ident(field.name + "__disputed") for field in self._values]
        count = " + ".join(f"{name}::INTEGER" for name in disputed) or "0"
        return f"SELECT {', '.join((*columns, *disputed))}, ({count})::INTEGER AS _conflict_count FROM ({inner})"

    def _aggregate(self, name: str) -> str:
        """Orders and hashes are NULL where the value is, so that no aggregate needs a filter (filters cost as much again)."""
        value, order, digest = ident(name), ident("_order_" + name), ident("_hash_" + name)
        return (
            f"arg_min({value}, {order}) AS {value}, min({order}) AS {order}, "
            f"coalesce(min({digest}) <> max({digest}), FALSE) AS {ident(name + '__disputed')}"
        )

    def _provenance(self, name: str) -> list[str]:
        """Unpack an order value into the data set, the delivery and the row that a golden value came from."""
        order = ident("_order_" + name)
        delivery_mask, row_mask = (1 << _DELIVERY_BITS) - 1, (1 << _ROW_BITS) - 1
        return [
            f"{_decoded(f'({order} >> {_RANK_SHIFT})', self._ranking(name))} AS {ident(name + '__source')}",
            f"{_decoded(f'(({order} >> {_ROW_BITS}) & {delivery_mask})', self._deliveries)} AS {ident(name + '__delivery')}",
            f"({order} & {row_mask}) AS {ident(name + '__row')}",
        ]

    def _ranking(self, name: str) -> list[str]:
        """Return source ids in the order that decides this field."""
        first = [one for one in self._golden.field_order.get(name, ()) if any(s.dataset == one for s in self._sources)]
        return first + [source.dataset for source in self._sources if source.dataset not in first]

    def _stacked(self, bucket: int) -> str:
        """One key bucket of all sources one after another, with an order and a hash per value; copies have no hash, no vote."""
        return " UNION ALL ".join(self._rows_of(source, bucket) for source in self._sources)

    def _rows_of(self, source: SourceTable, bucket: int) -> str:
        names = self._declared[source.dataset].fields
        columns = [f"{ident(names.get(name, name))} AS {ident(name)}" for name in self._key]
        index = self._delivery_index(source)
        for field in self._values:
            column = self._source_column(source, field.name)
            rank = self._ranking(field.name).index(source.dataset)
            position = f"({rank << _RANK_SHIFT} + ({index})::BIGINT * {1 << _ROW_BITS} + _row_number)"
            known = f"CASE WHEN {column} IS NOT NULL THEN {{}} END" if column else "NULL::{}"
            digest = known.format(f"hash({column})") if column and source.dataset not in self._copies else "NULL::UBIGINT"
            columns.append(f"{column or 'NULL::' + sql_type(field)} AS {ident(field.name)}")
            columns.append(f"{known.format(position if column else 'BIGINT')} AS {ident('_order_' + field.name)}")
            columns.append(f"{digest} AS {ident('_hash_' + field.name)}")
        keys = ", ".join(ident(names.get(name, name)) for name in self._key)
        # A row without a key stands for nobody: it stays in its source and joins no golden record.
        where = " AND ".join(f"{ident(names.get(name, name))} IS NOT NULL" for name in self._key)
        if self.passes > 1:
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

    def _conflicts_of(self, name: str, golden: str) -> str:
        """Every voting source's value for the keys at which this field is disputed, and how many sources have that value."""
        keys, field = ", ".join(ident(key) for key in self._key), ident(name)
        disputed = f"SELECT {keys}, {field} AS _chosen FROM {golden} WHERE {ident(name + '__disputed')}"
        values = " UNION ALL ".join(self._values_of(source, name) for source in self._voters(name))
        rows = f"SELECT * FROM ({values}) JOIN ({disputed}) USING ({keys})"
        votes = f"(count(DISTINCT source) OVER (PARTITION BY {keys}, value))::BIGINT AS votes"
        return (
            f"SELECT {keys}, {literal(name)} AS field, source, value::VARCHAR AS value, {votes}, "
            f"value = _chosen AS is_chosen, _delivery_id, _row_number FROM ({rows})"
        )

    def _values_of(self, source: SourceTable, name: str) -> str:
        """The known values of one field of one source."""
        names, column = self._declared[source.dataset].fields, self._source_column(source, name)
        keys = ", ".join(f"{ident(names.get(key, key))} AS {ident(key)}" for key in self._key)
        return (
            f"SELECT {keys}, {literal(source.dataset)} AS source, {column} AS value, _delivery_id, _row_number "
            f"FROM {source.relation} WHERE {column} IS NOT NULL"
        )

    def no_conflicts(self) -> str:
        """The conflict report without rows."""
        keys = (f"NULL::{sql_type(self._dataset.schema_.field(key))} AS {ident(key)}" for key in self._key)
        columns = "'' AS field, '' AS source, '' AS value, 0::BIGINT AS votes, FALSE AS is_chosen, '' AS _delivery_id"
        return f"SELECT {', '.join(keys)}, {columns}, 0::BIGINT AS _row_number WHERE FALSE"


def _list(values: Sequence[str]) -> str:
    return "([" + ", ".join(literal(value) for value in values) + "]::VARCHAR[])"


def _decoded(index: str, values: Sequence[str]) -> str:
    """SQL for the value at a 0-based index: CASE is twice as fast as a list, but grows with it."""
    if len(values) > _LONGEST_CASE:
        return f"{_list(values)}[{index} + 1]"
    cases = " ".join(f"WHEN {number} THEN {literal(value)}" for number, value in enumerate(values))
    return f"CASE {index} {cases} END"


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
