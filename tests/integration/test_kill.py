"""Crash safety of the main job: killed at any moment or out of disk, it ends in the same tables when it is started again.

Nothing acknowledged is lost, nothing half-published is visible in between.
"""

import random
import shutil
import time
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from catalog_service.catalog.catalog import Catalog
from catalog_service.catalog.delivery import Delivery
from catalog_service.catalog.vocabularies import DeliveryState
from catalog_service.services.delivering import landing_path, pending, receive
from catalog_service.services.platform import Platform
from catalog_service.services.publishing import analyst_session, current, published_catalog
from lake.manifest import DataFile, verify
from pipelines.running import waiting_selection
from tests.support import city
from tests.support.killing import (
    Blow,
    State,
    last_trace,
    opened,
    reports,
    run_job,
    run_receive,
    states,
    visible,
)

PEOPLE: list[str | dict[str, Any]] = ["id", "name", {"name": "born", "type": "date"}]
GOLDEN = {"kind": "golden", "sources": [{"dataset": "alpha/people"}, {"dataset": "beta/people"}]}
CONDITIONAL = {
    "class": "conditional",
    "conditions": "申请",
    "basis": {"law": "无锡市公共数据管理办法", "article": "第二十二条"},
}
INCREMENTAL = {"format": "csv", "mode": "incremental"}
PUBLISHED_BEFORE = [
    ("alpha/people", "id,name,born\n1,甲,2000-01-02\n2,乙,\n"),
    ("beta/people", "id,name,born\n1,甲,2000-01-03\n9,玖,\n"),
    ("alpha/permits", "id,v\n1,a\n2,b\n"),
    ("alpha/events", "kind,place\nx,p\nx,p\n"),
]
WAITING = [
    ("alpha/people", "id,name,born\n1,甲,2000-01-02\n3,丙,昨天\n,空,\n4,丁,2001-01-01,多\n5,戊,\n"),  # rows quarantined
    ("alpha/permits", "id,v\n3,c\n"),
    ("beta/people", "id,name,born\n1,甲甲,2000-01-02\n5,戊,1999-09-09\n6,己,\n"),
    ("alpha/people", "id,name,born,\n1,甲,,x\n"),  # rejected whole: an unnamed column
    ("alpha/permits", "id,v\n4,d\n4,e\n"),  # withheld: the key occurs twice
    ("alpha/events", "kind,place\nx,p\ny,q\n"),
    ("alpha/permits", "id,v\n5,f\n6,g\n"),
    ("alpha/events", "kind,place\nz,r\n"),
]
ENDS = {
    "alpha/people": [DeliveryState.LOADED, DeliveryState.LOADED, DeliveryState.REJECTED],
    "alpha/permits": [DeliveryState.LOADED, DeliveryState.LOADED, DeliveryState.WITHHELD, DeliveryState.LOADED],
    "alpha/events": [DeliveryState.LOADED] * 3,
    "beta/people": [DeliveryState.LOADED] * 2,
}


def small_catalog() -> Catalog:
    """Two full sources with golden records over them, an incremental table with a key and one without."""
    return city.catalog(
        city.dataset("alpha/people", PEOPLE, ["id"]),
        city.dataset("beta/people", PEOPLE, ["id"], opening=CONDITIONAL),
        city.dataset("authority/people", PEOPLE, ["id"], derivation=GOLDEN),
        city.dataset("alpha/permits", ["id", "v"], ["id"], delivery=INCREMENTAL, opening=CONDITIONAL),
        city.dataset("alpha/events", ["kind", "place"], delivery=INCREMENTAL),
    )


def files(folder: Path, deliveries: Sequence[tuple[str, str]]) -> list[tuple[str, Path]]:
    """Write the deliveries as files of distinct names."""
    folder.mkdir(exist_ok=True)
    written = [(id_, folder / f"{number}.csv", text) for number, (id_, text) in enumerate(deliveries)]
    return [(id_, path) for id_, path, text in written if path.write_text(text, encoding="utf-8")]


@dataclass(frozen=True)
class Reference:
    """A home in which deliveries wait, and what an undisturbed run makes of it."""

    home: Path
    states: dict[str, list[State]]
    final: dict[str, State]
    reports: dict[str, Delivery]
    seconds: float
    operations: int

    def copy(self, home: Path) -> Path:
        """Return a fresh home in which the same deliveries wait."""
        shutil.copytree(self.home, home)
        return home


