"""The process that runs SELECTs over one folder and can reach nothing else. A script of its own: see query_runner.

It gets its bounds as one line of JSON on its input, then a line a SELECT, and answers in frames (one letter, eight bytes of
length, the content): T the columns as JSON, B a batch in Arrow's stream format, R the rows that read_csv rejected as JSON,
D the end, E an error as JSON. It imports nothing of Clout, so that it starts fast and holds no secret.
"""

from __future__ import annotations

import contextlib
import json
import os
import resource
import sys
from typing import Any, BinaryIO

import duckdb
import pyarrow as pa

#: Rows of a batch.
ROWS = 50_000
#: What read_csv rejected is told up to so many rows a SELECT; `rejected` counts them all.
TOLD = 10_000
_REJECTED = """
SELECT file_path, line, column_name, error_message, left(csv_line, 1000)
FROM reject_errors INNER JOIN reject_scans USING (scan_id, file_id)
QUALIFY row_number() OVER (PARTITION BY file_path, line ORDER BY byte_position) = 1
ORDER BY file_path, line
"""


def fenced(bounds: dict[str, Any]) -> duckdb.DuckDBPyConnection:
    """A connection that reads the folder `bounds["folder"]` and nothing else, and whose settings cannot be changed."""
    connection = duckdb.connect(config={"allow_unsigned_extensions": "false"})
    for name, value in {
        "threads": bounds["threads"],
        "memory_limit": f"{bounds['memory_mb']}MB",
        "temp_directory": bounds["spill"],
        "max_temp_directory_size": f"{bounds['spill_mb']}MB",
        "temp_file_encryption": True,
        "TimeZone": "UTC",
        "enable_progress_bar": False,
        "autoinstall_known_extensions": False,
        "autoload_known_extensions": False,
        "allow_community_extensions": False,
        "allow_persistent_secrets": False,
        "python_enable_replacements": False,
        "allowed_directories": [bounds["folder"].rstrip("/") + "/"],
        "enable_external_access": False,
        "lock_configuration": True,  # the last: nothing can be set after it
    }.items():
        connection.execute(f"SET {name} = {_literal(value)}")
    return connection


def _literal(value: object) -> str:
    if isinstance(value, list):
        return f"[{', '.join(map(_literal, value))}]"
    return str(value) if isinstance(value, bool | int) else "'" + str(value).replace("'", "''") + "'"


def _limit(kind: int, most: int) -> None:
    _, hard = resource.getrlimit(kind)
    resource.setrlimit(kind, (most if hard < 0 else min(most, hard), hard))


def _frame(out: BinaryIO, letter: bytes, content: bytes = b"") -> None:
    out.write(letter + len(content).to_bytes(8, "big"))
    out.write(content)
    out.flush()


def _answer(out: BinaryIO, connection: duckdb.DuckDBPyConnection, request: dict[str, Any]) -> None:
    # Tables of rejected rows are the cursor's own, so that each SELECT is told of its own only.
    with connection.cursor() as cursor:
        sql, parameters = request["sql"], request["parameters"] or None
        try:
            relation = cursor.sql(sql, params=parameters)
        except duckdb.Error:
            cursor.execute(f"EXPLAIN {sql}", parameters)  # whose error says the line, too
            raise
        if relation is None:
            raise duckdb.InvalidInputException("not a SELECT")
        _frame(
            out, b"T", json.dumps([[n, str(t)] for n, t in zip(relation.columns, relation.types, strict=True)]).encode()
        )
        for batch in relation.to_arrow_reader(ROWS):
            sink = pa.BufferOutputStream()
            with pa.ipc.new_stream(sink, batch.schema) as writer:
                writer.write_batch(batch)
            _frame(out, b"B", sink.getvalue())
        with contextlib.suppress(duckdb.CatalogException):  # there is no such table: the SELECT kept no rejected rows
            rejected = cursor.execute(_REJECTED).fetchmany(TOLD + 1)
            if rejected:
                _frame(out, b"R", json.dumps(rejected, default=str).encode())
    _frame(out, b"D")


def main() -> None:
    """Answer SELECTs until the input ends."""
    out = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)  # whatever else is printed must not get between the frames
    bounds = json.loads(sys.stdin.buffer.readline())
    os.chdir(bounds["folder"])
    # DuckDB bounds what it knows of; the system bounds the rest. What is mapped and not used counts too, hence the surplus.
    _limit(resource.RLIMIT_AS, (bounds["memory_mb"] + bounds["surplus_mb"]) << 20)
    _limit(resource.RLIMIT_CPU, bounds["cpu_seconds"])
    _limit(resource.RLIMIT_CORE, 0)
    connection = fenced(bounds)
    _frame(out, b"D")
    for line in sys.stdin.buffer:
        try:
            _answer(out, connection, json.loads(line))
        except (duckdb.Error, pa.ArrowException, MemoryError, UnicodeDecodeError) as error:
            _frame(out, b"E", json.dumps({"kind": type(error).__name__, "message": str(error)}).encode())


if __name__ == "__main__":
    main()
