"""Thirty days of the sandbox, pulled night by night over HTTP: conformed, they are the world's own log, by rules alone.

Of Bluesky and Mastodon some people are followed, so that what others did to them is known, also on the days after a
post; GitHub's files tell of everybody.
Nothing is compared with a tolerance. What the log holds and the activity does not is said by `expected`, rule by rule.
"""

from __future__ import annotations

import json
from collections import Counter, defaultdict
from collections.abc import Callable
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import conform
import numpy as np
import pytest
from clout.config.sources import read_sources
from clout.lake.partitions import Lake, days_between
from clout.platforms.pull.puller import pull
from clout.research import dataset
from clout.score.model import read_model

from sandbox import github
from sandbox.history import LIKE, MENTION, NAMES, POST, QUOTE, REPLY, View, home, moment, username
from sandbox.nights import clock_after
from sandbox.server import Sandbox

DAYS = days_between(date(2026, 3, 1), date(2026, 3, 30))
HERE = "alder.example"
MODEL = Path(__file__).parents[2] / "sql/models/v1.toml"
Acts = tuple[date, str, str, str]  # day, actor, target, kind
Posts = tuple[int, int | None]  # how many, and on how many posts; None where they are on none


class Pulled:
    """The sandbox, whom its hosts were asked about, and the lake with what they told."""

    def __init__(self, folder: Path) -> None:
        self.lake = Lake(folder / "lake")
        self.late: Counter[str] = Counter()
        self.box = Sandbox(now="2026-03-01T00:00:00Z", people=100, limits={"github": 10**9, "bluesky": 10**9})
        world = self.world = self.box.world
        marked = world.excluded.copy()
        marked[[*world.moved, *world.suspended, *world.closed]] = True
        # Those who move many come first. Not all: each needs many requests a night.
        open_to_all = [i for i in np.argsort(-world.pull).tolist() if not marked[i]]
        self.followed = {
            "bluesky": [i for i in open_to_all if world.present["bluesky"][i]][::6],
            "mastodon": [i for i in open_to_all if world.present["mastodon"][i] and home(world, i, 0) == HERE][::2],
        }
        self.keys: dict[str, Callable[[int, int], str]] = {
            "bluesky": lambda person, at: f"bluesky:{self.box.names.did(person)}",
            "mastodon": lambda person, at: (
                f"mastodon:https://{home(world, person, at)}/users/{username(world, person)}"
            ),
            "github": lambda person, at: f"github:{github.name_of(world, person).lower()}",
        }
        listed = [
            key(person, at)
            for key in self.keys.values()
            for person in sorted({*world.minors, world.excluded_by_operator})
            for at in (0, moment(DAYS[-1]))
        ]
        rows = ["account_key,reason", *(f"{key},operator" for key in dict.fromkeys(listed))]
        (folder / "exclusions.csv").write_text("\n".join(rows) + "\n")
        urls = self.box.urls
        asked: dict[str, dict[str, Any]] = {
            "bluesky": {
                "base_url": urls["bluesky"],
                "subjects": [self.box.names.did(i) for i in self.followed["bluesky"]],
            },
            "mastodon": {
                "base_url": urls["mastodon"][HERE],
                "subjects": [username(world, i) for i in self.followed["mastodon"]],
            },
            "github": {"base_url": urls["gharchive"]},
        }
        text = 'exclude = "exclusions.csv"\n'
        for name, more in asked.items():
            options = {"name": name, "reader": "gharchive" if name == "github" else name, **more}
            text += "[[source]]\n" + "".join(f"{key} = {json.dumps(value)}\n" for key, value in options.items())
        (folder / "sources.toml").write_text(text)
        self.sources = read_sources(folder / "sources.toml")

    def pull(self) -> None:
        """Each day right after its end."""
        with self.box:
            for day in DAYS:
                clock = clock_after(self.box, day)
                for source in self.sources.sources:
                    pull(self.lake, source, [day], say=lambda text: None, clock=clock)

    def expected(self, platform: str) -> dict[Acts, Posts]:
        """The world's log as the platform shows it to somebody who asks right after each day, without the excluded."""
        world, history, key = self.world, self.box.view(platform).history, self.keys[platform]
        excluded, followed = {*world.minors, world.excluded_by_operator}, {*self.followed.get(platform, ())}
        if platform != "github":
            excluded |= world.opted_out
        if platform == "mastodon":
            excluded |= world.protected
        acts: dict[Acts, list[tuple[int, int]]] = defaultdict(list)  # on which posts
        for day in DAYS:
            view = View(history, moment(day + timedelta(days=1)))
            first, last = view.table.at.searchsorted((moment(day), view.now)).tolist()
            for row in range(first, last):
                at, kind, about = (int(column[row]) for column in (view.table.at, view.table.kind, view.table.about))
                actor, target = int(view.table.actor[row]), int(view.table.target[row])
                if kind == POST or actor == target or {actor, target} & excluded:
                    continue
                if platform != "github":
                    if target not in followed:
                        continue  # whom nobody asked about
                    if not view.whole[row]:
                        continue  # deleted, or suspended or closed, before the day was over
                    if actor not in followed and (kind == MENTION or (kind, platform) == (QUOTE, "mastodon")):
                        continue  # such stand in the actor's own timeline only
                self.late[platform] += int(view.table.at[about]) < moment(day)
                name = NAMES[REPLY if (kind, platform) == (QUOTE, "github") else kind]
                # A repository's issue and its pull request are two posts, and the repository is a third.
                part = kind if platform == "github" else 0
                acts[day, key(actor, at), key(target, at), name].append((about, part))
        return {told: (len(posts), None if told[3] == "mention" else len({*posts})) for told, posts in acts.items()}

    def conformed(self, platform: str) -> dict[Acts, Posts]:
        """The activity, of those who are followed."""
        targets = {self.keys[platform](person, 0) for person in self.followed.get(platform, ())}
        acts: dict[Acts, Posts] = {}
        for day in DAYS:
            for row in self.lake.read(self.lake.conformed("activity", day)).to_pylist():
                if row["platform"] == platform and (platform == "github" or row["target"] in targets):
                    acts[day, row["actor"], row["target"], row["kind"]] = row["n"], row["n_posts"]
        return acts


