"""The tasks of a night on buckets of people. bucket_speed.py hands them out, and measures them.

A measured design, not an engine: model v2 of the score date alone, on one platform, without linked or excluded accounts.
People are numbers in the order of their keys, and somebody's bucket is their number modulo B: no hash, no collisions, and the
order of adding is that of one process, so that every B gives the same floats. Tasks read and write Parquet themselves:

    know        everybody's number, credibility                                                        one task
    split       some days of activity: keys to numbers, one file, row groups by the actor's bucket     a task per group of days
    by_actor    acts, strengths, on how many people each actor acted; a file, by the target's bucket   a task per bucket
    by_target   pairs with the acts back, which lie in the same bucket; the audiences of seeds.sql     a task per bucket
    graph       seeds, trust and ranks; the edges of a bucket's targets are a block of the matrix      one task
    measures    weights to scores of a bucket, and the first of its influences                         a task per bucket
    influences  the first of all, by person                                                            a task per bucket
    stage       the buckets' rows with keys, in the order of keys                                      a task per table

One exchange of acts and strengths, from actors to targets. Queries that look at more than a bucket (pairs, seeds, influences,
counted's span of days) are cut in two here. What was found: jobs/decisions/0025-buckets-hold.md.
"""

from __future__ import annotations

import os
import sys
from itertools import pairwise
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[2]
sys.path[:0] = [str(ROOT / "jobs"), str(ROOT / "tests")]

import numpy as np  # noqa: E402
import pyarrow as pa  # noqa: E402
import pyarrow.parquet as pq  # noqa: E402
from bench.generate import DAY, PLATFORM  # noqa: E402
from clout.engine import queries  # noqa: E402
from clout.lake.partitions import window  # noqa: E402
from clout.lake.schemas import KINDS  # noqa: E402
from clout.score import variants  # noqa: E402
from clout.score.model import read_model  # noqa: E402
from clout.score.plan import numbers  # noqa: E402

V2 = read_model(queries.SQL / "models" / "v2.toml")
MODEL = variants.score_alone(V2)
PARAMETERS = {**numbers(MODEL), "day": DAY}
#: What is compared, each with what its rows are sorted by.
TABLES = {
    "score": ("variant", "person_id"),
    "platform_score": ("variant", "platform", "person_id"),
    "influences": ("person_id", "direction", "place"),
}
#: Columns that are words; files hold them as text.
_WORDS = {"platform": "platforms", "variant": "variants", "reverse_from": "variants", "kind": "kinds"}
_DATED = "hive_partitioning = true, hive_types = {'ds': DATE}"
_ALL_DAYS = {"first_day": window(DAY, V2.stored_days)[0], "last_day": DAY}

