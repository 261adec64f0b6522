"""What strangers may file without an account (Art. 26, 27): a number to follow the case by, and a limit per day.

Here: numbers and limits. Not here: what is filed (objections, demands).
"""

import datetime as dt
import secrets

from catalog_service.catalog.errors import ThrottledError, problem
from catalog_service.catalog.principal import Principal
from catalog_service.services.ids import new_id
from catalog_service.store.database import Transaction

PER_DAY = 20
"""How much one stranger's network address may file on a day; whoever is signed in is not counted."""
_ALPHABET = "23456789ABCDEFGHJKLMNPQRSTUVWXYZ"


def new_number(prefix: str) -> str:
    """Return a new case number: 60 random bits in letters and digits that are not taken for each other."""
    blocks = ("".join(secrets.choice(_ALPHABET) for _ in range(4)) for _ in range(3))
    return "-".join((prefix, *blocks))


def require_moderation(transaction: Transaction, principal: Principal, origin: str, day: dt.date) -> None:
    """Count what a stranger files.

    Raises:
        ThrottledError: it is too much for a day.
    """
    if not principal.is_anonymous:
        return
    if transaction.interaction.filings(origin, day) >= PER_DAY:
        zh = f"您今天提交的次数已达 {PER_DAY} 次，请明天再试，或登录后提交"
        en = f"you have filed {PER_DAY} times today; try again tomorrow, or sign in"
        raise ThrottledError(problem("too-many-filings", zh, en))
    transaction.interaction.count_filing(new_id(), origin, day)
