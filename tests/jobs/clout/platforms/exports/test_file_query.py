"""Shows that a query reads its source's folder and nothing else, that every later check stays, and what its errors say."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pytest
from clout.config.sources import Source, read_sources
from clout.errors import InvalidInput
from clout.lake.partitions import Lake
from clout.platforms.exports import file_query, files
from clout.platforms.exports.query_runner import Bounds, QueryError, Runner
from clout.platforms.exports.query_text import parted
from clout.platforms.pull import puller
from clout.platforms.pull.rows import PullReport

DAY, NEXT = date(2026, 3, 1), date(2026, 3, 2)
TWEETS = """id,author,reply_to,reply_post,made
1,ann,bo,9,2026-03-01T10:00:00Z
2,bo,ann,1,2026-03-02T11:00:00Z
3,cy,,,2026-03-02T12:00:00Z
"""
QUERY = """-- Replies of an invented export.
-- table: interactions
WITH t AS (SELECT *, row_number() OVER () + 1 AS n FROM read_csv('*.csv', all_varchar = true, filename = true))
SELECT author AS actor, reply_to AS target, 'reply' AS kind, reply_post AS post, made AS occurred_at, filename, n AS row
FROM t WHERE reply_to IS NOT NULL;

-- table: posts
SELECT id AS post, author, made AS occurred_at FROM read_csv('*.csv', all_varchar = true)
"""


def source(folder: Path, text: str, **options: Any) -> Source:
    return Source("x", "files", folder, options={"query": "twarc.sql", "query_text": text, **options})


class Got:
    """What the reader gave, by table."""

    def __init__(self, it: Source, *days: date) -> None:
        items = list(files.read(it, set(days or (DAY, NEXT))))
        self.reports = [item for item in items if isinstance(item, PullReport)]
        self.batches = [item for item in items if not isinstance(item, PullReport)]

    def rows(self, table: str, day: date | None = None) -> list[dict[str, Any]]:
        return [row for b in self.batches if b.table == table and day in (None, b.day) for row in b.rows.to_pylist()]

    @property
    def refused(self) -> set[tuple[str, int, str]]:
        return {(row["file"], row["row"], row["reason"]) for row in self.rows("quarantine")}


@pytest.fixture
def exports(tmp_path: Path) -> Path:
    folder = tmp_path / "exports"
    folder.mkdir()
    (folder / "tweets.csv").write_text(TWEETS)
    return folder


# What a query yields ---------------------------------------------------------------------------------------------


def test_one_query_yields_many_tables_of_one_export(exports: Path) -> None:
    got = Got(source(exports, QUERY))
    assert [
        (row["actor_key"], row["target_account_key"], row["target_post_key"], row["raw_ref"])
        for row in got.rows("interactions")
    ] == [
        ("x:ann", "x:bo", "x:9", "tweets.csv:2"),
        ("x:bo", "x:ann", "x:1", "tweets.csv:3"),
    ]
    assert [row["raw_ref"] for row in got.rows("interactions", NEXT)] == ["tweets.csv:3"]
    assert got.rows("interactions", DAY)[0]["occurred_at"] == datetime(2026, 3, 1, 10, tzinfo=UTC)
    assert [row["post_key"] for row in got.rows("posts", NEXT)] == ["x:2", "x:3"]
    assert [row["raw_ref"] for row in got.rows("posts")] == ["twarc.sql:1", "twarc.sql:2", "twarc.sql:3"]
    assert [(r.subject, r.table, r.per_day) for r in got.reports] == [
        ("twarc.sql", "interactions", {DAY: 1, NEXT: 1}),
        ("twarc.sql", "posts", {DAY: 1, NEXT: 2}),
    ]
    assert got.reports[0].columns["occurred_at"] == "varchar"


EACH = """-- each: **/*.csv
-- table: interactions
SELECT author AS actor, reply_to AS target, 'reply' AS kind, made AS occurred_at, row_number() OVER () + 1 AS row
FROM read_csv($file, all_varchar = true);
-- table: accounts
SELECT DISTINCT author AS account, author = 'cy' AS opt_out FROM read_csv($file, all_varchar = true)
"""


ACCOUNTS = "-- table: accounts\nSELECT DISTINCT author AS account FROM read_csv('tw*.csv', all_varchar = true)"


def test_a_select_below_each_is_run_once_a_file_as_if_without_a_query(exports: Path) -> None:
    (exports / "2026-03-01").mkdir()
    (exports / "2026-03-01" / "more.csv").write_text(
        "id,author,reply_to,reply_post,made\n7,di,ann,,2026-03-01T09:00:00Z\n"
    )
    got = Got(source(exports, EACH), DAY)
    assert {(row["actor_key"], row["raw_ref"]) for row in got.rows("interactions", DAY)} == {
        ("x:di", "2026-03-01/more.csv:2"),
        ("x:ann", "tweets.csv:2"),
    }
    assert {(r.subject, r.table) for r in got.reports} == {
        (name, table) for name in ("2026-03-01/more.csv", "tweets.csv") for table in ("interactions", "accounts")
    }
    assert sorted(row["account_key"] for row in got.rows("accounts") if row["opt_out"]) == ["x:cy"]


def test_a_day_in_the_path_is_the_day_where_the_query_tells_the_file(exports: Path) -> None:
    (exports / "tweets-2026-03-02.csv").write_text(TWEETS)
    (exports / "tweets.csv").unlink()
    got = Got(source(exports, QUERY))
    assert [(row["actor_key"], row["occurred_at"].day) for row in got.rows("interactions", NEXT)] == [
        ("x:ann", 1),
        ("x:bo", 2),
    ]
    assert got.rows("interactions", DAY) == []


def test_accounts_of_dated_files_want_a_select_a_file(exports: Path) -> None:
    (exports / "tweets-2026-03-02.csv").write_text(TWEETS)
    text = "-- table: accounts\nSELECT author AS account, filename FROM read_csv('*.csv', all_varchar = true, filename = true)"
    with pytest.raises(
        InvalidInput, match=r"twarc.sql: line 2: accounts of tweets-2026-03-02.csv hold .*-- each: \*\*/\*.csv"
    ):
        Got(source(exports, text))


