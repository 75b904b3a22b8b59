"""What the benchmark compares, one program a process: clout, every, buckets, spark, duckdb (independent of clout),
naive (Spark SQL on raw), graphx (PageRank on the same edges).

    python tests/bench/programs.py clout FOLDER OUT

Each reads FOLDER as generate.py left it, writes its results to OUT as Parquet, one file a stage, and prints {stage: seconds}.
Evaluated on the score date alone, without the variants that a night looks at besides; `every` is clout with all of them.
"""

from __future__ import annotations

import json
import os
import sys
import time
from collections.abc import Callable, Mapping
from datetime import date
from itertools import pairwise
from pathlib import Path
from typing import Any

DAY = date(2026, 3, 14)
ROOT = Path(__file__).resolve().parents[2]
NUMBERS = ROOT / "sql" / "models" / "v1.toml"
#: The stage to which each query's time goes. All else: pairs.
STAGE_OF = {
    **dict.fromkeys(("votes", "seeds", "edges"), "rank"),
    **dict.fromkeys(
        ("weights", "audience", "audience_spans", "distinct_actors", "capped_audience", "reach", "network"), "reach"
    ),
    **dict.fromkeys(("feeds", "own_posts", "acted_posts", "amplification"), "acted_posts"),
}


def clout(folder: Path, out: Path, lap: Callable[[str], None]) -> None:
    """The queries of sql/ in one process, of the score date alone."""
    _night(folder, out, _timed(lap), lap, alone=True)


def every_variant(folder: Path, out: Path, lap: Callable[[str], None]) -> None:
    """The same of all twelve variants, as a night does."""
    _night(folder, out, _timed(lap), lap, alone=False)


def on_buckets(folder: Path, out: Path, lap: Callable[[str], None]) -> None:
    """The same queries on buckets of people, in processes, of the score date alone. CLOUT_BUCKETS: how many."""
    _night(folder, out, _timed(lap, folder, "processes"), lap, alone=True)


def on_spark(folder: Path, out: Path, lap: Callable[[str], None]) -> None:
    """The same tasks handed out by Spark."""
    _night(folder, out, _timed(lap, folder, "spark"), lap, alone=True)


def _timed(lap: Callable[[str], None], folder: Path | None = None, how: str = "") -> Any:
    """An engine that notes after each query to which stage its time goes. A query is computed when it is run."""
    sys.path.insert(0, str(ROOT / "jobs"))
    from clout.engine import engines, scheduler, session
    from clout.engine.buckets import Buckets, Spread
    from clout.engine.duckdb_engine import DiskDuckDB
    from clout.lake.partitions import Lake

    base: Any = Buckets if how else DiskDuckDB

    class Timed(base):
        def run(self, query: str, parameters: Mapping[str, Any], **inputs: Any) -> Any:
            rows = super().run(query, parameters, **inputs)
            lap(STAGE_OF.get(query, "pairs"))
            return rows

        def rank(self, edges: Any, parameters: dict[str, Any]) -> Any:
            rows = super().rank(edges, parameters)
            lap("rank")
            self.ranks = getattr(self, "ranks", rows)  # the score date's come first
            return rows

        def result(self, rows: Any, columns: str, file: Path) -> None:
            named = self.named(self.whole(rows) if isinstance(rows, Spread) else rows)
            named.filter("variant = 'now'").project(columns).write_parquet(str(file))

    if not folder:
        return Timed()
    memory = engines.TASK_MEMORY
    by = scheduler.Spark(session.get_or_create("bench"), memory) if how == "spark" else scheduler.Processes(memory)
    return Timed(Lake(folder / "lake"), int(os.environ.get("CLOUT_BUCKETS") or 2), by)


