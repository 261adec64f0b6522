"""The columns of the catalog workbook: Chinese header, part of the entry, spelling in a cell.

Here: what stands in which column. Not here: reading and writing the sheets (workbook).
"""

import json
import re
from collections.abc import Callable
from dataclasses import dataclass

from catalog_service.catalog.vocabularies import (
    AgencyKind,
    BaseDatabase,
    DateOrder,
    DeliveryMode,
    FieldType,
    FileFormat,
    Frequency,
    IdentifierScheme,
    OpeningClass,
    Sensitivity,
    SharingClass,
    Term,
)

_LIST_SEPARATOR = re.compile(r"[、\n]")


@dataclass(frozen=True)
class Codec:
    """How a value is spelled in a cell. What cannot be read is left as it is, for the model to refuse."""

    read: Callable[[str], object]
    write: Callable[[object], str]


@dataclass(frozen=True)
class Column:
    """One column: its header, the part of the entry it holds, its spelling."""

    header: str
    path: tuple[str, ...]
    codec: Codec
    is_required: bool = False


def _read_json(text: str) -> object:
    try:
        value: object = json.loads(text)
    except (ValueError, RecursionError):
        return text
    return value


def _write_json(value: object) -> str:
    return json.dumps(value, ensure_ascii=False)


def _read_list(text: str) -> object:
    if text.startswith("["):
        return _read_json(text)
    return [part.strip() for part in _LIST_SEPARATOR.split(text) if part.strip()]


def _write_list(value: object) -> str:
    items = [str(one) for one in value] if isinstance(value, list) else []
    is_plain = all(one and not _LIST_SEPARATOR.search(one) for one in items) and not (items and items[0].startswith("["))
    return "、".join(items) if is_plain else _write_json(items)


def _named(names: dict[str, str]) -> Codec:
    """Return the codec of values that have names: name in the cell → value; the value itself is understood too."""
    labels = {value: name for name, value in names.items()}
    return Codec(lambda text: names.get(text, text), lambda value: labels.get(str(value), str(value)))


def _term(vocabulary: type[Term]) -> Codec:
    return _named({one.zh: one.value for one in vocabulary})


TEXT = Codec(lambda text: text, str)
JSON = Codec(_read_json, _write_json)
LIST = Codec(_read_list, _write_list)
YES_NO = Codec(lambda text: {"是": "true", "否": "false"}.get(text, text), lambda value: "是" if value else "否")
DELIMITER = _named({"逗号": ",", "制表符": "\t", "空格": " ", "分号": ";", "竖线": "|"})

AGENCIES = (
    Column("机构标识", ("slug",), TEXT, is_required=True),
    Column("机构名称", ("name",), TEXT, is_required=True),
    Column("英文名称", ("name_en",), TEXT),
    Column("统一社会信用代码", ("uscc",), TEXT, is_required=True),
    Column("机构类型", ("kind",), _term(AgencyKind)),
    Column("行政区划代码", ("jurisdiction",), TEXT),
    Column("负责内设机构", ("responsible_unit",), TEXT),
    Column("责任人", ("responsible_person",), TEXT),
)
CODE_ITEMS = (
    Column("代码表标识", ("name",), TEXT, is_required=True),
    Column("代码表名称", ("title",), TEXT, is_required=True),
    Column("代码", ("code",), TEXT, is_required=True),
    Column("含义", ("label",), TEXT, is_required=True),
)
DATASETS = (
    Column("数据集标识", ("id",), TEXT, is_required=True),
    Column("名称", ("title",), TEXT, is_required=True),
    Column("英文名称", ("title_en",), TEXT),
    Column("摘要", ("description",), TEXT, is_required=True),
    Column("英文摘要", ("description_en",), TEXT),
    Column("关键词", ("keywords",), LIST),
    Column("领域", ("theme",), TEXT),
    Column("基础数据库", ("base_database",), _term(BaseDatabase)),
    Column("更新周期", ("frequency",), _term(Frequency), is_required=True),
    Column("共享属性", ("sharing", "class"), _term(SharingClass), is_required=True),
    Column("共享条件", ("sharing", "conditions"), TEXT),
    Column("共享依据", ("sharing", "basis", "law"), TEXT),
    Column("共享依据条款", ("sharing", "basis", "article"), TEXT),
    Column("开放属性", ("opening", "class"), _term(OpeningClass), is_required=True),
    Column("开放条件", ("opening", "conditions"), TEXT),
    Column("开放依据", ("opening", "basis", "law"), TEXT),
    Column("开放依据条款", ("opening", "basis", "article"), TEXT),
    Column("采集依据", ("basis", "statute", "law"), TEXT),
    Column("采集依据条款", ("basis", "statute", "article"), TEXT),
    Column("同意采集的目的", ("basis", "consent", "purpose"), TEXT),
    Column("同意采集的方式", ("basis", "consent", "manner"), TEXT),
    Column("同意采集的范围", ("basis", "consent", "scope"), TEXT),
    Column("查询更正渠道", ("basis", "consent", "channel"), TEXT),
    Column("主键", ("schema", "key"), LIST),
    Column("报送格式", ("delivery", "format"), _term(FileFormat)),
    Column("编码", ("delivery", "encoding"), TEXT),
    Column("分隔符", ("delivery", "delimiter"), DELIMITER),
    Column("报送方式", ("delivery", "mode"), _term(DeliveryMode)),
    Column("工作表", ("delivery", "sheet"), TEXT),
    Column("表头行", ("delivery", "header_row"), TEXT),
    Column("记录路径", ("delivery", "records_path"), LIST),
    Column("不入库的列", ("delivery", "ignored_columns"), LIST),
    Column("空值写法", ("delivery", "null_values"), JSON),
    Column("派生方式", ("derivation",), JSON),
    Column("发布日期", ("issued",), TEXT),
)
FIELDS = (
    Column("数据集标识", ("id",), TEXT, is_required=True),
    Column("信息项标识", ("name",), TEXT, is_required=True),
    Column("信息项名称", ("title",), TEXT, is_required=True),
    Column("英文名称", ("title_en",), TEXT),
    Column("数据类型", ("type",), _term(FieldType)),
    Column("长度", ("length",), TEXT),
    Column("必填", ("required",), YES_NO),
    Column("标识符", ("identifier",), _term(IdentifierScheme)),
    Column("格式", ("pattern",), TEXT),
    Column("最小值", ("minimum",), TEXT),
    Column("最大值", ("maximum",), TEXT),
    Column("代码表", ("code_list",), TEXT),
    Column("引用数据集", ("reference", "dataset"), TEXT),
    Column("引用信息项", ("reference", "field"), TEXT),
    Column("引用不符即阻断", ("reference", "blocking"), YES_NO),
    Column("数据元", ("data_element",), TEXT),
    Column("敏感级别", ("sensitivity",), _term(Sensitivity)),
    Column("共享属性", ("sharing",), _term(SharingClass)),
    Column("开放属性", ("opening",), _term(OpeningClass)),
    Column("日期写法", ("date_order",), _term(DateOrder)),
    Column("来源列名", ("source_names",), LIST),
)
SHEETS: dict[str, tuple[Column, ...]] = {"数据集": DATASETS, "信息项": FIELDS, "机构": AGENCIES, "代码表": CODE_ITEMS}
"""All sheets of the form; the first two make a catalog, the others are optional."""
