"""The steps that acceptance tests take without Dagster are those of the main job: the same tables come of both."""

from pathlib import Path

import pytest

from catalog_service.catalog.catalog import Catalog
from catalog_service.services.publishing import current
from tests.acceptance.support import agencies, deliver, entry, publish, query, run, run_job

SOURCES = ["first/people", "second/people"]
CATALOG = Catalog(
    agencies=agencies({"authority": "大数据管理局", "first": "甲局", "second": "乙局"}),
    datasets=(
        *(entry(id_, ["id", "name", "born:date"], ["id"]) for id_ in SOURCES),
        entry(
            "authority/people",
            ["id", "name", "born:date"],
            ["id"],
            derivation={"kind": "golden", "sources": [{"dataset": id_} for id_ in SOURCES]},
        ),
        entry("second/everybody", ["id", "name"], derivation={"kind": "union", "sources": SOURCES}),
    ),
)
TEXTS = [
    ("first/people", "id,name,born\n1,甲,2000-01-01\n2,乙,昨天\n"),
    ("second/people", "id,name,born\n1,甲甲,\n3,丙,2001-01-01\n"),
    ("first/people", "id,name,born\n1,甲,\n1,乙,\n"),
]


@pytest.mark.slow
def test_job_and_steps_end_in_the_same_tables(tmp_path: Path) -> None:
    found = []
    for name, way in (("job", run_job), ("steps", run)):
        with publish(tmp_path / name, CATALOG) as platform:
            for number, (id_, text) in enumerate(TEXTS):
                path = tmp_path / f"{number}.csv"
                path.write_text(text, encoding="utf-8")
                deliver(platform, id_, path)
            states = {id_: [d.state for d in one.deliveries] for id_, one in way(platform).items()}
            tables = {key: (one.version, one.row_count) for key, one in current(platform).items()}
            records = query(
                platform, "SELECT id, name, born, name__source, _conflict_count FROM base.authority.people ORDER BY 1"
            )
            found.append((states, tables, records))
    assert found[0] == found[1]
    assert len(found[0][1]) > 10
