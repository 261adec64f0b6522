"""Pages of data quality (Art. 25, 32): the report of a data set, its workbook and Data Docs; issues of rectification.

Here: charts, forms, answers. Not here: who may see what (services), scores (score pages).
"""

from typing import Annotated, Literal

from fastapi import APIRouter, Form, Path, Query, Request, Response
from pydantic import BaseModel, ConfigDict, Field

from catalog_service.catalog.errors import Language
from catalog_service.catalog.principal import Action
from catalog_service.catalog.rectification import IssueCursor, RectificationQuery, RectificationState, StepEvent
from catalog_service.formats.tables_workbook import MEDIA_TYPE
from catalog_service.services import quality_report, rectification, rectification_views
from catalog_service.services.platform import Platform
from catalog_service.services.quality_report import QualityReport
from catalog_service.services.quality_workbook import workbook
from catalog_service.services.views import DimensionOutcome
from catalog_service.web.charts import Bar, Part, Point, bars, parts, trend
from catalog_service.web.formatting import share, when
from catalog_service.web.forms import CsrfDep, see
from catalog_service.web.identity import PUBLIC, PrincipalDep, needs
from catalog_service.web.language import page_language
from catalog_service.web.messages import message
from catalog_service.web.rendering import render

public = APIRouter(include_in_schema=False, default_response_class=Response, dependencies=[PUBLIC])
rows = APIRouter(include_in_schema=False, default_response_class=Response, dependencies=[needs(Action.SEE_FAILED_ROWS)])
issues = APIRouter(include_in_schema=False, default_response_class=Response, dependencies=[needs(Action.SEE_RECTIFICATION)])
acting = APIRouter(
    include_in_schema=False,
    default_response_class=Response,
    dependencies=[needs(Action.HANDLE_RECTIFICATION, Action.DISMISS_RECTIFICATION), CsrfDep],
)
ROUTERS = (public, rows, issues, acting)
_METHODS = ["GET", "HEAD"]
_DOCS_POLICY = "sandbox; default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'none'"
"""Pages that Great Expectations made bring their style with them; nothing in them runs, nothing is loaded."""
Slug = Annotated[str, Path(pattern=r"^[a-z][a-z0-9_]{0,62}$")]
Id = Annotated[str, Path(pattern=r"^[0-9a-f-]{36}$")]
_CHOICES = {"": {"is_open": True}, "all": {}, "overdue": {"is_overdue": True}} | {
    one.value: {"state": one.value} for one in RectificationState
}
"""What the list can be narrowed to."""


class StepForm(BaseModel):
    """An answer or a dismissal."""

    model_config = ConfigDict(extra="forbid")

    csrf: str
    event: StepEvent
    reason: Annotated[str, Field(max_length=2_000)] = ""


@public.api_route("/datasets/{agency}/{name}/quality", methods=_METHODS)
def show_quality(request: Request, principal: PrincipalDep, agency: Slug, name: Slug) -> Response:
    """The quality report of a data set."""
    found = quality_report.report(_platform(request), principal, f"{agency}/{name}")
    return render(request, "quality.html", {"one": found, "charts": _charts(request, found)})


@public.api_route("/datasets/{agency}/{name}/quality.xlsx", methods=_METHODS)
def export_quality(request: Request, principal: PrincipalDep, agency: Slug, name: Slug) -> Response:
    """The report as an Excel workbook."""
    found = quality_report.report(_platform(request), principal, f"{agency}/{name}")
    headers = {"Content-Disposition": f'attachment; filename="{agency}-{name}-quality.xlsx"', "Cache-Control": "no-store"}
    return Response(workbook(found, page_language(request)), media_type=MEDIA_TYPE, headers=headers)


@rows.get("/datasets/{agency}/{name}/quality/data-docs")
def show_data_docs(request: Request, principal: PrincipalDep, agency: Slug, name: Slug) -> Response:
    """Great Expectations' page of the data set, where one was made."""
    page = quality_report.docs(_platform(request), principal, f"{agency}/{name}")
    headers = {"Content-Security-Policy": _DOCS_POLICY, "Cache-Control": "no-store"}
    return Response(page, media_type="text/html; charset=utf-8", headers=headers)


@issues.get("/quality/issues")
def show_issues(
    request: Request,
    principal: PrincipalDep,
    show: Annotated[str, Query(pattern="^[a-z]{0,20}$")] = "",
    agency: Annotated[str, Query(pattern="^([a-z][a-z0-9_]{0,62})?$")] = "",
    cursor: IssueCursor | Literal[""] = "",
) -> Response:
    """Issues of one's agency, or of all, soonest due first."""
    asked = {**_CHOICES.get(show, {}), "agency": agency or None, "cursor": cursor or None}
    page = rectification_views.list_issues(_platform(request), principal, RectificationQuery.model_validate(asked))
    context = {"page": page, "show": show, "agency": agency, "states": list(RectificationState)}
    return render(request, "rectifications.html", context)


@issues.get("/quality/issues/{id_}")
def show_issue(request: Request, principal: PrincipalDep, id_: Id) -> Response:
    """One issue with failing rows, its history and what can be done."""
    return render(request, "rectification.html", {"one": rectification_views.show_issue(_platform(request), principal, id_)})


@acting.post("/quality/issues/{id_}/steps")
def act_on_issue(request: Request, principal: PrincipalDep, id_: Id, form: Annotated[StepForm, Form()]) -> Response:
    """Answer, or dismiss."""
    rectification.act(_platform(request), principal, id_, form.event, reason=form.reason)
    return see(f"/quality/issues/{id_}")


def _charts(request: Request, found: QualityReport) -> dict[str, object]:
    """Return the charts of a report: rules that passed, dimensions, and the trend as a whole."""
    language = page_language(request)
    unevaluated = message(language, "q_unevaluated")
    counted = {True: 0, False: 0, None: 0}
    for each in found.rules:
        counted[each.outcome.passed] += 1
    words = {"passed": counted[True], "failed": counted[False], "unevaluated": counted[None]}
    made = [
        Part(message(language, "q_passed"), counted[True], "good"),
        Part(message(language, "q_failed"), counted[False], "bad"),
        Part(unevaluated, counted[None], "none"),
    ]
    drawn = [
        Bar(
            one.label.to(language),
            None if one.share is None else 100 * one.share,
            unevaluated if one.share is None else _shown(language, one),
            "bad" if one.failed_count else "good",
        )
        for one in found.quality.dimensions
    ]
    line = [Point(when(one.measured_at)[:10], None if one.share is None else 100 * one.share) for one in found.steps]
    return {
        "counts": words,
        "parts": parts(message(language, "quality_rule_count", **words), made),
        "bars": bars(message(language, "quality_bars"), drawn, unevaluated=unevaluated),
        "trend": trend(message(language, "quality_line"), line, unevaluated=unevaluated),
    }


def _shown(language: Language, one: DimensionOutcome) -> str:
    """Return what stands at the end of a bar: what its colour says, too."""
    failed = f" · {message(language, 'q_failed')} {one.failed_count}" if one.failed_count else ""
    return f"{share(one.share or 0)}{failed}"


def _platform(request: Request) -> Platform:
    platform: Platform = request.app.state.platform
    return platform