@pytest.fixture(scope="module")
def reference(tmp_path_factory: pytest.TempPathFactory) -> Reference:
    folder = tmp_path_factory.mktemp("reference")
    home = folder / "home"
    (home / "dagster").mkdir(parents=True)
    # With the pools of the real instance: a killed run must not hold its places in them.
    shutil.copy(Path(__file__).parents[2] / "dagster_home" / "dagster.yaml", home / "dagster")
    with city.platform(home, small_catalog()) as platform:
        for id_, path in files(folder / "before", PUBLISHED_BEFORE):
            receive(platform, id_, path)
        assert run_job(home).exit_code == 0
        for id_, path in files(folder / "waiting", WAITING):
            receive(platform, id_, path)
    shutil.copytree(home, folder / "run")
    ending = run_job(folder / "run")
    assert ending.exit_code == 0
    with opened(folder / "run") as platform:
        final = visible(platform)
        ends: dict[str, list[DeliveryState]] = {}
        for one in reversed(reports(platform).values()):
            ends.setdefault(one.dataset, []).append(one.state)
        assert ends == ENDS
        return Reference(
            home,
            {id_: states(platform, id_) for id_ in final},
            final,
            reports(platform),
            ending.seconds,
            ending.said[-1],
        )


def assert_whole(platform: Platform, reference: Reference) -> None:
    """What is visible at this moment is whole, and was visible at some moment of the undisturbed run."""
    publications = current(platform)
    for one in publications.values():
        verify(platform.lake.root, [DataFile(f.path, f.size_bytes, f.row_count, f.sha256) for f in one.files])
    seen = visible(platform)
    for id_, tables in seen.items():
        assert tables in reference.states[id_], f"{id_} is in a state in which it never was"
    together = ("base/authority/people", "base/authority/people_conflicts", "open/authority/people")
    assert len({publications[key].release_id for key in together}) == 1
    assert publications["standard/alpha/events"].release_id == publications["open/alpha/events"].release_id
    found = reports(platform)
    assert found.keys() == reference.reports.keys(), "an acknowledged delivery is lost"
    for id_, delivery in found.items():
        landing_path(platform, delivery)  # raises unless the bytes are those received
        if delivery.state is not DeliveryState.RECEIVED:
            assert delivery == reference.reports[id_]
            assert delivery.rows_accepted + delivery.rows_quarantined == delivery.rows_read
    assert_raw_is_what_was_read(platform, found)


def assert_raw_is_what_was_read(platform: Platform, found: dict[str, Delivery]) -> None:
    """Each row of each delivery that was read is in the raw zone once; of others there is none."""
    with analyst_session(platform) as session:
        for key in current(platform):
            rows = session.execute(f"SELECT count(*) FROM {key.replace('/', '.')}").fetchall()
            assert rows
        for dataset in {one.dataset for one in found.values()}:
            table = f"raw.{dataset.replace('/', '.')}"
            counted = session.execute(
                f"SELECT _delivery_id, count(*), count(DISTINCT _row_number) FROM {table} GROUP BY 1"
            ).fetchall()
            expected = {
                one.id: one.rows_read - sum(r.row_count for r in one.quarantine if r.field is None)
                for one in found.values()
                if one.dataset == dataset and one.state in {DeliveryState.LOADED, DeliveryState.WITHHELD}
            }
            assert {id_: (n, distinct) for id_, n, distinct in counted} == {id_: (n, n) for id_, n in expected.items()}


def assert_finished(home: Path, reference: Reference) -> None:
    """Everything is as after the undisturbed run; nothing waits, nothing lies about."""
    with opened(home) as platform:
        assert_whole(platform, reference)
        assert reports(platform) == reference.reports
        assert visible(platform) == reference.final
        assert waiting_selection(platform, published_catalog(platform)) == []
        assert list(platform.lake.root.rglob("_staging")) == []
        assert list((home / "tmp").iterdir()) == []


def strike(reference: Reference, home: Path, blow: Blow) -> str:
    """Let the main job be killed; return the stage in which it was, after looking at what is visible."""
    since = time.time()
    ending = run_job(home, blow)
    assert ending.killed or ending.exit_code == 0
    stage = last_trace(home, since) if ending.killed else "finished before"
    with opened(home) as platform:
        assert_whole(platform, reference)
    return stage


def blows(reference: Reference, rounds: int, seed: int) -> list[list[Blow]]:
    """Spread kills evenly over the time and over the operations of a run, by turns; every third round is killed twice."""
    random_ = random.Random(seed)
    plan = []
    for number in range(rounds):
        share = (number + random_.random()) / rounds
        first = Blow(seconds=share * reference.seconds)
        if number % 2:
            first = Blow(operation=1 + int(share * reference.operations))
        again = [Blow(operation=1 + int(random_.random() * reference.operations * (1 - share)))] if number % 3 == 0 else []
        plan.append([first, *again])
    return plan