#: sql/v2/pairs.sql up to `busy`, which is known where the actor is.
KNOWN = """
SELECT v.variant, v.reverse_from, s.platform, s.actor, s.target, s.strength, s.interactions, s.first_day, s.last_day,
  coalesce(c.credibility, 1e0) AS credibility,
  CASE WHEN c.created_on IS NULL THEN 1e0
    ELSE least(1e0, greatest(0e0, (unix_date(v.evaluated_on) - unix_date(c.created_on) - {unvouched_from_days})
      / ({unvouched_full_days} - {unvouched_from_days}))) END AS matured,
  y.targets, s.target % {buckets} AS b
FROM strengths AS s
JOIN variants AS v ON v.strengths_from = s.variant
JOIN (SELECT actor, count(DISTINCT target) AS targets FROM strengths GROUP BY actor) AS y ON y.actor = s.actor
LEFT JOIN credibility AS c ON c.evaluated_on = v.evaluated_on AND c.platform = s.platform AND c.person_id = s.actor
"""
#: And the rest of it, where the target is.
PAIRS = """
WITH united AS (
  SELECT variant, reverse_from, actor, target, CAST(sum(CAST(strength AS DECIMAL(24, 12))) AS DOUBLE) AS strength,
    max(credibility) AS credibility, max(matured) AS matured, max(targets) AS targets,
    CASE WHEN min(first_day) = max(last_day) THEN max(last_day) END AS only_day
  FROM known GROUP BY variant, reverse_from, actor, target
), acted_back AS (
  SELECT variant, actor, target, CAST(sum(CAST(strength AS DECIMAL(24, 12))) AS DOUBLE) AS strength FROM back GROUP BY ALL
), moved AS (
  SELECT u.*, b.strength IS NOT NULL AS acted_back, (1e0 - exp(-u.strength))
    * (1e0 - {rho} * coalesce(least(u.strength, coalesce(b.strength, 0e0)) / nullif(u.strength, 0e0), 0e0)) AS q
  FROM united AS u LEFT JOIN acted_back AS b ON b.variant = u.reverse_from AND b.actor = u.target AND b.target = u.actor
)
SELECT k.variant, k.platform, k.actor, k.target, m.strength, k.interactions, k.first_day, k.last_day, m.only_day,
  m.q, m.credibility, m.matured, m.targets, m.acted_back,
  coalesce(k.strength / nullif(m.strength, 0e0), 0e0) AS share,
  m.credibility * m.q * coalesce(k.strength / nullif(m.strength, 0e0), 0e0) AS weight
FROM known AS k JOIN moved AS m ON m.variant = k.variant AND m.actor = k.actor AND m.target = k.target
"""
#: sql/v2/seeds.sql in two: per target, and over all.
AUDIENCES = """
SELECT variant, platform, target AS person_id, count(*) AS people, sum(CAST(
    CASE WHEN credibility >= {credible_at} AND targets >= 2 THEN credibility / targets ELSE 0e0 END
  AS DECIMAL(24, 12))) AS votes,
  min(first_day) AS first_day, max(last_day) AS last_day
FROM pairs GROUP BY ALL
"""
SEEDS = """
WITH placed AS (
  SELECT *, row_number() OVER (PARTITION BY variant, platform ORDER BY people DESC, person_id) AS place FROM audiences
), least_audience AS (
  SELECT variant, platform, min(people) AS people FROM placed WHERE place <= {seed_place} GROUP BY variant, platform
), candidates AS (
  SELECT a.variant, a.platform, a.person_id,
    row_number() OVER (PARTITION BY a.variant, a.platform ORDER BY a.votes DESC, a.person_id) AS place
  FROM audiences AS a JOIN least_audience AS l USING (variant, platform) JOIN variants AS v USING (variant)
  LEFT JOIN credibility AS c USING (evaluated_on, platform, person_id)
  WHERE a.votes >= {seed_votes} AND a.people >= l.people AND a.people >= {seed_people}
    AND (c.created_on IS NULL OR unix_date(v.evaluated_on) - unix_date(c.created_on) >= {seed_age_days})
)
SELECT variant, platform, person_id, false AS named FROM candidates WHERE place <= {seed_place}
"""
#: sql/v2/influences.sql in two: each direction is complete in one bucket, the other's first are enough.
FIRST = """
SELECT * EXCLUDE (place), person_id % {buckets} AS b FROM (
  SELECT *, row_number() OVER (PARTITION BY person_id, direction ORDER BY strength DESC, other_id) AS place FROM (
    SELECT w.person_id, w.direction, w.other_id, round(max(w.q), 6) AS strength,
      CAST(sum(w.interactions) AS BIGINT) AS interactions, max(w.last_day) AS last_day
    FROM (SELECT target AS person_id, 'moves' AS direction, actor AS other_id, q, interactions, last_day FROM weights
      UNION ALL SELECT actor, 'moved_by', target, q, interactions, last_day FROM weights) AS w
    LEFT JOIN score AS s ON s.person_id = w.person_id AND w.direction = 'moves'
    WHERE w.direction = 'moved_by' OR s.score IS NOT NULL
    GROUP BY w.person_id, w.direction, w.other_id HAVING sum(w.interactions) >= {min_interactions}))
WHERE place <= {top}
"""
INFLUENCES = """
SELECT DATE '{day}' AS ds, person_id, direction, CAST(place AS INT) AS place, other_id, strength, interactions, last_day FROM (
  SELECT i.*, row_number() OVER (PARTITION BY i.person_id, direction ORDER BY i.strength DESC, other_id) AS place
  FROM '{out}/first-*.parquet' AS i
  JOIN '{out}/score-{bucket}.parquet' AS s ON s.person_id = i.person_id AND s.score IS NOT NULL
  WHERE i.b = {bucket})
WHERE place <= {top}
"""


