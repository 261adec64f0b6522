"""An agency sees the objections that its own data are part of; keys of people stay hidden from who has them from nobody."""

from pathlib import Path

from catalog_service.catalog.dataset import Dataset
from catalog_service.catalog.principal import Principal, Role
from catalog_service.catalog.vocabularies import RecordState
from catalog_service.services import conflicts
from tests.unit.pipelines.golden_support import add, golden_dataset, open_city, resolve

ID = "authority/golden"


def person(role: Role, agency: str | None = None) -> Principal:
    return Principal(id="7", name="张三", roles=frozenset({role}), agency=agency)


def test_objections_are_seen_by_who_is_part_of_them(tmp_path: Path) -> None:
    with open_city(tmp_path) as platform:
        document = golden_dataset(platform).model_dump(mode="json", by_alias=True, exclude_none=True)
        document["schema"]["fields"][0]["sensitivity"] = "sensitive"
        with platform.database.transaction() as transaction:
            transaction.catalog.put_dataset(Dataset.model_validate(document), state=RecordState.PUBLISHED)
        add(platform, "a/d", "a1", [("100001", "p", None), ("200002", "p", None), ("300003", "p", None)])
        add(platform, "b/d", "b1", [("100001", "q", None), ("200002", "q", None)])
        add(platform, "c/d", "c1", [("100001", None, "r"), ("300003", "q", "r")])
        resolve(platform, "run1")
        add(platform, "b/d", "b2", [("100001", "p", None)])
        add(platform, "c/d", "c2", [("300003", "p", "r")])
        resolve(platform, "run2")
        seen = {
            agency: {(one.key[0], one.is_open) for one in conflicts.objections(platform, person(Role.COMPILER, agency), ID)}
            for agency in ("a", "b", "c", "authority")
        }
        everything = {("100001", False), ("200002", True), ("300003", False)}
        assert seen["a"] == seen["authority"] == everything
        assert seen["b"] == {("100001", False), ("200002", True)}
        assert seen["c"] == {("100001", False), ("300003", False)}
        overseer = person(Role.INSPECTOR)
        assert {one.key[0] for one in conflicts.objections(platform, overseer, ID)} == {"10**01", "20**02", "30**03"}
        assert {row.key[0] for row in conflicts.report(platform, overseer, ID).rows} == {"20**02"}
        assert {row.key[0] for row in conflicts.report(platform, person(Role.COMPILER, "b"), ID).rows} == {"200002"}
