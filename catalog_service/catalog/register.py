"""Registers of the authority (Art. 9, 10, 12): exchange channels, development plans, local standards.

Here: what is registered, and in which states a plan can be. Not here: who may register it (services).
"""

import datetime as dt
from typing import Annotated, Literal

from pydantic import Field as Attribute
from pydantic import StringConstraints, model_validator

from catalog_service.catalog.errors import ForbiddenError, problem
from catalog_service.catalog.model import Line, Model, Slug
from catalog_service.catalog.vocabularies import Term

IN_FORCE = dt.date(2020, 5, 1)
"""Article 39: from this day on no new exchange channel may be built (Art. 12)."""
CITY = "320200"
"""Division code of Wuxi; plans of its districts and county-level cities are filed to it (Art. 9)."""
DIVISIONS = {
    CITY: "无锡市",
    "320205": "锡山区",
    "320206": "惠山区",
    "320211": "滨湖区",
    "320213": "梁溪区",
    "320214": "新吴区",
    "320281": "江阴市",
    "320282": "宜兴市",
}
"""The city, its districts and the county-level cities it administers (GB/T 2260)."""
DIVISIONS_EN = {
    CITY: "Wuxi",
    "320205": "Xishan",
    "320206": "Huishan",
    "320211": "Binhu",
    "320213": "Liangxi",
    "320214": "Xinwu",
    "320281": "Jiangyin",
    "320282": "Yixing",
}
"""Their names in English."""
Division = Annotated[str, StringConstraints(pattern=r"^3202\d\d$")]
Number = Annotated[str, StringConstraints(min_length=1, max_length=60, pattern=r"^[^\x00-\x1f\x7f,;?#]+$")]
"""Number of a standard, such as GB/T 36344-2018."""
LongText = Annotated[str, StringConstraints(max_length=4_000)]


class ChannelState(Term):
    """How far the integration of an existing channel is (Art. 12)."""

    REGISTERED = "registered", "已登记", "registered, no plan yet"
    PLANNED = "planned", "已有整合方案", "integration planned"
    INTEGRATING = "integrating", "整合中", "being integrated"
    CLOSED = "closed", "已整合停用", "integrated and closed"


class Milestone(Model):
    """A step of an integration plan."""

    title: Line
    due: dt.date
    done_on: dt.date | None = None


class ExchangeChannel(Model):
    """Article 12 共享交换通道: a direct channel between agencies, built before the Measures, and its integration."""

    id: Slug
    title: Line
    provider: Slug
    """Agency whose data flow."""
    receiver: Slug
    """Agency that receives them."""
    established_on: dt.date
    data: Line
    """What is exchanged."""
    means: Line
    """How: direct database link, file transfer, dedicated line, …"""
    plan: LongText = ""
    """How it is integrated into the sharing platform (应当按照有关规定整合)."""
    milestones: tuple[Milestone, ...] = Attribute(default=(), max_length=50)
    closed_on: dt.date | None = None

    @model_validator(mode="after")
    def _consistent(self) -> "ExchangeChannel":
        if self.provider == self.receiver:
            raise ValueError("提供和接收机构应当不同 / provider and receiver must be two agencies")
        if self.closed_on is not None and any(one.done_on is None for one in self.milestones):
            raise ValueError("还有未完成的整合节点，不能停用 / milestones are open; the channel cannot be closed yet")
        return self

    @property
    def state(self) -> ChannelState:
        """How far its integration is."""
        if self.closed_on is not None:
            return ChannelState.CLOSED
        if any(one.done_on for one in self.milestones):
            return ChannelState.INTEGRATING
        return ChannelState.PLANNED if self.plan and self.milestones else ChannelState.REGISTERED

    @property
    def progress(self) -> float:
        """Share of milestones that are done; 1 where the channel is closed, 0 where nothing is planned."""
        if self.closed_on is not None:
            return 1.0
        return sum(one.done_on is not None for one in self.milestones) / len(self.milestones) if self.milestones else 0.0

    def late(self, today: dt.date) -> tuple[Milestone, ...]:
        """Return the milestones that should be done by now."""
        return tuple(one for one in self.milestones if one.done_on is None and one.due < today)