class Task:
    """DuckDB for one task: one thread and its own small memory."""

    def __init__(self, night: dict[str, Any], memory: str = "1500MiB") -> None:
        self.out, self.files, self.buckets = night["out"], night["files"], night["buckets"]
        self.con = queries.connect()
        rows = variants.variants(MODEL, DAY)
        words = {"kinds": KINDS, "platforms": [PLATFORM], "variants": [row[0] for row in rows]}
        for statement in (
            f"SET threads = 1; SET memory_limit = '{memory}'; SET preserve_insertion_order = false",
            f"SET temp_directory = '{self.out}/spilled'",
            *(f"CREATE TYPE {name} AS ENUM ({', '.join(map(repr, sorted(each)))})" for name, each in words.items()),
            "CREATE TABLE excluded (account_key INTEGER); CREATE TABLE persons (account_key INTEGER, person_id INTEGER)",
        ):
            self.con.execute(statement)
        named = [dict(zip(variants.SCHEMA.names, row, strict=True)) for row in rows]
        self.con.register("given", pa.Table.from_pylist(named, variants.SCHEMA))
        columns = ", ".join(
            f"CAST({name} AS variants) AS {name}" for name in ("variant", "strengths_from", "reverse_from")
        )
        self.make("variants", f"SELECT * REPLACE ({columns}) FROM given")

    def make(self, name: str, text: str, bound: Any = None) -> None:
        """A table."""
        self.con.execute(f"CREATE TABLE {name} AS {text}", bound)

    def run(self, *names: str, **instead: str) -> None:
        """Queries of sql/, each over the tables of its inputs' names. instead: input -> another table."""
        for name in names:
            query = queries.of_formulas("v2", name)
            inputs = {each: instead.get(each, each) for each in queries.load(query).inputs}
            self.make(name, *queries.for_duckdb(query, PARAMETERS | _ALL_DAYS, inputs))

    def cut(self, text: str, **more: Any) -> str:
        """The text of half a query with the model's numbers."""
        return text.format(**PARAMETERS | {"buckets": self.buckets, "out": self.out} | more)

    def read(self, name: str, bucket: int | None = None, columns: str = "*") -> str:
        """A SELECT of a table's files, of one bucket's rows where it is told."""
        files = f"'{self.out}/{name}.parquet'"
        there = self.con.sql(f"SELECT {columns} FROM {files}").columns
        words = ", ".join(f"CAST({each} AS {_WORDS[each]}) AS {each}" for each in there if each in _WORDS)
        where = "" if bucket is None else f" WHERE b = {bucket}"
        dropped = "b" if "b" in there and columns == "*" else ""
        exclude = f" EXCLUDE ({dropped})" if dropped else ""
        return (
            f"SELECT {columns}{exclude}{f' REPLACE ({words})' if words and columns == '*' else ''} FROM {files}{where}"
        )

    def write(self, text: str, name: str, order: str = "") -> None:
        """A file, complete or not there. A task done again writes it again."""
        aside = f"{self.out}/{name}.{os.getpid()}"
        ordered = f" ORDER BY {order}" if order else ""
        self.con.execute(f"COPY ({text}{ordered}) TO '{aside}' (FORMAT parquet, COMPRESSION lz4)")
        Path(aside).replace(f"{self.out}/{name}.parquet")

    def source(self, table: str, options: str = "") -> str:
        """A FROM of a table of the lake."""
        return f"read_parquet({self.files[table]}{', ' + options if options else ''})"


def know(night: dict[str, Any]) -> int:
    """Give everybody their number, and how many there are."""
    task = Task(night, "3GiB")
    columns = (("activity", "actor"), ("activity", "target"), ("post_actions", "actor"), ("posts", "author_key"))
    keys = " UNION ".join(
        f"SELECT DISTINCT {column} AS key FROM {task.source(table)}"
        for table, column in (*columns, ("accounts", "account_key"))
    )
    numbered = (
        f"SELECT key, CAST(row_number() OVER (ORDER BY key) AS INTEGER) AS id FROM ({keys}) WHERE key IS NOT NULL"
    )
    task.write(numbered, "keys", "key")
    task.make("keys", task.read("keys"))
    task.make(
        "account_states",
        f"SELECT '{PLATFORM}'::platforms AS platform, id AS account_key, created_at, is_bot"
        f" FROM {task.source('accounts')} JOIN keys ON key = account_key",
    )
    task.run("credibility")
    task.write(f"SELECT *, person_id % {task.buckets} AS b FROM credibility", "credibility", "b")
    posting = f"FROM {task.source('posts')} JOIN keys ON key = author_key"
    task.write(f"SELECT DISTINCT '{PLATFORM}' AS platform, id AS person_id {posting}", "present-posts")
    return task.con.sql("FROM keys").shape[0]