def test_all_later_checks_stay(exports: Path) -> None:
    (exports / "accounts.csv").write_text("account,opt_out\ncy,true\n")
    (exports / "tweets.csv").write_text(
        TWEETS
        + "4,1.5E+17,bo,,2026-03-01T10:00:00Z\n5,di,bo,,yesterday\n6,di,cy,,2026-03-01T10:00:00Z\n"
        + "7,cy,bo,,2026-03-01T10:00:00Z\n"
    )
    got = Got(source(exports, QUERY.replace("*.csv", "tw*.csv").split(";")[0]))
    assert got.refused == {
        ("tweets.csv", 5, "actor: '1.5E+17' is not an id"),
        ("tweets.csv", 6, "occurred_at: 'yesterday' is not a time between 1990 and 2100, like 2026-03-01T12:00:00Z"),
    }
    assert {row["actor_key"] for row in got.rows("interactions")} == {
        "x:ann",
        "x:bo",
    }  # accounts.csv is read, and heeded
    assert [r.excluded_per_day for r in got.reports if r.table == "interactions"] == [{DAY: 2}]
    assert [(r.rows_quarantined, r.quarantined_per_day) for r in got.reports if r.table == "interactions"] == [
        (2, {DAY: 2, NEXT: 2})
    ]


def test_a_query_may_refuse_rows_and_tell_lines_that_cannot_be_read(exports: Path) -> None:
    (exports / "tweets.csv").write_text(TWEETS + "4,di\n5,,bo,,2026-03-01T10:00:00Z\n")
    text = """SELECT author AS actor, reply_to AS target, 'reply' AS kind, made AS occurred_at, filename,
      row_number() OVER () + 1 AS row, CASE WHEN author IS NULL THEN 'author: is empty' END AS refused
      FROM read_csv('*.csv', all_varchar = true, filename = true, header = true, delim = ',', store_rejects = true)"""
    assert Got(source(exports, text)).refused == {
        ("tweets.csv", 5, "line 5: reply_to: Expected Number of Columns: 5 Found: 2"),
        ("tweets.csv", 5, "author: is empty"),
    }


