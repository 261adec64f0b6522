"""The sources of a golden data set as SQL: one row per key, only values that may survive, with delivery and row of each.

Here: masks (conditions, validity), several rows of one key within a source, key buckets. Not here: which source wins
(survivorship, resolve).
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

from catalog_service.catalog.dataset import Dataset, Golden
from catalog_service.catalog.schema import CodeList, Field
from catalog_service.catalog.survivorship import Condition, Rule, Survivorship, Validity
from catalog_service.catalog.vocabularies import FieldType
from catalog_service.formats.arrow import sql_type
from lake.expressions import ident, identifier_is_valid, literal, literal_list
from pipelines.transforms.identity import Identity

_ROW_BITS = 40


@dataclass(frozen=True, slots=True)
class SourceTable:
    """A published source: data set id, SQL relation, its field names, rows, and its deliveries, latest first.

    `is_unique`: no key occurs twice in it; where that is not known, its rows are brought down to one per key first.
    `paths`: its data files, relative to the lake's root.
    `own_key`: its key, of which loading has verified the check digits.
    """

    dataset: str
    relation: str
    columns: frozenset[str]
    row_count: int
    deliveries: tuple[str, ...]
    is_unique: bool = False
    paths: tuple[str, ...] = ()
    own_key: tuple[str, ...] = ()


class Sources:
    """The published sources of one golden data set, in rank order, with the declaration that speaks of them."""

    def __init__(
        self,
        dataset: Dataset,
        tables: Sequence[SourceTable],
        code_lists: Mapping[str, CodeList] | None = None,
        identity: Identity | None = None,
    ) -> None:
        if not isinstance(dataset.derivation, Golden):
            raise TypeError(f"{dataset.id} is not declared golden")
        self.dataset = dataset
        self.golden = dataset.derivation
        self.tables = tuple(tables)
        self.key = dataset.schema_.key
        self.values = tuple(field for field in dataset.schema_.fields if field.name not in self.key)
        self._declared = {source.dataset: source for source in self.golden.sources}
        self._code_lists = code_lists or {}
        self._identity = identity or Identity(dataset)

    @cached_property
    def rules(self) -> tuple[Survivorship, ...]:
        """One rule per field or group, in the order of the fields: declared, or the order of sources."""
        declared = {rule.fields[0]: rule for rule in self.golden.survivorship}
        grouped = {name for rule in self.golden.survivorship for name in rule.fields}
        rules = []
        for field in self.values:
            if field.name in declared:
                rules.append(declared[field.name])
            elif field.name not in grouped:
                rules.append(Survivorship(fields=(field.name,), order=self.golden.field_order.get(field.name, ())))
        return tuple(rules)

    def ranking(self, rule: Survivorship) -> list[int]:
        """Return the positions of the sources in the order that decides this rule."""
        ids = [table.dataset for table in self.tables]
        first = [ids.index(one) for one in rule.order if one in ids]
        return first + [number for number in range(len(ids)) if number not in first]

    def record(self, rule: Survivorship) -> int | None:
        """Return the position of the source of record: the first declared, published or not; None where it is not."""
        first = rule.order[0] if rule.order else self.golden.sources[0].dataset
        return next((number for number, table in enumerate(self.tables) if table.dataset == first), None)

    def column(self, table: SourceTable, name: str) -> str | None:
        """Return the SQL name of a source's column for a golden field; None where the source does not supply it."""
        column = self._declared[table.dataset].fields.get(name, name)
        return ident(column) if column in table.columns else None

    def key_columns(self, table: SourceTable) -> list[str]:
        """Return the SQL names of a source's key columns, in the order of the golden key."""
        names = self._declared[table.dataset].fields
        return [ident(names.get(name, name)) for name in self.key]

    def supplies(self, table: SourceTable, name: str) -> bool:
        """Tell whether the source has a field for this golden field."""
        return self.column(table, name) is not None

    def keys(self, table: SourceTable) -> str:
        """The key columns of a source under their golden names and types, for a SELECT list."""
        pairs = zip(self.key_columns(table), self.key, strict=True)
        return ", ".join(f"{column}::{sql_type(self.dataset.schema_.field(name))} AS {ident(name)}" for column, name in pairs)

    def key_hash(self, table: SourceTable) -> str:
        """SQL for the hash of the key under which a row was delivered."""
        pairs = zip(self.key_columns(table), self.key, strict=True)
        return f"hash({', '.join(f'{column}::{sql_type(self.dataset.schema_.field(name))}' for column, name in pairs)})"

    def has_key(self, table: SourceTable) -> str:
        """SQL condition for the rows of a source that stand for somebody; the others stay in it and join no golden record.

        Their key is known and, where it is an identifier that loading has not verified as a key, well formed.
        """
        known = []
        for name, column in zip(self.key, self.key_columns(table), strict=True):
            known.append(f"{column} IS NOT NULL")
            scheme = self.dataset.schema_.field(name).identifier
            if scheme is not None and self._declared[table.dataset].fields.get(name, name) not in table.own_key:
                known.append(identifier_is_valid(scheme.value, column))
        return " AND ".join(known)

    def rows(self, table: SourceTable, where: str = "TRUE") -> str:
        """SQL for a source's rows by golden names: key, values that may survive, recency, and where each value stands.

        `where` is a condition on the golden key columns.
        """
        columns = [one for rule in self.rules for one in self._rule_columns(table, rule)]
        delivery = literal(table.deliveries[0]) if len(table.deliveries) == 1 else "_delivery_id"
        inner = (
            f"SELECT {', '.join((self.keys(table), *columns))}, _row_number, {delivery} AS _delivery_id "
            f"FROM {table.relation} WHERE {self.has_key(table)}"
        )
        rekeyed = self.rekeyed(table, inner)
        filtered = rekeyed if where == "TRUE" else f"SELECT * FROM ({rekeyed}) WHERE {where}"
        return filtered if self.is_unique(table) else self._one_per_key(table, filtered)

    def is_unique(self, table: SourceTable) -> bool:
        """Tell whether a source has one row per key, after keys of other entities were put right."""
        return table.is_unique and not self._identity.touches(table.dataset)

    def row_of(self, table: SourceTable, number: int, name: str) -> str:
        """SQL for the row number of a value in the joined sources (`t0`, `t1`, …)."""
        return f"t{number}._row_number" if self.is_unique(table) else f"t{number}.{ident('_row_' + name)}"

    def delivery_of(self, table: SourceTable, number: int, name: str) -> str:
        """SQL for the delivery of a value in the joined sources."""
        if len(table.deliveries) == 1:
            return literal(table.deliveries[0])
        return f"t{number}._delivery_id" if self.is_unique(table) else f"t{number}.{ident('_delivery_' + name)}"

    def _rule_columns(self, table: SourceTable, rule: Survivorship) -> list[str]:
        counts = [self._condition(table, one) for one in rule.when]
        leading = self._masked(table, rule.fields[0], counts, rule.valid)
        columns = [f"{leading} AS {ident(rule.fields[0])}"]
        # Fields that survive together come from rows in which the first of them counts; its pattern is not theirs.
        own = rule.valid.model_copy(update={"pattern": None})
        columns += [f"{self._masked(table, name, counts, own)} AS {ident(name)}" for name in rule.fields[1:]]
        if rule.recency is not None:
            columns.append(f"{self.typed(table, rule.recency)} AS {ident('_recency_' + rule.fields[0])}")
        if rule.rule is Rule.COMPLETE:
            known = [column for field in self.values if (column := self.column(table, field.name))]
            total = " + ".join(f"({column} IS NOT NULL)::INTEGER" for column in known) or "0"
            columns.append(f"({total})::INTEGER AS {ident('_recency_' + rule.fields[0])}")
        return columns

    def typed(self, table: SourceTable, name: str) -> str:
        """SQL for a source's value of a golden field in its declared type; NULL where it supplies none."""
        column, kind = self.column(table, name), sql_type(self.dataset.schema_.field(name))
        return f"NULL::{kind}" if column is None else f"TRY_CAST({column} AS {kind})"

    def _masked(self, table: SourceTable, name: str, counts: list[str], valid: Validity) -> str:
        value = self.typed(table, name)
        if self.column(table, name) is None:
            return value
        conditions = [*counts, *self._validity(value, self.dataset.schema_.field(name), valid)]
        return f"CASE WHEN {' AND '.join(conditions)} THEN {value} END" if conditions else value

    def _condition(self, table: SourceTable, one: Condition) -> str:
        column = self.column(table, one.field) or "NULL"
        match one.test:
            case "in":
                return f"coalesce({column}::VARCHAR IN {literal_list(one.values)}, FALSE)"
            case "not_in":
                return f"coalesce({column}::VARCHAR NOT IN {literal_list(one.values)}, TRUE)"
            case "known":
                return f"{column} IS NOT NULL"
            case "unknown":
                return f"{column} IS NULL"

    def _validity(self, value: str, field: Field, valid: Validity) -> list[str]:
        conditions = [f"{value}::VARCHAR NOT IN {literal_list(valid.not_values)}"] if valid.not_values else []
        patterns = [valid.pattern] if valid.pattern else []
        if valid.declared:
            patterns += [field.pattern] if field.pattern else []
            if field.identifier is not None:
                conditions.append(identifier_is_valid(field.identifier.value, value))
            if field.code_list is not None and field.code_list in self._code_lists:
                conditions.append(f"{value}::VARCHAR IN {literal_list(self._code_lists[field.code_list].codes)}")
            conditions += [f"{value} >= {field.minimum}"] if field.minimum is not None else []
            conditions += [f"{value} <= {field.maximum}"] if field.maximum is not None else []
            if field.length is not None and field.type is FieldType.TEXT:
                conditions.append(f"length({value}) <= {field.length}")
        return conditions + [f"regexp_full_match({value}::VARCHAR, {literal(pattern)})" for pattern in patterns]

    def _one_per_key(self, table: SourceTable, rows: str) -> str:
        """Within a source the latest delivery that has a value wins, then the first row; a group comes from one row."""
        order = f"({self.delivery_rank(table)} * {1 << _ROW_BITS} + _row_number)"
        keys = ", ".join(ident(name) for name in self.key)
        columns = []
        for rule in self.rules:
            first, mark = ident(rule.fields[0]), ident("_recency_" + rule.fields[0])
            ranked = rule.rule in (Rule.RECENT, Rule.COMPLETE)
            for name, source in (
                *((one, ident(one)) for one in rule.fields),
                ("_row_" + rule.fields[0], "_row_number"),
                ("_delivery_" + rule.fields[0], "_delivery_id"),
                *([("_recency_" + rule.fields[0], mark)] if ranked else []),
            ):
                by = f"ORDER BY {mark} DESC NULLS LAST, {order}" if ranked else ""
                pick = f"first({source} {by})" if ranked else f"arg_min_null({source}, {order})"
                columns.append(f"{pick} FILTER ({first} IS NOT NULL) AS {ident(name)}")
        return f"SELECT {', '.join((keys, *columns))} FROM ({rows}) GROUP BY {keys}"

    def rekeyed(self, table: SourceTable, rows: str) -> str:
        """SQL for rows of a source under the keys of their entities."""
        return self._identity.rekeyed(table.dataset, rows)

    def delivery_rank(self, table: SourceTable) -> str:
        """SQL for the position of a row's delivery, latest first."""
        if len(table.deliveries) == 1:
            return "0::BIGINT"
        listed = "[" + ", ".join(literal(one) for one in table.deliveries) + "]::VARCHAR[]"
        return f"list_position({listed}, _delivery_id)::BIGINT"
