"""Findings and sketches on both databases."""

import datetime as dt

import pytest

from catalog_service.catalog.errors import NotFoundError, Text
from catalog_service.catalog.finding import DuplicateDecision, DuplicateOutcome, Evidence, FieldRef, Finding, masked, pair_id
from catalog_service.store.database import Database
from catalog_service.store.matching import FindingQuery

NOW = dt.datetime(2026, 1, 2, tzinfo=dt.UTC)


def ref(dataset: str, field: str) -> FieldRef:
    agency = dataset.split("/")[0]
    return FieldRef(dataset=dataset, field=field, title=field, dataset_title=dataset, agency=agency, agency_name=agency)


def finding(score: float = 0.8, scope: float = 0.5) -> Finding:
    return Finding(
        id=pair_id(("a/one", "x"), ("b/two", "y")),
        field=ref("a/one", "x"),
        existing=ref("b/two", "y"),
        score=score,
        evidence=(Evidence(kind="scope", value=scope, weight=1.0, text=Text(zh="相近")),),
        found_at=NOW,
    )


def decided(one: Finding) -> Finding:
    decision = DuplicateDecision(outcome=DuplicateOutcome.SHARE, decided_by="张三", decided_at=NOW)
    return one.model_copy(update={"decision": decision})


def test_findings_are_kept_found_and_dropped_unless_decided(database: Database) -> None:
    with database.transaction() as transaction:
        transaction.matching.put(finding())
        transaction.matching.put(finding(0.9))
        assert transaction.matching.get(finding().id).score == 0.9
        for question in (FindingQuery(dataset="b/two"), FindingQuery(agency="a"), FindingQuery(is_open=True)):
            assert transaction.matching.find(question)[1] == 1
        assert transaction.matching.find(FindingQuery(agency="c")) == ((), 0)
        transaction.matching.put(decided(finding()))
        transaction.matching.drop([finding().id])
        assert transaction.matching.of_dataset("a/one", open_only=True) == ()
        assert len(transaction.matching.of_dataset("a/one", open_only=False)) == 1
        with pytest.raises(NotFoundError):
            transaction.matching.get("nothing\x00")


def test_sketches_are_those_of_the_last_version(database: Database) -> None:
    with database.transaction() as transaction:
        assert transaction.matching.sketched_version("a/one") is None
        for version in (1, 2):
            transaction.matching.put_sketches("a/one", version, "{}")
        assert (transaction.matching.sketched_version("a/one"), transaction.matching.sketches("a/one")) == (2, "{}")


def test_a_decision_holds_until_the_evidence_moves() -> None:
    known = decided(finding(scope=0.5))
    assert known.merged_with(finding(scope=0.6)) == known
    again = known.merged_with(finding(scope=0.9))
    assert again.is_open
    assert again.earlier == (known.decision,)
    assert finding().merged_with(finding(0.7)).score == 0.7
    assert pair_id(("a/one", "x"), ("b/two", "y")) == pair_id(("b/two", "y"), ("a/one", "x"))


@pytest.mark.parametrize(("value", "shown"), [("张三丰", "张*丰"), ("0510-81234567", "05********67"), ("甲", "甲")])
def test_samples_are_masked(value: str, shown: str) -> None:
    assert masked(value) == shown
