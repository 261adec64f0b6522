"""What people see of entities, conflicts and objections. Not here: finding it (entities, conflicts)."""

import datetime as dt

from catalog_service.catalog.entity import DecisionKind, EventKind, LinkedPair
from catalog_service.catalog.model import Model


class ValueView(Model):
    """A golden value, and why it is that one."""

    field: str
    title: str
    title_en: str = ""
    value: str | None = None
    is_masked: bool = False
    """The value may not be seen by who asks."""
    source: str | None = None
    delivery: str | None = None
    row: int | None = None
    rule: str | None = None
    is_disputed: bool = False


class EntityView(Model):
    """One entity as a published version of the base database has it."""

    dataset: str
    entity_id: str
    key: tuple[str, ...]
    version: int
    published_at: dt.datetime
    values: tuple[ValueView, ...]


class EventView(Model):
    """Something that happened to an entity."""

    at: dt.datetime
    kind: EventKind
    values: tuple[ValueView, ...] = ()
    """The record after it; as it was, where it ended."""
    decision: DecisionKind | None = None
    """What was decided by hand; the next run carries it out."""
    is_revoked: bool = False
    reason: str = ""
    decided_by: str = ""


class HistoryView(Model):
    """What happened to one entity, oldest first."""

    dataset: str
    entity_id: str
    key: tuple[str, ...]
    known_since: dt.datetime
    """Publication of the first version kept of the base database."""
    events: tuple[EventView, ...]


class AgencyConflicts(Model):
    """How often an agency's data differ from those of others."""

    agency: str
    agency_name: str
    source: str
    statement_count: int
    """Values of this source at disputed fields."""
    overruled_count: int
    """Of these, the values that did not become golden."""
    record_count: int


class ConflictRow(Model):
    """What one source says of a disputed field of a record."""

    objection_id: str
    key: tuple[str, ...]
    field: str
    source: str
    value: str | None
    is_masked: bool
    votes: int
    is_chosen: bool
    delivery: str
    row: int


class ConflictReport(Model):
    """Article 26: the conflicts of a base database, counted per source and listed."""

    dataset: str
    counts: tuple[AgencyConflicts, ...]
    rows: tuple[ConflictRow, ...]
    row_total: int


class ObjectionView(Model):
    """Article 26: an objection that the platform itself holds against a disputed field, until its sources agree."""

    objection_id: str
    key: tuple[str, ...]
    field: str
    is_open: bool
    opened_at: dt.datetime
    closed_at: dt.datetime | None = None


class ComparedView(Model):
    """What two records say of a field; None: nothing, or the record is not there any more."""

    field: str
    title: str
    title_en: str = ""
    left: str | None
    right: str | None


class PairView(LinkedPair):
    """A pair to be reviewed, side by side."""

    compared: tuple[ComparedView, ...] = ()


class ReviewView(Model):
    """Pairs to be reviewed."""

    dataset: str
    pairs: tuple[PairView, ...]
