"""Controlled vocabularies: each term with its Chinese and English label and, where one exists, its URI.

Here: closed lists of the law and of the national catalog guide (政务信息资源目录编制指南). Not here: rules about them.
"""

from enum import StrEnum
from typing import Self


class Term(StrEnum):
    """A vocabulary term: value, Chinese label, English label, URI (may be empty)."""

    zh: str
    en: str
    uri: str

    def __new__(cls, value: str, zh: str, en: str, uri: str = "") -> Self:
        """Create the term with its labels."""
        term = str.__new__(cls, value)
        term._value_ = value
        term.zh = zh
        term.en = en
        term.uri = uri
        return term


class AgencyKind(Term):
    """Kinds of 公共管理服务机构 (Art. 2, 37)."""

    ADMINISTRATIVE = "administrative", "行政机关", "administrative organ"
    PUBLIC_INSTITUTION = "public_institution", "事业单位", "public institution"
    ENTERPRISE = "enterprise", "企业", "enterprise with public functions"
    SOCIAL_ORGANISATION = "social_organisation", "社会组织", "social organisation"
    BY_REFERENCE = "by_reference", "参照执行单位", "unit managed by reference (Art. 37)"


class SharingClass(Term):
    """共享属性 (Art. 19)."""

    UNCONDITIONAL = "unconditional", "无条件共享", "shared unconditionally"
    CONDITIONAL = "conditional", "有条件共享", "shared under conditions"
    NONE = "none", "不予共享", "not shared"

    @property
    def strictness(self) -> int:
        """Rank from 0 (freest) to 2 (strictest)."""
        return list(type(self)).index(self)


class OpeningClass(Term):
    """开放属性 (Art. 22)."""

    UNCONDITIONAL = "unconditional", "无条件开放", "open unconditionally"
    CONDITIONAL = "conditional", "有条件开放", "open under conditions"
    NONE = "none", "不予开放", "not open"

    @property
    def strictness(self) -> int:
        """Rank from 0 (freest) to 2 (strictest)."""
        return list(type(self)).index(self)


_EU_FREQUENCY = "http://publications.europa.eu/resource/authority/frequency/"


class Frequency(Term):
    """更新周期 (Art. 13): the promised update cycle, with the EU frequency URI used by DCAT-AP."""

    REAL_TIME = "real_time", "实时", "real time", _EU_FREQUENCY + "UPDATE_CONT"
    DAILY = "daily", "每日", "daily", _EU_FREQUENCY + "DAILY"
    WEEKLY = "weekly", "每周", "weekly", _EU_FREQUENCY + "WEEKLY"
    MONTHLY = "monthly", "每月", "monthly", _EU_FREQUENCY + "MONTHLY"
    QUARTERLY = "quarterly", "每季度", "quarterly", _EU_FREQUENCY + "QUARTERLY"
    YEARLY = "yearly", "每年", "yearly", _EU_FREQUENCY + "ANNUAL"
    IRREGULAR = "irregular", "不定期", "irregular", _EU_FREQUENCY + "IRREG"


class BaseDatabase(Term):
    """基础数据库 (Art. 18)."""

    POPULATION = "population", "人口", "population"
    LEGAL_ENTITY = "legal_entity", "法人", "legal entities"
    GEOGRAPHY = "geography", "自然资源和空间地理", "natural resources and geography"
    LICENCE = "licence", "电子证照", "electronic licences"
    CREDIT = "credit", "社会信用", "social credit"


class FieldType(Term):
    """Data types of 信息项, after the type list of the national catalog guide."""

    TEXT = "text", "字符型 C", "text"
    INTEGER = "integer", "整型 I", "integer (64 bits)"
    DECIMAL = "decimal", "货币型 Y", "exact decimal, 18 digits, 2 after the point"
    NUMBER = "number", "双精度型 B", "floating-point number"
    BOOLEAN = "boolean", "逻辑型 L", "true or false"
    DATE = "date", "日期型 D", "calendar date"
    DATETIME = "datetime", "日期时间型 T", "instant, stored in UTC; local times are read as Asia/Shanghai"


class Sensitivity(Term):
    """Sensitivity level of a field (after the levels of GB/T 43697)."""

    PUBLIC = "public", "公开", "public"
    INTERNAL = "internal", "内部", "internal"
    SENSITIVE = "sensitive", "敏感", "sensitive (personal or commercial)"


