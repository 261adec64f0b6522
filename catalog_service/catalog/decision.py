"""The decision on every read of data (Art. 19–24): who, for whom, for what, which table and columns, on which day.

Here: one pure function. Not here: finding what it needs and writing the decision down (services.access).

A grant never loosens what an entry says of its fields: what is not shared or not open stays so, and treatments stay applied.
"""

import datetime as dt
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from enum import IntEnum

from catalog_service.catalog import refusals
from catalog_service.catalog.dataset import Dataset, Golden
from catalog_service.catalog.errors import ForbiddenError, Problem, UnauthenticatedError
from catalog_service.catalog.grant import Grant, GranteeKind, GrantState, same_purpose
from catalog_service.catalog.principal import Action, Principal, is_permitted
from catalog_service.catalog.row_filter import RowFilter
from catalog_service.catalog.schema import Field
from catalog_service.catalog.treatment import Drop, Treatment
from catalog_service.catalog.vocabularies import OpeningClass, SharingClass, Term


class Zone(Term):
    """Which of a data set's tables is read."""

    RAW = "raw", "原始区", "as delivered"
    QUARANTINE = "quarantine", "隔离区", "rows that did not fit"
    QUALITY = "quality", "质量区", "outcomes of checks"
    REVIEW = "review", "复核区", "records of base databases that may be one entity"
    CONFLICTS = "conflicts", "比对区", "disagreements, changes and objections beside golden records"
    MAIN = "main", "标准区、基础库、主题库", "typed rows: standard, base or thematic"
    SHARE = "share", "共享区", "the table made for one grant"
    OPEN = "open", "开放区", "the product opened to all"


class Basis(Term):
    """Why a read is allowed."""

    OWN = "own", "本机构提供的数据", "data of the reader's own agency"
    OVERSIGHT = "oversight", "质量监督（第二十五条、第三十二条）", "oversight of quality (Art. 25, 32)"
    REVIEW = "review", "主数据比对复核（第十五条、第十八条）", "review of likely pairs of records (Art. 15, 18)"
    CONTRIBUTED = "contributed", "本机构数据参与归集（第十五条、第二十六条）", "the reader's agency is a source (Art. 15, 26)"
    SHARED = "shared", "无条件共享，直接获取（第二十条）", "shared unconditionally (Art. 20)"
    OPEN = "open", "无条件开放，直接获取（第二十四条）", "open unconditionally (Art. 24)"
    GRANT = "grant", "经批准的授权（第二十条、第二十一条、第二十四条）", "a grant (Art. 20, 21, 24)"


@dataclass(frozen=True, slots=True)
class ReadRequest:
    """A wish to read a table of a data set."""

    principal: Principal
    dataset: Dataset
    zone: Zone
    day: dt.date
    """Today in Asia/Shanghai."""
    acting_for: str | None = None
    """The agency it reads for; None: its own."""
    purpose: str = ""
    case_number: str = ""
    columns: tuple[str, ...] | None = None
    """The columns wanted, all of which must be allowed; None: all that are."""
    touched: tuple[str, ...] = ()
    """Columns that the answer depends on (conditions, order), which must be allowed too, shown or not."""
    grant: str | None = None
    """The grant to read under; None: any that fits."""


@dataclass(frozen=True, slots=True)
class ColumnView:
    """A column that may be seen, and what its values have become; None: as they are."""

    name: str
    treatment: Treatment | None = None


@dataclass(frozen=True, slots=True)
class View:
    """What may be seen of a table: these columns of the rows that meet the filter, and nothing else."""

    columns: tuple[ColumnView, ...]
    row_filter: RowFilter | None = None

    @property
    def names(self) -> tuple[str, ...]:
        """Names of the columns."""
        return tuple(one.name for one in self.columns)


@dataclass(frozen=True, slots=True)
class Allowed:
    """The read is allowed within `view`."""

    view: View
    basis: Basis
    grant: Grant | None = None

    def full_view(self, dataset: Dataset) -> View:
        """Return what the product was to be made by: the view before it was cut to the wanted columns."""
        return open_view(dataset) if self.grant is None else granted_view(dataset, self.grant)


@dataclass(frozen=True, slots=True)
class Denied:
    """The read is denied; the problem names the article and what to do."""

    problem: Problem
    needs_identity: bool = False
    """Nobody is signed in, and signing in is the first step."""

    def error(self) -> ForbiddenError | UnauthenticatedError:
        """Return the refusal to raise."""
        return UnauthenticatedError(self.problem) if self.needs_identity else ForbiddenError(self.problem)


Decision = Allowed | Denied


def decide(request: ReadRequest, grants: Sequence[Grant] = ()) -> Decision:
    """Decide on a read, given all grants there are (or all that concern the data set and the reader)."""
    match request.zone:
        case Zone.OPEN:
            decision = _open(request)
        case Zone.MAIN:
            decision = _own(request) or _shared(request)
        case Zone.SHARE:
            decision = _own(request) or _granted(request, grants)
        case Zone.CONFLICTS:
            decision = _own(request) or _contributed(request) or _overseen(request)
        case Zone.REVIEW:
            decision = _own(request) or _reviewed(request)
        case Zone.RAW | Zone.QUARANTINE | Zone.QUALITY:
            decision = _own(request) or _overseen(request)
    return _within(decision, request)


