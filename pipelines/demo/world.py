"""The true city: what every agency only knows in part. Deterministic in seed and scale.

Here: true divisions, legal entities and persons, and the small tools by which any made-up value is drawn.
Not here: what agencies deliver (sources, places, flows), how it is written (files).
"""

import datetime as dt
import random
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from functools import cached_property
from itertools import accumulate
from typing import Any

from stdnum.cn import ric, uscc

from catalog_service.catalog.catalog import Catalog
from pipelines.demo.names import (
    BRANDS,
    DISTRICTS,
    FORMS,
    GIVEN,
    INDUSTRY_WEIGHTS,
    ROADS,
    SURNAMES,
    TRADES,
    TYPE_WEIGHTS,
    VILLAGES,
    District,
)

Value = str | int | float | bool | Decimal | dt.date | None
"""A value of a record; a datetime is a date."""

Row = dict[str, Any]
"""One record: field name → `Value`."""

TODAY = dt.date(2024, 6, 30)
"""The day on which the demo city delivers; no clock is read."""

_USCC_ALPHABET = "0123456789ABCDEFGHJKLMNPQRTUWXY"
_ORGANISATION_ALPHABET = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ"
_ORGANISATION_WEIGHTS = (3, 7, 9, 10, 5, 8, 4, 2)
_VILLAGES_PER_TOWN = 14
_DISTRICT_WEIGHTS = tuple(accumulate(one.weight for one in DISTRICTS))
_ADDRESS_TOWNS = {district.code: [town for town in district.towns if "㳇" not in town] for district in DISTRICTS}


class Draw(random.Random):
    """A seeded source of made-up values. Nothing here is secret, so a fast generator is right."""

    def weighted(self, weights: Mapping[str, int]) -> str:
        """Return a key, by weight."""
        return self.choices(list(weights), weights=list(weights.values()))[0]

    def hit(self, share: float) -> bool:
        """Return True in about `share` of all cases."""
        return self.random() < share

    def date(self, first: dt.date, last: dt.date) -> dt.date:
        """Return a day between the two."""
        return first + dt.timedelta(days=self.randint(0, (last - first).days))

    def district(self) -> District:
        """Return a district, by size."""
        return self.choices(DISTRICTS, cum_weights=_DISTRICT_WEIGHTS)[0]

    def person(self) -> str:
        """Return a person's name."""
        return self.choice(SURNAMES) + "".join(self.choices(GIVEN, k=self.choice((1, 2, 2))))

    def address(self, district: District) -> str:
        """Return an address; towns whose names GBK cannot write are left out."""
        town = self.choice(_ADDRESS_TOWNS[district.code])
        return f"{district.name}{town}{self.choice(ROADS)}路{self.randint(1, 998)}号"

    def phone(self) -> str:
        """Return a fixed line that cannot exist: no local number begins with 0."""
        return f"0510-0{self.randint(0, 9_999_999):07d}"

    def mobile(self) -> str:
        """Return a mobile number that cannot exist: no Chinese mobile number begins with 12."""
        return f"12{self.randint(0, 999_999_999):09d}"

    def point(self, district: District) -> Row:
        """Return coordinates near the centre of a district."""
        return {
            "longitude": round(district.longitude + self.gauss(0, 0.035), 6),
            "latitude": round(district.latitude + self.gauss(0, 0.025), 6),
        }

    def uscc(self, prefix: str, division: str) -> str:
        """Return a unified social credit code with right check digits (GB 11714 inside GB 32100)."""
        body = "".join(self.choices(_USCC_ALPHABET, k=8))
        total = sum(_ORGANISATION_ALPHABET.index(c) * w for c, w in zip(body, _ORGANISATION_WEIGHTS, strict=True))
        check = (11 - total % 11) % 11
        code = f"{prefix}{division}{body}{'X' if check == 10 else check}"
        return code + str(uscc.calc_check_digit(code))


@dataclass(frozen=True)
class World:
    """The true city at one seed and scale (1.0: about 6,000 legal entities and 8,000 persons)."""

    catalog: Catalog
    seed: int
    scale: float

    def draw(self, name: str) -> Draw:
        """Return the source of values for one purpose, independent of all others."""
        return Draw(f"{self.seed}:{name}")

    def count(self, full: int, least: int = 6) -> int:
        """Return a number of records at this scale."""
        return max(least, round(full * self.scale))

    @cached_property
    def divisions(self) -> list[Row]:
        """City, districts, towns, villages and communities."""
        draw = self.draw("divisions")
        found: list[Row] = [_division(draw, "320200", "无锡市", "2", None, DISTRICTS[3])]
        for district in DISTRICTS:
            found.append(_division(draw, district.code, district.name, "3", "320200", district))
            for i, town in enumerate(district.towns, start=1):
                code = f"{district.code}{i if town.endswith('街道') else 99 + i:03d}"
                found.append(_division(draw, code, town, "4", district.code, district))
                names = draw.sample(VILLAGES, k=min(len(VILLAGES), self.count(_VILLAGES_PER_TOWN, least=2)))
                for j, name in enumerate(names, start=1):
                    rural = draw.hit(0.2 if town.endswith("街道") else 0.7)
                    ending = "村民委员会" if rural else "社区居民委员会"
                    village = f"{code}{j if not rural else 200 + j:03d}"
                    found.append(_division(draw, village, name + ending, "5", code, district))
        return found

    @cached_property
    def entities(self) -> list[Row]:
        """Legal entities, with all fields of the golden record."""
        draw, names = self.draw("entities"), set[str]()
        return [_entity(draw, names) for _ in range(self.count(6_000, least=60))]

    @cached_property
    def persons(self) -> list[Row]:
        """Residents, with all fields of the golden record."""
        draw, ids = self.draw("persons"), set[str]()
        employers = [one["uscc"] for one in self.entities if one["status_code"] == "1"]
        return [_person(draw, ids, employers) for _ in range(self.count(8_000, least=80))]


