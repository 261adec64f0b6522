"""Run inside the Delta Sharing client's own environment: reads what it is told, as JSON on standard input, and prints it.

Not here: anything of the product; this program sees nothing but the protocol.
"""

import json
import sys
import warnings
from typing import Any

import delta_sharing

warnings.filterwarnings("ignore")


def rows(frame: Any) -> list[list[str]]:
    """Return a frame's rows, sorted, as text."""
    ordered = frame.reindex(sorted(frame.columns), axis=1)
    return sorted([[str(value) for value in row] for row in ordered.itertuples(index=False)])


def read(wish: dict[str, Any]) -> Any:
    """Return what one wish gives; an error's text where it fails."""
    profile = wish["profile"]
    try:
        match wish["verb"]:
            case "tables":
                found = delta_sharing.SharingClient(profile).list_all_tables()
                return sorted(f"{one.share}.{one.schema}.{one.name}" for one in found)
            case "rows":
                url = f"{profile}#{wish['table']}"
                frame = delta_sharing.load_as_pandas(url, **wish.get("options", {}))
                return {"columns": sorted(frame.columns), "rows": rows(frame)}
            case "changes":
                url = f"{profile}#{wish['table']}"
                frame = delta_sharing.load_table_changes_as_pandas(url, **wish.get("options", {}))
                counted = frame.groupby(["_change_type", "_commit_version"]).size()
                return sorted([kind, int(version), int(count)] for (kind, version), count in counted.items())
            case "version":
                return delta_sharing.get_table_version(f"{profile}#{wish['table']}")
            case "metadata":
                return str(delta_sharing.get_table_metadata(f"{profile}#{wish['table']}").schema_string)
    except Exception as error:  # the test reads it
        return {"error": f"{type(error).__name__}: {error}"}


sys.stdout.write(json.dumps([read(wish) for wish in json.load(sys.stdin)]))
