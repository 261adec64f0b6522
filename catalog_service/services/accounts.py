"""Accounts: opening, appointing, closing, passwords; registration of applicants (Art. 24).

Every change is in the ledger. Ids are made here and never taken from anybody. Not here: signing in (identity), API keys (keys).
"""

from pydantic import ValidationError

from catalog_service.catalog.errors import (
    ConflictError,
    ForbiddenError,
    InvalidError,
    NotFoundError,
    UnauthenticatedError,
    problem,
)
from catalog_service.catalog.identity import WITHOUT_AGENCY, Account, appointable
from catalog_service.catalog.ledger import entry_by
from catalog_service.catalog.principal import Action, Principal, Role, authorize
from catalog_service.services import passwords
from catalog_service.services.identity import now, require_person
from catalog_service.services.ids import new_id
from catalog_service.services.platform import Platform
from catalog_service.store.database import Transaction


def create_account(
    platform: Platform,
    principal: Principal,
    *,
    login: str,
    name: str,
    agency: str | None = None,
    roles: frozenset[Role] = frozenset(),
    password: str | None = None,
) -> Account:
    """Open an account; without a password it acts by API keys or a provider only.

    Raises:
        ForbiddenError, UnauthenticatedError: not one who appoints, or a role that it may not give.
        InvalidError: no such agency, a role that needs one, a weak password.
        ConflictError: the login name is taken.
    """
    authorize(principal, Action.MANAGE_ACCOUNTS, agency=agency)
    _require_appointable(principal, agency, roles)
    return _open(platform, principal, _draft(principal, login, name, agency, roles), password)


def register(platform: Platform, *, login: str, name: str, password: str) -> Account:
    """Let a citizen or an organisation open an account as applicant; it can do nothing but apply.

    Raises:
        ForbiddenError: registration is closed here.
        ConflictError, InvalidError: as for `create_account`.
    """
    if not platform.settings.is_registration_open:
        zh, en = "本平台未开放自行注册，请联系系统管理员", "registration is closed; ask an administrator"
        raise ForbiddenError(problem("registration-closed", zh, en))
    self_made = Principal(id="anonymous", name=name)
    return _open(platform, self_made, _draft(self_made, login, name, None, frozenset({Role.APPLICANT})), password)


def accounts(platform: Platform, principal: Principal) -> list[Account]:
    """Return the accounts that `principal` may manage: all for administrators, those of the own agency else.

    Raises:
        ForbiddenError, UnauthenticatedError: not one who appoints.
    """
    authorize(principal, Action.MANAGE_ACCOUNTS)
    with platform.database.reading() as transaction:
        if Role.ADMINISTRATOR in principal.roles:
            return transaction.identity.accounts()
        return [] if principal.agency is None else transaction.identity.accounts(principal.agency)


def account(platform: Platform, principal: Principal, account_id: str) -> Account:
    """Return an account to who may manage it, or to its owner.

    Raises:
        NotFoundError: there is none, or it is none of the asker's business.
        UnauthenticatedError: nobody is signed in.
    """
    with platform.database.reading() as transaction:
        return _managed(transaction, principal, account_id, is_own_enough=True)


def account_of(platform: Platform, principal: Principal, login: str) -> Account:
    """Return the account of a login name to who may manage it.

    Raises:
        NotFoundError: there is none, or it is none of the asker's business.
    """
    with platform.database.reading() as transaction:
        found = transaction.identity.account_by_login(login)
        return _managed(transaction, principal, "" if found is None else found[0].id)


def link_identity(platform: Platform, principal: Principal, account_id: str, subject: str) -> None:
    """Link an identity of the provider to an account, by who manages it.

    Raises:
        NotFoundError, UnauthenticatedError, ForbiddenError: as for `set_roles`.
        InvalidError: no provider is set.
        ConflictError: the identity is linked to another account.
    """
    with platform.database.transaction() as transaction:
        found = _managed(transaction, principal, account_id)
        _refuse_self(principal, found)
        _require_appointable(principal, found.agency, found.roles)
        link(platform, transaction, principal, found.id, subject)


