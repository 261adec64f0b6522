"""The origin of a golden value is told of whole records too."""

from pathlib import Path

from catalog_service.catalog.principal import operator
from catalog_service.services import value_tracing
from catalog_service.services.delivering import receive
from tests.unit.pipelines.golden_support import add, open_city, resolve


def test_a_value_of_a_whole_record_is_traced_to_file_and_row(tmp_path: Path) -> None:
    path = tmp_path / "people.csv"
    path.write_text("id,x,y\n1,p,q\n", encoding="utf-8")
    with open_city(tmp_path / "home", level="record") as platform:
        delivery, _ = receive(platform, "a/d", path)
        add(platform, "a/d", delivery.id, [("1", "p", "q")])
        resolve(platform, "run1")
        found = value_tracing.trace(platform, operator("x"), "authority/golden", ["1"], "x")
    assert (found.value, found.source, found.file_name, found.row) == ("p", "a/d", "people.csv", 1)
    assert found.sha256 == delivery.sha256
