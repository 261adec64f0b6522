"""The five base databases: what each agency knows of legal entities, persons, divisions, licences and credit.

Here: the plans by which sources derive from the truth, and true records that only exist here (licences, grades).
Not here: how a plan is carried out (sources).
"""

import datetime as dt
import unicodedata
from collections.abc import Sequence

from pipelines.demo.names import DISTRICTS, District
from pipelines.demo.sources import Planted, SourcePlan, derive
from pipelines.demo.world import TODAY, Draw, Row, World

_ENTITY_WRONG = {
    "name": 0.02,
    "legal_representative": 0.06,
    "status_code": 0.06,
    "address": 0.12,
    "industry_code": 0.12,
    "phone": 0.12,
    "established_date": 0.02,
}


def _same(*names: str) -> dict[str, str]:
    return {name: name for name in names}


def _registered(draw: Draw, record: Row) -> Row:
    return {"registered_date": draw.date(record.get("established_date", dt.date(2010, 1, 1)), TODAY)}


def _district_plan(district: District) -> SourcePlan:
    return SourcePlan(
        f"{district.slug}_approval/local_entities",
        0.55,
        _same("uscc", "name", "legal_representative", "division_code", "address", "phone", "status_code"),
        wrong=_ENTITY_WRONG | {"address": 0.06},
        missing={"phone": 0.2, "legal_representative": 0.1},
        where=lambda record: bool(record["division_code"] == district.code),
        bad_keys=2,
    )


_MARKET_REGULATION = SourcePlan(
    "market_regulation/enterprises",
    0.985,
    _same(
        *("uscc", "name", "entity_type_code", "legal_representative", "registered_capital", "established_date"),
        *("status_code", "division_code", "address", "industry_code", "phone"),
    ),
    wrong={
        "name": 0.002,
        "entity_type_code": 0.001,
        "legal_representative": 0.02,
        "registered_capital": 0.01,
        "established_date": 0.003,
        "status_code": 0.02,
        "division_code": 0.002,
        "address": 0.1,
        "industry_code": 0.1,
        "phone": 0.15,
    },
    missing={"phone": 0.25, "registered_capital": 0.01, "legal_representative": 0.01, "industry_code": 0.05},
    bad_keys=24,
    bad_dates=15,
    too_long=5,
)
_TAX = SourcePlan(
    "tax_bureau/taxpayers",
    0.96,
    {"uscc": "uscc", "taxpayer_name": "name", "business_address": "address"}
    | _same("phone", "taxpayer_type_code", "industry_code", "status_code"),
    wrong=_ENTITY_WRONG | {"address": 0.02, "phone": 0.03, "taxpayer_type_code": 0.002},
    missing={"phone": 0.05, "address": 0.03},
    beside=_registered,
    bad_keys=12,
    bad_dates=6,
)
_INSURANCE = SourcePlan(
    "human_resources/insured_units",
    0.96,
    {"uscc": "uscc", "unit_name": "name"} | _same("legal_representative", "address", "phone", "status_code", "insured_count"),
    wrong=_ENTITY_WRONG | {"insured_count": 0.01},
    where=lambda record: record["insured_count"] is not None,
    missing={"phone": 0.1, "address": 0.15},
    beside=_registered,
    bad_keys=9,
    too_long=2,
)
_STATISTICS = SourcePlan(
    "statistics_bureau/statistical_units",
    0.8,
    {"uscc": "uscc", "unit_name": "name"} | _same("industry_code", "division_code", "address", "phone", "established_date"),
    wrong=_ENTITY_WRONG | {"industry_code": 0.01},
    missing={"phone": 0.3},
    bad_keys=6,
    bad_dates=4,
)
_ENTITY_PLANS = (_MARKET_REGULATION, _TAX, _INSURANCE, _STATISTICS, *(_district_plan(one) for one in DISTRICTS))

