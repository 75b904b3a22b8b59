"""Home topics for the people of the invented world, and people who are planted in it: who is known for what, and who is not.

What people are about is drawn from the seed and their number alone. A world's posts go through the matcher, and what comes of
it through the queries of a night. `wrong` is the share of posts that carry a random topic of somebody else's besides.

As a program it judges many worlds: how many topics were named, how many of them rightly, and which planted case is wrong.

    python tests/sandbox/topic_world.py --seeds 1..20 --wrong 0.25
"""

from __future__ import annotations

import argparse
import sys
from collections import Counter, defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

if __name__ == "__main__":  # as a script this folder is on the path, but its modules are known as sandbox.*
    sys.path[0] = str(Path(__file__).resolve().parents[1])
    sys.path.insert(1, str(Path(__file__).resolve().parents[2] / "jobs"))

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from clout.config.brand_settings import Brand
from clout.config.ontology import read_ontology
from clout.engine import queries
from clout.engine.buckets import Buckets
from clout.engine.engines import DuckDB
from clout.engine.frames import to_arrow
from clout.lake.partitions import Lake
from clout.lake.schemas import CONFORMED, POSTS, small_arrow
from clout.score import identity, steps, topic_posts, variants
from clout.score.model import Model, read_model
from clout.score.plan import Plan
from clout.score.topic_matcher import Matcher

from sandbox.world import FIRST_DAY, KINDS, World

DAYS = 84
LAST = FIRST_DAY + timedelta(days=DAYS - 1)
#: What people may be at home in; none of these names means anything else.
HOMES = (
    *(
        "gardening",
        "coffee",
        "wine",
        "knitting",
        "crochet",
        "quilting",
        "sewing",
        "woodworking",
        "origami",
        "beekeeping",
    ),
    *("birdwatching", "astronomy", "photography", "embroidery", "watercolor", "ceramics", "poetry", "calligraphy"),
    *(
        "architecture",
        "typography",
        "genealogy",
        "archaeology",
        "philosophy",
        "linguistics",
        "theatre",
        "ballet",
        "comics",
    ),
    *("animation", "anime", "podcasts", "chess", "crosswords", "baking", "sourdough", "veganism", "cocktails", "sushi"),
    *("yoga", "meditation", "hiking", "camping", "cycling", "swimming", "skiing", "tennis", "rugby", "volleyball"),
    *("guitar", "piano", "violin", "songwriting", "physics", "genetics", "geology", "botany", "robotics", "linux"),
    *("javascript", "postgresql", "kubernetes", "cybersecurity", "journalism", "motorcycles", "parenting", "tattoos"),
)
#: Who is planted, and for what they are to be named.
PLANTED: dict[str, frozenset[str]] = {
    "gardener": frozenset({"gardening"}),
    "lambs_quarters": frozenset(),
    "joke_of_400": frozenset(),
    "two_dinosaur_jokes": frozenset(),
    "live_tweets": frozenset(),
    "protest": frozenset({"veganism"}),
    "celebrity": frozenset(),
    "tag_spammer": frozenset(),
    "same_text_daily": frozenset(),
    "replies_only": frozenset(),
    "nobody_reacts": frozenset(),
    "two_friends": frozenset(),
    "small_but_real": frozenset({"knitting"}),
    "holiday": frozenset({"hiking"}),
}
#: See sql/agreed.sql.
AGREED = pa.schema([("person_id", pa.string()), ("purpose", pa.string()), ("given_on", pa.date32())])
POSTS_READ = ["platform", "author_key", "post_key", "post_type", "is_deleted", "event_at", "from_feed"]
_WORDS = (
    "pine",
    "moor",
    "reed",
    "loch",
    "tarn",
    "isle",
    "dune",
    "weir",
    "quay",
    "holt",
    "vale",
    "fell",
    "cove",
    "glade",
)


