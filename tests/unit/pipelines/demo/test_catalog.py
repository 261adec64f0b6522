"""The catalog of the demo city holds together and shows every term of the law."""

import yaml

from catalog_service.catalog.catalog import Catalog
from catalog_service.catalog.dataset import Golden
from catalog_service.catalog.vocabularies import (
    AgencyKind,
    BaseDatabase,
    DateOrder,
    DeliveryMode,
    FieldType,
    FileFormat,
    Frequency,
    IdentifierScheme,
    OpeningClass,
    Sensitivity,
    SharingClass,
)
from pipelines.demo.city import DemoCity
from pipelines.demo.declared import as_catalog, read_faulty_catalog


def test_it_has_no_problems(catalog: Catalog) -> None:
    assert [one.message.zh for one in catalog.problems()] == []


def test_it_is_large_enough(catalog: Catalog) -> None:
    opened = [one for one in catalog.datasets if one.opening.class_ is OpeningClass.UNCONDITIONAL]
    assert len(catalog.datasets) >= 60
    assert len(catalog.agencies) >= 28
    assert len(opened) >= 25


def test_every_term_occurs(catalog: Catalog) -> None:
    entries = catalog.datasets
    fields = [field for entry in entries for field in entry.schema_.fields]
    forms = [entry.delivery for entry in entries if entry.delivery is not None]
    assert {one.kind for one in catalog.agencies} == set(AgencyKind)
    assert {one.sharing.class_ for one in entries} == set(SharingClass)
    assert {one.opening.class_ for one in entries} == set(OpeningClass)
    assert {one.frequency for one in entries} == set(Frequency)
    assert {one.base_database for one in entries} == {None, *BaseDatabase}
    assert {one.type for one in fields} == set(FieldType)
    assert {one.sensitivity for one in fields} == set(Sensitivity)
    assert {one.identifier for one in fields} == {None, *IdentifierScheme}
    assert {one.date_order for one in fields} == set(DateOrder)
    assert {one.format for one in forms} == set(FileFormat)
    assert {one.mode for one in forms} == set(DeliveryMode)
    assert {"utf-8", "gb18030", "gbk"} <= {one.encoding for one in forms}
    assert any(one.basis.consent for one in entries)
    assert any(one.basis.statute for one in entries)


def test_each_base_database_has_golden_records(catalog: Catalog) -> None:
    golden = [one for one in catalog.datasets if isinstance(one.derivation, Golden)]
    assert {one.base_database for one in golden} == set(BaseDatabase)


def test_some_fields_are_stricter_than_their_data_set(catalog: Catalog) -> None:
    entry = catalog.dataset["big_data_bureau/legal_entity"]
    assert entry.opening.class_ is OpeningClass.UNCONDITIONAL
    assert {"phone", "legal_representative"}.isdisjoint(one.name for one in entry.open_fields)
    population = catalog.dataset["big_data_bureau/population"]
    assert population.open_fields == ()
    assert population.sharing_of(population.schema_.field("blood_type_code")) is SharingClass.NONE


def test_one_source_is_declared_a_copy(catalog: Catalog) -> None:
    derivation = catalog.dataset["big_data_bureau/legal_entity"].derivation
    assert isinstance(derivation, Golden)
    assert [one.copy_of for one in derivation.sources if one.copy_of] == ["market_regulation/enterprises"]
    assert derivation.field_order["address"][0] == "tax_bureau/taxpayers"


def test_headers_of_an_entry_are_distinct(catalog: Catalog) -> None:
    for entry in catalog.datasets:
        titles = [one.title for one in entry.schema_.fields]
        assert len(set(titles)) == len(titles), entry.id


def test_every_entry_is_told_in_both_languages(catalog: Catalog) -> None:
    missing = [one.id for one in catalog.datasets if not (one.title_en and one.description_en and one.keywords)]
    untitled = [f"{one.id}.{field.name}" for one in catalog.datasets for field in one.schema_.fields if not field.title_en]
    assert missing == []
    assert untitled == []


def test_the_written_file_is_the_catalog(city: DemoCity, catalog: Catalog) -> None:
    document = yaml.safe_load(city.catalog_file.read_text(encoding="utf-8"))
    assert as_catalog(document) == catalog


def test_the_faulty_catalog_is_faulty_in_each_entry() -> None:
    document = read_faulty_catalog()
    unknown_terms = document["datasets"].pop()
    assert unknown_terms["frequency"] not in set(Frequency)
    faulty = as_catalog(document)
    found = {one.code for one in faulty.problems()}
    assert {"collection-basis", "sharing-basis", "sharing-conditions", "opening-basis", "looser-opening"} <= found
    assert {"unknown-key", "unknown-code-list", "unknown-agency"} <= found
