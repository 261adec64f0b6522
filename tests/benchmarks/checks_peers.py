"""Run in the environment of another tool: the same checks on the same rows: `TOOL COMPANIES.parquet RULES.json AGENCIES.json`.

Prints what each rule counts as failing, in the tool's own way of counting, with the CPU and wall seconds of checking (without
imports). Nothing of the product is imported here, nor this by the product. Where a tool has no such check but takes SQL or a
pattern, that is what it is given.
"""

import contextlib
import importlib
import json
import os
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

Counts = dict[str, int]
Rules = list[dict[str, Any]]


def _import(name: str) -> Any:
    """Import a module that only this tool's environment has."""
    return importlib.import_module(name)


def _database(file: str, agencies: list[str], path: str = ":memory:") -> Any:
    connection = _import("duckdb").connect(path)
    connection.execute(f"CREATE VIEW companies AS SELECT * FROM read_parquet('{file}')")
    connection.execute("CREATE TABLE agencies AS SELECT unnest(?::VARCHAR[]) AS id", [agencies])
    return connection


def gx(file: str, rules: Rules, agencies: list[str]) -> Callable[[], Counts]:
    """Great Expectations with its own pandas engine."""
    pandas, package = _import("pandas"), _import("great_expectations")
    made = []
    for one in rules:
        given, field = one["parameters"], one["field"]
        match one["metric"]:
            case "row_count":
                config = ("expect_table_row_count_to_be_between", {"min_value": given["minimum"]})
            case "not_null":
                config = ("expect_column_values_to_not_be_null", {"column": field})
            case "unique" if field:
                config = ("expect_column_values_to_be_unique", {"column": field})
            case "unique":
                config = ("expect_compound_columns_to_be_unique", {"column_list": given["columns"]})
            case "matches":
                config = ("expect_column_values_to_match_regex", {"column": field, "regex": f"^(?:{given['pattern']})$"})
            case "in_set":
                config = ("expect_column_values_to_be_in_set", {"column": field, "value_set": given["values"]})
            case "reference":
                config = ("expect_column_values_to_be_in_set", {"column": field, "value_set": agencies})
            case "between":
                bounds = {"min_value": given["minimum"], "max_value": given["maximum"]}
                config = ("expect_column_values_to_be_between", {"column": field, **bounds})
            case _:
                config = ("expect_column_value_lengths_to_be_between", {"column": field, "max_value": given["length"]})
        made.append((one["name"], config))

    def run() -> Counts:
        context = package.get_context(mode="ephemeral")
        asset = context.data_sources.add_pandas("p").add_dataframe_asset("a").add_batch_definition_whole_dataframe("b")
        suite = package.ExpectationSuite(name="s")
        configuration = _import("great_expectations.expectations.expectation_configuration").ExpectationConfiguration
        for name, (kind, kwargs) in made:
            suite.add_expectation_configuration(configuration(type=kind, kwargs=kwargs, meta={"rule": name}))
        batch = asset.get_batch(batch_parameters={"dataframe": pandas.read_parquet(file)})
        found = batch.validate(suite, result_format="SUMMARY").results
        return {
            one.expectation_config.meta["rule"]: one.result.get("unexpected_count", 0 if one.success else 1) for one in found
        }

    return run


def cuallee(file: str, rules: Rules, agencies: list[str]) -> Callable[[], Counts]:
    """Cuallee on DuckDB."""
    package = _import("cuallee")
    connection = _database(file, agencies)
    check = package.Check(package.CheckLevel.WARNING, "companies", table_name="companies")
    names = []
    for one in rules:
        given, field = one["parameters"], one["field"]
        match one["metric"]:
            case "not_null":
                check.is_complete(field)
            case "unique" if field:
                check.is_unique(field)
            case "unique":
                check.is_composite_key(given["columns"])
            case "matches":
                check.has_pattern(field, f"^(?:{given['pattern']})$")
            case "in_set":
                check.is_contained_in(field, given["values"])
            case "reference":
                check.is_contained_in(field, agencies)
            case "between" if given["maximum"] is None:
                check.is_greater_or_equal_than(field, given["minimum"])
            case "between":
                check.is_between(field, (given["minimum"], given["maximum"]))
            case "max_length":
                check.has_pattern(field, f"^.{{0,{given['length']}}}$")
            case _:
                continue
        names.append(one["name"])

    def run() -> Counts:
        found = check.validate(connection)
        violations = [int(value) for value in found["violations"].tolist()]
        return dict(zip(names, violations, strict=True))

    return run