def granted_view(dataset: Dataset, grant: Grant) -> View:
    """Return what a grant gives of a data set as its entry stands now: what to put into the grant's table."""
    given = givable(dataset, grant.grantee.kind)
    conditions = () if grant.row_filter is None else grant.row_filter.all_of
    if any(one.field not in given for one in conditions):
        return View((), grant.row_filter)  # rows chosen by a field that is given to nobody would tell its values
    wanted = frozenset(grant.columns)
    return View(tuple(column for name, column in given.items() if name in wanted), grant.row_filter)


def givable(dataset: Dataset, kind: GranteeKind) -> dict[str, ColumnView]:
    """Return the fields that a grant can give or choose rows by, in the entry's order."""
    match kind:
        case GranteeKind.AGENCY:
            kept = (one for one in dataset.schema_.fields if _sharing(dataset, one) is not SharingClass.NONE)
            columns = (ColumnView(one.name, one.sharing_treatment) for one in kept)
        case GranteeKind.APPLICANT:
            open_ = (one for one in dataset.schema_.fields if _opening(dataset, one) is not OpeningClass.NONE)
            columns = (ColumnView(one.name, one.opening_treatment) for one in open_)
    return {one.name: one for one in columns if not isinstance(one.treatment, Drop)}


def shared_view(dataset: Dataset) -> View:
    """Return what any agency may take directly (Art. 20): fields shared unconditionally, whose values need no treatment."""
    fields = dataset.schema_.fields
    free = (one for one in fields if _sharing(dataset, one) is SharingClass.UNCONDITIONAL and one.sharing_treatment is None)
    return View(tuple(ColumnView(one.name) for one in free))


def open_view(dataset: Dataset) -> View:
    """Return what anybody may take (Art. 24)."""
    return View(tuple(ColumnView(one.name, one.opening_treatment) for one in dataset.open_fields))


def reviewed_view(dataset: Dataset) -> View:
    """Return what a person needs to see to tell whether two records are one entity: the key, and what linkage compares."""
    linkage = dataset.derivation.linkage if isinstance(dataset.derivation, Golden) else None
    compared = () if linkage is None else tuple(one.field for one in linkage.compare)
    wanted = {*dataset.schema_.key, *compared}
    return View(tuple(ColumnView(name) for name in dataset.schema_.names if name in wanted))


def _own(request: ReadRequest) -> Allowed | None:
    """An agency reads what it provides as it is."""
    dataset = request.dataset
    if not is_permitted(request.principal, Action.READ_OWN, agency=dataset.agency):
        return None
    if request.acting_for not in (None, dataset.agency):
        return None
    return Allowed(View(tuple(ColumnView(name) for name in dataset.schema_.names)), Basis.OWN)


def _contributed(request: ReadRequest) -> Allowed | None:
    """A source of golden records sees where others disagree with it: only that, which the report on it sees to."""
    agency = request.principal.agency
    if agency is None or request.acting_for not in (None, agency):
        return None
    is_source = any(one.startswith(f"{agency}/") for one in request.dataset.upstream)
    if not (is_source and is_permitted(request.principal, Action.SEE_FAILED_ROWS, agency=agency)):
        return None
    return Allowed(View(tuple(ColumnView(name) for name in request.dataset.schema_.names)), Basis.CONTRIBUTED)


def _overseen(request: ReadRequest) -> Decision:
    is_result = request.zone is not Zone.RAW and request.acting_for in (None, request.principal.agency)
    if is_result and is_permitted(request.principal, Action.SEE_FAILED_ROWS, agency=request.dataset.agency):
        return Allowed(View(tuple(ColumnView(name) for name in request.dataset.schema_.names)), Basis.OVERSIGHT)
    return Denied(refusals.internal_table(request.zone.zh, request.zone.en), request.principal.is_anonymous)


def _reviewed(request: ReadRequest) -> Decision:
    if request.acting_for in (None, request.principal.agency) and is_permitted(request.principal, Action.DECIDE_LINKAGE):
        return Allowed(reviewed_view(request.dataset), Basis.REVIEW)
    return Denied(refusals.internal_table(request.zone.zh, request.zone.en), request.principal.is_anonymous)


def _open(request: ReadRequest) -> Decision:
    match request.dataset.opening.class_:
        case OpeningClass.UNCONDITIONAL:
            return Allowed(open_view(request.dataset), Basis.OPEN)
        case OpeningClass.CONDITIONAL:
            return Denied(refusals.application_required(), request.principal.is_anonymous)
        case OpeningClass.NONE:
            return Denied(refusals.not_open())


def _shared(request: ReadRequest) -> Decision:
    if (refusal := _not_an_agency(request)) is not None:
        return refusal
    match request.dataset.sharing.class_:
        case SharingClass.UNCONDITIONAL:
            return _directly(request)
        case SharingClass.CONDITIONAL:
            return Denied(refusals.request_required())
        case SharingClass.NONE:
            return Denied(refusals.not_shared())


