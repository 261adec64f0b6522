"""Dealings with legal entities and persons: penalties, permits, lists, inspections, vacancies, readers, cases.

Here: one function per data set whose rows refer to true entities or persons. Not here: places, measurements.
"""

import datetime as dt
from collections.abc import Callable

from pipelines.demo.names import OLD_SITES, ROADS, VILLAGES
from pipelines.demo.world import TODAY, Draw, Row, World

_AGENCY_NAMES = {
    "market_regulation": ("无锡市市场监督管理局", ("虚假宣传", "无证经营食品", "商标侵权", "价格欺诈")),
    "ecology_environment": ("无锡市生态环境局", ("超标排放水污染物", "未批先建", "危险废物贮存不规范", "在线监测数据异常")),
    "city_management": ("无锡市城市管理局", ("占道经营", "违法搭建", "未按规定分类投放垃圾", "运输车辆抛洒")),
    "emergency_management": ("无锡市应急管理局", ("未开展安全培训", "特种作业无证上岗", "未建立隐患台账")),
}
_ORPHAN_SHARE = 0.01


def _party(world: World, draw: Draw) -> tuple[str, str]:
    """Return a true entity's code and name; now and then one that no register knows."""
    if draw.hit(_ORPHAN_SHARE):
        return draw.uscc("91", "320299"), f"无锡{draw.choice(OLD_SITES)}{draw.choice(VILLAGES)}贸易有限公司"
    one = draw.choice(world.entities)
    return one["uscc"], one["name"]


def _recent(draw: Draw) -> dt.date:
    return draw.date(dt.date(2024, 1, 1), TODAY)


def _penalties(world: World, dataset: str) -> list[Row]:
    draw, slug = world.draw(dataset), dataset.split("/")[0]
    agency, matters = _AGENCY_NAMES[slug]
    rows = []
    for number in range(1, world.count(420) + 1):
        code, name = _party(world, draw)
        kind = draw.weighted({"1": 3, "2": 8, "3": 1, "4": 1, "6": 1})
        fine = draw.choice((200, 1_000, 5_000, 20_000, 100_000)) if kind == "2" else None
        row: Row = {"decision_number": f"锡{agency[3]}罚〔2024〕{number}号", "party_uscc": code, "party_name": name}
        row |= {"matter": draw.choice(matters), "penalty_type_code": kind, "penalty_amount": fine}
        rows.append(row | {"decided_date": _recent(draw), "agency_name": agency})
    return rows


def _permits(world: World, dataset: str) -> list[Row]:
    draw = world.draw(dataset)
    matters = ("食品经营许可", "特种设备使用登记", "道路货物运输经营许可", "建筑业企业资质核准", "取水许可", "城市排水许可")
    rows = []
    for number in range(1, world.count(1_200) + 1):
        code, name = _party(world, draw)
        row = {"decision_number": f"锡行审许〔2024〕{number:05d}号", "party_uscc": code, "party_name": name}
        rows.append(row | {"matter": draw.choice(matters), "decided_date": _recent(draw), "agency_name": "无锡市行政审批局"})
    return rows


def _credit_lists(world: World, dataset: str) -> list[Row]:
    draw = world.draw(dataset)
    matters = {"R1": "守合同重信用企业", "R2": "经营异常", "B1": "严重违法失信", "B2": "拖欠农民工工资"}
    rows = []
    for number in range(1, world.count(380) + 1):
        code, name = _party(world, draw)
        kind = draw.weighted({"R1": 6, "R2": 3, "B1": 2, "B2": 1})
        row = {"event_id": f"XY2024{number:06d}", "party_uscc": code, "party_name": name, "credit_event_code": kind}
        rows.append(row | {"matter": matters[kind], "listed_date": _recent(draw)})
    return rows


def _holders(world: World, dataset: str, full: int) -> list[tuple[Draw, Row]]:
    """Distinct true entities as holders, with their division, address and phone."""
    draw = world.draw(dataset)
    chosen = draw.sample(world.entities, k=min(len(world.entities), world.count(full)))
    names = ("division_code", "address", "phone")
    return [
        (draw, {"holder_uscc": one["uscc"], "holder_name": one["name"]} | {name: one[name] for name in names}) for one in chosen
    ]


def _training_institutions(world: World, dataset: str) -> list[Row]:
    return [row for _, row in _holders(world, dataset, 240)]


def _driving_schools(world: World, dataset: str) -> list[Row]:
    return [row | {"car_count": draw.randint(6, 180)} for draw, row in _holders(world, dataset, 72)]


def _key_polluters(world: World, dataset: str) -> list[Row]:
    media = ("水环境", "大气环境", "土壤污染", "危险废物")
    return [row | {"medium": draw.choice(media)} for draw, row in _holders(world, dataset, 260)]


