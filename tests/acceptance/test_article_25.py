"""Article 25: what is shared and opened is complete and accurate: a version that fails a blocking rule stays unpublished."""

import re
from collections.abc import Iterator
from pathlib import Path

import pyarrow.parquet as pq
import pytest

from catalog_service.catalog.catalog import Catalog
from catalog_service.catalog.errors import Language
from catalog_service.catalog.principal import ANONYMOUS
from catalog_service.services.access import Wish
from catalog_service.services.downloading import open_file
from catalog_service.services.platform import Platform
from catalog_service.services.publishing import current
from pipelines.rechecking import recheck
from pipelines.workbench import Outcome
from tests.acceptance.support import agencies, deliver, entry, measured, publish, query, run

ID = "health/hospitals"
GOLDEN = "authority/hospitals"
GOOD = "code,name,beds\n1,一院,100\n2,二院,50\n"
REPEATED = "code,name,beds\n1,一院,100\n1,二院,50\n"
NAMELESS = "code,name,beds\n1,,100\n2,二院,50\n"
ODD = "code,name,beds\n1,一院,100\n2,二院,5000000\n3,三院,30\n"


@pytest.fixture
def platform(tmp_path: Path) -> Iterator[Platform]:
    fields = ["code", {"name": "name", "required": True}, {"name": "beds", "type": "integer", "maximum": 10_000}]
    derivation = {"kind": "golden", "sources": [{"dataset": ID}]}
    catalog = Catalog(
        agencies=agencies({"authority": "大数据管理局", "health": "卫生健康委员会"}),
        datasets=(
            entry(ID, fields, ["code"]),
            entry(GOLDEN, ["code", "name"], ["code"], derivation=derivation),
        ),
    )
    with publish(tmp_path, catalog) as opened:
        load(opened, tmp_path, GOOD)
        yield opened


def load(platform: Platform, folder: Path, text: str) -> Outcome:
    path = folder / "hospitals.csv"
    path.write_text(text, encoding="utf-8")
    deliver(platform, ID, path)
    return run(platform)[ID]


def opened(platform: Platform) -> list[str]:
    return [str(name) for name in pq.read_table(open_file(platform, ANONYMOUS, Wish(ID)).path)["name"].to_pylist()]


@pytest.mark.parametrize(("text", "rule"), [(REPEATED, "code__unique"), (NAMELESS, "name__not_null")], ids=["key", "required"])
def test_a_failing_blocking_rule_withholds_the_version_and_the_last_good_one_stays_open(
    platform: Platform, tmp_path: Path, text: str, rule: str
) -> None:
    before = {table: one.version for table, one in current(platform).items() if not table.startswith(("raw/", "quality/"))}
    outcome = load(platform, tmp_path, text)
    assert [one.state.value for one in outcome.deliveries] == ["withheld"]
    assert "25" in outcome.withheld[0].to(Language.ZH)
    assert "25" in outcome.withheld[0].to(Language.EN)
    assert measured(platform, ID)[rule].passed is False
    after = {table: one.version for table, one in current(platform).items() if not table.startswith(("raw/", "quality/"))}
    assert after == before
    assert opened(platform) == ["一院", "二院"]
    assert query(platform, f"SELECT name FROM base.{GOLDEN.replace('/', '.')} ORDER BY code") == [("一院",), ("二院",)]


def test_a_corrected_delivery_is_published_everywhere(platform: Platform, tmp_path: Path) -> None:
    load(platform, tmp_path, REPEATED)
    outcome = load(platform, tmp_path, "code,name,beds\n1,第一医院,100\n3,三院,30\n")
    assert outcome.withheld == ()
    assert opened(platform) == ["第一医院", "三院"]
    assert query(platform, "SELECT name FROM base.authority.hospitals ORDER BY code") == [("第一医院",), ("三院",)]
    assert measured(platform, ID)["code__unique"].passed is True


def test_a_warning_is_measured_and_does_not_block(platform: Platform, tmp_path: Path) -> None:
    outcome = load(platform, tmp_path, ODD)
    assert [one.state.value for one in outcome.deliveries] == ["loaded"]
    beds = measured(platform, ID)["beds__between"]
    assert (beds.passed, beds.unexpected_count, beds.evaluated_count, beds.severity.value) == (False, 1, 3, "warning")
    assert opened(platform) == ["一院", "二院", "三院"]


def test_published_data_can_be_checked_again_and_stay_what_they_are(platform: Platform) -> None:
    before = {table: one.version for table, one in current(platform).items() if not table.startswith("quality/")}
    runs = recheck(platform, [ID])
    assert [len(one.blocking) for one in runs] == [0]
    assert {table: one.version for table, one in current(platform).items() if not table.startswith("quality/")} == before
    assert query(platform, "SELECT count(DISTINCT run_id) FROM quality.health.hospitals") == [(2,)]


def test_data_docs_are_pages_that_load_nothing_from_elsewhere(platform: Platform, tmp_path: Path) -> None:
    load(platform, tmp_path, ODD)
    recheck(platform, docs=tmp_path / "docs")
    pages = sorted(path.name for path in (tmp_path / "docs").iterdir())
    assert pages == ["authority__hospitals.html", "health__hospitals.html", "index.html"]
    text = (tmp_path / "docs" / "health__hospitals.html").read_text(encoding="utf-8")
    assert "beds" in text
    assert not re.search(r"""(src|href)=["']?(https?:)?//""", text)
    assert "health__hospitals.html" in (tmp_path / "docs" / "index.html").read_text(encoding="utf-8")