def _night(folder: Path, out: Path, engine: Any, lap: Callable[[str], None], alone: bool) -> None:
    import pyarrow as pa
    from clout.lake.partitions import Lake, window
    from clout.score import steps, variants
    from clout.score.identity import PERSONS
    from clout.score.model import read_model
    from clout.score.plan import Plan

    model = read_model(NUMBERS)
    model = variants.score_alone(model) if alone else model
    lake, days = Lake(folder / "lake"), window(DAY, read_model(NUMBERS).stored_days)
    lap("start")
    activity, actions = engine.conformed(lake, "activity", days), engine.conformed(lake, "post_actions", days)
    posts = engine.posts(lake, {"bench": "bench"}, days)
    [known] = [path for path in (lake.snapshot("accounts", "bench", day) for day in days) if lake.exists(path)]
    states = lake.read(known, ["account_key", "created_at", "is_bot"])
    states = states.append_column("platform", pa.repeat("bench", len(states)))
    nobody = pa.schema([("account_key", pa.string()), ("reason", pa.string())]).empty_table()
    persons = PERSONS.empty_table()
    engine.register_keys(activity, actions, posts, states, steps.variants_table(model, DAY))
    plan = Plan(
        engine,
        {
            "activity": activity,
            "account_states": states,
            "post_actions": actions,
            "posts": posts,
            "operator_list": nobody,
            "excluded": nobody,
            "persons": persons,
            "named_seeds": pa.schema([("platform", pa.string()), ("account_key", pa.string())]).empty_table(),
        },
        model,
        DAY,
    )
    wanted = {
        "pairs": (plan.resolve("weights"), "actor || ' ' || target AS key, strength, influence_probability AS q"),
        "rank": (engine.ranks, "person_id AS key, rank"),
        "reach": (plan.resolve("reach"), "person_id AS key, true_reach + reach_cut AS evidence, true_reach"),
        "network": (plan.resolve("network"), "person_id AS key, influential_people, network_influence"),
        "acted_posts": (
            plan.resolve("amplification"),
            "person_id AS key, posts_weight, acted_weight, amplification_low, amplification_high",
        ),
    }
    for stage, (rows, columns) in wanted.items():
        engine.result(rows, columns, out / f"{stage}.parquet")