def kill_rounds(reference: Reference, folder: Path, plan: list[list[Blow]]) -> Counter[str]:
    stages: Counter[str] = Counter()
    for number, round_ in enumerate(plan):
        home = reference.copy(folder / f"home{number}")
        for blow in round_:
            stages[strike(reference, home, blow)] += 1
        assert run_job(home).exit_code == 0
        assert_finished(home, reference)
        shutil.rmtree(home)
    return stages


def test_killed_again_and_again(reference: Reference, tmp_path: Path) -> None:
    share, seconds = reference.operations // 10, 0.3 * reference.seconds
    round_ = [
        Blow(operation=2 * share),
        Blow(seconds=0.3 * reference.seconds),
        Blow(operation=4 * share),
        Blow(operation=share),
    ]
    kill_rounds(reference, tmp_path, [round_])


@pytest.mark.slow
@pytest.mark.timeout(3600)
def test_killed_at_fifty_random_moments(reference: Reference, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    stages = kill_rounds(reference, tmp_path, blows(reference, 50, seed=320200))
    with capsys.disabled():
        print("\nstage at the kill:", *(f"  {count:3} {stage}" for stage, count in stages.most_common()), sep="\n")  # noqa: T201
    assert len(stages) >= 8, "the kills should hit many stages"


def killed_receiving(home: Path, source: Path, blow: Blow) -> None:
    """Kill a receiver; what it acknowledged is kept, and what it did not can be delivered again."""
    texts = [("alpha/events", f"kind,place\nk{number},{'p' * 1_000}\n") for number in range(6)]
    with city.platform(home, small_catalog()):
        pass
    waiting = files(source, texts)
    said = run_receive(home, waiting, blow).said
    with opened(home) as platform:
        kept = {one.id: one for one in pending(platform)}
        acknowledged = [word for word in said if isinstance(word, str)]
        assert set(acknowledged) <= kept.keys()
        assert len(kept) - len(acknowledged) in (0, 1)
        for one in kept.values():
            landing_path(platform, one)
        for id_, path in waiting:
            receive(platform, id_, path)
        assert sorted(one.file_name for one in pending(platform)) == [path.name for _, path in waiting]
        assert all(landing_path(platform, one).read_bytes() for one in pending(platform))


@pytest.mark.parametrize("operation", [2, 5, 9])
def test_killed_while_receiving(tmp_path: Path, operation: int) -> None:
    killed_receiving(tmp_path / "home", tmp_path / "files", Blow(operation=operation))


@pytest.mark.slow
def test_killed_before_every_operation_of_receiving(tmp_path: Path) -> None:
    with city.platform(tmp_path / "home", small_catalog()):
        pass
    count = run_receive(tmp_path / "home", files(tmp_path / "files", WAITING)).said[-1]
    assert count > 20
    for operation in range(1, 20):
        killed_receiving(tmp_path / f"home{operation}", tmp_path / f"files{operation}", Blow(operation=operation))


@pytest.mark.slow
@pytest.mark.parametrize("limit", [50_000, 1_000_000], ids=["catalog-database", "lake"])
def test_a_full_disk(reference: Reference, tmp_path: Path, limit: int) -> None:
    home = reference.copy(tmp_path / "home")
    random_ = random.Random(7)
    rows = "\n".join(f"{random_.randbytes(32).hex()},p" for _ in range(60_000))
    with opened(home) as platform:
        for id_, path in files(tmp_path / "files", [("alpha/events", f"kind,place\n{rows}\n")]):
            large = receive(platform, id_, path)[0]
        before, deliveries = visible(platform), reports(platform)
    assert run_job(home, file_size_limit=limit).exit_code == 1
    with opened(home) as platform:
        after = reports(platform)
        assert after[large.id].state is DeliveryState.RECEIVED
        assert after.keys() == deliveries.keys()
        assert visible(platform).keys() == before.keys()
        assert_raw_is_what_was_read(platform, after)
    assert run_job(home).exit_code == 0
    with opened(home) as platform:
        after = reports(platform)
        assert (after[large.id].state, after[large.id].rows_accepted) == (DeliveryState.LOADED, 60_000)
        assert {id_: one for id_, one in after.items() if id_ != large.id} == reference.reports
        assert_raw_is_what_was_read(platform, after)
        with analyst_session(platform) as session:
            assert session.execute("SELECT count(*) FROM open.alpha.events").fetchall() == [(60_005,)]
        final = visible(platform)
    assert {id_: final[id_] for id_ in final if id_ != "alpha/events"} == {
        id_: reference.final[id_] for id_ in reference.final if id_ != "alpha/events"
    }
