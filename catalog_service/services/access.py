"""The one door to the lake's data for people (Art. 19–24): every read is decided, and the decision is in the ledger.

`open_read` finds what the decision needs, notes allowance or denial durably, and only then hands out a `Readable`. Nothing else
makes one. Here: the door. Not here: the decision itself (catalog.decision), formats and files (downloading).
"""

import datetime as dt
import re
from dataclasses import dataclass

import duckdb

from catalog_service.catalog.dataset import Dataset
from catalog_service.catalog.decision import Allowed, Basis, Decision, Denied, ReadRequest, Zone, decide
from catalog_service.catalog.errors import ConflictError, NotFoundError, WuxiError, problem
from catalog_service.catalog.grant import Grant
from catalog_service.catalog.ledger import LedgerEntry, entry_by, require_signed
from catalog_service.catalog.principal import Principal
from catalog_service.catalog.publication import Publication
from catalog_service.services import clocks
from catalog_service.services.platform import Platform
from catalog_service.services.products import needs_recipe, recipe
from catalog_service.services.reading import published_record
from catalog_service.store.database import Transaction
from lake import exports
from lake.sessions import open_session
from lake.tables import Lake

_BESIDE_GOLDEN = re.compile("_(conflicts|changes|objections|failed_rows)$")
_ZONES = {
    "raw": Zone.RAW,
    "quarantine": Zone.QUARANTINE,
    "quality": Zone.QUALITY,
    "standard": Zone.MAIN,
    "base": Zone.MAIN,
    "thematic": Zone.MAIN,
    "open": Zone.OPEN,
}


@dataclass(frozen=True, slots=True)
class Wish:
    """What somebody wants to read, and what for."""

    dataset: str
    zone: Zone = Zone.OPEN
    acting_for: str | None = None
    purpose: str = ""
    case_number: str = ""
    columns: tuple[str, ...] | None = None
    touched: tuple[str, ...] = ()
    """Columns that are not shown but that the answer depends on."""
    grant: str | None = None
    version: int | None = None
    """An earlier published version; None: the current one."""
    rows: int | None = None
    """At most so many rows will be read; None: all."""


@dataclass(frozen=True, slots=True)
class Readable:
    """A published version of a table that may be read, and what of it."""

    lake: Lake
    dataset: Dataset
    publication: Publication
    decision: Allowed
    is_pinned: bool
    """An earlier version was asked for."""

    @property
    def files(self) -> list[str]:
        """Paths of the data files, relative to the lake's root."""
        return [*self.publication.paths]

    @property
    def present(self) -> tuple[str, ...]:
        """Columns that the files have; those of the view where there is no file."""
        return exports.column_names(self.lake, self.files) or self.decision.view.names

    @property
    def columns(self) -> tuple[str, ...]:
        """Columns that may be read and are there, in the order of the view."""
        present = frozenset(self.present)
        return tuple(name for name in self.decision.view.names if name in present)


def open_read(
    platform: Platform, principal: Principal, wish: Wish, *, is_glance: bool = False, is_continued: bool = False
) -> Readable:
    """Decide on a read, note the decision, and return what may be read.

    A glance (the preview of a page that shows the data only where they are open) is noted where it is allowed only. What
    continues a read that was noted (the files of a query, piece by piece) is decided again, and noted where it is denied.

    Raises:
        NotFoundError: there is no published entry, or no such version, or nothing is published yet.
        UnauthenticatedError, ForbiddenError: the read is denied; the reason names the article and what to do.
        ConflictError: the table is being made anew after a change of its entry, or was withheld.
    """
    with platform.database.reading() as transaction:
        dataset = published_record(transaction, wish.dataset).dataset
        request = _request(platform, principal, wish, dataset)
        decision = decide(request, _grants(transaction, principal, wish))
        _require_signed(transaction, decision)
        publication = None if isinstance(decision, Denied) else _publication(transaction, dataset, decision, wish)
    if isinstance(decision, Denied):
        if not is_glance:
            platform.auditor.note(_note(request, wish, "denied", details={"code": decision.problem.code}))
        raise _noted(decision)
    readable = _readable(platform, dataset, decision, publication, wish)
    count = readable.publication.row_count
    rows = count if wish.rows is None else min(count, wish.rows)
    if not is_continued:
        platform.auditor.note(_note(request, wish, "allowed", rows=rows, details=_details(readable)))
    return readable


