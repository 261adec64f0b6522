"""Notices of rectification (Art. 25, 32): who is told by mail that rules failed, and that issues are overdue.

One notice per person and occasion, however many issues; accounts that sign in by a mail address have one. Not here: the outbox
and its way out (notifying), the issues themselves (rectification).
"""

import re
from collections.abc import Collection, Iterable, Sequence

from catalog_service.catalog.errors import Text
from catalog_service.catalog.principal import PERMITTED, Action, Role
from catalog_service.catalog.rectification import Rectification, Verdict
from catalog_service.catalog.working_days import Deadline
from catalog_service.services.notifying import tell
from catalog_service.store.database import Transaction

_LISTED = 20
"""Issues named in one notice; all of them are on the page."""
_ADDRESS = re.compile(r"[^@]+@[a-z0-9.-]+")
_IN_CHARGE = frozenset({Role.RESPONSIBLE})


def found(verdict: Verdict) -> Text:
    """Return what a rule asks and how many rows break it."""
    broken, checked = f"{verdict.unexpected_count:,}", f"{verdict.evaluated_count:,}"
    zh = f"{verdict.reason.zh}：检查 {checked} 条，{broken} 条不符"
    return Text(zh=zh, en=f"{verdict.reason.en}: {broken} of {checked} rows break it")


def tell_of_opening(transaction: Transaction, title: str, agency: str, deadline: Deadline, opened: Collection[Verdict]) -> None:
    """Tell the agency of the issues that a check has opened."""
    lines = [found(one) for one in list(opened)[:_LISTED]]
    zh, en = ("\n".join(f"- {words}" for words in one) for one in ([x.zh for x in lines], [x.en for x in lines]))
    body = (
        f"“{title}”有 {len(opened)} 条质量规则未通过，请于 {deadline.due} 前改正并重新报送：\n{zh}\n\n"
        f"{len(opened)} quality rules failed; correct the data and deliver them again by {deadline.due}:\n{en}\n"
    )
    for address in _addresses(transaction, _IN_CHARGE, agency):
        tell(transaction, address, f"质量整改：{title} · rectification", body)


def tell_of_escalation(transaction: Transaction, late: Sequence[Rectification]) -> None:
    """Tell each agency of its overdue issues, and the authority of all."""
    for agency in sorted({one.agency for one in late}):
        _send(transaction, _addresses(transaction, _IN_CHARGE, agency), [one for one in late if one.agency == agency])
    if late:
        _send(transaction, _addresses(transaction, PERMITTED[Action.DISMISS_RECTIFICATION]), late)


def _send(transaction: Transaction, addresses: Iterable[str], issues: Sequence[Rectification]) -> None:
    lines = "\n".join(f"- {one.dataset}（{one.deadline.due}）{one.verdict.reason.zh}" for one in issues[:_LISTED])
    zh = f"{len(issues)} 项质量整改逾期未完成，已提请大数据主管部门督办："
    body = f"{zh}\n{lines}\n\n{len(issues)} issues of data quality are overdue and before the authority.\n"
    for address in addresses:
        tell(transaction, address, "质量整改逾期 · rectification overdue", body)


def _addresses(transaction: Transaction, roles: frozenset[Role], agency: str | None = None) -> list[str]:
    """Return the mail addresses of those who have one of the roles (in an agency)."""
    chosen = (one for one in transaction.identity.accounts(agency) if one.is_active and one.roles & roles)
    return [one.login for one in chosen if _ADDRESS.fullmatch(one.login)]