def test_an_account_row_that_cannot_be_read_stops_the_pull(exports: Path) -> None:
    (exports / "tweets.csv").write_text(TWEETS + "4,di\n")
    text = EACH.replace(
        "all_varchar = true)\n", "all_varchar = true, header = true, delim = ',', store_rejects = true)\n"
    )
    with pytest.raises(InvalidInput, match=r"tweets.csv: row 5: .*An account row may hold somebody's opt-out"):
        Got(source(exports, text))


@pytest.mark.parametrize(
    "text", [QUERY.replace("*.csv", "tw*.csv") + ";\n" + ACCOUNTS, EACH, QUERY.replace("*.csv", "tw*.csv")]
)
def test_an_accounts_file_of_ours_is_heeded_beside_any_query(exports: Path, text: str) -> None:
    (exports / "accounts-no.csv").write_text("account,opt_out\nbo,true\n")
    got = Got(source(exports, text))
    assert got.rows("interactions") == []
    assert {row["account_key"] for row in got.rows("accounts") if row["opt_out"]} >= {"x:bo"}


def test_an_accounts_file_that_a_query_names_is_the_querys(exports: Path) -> None:
    (exports / "accounts-no.csv").write_text("login,left\nbo,true\n")
    text = QUERY.replace("*.csv", "tw*.csv")
    with pytest.raises(InvalidInput, match=r"accounts-no.csv: row 1: no column account"):
        Got(source(exports, text))
    named = "-- table: accounts\nSELECT login AS account, \"left\" AS opt_out FROM read_csv('accounts-no.csv')"
    assert Got(source(exports, f"{text};\n{named}")).rows("interactions") == []


def test_a_file_that_no_select_reads_is_told(exports: Path) -> None:
    for name in ("other.tsv", "book-2026-03-01.xlsx", "notes.md"):
        (exports / name).write_text("x")
    told = {r.subject: (r.status, r.reason) for r in Got(source(exports, EACH)).reports if r.status != "complete"}
    assert told["other.tsv"] == ("skipped", "read by no SELECT of twarc.sql")
    assert set(told) == {"other.tsv", "book-2026-03-01.xlsx", "notes.md"}


def test_types_of_a_query_give_what_texts_give(exports: Path) -> None:
    text = """SELECT 88::UBIGINT AS actor, 'bo'::ENUM('bo') AS target, 'like' AS kind,
      170141183460469231731687303715884105727 AS post,
      TIMESTAMP '2026-03-01 10:00:00' AS occurred_at UNION ALL
      SELECT 89, 'bo', 'like', 5, TIMESTAMPTZ '2026-03-01 12:00:00+02'::TIMESTAMP"""
    got = Got(source(exports, text)).rows("interactions")
    assert [(row["actor_key"], row["target_post_key"], row["occurred_at"].hour) for row in got] == [
        ("x:88", "x:170141183460469231731687303715884105727", 10),
        ("x:89", "x:5", 10),
    ]
    text = "-- table: posts\nSELECT uuid() AS post, 'ann' AS author, DATE '2026-03-01' AS occurred_at"
    ids = Got(source(exports, text))
    assert len(ids.rows("posts", DAY)[0]["native_id"]) == 36


# Errors ----------------------------------------------------------------------------------------------------------

