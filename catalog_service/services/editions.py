"""Editions: nobody overwrites silently what another one did to an entry (Art. 14).

Here: the comparison of a change's basis with what is stored, and the refusal that shows the difference. Not here: the
changes (life_cycle).
"""

from catalog_service.catalog.comparison import as_problem, compare
from catalog_service.catalog.errors import ConflictError, NotFoundError, Problem, problem
from catalog_service.catalog.history import DeskEntry, Document, Target
from catalog_service.services.submission import normal
from catalog_service.store.database import Transaction


def require_current(
    transaction: Transaction, entry: DeskEntry | None, target: Target, document: Document | None = None
) -> None:
    """Return where an entry is still at the edition that a change is based on.

    Raises:
        NotFoundError: there is no such entry.
        ConflictError: it changed meanwhile; the problems say who did what when, and each item that differs.
    """
    if entry is None:
        if target.edition:
            zh, en = f"目录中没有条目 {target.dataset_id}", f"there is no entry {target.dataset_id}"
            raise NotFoundError(problem("unknown-dataset", zh, en, article=13))
        return
    if entry.edition != target.edition:
        raise ConflictError(_stale(transaction, entry, target, document))


def _stale(transaction: Transaction, entry: DeskEntry, target: Target, mine: Document | None) -> list[Problem]:
    """Return who did what since the edition that a change is based on, and what differs."""
    since = [one for one in transaction.desk.changes(entry.dataset_id) if one.edition > target.edition][-5:]
    told_zh = "；".join(f"{one.principal_name} 于 {one.at:%Y-%m-%d %H:%M} UTC {one.event.zh}" for one in since)
    told_en = "; ".join(f"{one.principal_name}: {one.event.en} at {one.at:%Y-%m-%d %H:%M} UTC" for one in since)
    id_, yours, now = entry.dataset_id, target.edition, entry.edition
    zh = f"您依据的是 {id_} 的第 {yours} 稿，现在是第 {now} 稿（{told_zh}）；请重新打开，核对差异后再改"
    en = (
        f"your change is based on edition {yours} of {id_}, which is now at {now} ({told_en}); "
        "open it again, look at what differs, then change it"
    )
    current = normal(transaction.desk.document_at(id_, now))
    if yours:
        differences = compare(normal(transaction.desk.document_at(id_, yours)), current)
    else:
        differences = () if mine is None else compare(current, normal(mine))
    return [problem("stale-edit", zh, en, article=14), *(as_problem(one) for one in differences)]
