"""Who acts: people and programs, their roles, and what each role may do to what (least privilege, default deny).

Here: roles, actions and the one table between them. Not here: proving an identity (services.identity), the decision on a read
of data (catalog.access).
"""

from collections.abc import Iterable
from enum import StrEnum

from catalog_service.catalog.errors import ForbiddenError, UnauthenticatedError, problem
from catalog_service.catalog.model import Line, Model, Slug
from catalog_service.catalog.vocabularies import Term


class Role(Term):
    """Roles of accounts; a role of an agency counts for that agency only."""

    COMPILER = "compiler", "目录编制员", "catalog compiler of an agency (Art. 14)"
    RESPONSIBLE = "responsible", "机构责任人", "responsible person of an agency (Art. 31)"
    REVIEWER = "reviewer", "主管部门审核员", "reviewer of the big-data authority (Art. 14, 20)"
    QUALITY_OFFICER = "quality_officer", "质量管理员", "quality officer of the big-data authority (Art. 32)"
    INSPECTOR = "inspector", "监督检查员", "inspector (Art. 34): reads everything that was done, changes nothing"
    GOVERNMENT = "government", "本级人民政府", "the government at the same level (Art. 20)"
    ADMINISTRATOR = "administrator", "系统管理员", "administrator of accounts; no data, no decisions"
    APPLICANT = "applicant", "数据利用主体", "citizen, legal person or organisation that applies for open data (Art. 24)"


class Principal(Model):
    """Somebody who acts, as proven by a session, an API key, or the machine's own operator."""

    id: str
    """Account id; `anonymous` for nobody, `operator:<name>` for who works on the server itself."""
    name: Line
    roles: frozenset[Role] = frozenset()
    agency: Slug | None = None
    """The agency it acts for; None: no agency (citizens, the authority's own staff are bound to the authority's agency)."""

    @property
    def is_anonymous(self) -> bool:
        """True for nobody in particular."""
        return self.id == "anonymous"


ANONYMOUS = Principal(id="anonymous", name="匿名访问者")


def operator(name: str) -> Principal:
    """Return the principal of somebody who works on the server itself (command line, pipelines): all roles, logged by name."""
    return Principal(id=f"operator:{name}", name=f"平台运维 {name}", roles=frozenset(Role))


class Action(StrEnum):
    """What can be done; every use case that changes or shows something protected names one."""

    EDIT_ENTRY = "edit_entry"
    SUBMIT_ENTRY = "submit_entry"
    REVIEW_ENTRY = "review_entry"
    PUBLISH_ENTRY = "publish_entry"
    WITHDRAW_ENTRY = "withdraw_entry"
    SUSPEND_ENTRY = "suspend_entry"
    SEE_DRAFTS = "see_drafts"
    REPORT_CHANGE = "report_change"
    SEE_DUTIES = "see_duties"
    DISMISS_DUTY = "dismiss_duty"
    MANAGE_AGENCY = "manage_agency"
    MANAGE_RULE_SETS = "manage_rule_sets"
    MANAGE_CHANNELS = "manage_channels"
    SEE_CHANNELS = "see_channels"
    MANAGE_PLANS = "manage_plans"
    MANAGE_ACCOUNTS = "manage_accounts"
    MANAGE_OWN_KEYS = "manage_own_keys"
    SEE_STATISTICS = "see_statistics"
    SEE_LEDGER = "see_ledger"
    SEE_USES = "see_uses"
    DELIVER = "deliver"
    DECIDE_DUPLICATE = "decide_duplicate"
    DECIDE_LINKAGE = "decide_linkage"
    READ_OWN = "read_own"
    READ_SHARED = "read_shared"
    SEE_REQUESTS = "see_requests"
    SEE_ALL_REQUESTS = "see_all_requests"
    REQUEST_SHARE = "request_share"
    GIVE_OPINION = "give_opinion"
    DECIDE_SHARE = "decide_share"
    DECIDE_DISPUTE = "decide_dispute"
    REQUEST_OPEN = "request_open"
    DECIDE_OPEN = "decide_open"
    PUBLISH_OPEN_LIST = "publish_open_list"
    PROPOSE_OPENING = "propose_opening"
    REVOKE_GRANT = "revoke_grant"
    HANDLE_OBJECTION = "handle_objection"
    HANDLE_DEMAND = "handle_demand"
    ASSIGN_DEMAND = "assign_demand"
    SEE_CASES = "see_cases"
    MANAGE_RULES = "manage_rules"
    OVERRIDE_GATE = "override_gate"
    SEE_FAILED_ROWS = "see_failed_rows"
    SEE_RECTIFICATION = "see_rectification"
    HANDLE_RECTIFICATION = "handle_rectification"
    DISMISS_RECTIFICATION = "dismiss_rectification"
    EVALUATE = "evaluate"
    SEE_SCORES = "see_scores"


