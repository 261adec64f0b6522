"""Decisions on identity: none undoes an earlier one, ids last, revoking one leaves an outcome for the others (Art. 18)."""

import datetime as dt

import pytest

from catalog_service.catalog.entity import DecisionKind, IdentityDecision, Key, entity_key, renamed_keys, require_no_circle
from catalog_service.catalog.errors import InvalidError

MERGE, REKEY, SPLIT = DecisionKind.MERGE, DecisionKind.REKEY, DecisionKind.SPLIT
Said = tuple[DecisionKind, str, str]


def decisions(*said: Said, source: str | None = None) -> list[IdentityDecision]:
    return [
        IdentityDecision(
            id=f"{9 - number}",
            dataset="authority/golden",
            kind=kind,
            key=(key,),
            target=(target,),
            source=source if kind is SPLIT else None,
            reason="核实",
            decided_by="张三",
            decided_at=dt.datetime(2026, 1, 1 + number, tzinfo=dt.UTC),
        )
        for number, (kind, key, target) in enumerate(said)
    ]


def plain(keys: dict[Key, Key]) -> dict[str, str]:
    return {key[0]: target[0] for key, target in keys.items()}


@pytest.mark.parametrize(
    ("said", "renamed", "kept"),
    [
        ([(REKEY, "1", "7"), (REKEY, "7", "9")], {"1": "9", "7": "9"}, {"9": "1"}),
        ([(REKEY, "1", "7"), (MERGE, "7", "2")], {"1": "2", "7": "2"}, {"7": "1"}),
        ([(MERGE, "c", "b"), (MERGE, "c", "a")], {"b": "a", "c": "a"}, {}),
        ([(MERGE, "2", "1"), (MERGE, "3", "1"), (MERGE, "3", "2")], {"2": "1", "3": "1"}, {}),
        ([(REKEY, "1", "7"), (REKEY, "1", "8")], {"1": "8", "7": "8"}, {"8": "1"}),
        ([(MERGE, "9", "1"), (REKEY, "1", "7")], {"1": "7", "9": "7"}, {"7": "1"}),
    ],
)
def test_decisions_build_upon_each_other(said: list[Said], renamed: dict[str, str], kept: dict[str, str]) -> None:
    found, ids = renamed_keys(decisions(*said))
    assert (plain(found[""]), plain(ids)) == (renamed, kept)


def test_a_split_takes_a_sources_rows_under_every_key_of_the_entity_as_it_was_then() -> None:
    said = decisions((MERGE, "2", "1"), (SPLIT, "1", "8"), (MERGE, "3", "1"), source="b/d")
    found, _ = renamed_keys(said)
    assert plain(found["b/d"]) == {"1": "8", "2": "8"}
    assert plain(found[""]) == {"2": "1", "3": "1"}


def test_a_circle_is_refused_when_it_is_decided_and_stops_no_run() -> None:
    said = decisions((MERGE, "k", "m"), (MERGE, "t", "k"), (MERGE, "k", "t"))
    with pytest.raises(InvalidError):
        require_no_circle(said[1:2], ("k",), ("t",))
    require_no_circle(said[:2], ("k",), ("t",))
    revoked = [said[0].model_copy(update={"revoked_at": said[0].decided_at}), *said[1:]]
    assert entity_key(("t",), renamed_keys(revoked)[0][""]) == ("k",)
