"""Script of the child process that decodes one Parquet file. It runs alone, limited, and imports nothing of ours.

Here: what the footer says, and columns to texts. Not here: header rules, limits of decoded bytes (parquet).
Output: one JSON line about the file; input: one JSON line with the positions of the wanted columns; output: an Arrow stream.
"""

import json
import sys
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
import pyarrow.types as kinds

_BATCH_ROWS = 16_384
_FRACTION = r"\.0+(Z|[+-]\d{4})?$"


def main(given: dict[str, Any]) -> None:
    """Describe the file, hear what is wanted, and write it as text."""
    file = pq.ParquetFile(
        given["path"],
        memory_map=False,
        buffer_size=1024 * 1024,
        pre_buffer=False,
        thrift_string_size_limit=16 * 1024 * 1024,
        thrift_container_size_limit=1_000_000,
    )
    print(json.dumps(_describe(file, given["max_columns"])), flush=True)  # noqa: T201 - the protocol with the parent
    wanted = json.loads(sys.stdin.readline())["columns"]
    schema = pa.schema([pa.field(str(i), pa.string()) for i in range(len(wanted))])
    with pa.ipc.new_stream(sys.stdout.buffer, schema) as writer:
        for batch in file.iter_batches(_BATCH_ROWS, columns=wanted, use_threads=False):
            arrays = [to_text(batch.column(name)) for name in wanted]
            writer.write_batch(pa.record_batch(arrays, schema=schema))


def _describe(file: pq.ParquetFile, max_columns: int) -> dict[str, Any]:
    meta = file.metadata
    if meta.num_columns > max_columns:
        return {"columns": [], "count": meta.num_columns}
    groups = [meta.row_group(i) for i in range(meta.num_row_groups)]
    chunks = [group.column(i) for group in groups for i in range(meta.num_columns)]
    return {
        "columns": [[field.name, str(field.type), _is_plain(field.type)] for field in file.schema_arrow],
        "count": meta.num_columns,
        "codecs": sorted({chunk.compression for chunk in chunks}),
        "bytes": sum(chunk.total_uncompressed_size for chunk in chunks),
    }


def _is_plain(kind: pa.DataType) -> bool:
    """Tell whether values of this type have a text form."""
    if kinds.is_dictionary(kind):
        return _is_plain(kind.value_type)
    return not (
        kinds.is_nested(kind) or kinds.is_duration(kind) or kinds.is_interval(kind) or isinstance(kind, pa.BaseExtensionType)
    )


def to_text(array: pa.Array) -> pa.Array:
    """Return the values as text.

    Integers, decimals, booleans (true/false), dates and times as ISO 8601; floats by their shortest exact form, whole ones
    without `.0`; a fraction of a second only where it is not zero; zones as `Z` or `+08:00`.
    """
    kind = array.type
    if kinds.is_dictionary(kind):
        return to_text(array.dictionary_decode())
    if kinds.is_null(kind):
        return pa.nulls(len(array), pa.string())
    text = array.cast(pa.string())
    if kinds.is_decimal(kind):
        return _without_exponent(array, text)
    if kinds.is_timestamp(kind) or kinds.is_time(kind):
        text = pc.replace_substring_regex(text, pattern=_FRACTION, replacement=r"\1")
        if kinds.is_timestamp(kind) and kind.tz is not None:
            text = pc.replace_substring_regex(text, pattern=r"([+-]\d\d)(\d\d)$", replacement=r"\1:\2")
        return text
    # A file may call bytes text that are none.
    text.validate(full=True)
    return text


def _without_exponent(array: pa.Array, text: pa.Array) -> pa.Array:
    if not pc.any(pc.match_substring(text, "E")).as_py():
        return text
    return pa.array([None if value is None else format(value, "f") for value in array.to_pylist()], pa.string())


if __name__ == "__main__":
    main(json.loads(sys.argv[1]))
