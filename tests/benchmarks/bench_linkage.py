"""Linkage on known truth: FEBRL1–3 without tuning on the truth, and the clerical labels of fake_1000.

`pytest tests/benchmarks/bench_linkage.py -m slow -s` prints the table, beside GoldenMatch (it configures itself) and Splink
with its stock comparisons. One declaration serves the three FEBRL files. `WUXI_BENCH_LINKAGE_PEERS` sets the peers
(default both).
"""

import csv
import json
import os
import subprocess
from collections import defaultdict
from itertools import combinations
from pathlib import Path
from typing import Any

import duckdb
import pyarrow as pa
import pytest

from catalog_service.catalog.linkage import Linkage
from pipelines.transforms.linkage import clusters, link
from tests.support.peers import peer_python
from tests.support.shared_data import SHARED, needs

pytestmark = [pytest.mark.slow, pytest.mark.timeout(1_800), needs("linkage_febrl")]
PEERS = os.environ.get("WUXI_BENCH_LINKAGE_PEERS", "goldenmatch splink").split()
PEER_SECONDS = 900
LEAST_F1 = {1: 0.998, 2: 0.998, 3: 0.9994}
LEAST_PRECISION = 0.999
Pairs = set[tuple[str, str]]

FEBRL = Linkage.model_validate(
    {
        "compare": [
            {"field": "given_name"},
            {"field": "surname"},
            {"field": "date_of_birth", "by": "code"},
            {"field": "soc_sec_id", "by": "code"},
            {"field": "street_number", "by": "exact"},
            {"field": "postcode", "by": "code"},
            {"field": "address_1"},
            {"field": "suburb"},
        ],
        "blocks": [
            ["soc_sec_id"],
            ["given_name", "surname"],
            ["date_of_birth"],
            ["address_1"],
            ["surname", "postcode"],
            ["surname", "suburb"],
            ["surname", "street_number"],
            ["given_name", "postcode"],
            ["given_name", "suburb"],
            ["given_name", "street_number"],
            ["suburb", "street_number"],
            ["postcode", "street_number"],
            ["address_2", "suburb"],
            ["address_2", "postcode"],
        ],
    }
)
FAKE = Linkage.model_validate(
    {
        "compare": [
            {"field": "first_name"},
            {"field": "surname"},
            {"field": "dob", "by": "code"},
            {"field": "email"},
            {"field": "city", "by": "exact"},
        ],
        "blocks": [["email"], ["first_name", "surname"], ["dob"], ["surname", "city"], ["first_name", "city"]],
    }
)


def rows(path: str) -> list[dict[str, str]]:
    with (SHARED / path).open(encoding="utf-8", newline="") as file:
        reader = csv.DictReader(file, skipinitialspace=True)
        return [{key.strip(): value.strip() for key, value in row.items()} for row in reader]


def likely(records: list[dict[str, str]], key: str, linkage: Linkage) -> dict[tuple[str, str], float]:
    with duckdb.connect() as connection:
        connection.register("given", pa.Table.from_pylist([{**row, "unique_id": row[key]} for row in records]))
        found = link(connection, "given", linkage)
    return {(min(one.left, one.right), max(one.left, one.right)): one.probability for one in found}


def closed(pairs: Pairs) -> Pairs:
    return {pair for group in clusters(sorted(pairs)) for pair in combinations(group, 2)}


def scored(found: Pairs, truth: Pairs) -> tuple[float, float, float]:
    right = len(found & truth)
    return right / max(1, len(found)), right / len(truth), 2 * right / (len(found) + len(truth))


def by_peer(name: str, records: list[dict[str, str]], key: str, folder: Path) -> Pairs:
    """Return the pairs of records that a peer puts together."""
    path = folder / "records.json"
    kept = [name for name in records[0] if name not in (key, "cluster")]
    named = [{"unique_id": row[key], **{name: row[name] or None for name in kept}} for row in records]
    path.write_text(json.dumps(named), encoding="utf-8")
    command = [str(peer_python(name)), str(Path(__file__).parent / "linkage_peers.py"), name, str(path)]
    done = subprocess.run(command, capture_output=True, text=True, cwd=folder, timeout=PEER_SECONDS, check=True)
    groups = json.loads(done.stdout.splitlines()[-1])
    return {(min(a, b), max(a, b)) for ids in groups for a, b in combinations(ids, 2)}


@pytest.mark.parametrize("number", [1, 2, 3])
def test_febrl(number: int, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    records = rows(f"linkage_febrl/dataset{number}.csv")
    people: dict[str, list[str]] = defaultdict(list)
    for row in records:
        people[row["rec_id"].split("-")[1]].append(row["rec_id"])
    truth = {(min(a, b), max(a, b)) for ids in people.values() for a, b in combinations(ids, 2)}
    found = likely(records, "rec_id", FEBRL)
    merged = {pair for pair, probability in found.items() if probability >= FEBRL.merge_from}
    precision, recall, f1 = scored(closed(merged), truth)
    left = len(found) - len(merged)
    with capsys.disabled():
        print(f"\nFEBRL{number}: precision {precision:.5f}, recall {recall:.5f}, F1 {f1:.5f}, {left} to review")  # noqa: T201
        for name in PEERS:
            peer = scored(by_peer(name, records, "rec_id", tmp_path), truth)
            print(f"{name:>11}: precision {peer[0]:.5f}, recall {peer[1]:.5f}, F1 {peer[2]:.5f}")  # noqa: T201
    assert precision >= LEAST_PRECISION
    assert f1 >= LEAST_F1[number]


def test_fake_1000_clerical_labels(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    records = rows("linkage_fake1000/fake_1000.csv")
    found = likely(records, "unique_id", FAKE)
    labels: dict[str, Any] = {}
    for row in rows("linkage_fake1000/fake_1000_labels.csv"):
        left, right = row["unique_id_l"], row["unique_id_r"]
        labels[f"{min(left, right)} {max(left, right)}"] = float(row["clerical_match_score"]) >= 0.5
    judged = {f"{left} {right}": probability for (left, right), probability in found.items()}
    with capsys.disabled():
        for least in (FAKE.review_from, FAKE.merge_from):
            said = {pair for pair, probability in judged.items() if probability >= least and pair in labels}
            right = sum(labels[pair] for pair in said)
            precision, recall = right / max(1, len(said)), right / sum(labels.values())
            print(f"\nfake_1000 from {least}: precision {precision:.4f}, recall {recall:.4f} on {len(labels)} labels")  # noqa: T201
        for name in PEERS:
            said = {f"{left} {right}" for left, right in by_peer(name, records, "unique_id", tmp_path)} & labels.keys()
            right = sum(labels[pair] for pair in said)
            print(f"{name:>11}: precision {right / max(1, len(said)):.4f}, recall {right / sum(labels.values()):.4f}")  # noqa: T201
    assert precision >= LEAST_PRECISION
