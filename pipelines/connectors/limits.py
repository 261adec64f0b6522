"""How large, wide, deep and long-running a delivered file may be.

Here: the limits and nothing else. Not here: the readers that keep to them.
"""

from dataclasses import dataclass
from typing import Self

from catalog_service.settings import MEBIBYTE, Settings


@dataclass(frozen=True)
class Limits:
    """Limits of one delivery; every one of them ends in a refusal that names it."""

    max_bytes: int = 20 * 1024 * MEBIBYTE
    """Largest delivered file, and largest decompressed or decoded text of one."""
    max_cell_bytes: int = MEBIBYTE
    """Largest single value; a row with a larger one is set aside."""
    max_ratio: int = 200
    """Largest ratio of decompressed to compressed bytes, once `ratio_floor_bytes` are exceeded."""
    ratio_floor_bytes: int = 64 * MEBIBYTE
    max_columns: int = 2_000
    max_record_bytes: int = 16 * MEBIBYTE
    """Largest single record of a text file."""
    max_bad_rows: int = 200_000
    """More rows than this that cannot be read mean that the file as a whole is not what it claims to be."""
    child_memory_bytes: int = 1024 * MEBIBYTE
    """Address space of the child process that reads one workbook or Parquet file."""
    child_seconds: int = 1_800
    """Processor and wall time of that child."""
    max_members: int = 10_000
    """Members of a zip archive or workbook."""

    @classmethod
    def from_settings(cls, settings: Settings) -> Self:
        """Return the limits that the settings ask for."""
        return cls(
            max_bytes=settings.max_delivery_bytes,
            max_cell_bytes=settings.max_cell_bytes,
            max_ratio=settings.max_expansion_ratio,
            child_memory_bytes=settings.xlsx_memory_bytes,
        )

    def is_bomb(self, expanded: int, compressed: int) -> bool:
        """Tell whether `compressed` bytes have become too many: over the size limit, or large and over the ratio."""
        return expanded > self.max_bytes or (
            expanded > self.ratio_floor_bytes and expanded > self.max_ratio * max(compressed, 1)
        )
