"""What may go wrong with the exports of a day, or with what says how they are read: each kind of damage is a function.

A function is given a Delivery, a copy of honest exports, and spoils it; DAMAGES names all. What is `made_up` shows times, kinds
or targets of a day that never were, whatever it does to the scores.
"""

from __future__ import annotations

import random
import re
import shutil
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from pathlib import Path
from typing import Any

from judged.exports import Exports, read_csv, write_csv

DAY = 86_400
Row = dict[str, Any]
Change = Callable[[list[Row]], list[Row]]


@dataclass
class Delivery:
    """A copy of the exports that may be spoilt: the folder, the day's number, the model file, and whether the lake is lost."""

    exports: Exports
    folder: Path
    number: int
    model: Path
    lake_lost: bool = False
    draw: random.Random = field(default_factory=lambda: random.Random(5))

    @property
    def days(self) -> range:
        """All days that were delivered."""
        return range(self.number + 1)

    @property
    def people(self) -> list[str]:
        """The ids of all people, in an order of no meaning."""
        return [str(i) for i in random.Random(3).sample(range(self.exports.plan.people), self.exports.plan.people)]

    def midnight(self, number: int) -> int:
        """When a day begins, in Unix seconds."""
        day = self.exports.plan.day(number)
        return int(datetime(day.year, day.month, day.day, tzinfo=UTC).timestamp())

    def file(self, name: str = "murmur", table: str = "interactions", number: int | None = None) -> Path:
        """The export of a day, or an accounts file."""
        if table == "accounts":
            return self.folder / name / "accounts.csv"
        day = self.exports.plan.day(self.number if number is None else number)
        return self.folder / name / f"{table}-{day}.csv.gz"

    def rows(self, name: str = "murmur", table: str = "interactions", number: int | None = None) -> list[Row]:
        """Its rows."""
        return read_csv(self.file(name, table, number))[1]

    def change(
        self, change: Change, name: str = "murmur", table: str = "interactions", number: int | None = None
    ) -> None:
        """Put changed rows into the place of a file."""
        file = self.file(name, table, number)
        names, rows = read_csv(file)
        changed = change(rows)
        write_csv(file, changed, names if not changed else [*changed[0]])

    def window(self, change: Change, name: str = "murmur", table: str = "interactions") -> None:
        """Change every day's file, and let the window be read again."""
        for number in self.days:
            if self.file(name, table, number).exists():
                self.change(change, name, table, number)
        self.touch()

    def touch(self) -> None:
        """Change the configuration of murmur without any meaning: its whole window is read again."""
        self.configure('path = "murmur"', 'path = "murmur"\n[source.kinds]\nzzz = "like"')

    def configure(self, old: str, new: str) -> None:
        """Change the sources file."""
        file = self.folder / "sources.toml"
        text = file.read_text()
        assert old in text
        file.unlink()
        file.write_text(text.replace(old, new))

    def number_in_model(self, name: str, value: str, version: str | None = "v3") -> None:
        """Another number, or list, in the model: as a new version that follows the old one, or in the same file."""
        text = self.model.read_text()
        changed = re.sub(rf"(?m)^{name} = (\[[^\]]*\]|.*)$", f"{name} = {value}", text)
        assert changed != text
        if version is None:
            self.model.write_text(changed)
            return
        new = self.model.with_name(f"{version}.toml")
        since = self.exports.plan.day(self.number)
        follows = f'[follows]\nmodel = "{self.model.name}"\nsince = {since}\n\n'
        changed = changed.replace(f'model_version = "{self.model.stem}"', f'model_version = "{version}"')
        new.write_text(changed.replace("[base]", follows + "[base]", 1))
        self.model = new


@dataclass(frozen=True)
class Damage:
    """A kind of damage. made_up: it shows times, kinds or targets of a day that never were."""

    name: str
    spoil: Callable[[Delivery], None]
    made_up: bool = False
    quick: bool = False


DAMAGES: list[Damage] = []


def damage(made_up: bool = False, quick: bool = False) -> Callable[[Callable[[Delivery], None]], Any]:
    """Register a kind of damage under its function's name."""

    def register(spoil: Callable[[Delivery], None]) -> Callable[[Delivery], None]:
        DAMAGES.append(Damage(spoil.__name__, spoil, made_up, quick))
        return spoil

    return register