_AGENCY = frozenset({Role.COMPILER, Role.RESPONSIBLE})
_AUTHORITY = frozenset({Role.REVIEWER})

PERMITTED: dict[Action, frozenset[Role]] = {
    Action.EDIT_ENTRY: _AGENCY,
    Action.SUBMIT_ENTRY: _AGENCY,
    Action.REVIEW_ENTRY: _AUTHORITY,
    Action.PUBLISH_ENTRY: _AUTHORITY,
    Action.WITHDRAW_ENTRY: frozenset({Role.RESPONSIBLE, Role.REVIEWER}),
    Action.SUSPEND_ENTRY: _AUTHORITY,
    Action.SEE_DRAFTS: _AGENCY | _AUTHORITY | {Role.INSPECTOR},
    Action.REPORT_CHANGE: _AGENCY | _AUTHORITY,
    Action.SEE_DUTIES: _AGENCY | _AUTHORITY | {Role.INSPECTOR, Role.GOVERNMENT},
    Action.DISMISS_DUTY: _AUTHORITY,
    Action.MANAGE_AGENCY: frozenset({Role.RESPONSIBLE, Role.REVIEWER}),
    Action.MANAGE_RULE_SETS: _AUTHORITY,
    Action.MANAGE_CHANNELS: frozenset({Role.RESPONSIBLE, Role.REVIEWER}),
    Action.SEE_CHANNELS: _AGENCY | _AUTHORITY | {Role.INSPECTOR, Role.GOVERNMENT},
    Action.MANAGE_PLANS: _AUTHORITY,
    Action.MANAGE_ACCOUNTS: frozenset({Role.ADMINISTRATOR, Role.RESPONSIBLE}),
    Action.MANAGE_OWN_KEYS: frozenset(Role),
    Action.SEE_STATISTICS: _AUTHORITY | {Role.QUALITY_OFFICER, Role.INSPECTOR, Role.GOVERNMENT},
    Action.SEE_LEDGER: frozenset({Role.INSPECTOR}),
    Action.SEE_USES: _AGENCY | {Role.INSPECTOR},
    Action.DELIVER: _AGENCY,
    Action.DECIDE_DUPLICATE: frozenset({Role.RESPONSIBLE, Role.REVIEWER}),
    Action.DECIDE_LINKAGE: frozenset({Role.REVIEWER, Role.QUALITY_OFFICER}),
    Action.READ_OWN: _AGENCY,
    Action.READ_SHARED: _AGENCY,
    Action.SEE_REQUESTS: _AGENCY | _AUTHORITY | {Role.INSPECTOR, Role.GOVERNMENT},
    Action.SEE_ALL_REQUESTS: _AUTHORITY | {Role.INSPECTOR, Role.GOVERNMENT},
    Action.REQUEST_SHARE: frozenset({Role.RESPONSIBLE}),
    Action.GIVE_OPINION: frozenset({Role.RESPONSIBLE}),
    Action.DECIDE_SHARE: _AUTHORITY,
    Action.DECIDE_DISPUTE: frozenset({Role.GOVERNMENT}),
    Action.REQUEST_OPEN: frozenset({Role.APPLICANT}),
    Action.DECIDE_OPEN: frozenset({Role.RESPONSIBLE}),
    Action.PUBLISH_OPEN_LIST: frozenset({Role.RESPONSIBLE}),
    Action.PROPOSE_OPENING: _AUTHORITY,
    Action.REVOKE_GRANT: frozenset({Role.RESPONSIBLE, Role.REVIEWER}),
    Action.HANDLE_OBJECTION: _AGENCY,
    Action.HANDLE_DEMAND: frozenset({Role.RESPONSIBLE, Role.REVIEWER}),
    Action.ASSIGN_DEMAND: _AUTHORITY,
    Action.SEE_CASES: _AGENCY | _AUTHORITY | {Role.INSPECTOR, Role.GOVERNMENT},
    Action.MANAGE_RULES: frozenset({Role.RESPONSIBLE, Role.QUALITY_OFFICER}),
    Action.OVERRIDE_GATE: frozenset({Role.QUALITY_OFFICER}),
    Action.SEE_FAILED_ROWS: _AGENCY | {Role.QUALITY_OFFICER, Role.INSPECTOR},
    Action.SEE_RECTIFICATION: _AGENCY | _AUTHORITY | {Role.QUALITY_OFFICER, Role.INSPECTOR, Role.GOVERNMENT},
    Action.HANDLE_RECTIFICATION: _AGENCY,
    Action.DISMISS_RECTIFICATION: frozenset({Role.REVIEWER, Role.QUALITY_OFFICER}),
    Action.EVALUATE: frozenset({Role.QUALITY_OFFICER}),
    Action.SEE_SCORES: _AGENCY | _AUTHORITY | {Role.QUALITY_OFFICER, Role.INSPECTOR, Role.GOVERNMENT},
}
"""Who may do what. An agency's roles reach their own agency's things only (see `authorize`)."""

