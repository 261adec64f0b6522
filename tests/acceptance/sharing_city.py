"""A city whose agencies share and open data about old people: for the acceptance tests of Articles 19 to 24."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from starlette.testclient import TestClient

from catalog_service.api.app import create_app
from catalog_service.catalog.catalog import Catalog
from catalog_service.catalog.dataset import Dataset
from catalog_service.catalog.principal import Role
from catalog_service.services.platform import Platform
from catalog_service.services.publishing import release
from tests.acceptance.support import agencies, entry, publish
from tests.support.people import bearer
from tests.unit.services.reading_platform import write

BASIS = {"law": "老年人权益保障法", "article": "第三十条"}
CONDITIONAL = {"class": "conditional", "conditions": "仅限养老服务，签订协议", "basis": BASIS}
NONE = {"class": "none", "basis": BASIS}
ELDERS, HOMES, FILES = "civil/elders", "civil/homes", "civil/files"
PURPOSE = "核发高龄津贴"
_FIELDS: list[Any] = [
    "id",
    {"name": "name", "sharing_treatment": {"kind": "mask", "keep_first": 1}, "opening_treatment": {"kind": "drop"}},
    {"name": "phone", "sharing_treatment": {"kind": "pseudonym"}, "opening": "none"},
    {
        "name": "born_on",
        "type": "date",
        "sharing_treatment": {"kind": "date", "to": "year"},
        "opening_treatment": {"kind": "date", "to": "year"},
    },
    {"name": "district", "sharing_treatment": {"kind": "region", "digits": 4}},
    {"name": "income", "type": "decimal", "sharing": "none", "opening": "none"},
]
TABLES = {
    ELDERS: """
        SELECT format('E{:03d}', n) AS id, '王某' || n AS name, format('138{:08d}', n) AS phone,
               make_date(1930 + n % 3, n % 9 + 1, 11) AS born_on, '32020' || (n % 2 + 5) AS district,
               100::DECIMAL(18, 2) AS income, 'd1' AS _delivery_id, n AS _row_number
        FROM range(60) AS numbers(n)
    """,
    HOMES: "SELECT * FROM (VALUES ('H1', '夕阳红', '张三'), ('H2', '福寿居', '李四')) AS homes(id, name, manager)",
    FILES: "SELECT 'F1' AS id, '机密' AS note",
}


def city(**changes: Any) -> Catalog:
    """Return the catalog; `changes` go into the entry of old people."""
    return Catalog(
        agencies=agencies({"civil": "民政局", "health": "卫健委", "police": "公安局", "authority": "大数据管理局"}),
        datasets=(
            elders(**changes),
            entry(
                HOMES, ["id", "name", {"name": "manager", "sharing": "none", "opening": "none"}], ["id"], opening=CONDITIONAL
            ),
            entry(FILES, ["id", "note"], ["id"], sharing=NONE, opening=NONE),
        ),
    )


def elders(**changes: Any) -> Dataset:
    """Return the entry of old people: shared and opened under conditions, and in part only."""
    return entry(ELDERS, _FIELDS, ["id"], **{"sharing": CONDITIONAL, "opening": CONDITIONAL, **changes})


@contextmanager
def opened(home: Path, **changes: Any) -> Iterator["Desk"]:
    """Yield the desk of a platform with published data."""
    with publish(home, city(**changes)) as platform:
        release(platform, [write(platform, f"standard/{id_}", sql) for id_, sql in TABLES.items()])
        yield Desk(platform)


class Desk:
    """What roles do over HTTP, each with its own API key."""

    def __init__(self, platform: Platform) -> None:
        self.platform = platform
        self.client = TestClient(create_app(platform), raise_server_exceptions=False)
        self._headers = {
            "civil": bearer(platform, Role.RESPONSIBLE, agency="civil"),
            "health": bearer(platform, Role.RESPONSIBLE, agency="health"),
            "police": bearer(platform, Role.RESPONSIBLE, agency="police"),
            "reviewer": bearer(platform, Role.REVIEWER, agency="authority"),
            "government": bearer(platform, Role.GOVERNMENT),
            "inspector": bearer(platform, Role.INSPECTOR),
            "citizen": bearer(platform, Role.APPLICANT),
            "neighbour": bearer(platform, Role.APPLICANT),
            "nobody": {},
        }

    def get(self, who: str, path: str, **params: Any) -> Any:
        """Return the answer to a GET by somebody."""
        return self.client.get(f"/api/v1{path}", params=params, headers=self._headers[who])

    def post(self, who: str, path: str, body: dict[str, Any] | None = None) -> Any:
        """Return the answer to a POST by somebody."""
        return self.client.post(f"/api/v1{path}", json=body or {}, headers=self._headers[who])

    def request(self, who: str = "health", **changes: Any) -> Any:
        """Return the answer to a share request for the data of old people."""
        wish: dict[str, Any] = {
            "dataset": ELDERS,
            "purpose": PURPOSE,
            "legal_duty": BASIS,
            "columns": ["id", "name", "phone", "born_on", "district"],
            "valid_from": "2020-01-01",
            "valid_until": "2099-12-31",
            "case_number": "",
        }
        return self.post(who, "/share-requests", {"wish": wish | changes})

    def grant(self, **changes: Any) -> tuple[str, str]:
        """Let a request be granted; return the ids of request and grant."""
        id_ = self.request(**changes).json()["request"]["id"]
        assert self.post("civil", f"/share-requests/{id_}/opine", {"opinion": {"agrees": True}}).status_code == 200
        decided = self.post("reviewer", f"/share-requests/{id_}/approve")
        assert decided.status_code == 200, decided.text
        return id_, decided.json()["request"]["grant"]

    def apply(self, who: str = "citizen", **changes: Any) -> Any:
        """Return the answer to an application for the data of old people."""
        wish = {
            "dataset": ELDERS,
            "purpose": "养老需求研究",
            "format": "csv",
            "organisation": "江南大学",
            "valid_from": "2020-01-01",
            "valid_until": "2099-12-31",
        }
        return self.post(who, "/open-requests", wish | changes)


def codes(answer: Any) -> list[tuple[str, int | None]]:
    """Return codes and articles of a refusal."""
    return [(one["code"], one["article"]) for one in answer.json()["problems"]]