def require_read(platform: Platform, principal: Principal, wish: Wish) -> Dataset:
    """Decide on a read of rows that are kept beside a data set's own tables (its failing rows), note it, return the entry.

    Raises:
        NotFoundError: there is no published entry.
        UnauthenticatedError, ForbiddenError: the read is denied.
    """
    with platform.database.reading() as transaction:
        dataset = published_record(transaction, wish.dataset).dataset
        request = _request(platform, principal, wish, dataset)
        decision = decide(request, _grants(transaction, principal, wish))
        _require_signed(transaction, decision)
    if isinstance(decision, Denied):
        platform.auditor.note(_note(request, wish, "denied", details={"code": decision.problem.code}))
        raise _noted(decision)
    platform.auditor.note(_note(request, wish, "allowed", rows=wish.rows, details={"basis": decision.basis.value}))
    return dataset


def analyst_session(platform: Platform, principal: Principal, purpose: str = "") -> duckdb.DuckDBPyConnection:
    """Return a read-only DuckDB session with the published tables that `principal` may read, under `zone.agency.dataset`.

    Columns that it may not see are not in the session at all. The ledger gets one entry for each agency whose data are in it.
    """
    with platform.database.reading() as transaction:
        datasets = transaction.catalog.snapshot().dataset
        published = transaction.publications.all_current()
        require_signed(transaction.ledger.unsigned_since(), dt.datetime.now(dt.UTC))
        grants = {one.table: one for one in transaction.sharing.grants.find()}
    tables: dict[str, list[str]] = {}
    columns: dict[str, tuple[str, ...]] = {}
    for key, publication in published.items():
        found = _table(key, datasets, grants)
        if found is None:
            continue
        dataset, zone, grant = found
        held = () if grant is None else (grant,)
        wish = Wish(dataset.id, zone, purpose=purpose, grant=None if grant is None else grant.id)
        decision = decide(_request(platform, principal, wish, dataset), held)
        if isinstance(decision, Denied) or (zone is Zone.OPEN and _is_outdated(dataset, decision, publication)):
            continue
        if decision.basis is Basis.CONTRIBUTED:
            continue  # a session cannot leave out the rows of others
        tables[key] = [*publication.paths]
        if decision.basis not in (Basis.OWN, Basis.OVERSIGHT):
            columns[key] = decision.view.names
    sources = sorted({key.split("/")[1] for key in tables})
    counted = {one: sum(key.split("/")[1] == one for key in tables) for one in sources}
    platform.auditor.note(
        entry_by(principal, "open_session", "session:sql", purpose=purpose, outcome="allowed", details=counted)
    )
    return open_session(
        platform.lake.root,
        tables,
        versions={key: published[key].version for key in tables},
        columns=columns,
        memory_limit=platform.settings.memory_limit,
    )


def _require_signed(transaction: Transaction, decision: Decision) -> None:
    """Let nothing protected be read while the ledger cannot prove who read it."""
    if isinstance(decision, Allowed) and decision.basis is not Basis.OPEN:
        require_signed(transaction.ledger.unsigned_since(), dt.datetime.now(dt.UTC))


def _request(platform: Platform, principal: Principal, wish: Wish, dataset: Dataset) -> ReadRequest:
    return ReadRequest(
        principal=principal,
        dataset=dataset,
        zone=wish.zone,
        day=clocks.today(platform),
        acting_for=wish.acting_for,
        purpose=wish.purpose,
        case_number=wish.case_number,
        columns=wish.columns,
        touched=wish.touched,
        grant=wish.grant,
    )


def _grants(transaction: Transaction, principal: Principal, wish: Wish) -> list[Grant]:
    if wish.zone is not Zone.SHARE:
        return []
    holders = (principal.id,) if principal.agency is None else (principal.id, principal.agency)
    return transaction.sharing.grants_of(wish.dataset, holders, wish.grant)


def _publication(transaction: Transaction, dataset: Dataset, decision: Allowed, wish: Wish) -> Publication | None:
    table = _key(transaction, dataset, decision, wish)
    if wish.version is not None:
        return transaction.publications.version(table, wish.version)
    found = transaction.publications.current(table)
    if decision.grant is not None and (found is None or _is_outdated(dataset, decision, found)):
        _require_made(transaction, decision.grant)
    return found