CITY_WIDE = frozenset({Role.REVIEWER, Role.QUALITY_OFFICER, Role.INSPECTOR, Role.GOVERNMENT, Role.ADMINISTRATOR})
"""Roles that reach the things of every agency."""


def is_permitted(principal: Principal, action: Action, *, agency: str | None = None) -> bool:
    """Tell whether `principal` may do `action` to a thing of `agency` (None: a thing of no agency)."""
    roles = principal.roles & PERMITTED[action]
    return bool(roles & CITY_WIDE) or (bool(roles) and (agency is None or agency == principal.agency or _works_here(principal)))


def authorize(principal: Principal, action: Action, *, agency: str | None = None) -> None:
    """Return where `principal` may do `action` to a thing of `agency`; else refuse.

    Raises:
        UnauthenticatedError: nobody is signed in.
        ForbiddenError: the role, or the agency, is not enough.
    """
    if is_permitted(principal, action, agency=agency):
        return
    raise _refusal(principal, PERMITTED[action])


def authorize_any(principal: Principal, actions: Iterable[Action]) -> None:
    """Return where a role of `principal` may do one of the actions, to whatever thing; else refuse.

    Raises:
        UnauthenticatedError: nobody is signed in.
        ForbiddenError: no role is enough; all that would be are named.
    """
    enough = frozenset[Role]().union(*(PERMITTED[action] for action in actions))
    if not principal.roles & enough:
        raise _refusal(principal, enough)


def _refusal(principal: Principal, enough: frozenset[Role]) -> UnauthenticatedError | ForbiddenError:
    if principal.is_anonymous:
        return UnauthenticatedError(problem("sign-in", "请先登录，或提供 API 密钥", "sign in first, or send an API key"))
    zh = "、".join(role.zh for role in Role if role in enough)
    en = "; ".join(role.en for role in Role if role in enough)
    return ForbiddenError(
        problem(
            "not-permitted",
            f"您的角色或所属机构无权执行此操作（需要：{zh}，且限于本机构）；请联系本机构责任人或系统管理员",
            f"your role or agency does not allow this (needed: {en}; an agency's roles reach its own things only); "
            "ask the responsible person of your agency or an administrator",
        )
    )


def _works_here(principal: Principal) -> bool:
    return principal.id.startswith("operator:")
