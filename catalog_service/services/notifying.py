"""Telling people outside what became of their case (Art. 26, 27): an outbox, and its way out by SMTP.

A notice is stored in the transaction of the step that it tells of, so none is lost; it is sent afterwards, at most a few
times. Without SMTP settings notices stay in the outbox, and the page of the case tells the same.
"""

import datetime as dt
import logging
import smtplib
import ssl
from email.message import EmailMessage
from email.utils import format_datetime, make_msgid

from catalog_service.catalog.notice import Notice
from catalog_service.services.ids import new_id
from catalog_service.services.platform import Platform
from catalog_service.settings import Settings
from catalog_service.store.database import Transaction

ATTEMPTS = 5
_TIMEOUT_SECONDS = 20
_BATCH = 100
_log = logging.getLogger(__name__)


def tell(transaction: Transaction, recipient: str, subject: str, body: str) -> None:
    """Put a notice into the outbox; without an address nothing."""
    if recipient:
        made = Notice(id=new_id(), recipient=recipient, subject=subject, body=body, made_at=dt.datetime.now(dt.UTC))
        transaction.interaction.notices.add(made)


def send_waiting(platform: Platform) -> tuple[int, int]:
    """Send what waits in the outbox; return how many went out and how many failed. Nothing is sent without SMTP settings."""
    settings = platform.settings
    if not settings.smtp_host:
        return 0, 0
    with platform.database.reading() as transaction:
        cases = transaction.interaction.notices
        waiting = [one for one in cases.find(*cases.where(is_sent=False), limit=_BATCH) if one.attempts < ATTEMPTS]
    sent = [_send(platform, settings, one) for one in reversed(waiting)]
    return sum(sent), len(sent) - sum(sent)


def _send(platform: Platform, settings: Settings, notice: Notice) -> bool:
    error = ""
    try:
        _by_smtp(settings, notice)
    except (OSError, smtplib.SMTPException) as failure:
        error = f"{type(failure).__name__}: {failure}"[:400]
        _log.warning("notice %s could not be sent: %s", notice.id, type(failure).__name__)
    change = {
        "attempts": notice.attempts + 1,
        "error": error,
        "revision": notice.revision + 1,
        "sent_at": None if error else dt.datetime.now(dt.UTC),
    }
    with platform.database.transaction() as transaction:
        transaction.interaction.notices.save(notice.model_copy(update=change))
    return not error


def _by_smtp(settings: Settings, notice: Notice) -> None:
    message = EmailMessage()
    message["From"], message["To"], message["Subject"] = settings.smtp_from, notice.recipient, notice.subject
    message["Date"], message["Message-ID"] = format_datetime(dt.datetime.now(dt.UTC)), make_msgid(domain="wuxi-data")
    message["Auto-Submitted"] = "auto-generated"
    message.set_content(notice.body)
    with smtplib.SMTP(settings.smtp_host, settings.smtp_port, timeout=_TIMEOUT_SECONDS) as server:
        if settings.is_smtp_encrypted:
            server.starttls(context=ssl.create_default_context())
        if settings.smtp_user:
            server.login(settings.smtp_user, settings.smtp_password.get_secret_value())
        server.send_message(message)