def _directly(request: ReadRequest) -> Decision:
    view = shared_view(request.dataset)
    if not view.columns:
        return Denied(refusals.request_required())
    return Allowed(view, Basis.SHARED) if request.purpose.strip() else Denied(refusals.purpose_required())


def _not_an_agency(request: ReadRequest) -> Denied | None:
    principal = request.principal
    if principal.is_anonymous:
        return Denied(refusals.sign_in_for_sharing(), needs_identity=True)
    if principal.agency is None or not is_permitted(principal, Action.READ_SHARED, agency=principal.agency):
        return Denied(refusals.agencies_only())
    if request.acting_for not in (None, principal.agency):
        return Denied(refusals.not_for_others())
    return None


def _granted(request: ReadRequest, grants: Iterable[Grant]) -> Decision:
    """Take the best grant that holds; where none does, say what keeps the nearest one from holding."""
    if request.principal.is_anonymous:
        return Denied(refusals.sign_in_for_grant(), needs_identity=True)
    holders, dataset = _holders(request), request.dataset.id
    mine = [one for one in grants if one.dataset == dataset and (one.grantee.kind, one.grantee.id) in holders]
    judged = [(_obstacle(one, request), one) for one in mine if request.grant in (None, one.id)]
    holding = [one for obstacle, one in judged if obstacle is None]
    views = [(granted_view(request.dataset, one), one) for one in holding]
    useful = [(view, one) for view, one in views if view.columns]
    if useful:
        wanted = frozenset((*(request.columns or ()), *request.touched))
        view, grant = max(useful, key=lambda pair: _worth(pair[0], pair[1], wanted))
        return Allowed(view, Basis.GRANT, grant)
    if holding:
        return Denied(refusals.closed_since())
    nearest = min(judged, key=lambda pair: (pair[0] or _Obstacle.CASE, pair[1].id), default=None)
    return Denied(refusals.no_grant() if nearest is None else _refusal(nearest[1], nearest[0], request.day))


class _Obstacle(IntEnum):
    """Why a grant of the reader does not allow a read, the nearest to allowing it first."""

    CASE = 1
    PURPOSE = 2
    NOT_IN_FORCE = 3


def _holders(request: ReadRequest) -> frozenset[tuple[GranteeKind, str]]:
    """Return as whom the reader may hold grants; who acts for another agency holds none of its own."""
    principal, holders = request.principal, set()
    if request.acting_for in (None, principal.agency):
        if principal.agency is not None and is_permitted(principal, Action.READ_SHARED, agency=principal.agency):
            holders.add((GranteeKind.AGENCY, principal.agency))
        if request.acting_for is None:
            holders.add((GranteeKind.APPLICANT, principal.id))
    return frozenset(holders)


def _obstacle(grant: Grant, request: ReadRequest) -> _Obstacle | None:
    if grant.state(request.day) is not GrantState.IN_FORCE:
        return _Obstacle.NOT_IN_FORCE
    if not same_purpose(grant.purpose, request.purpose):
        return _Obstacle.PURPOSE
    if grant.case_number and grant.case_number != request.case_number.strip():
        return _Obstacle.CASE
    return None


def _refusal(grant: Grant, obstacle: _Obstacle | None, day: dt.date) -> Problem:
    match obstacle:
        case _Obstacle.CASE:
            return refusals.other_case()
        case _Obstacle.PURPOSE:
            return refusals.other_purpose(grant.purpose)
        case _:
            state = grant.state(day)
            return refusals.grant_not_in_force(state.zh, state.en, grant.valid_from, grant.valid_until)


def _worth(view: View, grant: Grant, wanted: frozenset[str]) -> tuple[bool, int, bool, dt.date, str]:
    """Order grants: what covers the wanted columns, then what shows more columns, all rows, longer."""
    return wanted <= set(view.names), len(view.columns), view.row_filter is None, grant.valid_until, grant.id


def _within(decision: Decision, request: ReadRequest) -> Decision:
    """Cut an allowed view to the wanted columns; refuse where one of them is not allowed rather than leave it out silently."""
    if isinstance(decision, Denied):
        return decision
    allowed = {one.name: one for one in decision.view.columns}
    beyond = [name for name in dict.fromkeys((*(request.columns or ()), *request.touched)) if name not in allowed]
    if beyond:
        return Denied(refusals.columns_beyond(beyond, decision.view.names))
    if request.columns is None:
        return decision
    view = View(tuple(allowed[name] for name in dict.fromkeys(request.columns)), decision.view.row_filter)
    return Allowed(view, decision.basis, decision.grant)


def _sharing(dataset: Dataset, field: Field) -> SharingClass:
    """The sharing attribute in force: a field's own never loosens the data set's, whatever was stored."""
    return max(dataset.sharing_of(field), dataset.sharing.class_, key=lambda one: one.strictness)


def _opening(dataset: Dataset, field: Field) -> OpeningClass:
    return max(dataset.opening_of(field), dataset.opening.class_, key=lambda one: one.strictness)
