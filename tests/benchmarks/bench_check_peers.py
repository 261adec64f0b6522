"""The seventeen checks of bench_checks by other tools, on the same rows: what each counts, and what it costs.

Run it by name: `pytest tests/benchmarks/bench_check_peers.py -m slow -s`. A tool counts a repeated key in its own way (rows,
values, or rows after the first), so each of these is right if it is exact; a tool with one wrong count is not compared. Ahead
means fewer CPU seconds than every tool that counts all rules correctly, though ours also stores every failing row with its key.
Great Expectations' SQL engine is not among them: with this DuckDB and SQLAlchemy none of its expectations can be evaluated.
`WUXI_BENCH_PEER_ROWS` sets the number of rows (default 500,000).
"""

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import duckdb
import pytest

from catalog_service.catalog.quality import Metric
from tests.benchmarks import checks_peers
from tests.benchmarks.checks_data import write_companies
from tests.benchmarks.checks_work import AGENCIES, RULES, Bench
from tests.benchmarks.measuring import measure
from tests.support.peers import peer_python

ROWS = int(os.environ.get("WUXI_BENCH_PEER_ROWS", "500000"))
PEERS = ("gx", "cuallee", "pointblank", "soda", "dbt")


def ours(file: str) -> dict[str, Any]:
    """Check in this process, after everything is imported; on the terms of the others, without what was remembered."""
    bench = Bench(Path(file).parent)
    bench.warm_up()
    spent = bench.spend(lambda: bench.check([Path(file)]))
    counts = {one.rule.name: one.unexpected_count for one in bench.last.measurements}
    return {"counts": counts, "cpu": spent.cpu, "wall": spent.wall}


def run_peer(name: str, file: Path) -> dict[str, Any]:
    """Check with another tool, in its environment; Great Expectations is in ours."""
    python = Path(sys.executable) if name == "gx" else peer_python(name)
    rules = [{"name": one.name, "metric": one.metric.value, "field": one.field, "parameters": one.parameters} for one in RULES]
    agencies = [f"AG{number:03d}" for number in range(60)]
    given = [str(file), json.dumps(rules), json.dumps(agencies)]
    done = subprocess.run(
        [python, checks_peers.__file__, name, *given], capture_output=True, text=True, check=False, timeout=900
    )
    if done.returncode:
        raise RuntimeError(f"{name}: {done.stderr[-2000:]}")
    return dict(json.loads(done.stdout.splitlines()[-1]))


def truth(file: Path) -> dict[str, set[int]]:
    """Every exact count of each rule: of failing rows, and for repeated keys also of values and of rows after the first."""
    connection = duckdb.connect()
    found: dict[str, set[int]] = {}
    for one in RULES:
        if one.metric is Metric.UNIQUE:
            key = ", ".join(one.parameters["columns"])
            groups = f"SELECT count(*) AS n FROM '{file}' GROUP BY {key} HAVING count(*) > 1"
            (counts,) = connection.execute(f"SELECT count(*), coalesce(sum(n), 0)::BIGINT FROM ({groups})").fetchall()
            found[one.name] = {counts[0], counts[1], counts[1] - counts[0]}
        else:
            ((count,),) = connection.execute(f"SELECT count(*) FROM '{file}' WHERE {_failing(one.metric, one)}").fetchall()
            found[one.name] = {count}
    return found


def _failing(metric: Metric, rule: Any) -> str:
    given, field = rule.parameters, rule.field
    match metric:
        case Metric.NOT_NULL:
            return f"{field} IS NULL"
        case Metric.MATCHES:
            return f"NOT regexp_full_match({field}, '{given['pattern']}')"
        case Metric.IN_SET:
            return f"{field} NOT IN {tuple(given['values'])}"
        case Metric.BETWEEN:
            return f"{field} < {given['minimum']}" + ("" if given["maximum"] is None else f" OR {field} > {given['maximum']}")
        case Metric.MAX_LENGTH:
            return f"length({field}) > {given['length']}"
        case Metric.REFERENCE:
            return f"{field} NOT IN (SELECT id FROM {AGENCIES})"
        case _:
            return "false"


@pytest.mark.slow
@pytest.mark.timeout(3_600)
def test_ahead_of_all_tools_that_count_correctly(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = tmp_path / "companies.parquet"
    write_companies(file, ROWS)
    right = truth(file)
    measured = measure("tests.benchmarks.bench_check_peers", "ours", file)
    mine = {**measured.result, "peak_mb": measured.peak_mb}
    tools = {"ours": mine} | {name: run_peer(name, file) for name in PEERS}
    wrong = {
        name: {rule: count for rule, count in one["counts"].items() if count not in right[rule]} for name, one in tools.items()
    }
    missing = {name: sorted(right.keys() - one["counts"].keys()) for name, one in tools.items()}
    with capsys.disabled():
        print(f"\n{ROWS:,} rows × 12 columns × {len(RULES)} rules")  # noqa: T201
        for name, one in tools.items():
            print(  # noqa: T201
                f"  {name:12s} wall {one['wall']:7.2f} s   cpu {one['cpu']:7.2f} s   peak {one['peak_mb']:5d} MB   "
                f"wrong {wrong[name] or 'none'}   not checked {missing[name] or 'none'}"
            )
    assert (wrong["ours"], missing["ours"]) == ({}, [])
    correct = [one for name, one in tools.items() if name != "ours" and not wrong[name]]
    assert correct, "somebody else counts correctly"
    assert all(mine["cpu"] < one["cpu"] for one in correct)
