"""What topics cost beside the score: CPU seconds of both on an invented lake, and posts matched a second and core.

    python tests/bench/topic_cost.py --interactions=9e6 --people=1e6 [--labelled=0.1] [--folder=.clout/bench]

So large a share of the interactions is on posts with a topic, and everybody agreed to be named, which is the dearest. Each
author has two topics of sixty. `score` is the score date alone, from the conformed days to scores; `topics` is what
person_topics and topic_evidence take besides, in the same process; `conform` is the acts on posts of one day, which a night
adds. Prints one line of JSON.
"""

from __future__ import annotations

import argparse
import json
import resource
import sys
import time
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[2]
sys.path[:0] = [str(ROOT / "jobs"), str(ROOT / "tests")]

import numpy as np  # noqa: E402
import pyarrow as pa  # noqa: E402
import pyarrow.compute as pc  # noqa: E402
from bench.generate import DAY, PLATFORM, generate  # noqa: E402
from clout.config.ontology import read_ontology  # noqa: E402
from clout.engine import queries  # noqa: E402
from clout.engine.duckdb_engine import DiskDuckDB  # noqa: E402
from clout.engine.engines import DuckDB  # noqa: E402
from clout.lake.partitions import Lake, window  # noqa: E402
from clout.lake.schemas import CONFORMED, small_arrow  # noqa: E402
from clout.research.topic_evaluation import read_posts  # noqa: E402
from clout.score import steps, topic_posts, variants  # noqa: E402
from clout.score.identity import PERSONS  # noqa: E402
from clout.score.model import read_model  # noqa: E402
from clout.score.plan import Plan  # noqa: E402
from clout.score.topic_matcher import Matcher  # noqa: E402
from sandbox.topic_world import AGREED, HOMES  # noqa: E402
from scored_world import COUNTED  # noqa: E402

POSTS = ROOT / "tests" / "jobs" / "clout" / "research" / "topic_posts.jsonl"


def label(folder: Path, share: float) -> None:
    """Write post_topics and topic_activity of the lake's days, unless they are there, made from its raw interactions."""
    lake, raw = Lake(folder / "lake"), Lake(folder)
    ontology = read_ontology()
    ids = pa.array([next(key for key, topic in ontology.topics.items() if topic.slug == slug) for slug in HOMES])
    # One author in five posts at all, so that a fifth of the interactions are on posts.
    every = max(1, round(0.2 / share)) * 5
    for day in window(DAY, 90):
        if lake.exists(lake.conformed("topic_activity", day)):
            continue
        known = {"fingerprint": f"bench topics {share}"}
        acts = raw.read(f"raw/ds={day}", ["actor", "target", "kind", "post_key"])
        acts = acts.filter(pc.and_(pc.is_valid(acts["post_key"]), pc.not_equal(acts["kind"], "mention")))
        acts = acts.filter(np.asarray(_number(acts["target"], f"{PLATFORM}:")) % every == 0)
        acts = acts.group_by(["post_key", "actor", "target", "kind"]).aggregate([([], "count_all")])
        acts = acts.rename_columns([*acts.column_names[:4], "n"])
        topic = _topic_of(_number(acts["post_key"], f"{PLATFORM}:post"), _number(acts["target"], f"{PLATFORM}:"))
        rows = {name: acts[name] for name in acts.column_names}
        rows |= {"platform": pa.repeat(PLATFORM, len(acts)), "topic_id": ids.take(pa.array(topic))}
        lake.write(
            lake.conformed("topic_activity", day),
            _as(CONFORMED["topic_activity"].remove(0), rows | {"part": pa.repeat(1.0, len(acts))}),
            known,
        )
        posts = lake.read(lake.snapshot("posts", PLATFORM, day), ["post_key", "author_key"])
        posts = posts.filter(np.asarray(_number(posts["author_key"], f"{PLATFORM}:")) % every == 0)
        topic = _topic_of(_number(posts["post_key"], f"{PLATFORM}:post"), _number(posts["author_key"], f"{PLATFORM}:"))
        rows = {"post_key": posts["post_key"], "author_key": posts["author_key"], "text_hash": posts["post_key"]}
        rows |= {"platform": pa.repeat(PLATFORM, len(posts)), "topic_id": ids.take(pa.array(topic))}
        rows |= {"posted_on": pa.repeat(pa.scalar(day), len(posts)), "evidence": pa.repeat("tag", len(posts))}
        rows |= {"part": pa.repeat(1.0, len(posts))}
        lake.write(lake.conformed("post_topics", day), _as(CONFORMED["post_topics"].remove(0), rows), known)


def matched_a_second(posts: int = 40_000) -> float:
    """Posts of a day made into rows a second of CPU, of the posts whose topics people said, over and over."""
    told = [each.post for each in read_posts(POSTS)]
    rows: dict[str, list[Any]] = {name: [] for name in topic_posts.COLUMNS}
    for n in range(posts):
        post = told[n % len(told)]
        row = {"post_key": f"b:p{n}", "author_key": f"b:{n % 999}", "post_type": "original", "text": post.text}
        row |= {"lang": post.lang, "hashtags": list(post.hashtags), "links": list(post.links), "is_deleted": False}
        row |= {"platform": "b", "snapshot_date": DAY}
        for name, column in rows.items():
            column.append(row.get(name))
    kinds = {
        "hashtags": pa.list_(pa.string()),
        "links": pa.list_(pa.string()),
        "platform_topics": pa.list_(pa.string()),
    }
    kinds |= {"event_at": pa.timestamp("us", "UTC"), "is_deleted": pa.bool_(), "snapshot_date": pa.date32()}
    table = pa.table({name: pa.array(column, kinds.get(name, pa.string())) for name, column in rows.items()})
    matcher = Matcher(read_ontology())
    began = time.process_time()
    topic_posts.of_day(table, DAY, matcher, frozenset())
    return posts / (time.process_time() - began)


