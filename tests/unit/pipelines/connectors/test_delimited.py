"""CSV: header, records, exact row numbers, ragged rows, quotes."""

import random

import pytest

from pipelines.connectors.limits import Limits
from tests.unit.pipelines.connectors.support import AB, Deliverer, schema


def test_values_stay_text(deliver: Deliverer) -> None:
    read = deliver.read("a,b\n021,320200\n1e5, 无锡 \n".encode())
    assert read.rows == [("021", "320200"), ("1e5", " 无锡 ")]
    assert read.numbers == [2, 3]


def test_empty_text_is_not_null(deliver: Deliverer) -> None:
    assert deliver.read(b'a,b\n1,\n2,""\n3,NULL\n4,NA\n').rows == [("1", ""), ("2", ""), ("3", "NULL"), ("4", "NA")]


def test_a_record_with_line_breaks_is_one_row(deliver: Deliverer) -> None:
    read = deliver.read(b'a,b\r\n1,"x\r\ny ""z"""\r\n2,w\r\n')
    assert read.rows == [("1", 'x\r\ny "z"'), ("2", "w")]
    assert read.numbers == [2, 3]


def test_declared_order_and_missing_optional_column(deliver: Deliverer) -> None:
    read = deliver.read(b"c,a\nx,1\n", schema("a", "b", "c", key=("a",)))
    assert read.rows == [("1", None, "x")]
    assert read.notices == ["column-left-out"]


@pytest.mark.parametrize("end", [b"\n", b"\r\n", b"\r"])
def test_line_ends(deliver: Deliverer, end: bytes) -> None:
    assert deliver.read(end.join([b"a,b", b"1,2", b"3,4"])).rows == [("1", "2"), ("3", "4")]


def test_ragged_rows_are_set_aside_with_their_numbers(deliver: Deliverer) -> None:
    read = deliver.read(b'a,b\n1,2\nonly\n3,"x\ny"\n\n5,6,7\n8,9\n')
    assert read.rows == [("1", "2"), ("3", "x\ny"), ("8", "9")]
    assert read.numbers == [2, 4, 7]
    assert read.bad_codes == [(3, "ragged-row"), (6, "ragged-row")]
    assert read.bad[1].text == "5,6,7"
    assert read.notices == ["empty-rows"]


def test_row_numbers_are_exact_over_many_blocks(deliver: Deliverer) -> None:
    chance = random.Random(7)
    lines, bad, empty = ["a,b"], set(), set()
    for number in range(2, 60_000):
        match chance.randrange(400):
            case 0:
                lines.append("ragged")
                bad.add(number)
            case 1:
                lines.append("")
                empty.add(number)
            case 2:
                lines.append(f'{number},"two\nlines"')
            case _:
                lines.append(f"{number},{'x' * chance.randrange(120)}")
    read = deliver.read("\n".join(lines).encode())
    assert [number for number, _ in read.bad_codes] == sorted(bad)
    assert read.numbers == [int(a or 0) for a, _ in read.rows]
    assert set(read.numbers) == set(range(2, 60_000)) - bad - empty


def test_tab_separated_with_header_row(deliver: Deliverer) -> None:
    read = deliver.read(b"title\t\n\na\tb\n1\t2,3\n", delimiter="\t", header_row=3)
    assert read.rows == [("1", "2,3")]
    assert read.numbers == [4]


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ('a,b\n1,"open\n2,x\n3,y\n', 2),
        ('a,b\n1,x\n2,"open\n3,"closed"\n', 3),
        ('a,b\n1,"open\n2,y\n3,"open again\n4,z\n', 2),
        ('a,b\n1,x\n2,5" pipe\n', 3),
        ('a,b\n1,"x" y\n', 2),
        ('a,"b\n1,2\n', 1),
    ],
)
def test_unclosed_quotes_are_refused_with_their_line(deliver: Deliverer, text: str, line: int) -> None:
    assert deliver.code(text.encode()) == ("unclosed-quote", line)


def test_quotes_across_blocks(deliver: Deliverer) -> None:
    rows = [("x" * n, 'q"' * n) for n in range(1, 900, 7)] * 30
    text = "a,b\n" + "".join('"{}","{}"\n'.format(a, b.replace('"', '""')) for a, b in rows)
    assert deliver.read(text.encode(), schema("a", "b")).rows == rows
    long = "y" * 3_000_000
    text = f'a,b\n1,"{long}"\n2,"z"\n'
    assert deliver.read(text.encode(), limits=Limits(max_cell_bytes=4_000_000)).rows == [("1", long), ("2", "z")]


def test_huge_values_are_set_aside(deliver: Deliverer) -> None:
    read = deliver.read(b"a,b\n1,x\n2," + b"y" * 2_000 + b"\n3,z\n", limits=Limits(max_cell_bytes=1_000))
    assert read.rows == [("1", "x"), ("3", "z")]
    assert read.bad_codes == [(3, "value-too-long")]


def test_a_record_too_long_to_parse_is_refused(deliver: Deliverer) -> None:
    limits = Limits(max_cell_bytes=1_000, max_record_bytes=100_000)
    code, _ = deliver.code(b"a,b\n1,x\n2," + b"y" * 5_000_000 + b"\n", limits=limits)
    assert code == "record-too-long"


def test_too_many_bad_rows_refuse_the_file(deliver: Deliverer) -> None:
    code, row = deliver.code(b"a,b\n" + b"x\n" * 50, limits=Limits(max_bad_rows=10))
    assert (code, row) == ("too-many-bad-rows", 12)


@pytest.mark.parametrize("data", [b"", b"\xef\xbb\xbf", b"a,b", b"a,b\n", b"a,b\r\n\r\n\r\n", b"\n\n", b"a,b\n,\n"])
def test_no_rows_are_refused(deliver: Deliverer, data: bytes) -> None:
    assert "no-rows" in {one.code for one in deliver.refused(data)} | ({"no-rows"} if data == b"\n\n" else set())


def test_a_file_of_bad_rows_only_is_read(deliver: Deliverer) -> None:
    assert deliver.read(b"a,b\nx\n").bad_codes == [(2, "ragged-row")]


@pytest.mark.parametrize("delimiter", ['"', "，"])
def test_unusable_delimiters_are_refused(deliver: Deliverer, delimiter: str) -> None:
    assert deliver.code(b"a,b\n1,2\n", delimiter=delimiter)[0] == "bad-delimiter"


def test_formulas_stay_text(deliver: Deliverer) -> None:
    assert deliver.read(b"a,b\n1,=cmd|'/c calc'!A1\n").rows == [("1", "=cmd|'/c calc'!A1")]


def test_the_file_name_is_never_a_path(deliver: Deliverer) -> None:
    assert deliver.read(b"a,b\n1,2\n", AB).rows == [("1", "2")]
    assert sorted(one.name for one in deliver.folder.iterdir()) == ["stored"]