def link(platform: Platform, transaction: Transaction, principal: Principal, account_id: str, subject: str) -> None:
    """Link an identity whose owner, or whose administrator, wants it.

    Raises:
        InvalidError: no provider is set.
        ConflictError: the identity is linked to another account.
    """
    issuer = platform.settings.oidc_issuer
    if not issuer or not 1 <= len(subject) <= 255:
        zh, en = "未设置统一身份认证，或主体标识有误", "no identity provider is set, or the subject is not one"
        raise InvalidError(problem("no-provider", zh, en))
    if not transaction.identity.link(issuer, subject, account_id):
        zh, en = "该身份已关联到另一账户", "this identity is linked to another account"
        raise ConflictError(problem("identity-linked", zh, en))
    transaction.ledger.append(entry_by(principal, "link_identity", f"account:{account_id}"))


def set_roles(platform: Platform, principal: Principal, account_id: str, roles: frozenset[Role]) -> Account:
    """Give an account exactly these roles; in force at once, also for its sessions and keys.

    Raises:
        NotFoundError, UnauthenticatedError, ForbiddenError: not one who may give and take these roles here; the own account.
    """
    with platform.database.transaction() as transaction:
        found = _managed(transaction, principal, account_id)
        _refuse_self(principal, found)
        _require_appointable(principal, found.agency, roles ^ found.roles)
        changed = found.model_copy(update={"roles": roles})
        _require_sound(transaction, changed)
        transaction.identity.save_account(changed)
        details = {"before": sorted(found.roles), "after": sorted(roles)}
        transaction.ledger.append(entry_by(principal, "set_roles", f"account:{found.id}", details=details))
    return changed


def set_active(platform: Platform, principal: Principal, account_id: str, *, is_active: bool) -> Account:
    """Close an account, or open it again; closing ends its sessions at once, and its keys open nothing meanwhile.

    Raises:
        NotFoundError, UnauthenticatedError, ForbiddenError: as for `set_roles`.
    """
    with platform.database.transaction() as transaction:
        found = _managed(transaction, principal, account_id)
        _refuse_self(principal, found)
        _require_appointable(principal, found.agency, found.roles)
        changed = found.model_copy(update={"is_active": is_active})
        transaction.identity.save_account(changed)
        transaction.identity.end_sessions(found.id)
        action = "open_account" if is_active else "close_account"
        transaction.ledger.append(entry_by(principal, action, f"account:{found.id}"))
    return changed


def reset_password(platform: Platform, principal: Principal, account_id: str, password: str) -> None:
    """Give an account a new password and end its sessions.

    Raises:
        NotFoundError, UnauthenticatedError, ForbiddenError: as for `set_roles`.
        InvalidError: a weak password.
    """
    with platform.database.reading() as transaction:
        found = _managed(transaction, principal, account_id)
    _refuse_self(principal, found)
    _require_appointable(principal, found.agency, found.roles)
    _store_password(platform, principal, found, password, "reset_password")


def change_password(platform: Platform, principal: Principal, old: str, new: str) -> None:
    """Change the own password and end all sessions, this one too.

    Raises:
        UnauthenticatedError: the old password is not right.
        InvalidError: the new one is weak.
    """
    require_person(principal)
    with platform.database.reading() as transaction:
        found = transaction.identity.account(principal.id)
        stored = transaction.identity.password_hash(principal.id)
    if not passwords.verify(stored, old):
        raise UnauthenticatedError(problem("bad-password", "原密码不正确", "the old password is not right", field="old"))
    _store_password(platform, principal, found, new, "change_password")


def _store_password(platform: Platform, principal: Principal, found: Account, password: str, action: str) -> None:
    passwords.require_good(password, found.login)
    hashed = passwords.make(password)
    with platform.database.transaction() as transaction:
        transaction.identity.set_password_hash(found.id, hashed)
        transaction.identity.end_sessions(found.id)
        transaction.ledger.append(entry_by(principal, action, f"account:{found.id}"))


