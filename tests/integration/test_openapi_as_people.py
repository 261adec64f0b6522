"""Schemathesis as people who may do things, and with credentials that do not hold: nothing breaks, no answer is unannounced.

What they file, decide and revoke is done, on a platform of their own. Not here: strangers (unit/api).
"""

from collections.abc import Iterator
from typing import Any

import pytest
import schemathesis
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from schemathesis import checks
from schemathesis.config import SchemathesisConfig

from catalog_service.api.app import create_app
from catalog_service.catalog.principal import Role
from catalog_service.services.platform import Platform
from catalog_service.settings import Settings
from tests.acceptance.sharing_city import ELDERS, FILES, HOMES, Desk, opened
from tests.support import people

APP = create_app(Platform(Settings()))
schema = schemathesis.openapi.from_asgi("/openapi.json", APP, config=SchemathesisConfig.from_dict({"seed": 320200}))
ANNOUNCED = [
    checks.not_a_server_error,
    checks.status_code_conformance,
    checks.content_type_conformance,
    checks.response_schema_conformance,
]
QUIET = settings(max_examples=8, deadline=None, derandomize=True, suppress_health_check=list(HealthCheck))
OFFICIAL = frozenset(Role) - {Role.APPLICANT}
HOSTILE = ["Bearer ", "Bearer wxk_", "Bearer " + "A" * 4_000, "Basic YTpi", "Bearer wxs_" + "A" * 43, "Bearer e30.e30.", "é"]
tokens = st.sampled_from(HOSTILE) | st.text(st.characters(min_codepoint=33, max_codepoint=255), max_size=80).map(
    "Bearer {}".format
)

pytestmark = [pytest.mark.slow, pytest.mark.timeout(900)]


class Aim:
    """Ids that exist, in place of half of the well-formed ones: else nearly every answer would be 404."""

    def __init__(self, desk: Desk) -> None:
        share, grant = desk.grant(columns=["id", "district"])
        waiting = desk.request().json()["request"]["id"]
        applied = [desk.apply().json()["request"]["id"] for _ in range(2)]
        approved = desk.post("civil", f"/open-requests/{applied[0]}/approve").json()
        told = {"dataset": ELDERS, "kind": "wrong", "description": "有误"}
        wished = {"title": "养老", "description": "更多"}
        shown = {"title": "地图", "author": "某人", "description": "应用", "datasets": [HOMES]}
        self.ids = {
            "share-requests": [share, waiting],
            "open-requests": applied,
            "agreements": [approved["agreement"]["id"]],
            "grants": [grant],
            "objections": [desk.post("nobody", "/objections", told).json()["number"]],
            "demands": [desk.post("nobody", "/demands", wished).json()["number"]],
            "showcases": [desk.post("citizen", "/showcases", shown).json()["id"]],
        }

    def at(self, case: Any) -> None:
        """Aim a case at what exists, for one value out of two."""
        given = case.path_parameters
        chance = sum(map(ord, "".join(map(str, given.values()))))
        if chance % 2 or not all(isinstance(one, str | int) for one in given.values()):
            return
        if {"agency", "name"} <= given.keys():
            given |= dict(zip(("agency", "name"), (ELDERS, HOMES, FILES)[chance % 3].split("/"), strict=True))
        elif "agency" in given:
            given["agency"] = "civil"
        known = self.ids.get(case.path.removeprefix("/api/v1/").split("/")[0], [])
        for name in {"id", "id_", "number"} & given.keys() if known else ():
            given[name] = known[chance % len(known)]


@pytest.fixture(scope="module")
def desk(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Desk]:
    with opened(tmp_path_factory.mktemp("people")) as made:
        APP.state.platform = made.platform
        yield made


@pytest.fixture(scope="module")
def aim(desk: Desk) -> Aim:
    return Aim(desk)


@pytest.fixture(scope="module")
def official(desk: Desk) -> dict[str, str]:
    return people.bearer(desk.platform, *OFFICIAL, agency="civil")


@pytest.fixture(scope="module")
def applicant(desk: Desk) -> dict[str, str]:
    return people.bearer(desk.platform, Role.APPLICANT)


@schema.parametrize()
@QUIET
def test_an_official_of_every_role_breaks_nothing(case: Any, aim: Aim, official: dict[str, str]) -> None:
    aim.at(case)
    case.call_and_validate(headers=official, checks=ANNOUNCED)


@schema.include(path_regex=r"grants|open-requests|agreements|share-requests|demands|showcases|objections|query").parametrize()
@QUIET
def test_an_applicant_breaks_nothing(case: Any, aim: Aim, applicant: dict[str, str]) -> None:
    aim.at(case)
    case.call_and_validate(headers=applicant, checks=ANNOUNCED)


@schema.given(token=tokens)
@schema.parametrize()
@settings(QUIET, max_examples=3)
def test_a_credential_that_does_not_hold_breaks_nothing(case: Any, aim: Aim, token: str) -> None:
    aim.at(case)
    headers = {"Authorization": token}
    answer = case.call_and_validate(headers=headers, checks=ANNOUNCED)
    assert not (answer.status_code < 400 and case.operation.path.startswith("/api/v1/keys"))
