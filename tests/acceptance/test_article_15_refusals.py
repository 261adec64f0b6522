"""Articles 15, 18: what would fail at night is refused when the entry is submitted, over HTTP, with the reason in Chinese."""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from catalog_service.catalog.principal import Role
from catalog_service.catalog.vocabularies import RecordState
from catalog_service.matching.sketches import Sketch
from catalog_service.services.field_index import SKETCHES
from tests.acceptance.desks import PARKS, STOPS, Desks, open_desks
from tests.acceptance.support import entry
from tests.support.people import bearer

ID = "authority/places"
SOURCES = [{"dataset": STOPS}, {"dataset": PARKS}]
FIELDS: list[Any] = ["id", "name", {"name": "is_open", "type": "boolean"}]


@pytest.fixture(scope="module")
def desks(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Desks]:
    """A city in which each test compiles an entry of its own."""
    with open_desks(tmp_path_factory.mktemp("refusals")) as opened:
        yield opened


def submitted(desks: Desks, name: str, fields: list[Any], **derivation: Any) -> list[dict[str, Any]]:
    """Compile a golden entry and submit it; return what it is refused for."""
    compiler = bearer(desks.platform, Role.COMPILER, agency="authority")
    golden = {"kind": "golden", "sources": SOURCES, **derivation}
    dataset = entry(f"authority/{name}", fields, ["id"], derivation=golden)
    desks.post(compiler, "/records", dataset.model_dump(mode="json", by_alias=True, exclude_none=True))
    path = f"/records/authority/{name}/events"
    answer = desks.client.post(f"/api/v1{path}", json={"event": "submit"}, headers={**compiler, "If-Match": '"1"'})
    return [] if answer.status_code == 200 else list(answer.json()["problems"])


STRANGER = {"fields": ["name"], "order": ["tax/units"]}
BLOCKS = {"compare": [{"field": "name"}, {"field": "id"}], "blocks": [["name"], ["is_open"]]}
TWO_ORDERS = {"survivorship": [{"fields": ["name"], "order": [PARKS]}], "field_order": {"name": [STOPS]}}
CIRCLE = [{"dataset": STOPS, "copy_of": PARKS}, {"dataset": PARKS, "copy_of": STOPS}]


@pytest.mark.parametrize(
    ("name", "fields", "derivation", "code", "named"),
    [
        ("rule", FIELDS, {"survivorship": [STRANGER]}, "unknown-survivorship-source", "tax/units"),
        ("recency", FIELDS, {"survivorship": [{"fields": ["name"], "rule": "recent"}]}, "survivorship-recency", "recency"),
        ("key", [{"name": "id", "identifier": "uscc"}, "name"], {}, "key-without-check", "关联键 id"),
        ("block", FIELDS, {"linkage": BLOCKS}, "block-explodes", "is_open"),
        ("orders", FIELDS, TWO_ORDERS, "two-orders", "order"),
        ("circle", FIELDS, {"sources": CIRCLE}, "copy-cycle", PARKS),
        ("pattern", FIELDS, {"survivorship": [{"fields": ["name"], "valid": {"pattern": "(?=甲)"}}]}, "bad-pattern", "RE2"),
        ("twice", FIELDS, {"sources": [*SOURCES, SOURCES[0]]}, "duplicate-source", STOPS),
        ("source", FIELDS, {"sources": [*SOURCES, {"dataset": "tax/units"}]}, "unknown-source", "tax/units"),
    ],
)
def test_a_wrong_declaration_is_refused_with_its_reason(
    desks: Desks, name: str, fields: list[Any], derivation: dict[str, Any], code: str, named: str
) -> None:
    problems = submitted(desks, name, fields, **derivation)
    assert {one["code"] for one in problems} == {code}
    for one in problems:
        assert one["article"] in (15, None)
        assert named in one["message"]
        assert re.search("[\u4e00-\u9fff]{4}", one["message"])


def test_a_block_that_explodes_on_what_the_sources_hold_is_refused(desks: Desks) -> None:
    sketches = {"id": _sketch(30_000), "name": _sketch(20)}
    with desks.platform.database.transaction() as transaction:
        transaction.matching.put_sketches(STOPS, 1, SKETCHES.dump_json(sketches).decode())
    linkage = {"compare": [{"field": "name"}, {"field": "id"}], "blocks": [["id"], ["name"], ["id", "name"]]}
    (one,) = submitted(desks, "linked", FIELDS, linkage=linkage)
    assert (one["code"], one["article"]) == ("block-explodes", 15)
    assert "分组 name" in one["message"]
    assert "1,500" in one["message"]


def _sketch(distinct: int) -> Sketch:
    return Sketch(hashes=b"", distinct_count=distinct, row_count=30_000)


def test_a_right_declaration_is_taken(desks: Desks) -> None:
    assert submitted(desks, "places", FIELDS, survivorship=[{"fields": ["name"], "order": [PARKS]}]) == []


def test_a_circle_of_derived_data_sets_is_refused(tmp_path: Path) -> None:
    def union(id_: str, source: str) -> Any:
        return entry(id_, ["id"], derivation={"kind": "union", "sources": [source]})

    with open_desks(tmp_path) as desks:
        with desks.platform.database.transaction() as transaction:
            for one in (union("transport/first", STOPS), union("transport/second", "transport/first")):
                transaction.catalog.put_dataset(one, state=RecordState.PUBLISHED)
        path = "/records/transport/first"
        desks.ask(desks.compiler, "POST", f"{path}/events", 200, {"event": "revise"}, **{"If-Match": '"1"'})
        etag = str(desks.client.get(f"/api/v1{path}", headers=desks.compiler).headers["etag"])
        circle = union("transport/first", "transport/second").model_dump(mode="json", by_alias=True, exclude_none=True)
        desks.ask(desks.compiler, "PUT", path, 200, circle, **{"If-Match": etag})
        etag = str(desks.client.get(f"/api/v1{path}", headers=desks.compiler).headers["etag"])
        answer = desks.ask(desks.compiler, "POST", f"{path}/events", 422, {"event": "submit"}, **{"If-Match": etag})
    assert [one["code"] for one in answer["problems"]] == ["cycle"]
    assert "形成循环" in answer["problems"][0]["message"]
