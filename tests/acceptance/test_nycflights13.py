"""Flights with orphan keys: reference rules count them exactly, and what is only a warning is published all the same."""

from collections.abc import Iterator

import pytest

from catalog_service.catalog.catalog import Catalog
from catalog_service.catalog.dataset import Dataset
from catalog_service.services.platform import Platform
from pipelines.workbench import Outcome
from tests.acceptance.support import agencies, balance, counted, deliver, entry, measured, publish, query, run
from tests.support.shared_data import SHARED, needs

pytestmark = [needs("nycflights13"), pytest.mark.slow]

ROOT = SHARED / "nycflights13"
NA = {"null_values": ["", "NA"]}
FILES = {
    "transport/planes": "planes.csv",
    "transport/airports": "airports.csv",
    "transport/airlines": "airlines.csv",
    "transport/flights": "flights.csv.zip",
    "transport/departures": "flights.csv.zip",
    "meteorology/weather": "weather.csv",
}


def _reference(name: str, dataset: str, field: str) -> dict[str, object]:
    return {"name": name, "reference": {"dataset": f"transport/{dataset}", "field": field}}


LINKS = [
    _reference("carrier", "airlines", "carrier"),
    "flight",
    _reference("tailnum", "planes", "tailnum"),
    _reference("origin", "airports", "faa"),
    _reference("dest", "airports", "faa"),
    "time_hour:datetime",
]
TIMES = ["dep_time", "sched_dep_time", "dep_delay", "arr_time", "sched_arr_time", "arr_delay", "air_time", "hour", "minute"]
DATE = ["year", "month", "day"]
MEASURES = ["temp", "dewp", "humid", "wind_dir", "wind_speed", "wind_gust", "precip", "pressure", "visib"]
PLANES = entry(
    "transport/planes",
    ["tailnum", "year:integer", "type", "manufacturer", "model", "engines:integer", "seats:integer", "speed:integer", "engine"],
    ["tailnum"],
    delivery=NA,
)
AIRPORTS = entry(
    "transport/airports",
    ["faa", "name", "lat:number", "lon:number", "alt:number", "tz:integer", "dst", "tzone"],
    ["faa"],
    delivery=NA,
)
AIRLINES = entry("transport/airlines", ["carrier", "name"], ["carrier"])
# Only what links a flight to other lists; "NA" is not declared to mean "no value", so it is a plane that is not listed.
FLIGHTS = entry("transport/flights", LINKS, delivery={"ignored_columns": [*DATE, *TIMES, "distance"]})
# All fields, with types; here "NA" is no value.
DEPARTURES = entry(
    "transport/departures",
    [*(f"{name}:integer" for name in (*DATE, *TIMES)), "distance:number", *LINKS],
    [*DATE, "carrier", "flight", "origin", "sched_dep_time"],
    delivery=NA,
)
WEATHER = entry(
    "meteorology/weather",
    [
        "origin",
        *(f"{name}:integer" for name in (*DATE, "hour")),
        *(f"{name}:number" for name in MEASURES),
        "time_hour:datetime",
    ],
    ["origin", "time_hour"],
    delivery=NA,
)


@pytest.fixture(scope="module")
def ran(
    tmp_path_factory: pytest.TempPathFactory, request: pytest.FixtureRequest
) -> Iterator[tuple[Platform, dict[str, Outcome]]]:
    """A platform with the lists and the data set that the test asks for."""
    catalog = Catalog(
        agencies=agencies({"meteorology": "气象局", "transport": "交通运输局"}),
        datasets=(PLANES, AIRPORTS, AIRLINES, *request.param),
    )
    with publish(tmp_path_factory.mktemp("flights"), catalog) as platform:
        for one in catalog.datasets:
            deliver(platform, one.id, ROOT / FILES[one.id])
        yield platform, run(platform)


def _orphans(platform: Platform, dataset: Dataset) -> dict[str, int]:
    found = measured(platform, dataset.id)
    return {name: found[f"{name}__reference"].unexpected_count for name in ("carrier", "tailnum", "origin", "dest")}


@pytest.mark.parametrize("ran", [(FLIGHTS,)], indirect=True, ids=["links"])
def test_flights_without_plane_and_to_unlisted_airports_are_counted_and_published(
    ran: tuple[Platform, dict[str, Outcome]],
) -> None:
    platform, outcomes = ran
    assert balance(outcomes.values()) == {
        "transport/planes": [("loaded", 3_322, 3_322, 0)],
        "transport/airports": [("loaded", 1_458, 1_458, 0)],
        "transport/airlines": [("loaded", 16, 16, 0)],
        "transport/flights": [("loaded", 336_776, 336_776, 0)],
    }
    assert _orphans(platform, FLIGHTS) == {"carrier": 0, "tailnum": 52_606, "origin": 0, "dest": 7_602}
    airports = measured(platform, FLIGHTS.id)["dest__reference"]
    assert (airports.passed, airports.evaluated_count, airports.severity.value) == (False, 336_776, "warning")
    assert set(airports.examples) == {"BQN", "PSE", "SJU", "STT"}
    assert counted(platform, "SELECT count(*) FROM open.transport.flights") == 336_776


@pytest.mark.slow
@pytest.mark.parametrize("ran", [(DEPARTURES, WEATHER)], indirect=True, ids=["typed"])
def test_all_fields_typed_with_their_weather(ran: tuple[Platform, dict[str, Outcome]]) -> None:
    platform, outcomes = ran
    reports = balance(outcomes.values())
    assert reports["transport/departures"] == [("loaded", 336_776, 336_776, 0)]
    assert reports["meteorology/weather"] == [("loaded", 26_115, 26_115, 0)]
    orphans = _orphans(platform, DEPARTURES)
    assert orphans == {"carrier": 0, "tailnum": 50_094, "origin": 0, "dest": 7_602}
    nameless = counted(platform, "SELECT count(*) FROM standard.transport.departures WHERE tailnum IS NULL")
    assert orphans["tailnum"] + nameless == 52_606
    # the departures of a thematic data set meet the weather of their hour
    joined = query(
        platform,
        "SELECT count(*), count(w.temp) FROM open.transport.departures d "
        "LEFT JOIN open.meteorology.weather w ON w.origin = d.origin AND w.time_hour = d.time_hour",
    )
    ((flights, with_weather),) = joined
    assert flights == 336_776
    assert 330_000 < with_weather <= flights
