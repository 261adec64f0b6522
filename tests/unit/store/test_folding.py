from hypothesis import example, given
from hypothesis import strategies as st

from catalog_service.store.folding import fold, sort_key, words

TEXT = st.text(st.characters(exclude_categories=["Cs"]), max_size=30)


@given(TEXT, TEXT)
@example("乾", "坤")
@example("e", "\u0301")
@example("ﾊ", "ﾞ")
@example("한".encode().decode(), "글")
def test_folding_a_whole_is_folding_its_parts(left: str, right: str) -> None:
    assert fold(left + right) == fold(left) + fold(right)


@given(TEXT)
def test_folding_twice_changes_nothing(text: str) -> None:
    assert fold(fold(text)) == fold(text)


@given(TEXT)
def test_folded_text_can_be_stored_anywhere(text: str) -> None:
    assert "\x00" not in fold(text)
    assert sort_key(text).isalnum() or not fold(text)


def test_spellings_of_one_word_fold_alike() -> None:
    assert fold("無錫市ＡＢＣ１２３") == fold("无锡市abc123") == "无锡市abc123"
    assert fold("Straße Éa") == fold("STRASSE ea")
    assert fold("㈱①") == "(株)1"
    assert words("  無錫\u3000數據 无锡\u00a0x ") == ("无锡", "数据", "x")


def test_titles_sort_by_pinyin() -> None:
    titles = ["住房", "安全", "北塘", "交通", "滨湖", "锡山"]
    assert sorted(titles, key=sort_key) == ["安全", "北塘", "滨湖", "交通", "锡山", "住房"]