_PERSON_PLANS = (
    SourcePlan(
        "public_security/residents",
        0.97,
        _same("resident_id", "person_name", "sex_code", "birth_date", "ethnicity_code", "domicile_address", "division_code"),
        wrong={"person_name": 0.001, "domicile_address": 0.03, "division_code": 0.01, "ethnicity_code": 0.001},
        bad_keys=16,
        bad_dates=8,
    ),
    SourcePlan(
        "health_commission/health_records",
        0.95,
        _same("resident_id", "person_name", "sex_code", "birth_date", "mobile_phone", "residence_address", "blood_type_code"),
        wrong={"person_name": 0.03, "sex_code": 0.005, "birth_date": 0.01, "mobile_phone": 0.1, "residence_address": 0.05},
        missing={"blood_type_code": 0.08, "mobile_phone": 0.1},
        bad_keys=20,
    ),
    SourcePlan(
        "education_bureau/students",
        0.95,
        _same("resident_id", "person_name", "education_level_code"),
        wrong={"person_name": 0.01, "education_level_code": 0.02},
        where=lambda record: record["education_level_code"] is not None,
        beside=lambda draw, _: {"school_name": f"无锡市{draw.choice(('第一', '第二', '辅仁', '天一', '滨湖', '东林'))}中学"},
        bad_keys=5,
    ),
    SourcePlan(
        "civil_affairs/marriages",
        0.95,
        _same("resident_id", "person_name", "marital_status_code"),
        wrong={"person_name": 0.01, "marital_status_code": 0.01},
        where=lambda record: record["marital_status_code"] is not None,
        beside=lambda draw, _: {"registered_date": draw.date(dt.date(1985, 1, 1), TODAY)},
        bad_keys=4,
        bad_dates=3,
    ),
    SourcePlan(
        "housing_fund/depositors",
        0.95,
        _same("resident_id", "person_name", "mobile_phone", "employer_uscc"),
        wrong={"person_name": 0.01, "mobile_phone": 0.03},
        missing={"mobile_phone": 0.05},
        where=lambda record: record["employer_uscc"] is not None,
        beside=lambda draw, _: {
            "account_status_code": draw.choice(("01", "01", "01", "02")),
            "monthly_deposit": round(draw.uniform(400, 9000), 2),
        },
        bad_keys=7,
    ),
)
_DIVISION_PLANS = (
    SourcePlan(
        "civil_affairs/divisions",
        1.0,
        _same("area_code", "area_name", "level_code", "parent_code"),
        untidy=0.0,
    ),
    SourcePlan(
        "natural_resources/division_areas",
        0.98,
        _same("area_code", "area_name", "area_km2", "longitude", "latitude"),
        wrong={"area_name": 0.01, "area_km2": 0.01},
    ),
    SourcePlan(
        "statistics_bureau/division_codes",
        0.97,
        _same("area_code", "area_name", "urban_rural_code", "postal_code"),
        wrong={"area_name": 0.02, "urban_rural_code": 0.02, "postal_code": 0.01},
    ),
)
_LICENCE_COMMON = ("licence_number", "holder_name", "holder_uscc", "issued_date", "valid_until_date")
_LICENCE_PLANS = (
    SourcePlan(
        "approval_bureau/licence_register",
        0.95,
        _same(*_LICENCE_COMMON, "licence_type_code", "issuing_agency_name", "licence_status_code"),
        wrong={"holder_name": 0.01, "valid_until_date": 0.06, "licence_status_code": 0.03},
        bad_dates=6,
    ),
    SourcePlan(
        "market_regulation/food_licences",
        0.97,
        _same(*_LICENCE_COMMON, "address", "phone"),
        wrong={"holder_name": 0.02, "valid_until_date": 0.01, "address": 0.02},
        where=lambda record: bool(record["licence_type_code"] == "01"),
        bad_dates=4,
    ),
    SourcePlan(
        "health_commission/hygiene_licences",
        0.95,
        _same(*_LICENCE_COMMON, "address"),
        wrong={"holder_name": 0.03, "address": 0.04},
        where=lambda record: bool(record["licence_type_code"] == "02"),
    ),
)
_CREDIT_PLANS = (
    SourcePlan(
        "development_reform/credit_subjects",
        0.9,
        _same("uscc", "name", "credit_grade_code"),
        wrong={"name": 0.005, "credit_grade_code": 0.005},
        beside=lambda draw, _: {"evaluated_date": draw.date(dt.date(2024, 3, 1), dt.date(2024, 3, 31))},
        bad_keys=6,
    ),
    SourcePlan("tax_bureau/tax_credit", 0.8, _same("uscc", "name", "tax_credit_grade_code"), wrong={"name": 0.01}, bad_keys=4),
    SourcePlan(
        "ecology_environment/environmental_credit",
        1.0,
        _same("uscc", "name", "environmental_credit_code"),
        wrong={"name": 0.02},
        where=lambda record: record["environmental_credit_code"] is not None,
    ),
)

