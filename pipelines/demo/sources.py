"""How an agency comes to know a part of the truth: coverage, wrong and missing values, untidy writing, broken rows.

Here: the one mechanism, and the count of everything it planted. Not here: which agency knows what (the plans in registers).
"""

import datetime as dt
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal

from pipelines.demo.names import BRANDS, DISTRICTS
from pipelines.demo.world import TODAY, Draw, Row, Value, World

_FULL_WIDTH = str.maketrans({chr(code): chr(code + 0xFEE0) for code in range(0x21, 0x7F)})
_CHECK_CHARACTERS = "0123456789"
_UPPER_CASE = frozenset({"uscc", "resident_id"})
"""Identifiers with check digits are compared in upper case, so some agencies may write them in lower case."""
_IMPOSSIBLE_DATES = ("2021-02-30", "0000-00-00", "19990431", "不详", "2018年13月1日", "99999999")


@dataclass(frozen=True)
class SourcePlan:
    """What one data set knows of the true records.

    `fields` maps its own field names to the true ones. `wrong` and `missing` give shares by true field; `where` picks the
    records it may know; `beside` adds fields that no golden record has; the last three plant that many broken rows at scale 1.
    """

    dataset: str
    coverage: float
    fields: Mapping[str, str]
    wrong: Mapping[str, float] = field(default_factory=dict)
    missing: Mapping[str, float] = field(default_factory=dict)
    where: Callable[[Row], bool] = lambda _: True
    beside: Callable[[Draw, Row], Row] = lambda _draw, _row: {}
    untidy: float = 0.03
    bad_keys: int = 0
    bad_dates: int = 0
    too_long: int = 0


@dataclass(frozen=True)
class Planted:
    """What was planted in the delivery of one data set, counted."""

    rows: int
    wrong_values: Mapping[str, int]
    """By true field: values that differ from the truth."""
    missing_values: Mapping[str, int]
    bad_keys: int = 0
    bad_dates: int = 0
    too_long: int = 0

    @property
    def quarantined(self) -> int:
        """Rows that must be set aside; each breaks exactly one condition."""
        return self.bad_keys + self.bad_dates + self.too_long


def derive(plan: SourcePlan, records: Sequence[Row], world: World) -> tuple[list[Row], Planted]:
    """Return the rows an agency delivers about the true records, and what was planted in them."""
    draw = world.draw(plan.dataset)
    wrong, missing = Counter[str](), Counter[str]()
    rows = [
        _view(draw, plan, record, wrong, missing) for record in records if plan.where(record) and draw.random() < plan.coverage
    ]
    draw.shuffle(rows)
    key = next(iter(plan.fields))
    counts = _break(draw, plan, rows, world, key)
    for row in rows:
        _untidy(draw, row, plan.untidy)
    return rows, Planted(len(rows), wrong, missing, **counts)


def _view(draw: Draw, plan: SourcePlan, record: Row, wrong: Counter[str], missing: Counter[str]) -> Row:
    """One record as this agency has it."""
    row: Row = {}
    for name, true_name in plan.fields.items():
        value = record[true_name]
        if value is not None:
            if true_name in plan.missing and draw.hit(plan.missing[true_name]):
                missing[true_name] += 1
                value = None
            elif true_name in plan.wrong and draw.hit(plan.wrong[true_name]):
                wrong[true_name] += 1
                value = distort(draw, true_name, value)
        row[name] = value
    return row | plan.beside(draw, record)


def distort(draw: Draw, name: str, value: Value) -> Value:
    """Return a plausible wrong value for a true one: a typo, an old address, a stale status, a day off."""
    changed = value
    while changed == value:
        changed = _distorted(draw, name, value)
    return changed


def _distorted(draw: Draw, name: str, value: Value) -> Value:
    match value:
        case str():
            return _distorted_text(draw, name, value)
        case dt.date():
            return min(TODAY, value + dt.timedelta(days=draw.choice((-365, -31, -1, 1, 30, 365))))
        case int() | float() | Decimal():
            return type(value)(value * draw.choice((2, 10))) + draw.randint(0, 9)
        case None:
            raise TypeError("what is unknown cannot be wrong")


def _distorted_text(draw: Draw, name: str, value: str) -> str:
    match name:
        case "name" | "area_name" | "holder_name":
            at = draw.randrange(min(2, len(value) - 1), max(3, len(value) - 4))
            return value[:at] + draw.choice(BRANDS) + value[at + 1 :]
        case "person_name":
            return value[:-1] + draw.choice("佳嘉杰洁俊君怡宜燕艳")
        case "legal_representative":
            return draw.person()
        case "address" | "domicile_address" | "residence_address":
            return draw.address(draw.district())
        case "phone":
            return draw.phone()
        case "mobile_phone":
            return draw.mobile()
        case "division_code":
            return draw.choice(DISTRICTS).code
        case "postal_code":
            return f"214{draw.randint(0, 499):03d}"
        case _:
            return draw.choice(_CODES[name])


_CODES = {
    "status_code": ("1", "2", "3"),
    "entity_type_code": ("1130", "1151", "4540", "9500"),
    "industry_code": ("C", "F", "L", "I", "M", "E"),
    "taxpayer_type_code": ("1", "2"),
    "sex_code": ("1", "2"),
    "ethnicity_code": ("01", "03"),
    "blood_type_code": ("1", "2", "3", "4"),
    "education_level_code": ("20", "30", "40", "60"),
    "marital_status_code": ("20", "30", "40"),
    "urban_rural_code": ("111", "112", "121", "220"),
    "licence_status_code": ("1", "2", "3"),
    "credit_grade_code": ("A", "B", "C"),
}


def _break(draw: Draw, plan: SourcePlan, rows: list[Row], world: World, key: str) -> dict[str, int]:
    """Plant rows that must be set aside, each broken in one way."""
    wanted = {"bad_keys": plan.bad_keys, "bad_dates": plan.bad_dates, "too_long": plan.too_long}
    counts = {name: world.count(number, least=1) if number else 0 for name, number in wanted.items()}
    if sum(counts.values()) > len(rows):
        counts = dict.fromkeys(counts, 0)
    positions = iter(draw.sample(range(len(rows)), k=sum(counts.values())))
    for _ in range(counts["bad_keys"]):
        row = rows[next(positions)]
        row[key] = broken_identifier(draw, row[key])
    for _ in range(counts["bad_dates"]):
        row = rows[next(positions)]
        name = next(name for name, value in row.items() if isinstance(value, dt.date))
        row[name] = draw.choice(_IMPOSSIBLE_DATES)
    for _ in range(counts["too_long"]):
        row = rows[next(positions)]
        name = next(name for name in row if name != key and isinstance(row[name], str))
        row[name] = str(row[name]) * 40
    return counts


def broken_identifier(draw: Draw, value: str) -> str:
    """Return an identifier whose check character is wrong."""
    return value[:-1] + draw.choice([one for one in _CHECK_CHARACTERS if one != value[-1]])


def _untidy(draw: Draw, row: Row, share: float) -> None:
    """Write some values untidily; standardising must bring back exactly the same value."""
    for name, value in row.items():
        if not isinstance(value, str) or not draw.hit(share):
            continue
        match draw.randrange(4):
            case 0:
                row[name] = f"{value}  "
            case 1:
                row[name] = f"\u3000{value}"
            case 2 if value.isascii():
                row[name] = value.translate(_FULL_WIDTH)
            case 3 if name in _UPPER_CASE:
                row[name] = value.lower()