def pointblank(file: str, rules: Rules, agencies: list[str]) -> Callable[[], Counts]:
    """Pointblank on DuckDB, by Ibis."""
    package, ibis = _import("pointblank"), _import("ibis")
    folder = tempfile.mkdtemp()
    _database(file, agencies, f"{folder}/companies.ddb").close()

    def run() -> Counts:
        table = ibis.duckdb.connect(f"{folder}/companies.ddb").table("companies")
        plan = package.Validate(data=table)
        names = []
        for one in rules:
            given, field = one["parameters"], one["field"]
            match one["metric"]:
                case "not_null":
                    plan = plan.col_vals_not_null(columns=field)
                case "unique":
                    plan = plan.rows_distinct(columns_subset=given["columns"])
                case "matches":
                    plan = plan.col_vals_regex(columns=field, pattern=f"^(?:{given['pattern']})$", na_pass=True)
                case "in_set":
                    plan = plan.col_vals_in_set(columns=field, set=given["values"])
                case "reference":
                    plan = plan.col_vals_in_set(columns=field, set=agencies)
                case "between" if given["maximum"] is None:
                    plan = plan.col_vals_ge(columns=field, value=given["minimum"], na_pass=True)
                case "between":
                    plan = plan.col_vals_between(columns=field, left=given["minimum"], right=given["maximum"], na_pass=True)
                case "max_length":
                    plan = plan.col_vals_regex(columns=field, pattern=f"^.{{0,{given['length']}}}$", na_pass=True)
                case _:
                    continue
            names.append(one["name"])
        failed = plan.interrogate(collect_extracts=False).n_failed()
        return {name: int(failed[number]) for number, name in enumerate(names, start=1)}

    return run


def soda(file: str, rules: Rules, agencies: list[str]) -> Callable[[], Counts]:
    """Soda Core on DuckDB, told by its own settings to tell nobody."""
    home = Path(tempfile.mkdtemp())
    (home / ".soda").mkdir()
    (home / ".soda" / "config.yml").write_text("send_anonymous_usage_stats: false\n")
    os.environ["HOME"] = str(home)
    scan = _import("soda.scan").Scan()
    scan.set_data_source_name("local")
    scan.add_duckdb_connection(_database(file, agencies), "local")
    lines, names = ["checks for companies:"], []
    for one in rules:
        given, field = one["parameters"], one["field"]
        options: list[str] = []
        match one["metric"]:
            case "row_count":
                check = "row_count > 0"
            case "not_null":
                check = f"missing_count({field}) = 0"
            case "unique":
                check = f"duplicate_count({', '.join(given['columns'])}) = 0"
            case "matches":
                check, options = f"invalid_count({field}) = 0", [f"valid regex: ^(?:{given['pattern']})$"]
            case "in_set":
                check, options = (
                    f"invalid_count({field}) = 0",
                    [f"valid values: {json.dumps(given['values'], ensure_ascii=False)}"],
                )
            case "reference":
                check = f"values in ({field}) must exist in agencies (id)"
            case "between":
                bounds = [f"valid min: {given['minimum']}"]
                bounds += [] if given["maximum"] is None else [f"valid max: {given['maximum']}"]
                check, options = f"invalid_count({field}) = 0", bounds
            case _:
                check, options = f"invalid_count({field}) = 0", [f"valid max length: {given['length']}"]
        lines += [f"  - {check}:", f"      name: {one['name']}", *(f"      {option}" for option in options)]
        names.append(one["name"])
    scan.add_sodacl_yaml_str("\n".join(lines))

    def run() -> Counts:
        scan.execute()
        found = {}
        for check in scan.get_scan_results()["checks"]:
            value = check["diagnostics"].get("value")
            found[check["name"]] = 0 if check["name"].endswith("row_count") else int(value)
        return found

    return run


