"""The score is full on the truth and falls by exactly what is damaged."""

import pyarrow as pa
import pyarrow.compute as pc
from hypothesis import given, settings
from hypothesis import strategies as st

from pipelines.demo.city import DemoCity
from pipelines.demo.sources import broken_identifier, distort
from pipelines.demo.truth import Score, score
from pipelines.demo.world import Draw

_ENTITIES = "big_data_bureau/legal_entity"


def _of(scores: list[Score], dataset: str = _ENTITIES) -> Score:
    return next(one for one in scores if one.dataset_id == dataset)


def test_the_truth_scores_full(city: DemoCity) -> None:
    for one in score(city.truth, city.truth.tables):
        assert one.found_records == one.correct_records == one.true_records > 0
        assert one.correct_values == one.field_values > one.true_records
        assert one.false_records == 0
        assert one.title.zh
        assert one.title.en


def test_order_and_further_columns_do_not_matter(city: DemoCity) -> None:
    table = city.truth.tables[_ENTITIES]
    shuffled = table.take(pa.array(range(table.num_rows - 1, -1, -1))).append_column(
        "name__source", pa.array(["x"] * table.num_rows)
    )
    one = _of(score(city.truth, {_ENTITIES: shuffled}))
    assert one.correct_records == one.true_records


def test_what_is_missing_was_not_recovered(city: DemoCity) -> None:
    one = _of(score(city.truth, {}))
    assert (one.found_records, one.correct_records, one.correct_values) == (0, 0, 0)
    assert one.field_values > 0


def test_lost_and_invented_records_count(city: DemoCity) -> None:
    table = city.truth.tables[_ENTITIES]
    column = table["uscc"].to_pylist()
    damaged = table.set_column(0, "uscc", pa.array(["invented", *column[1:]])).slice(0, table.num_rows - 3)
    one = _of(score(city.truth, {_ENTITIES: damaged}))
    assert one.found_records == one.correct_records == table.num_rows - 4
    assert one.false_records == 1


def test_a_repeated_record_is_false(city: DemoCity) -> None:
    table = city.truth.tables[_ENTITIES]
    one = _of(score(city.truth, {_ENTITIES: pa.concat_tables([table, table.slice(0, 5)])}))
    assert one.false_records == 5
    assert one.found_records == table.num_rows


def test_a_null_for_a_value_and_a_value_for_a_null_are_wrong(city: DemoCity) -> None:
    table = city.truth.tables[_ENTITIES]
    at = table.column_names.index("phone")
    known = len(table) - table["phone"].null_count
    nothing = table.set_column(at, "phone", pa.nulls(len(table), pa.string()))
    always = table.set_column(at, "phone", pc.fill_null(table["phone"], "0510-00000000"))
    assert 0 < known < len(table)
    assert (_of(score(city.truth, {_ENTITIES: nothing})).correct_by_field or {})["phone"] == len(table) - known
    assert (_of(score(city.truth, {_ENTITIES: always})).correct_by_field or {})["phone"] == known


@settings(max_examples=20, deadline=None)
@given(data=st.data())
def test_every_damaged_value_is_noticed_once(city: DemoCity, data: st.DataObject) -> None:
    table = city.truth.tables[_ENTITIES]
    rows = table.to_pylist()
    cells = st.tuples(st.integers(0, len(rows) - 1), st.sampled_from([name for name in table.column_names if name != "uscc"]))
    chosen = [cell for cell in data.draw(st.sets(cells, max_size=12)) if rows[cell[0]][cell[1]] is not None]
    draw = Draw(7)
    for row, name in chosen:
        rows[row][name] = distort(draw, name, rows[row][name])
    one = _of(score(city.truth, {_ENTITIES: pa.Table.from_pylist(rows, schema=table.schema)}))
    assert one.field_values - one.correct_values == len(chosen)
    assert one.true_records - one.correct_records == len({row for row, _ in chosen})


def test_planted_faults_are_counted(city: DemoCity) -> None:
    planted = city.truth.planted["market_regulation/enterprises"]
    assert planted.bad_keys > 0
    assert planted.bad_dates > 0
    assert planted.too_long > 0
    assert planted.wrong_values["address"] > 0
    assert planted.missing_values["phone"] > 0
    assert planted.rows < city.truth.tables[_ENTITIES].num_rows


def test_a_broken_identifier_differs_in_the_check_character_only() -> None:
    draw = Draw(1)
    for _ in range(50):
        code = draw.uscc("91", "320205")
        broken = broken_identifier(draw, code)
        assert broken[:-1] == code[:-1]
        assert broken != code
