"""Numbers, sizes, shares and times as people read them."""

import datetime as dt
import json
import math
from zoneinfo import ZoneInfo

_LOCAL = ZoneInfo("Asia/Shanghai")
_UNITS = ("B", "KB", "MB", "GB", "TB")


def number(value: int) -> str:
    """Return a whole number with separators: 1,234,567."""
    return f"{value:,}"


def size(value: int) -> str:
    """Return a size in bytes with a fitting unit: 12.3 MB."""
    amount, unit = float(value), 0
    while amount >= 1024 and unit < len(_UNITS) - 1:
        amount, unit = amount / 1024, unit + 1
    return f"{value} B" if unit == 0 else f"{amount:.1f} {_UNITS[unit]}"


def share(value: float) -> str:
    """Return a share as per cent, rounded down: only what is whole says 100 %."""
    if value >= 1:
        return "100%"
    return f"{math.floor(value * 10_000) / 100:.2f}%"


def when(value: dt.datetime) -> str:
    """Return an instant in local time to the minute."""
    return value.astimezone(_LOCAL).strftime("%Y-%m-%d %H:%M")


def pairs(document: str | None) -> str:
    """Return a JSON object as people read it: `code 1, name 甲`; empty for none."""
    named = json.loads(document) if document else {}
    return "，".join(f"{name} {'—' if value is None else value}" for name, value in named.items())


def start_of_day(text: str, *, days: int = 0) -> dt.datetime | None:
    """Return the instant at which a day (`2026-01-31`, local) begins, or the one some days later; None for no day."""
    try:
        day = dt.date.fromisoformat(text) + dt.timedelta(days=days)
    except (ValueError, OverflowError):
        return None
    return dt.datetime.combine(day, dt.time(), _LOCAL)