def posts(night: dict[str, Any]) -> None:
    """Amplification, in one task."""
    task = Task(night)
    queries.register_beta_quantile(task.con)
    task.make("keys", task.read("keys"))
    columns = "post_key, id AS author_key, event_at, is_deleted, post_type, from_feed"
    place = f"'{PLATFORM}'::platforms AS platform"
    task.make("posts", f"SELECT {place}, {columns} FROM {task.source('posts')} JOIN keys ON key = author_key")
    acted = f"FROM {task.source('post_actions', _DATED)} AS a JOIN keys ON key = a.actor"
    task.make("post_actions", f"SELECT ds, {place}, post_key, id AS actor {acted}")
    task.make("credibility", task.read("credibility"))
    task.run("amplification")
    task.write(f"SELECT *, person_id % {task.buckets} AS b FROM amplification", "amplification", "b")


def split(night: dict[str, Any], group: int) -> None:
    """Some days of activity by the bucket of who acts, and who is present in them."""
    task = Task(night)
    task.files["activity"] = night["days"][group]
    task.make("keys", task.read("keys"))
    columns = "ds, platform::platforms AS platform, kind::kinds AS kind, n, a.id AS actor, t.id AS target"
    named = "JOIN keys AS a ON a.key = x.actor JOIN keys AS t ON t.key = x.target"
    task.make("activity", f"SELECT {columns} FROM {task.source('activity', _DATED)} AS x {named}")
    task.con.execute("DROP TABLE keys")
    task.run("persons_activity")
    task.write(f"SELECT *, actor % {task.buckets} AS b FROM persons_activity", f"days-{group}", "b")
    there = "SELECT platform, actor AS person_id FROM persons_activity"
    task.write(
        f"{there} UNION SELECT platform, target FROM persons_activity WHERE kind <> 'mention'", f"present-{group}"
    )


def by_actor(night: dict[str, Any], bucket: int) -> None:
    """What the bucket's people did, by the bucket of whom they did it to."""
    task = Task(night)
    task.make("persons_activity", task.read("days-*", bucket))
    task.make("active_people", f"SELECT DISTINCT * FROM ({task.read('present-*')})")
    task.run("daily_engagement")
    task.con.execute("DROP TABLE persons_activity; DROP TABLE active_people")
    acts = f"SELECT ds, platform, actor, target, worth, target % {task.buckets} AS b FROM daily_engagement"
    task.write(acts, f"acts-{bucket}", "b")
    task.run("strengths")
    task.con.execute("DROP TABLE daily_engagement")
    task.make("credibility", task.read("credibility", bucket))
    task.write(task.cut(KNOWN), f"ties-{bucket}", "b")


def by_target(night: dict[str, Any], bucket: int) -> None:
    """The pairs of the bucket's people as targets. What they did back lies in the file of the bucket as actors."""
    task = Task(night)
    task.make("known", task.read("ties-*", bucket))
    task.make("back", f"SELECT variant, actor, target, strength FROM ({task.read(f'ties-{bucket}')})")
    task.make("pairs", task.cut(PAIRS))
    task.con.execute("DROP TABLE known; DROP TABLE back")
    task.write(task.cut(AUDIENCES), f"audiences-{bucket}")
    weight = "max(CASE WHEN strength > 0e0 THEN credibility ELSE 0e0 END) AS weight"
    edges = task.con.execute(f"SELECT actor, target, {weight} FROM pairs GROUP BY actor, target").fetchnumpy()
    for name, column in edges.items():
        np.save(f"{task.out}/{name}-{bucket}.npy", np.asarray(column))
    task.write("FROM pairs", f"pairs-{bucket}")