def _construction_permits(world: World, dataset: str) -> list[Row]:
    kinds = ("花园一期", "厂房扩建工程", "学校新建工程", "道路改造工程", "商业综合体")
    return [
        row
        | {"licence_number": f"{row['division_code']}2024{number:06d}"}
        | {"project_name": draw.choice(VILLAGES) + draw.choice(kinds), "issued_date": _recent(draw)}
        | {"contract_price": round(draw.uniform(100, 90_000), 2)}
        for number, (draw, row) in enumerate(_holders(world, dataset, 360), start=1)
    ]


def _job_vacancies(world: World, dataset: str) -> list[Row]:
    posts = ("数控操作工", "软件工程师", "物流专员", "护士", "会计", "电气工程师", "客服", "仓库管理员")
    return [
        row
        | {"vacancy_id": f"ZP{number:08d}", "post": draw.choice(posts), "lowest_pay": draw.randint(26, 180) * 100}
        | {"education_level_code": draw.choice(("20", "30", "40", "60", None))}
        | {"valid_until_date": TODAY + dt.timedelta(days=draw.randint(10, 90))}
        for number, (draw, row) in enumerate(_holders(world, dataset, 900), start=1)
    ]


def _food_inspections(world: World, dataset: str) -> list[Row]:
    products = ("大米", "食用植物油", "酱油", "太湖白虾", "小笼包", "酱排骨", "油面筋", "青菜", "水蜜桃")
    return [
        row
        | {"sample_id": f"GC24320200{number:07d}", "product_name": draw.choice(products)}
        | {"sampled_date": _recent(draw), "is_qualified": draw.hit(0.98)}
        for number, (draw, row) in enumerate(_holders(world, dataset, 1_400), start=1)
    ]


def _readers(world: World, dataset: str) -> list[Row]:
    draw = world.draw(dataset)
    chosen = draw.sample(world.persons, k=min(len(world.persons), world.count(900)))
    names = ("resident_id", "person_name", "mobile_phone")
    return [
        {"reader_id": f"WXL{number:09d}", "registered_date": draw.date(dt.date(2012, 1, 1), TODAY)}
        | {name: one[name] for name in names}
        for number, one in enumerate(chosen, start=1)
    ]


def _infectious_cases(world: World, dataset: str) -> list[Row]:
    draw = world.draw(dataset)
    return [
        {"report_id": f"CR2024{number:08d}", "resident_id": one["resident_id"], "division_code": one["division_code"]}
        | {"disease_name": draw.choice(("流行性感冒", "手足口病", "水痘", "肺结核")), "onset_date": _recent(draw)}
        for number, one in enumerate(draw.sample(world.persons, k=min(len(world.persons), world.count(300))), start=1)
    ]


def _notarised_documents(world: World, dataset: str) -> list[Row]:
    draw = world.draw(dataset)
    rows = []
    for number in range(1, world.count(320) + 1):
        issued = draw.date(dt.date(1995, 1, 1), dt.date(2024, 5, 31))
        verified = min(TODAY, issued + dt.timedelta(days=draw.randint(20, 300)))
        row = {
            "document_number": f"{issued.year - 1911}年度北院公字第{number:05d}号",
            "notarial_kind_code": draw.choice("12345"),
        }
        rows.append(row | {"issued_date": issued, "verified_date": verified, "is_consistent": draw.hit(0.99)})
    return rows


def _hotline_requests(world: World, dataset: str) -> list[Row]:
    draw = world.draw(dataset)
    matters = ("小区停车难", "路灯不亮", "噪音扰民", "社保转移咨询", "公交线路建议", "自来水水压低", "拖欠工资", "占道经营")
    start = dt.datetime(2024, 5, 1)  # noqa: DTZ001 - agencies write local time without a zone
    return [
        {"request_id": f"RX2024{number:08d}", "accepted_at": start + dt.timedelta(minutes=draw.randint(0, 60 * 24 * 60))}
        | {"request_kind_code": draw.choice("12345"), "matter": f"{draw.choice(ROADS)}路{draw.choice(matters)}"}
        | {"division_code": draw.district().code, "is_closed": draw.hit(0.93)}
        for number in range(1, world.count(1_500) + 1)
    ]


AFFAIRS: dict[str, Callable[[World, str], list[Row]]] = {
    **{f"{slug}/penalties": _penalties for slug in _AGENCY_NAMES},
    "approval_bureau/permits": _permits,
    "development_reform/credit_lists": _credit_lists,
    "education_bureau/training_institutions": _training_institutions,
    "transport_bureau/driving_schools": _driving_schools,
    "ecology_environment/key_polluters": _key_polluters,
    "housing_construction/construction_permits": _construction_permits,
    "human_resources/job_vacancies": _job_vacancies,
    "market_regulation/food_inspections": _food_inspections,
    "library/readers": _readers,
    "health_commission/infectious_cases": _infectious_cases,
    "justice_bureau/taiwan_notarised_documents": _notarised_documents,
    "big_data_bureau/hotline_requests": _hotline_requests,
}
"""Data set id → its rows."""