GOOD = "SELECT 'a' AS actor, 'b' AS target, 'like' AS kind, '2026-03-01' AS occurred_at"
PLAIN = "columns = {a: 'INT', b: 'INT'}, auto_detect = false"


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("SELECT 'a' AS actor,,", "twarc.sql: line 1: syntax error"),
        ("\n\nSELECT\n 'a' FROM FROM", "twarc.sql: line 4: syntax error"),
        ("-- nothing", "twarc.sql: holds no SELECT"),
        (GOOD.replace("AS target", "AS tagret"), "line 1: column tagret is none of ours, .*; name it AS target"),
        (GOOD.replace("'b' AS target, ", ""), "line 1: yields no column target; found actor, kind, occurred_at. Name it"),
        (GOOD + ", 1 AS ACTOR", "line 1: two columns are named actor"),
        (GOOD.replace("'a'", "['a']"), r"line 1: column actor is VARCHAR\[\]; it must hold text"),
        (GOOD.replace("'a'", "1.5::DOUBLE"), "line 1: column actor is DOUBLE; which rounds long ids"),
        (GOOD.replace("'a'", "'{}'::JSON"), "line 1: column actor is JSON; take the text out of it: ->>"),
        (GOOD.replace("'a'", "'a'::BLOB"), r"line 1: column actor is BLOB; make text of it: decode\(actor\)"),
        (GOOD.replace("'2026-03-01'", "12"), "line 1: column occurred_at is INTEGER; a number is no time: name seconds AS"),
        (GOOD.replace("'2026-03-01' AS occurred_at", "DATE '2026-03-01' AS unix_ts"), "unix_ts is DATE; name a time AS"),
        (GOOD + ", 'x' AS row", "line 1: column row is VARCHAR; a row's number is whole"),
        (GOOD + " FROM read_csv('tweets.csv') WHERE\n nosuch = 1", r"line 2: .*column \"nosuch\" not found.* mend the one"),
        (GOOD + " FROM read_csv('none.csv')", r"No files found .*\"none.csv\"; look whether the file"),
        (GOOD + " WHERE false", "twarc.sql: yields no row"),
        (GOOD + " FROM read_csv('torn.csv', header = true, delim = ',')", "torn.csv: its lines have no delimiter, .*; mend"),
        (GOOD + f" FROM read_csv('torn.csv', {PLAIN})", "torn.csv line 3: Expected Number of Columns: 2 Found: 1; mend"),
        (GOOD + " FROM read_json('torn.jsonl')", r"JSON in file \"torn.jsonl\", at byte \d+ in line \d: .*; mend"),
        (GOOD.replace("'a'", "x::INT") + " FROM (VALUES ('y')) t(x)", "Could not convert string 'y' to INT32.*mend the row"),
        (GOOD.replace("'2026", "'2O26"), "every one of its 1 rows was refused; the first, twarc.sql row 1: occurred_at: '2O26"),
        ("-- table: people\n" + GOOD, "line 1: table 'people' is not one of interactions, posts, accounts"),
        (GOOD + ";\n" + GOOD, "line 1: several SELECTs; say above each what it yields: -- table:"),
        (GOOD + ";\n-- table: posts\n" + GOOD, "line 1: several SELECTs"),
        ("-- table: posts\n" + GOOD + ";\n-- table: posts\n" + GOOD, "lines 2, 4: 2 SELECTs yield posts; join"),
        ("-- table: posts\n", "line 1: no SELECT follows the label posts"),
        ("-- each: *.csv\n" + GOOD, "line 2: a SELECT that is run once a file names it \\$file: read \\$file in it"),
        (GOOD + " FROM read_csv($file)", "names it \\$file: say of which: -- each:"),
        (GOOD + " FROM read_csv($path)", r"\$path is not known; \$file and"),
        ("-- each: ../*.csv\n" + GOOD, "line 1: each: '../\\*.csv' is no pattern of files in the source's folder"),
        ("-- each: *.tsv\n" + GOOD + " FROM read_csv($file)", r"line 2: no file \*.tsv lies in .*; mend the line -- each"),
    ],
)  # fmt: skip
def test_errors_name_query_line_column_and_cure(exports: Path, text: str, said: str) -> None:
    (exports / "torn.csv").write_text("a,b\n1,2\n3\n")
    (exports / "torn.jsonl").write_text('{"a": 1}\n{"a":\n{"a": 3}\n')
    with pytest.raises(InvalidInput, match=said):
        Got(source(exports, text))


