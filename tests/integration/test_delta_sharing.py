"""Delta Sharing, proved with the official Python client over a real socket: open data, grants, time travel, changes, ends."""

import json
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx2
import pytest

from catalog_service.services import products
from catalog_service.services.publishing import release
from tests.acceptance.sharing_city import ELDERS, TABLES, Desk, opened
from tests.integration.api_server import running
from tests.support.peers import peer_python
from tests.unit.services.reading_platform import STOPS, make_platform, write

CLIENT = Path(__file__).resolve().parents[1] / "support" / "delta_client.py"
OPEN_STOPS = f"open.{STOPS.replace('/', '.')}"
FORMATS: list[dict[str, Any]] = [{}, {"use_delta_format": True}]

pytestmark = [pytest.mark.slow, pytest.mark.timeout(900)]


def client(*wishes: dict[str, Any]) -> list[Any]:
    """Return what the official client gets."""
    done = subprocess.run(
        [str(peer_python("delta_sharing")), str(CLIENT)], input=json.dumps(wishes), capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    found: list[Any] = json.loads(done.stdout.splitlines()[-1])  # the client prints statistics of its own before
    return found


@dataclass
class Served:
    desk: Desk | None
    address: str
    profile: str


@pytest.fixture(scope="module")
def public(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    home: Path = tmp_path_factory.mktemp("open")
    make_platform(home).close()
    with running(home) as (_, address):
        profile = home / "open.share"
        profile.write_text(httpx2.get(f"{address}/delta-sharing/open.share").text)
        yield Served(None, address, str(profile))


def test_open_data_are_listed_and_read_by_anybody(public: Served) -> None:
    listed, number, schema, *read = client(
        {"verb": "tables", "profile": public.profile},
        {"verb": "version", "profile": public.profile, "table": OPEN_STOPS},
        {"verb": "metadata", "profile": public.profile, "table": OPEN_STOPS},
        *({"verb": "rows", "profile": public.profile, "table": OPEN_STOPS, "options": form} for form in FORMATS),
    )
    assert OPEN_STOPS in listed
    assert '"code"' in schema
    versions = httpx2.get(f"{public.address}/api/v1/datasets/{STOPS}/versions").json()["items"]
    assert number == versions[0]["version"]
    for one in read:
        assert len(one["rows"]) == 300, one
    assert read[0] == read[1]


def test_time_travel_and_changes_go_version_by_version(public: Served) -> None:
    versions = httpx2.get(f"{public.address}/api/v1/datasets/{STOPS}/versions").json()["items"]
    for one in versions:
        for form in FORMATS:
            options = {"version": one["version"], **form}
            [found] = client({"verb": "rows", "profile": public.profile, "table": OPEN_STOPS, "options": options})
            assert len(found["rows"]) == one["row_count"], (options, found)
    first, last = versions[-1]["version"], versions[0]["version"]
    for form in FORMATS:
        options = {"starting_version": first, "ending_version": last, **form}
        [changed] = client({"verb": "changes", "profile": public.profile, "table": OPEN_STOPS, "options": options})
        assert ["insert", last, 300] in changed, (form, changed)
        assert ["delete", last, 200] in changed, (form, changed)
    limited, unknown = client(
        {"verb": "rows", "profile": public.profile, "table": OPEN_STOPS, "options": {"limit": 7}},
        {"verb": "rows", "profile": public.profile, "table": OPEN_STOPS, "options": {"version": 999}},
    )
    assert len(limited["rows"]) == 7
    assert "404" in unknown["error"]


@contextmanager
def _granting(home: Path) -> Iterator[Served]:
    with opened(home) as desk, running(home) as (_, address):
        yield Served(desk, address, str(home / "grant.share"))


@pytest.fixture(scope="module")
def granted(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    with _granting(tmp_path_factory.mktemp("granted")) as served:
        yield served


@pytest.fixture
def changing(tmp_path: Path) -> Iterator[Served]:
    """One whose data the test changes."""
    with _granting(tmp_path) as served:
        yield served


def table_of(grant: str) -> str:
    return f"grant_{grant.replace('-', '')}.{ELDERS.replace('/', '.')}"


def profile_of(served: Served, grant: str, who: str = "health") -> str:
    assert served.desk is not None
    made = served.desk.post(who, f"/grants/{grant}/profile")
    assert made.status_code == 201, made.text
    document = made.json() | {"endpoint": f"{served.address}/delta-sharing"}
    path = Path(served.profile).with_name(f"{grant}.share")
    path.write_text(json.dumps(document))
    return str(path)


def test_a_grant_is_a_share_of_exactly_what_it_gives(granted: Served) -> None:
    assert granted.desk is not None
    _, grant = granted.desk.grant(columns=["id", "name", "district"])
    profile = profile_of(granted, grant)
    listed, *read = client(
        {"verb": "tables", "profile": profile},
        *({"verb": "rows", "profile": profile, "table": table_of(grant), "options": form} for form in FORMATS),
    )
    assert listed == [table_of(grant)]
    for one in read:
        assert one["columns"] == ["district", "id", "name"], one
        assert len(one["rows"]) == 60
        assert not any("王某" in name for _, _, name in one["rows"]), "names are masked"
    refused = client({"verb": "rows", "profile": profile, "table": OPEN_STOPS})[0]
    assert "404" in refused["error"]


def test_revoking_ends_the_profile_and_addresses_already_handed_out(granted: Served) -> None:
    assert granted.desk is not None
    _, grant = granted.desk.grant(columns=["id", "district"])
    profile = profile_of(granted, grant)
    token = json.loads(Path(profile).read_text())["bearerToken"]
    share, schema, name = table_of(grant).split(".")
    path = f"{granted.address}/delta-sharing/shares/{share}/schemas/{schema}/tables/{name}/query"
    answer = httpx2.post(path, headers={"Authorization": f"Bearer {token}"}, json={})
    assert "endStreamAction" not in answer.text
    url = json.loads(answer.text.splitlines()[2])["file"]["url"]
    part = httpx2.get(url, headers={"Range": "bytes=0-3"})
    assert (part.status_code, part.content) == (206, b"PAR1")
    assert httpx2.get(url.replace("Expires=3600", "Expires=9999999")).status_code == 403
    assert httpx2.get(url.replace("/1.parquet", "/2.parquet")).status_code == 403
    revoked = granted.desk.post("reviewer", f"/grants/{grant}/revoke", {"reason": "用途不符"})
    assert revoked.status_code == 200, revoked.text
    assert httpx2.get(url).status_code == 401
    again = httpx2.post(path, headers={"Authorization": f"Bearer {token}"}, json={})
    assert (again.status_code, again.json()["errorCode"]) == (401, "UNAUTHENTICATED")
    assert "错误" not in again.json()["message"]
    [found] = client({"verb": "rows", "profile": profile, "table": table_of(grant)})
    assert "401" in found["error"]


def test_only_the_holder_makes_a_profile_and_a_new_one_ends_the_old(granted: Served) -> None:
    assert granted.desk is not None
    _, grant = granted.desk.grant(columns=["id", "district"])
    assert granted.desk.post("police", f"/grants/{grant}/profile").status_code == 404
    assert granted.desk.post("civil", f"/grants/{grant}/profile").status_code == 403
    assert granted.desk.post("nobody", f"/grants/{grant}/profile").status_code == 401
    old, new = (json.loads(Path(profile_of(granted, grant)).read_text())["bearerToken"] for _ in range(2))
    shares = f"{granted.address}/delta-sharing/shares"
    assert httpx2.get(shares, headers={"Authorization": f"Bearer {old}"}).status_code == 401
    assert httpx2.get(shares, headers={"Authorization": f"Bearer {new}"}).status_code == 200


def test_a_new_version_of_the_source_is_a_new_version_of_the_share(changing: Served) -> None:
    assert changing.desk is not None
    platform = changing.desk.platform
    _, grant = changing.desk.grant(columns=["id", "district"])
    profile = profile_of(changing, grant)
    fewer = TABLES[ELDERS].replace("range(60)", "range(40)")
    snapshot = write(platform, f"standard/{ELDERS}", fewer)
    release(platform, [snapshot])
    products.refresh_grants(platform, ELDERS)
    number, found, changed = client(
        {"verb": "version", "profile": profile, "table": table_of(grant)},
        {"verb": "rows", "profile": profile, "table": table_of(grant)},
        {"verb": "changes", "profile": profile, "table": table_of(grant), "options": {"starting_version": 1}},
    )
    assert (number, len(found["rows"])) == (1, 40)
    assert changed == [["delete", 1, 60], ["insert", 1, 40]]
