"""An invented platform with published data, for tests of everything that reads: services, API and pages."""

import datetime as dt
import json
import shutil
from collections.abc import Iterable
from functools import cache
from pathlib import Path
from typing import Any

import pyarrow as pa

from catalog_service.catalog.agency import Agency
from catalog_service.catalog.dataset import Dataset
from catalog_service.catalog.delivery import Delivery, QuarantineReason
from catalog_service.catalog.errors import Text
from catalog_service.catalog.schema import CodeItem, CodeList
from catalog_service.catalog.vocabularies import DeliveryState, RecordState
from catalog_service.services.ids import new_id
from catalog_service.services.platform import Platform
from catalog_service.services.publishing import release
from catalog_service.settings import Settings
from lake.manifest import Snapshot
from tests.support.homes import lasting_folder, open_platform

STOPS = "transport/bus_stops"
RULES: tuple[tuple[Any, ...], ...] = (
    # rule, field, dimension, severity, passed, evaluated, unexpected, examples, reason
    ("code__unique", None, "accuracy", "blocking", True, 300, 0, [], ("站点编号不重复", "stop codes are unique")),
    ("name__not_null", "name", "completeness", "blocking", True, 300, 0, [], ("站点名称必填", "stop names are given")),
    ("opened_at__not_null", "opened_at", "completeness", "warning", False, 300, 3, ["(空)"], ("启用时间应填", "opening given")),
    ("phone__matches", "phone", "conformity", "warning", False, 300, 1, ["13800000000"], ("电话格式", "phone form")),
    ("line__reference", "line", "consistency", "warning", None, 0, 0, [], ("线路应在目录中", "lines exist")),
)
_QUALITY = pa.schema(
    [
        ("run_id", pa.string()),
        ("table", pa.string()),
        ("version", pa.int64()),
        ("measured_at", pa.timestamp("us", tz="UTC")),
        ("row_count", pa.int64()),
        ("rule", pa.string()),
        ("metric", pa.string()),
        ("field", pa.string()),
        ("dimension", pa.string()),
        ("severity", pa.string()),
        ("threshold", pa.float64()),
        ("passed", pa.bool_()),
        ("evaluated_count", pa.int64()),
        ("unexpected_count", pa.int64()),
        ("unexpected_ratio", pa.float64()),
        ("examples", pa.string()),
        ("error", pa.string()),
        ("reason_zh", pa.string()),
        ("reason_en", pa.string()),
    ]
)


def agency(slug: str, name: str, name_en: str, uscc: str) -> Agency:
    """Return an agency that may publish."""
    return Agency(slug=slug, uscc=uscc, name=name, name_en=name_en, responsible_unit="数据处", responsible_person="张三")


AGENCIES = (
    agency("transport", "市交通运输局", "Transport Bureau", "11320200MB0000000P"),
    agency("health", "市卫生健康委员会", "Health Commission", "11320200MB0000001T"),
)


def dataset(dataset_id: str, title: str, *, opening: str = "unconditional", **more: Any) -> Dataset:
    """Return an entry with a few fields; `more` replaces parts of the document."""
    slug, name = dataset_id.split("/")
    document: dict[str, Any] = {
        "agency": slug,
        "name": name,
        "title": title,
        "description": f"{title}的基本信息",
        "theme": "交通出行",
        "frequency": "monthly",
        "sharing": {"class": "unconditional"},
        "opening": {"class": opening, "conditions": "说明用途" if opening == "conditional" else ""}
        | ({} if opening == "unconditional" else {"basis": {"law": "江苏省公共数据管理办法", "article": "第二十条"}}),
        "basis": {"statute": {"law": "城市公共汽车和电车客运管理规定", "article": "第十条"}},
        "schema": {
            "fields": [{"name": "code", "title": "编号", "required": True}, {"name": "name", "title": "名称"}],
            "key": ["code"],
        },
        "delivery": {"format": "csv"},
    }
    return Dataset.model_validate(document | more)


def catalog_entries() -> tuple[Dataset, ...]:
    """Return open, conditional, closed and derived entries."""
    stop_fields = [
        {"name": "code", "title": "站点编号", "title_en": "Stop code", "required": True, "length": 8},
        {"name": "name", "title": "站点名称", "title_en": "Stop name", "required": True},
        {"name": "line", "title": "线路", "reference": {"dataset": "transport/bus_lines", "field": "code"}},
        {"name": "latitude", "title": "纬度", "type": "number"},
        {"name": "fare", "title": "票价", "type": "decimal"},
        {"name": "is_shelter", "title": "有候车亭", "type": "boolean"},
        {"name": "opened_on", "title": "启用日期", "type": "date"},
        {"name": "opened_at", "title": "启用时间", "type": "datetime"},
        {"name": "phone", "title": "管理员电话", "opening": "none", "sensitivity": "sensitive"},
    ]
    golden = {
        "kind": "golden",
        "sources": [{"dataset": STOPS}, {"dataset": "health/clinics", "copy_of": STOPS, "fields": {"name": "name"}}],
    }
    return (
        dataset(
            STOPS,
            "公交站点",
            title_en="Bus stops",
            description_en="Bus stops of the city",
            keywords=("公交", "站点"),
            schema={"fields": stop_fields, "key": ["code"]},
        ),
        dataset("transport/bus_lines", "公交线路"),
        dataset("health/clinics", "医疗机构", opening="conditional", theme="医疗卫生"),
        dataset("health/patients", "就诊记录", opening="none", theme="医疗卫生"),
        dataset("transport/stations", "站点基础库", base_database="geography", delivery=None, derivation=golden),
    )


