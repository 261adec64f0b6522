"""Golden records grow with their sources: what changed is resolved anew, with the same outcome as everything at once."""

import datetime as dt
import random
import tempfile
from pathlib import Path
from typing import Any

import pytest
from hypothesis import Phase, given, settings
from hypothesis import strategies as st

from catalog_service.catalog.dataset import Dataset
from catalog_service.catalog.entity import DecisionKind, IdentityDecision, entity_id
from catalog_service.catalog.vocabularies import RecordState
from catalog_service.services.platform import Platform
from catalog_service.services.publishing import current, release
from lake.replacing import is_merged
from pipelines import golden_changes
from pipelines.transforms import copies
from tests.unit.pipelines.golden_support import SOURCES, Row, add, golden_dataset, open_city, resolve, table

values = st.one_of(st.none(), st.sampled_from("pqr"))
rows = st.lists(st.tuples(st.sampled_from("123456"), values, values), min_size=1, max_size=4)
deliveries = st.lists(st.tuples(st.sampled_from(SOURCES), rows), min_size=2, max_size=5)
RULES = [
    {"fields": ["x"], "rule": "majority"},
    {"fields": ["y"], "order": ["c/d", "a/d"], "valid": {"not_values": ["q"]}, "when": [{"field": "x", "test": "known"}]},
]


def assert_same_outcome(
    named: list[tuple[str, str, list[Row]]], shuffled: list[tuple[str, str, list[Row]]], **derivation: Any
) -> None:
    """All at once, one after another, and one after another in another order: the same tables, provenance and rules too.

    One after another, with what changed beside the rest or all written anew, also the logs tell the same.
    """
    ways = {  # steps, in what order, rows from which tables are large, share that may be replaced
        "whole": (False, named, 0, 0.0),
        "anew": (True, named, 10**9, 0.0),
        "beside": (True, named, 0, 10.0),
        "compacted": (True, named, 0, 0.7),
        "shuffled": (True, shuffled, 0, 10.0),
    }
    outcomes, logs, most_files = {}, {}, 0
    for name, (steps, order, least, share) in ways.items():
        with tempfile.TemporaryDirectory() as folder, pytest.MonkeyPatch.context() as patch:
            patch.setattr(golden_changes, "LARGEST_CHANGED_SHARE", 2.0)
            patch.setattr(golden_changes, "LEAST_AT_HAND", least)
            patch.setattr(golden_changes, "LARGEST_REPLACED_SHARE", share)
            with open_city(Path(folder) / name, **(derivation or {"survivorship": RULES})) as platform:
                for number, (source, delivery, content) in enumerate(order):
                    add(platform, source, delivery, content)
                    if steps or number == len(order) - 1:
                        resolve(platform, f"run{number}")
                outcomes[name] = table(platform), table(platform, "_conflicts")
                logs[name] = [
                    sorted(repr({**row, "_at": None}) for row in table(platform, one)) for one in ("_changes", "_objections")
                ]
                published = current(platform)["base/authority/golden"]
                assert published.row_count == len(outcomes[name][0])
                assert current(platform)["base/authority/golden_conflicts"].row_count == len(outcomes[name][1])
                most_files = max(most_files, len(published.files))
    assert all(one == outcomes["whole"] for one in outcomes.values())
    assert logs["anew"] == logs["beside"] == logs["compacted"]
    assert most_files > 1, "nothing was ever replaced"


@pytest.mark.slow
def test_in_another_order_of_arrival_the_outcome_is_the_same() -> None:
    named: list[tuple[str, str, list[Row]]] = [
        ("b/d", "d0", [("1", "p", "q"), ("2", "q", None)]),
        ("c/d", "d1", [("1", "q", "r"), ("3", None, "p")]),
        ("a/d", "d2", [("1", "q", None), ("2", "r", "p")]),
        ("b/d", "d3", [("2", "r", "r"), ("3", "p", None)]),
    ]
    shuffled = [named[1], named[3], named[2], named[0]]
    assert_same_outcome(named, shuffled)
    assert_same_outcome(named, shuffled, level="record")


@pytest.mark.slow
@given(arrivals=deliveries, seed=st.randoms(use_true_random=False))
@settings(max_examples=8, deadline=None, phases=[Phase.explicit, Phase.generate])
def test_in_any_order_of_arrival_growing_tables_give_what_resolving_everything_gives(
    arrivals: list[tuple[str, list[Row]]], seed: random.Random
) -> None:
    named = [(source, f"d{number}", content) for number, (source, content) in enumerate(arrivals)]
    shuffled = list(named)
    seed.shuffle(shuffled)
    assert_same_outcome(named, shuffled)


