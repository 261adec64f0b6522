"""Shapes of catalog work over HTTP: drafts, events, batches, and the edition in `ETag` and `If-Match`."""

import datetime as dt
import re
from typing import Annotated, Any, Literal

from fastapi import Depends, Header, Response
from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, RootModel, StringConstraints

from catalog_service.api.dependencies import SLUG
from catalog_service.catalog.dataset import Dataset
from catalog_service.catalog.errors import InvalidError, Language, problem
from catalog_service.catalog.history import DeskEntry, DeskQuery, Target
from catalog_service.catalog.life_cycle import Event
from catalog_service.catalog.vocabularies import RecordState
from catalog_service.services.life_cycle import MAX_REASONS

_ETAG = re.compile(r'^(?:W/)?"?(\d{1,9})"?$', re.ASCII)
_DAY = re.compile(r"^\d{4}-\d{2}-\d{2}$", re.ASCII)


def _written_out(value: object) -> object:
    """Refuse the other ways in which pydantic reads a date, such as seconds since 1970."""
    if isinstance(value, str) and not _DAY.match(value):
        raise ValueError("应写作 2026-01-31 / write 2026-01-31")
    return value


Day = Annotated[dt.date, BeforeValidator(_written_out)]
"""A day in Wuxi."""
_EVENTS = {one.value: one for one in Event}
Reasons = Annotated[str, StringConstraints(max_length=MAX_REASONS)]
Happening = Literal["submit", "return", "approve", "publish", "revise", "discard", "suspend", "resume", "withdraw"]


class DraftIn(RootModel[dict[str, Any]]):
    """An entry as catalog files write it; incomplete where it is a draft."""

    def named(self, dataset_id: str) -> dict[str, Any]:
        """Return the document with agency and name of an id."""
        agency, _, name = dataset_id.partition("/")
        return self.root | {"agency": agency, "name": name}


class EventIn(BaseModel):
    """One event of the life cycle."""

    model_config = ConfigDict(extra="forbid")

    event: Happening
    reasons: Reasons = ""
    """Needed to return, suspend and withdraw."""
    publishing: bool = False
    """With `approve`: publish in the same act."""

    @property
    def events(self) -> tuple[Event, ...]:
        """The events that are to happen, one after the other."""
        event = _EVENTS[self.event]
        return (event, Event.PUBLISH) if self.publishing and event is Event.APPROVE else (event,)


class BatchIn(EventIn):
    """The same event for several entries, each with the edition it is based on."""

    targets: list[Target] = Field(min_length=1, max_length=5_000)


class DeskParameters(BaseModel):
    """Which entries at work; everything given must hold."""

    model_config = ConfigDict(extra="forbid")

    agency: Annotated[str, StringConstraints(pattern=SLUG)] | None = None
    state: list[RecordState] = []
    limit: int = Field(default=50, ge=1, le=500)
    after: Annotated[str, StringConstraints(max_length=127, pattern=r"^[a-z0-9_/]*$")] = Field(
        default="", description="上一页的 next_after / next_after of the page before"
    )
    lang: Language | None = None

    def query(self) -> DeskQuery:
        """Return the question that they are."""
        return DeskQuery(agency=self.agency, states=tuple(self.state), limit=self.limit, after=self.after)


class ComparisonParameters(BaseModel):
    """Two editions of an entry."""

    model_config = ConfigDict(extra="forbid")

    before: int = Field(ge=1, lt=2**31)
    after: int = Field(ge=1, lt=2**31)
    lang: Language | None = None


class AsOfOut(BaseModel):
    """The catalog as it was published at the end of a day."""

    day: dt.date
    total: int
    items: tuple[Dataset, ...]


def _edition(
    if_match: Annotated[str, Header(description='所依据的版本，即 ETag / the edition it is based on, as in ETag: `"3"`')],
) -> int:
    found = _ETAG.match(if_match.strip())
    if found is None:
        zh = 'If-Match 应为所依据的版本号，例如 "3"（见读取该条目时的 ETag）'
        en = 'If-Match must name the edition that the change is based on, such as "3" (see ETag when reading the entry)'
        raise InvalidError(problem("bad-edition", zh, en, field="If-Match"))
    return int(found.group(1))


EditionDep = Annotated[int, Depends(_edition)]
"""The edition that a change is based on."""


def tagged(response: Response, entry: DeskEntry) -> DeskEntry:
    """Return the entry, its edition named in `ETag`."""
    response.headers["ETag"] = f'"{entry.edition}"'
    return entry