class IdentifierScheme(Term):
    """Identifiers whose form, and where it exists whose check digit, can be verified."""

    USCC = "uscc", "统一社会信用代码", "unified social credit code (GB 32100)"
    RESIDENT_ID = "resident_id", "公民身份号码", "resident identity number (GB 11643)"
    ADCODE = "adcode", "行政区划代码", "administrative division code (GB/T 2260)"


class FileFormat(Term):
    """File formats in which agencies deliver (Art. 17), with IANA media types."""

    CSV = "csv", "CSV 文本", "CSV", "text/csv"
    XLSX = "xlsx", "Excel 工作簿", "Excel workbook", "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
    JSON = "json", "JSON 数组", "JSON array", "application/json"
    NDJSON = "ndjson", "JSON 行", "JSON lines", "application/x-ndjson"
    PARQUET = "parquet", "Parquet", "Parquet", "application/vnd.apache.parquet"


class ResourceFormat(Term):
    """信息资源格式 of the national catalog guide: what kind of thing the resource is where it is kept."""

    DATABASE = "database", "数据库", "database"
    SPREADSHEET = "spreadsheet", "电子表格", "spreadsheet"
    ELECTRONIC_FILE = "electronic_file", "电子文件", "document file"
    IMAGE = "image", "图形图像", "images and graphics"
    STREAM = "stream", "流媒体", "streaming media"
    SELF_DESCRIBING = "self_describing", "自描述格式", "self-describing format"
    SERVICE = "service", "服务接口", "service interface"


class SharingMethod(Term):
    """共享方式 of the national catalog guide: how the resource is handed over."""

    PLATFORM_TABLE = "platform_table", "共享平台—库表交换", "sharing platform: tables"
    PLATFORM_FILE = "platform_file", "共享平台—文件交换", "sharing platform: files"
    PLATFORM_SERVICE = "platform_service", "共享平台—服务接口", "sharing platform: service interface"
    MEDIUM = "medium", "介质交换", "on a storage medium"
    OTHER = "other", "其他方式", "other"


class DeliveryMode(Term):
    """What a delivery means for the rows delivered before it."""

    FULL = "full", "全量", "each delivery replaces the one before"
    INCREMENTAL = "incremental", "增量", "each delivery adds rows"


class DateOrder(Term):
    """Ways in which agencies write dates; `auto` accepts ISO, yyyymmdd, slashes and 年月日."""

    AUTO = "auto", "公历", "Gregorian, year first"
    ROC = "roc", "民国纪年", "Republic of China years (year + 1911), year first"


class RecordState(Term):
    """Life-cycle states of a catalog record (Art. 14); what moves it between them stands in `catalog.life_cycle`."""

    DRAFT = "draft", "草稿", "draft"
    SUBMITTED = "submitted", "待审核", "submitted for review"
    RETURNED = "returned", "已退回", "returned with reasons"
    APPROVED = "approved", "审核通过，待发布", "approved, not published yet"
    PUBLISHED = "published", "已发布", "published"
    REVISING = "revising", "修订中（原版本有效）", "being revised; the published version stays in force"
    SUSPENDED = "suspended", "已暂停", "suspended"
    WITHDRAWN = "withdrawn", "已撤回", "withdrawn"


class DeliveryState(Term):
    """Life-cycle states of a delivery (Art. 17)."""

    RECEIVED = "received", "已接收", "received, not read yet"
    LOADED = "loaded", "已入库并发布", "loaded and published"
    WITHHELD = "withheld", "质量检查未通过，暂不发布", "loaded, but withheld: a blocking check failed"
    REJECTED = "rejected", "整批退回", "rejected whole"


class Severity(Term):
    """What a failing rule does: a blocking rule keeps the data unpublished, a warning is reported."""

    BLOCKING = "blocking", "阻断", "blocking"
    WARNING = "warning", "警告", "warning"


class Dimension(Term):
    """Quality dimensions of GB/T 36344-2018, as used for the indicators of Art. 32."""

    CONFORMITY = "conformity", "规范性", "conformity"
    COMPLETENESS = "completeness", "完整性", "completeness"
    ACCURACY = "accuracy", "准确性", "accuracy"
    CONSISTENCY = "consistency", "一致性", "consistency"
    TIMELINESS = "timeliness", "时效性", "timeliness"
    ACCESSIBILITY = "accessibility", "可访问性", "accessibility"
