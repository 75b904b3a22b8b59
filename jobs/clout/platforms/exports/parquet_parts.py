"""Reads a Parquet file in parts that fit into memory, however much one page of it unpacks to.

A page of a dictionary may hold one cell of a megabyte and say two thousand times that it is meant: such columns are read as
dictionaries, and unpacked only as far as the limits of files allow.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from clout.platforms.exports.file_limits import BATCH_BYTES, check_columns, check_expansion
from clout.platforms.pull.rows import BATCH_ROWS


def is_text(kind: pa.DataType) -> bool:
    """Whether a column's cells have any length."""
    tests = (pa.types.is_string, pa.types.is_large_string, pa.types.is_binary, pa.types.is_large_binary)
    return any(test(kind) for test in tests)


def parts(file: Path, columns: list[str]) -> Iterator[pa.RecordBatch]:
    """The columns in parts of at most BATCH_ROWS rows and about BATCH_BYTES bytes; texts may come as dictionaries.

    Raises InvalidInput where the file unpacks to more than an export does.
    """
    schema = pq.read_schema(file)
    check_columns(file, len(schema.names))
    texts = [name for name in columns if is_text(schema.field(name).type)]
    with pq.ParquetFile(file, read_dictionary=texts) as parquet:
        unpacked, row = 0, 1
        places = [place for place, name in enumerate(schema.names) if name in columns]
        stored = _stored(parquet.metadata, {schema.names[place] for place in places})
        check_expansion(file, stored)
        a_row = stored // max(parquet.metadata.num_rows, 1)
        for batch in parquet.iter_batches(max(1, min(BATCH_ROWS, BATCH_BYTES // max(a_row, 1))), columns=columns):
            lengths = _lengths(batch)
            ends = np.cumsum(lengths)
            start = 0
            while start < batch.num_rows:
                before = ends[start - 1] if start else 0
                end = max(start + 1, int(np.searchsorted(ends, before + BATCH_BYTES, "right")))
                unpacked += int(ends[end - 1] - before)
                check_expansion(file, unpacked, row + start)
                yield batch.slice(start, end - start)
                start = end
            row += batch.num_rows


def _stored(metadata: pq.FileMetaData, names: set[str]) -> int:
    """Bytes of the columns' pages before they are packed."""
    groups = (metadata.row_group(number) for number in range(metadata.num_row_groups))
    chunks = (group.column(place) for group in groups for place in range(metadata.num_columns))
    return sum(chunk.total_uncompressed_size for chunk in chunks if chunk.path_in_schema in names)


def _lengths(batch: pa.RecordBatch) -> np.ndarray:
    """Bytes of each row's cells, once they are unpacked."""
    total = np.full(batch.num_rows, 8, np.int64)
    for column in batch.columns:
        if pa.types.is_dictionary(column.type):
            lengths = pc.binary_length(column.dictionary).take(column.indices)
        elif is_text(column.type):
            lengths = pc.binary_length(column)
        else:
            continue
        total += pc.fill_null(lengths, 0).to_numpy(zero_copy_only=False)
    return total
