"""Parts a query file into its SELECTs, and refuses whatever else stands in it.

-- table: posts        what the SELECT below yields: interactions (also where nothing is said), posts or accounts
-- each: **/*.csv      optional: the SELECT is run once for each such file, whose name is $file; above the first label: for all
SELECT … FROM read_csv($file)                  $skip: so many lines stand above the file's header (read_csv's skip)
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

import duckdb

from clout.errors import InvalidInput

TABLES = ("interactions", "posts", "accounts")
#: What a SELECT that is run once a file may name: the file, and the lines before its header.
PARAMETERS = frozenset({"file", "skip"})
LONGEST = 1 << 20
_LABEL = re.compile(r"^\s*--\s*(table|each)\s*:\s*(.*?)\s*$")
_AT = re.compile(r"\s*LINE (\d+):.*", re.DOTALL)


@dataclass(frozen=True)
class Select:
    """One SELECT of a query file. `sql` begins with so many line ends that DuckDB counts lines as the file does."""

    query: str
    table: str
    sql: str
    line: int
    each: str | None = None
    parameters: frozenset[str] = frozenset()

    @property
    def where(self) -> str:
        """What messages call it."""
        return f"{self.query}: line {self.line}"


def parted(query: str, text: str) -> list[Select]:
    """The SELECTs of a query file's text. `query` is the file's name. Raises InvalidInput on anything else than SELECTs."""
    sections: list[tuple[str | None, int, list[str]]] = [(None, 1, [])]
    each: dict[int, str] = {}
    for number, line in enumerate(text.splitlines(), start=1):
        label = _LABEL.match(line)
        if label and label[1] == "table":
            if label[2] not in TABLES:
                raise InvalidInput(f"{query}: line {number}: table {label[2]!r} is not one of {', '.join(TABLES)}")
            sections.append((label[2], number, []))
        elif label:
            each[len(sections) - 1] = _pattern(query, number, label[2])
        sections[-1][2].append(line)
    found = [
        select
        for place, (table, first, lines) in enumerate(sections)
        if (select := _select(query, table, first, lines, each.get(place, each.get(0)), len(sections) == 1))
    ]
    if not found:
        raise InvalidInput(f"{query}: holds no SELECT; write one that yields our columns")
    for table in {select.table for select in found}:
        lines_of = [str(select.line) for select in found if select.table == table]
        if len(lines_of) > 1:
            raise InvalidInput(
                f"{query}: lines {', '.join(lines_of)}: {len(lines_of)} SELECTs yield {table}; join them by UNION ALL"
            )
    return sorted(found, key=lambda select: TABLES.index(select.table))


def _pattern(query: str, number: int, pattern: str) -> str:
    path = PurePosixPath(pattern)
    if not pattern or path.is_absolute() or ".." in path.parts:
        raise InvalidInput(
            f"{query}: line {number}: each: {pattern!r} is no pattern of files in the source's folder, like **/*.csv"
        )
    return pattern


def _select(
    query: str, table: str | None, first: int, lines: list[str], each: str | None, is_only: bool
) -> Select | None:
    sql = "\n" * (first - 1) + "\n".join(lines)
    try:
        statements = duckdb.extract_statements(sql)
    except duckdb.Error as error:
        text = str(error)
        at = _AT.search(text)
        said = _AT.sub("", text).removeprefix("Parser Error: ").strip()
        raise InvalidInput(f"{query}: line {at[1] if at else first}: {said}; mend the SQL") from error
    if not statements:
        if table is not None:
            raise InvalidInput(
                f"{query}: line {first}: no SELECT follows the label {table}; write it or remove the label"
            )
        return None
    line = next(n for n, text in enumerate(lines, start=first) if text.strip() and not text.lstrip().startswith("--"))
    for statement in statements:
        if statement.type != duckdb.StatementType.SELECT:
            kind = str(statement.type).rpartition(".")[2]
            raise InvalidInput(
                f"{query}: line {line}: {kind} is not allowed: a query reads, and is made of SELECTs alone"
            )
    if len(statements) > 1 or (table is None and not is_only):
        raise InvalidInput(
            f"{query}: line {line}: several SELECTs; say above each what it yields: -- table: {' or '.join(TABLES)}"
        )
    parameters = frozenset(statements[0].named_parameters)
    if unknown := sorted(parameters - PARAMETERS):
        raise InvalidInput(
            f"{query}: line {line}: ${unknown[0]} is not known; $file and $skip are, below a line -- each: **/*.csv"
        )
    if ("file" in parameters) != bool(each) or (parameters and not each):
        cure = "say of which: -- each: **/*.csv" if parameters else "read $file in it, or remove the line -- each"
        raise InvalidInput(f"{query}: line {line}: a SELECT that is run once a file names it $file: {cure}")
    return Select(query, table or "interactions", sql, line, each, parameters)


def read_text(file: Path) -> str:
    """A query file's text. Raises InvalidInput where it is missing, too long or not UTF-8."""
    if not file.is_file():
        raise InvalidInput(f"{file}: no such query file")
    with file.open("rb") as stream:
        content = stream.read(LONGEST + 1)
    if len(content) > LONGEST:
        raise InvalidInput(
            f"{file}: longer than {LONGEST} bytes; a query is text, and exports lie in the source's folder"
        )
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise InvalidInput(f"{file}: byte {error.start}: not UTF-8; save the query as UTF-8") from error
