"""Retention: removes what a platform showed once its time is over, by the rules of its reader (config/readers.py).

A snapshot of day d is taken after d, so at the end of day d + n it is at most n days old. Activity and scores are kept: they
are counts of who acted on whom, no content; where the terms speak of the people themselves, as LinkedIn's, these are replaced
by pseudonyms there too. A pseudonym is the same for the same person in one lake, so that counts of people stay right.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from functools import reduce

import pyarrow as pa
import pyarrow.compute as pc
from pyarrow import fs as pafs

from clout.config.readers import Rule
from clout.config.sources import Source
from clout.lake.column_roles import Role, role
from clout.lake.partitions import Lake
from clout.lake.schemas import SNAPSHOTS
from clout.privacy.row_deletion import PURGED, RowFilter, partitions, reconcile_manifest, rewrite, touched
from clout.privacy.suppression import ErasedKeys


@dataclass(frozen=True)
class Purged:
    """What one rule did, or would do, with one partition. `rows` is None where it went unread."""

    source: str
    table: str
    action: str
    terms: str
    ds: date
    rows: int | None


def purge(
    lake: Lake, sources: Iterable[Source], day: date, salted: ErasedKeys, dry_run: bool = False
) -> Iterator[Purged]:
    """Apply the rules of every source as they stand at the end of `day`.

    Each partition is replaced in one step, and one that is as it should be is left alone: a purge that was cut short is
    made whole by the next. Parts that all sources share (activity, features) follow the strictest of them.
    """
    for source in sources:
        rules = source.read_by.retention
        deleted = _deleted(lake, source.name, day) if any(r.action == "forget_deleted" for r in rules) else _NONE
        for rule in rules:
            for each, path in _partitions(lake, rule.table, source.name):
                if (day - each).days < rule.after_days:
                    continue
                if rule.action == "drop":
                    rows = _drop(lake, path, rule, dry_run)
                else:
                    change = touched if dry_run else rewrite
                    rows = change(lake, path, _edit(rule, source, deleted, salted))
                    if rule.action == "forget_deleted" and not dry_run:
                        reconcile_manifest(lake, source.name, each)
                if rows != 0:
                    yield Purged(source.name, rule.table, rule.action, rule.terms, each, rows)


def is_purged(lake: Lake, source: str, day: date) -> bool:
    """Whether a day's interactions were dropped for their age: then the day cannot be conformed again."""
    return bool((lake.metadata(lake.snapshot("interactions", source, day)) or {}).get(PURGED))


def _partitions(lake: Lake, table: str, source: str) -> list[tuple[date, str]]:
    """Day and path of every partition of a rule's table."""
    if table == "features":
        measures = lake.fs.get_file_info(pafs.FileSelector(f"{lake.root}/features", allow_not_found=True))
        return [found for info in measures for found in partitions(lake, f"features/{info.base_name}")]
    if table == "raw":
        return partitions(lake, f"raw/{source}")
    if table == "quarantine":
        return partitions(lake, f"quarantine/platform={source}")
    return partitions(lake, f"snapshots/{table}/platform={source}" if table in SNAPSHOTS else table)


def _drop(lake: Lake, path: str, rule: Rule, dry_run: bool) -> int | None:
    """Remove a partition; of a snapshot, leave an empty one that says so. Gives the rows that went, if they were counted."""
    if rule.table not in SNAPSHOTS:
        if not dry_run:
            lake.remove(path)
        return None
    rows = lake.read(path, columns=[]).num_rows
    if rows and not dry_run:
        lake.write(path, SNAPSHOTS[rule.table].empty_table(), {PURGED: rule.terms})
    return rows


@dataclass(frozen=True)
class _Deleted:
    """What snapshots up to a day show to be deleted at the source; the posts of a deleted account are."""

    posts: frozenset[str]
    accounts: frozenset[str]


_NONE = _Deleted(frozenset(), frozenset())


@dataclass(frozen=True)
class Unnameable:
    """Which posts of a source no published row may name any more: by key, of an account, or posted on a day or before it."""

    platform: str
    posts: frozenset[str]
    accounts: frozenset[str]
    until: date | None

    def names(self, post: str, author: str, posted_on: date) -> bool:
        """Whether a post is among them. author: the person whom a published row takes it for."""
        if post in self.posts or author in self.accounts:
            return True
        return self.until is not None and posted_on <= self.until and post.startswith(f"{self.platform}:")


