"""The main job, a hand-written floor, and the stock way, on the same generated deliveries.

The floor is what a person would write in DuckDB for the same outcome, without what makes it safe: no landing copy, no raw
zone, no hashes, no fsync, no Delta log, no reports. It does read, type and verify every row, resolve golden records with
provenance per field, list conflicts, count what the rules ask, and write the open products. Not here: assertions.
"""

import importlib
from pathlib import Path
from typing import Any

import duckdb

from catalog_service.catalog.catalog import Catalog
from catalog_service.catalog.dataset import Dataset
from catalog_service.catalog.schema import Field
from catalog_service.catalog.vocabularies import FieldType
from catalog_service.formats.arrow import sql_type
from lake.expressions import ident, identifier_is_valid, literal

FILES = {"csv": "read_csv({}, all_varchar = true, header = true)", "parquet": "read_parquet({})"}


MEMORY = "2GB"
"""What DuckDB may take of the 3 GB of the whole process; the floor has all of them."""


def ours(home: str, city_folder: str) -> dict[str, Any]:
    """Receive the deliveries and run the main job; returns seconds per stage and the rows of the golden table."""
    import great_expectations  # noqa: F401 — its import is paid once in a process that lives on

    from catalog_service.services.delivering import receive
    from catalog_service.services.publishing import current
    from pipelines.running import run_main_job
    from tests.support import city

    catalog, files = read_city(Path(city_folder))
    platform = city.platform(Path(home), catalog, memory_limit=MEMORY)
    for dataset_id, path in files:
        receive(platform, dataset_id, path)
    outcomes = run_main_job(platform)
    stages: dict[str, float] = {}
    for one in outcomes:
        for stage, seconds in one.seconds.items():
            stages[stage] = round(stages.get(stage, 0.0) + seconds, 2)
    rows = {key: one.row_count for key, one in current(platform).items()}
    return {"stages": stages, "rows": rows}


def floor(folder: str, city_folder: str) -> dict[str, int]:
    """The hand-written pass; returns rows of the golden table and of its conflict list."""
    catalog, files = read_city(Path(city_folder))
    out = Path(folder)
    out.mkdir(parents=True, exist_ok=True)
    with duckdb.connect(config={"memory_limit": "3GB", "temp_directory": str(out / "tmp")}) as connection:
        connection.execute("SET preserve_insertion_order = false; SET TimeZone = 'UTC'")
        sources = []
        for number, (dataset_id, path) in enumerate(files):
            dataset = catalog.dataset[dataset_id]
            sources.append(_standard(connection, dataset, path, out / f"source_{number}.parquet"))
        for source in sources:
            _count(connection, catalog.dataset[files[0][0]], source)
            _open(connection, catalog.dataset[files[0][0]], source, out)
        golden = next((one for one in catalog.datasets if one.derivation is not None), None)
        return {} if golden is None else _golden(connection, golden, sources, out)


def read_city(folder: Path) -> tuple[Catalog, list[tuple[str, Path]]]:
    """Return the catalog and the deliveries that the generator wrote into `folder`."""
    catalog = Catalog.model_validate_json((folder / "catalog.json").read_text(encoding="utf-8"))
    lines = (folder / "deliveries.txt").read_text(encoding="utf-8").splitlines()
    return catalog, [(line.split("\t")[0], folder / line.split("\t")[1]) for line in lines]


def _typed(field: Field) -> str:
    text = f"nullif(trim({ident(field.name)}::VARCHAR), '')"
    return text if field.type is FieldType.TEXT else f"TRY_CAST({text} AS {sql_type(field)})"


def _standard(connection: duckdb.DuckDBPyConnection, dataset: Dataset, path: Path, target: Path) -> Path:
    assert dataset.delivery is not None
    relation = FILES[dataset.delivery.format.value].format(literal(str(path)))
    values = ", ".join(f"{_typed(field)} AS {ident(field.name)}" for field in dataset.schema_.fields)
    checked = [field for field in dataset.schema_.fields if field.name in dataset.schema_.key and field.identifier]
    good = " AND ".join(identifier_is_valid(f.identifier.value, ident(f.name)) for f in checked if f.identifier) or "TRUE"
    sql = f"SELECT *, row_number() OVER () AS n FROM (SELECT {values} FROM {relation}) WHERE {good}"
    connection.execute(f"COPY ({sql}) TO {literal(str(target))} (FORMAT parquet, COMPRESSION zstd)").fetchall()
    return target


def _count(connection: duckdb.DuckDBPyConnection, dataset: Dataset, source: Path) -> None:
    counts = ", ".join(f"count({ident(name)}), count(DISTINCT {ident(name)})" for name in dataset.schema_.key)
    rest = [field for field in dataset.schema_.fields if field.name not in dataset.schema_.key]
    coded = ", ".join(f"count(*) FILTER (length({ident(f.name)}) > 1)" for f in rest if f.code_list)
    valid = ", ".join(
        f"count(*) FILTER (NOT {identifier_is_valid(f.identifier.value, ident(f.name))})" for f in rest if f.identifier
    )
    columns = ", ".join(part for part in (counts, coded, valid) if part)
    connection.execute(f"SELECT count(*), {columns} FROM {literal(str(source))}").fetchall()


