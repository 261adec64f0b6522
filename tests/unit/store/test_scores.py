"""Newest runs, what was visible at a moment, duties as they stood, evaluations: on both databases."""

import datetime as dt

import pytest

from catalog_service.catalog.duty import DutyCause, DutyEvent, DutyEventKind, Element, UpdateDuty
from catalog_service.catalog.errors import NotFoundError
from catalog_service.catalog.evaluation import DatasetLine, Evaluation, Facts, MeasuredRun, evaluate, period_of
from catalog_service.catalog.publication import Publication
from catalog_service.catalog.scoring import Observation, score
from catalog_service.catalog.vocabularies import Dimension, RecordState, Severity
from catalog_service.formats.indicator_sets import shipped_indicator_sets
from catalog_service.services.clocks import base_calendar
from catalog_service.services.ids import new_id
from catalog_service.store.database import Database
from tests.support import city

NOW = dt.datetime(2026, 11, 2, 1, 2, 3, tzinfo=dt.UTC)
HOUR = dt.timedelta(hours=1)
RULE = Observation(
    rule="a__unique", dimension=Dimension.ACCURACY, metric="unique", severity=Severity.BLOCKING, passed=False, evaluated=3
)
SET = shipped_indicator_sets().sets[0]
LINE = DatasetLine(dataset="a/one", title="一", score=score([RULE], SET), metadata_points=70.5, measured_at=NOW)
FACTS = Facts(as_of=NOW, period=period_of("2026-10"), datasets=(), obligations=())


def publication(table: str, version: int, at: dt.datetime) -> Publication:
    return Publication(table=table, version=version, row_count=1, files=(), release_id=new_id(), published_at=at)


def run(dataset: str = "a/one") -> MeasuredRun:
    return MeasuredRun(dataset=dataset, run_id="r1", version=4, measured_at=NOW, observations=(RULE,))


def evaluation(agency: str = "a", month: str = "2026-10") -> Evaluation:
    return Evaluation(
        id=new_id(),
        agency=agency,
        agency_name="甲局",
        month=month,
        indicator_set="wuxi-indicators-1",
        outcome=evaluate(FACTS, SET),
        datasets=0,
        facts_sha256=FACTS.sha256,
        issued_at=NOW,
        issued_by="某人",
    )


def test_newest_runs_and_scores_are_kept_and_replaced(database: Database) -> None:
    with database.transaction() as transaction:
        transaction.catalog.put_agencies([city.agency("a"), city.agency("b")])
        for id_ in ("a/one", "a/two", "b/one"):
            transaction.catalog.put_dataset(city.dataset(id_, ["code"]), state=RecordState.PUBLISHED)
        transaction.catalog.put_dataset(city.dataset("a/draft", ["code"]), state=RecordState.DRAFT)
        transaction.publications.release([publication("quality/a/one", 1, NOW), publication("quality/b/one", 1, NOW)])
        transaction.publications.release([publication("quality/a/one", 2, NOW)])
        scores = transaction.scores
        assert [id_ for id_, _ in scores.published(None)] == ["a/one", "a/two", "b/one"]
        assert scores.published("b") == [("b/one", 1)]
        assert scores.versions() == {"quality/a/one": 2, "quality/b/one": 1}
        for version in (1, 2):
            scores.put_measured(version, run())
            scores.put_line(LINE, f"stamp {version}")
        assert scores.measured(["a/one", "a/two"]) == {"a/one": (2, run())}
        assert (scores.lines(["a/one", "a/two"]), scores.stamps()) == ({"a/one": LINE}, {"a/one": "stamp 2"})
        assert set(scores.current(["quality/a/one", "quality/a/two"])) == {"quality/a/one"}
        assert set(scores.first_published(["a/one", "b/one", "c/one"])) == {"a/one", "b/one"}


def test_what_readers_saw_at_a_moment(database: Database) -> None:
    name = "standard/a/one"
    with database.transaction() as transaction:
        for version in (3, 4, 7):
            transaction.publications.release([publication(name, version, NOW + version * HOUR)])
        scores = transaction.scores
        seen = [scores.visible([name, "open/a/one"], NOW + hours * HOUR) for hours in (2, 3.5, 4.5, 9)]
        assert [one[name].version if one else None for one in seen] == [None, 3, 4, 7]
        assert seen[1][name].published_at == NOW + 3 * HOUR
        many = [f"standard/a/x{number}" for number in range(6_000)]
        assert scores.visible([*many, name], NOW + 9 * HOUR)[name].version == 7


def test_a_duty_has_the_deadline_that_it_had_then(database: Database) -> None:
    first, second, third = (base_calendar().deadline(dt.date(2026, 9, day), 15) for day in (1, 2, 3))
    made = UpdateDuty(
        id=new_id(),
        dataset="a/one",
        agency="a",
        cause=DutyCause.REPORTED,
        elements=(Element.NAME,),
        reason="改名",
        origin="",
        rule_set="wuxi-measures-2020",
        deadline=first,
        version=1,
        opened_at=NOW,
        opened_by="某人",
    )

    def moved(hours: int, before: object, after: object) -> DutyEvent:
        at = NOW + hours * HOUR
        return DutyEvent.model_validate({"at": at, "kind": DutyEventKind.MOVED, "by": "某人", "before": before, "after": after})

    with database.transaction() as transaction:
        transaction.duties.save(made, DutyEvent(at=NOW, kind=DutyEventKind.OPENED, by="某人"))
        transaction.duties.save(made.model_copy(update={"deadline": second}), moved(2, first, second))
        transaction.duties.save(made.model_copy(update={"deadline": third}), moved(4, second, third))
        found = [transaction.scores.duties(NOW + hours * HOUR, "a") for hours in (0, 1, 3, 5)]
        assert [[one.deadline for one in each] for each in found] == [[], [first], [second], [third]]
        assert transaction.scores.duties(NOW + 9 * HOUR, "b") == []
        assert len(transaction.scores.duties(NOW + 9 * HOUR, None)) == 1


def test_an_evaluation_is_issued_once_and_published_once(database: Database) -> None:
    one, again = evaluation(), evaluation()
    with database.transaction() as transaction:
        scores = transaction.scores
        assert scores.add_evaluation(one, FACTS)
        assert not scores.add_evaluation(again, FACTS)
        assert scores.add_evaluation(evaluation("b"), FACTS)
        assert scores.add_evaluation(evaluation("a", "2026-11"), FACTS)
        assert scores.evaluation("a", "2026-10").evaluation == one
        assert scores.facts("a", "2026-10") == FACTS
        assert scores.evaluations(published=True) == []
        assert scores.publish_evaluations("2026-10", NOW, "某人") == ["a", "b"]
        assert scores.publish_evaluations("2026-10", NOW + HOUR, "别人") == []
        found = [(each.evaluation.month, each.evaluation.agency, each.published_by) for each in scores.evaluations()]
        assert found == [("2026-11", "a", ""), ("2026-10", "a", "某人"), ("2026-10", "b", "某人")]
        assert len(scores.evaluations(published=True)) == len(scores.evaluations(month="2026-10")) == 2
        assert scores.evaluations(agency="no\x00ne") == []
        assert scores.mean_points() == [], "nothing was evaluated in these months"
        with pytest.raises(NotFoundError):
            scores.facts("c", "2026-10")