def _require_made(transaction: Transaction, grant: Grant) -> None:
    """Tell the holder of a grant why there is nothing to read, where its product was withheld."""
    product = transaction.sharing.product(grant.id)
    if product is not None and product.withheld:
        raise ConflictError(product.withheld)


def _key(transaction: Transaction, dataset: Dataset, decision: Allowed, wish: Wish) -> str:
    match wish.zone:
        case Zone.MAIN | Zone.REVIEW:
            return f"{dataset.zone}/{dataset.id}"
        case Zone.SHARE:
            grant = decision.grant or transaction.sharing.grants.get(wish.grant or "")
            if grant.dataset != dataset.id:
                zh, en = f"授权 {grant.id} 不属于该数据集", f"the grant {grant.id} is not for this data set"
                raise NotFoundError(problem("unknown-grant", zh, en, article=21))
            return grant.table
        case Zone.CONFLICTS:
            return f"{dataset.zone}/{dataset.id}_conflicts"
        case Zone.RAW | Zone.QUARANTINE | Zone.QUALITY | Zone.OPEN:
            return f"{wish.zone.value}/{dataset.id}"


def _readable(platform: Platform, dataset: Dataset, decision: Allowed, found: Publication | None, wish: Wish) -> Readable:
    if found is None:
        zh = "该数据集可以读取，但尚未发布数据；首次汇聚并通过质量检查后即可获取"
        en = "these data may be read, but none are published yet; they will be once a delivery passes its checks"
        raise NotFoundError(problem("not-published-yet", zh, en, article=24 if wish.zone is Zone.OPEN else 20))
    if wish.zone in (Zone.OPEN, Zone.SHARE) and decision.basis is not Basis.OWN and _is_outdated(dataset, decision, found):
        zh = "目录条目的去标识化要求已变更，数据产品正在重新生成，请在下次主作业之后再试"
        en = "the entry's de-identification has changed and the product is being made anew; try again after the next run"
        raise ConflictError(problem("product-outdated", zh, en, article=22))
    return Readable(platform.lake, dataset, found, decision, wish.version is not None)


def _is_outdated(dataset: Dataset, decision: Allowed, publication: Publication) -> bool:
    """Tell whether a product about people, or with treated values, was made by other rules than those in force now."""
    view = decision.full_view(dataset)
    return needs_recipe(dataset, view) and publication.recipe != recipe(dataset, view)


def _table(key: str, datasets: dict[str, Dataset], grants: dict[str, Grant]) -> tuple[Dataset, Zone, Grant | None] | None:
    """Return what a published table belongs to; None where its entry is not published (any more)."""
    if (grant := grants.get(key)) is not None:
        return None if grant.dataset not in datasets else (datasets[grant.dataset], Zone.SHARE, grant)
    zone, _, id_ = key.partition("/")
    if zone not in _ZONES:
        return None
    if id_ in datasets:
        return datasets[id_], _ZONES[zone], None
    dataset = datasets.get(_BESIDE_GOLDEN.sub("", id_))
    return None if dataset is None else (dataset, Zone.CONFLICTS if _ZONES[zone] is Zone.MAIN else _ZONES[zone], None)


def _details(readable: Readable) -> dict[str, object]:
    decision = readable.decision
    used = {} if decision.grant is None else {"grant": decision.grant.id}
    return {"basis": decision.basis.value, "table": readable.publication.table, "version": readable.publication.version, **used}


def _note(request: ReadRequest, wish: Wish, outcome: str, **more: object) -> LedgerEntry:
    return entry_by(
        request.principal,
        f"read_{request.zone.value}",
        request.dataset.id,
        purpose=_line(wish.purpose),
        case_number=_line(wish.case_number),
        outcome=outcome,
        **more,
    )


def _noted(decision: Denied) -> WuxiError:
    """Return the refusal to raise, as one that is in the ledger already (a glance shows nothing and is nobody's attempt)."""
    error = decision.error()
    error.is_noted = True
    return error


def _line(text: str) -> str:
    return " ".join(text.split())[:400]
