"""What may be requested of shared data (Art. 19, 20), and the grant that a wish would be. Not here: the procedure (sharing)."""

import datetime as dt
from collections.abc import Iterable

from catalog_service.catalog.dataset import Dataset
from catalog_service.catalog.decision import givable, shared_view
from catalog_service.catalog.errors import ConflictError, ForbiddenError, InvalidError, Problem, problem
from catalog_service.catalog.grant import Grant, Grantee, GranteeKind
from catalog_service.catalog.share_request import Wish
from catalog_service.services.ids import new_id


def require_requestable(wish: Wish, dataset: Dataset, applicant: str, today: dt.date) -> None:
    """Refuse what needs no request, what cannot be had, and what has faults.

    Raises:
        ConflictError: the data can be read without a request.
        InvalidError: the wish has faults.
        ForbiddenError: a field is not shared.
    """
    if applicant == dataset.agency:
        zh, en = "这是本机构提供的数据，可直接读取，无需申请", "these are your own agency's data; read them directly"
        raise ConflictError(problem("own-data", zh, en, article=20))
    faults = list(_faults(wish, dataset, today))
    if faults:
        raise InvalidError(faults)
    if set(wish.columns) <= set(shared_view(dataset).names):
        zh = "所需信息项均为无条件共享，可通过共享平台直接获取，无需申请"
        raise ConflictError(
            problem("no-request-needed", zh, "these fields are shared unconditionally: read them directly", article=20)
        )
    conditions = () if wish.row_filter is None else wish.row_filter.all_of
    require_shared(dataset, [*wish.columns, *(one.field for one in conditions)])


def require_shared(dataset: Dataset, names: Iterable[str]) -> None:
    """Refuse fields that are shared with nobody, to be given or to choose rows by.

    Raises:
        ForbiddenError: one of them is not shared.
    """
    shared = givable(dataset, GranteeKind.AGENCY)
    closed = [name for name in dict.fromkeys(names) if name not in shared]
    if closed:
        zh = f"信息项 {'、'.join(closed)} 不予共享，请从信息项和行条件中去掉；如有异议请向大数据主管部门提出"
        names_en = ", ".join(closed)
        en = f"the fields {names_en} are not shared: leave them out of columns and row conditions, or take it to the authority"
        raise ForbiddenError(problem("not-shared", zh, en, field="columns", article=19))


def _faults(wish: Wish, dataset: Dataset, today: dt.date) -> list[Problem]:
    names = dataset.schema_.names
    found = [
        problem("unknown-field", f"信息项 {name} 不存在", f"there is no field {name}", field=name, article=20)
        for name in wish.columns
        if name not in names
    ]
    if wish.row_filter is not None:
        found += wish.row_filter.problems(dataset.schema_)
    if wish.valid_until < today:
        zh, en = "使用期限已经过去，请改正", "the period is over already; correct it"
        found.append(problem("period-over", zh, en, field="valid_until", article=20))
    return found


def probe(wish: Wish, applicant: str) -> Grant:
    """Return the grant that the wish would be, granted in full."""
    return Grant(
        id=new_id(),
        request="",
        dataset=wish.dataset,
        grantee=Grantee(kind=GranteeKind.AGENCY, id=applicant),
        columns=wish.columns,
        row_filter=wish.row_filter,
        purpose=wish.purpose,
        case_number=wish.case_number,
        valid_from=wish.valid_from,
        valid_until=wish.valid_until,
        granted_at=dt.datetime.now(dt.UTC),
    )