_ISSUERS = {
    "01": "无锡市市场监督管理局",
    "02": "无锡市卫生健康委员会",
    "03": "无锡市交通运输局",
    "04": "无锡市住房和城乡建设局",
    "07": "无锡市生态环境局",
}


def _licences(world: World) -> list[Row]:
    draw = world.draw("licences")
    holders = [one for one in world.entities if one["status_code"] == "1"]
    return [_licence(draw, i, draw.choice(holders)) for i in range(world.count(2_600, least=30))]


def _licence(draw: Draw, index: int, holder: Row) -> Row:
    kind = draw.weighted({"01": 9, "02": 5, "03": 3, "04": 2, "07": 1})
    issued = draw.date(dt.date(2019, 7, 1), TODAY)
    until = issued.replace(day=min(issued.day, 28), year=issued.year + 5)
    open_to_all = kind in ("01", "02")
    return {
        "licence_number": f"{'JYSXKWZHPF'[int(kind) - 1]}Y1{holder['division_code']}{index:07d}",
        "licence_type_code": kind,
        "holder_name": holder["name"],
        "holder_uscc": holder["uscc"],
        "issuing_agency_name": _ISSUERS[kind],
        "issued_date": issued,
        "valid_until_date": until,
        "licence_status_code": "1" if until > TODAY else "2",
        "address": holder["address"] if open_to_all else None,
        "phone": holder["phone"] if kind == "01" else None,
    }


def _credit(world: World) -> list[Row]:
    draw = world.draw("credit")
    subjects = [one for one in world.entities if one["status_code"] == "1" and draw.hit(0.5)]
    return [
        {
            "uscc": one["uscc"],
            "name": one["name"],
            "credit_grade_code": draw.weighted({"A": 4, "B": 8, "C": 3, "D": 1}),
            "tax_credit_grade_code": draw.weighted({"A": 3, "B": 8, "M": 4, "C": 1, "D": 1}),
            "environmental_credit_code": draw.weighted({"G": 3, "B": 6, "Y": 2, "R": 1}) if draw.hit(0.12) else None,
        }
        for one in subjects
    ]


def build_registers(world: World) -> tuple[dict[str, list[Row]], dict[str, list[Row]], dict[str, Planted]]:
    """Return the true golden records, the delivered rows and what was planted, each by data set id."""
    truth = {
        "big_data_bureau/divisions": world.divisions,
        "big_data_bureau/legal_entity": world.entities,
        "big_data_bureau/population": world.persons,
        "big_data_bureau/licences": _licences(world),
        "big_data_bureau/credit_profiles": _credit(world),
    }
    plans: tuple[tuple[str, Sequence[SourcePlan]], ...] = (
        ("divisions", _DIVISION_PLANS),
        ("legal_entity", _ENTITY_PLANS),
        ("population", _PERSON_PLANS),
        ("licences", _LICENCE_PLANS),
        ("credit_profiles", _CREDIT_PLANS),
    )
    rows: dict[str, list[Row]] = {}
    planted: dict[str, Planted] = {}
    for name, sources in plans:
        for plan in sources:
            rows[plan.dataset], planted[plan.dataset] = derive(plan, truth[f"big_data_bureau/{name}"], world)
    rows["approval_bureau/entity_mirror"] = _mirror(world, rows["market_regulation/enterprises"])
    return truth, rows, planted


def _mirror(world: World, originals: list[Row]) -> list[Row]:
    """Return an old exchange copy: it repeats the register, its errors included, and adds nothing of its own."""
    draw = world.draw("mirror")
    names = ("uscc", "name", "entity_type_code", "status_code", "address")
    known = {one["uscc"] for one in world.entities}
    copied = [{name: row[name] for name in names} for row in originals if draw.hit(0.5)]
    sound = [row for row in copied if unicodedata.normalize("NFKC", row["uscc"]).strip().upper() in known]
    return [row for row in sound if len(row["name"]) < 100]
