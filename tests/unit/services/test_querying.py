"""Questions about rows: typed conditions, orders, pages that give every row once, and nothing beyond the decision."""

import json
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from catalog_service.catalog.errors import (
    BusyError,
    CorruptError,
    ForbiddenError,
    GoneError,
    InvalidError,
    UnauthenticatedError,
)
from catalog_service.catalog.principal import ANONYMOUS
from catalog_service.catalog.row_query import Place, RowQuery, Sort
from catalog_service.services.access import Wish
from catalog_service.services.downloading import open_file
from catalog_service.services.ids import new_id
from catalog_service.services.platform import Platform
from catalog_service.services.publishing import release
from catalog_service.services.querying import query
from tests.unit.services.reading_platform import STOPS, make_platform, stops_sql, write

LINES = "transport/bus_lines"
VISIBLE = ("code", "name", "line", "latitude", "fare", "is_shelter", "opened_on", "opened_at")
ROWS = 47


@pytest.fixture(scope="module")
def asked(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Platform]:
    """A product of several files with repeated, missing and not-a-number values; the closed field lies in it too."""
    home: Path = tmp_path_factory.mktemp("asked")
    with make_platform(home) as platform:
        parts = [f"FROM ({stops_sql(ROWS)}) WHERE hash(code) % 3 = {n}" for n in range(3)]
        repeated = "SELECT * REPLACE (CASE WHEN code > 'S00010' THEN NULL ELSE latitude END AS latitude), '139' AS phone "
        with platform.lake.connect() as connection:
            queries = [repeated + one for one in parts]
            token = new_id()
            snapshot = platform.lake.write(f"open/{STOPS}", connection, queries, mode="overwrite", token=token)
        assert len(snapshot.files) == 3
        release(platform, [snapshot])
        yield platform


def ask(platform: Platform, **question: Any) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(query(platform, ANONYMOUS, Wish(STOPS), RowQuery.model_validate(question)).document())
    return found


def pages(platform: Platform, **question: Any) -> list[dict[str, Any]]:
    found, cursor = [], None
    while True:
        page = ask(platform, **question, cursor=cursor)
        found.append(page)
        assert page["is_truncated"] == (page["next_cursor"] is not None)
        cursor = page["next_cursor"]
        if cursor is None:
            return found


def codes(platform: Platform, *conditions: tuple[Any, ...], **question: Any) -> list[str]:
    where = [{"field": field, "operator": operator, "values": values} for field, operator, *values in conditions]
    page = ask(platform, where=where, sort=[{"field": "code"}], limit=1_000, **question)
    assert page["matched_count"] == page["returned_count"] == len(page["rows"])
    return [row["code"] for row in page["rows"]]


questions = st.fixed_dictionaries(
    {"limit": st.integers(9, 40)},
    optional={
        "columns": st.lists(st.sampled_from(VISIBLE), min_size=1, max_size=4, unique=True).map(lambda some: [*some, "code"]),
        "sort": st.lists(
            st.fixed_dictionaries({"field": st.sampled_from(VISIBLE), "descending": st.booleans()}),
            max_size=3,
            unique_by=lambda one: str(one["field"]),
        ),
        "where": st.lists(
            st.sampled_from(
                [
                    {"field": "line", "operator": "one_of", "values": ["L1", "L3", ""]},
                    {"field": "latitude", "operator": "at_most", "values": ["31.55"]},
                    {"field": "opened_at", "operator": "is_given"},
                    {"field": "name", "operator": "starts_with", "values": ["站"]},
                    {"field": "fare", "operator": "more_than", "values": ["0.5"]},
                ]
            ),
            max_size=2,
        ),
    },
)


@given(question=questions)
@settings(max_examples=4, deadline=None)
def test_pages_give_every_row_exactly_once_in_order_and_no_other_column(asked: Platform, question: dict[str, Any]) -> None:
    require_whole(asked, question)


@pytest.mark.slow
@given(question=questions)
@settings(max_examples=25, deadline=None)
def test_pages_give_every_row_exactly_once_in_depth(asked: Platform, question: dict[str, Any]) -> None:
    require_whole(asked, question)


