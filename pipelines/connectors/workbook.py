"""XLSX: the package is checked here, its cells are parsed in a limited child process, the rows come back as lines of JSON.

Here: what a workbook may hold, and the header rules on its rows. Not here: cells (workbook_child).
"""

import json
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NoReturn

import pyarrow as pa

from catalog_service.catalog.dataset import DeliveryFormat
from catalog_service.catalog.schema import Schema
from pipelines.connectors.archive import check_directory
from pipelines.connectors.building import Row, spool
from pipelines.connectors.child import ChildFailedError, child_process, refuse_child
from pipelines.connectors.delivered import Tally, arrow_schema, refuse
from pipelines.connectors.header import check_column_count, match_header
from pipelines.connectors.limits import Limits

_SCRIPT = Path(__file__).with_name("workbook_child.py")
_CHUNK = 1024 * 1024
_DECLARATIONS = (b"<!DOCTYPE", b"<!ENTITY")
_FAULTS = {
    "error-cell": ("有单元格是错误值（如 #N/A），请更正", "a cell holds an error such as #N/A; correct it"),
    "formula": (
        "有公式没有保存计算结果，请在表格软件中打开并保存，或粘贴为数值",
        "a formula has no stored result; open and save the workbook in a spreadsheet program, or paste values",
    ),
}


def read_workbook(path: Path, schema: Schema, form: DeliveryFormat, tally: Tally, workdir: Path) -> Iterator[pa.RecordBatch]:
    """Check the package, parse the sheet in a child process and return its rows.

    Raises:
        InvalidError: the workbook is a trap, encrypted, too large, or its header is at fault.
    """
    check_package(path, tally.limits)
    arguments: dict[str, object] = {
        "path": str(path.resolve()),
        "sheet": form.sheet,
        "first_row": form.header_row,
        "max_columns": tally.limits.max_columns,
    }
    try:
        with child_process(_SCRIPT, arguments, tally.limits) as child:
            lines = _lines(child.output, path.stat().st_size, tally.limits, form)
            return spool(_rows(lines, schema, form, tally), arrow_schema(schema), tally, workdir)
    except ChildFailedError as error:
        refuse_child(error)


def check_package(path: Path, limits: Limits) -> None:
    """Refuse a workbook that is encrypted, refers to other files, holds macros or declarations, or expands too far."""
    check_directory(path)
    with zipfile.ZipFile(path) as package:
        members = package.infolist()
        names = {one.filename.lower() for one in members}
        if len(members) > limits.max_members or limits.is_bomb(sum(one.file_size for one in members), path.stat().st_size):
            refuse(
                "too-large",
                "工作簿解压后过大或部件过多，请拆分，或以 CSV 提供",
                "the workbook expands too far or has too many parts; split it, or deliver CSV",
            )
        if any(one.flag_bits & 0x1 for one in members):
            refuse(
                "encrypted", "工作簿已加密，请去除密码后重新提供", "the workbook is encrypted; deliver it without a password"
            )
        if any(name.startswith("xl/externallinks/") for name in names):
            refuse(
                "external-links",
                "工作簿引用了其他文件，请断开外部链接（粘贴为数值）后重新提供",
                "the workbook refers to other files; break the external links (paste values) and deliver again",
            )
        if any(name.endswith("vbaproject.bin") for name in names):
            refuse("macros", "工作簿含有宏，请另存为不含宏的 xlsx", "the workbook holds macros; save it as xlsx without macros")
        for one in members:
            if one.filename.lower().endswith((".xml", ".rels", ".vml")):
                _check_markup(package, one)


def _check_markup(package: zipfile.ZipFile, member: zipfile.ZipInfo) -> None:
    """Refuse document type and entity declarations, and encodings in which they could hide."""
    tail = b""
    with package.open(member) as stream:
        while chunk := stream.read(_CHUNK):
            if not tail and b"\x00" in chunk[:4]:
                _refuse_markup()
            tail += chunk
            if any(one in tail for one in _DECLARATIONS):
                _refuse_markup()
            tail = tail[-16:]


def _refuse_markup() -> NoReturn:
    refuse(
        "unsafe-markup",
        "工作簿内含有不允许的 XML 声明，请用表格软件重新另存",
        "the workbook holds XML declarations that are not allowed; save it again with a spreadsheet program",
    )


def _lines(output: Any, size: int, limits: Limits, form: DeliveryFormat) -> Iterator[list[Any]]:  # noqa: ANN401
    """Yield the child's rows; whatever else it says is a refusal."""
    received = 0
    for raw in output:
        received += len(raw)
        if limits.is_bomb(received, size):
            refuse("too-large", "工作表内容过大，请拆分，或以 CSV 提供", "the sheet is too large; split it, or deliver CSV")
        if not raw.endswith(b"\n"):
            break  # killed in the middle of a line
        line = json.loads(raw)
        if isinstance(line, list):
            yield line
        elif line.get("end"):
            return
        elif line["error"] == "no-sheet":
            _refuse_sheet(form.sheet, line["sheets"])
        else:
            check_column_count(limits.max_columns + 1, limits.max_columns, line["row"])
    raise ChildFailedError("the child stopped before the end of the sheet")


def _rows(lines: Iterator[list[Any]], schema: Schema, form: DeliveryFormat, tally: Tally) -> Iterator[Row]:
    first: list[Any] = next(lines, [0, [], None])
    number, names, _ = first
    if number != form.header_row:
        refuse("no-rows", f"第 {form.header_row} 行没有表头", f"row {form.header_row} holds no header", row=form.header_row)
    header = match_header([name or "" for name in names], schema, form, tally.limits.max_columns, row=number)
    tally.notices += header.notices
    for number, cells, fault in lines:
        excerpt = " | ".join(cell[:200] for cell in cells if cell)
        if fault is not None:
            tally.set_aside(number, fault, *_FAULTS[fault], excerpt)
        elif len(cells) > len(names):
            zh = f"本行的值超出表头（{len(names)} 列）"
            tally.set_aside(number, "ragged-row", zh, f"the row has values beyond the header's {len(names)} columns", excerpt)
        else:
            yield number, [None if at is None or at >= len(cells) else cells[at] for at in header.positions], excerpt


def _refuse_sheet(wanted: str, sheets: list[str]) -> NoReturn:
    listed = "、".join(sheets)
    refuse(
        "no-sheet",
        f"工作簿没有工作表“{wanted}”，现有：{listed}。请改名，或先变更目录条目",
        f'the workbook has no sheet "{wanted}"; it has: {", ".join(sheets)}. Rename it, or have the entry changed first',
        sheet=wanted or None,
    )