# The fence -------------------------------------------------------------------------------------------------------

STATEMENTS = """
ATTACH '/tmp/x.duckdb'
COPY (SELECT 1) TO 'out.csv'
COPY t FROM '/etc/passwd'
CREATE TABLE t AS SELECT 1
CREATE MACRO f(x) AS x
CREATE SECRET s (TYPE http, BEARER_TOKEN 'x')
INSTALL httpfs
LOAD httpfs
FORCE INSTALL httpfs FROM community
PRAGMA database_list
PRAGMA enable_profiling
SET enable_external_access = true
RESET allowed_directories
SET VARIABLE x = 1
CALL enable_logging()
EXPORT DATABASE 'out'
IMPORT DATABASE 'out'
EXPLAIN SELECT 1
PREPARE p AS SELECT 1
EXECUTE p
USE memory
CHECKPOINT
VACUUM
BEGIN
INSERT INTO t VALUES (1)
DELETE FROM t
DROP TABLE t
PIVOT (SELECT 1 AS a, 2 AS b) ON a USING sum(b)
SELECT 1; COPY (SELECT 1) TO 'out.csv'
""".strip().splitlines()


@pytest.mark.parametrize("statement", STATEMENTS)
def test_a_query_is_made_of_selects_alone(statement: str) -> None:
    with pytest.raises(InvalidInput, match=r"q.sql: line 1: [A-Z_]+ is not allowed: a query reads"):
        parted("q.sql", statement)


#: What each would reach is said by the words of the refusal.
ESCAPES = {
    "SELECT * FROM read_text('/etc/passwd')": "disabled by configuration",
    "SELECT * FROM read_text('../secret.txt')": "disabled by configuration",
    "SELECT * FROM read_text('./../secret.txt')": "disabled by configuration",
    "SELECT * FROM read_text('sub/../../secret.txt')": "disabled by configuration",
    "SELECT * FROM read_blob('/proc/self/environ')": "disabled by configuration",
    "SELECT * FROM read_blob('/dev/stdin')": "disabled by configuration",
    "SELECT * FROM read_csv('file:///etc/passwd')": "disabled by configuration",
    "SELECT * FROM '/etc/passwd.csv'": "disabled by configuration",
    "SELECT * FROM read_json('/etc/hosts')": "disabled by configuration",
    "SELECT * FROM parquet_metadata('/etc/passwd')": "disabled by configuration",
    "SELECT * FROM sniff_csv('/etc/passwd')": "disabled by configuration",
    "SELECT * FROM read_duckdb('../other.duckdb')": "disabled by configuration",
    "SELECT * FROM glob('..')": "disabled by configuration",
    "SELECT * FROM glob('../*')": "disabled by configuration",
    "SELECT * FROM glob('/etc/*')": "disabled by configuration",
    "SELECT * FROM glob('sub/../../*')": "disabled by configuration",
    "SELECT * FROM read_text('../exports2/secret.txt')": "disabled by configuration",
    "SELECT * FROM read_csv('https://127.0.0.1:9/x.csv')": "disabled by configuration",
    "SELECT * FROM 's3://bucket/x.parquet'": "disabled by configuration",
    "SELECT * FROM read_csv('hf://datasets/x/y.csv')": "disabled by configuration",
    "SELECT * FROM query('SELECT * FROM read_text(''/etc/passwd'')')": "disabled by configuration",
    "SELECT * FROM query('COPY (SELECT 1) TO ''out.csv''')": "Expected a single SELECT",
    "SELECT * FROM enable_logging(storage = 'file', storage_path = 'log')": "configuration has been locked",
    "SELECT * FROM sqlite_scan('x.db', 't')": "not in the catalog",
    "SELECT * FROM postgres_query('', 'SELECT 1')": "does not exist|not in the catalog",
    "SELECT getenv('HOME')": "does not exist",
    "SELECT * FROM arrow_scan(1, 2, 3)": "No function matches",
    "SELECT * FROM python_map_function(1)": "requires a subquery",
    "SELECT * FROM secret": "does not exist",
}  # fmt: skip


