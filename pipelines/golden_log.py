"""The logs beside a golden table (Art. 18, 26): what happened to its records, and to the objections against their sources.

Both are append-only. Not here: what an event is (transforms.changes), the tables they speak of (golden).
"""

import datetime as dt

from lake.expressions import ident
from lake.manifest import Snapshot
from lake.tables import Mode
from pipelines.keys import changes_key, objections_key
from pipelines.transforms.changes import changed_objections, changed_records
from pipelines.transforms.identity import Identity
from pipelines.workbench import Workbench

Versions = tuple[str, str]
"""Relations of a table before and now."""


def write_logs(bench: Workbench, records: Versions, disputed: Versions, identity: Identity, token: str) -> list[Snapshot]:
    """Append what happened to records and objections between two versions; nothing where these cannot be compared.

    Args:
        bench: the data set and where it is made.
        records: the golden table, or the part of it that may differ.
        disputed: its conflict report, or that part.
        identity: what was decided about keys.
        token: name of the write.
    """
    before = _with_columns(bench, *records)
    if before is None:
        return []
    now = dt.datetime.now(dt.UTC)
    changed = changed_records(bench.dataset, before, records[1], now, identity)
    objections = changed_objections(bench.dataset, *disputed, now)
    written = []
    for key, query in ((changes_key(bench.dataset), changed), (objections_key(bench.dataset), objections)):
        mode: Mode = "append" if bench.rewind(key, token) is not None else "overwrite"
        written.append(bench.lake.write(key, bench.connection, query, mode=mode, token=token))
    return written


def _with_columns(bench: Workbench, before: str, after: str) -> str | None:
    """Return the records before with the columns of those after; None where the key, or a type, is another."""
    old, new = (_columns(bench, relation) for relation in (before, after))
    if old == new:
        return before
    if any(old[name] != new[name] for name in old.keys() & new.keys()) or not old.keys() >= {*bench.dataset.schema_.key}:
        return None
    columns = (ident(name) if name in old else f"NULL::{kind} AS {ident(name)}" for name, kind in new.items())
    return f"(SELECT {', '.join(columns)} FROM {before})"


def _columns(bench: Workbench, relation: str) -> dict[str, str]:
    return {name: kind for name, kind, *_ in bench.connection.execute(f"DESCRIBE FROM {relation}").fetchall()}