def each(**new: Callable[[Row], Any]) -> Change:
    """Every row with other values in some columns."""
    return lambda rows: [row | {name: make(row) for name, make in new.items()} for row in rows]


def without(column: str) -> Change:
    """Rows without a column."""
    return lambda rows: [{name: value for name, value in row.items() if name != column} for row in rows]


def swapped(rows: list[Row]) -> list[Row]:
    """Actor for target."""
    return [row | {"actor": row["target"], "target": row["actor"]} for row in rows]


def permuted(d: Delivery) -> Change:
    """Everybody gets somebody else's id, the same on every day."""
    names = d.people
    other = dict(zip(sorted(names), names, strict=True))
    return each(actor=lambda row: other[row["actor"]], target=lambda row: other[row["target"]])


def shuffled(d: Delivery, column: str) -> Change:
    """A column's values in another order."""

    def change(rows: list[Row]) -> list[Row]:
        values = [row[column] for row in rows]
        d.draw.shuffle(values)
        return [row | {column: value} for row, value in zip(rows, values, strict=True)]

    return change


def ordered(column: str) -> Change:
    """A column's values sorted, as a spreadsheet sorts one column alone."""

    def change(rows: list[Row]) -> list[Row]:
        values = sorted(row[column] for row in rows)
        return [row | {column: value} for row, value in zip(rows, values, strict=True)]

    return change


def earlier(d: Delivery, ago: int, restamp: bool, renamed: bool = False) -> Change:
    """The rows of an earlier day; with today's times, and posts of other names."""

    def change(_: list[Row]) -> list[Row]:
        rows = d.rows(number=d.number - ago)
        if not restamp:
            return rows
        return [
            row | {"unix_ts": int(row["unix_ts"]) + ago * DAY} | ({"post": "x" + row["post"]} if renamed else {})
            for row in rows
        ]

    return change


def first_part(share: float) -> Change:
    """The file ends early."""
    return lambda rows: rows[: int(share * len(rows))]


def every_other(rows: list[Row]) -> list[Row]:
    """Half of the rows."""
    return rows[::2]


def twice(rows: list[Row]) -> list[Row]:
    """All rows again under other posts."""
    return rows + [row | {"post": "x" + row["post"]} for row in rows]


def odd_gone(rows: list[Row]) -> list[Row]:
    """Only actors of even ids."""
    return [row for row in rows if int(row["actor"]) % 2 == 0]


# Interactions of the day ---------------------------------------------------------------------------------------------


@damage(quick=True)
def interactions_gone(d):
    d.file().unlink()


@damage(made_up=True, quick=True)
def stale(d):
    d.change(earlier(d, 1, restamp=False))


@damage()
def stale_undated(d):
    rows = d.rows(number=d.number - 1)
    d.file().unlink()
    write_csv(d.folder / "murmur" / "interactions.csv.gz", rows, rows[0])


@damage(made_up=True, quick=True)
def stale_restamped(d):
    d.change(earlier(d, 1, restamp=True, renamed=True))


@damage(made_up=True)
def stale_restamped_same_posts(d):
    d.change(earlier(d, 1, restamp=True))


@damage(made_up=True)
def shift_day_restamped(d):
    d.change(earlier(d, 7, restamp=True, renamed=True))


@damage(made_up=True)
def half_of_yesterday(d):
    old = earlier(d, 1, restamp=True, renamed=True)
    d.change(lambda rows: sorted(every_other(rows) + every_other(old(rows)), key=lambda row: int(row["unix_ts"])))


@damage(made_up=True)
def all_of_yesterday_besides(d):
    old = earlier(d, 1, restamp=True, renamed=True)
    d.change(lambda rows: rows + old(rows))


@damage(made_up=True)
def two_weeks_ago(d):
    d.change(earlier(d, 14, restamp=True, renamed=True))


@damage(quick=True)
def half_lost(d):
    d.change(odd_gone)


@damage()
def targets_lost(d):
    d.change(lambda rows: [row for row in rows if int(row["target"]) % 2])


@damage()
def lost58(d):
    d.change(first_part(0.42))


@damage()
def lost62(d):
    d.change(first_part(0.38))


@damage()
def lost35(d):
    d.change(first_part(0.65))


