"""Counts over the rows under check: all in one scan, and for immutable files that were counted before without any.

Here: counting rows under conditions, file by file, and what is remembered. Not here: which conditions (conditions), repeated
keys (repetition).
"""

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import duckdb

from catalog_service.catalog.quality import RepeatedKeys
from expectations.conditions import ROWS, count_where
from lake.expressions import ident, literal

FILE_COLUMN = "_file"
"""Column of the rows under check that names the file of a row, where files are known."""

ROW_COLUMN = "file_row_number"
"""Column that numbers the rows of a file, where files are known."""

MOST_PLACES = 2_000
"""Rows of a file and condition whose places are noted while they are counted: few are then found without another scan."""


class QueryFailedError(Exception):
    """DuckDB refused a check; the text never quotes data."""


def fingerprint(*texts: str) -> str:
    """Return a short name of texts; another engine version may count or hash otherwise, so it is part of it."""
    return hashlib.sha256("\x00".join((duckdb.__version__, *texts)).encode()).hexdigest()[:32]


@dataclass
class Subject:
    """The rows under check and what is known of their files."""

    connection: duckdb.DuckDBPyConnection
    view: str
    """Name of the temporary view of the rows."""
    files: Mapping[str, str] = field(default_factory=dict)
    """Path as in `FILE_COLUMN` → sha256; empty where the rows do not come from known files."""
    counts: dict[str, dict[str, int]] = field(default_factory=dict)
    """sha256 → count → value; filled by counting."""
    keys: dict[str, RepeatedKeys] = field(default_factory=dict)
    """Key → its repetitions; filled by counting."""
    places: dict[tuple[str, str], list[int]] = field(default_factory=dict)
    """sha256 and count → numbers of the rows counted, where they are few; filled by counting."""

    _conditions: dict[str, str] = field(default_factory=dict)

    @property
    def relation(self) -> str:
        """The rows, usable after FROM, under the alias by which conditions name them."""
        return f"{ident(self.view)} AS {ROWS}"

    @property
    def shas(self) -> tuple[str, ...]:
        """sha256 of every file."""
        return tuple(sorted(self.files.values()))

    def ask(self, query: str) -> list[tuple[Any, ...]]:
        """Run a query; an error names columns and types, but never values (the text of a conversion error would)."""
        try:
            return self.connection.execute(query).fetchall()
        except (duckdb.BinderException, duckdb.CatalogException) as error:
            raise QueryFailedError(f"{type(error).__name__}: {str(error).splitlines()[0]}") from None
        except duckdb.Error as error:
            raise QueryFailedError(type(error).__name__) from None

    def in_files(self, shas: Iterable[str]) -> str:
        """Return the condition that a row is of one of these files."""
        wanted = set(shas)
        paths = [path for path, sha in self.files.items() if sha in wanted]
        return f"{FILE_COLUMN} IN ({', '.join(literal(path) for path in paths)})" if paths else "FALSE"

    def count(self, aggregates: Sequence[str], conditions: Sequence[str] = ()) -> dict[str, int]:
        """Return additive aggregates (SQL text) over all rows; one scan over the files where one of them is not known.

        For `conditions`, whose rows are counted by one of the aggregates, the places of these rows are noted.
        """
        self._conditions.update({fingerprint(count_where(one)): one for one in conditions} if self.files else {})
        return self._count({text: text for text in aggregates}, "") if aggregates else {}

    def at(self, condition: str, shas: Iterable[str]) -> str | None:
        """Return the condition that a row of these files is one of those counted under `condition`; None: not known."""
        name, parts = fingerprint(count_where(condition)), []
        for path, sha in self.files.items():
            if sha in shas:
                places = self.places.get((sha, name))
                if places is None or self.counts[sha].get(name) != len(places):
                    return None
                if places:
                    parts.append(f"{FILE_COLUMN} = {literal(path)} AND {ROW_COLUMN} IN ({', '.join(map(str, places))})")
        return " OR ".join(parts) or "FALSE"

    def count_rows(self, condition: str) -> int:
        """Return the number of rows under a condition that joins with other tables: a query of its own."""
        return self._count({condition: "count(*)"}, condition)[condition]

    def _count(self, aggregates: Mapping[str, str], condition: str) -> dict[str, int]:
        names = {text: fingerprint(text) for text in aggregates}
        missing = [sha for sha in self.shas if any(name not in self.counts.get(sha, {}) for name in names.values())]
        if missing or not self.files:
            known = [self.counts.get(sha, {}) for sha in missing]
            wanted = [text for text in aggregates if not known or any(names[text] not in one for one in known)]
            self._remember(missing, {names[text]: aggregates[text] for text in wanted}, condition)
        every = [self.counts[sha] for sha in self.shas] if self.files else [self.counts[""]]
        return {text: sum(one[name] for one in every) for text, name in names.items()}

    def _remember(self, missing: Sequence[str], aggregates: Mapping[str, str], condition: str) -> None:
        placed = [name for name in aggregates if name in self._conditions] if not condition else []
        # Conditions become columns first: a filter that two aggregates have in common would be evaluated twice.
        flags = {name: f"_b{number}" for number, name in enumerate(placed)}
        listed = [f"min(CASE WHEN {flag} THEN {ROW_COLUMN} END, {MOST_PLACES})" for flag in flags.values()]
        counted = [f"count_if({flags[name]})" if name in flags else text for name, text in aggregates.items()]
        columns = ", ".join([*counted, *listed])
        relation = self.relation
        if flags:
            named = ", ".join(f"({self._conditions[name]}\n) AS {flag}" for name, flag in flags.items())
            relation = f"(SELECT *, {named} FROM {relation}) AS {ROWS}"
        where = f" WHERE {condition}" if condition else ""
        if len(missing) == len(self.files) <= 1:
            found = {missing[0] if missing else "": self.ask(f"SELECT {columns} FROM {relation}{where}")[0]}
        else:
            where = f" WHERE {self.in_files(missing)}" + (f" AND ({condition})" if condition else "")
            rows = self.ask(f"SELECT {FILE_COLUMN}, {columns} FROM {relation}{where} GROUP BY {FILE_COLUMN}")
            found = {self.files[row[0]]: row[1:] for row in rows}
        for sha in missing or [""]:
            values = found.get(sha, (0,) * len(aggregates))
            numbers = map(int, values[: len(aggregates)])
            self.counts.setdefault(sha, {}).update(zip(aggregates, numbers, strict=True))
            for name, places in zip(placed, values[len(aggregates) :], strict=False):
                self.places[sha, name] = places or []