def require_existing(channel: ExchangeChannel) -> None:
    """Return where a channel was built before the Measures came into force; else refuse.

    Raises:
        ForbiddenError: it is a new one, which Article 12 forbids.
    """
    if channel.established_on < IN_FORCE:
        return
    raise ForbiddenError(
        problem(
            "new-channel",
            f"公共管理服务机构之间不得新建共享交换通道（{channel.established_on} 不早于《办法》施行日 {IN_FORCE}）。"
            f"请由 {channel.provider} 将数据汇聚到平台，{channel.receiver} 通过共享平台直接获取或提出共享申请",
            f"agencies may not build new exchange channels ({channel.established_on} is not before {IN_FORCE}, when "
            f"the Measures came into force). Let {channel.provider} deliver the data to the platform, and "
            f"{channel.receiver} obtain them there: directly, or by a request to share",
            article=12,
            field="established_on",
        )
    )


class PlanState(Term):
    """Stations of a development plan (Art. 9)."""

    DRAFTED = "drafted", "编制中", "being drafted"
    APPROVED = "approved", "本级政府已批准", "approved by the government at its level"
    PUBLISHED = "published", "已公布实施", "published"
    FILED = "filed", "已报市备案", "filed to the city"


class PlanStep(Model):
    """A station that a plan has reached."""

    state: PlanState
    on: dt.date
    document: Line
    """The decision, announcement or filing, with its number."""


class Plan(Model):
    """Article 9 公共数据发展规划."""

    id: Slug
    title: Line
    jurisdiction: Division
    period: Annotated[str, StringConstraints(pattern=r"^\d{4}-\d{4}$")]
    linked_to: Slug | None = None
    """The city's plan with which a district's plan is coordinated (相衔接)."""
    summary: LongText = ""
    url: Annotated[str, StringConstraints(pattern=r"^(https://\S{1,380})?$")] = ""
    steps: tuple[PlanStep, ...] = ()

    @property
    def is_city(self) -> bool:
        """True for the city's own plan, which is filed nowhere."""
        return self.jurisdiction == CITY

    @property
    def state(self) -> PlanState:
        """The last station it reached."""
        return self.steps[-1].state if self.steps else PlanState.DRAFTED

    @property
    def stations(self) -> tuple[PlanState, ...]:
        """The stations it goes through, in order."""
        return tuple(PlanState)[: 3 if self.is_city else 4]

    @property
    def next_state(self) -> PlanState | None:
        """The station that comes next; None at the end."""
        position = self.stations.index(self.state) + 1
        return self.stations[position] if position < len(self.stations) else None


class StandardStatus(Term):
    """Whether a standard is in force."""

    DRAFT = "draft", "起草中", "being drafted"
    IN_FORCE = "in_force", "现行", "in force"
    REPLACED = "replaced", "被代替", "replaced"
    WITHDRAWN = "withdrawn", "废止", "withdrawn"


class StandardLevel(Term):
    """Who issued a standard."""

    NATIONAL = "national", "国家标准", "national"
    INDUSTRY = "industry", "行业标准", "of an industry"
    PROVINCIAL = "provincial", "省地方标准", "of the province"
    LOCAL = "local", "市地方标准", "of the city (Art. 10)"
    SPECIFICATION = "specification", "技术规范", "technical specification"


class Standard(Model):
    """Article 10: a standard or technical specification for the management of public data."""

    number: Number
    title: Line
    level: StandardLevel = StandardLevel.LOCAL
    status: StandardStatus = StandardStatus.IN_FORCE
    in_force_from: dt.date | None = None
    replaced_by: Number | None = None
    summary: LongText = ""

    @model_validator(mode="after")
    def _consistent(self) -> "Standard":
        if (self.status is StandardStatus.REPLACED) != (self.replaced_by is not None):
            raise ValueError(
                "被代替的标准应填写 replaced_by，其他状态不填 / replaced_by belongs to a replaced standard, and only to it"
            )
        if self.replaced_by == self.number:
            raise ValueError("标准不能由自身代替 / a standard cannot replace itself")
        return self


class StandardLink(Model):
    """What rests on a standard."""

    standard: Number
    kind: Literal["rule", "rule_set", "data_element"]
    target: Annotated[str, StringConstraints(min_length=1, max_length=400, pattern=r"^[^\x00-\x1f\x7f]+$")]
    """`agency/dataset` and rule name joined by `#`, id of a rule set, or code of a data element."""
