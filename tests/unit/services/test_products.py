"""Products of sharing and opening: treated as declared, measured before anybody sees them, remade only when needed."""

import datetime as dt
import hashlib
import hmac
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from catalog_service.catalog.dataset import Dataset
from catalog_service.catalog.decision import ColumnView, View, Zone, granted_view
from catalog_service.catalog.errors import ConflictError
from catalog_service.catalog.grant import Grant
from catalog_service.catalog.principal import Principal, Role
from catalog_service.catalog.row_filter import Condition, Operator, RowFilter
from catalog_service.catalog.vocabularies import RecordState
from catalog_service.services import products, treating
from catalog_service.services.access import Wish, open_read
from catalog_service.services.platform import Platform
from catalog_service.services.pseudonym_keys import holder_of
from catalog_service.services.publishing import release
from lake.expressions import literal
from tests.support.city import catalog, dataset, platform
from tests.unit.services.reading_platform import write

BASIS = {"law": "老年人权益保障法", "article": "第三十条"}
FIELDS: list[Any] = [
    "code",
    {"name": "phone", "sharing_treatment": {"kind": "pseudonym"}},
    {"name": "born_on", "type": "date", "sharing_treatment": {"kind": "date", "to": "year"}},
    {"name": "seen_at", "type": "datetime", "sharing_treatment": {"kind": "date", "to": "month"}},
    {"name": "district", "sharing_treatment": {"kind": "region", "digits": 4}},
    {"name": "income", "type": "integer", "sharing_treatment": {"kind": "number", "step": 1000}},
    {"name": "age", "type": "integer", "sharing_treatment": {"kind": "top_code", "maximum": 90, "minimum": 60}},
    {"name": "illness", "sharing_treatment": {"kind": "mask", "keep_first": 1}},
]
ROWS = """
    SELECT * FROM (VALUES
      ('1', '138', DATE '1940-05-06', TIMESTAMPTZ '2024-02-29 17:00:00+00', '320205', 1999, 95, '高血压'),
      ('2', '139', DATE '1940-11-30', TIMESTAMPTZ '2024-03-01 00:00:00+00', '320206', 1000, 50, '糖'),
      ('3', NULL, NULL, NULL, NULL, NULL, NULL, NULL)
    ) AS rows(code, phone, born_on, seen_at, district, income, age, illness)
"""


def entry(**changes: Any) -> Dataset:
    conditional = {"class": "conditional", "conditions": "仅限民生", "basis": BASIS}
    return dataset("civil/elders", FIELDS, ["code"], **{"sharing": conditional, **changes})


def grant(id_: str = "g-1", **changes: Any) -> Grant:
    document: dict[str, Any] = {
        "id": id_,
        "request": "r1",
        "dataset": "civil/elders",
        "grantee": {"kind": "agency", "id": "health"},
        "columns": entry().schema_.names,
        "purpose": "核发补贴",
        "valid_from": dt.date(2020, 1, 1),
        "valid_until": dt.date(2099, 1, 1),
        "granted_at": dt.datetime(2026, 5, 1, tzinfo=dt.UTC),
    }
    return Grant.model_validate(document | changes)


@pytest.fixture
def opened(tmp_path: Path) -> Iterator[Platform]:
    with platform(tmp_path, catalog(entry(), dataset("health/doctors", ["code"], ["code"]))) as made:
        release(made, [write(made, "standard/civil/elders", ROWS)])
        yield made


def give(platform: Platform, one: Grant) -> Grant:
    with platform.database.transaction() as transaction:
        transaction.sharing.grants.add(one)
    return one


def rows(platform: Platform, table: str) -> list[tuple[Any, ...]]:
    with platform.database.reading() as transaction:
        current = transaction.publications.current(table)
    assert current is not None
    with platform.lake.connect() as connection:
        return connection.execute(f"FROM {platform.lake.relation(f.path for f in current.files)} ORDER BY code").fetchall()


def read(platform: Platform, one: Grant) -> int:
    """Return how many rows the grant's holder has."""
    doctor = Principal(id="doctor", name="卫健委", roles=frozenset({Role.RESPONSIBLE}), agency="health")
    wish = Wish(one.dataset, Zone.SHARE, purpose=one.purpose, grant=one.id)
    return open_read(platform, doctor, wish).publication.row_count


def revise(platform: Platform, **changes: Any) -> None:
    with platform.database.transaction() as transaction:
        transaction.catalog.put_dataset(entry(**changes), state=RecordState.PUBLISHED)


