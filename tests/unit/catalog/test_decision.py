"""The access decision: nothing beyond a grant, nothing loosened by one, and more grants never show less."""

import datetime as dt
from random import Random
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from catalog_service.catalog.dataset import Dataset
from catalog_service.catalog.decision import (
    Allowed,
    Basis,
    Decision,
    Denied,
    ReadRequest,
    Zone,
    decide,
    granted_view,
    open_view,
    shared_view,
)
from catalog_service.catalog.grant import Grant, GranteeKind
from catalog_service.catalog.principal import ANONYMOUS, Principal, Role, operator
from catalog_service.catalog.row_filter import Condition, Operator, RowFilter
from catalog_service.catalog.treatment import Mask
from catalog_service.catalog.vocabularies import OpeningClass, SharingClass
from tests.support.city import dataset

DAY = dt.date(2026, 5, 20)
NAMES = ("code", "name", "phone", "age")
PURPOSE = "核发补贴"
BASIS = {"law": "数据安全法", "article": "第二十一条"}
TREATMENTS: list[Any] = [None, {"kind": "drop"}, {"kind": "mask", "keep_last": 2}, {"kind": "pseudonym"}]
CLASSES = ["unconditional", "conditional", "none"]


def entry(sharing: str, opening: str, declared: list[dict[str, Any]]) -> Dataset:
    return dataset(
        "civil/elders",
        [{**field, "name": name} for name, field in zip(NAMES, declared, strict=True)],
        sharing={"class": sharing, "conditions": "仅限民生", "basis": BASIS},
        opening={"class": opening, "conditions": "签订协议", "basis": BASIS},
    )


FILTER = RowFilter(all_of=(Condition(field="code", operator=Operator.STARTS_WITH, values=("3202",)),))
GRANTEES = [{"kind": "agency", "id": "health"}, {"kind": "agency", "id": "police"}, {"kind": "applicant", "id": "citizen"}]
PEOPLE = [
    ANONYMOUS,
    Principal(id="citizen", name="市民", roles=frozenset({Role.APPLICANT})),
    Principal(id="doctor", name="卫健", roles=frozenset({Role.RESPONSIBLE}), agency="health"),
    Principal(id="officer", name="公安", roles=frozenset({Role.COMPILER}), agency="police"),
    Principal(id="source", name="民政", roles=frozenset({Role.COMPILER}), agency="civil"),
    Principal(id="reviewer", name="大数据局", roles=frozenset({Role.REVIEWER}), agency="authority"),
    Principal(id="admin", name="管理员", roles=frozenset({Role.ADMINISTRATOR})),
]


def any_entry(chance: Random) -> Dataset:
    declared = [
        {
            "sharing": chance.choice([None, *CLASSES]),
            "opening": chance.choice([None, *CLASSES]),
            "sharing_treatment": chance.choice(TREATMENTS),
            "opening_treatment": chance.choice(TREATMENTS),
        }
        for _ in NAMES
    ]
    return entry(chance.choice(CLASSES), chance.choice(CLASSES), declared)


def any_grant(chance: Random) -> Grant:
    return grant(
        id=str(chance.getrandbits(64)),
        dataset=chance.choice(["civil/elders", "civil/elders", "civil/others"]),
        grantee=chance.choice(GRANTEES),
        columns=tuple(chance.sample(NAMES, chance.randint(1, 4))),
        row_filter=chance.choice([None, FILTER]),
        purpose=chance.choice([PURPOSE, PURPOSE, "统计分析"]),
        case_number=chance.choice(["", "", "A-1"]),
        valid_from=DAY + dt.timedelta(chance.choice([-9, -1, 0, 1])),
        valid_until=DAY + dt.timedelta(chance.choice([1, 9])),
        revoked_at=chance.choice([None, None, None, dt.datetime(2026, 5, 19, tzinfo=dt.UTC)]),
    )


def some_grants(chance: Random) -> list[Grant]:
    return [any_grant(chance) for _ in range(chance.randint(0, 5))]