@pytest.fixture(scope="module")
def runner(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Runner]:
    folder = tmp_path_factory.mktemp("fenced") / "exports"
    (folder / "sub").mkdir(parents=True)
    (folder.parent / "exports2").mkdir()
    for place in ("secret.txt", "exports2/secret.txt"):
        (folder.parent / place).write_text("a secret")
    with Runner(folder, Bounds()) as it:
        yield it
    assert [str(path.relative_to(folder)) for path in folder.rglob("*")] == ["sub"]  # and nothing was written


@pytest.mark.parametrize("sql", ESCAPES)
def test_a_query_reaches_nothing_but_its_folder(runner: Runner, sql: str) -> None:
    secret = "a secret"  # a table of that name is no variable of Python's
    assert secret
    with pytest.raises(QueryError, match=ESCAPES[sql]):
        list(runner.answers(sql, {}))


def test_the_process_has_no_environment_no_extension_and_locked_settings(
    runner: Runner, monkeypatch: pytest.MonkeyPatch
) -> None:
    def first(sql: str) -> Any:
        (rows,) = (content.to_pylist() for letter, content in runner.answers(sql, {}) if letter == "B")
        return rows

    assert first("SELECT count(*) AS n FROM duckdb_databases() WHERE NOT internal") == [{"n": 1}]
    assert first("SELECT count(*) AS n FROM duckdb_secrets()") == [{"n": 0}]
    settings = "SELECT value FROM duckdb_settings() WHERE name = "
    for name, value in {"enable_external_access": "false", "lock_configuration": "true", "TimeZone": "Etc/UTC"}.items():
        assert first(f"{settings}'{name}'") == [{"value": value}]
    assert runner._process is not None
    assert Path(f"/proc/{runner._process.pid}/environ").read_bytes() == b""


@pytest.mark.parametrize(
    "sql",
    [
        "SELECT count(*) FROM range(1000000000000) a, range(1000) b WHERE a.range % 7 = b.range",
        "SELECT sleep_ms(60000)",
        "WITH RECURSIVE r AS (SELECT 1 AS n UNION ALL SELECT n + 1 FROM r) SELECT max(n) FROM r",
    ],
)
def test_a_query_that_takes_too_long_is_ended(tmp_path: Path, sql: str) -> None:
    with Runner(tmp_path, Bounds(seconds=1.5)) as runner:
        with pytest.raises(QueryError, match=r"took longer than 1.5 seconds") as caught:
            list(runner.answers(sql, {}))
        assert caught.value.kind == "Slow"
        assert runner._process is None


def test_a_query_that_wants_too_much_memory_ends_alone(exports: Path) -> None:
    text = f"{GOOD}, (SELECT len(array_agg(repeat('x', 1000) || range)) FROM range(9000000)) AS row"
    with pytest.raises(InvalidInput, match=r"twarc.sql: line 1: needs more memory than it may take; raise memory_mb"):
        Got(source(exports, text, memory_mb=256))


@pytest.mark.parametrize("kind", ["file", "folder", "chain"])
def test_a_link_out_of_the_folder_is_refused_and_one_within_is_not(exports: Path, tmp_path: Path, kind: str) -> None:
    (exports / "more.csv").symlink_to(exports / "tweets.csv")
    assert len(Got(source(exports, QUERY)).rows("interactions")) == 4
    (tmp_path / "secret.csv").write_text(TWEETS)
    if kind == "chain":
        (tmp_path / "via").symlink_to(tmp_path / "secret.csv")
    target = {"file": "secret.csv", "folder": ".", "chain": "via"}[kind]
    (exports / "out.csv").symlink_to(tmp_path / target)
    with pytest.raises(
        InvalidInput, match=r"out.csv: a link that leads out of .*, where a query may not read; copy the file"
    ):
        Got(source(exports, QUERY))
    with Runner(exports, Bounds()) as runner, pytest.raises(QueryError, match="disabled by configuration"):
        list(
            runner.answers(
                "SELECT * FROM read_text('out.csv*')"
                if kind != "folder"
                else "SELECT * FROM read_text('out.csv/secret.csv')",
                {},
            )
        )


