"""Records replaced beside the others: whoever reads them in whatever way finds what a table written anew would have."""

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from catalog_service.catalog.decision import Zone
from catalog_service.catalog.principal import operator
from catalog_service.catalog.row_query import RowQuery
from catalog_service.services import conflicts, entities, measuring
from catalog_service.services.access import Wish, analyst_session
from catalog_service.services.delivering import receive
from catalog_service.services.downloading import export
from catalog_service.services.export_forms import ExportForm
from catalog_service.services.platform import Platform
from catalog_service.services.publishing import current
from catalog_service.services.querying import query
from lake.manifest import DataFile, verify
from lake.replacing import is_merged
from pipelines import golden_changes
from pipelines.running import run_main_job
from tests.support import city
from tests.support.killing import visible

WHO = operator("test")
GROWING = {"format": "csv", "mode": "incremental"}
FIELDS: list[str | dict[str, Any]] = ["id", {"name": "name", "pattern": "[a-z]+", "sensitivity": "public"}, "place"]
GOLDEN = {"kind": "golden", "sources": [{"dataset": "alpha/people"}, {"dataset": "beta/people"}]}
DAYS = [
    {"alpha": [("1", "a", "p"), ("2", "b", "p"), ("3", "C3", "p")], "beta": [("1", "a", "q"), ("4", "d", "q")]},
    {"beta": [("2", "bb", "p"), ("5", "E", "q")]},
    {"alpha": [("1", "aa", "q"), ("6", "F6", "r")], "beta": [("3", "c", "p")]},
    {"alpha": [("5", "e", "q")]},
]


def grown(home: Path, folder: Path, *, share: float) -> Platform:
    """Deliver day by day, with what changed beside the rest or all written anew."""
    published = city.catalog(
        *(city.dataset(f"{one}/people", FIELDS, delivery=GROWING) for one in ("alpha", "beta")),
        city.dataset("authority/people", FIELDS, ["id"], derivation=GOLDEN),
    )
    platform = city.platform(home, published)
    folder.mkdir()
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(golden_changes, "LEAST_AT_HAND", 0)
        patch.setattr(golden_changes, "LARGEST_CHANGED_SHARE", 10.0)
        patch.setattr(golden_changes, "LARGEST_REPLACED_SHARE", share)
        for day, delivered in enumerate(DAYS):
            for agency, rows in delivered.items():
                path = folder / f"{day}_{agency}.csv"
                path.write_text("id,name,place\n" + "".join(",".join(row) + "\n" for row in rows), encoding="utf-8")
                receive(platform, f"{agency}/people", path)
            run_main_job(platform)
    return platform


@pytest.fixture(scope="module")
def both(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Platform, Platform]]:
    """A platform on which records were replaced, and one on which they were written anew."""
    folder = tmp_path_factory.mktemp("grown")
    with (
        grown(folder / "beside", folder / "files", share=10.0) as beside,
        grown(folder / "anew", folder / "others", share=0.0) as anew,
    ):
        assert is_merged(current(beside)["base/authority/people"].paths)
        assert is_merged(current(beside)["base/authority/people_conflicts"].paths)
        assert not any(is_merged(one.paths) for one in current(anew).values())
        yield beside, anew


def same(found: list[Any]) -> None:
    beside, anew = found
    assert beside
    assert beside == anew


def test_all_tables_have_the_same_rows(both: tuple[Platform, Platform]) -> None:
    found = []
    for platform in both:
        tables = {key: rows for state in visible(platform).values() for key, rows in state.items()}
        found.append({key: [hidden_ids(row) for row in rows] for key, rows in tables.items() if not key.startswith("quality")})
        publications = current(platform)
        assert {key: one.row_count for key, one in publications.items()} == {
            key: len(rows) for state in visible(platform).values() for key, rows in state.items()
        }
        for one in publications.values():
            verify(platform.lake.root, [DataFile(f.path, f.size_bytes, f.row_count, f.sha256) for f in one.files])
    same(found)


def hidden_ids(row: str) -> str:
    """Return a row without the ids of deliveries (UUID), which are others on another platform."""
    return re.sub(r"'[0-9a-f-]{36}'", "'id'", row)


def test_checks_count_the_same(both: tuple[Platform, Platform]) -> None:
    runs = [measuring.latest_run(platform, "authority/people") for platform in both]
    assert runs[0].row_count == 6
    counts = [{one.rule.name: (one.passed, one.unexpected_count) for one in run.measurements} for run in runs]
    assert any(count for _, count in counts[0].values()), "no rule fails"
    same(counts)
    same([sorted(row.key for row in measuring.failed_rows(one, WHO, "authority/people").rows) for one in both])


def test_analysts_consumers_and_exports_read_the_same(both: tuple[Platform, Platform]) -> None:
    sessions, exports, pages = [], [], []
    for platform in both:
        with analyst_session(platform, WHO) as session:
            sessions.append(session.execute("SELECT id, name, place FROM base.authority.people ORDER BY ALL").fetchall())
        made = export(platform, WHO, Wish("authority/people", Zone.MAIN), ExportForm.CSV)
        exports.append(sorted(b"".join(made.chunks).decode().splitlines()))
        cursor, rows = None, []
        while True:
            asked = RowQuery.model_validate({"limit": 1, "cursor": cursor, "sort": [{"field": "place"}]})
            answer = json.loads(query(platform, WHO, Wish("authority/people", Zone.MAIN), asked).document())
            rows += answer["rows"]
            cursor = answer["next_cursor"]
            if cursor is None:
                break
        pages.append(sorted(map(str, rows)))
    assert [row[0] for row in sessions[0]] == list("123456")
    assert len(pages[0]) == 6
    same(sessions)
    same(exports)
    same(pages)


def test_an_entity_tells_the_same_of_itself(both: tuple[Platform, Platform]) -> None:
    same([[(v.field, v.value, v.source) for v in entities.show(one, WHO, "authority/people", ("1",)).values] for one in both])
    histories = [entities.history(one, WHO, "authority/people", ("1",)).events for one in both]
    same([[(event.kind, [(v.field, v.value) for v in event.values]) for event in one] for one in histories])
    same([conflicts.report(one, WHO, "authority/people").counts for one in both])
