"""Pages of duties, completeness, rule sets and statistics (Art. 13, 14, 32).

Not here: the desk of entries (desk_pages), the registers (register_pages), what may be done (services).
"""

import datetime as dt
from typing import Annotated

from fastapi import APIRouter, Form, Path, Query, Request, Response
from pydantic import BaseModel, ConfigDict, Field

from catalog_service.catalog.duty import DutyQuery, DutyState, Element, ElementChange, Reason
from catalog_service.catalog.errors import Text
from catalog_service.catalog.model import DatasetId, Line
from catalog_service.catalog.model import Slug as SlugText
from catalog_service.catalog.principal import Action, Principal, is_permitted
from catalog_service.catalog.ruleset import DutyKind
from catalog_service.catalog.working_days import HolidayNotice
from catalog_service.formats.models import read_model
from catalog_service.services import clocks, duties, duty_views, holiday_notices, rule_sets, statistics
from catalog_service.services.browsing import agency_names, schema
from catalog_service.services.entry_completeness import entry_completeness
from catalog_service.services.platform import Platform
from catalog_service.web.forms import CsrfDep, see
from catalog_service.web.identity import PUBLIC, PrincipalDep, needs
from catalog_service.web.rendering import render

seeing = APIRouter(include_in_schema=False, default_response_class=Response, dependencies=[needs(Action.SEE_DUTIES), CsrfDep])
counting = APIRouter(include_in_schema=False, default_response_class=Response, dependencies=[needs(Action.SEE_STATISTICS)])
ruling = APIRouter(
    include_in_schema=False, default_response_class=Response, dependencies=[needs(Action.MANAGE_RULE_SETS), CsrfDep]
)
public = APIRouter(include_in_schema=False, default_response_class=Response, dependencies=[PUBLIC])
ROUTERS = (seeing, counting, ruling, public)
Slug = Annotated[str, Path(pattern=r"^[a-z][a-z0-9_]{0,62}$")]
Id = Annotated[str, Path(pattern=r"^[0-9a-f-]{36}$")]
_CSV = "text/csv; charset=utf-8"


class _In(BaseModel):
    """A form: what it does not know it refuses."""

    model_config = ConfigDict(extra="forbid")

    csrf: str


class ChangeForm(_In):
    """A changed element."""

    dataset: DatasetId
    elements: list[Element] = Field(min_length=1)
    reason: Reason
    happened_on: dt.date


class FunctionsForm(_In):
    """Changed functions; affected entries separated by spaces or lines, empty: all published ones."""

    agency: SlugText
    description: Reason
    document: Line
    happened_on: dt.date
    datasets: Annotated[str, Field(max_length=20_000)] = ""


class ReasonForm(_In):
    """Why something is decided."""

    reason: Reason


class AdoptionForm(_In):
    """From when on events follow a rule set."""

    rule_set: Annotated[str, Field(pattern=r"^[a-z][a-z0-9-]{2,62}$")]
    from_day: dt.date
    verification: Annotated[str, Field(max_length=2_000)] = ""


class NoticeForm(_In):
    """A holiday notice as YAML."""

    text: Annotated[str, Field(max_length=20_000)]


@seeing.get("/duties")
def show_duties(
    request: Request,
    principal: PrincipalDep,
    state: Annotated[str, Query(pattern="^(open|overdue|done|dismissed)?$")] = "",
    agency: Annotated[str, Query(pattern="^[a-z0-9_]{0,63}$")] = "",
    cursor: Annotated[str, Query(max_length=60)] = "",
) -> Response:
    """Duties of one's agency, or of all, soonest due first; reporting changes."""
    asked = {"state": state or None, "agency": agency or None, "cursor": cursor or None}
    page = duty_views.list_duties(_platform(request), principal, DutyQuery.model_validate(asked))
    context = {"page": page, "state": state, "agency": agency, "states": list(DutyState), "elements": list(Element)}
    context |= {"may_report": is_permitted(principal, Action.REPORT_CHANGE), "today": clocks.today(_platform(request))}
    return render(request, "duties.html", context | {"agencies": _choice(request, principal)})


@seeing.post("/duties")
def report_change(request: Request, principal: PrincipalDep, form: Annotated[ChangeForm, Form()]) -> Response:
    """Report a changed element; the clock starts."""
    change = ElementChange.model_validate(form.model_dump(exclude={"csrf"}))
    return see(f"/duties/{duties.report_change(_platform(request), principal, change).id}")


