"""One delivery through its stations (Art. 15, 17, 25): landing → raw → standard, checked, gated, published, opened.

Every station is named by the delivery's id, so that a run killed at any moment and started again ends in the same tables.
Not here: Dagster, derived data sets (deriving).
"""

import json
import shutil
from dataclasses import replace

import duckdb
import pyarrow as pa

from catalog_service.catalog.delivery import Delivery, QuarantineReason
from catalog_service.catalog.errors import InvalidError, Text
from catalog_service.catalog.vocabularies import DeliveryMode, DeliveryState
from catalog_service.services import delivering, duties
from catalog_service.services.publishing import release
from lake.expressions import literal
from lake.manifest import Snapshot
from lake.tables import Mode
from pipelines.checking import gate
from pipelines.connectors.delivered import BadRow, DeliveredRows
from pipelines.connectors.limits import Limits
from pipelines.connectors.reading import open_delivery
from pipelines.keys import main_key, quarantine_key, raw_key
from pipelines.rejudging import is_outdated, judge_delivered
from pipelines.sketching import sketch_values
from pipelines.transforms.standardise import Standardisation
from pipelines.workbench import Outcome, Workbench, finished

_QUARANTINE = pa.schema(
    [
        ("_delivery_id", pa.string()),
        ("_row_number", pa.int64()),
        ("code", pa.string()),
        ("field", pa.string()),
        ("record", pa.string()),
    ]
)


def load_pending(bench: Workbench) -> Outcome:
    """Read all deliveries of a data set that wait, oldest first; each is loaded, withheld or rejected.

    Where none waits, the version judged last is judged again if its check does not hold any more, and what is published is
    opened as the entry has it now.
    """
    outcomes = [_load(bench, delivery) for delivery in delivering.pending(bench.platform, bench.dataset.id)]
    again = judge_delivered(bench) if not outcomes and is_outdated(bench) else None
    with bench.timed("sketches"):
        sketch_values(bench)
    opened = () if outcomes else tuple(bench.catch_up_opening())
    bench.refresh_grants()
    if again is not None:
        return replace(again, published=(*again.published, *opened), unopened=bench.unopened, seconds=bench.seconds)
    if not outcomes:
        return Outcome(dataset=bench.dataset.id, published=opened, unopened=bench.unopened, seconds=bench.seconds)
    return Outcome(
        dataset=bench.dataset.id,
        deliveries=tuple(delivery for one in outcomes for delivery in one.deliveries),
        quality=outcomes[-1].quality,
        published=tuple(publication for one in outcomes for publication in one.published),
        withheld=outcomes[-1].withheld,
        unopened=bench.unopened,
        seconds=bench.seconds,
    )


def _load(bench: Workbench, delivery: Delivery) -> Outcome:
    try:
        raw, rows = _to_raw(bench, delivery)
    except InvalidError as error:
        rejected = finished(delivery, state=DeliveryState.REJECTED, problems=tuple(error.problems))
        # Before the delivery counts as read: a run killed in between comes back here, and the duty is opened once.
        duties.observe_delivery(bench.platform, rejected)
        release(bench.platform, (), (rejected,))
        return Outcome(dataset=bench.dataset.id, deliveries=(rejected,))
    with bench.timed("standard"):
        standard, accepted = _to_standard(bench, delivery, raw)
        quarantine, reasons, set_aside = _to_quarantine(bench, delivery, raw, standard, rows, accepted)
    if accepted + set_aside != rows.rows_read:
        raise RuntimeError(f"rows do not balance: read {rows.rows_read}, accepted {accepted}, quarantined {set_aside}")
    with bench.timed("checks"):
        run, quality = bench.check(standard)
    reasons_to_withhold = gate(run)
    report = {
        "rows_read": rows.rows_read,
        "rows_accepted": accepted,
        "rows_quarantined": set_aside,
        "quarantine": reasons,
        "problems": (*rows.notices, *reasons_to_withhold),
        "state": DeliveryState.WITHHELD if reasons_to_withhold else DeliveryState.LOADED,
    }
    visible = [raw, *quality, *([quarantine] if quarantine else [])]
    if not reasons_to_withhold:
        with bench.timed("open"):
            product = bench.open_product(standard)
        visible += [standard, *([product] if product else [])]
    done = finished(delivery, **report)
    published = release(bench.platform, visible, (done,), recipes=bench.recipes, checked=run)
    return Outcome(
        dataset=bench.dataset.id,
        deliveries=(done,),
        quality=run,
        published=tuple(published),
        withheld=reasons_to_withhold,
    )