def _open(connection: duckdb.DuckDBPyConnection, dataset: Dataset, source: Path, out: Path) -> None:
    columns = ", ".join(ident(field.name) for field in dataset.open_fields)
    target = literal(str(out / f"open_{source.name}"))
    connection.execute(f"COPY (SELECT {columns} FROM {literal(str(source))}) TO {target} (FORMAT parquet, COMPRESSION zstd)")


def _golden(connection: duckdb.DuckDBPyConnection, dataset: Dataset, sources: list[Path], out: Path) -> dict[str, int]:
    key = dataset.schema_.key[0]
    fields = [name for name in dataset.schema_.names if name != key]
    rows = " UNION ALL ".join(
        f"SELECT *, {number}::BIGINT << 40 | n AS o, {number} AS s FROM {literal(str(source))}"
        for number, source in enumerate(sources)
    )
    best = ", ".join(f"arg_min({{'v': {name}, 's': s, 'n': n}}, o) FILTER ({name} IS NOT NULL) AS {name}" for name in fields)
    golden = literal(str(out / "golden.parquet"))
    connection.execute(
        f"COPY (SELECT {key}, {best} FROM ({rows}) GROUP BY {key}) TO {golden} (FORMAT parquet, COMPRESSION zstd)"
    )
    dissent = " UNION ALL ".join(
        f"SELECT {key}, '{name}' AS field, s, r.{name}::VARCHAR AS value FROM ({rows}) r JOIN {golden} g USING ({key}) "
        f"WHERE r.{name} <> g.{name}.v"
        for name in fields
    )
    conflicts = literal(str(out / "conflicts.parquet"))
    connection.execute(f"COPY ({dissent}) TO {conflicts} (FORMAT parquet, COMPRESSION zstd)")
    flat = ", ".join(f"{name}.v AS {name}" for name in fields)
    opened = literal(str(out / "open_golden.parquet"))
    connection.execute(f"COPY (SELECT {key}, {flat} FROM {golden}) TO {opened} (FORMAT parquet, COMPRESSION zstd)")
    _count(connection, dataset, out / "open_golden.parquet")
    count = f"SELECT (SELECT count(*) FROM {golden}), (SELECT count(*) FROM {conflicts})"
    records, rows_in_conflict = connection.execute(count).fetchall()[0]
    return {"golden": records, "conflicts": rows_in_conflict}


def stock(city_folder: str) -> int:
    """pandas, stock Great Expectations on pandas, pandas de-duplication and python-stdnum; returns the rows delivered."""
    import great_expectations as gx
    import pandas as pd
    from stdnum.cn import uscc

    gxe: Any = importlib.import_module("great_expectations.expectations")
    catalog, files = read_city(Path(city_folder))
    context, frames = gx.get_context(mode="ephemeral"), []
    for number, (dataset_id, path) in enumerate(files):
        schema = catalog.dataset[dataset_id].schema_
        frame = pd.read_parquet(path) if path.suffix == ".parquet" else pd.read_csv(path, dtype=str)
        for field in schema.fields:
            if field.type is FieldType.DATE:
                frame[field.name] = pd.to_datetime(frame[field.name], errors="coerce")
            elif field.type is FieldType.DECIMAL:
                frame[field.name] = pd.to_numeric(frame[field.name], errors="coerce")
            else:
                frame[field.name] = frame[field.name].astype("object").str.strip()
        suite: list[Any] = [gxe.ExpectTableRowCountToBeBetween(min_value=1)]
        for name in schema.key:
            suite.append(gxe.ExpectColumnValuesToNotBeNull(column=name))
            suite.append(gxe.ExpectColumnValuesToBeUnique(column=name))
            suite.append(gxe.ExpectColumnValuesToMatchRegex(column=name, regex="^[0-9A-Z]{18}$"))
        for field in schema.fields:
            if field.code_list:
                codes = list(catalog.code_list[field.code_list].codes)
                suite.append(gxe.ExpectColumnValuesToBeInSet(column=field.name, value_set=codes))
        asset = context.data_sources.add_pandas(f"source {number}").add_dataframe_asset("frame")
        batch = asset.add_batch_definition_whole_dataframe("all").get_batch(batch_parameters={"dataframe": frame})
        batch.validate(gx.ExpectationSuite(name=f"suite {number}", expectations=suite))
        for name in schema.key:
            frame = frame[frame[name].map(uscc.is_valid)]
        frame.to_parquet(Path(city_folder) / f"stock_{number}.parquet")
        frames.append(frame.assign(_source=dataset_id))
    everything = pd.concat(frames, ignore_index=True)
    groups = everything.groupby(list(catalog.dataset[files[0][0]].schema_.key), sort=False)
    golden, spread = groups.first(), groups.nunique()
    golden.to_parquet(Path(city_folder) / "stock.parquet")
    disputed = spread[(spread.drop(columns="_source") > 1).any(axis=1)].index
    everything[everything["uscc"].isin(disputed)].to_parquet(Path(city_folder) / "stock_conflicts.parquet")
    return len(everything)
