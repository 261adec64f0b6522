"""What is measured or moves: buses, metro, traffic, air, water, weather, energy, prices, dispatches.

Here: one function per data set that returns its rows, in time order. Not here: places, registers.
"""

import datetime as dt
import math
from collections.abc import Callable, Iterator

from pipelines.demo.names import DISTRICTS, ROADS, VILLAGES
from pipelines.demo.places import PLACES
from pipelines.demo.world import TODAY, Draw, Row, World

_MIDNIGHT = dt.datetime(2024, 5, 16)  # noqa: DTZ001 - agencies write local time without a zone


def _days(world: World, full: int) -> list[dt.date]:
    count = world.count(full, least=4)
    return [TODAY - dt.timedelta(days=count - 1 - i) for i in range(count)]


def _stations(world: World, name: str, prefix: str, count: int) -> list[Row]:
    draw = world.draw(name)
    return [
        {"station_id": f"{prefix}{i:03d}", "station_name": draw.choice(VILLAGES) + "站", "division_code": district.code}
        | draw.point(district)
        for i, district in ((i, DISTRICTS[i % len(DISTRICTS)]) for i in range(1, count + 1))
    ]


def _bus_stops(world: World, dataset: str) -> list[Row]:
    draw = world.draw(dataset)
    rows = []
    for number in range(1, world.count(1_600, least=40) + 1):
        district = draw.district()
        name = draw.choice(ROADS) + draw.choice(("路", "桥", "新村", "广场", "医院", "中学"))
        row = {"stop_id": f"S{number:05d}", "stop_name": name, "division_code": district.code, "has_shelter": draw.hit(0.6)}
        rows.append(row | draw.point(district))
    return rows


def _routes(world: World) -> list[Row]:
    draw = world.draw("bus_group/bus_routes")
    stops = [one["stop_id"] for one in _bus_stops(world, "bus_group/bus_stops")]
    names = {one["stop_id"]: one["stop_name"] for one in _bus_stops(world, "bus_group/bus_stops")}
    rows = []
    for number in range(1, world.count(130) + 1):
        chosen = draw.sample(stops, k=draw.randint(12, 34))
        row: Row = {"route_id": f"R{number:04d}", "route_name": f"{number}路", "stops": chosen}
        row |= {"first_stop": names[chosen[0]], "last_stop": names[chosen[-1]], "length_km": round(len(chosen) * 0.61, 1)}
        hours = f"{draw.choice(('05:30', '06:00', '06:20'))}-{draw.choice(('19:00', '21:00', '22:30'))}"
        rows.append(row | {"price": draw.choice((1, 2, 2, 3)), "service_hours": hours})
    return rows


def _bus_routes(world: World, _: str) -> list[Row]:
    return _routes(world)


def _bus_route_stops(world: World, _: str) -> list[Row]:
    return [
        {"route_id": route["route_id"], "sequence": i, "stop_id": stop}
        for route in _routes(world)
        for i, stop in enumerate(route["stops"], start=1)
    ]


def _metro_stations(world: World, _: str) -> list[Row]:
    stations = _stations(world, "metro", "M", 92)
    return [row | {"line_id": f"{1 + i % 4}"} for i, row in enumerate(stations)]


def _metro_ridership(world: World, dataset: str) -> list[Row]:
    draw = world.draw(dataset)
    sizes = {row["station_id"]: draw.lognormvariate(8.6, 0.6) for row in _metro_stations(world, "")}
    rows = []
    for day in _days(world, 45):
        weekend = 0.8 if day.weekday() >= 5 else 1.0
        for station, size in sizes.items():
            entries = int(size * weekend * draw.uniform(0.9, 1.1))
            row = {"station_id": station, "observed_date": day, "entry_count": entries}
            rows.append(row | {"exit_count": int(entries * draw.uniform(0.95, 1.05))})
    return rows


def _road_flow(world: World, dataset: str) -> list[Row]:
    draw = world.draw(dataset)
    roads = ("G2京沪高速", "G42沪蓉高速", "S19锡宜高速", "G312", "G104", "S340", "S229")
    weeks = _days(world, 84)[::7]
    return [
        {
            "station_id": f"JT{i:03d}",
            "road": roads[i % len(roads)],
            "observed_date": day,
            "vehicle_count": draw.randint(40, 900) * 1000,
        }
        for day in weeks
        for i in range(1, 29)
    ]


def _air_stations(world: World, _: str) -> list[Row]:
    return _stations(world, "air", "A", 14)