def _to_raw(bench: Workbench, delivery: Delivery) -> tuple[Snapshot, DeliveredRows]:
    """Read the landed file as text and append it to the raw table; InvalidError rejects it whole, with nothing written."""
    form = bench.dataset.delivery
    if form is None:
        raise TypeError(f"{bench.dataset.id} is not delivered")
    settings = bench.platform.settings
    workdir = settings.home_path / "tmp" / delivery.id
    workdir.mkdir(parents=True, exist_ok=True)
    try:
        with bench.timed("landing"):
            path = delivering.landing_path(bench.platform, delivery)
            limits = Limits.from_settings(settings)
            rows = open_delivery(path, delivery.file_name, bench.dataset.schema_, form, limits, workdir)
        with bench.timed("raw"):
            snapshot = _write_raw(bench, delivery, rows)
            # After a crash the raw rows may already be there; the reader still has to count them and find bad ones.
            for _ in rows.batches():
                pass
        return snapshot, rows
    finally:
        shutil.rmtree(workdir, ignore_errors=True)


def _write_raw(bench: Workbench, delivery: Delivery, rows: DeliveredRows) -> Snapshot:
    reader = pa.RecordBatchReader.from_batches(rows.schema, rows.batches())
    bench.connection.register("delivered", reader)
    sql = f"SELECT *, {literal(delivery.id)} AS _delivery_id FROM delivered"
    try:
        return bench.lake.write(raw_key(bench.dataset), bench.connection, sql, mode="append", token=delivery.id)
    except duckdb.Error:
        # The engine wraps what the reader raised; the reader remembers it.
        if rows.failure is not None:
            raise rows.failure from None
        raise
    finally:
        bench.connection.unregister("delivered")


def _raw_relation(bench: Workbench, delivery: Delivery, raw: Snapshot) -> str:
    return f"(SELECT * FROM {bench.relation(bench.dataset, raw.paths)} WHERE _delivery_id = {literal(delivery.id)})"


def _to_standard(bench: Workbench, delivery: Delivery, raw: Snapshot) -> tuple[Snapshot, int]:
    """Write the rows that fit; return the version and how many they are."""
    dataset, key = bench.dataset, main_key(bench.dataset)
    sql = Standardisation(dataset).accepted(_raw_relation(bench, delivery, raw))
    adds = dataset.delivery is not None and dataset.delivery.mode is DeliveryMode.INCREMENTAL
    published = bench.rewind(key, delivery.id) if adds else None
    mode: Mode = "append" if published is not None else "overwrite"
    snapshot = bench.lake.write(key, bench.connection, sql, mode=mode, token=delivery.id, order_preserved=True)
    before = published.row_count if published is not None else 0
    return snapshot, snapshot.row_count - before


def _to_quarantine(
    bench: Workbench, delivery: Delivery, raw: Snapshot, standard: Snapshot, rows: DeliveredRows, accepted: int
) -> tuple[Snapshot | None, tuple[QuarantineReason, ...], int]:
    """Set aside what does not fit: rows the reader could not read, and rows whose values break a condition."""
    if accepted == rows.rows_read:
        return None, (), 0
    standardisation = Standardisation(bench.dataset)
    unreadable = [
        {
            "_delivery_id": delivery.id,
            "_row_number": bad.row_number,
            "code": bad.code,
            "field": None,
            "record": json.dumps(bad.text),
        }
        for bad in rows.bad_rows
    ]
    bench.connection.register("unreadable", pa.Table.from_pylist(unreadable, schema=_QUARANTINE))
    # Only rows that are not in the standard table are parsed again.
    fitting = bench.relation(bench.dataset, standard.paths)
    kept = f"SELECT _row_number FROM {fitting} WHERE _delivery_id = {literal(delivery.id)}"
    others = f"(SELECT * FROM {_raw_relation(bench, delivery, raw)} ANTI JOIN ({kept}) USING (_row_number))"
    sql = f"{standardisation.quarantined(others)} UNION ALL FROM unreadable"
    snapshot = bench.lake.write(quarantine_key(bench.dataset), bench.connection, sql, mode="append", token=delivery.id)
    bench.connection.unregister("unreadable")
    counted = bench.connection.execute(
        f"SELECT code, field, count(*), min(_row_number) FROM {bench.lake.relation(snapshot.paths)} "
        f"WHERE _delivery_id = {literal(delivery.id)} GROUP BY ALL ORDER BY 3 DESC, 1, 2"
    ).fetchall()
    messages = {(fault.code, fault.field): fault.message for fault in standardisation.faults}
    reasons = tuple(
        QuarantineReason(
            code=code, field=field, message=_message(messages, rows.bad_rows, code, field), row_count=n, first_row=first
        )
        for code, field, n, first in counted
    )
    return snapshot, reasons, sum(reason.row_count for reason in reasons)


def _message(known: dict[tuple[str, str], Text], bad_rows: list[BadRow], code: str, field: str | None) -> Text:
    if field is not None:
        return known[code, field]
    return next(bad.message for bad in bad_rows if bad.code == code)
