"""Monthly evaluations of agencies (Art. 4, 8, 32): issuing, showing, publishing them, and computing them again.

Here: who may, the ledger, that an issued evaluation stays what it is. Not here: the formula (catalog.evaluation), the facts
(services.facts), scores of today (services.scorecards).
"""

import datetime as dt

from catalog_service.catalog.errors import ConflictError, InvalidError, NotFoundError, problem
from catalog_service.catalog.evaluation import (
    Evaluation,
    Facts,
    Outcome,
    differences,
    evaluate,
    month_before,
    period_of,
)
from catalog_service.catalog.indicators import IndicatorSet
from catalog_service.catalog.ledger import entry_by
from catalog_service.catalog.model import Model
from catalog_service.catalog.principal import CITY_WIDE, PERMITTED, Action, Principal, authorize, is_permitted
from catalog_service.formats.indicator_sets import shipped_indicator_sets
from catalog_service.services import clocks, facts
from catalog_service.services.ids import new_id
from catalog_service.services.platform import Platform
from catalog_service.store.scores import Stored


class EvaluationView(Model):
    """An evaluation, and whether everybody may see it."""

    evaluation: Evaluation
    published_at: dt.datetime | None
    published_by: str


class EvaluationDetail(EvaluationView):
    """An evaluation with the facts that it rests on, for the agency and for the authority."""

    facts: Facts


class Issued(Model):
    """What came of evaluating a month."""

    month: str
    issued: tuple[EvaluationView, ...]
    """Evaluations made now."""
    standing: tuple[str, ...]
    """Agencies that had one; it stays."""


class Reproduction(Model):
    """An evaluation beside the same computed anew, out of what is stored today as of the end of its month."""

    agency: str
    month: str
    issued: Outcome
    from_frozen_facts: Outcome
    """Computed anew out of the frozen facts; always equal."""
    from_stored_history: Outcome
    is_reproduced: bool
    """Whether both are equal to what was issued."""
    differing: tuple[str, ...]
    """Data sets and cases whose facts can no longer be found as they were frozen."""


def indicators_of(day: dt.date) -> IndicatorSet:
    """Return the indicator set in force on a day."""
    return shipped_indicator_sets().in_force(day)


def evaluate_month(platform: Platform, principal: Principal, month: str, *, agency: str | None = None) -> Issued:
    """Evaluate all agencies (or one) that had published entries at the end of a month; what was issued before stays.

    Raises:
        UnauthenticatedError, ForbiddenError: the authority's quality officers evaluate.
        InvalidError: the month is not over.
        NotFoundError: the agency had no published entry then.
    """
    authorize(principal, Action.EVALUATE)
    period = period_of(month)
    _require_over(platform, month, period.until)
    moment, indicators = facts.end_of(period), indicators_of(period.last)
    with platform.database.reading() as transaction:
        there = {one.agency for one in transaction.desk.live_at(moment.at)}
        done = {one.evaluation.agency for one in transaction.scores.evaluations(month=month)}
    wanted = there if agency is None else there & {agency}
    if agency is not None and not wanted:
        zh, en = f"{agency} 在 {month} 末没有已发布的目录条目", f"{agency} had no published entry at the end of {month}"
        raise NotFoundError(problem("nothing-to-evaluate", zh, en, article=32))
    issued = [_issue(platform, principal, month, slug, indicators) for slug in sorted(wanted - done)]
    return Issued(
        month=month,
        issued=tuple(_view(one) for one in issued if one is not None),
        standing=tuple(sorted(wanted & done)),
    )


def evaluate_last_month(platform: Platform, principal: Principal) -> Issued:
    """Evaluate the month before this one; the monthly schedule calls this."""
    return evaluate_month(platform, principal, month_before(clocks.today(platform)))


def publish(platform: Platform, principal: Principal, month: str) -> tuple[str, ...]:
    """Publish the evaluations of a month to everybody (Art. 8, 32); return the agencies.

    Raises:
        UnauthenticatedError, ForbiddenError: the authority's quality officers publish.
        ConflictError: there is nothing to publish.
    """
    authorize(principal, Action.EVALUATE)
    with platform.database.transaction() as transaction:
        agencies = transaction.scores.publish_evaluations(month, dt.datetime.now(dt.UTC), principal.name)
        if not agencies:
            zh, en = (
                f"{month} 没有待公布的评价，请先评价该月",
                f"no evaluation of {month} waits to be published; evaluate it first",
            )
            raise ConflictError(problem("nothing-to-publish", zh, en, article=32))
        details = {"month": month, "agencies": len(agencies)}
        transaction.ledger.append(entry_by(principal, "publish_evaluations", f"evaluation:{month}", details=details))
    return tuple(agencies)