def dbt(file: str, rules: Rules, agencies: list[str]) -> Callable[[], Counts]:
    """The tests of dbt with dbt-duckdb: generic ones where there are such, SQL for the others."""
    runner = _import("dbt.cli.main").dbtRunner()
    folder = Path(tempfile.mkdtemp())
    _database(file, agencies, f"{folder}/companies.ddb").close()
    (folder / "tests").mkdir()
    (folder / "models").mkdir()
    (folder / "dbt_project.yml").write_text("name: peers\nversion: '1.0'\nprofile: peers\nconfig-version: 2\n")
    target = {"type": "duckdb", "path": f"{folder}/companies.ddb", "threads": 2}
    (folder / "profiles.yml").write_text(json.dumps({"peers": {"target": "t", "outputs": {"t": target}}}))
    columns: dict[str, list[Any]] = {}
    for one in rules:
        given, field, name = one["parameters"], one["field"], one["name"]
        where = None
        match one["metric"]:
            case "not_null":
                columns.setdefault(field, []).append({"not_null": {"name": name}})
            case "unique" if field:
                columns.setdefault(field, []).append({"unique": {"name": name}})
            case "in_set":
                columns.setdefault(field, []).append(
                    {"accepted_values": {"name": name, "arguments": {"values": given["values"]}}}
                )
            case "reference":
                reference = {"to": "source('main', 'agencies')", "field": "id"}
                columns.setdefault(field, []).append({"relationships": {"name": name, "arguments": reference}})
            case "unique":
                listed = ", ".join(given["columns"])
                where = f"1 = 1 GROUP BY {listed} HAVING count(*) > 1"
            case "matches":
                where = f"NOT regexp_full_match({field}, '{given['pattern']}')"
            case "between":
                upper = "" if given["maximum"] is None else f" OR {field} > {given['maximum']}"
                where = f"{field} < {given['minimum']}{upper}"
            case "max_length":
                where = f"length({field}) > {given['length']}"
            case _:
                continue
        if where is not None:
            sql = f"SELECT count(*) FROM {{{{ source('main', 'companies') }}}} WHERE {where}"
            sql = sql.replace("count(*) FROM", "1 AS failing FROM", 1)
            (folder / "tests" / f"{name}.sql").write_text(sql)
    listed_columns = [{"name": name, "data_tests": tests} for name, tests in columns.items()]
    tables = [{"name": "companies", "columns": listed_columns}, {"name": "agencies"}]
    (folder / "models" / "sources.yml").write_text(json.dumps({"version": 2, "sources": [{"name": "main", "tables": tables}]}))

    def run() -> Counts:
        place = ["--project-dir", str(folder), "--profiles-dir", str(folder), "--quiet", "--no-send-anonymous-usage-stats"]
        done = runner.invoke(["test", *place])
        if done.exception:
            raise done.exception
        return {one.node.name: int(one.failures) for one in done.result}

    return run


TOOLS = {one.__name__: one for one in (gx, cuallee, pointblank, soda, dbt)}


def main() -> None:
    """Check, and print the outcome as the last line."""
    os.environ |= {"GX_ANALYTICS_ENABLED": "false", "DO_NOT_TRACK": "1"}
    tool, file, rules, agencies = sys.argv[1:]
    with contextlib.redirect_stdout(sys.stderr):
        run = TOOLS[tool](file, json.loads(rules), json.loads(agencies))
        wall, cpu = time.perf_counter(), time.process_time()
        counts = run()
        spent = {"wall": time.perf_counter() - wall, "cpu": time.process_time() - cpu}
    status = Path("/proc/self/status").read_text(encoding="ascii")
    peak = int(next(line for line in status.splitlines() if line.startswith("VmHWM")).split()[1]) // 1024
    print(json.dumps({"counts": counts, "peak_mb": peak, **spent}))  # noqa: T201


if __name__ == "__main__":
    main()
