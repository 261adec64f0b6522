"""Obligations in a period: kept, missed, running or not of it; and their share by article."""

import datetime as dt

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from catalog_service.catalog.evaluation import is_month, month_before, period_of
from catalog_service.catalog.obligations import Keeping, Obligation, duty_score
from catalog_service.catalog.ruleset import DutyKind
from catalog_service.formats.indicator_sets import shipped_indicator_sets

SET = shipped_indicator_sets().sets[0]
OCTOBER = period_of("2026-10")
days = st.dates(dt.date(2026, 8, 1), dt.date(2026, 12, 31))


def obligation(due: str, ended: str | None = None, *, is_done: bool = True, article: int = 24) -> Obligation:
    return Obligation(
        article=article,
        kind=DutyKind.OPEN_REPLY,
        case="1",
        dataset="civil/homes",
        agency="civil",
        began=dt.date(2026, 7, 1),
        due=dt.date.fromisoformat(due),
        ended=None if ended is None else dt.date.fromisoformat(ended),
        is_done=ended is not None and is_done,
    )


@pytest.mark.parametrize(
    ("due", "ended", "is_done", "keeping"),
    [
        ("2026-10-15", "2026-10-15", True, Keeping.KEPT),
        ("2026-10-15", "2026-10-16", True, Keeping.MISSED),
        ("2026-09-15", "2026-10-16", True, Keeping.MISSED),
        ("2026-12-15", "2026-10-31", True, Keeping.KEPT),
        ("2026-10-15", "2026-09-30", True, Keeping.OUTSIDE),
        ("2026-10-31", None, True, Keeping.MISSED),
        ("2026-11-01", None, True, Keeping.RUNNING),
        ("2026-09-01", None, True, Keeping.MISSED),
        ("2026-10-31", "2026-11-01", True, Keeping.MISSED),
        ("2026-11-02", "2026-11-01", True, Keeping.RUNNING),
        ("2026-10-15", "2026-10-10", False, Keeping.OUTSIDE),
        ("2026-10-15", "2026-10-20", False, Keeping.MISSED),
    ],
)
def test_what_became_of_an_obligation_in_october(due: str, ended: str | None, is_done: bool, keeping: Keeping) -> None:
    assert obligation(due, ended, is_done=is_done).keeping(OCTOBER) is keeping


@settings(max_examples=60, deadline=None)
@given(days, st.none() | days)
def test_an_obligation_is_kept_in_one_month_at_most_and_never_after_it_was_missed(due: dt.date, ended: dt.date | None) -> None:
    one = obligation(str(due), None if ended is None else str(ended))
    found = [one.keeping(period_of(f"2026-{month:02d}")) for month in range(8, 13)]
    decided = [keeping for keeping in found if keeping in {Keeping.KEPT, Keeping.MISSED}]
    assert decided.count(Keeping.KEPT) <= 1
    assert not (Keeping.KEPT in decided and Keeping.MISSED in decided)
    assert (Keeping.KEPT in decided) == (ended is not None and ended <= due)


def test_articles_without_obligations_are_not_evaluated_and_the_others_count_by_their_weights() -> None:
    kept, missed = obligation("2026-10-15", "2026-10-15"), obligation("2026-10-15", article=26)
    found = duty_score([kept, kept, missed, obligation("2026-12-01")], OCTOBER, SET)
    by_article = {one.article: (one.kept, one.missed, one.running, one.points) for one in found.articles}
    assert by_article == {14: (0, 0, 0, None), 20: (0, 0, 0, None), 24: (2, 0, 1, 100), 26: (0, 1, 0, 0)}
    assert found.points == 60  # weights 30 and 20
    assert duty_score([], OCTOBER, SET).points is None


def test_months() -> None:
    assert (OCTOBER.first, OCTOBER.last, OCTOBER.until) == (dt.date(2026, 10, 1), dt.date(2026, 10, 31), dt.date(2026, 11, 1))
    assert period_of("2028-02").last == dt.date(2028, 2, 29)
    assert month_before(dt.date(2027, 1, 31)) == "2026-12"
    assert [is_month(one) for one in ("2026-10", "2026-13", "2026-1", "2026-10\n", "x")] == [True, False, False, False, False]
