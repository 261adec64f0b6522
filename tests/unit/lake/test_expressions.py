"""SQL fragments agree with an independent library on every check digit, and quote anything."""

import duckdb
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from stdnum.cn import ric, uscc

from lake.expressions import fold_text, ident, identifier_is_valid, literal, literal_list

_ALPHABET = "0123456789ABCDEFGHJKLMNPQRTUWXY"
CONNECTION = duckdb.connect()


def evaluate(sql: str, value: str | None = None) -> object:
    return CONNECTION.execute(f"SELECT {sql} FROM (SELECT {literal(value)}::VARCHAR AS v)").fetchall()[0][0]


@given(st.text(_ALPHABET, min_size=9, max_size=9), st.integers(0, 999_999), st.sampled_from(_ALPHABET))
@settings(max_examples=100, deadline=None)
def test_uscc_agrees_with_stdnum(body: str, region: int, check: str) -> None:
    for value in (stem := f"91{region:06d}{body}") + check, stem + uscc.calc_check_digit(stem):
        assert evaluate(identifier_is_valid("uscc", "v"), value) == uscc.is_valid(value)


@given(st.integers(0, 10**17 - 1), st.sampled_from("0123456789X"))
@settings(max_examples=100, deadline=None)
def test_resident_id_agrees_with_stdnum(number: int, check: str) -> None:
    value = f"{number:017d}{check}"
    assert evaluate(identifier_is_valid("resident_id", "v"), value) == (ric.calc_check_digit(value) == check)


@pytest.mark.parametrize("scheme", ["uscc", "resident_id", "adcode"])
@pytest.mark.parametrize("value", ["", "x", "320200 ", "91320200", "9" * 17, "9" * 19, "中" * 18, "3202000", "020200"])
def test_other_texts_are_invalid(scheme: str, value: str) -> None:
    assert evaluate(identifier_is_valid(scheme, "v"), value) is False


def test_null_is_neither() -> None:
    assert evaluate(identifier_is_valid("uscc", "v"), None) is None
    assert evaluate(identifier_is_valid("adcode", "v"), None) is None
    assert evaluate(identifier_is_valid("adcode", "v"), "320200") is True


@given(st.text())
@settings(deadline=None)
def test_anything_can_be_quoted(value: str) -> None:
    value = value.replace("\x00", "")
    assert evaluate(literal(value)) == value
    assert evaluate(f"v IN {literal_list([value])}", value) is True
    if value:
        assert CONNECTION.execute(f"SELECT 1 AS {ident(value)}").description[0][0] == value


@pytest.mark.parametrize(
    ("value", "folded"),
    [("　Ａ１２（甲）　", "A12(甲)"), (" a ", "a"), ("无锡市，甲：", "无锡市，甲："), ("\u00a0x", "x"), ("", ""), (None, None)],
)
def test_full_width_is_folded_and_blanks_are_trimmed(value: str | None, folded: str | None) -> None:
    assert evaluate(fold_text("v"), value) == folded
