"""The last checks of a batch of texts, column by column: empty rows, huge values, characters that are not allowed.

Here: the same rules as `building` applies row by row. Not here: any format.
"""

from collections.abc import Iterator

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from pipelines.connectors.delivered import Tally

Mask = npt.NDArray[np.bool_]

_FORBIDDEN = "[\\x00-\\x08\\x0b\\x0c\\x0e-\\x1f\\x7f-\\x{9f}\\x{fffd}]"
_EXCERPT = 200


def checked(batch: pa.RecordBatch, tally: Tally, *, characters: bool = False) -> Iterator[pa.RecordBatch]:
    """Yield the good rows of a batch whose last column is the row number, and note the others.

    Args:
        batch: Text columns and the row number.
        tally: Where empty and bad rows are noted.
        characters: Look for control characters too, where no byte pass has done so.
    """
    texts = batch.columns[:-1]
    lengths = [_lengths(one) for one in texts]
    keep = np.ones(batch.num_rows, dtype=bool)
    if (empty := _empty(lengths)) is not None:
        tally.empty_rows += int(np.count_nonzero(empty))
        keep &= ~empty
    limit = tally.limits.max_cell_bytes
    if batch.nbytes > limit and (huge := _any(one > limit for one in lengths)) is not None:
        zh, en = f"有一个值超过 {limit} 字节的上限", f"a value is longer than the limit of {limit} bytes"
        _set_aside(batch, huge & keep, tally, "value-too-long", zh, en)
        keep &= ~huge
    if characters and (odd := _any(_odd(one) for one in texts)) is not None:
        zh, en = "含有不允许的控制字符或替换字符", "it holds a control or replacement character, which is not allowed"
        _set_aside(batch, odd & keep, tally, "control-character", zh, en)
        keep &= ~odd
    result = batch if keep.all() else batch.filter(pa.array(keep))
    if result.num_rows:
        yield result


def _lengths(array: pa.Array) -> npt.NDArray[np.int32]:
    """Return the bytes of each text, 0 for null."""
    if array.null_count == len(array):
        return np.zeros(len(array), np.int32)
    offsets = np.frombuffer(array.buffers()[1], np.int32, len(array) + 1, array.offset * 4)
    return offsets[1:] - offsets[:-1]


def _empty(lengths: list[npt.NDArray[np.int32]]) -> Mask | None:
    """Return which rows are empty in all columns, None where none is."""
    mask: Mask | None = None
    for one in lengths:
        mask = one == 0 if mask is None else mask & (one == 0)
        if not mask.any():
            return None
    return mask


def _any(masks: Iterator[Mask]) -> Mask | None:
    """Return which rows are marked in any column, None where none is."""
    result: Mask | None = None
    for one in masks:
        result = one if result is None else result | one
    return result if result is not None and result.any() else None


def _odd(array: pa.Array) -> Mask:
    found = pc.fill_null(pc.match_substring_regex(array, _FORBIDDEN), False)
    return np.asarray(found.to_numpy(zero_copy_only=False), dtype=bool)


def _set_aside(batch: pa.RecordBatch, mask: Mask, tally: Tally, code: str, zh: str, en: str) -> None:
    rows = batch.filter(pa.array(mask))
    shown = [pc.utf8_slice_codeunits(one, 0, _EXCERPT).to_pylist() for one in rows.columns[:-1]]
    for number, values in zip(rows.columns[-1].to_pylist(), zip(*shown, strict=True), strict=True):
        tally.set_aside(number, code, zh, en, " | ".join(value for value in values if value))
