"""What linkage finds is carried out on top of what people decided: nothing undone, asked twice or joined against their word."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from catalog_service.catalog.decision import Zone
from catalog_service.catalog.entity import DecisionKind, PairState, entity_id, pair_id
from catalog_service.catalog.errors import ConflictError, ForbiddenError, InvalidError, NotFoundError
from catalog_service.catalog.principal import Principal, Role, operator
from catalog_service.services import entity_decisions, pair_review
from catalog_service.services.access import Wish, open_read
from catalog_service.services.platform import Platform
from pipelines.linking import Linked, carry_out
from pipelines.transforms.linkage import Likely
from tests.unit.pipelines.golden_support import add, open_city, resolve, table

ID = "authority/golden"
OPERATOR = operator("审核员")
KEYS = {key: (key,) for key in "123456"}


@pytest.fixture
def platform(tmp_path: Path) -> Iterator[Platform]:
    """Six records."""
    with open_city(tmp_path) as opened:
        add(opened, "a/d", "a1", [(key, "p", "q") for key in KEYS])
        resolve(opened, "run1")
        yield opened


def found(platform: Platform, *pairs: tuple[str, str, float]) -> Linked:
    return carry_out(platform, OPERATOR, ID, [Likely(*pair, evidence=("x",)) for pair in pairs], KEYS, 0.99)


def decide(platform: Platform, kind: DecisionKind, key: str, target: str, source: str | None = None) -> str:
    return entity_decisions.decide(platform, OPERATOR, ID, kind, (key,), (target,), reason="核实", source=source).id


def asked(platform: Platform) -> set[tuple[str, str]]:
    return {(one.left[0], one.right[0]) for one in pair_review.review(platform, OPERATOR, ID).pairs}


def test_no_group_joins_what_a_person_keeps_apart(platform: Platform) -> None:
    decide(platform, DecisionKind.DISTINCT, "1", "2")
    done = found(platform, ("1", "3", 0.999), ("2", "3", 0.998), ("1", "2", 0.997), ("4", "5", 0.7))
    assert done == Linked(merged=1, to_review=2, known=1)
    assert asked(platform) == {("2", "3"), ("4", "5")}
    resolve(platform, "run2")
    assert {row["id"] for row in table(platform)} == {"1", "2", "4", "5", "6"}
    with pytest.raises(InvalidError) as refused:
        entity_decisions.decide_pair(platform, OPERATOR, pair_id(ID, ("2",), ("3",)), PairState.SAME, reason="核实")
    assert refused.value.problems[0].code == "identity-contradiction"
    assert found(platform, ("1", "3", 0.999), ("2", "3", 0.998), ("4", "5", 0.7)) == Linked(merged=0, to_review=0, known=3)


def test_a_pair_is_decided_once_and_asked_again_when_that_is_revoked(platform: Platform) -> None:
    found(platform, ("4", "5", 0.7), ("5", "6", 0.6))
    pair = pair_id(ID, ("4",), ("5",))
    decision = entity_decisions.decide_pair(platform, OPERATOR, pair, PairState.SAME, reason="核实")
    with pytest.raises(ConflictError):
        entity_decisions.decide_pair(platform, OPERATOR, pair, PairState.DIFFERENT, reason="核实")
    entity_decisions.decide_pair(platform, OPERATOR, pair_id(ID, ("5",), ("6",)), PairState.SAME, reason="核实")
    resolve(platform, "run2")
    assert {row["id"]: row["_entity_id"] for row in table(platform)}["4"] == entity_id(ID, ("4",))
    assert {row["id"] for row in table(platform)} == {"1", "2", "3", "4"}
    entity_decisions.revoke(platform, OPERATOR, ID, decision.id)
    assert asked(platform) == {("4", "5")}
    resolve(platform, "run3")
    assert {row["id"] for row in table(platform)} == {"1", "2", "3", "4", "5"}


def test_what_was_merged_without_asking_and_revoked_is_asked_next_time(platform: Platform) -> None:
    found(platform, ("1", "2", 0.999))
    (merged,) = entity_decisions.decisions(platform, OPERATOR, ID)
    entity_decisions.revoke(platform, OPERATOR, ID, merged.id)
    assert found(platform, ("1", "2", 0.999)) == Linked(merged=0, to_review=1, known=0)


def test_a_reviewer_sees_both_records_in_what_was_compared_and_others_see_nothing(tmp_path: Path) -> None:
    linkage = {"compare": [{"field": "x"}, {"field": "y"}], "blocks": [["x"], ["y"]]}
    with open_city(tmp_path, linkage=linkage) as platform:
        add(platform, "a/d", "a1", [("1", "p", "q"), ("2", "p", None)])
        resolve(platform, "run1")
        found(platform, ("1", "2", 0.7))
        reviewer = Principal(id="8", name="审核员", roles=frozenset({Role.REVIEWER}))
        (pair,) = pair_review.review(platform, reviewer, ID).pairs
        assert [(one.field, one.left, one.right) for one in pair.compared] == [("x", "p", "p"), ("y", "q", None)]
        platform.auditor.drain()
        with platform.database.reading() as transaction:
            noted = [one.document for one in transaction.ledger.rows() if one.action == "read_review"]
        assert ['"basis":"review"' in one.replace(" ", "") for one in noted] == [True]
        compiler = Principal(id="9", name="编制员", roles=frozenset({Role.COMPILER}), agency="authority")
        with pytest.raises(ForbiddenError):
            pair_review.review(platform, compiler, ID)
        other = Principal(id="9", name="编制员", roles=frozenset({Role.COMPILER}), agency="b")
        with pytest.raises(ForbiddenError):
            open_read(platform, other, Wish(ID, Zone.REVIEW))


@pytest.mark.parametrize(
    ("kind", "key", "target", "error"),
    [
        (DecisionKind.MERGE, "1", "404", NotFoundError),
        (DecisionKind.REKEY, "404", "1", NotFoundError),
        (DecisionKind.MERGE, "1", "１", InvalidError),
        (DecisionKind.SPLIT, "1", "8", InvalidError),
    ],
)
def test_a_slip_of_the_pen_is_refused(
    platform: Platform, kind: DecisionKind, key: str, target: str, error: type[Exception]
) -> None:
    with pytest.raises(error):
        decide(platform, kind, key, target)


def test_a_circle_and_a_contradiction_are_refused(platform: Platform) -> None:
    decide(platform, DecisionKind.MERGE, "2", "1")
    for kind in (DecisionKind.MERGE, DecisionKind.REKEY):
        with pytest.raises(InvalidError):
            decide(platform, kind, "1", "2")
    with pytest.raises(InvalidError):
        decide(platform, DecisionKind.DISTINCT, "1", "2")
    decide(platform, DecisionKind.REKEY, "1", "７")
    resolve(platform, "run2")
    assert {row["id"]: row["_entity_id"] for row in table(platform)}["7"] == entity_id(ID, ("1",))
