"""指标体系 (Art. 32; GB/T 36344): dimensions, indicators, weights, grades and points as dated data.

Here: what an indicator set is, and which one is in force on a day. Not here: reading its file (formats.indicator_sets), scoring
by it (scoring, metadata_score, obligations).
"""

import datetime as dt
from collections.abc import Iterable
from typing import Annotated

from pydantic import Field as Attribute
from pydantic import StringConstraints, model_validator

from catalog_service.catalog.data_standing import QualityLevel
from catalog_service.catalog.errors import InvalidError, Text, problem
from catalog_service.catalog.model import Line, Model
from catalog_service.catalog.quality import Metric
from catalog_service.catalog.vocabularies import Dimension, Severity, Term

Weight = Annotated[int, Attribute(ge=1, le=1_000)]
Points = Annotated[float, Attribute(ge=0, le=100)]
GRADES = (QualityLevel.POOR, QualityLevel.FAIR, QualityLevel.GOOD, QualityLevel.EXCELLENT)
"""From the worst to the best."""
DUTY_ARTICLES = (14, 20, 24, 26)
"""Articles whose deadlines are counted as kept or missed."""


class Fact(Term):
    """What the platform itself sees of a data set, beside the rules of its entry."""

    UPDATED_IN_TIME = "updated_in_time", "按更新周期更新", "updated within the promised cycle"
    DATA_AVAILABLE = "data_available", "数据已汇聚入库、可供使用", "data are on the platform"
    PRODUCT_AVAILABLE = "product_available", "应开放的数据已开放下载", "what is open can be downloaded"
    LATEST_VISIBLE = "latest_visible", "最新版本已发布（未被阻断）", "the version checked last is the one that readers see"


class Level(Term):
    """Levels at which is scored, from the finest to the whole."""

    FIELD = "field", "信息项", "field"
    DATASET = "dataset", "数据集", "data set"
    AGENCY = "agency", "机构", "agency"
    CITY = "city", "全市", "city"


class Part(Term):
    """Parts of an evaluation (Art. 32 全面评价)."""

    QUALITY = "quality", "数据质量", "data quality"
    METADATA = "metadata", "目录元数据", "metadata of the catalog"
    DUTIES = "duties", "履责时限", "duties kept in time"


class MetadataDimension(Term):
    """Dimensions of metadata quality, after the method of data.europa.eu."""

    FINDABILITY = "findability", "可发现", "findability"
    ACCESSIBILITY = "accessibility", "可获取", "accessibility"
    INTEROPERABILITY = "interoperability", "可互操作", "interoperability"
    REUSABILITY = "reusability", "可重用", "reusability"
    CONTEXTUALITY = "contextuality", "背景信息", "contextuality"


class Check(Term):
    """What metadata are checked for; the points of each stand in the indicator set."""

    KEYWORDS = "keywords", "关键词", "keywords"
    CATEGORY = "category", "资源分类", "place in the classification"
    SPATIAL = "spatial", "空间范围", "spatial extent"
    TEMPORAL = "temporal", "时间范围", "temporal extent"
    REACHABLE = "reachable", "数据可获取", "data can be had"
    DOWNLOAD = "download", "可直接下载", "direct download"
    FORMAT = "format", "资源格式", "format of the resource"
    OPEN_FORMAT = "open_format", "非专有格式", "non-proprietary format"
    MACHINE_READABLE = "machine_readable", "机器可读", "machine-readable"
    DATA_ELEMENTS = "data_elements", "数据元", "data elements of fields"
    KEY = "key", "主键", "key"
    COMPLETENESS = "completeness", "符合目录编制要求", "compilation requirements met"
    TERMS = "terms", "共享开放条件与依据", "terms of sharing and opening with their bases"
    CONTACT = "contact", "责任单位与责任人", "responsible unit and person"
    PUBLISHER = "publisher", "数据提供机构", "providing agency"
    RIGHTS = "rights", "采集依据", "legal basis of collection"
    SIZE = "size", "数据量", "size"
    ISSUED = "issued", "发布日期", "date of issue"
    MODIFIED = "modified", "最近更新", "date of the last update"


class Indicator(Model):
    """A group of rules that measure one thing."""

    code: Annotated[str, StringConstraints(pattern=r"^[A-Z][0-9]{1,2}$")]
    title: Text
    weight: Weight = 1
    metrics: tuple[Metric | Fact, ...] = ()
    """Kinds of rules that belong here; none: all that no other indicator of the dimension takes."""


