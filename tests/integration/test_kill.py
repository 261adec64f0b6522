"""Crash safety of the main job: killed at any moment or out of disk, it ends in the same tables when it is started again.

Nothing acknowledged is lost, nothing half-published is visible in between.
"""

import random
import shutil
import time
from collections import Counter
from pathlib import Path

import pytest

from catalog_service.catalog.delivery import Delivery
from catalog_service.catalog.principal import operator
from catalog_service.catalog.vocabularies import DeliveryState
from catalog_service.services.access import analyst_session
from catalog_service.services.delivering import landing_path, pending, receive
from catalog_service.services.platform import Platform
from catalog_service.services.publishing import current, published_catalog
from lake.manifest import DataFile, verify
from lake.replacing import is_merged
from pipelines.waiting import waiting_selection
from tests.support import city
from tests.support.killing import (
    Blow,
    last_trace,
    opened,
    reports,
    run_job,
    run_job_for_dagster,
    run_receive,
    visible,
)
from tests.support.waiting import WAITING, Reference, files, make_reference, small_catalog

FINISHED = "finished before"


@pytest.fixture(scope="module")
def reference(tmp_path_factory: pytest.TempPathFactory) -> Reference:
    return make_reference(tmp_path_factory.mktemp("reference"))


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
    with analyst_session(platform, operator("test")) as session:
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
        assert is_merged(current(platform)["base/authority/permits"].paths), "records that grew were written anew"
        assert waiting_selection(platform, published_catalog(platform)) == []
        assert list(platform.lake.root.rglob("_staging")) == []
        assert list((home / "tmp").iterdir()) == []


def strike(reference: Reference, home: Path, blow: Blow) -> str:
    """Let the main job be killed; return the stage in which it was, after looking at what is visible."""
    since = time.time()
    ending = run_job(home, blow)
    assert ending.killed or ending.exit_code == 0
    stage = last_trace(home, since) if ending.killed else FINISHED
    with opened(home) as platform:
        assert_whole(platform, reference)
        left = len(pending(platform))
    return f"{stage}, {left} deliveries left" if stage == "released" else stage


def blows(reference: Reference, rounds: int, seed: int) -> list[list[Blow]]:
    """Spread kills evenly over the time and over the operations of a run, by turns; every third round is killed twice."""
    random_ = random.Random(seed)
    plan = []
    for number in range(rounds):
        share = (number + random_.random()) / rounds
        first = Blow(seconds=0.95 * share * reference.seconds)
        if number % 2:
            first = Blow(operation=1 + int(share * reference.operations))
        again = (
            [Blow(operation=1 + int(random_.random() * reference.operations * 0.8 * (1 - share)))] if number % 3 == 0 else []
        )
        plan.append([first, *again])
    return plan


def kill_rounds(reference: Reference, folder: Path, plan: list[list[Blow]]) -> Counter[str]:
    stages: Counter[str] = Counter()
    for number, round_ in enumerate(plan):
        home = reference.copy(folder / f"home{number}")
        stage = strike(reference, home, round_[0])
        if stage == FINISHED:  # this machine was faster than at the undisturbed run: kill by operation instead
            shutil.rmtree(home)
            home = reference.copy(home)
            stage = strike(reference, home, Blow(operation=1 + reference.operations * (number + 1) // (len(plan) + 2)))
        assert stage != FINISHED
        stages[stage] += 1
        for blow in round_[1:]:
            stages[strike(reference, home, blow)] += 1
        assert run_job(home).exit_code == 0
        assert_finished(home, reference)
        shutil.rmtree(home)
    return stages


@pytest.mark.slow
def test_killed_again_and_again(reference: Reference, tmp_path: Path) -> None:
    share = reference.operations // 10
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


@pytest.mark.slow
def test_a_killed_run_of_dagster_blocks_no_other(reference: Reference, tmp_path: Path) -> None:
    home = reference.copy(tmp_path / "home")
    assert run_job_for_dagster(home, Blow(operation=reference.operations // 2)).killed
    assert run_job(home).exit_code == 0
    assert_finished(home, reference)


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


@pytest.mark.parametrize("operation", [2, 9])
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
        with analyst_session(platform, operator("test")) as session:
            assert session.execute("SELECT count(*) FROM open.alpha.events").fetchall() == [(60_005,)]
        final = visible(platform)
    assert {id_: final[id_] for id_ in final if id_ != "alpha/events"} == {
        id_: reference.final[id_] for id_ in reference.final if id_ != "alpha/events"
    }
