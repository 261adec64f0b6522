"""Helpers of the connector tests: write bytes, read them as a delivery, say what was refused."""

import re
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from catalog_service.catalog.dataset import DeliveryFormat
from catalog_service.catalog.errors import InvalidError, Problem
from catalog_service.catalog.schema import Field, Schema
from pipelines.connectors.delivered import ROW_NUMBER, BadRow, arrow_schema
from pipelines.connectors.limits import Limits
from pipelines.connectors.reading import open_delivery

CHINESE = re.compile("[\u4e00-\u9fff]")


def schema(*names: str, key: tuple[str, ...] = (), required: tuple[str, ...] = ()) -> Schema:
    """Return a schema of text fields."""
    fields = tuple(Field(name=name, title=name.upper(), required=name in required) for name in names)
    return Schema(fields=fields, key=key)


AB = schema("a", "b", key=("a",))


@dataclass
class Read:
    """What came out of one delivery."""

    rows: list[tuple[str | None, ...]]
    numbers: list[int]
    bad: list[BadRow]
    notices: list[str] = field(default_factory=list)

    @property
    def bad_codes(self) -> list[tuple[int, str]]:
        return [(one.row_number, one.code) for one in self.bad]


class Deliverer:
    """Delivers bytes in a folder of the test."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def read(self, data: bytes | Path, of: Schema = AB, *, limits: Limits | None = None, **form: Any) -> Read:
        """Read a whole delivery, and check what holds for every one."""
        path = data if isinstance(data, Path) else self.folder / "stored"
        if isinstance(data, bytes):
            path.write_bytes(data)
        rows = open_delivery(
            path, "交付文件", of, DeliveryFormat.model_validate(form), limits or Limits(), self.folder / "work"
        )
        found: list[tuple[str | None, ...]] = []
        numbers: list[int] = []
        for batch in rows.batches():
            assert batch.schema == rows.schema == arrow_schema(of)
            assert batch.num_rows > 0
            columns = batch.to_pydict()
            numbers += columns.pop(ROW_NUMBER)
            found += zip(*columns.values(), strict=True)
        assert rows.rows_read == len(found) + len(rows.bad_rows)
        assert len({*numbers, *(one.row_number for one in rows.bad_rows)}) == rows.rows_read, "row numbers are unique"
        assert all(len(one.text) <= 1_000 for one in rows.bad_rows)
        assert all(CHINESE.search(one.message.zh) and one.message.en for one in rows.bad_rows)
        return Read(found, numbers, rows.bad_rows, [one.code for one in rows.notices])

    def refused(self, data: bytes | Path, of: Schema = AB, *, limits: Limits | None = None, **form: Any) -> list[Problem]:
        """Return the reasons for which a delivery is refused whole; fail where it is not."""
        with pytest.raises(InvalidError) as caught:
            self.read(data, of, limits=limits, **form)
        problems = list(caught.value.problems)
        assert problems
        for one in problems:
            assert one.where.file == "交付文件"
            assert CHINESE.search(one.message.zh), one
            assert one.message.en, one
            assert "Traceback" not in one.message.en
        return problems

    def code(self, data: bytes | Path, of: Schema = AB, *, limits: Limits | None = None, **form: Any) -> tuple[str, int | None]:
        """Return code and row of the only reason for which a delivery is refused."""
        (one,) = self.refused(data, of, limits=limits, **form)
        return one.code, one.where.row
