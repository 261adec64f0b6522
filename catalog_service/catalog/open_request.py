"""开放申请 (Art. 24): an application for conditionally open data, its answer, and the agreement that gates the data.

Here: the application and its table of moves. Not here: the agreement's text (agreement), storing (services.opening).
"""

import datetime as dt
from typing import Self

from pydantic import Field as Attribute
from pydantic import model_validator

from catalog_service.catalog.model import DatasetId, Line, Model, Slug
from catalog_service.catalog.principal import Action
from catalog_service.catalog.procedure import Move, Side, Step
from catalog_service.catalog.share_request import Reason
from catalog_service.catalog.vocabularies import Term


class OpenState(Term):
    """Where an application for open data stands."""

    SUBMITTED = "submitted", "已提交，待答复", "submitted, to be answered"
    APPROVED = "approved", "已同意，待申请人签署协议", "approved, the applicant is to sign the agreement"
    SIGNED = "signed", "申请人已签署，待提供机构签署", "signed by the applicant, the agency is to sign"
    GRANTED = "granted", "协议已签订，可获取数据", "agreement concluded, data granted"
    REFUSED = "refused", "不予同意", "refused"
    WITHDRAWN = "withdrawn", "已撤回", "withdrawn"
    BREACHED = "breached", "违反协议，已终止", "ended by a breach of the agreement"
    REVOKED = "revoked", "授权已收回", "grant revoked"
    EXPIRED = "expired", "授权已到期", "grant expired"


class OpenEvent(Term):
    """What happens to an application."""

    APPROVE = "approve", "同意开放", "approve"
    REFUSE = "refuse", "不予同意", "refuse"
    WITHDRAW = "withdraw", "撤回申请", "withdraw"
    SIGN = "sign", "申请人签署协议", "sign the agreement"
    COUNTERSIGN = "countersign", "提供机构签署协议", "countersign the agreement"
    BREACH = "breach", "认定违反协议", "find a breach of the agreement"
    REVOKE = "revoke", "收回授权", "revoke the grant"
    EXPIRE = "expire", "授权到期", "let the grant expire"


_S, _E = OpenState, OpenEvent

OPEN_MOVES: dict[OpenEvent, Move[OpenState]] = {
    _E.APPROVE: Move((_S.SUBMITTED,), _S.APPROVED, Side.SOURCE, Action.DECIDE_OPEN),
    _E.REFUSE: Move((_S.SUBMITTED,), _S.REFUSED, Side.SOURCE, Action.DECIDE_OPEN, needs_reason=True),
    _E.WITHDRAW: Move((_S.SUBMITTED, _S.APPROVED, _S.SIGNED), _S.WITHDRAWN, Side.REQUESTER, Action.REQUEST_OPEN),
    _E.SIGN: Move((_S.APPROVED,), _S.SIGNED, Side.REQUESTER, Action.REQUEST_OPEN),
    _E.COUNTERSIGN: Move((_S.SIGNED,), _S.GRANTED, Side.SOURCE, Action.DECIDE_OPEN),
    _E.BREACH: Move((_S.GRANTED,), _S.BREACHED, Side.SOURCE, Action.DECIDE_OPEN, needs_reason=True),
    _E.REVOKE: Move((_S.GRANTED,), _S.REVOKED, Side.EITHER, Action.REVOKE_GRANT, needs_reason=True),
    _E.EXPIRE: Move((_S.GRANTED,), _S.EXPIRED, Side.PLATFORM, None),
}
"""The one table of moves. Whether an answer is overdue is no state: it is read off the clock."""


class OpenFormat(Term):
    """Formats in which an applicant may ask for data (数据格式)."""

    CSV = "csv", "CSV 文本", "CSV"
    JSON = "json", "JSON", "JSON"
    PARQUET = "parquet", "Parquet", "Parquet"
    XLSX = "xlsx", "Excel 工作簿", "Excel workbook"


class OpenWish(Model):
    """What is applied for, and what for (Art. 24 利用目的、数据格式等)."""

    dataset: DatasetId
    purpose: Line
    format: OpenFormat
    organisation: str = Attribute(default="", max_length=200)
    """For whom the applicant applies, where it is an organisation."""
    columns: tuple[Slug, ...] = ()
    """Empty: all fields that can be opened."""
    valid_from: dt.date
    valid_until: dt.date

    @model_validator(mode="after")
    def _period(self) -> Self:
        if self.valid_until < self.valid_from:
            raise ValueError("使用期限的止日早于起日 / the period ends before it begins")
        return self


class OpenRequest(Model):
    """Article 24 开放申请."""

    id: str
    revision: int = 1
    """Counts its changes."""
    wish: OpenWish
    source: Slug
    """The agency that collected the data and answers."""
    applicant: str
    """Account id."""
    applicant_name: Line
    state: OpenState
    created_at: dt.datetime
    reason: Reason = ""
    """The reason of the last decision."""
    agreement: str | None = None
    grant: str | None = None
    history: tuple[Step, ...] = ()