def make_platform(home: Path, *, export_row_limit: int = 1_000) -> Platform:
    """Return a platform with entries, one open product of two versions, quality and deliveries."""
    shutil.copytree(_template(), home, dirs_exist_ok=True)
    return open_platform(Settings(home=home, export_row_limit=export_row_limit))


@cache
def _template() -> Path:
    """Return the home of such a platform, made once and copied."""
    folder = lasting_folder("reading")
    with open_platform(Settings(home=folder)) as platform:
        _fill(platform)
    return folder


def _fill(platform: Platform) -> None:
    draft = dataset("transport/tunnels", "隧道（草稿）")
    with platform.database.transaction() as transaction:
        transaction.catalog.put_agencies(AGENCIES)
        transaction.catalog.put_code_lists([CodeList(name="kinds", title="类别", items=(CodeItem(code="1", label="一"),))])
        for one in catalog_entries():
            transaction.catalog.put_dataset(one, state=RecordState.PUBLISHED)
        transaction.catalog.put_dataset(draft, state=RecordState.DRAFT)
    for rows in (200, 300):
        release(
            platform, [write(platform, f"open/{STOPS}", stops_sql(rows)), write(platform, f"standard/{STOPS}", stops_sql(rows))]
        )
    release(platform, [write(platform, "standard/health/patients", "SELECT '1' AS code, 'private-name' AS name")])
    write_quality(platform, STOPS, 1, "run-1")
    release(platform, [write_quality(platform, STOPS, 1, "run-2", later=True)])
    with platform.database.transaction() as transaction:
        for delivery in _deliveries():
            transaction.deliveries.add(delivery)


def write(platform: Platform, key: str, sql: str) -> Snapshot:
    """Write the result of a query as the next version of a table."""
    with platform.lake.connect() as connection:
        return platform.lake.write(key, connection, sql, mode="overwrite", token=new_id(), order_preserved=True)


def stops_sql(rows: int) -> str:
    """Return a query that makes `rows` bus stops; the second one is hostile to spreadsheets and CSV readers."""
    return (
        "SELECT format('S{:05d}', range) AS code, "
        "CASE WHEN range = 1 THEN '=cmd|''/c calc''!A1, \"甲\"' ELSE '站' || range END AS name, "
        "CASE range WHEN 2 THEN '' WHEN 3 THEN NULL ELSE 'L' || range % 7 END AS line, "
        "CASE range WHEN 4 THEN 'NaN'::DOUBLE ELSE 31.5 + range / 1000 END AS latitude, (range % 5)::DECIMAL(18, 2) AS fare, "
        "range % 2 = 0 AS is_shelter, DATE '2020-01-01' + range::INTEGER AS opened_on, "
        "CASE WHEN range < 297 THEN TIMESTAMPTZ '2024-03-01 00:00:00+08' + to_seconds(range) END AS opened_at "
        f"FROM range({rows})"
    )


def write_quality(platform: Platform, dataset_id: str, version: int, run_id: str, *, later: bool = False) -> Snapshot:
    """Append a quality run of the standard table."""
    measured_at = dt.datetime(2026, 5, 2 if later else 1, 3, tzinfo=dt.UTC)
    rows = [_quality_row(rule, dataset_id, version, run_id, measured_at) for rule in RULES]
    with platform.lake.connect() as connection:
        connection.register("outcomes", pa.Table.from_pylist(rows, schema=_QUALITY))
        return platform.lake.write(f"quality/{dataset_id}", connection, "FROM outcomes", mode="append", token=run_id)


def _quality_row(rule: tuple[object, ...], dataset_id: str, version: int, run_id: str, at: dt.datetime) -> dict[str, object]:
    name, field, dimension, severity, passed, evaluated, unexpected, examples, reason = rule
    assert isinstance(evaluated, int)
    assert isinstance(unexpected, int)
    assert isinstance(reason, tuple)
    return {
        "run_id": run_id,
        "table": f"standard/{dataset_id}",
        "version": version,
        "measured_at": at,
        "row_count": 300,
        "rule": name,
        "metric": str(name).partition("__")[2],
        "field": field,
        "dimension": dimension,
        "severity": severity,
        "threshold": 1.0,
        "passed": passed,
        "evaluated_count": evaluated,
        "unexpected_count": unexpected,
        "unexpected_ratio": unexpected / evaluated if evaluated else None,
        "examples": json.dumps(examples, ensure_ascii=False),
        "error": "" if passed is not None else "未评：所引用的数据集尚未发布",
        "reason_zh": reason[0],
        "reason_en": reason[1],
    }


def _deliveries() -> Iterable[Delivery]:
    received = dt.datetime(2026, 5, 1, 2, tzinfo=dt.UTC)
    date, phone = Text(zh="日期无效", en="bad date"), Text(zh="号码 138 有误", en="138 is bad")
    reasons = (
        QuarantineReason(code="bad-date", field="opened_on", message=date, row_count=2, first_row=7),
        QuarantineReason(code="bad-phone", field="phone", message=phone, row_count=1, first_row=9),
    )
    yield Delivery(
        id=new_id(),
        dataset=STOPS,
        file_name="secret-name.csv",
        sha256="a" * 64,
        size_bytes=12_345,
        received_at=received,
        state=DeliveryState.LOADED,
        rows_read=303,
        rows_accepted=300,
        rows_quarantined=3,
        quarantine=reasons,
        finished_at=received,
    )
