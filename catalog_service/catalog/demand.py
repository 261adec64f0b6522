"""需求 (Art. 27): what the public wants opened, who answers, what came of it; and 成果, what people made of open data.

Here: demands and showcases with their tables of moves. Not here: who may do what and storing (services.demands).
"""

import datetime as dt
from typing import Annotated

from pydantic import Field as Attribute
from pydantic import StringConstraints

from catalog_service.catalog.model import DatasetId, Line, Model, Slug
from catalog_service.catalog.objection import Address, CaseNumberText, Words
from catalog_service.catalog.principal import Action
from catalog_service.catalog.procedure import Move, Side, Step
from catalog_service.catalog.vocabularies import Term

WebAddress = Annotated[
    str, StringConstraints(max_length=400, pattern=r"^(https?://[A-Za-z0-9.-]+(:[0-9]+)?(/[^\s<>\"'\\]*)?)?$")
]
"""Shown as a link; never fetched by the platform."""


class Channel(Term):
    """By which way a demand came in (Art. 27)."""

    PLATFORM = "platform", "开放平台", "the open-data platform"
    PORTAL = "portal", "政府门户网站", "the government's portal"
    HOTLINE = "hotline", "政府热线", "the government's hotline"


class DemandState(Term):
    """Where a demand stands; the public sees it once the authority has assigned it."""

    POSTED = "posted", "已提出，待分办", "posted"
    ASSIGNED = "assigned", "办理中", "assigned to an agency"
    ANSWERED = "answered", "已答复", "answered"
    OPENED = "opened", "数据已开放", "data opened"
    DECLINED = "declined", "不予采纳", "declined with reasons"


class DemandEvent(Term):
    """What happens to a demand."""

    ASSIGN = "assign", "分办", "assign"
    ANSWER = "answer", "答复", "answer"
    OPEN = "open", "开放数据", "open data for it"
    DECLINE = "decline", "不予采纳", "decline"


_S, _E = DemandState, DemandEvent

DEMAND_MOVES: dict[DemandEvent, Move[DemandState]] = {
    _E.ASSIGN: Move((_S.POSTED, _S.ASSIGNED), _S.ASSIGNED, Side.AUTHORITY, Action.ASSIGN_DEMAND),
    _E.ANSWER: Move((_S.ASSIGNED,), _S.ANSWERED, Side.EITHER, Action.HANDLE_DEMAND, needs_reason=True),
    _E.OPEN: Move((_S.ASSIGNED, _S.ANSWERED), _S.OPENED, Side.EITHER, Action.HANDLE_DEMAND),
    _E.DECLINE: Move((_S.POSTED, _S.ASSIGNED, _S.ANSWERED), _S.DECLINED, Side.EITHER, Action.HANDLE_DEMAND, needs_reason=True),
}
"""The one table of moves."""


class DemandWish(Model):
    """What somebody wants."""

    title: Line
    description: Words
    dataset: DatasetId | None = None
    """An entry of the catalog that it is about, if there is one."""
    channel: Channel = Channel.PLATFORM
    contact: Address = ""


class Demand(Model):
    """Article 27 需求."""

    id: str
    number: CaseNumberText
    revision: int = 1
    wish: DemandWish
    poster: str
    """Account id, or `anonymous`."""
    state: DemandState = DemandState.POSTED
    agency: Slug | None = None
    """Who is to answer."""
    posted_at: dt.datetime
    closed_at: dt.datetime | None = None
    answer: str = ""
    opened_dataset: DatasetId | None = None
    """What was opened for it."""
    history: tuple[Step, ...] = ()


class ShowcaseState(Term):
    """Where a showcase stands."""

    SUBMITTED = "submitted", "待审核", "submitted"
    LISTED = "listed", "已展示", "listed"
    REJECTED = "rejected", "未采用", "not listed"


class ShowcaseEvent(Term):
    """What happens to a showcase."""

    LIST = "list", "展示", "list"
    REJECT = "reject", "不采用", "reject"


SHOWCASE_MOVES: dict[ShowcaseEvent, Move[ShowcaseState]] = {
    ShowcaseEvent.LIST: Move(
        (ShowcaseState.SUBMITTED, ShowcaseState.REJECTED), ShowcaseState.LISTED, Side.AUTHORITY, Action.ASSIGN_DEMAND
    ),
    ShowcaseEvent.REJECT: Move(
        (ShowcaseState.SUBMITTED, ShowcaseState.LISTED),
        ShowcaseState.REJECTED,
        Side.AUTHORITY,
        Action.ASSIGN_DEMAND,
        needs_reason=True,
    ),
}
"""The one table of moves."""


class ShowcaseWish(Model):
    """What somebody made of open data."""

    title: Line
    description: Words
    author: Line
    address: WebAddress = ""
    datasets: tuple[DatasetId, ...] = Attribute(min_length=1, max_length=20)


class Showcase(Model):
    """利用成果 (Art. 6, 27)."""

    id: str
    revision: int = 1
    wish: ShowcaseWish
    submitter: str
    state: ShowcaseState = ShowcaseState.SUBMITTED
    submitted_at: dt.datetime
    reason: str = ""
    history: tuple[Step, ...] = ()
