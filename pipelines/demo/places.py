"""Places and lists of the thematic databases: parks, parking lots, schools, hospitals, permits, penalties and the like.

Here: one function per data set that returns its rows. Not here: measurements over time (flows).
"""

import datetime as dt
from collections.abc import Callable, Iterator

from pipelines.demo.names import DISTRICTS, OLD_SITES, ROADS, VILLAGES, District
from pipelines.demo.world import TODAY, Draw, Row, World

_HOURS = ("全天", "06:00-21:00", "08:30-17:00", "09:00-17:00（周一闭馆）", "08:00-20:00")


def place(draw: Draw, district: District, prefix: str, number: int) -> Row:
    """Return what all places have: id, division, address, phone, hours, coordinates."""
    common = {"facility_id": f"{prefix}{district.code}{number:04d}", "division_code": district.code}
    rest = {"address": draw.address(district), "phone": draw.phone(), "opening_hours": draw.choice(_HOURS)}
    return common | rest | draw.point(district)


def _places(world: World, dataset: str, prefix: str, full: int) -> Iterator[tuple[Draw, District, Row]]:
    draw = world.draw(dataset)
    for number in range(1, world.count(full) + 1):
        district = draw.district()
        yield draw, district, place(draw, district, prefix, number)


def _short(district: District) -> str:
    return district.name[:-1]


def parks(world: World, district: District) -> list[Row]:
    """Parks of one district."""
    draw = world.draw(f"parks {district.slug}")
    rows = []
    for number, name in enumerate(draw.sample(VILLAGES + OLD_SITES, k=min(60, world.count(4 * district.weight))), start=1):
        kind = draw.weighted({"G11": 2, "G12": 5, "G13": 1, "G14": 4})
        ending = {"G11": "公园", "G12": "社区公园", "G13": "植物园", "G14": "游园"}[kind]
        row = place(draw, district, "PK", number) | {"name": _short(district) + name + ending, "park_kind_code": kind}
        row |= {"area_ha": round(draw.lognormvariate(1.0, 1.0), 2), "is_free": draw.hit(0.95)}
        rows.append(row | {"opened_date": draw.date(dt.date(1955, 1, 1), TODAY)})
    return rows


def parking_lots(world: World, district: District) -> list[Row]:
    """Parking lots of one district."""
    draw = world.draw(f"parking {district.slug}")
    rows = []
    for number in range(1, world.count(8 * district.weight) + 1):
        kind = draw.weighted({"1": 4, "2": 3, "3": 3})
        name = draw.choice(ROADS) + {"1": "路公共停车场", "2": "广场地下停车场", "3": "路道路停车泊位"}[kind]
        row = place(draw, district, "PL", number) | {"name": name, "parking_kind_code": kind}
        rows.append(row | {"space_count": draw.randint(12, 1200), "hourly_price": draw.choice((0, 2, 3, 5, 8))})
    return rows


def _public_toilets(world: World, dataset: str) -> list[Row]:
    return [
        row | {"name": f"{draw.choice(ROADS)}路公厕", "stall_count": draw.randint(4, 40)}
        for draw, _, row in _places(world, dataset, "WC", 420)
    ]


def _hospitals(world: World, dataset: str) -> list[Row]:
    rows = []
    for draw, district, row in _places(world, dataset, "YL", 260):
        grade = draw.weighted({"30": 2, "31": 1, "20": 5, "21": 3, "10": 20, "00": 15})
        ending = (
            "人民医院" if grade in ("30", "31", "20") else draw.choice(("社区卫生服务中心", "门诊部", "护理院", "中医医院"))
        )
        beds = {"3": draw.randint(600, 2800), "2": draw.randint(150, 700)}.get(grade[0], draw.randint(0, 99))
        name = _short(district) + draw.choice(VILLAGES) + ending
        rows.append(row | {"name": name, "hospital_grade_code": grade, "is_public": draw.hit(0.6), "bed_count": beds})
    return rows


def _vaccination_points(world: World, dataset: str) -> list[Row]:
    return [
        row | {"name": f"{draw.choice(district.towns)}预防接种门诊"}
        for draw, district, row in _places(world, dataset, "YM", 110)
    ]


def _defibrillators(world: World, dataset: str) -> list[Row]:
    spots = ("一楼服务台", "站厅客服中心旁", "体育馆入口", "安检处", "游客中心", "大厅电梯口")
    sites = ("地铁站", "政务服务中心", "体育馆", "学校", "商业广场", "火车站")
    return [
        row | {"name": draw.choice(VILLAGES) + draw.choice(sites), "spot": draw.choice(spots)}
        for draw, _, row in _places(world, dataset, "AED", 380)
    ]


