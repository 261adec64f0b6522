"""Delivered files, written byte for byte the same each time: CSV, XLSX, JSON, NDJSON, Parquet, gzip, zip.

Here: a data set's rows in the format its entry declares. Not here: which rows, and files that are broken on purpose (hostile).
"""

import csv
import datetime as dt
import gzip
import io
import json
import re
import zipfile
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
from openpyxl import Workbook

from catalog_service.catalog.dataset import Dataset, DeliveryFormat
from catalog_service.catalog.schema import Field
from catalog_service.catalog.vocabularies import DateOrder, FieldType, FileFormat
from pipelines.demo.world import Row, Value

_STAMP = (2024, 6, 30, 8, 0, 0)
_MODIFIED = re.compile(rb"(<dcterms:(?:created|modified)[^>]*>)[^<]*")

DATE_STYLES: Mapping[str, str] = {
    "tax_bureau/taxpayers": "%Y%m%d",
    "human_resources/insured_units": "%Y/%m/%d",
    "statistics_bureau/statistical_units": "%Y年%m月%d日",
    "housing_construction/construction_permits": "%Y.%m.%d",
    "approval_bureau/permits": "%Y年%m月%d日",
    "civil_affairs/marriages": "%Y/%m/%d",
}
"""How an agency writes its dates; ISO where nothing is said."""

WITH_BYTE_ORDER_MARK = frozenset(
    {"education_bureau/students", "civil_affairs/divisions", "bus_group/bus_routes", "red_cross/defibrillators"}
)
"""Data sets that leave a spreadsheet program as CSV UTF-8, with a byte order mark."""

COMPRESSED: Mapping[str, str] = {
    "public_security/residents": ".gz",
    "human_resources/insured_units": ".zip",
    "ecology_environment/air_quality_hourly": ".gz",
    "housing_fund/depositors": ".gz",
    "bus_group/bus_route_stops": ".zip",
}
"""Data sets that are delivered compressed."""


def file_name(dataset: Dataset, mark: str) -> str:
    """Return the name under which the agency delivers, e.g. `市场主体登记信息_202406.csv`."""
    form = _form(dataset)
    return f"{dataset.title}_{mark}.{form.format.value}{COMPRESSED.get(dataset.id, '')}".replace("/", "_")


def write_delivery(dataset: Dataset, rows: Sequence[Row], path: Path) -> None:
    """Write the rows as the entry declares; compressed where the file name says so."""
    content = encode(dataset, rows)
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(compress(content, path.suffix))


def encode(dataset: Dataset, rows: Sequence[Row]) -> bytes:
    """Return the rows in the declared format, not compressed."""
    form = _form(dataset)
    match form.format:
        case FileFormat.CSV:
            text = csv_text(header(dataset), _texts(dataset, rows), form.delimiter)
            mark = "\ufeff" if dataset.id in WITH_BYTE_ORDER_MARK else ""
            return (mark + text).encode(form.encoding)
        case FileFormat.XLSX:
            return _workbook(dataset, form, _texts(dataset, rows))
        case FileFormat.JSON:
            document: Any = _records(dataset, rows)
            for name in reversed(form.records_path):
                document = {"code": 200, name: document}
            return json.dumps(document, ensure_ascii=False, indent=1).encode(form.encoding)
        case FileFormat.NDJSON:
            lines = (json.dumps(one, ensure_ascii=False) for one in _records(dataset, rows))
            return "".join(line + "\n" for line in lines).encode(form.encoding)
        case FileFormat.PARQUET:
            return _parquet(dataset, rows)


def compress(content: bytes, suffix: str) -> bytes:
    """Return the content packed as the suffix says, without the time of day."""
    match suffix:
        case ".gz":
            return gzip.compress(content, compresslevel=6, mtime=0)
        case ".zip":
            packed = io.BytesIO()
            with zipfile.ZipFile(packed, "w") as archive:
                archive.writestr(zipfile.ZipInfo("data.csv", _STAMP), content, zipfile.ZIP_DEFLATED)
            return packed.getvalue()
        case _:
            return content


def header(dataset: Dataset) -> list[str]:
    """Return column names as this agency writes them: its own names first, then titles; technical names in JSON and Parquet."""
    technical = _form(dataset).format in (FileFormat.JSON, FileFormat.NDJSON, FileFormat.PARQUET)
    return [(one.source_names or (one.name if technical else one.title,))[0] for one in dataset.schema_.fields]