#: The same formulas again, from sql/README.md and the notes in the model file. In the dialects of DuckDB and of Spark at once.
DAILY = """
SELECT ds, actor, target, sum(n) AS n, sum(n * CASE kind WHEN 'like' THEN {like} WHEN 'reply' THEN {reply} WHEN 'quote'
  THEN {quote} WHEN 'share' THEN {share} ELSE CASE WHEN here THEN {mention} ELSE {mention} * {mention_absent} END END) AS worth
FROM {activity} GROUP BY ds, actor, target
"""
ACTS = """
SELECT d.*, d.worth * power(1 + b.n - d.n, -{gamma}) AS m FROM {daily} AS d
JOIN (SELECT ds, actor, sum(n) AS n FROM {daily} GROUP BY ds, actor) AS b ON b.ds = d.ds AND b.actor = d.actor
"""
STRENGTHS = """
SELECT actor, target, sum(m * power(2, -datediff({unit}DATE '2026-03-14', ds{last}) / {half_life_days})) AS strength,
  min(ds) AS first_day, max(ds) AS last_day
FROM {daily_engagement} GROUP BY actor, target
"""
PAIRS = """
SELECT s.actor, s.target, s.strength, s.first_day, s.last_day,
  (1 - exp(-s.strength / {kappa})) * (1 - {rho} * least(1, coalesce(b.strength, 0) / nullif(s.strength, 0))) AS q
FROM {strengths} AS s LEFT JOIN {strengths} AS b ON b.actor = s.target AND b.target = s.actor
"""
CREDIBILITY = """
SELECT account_key AS person, datediff({unit}DATE '2026-03-14', CAST(created_at AS DATE){last}) AS age,
  least(1, ln(1 + datediff({unit}DATE '2026-03-14', CAST(created_at AS DATE){last}) / {ramp_days}))
    * CASE WHEN is_bot THEN {bot_factor} ELSE 1 END AS c
FROM {accounts}
"""
POSTS = """
SELECT p.author_key AS key, sum(power(2, -age / {half_life_days})) AS posts_weight,
  sum(CASE WHEN a.post_key IS NULL THEN 0 ELSE power(2, -age / {half_life_days}) END) AS acted_weight
FROM (SELECT *, datediff({unit}DATE '2026-03-14', CAST(event_at AS DATE){last}) AS age FROM {posts}) AS p
LEFT JOIN (SELECT DISTINCT post_key FROM {actions} JOIN {credibility} ON person = actor WHERE c >= {credible_at}) AS a
  ON a.post_key = p.post_key
GROUP BY p.author_key
"""
#: The independent program's own: how many of those who act on a person count, and how many influential ones.
BOUNDS = """
CREATE TABLE reach AS WITH acting AS (
  SELECT actor, CASE WHEN trusted THEN 1 WHEN count(*) > 1 THEN 2 ELSE 3 END AS circle
  FROM pairs JOIN ranks ON id = actor GROUP BY actor, trusted
), days AS (
  SELECT target, CASE WHEN first_day = last_day THEN first_day END AS day, min(first_day) AS since, max(last_day) AS until,
    sum(CASE WHEN circle = 1 THEN q * c ELSE 0 END) AS a, sum(CASE WHEN circle <= 2 THEN q * c ELSE 0 END) AS b,
    sum(q * c) AS e, sum(CASE WHEN circle = 1 THEN q * c * pct ELSE 0 END) AS ai,
    sum(CASE WHEN circle <= 2 THEN q * c * pct ELSE 0 END) AS bi, sum(q * c * pct) AS ei
  FROM pairs JOIN credible ON credible.id = actor JOIN acting USING (actor) JOIN ranks ON ranks.id = actor GROUP BY ALL
), sums AS (
  SELECT target, min(since) AS since, max(until) AS until, sum(a) AS a, sum(b) AS b, sum(e) AS e,
    sum(ai) AS ai, sum(bi) AS bi, sum(ei) AS ei, {rests}
  FROM days GROUP BY target
), capped AS (
  SELECT target, e, ei, target IN (SELECT id FROM seeding) AS seed, long,
    CASE WHEN long THEN least(a, a_rest + {burst_slope} * ({burst_floor} + a_rest)) ELSE a END AS one,
    CASE WHEN long THEN least(b, b_rest + {burst_slope} * ({burst_floor} + b_rest)) ELSE b END AS two,
    CASE WHEN long THEN least(e, e_rest + {burst_slope} * ({burst_floor} + e_rest)) ELSE e END AS three,
    CASE WHEN long THEN least(ai, ai_rest + {nobody} * {burst_slope} * ({burst_floor} + a_rest)) ELSE ai END AS onei,
    CASE WHEN long THEN least(bi, bi_rest + {nobody} * {burst_slope} * ({burst_floor} + b_rest)) ELSE bi END AS twoi,
    CASE WHEN long THEN least(ei, ei_rest + {nobody} * {burst_slope} * ({burst_floor} + e_rest)) ELSE ei END AS threei
  FROM sums, (SELECT max(until) - min(since) + 1 >= {burst_min_days} AS long FROM sums)
), allowed AS (
  SELECT *, {single_slope} * ({single_floor} + two) AS single,
    {cap} * ({floor} + one + CASE WHEN seed THEN {own_seed} ELSE 0 END) AS stranger
  FROM capped
)
SELECT target, e AS evidence, least(three, two + single, one + stranger) AS true_reach,
  least(threei, twoi + {nobody} * single, onei + {nobody} * stranger) AS influential_people,
  ({prior_people} * {prior_pct} + 100 * influential_people) / ({prior_people} + true_reach) AS network_influence
FROM allowed
"""
#: What is left of a sum without its loudest days.
REST = "greatest(0, sum({x}) - coalesce(list_sum(max(CASE WHEN day IS NOT NULL THEN {x} END, {burst_days})), 0)) AS {x}_rest"
_BOUNDED = (
    *("burst_days", "burst_slope", "burst_floor", "burst_min_days"),
    *("single_slope", "single_floor", "cap", "floor", "own_seed", "prior_people", "prior_pct"),
)


def _numbers() -> dict[str, Any]:
    import tomllib

    read = tomllib.loads(NUMBERS.read_text())
    return {name: value for each in read.values() if isinstance(each, dict) for name, value in each.items()}


def _literals(numbers: dict[str, Any]) -> dict[str, str]:
    """Numbers as SQL writes doubles: without an exponent they are decimals to Spark, which rounds their quotients."""
    return {name: f"{number:.17e}" for name, number in numbers.items() if isinstance(number, float)}