def unnameable(lake: Lake, source: Source, day: date) -> Unnameable:
    """What the rules of a source, as they stand at the end of a day, say of posts that are named in published rows.

    To be asked before the source's part of the lake is purged, which forgets who wrote what.
    """
    rules = source.read_by.retention
    deleted = _deleted(lake, source.name, day) if any(r.action == "forget_deleted" for r in rules) else _NONE
    ages = [r.after_days for r in rules if (r.table, r.action) == ("post_topics", "forget_platform")]
    until = day - timedelta(days=min(ages)) if ages else None
    return Unnameable(source.platform, deleted.posts, deleted.accounts, until)


def _deleted(lake: Lake, source: str, day: date) -> _Deleted:
    posts: set[str] = set()
    accounts: set[str] = set()
    for each, path in _partitions(lake, "accounts", source):
        if each <= day:
            rows = lake.read(path, columns=["account_key", "status"])
            accounts.update(rows["account_key"].filter(pc.equal(rows["status"], "deleted")).to_pylist())
    theirs = pa.array(sorted(accounts), pa.string())
    for each, path in _partitions(lake, "posts", source):
        if each <= day:
            rows = lake.read(path, columns=["post_key", "author_key", "is_deleted"])
            gone = pc.or_(rows["is_deleted"], pc.is_in(rows["author_key"], theirs))
            posts.update(rows["post_key"].filter(gone).to_pylist())
    return _Deleted(frozenset(posts), frozenset(accounts))


def _edit(rule: Rule, source: Source, deleted: _Deleted, salted: ErasedKeys) -> RowFilter:
    if rule.action == "forget_deleted":
        return lambda rows: _without_deleted(rows, rule.table, deleted)
    if rule.action == "forget_platform":
        return lambda rows: keep(rows, pc.not_equal(rows["platform"], source.platform))
    begins = f"{source.platform}:{source.read_by.members}"
    if rule.action == "forget_members":
        return lambda rows: keep(rows, pc.invert(pc.starts_with(rows["account_key"], begins)))
    return lambda rows: _pseudonymised(rows, begins, salted.pseudonym)


def _without_deleted(rows: pa.Table, table: str, deleted: _Deleted) -> tuple[pa.Table, int]:
    """Without deleted posts, what was done by them, and deleted accounts with all that is theirs. A flag stays where it says
    that something is deleted, so that other days forget it.
    """

    def among(column: str, keys: frozenset[str]) -> pa.Array:
        return pc.fill_null(pc.is_in(rows[column], pa.array(sorted(keys), pa.string())), False)

    if table in ("post_topics", "topic_activity", "reactions"):
        people = ("author_key",) if table == "post_topics" else ("actor", "target")
        gone = reduce(pc.or_, (among(column, deleted.accounts) for column in people), among("post_key", deleted.posts))
    elif table == "posts":
        gone = pc.or_(
            pc.and_not(among("post_key", deleted.posts), rows["is_deleted"]), among("author_key", deleted.accounts)
        )
    elif table == "accounts":
        gone = pc.and_(among("account_key", deleted.accounts), pc.not_equal(rows["status"], "deleted"))
    else:
        gone = pc.or_(among("source_post_key", deleted.posts), among("actor_key", deleted.accounts))
        gone = pc.or_(gone, among("target_account_key", deleted.accounts))
    return keep(rows, pc.invert(gone))


def keep(rows: pa.Table, mask: pa.Array) -> tuple[pa.Table, int]:
    """The rows of a mask, and how many the others are."""
    kept = rows.filter(mask)
    return kept, rows.num_rows - kept.num_rows


def _pseudonymised(rows: pa.Table, begins: str, replace: Callable[[str], str]) -> tuple[pa.Table, int]:
    """Every key that begins so replaced, in keys, texts and lists; and how many rows had one."""
    changed = [False] * rows.num_rows

    def new(value: object, index: int) -> object:
        if isinstance(value, list):
            return [new(each, index) for each in value]
        if isinstance(value, str) and value.startswith(begins):
            changed[index] = True
            return replace(value)
        return value

    for place, field in enumerate(rows.schema):
        if role(field.name) is not Role.WORD and (pa.types.is_string(field.type) or pa.types.is_list(field.type)):
            values = [new(value, index) for index, value in enumerate(rows[field.name].to_pylist())]
            rows = rows.set_column(place, field, pa.array(values, field.type))
    return rows, sum(changed)