def test_each_field_is_treated_as_declared_and_missing_values_stay_missing(opened: Platform) -> None:
    one = give(opened, grant())
    made = products.make_grant_product(opened, one)
    assert made is not None
    assert (made.version, made.row_count, made.privacy) == (0, 3, None)
    first, second, third = rows(opened, one.table)
    key = next((opened.settings.home_path / "keys" / "pseudonyms").glob("*.key")).read_bytes()
    pseudonym = hmac.digest(hmac.digest(key, one.id.encode(), "sha256"), b"138", "sha256").hex()
    year, month = dt.date(1940, 1, 1), dt.date(2024, 3, 1)
    assert first == ("1", pseudonym, year, month, "320200", 1000, 90, "高**")
    assert second[2:] == (year, month, "320200", 1000, 60, "*")
    assert third == ("3", *[None] * 7)


def test_the_key_is_for_the_service_alone_and_in_no_file_of_lake_or_database(opened: Platform) -> None:
    products.make_grant_product(opened, give(opened, grant()))
    (path,) = (opened.settings.home_path / "keys" / "pseudonyms").glob("*.key")
    key = path.read_bytes()
    assert path.stat().st_mode & 0o077 == 0
    others = [one for one in opened.settings.home_path.rglob("*") if one.is_file() and one != path]
    assert len(others) > 5
    assert not [one for one in others if key in one.read_bytes() or key.hex().encode() in one.read_bytes()]


def test_a_product_is_made_again_only_when_source_or_entry_changed(opened: Platform) -> None:
    one = give(opened, grant())
    (first,) = products.refresh_grants(opened, "civil/elders")
    assert products.refresh_grants(opened, "civil/elders") == (first,)
    release(opened, [write(opened, "standard/civil/elders", ROWS.replace("'1',", "'9',"))])
    (second,) = products.refresh_grants(opened, "civil/elders")
    assert (second.version, second.source_version) == (1, 1)
    assert [row[0] for row in rows(opened, one.table)] == ["2", "3", "9"]
    revise(opened, title="老年人名册")
    assert products.refresh_grants(opened, "civil/elders") == (second,)


def test_a_revoked_or_expired_grant_gets_no_new_product(opened: Platform) -> None:
    give(opened, grant("g-1", revoked_at=dt.datetime(2026, 5, 2, tzinfo=dt.UTC)))
    give(opened, grant("g-2", valid_until=dt.date(2020, 1, 2)))
    assert products.refresh_grants(opened, "civil/elders") == ()


def about_people(**changes: Any) -> dict[str, Any]:
    fields: list[Any] = ["code", {"name": "age", "type": "integer"}, "illness"]
    declared = {"quasi_identifiers": ["age"], "confidential": ["illness"], "k_share": 5, **changes}
    schema = {"fields": [{"title": "t", **({"name": f} if isinstance(f, str) else f)} for f in fields], "key": ["code"]}
    return {"schema": schema, "deidentification": declared}


def people_sql(*sizes: int) -> str:
    groups = " UNION ALL ".join(f"SELECT {60 + n} AS age, i FROM range({size}) AS t(i)" for n, size in enumerate(sizes))
    return f"SELECT (row_number() OVER ())::VARCHAR AS code, age, 'd' || i % 3 AS illness FROM ({groups})"


@pytest.mark.parametrize(
    ("sizes", "suppress", "k", "diversity", "kept", "suppressed"),
    [
        ((5, 6), False, 5, 3, 11, 0),
        ((5, 4), False, 4, 3, None, 0),
        ((5, 4), True, 5, 3, 5, 4),
        ((1, 2), True, None, None, 0, 3),
    ],
)
def test_groups_are_measured_before_publication_and_small_ones_refused_or_left_out(
    opened: Platform,
    sizes: tuple[int, ...],
    suppress: bool,
    k: int | None,
    diversity: int | None,
    kept: int | None,
    suppressed: int,
) -> None:
    revise(opened, **about_people(suppress_small_groups=suppress))
    release(opened, [write(opened, "standard/civil/elders", people_sql(*sizes))])
    one = give(opened, grant(columns=("code", "age", "illness")))
    made = products.make_grant_product(opened, one)
    assert made is not None
    assert made.privacy is not None
    assert (made.privacy.k, made.privacy.diversity.get("illness"), made.privacy.suppressed_rows) == (k, diversity, suppressed)
    if kept is None:
        assert [(p.code, p.article) for p in made.withheld] == [("not-anonymous-enough", 19)]
        with opened.database.reading() as transaction:
            assert transaction.publications.current(one.table) is None
        with pytest.raises(ConflictError, match="not anonymous enough"):
            read(opened, one)
    else:
        assert (made.withheld, made.row_count) == ((), kept)


