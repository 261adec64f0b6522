"""Views to SQL: treated columns, row conditions and privacy measures, compiled to DuckDB in this one place (Art. 19, 22).

Here: SQL text out of declarations; names are quoted, values are literals of the field's type, nobody's text is SQL.
Not here: who may see what (catalog.decision), writing products (products).
"""

import datetime as dt

from catalog_service.catalog.dataset import Dataset
from catalog_service.catalog.decision import ColumnView, View
from catalog_service.catalog.row_filter import LOCAL, Condition, Operator, RowFilter, instant
from catalog_service.catalog.schema import Field, Schema
from catalog_service.catalog.treatment import (
    CoarseDate,
    CoarseNumber,
    CoarseRegion,
    Deidentification,
    Drop,
    Mask,
    Pseudonym,
    TopCode,
    Treatment,
)
from catalog_service.catalog.vocabularies import FieldType
from catalog_service.formats.arrow import sql_type
from lake.expressions import ident, literal

PADS_TABLE = "_pseudonym_pads"
"""Temporary table of one row with the padded keys `inner_pad` and `outer_pad`: no key stands in the text of a query."""
_COMPARISONS = {
    Operator.EQUAL: "=",
    Operator.NOT_EQUAL: "<>",
    Operator.AT_LEAST: ">=",
    Operator.AT_MOST: "<=",
    Operator.MORE_THAN: ">",
    Operator.LESS_THAN: "<",
}


def selected(view: View, dataset: Dataset, relation: str, *, smallest_group: int | None = None) -> str:
    """Return a query for what a view shows of a relation; groups of rows smaller than `smallest_group` are left out."""
    schema = dataset.schema_
    columns = ", ".join(f"{_shown(one, schema)} AS {ident(one.name)}" for one in view.columns)
    query = f"SELECT {columns} FROM {relation}"
    if view.row_filter is not None:
        query += f" WHERE {condition(view.row_filter, schema)}"
    quasi = () if dataset.deidentification is None else quasi_identifiers(dataset.deidentification, view)
    if smallest_group is None or not quasi:
        return query
    groups = ", ".join(ident(name) for name in quasi)
    return f"SELECT * FROM ({query}) QUALIFY count(*) OVER (PARTITION BY {groups}) >= {int(smallest_group)}"


def condition(row_filter: RowFilter, schema: Schema) -> str:
    """Return the row conditions as a boolean expression over untreated columns."""
    fields = {one.field: schema.field(one.field) for one in row_filter.all_of}
    return " AND ".join(compared(one, fields[one.field].type, sql_type(fields[one.field])) for one in row_filter.all_of)


def compared(one: Condition, type_: FieldType, stored_as: str) -> str:
    """Return a condition as a boolean expression over a column of a type, which the table stores as an SQL type."""
    name = ident(one.field)
    values = [_typed(value, type_, stored_as) for value in one.values]
    match one.operator:
        case Operator.ONE_OF:
            return f"({name} IN ({', '.join(values)}))"
        case Operator.STARTS_WITH:
            return f"(starts_with({name}, {values[0]}))"
        case Operator.IS_EMPTY:
            return f"({name} IS NULL)"
        case Operator.IS_GIVEN:
            return f"({name} IS NOT NULL)"
        case _:
            return f"({name} {_COMPARISONS[one.operator]} {values[0]})"


def quasi_identifiers(declared: Deidentification, view: View) -> tuple[str, ...]:
    """Return the quasi-identifiers that a view shows."""
    return tuple(name for name in declared.quasi_identifiers if name in view.names)


def privacy(declared: Deidentification, view: View, relation: str, k_required: int) -> str:
    """Return a query for one row: smallest group, groups that are too small, fewest values per confidential field shown."""
    confidential = [name for name in declared.confidential if name in view.names]
    counts = "".join(f", count(DISTINCT {ident(name)}) AS _l{number}" for number, name in enumerate(confidential))
    least = "".join(f", min(_l{number})" for number, _ in enumerate(confidential))
    groups = ", ".join(ident(name) for name in quasi_identifiers(declared, view))
    grouped = f"SELECT count(*) AS _n{counts} FROM {relation} GROUP BY {groups}"
    return f"SELECT min(_n), count(*) FILTER (_n < {int(k_required)}){least} FROM ({grouped})"


def _shown(column: ColumnView, schema: Schema) -> str:
    if column.treatment is None:
        return ident(column.name)
    return _treated(column.treatment, schema.field(column.name))


def _treated(treatment: Treatment, field: Field) -> str:
    name = ident(field.name)
    match treatment:
        case Mask():
            return _masked(treatment, f"{name}::VARCHAR")
        case Pseudonym():
            inner = f"sha256((SELECT inner_pad FROM {PADS_TABLE}) || encode({name}::VARCHAR))"
            return f"sha256((SELECT outer_pad FROM {PADS_TABLE}) || unhex({inner}))"
        case CoarseDate():
            day = f"({name} AT TIME ZONE {literal(LOCAL.key)})" if field.type is FieldType.DATETIME else name
            return f"date_trunc({literal(treatment.to)}, {day})::DATE"
        case CoarseRegion():
            digits = treatment.digits
            return f"left({name}, {digits}) || repeat('0', greatest(length({name}) - {digits}, 0))"
        case CoarseNumber():
            step = literal(treatment.step)
            return f"(floor({name}::DOUBLE / {step}) * {step})::{sql_type(field)}"
        case TopCode():
            high, low = literal(treatment.maximum), literal(treatment.minimum)
            below = "" if treatment.minimum is None else f"WHEN {name} < {low} THEN {low} "
            return f"(CASE WHEN {name} > {high} THEN {high} {below}ELSE {name} END)::{sql_type(field)}"
        case Drop():
            raise ValueError(f"{field.name} is dropped and cannot be shown")


def _masked(mask: Mask, text: str) -> str:
    first, last = mask.keep_first, mask.keep_last
    hidden = f"left({text}, {first}) || repeat('*', length({text}) - {first + last}) || right({text}, {last})"
    return f"CASE WHEN length({text}) <= {first + last} THEN repeat('*', length({text})) ELSE {hidden} END"


def _typed(value: str, type_: FieldType, stored_as: str) -> str:
    """Return a value as a literal of its field's type; local times are Asia/Shanghai, as everywhere."""
    match type_:
        case FieldType.DATE:
            value = dt.date.fromisoformat(value).isoformat()
        case FieldType.DATETIME:
            value = instant(value).isoformat()
        case FieldType.DECIMAL:
            stored_as = "DECIMAL(32, 15)"  # rounded to the column's digits, 1.005 would equal 1.01
    return f"CAST({literal(value)} AS {stored_as})"