class DimensionTerm(Model):
    """A quality dimension with its weight and indicators."""

    weight: Weight
    indicators: tuple[Indicator, ...] = Attribute(min_length=1)

    @model_validator(mode="after")
    def _one_for_the_rest(self) -> "DimensionTerm":
        if sum(not one.metrics for one in self.indicators) != 1:
            raise ValueError("每个维度应有且只有一个不列 metrics 的指标 / a dimension has one indicator without metrics")
        listed = [metric for one in self.indicators for metric in one.metrics]
        if len(set(listed)) != len(listed):
            raise ValueError("同一规则类型列入了两个指标 / a kind of rule is listed by two indicators")
        return self

    def indicator_of(self, metric: str) -> Indicator:
        """Return the indicator that a kind of rule belongs to."""
        rest = next(one for one in self.indicators if not one.metrics)
        return next((one for one in self.indicators if metric in one.metrics), rest)


class GradeBound(Model):
    """What a grade needs."""

    grade: QualityLevel
    least: Points
    """Points."""
    least_coverage: Points = 0.0
    """Share of the rules that must have been evaluated, in per cent."""


class MetadataItem(Model):
    """A check of metadata and what it is worth."""

    check: Check
    dimension: MetadataDimension
    points: Weight
    remedy: Text


class IndicatorSet(Model):
    """Weights, grades and points by which is scored from a day on."""

    id: Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9-]{2,62}$")]
    title: Text
    in_force_from: dt.date
    source: Line
    """On what it rests."""
    verified: bool
    """Weights and bounds were compared with a text of law or standard; False: they are a setting of the platform."""
    rule_weights: dict[Severity, Weight]
    dimensions: dict[Dimension, DimensionTerm]
    grades: tuple[GradeBound, ...]
    """From the best to the worst."""
    caps: dict[Level, QualityLevel]
    """The best grade where a critical (blocking) rule failed."""
    parts: dict[Part, Weight]
    duties: dict[int, Weight]
    """By article."""
    metadata: tuple[MetadataItem, ...]

    @model_validator(mode="after")
    def _whole(self) -> "IndicatorSet":
        _require_all("dimensions", self.dimensions, Dimension)
        _require_all("rule_weights", self.rule_weights, Severity)
        _require_all("caps", self.caps, Level)
        _require_all("parts", self.parts, Part)
        _require_all("metadata", [one.check for one in self.metadata], Check)
        _require_all("duties", self.duties, DUTY_ARTICLES)
        if tuple(one.grade for one in self.grades) != GRADES[::-1] or self.grades[-1].least or self.grades[-1].least_coverage:
            raise ValueError("等次应为优、良、中、差，差从 0 分起 / grades are excellent to poor, poor from 0")
        if any(better.least <= worse.least for better, worse in zip(self.grades, self.grades[1:], strict=False)):
            raise ValueError("等次界限应逐级降低 / bounds of grades must fall")
        return self

    @property
    def metadata_points(self) -> int:
        """Greatest number of points of metadata."""
        return sum(one.points for one in self.metadata)

    def grade(self, points: float | None, coverage: float, *, cap: QualityLevel | None = None) -> QualityLevel:
        """Return the best grade that points and coverage (per cent) reach and the cap allows; without points 未评."""
        if points is None:
            return QualityLevel.NOT_EVALUATED
        best = GRADES.index(cap) if cap is not None else len(GRADES) - 1
        reached = (one.grade for one in self.grades if points >= one.least and coverage >= one.least_coverage)
        return next(one for one in reached if GRADES.index(one) <= best)


class IndicatorSets(Model):
    """All indicator sets that are known."""

    sets: tuple[IndicatorSet, ...] = Attribute(min_length=1)

    def in_force(self, day: dt.date) -> IndicatorSet:
        """Return the set in force on a day: the one that came into force last.

        Raises:
            InvalidError: none was.
        """
        known = [one for one in self.sets if one.in_force_from <= day]
        if not known:
            first = min(one.in_force_from for one in self.sets)
            zh, en = (
                f"{day} 尚无生效的指标体系，最早自 {first} 起",
                f"no indicator set was in force on {day}; the first is of {first}",
            )
            raise InvalidError(problem("no-indicator-set", zh, en, article=32))
        return max(known, key=lambda one: (one.in_force_from, one.id))


def _require_all(name: str, given: Iterable[object], wanted: Iterable[object]) -> None:
    if sorted(map(str, given)) != sorted(map(str, wanted)):
        raise ValueError(f"{name} 应逐一列出，不多不少 / {name} must list each one once")