@damage()
def morning_lost(d):
    d.change(lambda rows: rows[len(rows) // 2 :])


@damage()
def every_other_row(d):
    d.change(every_other)


@damage(made_up=True)
def swap_day(d):
    d.change(swapped)


@damage(made_up=True, quick=True)
def random_targets(d):
    d.change(each(target=lambda row: d.draw.choice(d.people)))


@damage(made_up=True)
def random_actors(d):
    d.change(each(actor=lambda row: d.draw.choice(d.people)))


@damage(made_up=True)
def targets_shuffled(d):
    d.change(shuffled(d, "target"))


@damage(made_up=True)
def actors_shuffled(d):
    d.change(shuffled(d, "actor"))


@damage(made_up=True)
def actors_sorted(d):
    d.change(ordered("actor"))


@damage(made_up=True)
def targets_sorted(d):
    d.change(ordered("target"))


@damage(made_up=True)
def targets_next_row(d):
    d.change(lambda rows: [row | {"target": other["target"]} for row, other in pairwise(rows)])


@damage(made_up=True)
def permuted_day(d):
    d.change(permuted(d))


@damage(made_up=True)
def renamed_day(d):
    d.change(each(actor=lambda row: "n" + row["actor"], target=lambda row: "n" + row["target"]))


@damage(made_up=True)
def actors_renamed(d):
    d.change(each(actor=lambda row: "n" + row["actor"]))


@damage()
def ids_as_floats(d):  # "17.0" is read as the 17 that it is, so that nothing that is shown is made up
    d.change(each(actor=lambda row: row["actor"] + ".0", target=lambda row: row["target"] + ".0"))


@damage(made_up=True)
def ids_next(d):
    number = d.exports.plan.people
    d.change(each(target=lambda row: str((int(row["target"]) + 1) % number)))


@damage(made_up=True)
def ids_cut(d):
    d.change(each(actor=lambda row: row["actor"][:2], target=lambda row: row["target"][:2]))


@damage(made_up=True)
def one_target(d):
    d.change(each(target=lambda row: "7"))


@damage(made_up=True)
def one_actor(d):
    d.change(each(actor=lambda row: "7"))


@damage(made_up=True)
def third_on_one(d):
    d.change(lambda rows: [row | ({"target": "7"} if n % 3 == 0 else {}) for n, row in enumerate(rows)])


@damage()
def first_targets_gone(d):
    rows = d.rows()
    counts = {row["target"]: 0 for row in rows}
    for row in rows:
        counts[row["target"]] += 1
    top = sorted(counts, key=counts.__getitem__)[-20:]
    d.change(lambda rows: [row for row in rows if row["target"] not in top])


def _crowd(d: Delivery, actors: list[str], targets: Callable[[], str], acts: int = 1) -> Change:
    def change(rows: list[Row]) -> list[Row]:
        model = rows[len(rows) // 2]
        start = d.midnight(d.number)
        new = [
            model
            | {
                "actor": a,
                "target": targets(),
                "unix_ts": start + d.draw.randrange(DAY),
                "post": f"c{n}-{a}",
                "kind": "like",
            }
            for a in actors
            for n in range(acts)
        ]
        return rows + new

    return change


@damage(made_up=True, quick=True)
def fake_crowd(d):
    d.change(_crowd(d, d.people[:350], lambda: d.people[-1]))


@damage(made_up=True)
def newcomers_on_one(d):
    d.change(_crowd(d, [f"new{i}" for i in range(200)], lambda: d.people[-1]))


@damage(made_up=True)
def newcomers_on_all(d):
    d.change(_crowd(d, [f"new{i}" for i in range(400)], lambda: d.draw.choice(d.people), 2))


@damage(made_up=True)
def negative_net(d):
    d.change(_crowd(d, [f"bot{i}" for i in range(60)], lambda: d.draw.choice(d.people[:50]), 7))


@damage(made_up=True)
def bots_old(d):
    d.change(_crowd(d, d.people[:60], lambda: d.draw.choice(d.people), 20))


@damage(made_up=True)
def all_new(d):
    d.change(each(actor=lambda row: f"z{row['actor']}", target=lambda row: f"z{row['target']}"))


@damage(made_up=True, quick=True)
def kind_lost(d):
    d.change(each(kind=lambda row: "like"))


@damage(made_up=True)
def all_shares(d):
    d.change(each(kind=lambda row: "share"))


@damage(made_up=True)
def kinds_rotated(d):
    other = {"like": "reply", "reply": "share", "share": "mention", "mention": "quote", "quote": "like"}
    d.change(each(kind=lambda row: other[row["kind"]]))


@damage(made_up=True)
def half_of_kinds(d):
    d.change(lambda rows: [row | ({"kind": "quote"} if n % 2 else {}) for n, row in enumerate(rows)])


@damage()
def likes_lost(d):
    d.change(lambda rows: [row for row in rows if row["kind"] != "like"])


@damage()
def replies_lost(d):
    d.change(lambda rows: [row for row in rows if row["kind"] not in ("reply", "share")])


@damage(made_up=True, quick=True)
def midnight(d):
    d.change(each(unix_ts=lambda row: d.midnight(d.number)))


@damage(made_up=True)
def noon(d):
    d.change(each(unix_ts=lambda row: d.midnight(d.number) + DAY // 2))


@damage(made_up=True)
def whole_hours(d):
    d.change(each(unix_ts=lambda row: int(row["unix_ts"]) // 3600 * 3600))


@damage(made_up=True)
def times_in_one_hour(d):
    d.change(each(unix_ts=lambda row: d.midnight(d.number) + int(row["unix_ts"]) % 3600))


@damage(made_up=True)
def times_mirrored(d):
    d.change(each(unix_ts=lambda row: 2 * d.midnight(d.number) + DAY - 1 - int(row["unix_ts"])))


@damage(made_up=True)
def half_a_day_later(d):
    start = d.midnight(d.number)
    d.change(each(unix_ts=lambda row: start + (int(row["unix_ts"]) - start + DAY // 2) % DAY))


@damage(made_up=True)
def shift_8h(d):
    d.change(each(unix_ts=lambda row: int(row["unix_ts"]) - 8 * 3600))


@damage(made_up=True)
def shift_8h_undated(d):
    rows = [row | {"unix_ts": int(row["unix_ts"]) - 8 * 3600} for row in d.rows()]
    d.file().unlink()
    write_csv(d.folder / "murmur" / "interactions.csv.gz", rows, rows[0])


@damage()
def doubled(d):
    d.change(twice)


@damage()
def doubled_half(d):
    d.change(lambda rows: rows + twice(rows[::2])[len(rows[::2]) :])


@damage()
def tripled(d):
    d.change(lambda rows: twice(rows) + [row | {"post": "y" + row["post"]} for row in rows])


@damage()
def plaza_gone(d):
    d.file("plaza").unlink()


@damage()
def plaza_half(d):
    d.change(every_other, "plaza")


@damage(made_up=True)
def plaza_stale(d):
    ago = d.rows("plaza", number=d.number - 1)
    d.change(lambda _: [row | {"unix_ts": int(row["unix_ts"]) + DAY} for row in ago], "plaza")


@damage(made_up=True)
def plaza_random_targets(d):
    d.change(each(target=lambda row: d.draw.choice(d.people)), "plaza")


@damage(made_up=True)
def plaza_swapped(d):
    d.change(swapped, "plaza")


@damage(made_up=True)
def plaza_twice_in_murmur(d):
    rows = [row | {"post": ""} for row in d.rows("plaza")]
    write_csv(d.folder / "murmur" / f"plaza-{d.exports.plan.day(d.number)}.csv", rows, rows[0])


@damage(made_up=True)
def wrong_folder(d):
    rows = d.rows("plaza")
    write_csv(d.file(), [row | {"post": ""} for row in rows], [*rows[0], "post"])


@damage(made_up=True)
def folders_swapped(d):
    one, other = d.rows("murmur"), d.rows("plaza")
    write_csv(d.file("plaza"), one, ("actor", "target", "unix_ts", "kind"))
    write_csv(d.file(), [row | {"post": ""} for row in other], [*other[0], "post"])


@damage(quick=True)
def posts_gone(d):
    d.file(table="posts").unlink()


@damage()
def posts_gone_all(d):
    for number in d.days:
        d.file(table="posts", number=number).unlink()
    d.touch()


@damage(made_up=True)
def posts_of_yesterday(d):
    old = d.rows(table="posts", number=d.number - 1)
    d.change(lambda _: [row | {"unix_ts": int(row["unix_ts"]) + DAY} for row in old], table="posts")


@damage(made_up=True)
def posts_by_one(d):
    d.change(each(author=lambda row: "7"), table="posts")


@damage()
def posts_authors_shuffled(d):
    d.change(shuffled(d, "author"), table="posts")


# The window ------------------------------------------------------------------------------------------------------------


@damage(quick=True)
def swap_all(d):
    d.configure('path = "murmur"', 'path = "murmur"\n[source.columns]\nactor = "target"\ntarget = "actor"')


@damage()
def swap_plaza_all(d):
    d.configure('path = "plaza"', 'path = "plaza"\n[source.columns]\nactor = "target"\ntarget = "actor"')


@damage()
def kinds_mapped_wrong(d):
    d.configure('path = "murmur"', 'path = "murmur"\n[source.kinds]\nlike = "share"\nshare = "like"')


@damage()
def permuted_all(d):
    d.window(permuted(d))


@damage()
def permuted_plaza_all(d):
    d.window(permuted(d), "plaza")
    d.configure('path = "plaza"', 'path = "plaza"\n[source.kinds]\nzzz = "like"')


@damage()
def renamed_all(d):
    d.window(each(actor=lambda row: "n" + row["actor"], target=lambda row: "n" + row["target"]))
    d.change(each(account=lambda row: "n" + row["account"]), table="accounts")


@damage()
def targets_shuffled_all(d):
    d.window(shuffled(d, "target"))


@damage()
def week_half(d):
    d.window(every_other)


@damage()
def odd_gone_all(d):
    d.window(odd_gone)


@damage()
def cut_all(d):
    d.window(first_part(0.5))


@damage()
def doubled_all(d):
    d.window(twice)


@damage()
def like_all(d):
    d.window(each(kind=lambda row: "like"))


@damage()
def three_days_swapped(d):
    for number in list(d.days)[-4:-1]:
        d.change(swapped, number=number)
    d.touch()


@damage()
def ten_days_random(d):
    for number in list(d.days)[-11:-1]:
        d.change(each(target=lambda row: d.draw.choice(d.people)), number=number)
    d.touch()


@damage()
def lake_lost(d):
    for number in list(d.days)[:-7]:
        for name, table in (("murmur", "interactions"), ("murmur", "posts"), ("plaza", "interactions")):
            d.file(name, table, number).unlink()
    d.lake_lost = True


@damage()
def lake_lost_half(d):
    for number in list(d.days)[: d.number // 2]:
        d.file("murmur", "interactions", number).unlink()
    d.lake_lost = True


@damage()
def source_removed(d):
    d.configure('[[source]]\nname = "plaza"\nreader = "files"\npath = "plaza"', "")
    write_csv(d.folder / "links.csv", [], ("account_a", "account_b"))


@damage()
def source_renamed(d):
    d.configure('name = "plaza"', 'name = "piazza"')
    write_csv(d.folder / "links.csv", [], ("account_a", "account_b"))


@damage()
def paths_swapped(d):
    d.configure('path = "plaza"', 'path = "other"')
    d.configure('path = "murmur"', 'path = "plaza"')
    d.configure('path = "other"', 'path = "murmur"')


@damage()
def seeds_bots(d):
    bots = ", ".join(f'"{i}"' for i in sorted(d.exports.world.bots))
    d.configure('path = "murmur"', f'path = "murmur"\nseeds = [{bots}]')


@damage()
def unit_wrong(d):
    d.configure('path = "murmur"', 'path = "murmur"\nunix_unit = "ms"')


# Links ---------------------------------------------------------------------------------------------------------------------


def _link(d: Delivery, pairs: list[tuple[str, str]]) -> None:
    rows = read_csv(d.folder / "links.csv")[1]
    known = {row["account_a"] for row in rows} | {row["account_b"] for row in rows}
    rows += [{"account_a": a, "account_b": b} for a, b in pairs if a not in known and b not in known]
    write_csv(d.folder / "links.csv", rows, ("account_a", "account_b"))


def _on_plaza(d: Delivery) -> list[str]:
    return [row["account"] for row in d.rows("plaza", "accounts")]


@damage(quick=True)
def links_merge(d):
    there = _on_plaza(d)
    some = d.draw.sample(there, min(100, len(there)))
    _link(d, [(f"murmur:{a}", f"plaza:{b}") for a, b in zip(d.people, some, strict=False)])


@damage()
def links_off_by_one(d):
    ids = _on_plaza(d)
    _link(d, [(f"murmur:{a}", f"plaza:{b}") for a, b in pairwise(ids)])


@damage()
def links_gone(d):
    write_csv(d.folder / "links.csv", [], ("account_a", "account_b"))


@damage()
def links_all_right(d):
    _link(d, [(f"murmur:{a}", f"plaza:{a}") for a in _on_plaza(d)])


# Accounts and consent ---------------------------------------------------------------------------------------------------


@damage()
def optout_dropped(d):
    d.change(without("opt_out"), table="accounts")


@damage(quick=True)
def optout_dropped_reread(d):
    d.change(without("opt_out"), table="accounts")
    d.touch()


@damage()
def optout_dropped_newlake(d):
    d.change(without("opt_out"), table="accounts")
    d.lake_lost = True


@damage()
def accounts_half_reread(d):
    d.change(first_part(0.5), table="accounts")
    d.touch()


@damage()
def accounts_half(d):
    d.change(first_part(0.5), table="accounts")


@damage()
def accounts_empty_reread(d):
    d.change(lambda rows: rows[:1], table="accounts")
    d.touch()


@damage()
def accounts_gone_reread(d):
    d.file(table="accounts").unlink()
    d.touch()


@damage()
def optout_shifted(d):
    d.change(ordered("account"), table="accounts")
    d.touch()


@damage()
def optout_false(d):
    d.change(each(opt_out=lambda row: "false"), table="accounts")


@damage()
def optout_false_reread(d):
    d.change(each(opt_out=lambda row: "false"), table="accounts")
    d.touch()


@damage()
def optout_turned(d):
    turned = {"true": "false", "false": "true"}
    d.change(each(opt_out=lambda row: turned[row["opt_out"]]), table="accounts")


@damage()
def minors_dropped_reread(d):
    d.change(without("is_minor"), table="accounts")
    d.touch()


@damage()
def protected_dropped_reread(d):
    d.change(without("is_protected"), table="accounts")
    d.touch()


@damage()
def exclusions_empty(d):
    write_csv(d.folder / "exclusions.csv", [], ("account_key", "reason"))


@damage()
def exclusions_of_others(d):
    rows = [{"account_key": f"plaza:{i}", "reason": "x"} for i in d.people[:2]]
    write_csv(d.folder / "exclusions.csv", rows, ("account_key", "reason"))


@damage()
def exclusions_hundred(d):
    rows = read_csv(d.folder / "exclusions.csv")[1]
    rows += [{"account_key": f"murmur:{i}", "reason": "x"} for i in d.people[:100]]
    write_csv(d.folder / "exclusions.csv", rows, ("account_key", "reason"))


@damage()
def all_bots(d):
    d.change(each(is_bot=lambda row: "true", account_type=lambda row: "bot"), table="accounts")


@damage()
def all_young(d):
    day = d.exports.plan.day(d.number) - timedelta(days=1)
    d.change(each(created_at=lambda row: f"{day}T00:00:00Z"), table="accounts")


@damage()
def names_shuffled(d):
    d.change(shuffled(d, "handle"), table="accounts")


@damage()
def types_shuffled(d):
    d.change(each(account_type=lambda row: d.draw.choice(["person", "organization"])), table="accounts")


@damage()
def counts_flip(d):
    d.change(each(followers_count=lambda row: row["account"]), table="accounts")


@damage()
def counters_shuffled(d):
    d.change(shuffled(d, "followers_count"), table="accounts")


@damage()
def accounts_of_plaza(d):
    shutil.copy(d.file("plaza", "accounts"), d.file(table="accounts").with_suffix(".new"))
    d.file(table="accounts").with_suffix(".new").replace(d.file(table="accounts"))


# The model -----------------------------------------------------------------------------------------------------------------


@damage()
def model_flat_new(d):
    d.number_in_model("map_from", "[0.0, 0.001, 0.9, 1.0]")
    d.number_in_model("map_to", "[0.0, 0.495, 0.505, 1.0]", None)


@damage()
def model_flat_same(d):
    d.number_in_model("map_from", "[0.0, 0.001, 0.9, 1.0]", None)
    d.number_in_model("map_to", "[0.0, 0.495, 0.505, 1.0]", None)


@damage()
def model_ref_new(d):
    d.number_in_model("ref_reach", "50.0")


@damage()
def model_ref_same(d):
    d.number_in_model("ref_reach", "50.0", None)


@damage()
def model_half_life_new(d):
    d.number_in_model("half_life_days", "1.0")


@damage()
def model_kinds_new(d):
    d.number_in_model("like", "0.0")


@damage()
def model_people_new(d):
    d.number_in_model("min_people", "20")


@damage()
def model_network_only_new(d):
    d.number_in_model("beta_reach", "0.0")