def _air_quality(world: World, dataset: str) -> list[Row]:
    draw = world.draw(dataset)
    rows = []
    for hour in range(world.count(20, least=3) * 24):
        moment = _MIDNIGHT + dt.timedelta(hours=hour)
        day = 1 + 0.3 * math.sin((moment.hour - 9) / 24 * 2 * math.pi)
        for station in _air_stations(world, ""):
            dust = round(34 * day * draw.lognormvariate(0, 0.25), 1)
            row = {"station_id": station["station_id"], "observed_at": moment, "aqi": int(dust * 1.45), "pm25": dust}
            row |= {"pm10": round(dust * draw.uniform(1.3, 1.9), 1), "no2": round(30 / day * draw.uniform(0.7, 1.3), 1)}
            rows.append(row | {"o3": round(90 * day * draw.uniform(0.6, 1.4), 1) if draw.hit(0.985) else None})
    return rows


def _water_quality(world: World, dataset: str) -> list[Row]:
    draw = world.draw(dataset)
    sections = _stations(world, "sections", "DM", 71)
    classes = {"I": 1, "II": 10, "III": 20, "IV": 4, "V": 1}
    return [
        {name: section[name] for name in ("station_id", "station_name", "division_code")}
        | {"year_month": f"{year}-{month:02d}", "water_class_code": draw.weighted(classes)}
        | {
            "ammonia_mg_l": round(draw.lognormvariate(-1.2, 0.5), 3),
            "phosphorus_mg_l": round(draw.lognormvariate(-2.4, 0.4), 3),
        }
        for year, month in ((2023, 7), (2023, 10), (2024, 1), (2024, 3), (2024, 4), (2024, 5), (2024, 6))
        for section in sections
    ]


def _daily_weather(world: World, dataset: str) -> list[Row]:
    draw = world.draw(dataset)
    rows = []
    for day in _days(world, 366):
        mean = 17 - 12 * math.cos((day.timetuple().tm_yday - 20) / 366 * 2 * math.pi) + draw.gauss(0, 2)
        rain = draw.expovariate(1 / 11) if draw.hit(0.33) else 0.0
        for i, district in enumerate(DISTRICTS, start=1):
            row = {"station_id": f"583{i:02d}", "station_name": district.name + "气象站", "observed_date": day}
            row |= {"highest_c": round(mean + draw.uniform(3, 6), 1), "lowest_c": round(mean - draw.uniform(3, 5), 1)}
            row |= {"rain_mm": round(rain * draw.uniform(0.7, 1.3), 1), "wind_m_s": round(draw.uniform(0.8, 6.5), 1)}
            rows.append(row | {"humidity_ratio": round(draw.uniform(45, 98), 0)})
    return rows


def _weather_warnings(world: World, dataset: str) -> list[Row]:
    draw = world.draw(dataset)
    rows = []
    for number in range(1, world.count(180) + 1):
        issued = _MIDNIGHT + dt.timedelta(minutes=draw.randint(0, 60 * 24 * 45))
        row: Row = {"warning_id": f"YJ2024{number:05d}", "warning_kind": draw.choice(("暴雨", "雷电", "大雾", "高温", "台风"))}
        row |= {"warning_level_code": draw.choice("BBYYOR"), "division_code": draw.district().code, "issued_at": issued}
        rows.append(row | {"lifted_at": issued + dt.timedelta(minutes=draw.randint(60, 900))})
    return rows


def _water_levels(world: World, dataset: str) -> list[Row]:
    draw = world.draw(dataset)
    stations = [
        (f"SW{i:02d}", name) for i, name in enumerate(("太湖大浦口", "梁溪河", "京杭运河无锡", "锡澄运河", "望虞河"), start=1)
    ]
    return [
        {"station_id": station, "station_name": name, "observed_at": _MIDNIGHT + dt.timedelta(hours=hour)}
        | {"level_m": round(3.3 + 0.25 * math.sin(hour / 90) + draw.gauss(0, 0.03), 2), "warning_level_m": 3.8}
        for hour in range(world.count(20, least=2) * 24)
        for station, name in stations
    ]


def _tap_water(world: World, dataset: str) -> list[Row]:
    draw = world.draw(dataset)
    works = (("W1", "中桥水厂"), ("W2", "雪浪水厂"), ("W3", "锡东水厂"), ("W4", "澄西水厂"))
    return [
        {"station_id": number, "station_name": name, "observed_date": day, "turbidity_ntu": round(draw.uniform(0.05, 0.2), 2)}
        | {"chlorine_mg_l": round(draw.uniform(0.4, 0.9), 2), "ph": round(draw.uniform(7.0, 7.8), 1)}
        for day in _days(world, 90)
        for number, name in works
    ]


def _electricity(world: World, dataset: str) -> list[Row]:
    draw = world.draw(dataset)
    return [
        {"division_code": district.code, "industry_code": industry, "year_month": f"2024-{month:02d}"}
        | {"energy_mwh": round(draw.lognormvariate(9, 1), 1)}
        for month in range(1, 7)
        for district in DISTRICTS
        for industry in "ACDEFGHI"
    ]


