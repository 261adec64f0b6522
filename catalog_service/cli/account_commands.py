"""`wuxi-data account` and `wuxi-data key`: the first administrator and everything that concerns accounts (Art. 31)."""

import sys
from typing import Annotated

import typer

from catalog_service.catalog.principal import Role
from catalog_service.cli.catalog_commands import AsJson
from catalog_service.cli.console import Session

accounts_app = typer.Typer(no_args_is_help=True, help="账户 · accounts")
keys_app = typer.Typer(no_args_is_help=True, help="API 密钥 · API keys")
Login = Annotated[str, typer.Argument(help="登录名 · login name")]
Roles = Annotated[list[Role] | None, typer.Option("--role", "-r", help="角色，可多次 · role, may be repeated")]


@accounts_app.command("create")
def create(
    context: typer.Context,
    login: Login,
    name: Annotated[str, typer.Option(help="名称 · name")],
    agency: Annotated[str | None, typer.Option(help="所属机构 · agency")] = None,
    role: Roles = None,
    with_password: Annotated[bool, typer.Option("--password/--no-password", help="设置密码 · ask for a password")] = True,
    as_json: AsJson = False,
) -> None:
    """开通账户 · open an account; the first administrator: --role administrator."""
    from catalog_service.services.accounts import create_account
    from catalog_service.services.platform import open_platform

    session: Session = context.obj
    password = _asked_password(session) if with_password else None
    with open_platform(session.settings) as platform:
        made = create_account(
            platform,
            session.principal,
            login=login,
            name=name,
            agency=agency,
            roles=frozenset(role or ()),
            password=password,
        )
    zh, en = f"已开通账户 {made.login}（编号 {made.id}）", f"opened the account {made.login} (id {made.id})"
    session.made(made, zh, en, as_json=as_json)


@accounts_app.command("list")
def list_(context: typer.Context, as_json: AsJson = False) -> None:
    """列出账户 · list accounts."""
    from catalog_service.services.accounts import accounts
    from catalog_service.services.platform import open_platform

    session: Session = context.obj
    with open_platform(session.settings) as platform:
        found = accounts(platform, session.principal)
    if as_json:
        session.json([one.model_dump(mode="json") for one in found])
        return
    t = session.text
    columns = (t("登录名", "login"), t("名称", "name"), t("机构", "agency"), t("角色", "roles"), t("状态", "state"))
    rows = [
        (
            one.login,
            one.name,
            one.agency or "",
            "、".join(session.label(role) for role in sorted(one.roles)),
            t("正常", "open") if one.is_active else t("已停用", "closed"),
        )
        for one in found
    ]
    session.table(t("账户", "accounts"), columns, rows)


@accounts_app.command("roles")
def roles(context: typer.Context, login: Login, role: Roles = None) -> None:
    """设定账户的全部角色 · give an account exactly these roles."""
    from catalog_service.services.accounts import account_of, set_roles
    from catalog_service.services.platform import open_platform

    session: Session = context.obj
    with open_platform(session.settings) as platform:
        found = account_of(platform, session.principal, login)
        set_roles(platform, session.principal, found.id, frozenset(role or ()))
    session.say(f"已设定 {login} 的角色", f"set the roles of {login}", "green")


@accounts_app.command("close")
def close(context: typer.Context, login: Login) -> None:
    """停用账户 · close an account, its sessions and keys at once."""
    _set_active(context.obj, login, is_active=False)


@accounts_app.command("open")
def open_(context: typer.Context, login: Login) -> None:
    """恢复账户 · open a closed account again."""
    _set_active(context.obj, login, is_active=True)


@accounts_app.command("password")
def password_(context: typer.Context, login: Login) -> None:
    """重置密码 · give an account a new password."""
    from catalog_service.services.accounts import account_of, reset_password
    from catalog_service.services.platform import open_platform

    session: Session = context.obj
    password = _asked_password(session)
    with open_platform(session.settings) as platform:
        found = account_of(platform, session.principal, login)
        reset_password(platform, session.principal, found.id, password)
    session.say(f"已重置 {login} 的密码", f"reset the password of {login}", "green")


