"""Field matching against its bars, Valentine and plain containment, in one run; and 200,000 fields in the index.

Run it by name: `pytest tests/benchmarks/bench_matching.py -m slow -s`. One threshold for all data sets, that of the product;
peers and containment get for each set the threshold that is best for them. The parameters of the score were chosen once, with
these data sets in view, and are the same for all. `WUXI_BENCH_MATCHING_FIELDS` sets the size of the index (default 200,000),
`WUXI_BENCH_PEERS` the peers (default all three).
"""

# ruff: noqa: T201

import json
import os
import subprocess
from collections import Counter
from pathlib import Path

import pytest

from catalog_service.formats.documents import read_document
from catalog_service.matching.profiles import profile
from catalog_service.matching.scoring import THRESHOLD
from tests.benchmarks import matching_city, matching_uk
from tests.benchmarks.matching_shanghai import DUPLICATES
from tests.benchmarks.matching_work import (
    Pair,
    Quality,
    best_quality,
    containment,
    entry_ranking,
    findings,
    quality,
    table_profiles,
    value_sketches,
)
from tests.benchmarks.measuring import measure
from tests.support.peers import peer_python
from tests.support.shared_data import SHARED, needs

FIELDS = int(os.environ.get("WUXI_BENCH_MATCHING_FIELDS", "200000"))
PEERS = os.environ.get("WUXI_BENCH_PEERS", "COMA SimilarityFlooding DistributionBased").split()
PEER_SECONDS = 1_500
LEAST_F1, LEAST_RECALL_AT_TRUTH = 0.92, 0.90
LEAST_PRECISION_AT_20 = 0.8
LEAST_IN_CITY = 0.95
pytestmark = [pytest.mark.slow, pytest.mark.timeout(1_800)]


def _row(name: str, found: Quality) -> str:
    return f"{name:<28}{found.precision:>8.3f}{found.recall:>8.3f}{found.f1:>8.3f}{found.recall_at_truth:>8.3f}{found.found:>7}"


def _peer(name: str, tables: Path) -> subprocess.Popen[str]:
    program = Path(__file__).parent / "matching_peers.py"
    command = [str(peer_python("valentine")), str(program), name, str(tables)]
    return subprocess.Popen(command, stdout=subprocess.PIPE, text=True, cwd=tables.parent)


def _peer_pairs(process: "subprocess.Popen[str]") -> dict[Pair, float]:
    output, _ = process.communicate(timeout=PEER_SECONDS)
    assert process.returncode == 0
    found: dict[Pair, float] = {}
    for table, column, other, other_column, score in json.loads(output.splitlines()[-1]):
        first, second = sorted([(table, column), (other, other_column)])
        found[first, second] = score
    return found


@needs("uk_local_authority")
def test_lists_of_local_authorities(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    tables = matching_uk.tables()
    assert (len(tables), sum(map(len, tables.values()))) == (18, 107)
    truth = matching_uk.true_pairs(tables)
    path = tmp_path / "tables.json"
    path.write_text(json.dumps({t: {c: [v or None for v in vs] for c, vs in cs.items()} for t, cs in tables.items()}), "utf-8")
    running = {name: _peer(name, path) for name in PEERS}
    ours = quality(findings(table_profiles(tables)), truth, THRESHOLD)
    rows = {"containment": best_quality(containment(tables), truth)}
    rows |= {name: best_quality(_peer_pairs(process), truth) for name, process in running.items()}
    with capsys.disabled():
        print(f"\n{len(truth)} true pairs of columns   precision  recall      F1    R@GT  found")
        print(_row("matching", ours))
        for name, found in rows.items():
            print(_row(f"{name} (best threshold)", found))
    assert ours.f1 >= LEAST_F1
    assert ours.recall_at_truth >= LEAST_RECALL_AT_TRUTH
    assert ours.f1 > max(found.f1 for found in rows.values())


@needs("catalogue_shanghai_2014")
def test_the_shanghai_catalogue_by_its_metadata(capsys: pytest.CaptureFixture[str]) -> None:
    datasets = read_document(next((SHARED / "catalogue_shanghai_2014").glob("*.csv"))).catalog.datasets
    title = {one.id: one.title for one in datasets}
    ranked = entry_ranking(datasets)[:20]
    labels = {frozenset(f"item_{number:03d}" for number in pair) for pair in DUPLICATES}
    hits = [frozenset(id_.partition("/")[2] for id_ in pair) in labels for _, *pair in ranked]
    with capsys.disabled():
        for is_true, (score, one, other) in zip(hits, ranked, strict=True):
            print(f"{'+' if is_true else '-'} {score:.2f} {title[one][:30]} | {title[other][:30]}")
        print(f"precision@20: {sum(hits) / 20:.2f}")
    assert sum(hits) / 20 >= LEAST_PRECISION_AT_20


def test_a_city_in_which_it_is_known_what_is_collected_twice(capsys: pytest.CaptureFixture[str]) -> None:
    city = matching_city.build()
    entries = []
    for one in city.entries:
        sketches = {name: made for name, made in value_sketches(city.values.get(one.id, {})).items() if made is not None}
        entries.append(profile(one, f"{one.agency}局", sketches))
    found = findings(entries)
    measured = quality(found, city.truth, THRESHOLD)
    asked, answered = Counter(city.kinds.values()), Counter(city.kinds[pair] for pair in city.truth & found.keys())
    with capsys.disabled():
        print(f"\n{len(city.entries)} entries, {len(city.truth)} true pairs")
        print(_row("matching", measured))
        print(", ".join(f"{kind} {answered[kind]}/{count}" for kind, count in sorted(asked.items())))
    assert measured.precision >= LEAST_IN_CITY
    assert measured.recall >= LEAST_IN_CITY


def test_a_new_entry_is_compared_with_all_fields_at_once(capsys: pytest.CaptureFixture[str]) -> None:
    done = measure("tests.benchmarks.matching_scale", "work", FIELDS // 20)
    result = done.result
    with capsys.disabled():
        print(
            f"\n{FIELDS:,} fields: index built in {result['built']:.1f} s, {result['index_mb']:.0f} MB "
            f"(process {done.peak_mb} MB); "
            f"20 new fields answered in {result['answer']:.3f} s (slowest {result['slowest']:.3f}), each pair judged: "
            f"{result['floor']:.0f} s; adding an entry {result['added']:.3f} s; {result['found']:.0%} of the duplicates found"
        )
    assert result["found"] == 1.0
    assert result["answer"] < result["floor"] / 50