def any_request(chance: Random) -> ReadRequest:
    return ReadRequest(
        principal=chance.choice(PEOPLE),
        dataset=any_entry(chance),
        zone=chance.choice([*Zone, Zone.SHARE, Zone.SHARE]),
        day=DAY,
        acting_for=chance.choice([None, None, None, "health", "police"]),
        purpose=chance.choice([PURPOSE, " 核发 补贴", "", "别的用途"]),
        case_number=chance.choice(["", "A-1"]),
        columns=None if chance.random() < 0.6 else tuple(chance.sample(NAMES, chance.randint(1, 4))),
    )


# Drawn from one seed: building entries piece by piece costs hypothesis a hundred times more than the decision.
chances = st.integers(0, 2**62).map(Random)


def grant(**changes: Any) -> Grant:
    document: dict[str, Any] = {
        "id": "g1",
        "request": "r1",
        "dataset": "civil/elders",
        "grantee": {"kind": "agency", "id": "health"},
        "columns": ("code", "phone"),
        "purpose": PURPOSE,
        "valid_from": DAY,
        "valid_until": DAY,
        "granted_at": dt.datetime(2026, 5, 1, tzinfo=dt.UTC),
    }
    return Grant.model_validate(document | changes)


def read(decision: Decision) -> set[str]:
    return set(decision.view.names) if isinstance(decision, Allowed) else set()


@given(chance=chances)
@settings(max_examples=400)
def test_nothing_is_read_beyond_a_grant_and_nothing_is_loosened(chance: Random) -> None:
    request, held = any_request(chance), some_grants(chance)
    decision = decide(request, held)
    if isinstance(decision, Denied):
        assert decision.problem.article in range(19, 25)
        assert decision.needs_identity <= request.principal.is_anonymous
        return
    entry, view = request.dataset, decision.view
    assert set(view.names) <= set(entry.schema_.names)
    assert view.names == (request.columns or view.names)
    match decision.basis:
        case Basis.OWN:
            assert request.principal.agency == entry.agency
        case Basis.OPEN:
            assert all(entry.opening_of(entry.schema_.field(name)) is OpeningClass.UNCONDITIONAL for name in view.names)
        case Basis.SHARED:
            assert request.purpose
            assert all(entry.sharing_of(entry.schema_.field(name)) is SharingClass.UNCONDITIONAL for name in view.names)
            assert all(entry.schema_.field(name).sharing_treatment is None for name in view.names)
        case Basis.GRANT:
            _holds(request, decision)
        case Basis.REVIEW:
            assert request.zone is Zone.REVIEW
            assert Role.REVIEWER in request.principal.roles
            assert set(view.names) <= {*entry.schema_.key}, "no linkage compares anything here"
        case Basis.OVERSIGHT:
            raise AssertionError("none of these people oversee quality")


def _holds(request: ReadRequest, decision: Allowed) -> None:
    used, entry = decision.grant, request.dataset
    assert used is not None
    assert set(decision.view.names) <= set(used.columns)
    assert decision.view.row_filter == used.row_filter
    assert (used.dataset, used.revoked_at) == (entry.id, None)
    assert used.valid_from <= request.day <= used.valid_until
    assert used.purpose == request.purpose.replace(" ", "")
    assert used.case_number in ("", request.case_number)
    is_agency = used.grantee.kind is GranteeKind.AGENCY
    assert used.grantee.id == (request.principal.agency if is_agency else request.principal.id)
    touched = () if used.row_filter is None else used.row_filter.all_of
    for name in [*decision.view.names, *(one.field for one in touched)]:
        field = entry.schema_.field(name)
        strictest = [entry.sharing.class_, field.sharing] if is_agency else [entry.opening.class_, field.opening]
        treatment = field.sharing_treatment if is_agency else field.opening_treatment
        assert "none" not in strictest
        assert treatment is None or treatment.kind != "drop"
        assert {one.treatment for one in decision.view.columns if one.name == name} <= {treatment}