def csv_text(names: Sequence[str], rows: Iterable[Sequence[str]], delimiter: str = ",") -> str:
    """Return CSV as a spreadsheet program writes it."""
    text = io.StringIO()
    writer = csv.writer(text, delimiter=delimiter, lineterminator="\r\n")
    writer.writerow(names)
    writer.writerows(rows)
    return text.getvalue()


def _form(dataset: Dataset) -> DeliveryFormat:
    if dataset.delivery is None:
        raise ValueError(f"{dataset.id} is derived, nobody delivers it")
    return dataset.delivery


def _texts(dataset: Dataset, rows: Sequence[Row]) -> Iterable[list[str]]:
    style = DATE_STYLES.get(dataset.id, "")
    fields = dataset.schema_.fields
    return ([_text(one, row.get(one.name), style) for one in fields] for row in rows)


def _text(field: Field, value: Value, style: str) -> str:
    match value:
        case None:
            return ""
        case str():
            return value
        case bool():
            return "是" if value else "否"
        case dt.datetime():
            return f"{value:%Y-%m-%d %H:%M:%S}"
        case dt.date() if field.date_order is DateOrder.ROC:
            return _roc(value)
        case dt.date():
            return value.strftime(style) if style else value.isoformat()
        case _:
            return str(value)


def _roc(value: dt.date) -> str:
    """民國 years, in both ways that occur in documents."""
    year = value.year - 1911
    return f"{year:03d}{value:%m%d}" if value.day % 2 else f"{year}/{value.month}/{value.day}"


def _records(dataset: Dataset, rows: Sequence[Row]) -> list[dict[str, Any]]:
    style = DATE_STYLES.get(dataset.id, "")
    names = header(dataset)
    fields = dataset.schema_.fields
    return [{name: _json_value(one, row.get(one.name), style) for name, one in zip(names, fields, strict=True)} for row in rows]


def _json_value(field: Field, value: Value, style: str) -> Value:
    if value is None or isinstance(value, bool | int | float):
        return value
    return _text(field, value, style)


def _parquet(dataset: Dataset, rows: Sequence[Row]) -> bytes:
    style = DATE_STYLES.get(dataset.id, "")
    columns = {
        name: _column(one, [row.get(one.name) for row in rows], style)
        for name, one in zip(header(dataset), dataset.schema_.fields, strict=True)
    }
    packed = io.BytesIO()
    pq.write_table(pa.table(columns), packed, compression="zstd")
    return packed.getvalue()


def _column(field: Field, values: list[Any], style: str) -> pa.Array:
    """Return a typed column where every value has one type that Parquet knows, texts otherwise."""
    kinds = {type(one) for one in values if one is not None}
    if kinds <= {int} or kinds <= {float} or kinds <= {bool} or (kinds <= {dt.date} and not style):
        empty = {FieldType.INTEGER: pa.int64(), FieldType.NUMBER: pa.float64()}
        return pa.array(values) if kinds else pa.array(values, empty.get(field.type, pa.string()))
    return pa.array([None if one is None else _text(field, one, style) for one in values], pa.string())


def _workbook(dataset: Dataset, form: DeliveryFormat, rows: Iterable[Sequence[str]]) -> bytes:
    """A workbook of texts, with the title lines above the header that the entry declares."""
    book = Workbook(write_only=True)
    sheet = book.create_sheet(form.sheet or "Sheet1")
    for line in (dataset.title, "填报单位：无锡市")[: form.header_row - 1]:
        sheet.append([line])
    sheet.append(header(dataset))
    for row in rows:
        sheet.append([value or None for value in row])
    raw = io.BytesIO()
    book.save(raw)
    return _without_clock(raw.getvalue())


def _without_clock(workbook: bytes) -> bytes:
    """Return the same workbook with fixed times, so that equal content gives equal bytes."""
    packed = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(workbook)) as source, zipfile.ZipFile(packed, "w") as target:
        for name in source.namelist():
            content = _MODIFIED.sub(rb"\g<1>2024-06-30T08:00:00Z", source.read(name))
            target.writestr(zipfile.ZipInfo(name, _STAMP), content, zipfile.ZIP_DEFLATED)
    return packed.getvalue()
