"""The byte pass: declared encodings, strictly; control characters and wrongly decoded text refused."""

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from pipelines.connectors.hints import looks_like
from pipelines.connectors.limits import Limits
from pipelines.connectors.mojibake import find_mojibake
from pipelines.connectors.text import BLOCK
from tests.unit.pipelines.connectors.support import Deliverer

NAMES = "1,无锡市梁溪区人民中路\n2,滨湖区蠡湖大道\n"
TRADITIONAL = "1,臺北市中山區\n2,新竹市香山區中華路\n"
MEASURES = "无锡市公共数据管理办法已经市政府常务会议审议通过现予公布自某年某月起施行"


@pytest.mark.parametrize("bom", [b"", b"\xef\xbb\xbf"])
def test_utf8_with_and_without_bom(deliver: Deliverer, bom: bytes) -> None:
    assert deliver.read(bom + ("a,b\n" + NAMES).encode()).rows[0] == ("1", "无锡市梁溪区人民中路")


@pytest.mark.parametrize(
    ("encoding", "text"),
    [("gb18030", NAMES + "3,𠮷㐂é\n"), ("gbk", NAMES), ("big5", TRADITIONAL), ("latin-1", "1,Ynys Môn\n2,café £5\n")],
)
def test_declared_encodings(deliver: Deliverer, encoding: str, text: str) -> None:
    rows = deliver.read(("a,b\n" + text).encode(encoding), encoding=encoding).rows
    assert [",".join(value or "" for value in row) for row in rows] == text.splitlines()


@pytest.mark.parametrize(
    ("declared", "actual", "text", "seems"),
    [
        ("utf-8", "gb18030", NAMES, "GB18030"),
        ("utf-8", "big5", TRADITIONAL, "Big5"),
        ("utf-8", "latin-1", "1,x\n2,Ynys Môn is an isle\n", "Windows-1252"),
        ("gb18030", "utf-8", NAMES, "UTF-8"),
        ("gbk", "utf-8", NAMES, "UTF-8"),
        ("big5", "utf-8", TRADITIONAL, "UTF-8"),
        ("latin-1", "utf-8", NAMES, "UTF-8"),
        ("latin-1", "utf-8", "1,Ynys Môn\n", "UTF-8"),
        ("gb18030", "utf-8-sig", NAMES, "UTF-8"),
        ("utf-8", "utf-16", NAMES, "UTF-16"),
        ("utf-8", "utf-16-le", NAMES, "UTF-16"),
        ("gb18030", "utf-16", NAMES, "UTF-16"),
    ],
)
def test_another_encoding_refuses_the_file(deliver: Deliverer, declared: str, actual: str, text: str, seems: str) -> None:
    (one,) = deliver.refused(("a,b\n" + text).encode(actual), encoding=declared)
    assert one.code in {"wrong-encoding", "wrong-format"}
    assert seems in one.message.zh
    assert seems in one.message.en


def test_a_mixed_file_is_refused_at_its_first_wrong_line(deliver: Deliverer) -> None:
    good = "".join(f"{i},无锡\n" for i in range(200_000)).encode()
    data = b"a,b\n" + good + "x,无锡市\n".encode("gb18030") + good
    (one,) = deliver.refused(data)
    assert (one.code, one.where.row) == ("wrong-encoding", 200_002)
    assert str(len(b"a,b\n" + good) + 2) in one.message.en
    assert "GB18030" in one.message.en


def test_a_file_that_ends_inside_a_character(deliver: Deliverer) -> None:
    assert deliver.code("a,b\n1,无".encode()[:-1])[0] == "wrong-encoding"
    assert deliver.code("a,b\n1,无".encode("gb18030")[:-1], encoding="gb18030")[0] == "wrong-encoding"


@pytest.mark.parametrize("bad", ["\x00", "\x07", "\x0b", "\x1b", "\x7f", "\x85", "\x9f"])
@pytest.mark.parametrize("format_", ["csv", "ndjson"])
def test_control_characters_are_refused(deliver: Deliverer, bad: str, format_: str) -> None:
    lines = ["a,b", "1,·", f"2,x{bad}y"] if format_ == "csv" else ['{"a":"1"}', '{"a":"·"}', f'{{"a":"x{bad}y"}}']
    (one,) = deliver.refused("\n".join(lines).encode(), format=format_)
    assert (one.code, one.where.row) == ("control-character", 3)
    assert f"U+{ord(bad):04X}" in one.message.zh


@pytest.mark.parametrize(
    "garbled",
    [
        "\ufffd",
        "锟斤拷锟斤拷",
        "MÃ¤rz",
        "Â£5",
        "无锡".encode().decode("gb18030"),
        "无锡市梁溪区".encode().decode("gb18030", "replace").replace("\ufffd", "?"),
        "don’t".encode().decode("cp1252"),
    ],
)
@pytest.mark.parametrize("before", [0, 3_000])
def test_garbled_text_is_refused(deliver: Deliverer, garbled: str, before: int) -> None:
    data = "a,b\n" + "".join(f"{i},{MEASURES[i % 30 :]}\n" for i in range(before)) + f"x,{garbled}\n"
    assert deliver.code(data.encode()) == ("garbled-text", before + 2)


def test_garbled_text_of_other_encodings_is_refused(deliver: Deliverer) -> None:
    assert deliver.code("a,b\n1,无锡锟斤拷\n".encode("gb18030"), encoding="gb18030") == ("garbled-text", 2)


@pytest.mark.parametrize(
    "honest",
    [MEASURES, "買買提·艾力", "déjà\u00a0» vu", "CAFÉ\u00a0: 5", "Ö°", "Ynys Môn", "№ ½", "𠮷野家", "ÇÃO", "联通", "«Ä»"],
)
def test_honest_text_is_not_called_garbled(honest: str) -> None:
    assert find_mojibake(honest) is None


@given(st.text(st.sampled_from(MEASURES), min_size=1, max_size=60))
def test_no_chinese_text_is_called_garbled(text: str) -> None:
    assert find_mojibake(text) is None


@given(st.text(st.sampled_from(MEASURES), min_size=4, max_size=60))
def test_wrongly_decoded_chinese_is_found(text: str) -> None:
    garbled = text.encode().decode("gb18030", "replace").replace("\ufffd", "?")
    assume(any(len(run) >= 3 for run in garbled.split("?")[:1]))
    assert find_mojibake(garbled) is not None


@pytest.mark.parametrize("width", [1, 2, 3, 4])
def test_long_lines_are_cut_between_characters(deliver: Deliverer, width: int) -> None:
    character = {1: "x", 2: "é", 3: "无", 4: "𠮷"}[width]
    value = "y" + character * (5 * BLOCK // (2 * width))
    for encoding in ("utf-8", "gb18030"):
        data = f"a,b\n1,{value}\n".encode(encoding)
        assert deliver.read(data, limits=Limits(max_cell_bytes=4 * BLOCK), encoding=encoding).rows == [("1", value)]


@pytest.mark.parametrize("data", [b"", b"\x00\x00", b"\xff\xfe\xfd", "无".encode()[:1], b"abc"])
def test_a_hint_is_always_given(data: bytes) -> None:
    assert looks_like(data)
