"""更新义务 (Art. 14): an element or an agency's functions changed, so an entry must be updated within working days.

Here: duties, their history and the questions one may ask about them. Not here: what opens and closes one (services.duties),
how the days are counted (catalog.working_days).
"""

import datetime as dt
from typing import Annotated

from pydantic import Field as Attribute
from pydantic import StringConstraints

from catalog_service.catalog.model import DatasetId, Line, Model, Slug
from catalog_service.catalog.ruleset import RuleSetId
from catalog_service.catalog.vocabularies import Term
from catalog_service.catalog.working_days import Deadline

Reason = Annotated[str, StringConstraints(min_length=1, max_length=2_000)]


class Element(Term):
    """Elements of an entry that can change (Art. 13)."""

    NAME = "name", "名称", "name"
    CONTENT = "content", "内容（信息项）", "content (fields)"
    SOURCE = "source", "数据来源", "source"
    SHARING = "sharing", "共享属性", "sharing attribute"
    OPENING = "opening", "开放属性", "opening attribute"
    FREQUENCY = "frequency", "更新周期", "update cycle"
    BASIS = "basis", "法律依据", "legal basis"
    OTHER = "other", "其他要素", "another element"


class DutyCause(Term):
    """What opened a duty."""

    REPORTED = "reported", "机构报告要素调整", "element change reported by the agency"
    DELIVERY = "delivery", "报送数据与目录不符", "a delivery differs from the entry"
    LAW_REVISED = "law_revised", "法律依据修订", "a legal basis was revised"
    FUNCTIONS = "functions", "行政管理职能变化", "the agency's functions changed"


class DutyState(Term):
    """Where a duty stands; overdue is an open one whose last day has passed."""

    OPEN = "open", "待更新", "open"
    OVERDUE = "overdue", "已逾期", "overdue"
    DONE = "done", "已完成", "done"
    DISMISSED = "dismissed", "经核无需更新", "found unnecessary by the authority"


class DutyEventKind(Term):
    """What happened to a duty."""

    OPENED = "opened", "产生", "opened"
    MOVED = "moved", "期限重新计算", "deadline counted again"
    DONE = "done", "完成", "done"
    DISMISSED = "dismissed", "核销", "dismissed"


class ElementChange(Model):
    """A change of elements of an entry, as reported or detected."""

    dataset: DatasetId
    cause: DutyCause = DutyCause.REPORTED
    elements: tuple[Element, ...] = Attribute(min_length=1)
    reason: Reason
    """What changed, and why."""
    happened_on: dt.date
    origin: str = ""
    """What it goes back to: `delivery:…`, `functions:…`, `law:…`; empty for a report."""


class FunctionChange(Model):
    """Article 14 行政管理职能变化: what an agency does has changed."""

    id: str
    agency: Slug
    description: Reason
    document: Line
    """The decision it rests on, with its number."""
    happened_on: dt.date
    datasets: tuple[DatasetId, ...]
    """Entries that must be updated or compiled."""
    registered_at: dt.datetime
    registered_by: str


class UpdateDuty(Model):
    """Article 14: the duty to update one entry, with its deadline as counted now."""

    id: str
    dataset: DatasetId
    agency: Slug
    cause: DutyCause
    elements: tuple[Element, ...]
    reason: Reason
    origin: str
    rule_set: RuleSetId
    """In force on the day it happened."""
    deadline: Deadline
    """`deadline.received` is the day it happened; the working day after is day one."""
    version: int
    """Version of the entry when the duty arose; 0: there was no entry yet."""
    opened_at: dt.datetime
    opened_by: str
    closed: DutyState | None = None
    """Done or dismissed; None while it runs."""
    closed_at: dt.datetime | None = None
    closed_on: dt.date | None = None
    closing: str = ""
    """How it was fulfilled, or why it was dismissed."""

    def state(self, today: dt.date) -> DutyState:
        """Return where it stands on a day."""
        return self.closed or (DutyState.OVERDUE if today > self.deadline.due else DutyState.OPEN)

    @property
    def was_late(self) -> bool:
        """True where it was done after its last day."""
        return self.closed is DutyState.DONE and self.closed_on is not None and self.closed_on > self.deadline.due


class DutyEvent(Model):
    """One line of a duty's history; a moved deadline is kept with its count before and after."""

    at: dt.datetime
    kind: DutyEventKind
    by: str
    note: str = ""
    before: Deadline | None = None
    after: Deadline | None = None


class DutyQuery(Model):
    """A question to the duties; everything given must hold. Soonest due first."""

    agency: Slug | None = None
    dataset: DatasetId | None = None
    state: DutyState | None = None
    limit: int = Attribute(default=50, ge=1, le=200)
    cursor: Annotated[str, StringConstraints(pattern=r"^\d{4}-\d\d-\d\d~[0-9a-f-]{36}$")] | None = None
    """`next_cursor` of the page before; it belongs to the same question."""
