"""What the catalog promises becomes rules: which, how severe, and in words."""

import re
from typing import Any

import pytest

from catalog_service.catalog.access import CollectionBasis, LegalBasis, OpeningTerms, SharingTerms
from catalog_service.catalog.catalog import Catalog
from catalog_service.catalog.dataset import Dataset, DeliveryFormat, Golden, GoldenSource
from catalog_service.catalog.quality import Metric, Rule
from catalog_service.catalog.schema import CodeItem, CodeList, Field, Reference, Schema
from catalog_service.catalog.vocabularies import (
    Dimension,
    FieldType,
    Frequency,
    IdentifierScheme,
    OpeningClass,
    Severity,
    SharingClass,
)
from expectations.rules import derive_rules
from expectations.suites import expectation_config

STATUS = CodeList(name="status", title="登记状态", items=(CodeItem(code="1", label="存续"), CodeItem(code="2", label="注销")))


def _dataset(*fields: Field, key: tuple[str, ...] = (), name: str = "enterprises", **options: Any) -> Dataset:
    return Dataset(
        agency="market",
        name=name,
        title="企业登记",
        description="企业登记信息",
        frequency=Frequency.DAILY,
        sharing=SharingTerms(class_=SharingClass.UNCONDITIONAL),
        opening=OpeningTerms(class_=OpeningClass.UNCONDITIONAL),
        basis=CollectionBasis(statute=LegalBasis(law="市场主体登记管理条例")),
        schema_=Schema(fields=fields, key=key),
        **({"delivery": DeliveryFormat()} | options),
    )


def _rules(dataset: Dataset, *others: Dataset) -> dict[str, Rule]:
    rules = derive_rules(dataset, Catalog(code_lists=(STATUS,), datasets=(dataset, *others)))
    by_name = {one.name: one for one in rules}
    assert len(by_name) == len(rules)
    return by_name


CODE = Field(name="code", title="代码")
PLACE = Field(name="place", title="地点")
PLACES = _dataset(CODE, PLACE, key=("code", "place"), name="places")
FULL = _dataset(
    Field(name="uscc", title="统一社会信用代码", title_en="USCC", identifier=IdentifierScheme.USCC, length=18),
    Field(name="status", title="状态", code_list="status", required=True),
    Field(name="phone", title="电话", pattern="[0-9]+"),
    Field(name="capital", title="注册资本", type=FieldType.DECIMAL, minimum=0, maximum=99.5),
    Field(name="staff", title="人数", type=FieldType.INTEGER, maximum=1_000_000),
    Field(name="place_code", title="地点代码", reference=Reference(dataset="market/places", field="code")),
    Field(name="owner_code", title="出资人代码", identifier=IdentifierScheme.USCC),
    Field(name="seat_code", title="住所代码", reference=Reference(dataset="market/places", field="code", blocking=True)),
    key=("uscc",),
)


def test_what_loading_enforces_on_every_row_is_no_rule() -> None:
    """Lengths, and the check digits of keys."""
    assert FULL.schema_.field("uscc").length == 18
    assert not {"uscc__max_length", "uscc__identifier"} & _rules(FULL, PLACES).keys()


def test_each_property_has_its_rule() -> None:
    found = {
        name: (one.metric, one.field, one.parameters, one.severity, one.dimension) for name, one in _rules(FULL, PLACES).items()
    }
    block, warn = Severity.BLOCKING, Severity.WARNING
    place = {"dataset": "market/places", "field": "code"}
    assert found == {
        "table__row_count": (Metric.ROW_COUNT, None, {"minimum": 1}, block, Dimension.COMPLETENESS),
        "uscc__unique": (Metric.UNIQUE, "uscc", {"columns": ["uscc"]}, block, Dimension.ACCURACY),
        "uscc__not_null": (Metric.NOT_NULL, "uscc", {}, block, Dimension.COMPLETENESS),
        "owner_code__identifier": (Metric.IDENTIFIER, "owner_code", {"scheme": "uscc"}, warn, Dimension.ACCURACY),
        "status__not_null": (Metric.NOT_NULL, "status", {}, block, Dimension.COMPLETENESS),
        "status__in_set": (Metric.IN_SET, "status", {"values": ["1", "2"]}, warn, Dimension.CONFORMITY),
        "phone__matches": (Metric.MATCHES, "phone", {"pattern": "[0-9]+"}, warn, Dimension.CONFORMITY),
        "capital__between": (Metric.BETWEEN, "capital", {"minimum": 0.0, "maximum": 99.5}, warn, Dimension.ACCURACY),
        "staff__between": (Metric.BETWEEN, "staff", {"minimum": None, "maximum": 1e6}, warn, Dimension.ACCURACY),
        "place_code__reference": (Metric.REFERENCE, "place_code", place, warn, Dimension.CONSISTENCY),
        "seat_code__reference": (Metric.REFERENCE, "seat_code", place, block, Dimension.CONSISTENCY),
    }


def test_reasons_are_plain_words_in_both_languages() -> None:
    for rule in _rules(FULL, PLACES).values():
        title = "数据集" if rule.field is None else FULL.schema_.field(rule.field).title
        assert rule.reason.zh.startswith(title)
        assert re.search(r"《办法》第(15、)?25条|第25条）", rule.reason.zh)
        assert "Art. " in rule.reason.en
        assert not re.search(r"[\u4e00-\u9fff]", rule.reason.en)
    reasons = {name: (one.reason.zh, one.reason.en) for name, one in _rules(FULL, PLACES).items()}
    assert reasons["uscc__not_null"][0] == "统一社会信用代码必须填写：它是主键，缺少时无法辨认记录（《办法》第15、25条）"
    assert reasons["capital__between"][1] == "capital must be at least 0 and at most 99.5 (Measures, Art. 25)"
    assert reasons["staff__between"][0] == "人数不得大于 1000000（《办法》第25条）"
    assert "“企业登记”（market/places）" in reasons["place_code__reference"][0]


def test_a_compound_key_is_one_rule_on_the_table() -> None:
    found = _rules(PLACES)
    assert found["table__unique"].parameters == {"columns": ["code", "place"]}
    assert found["table__unique"].field is None
    assert found["table__unique"].reason.zh.startswith("代码、地点的组合不得重复")
    assert {"code__not_null", "place__not_null"} < found.keys()


def test_without_a_key_nothing_must_be_unique() -> None:
    assert list(_rules(_dataset(CODE))) == ["table__row_count"]


def test_golden_records_are_held_to_their_key() -> None:
    golden = _dataset(
        CODE, key=("code",), name="golden", delivery=None, derivation=Golden(sources=(GoldenSource(dataset=PLACES.id),))
    )
    blocking = {name for name, one in _rules(golden, PLACES).items() if one.severity is Severity.BLOCKING}
    assert blocking == {"table__row_count", "code__unique", "code__not_null"}


@pytest.mark.parametrize("name", list(_rules(FULL, PLACES)))
def test_every_derived_rule_compiles(name: str) -> None:
    rule = _rules(FULL, PLACES)[name]
    config = expectation_config(rule)
    assert config["meta"] == {"rule": name}
    assert config["severity"] == ("critical" if rule.severity is Severity.BLOCKING else "warning")
