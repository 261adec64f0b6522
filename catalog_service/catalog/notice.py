"""Notices to people outside: what a reporter is told, in an outbox until the mail is out (Art. 26, 27)."""

import datetime as dt

from catalog_service.catalog.model import Line, Model
from catalog_service.catalog.objection import Address


class Notice(Model):
    """One message to one address. It is written with the step that it tells of, and sent afterwards."""

    id: str
    revision: int = 1
    recipient: Address
    subject: Line
    body: str
    made_at: dt.datetime
    sent_at: dt.datetime | None = None
    attempts: int = 0
    error: str = ""
    """Why the last attempt failed."""