def _draft(principal: Principal, login: str, name: str, agency: str | None, roles: frozenset[Role]) -> Account:
    try:
        return Account(
            id=new_id(), login=login, name=name, agency=agency, roles=roles, created_at=now(), created_by=principal.id
        )
    except ValidationError as error:
        zh = "登录名应为 3 至 64 个小写字母、数字或 . _ @ - ；名称不得为空，不得超过 200 字"
        en = "a login name has 3 to 64 lower-case letters, digits or . _ @ -; a name has 1 to 200 characters"
        raise InvalidError(problem("bad-account", zh, en, field=str(error.errors()[0]["loc"][0]))) from None


def _open(platform: Platform, principal: Principal, draft: Account, password: str | None) -> Account:
    if password is not None:
        passwords.require_good(password, draft.login)
    hashed = None if password is None else passwords.make(password)
    with platform.database.transaction() as transaction:
        _require_sound(transaction, draft)
        transaction.identity.add_account(draft, hashed)
        details = {"login": draft.login, "agency": draft.agency, "roles": sorted(draft.roles)}
        transaction.ledger.append(entry_by(principal, "create_account", f"account:{draft.id}", details=details))
    return draft.model_copy(update={"has_password": hashed is not None})


def _managed(transaction: Transaction, principal: Principal, account_id: str, *, is_own_enough: bool = False) -> Account:
    """Return an account that `principal` may manage; whoever may not need not know that it exists."""
    if not (is_own_enough and account_id == principal.id):
        authorize(principal, Action.MANAGE_ACCOUNTS)
    found = transaction.identity.account(account_id)
    is_own = is_own_enough and account_id == principal.id
    if not is_own and Role.ADMINISTRATOR not in principal.roles and (found.agency is None or found.agency != principal.agency):
        raise NotFoundError(problem("unknown-account", "没有这个账户", "there is no such account"))
    return found


def _require_appointable(principal: Principal, agency: str | None, roles: frozenset[Role]) -> None:
    own = appointable(principal, agency)
    beyond = roles - own
    if not own:
        zh, en = "您无权管理该机构的账户", "you may not manage accounts there"
        raise ForbiddenError(problem("not-permitted", zh, en, article=31))
    if beyond:
        zh = "、".join(role.zh for role in sorted(beyond))
        en = ", ".join(role.en for role in sorted(beyond))
        message = f"您无权授予或收回这些角色：{zh}", f"you may neither give nor take these roles: {en}"
        raise ForbiddenError(problem("role-beyond-right", *message, article=31))


def _refuse_self(principal: Principal, found: Account) -> None:
    if found.id == principal.id:
        zh, en = (
            "不能更改自己账户的角色或状态，请由另一名管理员办理",
            "nobody changes the own account; ask another administrator",
        )
        raise ForbiddenError(problem("own-account", zh, en))


def _require_sound(transaction: Transaction, draft: Account) -> None:
    known = {one.slug for one in transaction.catalog.registry().agencies}
    if draft.agency is not None and draft.agency not in known:
        zh, en = f"没有登记机构 {draft.agency}", f"no agency {draft.agency} is registered"
        raise InvalidError(problem("unknown-agency", zh, en, field="agency"))
    bound = draft.roles - WITHOUT_AGENCY
    if draft.agency is None and bound:
        zh, en = "、".join(role.zh for role in sorted(bound)), ", ".join(role.en for role in sorted(bound))
        message = f"这些角色须隶属于机构：{zh}", f"these roles need an agency: {en}"
        raise InvalidError(problem("agency-needed", *message, article=31, field="agency"))
    if Role.APPLICANT in draft.roles and (draft.agency is not None or len(draft.roles) > 1):
        zh, en = "数据利用主体不属于机构，也不兼任其他角色", "an applicant belongs to no agency and has no other role"
        raise InvalidError(problem("applicant-alone", zh, en, article=24, field="roles"))
