"""Article 21: shared data serve the agency's own duties only: bound to grantee, purpose, case and period, never passed on."""

import csv
import io
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest

from catalog_service.catalog.vocabularies import RecordState
from catalog_service.services import clocks, expiring, products
from tests.acceptance.sharing_city import ELDERS, NONE, PURPOSE, Desk, codes, elders, opened
from tests.support.people import OPERATOR


@pytest.fixture(scope="module")
def desk(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Desk]:
    with opened(tmp_path_factory.mktemp("article")) as made:
        yield made


def read(desk: Desk, who: str, grant: str, **params: Any) -> Any:
    return desk.get(who, f"/grants/{grant}/data.csv", **{"purpose": PURPOSE, **params})


def rows(answer: Any) -> list[dict[str, str]]:
    assert answer.status_code == 200, answer.text
    return list(csv.DictReader(io.StringIO(answer.text)))


def test_a_grant_gives_its_fields_and_rows_treated_and_nothing_else(desk: Desk) -> None:
    only = {"all_of": [{"field": "district", "operator": "equal", "values": ["320205"]}]}
    _, grant = desk.grant(columns=["id", "name", "phone", "district"], row_filter=only)
    found = rows(read(desk, "health", grant))
    assert len(found) == 30
    assert set(found[0]) == {"id", "name", "phone", "district"}
    assert {(one["name"][1:].strip("*"), one["district"]) for one in found} == {("", "320200")}
    assert all(len(one["phone"]) == 64 for one in found)
    assert len({one["phone"] for one in found}) == 30


def test_pseudonyms_are_stable_within_a_grant_and_useless_across_grants(desk: Desk) -> None:
    (_, one), (_, other) = desk.grant(columns=["id", "phone"]), desk.grant(columns=["id", "phone"])
    first, again, another = (rows(read(desk, "health", grant)) for grant in (one, one, other))
    assert first == again
    assert not {row["phone"] for row in first} & {row["phone"] for row in another}


@pytest.mark.parametrize(
    ("who", "params", "status", "code"),
    [
        ("health", {"purpose": "统计分析"}, 403, "other-purpose"),
        ("health", {"purpose": ""}, 403, "other-purpose"),
        ("health", {"case_number": "X"}, 403, "other-case"),
        ("health", {"case_number": "A-1", "columns": "id,born_on"}, 403, "columns-beyond"),
        ("reviewer", {"case_number": "A-1"}, 403, "no-grant"),
        ("police", {"case_number": "A-1"}, 404, "unknown-case"),
        ("citizen", {"case_number": "A-1"}, 404, "unknown-case"),
        ("nobody", {"case_number": "A-1"}, 401, "sign-in"),
    ],
)
def test_other_readers_purposes_cases_and_fields_are_refused(
    desk: Desk, who: str, params: dict[str, Any], status: int, code: str
) -> None:
    _, grant = desk.grant(columns=["id"], case_number="A-1")
    assert rows(read(desk, "health", grant, case_number="A-1"))[0] == {"id": "E000"}
    answer = read(desk, who, grant, **params)
    assert (answer.status_code, codes(answer)[0][0]) == (status, code)


def test_a_revoked_grant_ends_at_once(desk: Desk) -> None:
    id_, grant = desk.grant(columns=["id"])
    assert read(desk, "health", grant).status_code == 200
    assert codes(desk.post("civil", f"/grants/{grant}/revoke")) == [("no-reasons", 20)]
    assert desk.post("health", f"/grants/{grant}/revoke", {"reason": "不再需要"}).status_code == 403
    ended = desk.post("civil", f"/grants/{grant}/revoke", {"reason": "职责已调整"})
    assert (ended.status_code, ended.json()["state"]) == (200, "revoked")
    assert codes(read(desk, "health", grant)) == [("grant-not-in-force", 21)]
    assert desk.get("health", f"/share-requests/{id_}").json()["request"]["state"] == "revoked"
    assert codes(desk.post("civil", f"/grants/{grant}/revoke", {"reason": "再次"})) == [("illegal-move", 20)]


def test_a_grant_ends_with_its_last_day(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    today = clocks.today(desk.platform)
    id_, grant = desk.grant(columns=["id"], valid_until=today.isoformat())
    assert read(desk, "health", grant).status_code == 200
    monkeypatch.setattr(clocks, "today", lambda _: today + timedelta(days=1))
    assert codes(read(desk, "health", grant)) == [("grant-not-in-force", 21)]
    assert [one.id for one in expiring.expire(desk.platform, OPERATOR)] == [grant]
    assert desk.get("health", f"/share-requests/{id_}").json()["request"]["state"] == "expired"
    assert expiring.expire(desk.platform, OPERATOR) == ()


def test_every_use_and_every_refusal_is_told_to_the_source_and_to_inspectors(desk: Desk) -> None:
    _, grant = desk.grant(columns=["id"], case_number="B-7")
    read(desk, "health", grant, case_number="B-7", limit=3)
    read(desk, "health", grant, case_number="B-8")
    desk.platform.auditor.drain()
    items = [one["entry"] for one in desk.get("civil", "/ledger/uses/civil").json()["items"][:2]]
    assert [(one["outcome"], one["case_number"], one["rows"]) for one in items] == [
        ("denied", "B-8", None),
        ("allowed", "B-7", 3),
    ]
    assert items[1]["details"]["grant"] == grant
    done = desk.get("inspector", "/ledger/entries", target=f"grant:{grant}").json()["items"]
    assert [one["entry"]["action"] for one in done] == ["issue_grant"]


def test_a_grant_never_loosens_what_the_entry_says(tmp_path_factory: pytest.TempPathFactory) -> None:
    with opened(tmp_path_factory.mktemp("stricter")) as desk:
        _, grant = desk.grant(columns=["id", "name"])
        with desk.platform.database.transaction() as transaction:
            transaction.catalog.put_dataset(elders(sharing=NONE, schema=_stricter()), state=RecordState.PUBLISHED)
        assert codes(read(desk, "health", grant)) == [("closed-since", 19)]


def test_a_treatment_that_became_stricter_closes_the_old_product_until_it_is_made_anew(
    tmp_path_factory: pytest.TempPathFactory,
) -> None:

    with opened(tmp_path_factory.mktemp("treated")) as desk:
        _, grant = desk.grant(columns=["id", "name"])
        assert rows(read(desk, "health", grant))[1]["name"] == "王**"
        document = elders().model_dump(by_alias=True, exclude_none=True)
        document["schema"]["fields"][1]["sharing_treatment"] = {"kind": "mask"}
        with desk.platform.database.transaction() as transaction:
            transaction.catalog.put_dataset(elders(schema=document["schema"]), state=RecordState.PUBLISHED)
        assert codes(read(desk, "health", grant)) == [("product-outdated", 22)]
        (made,) = products.refresh_grants(desk.platform, ELDERS)
        assert made.version == 1
        assert rows(read(desk, "health", grant))[1]["name"] == "***"


def _stricter() -> dict[str, Any]:
    fields = [one.model_dump(exclude_none=True) | {"sharing": "none"} for one in elders().schema_.fields]
    return {"fields": fields, "key": ["id"]}
