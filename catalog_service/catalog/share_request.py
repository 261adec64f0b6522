"""共享申请 (Art. 20, 21): a request for conditionally shared data, its joint review, and the dispute about a refusal.

Here: the request and its table of moves. Not here: who is who and storing (services.sharing).
"""

import datetime as dt
from typing import Annotated, Self

from pydantic import Field as Attribute
from pydantic import StringConstraints, model_validator

from catalog_service.catalog.access import LegalBasis
from catalog_service.catalog.grant import CaseNumber
from catalog_service.catalog.model import DatasetId, Line, Model, Slug
from catalog_service.catalog.principal import Action
from catalog_service.catalog.procedure import Move, Side, Step
from catalog_service.catalog.row_filter import RowFilter
from catalog_service.catalog.vocabularies import Frequency, Term

Reason = Annotated[str, StringConstraints(max_length=2_000)]


class ShareState(Term):
    """Where a share request stands."""

    DRAFT = "draft", "草稿", "draft"
    SUBMITTED = "submitted", "已提交，待提供机构提出意见", "submitted, the providing agency is to give its opinion"
    REVIEWING = "reviewing", "主管部门审核中", "under review by the authority"
    GRANTED = "granted", "已同意并授权", "granted"
    REFUSED = "refused", "不予同意", "refused"
    DISPUTED = "disputed", "已提出争议", "disputed"
    COORDINATING = "coordinating", "协调中", "in coordination"
    ESCALATED = "escalated", "已报本级人民政府", "before the government"
    SETTLED = "settled", "经协调不予共享", "settled without sharing"
    DECIDED = "decided", "经政府决定不予共享", "decided against sharing by the government"
    WITHDRAWN = "withdrawn", "已撤回", "withdrawn"
    REVOKED = "revoked", "授权已收回", "grant revoked"
    EXPIRED = "expired", "授权已到期", "grant expired"


class ShareEvent(Term):
    """What happens to a share request."""

    SUBMIT = "submit", "提交", "submit"
    OPINE = "opine", "提出意见", "give an opinion"
    TAKE_UP = "take_up", "逾期未提出意见，直接审核", "review without an overdue opinion"
    APPROVE = "approve", "同意共享", "approve"
    REFUSE = "refuse", "不予同意", "refuse"
    WITHDRAW = "withdraw", "撤回申请", "withdraw"
    DISPUTE = "dispute", "提出争议", "dispute the refusal"
    COORDINATE = "coordinate", "受理协调", "take up coordination"
    SETTLE_SHARING = "settle_sharing", "协调一致，同意共享", "settle for sharing"
    SETTLE_REFUSAL = "settle_refusal", "协调一致，不予共享", "settle for refusal"
    ESCALATE = "escalate", "报本级人民政府决定", "put before the government"
    RULE_SHARING = "rule_sharing", "决定共享", "decide for sharing"
    RULE_REFUSAL = "rule_refusal", "决定不予共享", "decide against sharing"
    REVOKE = "revoke", "收回授权", "revoke the grant"
    EXPIRE = "expire", "授权到期", "let the grant expire"


_S, _E = ShareState, ShareEvent
_OPEN = (_S.SUBMITTED, _S.REVIEWING)

SHARE_MOVES: dict[ShareEvent, Move[ShareState]] = {
    _E.SUBMIT: Move((_S.DRAFT,), _S.SUBMITTED, Side.REQUESTER, Action.REQUEST_SHARE),
    _E.WITHDRAW: Move((_S.DRAFT, *_OPEN), _S.WITHDRAWN, Side.REQUESTER, Action.REQUEST_SHARE),
    _E.OPINE: Move((_S.SUBMITTED,), _S.REVIEWING, Side.SOURCE, Action.GIVE_OPINION),
    _E.TAKE_UP: Move((_S.SUBMITTED,), _S.REVIEWING, Side.AUTHORITY, Action.DECIDE_SHARE, needs_reason=True),
    _E.APPROVE: Move((_S.REVIEWING,), _S.GRANTED, Side.AUTHORITY, Action.DECIDE_SHARE),
    _E.REFUSE: Move((_S.REVIEWING,), _S.REFUSED, Side.AUTHORITY, Action.DECIDE_SHARE, needs_reason=True),
    _E.DISPUTE: Move((_S.REFUSED,), _S.DISPUTED, Side.REQUESTER, Action.REQUEST_SHARE, needs_reason=True),
    _E.COORDINATE: Move((_S.DISPUTED,), _S.COORDINATING, Side.AUTHORITY, Action.DECIDE_SHARE),
    _E.SETTLE_SHARING: Move((_S.COORDINATING,), _S.GRANTED, Side.AUTHORITY, Action.DECIDE_SHARE, needs_reason=True),
    _E.SETTLE_REFUSAL: Move((_S.COORDINATING,), _S.SETTLED, Side.AUTHORITY, Action.DECIDE_SHARE, needs_reason=True),
    _E.ESCALATE: Move((_S.COORDINATING,), _S.ESCALATED, Side.AUTHORITY, Action.DECIDE_SHARE, needs_reason=True),
    _E.RULE_SHARING: Move((_S.ESCALATED,), _S.GRANTED, Side.GOVERNMENT, Action.DECIDE_DISPUTE, needs_reason=True),
    _E.RULE_REFUSAL: Move((_S.ESCALATED,), _S.DECIDED, Side.GOVERNMENT, Action.DECIDE_DISPUTE, needs_reason=True),
    _E.REVOKE: Move((_S.GRANTED,), _S.REVOKED, Side.EITHER, Action.REVOKE_GRANT, needs_reason=True),
    _E.EXPIRE: Move((_S.GRANTED,), _S.EXPIRED, Side.PLATFORM, None),
}
"""The one table of moves. Whoever gets the data gets them with the decision (同意的及时提供)."""


class Wish(Model):
    """What is asked for, and why (Art. 20, 21)."""

    dataset: DatasetId
    purpose: Line
    legal_duty: LegalBasis
    """The duty for which the data are needed (履行职责)."""
    columns: tuple[Slug, ...] = Attribute(min_length=1, max_length=2_000)
    row_filter: RowFilter | None = None
    valid_from: dt.date
    valid_until: dt.date
    frequency: Frequency = Frequency.IRREGULAR
    """How often the data will be read."""
    case_number: CaseNumber = ""

    @model_validator(mode="after")
    def _consistent(self) -> Self:
        if self.valid_until < self.valid_from:
            raise ValueError("使用期限的止日早于起日 / the period ends before it begins")
        if len(set(self.columns)) != len(self.columns):
            raise ValueError("信息项重复 / a field occurs twice")
        return self


class Opinion(Model):
    """What the providing agency thinks of the request."""

    agrees: bool
    reason: Reason = ""


class ShareRequest(Model):
    """Article 20 共享申请."""

    id: str
    revision: int = 1
    """Counts its changes."""
    wish: Wish
    source: Slug
    """The agency that provides the data set."""
    applicant: Slug
    """The agency that asks."""
    state: ShareState
    created_at: dt.datetime
    submitted_at: dt.datetime | None = None
    opinion: Opinion | None = None
    reason: Reason = ""
    """The reason of the last decision."""
    grant: str | None = None
    history: tuple[Step, ...] = ()
