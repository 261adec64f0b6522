"""Parquet: footer and pages are decoded in a limited child process, every decoded byte is counted here.

Here: what a Parquet file may be, and the header rules on it. Not here: decoding and text forms (parquet_child).
"""

import json
import struct
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa

from catalog_service.catalog.dataset import DeliveryFormat
from catalog_service.catalog.errors import InvalidError, problem
from catalog_service.catalog.schema import Schema
from pipelines.connectors.building import note_empty_rows
from pipelines.connectors.child import Child, ChildFailedError, child_process, refuse_child
from pipelines.connectors.columns import checked
from pipelines.connectors.delivered import Tally, arrow_schema, refuse
from pipelines.connectors.header import Header, check_column_count, match_header
from pipelines.connectors.limits import Limits

_SCRIPT = Path(__file__).with_name("parquet_child.py")
_MAX_FOOTER = 64 * 1024 * 1024
_REFUSED_CODECS = ("BROTLI", "LZO")


def read_parquet(path: Path, schema: Schema, form: DeliveryFormat, tally: Tally) -> Iterator[pa.RecordBatch]:
    """Yield the rows of a Parquet file as text.

    Raises:
        InvalidError: it is damaged, a trap, or its columns are at fault; while iterating: a page is damaged or it decodes to
            too much.
    """
    _check_footer(path)
    arguments: dict[str, object] = {"path": str(path.resolve()), "max_columns": tally.limits.max_columns}
    try:
        with child_process(_SCRIPT, arguments, tally.limits) as child:
            header = _agree(child, path, schema, form, tally)
            yield from _rows(child, header, path.stat().st_size, arrow_schema(schema), tally)
    except ChildFailedError as error:
        refuse_child(error)
    if tally.empty_rows:
        note_empty_rows(tally)


def _check_footer(path: Path) -> None:
    size = path.stat().st_size
    with path.open("rb") as file:
        file.seek(max(0, size - 8))
        end = file.read(8)
    if size < 12 or not end.endswith(b"PAR1") or struct.unpack("<I", end[:4])[0] > min(size - 12, _MAX_FOOTER):
        refuse(
            "unreadable",
            "Parquet 文件不完整、已损坏或文件尾过大，请重新导出后提供",
            "the Parquet file is truncated, damaged, or has too large a footer; export it again",
        )


def _agree(child: Child, path: Path, schema: Schema, form: DeliveryFormat, tally: Tally) -> Header:
    """Judge what the child says of the file, and tell it which columns are wanted."""
    line = child.output.readline()
    if not line.endswith(b"\n"):
        raise ChildFailedError("no description of the file")
    about = json.loads(line)
    check_column_count(about["count"], tally.limits.max_columns)
    _check_description(about, path, tally.limits)
    names = [name for name, _, _ in about["columns"]]
    header = match_header(names, schema, form, tally.limits.max_columns)
    tally.notices += header.notices
    wanted = [about["columns"][at] for at in header.positions if at is not None]
    nested = [problem("nested-value", *_nested(name, kind), field=name) for name, kind, plain in wanted if not plain]
    if nested:
        raise InvalidError(nested)
    child.input.write(json.dumps({"columns": [name for name, _, _ in wanted]}).encode() + b"\n")
    child.input.close()
    return header


def _nested(name: str, kind: str) -> tuple[str, str]:
    kind = kind[:60]
    return (
        f"列 {name} 的类型 {kind} 不能作为文本读取，请改为普通类型（文本、数字、日期）",
        f"column {name} has the type {kind}, which has no text form; deliver text, numbers or dates",
    )


def _check_description(about: dict[str, Any], path: Path, limits: Limits) -> None:
    for codec in about["codecs"]:
        if codec in _REFUSED_CODECS:
            refuse(
                "codec",
                f"不接受 {codec} 压缩的 Parquet，请改用 Snappy、Zstandard 或 Gzip",
                f"Parquet compressed with {codec} is not accepted; use Snappy, Zstandard or Gzip",
            )
    if limits.is_bomb(about["bytes"], path.stat().st_size):
        _refuse_size()


def _rows(child: Child, header: Header, size: int, schema: pa.Schema, tally: Tally) -> Iterator[pa.RecordBatch]:
    decoded, number = 0, 1
    order: list[int | None] = []
    for at in header.positions:
        order.append(None if at is None else sum(one is not None for one in order))
    with pa.ipc.open_stream(child.output) as reader:
        for batch in reader:
            rows = batch.num_rows
            # The values and a byte per row: offsets do not count against an honest sparse table.
            decoded += max(batch.nbytes - 4 * rows * batch.num_columns, 0) + rows
            if tally.limits.is_bomb(decoded, size):
                _refuse_size()
            missing = pa.nulls(rows, pa.string())
            arrays = [missing if at is None else batch.column(at) for at in order]
            numbers = pa.array(np.arange(number, number + rows, dtype=np.int64))
            number += rows
            yield from checked(pa.record_batch([*arrays, numbers], schema=schema), tally, characters=True)


def _refuse_size() -> None:
    refuse(
        "too-large",
        "Parquet 文件解码后过大，请拆分后提供",
        "the Parquet file decodes to too much; split it and deliver the parts",
    )
