"""Charts: well-formed SVG that says in words what it draws, and nothing that the content security policy refuses."""

import xml.etree.ElementTree as ET

import pytest
from markupsafe import Markup

from catalog_service.web.charts import Bar, Part, Point, bars, parts, trend

NS = "{http://www.w3.org/2000/svg}"
NASTY = "</title><script>alert('\"&')</script>"


def parse(chart: Markup) -> ET.Element:
    """Return the element, as a browser would see it in a page."""
    return ET.fromstring(str(chart).replace("<svg ", '<svg xmlns="http://www.w3.org/2000/svg" ', 1))  # noqa: S314


def of_class(svg: ET.Element, name: str) -> list[ET.Element]:
    return [one for one in svg.iter() if name in one.get("class", "").split()]


ALL = [
    bars(NASTY, [Bar(NASTY, 50, NASTY), Bar("准确性", None)], unevaluated="未评"),
    trend(NASTY, [Point(NASTY, 90), Point("2026-02", None), Point("2026-03", 100)], unevaluated="未评"),
    parts(NASTY, [Part(NASTY, 3, "good"), Part("未通过", 1, "bad"), Part("未评", 0, "none")]),
    bars("空", [], unevaluated="未评"),
    trend("空", [], unevaluated="未评"),
    parts("空", []),
]


@pytest.mark.parametrize("chart", ALL)
def test_every_chart_names_itself_and_needs_no_style_or_script(chart: Markup) -> None:
    svg = parse(chart)
    title, description = svg.find(f"{NS}title"), svg.find(f"{NS}desc")
    assert svg.get("role") == "img"
    assert title is not None
    assert description is not None
    assert svg.get("aria-labelledby") == f"{title.get('id')} {description.get('id')}"
    assert title.text in (NASTY, "空")
    assert {one.tag.removeprefix(NS) for one in svg.iter()}.isdisjoint({"script", "style", "foreignObject", "a"})
    assert not any(name == "style" or name.startswith("on") for one in svg.iter() for name in one.attrib)


def test_bars_are_as_long_as_their_values_and_never_longer_than_the_page() -> None:
    svg = parse(bars("维度", [Bar("甲", 25), Bar("乙", 0), Bar("丙", 130, "满分", "good")], unevaluated="未评"))
    assert [one.get("width") for one in of_class(svg, "fill")] == ["25%", "100%"]
    assert [one.text for one in of_class(svg, "value")] == ["25", "0", "满分"]
    assert svg.findtext(f"{NS}desc") == "甲 25；乙 0；丙 满分"


def test_what_was_not_evaluated_is_hatched_and_never_full() -> None:
    svg = parse(bars("维度", [Bar("时效性", None)], unevaluated="未评"))
    assert of_class(svg, "fill") == []
    assert [one.get("fill") for one in svg.findall(f"{NS}rect")] == [f"url(#{svg.find(f'{NS}defs/{NS}pattern').get('id')})"]  # type: ignore[union-attr]
    assert svg.findtext(f"{NS}desc") == "时效性 未评"


def test_a_trend_leaves_a_gap_where_nothing_was_measured() -> None:
    steps = [Point("1月", 100), Point("2月", 90), Point("3月", None), Point("4月", 95), Point("5月", None)]
    svg = parse(trend("得分", steps, unevaluated="未评"))
    assert len(of_class(svg, "series")) == 1  # from January to February only
    assert len(of_class(svg, "mark")) == 3
    assert len(of_class(svg, "gap")) == 2
    assert [one.text for one in of_class(svg, "date")] == ["1月", "5月"]
    assert [one.text for one in of_class(svg, "tick")] == ["90", "95", "100"]  # where the scale begins is written down
    top, low = (float(one.get("cy", "")) for one in of_class(svg, "mark")[:2])
    assert top < low


def test_a_trend_with_a_low_value_begins_at_zero() -> None:
    svg = parse(trend("得分", [Point("1月", 12.345)], unevaluated="未评"))
    assert [one.text for one in of_class(svg, "tick")] == ["0", "50", "100"]
    assert [one.text for one in of_class(svg, "date")] == ["1月"]
    assert svg.findtext(f"{NS}desc") == "1月 12.3"


def test_only_what_is_whole_says_100() -> None:
    svg = parse(bars("维度", [Bar("甲", 99.999), Bar("乙", 99.1), Bar("丙", 100)], unevaluated="未评"))
    assert [one.text for one in of_class(svg, "value")] == ["99.9", "99.1", "100"]


def test_parts_fill_the_whole_width() -> None:
    svg = parse(parts("规则", [Part("通过", 2, "good"), Part("未通过", 1, "bad"), Part("未评", 0)]))
    drawn = [(one.get("x"), one.get("width")) for one in of_class(svg, "part")]
    assert drawn == [("0%", "66.667%"), ("66.667%", "33.333%")]
    assert svg.findtext(f"{NS}desc") == "通过 2；未通过 1"


def test_long_labels_are_cut_but_described_in_full() -> None:
    label = "无锡市人力资源和社会保障局社会保险基金管理中心"
    svg = parse(bars("机构", [Bar(label, 50), Bar("a" * 31, 50)], unevaluated="未评"))
    assert [one.text for one in of_class(svg, "label")] == [label[:19] + "…", "a" * 31]
    assert label in (svg.findtext(f"{NS}desc") or "")


def test_two_charts_of_one_page_have_different_ids() -> None:
    ids = [one.get("id") for chart in ALL[:3] for one in parse(chart).iter() if one.get("id")]
    assert len(ids) == len(set(ids))