@accounts_app.command("link")
def link(
    context: typer.Context,
    login: Login,
    subject: Annotated[str, typer.Argument(help="统一身份认证中的主体标识 · subject at the identity provider")],
) -> None:
    """关联统一身份认证的身份 · link an identity of the provider to an account."""
    from catalog_service.services.accounts import account_of, link_identity
    from catalog_service.services.platform import open_platform

    session: Session = context.obj
    with open_platform(session.settings) as platform:
        found = account_of(platform, session.principal, login)
        link_identity(platform, session.principal, found.id, subject)
    session.say(f"已将 {subject} 关联到 {login}", f"linked {subject} to {login}", "green")


@keys_app.command("create")
def create_key_(
    context: typer.Context,
    login: Login,
    title: Annotated[str, typer.Option(help="用途 · what it is for")],
    role: Roles = None,
    days: Annotated[int, typer.Option(min=1, max=366, help="有效天数 · days it is valid")] = 90,
    as_json: AsJson = False,
) -> None:
    """新建密钥，只显示一次 · create a key; it is shown this once."""
    from catalog_service.services.accounts import account_of
    from catalog_service.services.keys import create_key
    from catalog_service.services.platform import open_platform

    session: Session = context.obj
    with open_platform(session.settings) as platform:
        found = account_of(platform, session.principal, login)
        scope = frozenset(role) if role else None
        made = create_key(platform, session.principal, title=title, roles=scope, days=days, account_id=found.id)
    if as_json:
        session.json(made.model_dump(mode="json"))
        return
    session.say(f"密钥（只显示这一次）：{made.secret}", f"the key, shown this once: {made.secret}", "green")


@keys_app.command("list")
def list_keys(context: typer.Context, login: Login, as_json: AsJson = False) -> None:
    """列出账户的密钥 · list the keys of an account."""
    from catalog_service.services.accounts import account_of
    from catalog_service.services.keys import keys
    from catalog_service.services.platform import open_platform

    session: Session = context.obj
    with open_platform(session.settings) as platform:
        found = keys(platform, session.principal, account_id=account_of(platform, session.principal, login).id)
    if as_json:
        session.json([one.model_dump(mode="json") for one in found])
        return
    t = session.text
    columns = (t("编号", "id"), t("用途", "purpose"), t("前缀", "prefix"), t("有效期至", "valid until"), t("吊销", "revoked"))
    rows = [
        (
            one.id,
            one.title,
            one.prefix,
            f"{one.expires_at:%Y-%m-%d}",
            str(one.revoked_at or "")[:10],
        )
        for one in found
    ]
    session.table(t("API 密钥", "API keys"), columns, rows)


@keys_app.command("revoke")
def revoke(context: typer.Context, key_id: Annotated[str, typer.Argument(help="密钥编号 · id of the key")]) -> None:
    """吊销密钥 · end a key at once."""
    from catalog_service.services.keys import revoke_key
    from catalog_service.services.platform import open_platform

    session: Session = context.obj
    with open_platform(session.settings) as platform:
        revoke_key(platform, session.principal, key_id)
    session.say(f"已吊销 {key_id}", f"revoked {key_id}", "green")


def _asked_password(session: Session) -> str:
    """Ask at the terminal, or read one line where the input is no terminal."""
    if not sys.stdin.isatty():
        return sys.stdin.readline().rstrip("\r\n")
    prompt = session.text("密码（至少 12 个字符）", "password (12 characters at least)")
    return str(typer.prompt(prompt, hide_input=True, err=True))


def _set_active(session: Session, login: str, *, is_active: bool) -> None:
    from catalog_service.services.accounts import account_of, set_active
    from catalog_service.services.platform import open_platform

    with open_platform(session.settings) as platform:
        found = account_of(platform, session.principal, login)
        set_active(platform, session.principal, found.id, is_active=is_active)
    zh, en = ("恢复", "opened") if is_active else ("停用", "closed")
    session.say(f"已{zh}账户 {login}", f"{en} the account {login}", "green")