@given(chance=chances)
@settings(max_examples=400)
def test_more_grants_never_show_less(chance: Random) -> None:
    request, held = any_request(chance), some_grants(chance)
    before, after = decide(request, held), decide(request, held + some_grants(chance))
    assert isinstance(after, Allowed) or isinstance(before, Denied)
    if isinstance(before, Allowed) and isinstance(after, Allowed) and before.basis is Basis.GRANT:
        assert len(after.view.columns) >= len(before.view.columns)
        is_same_width = read(before) == read(after)
        assert not (is_same_width and before.view.row_filter is None and after.view.row_filter is not None)


@given(chance=chances)
@settings(max_examples=100)
def test_the_order_of_grants_does_not_matter(chance: Random) -> None:
    request, held = any_request(chance), some_grants(chance)
    assert decide(request, held) == decide(request, held[::-1])


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({}, None),
        ({"purpose": "其他用途"}, "other-purpose"),
        ({"case_number": "B-2"}, "other-case"),
        ({"revoked_at": dt.datetime(2026, 5, 2, tzinfo=dt.UTC)}, "grant-not-in-force"),
        ({"valid_from": DAY - dt.timedelta(9), "valid_until": DAY - dt.timedelta(1)}, "grant-not-in-force"),
        ({"valid_from": DAY + dt.timedelta(1), "valid_until": DAY + dt.timedelta(9)}, "grant-not-in-force"),
        ({"grantee": {"kind": "agency", "id": "police"}}, "no-grant"),
        ({"dataset": "civil/others"}, "no-grant"),
    ],
)
def test_a_grant_holds_for_its_grantee_purpose_case_and_period_only(change: dict[str, Any], code: str | None) -> None:
    elders = entry("conditional", "none", [{}] * 4)
    decision = decide(ReadRequest(PEOPLE[2], elders, Zone.SHARE, DAY, purpose=PURPOSE), [grant(**change)])
    assert (decision.problem.code if isinstance(decision, Denied) else None) == code


def test_nobody_reads_for_another_agency() -> None:
    elders = entry("unconditional", "none", [{}] * 4)
    for_others = ReadRequest(PEOPLE[3], elders, Zone.MAIN, DAY, acting_for="health", purpose=PURPOSE)
    assert isinstance(decide(for_others), Denied)
    under_grant = ReadRequest(PEOPLE[3], elders, Zone.SHARE, DAY, acting_for="health", purpose=PURPOSE)
    assert isinstance(decide(under_grant, [grant()]), Denied)


def test_columns_beyond_the_view_are_refused_and_not_left_out() -> None:
    elders = entry("conditional", "none", [{}] * 4)
    request = ReadRequest(PEOPLE[2], elders, Zone.SHARE, DAY, purpose=PURPOSE, columns=("code", "age"))
    decision = decide(request, [grant()])
    assert isinstance(decision, Denied)
    assert decision.problem.code == "columns-beyond"
    assert "age" in decision.problem.message.zh


def test_treatments_stand_in_the_view() -> None:
    phone = {"sharing_treatment": {"kind": "mask", "keep_last": 4}, "opening_treatment": {"kind": "drop"}}
    elders = entry("conditional", "conditional", [{}, {}, phone, {}])
    to_agency = granted_view(elders, grant())
    assert [(one.name, one.treatment) for one in to_agency.columns] == [("code", None), ("phone", Mask(keep_last=4))]
    to_citizen = granted_view(elders, grant(grantee={"kind": "applicant", "id": "citizen"}))
    assert to_citizen.names == ("code",)
    assert shared_view(elders).columns == open_view(elders).columns == ()


def test_the_operator_has_no_door_of_its_own() -> None:
    """It reads as the providing agency does, and holds nobody else's grants."""
    elders = entry("none", "none", [{}] * 4)
    decision = decide(ReadRequest(operator("root"), elders, Zone.RAW, DAY))
    assert isinstance(decision, Allowed)
    assert decision.basis is Basis.OWN
    for_another = decide(ReadRequest(operator("root"), elders, Zone.SHARE, DAY, acting_for="health"), [grant()])
    assert isinstance(for_another, Denied)