def cost(folder: Path) -> dict[str, float]:
    """CPU seconds of the score date alone, of topics besides, and of one day's acts on posts about a topic."""
    engine, lake = DiskDuckDB(), Lake(folder / "lake")
    model = variants.score_alone(read_model(queries.SQL / "models" / "v2.toml"))
    days = window(DAY, model.stored_days)
    known = next(path for day in days if lake.exists(path := lake.snapshot("accounts", PLATFORM, day)))
    states = lake.read(known, ["account_key", "created_at", "is_bot"])
    states = states.append_column("platform", pa.repeat(PLATFORM, len(states)))
    people = states["account_key"]
    agreed = [people, pa.repeat("named", len(people)), pa.repeat(pa.scalar(DAY), len(people))]
    counted = pa.schema([("account_key", pa.string()), ("reason", pa.string())]).empty_table()
    given = {name: engine.conformed(lake, name, days) for name in ("activity", "post_actions")}
    topics = {name: engine.conformed(lake, name, days) for name in ("post_topics", "topic_activity")}
    given |= {"posts": engine.posts(lake, {PLATFORM: PLATFORM}, days), "account_states": states}
    given |= {"operator_list": counted, "excluded": counted, "persons": PERSONS.empty_table()}
    given |= {"named_seeds": pa.schema([("platform", pa.string()), ("account_key", pa.string())]).empty_table()}
    given |= {"agreed": pa.table(agreed, AGREED), "sources": steps.sources_table([PLATFORM])}
    told = Plan(DuckDB(), {"accounts": small_arrow(COUNTED, [])}, model, DAY)
    given["counter_states"] = told.resolve("counter_states")
    ontology = small_arrow(steps.ONTOLOGY, topic_posts.ontology_rows(read_ontology()))
    plan = steps.in_memory(engine, model, DAY, **given, **topics, ontology=ontology)
    engine.register_keys(*given.values(), *topics.values())
    laps = [time.process_time()]
    for names in (("score",), ("person_topics", "topic_evidence")):
        for name in names:
            rows = plan.arrow(name)
            print(f"{name}: {rows.num_rows:,} rows", file=sys.stderr, flush=True)
        laps.append(time.process_time())
    named = pc.sum(pc.is_null(plan.arrow("person_topics")["not_named"])).as_py()
    acts = Lake(folder).read(f"raw/ds={DAY}", ["actor", "target", "kind", "post_key"])
    columns = {"ds": pa.repeat(pa.scalar(DAY), len(acts)), "platform": pa.repeat(PLATFORM, len(acts))}
    columns |= {name: acts[name] for name in acts.column_names} | {"disposition": pa.repeat("kept", len(acts))}
    of_day = Plan(DuckDB(), {"classified": pa.table(columns)}, parameters={"topic_days": topic_posts.KEPT_DAYS})
    recent = [lake.conformed("post_topics", day) for day in window(DAY, topic_posts.KEPT_DAYS + 1)]
    of_day.tables["post_topics"] = pa.concat_tables([_dated(lake.read(path), path) for path in recent])
    began = time.process_time()
    of_day.arrow("topic_activity")
    laps.append(time.process_time())
    return {
        "score": laps[1] - laps[0],
        "topics": laps[2] - laps[1],
        "conform_of_a_day": laps[3] - began,
        "topics_of_score": (laps[2] - laps[1]) / (laps[1] - laps[0]),
        "named": named,
    }


def _dated(rows: pa.Table, path: str) -> pa.Table:
    day = path.rpartition("ds=")[2][:10]
    if "ds" in rows.column_names:
        return rows
    return rows.add_column(
        0, CONFORMED["post_topics"].field("ds"), pa.repeat(pa.scalar(day), len(rows)).cast(pa.date32())
    )


def _number(keys: Any, prefix: str) -> np.ndarray:
    return pc.utf8_slice_codeunits(keys, len(prefix)).cast(pa.int64()).to_numpy()


def _topic_of(post: np.ndarray, author: np.ndarray) -> np.ndarray:
    """One of an author's two topics, by the post's number."""
    return (author * 2 + (post // 7919) % 2) * 2_654_435_761 % (1 << 32) % len(HOMES)


def _as(schema: pa.Schema, columns: dict[str, Any]) -> pa.Table:
    return pa.table({field.name: columns[field.name] for field in schema}).cast(schema)


def main(argv: list[str]) -> None:
    """Generate, label, measure."""
    parser = argparse.ArgumentParser(
        prog="topic_cost.py", description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    parser.add_argument("--interactions", type=float, default=1e6)
    parser.add_argument("--people", type=float, default=1e5)
    parser.add_argument(
        "--labelled", type=float, default=0.1, help="the share of interactions on posts with a topic, to 0.2"
    )
    parser.add_argument("--folder", type=Path, default=ROOT / ".clout" / "bench")
    parser.add_argument("--make", action="store_true", help="make the lake, and measure nothing")
    args = parser.parse_args(argv)
    folder = args.folder / f"topics-{int(args.interactions)}-{int(args.people)}-{args.labelled}"
    generate(folder, int(args.interactions), int(args.people))
    label(folder, args.labelled)
    if args.make:
        return
    figures = {"interactions": int(args.interactions), "people": int(args.people), "labelled": args.labelled}
    figures |= cost(folder) | {"posts_a_second": matched_a_second()}
    figures["peak_gib"] = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / (1 << 20)
    print(json.dumps({name: round(value, 3) for name, value in figures.items()}))


if __name__ == "__main__":
    main(sys.argv[1:])
