"""A city's authorities and agencies at their desks, over HTTP: for the acceptance tests of planning and catalog work."""

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from typing import Any

from starlette.testclient import TestClient

from catalog_service.api.app import create_app
from catalog_service.catalog.catalog import Catalog
from catalog_service.catalog.principal import Role
from catalog_service.services.platform import Platform
from tests.acceptance.support import agencies, entry, new_platform, publish
from tests.support.homes import lasting_folder
from tests.support.people import bearer

STOPS, PARKS = "transport/stops", "transport/parks"


class Desks:
    """People of the city, each acting by an API key of their own."""

    def __init__(self, platform: Platform, keys: dict[str, dict[str, str]]) -> None:
        self.platform = platform
        self.client = TestClient(create_app(platform))
        self.anonymous: dict[str, str] = {}
        self.compiler, self.responsible, self.stranger = keys["compiler"], keys["responsible"], keys["stranger"]
        self.reviewer, self.district, self.inspector = keys["reviewer"], keys["district"], keys["inspector"]

    def ask(self, who: dict[str, str], method: str, path: str, status: int, body: Any = None, **headers: str) -> Any:
        """Do something as somebody and return the answer, which has this status."""
        answer = self.client.request(method, f"/api/v1{path}", json=body, headers={**who, **headers})
        assert answer.status_code == status, answer.text
        return answer.json()

    def get(self, who: dict[str, str], path: str, status: int = 200) -> Any:
        """Look at something as somebody."""
        return self.ask(who, "GET", path, status)

    def post(self, who: dict[str, str], path: str, body: Any, status: int = 201) -> Any:
        """Register something as somebody."""
        return self.ask(who, "POST", path, status, body)

    def logged(self, action: str) -> list[dict[str, Any]]:
        """Return the ledger entries of an action, as the inspector sees them."""
        items = self.get(self.inspector, f"/ledger/entries?action={action}")["items"]
        return [one["entry"] for one in items]


@contextmanager
def open_desks(folder: Path, *, database_url: str = "") -> Iterator[Desks]:
    """Open a city with an authority, a district's authority and two agencies, one of them with two published entries."""
    if database_url:
        with publish(folder, _catalog(), database_url) as platform:
            yield Desks(platform, _keys(platform))
        return
    template, keys = _template()
    shutil.copytree(template, folder, dirs_exist_ok=True)
    with new_platform(folder) as platform:
        yield Desks(platform, keys)


@cache
def _template() -> tuple[Path, dict[str, dict[str, str]]]:
    """Return the home of such a city, made once, and the keys of its people."""
    folder = lasting_folder("desks")
    with publish(folder, _catalog()) as platform:
        return folder, _keys(platform)


def _catalog() -> Catalog:
    known = {"authority": "大数据管理局", "jiangyin": "江阴市大数据局", "transport": "交通运输局", "civil": "民政局"}
    registered = [
        one.model_copy(update={"jurisdiction": "320281"}) if one.slug == "jiangyin" else one for one in agencies(known)
    ]
    entries = (entry(STOPS, ["id", "name"], ["id"]), entry(PARKS, ["id", "spaces:integer"], ["id"]))
    return Catalog(agencies=tuple(registered), datasets=entries)


def _keys(platform: Platform) -> dict[str, dict[str, str]]:
    return {name: bearer(platform, role, agency=agency) for name, (role, agency) in _PEOPLE.items()}


_PEOPLE = {
    "compiler": (Role.COMPILER, "transport"),
    "responsible": (Role.RESPONSIBLE, "transport"),
    "stranger": (Role.RESPONSIBLE, "civil"),
    "reviewer": (Role.REVIEWER, "authority"),
    "district": (Role.REVIEWER, "jiangyin"),
    "inspector": (Role.INSPECTOR, "authority"),
}
