"""What may be applied for of conditionally open data (Art. 22, 24), and the grant that a wish would be.

Not here: the procedure (opening).
"""

import datetime as dt

from catalog_service.catalog import refusals
from catalog_service.catalog.dataset import Dataset
from catalog_service.catalog.decision import granted_view
from catalog_service.catalog.errors import ConflictError, ForbiddenError, InvalidError, Problem, problem
from catalog_service.catalog.grant import Grant, Grantee, GranteeKind
from catalog_service.catalog.open_request import OpenWish
from catalog_service.catalog.vocabularies import OpeningClass
from catalog_service.services.ids import new_id


def completed(wish: OpenWish, dataset: Dataset, applicant: str, today: dt.date) -> OpenWish:
    """Return the wish with its fields named, or refuse it.

    Raises:
        ForbiddenError: the data are not open.
        ConflictError: they are open to all.
        InvalidError: the wish has faults.
    """
    match dataset.opening.class_:
        case OpeningClass.NONE:
            raise ForbiddenError(refusals.not_open())
        case OpeningClass.UNCONDITIONAL:
            zh = "该数据无条件开放，任何人可直接下载，无需申请"
            raise ConflictError(problem("no-application-needed", zh, "these data are open to all: download them", article=24))
        case OpeningClass.CONDITIONAL:
            pass
    everything = wish.model_copy(update={"columns": dataset.schema_.names})
    openable = granted_view(dataset, grant_of(everything, "", applicant)).names
    faults: list[Problem] = [
        problem(
            "not-openable",
            f"信息项 {name} 不存在或不予开放",
            f"the field {name} does not exist or is not open",
            field=name,
            article=22,
        )
        for name in wish.columns
        if name not in openable
    ]
    if wish.valid_until < today:
        zh, en = "使用期限已经过去，请改正", "the period is over already; correct it"
        faults.append(problem("period-over", zh, en, field="valid_until", article=24))
    if faults:
        raise InvalidError(faults)
    return wish.model_copy(update={"columns": wish.columns or openable})


def grant_of(wish: OpenWish, request: str, applicant: str) -> Grant:
    """Return the grant that a wish would be, given in full."""
    return Grant(
        id=new_id(),
        request=request,
        dataset=wish.dataset,
        grantee=Grantee(kind=GranteeKind.APPLICANT, id=applicant),
        columns=wish.columns,
        purpose=wish.purpose,
        valid_from=wish.valid_from,
        valid_until=wish.valid_until,
        granted_at=dt.datetime.now(dt.UTC),
    )
