"""The big inputs at small size: right keys, the declared overlap, conflicts and nulls, valid catalogs."""

from pathlib import Path
from typing import Any

import duckdb
import pytest

from catalog_service.catalog.dataset import Golden
from catalog_service.catalog.identifiers import is_valid
from catalog_service.catalog.vocabularies import IdentifierScheme, OpeningClass
from pipelines.connectors.limits import Limits
from pipelines.connectors.reading import open_delivery
from pipelines.demo.bulk import BulkCity, build_bulk, build_wide_delivery
from pipelines.transforms.standardise import Standardisation

_ROWS, _ENTITIES = 20_000, 5_800


@pytest.fixture(scope="module")
def bulk(tmp_path_factory: pytest.TempPathFactory) -> BulkCity:
    return build_bulk(tmp_path_factory.mktemp("bulk"), rows=_ROWS, entities=_ENTITIES)


def _relation(path: Path) -> str:
    return f"read_parquet('{path}')" if path.suffix == ".parquet" else f"read_csv('{path}', all_varchar = true)"


def _query(sql: str) -> list[tuple[Any, ...]]:
    with duckdb.connect() as connection:
        return connection.execute(sql).fetchall()


def _all(bulk: BulkCity, columns: str = "*") -> str:
    return " UNION ALL ".join(f"SELECT {columns} FROM {_relation(one.path)}" for one in bulk.deliveries)


def test_catalog_and_files_agree(bulk: BulkCity) -> None:
    assert bulk.catalog.problems() == []
    assert bulk.catalog_file.is_file()
    assert [one.path.suffix for one in bulk.deliveries] == [".csv", ".parquet", ".csv", ".gz", ".parquet"]
    for one in bulk.deliveries:
        header = [row[0] for row in _query(f"DESCRIBE SELECT * FROM {_relation(one.path)}")]
        assert tuple(header) == bulk.catalog.dataset[one.dataset_id].schema_.names
    golden = bulk.catalog.dataset["authority/legal_entity"].derivation
    assert isinstance(golden, Golden)
    assert [one.dataset for one in golden.sources] == [one.dataset_id for one in bulk.deliveries]
    assert len(bulk.catalog.dataset["authority/legal_entity"].schema_.fields) == 9


def test_every_key_validates_but_the_broken_ones(bulk: BulkCity) -> None:
    keys = [row[0] for row in _query(_all(bulk, "uscc"))]
    broken = [one for one in keys if not is_valid(IdentifierScheme.USCC, one)]
    assert len(keys) == _ROWS
    assert 0 < len(broken) < _ROWS / 1_000


def test_an_agency_delivers_an_entity_once_and_several_agencies_share_it(bulk: BulkCity) -> None:
    for one in bulk.deliveries:
        counts = _query(f"SELECT count(*), count(DISTINCT uscc) FROM {_relation(one.path)}")
        assert counts == [(_ROWS // 5, _ROWS // 5)]
    keys = f"SELECT uscc, count(*) AS agencies FROM ({_all(bulk, 'uscc')}) GROUP BY uscc"
    entities, shared = _query(f"SELECT count(*), count(*) FILTER (agencies >= 3) FROM ({keys})")[0]
    assert 0.95 * _ENTITIES < entities < 1.01 * _ENTITIES
    assert shared > _ENTITIES / 2


def test_there_are_conflicts_and_nulls(bulk: BulkCity) -> None:
    names = f"SELECT uscc, count(DISTINCT name) AS spellings FROM ({_all(bulk, 'uscc, name')}) GROUP BY uscc"
    disputed = _query(f"SELECT count(*) FILTER (spellings > 1) / count(*) FROM ({names})")[0][0]
    empty = _query(f"SELECT count(*) FILTER (phone IS NULL) / count(*) FROM ({_all(bulk, 'phone')})")[0][0]
    assert 0.05 < disputed < 0.15
    assert 0.04 < empty < 0.06


def test_the_same_arguments_give_the_same_rows(bulk: BulkCity, tmp_path: Path) -> None:
    again = build_bulk(tmp_path, rows=_ROWS, entities=_ENTITIES)
    for one, other in zip(bulk.deliveries, again.deliveries, strict=True):
        differing = f"FROM {_relation(one.path)} EXCEPT FROM {_relation(other.path)}"
        assert _query(f"SELECT count(*) FROM ({differing})") == [(0,)]


def test_the_connectors_read_every_form_of_it(bulk: BulkCity, tmp_path: Path) -> None:
    """A gzip and a Parquet file with typed columns among them; only rows with broken keys are set aside."""
    for one in bulk.deliveries:
        entry = bulk.catalog.dataset[one.dataset_id]
        assert entry.delivery is not None
        rows = open_delivery(one.path, one.path.name, entry.schema_, entry.delivery, Limits(), tmp_path)
        with duckdb.connect() as connection:
            connection.register("delivered", rows.reader())
            connection.execute("CREATE TABLE raw AS SELECT *, 'd' AS _delivery_id FROM delivered")
            accepted = connection.execute(f"SELECT uscc FROM ({Standardisation(entry).accepted('raw')})").fetchall()
        valid = [key for (key,) in _query(f"SELECT uscc FROM {_relation(one.path)}") if is_valid(IdentifierScheme.USCC, key)]
        assert rows.rows_read == _ROWS // 5
        assert sorted(key for (key,) in accepted) == sorted(valid)


def test_too_many_rows_are_refused(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="cannot deliver"):
        build_bulk(tmp_path, rows=100, entities=10, agencies=5)


def test_the_wide_delivery_is_open_and_of_the_declared_width(tmp_path: Path) -> None:
    wide = build_wide_delivery(tmp_path, rows=2_000)
    entry = wide.catalog.dataset["agency_1/permits"]
    path = wide.deliveries[0].path
    assert wide.catalog.problems() == []
    assert entry.opening.class_ is OpeningClass.UNCONDITIONAL
    assert len(entry.open_fields) == len(entry.schema_.fields) == 22
    assert 430 < path.stat().st_size / 2_000 < 500
    relation = _relation(path)
    assert _query(f"SELECT count(*), count(DISTINCT decision_number) FROM {relation}") == [(2_000, 2_000)]
    codes = [row[0] for row in _query(f"SELECT holder_uscc FROM {relation}")]
    assert all(is_valid(IdentifierScheme.USCC, one) for one in codes)
