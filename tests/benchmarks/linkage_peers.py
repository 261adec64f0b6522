"""Run in the environment of a linkage program: find the records of one entity, as that program does it by itself.

`PROGRAM RECORDS.json`, a JSON list of flat records with `unique_id`; prints a JSON list of groups of ids. Nothing of the
product is imported here, nor this by the product.
"""

import json
import sys
from pathlib import Path

NAMES = {
    "given_name": "NameComparison",
    "surname": "NameComparison",
    "first_name": "NameComparison",
    "email": "EmailComparison",
}
CODES = ("date_of_birth", "soc_sec_id", "postcode", "dob")


def splink(records: list[dict[str, str | None]]) -> list[list[str]]:
    """Splink with its own comparisons for names and codes, blocked on every field and trained as its documentation shows."""
    import duckdb
    import pyarrow as pa
    import splink.comparison_library as library
    from splink import DuckDBAPI, Linker, SettingsCreator, block_on

    fields = [name for name in records[0] if name != "unique_id"]
    compared = [
        getattr(library, NAMES[name])(name)
        if name in NAMES
        else library.DamerauLevenshteinAtThresholds(name, [1, 2])
        if name in CODES
        else library.JaroWinklerAtThresholds(name, [0.9, 0.7])
        for name in fields
    ]
    several = [name for name in fields if name in NAMES or name in CODES]
    settings = SettingsCreator(
        link_type="dedupe_only",
        comparisons=compared,
        blocking_rules_to_generate_predictions=[block_on(name) for name in several],
    )
    connection = duckdb.connect()
    connection.register("records", pa.Table.from_pylist(records))
    connection.execute("CREATE TABLE given AS FROM records")
    linker = Linker(DuckDBAPI(connection=connection).register("given"), settings)
    linker.training.estimate_probability_two_random_records_match([block_on(*several[:3])], recall=0.7)
    linker.training.estimate_u_using_random_sampling(max_pairs=1_000_000, seed=1)
    for name in several[:3]:
        linker.training.estimate_parameters_using_expectation_maximisation(block_on(name))
    pairs = linker.inference.predict(threshold_match_probability=0.5)
    clusters = linker.clustering.cluster_pairwise_predictions_at_threshold(pairs, threshold_match_probability=0.9)
    query = f"SELECT list(unique_id::VARCHAR) FROM {clusters.physical_name} GROUP BY cluster_id"
    return [row[0] for row in connection.execute(query).fetchall()]


def goldenmatch(records: list[dict[str, str | None]]) -> list[list[str]]:
    """GoldenMatch without a configuration: it chooses one from the records."""
    import goldenmatch as program
    import pyarrow as pa

    table = pa.Table.from_pylist(records)
    found = program.dedupe_df(table, exclude_columns=["unique_id"], confidence_required=False)
    ids = [str(one["unique_id"]) for one in records]
    return [[ids[row] for row in group["members"]] for group in found.clusters.values()]


def main() -> None:
    """Group the records of a file."""
    program, path = sys.argv[1:]
    records = json.loads(Path(path).read_text(encoding="utf-8"))
    groups = {"splink": splink, "goldenmatch": goldenmatch}[program](records)
    print(json.dumps(groups))  # noqa: T201


main()
