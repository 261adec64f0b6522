"""Pages of the registers (Art. 9, 10, 12): exchange channels, development plans, standards.

Not here: what may be registered (services.registers, services.planning).
"""

import datetime as dt
from typing import Annotated, Literal

from fastapi import APIRouter, Form, Path, Request, Response
from pydantic import BaseModel, ConfigDict, Field

from catalog_service.catalog.errors import InvalidError, problem
from catalog_service.catalog.model import Line
from catalog_service.catalog.model import Slug as SlugText
from catalog_service.catalog.principal import Action, is_permitted
from catalog_service.catalog.register import (
    DIVISIONS,
    Division,
    ExchangeChannel,
    Milestone,
    Number,
    Plan,
    PlanState,
    PlanStep,
    Standard,
    StandardLevel,
    StandardLink,
    StandardStatus,
)
from catalog_service.formats.models import as_model
from catalog_service.services import browsing, planning, registers
from catalog_service.services.platform import Platform
from catalog_service.web.forms import CsrfDep, see
from catalog_service.web.identity import PUBLIC, PrincipalDep, needs
from catalog_service.web.rendering import render

channels = APIRouter(
    include_in_schema=False, default_response_class=Response, dependencies=[needs(Action.SEE_CHANNELS), CsrfDep]
)
managing = APIRouter(
    include_in_schema=False, default_response_class=Response, dependencies=[needs(Action.MANAGE_PLANS), CsrfDep]
)
public = APIRouter(include_in_schema=False, default_response_class=Response, dependencies=[PUBLIC])
ROUTERS = (channels, managing, public)
Slug = Annotated[str, Path(pattern=r"^[a-z][a-z0-9_]{0,62}$")]
Edition = Annotated[int, Field(ge=1, le=2**31 - 1)]
LongText = Annotated[str, Field(max_length=4_000)]


class _In(BaseModel):
    """A form: what it does not know it refuses."""

    model_config = ConfigDict(extra="forbid")

    csrf: str


class ChannelForm(_In):
    """An existing channel."""

    id: SlugText
    title: Line
    provider: SlugText
    receiver: SlugText
    established_on: dt.date
    data: Line
    means: Line


class IntegrationForm(_In):
    """Plan and milestones; a milestone a line: title | due | done."""

    edition: Edition
    plan: LongText = ""
    milestones: LongText = ""
    closed_on: dt.date | Literal[""] = ""


class PlanForm(_In):
    """A plan that is being drafted."""

    id: SlugText
    title: Line
    jurisdiction: Division
    period: Annotated[str, Field(pattern=r"^\d{4}-\d{4}$")]
    linked_to: Annotated[str, Field(max_length=63)] = ""
    summary: LongText = ""


class StepForm(_In):
    """The station that a plan reached."""

    edition: Edition
    state: PlanState
    on: dt.date
    document: Line


class StandardForm(_In):
    """A standard; with its edition where it is changed."""

    edition: Annotated[str, Field(pattern=r"^\d{0,9}$")] = ""
    number: Number
    title: Line
    level: StandardLevel
    status: StandardStatus
    replaced_by: Annotated[str, Field(max_length=60)] = ""


class LinkForm(_In):
    """What rests on a standard."""

    standard: Number
    kind: Literal["rule", "rule_set", "data_element"]
    target: Line


@channels.get("/channels")
def show_channels(request: Request, principal: PrincipalDep) -> Response:
    """Existing channels and their integration."""
    platform = _platform(request)
    context = {"channels": registers.list_channels(platform, principal), "agencies": browsing.agencies(platform)}
    return render(request, "channels.html", context | {"may": is_permitted(principal, Action.MANAGE_CHANNELS)})


@channels.post("/channels")
def register_channel(request: Request, principal: PrincipalDep, form: Annotated[ChannelForm, Form()]) -> Response:
    """Register an existing channel; a new one is refused (Art. 12)."""
    one = as_model(ExchangeChannel, form.model_dump(exclude={"csrf"}))
    registers.register_channel(_platform(request), principal, one)
    return see(f"/channels/{one.id}")


