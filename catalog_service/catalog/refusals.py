"""The refusals of a read (Art. 19–24): what is wrong, under which article, and what to do instead. Words only."""

import datetime as dt
from collections.abc import Sequence

from catalog_service.catalog.errors import Problem, problem


def application_required() -> Problem:
    """Open under conditions: an application is the way."""
    return problem(
        "application-required",
        "该数据属于有条件开放类，请先登录并提交开放申请，说明利用目的和数据格式，10 个工作日内答复",
        "these data are open under conditions: sign in and file an application stating purpose and format; "
        "it is answered within 10 working days",
        article=24,
    )


def not_open() -> Problem:
    """Not open to the public."""
    return problem("not-open", "该数据属于不予开放类，不向社会提供", "these data are not open to the public", article=22)


def internal_table(zh: str, en: str) -> Problem:
    """Tables that only the providing agency and its overseers see."""
    return problem(
        "internal-table",
        f"{zh}的数据仅供数据提供机构核对使用；请查看目录页上的质量概要，或通过共享、开放获取数据",
        f"this table ({en}) is for the providing agency only; see the quality summary, or get the data by sharing or opening",
        article=19,
    )


def sign_in_for_sharing() -> Problem:
    """Sharing is for agencies, which sign in."""
    return problem(
        "sign-in",
        "共享数据仅提供给公共管理服务机构，请以机构账号登录或提供 API 密钥",
        "shared data are for agencies: sign in with an agency account or send an API key",
        article=19,
    )


def agencies_only() -> Problem:
    """Sharing is for agencies."""
    return problem(
        "agencies-only",
        "共享数据仅提供给公共管理服务机构；公民、法人和其他组织请获取开放数据或提交开放申请（第二十四条）",
        "shared data are for agencies; others take open data or apply for them (Art. 24)",
        article=19,
    )


def not_for_others() -> Problem:
    """Nobody reads for another agency."""
    return problem(
        "not-for-others",
        "共享所得数据不得以任何形式提供给第三方：只能以本机构名义读取，其他机构请自行申请",
        "shared data may not be passed on in any form: read for your own agency only; others file their own request",
        article=21,
    )


def purpose_required() -> Problem:
    """A read of shared data states its purpose."""
    return problem(
        "purpose-required",
        "请说明使用目的（purpose）：共享数据只能用于本单位履行职责或者提供公共服务，使用情况将告知数据提供机构",
        "state your purpose: shared data serve the agency's own duties only, and uses are reported to the source",
        field="purpose",
        article=21,
    )


def request_required() -> Problem:
    """Shared under conditions: a request is the way."""
    return problem(
        "request-required",
        "该数据属于有条件共享类，请提出共享申请，说明目的、职责依据、信息项和期限，经审核同意后提供",
        "these data are shared under conditions: file a share request with purpose, legal duty, fields and period",
        article=20,
    )


def not_shared() -> Problem:
    """Not shared with other agencies."""
    return problem(
        "not-shared",
        "该数据属于不予共享类；如对共享属性有异议，请向大数据主管部门提出",
        "these data are not shared; take doubts about that to the big-data authority",
        article=19,
    )


def sign_in_for_grant() -> Problem:
    """Grants are bound to a person or an agency."""
    return problem(
        "sign-in",
        "该数据凭授权读取，请先登录或提供 API 密钥；没有授权的，请提交共享申请或开放申请",
        "these data are read under a grant: sign in or send an API key; without a grant, file a request first",
        article=21,
    )


def no_grant() -> Problem:
    """The reader holds no such grant."""
    return problem(
        "no-grant",
        "您或您的机构没有读取该数据的授权；机构请提出共享申请（第二十条），其他用户请提出开放申请（第二十四条）",
        "neither you nor your agency holds a grant for these data; agencies file a share request (Art. 20), "
        "others apply for open data (Art. 24)",
        article=21,
    )


def grant_not_in_force(zh: str, en: str, start: dt.date, end: dt.date) -> Problem:
    """The reader's grant does not hold today."""
    return problem(
        "grant-not-in-force",
        f"授权{zh}（期限 {start} 至 {end}）；仍有需要的，请重新提出申请",
        f"the grant is {en} (period {start} to {end}); file a new request if the data are still needed",
        article=21,
    )


def other_purpose(purpose: str) -> Problem:
    """The reader's grant is for something else."""
    return problem(
        "other-purpose",
        f"授权只限于用途“{purpose}”，不得用于其他任何目的；请填写该用途，或就新的用途另行申请",
        f'the grant is for the purpose "{purpose}" only; state that purpose, or file a request for the new one',
        field="purpose",
        article=21,
    )


def other_case() -> Problem:
    """The reader's grant is for a case that was not named."""
    return problem(
        "other-case",
        "授权限于特定事项，请提供授权中载明的案件（事项）编号 case_number",
        "the grant is for one case: give the case number that stands in it",
        field="case_number",
        article=21,
    )


def closed_since() -> Problem:
    """The entry has become stricter than the grant."""
    return problem(
        "closed-since",
        "授权的信息项现已列为不予共享或不予开放，授权不能放宽目录的规定；请联系数据提供机构",
        "the granted fields are not shared or not open any more, and a grant cannot loosen that; ask the providing agency",
        article=19,
    )


def columns_beyond(columns: Sequence[str], allowed: Sequence[str]) -> Problem:
    """Columns were asked for that the reader may not see."""
    return problem(
        "columns-beyond",
        f"信息项 {'、'.join(columns)} 不在可读取的范围内；可读取：{'、'.join(allowed)}",
        f"the fields {', '.join(columns)} are not yours to read; you may read {', '.join(allowed)}",
        field="columns",
        article=21,
    )
