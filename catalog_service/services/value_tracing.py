"""Lineage of one golden value (Art. 15): which source, which delivered file and which row of it a value came from.

Here: from key and field to file and row. Not here: lineage of whole data sets (tracing), how records are made (pipelines).
"""

import datetime as dt
from collections.abc import Sequence

from catalog_service.catalog.dataset import Golden
from catalog_service.catalog.decision import Zone
from catalog_service.catalog.errors import InvalidError, NotFoundError, problem
from catalog_service.catalog.finding import masked
from catalog_service.catalog.model import Model
from catalog_service.catalog.principal import Action, Principal, authorize
from catalog_service.catalog.vocabularies import Sensitivity
from catalog_service.services.access import Wish, open_read
from catalog_service.services.platform import Platform
from catalog_service.services.reading import published_record
from lake.expressions import ident


class ValueOrigin(Model):
    """Where a golden value came from."""

    dataset: str
    field: str
    value: str | None
    """Masked where the field is not public."""
    source: str | None
    """The data set that supplied it; None: no source has a value."""
    delivery: str | None
    file_name: str | None
    sha256: str | None
    received_at: dt.datetime | None
    row: int | None
    """Row of the delivered file, as its editor shows it."""


def trace(platform: Platform, principal: Principal, dataset_id: str, key: Sequence[str], field: str) -> ValueOrigin:
    """Return the origin of the value of `field` in the golden record with this key (values in the order of the key's fields).

    Raises:
        NotFoundError: there is no published entry, no such record, or no such field.
        InvalidError: the data set has no golden records, or the key has another number of values.
        UnauthenticatedError: nobody is signed in.
        ForbiddenError: it is another agency's data set.
    """
    authorize(principal, Action.SEE_DRAFTS, agency=dataset_id.partition("/")[0])
    with platform.database.reading() as transaction:
        dataset = published_record(transaction, dataset_id).dataset
        is_there = transaction.publications.current(f"{dataset.zone}/{dataset.id}") is not None
    if not isinstance(dataset.derivation, Golden) or len(key) != len(dataset.schema_.key):
        names = "、".join(dataset.schema_.key)
        zh, en = (
            f"请按主键（{names}）各给一个值；仅归集的主数据可溯源",
            "give one value per key field; only golden records can be traced",
        )
        raise InvalidError(problem("not-traceable", zh, en, field="key", article=15))
    if field not in dataset.schema_.names or field in dataset.schema_.key:
        zh, en = f"{dataset_id} 没有可溯源的信息项 {field}", f"{dataset_id} has no field {field} that can be traced"
        raise NotFoundError(problem("unknown-field", zh, en, field=field, article=15))
    by_record = dataset.derivation.level == "record"
    places = (
        ("_source", "_delivery_id", "_row_number")
        if by_record
        else (f"{field}__{one}" for one in ("source", "delivery", "row"))
    )
    columns = ", ".join(map(ident, places))
    where = " AND ".join(f"{ident(name)}::VARCHAR = ?" for name in dataset.schema_.key)
    rows: list[tuple[str | None, str | None, str | None, int | None]] = []
    files = open_read(platform, principal, Wish(dataset_id, Zone.MAIN, columns=(field,), rows=1)).files if is_there else []
    if files:
        with platform.lake.connect() as connection:
            sql = f"SELECT {ident(field)}::VARCHAR, {columns} FROM {platform.lake.relation(files)}"
            rows = connection.execute(f"{sql} WHERE {where}", list(key)).fetchall()
    if not rows:
        zh, en = "没有该主键的记录，请核对主键的值", "there is no record with this key; check its values"
        raise NotFoundError(problem("unknown-record", zh, en, field="key", article=15))
    value, source, delivery_id, row = rows[0]
    with platform.database.reading() as transaction:
        delivery = None if delivery_id is None else transaction.deliveries.get(delivery_id)
    is_public = dataset.schema_.field(field).sensitivity is Sensitivity.PUBLIC
    return ValueOrigin(
        dataset=dataset_id,
        field=field,
        value=value if value is None or is_public else masked(value),
        source=source,
        delivery=delivery_id,
        file_name=None if delivery is None else delivery.file_name,
        sha256=None if delivery is None else delivery.sha256,
        received_at=None if delivery is None else delivery.received_at,
        row=row,
    )
