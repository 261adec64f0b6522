"""The columns of the national form (政务信息资源目录编制指南): header, part of the entry, spelling in a cell, how to fill in.

Here: what stands in which column. Not here: reading the sheets (workbook), writing them (workbook_writing).
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
    ResourceFormat,
    Sensitivity,
    SharingClass,
    SharingMethod,
    Term,
)

_LIST_SEPARATOR = re.compile(r"[、\n]")


@dataclass(frozen=True)
class Codec:
    """How a value is spelled in a cell. What cannot be read is left as it is, for the model to refuse."""

    read: Callable[[str], object]
    write: Callable[[object], str]
    words: tuple[str, ...] = ()
    """What a person can choose from; empty: anything."""


@dataclass(frozen=True)
class Column:
    """One column: its header, the part of the entry it holds, its spelling."""

    header: str
    path: tuple[str, ...]
    codec: Codec
    note: str = ""
    """How to fill it in."""
    example: str = ""
    is_required: bool = False
    is_derived: bool = False
    """Follows from other columns: written for readers, and compared with them when read."""


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
    return Codec(lambda text: names.get(text, text), lambda value: labels.get(str(value), str(value)), tuple(names))


def _term(vocabulary: type[Term]) -> Codec:
    return _named({one.zh: one.value for one in vocabulary})


TEXT = Codec(lambda text: text, str)
JSON = Codec(_read_json, _write_json)
RULES = Codec(_read_json, lambda value: _write_json(value) if value else "")
LIST = Codec(_read_list, _write_list)
YES_NO = Codec(lambda text: {"是": "true", "否": "false"}.get(text, text), lambda value: "是" if value else "否", ("是", "否"))
DELIMITER = _named({"逗号": ",", "制表符": "\t", "空格": " ", "分号": ";", "竖线": "|"})


def _required(header: str, path: tuple[str, ...], codec: Codec, note: str, example: str) -> Column:
    return Column(header, path, codec, note, example, is_required=True)


def _derived(header: str, name: str, note: str, example: str) -> Column:
    return Column(header, (name,), TEXT, note, example, is_derived=True)


AGENCIES = (
    _required("机构标识", ("slug",), TEXT, "小写字母、数字和下划线，以字母开头；用于数据表名，登记后不再变", "transport"),
    _required("机构名称", ("name",), TEXT, "机构全称", "无锡市交通运输局"),
    Column("英文名称", ("name_en",), TEXT, "可不填", "Wuxi Transport Bureau"),
    _required("统一社会信用代码", ("uscc",), TEXT, "18 位，校验位须正确（GB 32100）", "11320200MB0000000P"),
    Column("机构类型", ("kind",), _term(AgencyKind), "从列表中选择", "行政机关"),
    Column("行政区划代码", ("jurisdiction",), TEXT, "6 位（GB/T 2260），市级为 320200", "320200"),
    Column("负责内设机构", ("responsible_unit",), TEXT, "负责公共数据管理的内设机构（第三十一条），未填不能发布", "信息处"),
    Column("责任人", ("responsible_person",), TEXT, "公共数据管理责任人（第三十一条），未填不能发布", "张三"),
    Column("参照执行依据", ("reference_basis",), TEXT, "仅参照执行单位填写（第三十七条）", ""),
)
CODE_ITEMS = (
    _required("代码表标识", ("name",), TEXT, "小写字母、数字和下划线", "sex"),
    _required("代码表名称", ("title",), TEXT, "同一代码表各行相同", "性别代码"),
    _required("代码", ("code",), TEXT, "按文本填写，保留前导零", "01"),
    _required("含义", ("label",), TEXT, "代码的含义", "男"),
)
DATASETS = (
    _required("数据集标识", ("id",), TEXT, "机构标识/数据集标识，小写字母、数字和下划线；登记后不再变", "transport/bus_stops"),
    _derived("类", "class_name", "资源分类第一级，从列表中选择；也可只填“资源分类代码”", "部门信息资源"),
    _derived("项", "section_name", "资源分类第二级，见“资源分类”表", "市级机构"),
    _derived("目", "group_name", "资源分类第三级，见“资源分类”表", "交通运输"),
    _derived("细目", "detail_name", "资源分类第四级，见“资源分类”表", "交通运输"),
    Column(
        "资源分类代码",
        ("classification",),
        TEXT,
        "8 位，见“资源分类”表；填了类、项、目、细目的可不填",
        "30101402",
    ),
    Column("资源代码", ("code",), TEXT, "由平台生成，请留空；已有代码的须原样保留", ""),
    _required("名称", ("title",), TEXT, "信息资源名称，说明内容，不用缩写", "公交站点"),
    Column("英文名称", ("title_en",), TEXT, "可不填", "Bus stops"),
    _derived("提供方", "provider", "提供机构全称；可不填，填写的须与机构标识一致", "无锡市交通运输局"),
    _derived("提供方代码", "provider_code", "提供机构的统一社会信用代码；可不填，填写的须与机构标识一致", "11320200MB0000000P"),
    _required("摘要", ("description",), TEXT, "概括说明内容、范围和用途，400 字以内", "市区公交站点的名称、位置和停靠线路。"),
    Column("英文摘要", ("description_en",), TEXT, "可不填", ""),
    Column("关键词", ("keywords",), LIST, "用顿号分隔", "公交、站点"),
    Column("领域", ("theme",), TEXT, "主题领域，缺省为综合政务", "交通运输"),
    Column("基础数据库", ("base_database",), _term(BaseDatabase), "属于五大基础数据库的从列表中选择（第十八条）", ""),
    Column("资源格式", ("resource_format",), _term(ResourceFormat), "信息资源在提供方的格式，从列表中选择", "数据库"),
    _required("更新周期", ("frequency",), _term(Frequency), "从列表中选择", "每月"),
    _required("共享属性", ("sharing", "class"), _term(SharingClass), "从列表中选择（第十九条）", "无条件共享"),
    Column("共享条件", ("sharing", "conditions"), TEXT, "有条件共享的必填", ""),
    Column("共享方式", ("sharing", "method"), _term(SharingMethod), "从列表中选择", "共享平台—库表交换"),
    Column("共享依据", ("sharing", "basis", "law"), TEXT, "有条件共享、不予共享的必填：法律、法规或国家有关规定", ""),
    Column("共享依据条款", ("sharing", "basis", "article"), TEXT, "依据的条款", ""),
    _required("开放属性", ("opening", "class"), _term(OpeningClass), "从列表中选择（第二十二条）", "无条件开放"),
    Column("开放条件", ("opening", "conditions"), TEXT, "有条件开放的必填", ""),
    Column("开放依据", ("opening", "basis", "law"), TEXT, "不予开放的必填", ""),
    Column("开放依据条款", ("opening", "basis", "article"), TEXT, "依据的条款", ""),
    Column(
        "采集依据",
        ("basis", "statute", "law"),
        TEXT,
        "依法采集的填写法律、法规名称（第十五、十六条）",
        "城市道路管理条例",
    ),
    Column("采集依据条款", ("basis", "statute", "article"), TEXT, "依据的条款", "第三十七条"),
    Column("同意采集的目的", ("basis", "consent", "purpose"), TEXT, "经同意采集的，以下四项全部填写（第十六条）", ""),
    Column("同意采集的方式", ("basis", "consent", "manner"), TEXT, "告知被采集人的采集方式", ""),
    Column("同意采集的范围", ("basis", "consent", "scope"), TEXT, "告知被采集人的采集范围", ""),
    Column("查询更正渠道", ("basis", "consent", "channel"), TEXT, "被采集人查询和更正的渠道", ""),
    Column("发布日期", ("issued",), TEXT, "如 2020-05-01", "2020-05-01"),
    Column("关联资源代码", ("related",), LIST, "有关联的信息资源的代码，用顿号分隔", ""),
    Column("主键", ("schema", "key"), LIST, "唯一标识一行的信息项标识，用顿号分隔；未填的不去重", "stop_id"),
    Column("报送格式", ("delivery", "format"), _term(FileFormat), "汇聚文件的格式（第十七条）", "CSV 文本"),
    Column("编码", ("delivery", "encoding"), TEXT, "utf-8、gb18030、gbk、big5 或 latin-1", "utf-8"),
    Column("分隔符", ("delivery", "delimiter"), DELIMITER, "CSV 的分隔符", "逗号"),
    Column("报送方式", ("delivery", "mode"), _term(DeliveryMode), "全量：替换以前的数据；增量：追加", "全量"),
    Column("工作表", ("delivery", "sheet"), TEXT, "XLSX：工作表名称，未填为第一张", ""),
    Column("表头行", ("delivery", "header_row"), TEXT, "XLSX、CSV：表头所在的行", "1"),
    Column("记录路径", ("delivery", "records_path"), LIST, "JSON：记录所在的键", ""),
    Column("不入库的列", ("delivery", "ignored_columns"), LIST, "文件中有而不入库的列", ""),
    Column("空值写法", ("delivery", "null_values"), JSON, "表示空值的写法，JSON 数组", '["", "N/A"]'),
    Column("派生方式", ("derivation",), JSON, "仅由其他数据集形成的填写，JSON；与报送各列二选一", ""),
    Column("质量规则", ("rules",), RULES, "信息项规则以外的质量规则，JSON 数组；可不填", ""),
    Column("去标识化要求", ("deidentification",), JSON, "涉及个人的数据提供前须达到的要求，JSON；可不填", ""),
)
FIELDS = (
    _required("数据集标识", ("id",), TEXT, "与“数据集”表一致", "transport/bus_stops"),
    _required("信息项标识", ("name",), TEXT, "小写字母、数字和下划线", "stop_id"),
    _required("信息项名称", ("title",), TEXT, "中文名称；有国家数据元的用其名称", "站点编号"),
    Column("英文名称", ("title_en",), TEXT, "可不填", "stop id"),
    Column("数据类型", ("type",), _term(FieldType), "从列表中选择，缺省为字符型", "字符型 C"),
    Column("长度", ("length",), TEXT, "字符型的最大字数", "10"),
    Column("必填", ("required",), YES_NO, "是或否", "是"),
    Column("标识符", ("identifier",), _term(IdentifierScheme), "有校验规则的号码，从列表中选择", ""),
    Column("格式", ("pattern",), TEXT, "整个值须符合的正则表达式", ""),
    Column("最小值", ("minimum",), TEXT, "数值的下限", ""),
    Column("最大值", ("maximum",), TEXT, "数值的上限", ""),
    Column("代码表", ("code_list",), TEXT, "“代码表”中的标识", ""),
    Column("引用数据集", ("reference", "dataset"), TEXT, "取值来自其他数据集的，填其标识", ""),
    Column("引用信息项", ("reference", "field"), TEXT, "被引用的信息项标识", ""),
    Column("引用不符即阻断", ("reference", "blocking"), YES_NO, "是：引用不存在的值时不发布", ""),
    Column("数据元", ("data_element",), TEXT, "国家数据元的代码", ""),
    Column("敏感级别", ("sensitivity",), _term(Sensitivity), "从列表中选择，缺省为公开", "公开"),
    Column("共享属性", ("sharing",), _term(SharingClass), "严于数据集的填写，不得宽于数据集", ""),
    Column("开放属性", ("opening",), _term(OpeningClass), "严于数据集的填写，不得宽于数据集", ""),
    Column("共享处理", ("sharing_treatment",), JSON, "共享时的脱敏处理，JSON；可不填", ""),
    Column("开放处理", ("opening_treatment",), JSON, "开放时的脱敏处理，JSON；可不填", ""),
    Column("日期写法", ("date_order",), _term(DateOrder), "从列表中选择", ""),
    Column("来源列名", ("source_names",), LIST, "文件中的列名与标识、名称都不同的填写", ""),
)
SHEETS: dict[str, tuple[Column, ...]] = {"数据集": DATASETS, "信息项": FIELDS, "机构": AGENCIES, "代码表": CODE_ITEMS}
"""All sheets of the form; the first two make a catalog, the others are optional."""