def graph(night: dict[str, Any]) -> None:
    """Seeds, trust and ranks: see trust_flow.py and network_rank.py, here by blocks of rows."""
    from scipy import sparse

    task, p, people = Task(night), PARAMETERS, night["people"] + 1
    task.make("audiences", task.read("audiences-*"))
    task.make("credibility", task.read("credibility"))
    task.make("seeds", task.cut(SEEDS))
    task.write("FROM seeds", "seeds")
    task.write(
        "SELECT variant, min(first_day) AS first_day, max(last_day) AS last_day FROM audiences GROUP BY variant", "span"
    )
    seed, known, acted = np.zeros(people, bool), np.zeros(people, bool), np.zeros(people, np.int64)
    seed[np.asarray(task.con.execute("SELECT DISTINCT person_id FROM seeds").fetchnumpy()["person_id"])] = True
    task.con.close()
    blocks = []
    for bucket in range(task.buckets):
        actor, target, weight = (np.load(f"{task.out}/{name}-{bucket}.npy") for name in ("actor", "target", "weight"))
        known[actor] = known[target] = True
        acted += np.bincount(actor, minlength=people)
        rows = len(range(bucket, people, task.buckets))
        block = sparse.csr_matrix((weight, (target // task.buckets, actor)), (rows, people), dtype=float)
        block.sort_indices()
        blocks.append(block)

    def received(given: np.ndarray) -> np.ndarray:
        vector = np.zeros(people)
        for bucket, block in enumerate(blocks):
            vector[bucket :: task.buckets] = block @ given
        return vector

    seed &= known
    divided = np.maximum(acted, p["acts_divided"])
    trust, gives = np.where(seed, p["seed_trust"], 0.0), np.zeros(people)
    for _ in range(p["trust_rounds"]):
        gives = np.minimum(1.0, p["trust_share"] * np.minimum(trust, p["seed_trust"]) / divided)
        trust = np.where(seed, p["seed_trust"], received(gives))
    rank, steps = np.zeros(people), np.linspace(0.0, 100.0, len(p["reference"]))
    for _ in range(p["rounds"]):
        rank = received(np.interp(rank, p["reference"], steps)) / 100.0
    ids = np.flatnonzero(known).astype(np.int32)
    found = {"trust": trust, "gives": gives, "seed": seed, "pct": np.interp(rank, p["reference"], steps)}
    rounded = {name: each[ids] if each.dtype == bool else np.round(each[ids], 12) for name, each in found.items()}
    pq.write_table(
        pa.table({"variant": pa.repeat("now", len(ids)), "person_id": ids, **rounded}), f"{task.out}/ranks.parquet"
    )


def measures(night: dict[str, Any], bucket: int) -> None:
    """All measures and the score of the bucket's people."""
    task = Task(night)
    task.make("pairs", task.read(f"pairs-{bucket}"))
    for name in ("seeds", "span", "ranks"):
        task.make(name, task.read(name))
    task.run("weights", trust="ranks")
    task.con.execute("DROP TABLE pairs; DROP TABLE ranks")
    task.run("audience", "distinct_actors")
    task.run("capped_audience", audience="span")
    task.run("reach", "network")
    task.make("daily_engagement", task.read("acts-*", bucket))
    task.run("sampling_variance")
    task.con.execute("DROP TABLE daily_engagement")
    task.make("amplification", task.read("amplification", bucket))
    task.make("platforms", f"SELECT '{PLATFORM}'::platforms AS platform, true AS shows_posts, true AS shows_people")
    task.make(
        "counters",
        "SELECT variant, NULL::platforms AS platform, 0 AS person_id, 0::BIGINT AS followers_count, 0::BIGINT AS listed_count,"
        " 0e0 AS by_followers, 0e0 AS by_listed, 0e0 AS by_others FROM variants WHERE false",
    )
    task.make("scale", "SELECT * FROM (VALUES " + ", ".join(map(str, _scale())) + ") AS s (above, upto, value, slope)")
    task.run("platform_score", "score")
    for name in ("score", "platform_score"):
        task.write(f"FROM {name}", f"{name}-{bucket}", ", ".join(TABLES[name]))
    task.write(task.cut(FIRST), f"first-{bucket}", "b")


def influences(night: dict[str, Any], bucket: int) -> None:
    """Whom the bucket's people move, and who moves them."""
    task = Task(night)
    task.write(task.cut(INFLUENCES, bucket=bucket), f"influences-{bucket}", ", ".join(TABLES["influences"]))


def stage(night: dict[str, Any], table: str) -> None:
    """One file of a table's buckets, with keys."""
    task = Task(night)
    task.make("keys", task.read("keys"))
    named = [name for name in ("person_id", "other_id") if name == "person_id" or table == "influences"]
    keys = ", ".join(f"{name}.key AS {name}" for name in named)
    joins = " ".join(f"JOIN keys AS {name} ON {name}.id = s.{name}" for name in named)
    order = ", ".join(f"s.{key}" for key in TABLES[table])  # numbers are in the order of keys
    task.write(
        f"SELECT s.* REPLACE ({keys}) FROM '{task.out}/{table}-*.parquet' AS s {joins}", f"staged.{table}", order
    )


def _scale() -> list[tuple[float, ...]]:
    """As steps.py has it."""
    knots = list(zip(PARAMETERS["map_from"], PARAMETERS["map_to"], strict=True))
    pieces = [(x, following, y, (upper - y) / (following - x)) for (x, y), (following, upper) in pairwise(knots)]
    return [*pieces[:-1], (pieces[-1][0], 2.0, *pieces[-1][2:])]
