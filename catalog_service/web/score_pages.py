"""Pages of scores and evaluations (Art. 4, 8, 32): city → agency → data set → rule → failing rows, evaluations, the method.

Not here: what may be seen (services.scorecards, services.evaluating), how charts are drawn (charts).
"""

from typing import Annotated

from fastapi import APIRouter, Form, Path, Query, Request, Response
from pydantic import BaseModel, ConfigDict
from starlette.responses import RedirectResponse

from catalog_service.catalog.evaluation import Month, month_before, period_of
from catalog_service.catalog.indicators import Level, MetadataDimension
from catalog_service.catalog.principal import Action, is_permitted
from catalog_service.formats.indicator_sets import shipped_indicator_sets
from catalog_service.services import clocks, evaluating, measuring, score_export, scorecards
from catalog_service.services.platform import Platform
from catalog_service.web.forms import CsrfDep, see
from catalog_service.web.identity import PUBLIC, PrincipalDep, needs
from catalog_service.web.language import page_language
from catalog_service.web.rendering import render
from catalog_service.web.score_charts import ScoreCharts

seeing = APIRouter(include_in_schema=False, default_response_class=Response, dependencies=[needs(Action.SEE_SCORES)])
public = APIRouter(include_in_schema=False, default_response_class=Response, dependencies=[PUBLIC])
evaluators = APIRouter(include_in_schema=False, default_response_class=Response, dependencies=[needs(Action.EVALUATE), CsrfDep])
ROUTERS = (public, seeing, evaluators)
Slug = Annotated[str, Path(pattern=r"^[a-z][a-z0-9_]{0,62}$")]
MonthPath = Annotated[Month, Path()]
_SHOWN_ROWS = 100


class MonthForm(BaseModel):
    """A month to evaluate, or to publish."""

    model_config = ConfigDict(extra="forbid")

    csrf: str
    month: Month


@public.get("/scores/method")
def show_method(request: Request) -> Response:
    """Weights, formulas, grade bounds, points of metadata: of every indicator set, newest first."""
    sets = sorted(shipped_indicator_sets().sets, key=lambda one: one.in_force_from, reverse=True)
    in_force = evaluating.indicators_of(clocks.today(_platform(request)))
    return render(request, "scores_method.html", {"sets": sets, "in_force": in_force})


@seeing.get("/scores")
def show_city(request: Request, principal: PrincipalDep) -> Response:
    """The whole city, for those who see all agencies; others are led to their own scorecard."""
    if not evaluating.sees_all(principal):
        return RedirectResponse(f"/scores/agencies/{principal.agency or ''}", 303)
    card, charts = scorecards.city_card(_platform(request), principal), _charts(request)
    return render(request, "scores_city.html", {"card": card, "charts": charts, "cap": charts.indicators.caps[Level.CITY]})


@seeing.get("/scores/workbook.xlsx")
def export_city(request: Request, principal: PrincipalDep) -> Response:
    """Scores by agency as a workbook."""
    return _workbook(score_export.city_workbook(_platform(request), principal, page_language(request)), "scores")


@seeing.get("/scores/agencies/{agency}")
def show_agency(request: Request, principal: PrincipalDep, agency: Slug) -> Response:
    """An agency's scorecard."""
    card = scorecards.agency_card(_platform(request), principal, agency)
    charts = _charts(request)
    return render(request, "scores_agency.html", {"card": card, "charts": charts, "cap": charts.indicators.caps[Level.AGENCY]})


@seeing.get("/scores/agencies/{agency}/workbook.xlsx")
def export_agency(request: Request, principal: PrincipalDep, agency: Slug) -> Response:
    """An agency's scorecard as a workbook."""
    content = score_export.agency_workbook(_platform(request), principal, agency, page_language(request))
    return _workbook(content, f"scorecard-{agency}")