@pytest.mark.slow
def test_a_source_that_is_no_copy_any_more_has_its_vote_as_if_resolved_at_once(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(golden_changes, "LEAST_AT_HAND", 0)
    monkeypatch.setattr(copies, "_SAMPLED_ROWS", 100)
    monkeypatch.setattr(copies, "_COPY_MIN_ROWS", 20)
    first: list[Row] = [(f"k{n}", "p", "q") for n in range(120)]
    later: list[Row] = [(f"k{n}", "r", "q") for n in range(20)]
    outcomes = []
    for name, steps in (("whole", False), ("grown", True)):
        with open_city(tmp_path / name) as platform:
            for source in ("a/d", "b/d"):
                add(platform, source, f"{source[0]}1", first)
            if steps:
                resolve(platform, "run1")
                assert table(platform, "_conflicts") == []
            add(platform, "b/d", "b2", later)
            resolve(platform, "run2")
            outcomes.append((table(platform), table(platform, "_conflicts")))
    assert outcomes[0] == outcomes[1]
    assert {row["id"] for row in outcomes[0][1]} == {row[0] for row in later}


def test_a_large_table_may_have_a_source_without_rows(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(golden_changes, "LEAST_AT_HAND", 0)
    for share in ("LARGEST_CHANGED_SHARE", "LARGEST_REPLACED_SHARE"):
        monkeypatch.setattr(golden_changes, share, 10.0)
    with open_city(tmp_path) as platform:
        add(platform, "a/d", "a1", [("1", "p", None)])
        with platform.lake.connect() as connection:
            relation = platform.lake.relation(current(platform)["standard/a/d"].paths)
            none = platform.lake.write(
                "standard/b/d", connection, f"FROM {relation} WHERE false", mode="overwrite", token="none"
            )
            release(platform, [none])
        resolve(platform, "run1")
        add(platform, "a/d", "a2", [("2", "q", None)])
        resolve(platform, "run2")
        assert [row["id"] for row in table(platform)] == ["1", "2"]
        assert is_merged(current(platform)["base/authority/golden"].paths)


def test_what_happened_is_logged_once_and_objections_close_when_sources_agree(tmp_path: Path) -> None:
    with open_city(tmp_path) as platform:
        add(platform, "a/d", "a1", [("1", "p", None), ("2", "p", None), *((f"k{n}", "p", "q") for n in range(20))])
        resolve(platform, "run1")
        assert table(platform, "_changes") == []
        add(platform, "b/d", "b1", [("1", "q", "r"), ("3", "s", None)])
        resolve(platform, "run2")
        resolve(platform, "run2")
        logged = [(row["_event"], row["id"], row["y"], row["y__source"]) for row in table(platform, "_changes")]
        assert sorted(logged) == [("changed", "1", "r", "b/d"), ("created", "3", None, None)]
        (opened,) = table(platform, "_objections")
        assert (opened["_event"], opened["id"], opened["field"]) == ("opened", "1", "x")
        add(platform, "b/d", "b2", [("1", "p", "r")])
        resolve(platform, "run3")
        events = sorted((row["_at"], row["_event"], row["objection_id"]) for row in table(platform, "_objections"))
        assert [(kind, id_) for _, kind, id_ in events] == [(k, opened["objection_id"]) for k in ("opened", "closed")]
        assert table(platform, "_conflicts") == []
        add(platform, "a/d", "a2", [("4", "p", None)], replaces=True)
        resolve(platform, "run4")
        retired = {row["id"] for row in table(platform, "_changes") if row["_event"] == "retired"}
        assert retired == {"2", *(f"k{n}" for n in range(20))}


def test_a_new_field_leaves_no_gap_in_the_log(tmp_path: Path) -> None:
    with open_city(tmp_path) as platform:
        add(platform, "a/d", "a1", [("1", "p", None)])
        resolve(platform, "run1")
        document = golden_dataset(platform).model_dump(mode="json", by_alias=True, exclude_none=True)
        document["schema"]["fields"].append({"name": "z", "title": "z"})
        with platform.database.transaction() as transaction:
            transaction.catalog.put_dataset(Dataset.model_validate(document), state=RecordState.PUBLISHED)
        for number in (2, 3):
            add(platform, "b/d", f"b{number}", [(str(number), "p", None)])
            resolve(platform, f"run{number}")
        assert [(row["_event"], row["id"]) for row in table(platform, "_changes")] == [("created", "2"), ("created", "3")]


def _decide(platform: Platform, number: int, kind: DecisionKind, key: str, target: str, source: str | None = None) -> None:
    decision = IdentityDecision(
        id=f"{number:04d}",
        dataset="authority/golden",
        kind=kind,
        key=(key,),
        target=(target,),
        source=source,
        reason="核实",
        decided_by="张三",
        decided_at=dt.datetime(2026, 1, 1, tzinfo=dt.UTC),
    )
    with platform.database.transaction() as transaction:
        transaction.entities.save_decision(decision)


def test_entities_keep_their_id_through_changed_keys_merges_and_splits(tmp_path: Path) -> None:
    with open_city(tmp_path) as platform:
        add(platform, "a/d", "a1", [("1", "p", None), ("2", None, "q")])
        add(platform, "b/d", "b1", [("1", "s", "t"), ("9", None, "u")])
        _decide(platform, 1, DecisionKind.REKEY, "1", "7")
        _decide(platform, 2, DecisionKind.MERGE, "9", "2")
        _decide(platform, 3, DecisionKind.SPLIT, "1", "8", "b/d")
        resolve(platform, "run1")
        found = {row["id"]: (row["x"], row["y"], row["_entity_id"]) for row in table(platform)}
        assert found == {
            "7": ("p", None, entity_id("authority/golden", ("1",))),
            "2": (None, "q", entity_id("authority/golden", ("2",))),
            "8": ("s", "t", entity_id("authority/golden", ("8",))),
        }
        assert {row["id"] for row in table(platform, "_conflicts")} == {"2"}


def test_what_decisions_bring_about_is_logged_as_what_it_is(tmp_path: Path) -> None:
    with open_city(tmp_path) as platform:
        add(platform, "a/d", "a1", [("1", "p", None), ("2", "p", "q"), ("5", "p", "q")])
        add(platform, "b/d", "b1", [("1", "s", "t"), ("9", "p", "q"), ("6", None, None)])
        resolve(platform, "run1")
        _decide(platform, 1, DecisionKind.REKEY, "5", "7")
        _decide(platform, 2, DecisionKind.MERGE, "9", "2")
        _decide(platform, 3, DecisionKind.SPLIT, "1", "8", "b/d")
        add(platform, "b/d", "b2", [("4", "p", None)], replaces=True)
        add(platform, "b/d", "b3", [("1", "s", "t"), ("9", "p", "q")])
        resolve(platform, "run2")
        logged = [(row["_event"], row["id"]) for row in table(platform, "_changes")]
        assert sorted(logged) == [
            ("absorbed", "9"),
            ("changed", "7"),
            ("created", "4"),
            ("merged", "2"),
            ("retired", "6"),
            ("split", "1"),
            ("split", "8"),
        ]


@pytest.mark.slow
def test_records_that_decisions_joined_grow_alike_beside_the_others_and_anew(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(golden_changes, "LARGEST_CHANGED_SHARE", 10.0)
    found = {}
    for name, least, share in (("anew", 10**9, 0.0), ("beside", 0, 10.0)):
        monkeypatch.setattr(golden_changes, "LEAST_AT_HAND", least)
        monkeypatch.setattr(golden_changes, "LARGEST_REPLACED_SHARE", share)
        with open_city(tmp_path / name) as platform:
            add(platform, "a/d", "a1", [("1", "p", None), ("2", "p", "q"), ("5", "p", "q"), ("8", "s", None)])
            add(platform, "b/d", "b1", [("1", "s", "t"), ("9", "p", "q")])
            resolve(platform, "run1")
            _decide(platform, 1, DecisionKind.REKEY, "5", "7")
            _decide(platform, 2, DecisionKind.MERGE, "9", "2")
            _decide(platform, 3, DecisionKind.SPLIT, "1", "8", "b/d")
            resolve(platform, "run2")
            later: list[tuple[str, Row]] = [("a/d", ("9", "r", None)), ("b/d", ("1", "q", "r")), ("c/d", ("5", None, "s"))]
            for source, row in later:
                add(platform, source, f"later {source}", [row, ("3", "p", "q")])
                resolve(platform, f"later {source}")
            assert is_merged(current(platform)["base/authority/golden"].paths) is bool(share)
            suffixes = ("", "_conflicts", "_changes", "_objections")
            found[name] = [sorted(repr({**row, "_at": None}) for row in table(platform, suffix)) for suffix in suffixes]
    assert found["anew"] == found["beside"]