def _schools(world: World, dataset: str) -> list[Row]:
    kinds = {"11": "幼儿园", "21": "小学", "31": "初级中学", "34": "高级中学", "36": "中等专业学校", "51": "实验学校"}
    rows = []
    for draw, district, row in _places(world, dataset, "XX", 640):
        kind = draw.weighted({"11": 9, "21": 5, "31": 3, "34": 1, "36": 1, "51": 1})
        name = f"{district.name}{draw.choice(VILLAGES)}{kinds[kind]}"
        rows.append(
            row | {"name": name, "school_kind_code": kind, "is_public": draw.hit(0.7), "student_count": draw.randint(90, 3200)}
        )
    return rows


def _museums(world: World, dataset: str) -> list[Row]:
    themes = ("博物馆", "纪念馆", "丝业博物馆", "紫砂博物馆", "名人故居陈列馆", "民俗博物馆")
    return [
        row
        | {"name": _short(district) + draw.choice(OLD_SITES) + draw.choice(themes), "museum_grade_code": draw.choice("12399")}
        | {"is_free": draw.hit(0.85)}
        for draw, district, row in _places(world, dataset, "BW", 62)
    ]


def _scenic_spots(world: World, dataset: str) -> list[Row]:
    return [
        row
        | {"name": draw.choice(OLD_SITES) + draw.choice(("风景区", "古镇", "湿地公园", "文化园", "洞天景区"))}
        | {"scenic_grade_code": draw.weighted({"5A": 1, "4A": 5, "3A": 6, "2A": 2})}
        | {"price": draw.choice((0, 0, 30, 60, 90, 150)), "capacity_count": draw.randint(2, 120) * 1000}
        for draw, _, row in _places(world, dataset, "JQ", 58)
    ]


def _protected_sites(world: World, dataset: str) -> list[Row]:
    return [
        row
        | {"name": draw.choice(OLD_SITES) + draw.choice(("旧址", "祠堂", "古桥", "墓", "古井", "书院"))}
        | {"protection_level": draw.choice(("全国重点", "省级", "市级", "市级", "县级"))}
        | {"period": draw.choice(("春秋", "唐", "宋", "明", "清", "民国"))}
        for draw, _, row in _places(world, dataset, "WB", 330)
    ]


def _branches(world: World, dataset: str) -> list[Row]:
    return [
        row
        | {"name": draw.choice(VILLAGES) + draw.choice(("城市书房", "图书馆分馆", "农家书屋"))}
        | {"book_count": draw.randint(10, 900) * 100}
        for draw, _, row in _places(world, dataset, "TS", 120)
    ]


def _sports_venues(world: World, dataset: str) -> list[Row]:
    sports = ("游泳", "羽毛球", "篮球", "足球", "乒乓球", "综合健身")
    return [
        row
        | {"name": f"{district.name}{draw.choice(VILLAGES)}{sport}馆", "sport": sport}
        | {"capacity_count": draw.randint(40, 6000), "is_free": draw.hit(0.3)}
        for draw, district, row in _places(world, dataset, "TY", 150)
        for sport in (draw.choice(sports),)
    ]


def _nursing_homes(world: World, dataset: str) -> list[Row]:
    return [
        row | {"name": f"{draw.choice(VILLAGES)}颐养院", "is_public": draw.hit(0.4), "bed_count": draw.randint(30, 600)}
        for draw, _, row in _places(world, dataset, "YL", 170)
    ]