def test_what_was_published_stays_where_the_next_version_is_not_anonymous_enough(opened: Platform) -> None:
    revise(opened, **about_people())
    release(opened, [write(opened, "standard/civil/elders", people_sql(6, 6))])
    one = give(opened, grant(columns=("code", "age", "illness")))
    products.make_grant_product(opened, one)
    release(opened, [write(opened, "standard/civil/elders", people_sql(6, 6, 1))])
    made = products.make_grant_product(opened, one)
    assert made is not None
    assert made.withheld
    assert read(opened, one) == 12
    revise(opened, **about_people(k_share=7))  # now even what is there is not enough
    products.make_grant_product(opened, one)
    with pytest.raises(ConflictError, match="not anonymous enough"):
        read(opened, one)


def test_without_the_quasi_identifiers_nothing_is_measured(opened: Platform) -> None:
    revise(opened, **about_people())
    release(opened, [write(opened, "standard/civil/elders", people_sql(1, 1))])
    made = products.make_grant_product(opened, give(opened, grant(columns=("code", "illness"))))
    assert made is not None
    assert (made.privacy, made.row_count) == (None, 2)


def test_pseudonyms_of_other_grants_and_grantees_differ(opened: Platform) -> None:
    grants = [grant("g-1"), grant("g-2"), grant("g-3", grantee={"kind": "agency", "id": "police"})]
    for one in grants:
        products.make_grant_product(opened, give(opened, one))
    assert len({rows(opened, one.table)[0][1] for one in grants}) == 3
    assert len({holder_of(one) for one in grants}) == 2
    assert len(list((opened.settings.home_path / "keys" / "pseudonyms").glob("*.key"))) == 2


HOSTILE = ["'); DROP TABLE x; --", "'", "\\", '"', "甲'乙", ""]


@given(value=st.sampled_from(HOSTILE) | st.text(st.characters(exclude_categories=["Cs", "Cc"]), max_size=20))
@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_row_conditions_are_values_and_never_sql(lake_connection: Any, value: str) -> None:
    name = "district"
    rows = RowFilter(all_of=(Condition(field=name, operator=Operator.EQUAL, values=(value,)),))
    sql = treating.selected(
        View((ColumnView(name),), rows), entry(), f"(SELECT {literal(value)} AS {name} UNION ALL SELECT 'z~')"
    )
    assert lake_connection.execute(sql).fetchall() == [(value,)]


@pytest.fixture(scope="module")
def lake_connection() -> Iterator[Any]:
    import duckdb

    with duckdb.connect() as connection:
        yield connection


@pytest.mark.parametrize(
    ("operator", "values", "kept"),
    [
        (Operator.EQUAL, ["1000"], ["2"]),
        (Operator.NOT_EQUAL, ["1000"], ["1"]),
        (Operator.ONE_OF, ["1000", "1999"], ["1", "2"]),
        (Operator.AT_LEAST, ["1500"], ["1"]),
        (Operator.AT_MOST, ["1500"], ["2"]),
        (Operator.IS_EMPTY, [], ["3"]),
        (Operator.IS_GIVEN, [], ["1", "2"]),
    ],
)
def test_row_conditions_look_at_values_before_treatment(
    lake_connection: Any, operator: Operator, values: list[str], kept: list[str]
) -> None:
    view = granted_view(entry(), grant(columns=("code", "income")))
    chosen = View(view.columns, RowFilter(all_of=(Condition(field="income", operator=operator, values=tuple(values)),)))
    found = lake_connection.execute(treating.selected(chosen, entry(), f"({ROWS})")).fetchall()
    assert sorted(row[0] for row in found) == kept


def test_the_recipe_names_everything_that_matters() -> None:
    view = granted_view(entry(), grant())
    names = {
        products.recipe(entry(), view),
        products.recipe(entry(), granted_view(entry(), grant(columns=("code",)))),
        products.recipe(entry(**about_people()), granted_view(entry(**about_people()), grant())),
    }
    assert len(names) == 3
    assert all(len(name) == hashlib.sha256().digest_size * 2 for name in names)