@pytest.fixture(scope="module")
def pulled(tmp_path_factory: pytest.TempPathFactory) -> Pulled:
    made = Pulled(tmp_path_factory.mktemp("truth"))
    made.pull()
    conform.conform_days(made.lake, made.sources, DAYS)
    return made


@pytest.mark.parametrize("platform", ["bluesky", "mastodon", "github"])
def test_thirty_days_are_the_worlds_own_log(pulled: Pulled, platform: str) -> None:
    expected, found = pulled.expected(platform), pulled.conformed(platform)
    lost, invented = expected.items() - found.items(), found.items() - expected.items()
    assert (lost, invented) == (set(), set())
    assert len(expected) > 100
    assert any(kind == NAMES[LIKE] for *_, kind in expected)
    assert any(posts is not None and posts > 1 for _, posts in expected.values())
    assert pulled.late[platform] > 4  # acts on posts of earlier days, which must be asked about again


@pytest.mark.parametrize("platform", ["bluesky", "mastodon"])
def test_only_posts_of_a_feed_that_was_read_say_how_many_are_passed_on(pulled: Pulled, platform: str) -> None:
    """Of everybody else just those posts passed by that somebody followed reacted to."""
    model = read_model(MODEL)
    found = dataset.build_evidence(dataset.read(pulled.lake, pulled.sources, model, DAYS), model, DAYS[-1])
    owner = {row["account_key"]: row["person_id"] for row in found.resolve("persons").to_pylist()}
    keys = {pulled.keys[platform](person, 0) for person in pulled.followed[platform]}
    read = {owner.get(key, key) for key in keys}
    rows = [
        row
        for row in found.resolve("amplification").to_pylist()
        if (row["variant"], row["platform"]) == ("now", platform)
    ]
    assert {row["person_id"] for row in rows if row["amplification"] is not None} <= read
    in_passing = {row["person_id"] for row in rows if row["posts"] == 0}
    assert len(in_passing) > 3
    assert in_passing.isdisjoint(read)
    assert all((row["amplification"] is None) == (row["posts"] == 0) for row in rows)