def _shelters(world: World, dataset: str) -> list[Row]:
    return [
        row
        | {"name": draw.choice(VILLAGES) + draw.choice(("广场", "学校操场", "公园")) + "应急避难场所"}
        | {"area_m2": float(area), "capacity_count": area // 3}
        for draw, _, row in _places(world, dataset, "BN", 140)
        for area in (draw.randint(800, 90_000),)
    ]


def _charging_piles(world: World, dataset: str) -> list[Row]:
    return [
        row
        | {"name": f"{draw.choice(ROADS)}路充电站", "charging_kind_code": kind}
        | {"power_kw": float(draw.choice((60, 120, 180, 240) if kind == "1" else (7, 21)))}
        | {"price": round(draw.uniform(0.8, 1.9), 2)}
        for draw, _, row in _places(world, dataset, "CD", 520)
        for kind in (draw.choice("112"),)
    ]


def _rental_housing(world: World, dataset: str) -> list[Row]:
    return [
        row
        | {"name": f"{draw.choice(VILLAGES)}人才公寓", "home_count": draw.randint(40, 2400)}
        | {"price": round(draw.uniform(18, 46), 2)}
        for draw, _, row in _places(world, dataset, "BZ", 46)
    ]


def _place_names(world: World, dataset: str) -> list[Row]:
    endings = {"21": "小区", "22": "路", "23": "桥", "31": "山", "41": "纪念园", "51": "大厦"}
    rows = []
    for draw, _, row in _places(world, dataset, "DM", 900):
        kind = draw.weighted({"21": 6, "22": 5, "23": 3, "31": 1, "41": 1, "51": 3})
        name = draw.choice(VILLAGES) + draw.choice(ROADS)[:2] + endings[kind]
        rows.append(row | {"place_id": row["facility_id"], "name": name, "place_kind_code": kind})
    return rows


def _law_firms(world: World, dataset: str) -> list[Row]:
    return [
        row
        | {"uscc": draw.uscc("31", "320000"), "name": f"江苏{draw.choice(OLD_SITES)}{draw.choice(VILLAGES)}律师事务所"}
        | {"lawyer_count": draw.randint(3, 180)}
        for draw, _, row in _places(world, dataset, "LS", 150)
    ]


def _social_organisations(world: World, dataset: str) -> list[Row]:
    kinds = {"社会团体": "协会", "民办非企业单位": "服务中心", "基金会": "慈善基金会"}
    return [
        row
        | {"uscc": draw.uscc("52", district.code), "name": f"{district.name}{draw.choice(VILLAGES)}{ending}"}
        | {"organisation_kind": kind, "established_date": draw.date(dt.date(1990, 1, 1), TODAY)}
        | {"legal_representative": draw.person()}
        for draw, district, row in _places(world, dataset, "SH", 420)
        for kind, ending in (draw.choice(list(kinds.items())),)
    ]


def _specialities(world: World, dataset: str) -> list[Row]:
    products = "阳山水蜜桃 宜兴红茶 无锡毫茶 马山杨梅 大浮杨梅 宜兴百合 璜土葡萄 鹅湖甲鱼 太湖白虾 顾山水蜜桃 宜兴乌米 胡埭苗木"
    draw = world.draw(dataset)
    return [
        {"product_name": one, "division_code": draw.district().code, "year": draw.randint(2004, 2023)}
        for one in products.split()
    ]


def _land_parcels(world: World, dataset: str) -> list[Row]:
    return [
        row
        | {
            "parcel_id": f"锡国土（经）{draw.randint(2019, 2024)}-{number}",
            "land_use_code": draw.choice(("05", "06", "07", "08")),
        }
        | {"area_m2": round(draw.uniform(2_000, 160_000), 1), "price": round(draw.uniform(300, 250_000), 2)}
        | {"decided_date": draw.date(dt.date(2019, 1, 1), TODAY)}
        for number, (draw, _, row) in enumerate(_places(world, dataset, "ZD", 380), start=1)
    ]


PLACES: dict[str, Callable[[World, str], list[Row]]] = {
    "city_management/public_toilets": _public_toilets,
    "health_commission/hospitals": _hospitals,
    "health_commission/vaccination_points": _vaccination_points,
    "red_cross/defibrillators": _defibrillators,
    "education_bureau/schools": _schools,
    "culture_tourism/museums": _museums,
    "culture_tourism/scenic_spots": _scenic_spots,
    "culture_tourism/protected_sites": _protected_sites,
    "library/branches": _branches,
    "sports_bureau/sports_venues": _sports_venues,
    "civil_affairs/nursing_homes": _nursing_homes,
    "emergency_management/shelters": _shelters,
    "power_supply/charging_piles": _charging_piles,
    "housing_construction/rental_housing": _rental_housing,
    "natural_resources/place_names": _place_names,
    "natural_resources/land_parcels": _land_parcels,
    "justice_bureau/law_firms": _law_firms,
    "civil_affairs/social_organisations": _social_organisations,
    "agriculture_rural/specialities": _specialities,
}
"""Data set id → its rows; district data sets are made by `parks` and `parking_lots`."""

DISTRICT_PLACES = {
    f"{district.slug}_approval/{name}": (function, district)
    for district in DISTRICTS
    for name, function in (("parks", parks), ("parking_lots", parking_lots))
}
"""Data set id → the function and the district it is about."""