def test_a_pipe_in_the_folder_is_refused(exports: Path) -> None:
    os.mkfifo(exports / "tweets2.csv")
    with pytest.raises(InvalidInput, match=r"tweets2.csv: neither a file nor a folder"):
        Got(source(exports, QUERY))


# The configuration, and when days are read again -----------------------------------------------------------------


def configured(exports: Path, lines: str) -> Source:
    toml = exports.parent / "sources.toml"
    toml.write_text(f'[[source]]\nname = "x"\npath = "exports"\n{lines}\n')
    return read_sources(toml).named("x")


@pytest.mark.parametrize(
    ("lines", "said"),
    [
        ('query = "none.sql"', "none.sql: no such query file"),
        ('query = "SELECT 1"', "query = 'SELECT 1' is not the name of a file, like twarc.sql"),
        ('query = "twarc.sql"\ndelimiter = ";"', "delimiter has no effect on a query.*: remove it"),
        ('query = "twarc.sql"\ncolumns = {actor = "a"}', "columns has no effect on a query"),
        ('preset = "myspace"', "preset = 'myspace' is not one of "),
        ("memory_mb = 512", "memory_mb bounds a query, and there is none"),
        ('query = "twarc.sql"\nmemory_mb = 1', "memory_mb = 1 is not a whole number from 256"),
    ],
)
def test_a_wrong_configuration_is_told_with_the_cure(exports: Path, lines: str, said: str) -> None:
    (exports.parent / "twarc.sql").write_text(QUERY)
    with pytest.raises(InvalidInput, match=said):
        configured(exports, lines)


def test_another_query_or_another_file_has_days_read_again(exports: Path) -> None:
    (exports.parent / "twarc.sql").write_text(QUERY)
    lake, lines, said = Lake(exports.parent / "lake"), 'query = "twarc.sql"', []

    def pull() -> list[date]:
        return puller.pull(lake, configured(exports, lines), [DAY, NEXT], said.append).written

    assert pull() == [DAY, NEXT]
    assert pull() == []
    (exports / "tweets.csv").write_text(TWEETS + "4,di,bo,,2026-03-02T10:00:00Z\n")
    assert pull() == [NEXT]  # the asked day; of the other it is said
    assert any("files of 1 earlier days changed" in line for line in said)
    (exports.parent / "twarc.sql").write_text(QUERY.replace("'reply' AS kind", "'mention' AS kind"))
    assert pull() == [DAY, NEXT]


def test_a_file_of_another_day_does_not_concern_the_asked_one(exports: Path) -> None:
    it = source(exports, EACH.partition("-- table: accounts")[0])
    (exports / "tweets-2026-03-01.csv").write_text(TWEETS)
    before = files.inventory(it, [NEXT])
    assert set(before[NEXT]) == {"tweets.csv"}
    (exports / "tweets-2026-03-01.csv").write_text(TWEETS * 2)
    assert files.inventory(it, [NEXT]) == before
    assert files.inventory(it, [DAY])[DAY]["tweets-2026-03-01.csv"].is_sure


def test_the_process_imports_nothing_of_clout() -> None:
    script = Path(file_query.__file__).with_name("query_process.py")
    done = subprocess.run(
        [sys.executable, "-I", str(script)], input=b"", capture_output=True, cwd="/", env={}, check=False
    )
    assert b"JSONDecodeError" in done.stderr  # it got as far as to ask for its bounds
    assert "clout" not in script.read_text().replace("Clout", "").split("import")[0]
