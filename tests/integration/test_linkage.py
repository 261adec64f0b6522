"""Two registers of people without a common key become one base database: compared, merged where sure, the rest reviewed."""

from pathlib import Path

import pytest

from catalog_service.catalog.catalog import Catalog
from catalog_service.catalog.entity import PairState
from catalog_service.catalog.principal import operator
from catalog_service.services import entities, entity_decisions, pair_review
from catalog_service.services.platform import Platform
from pipelines.linking import link_records
from tests.acceptance.support import agencies, deliver, entry, publish, run
from tests.benchmarks.bench_linkage import FEBRL, rows
from tests.support.shared_data import needs

OPERATOR = operator("审核员")
FIELDS = ["rec_id", "given_name", "surname", "date_of_birth", "soc_sec_id"]
FIELDS += ["street_number", "postcode", "address_1", "address_2", "suburb"]
ID = "authority/people"
REGISTERS = {"civil/people": "-org", "health/people": "-dup"}


def register(folder: Path, id_: str, mark: str) -> Path:
    path = folder / f"{id_.replace('/', '_')}.csv"
    people = [row for row in rows("linkage_febrl/dataset1.csv") if mark in row["rec_id"]]
    lines = [",".join(f'"{row[name]}"' for name in FIELDS) for row in people]
    path.write_text("\n".join([",".join(FIELDS), *lines]), encoding="utf-8")
    return path


def people(platform: Platform) -> int:
    with platform.database.reading() as transaction:
        published = transaction.publications.current(f"base/{ID}")
    return 0 if published is None else published.row_count


@pytest.mark.slow
@needs("linkage_febrl")
def test_two_registers_without_a_common_key(tmp_path: Path) -> None:
    pytest.importorskip("splink")
    sources = [{"dataset": id_} for id_ in REGISTERS]
    derivation = {"kind": "golden", "sources": sources, "linkage": FEBRL.model_dump(mode="json")}
    golden = entry(ID, FIELDS, ["rec_id"], base_database="population", derivation=derivation)
    named = agencies({"authority": "大数据管理局", "civil": "民政局", "health": "卫生健康委"})
    catalog = Catalog(agencies=named, datasets=(*(entry(id_, FIELDS, ["rec_id"]) for id_ in REGISTERS), golden))
    with publish(tmp_path, catalog) as platform:
        for id_, mark in REGISTERS.items():
            deliver(platform, id_, register(tmp_path, id_, mark))
        run(platform)
        assert people(platform) == 1_000
        done = link_records(platform, OPERATOR, ID)
        pairs = pair_review.review(platform, OPERATOR, ID).pairs
        assert len(pairs) == done.to_review
        assert done.merged + done.to_review >= 495
        run(platform)
        assert people(platform) == 1_000 - done.merged
        merged = next(one for one in entity_decisions.decisions(platform, OPERATOR, ID))
        story = entities.history(platform, OPERATOR, ID, merged.key).events
        assert [event.kind.value for event in story] == ["created", "manual", "absorbed"]
        again = link_records(platform, OPERATOR, ID)
        assert (again.merged, again.to_review) == (0, 0)
        for pair in pairs:
            entity_decisions.decide_pair(platform, OPERATOR, pair.id, PairState.SAME, reason="核实")
        run(platform)
        assert people(platform) == 1_000 - done.merged - len(pairs)
