"""Article 36: abuse of office and neglect of duty: who tried or did what, on whose decision, and which duty was missed."""

from collections.abc import Iterator
from typing import Any

import pytest
import sqlalchemy as sa

from catalog_service.catalog.principal import Role
from catalog_service.store.ledger_tables import ledger_entry
from tests.acceptance.sharing_city import ELDERS, FILES, PURPOSE, Desk, opened
from tests.support import people


@pytest.fixture(scope="module")
def desk(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Desk]:
    with opened(tmp_path_factory.mktemp("office")) as made:
        yield made


def found(desk: Desk, **asked: str) -> list[dict[str, Any]]:
    inspector = people.bearer(desk.platform, Role.INSPECTOR)
    answer = desk.client.get("/api/v1/ledger/entries", params=asked, headers=inspector)
    assert answer.status_code == 200, answer.text
    return [one["entry"] for one in answer.json()["items"]]


def curious(desk: Desk) -> tuple[str, dict[str, str]]:
    """Return an official of an agency that has no right to the data, and its credentials."""
    account = people.account(desk.platform, Role.RESPONSIBLE, agency="police")
    return account.id, {"Authorization": f"Bearer {people.key_of(desk.platform, account)}"}


@pytest.mark.parametrize(
    ("method", "path", "code"),
    [
        ("GET", f"/datasets/{FILES}/shared.csv?purpose=好奇", "not-shared"),
        ("GET", f"/datasets/{ELDERS}/shared.json?purpose=好奇", "request-required"),
        ("POST", f"/datasets/{FILES}/shared/query", "not-shared"),
        ("GET", f"/datasets/{FILES}/download.parquet", "not-open"),
    ],
)
def test_an_official_who_reaches_for_data_without_right_is_on_record_once(
    desk: Desk, method: str, path: str, code: str
) -> None:
    id_, headers = curious(desk)
    answer = desk.client.request(method, f"/api/v1{path}", headers=headers, json={} if method == "POST" else None)
    assert answer.status_code == 403
    (entry,) = found(desk, who=id_, outcome="denied")
    assert (entry["agency"], entry["details"], entry["rows"]) == ("police", {"code": code}, None)
    assert entry["target"] == "/".join(path.split("/")[2:4])


def test_what_was_read_for_what_purpose_by_whom_is_on_record(desk: Desk) -> None:
    _, grant = desk.grant(columns=["id", "district"])
    query = {"purpose": PURPOSE, "where": [{"field": "district", "operator": "is_given"}], "limit": 7}
    assert desk.post("health", f"/grants/{grant}/query", query).status_code == 200
    file = desk.get("health", f"/grants/{grant}/download.parquet", purpose=PURPOSE)
    assert file.content.startswith(b"PAR1")
    reads = [one for one in found(desk, target=ELDERS, outcome="allowed") if one["details"].get("grant") == grant]
    assert [(one["agency"], one["purpose"], one["rows"]) for one in reads] == [("health", PURPOSE, 60), ("health", PURPOSE, 7)]


def test_who_asks_for_few_rows_and_is_given_a_file_has_had_all_of_them(desk: Desk) -> None:
    _, grant = desk.grant(columns=["id"])
    token = desk.post("health", f"/grants/{grant}/profile").json()["bearerToken"]
    table = f"/delta-sharing/shares/grant_{grant.replace('-', '')}/schemas/{ELDERS.replace('/', '/tables/')}/query"
    for limit in (0, 7):
        answer = desk.client.post(table, json={"limitHint": limit}, headers={"Authorization": f"Bearer {token}"})
        assert answer.status_code == 200, answer.text
    reads = [one for one in found(desk, target=ELDERS, outcome="allowed") if one["details"].get("grant") == grant]
    assert [one["rows"] for one in reads] == [60, 0]


def test_decisions_name_who_took_them_and_why(desk: Desk) -> None:
    _, grant = desk.grant(columns=["id"])
    assert desk.post("reviewer", f"/grants/{grant}/revoke", {"reason": "用途不符"}).status_code == 200
    (entry,) = found(desk, action="revoke_grant", target=f"grant:{grant}")
    assert entry["agency"] == "authority"
    assert desk.get("inspector", f"/grants/{grant}").json()["grant"]["revocation_reason"] == "用途不符"


def test_nobody_in_office_can_change_the_record(desk: Desk) -> None:
    for role in (Role.RESPONSIBLE, Role.REVIEWER, Role.INSPECTOR):
        headers = people.bearer(desk.platform, role, agency="police")
        for method in ("PUT", "PATCH", "DELETE", "POST"):
            answer = desk.client.request(method, "/api/v1/ledger/entries", headers=headers)
            assert answer.status_code == 405, (role, method)
    engine = sa.create_engine(desk.platform.settings.sqlalchemy_url)
    with engine.begin() as connection:
        first = sa.select(sa.func.min(ledger_entry.c.sequence)).scalar_subquery()
        row = connection.execute(sa.select(ledger_entry).where(ledger_entry.c.sequence == first)).one()._asdict()
        connection.execute(ledger_entry.delete().where(ledger_entry.c.sequence == row["sequence"]))
    verdict = desk.get("inspector", "/ledger/verification").json()
    with engine.begin() as connection:
        connection.execute(ledger_entry.insert(), [row])
    engine.dispose()
    assert not verdict["is_sound"]
