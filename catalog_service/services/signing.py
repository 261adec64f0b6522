"""Short-lived addresses of files, signed by the platform; whoever holds one proves nothing else, so they are checked again.

The query names are those of S3, by which Delta clients recognise a signed address. Here: signing and checking.
"""

import datetime as dt
import hmac
from collections.abc import Mapping
from functools import lru_cache
from pathlib import Path
from urllib.parse import quote, urlencode

from catalog_service.catalog.errors import ForbiddenError, problem
from catalog_service.services.key_files import secret_key
from catalog_service.settings import Settings

LIFETIME = dt.timedelta(hours=1)
_DATE = "%Y%m%dT%H%M%SZ"


def signed_query(settings: Settings, path: str, now: dt.datetime) -> str:
    """Return the query that makes `path` an address that opens for an hour."""
    date, seconds = now.astimezone(dt.UTC).strftime(_DATE), str(int(LIFETIME.total_seconds()))
    signature = _signature(settings, path, date, seconds)
    return urlencode({"X-Amz-Date": date, "X-Amz-Expires": seconds, "X-Amz-Signature": signature}, quote_via=quote)


def require_signed(settings: Settings, path: str, query: Mapping[str, str], now: dt.datetime) -> None:
    """Let pass who holds an address that was signed here and is not over.

    Raises:
        ForbiddenError: it was not signed here, was changed, or is over.
    """
    date, seconds = query.get("X-Amz-Date", ""), query.get("X-Amz-Expires", "")
    given = query.get("X-Amz-Signature", "")
    if not given.isascii() or not hmac.compare_digest(_signature(settings, path, date, seconds), given):
        zh, en = "下载地址无效，请重新查询获取地址", "the address is not valid; query the table again for a new one"
        raise ForbiddenError(problem("bad-signature", zh, en))
    end = dt.datetime.strptime(date, _DATE).replace(tzinfo=dt.UTC) + dt.timedelta(seconds=int(seconds))
    if now >= end:
        zh, en = "下载地址已过期，请重新查询获取地址", "the address has expired; query the table again for a new one"
        raise ForbiddenError(problem("address-expired", zh, en))


def _signature(settings: Settings, path: str, date: str, seconds: str) -> str:
    text = f"{path}\n{date}\n{seconds}".encode("utf-8", "surrogatepass")
    return hmac.new(_key(settings.home_path / "keys" / "addresses.key"), text, "sha256").hexdigest()


@lru_cache(maxsize=8)
def _key(path: Path) -> bytes:
    return secret_key(path)