@seeing.get("/scores/datasets/{agency}/{name}")
def show_dataset(request: Request, principal: PrincipalDep, agency: Slug, name: Slug) -> Response:
    """The score of a data set down to its rules."""
    charts = _charts(request)
    context = {
        "card": scorecards.dataset_score(_platform(request), principal, f"{agency}/{name}"),
        "charts": charts,
        "cap": charts.indicators.caps[Level.DATASET],
        "metadata_dimensions": list(MetadataDimension),
        "may_see_rows": is_permitted(principal, Action.SEE_FAILED_ROWS, agency=agency),
    }
    return render(request, "scores_dataset.html", context)


@seeing.get("/scores/datasets/{agency}/{name}/rows")
def show_rows(
    request: Request, principal: PrincipalDep, agency: Slug, name: Slug, rule: Annotated[str, Query(max_length=200)]
) -> Response:
    """The rows that break a rule."""
    found = measuring.failed_rows(_platform(request), principal, f"{agency}/{name}", rule=rule, limit=_SHOWN_ROWS)
    return render(request, "scores_rows.html", {"found": found, "rule": rule, "count": found.counts.get(rule, 0)})


@public.get("/evaluations")
def list_evaluations(request: Request, principal: PrincipalDep) -> Response:
    """Evaluations that the reader may see; the authority issues and publishes them here."""
    platform = _platform(request)
    context: dict[str, object] = {"evaluations": evaluating.evaluations(platform, principal)}
    context |= {"may_evaluate": is_permitted(principal, Action.EVALUATE), "last_month": month_before(clocks.today(platform))}
    return render(request, "evaluations.html", context)


@public.get("/evaluations/{agency}/{month}")
def show_evaluation(
    request: Request, principal: PrincipalDep, agency: Slug, month: MonthPath, *, again: bool = False
) -> Response:
    """One evaluation; for the agency and the authority also computed again, where they ask for it."""
    platform = _platform(request)
    may_see = is_permitted(principal, Action.SEE_SCORES, agency=agency)
    context: dict[str, object] = {"one": evaluating.show(platform, principal, agency, month), "facts": None}
    if may_see:
        context["facts"] = evaluating.detail(platform, principal, agency, month).facts
    context["reproduction"] = evaluating.reproduce(platform, principal, agency, month) if again and may_see else None
    return render(request, "evaluation.html", context | {"charts": _charts(request, month)})


@seeing.get("/evaluations/{agency}/{month}/workbook.xlsx")
def export_evaluation(request: Request, principal: PrincipalDep, agency: Slug, month: MonthPath) -> Response:
    """An evaluation with its data sets as a workbook."""
    content = score_export.evaluation_workbook(_platform(request), principal, agency, month, page_language(request))
    return _workbook(content, f"evaluation-{agency}-{month}")


@evaluators.post("/evaluations")
def evaluate(request: Request, principal: PrincipalDep, form: Annotated[MonthForm, Form()]) -> Response:
    """Issue the evaluations of a month."""
    evaluating.evaluate_month(_platform(request), principal, form.month)
    return see("/evaluations")


@evaluators.post("/evaluations/publications")
def publish(request: Request, principal: PrincipalDep, form: Annotated[MonthForm, Form()]) -> Response:
    """Publish the evaluations of a month."""
    evaluating.publish(_platform(request), principal, form.month)
    return see("/evaluations")


def _charts(request: Request, month: str | None = None) -> ScoreCharts:
    """Return charts coloured by the indicators of today, or of a month."""
    day = clocks.today(_platform(request)) if month is None else period_of(month).last
    return ScoreCharts(page_language(request), evaluating.indicators_of(day))


def _workbook(content: bytes, name: str) -> Response:
    headers = {"Content-Disposition": f'attachment; filename="{name}.xlsx"', "Cache-Control": "no-store"}
    return Response(content, media_type=score_export.MEDIA_TYPE, headers=headers)


def _platform(request: Request) -> Platform:
    platform: Platform = request.app.state.platform
    return platform