def independent(folder: Path, out: Path, lap: Callable[[str], None]) -> None:
    """The same formulas by hand, in DuckDB and SciPy, with people as numbers throughout."""
    import duckdb
    import numpy as np
    import pyarrow as pa
    from scipy import sparse, special
    from scipy.sparse import csgraph

    v = _numbers()
    con = duckdb.connect()
    con.execute(f"SET memory_limit = '6 GiB'; SET temp_directory = '{out}'; SET preserve_insertion_order = false")
    made = {"unit": "'day', ", "last": "", **_literals(v)}

    def turned(text: str) -> str:  # DuckDB's datediff takes the earlier day first
        import re

        return re.sub(r"-?datediff\('day', (DATE '[-0-9]+'), ((?:CAST\(\w+ AS DATE\))|ds)\)", r"(\1 - \2)", text)

    def make(table: str, query: str) -> None:
        text = query.format(**made).replace("power(2, -datediff", "power(2, -1e0 * datediff")
        con.execute(f"CREATE TABLE {table} AS {turned(text)}")

    lap("start")
    lake = f"{folder}/lake"
    con.execute(f"""
      CREATE TABLE people AS SELECT key, CAST(row_number() OVER (ORDER BY key) - 1 AS INTEGER) AS id FROM (
        SELECT account_key AS key FROM '{lake}/snapshots/accounts/*/*/*.parquet');
      CREATE TABLE posted AS SELECT DISTINCT id FROM '{lake}/snapshots/posts/*/*/*.parquet' JOIN people ON key = author_key;
      CREATE TABLE activity AS SELECT ds, a.id AS actor, t.id AS target, kind, n
        FROM read_parquet('{lake}/activity/*/*.parquet', hive_partitioning = true) AS x
        JOIN people AS a ON a.key = x.actor JOIN people AS t ON t.key = x.target;
      CREATE TABLE here AS SELECT actor AS id FROM activity UNION SELECT target FROM activity WHERE kind <> 'mention'
        UNION SELECT id FROM posted;
    """)
    made |= {
        "activity": "(SELECT x.*, h.id IS NOT NULL AS here FROM activity AS x LEFT JOIN here AS h ON h.id = target) AS y"
    }
    make("daily", DAILY)
    make("acts", ACTS.replace("{daily}", "daily"))
    make("strengths", STRENGTHS.replace("{daily_engagement}", "acts"))
    make("pairs", PAIRS.replace("{strengths}", "strengths"))
    made |= {"accounts": f"'{lake}/snapshots/accounts/*/*/*.parquet'"}
    make("by_key", CREDIBILITY)
    con.execute("CREATE TABLE credible AS SELECT id, age, c FROM by_key JOIN people ON key = person")
    lap("pairs")
    # Votes are summed as decimals: a third three times is no whole vote.
    seeds = con.execute(f"""
      SELECT target FROM pairs JOIN (SELECT actor, count(*) AS targets FROM pairs GROUP BY actor) USING (actor)
      JOIN credible AS a ON a.id = actor JOIN credible AS t ON t.id = target
      WHERE a.c >= {v["credible_at"]} AND targets >= 2 AND t.age >= {v["seed_age_days"]}
      GROUP BY target HAVING sum(CAST(a.c / targets AS DECIMAL(24, 12))) >= {v["seed_votes"]}""").fetchnumpy()["target"]
    edge = con.execute(
        "SELECT actor, target, CASE WHEN strength > 0 THEN c ELSE 0 END AS w FROM pairs JOIN credible ON id = actor"
    ).fetchnumpy()
    actor, target, w = (np.asarray(edge[name]) for name in ("actor", "target", "w"))
    named = np.zeros(max(actor.max(), target.max()) + 1, bool)
    named[actor] = named[target] = True
    everybody, place = np.flatnonzero(named), np.cumsum(named) - 1
    actor, target, n = place[actor], place[target], len(everybody)
    moves, rank = sparse.csr_matrix((w, (target, actor)), (n, n)), np.zeros(n)
    for _ in range(v["rounds"]):
        rank = moves @ np.interp(rank, v["reference"], np.linspace(0, 1, len(v["reference"])))
    lap("rank")
    trusted = np.full(n, not len(seeds))  # without a single seed nothing tells people apart
    if len(seeds):
        from_all = np.concatenate([actor[w > 0], np.full(len(seeds), n)]), np.concatenate([target[w > 0], place[seeds]])
        graph = sparse.csr_matrix((np.ones(len(from_all[0]), np.int8), from_all), (n + 1, n + 1))
        reached = csgraph.breadth_first_order(graph, n, return_predecessors=False)
        trusted[reached[reached < n]] = True
    pct = np.interp(rank, v["reference"], np.linspace(0, 1, len(v["reference"])))
    con.register("ranked", pa.table({"id": everybody, "trusted": trusted, "rank": rank, "pct": pct}))
    con.execute("CREATE TABLE ranks AS SELECT * FROM ranked")
    con.register("seeding", pa.table({"id": seeds}))
    bounds = {name: v[name] for name in _BOUNDED} | {"nobody": v["nobody_pct"] / 100}
    rests = ", ".join(REST.format(x=x, burst_days=v["burst_days"]) for x in ("a", "b", "e", "ai", "bi", "ei"))
    con.execute(BOUNDS.format(rests=rests, **bounds))
    lap("reach")
    made |= {"posts": f"'{lake}/snapshots/posts/*/*/*.parquet'", "actions": f"'{lake}/post_actions/*/*.parquet'"}
    make("of_posts", POSTS.replace("{credibility}", "by_key"))
    share = con.execute("FROM of_posts").to_arrow_table()
    acted, left = (share[name].to_numpy() for name in ("acted_weight", "posts_weight"))
    for name, p in (("amplification_low", 0.05), ("amplification_high", 0.95)):
        found = special.betaincinv(v["alpha0"] + acted, v["beta0"] + left - acted, p)
        share = share.append_column(name, pa.array(found))
    con.register("acted_posts", share)
    lap("acted_posts")
    named = {
        "pairs": "SELECT a.key || ' ' || t.key AS key, strength, q FROM pairs JOIN people AS a ON a.id = actor"
        " JOIN people AS t ON t.id = target",
        "rank": "SELECT key, rank FROM ranks JOIN people USING (id)",
        "reach": "SELECT key, evidence, true_reach FROM reach JOIN people ON id = target",
        "network": "SELECT key, influential_people, network_influence FROM reach JOIN people ON id = target",
        "acted_posts": "SELECT * FROM acted_posts",
    }
    for stage, query in named.items():
        con.execute(f"COPY ({query}) TO '{out}/{stage}.parquet'")


