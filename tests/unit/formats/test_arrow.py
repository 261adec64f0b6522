import duckdb
import pyarrow as pa

from catalog_service.catalog.vocabularies import FieldType
from catalog_service.formats.arrow import arrow_schema, sql_type
from tests.unit.catalog.samples import dataset

EVERY_TYPE = dataset(
    schema={
        "fields": [
            {"name": f"f_{one.value}", "title": f"列 {one.zh}", "title_en": one.en, "type": one.value} for one in FieldType
        ]
    }
)


def test_every_declared_type_has_its_arrow_type_and_titles() -> None:
    schema = arrow_schema(EVERY_TYPE)
    assert schema.names == [f"f_{one.value}" for one in FieldType]
    assert schema.types == [
        pa.string(),
        pa.int64(),
        pa.decimal128(18, 2),
        pa.float64(),
        pa.bool_(),
        pa.date32(),
        pa.timestamp("us", tz="UTC"),
    ]
    assert schema.field("f_text").metadata == {b"title": "列 字符型 C".encode(), b"title_en": b"text"}
    assert all(field.nullable for field in schema)


def test_duckdb_agrees_that_both_types_are_one() -> None:
    schema = arrow_schema(EVERY_TYPE)
    with duckdb.connect() as connection:
        connection.execute("SET TimeZone = 'UTC'")
        columns = ", ".join(f"NULL::{sql_type(one)} AS {one.name}" for one in EVERY_TYPE.schema_.fields)
        result = connection.sql(f"SELECT {columns}").to_arrow_table()
        assert result.schema.types == schema.types
