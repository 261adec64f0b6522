"""The physical types of a data set's standard table: one Arrow and one DuckDB type per declared type.

Here: the mapping, and nowhere else. Not here: conversion of values (pipelines.transforms).
"""

import pyarrow as pa

from catalog_service.catalog.dataset import Dataset
from catalog_service.catalog.schema import Field
from catalog_service.catalog.vocabularies import FieldType

_TYPES: dict[FieldType, tuple[pa.DataType, str]] = {
    FieldType.TEXT: (pa.string(), "VARCHAR"),
    FieldType.INTEGER: (pa.int64(), "BIGINT"),
    FieldType.DECIMAL: (pa.decimal128(18, 2), "DECIMAL(18,2)"),
    FieldType.NUMBER: (pa.float64(), "DOUBLE"),
    FieldType.BOOLEAN: (pa.bool_(), "BOOLEAN"),
    FieldType.DATE: (pa.date32(), "DATE"),
    FieldType.DATETIME: (pa.timestamp("us", tz="UTC"), "TIMESTAMP WITH TIME ZONE"),
}


def arrow_schema(dataset: Dataset) -> pa.Schema:
    """Return the Arrow schema of the standard table; titles are in the fields' metadata (`title`, `title_en`).

    Every column may hold nulls: whether a value is missing is a finding of the checks, not a reason to lose the row.
    """
    return pa.schema([_arrow_field(one) for one in dataset.schema_.fields])


def sql_type(field: Field) -> str:
    """Return the DuckDB type of a field."""
    return _TYPES[field.type][1]


def stored_as(stored: pa.DataType) -> tuple[FieldType, str]:
    """Return the declared type that a column of a published file stands for, and its DuckDB type.

    Raises:
        ValueError: no column that we write has this type.
    """
    for type_, (arrow, sql) in _TYPES.items():
        if arrow == stored:
            return type_, sql
    raise ValueError(f"no declared type is stored as {stored}")


def _arrow_field(field: Field) -> pa.Field:
    titles = {"title": field.title} | ({"title_en": field.title_en} if field.title_en else {})
    return pa.field(field.name, _TYPES[field.type][0], metadata=titles)