def naive(folder: Path, out: Path, lap: Callable[[str], None]) -> None:
    """Spark SQL as one would write it first: every night all raw interactions, keys as they are, everything joined by name."""
    sys.path.insert(0, str(ROOT / "jobs"))
    from clout.engine import session

    v, spark = _numbers(), session.get_or_create("naive")
    made = {"unit": "", "last": "", **_literals(v)}
    lap("start")
    spark.read.parquet(f"{folder}/raw").createOrReplaceTempView("raw")
    spark.read.parquet(f"{folder}/lake/snapshots/posts").createOrReplaceTempView("posts")
    spark.read.parquet(f"{folder}/lake/snapshots/accounts").createOrReplaceTempView("accounts")

    def view(name: str, query: str) -> None:
        spark.sql(query.format(**made)).createOrReplaceTempView(name)

    view(
        "activity",
        """SELECT r.ds, r.actor, r.target, r.kind, 1 AS n, h.id IS NOT NULL AS here FROM raw AS r LEFT JOIN (
          SELECT actor AS id FROM raw UNION SELECT target FROM raw WHERE kind <> 'mention'
          UNION SELECT author_key FROM posts) AS h
        ON h.id = r.target""",
    )
    made |= {"activity": "activity", "daily": "daily", "acts": "acts", "strengths": "strengths", "accounts": "accounts"}
    made |= {"credibility": "credibility", "posts": "posts"}
    made["actions"] = (
        "(SELECT DISTINCT post_key, actor FROM raw WHERE post_key IS NOT NULL AND kind IN ('share', 'quote', 'reply'))"
    )
    for name, query in (("daily", DAILY), ("acts", ACTS), ("strengths", STRENGTHS), ("credibility", CREDIBILITY)):
        view(name, query)
    pairs = spark.sql(PAIRS.format(**made))
    pairs.selectExpr("actor || ' ' || target AS key", "strength", "q").write.parquet(str(out / "pairs.parquet"))
    lap("pairs")
    pairs.createOrReplaceTempView("pairs")
    reach = spark.sql(
        "SELECT target AS key, sum(q * c) AS evidence FROM pairs JOIN credibility ON person = actor GROUP BY target"
    )
    reach.write.parquet(str(out / "reach.parquet"))
    lap("reach")
    # The rank as joins: every round a join of all edges with the ranks, and a sum by target.
    edges = spark.sql(
        "SELECT actor, target, CASE WHEN strength > 0 THEN c ELSE 0 END AS w FROM pairs JOIN credibility ON person = actor"
    ).cache()
    edges.createOrReplaceTempView("edges")
    rank = spark.sql("SELECT actor AS key FROM edges UNION SELECT target FROM edges").selectExpr("key", "0e0 AS rank")
    for _ in range(v["rounds"]):
        rank.createOrReplaceTempView("ranks")
        rank = spark.sql(
            f"""SELECT r.key, coalesce(sum(w * share), 0e0) AS rank FROM ranks AS r LEFT JOIN (
              SELECT target, w, {_share(v["reference"])} AS share FROM edges JOIN ranks ON key = actor) AS e
            ON e.target = r.key GROUP BY r.key"""
        ).localCheckpoint()
    rank.write.parquet(str(out / "rank.parquet"))
    lap("rank")
    spark.sql(POSTS.format(**made)).write.parquet(str(out / "acted_posts.parquet"))
    lap("acted_posts")