def evaluations(
    platform: Platform, principal: Principal, *, agency: str | None = None, month: str | None = None
) -> list[EvaluationView]:
    """Return the evaluations that somebody may see: published ones, an agency its own, city-wide roles all."""
    with platform.database.reading() as transaction:
        found = transaction.scores.evaluations(agency=agency, month=month)
    return [_view(one) for one in found if _may_see(principal, one)]


def show(platform: Platform, principal: Principal, agency: str, month: str) -> EvaluationView:
    """Return an evaluation.

    Raises:
        NotFoundError: there is none, or it is not published and not one's own.
    """
    with platform.database.reading() as transaction:
        found = transaction.scores.evaluation(agency, month)
    if not _may_see(principal, found):
        zh, en = f"{agency} 没有 {month} 的评价", f"{agency} has no evaluation of {month}"
        raise NotFoundError(problem("unknown-evaluation", zh, en, article=32))
    return _view(found)


def detail(platform: Platform, principal: Principal, agency: str, month: str) -> EvaluationDetail:
    """Return an evaluation with its frozen facts.

    Raises:
        UnauthenticatedError, ForbiddenError: neither of this agency nor of the authority.
        NotFoundError: there is none.
    """
    authorize(principal, Action.SEE_SCORES, agency=agency)
    with platform.database.reading() as transaction:
        found = _view(transaction.scores.evaluation(agency, month))
        return EvaluationDetail(**dict(found), facts=transaction.scores.facts(agency, month))


def reproduce(platform: Platform, principal: Principal, agency: str, month: str) -> Reproduction:
    """Compute an evaluation anew, out of its frozen facts and out of what is stored as of the end of its month.

    Raises:
        UnauthenticatedError, ForbiddenError: neither of this agency nor of the authority.
        NotFoundError: there is none.
    """
    frozen = detail(platform, principal, agency, month)
    issued = frozen.evaluation
    indicators = {one.id: one for one in shipped_indicator_sets().sets}[issued.indicator_set]
    again = _gather(platform, indicators, month, agency)
    from_frozen, from_history = evaluate(frozen.facts, indicators), evaluate(again, indicators)
    return Reproduction(
        agency=agency,
        month=month,
        issued=issued.outcome,
        from_frozen_facts=from_frozen,
        from_stored_history=from_history,
        is_reproduced=issued.outcome == from_frozen == from_history,
        differing=differences(frozen.facts, again),
    )


def _issue(platform: Platform, principal: Principal, month: str, agency: str, indicators: IndicatorSet) -> Stored | None:
    """Store an evaluation; None where somebody else was faster, whose evaluation stays."""
    found = _gather(platform, indicators, month, agency)
    with platform.database.transaction() as transaction:
        registered = transaction.catalog.registry().agency.get(agency)
        made = Evaluation(
            id=new_id(),
            agency=agency,
            agency_name=agency if registered is None else registered.name,
            month=month,
            indicator_set=indicators.id,
            outcome=evaluate(found, indicators),
            datasets=len(found.datasets),
            facts_sha256=found.sha256,
            issued_at=dt.datetime.now(dt.UTC),
            issued_by=principal.name,
        )
        if not transaction.scores.add_evaluation(made, found):
            return None
        told = {"points": made.outcome.points, "grade": made.outcome.grade.value, "facts_sha256": made.facts_sha256}
        transaction.ledger.append(entry_by(principal, "evaluate", f"evaluation:{agency}:{month}", details=told))
    return Stored(made, None, "")


def _gather(platform: Platform, indicators: IndicatorSet, month: str, agency: str) -> Facts:
    period = period_of(month)
    with platform.database.reading() as transaction:
        return facts.gather(platform, transaction, indicators, facts.end_of(period), period, agency=agency)


def _may_see(principal: Principal, one: Stored) -> bool:
    return one.published_at is not None or is_permitted(principal, Action.SEE_SCORES, agency=one.evaluation.agency)


def sees_all(principal: Principal) -> bool:
    """Tell whether somebody sees the scores of every agency."""
    return bool(principal.roles & PERMITTED[Action.SEE_SCORES] & CITY_WIDE)


def _view(one: Stored) -> EvaluationView:
    return EvaluationView(evaluation=one.evaluation, published_at=one.published_at, published_by=one.published_by)


def _require_over(platform: Platform, month: str, until: dt.date) -> None:
    if clocks.today(platform) < until:
        zh, en = f"{month} 尚未结束，{until} 起方可评价", f"{month} is not over; it can be evaluated from {until} on"
        raise InvalidError(problem("month-not-over", zh, en, field="month", article=32))