def _market_prices(world: World, dataset: str) -> list[Row]:
    draw = world.draw(dataset)
    products = {"青菜": 3.2, "番茄": 5.4, "土豆": 3.0, "猪肉": 24.0, "鸡蛋": 9.6, "草鱼": 15.5, "西瓜": 4.2, "水蜜桃": 16.0}
    return [
        {
            "market_name": market,
            "product_name": product,
            "observed_date": day,
            "price": round(price * draw.uniform(0.85, 1.2), 2),
        }
        for day in _days(world, 60)
        for market in ("无锡朝阳农产品市场", "天鹏食品城", "江阴农产品市场")
        for product, price in products.items()
    ]


def _visitor_counts(world: World, dataset: str) -> list[Row]:
    draw = world.draw(dataset)
    name = "culture_tourism/scenic_spots"
    spots = [one["facility_id"] for one in PLACES[name](world, name)][:12]
    return [
        {"facility_id": spot, "observed_date": day, "visitor_count": int(draw.lognormvariate(7.5, 0.7))}
        for day in _days(world, 60)
        for spot in spots
    ]


def _dispatches(world: World, dataset: str) -> list[Row]:
    kinds = ("心脑血管急症", "交通事故", "跌倒外伤", "急性腹痛", "其他")
    return [row | {"call_kind": draw.choice(kinds)} for draw, row in _calls(world, dataset, 1_500)]


def _calls(world: World, dataset: str, full: int) -> Iterator[tuple[Draw, Row]]:
    draw = world.draw(dataset)
    for number in range(1, world.count(full) + 1):
        moment = _MIDNIGHT + dt.timedelta(minutes=draw.randint(0, 60 * 24 * 45))
        row = {"dispatch_id": f"JJ2024{number:07d}", "called_at": moment, "division_code": draw.district().code}
        yield draw, row | {"response_minutes": round(draw.lognormvariate(2.3, 0.4), 1)}


def _traffic_accidents(world: World, dataset: str) -> list[Row]:
    draw = world.draw(dataset)
    return [
        {"happened_at": _MIDNIGHT + dt.timedelta(minutes=draw.randint(0, 60 * 24 * 45)), "division_code": draw.district().code}
        | {"road": draw.choice(ROADS) + "路", "injured_count": draw.choice((0, 0, 0, 1, 1, 2))}
        for _ in range(world.count(800))
    ]


def _fitness_survey(world: World, dataset: str) -> list[Row]:
    draw = world.draw(dataset)
    ages = ("20-24", "25-29", "30-39", "40-49", "50-59", "60-69")
    return [
        {"age_group": draw.choice(ages), "sex_code": sex, "reach_cm": round(draw.gauss(8, 7), 1)}
        | {"grip_kg": round(draw.gauss(42 if sex == "1" else 26, 5), 1)}
        for sex in (draw.choice("12") for _ in range(world.count(1_200)))
    ]


def _yearly_indicators(world: World, dataset: str) -> list[Row]:
    draw = world.draw(dataset)
    indicators = {"地区生产总值": ("亿元", 2_000), "常住人口": ("万人", 105), "规模以上工业企业数": ("家", 1_100)}
    return [
        {"division_code": district.code, "year": year, "indicator": name, "unit": unit}
        | {"amount": round(size * district.weight / 14 * (1 + 0.06 * (year - 2015)) * draw.uniform(0.97, 1.03), 2)}
        for year in range(2015, 2024)
        for district in DISTRICTS
        for name, (unit, size) in indicators.items()
    ]


FLOWS: dict[str, Callable[[World, str], list[Row]]] = {
    "bus_group/bus_stops": _bus_stops,
    "bus_group/bus_routes": _bus_routes,
    "bus_group/bus_route_stops": _bus_route_stops,
    "metro_group/metro_stations": _metro_stations,
    "metro_group/metro_ridership": _metro_ridership,
    "transport_bureau/road_flow": _road_flow,
    "ecology_environment/air_stations": _air_stations,
    "ecology_environment/air_quality_hourly": _air_quality,
    "ecology_environment/water_quality": _water_quality,
    "meteorology/daily_weather": _daily_weather,
    "meteorology/weather_warnings": _weather_warnings,
    "water_resources/water_levels": _water_levels,
    "water_group/tap_water_quality": _tap_water,
    "power_supply/electricity_use": _electricity,
    "agriculture_rural/market_prices": _market_prices,
    "culture_tourism/visitor_counts": _visitor_counts,
    "emergency_centre/dispatches": _dispatches,
    "public_security/traffic_accidents": _traffic_accidents,
    "sports_bureau/fitness_survey": _fitness_survey,
    "statistics_bureau/yearly_indicators": _yearly_indicators,
}
"""Data set id → its rows."""
