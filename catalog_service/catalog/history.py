"""Where an entry stands on the desk of its agency and of the authority, and the record of what happened to it (Art. 14).

Here: shapes of standing, change and question. Not here: the transitions (life_cycle), what readers get (record).
"""

import datetime as dt
from typing import Annotated, Any

from pydantic import Field as Attribute
from pydantic import StringConstraints

from catalog_service.catalog.life_cycle import Event, Standing
from catalog_service.catalog.model import DatasetId, Model, Slug
from catalog_service.catalog.principal import Principal, operator
from catalog_service.catalog.vocabularies import RecordState

Document = dict[str, Any]
"""An entry as JSON, which may be incomplete while it is a draft."""


class DeskEntry(Model):
    """An entry as those see it who work on it. Times are UTC."""

    dataset_id: DatasetId
    agency: Slug
    title: str
    live: RecordState | None
    work: RecordState | None
    edition: int
    """1, 2, …: a new one with every change of content or state. An edit names the one it is based on."""
    version: int
    """The version made last; 0 while nothing was ever submitted."""
    live_version: int | None
    """The version that readers have, or had last; None: it was never published."""
    updated_at: dt.datetime
    updated_by: str

    @property
    def standing(self) -> Standing:
        """Live and work in one."""
        return Standing(self.live, self.work)

    @property
    def state(self) -> RecordState:
        """The one state that people are told."""
        return self.standing.state

    def moved(self, standing: Standing, by: str, **changes: object) -> "DeskEntry":
        """Return the entry one edition further, now, where `by` took it."""
        update = {"live": standing.live, "work": standing.work, "edition": self.edition + 1, "updated_by": by}
        return self.model_copy(update=update | {"updated_at": dt.datetime.now(dt.UTC)} | changes)


def new_entry(dataset_id: str) -> DeskEntry:
    """Return the entry that is not there yet: edition 0, nothing live, nothing worked on."""
    return DeskEntry(
        dataset_id=dataset_id,
        agency=dataset_id.partition("/")[0],
        title="",
        live=None,
        work=None,
        edition=0,
        version=0,
        live_version=None,
        updated_at=dt.datetime.now(dt.UTC),
        updated_by="",
    )


class Act(Model):
    """What somebody does to an entry, and why."""

    event: Event
    principal: Principal
    reasons: str = ""


DIRECTLY = Act(event=Event.IMPORT, principal=operator("platform"))
"""The platform itself stores an entry, on behalf of nobody in particular."""


class Change(Model):
    """One change of an entry: who, when, from where to where, why."""

    dataset_id: DatasetId
    edition: int
    at: dt.datetime
    event: Event
    state_before: RecordState | None
    """None: it began here."""
    state: RecordState
    live: RecordState | None
    live_version: int | None
    version: int
    principal_id: str
    principal_name: str
    agency: str | None
    reasons: str


class DeskQuery(Model):
    """A question to the desk; everything given must hold. In order of dataset id, page by page."""

    agency: Slug | None = None
    states: tuple[RecordState, ...] = ()
    limit: int = Attribute(default=50, ge=1, le=500)
    after: Annotated[str, StringConstraints(max_length=127)] = ""
    """Id of the last entry of the page before."""


class Target(Model):
    """An entry to be changed, and the edition that the change is based on."""

    dataset_id: DatasetId
    edition: Annotated[int, Attribute(ge=0, lt=2**31)]
