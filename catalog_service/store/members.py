"""Sets of entry numbers: stored a block at a time, combined as bitmaps.

Here: the encoding and the arithmetic. Not here: which entries are in a set (search_index), what sets mean (searching).

A block holds the numbers of 65,536 entries as positions 0 … 65,535: up to 4,095 of them as a sorted list of two-byte
integers, more as a bitmap of 8,192 bytes. The length tells which. So a rare term costs two bytes an entry and a frequent
one a bit, whatever the size of the catalog.
"""

from collections.abc import Iterable

import numpy as np
import numpy.typing as npt

BLOCK = 65_536
BITMAP_BYTES = BLOCK // 8
_LONGEST_LIST = BITMAP_BYTES // 2 - 1

Bits = npt.NDArray[np.uint8]
"""A bitmap, least significant bit first: one block, or all blocks of the catalog one after another."""
Positions = npt.NDArray[np.uint16]


def changed(members: bytes | None, added: Positions, removed: Positions) -> bytes | None:
    """Return the stored form of a block's set after a change, both ascending; None where it is empty now."""
    positions = added if members is None else np.union1d(_positions(members), added)
    if removed.size:
        positions = np.setdiff1d(positions, removed, assume_unique=True)
    return _encoded(positions) if positions.size else None


def bitmap(members: bytes) -> Bits:
    """Return a stored set as the bitmap of its block."""
    if len(members) == BITMAP_BYTES:
        return np.frombuffer(members, np.uint8)
    return _packed(np.frombuffer(members, "<u2"))


def common_count(members: bytes, bits: Bits) -> int:
    """Return how many of a stored set are in the bitmap of its block."""
    if len(members) == BITMAP_BYTES:
        return count(np.frombuffer(members, np.uint8) & bits)
    positions = np.frombuffer(members, "<u2")
    return int((bits[positions >> 3] >> (positions & 7).astype(np.uint8) & 1).sum())


def count(bits: Bits) -> int:
    """Return how many numbers a bitmap has."""
    return int(np.bitwise_count(bits).sum())


def numbers(bits: Bits) -> list[int]:
    """Return the numbers of a bitmap in ascending order."""
    found: list[int] = np.flatnonzero(np.unpackbits(bits, bitorder="little")).tolist()
    return found


def of_numbers(values: Iterable[int], block_count: int) -> Bits:
    """Return the bitmap of some numbers over all blocks."""
    flags = np.zeros(block_count * BLOCK, np.bool_)
    flags[list(values)] = True
    return np.packbits(flags, bitorder="little")


def _positions(members: bytes) -> Positions:
    if len(members) == BITMAP_BYTES:
        return np.flatnonzero(np.unpackbits(np.frombuffer(members, np.uint8), bitorder="little")).astype(np.uint16)
    return np.frombuffer(members, "<u2").astype(np.uint16)


def _encoded(positions: Positions) -> bytes:
    if positions.size <= _LONGEST_LIST:
        return positions.astype("<u2").tobytes()
    return _packed(positions).tobytes()


def _packed(positions: Positions) -> Bits:
    flags = np.zeros(BLOCK, np.bool_)
    flags[positions] = True
    return np.packbits(flags, bitorder="little")