def require_whole(asked: Platform, question: dict[str, Any]) -> None:
    columns = set(question.get("columns", VISIBLE))
    found = pages(asked, **question)
    rows = [row for page in found for row in page["rows"]]
    whole = ask(asked, **{**question, "limit": 1_000})
    assert rows == whole["rows"]
    assert all(set(row) == columns for row in rows)
    assert len({row["code"] for row in rows}) == len(rows) == found[0]["matched_count"] <= ROWS
    if "where" not in question or not question["where"]:
        assert len(rows) == ROWS
    for one, next_ in pairwise(rows):
        for sort in question.get("sort", [])[:1]:
            if sort["field"] not in columns or sort["field"] == "latitude":  # not a number is null in JSON
                continue
            value, later = one[sort["field"]], next_[sort["field"]]
            assert later is None or (value is not None and (value >= later if sort["descending"] else value <= later))


@pytest.mark.parametrize(
    ("conditions", "expected"),
    [
        ([("code", "equal", "S00005")], [5]),
        ([("code", "one_of", "S00005", "S00007", "S99999")], [5, 7]),
        ([("code", "starts_with", "S0000"), ("is_shelter", "equal", "true")], [0, 2, 4, 6, 8]),
        ([("fare", "equal", "1.00"), ("code", "less_than", "S00012")], [1, 6, 11]),
        ([("fare", "more_than", "3.995"), ("code", "at_most", "S00010")], [4, 9]),
        ([("fare", "more_than", "4.00")], []),
        ([("line", "is_empty")], [3]),
        ([("line", "equal", "")], [2]),
        ([("line", "is_given"), ("code", "less_than", "S00005")], [0, 1, 2, 4]),
        ([("opened_on", "at_most", "2020-01-02")], [0, 1]),
        ([("opened_at", "less_than", "2024-03-01T00:00:02")], [0, 1]),
        ([("opened_at", "less_than", "2024-02-29T16:00:02Z")], [0, 1]),
        ([("latitude", "at_most", "31.502")], [0, 1, 2]),
        ([("name", "equal", "=cmd|'/c calc'!A1, \"甲\"")], [1]),
        ([("name", "equal", "' OR 1=1 --")], []),
    ],
    ids=str,
)
def test_values_are_compared_as_what_they_are(asked: Platform, conditions: list[Any], expected: list[int]) -> None:
    assert codes(asked, *conditions) == [f"S{number:05d}" for number in expected]


@pytest.mark.parametrize(
    ("question", "code", "field"),
    [
        ({"where": [{"field": "fare", "operator": "equal", "values": ["1; DROP TABLE x"]}]}, "filter-value", "fare"),
        ({"where": [{"field": "opened_on", "operator": "at_least", "values": ["2024-02-30"]}]}, "filter-value", "opened_on"),
        ({"where": [{"field": "opened_at", "operator": "equal", "values": ["0001-01-01T00:00"]}]}, "filter-value", "opened_at"),
        ({"where": [{"field": "fare", "operator": "starts_with", "values": ["1"]}]}, "filter-type", "fare"),
        ({"cursor": "bm9uZQ"}, "bad-cursor", "cursor"),
        ({"cursor": "WzAsMCwtMSwiIl0"}, "bad-cursor", "cursor"),
        ({"cursor": "W1swXSwwLDAsIiJd"}, "bad-cursor", "cursor"),
    ],
)
def test_a_question_that_does_not_fit_names_its_fault(asked: Platform, question: dict[str, Any], code: str, field: str) -> None:
    with pytest.raises(InvalidError) as refused:
        ask(asked, **question)
    assert [(one.code, one.where.field) for one in refused.value.problems] == [(code, field)]


@pytest.mark.parametrize(
    "question",
    [
        {"columns": ["code", "phone"]},
        {"where": [{"field": "phone", "operator": "starts_with", "values": ["13"]}]},
        {"sort": [{"field": "phone"}], "columns": ["code"]},
        {"columns": ["nothing"]},
    ],
)
def test_what_may_not_be_seen_may_not_be_asked_about(asked: Platform, question: dict[str, Any]) -> None:
    """The closed field lies in the published file; neither its values nor an order or a condition on it get out."""
    with pytest.raises(ForbiddenError) as refused:
        ask(asked, **question)
    assert refused.value.problems[0].code == "columns-beyond"