def _share(reference: list[float]) -> str:
    """SQL for the place of `rank` on the reference, 0 to 1: even between its knots."""
    last = len(reference) - 1
    pieces = [
        f"WHEN rank < {upto:.17e} THEN ({place:.17e} + (rank - {start:.17e}) / {upto - start:.17e}) / {last:.17e}"
        for place, (start, upto) in enumerate(pairwise(reference))
    ]
    return f"CASE WHEN rank < {reference[0]:.17e} THEN 0e0 {' '.join(pieces)} ELSE 1e0 END"


def graphx(folder: Path, out: Path, lap: Callable[[str], None]) -> None:
    """PageRank by GraphX on the same edges, in as many rounds as our rank takes: what GraphFrames' pageRank calls.

    Only the rounds are timed; reading the edges and making a graph of them, which GraphFrames does by joins, are not.
    """
    sys.path.insert(0, str(ROOT / "jobs"))
    import duckdb
    from clout.engine import session

    duckdb.sql(f"""
      COPY (WITH people AS (SELECT account_key AS key, row_number() OVER () AS id
          FROM '{folder}/lake/snapshots/accounts/*/*/*.parquet')
        SELECT DISTINCT a.id, t.id FROM '{folder}/lake/activity/*/*.parquet' AS x
        JOIN people AS a ON a.key = x.actor JOIN people AS t ON t.key = x.target)
      TO '{out}/edges.txt' (FORMAT csv, DELIMITER ' ', HEADER false)""")
    spark = session.get_or_create("graphx")
    jvm, context = spark._jvm, spark.sparkContext._jsc.sc()
    level = jvm.org.apache.spark.storage.StorageLevel.MEMORY_AND_DISK()
    graph = jvm.org.apache.spark.graphx.GraphLoader.edgeListFile(context, f"{out}/edges.txt", False, -1, level, level)
    graph.edges().count(), graph.vertices().count()
    lap("start")
    graph.ops().staticPageRank(_numbers()["rounds"], 0.15).vertices().count()
    lap("rank")


def main(argv: list[str]) -> None:
    """Run one program and print its seconds by stage."""
    name, folder, out = argv
    seconds: dict[str, float] = {}
    began = [time.perf_counter()]

    def lap(stage: str) -> None:
        now = time.perf_counter()
        seconds[stage], began[0] = seconds.get(stage, 0.0) + now - began[0], now

    programs = {
        **{"clout": clout, "every": every_variant, "buckets": on_buckets, "spark": on_spark},
        **{"duckdb": independent, "naive": naive, "graphx": graphx},
    }
    programs[name](Path(folder), Path(out), lap)
    print("\n" + json.dumps(seconds))


if __name__ == "__main__":
    main(sys.argv[1:])
