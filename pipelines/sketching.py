"""Sketches of the values of a published standard table, so that its fields can be compared with all others (Art. 15).

Here: which values are read, and how few of them. Not here: what a sketch is and how two compare (matching), Dagster.
"""

import math
from collections.abc import Sequence

from catalog_service.catalog.publication import Publication
from catalog_service.catalog.schema import CodeList
from catalog_service.catalog.vocabularies import FieldType, Sensitivity
from catalog_service.matching.codes import MOST_CODES, labels_of, paired_columns, translations
from catalog_service.matching.profiles import language_twins
from catalog_service.matching.sketches import Sketch, parts_of, sketch
from catalog_service.services import value_matching
from catalog_service.services.publishing import current
from lake.expressions import ident
from pipelines.keys import main_key
from pipelines.workbench import Workbench

_MOST_VALUES = 4_096
"""Values of a field that are looked at; they are chosen by their hash, so that two tables choose the same."""
_DISTINCT_GROUPED = 4 * _MOST_VALUES
"""About how many distinct values of a field are told apart to find those; of more, the ones with larger hashes are left out."""
_MOST_COMBINATIONS = 5_000
_HASH_SPACE = 1 << 64


def sketch_values(bench: Workbench) -> None:
    """Sketch the published rows of a delivered data set, where that has not been done, and compare its fields by value."""
    published = current(bench.platform).get(main_key(bench.dataset))
    if published is None or value_matching.is_sketched(bench.platform, bench.dataset.id, published.version):
        return
    value_matching.keep(bench.platform, bench.dataset, published.version, _Table(bench, published).sketches())


class _Table:
    """One published table version."""

    def __init__(self, bench: Workbench, published: Publication) -> None:
        self._bench = bench
        self._fields = bench.dataset.schema_.fields
        self._relation = bench.relation(bench.dataset, published.paths)

    def sketches(self) -> dict[str, Sketch]:
        """Return the sketch of each field that has values."""
        counted = self._counts([field.name for field in self._fields if field.type is not FieldType.BOOLEAN])
        values = {name: self._values(name, about) for name, (rows, about) in counted.items() if rows}
        others = self._other_notations({name: found for name, (found, _) in values.items()})
        made = {}
        for field in self._fields:
            found, count = values.get(field.name, ((), 0))
            rows, _ = counted.get(field.name, (0, 0))
            hidden = field.sensitivity is not Sensitivity.PUBLIC
            one = sketch(found, distinct_count=count, row_count=rows, is_sensitive=hidden)
            if one is not None:
                other = sketch(others.get(field.name) or parts_of(found), is_sensitive=hidden)
                made[field.name] = one.model_copy(update={"translated": other})
        return made

    def _counts(self, names: Sequence[str]) -> dict[str, tuple[int, int]]:
        """Return of each field how many rows have a value, and about how many values differ."""
        if not names:
            return {}
        counts = ", ".join(f"count({ident(name)}), approx_count_distinct({ident(name)})" for name in names)
        (row,) = self._bench.connection.execute(f"SELECT {counts} FROM {self._relation}").fetchall()
        return {name: (row[2 * place], row[2 * place + 1]) for place, name in enumerate(names)}

    def _values(self, name: str, about: int) -> tuple[Sequence[str], int]:
        """Return the distinct values with the smallest hashes, and how many there are: exactly where they are few."""
        share = min(1.0, _DISTINCT_GROUPED / about)
        column = f"{ident(name)}::VARCHAR"
        order = f"hash(lower({column}))"
        limit = f" AND {order} <= {math.floor(_HASH_SPACE * share) - 1}::UBIGINT" if share < 1 else ""
        sql = f"SELECT DISTINCT {column} AS v, {order} AS h FROM {self._relation} WHERE {column} IS NOT NULL{limit}"
        rows = self._bench.connection.execute(
            f"WITH d AS MATERIALIZED ({sql}) SELECT v, (SELECT count(*) FROM d) FROM d ORDER BY h, v LIMIT {_MOST_VALUES}"
        ).fetchall()
        return ([row[0] for row in rows], round(rows[0][1] / share)) if rows else ((), 0)

    def _other_notations(self, values: dict[str, Sequence[str]]) -> dict[str, Sequence[str]]:
        """Return labels of codes, and names beside names in another language, by field."""
        declared = self._bench.catalog.code_list
        few = [name for name, found in values.items() if 2 <= len(set(found)) <= MOST_CODES]
        paired = paired_columns(self._combinations(few)) if len(few) > 1 else []
        found: dict[str, Sequence[str]] = {}
        for field in self._fields:
            own: list[CodeList] = [declared[field.code_list]] if field.code_list in declared else paired
            if labels := labels_of(values.get(field.name, ()), own):
                found[field.name] = labels
        titles = {field.title: field.name for field in self._fields if field.name in values}
        for title, main in language_twins(titles).items():
            name, main_name = titles[title], titles[main]
            if pair := self._combinations([name, main_name]):
                beside = translations({title: pair[name], main: pair[main_name]})
                found[name] = beside.get(title, ())
        return found

    def _combinations(self, names: Sequence[str]) -> dict[str, Sequence[str | None]]:
        """Return the distinct combinations of some columns; none where there are too many."""
        columns = ", ".join(f"{ident(name)}::VARCHAR" for name in names)
        sql = f"SELECT DISTINCT {columns} FROM {self._relation} LIMIT {_MOST_COMBINATIONS + 1}"
        rows = self._bench.connection.execute(sql).fetchall()
        if not rows or len(rows) > _MOST_COMBINATIONS:
            return {}
        return dict(zip(names, zip(*rows, strict=True), strict=True))