@dataclass(frozen=True)
class Named:
    """What a night says of a world, of ordinary people but for planted_wrong.

    findable: (person, topic) that are true and have all the evidence that the rule asks; reacted: posts, weeks and people
    enough, whether or not anybody came back.
    """

    named: frozenset[tuple[str, str]]
    true: frozenset[tuple[str, str]]
    findable: frozenset[tuple[str, str]]
    reacted: frozenset[tuple[str, str]]
    planted_wrong: dict[str, frozenset[str]]
    tables: dict[str, pa.Table]

    @property
    def right(self) -> float:
        """The share of the named topics that are true."""
        return len(self.named & self.true) / max(1, len(self.named))

    @property
    def found(self) -> float:
        """The share of the findable topics that are named."""
        return len(self.named & self.findable) / max(1, len(self.findable))


class TopicWorld:
    """Posts and acts of twelve weeks, with what each post is about. Keys are `commons:number` and `commons:case`."""

    def __init__(self, seed: int, people: int = 400, wrong: float = 0.0, luck: int = 0) -> None:
        self.world, self.wrong = World(seed, people, luck=luck), wrong
        self._draw = np.random.default_rng([seed, people, 21])
        self.homes = [
            tuple(self._draw.choice(HOMES, int(self._draw.choice(3, p=(0.3, 0.4, 0.3))), replace=False))
            for _ in range(people)
        ]
        if luck:  # the same people, with the same homes; other posts, and others act
            self._draw = np.random.default_rng([seed, people, 21, luck])
        self.posts: list[dict[str, Any]] = []
        self.acts: list[tuple[date, str, str, str, str]] = []  # day, kind, actor, target, post
        self.about: list[str | None] = []
        for day in (FIRST_DAY + timedelta(n) for n in range(DAYS)):
            self._ordinary(day)
        doubtful = (
            self.world.bots
            | set(np.flatnonzero(self.world.fresh).tolist())
            | set(np.flatnonzero(self.world.excluded).tolist())
        )
        self._crowd = [n for n in range(people) if n not in doubtful]
        for number, case in enumerate(PLANTED):
            for post in self._planted(case):
                self._plant(case, *post, fans=self._fans_of(case, number))

    def _ordinary(self, day: date) -> None:
        it = self.world.day("commons", day)
        keys = []
        for author in it.author.tolist():
            homes = self.homes[author]
            topic = str(self._draw.choice(homes)) if homes and self._draw.random() < 0.5 else None
            keys.append(self._post(str(author), day, topic))
        for post, actor, kind in zip(it.post.tolist(), it.actor.tolist(), it.kind.tolist(), strict=True):
            author = int(it.author[post])
            if author != actor and not (self.world.excluded[author] or self.world.excluded[actor]):
                self.acts.append((day, KINDS[kind], f"commons:{actor}", f"commons:{author}", keys[post]))

    def _post(
        self, author: str, day: date, topic: str | None, text: str = "", kind: str = "original", tags: tuple = ()
    ) -> str:
        key = f"commons:p{len(self.posts)}"
        said = text or " ".join(self._draw.choice(_WORDS, 8))
        tags = tags or ((topic,) if topic else ())
        if self._draw.random() < self.wrong:
            tags = (*tags, str(self._draw.choice(HOMES)))
        self.posts.append(
            {
                **{"post_key": key, "author_key": f"commons:{author}", "post_type": kind, "lang": "en", "text": said},
                **{"hashtags": list(tags), "is_deleted": False, "platform": "commons", "snapshot_date": day},
                "event_at": datetime(day.year, day.month, day.day, 9, tzinfo=UTC),
            }
        )
        self.about.append(topic)
        return key

    def _fans_of(self, case: str, number: int) -> list[int]:
        sizes = {
            "joke_of_400": 400,
            "celebrity": 150,
            "live_tweets": 40,
            "lambs_quarters": 40,
            "two_dinosaur_jokes": 60,
        }
        size = sizes.get(case, {"two_friends": 2, "nobody_reacts": 0, "small_but_real": 8}.get(case, 16))
        first = 17 * number % len(self._crowd)
        return [self._crowd[(first + n) % len(self._crowd)] for n in range(min(size, len(self._crowd)))]

    def _planted(self, case: str) -> Iterator[tuple[int, str | None, float, dict[str, Any]]]:
        """Of each post: days before the end, its topic, the share of the fans that act, and what else is said of it."""
        weekly = [(7 * week + part, week) for week in range(12) for part in (1, 4)]
        match case:
            case "gardener":
                yield from ((ago, "gardening", 0.4, {}) for ago, _ in weekly)
            case "lambs_quarters":
                text = "lambs quarters are the best weed in the yard"
                for ago in range(3, 9):
                    yield ago, None, 0.8, {"text": f"{text}, {ago}", "kind": "reply", "tags": ("gardening",)}
            case "joke_of_400":
                yield 20, "coffee", 0.9, {}
            case "two_dinosaur_jokes":
                yield from ((ago, None, 0.8, {"tags": ("paleontology",)}) for ago in (10, 30))
            case "live_tweets":
                yield from ((ago, "tennis", 0.5, {}) for ago in (40, 41, 42, 43) for _ in range(10))
            case "protest":
                yield from ((ago, "veganism", 0.4, {}) for ago, _ in weekly)
            case "celebrity":
                yield from ((ago % DAYS, "coffee" if ago % 75 == 0 else None, 0.1, {}) for ago in range(900))
            case "tag_spammer":
                yield from ((ago, None, 0.4, {"tags": HOMES[:12]}) for ago in range(0, DAYS, 2))
            case "same_text_daily":
                yield from (
                    (ago, None, 0.4, {"text": "buy my wonderful soap now", "tags": ("skincare",)})
                    for ago in range(DAYS)
                )
            case "replies_only":
                yield from ((ago, None, 0.4, {"kind": "reply", "tags": ("gardening",)}) for ago, _ in weekly)
            case "nobody_reacts" | "two_friends":
                yield from ((ago, "chess", 0.9, {}) for ago, _ in weekly)
            case "small_but_real":
                yield from ((7 * week + 2, "knitting", 0.6, {}) for week in range(9))
            case "holiday":
                yield from ((ago, "hiking", 0.4, {}) for ago, week in weekly if not 2 <= week < 6)

    def _plant(
        self, case: str, ago: int, topic: str | None, share: float, said: dict[str, Any], fans: list[int]
    ) -> None:
        day = LAST - timedelta(days=ago)
        key = self._post(case, day, topic, **said)
        for fan in fans:
            if self._draw.random() < share:
                kind = str(self._draw.choice(("like", "reply", "share")))
                self.acts.append((day, kind, f"commons:{fan}", f"commons:{case}", key))

    def judged(
        self,
        endorsements: list[tuple[Any, ...]] | None = None,
        hidden: tuple[tuple[str, str], ...] = (),
        brands: tuple[Brand, ...] = (),
        buckets: Buckets | None = None,
        lake: Lake | None = None,
    ) -> Named:
        """The world as a night sees it, by the default model. endorsements, hidden: rows of steps.ENDORSEMENTS, HIDDEN_TOPICS.

        What is hidden was hidden today only: the matcher noted it on the days before. buckets: compute on these, with the
        activity in their lake, as a large night does.
        """
        model = variants.score_alone(read_model(queries.SQL / "models" / "v2.toml"))
        ontology, engine = read_ontology(), buckets or DuckDB()
        found, _ = topic_posts.of_day(self._posts_table(), LAST, Matcher(ontology), frozenset(), brands=brands)
        # All posts are one table here: each row is of the day on which it was posted.
        at = found.schema.get_field_index("ds")
        found = found.set_column(at, found.schema.field("ds"), found["posted_on"])
        day, kind, actor, target, post = zip(*self.acts, strict=True)
        classified = pa.table(
            {
                **{
                    "ds": pa.array(day, pa.date32()),
                    "platform": pa.repeat("commons", len(day)),
                    "kind": kind,
                    "actor": actor,
                },
                **{"target": target, "post_key": post, "disposition": pa.repeat("kept", len(day))},
            }
        )
        conformed = Plan(
            DuckDB(), {"classified": classified, "post_topics": found}, parameters={"topic_days": topic_posts.KEPT_DAYS}
        )
        done = {
            name: conformed.resolve(name).cast(CONFORMED[name])
            for name in ("activity", "post_actions", "topic_activity")
        }
        if buckets and lake:
            days = sorted(set(done["activity"]["ds"].to_pylist()))
            for each in days:
                of_day = done["activity"].filter(pc.equal(done["activity"]["ds"], pa.scalar(each)))
                lake.write(lake.conformed("activity", each), of_day.drop_columns("ds"))
            done["activity"] = buckets.conformed(lake, "activity", days)
        plan = steps.in_memory(
            engine,
            model,
            LAST,
            **self._states(DuckDB(), model),
            **done,
            brands=small_arrow(steps.BRANDS, [(brand.slug, brand.name, None) for brand in brands]),
            posts=self._posts_table().select(POSTS_READ),
            post_topics=found,
            endorsements=small_arrow(steps.ENDORSEMENTS, endorsements or []),
            hidden_topics=small_arrow(steps.HIDDEN_TOPICS, list(hidden)),
            ontology=small_arrow(steps.ONTOLOGY, topic_posts.ontology_rows(ontology)),
        )
        names = ("person_topics", "topic_evidence", "topics", "score", "advocates")
        tables = {name: to_arrow(plan.resolve(name)) for name in names}
        return self._named(tables, found, classified)

    def _named(self, tables: dict[str, pa.Table], found: pa.Table, classified: pa.Table) -> Named:
        rows = [row for row in tables["person_topics"].to_pylist() if row["not_named"] is None]
        said = {(row["person_id"].partition(":")[2], row["slug"]) for row in rows}
        planted = {case: frozenset(topic for who, topic in said if who == case) for case in PLANTED}
        wrong = {case: topics for case, topics in planted.items() if topics != PLANTED[case]}
        true = {(str(n), topic) for n, homes in enumerate(self.homes) for topic in homes}
        true |= {(case, topic) for case, topics in PLANTED.items() for topic in topics}
        findable, reacted = self._findable(true)
        ordinary = {who for who in said if who[0] not in PLANTED}
        return Named(
            *(frozenset(who for who in each if who[0] not in PLANTED) for each in (ordinary, true, findable, reacted)),
            wrong,
            tables,
        )

    def _findable(self, true: set[tuple[str, str]]) -> tuple[set[tuple[str, str]], set[tuple[str, str]]]:
        """The true topics whose evidence is what the rule asks, by what posts are truly about; and those with posts, weeks and
        people enough, whether or not people came back.
        """
        of_post = {
            post["post_key"]: (post["author_key"].partition(":")[2], topic)
            for post, topic in zip(self.posts, self.about, strict=True)
        }
        posted: dict[tuple[str, str | None], list[date]] = defaultdict(list)
        for post in self.posts:
            posted[of_post[post["post_key"]]].append(post["snapshot_date"])
        crowd = {f"commons:{n}" for n in self._crowd}
        days: dict[tuple[str, str | None], dict[str, set[date]]] = defaultdict(lambda: defaultdict(set))
        acts: Counter[tuple[str, str | None] | str] = Counter()
        for day, _, actor, _, post in self.acts:
            who = of_post[post]
            acts[who] += 1
            acts[who[0]] += 1
            if actor in crowd:
                days[who][actor].add(day)
        reacted = {
            who
            for who in true
            if len(posted[who]) >= 5
            and len({(LAST - day).days // 7 for day in posted[who]}) >= 4
            and len(days[who]) >= 5
        }
        came_back = {who for who in reacted if sum(len(each) > 1 for each in days[who].values()) >= 3}
        return {who for who in came_back if acts[who] >= 0.1 * acts[who[0]]}, reacted

    def findable(self) -> frozenset[tuple[str, str]]:
        """The true topics of ordinary people whose evidence in this draw is what the rule asks."""
        return frozenset(self._findable({(str(n), topic) for n, homes in enumerate(self.homes) for topic in homes})[0])

    def _posts_table(self) -> pa.Table:
        names = [name for name in (*topic_posts.COLUMNS, "from_feed") if name in POSTS.names]
        kinds = {name: POSTS.field(name).type for name in names} | {
            "platform": pa.string(),
            "snapshot_date": pa.date32(),
        }
        return pa.table({name: pa.array([post.get(name) for post in self.posts], kind) for name, kind in kinds.items()})

    def _states(self, engine: DuckDB, model: Model) -> dict[str, pa.Table]:
        from scored_world import COUNTED, LISTED, SEEDS, STATES

        people = [*map(str, range(self.world.people)), *PLANTED]
        born = {str(n): self.world.created(n) for n in range(self.world.people)}
        states = []
        for who in people:
            on = born.get(who, date(2020, 1, 1))
            is_bot = who.isdigit() and int(who) in self.world.bots
            told = {
                **{
                    "ds": LAST,
                    "account_key": f"commons:{who}",
                    "platform": "commons",
                    "handle": who,
                    "account_type": "person",
                },
                **{"status": "active", "created_at": datetime(on.year, on.month, on.day, tzinfo=UTC), "is_bot": is_bot},
            }
            states.append(tuple(told.get(name) for name in STATES.names))
        counted = Plan(engine, {"accounts": small_arrow(COUNTED, [])}, model, LAST).resolve("counter_states")
        return {
            "account_states": small_arrow(STATES, states),
            "counter_states": counted,
            "operator_list": small_arrow(LISTED, []),
            "persons": small_arrow(identity.PERSONS, []),
            "named_seeds": small_arrow(SEEDS, []),
            "agreed": small_arrow(AGREED, [(f"commons:{who}", "named", FIRST_DAY) for who in people]),
            "sources": steps.sources_table(["commons"]),
        }


def main(argv: list[str]) -> None:
    """Judge worlds."""
    parser = argparse.ArgumentParser(
        prog="topic_world.py", description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    parser.add_argument("--seeds", default="1..20", help="FIRST..LAST")
    parser.add_argument("--people", type=int, default=400)
    parser.add_argument(
        "--redraws", type=int, default=0, help="how often to draw the same people's posts and acts anew"
    )
    parser.add_argument("--wrong", type=float, default=0.0, help="the share of posts that carry a wrong topic")
    args = parser.parse_args(argv)
    first, _, last = args.seeds.partition("..")
    counts: Counter[str] = Counter()
    for seed in range(int(first), int(last or first) + 1):
        told = TopicWorld(seed, args.people, args.wrong).judged()
        counts.update(
            named=len(told.named),
            right=len(told.named & told.true),
            findable=len(told.findable),
            found=len(told.named & told.findable),
            reacted=len(told.reacted),
            named_of_reacted=len(told.named & told.reacted),
        )
        if args.redraws:
            usual = usually_findable(seed, args.people, args.redraws)
            counts.update(usual=len(usual), named_of_usual=len(told.named & usual))
        wrong = {case: sorted(topics) for case, topics in told.planted_wrong.items()}
        shares = f"right {told.right:.3f}, found {told.found:.3f} of {len(told.findable)}"
        print(f"seed {seed}: {len(told.named)} named, {shares}; planted wrong: {wrong or 'none'}", flush=True)
    found, reacted = (
        counts["found"] / max(1, counts["findable"]),
        counts["named_of_reacted"] / max(1, counts["reacted"]),
    )
    print(f"all: {counts['named']} named, {counts['right']} of them right")
    print(f"of {counts['findable']} true topics with the evidence that the rule asks found: {found:.3f}")
    print(f"of {counts['reacted']} with posts, weeks and people, whether or not these came back: {reacted:.3f}")
    if args.redraws:
        usual_found = counts["named_of_usual"] / max(1, counts["usual"])
        print(f"of {counts['usual']} that have that evidence in most other draws of the same people: {usual_found:.3f}")


def usually_findable(seed: int, people: int, redraws: int) -> frozenset[tuple[str, str]]:
    """The true topics that have the evidence in most of some other draws: what people are like, and not how one draw went."""
    times = Counter(who for luck in range(1, redraws + 1) for who in TopicWorld(seed, people, luck=luck).findable())
    return frozenset(who for who, often in times.items() if 2 * often > redraws)


if __name__ == "__main__":
    main(sys.argv[1:])