@channels.get("/channels/{id_}")
def show_channel(request: Request, principal: PrincipalDep, id_: Slug) -> Response:
    """One channel with its plan and milestones."""
    one = registers.show_channel(_platform(request), principal, id_)
    may = any(
        is_permitted(principal, Action.MANAGE_CHANNELS, agency=slug) for slug in (one.channel.provider, one.channel.receiver)
    )
    lines = "\n".join(f"{m.title} | {m.due} | {m.done_on or ''}".rstrip(" |") for m in one.channel.milestones)
    return render(request, "channel.html", {"one": one, "may": may, "lines": lines})


@channels.post("/channels/{id_}/integration")
def integrate_channel(
    request: Request, principal: PrincipalDep, id_: Slug, form: Annotated[IntegrationForm, Form()]
) -> Response:
    """Set plan, milestones, progress."""
    given = {"plan": form.plan, "milestones": _milestones(form.milestones), "closed_on": form.closed_on or None}
    wish = as_model(registers.Integration, given)
    registers.integrate_channel(_platform(request), principal, id_, wish, form.edition)
    return see(f"/channels/{id_}")


@public.get("/plans")
def show_plans(request: Request, principal: PrincipalDep) -> Response:
    """Plans by hierarchy; drafts for the authority."""
    context = {"plans": planning.plans(_platform(request), principal), "divisions": DIVISIONS}
    return render(request, "plans.html", context | {"may": is_permitted(principal, Action.MANAGE_PLANS)})


@managing.post("/plans")
def register_plan(request: Request, principal: PrincipalDep, form: Annotated[PlanForm, Form()]) -> Response:
    """Register a plan that is being drafted."""
    given = form.model_dump(exclude={"csrf"}) | {"linked_to": form.linked_to or None}
    planning.register_plan(_platform(request), principal, as_model(Plan, given))
    return see("/plans")


@managing.post("/plans/{id_}/steps")
def advance_plan(request: Request, principal: PrincipalDep, id_: Slug, form: Annotated[StepForm, Form()]) -> Response:
    """Note that a plan was approved, published or filed."""
    step = PlanStep(state=form.state, on=form.on, document=form.document)
    planning.advance_plan(_platform(request), principal, id_, step, form.edition)
    return see("/plans")


@public.get("/standards")
def show_standards(request: Request, principal: PrincipalDep) -> Response:
    """Standards and what rests on them."""
    context: dict[str, object] = {"standards": planning.standards(_platform(request)), "levels": list(StandardLevel)}
    context |= {"statuses": list(StandardStatus), "may": is_permitted(principal, Action.MANAGE_PLANS)}
    return render(request, "standards.html", context)


@managing.post("/standards")
def put_standard(request: Request, principal: PrincipalDep, form: Annotated[StandardForm, Form()]) -> Response:
    """Register or change a standard."""
    given = form.model_dump(exclude={"csrf", "edition"}) | {"replaced_by": form.replaced_by or None}
    edition = int(form.edition) if form.edition else None
    planning.put_standard(_platform(request), principal, as_model(Standard, given), edition)
    return see("/standards")


@managing.post("/standards/links")
def link_standard(request: Request, principal: PrincipalDep, form: Annotated[LinkForm, Form()]) -> Response:
    """Note what rests on a standard."""
    link = as_model(StandardLink, form.model_dump(exclude={"csrf"}))
    planning.link_standard(_platform(request), principal, link)
    return see("/standards")


def _milestones(text: str) -> tuple[Milestone, ...]:
    """Return the milestones of a form, a line each: title | due | done.

    Raises:
        InvalidError: a line is none.
    """
    found = []
    for number, line in enumerate(text.splitlines(), start=1):
        parts = [part.strip() for part in line.split("|")] + ["", ""]
        if not line.strip():
            continue
        try:
            done = dt.date.fromisoformat(parts[2]) if parts[2] else None
            found.append(Milestone(title=parts[0], due=dt.date.fromisoformat(parts[1]), done_on=done))
        except ValueError as error:
            zh = "每行应为：名称 | 计划完成日 | 实际完成日（可空），日期写作 2026-12-31"
            en = "each line is: title | due | done (may be empty), days such as 2026-12-31"
            raise InvalidError(problem("bad-milestone", zh, en, row=number, field="milestones")) from error
    return tuple(found)


def _platform(request: Request) -> Platform:
    platform: Platform = request.app.state.platform
    return platform