@pytest.mark.parametrize(("id_", "error"), [("health/clinics", UnauthenticatedError), ("health/patients", ForbiddenError)])
def test_closed_data_are_not_queried(asked: Platform, id_: str, error: type[Exception]) -> None:
    with pytest.raises(error):
        query(asked, ANONYMOUS, Wish(id_), RowQuery())


def ask_lines(platform: Platform, sql: str = "", **question: Any) -> dict[str, Any]:
    """Ask about the bus lines, of which a version of its own is published first."""
    if sql:
        release(platform, [write(platform, f"open/{LINES}", sql)])
    asked = RowQuery.model_validate(question)
    found: dict[str, Any] = json.loads(query(platform, ANONYMOUS, Wish(LINES), asked).document())
    return found


def numbered(rows: int) -> str:
    return f"SELECT 'L' || n AS code, n % 7 || '路' AS name FROM range({rows}) AS t(n)"


def test_a_cursor_belongs_to_its_question_and_its_version(asked: Platform) -> None:
    by_name = [{"field": "name", "descending": True}]
    first = ask_lines(asked, numbered(30), limit=10, sort=by_name)
    with pytest.raises(InvalidError, match="another query"):
        ask_lines(asked, limit=10, cursor=first["next_cursor"])
    assert ask_lines(asked, numbered(5))["total_count"] == 5
    again = ask_lines(asked, limit=1_000, sort=by_name, cursor=first["next_cursor"])
    assert (again["version"], again["total_count"], len(again["rows"])) == (first["version"], 30, 20)
    assert not {row["code"] for row in again["rows"]} & {row["code"] for row in first["rows"]}
    open_file(asked, ANONYMOUS, Wish(LINES, version=first["version"])).path.unlink()
    with pytest.raises(GoneError):
        ask_lines(asked, limit=10, sort=by_name, cursor=first["next_cursor"])


def test_a_cursor_to_nowhere_is_refused(asked: Platform) -> None:
    question = RowQuery(limit=5, sort=(Sort(field="fare"),))
    for place in (Place(2, 9, 0), Place(2, 0, 10_000)):
        with pytest.raises(InvalidError, match="no row where"):
            query(asked, ANONYMOUS, Wish(STOPS), question.model_copy(update={"cursor": place.cursor(question)}))


def test_a_page_of_long_rows_is_cut_and_says_so(asked: Platform) -> None:
    wide = "SELECT 'L' || n AS code, repeat('长', 1_000_000) AS name FROM range(5) AS t(n)"
    first = ask_lines(asked, wide, limit=100)
    assert (len(first["rows"]), first["matched_count"], first["is_truncated"]) == (2, 5, True)
    rest = ask_lines(asked, limit=100, cursor=ask_lines(asked, limit=100, cursor=first["next_cursor"])["next_cursor"])
    assert (len(rest["rows"]), rest["is_truncated"]) == (1, False)


def test_more_queries_than_the_platform_bears_are_told_to_come_again(asked: Platform) -> None:
    held = [asked.slots.take() for _ in range(asked.settings.simultaneous_exports)]
    with pytest.raises(BusyError):
        ask(asked)
    held.pop().release()
    assert len(ask(asked, limit=10)["rows"]) == 10


def test_damaged_bytes_are_not_queried(asked: Platform) -> None:
    ask_lines(asked, numbered(5))
    path = open_file(asked, ANONYMOUS, Wish(LINES)).path
    path.write_bytes(path.read_bytes()[:-1])
    with pytest.raises(CorruptError):
        ask_lines(asked)


def test_an_empty_product_answers_with_no_rows(asked: Platform) -> None:
    found = ask_lines(asked, numbered(0), where=[{"field": "name", "operator": "is_given"}])
    assert (found["rows"], found["matched_count"], found["next_cursor"]) == ([], 0, None)