def _division(draw: Draw, code: str, name: str, level: str, parent: str | None, district: District) -> Row:
    area = {"2": 4627.5, "3": draw.uniform(80, 1900), "4": draw.uniform(8, 110), "5": draw.uniform(0.4, 9)}[level]
    urban = draw.choice(("111", "112")) if "街道" in name or "社区" in name else draw.choice(("121", "122", "220"))
    postal = f"214{draw.randint(0, 499):03d}"
    row = {"area_code": code, "area_name": name, "level_code": level, "parent_code": parent, "urban_rural_code": urban}
    return row | {"area_km2": round(area, 2), "postal_code": postal} | draw.point(district)


def company_name(draw: Draw, district: District, type_code: str, industry: str) -> str:
    """Return a company's name: place, brand, trade, legal form."""
    place = district.name if district.name.endswith("市") else draw.choice(("无锡", "无锡", "无锡市" + district.name))
    brand = "".join(draw.choices(BRANDS, k=draw.choice((2, 2, 3))))
    return place + brand + draw.choice(TRADES[industry]) + FORMS[type_code]


def _entity(draw: Draw, names: set[str]) -> Row:
    district, kind, industry = draw.district(), draw.weighted(TYPE_WEIGHTS), draw.weighted(INDUSTRY_WEIGHTS)
    name = company_name(draw, district, kind, industry)
    while name in names:
        name = company_name(draw, district, kind, industry)
    names.add(name)
    living = draw.hit(0.86)
    return {
        "uscc": draw.uscc({"9500": "92", "9600": "93"}.get(kind, "91"), district.code),
        # Brackets are folded to half width on the way, so they are half width in the truth.
        "name": name.replace("（", "(").replace("）", ")"),
        "entity_type_code": kind,
        "legal_representative": draw.person(),
        "registered_capital": Decimal(draw.choice((10, 50, 100, 100, 200, 500, 1000, 3000, 10000))) + Decimal("0.00"),
        "established_date": draw.date(dt.date(1992, 1, 1), TODAY),
        "status_code": "1" if living else draw.choice("23345"),
        "division_code": district.code,
        "address": draw.address(district),
        "industry_code": industry,
        "phone": draw.phone() if draw.hit(0.95) else None,
        "taxpayer_type_code": draw.choice("12") if living else None,
        "insured_count": min(90_000, int(draw.lognormvariate(2.2, 1.3))) if living else None,
    }


def _person(draw: Draw, ids: set[str], employers: Sequence[str]) -> Row:
    district = draw.district()
    birth = draw.date(dt.date(1938, 1, 1), dt.date(2023, 12, 31))
    sex = draw.choice("12")
    number = resident_id(draw, birth, sex)
    while number in ids:
        number = resident_id(draw, birth, sex)
    ids.add(number)
    age = TODAY.year - birth.year
    # Who never married is in no register of marriages, so the truth about it is "not registered".
    ever_married = age >= 22 and draw.hit(0.8)
    works = 22 <= age <= 62 and draw.hit(0.75)
    return {
        "resident_id": number,
        "person_name": draw.person(),
        "sex_code": sex,
        "birth_date": birth,
        "ethnicity_code": draw.weighted({"01": 96, "03": 1, "06": 1, "08": 1, "11": 1, "15": 1}),
        "domicile_address": draw.address(district),
        "residence_address": draw.address(draw.district()),
        "division_code": district.code,
        "mobile_phone": draw.mobile() if age >= 12 else None,
        "blood_type_code": draw.choice("1234"),
        "education_level_code": _education(draw, age),
        "marital_status_code": draw.weighted({"20": 8, "40": 1, "30": 1 if age > 55 else 0}) if ever_married else None,
        "employer_uscc": draw.choice(employers) if works else None,
    }


def _education(draw: Draw, age: int) -> str | None:
    if age < 6:
        return None
    return draw.choice(("10", "20", "20", "30", "40", "60", "70")) if age >= 18 else ("80" if age < 12 else "70")


def resident_id(draw: Draw, birth: dt.date, sex: str) -> str:
    """Return a resident number with a right check digit and a division code that was never issued (320290 to 320299)."""
    order = draw.randrange(500) * 2 + (1 if sex == "1" else 0)
    body = f"32029{draw.randrange(10)}{birth:%Y%m%d}{order:03d}"
    return body + str(ric.calc_check_digit(body + "0"))
