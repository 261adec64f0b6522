"""Words, sketches, scores and the index: what must hold whatever the data."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from catalog_service.catalog.dataset import Dataset
from catalog_service.matching.codes import labels_of, paired_columns, translations
from catalog_service.matching.index import Index
from catalog_service.matching.profiles import EntryProfile, Name, language_twins, profile
from catalog_service.matching.scoring import THRESHOLD, name_similarity
from catalog_service.matching.sketches import SIZE, Sketch, normalise, overlap, parts_of, sketch
from catalog_service.matching.words import title_words, words_of
from tests.support import city


def made(values: list[str], row_count: int = 0) -> Sketch:
    found = sketch(values, row_count=row_count)
    assert found is not None
    return found


def entry(id_: str, title: str, *titles: str) -> Dataset:
    fields: list[str | dict[str, object]] = [{"name": f"f{n:02d}", "title": text} for n, text in enumerate(titles)]
    return city.dataset(id_, fields, title=title, description=title)


@pytest.mark.parametrize(
    "other", ["电话", "聯繫電話", "ＴＥＬ", "telephone number", "lianxidianhua", "lian_xi_dian_hua", "lxdh", "联络电话"]
)
def test_one_meaning_in_many_spellings(other: str) -> None:
    assert words_of(other) == words_of("联系电话") == ("#phone",)


def test_words_that_say_nothing_are_left_away_where_they_end_a_name_only() -> None:
    assert title_words("本市停车场的相关信息") == title_words("停车场")
    assert "安全" in title_words("信息安全")
    assert title_words("信息安全") != title_words("安全信息")
    assert title_words("餐饮单位许可信息") == title_words("餐饮单位经营信息")


def test_a_title_without_any_word_is_kept() -> None:
    assert words_of("内容") == ("内容",)
    assert words_of("") == ()


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("ADUR", "Adur District Council"),
        ("Bristol, City of", "City of Bristol"),
        ("http://a.example/id/E0600001", "e0600001"),
        ("無錫市濱湖區", "滨湖"),
        ("ＡＢ１２", " ab12 "),
        ("LondonBorough", "London borough"),
    ],
)
def test_values_are_compared_without_spelling(one: str, other: str) -> None:
    assert normalise(one) == normalise(other)


@settings(max_examples=30, deadline=None)
@given(
    st.sets(st.integers(10**6, 10**7), min_size=1, max_size=120), st.sets(st.integers(10**6, 10**7), min_size=1, max_size=120)
)
def test_containment_of_whole_sketches_is_exact_and_symmetric(one: set[int], other: set[int]) -> None:
    a, b = made([str(v) for v in one]), made([str(v) for v in other])
    found = overlap(a, b)
    assert found == overlap(b, a) or len(one) == len(other)
    small, large = sorted((one, other), key=len)
    assert found.containment == pytest.approx(len(small & large) / len(small)) or len(one) == len(other)


def test_containment_is_estimated_within_a_few_percent_from_samples() -> None:
    everything = [f"value {number}" for number in range(6_000)]
    one, other = made(everything[:4_000]), made(everything[2_000:])
    assert one.count == SIZE
    assert overlap(one, other).containment == pytest.approx(0.5, abs=0.1)
    assert not one.is_copy_of(other)
    assert one.is_copy_of(made(everything[:4_000]))


def test_a_sketch_of_sensitive_values_holds_no_value() -> None:
    found = sketch(["320200199001011234"], is_sensitive=True)
    assert found is not None
    assert "3202001990" not in found.model_dump_json()
    assert Sketch.model_validate_json(found.model_dump_json()) == found


def test_codes_join_their_labels_and_languages_each_other() -> None:
    columns = {"code": ["D", "L", "D"], "label": ["District", "London", "District"], "name": ["a", "b", "c"]}
    (paired,) = paired_columns(columns)
    assert labels_of(["D", "L"], [paired]) == ("District", "London")
    assert labels_of(["x", "y", "z"], [paired]) == ()
    assert language_twins(["name", "name-cy", "名称", "英文名称"]) == {"name-cy": "name", "英文名称": "名称"}
    assert translations({"name": ["Cardiff", "Bath"], "name-cy": ["Caerdydd", ""]}) == {"name-cy": ("Cardiff",)}
    assert parts_of(["甲、乙", "丙、丁"]) == ("甲", "乙", "丙", "丁")


def test_small_numbers_and_shared_categories_carry_no_finding() -> None:
    numbers = made([str(n) for n in range(300)], row_count=300)
    measurements = made([f"{n / 10}" for n in range(300)], row_count=300)
    districts = made(["梁溪区", "滨湖区", "新吴区", "锡山区", "惠山区"], row_count=300)
    for found in (numbers, measurements, districts):
        one = profile(entry("a/one", "水库名录", "甲"), sketches={"f00": found})
        other = profile(entry("b/two", "律师名单", "乙"), sketches={"f00": found})
        assert Index([one]).search(other) == []


def test_decimals_are_compared_as_numbers() -> None:
    assert normalise("12.30") == normalise("12.3") != normalise("3.12")
    assert normalise("-5.2") != normalise("5.2")
    assert normalise("3.00") == normalise("3") == "3"


def test_rare_words_decide_and_templates_do_not() -> None:
    template = ("机构名称", "地址", "服务时间", "联系电话")
    entries = [
        profile(entry(f"a{n}/bodies", f"{trade}管理与服务机构", *template)) for n, trade in enumerate(["教育", "科技", "环保"])
    ]
    index = Index([*entries, profile(entry("b/parks", "停车场静态信息", "名称", "收费标准", "电话"))])
    assert index.search(profile(entry("c/bodies", "民防管理与服务机构", *template))) == []
    found = index.search(profile(entry("d/parks", "停车场（库、位）", "收费", "车位数", "聯繫電話")))
    assert {(one.dataset, one.other) for one in found} == {("b/parks", "f01"), ("b/parks", "f02")}
    assert all(one.judgement.score >= THRESHOLD for one in found)


def test_an_index_that_grew_answers_like_one_built_at_once() -> None:
    def one(number: int, title: str = "停车场") -> EntryProfile:
        values = made([f"v{number % 3} {n}" for n in range(60)], row_count=60)
        return profile(entry(f"a/e{number}", f"{title}{number % 3}号信息", "名称", "收费标准"), sketches={"f00": values})

    asked = one(99)
    grown = Index()
    for number in range(12):
        grown.search(asked)
        grown.put(one(number, "旧名"))
        grown.put(one(number))
    grown.put(one(50))
    grown.remove("a/e50")
    whole = Index([one(number) for number in range(12)])
    pairs = [{(m.dataset, m.field, m.other) for m in index.search(asked)} for index in (grown, whole)]
    assert pairs[0] == pairs[1] != set()
    assert len(grown) == len(whole) == 12


def test_similarity_of_names_is_symmetric_and_bounded() -> None:
    fields = profile(entry("a/one", "一", "联系电话", "lxdh", "地址（路段）", "注册地址", "负责人、联系电话")).fields
    for a in fields:
        for b in fields:
            assert 0.0 <= name_similarity(a, b) == name_similarity(b, a) <= 1.0
    assert Name.of("联系电话").initials == "lxdh"
