"""Property: whatever table is written as a declared format comes back as the same texts, and rows balance."""

import csv
import io
import json
from typing import Any, Literal

import pytest
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

from pipelines.connectors.mojibake import find_latin_mojibake, find_mojibake
from tests.unit.pipelines.connectors.support import Deliverer, schema

SETTINGS = settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
ALPHABETS = {
    "utf-8": st.characters(
        codec="utf-8", exclude_categories=["Cc", "Cs"], include_characters="\t", exclude_characters="\ufffd"
    ),
    "gb18030": st.characters(codec="gb18030", exclude_categories=["Cc", "Cs"], exclude_characters="\ufffd"),
    "gbk": st.sampled_from("无锡市梁溪区,\"\n' ab1㐂".replace("㐂", "")),
    "big5": st.sampled_from("臺北市中山區,\"\n' ab1"),
    "latin-1": st.sampled_from("abc,\"\n' éôüß£1"),
}


def tables(encoding: str) -> st.SearchStrategy[list[list[str]]]:
    cell = st.text(ALPHABETS[encoding] | st.sampled_from('",\n'), max_size=12)
    return st.integers(1, 5).flatmap(
        lambda width: st.lists(st.lists(cell, min_size=width, max_size=width), min_size=1, max_size=20)
    )


def kept(table: list[list[str]]) -> list[tuple[int, tuple[str, ...]]]:
    """Return the rows that hold anything, with their numbers."""
    return [(number, tuple(row)) for number, row in enumerate(table, start=2) if any(row)]


@pytest.mark.parametrize("encoding", ALPHABETS)
@pytest.mark.parametrize("delimiter", [",", "\t", "|"])
@SETTINGS
@given(data=st.data())
def test_csv(deliver: Deliverer, encoding: Any, delimiter: str, data: st.DataObject) -> None:
    table = data.draw(tables(encoding))
    end: Literal["\n", "\r\n"] = data.draw(st.sampled_from(["\n", "\r\n"]))
    quoting: Literal[0, 1] = data.draw(st.sampled_from([csv.QUOTE_MINIMAL, csv.QUOTE_ALL]))
    names = [f"c{i}" for i in range(len(table[0]))]
    target = io.StringIO(newline="")
    csv.writer(target, delimiter=delimiter, lineterminator=end, quoting=quoting).writerows([names, *table])
    text = target.getvalue()
    assume(kept(table) and not _is_garbled(text))
    encoded = text.encode(encoding)
    assume(encoding == "utf-8" or not _is_utf8(encoded))
    read = deliver.read(encoded, schema(*names), encoding=encoding, delimiter=delimiter)
    assert list(zip(read.numbers, read.rows, strict=True)) == kept(table)
    assert not read.bad


def _is_garbled(text: str) -> bool:
    data = text.encode()
    return find_mojibake(text) is not None or find_latin_mojibake(data, len(data)) >= 0


def _is_utf8(data: bytes) -> bool:
    try:
        return not data.isascii() and bool(data.decode())
    except UnicodeDecodeError:
        return False


@pytest.mark.parametrize("format_", ["json", "ndjson"])
@SETTINGS
@given(data=st.data(), escaped=st.booleans())
def test_json(deliver: Deliverer, format_: str, data: st.DataObject, escaped: bool) -> None:
    table = data.draw(tables("utf-8"))
    names = [f"c{i}" for i in range(len(table[0]))]
    lines = [json.dumps(dict(zip(names, row, strict=True)), ensure_ascii=escaped) for row in table]
    text = "\n".join(lines) if format_ == "ndjson" else "[" + ",\n".join(lines) + "]"
    assume(kept(table) and not _is_garbled(text))
    read = deliver.read(text.encode(), schema(*names), format=format_)
    assert [(number + 1, row) for number, row in zip(read.numbers, read.rows, strict=True)] == kept(table)


@SETTINGS
@given(lines=st.lists(st.sampled_from(["1,2", "x", "a,b,c", "", '"q\nr",s', ",", "é,无"]), min_size=1, max_size=40))
def test_rows_balance_whatever_is_ragged(deliver: Deliverer, lines: list[str]) -> None:
    assume(any(line not in {"", ","} for line in lines))
    read = deliver.read("\n".join(["a,b", *lines]).encode())
    expected_bad = [number for number, line in enumerate(lines, start=2) if line in {"x", "a,b,c"}]
    expected_good = [number for number, line in enumerate(lines, start=2) if line not in {"x", "a,b,c", "", ","}]
    assert [number for number, _ in read.bad_codes] == expected_bad
    assert read.numbers == expected_good