@seeing.post("/duties/functions")
def register_functions(request: Request, principal: PrincipalDep, form: Annotated[FunctionsForm, Form()]) -> Response:
    """Register that an agency's functions changed."""
    given = form.model_dump(exclude={"csrf"}) | {"datasets": form.datasets.split()}
    duties.register_function_change(_platform(request), principal, **given)
    return see("/duties")


@seeing.get("/duties/{id_}")
def show_duty(request: Request, principal: PrincipalDep, id_: Id) -> Response:
    """A duty with its count day by day and its history."""
    found = duty_views.show_duty(_platform(request), principal, id_)
    may_dismiss = is_permitted(principal, Action.DISMISS_DUTY) and found.duty.closed is None
    return render(request, "duty.html", {"one": found, "may_dismiss": may_dismiss})


@seeing.post("/duties/{id_}/dismissal")
def dismiss_duty(request: Request, principal: PrincipalDep, id_: Id, form: Annotated[ReasonForm, Form()]) -> Response:
    """Close a duty for which no update is needed."""
    duties.dismiss(_platform(request), principal, id_, form.reason)
    return see(f"/duties/{id_}")


@counting.get("/statistics")
def show_statistics(request: Request, principal: PrincipalDep) -> Response:
    """Catalog statistics."""
    return render(request, "statistics.html", {"one": statistics.catalog_statistics(_platform(request), principal)})


@counting.get("/statistics.csv")
def export_statistics(request: Request, principal: PrincipalDep) -> Response:
    """Statistics by agency as CSV."""
    headers = {"Content-Disposition": 'attachment; filename="catalog-statistics.csv"', "Cache-Control": "no-store"}
    return Response(statistics.statistics_csv(_platform(request), principal), media_type=_CSV, headers=headers)


@ruling.post("/rules/adoptions")
def adopt_rule_set(request: Request, principal: PrincipalDep, form: Annotated[AdoptionForm, Form()]) -> Response:
    """Adopt a rule set from a day on."""
    rule_sets.adopt_rule_set(_platform(request), principal, form.rule_set, form.from_day, verification=form.verification)
    return see("/rules")


@ruling.post("/rules/notices")
def take_in_notice(request: Request, principal: PrincipalDep, form: Annotated[NoticeForm, Form()]) -> Response:
    """Take in a holiday notice; running deadlines are counted again."""
    holiday_notices.take_in(_platform(request), principal, read_model(HolidayNotice, form.text, "notice.yaml"))
    return see("/rules")


@public.get("/rules")
def show_rules(request: Request, principal: PrincipalDep) -> Response:
    """Rule sets, adoptions, requirements, the calendar's notices."""
    platform = _platform(request)
    sets, today = clocks.rule_sets(platform), clocks.today(platform)
    context = {"sets": sets, "in_force": sets.in_force(today), "kinds": list(DutyKind), "today": today}
    context |= {"may_rule": is_permitted(principal, Action.MANAGE_RULE_SETS), "notices": holiday_notices.notices(platform)}
    return render(request, "rules.html", context | {"known_until": max(clocks.calendar(platform).known_years)})


@public.get("/datasets/{agency}/{name}/completeness")
def show_completeness(request: Request, principal: PrincipalDep, agency: Slug, name: Slug, *, draft: bool = False) -> Response:
    """What an entry lacks by the compilation requirements in force."""
    platform, dataset_id = _platform(request), f"{agency}/{name}"
    found = entry_completeness(platform, principal, dataset_id, is_draft=draft)
    published = () if draft else schema(platform, dataset_id).fields
    titles = {field.name: Text(zh=field.title, en=field.title_en) for field in published}
    return render(request, "completeness.html", {"one": found, "titles": titles})


def _choice(request: Request, principal: Principal) -> dict[str, Text]:
    """Return the names of the agencies among whose duties somebody can choose; none for those who see their own only."""
    sees_all = is_permitted(principal, Action.SEE_DUTIES, agency="*")  # no agency's slug
    return agency_names(_platform(request)) if sees_all else {}


def _platform(request: Request) -> Platform:
    platform: Platform = request.app.state.platform
    return platform
