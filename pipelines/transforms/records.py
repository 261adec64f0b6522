"""Golden records of whole rows (`level: record`): the row of the first source that has the key survives as it is.

Source rank, delivery and row are packed into one integer: one `min` per key finds the row, a semi join takes it. Not here:
records whose fields come from several sources (resolve).
"""

from lake.expressions import ident, literal
from pipelines.transforms.identity import Identity
from pipelines.transforms.sources import Sources

_ROW_BITS, _DELIVERY_BITS = 38, 16
_SHOWN = "_source, _delivery_id, _row_number, 'order' AS _rule, 0 AS _conflict_count"


def whole_records(sources: Sources, identity: Identity, where: str) -> str:
    """Return SQL for the surviving rows: entity id, fields, source, delivery, row and rule of the whole row.

    `where` is a condition on the golden key columns.
    """
    keys = ", ".join(ident(name) for name in sources.key)
    fields = ", ".join(ident(name) for name in sources.dataset.schema_.names)
    stacked = " UNION ALL ".join(_rows(sources, number, where, keys_only=False) for number in range(len(sources.tables)))
    packed = " UNION ALL ".join(_rows(sources, number, where, keys_only=True) for number in range(len(sources.tables)))
    survivors = f"SELECT min(_place) FROM ({packed}) GROUP BY {keys}"
    return f"SELECT {identity.entity_id()} AS _entity_id, {fields}, {_SHOWN} FROM ({stacked}) WHERE _place IN ({survivors})"


def _rows(sources: Sources, number: int, where: str, *, keys_only: bool) -> str:
    table = sources.tables[number]
    place = (
        f"({number}::BIGINT << {_ROW_BITS + _DELIVERY_BITS}) + ({sources.delivery_rank(table)} << {_ROW_BITS}) + _row_number"
    )
    columns = [sources.keys(table), f"{place} AS _place"]
    if not keys_only:
        columns += [f"{sources.typed(table, field.name)} AS {ident(field.name)}" for field in sources.values]
        columns += [f"{literal(table.dataset)} AS _source", "_delivery_id", "_row_number"]
    rows = sources.rekeyed(table, f"SELECT {', '.join(columns)} FROM {table.relation} WHERE {sources.has_key(table)}")
    return rows if where == "TRUE" else f"SELECT * FROM ({rows}) WHERE {where}"
