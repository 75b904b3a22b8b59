"""Makes canonical rows of interactions, posts and accounts from batches of exports."""

from __future__ import annotations

import bisect
import hashlib
import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from types import MappingProxyType
from typing import Any

import duckdb
import pyarrow as pa
import pyarrow.compute as pc

from clout.config.sources import Source
from clout.errors import InvalidInput
from clout.lake.schemas import ACCOUNT_LINKS, ACCOUNTS, INTERACTIONS, OTHER_COUNTERS, POSTS, TIME
from clout.platforms.exports.file_fields import (
    Checked,
    count_of,
    flag_of,
    keys_of,
    kinds_of,
    list_of,
    number_of,
    one_of,
    post_types_of,
    raw_refs,
    same,
    text_of,
    times_in,
    times_of,
)
from clout.platforms.exports.file_ids import IdColumns, is_missing, is_word, spelt
from clout.platforms.exports.tabular import CONSENT, BadRow, RowBatch, plain, read_batches
from clout.platforms.pull.rows import modified_at
from clout.platforms.pull.said import links, tags
from clout.privacy.addresses import profile_address

COLUMNS = {
    "interactions": ["actor", "target", "unix_ts", "occurred_at", "kind", "post"],
    "posts": [
        "post",
        "author",
        "unix_ts",
        "occurred_at",
        "post_type",
        "lang",
        "like_count",
        "reply_count",
        "share_count",
        "quote_count",
        "from_feed",
        "text",
        "hashtags",
        "links",
        "reply_to",
        "sentiment",
    ],
    "accounts": [
        "account",
        "handle",
        "display_name",
        "location",
        "account_type",
        "created_at",
        "followers_count",
        "following_count",
        "posts_count",
        "listed_count",
        *OTHER_COUNTERS,
        "verified",
        "is_protected",
        "is_bot",
        "is_minor",
        "opt_out",
        "status",
        "same_as",
    ],
}
_NEEDED: dict[str, list[tuple[str, ...]]] = {
    "interactions": [("actor",), ("target",), ("unix_ts", "occurred_at")],
    "posts": [("post",), ("author",), ("unix_ts", "occurred_at")],
    "accounts": [("account",)],
}
_STATUSES = ("active", "moved", "suspended", "deleted", "unavailable")
_ACCOUNT_TYPES = ("person", "organization", "page", "group", "bot", "unknown")
#: Other words for a consent column. A header that is nearly one of ours may hold somebody's "no".
_ALSO = {
    "is_protected": ("protected", "private", "isprivate"),
    "is_minor": ("minor",),
    "opt_out": ("optedout", "noindex"),
}


def needed(source: Source, table: str) -> list[tuple[str, ...]]:
    """Columns of ours that a table must have: of each tuple at least one."""
    columns = list(_NEEDED[table])
    if table == "interactions" and "kind" not in source.options:
        columns.append(("kind",))
    if table == "accounts":
        # A consent column that was named and is not there would score whoever it protects.
        columns += [(name,) for name in CONSENT if name in source.columns]
    return columns


def batches(source: Source, file: Path, table: str, described: dict[str, str] | None = None) -> Iterator[RowBatch]:
    """The rows of a file of one table, as texts under our names. `described` gets the columns that the file has."""
    wanted = {ours: source.columns.get(ours, ours) for ours in COLUMNS[table]}
    names = source.options.get("column_names")
    consent = {word: ours for ours in CONSENT for word in (plain(ours), *_ALSO.get(ours, ()))}
    guarded = {} if table != "accounts" else consent
    delimiter, skip = source.options.get("delimiter"), source.options.get("skip_rows", 0)
    return read_batches(file, wanted, needed(source, table), delimiter, names, guarded, described, skip)


#: (place in the table, (why, row number, the row as it was read)): a row that was kept without a field.
Note = tuple[int, BadRow]


def interactions(
    source: Source,
    file: Path,
    batch: RowBatch,
    bad: list[BadRow],
    ids: IdColumns | None = None,
    notes: list[Note] | None = None,
) -> pa.Table:
    """Interactions of a batch; `bad` gets the rows that are refused, `notes` those that lost an optional field."""
    check, optional, ids = Checked(), Checked(), ids or IdColumns(source)
    table = pa.table(
        {
            "kind": check(kinds_of(source, batch)),
            "actor_key": keys_of(source, check(ids.read(batch, "actor"))),
            "target_account_key": keys_of(source, check(ids.read(batch, "target"))),
            "target_post_key": keys_of(source, optional(ids.read(batch, "post"))),
            "occurred_at": check(times_of(source, batch)),
            "raw_ref": raw_refs(source, file, batch),
        }
    )
    table = _without(table, batch, check.wrong, bad)
    _note(batch, optional.wrong, check.wrong, notes)
    rows = table.num_rows
    keys = _interaction_keys(table)
    columns = {
        **{name: table[name] for name in table.column_names},
        "interaction_key": keys,
        "occurred_precision": same("exact", rows),
        "observed_via": same("event_archive", rows),
        "is_removed": same(False, rows),
        **_provenance(file, batch, rows),
    }
    return as_table(INTERACTIONS, columns)


#: Fewer rows are hashed one by one: to ask DuckDB costs as much as some thousand of them.
_FEW = 2_000


def _interaction_keys(table: pa.Table) -> pa.Array:
    """The hash of what makes an interaction itself: two rows of one content are one interaction."""
    if table.num_rows < _FEW:
        rows = zip(
            *(table[name].to_pylist() for name in ("kind", "actor_key", "target_account_key", "target_post_key")),
            table["occurred_at"].cast(pa.int64()).to_pylist(),
            strict=True,
        )
        return pa.array(
            [
                hashlib.md5(
                    f"{kind}|{actor or '?'}|{target or '?'}|{post or ''}|{at}".encode(), usedforsecurity=False
                ).hexdigest()
                for kind, actor, target, post, at in rows
            ],
            pa.string(),
        )
    # DuckDB hashes a column at a time; a Python loop over a big archive would cost more than reading it.
    identity = (
        "md5(concat_ws('|', kind, coalesce(actor_key, '?'), coalesce(target_account_key, '?'),"
        " coalesce(target_post_key, ''), epoch_us(occurred_at))) AS k"
    )
    return duckdb.from_arrow(table).project(identity).to_arrow_table()["k"]


def posts(
    source: Source,
    file: Path,
    batch: RowBatch,
    bad: list[BadRow],
    ids: IdColumns | None = None,
    notes: list[Note] | None = None,
) -> pa.Table:
    """Posts of a batch; `bad` gets the rows that are refused, `notes` those that lost an optional field."""
    # A row that lost a hashtag and a link is noted twice: both are counted.
    check, optional, linked, ids = Checked(), Checked(), Checked(), ids or IdColumns(source)
    native_ids = check(ids.read(batch, "post", required=True))
    times = check(times_of(source, batch))
    columns: dict[str, Any] = {
        "post_key": keys_of(source, native_ids),
        "native_id": native_ids,
        "author_key": keys_of(source, check(ids.read(batch, "author"))),
        "post_type": optional(post_types_of(source, batch)),
        "created_at": times,
        "event_at": times,
        "lang": optional(text_of(batch, "lang")),
        "text": optional(text_of(batch, "text")),
        "hashtags": optional(list_of(batch, "hashtags", tags)),
        "links": linked(list_of(batch, "links", links)),
        "in_reply_to_account_key": keys_of(source, optional(ids.read(batch, "reply_to"))),
        "valence": optional(number_of(batch, "sentiment", -1.0, 1.0)),
        "raw_ref": raw_refs(source, file, batch),
    }
    for name in ("like_count", "reply_count", "share_count", "quote_count"):
        columns[name] = optional(count_of(batch, name, source.options.get("thousands")))
    # What a file of posts says nothing else of stands in its author's own feed.
    in_feed = optional(flag_of(batch, "from_feed", unreadable=False))
    unread = [index for index, why in batch.unread if why.startswith("from_feed: ")]
    not_said = pc.invert(pc.is_in(pa.array(range(len(in_feed)), pa.int64()), pa.array(unread, pa.int64())))
    columns["from_feed"] = pc.coalesce(in_feed, not_said)
    table = _without(pa.table(columns), batch, check.wrong, bad)
    _note(batch, optional.wrong, check.wrong, notes, linked.wrong)
    rows = table.num_rows
    columns = {name: table[name] for name in table.column_names}
    return as_table(POSTS, {**columns, "is_deleted": same(False, rows), **_provenance(file, batch, rows)})


def accounts_of(
    source: Source, file: Path, batch: RowBatch, notes: list[BadRow], ids: IdColumns | None = None
) -> pa.Table:
    """Account rows. Consent fails closed: a row that cannot be read stops the pull, since it may be somebody's "no";
    an unreadable consent flag counts as set. Any other unreadable field becomes NULL. `notes` gets what was changed.
    """
    identified, ids = Checked(), ids or IdColumns(source)
    native_ids = identified(ids.read(batch, "account", required=True, keeps_words=True))
    unreadable = [
        *batch.bad,
        *((reason, batch.numbers[index], "") for index, reason in identified.wrong.items()),
    ]
    if unreadable:
        reason, row, _ = min(unreadable, key=lambda bad: bad[1])
        raise InvalidInput(
            f"{file}: row {row}: {reason}. An account row may hold somebody's opt-out, so none is skipped: mend the row"
        )
    check = Checked()
    columns: dict[str, Any] = {
        "account_key": keys_of(source, native_ids),
        "native_id": native_ids,
        "handle": check(text_of(batch, "handle")),
        "display_name": check(text_of(batch, "display_name")),
        "location": check(text_of(batch, "location")),
        "account_type": check(one_of(batch, "account_type", _ACCOUNT_TYPES, empty="unknown", unreadable="unknown")),
        "created_at": check(times_in(source, batch.columns["created_at"], "created_at")),
        "status": check(one_of(batch, "status", _STATUSES, empty="active", unreadable="suspended")),
        "state_complete": same(True, len(batch.numbers)),
        "raw_ref": raw_refs(source, file, batch),
        **_provenance(file, batch, len(batch.numbers)),
    }
    for name in ("followers_count", "following_count", "posts_count", "listed_count"):
        columns[name] = check(count_of(batch, name, source.options.get("thousands")))
    for name in OTHER_COUNTERS:
        columns[name] = check(number_of(batch, name))
    for name in ("verified", "is_bot"):
        columns[name] = check(flag_of(batch, name, unreadable=None))
    for name in ("is_protected", "is_minor", "opt_out"):
        columns[name] = check(flag_of(batch, name, unreadable=True))
    noted: list[Note] = []
    _note(batch, check.wrong, {}, noted)
    notes += [note for _, note in noted]
    return as_table(ACCOUNTS, columns)


def links_of(source: Source, accounts: pa.Table, batch: RowBatch, notes: list[BadRow]) -> pa.Table:
    """What the accounts declare in same_as: keys or profile addresses, with spaces between them."""
    rows = []
    for index, text in enumerate(batch.columns["same_as"].to_pylist()):
        wrong = []
        for word in (text or "").split():
            if is_missing(word) or is_word(word):
                continue
            is_key = re.fullmatch(r"([a-z][a-z0-9_]{0,30}):(?!//)(.+)", word)
            if is_key:
                native_id = spelt(is_key[2])
                declared = native_id and f"{is_key[1]}:{native_id}"
            else:
                declared = profile_address(word)
            if declared is None:
                wrong.append(repr(word[:80]))
                continue
            origin = {name: accounts[name][index].as_py() for name in ("fetched_at", "source_endpoint", "raw_ref")}
            key = accounts["account_key"][index].as_py()
            rows.append({"account_a": key, "account_b": declared, "basis": "self_declared", **origin})
        if wrong:
            reason = f"same_as: {', '.join(wrong[:3])}: neither platform:id nor a profile's address (row kept)"
            notes.append((reason, batch.numbers[index], raw(batch, index)))
    return pa.Table.from_pylist(rows, ACCOUNT_LINKS)


def _provenance(file: Path, batch: RowBatch, rows: int) -> dict[str, pa.Array]:
    return {
        "fetched_at": pa.repeat(pa.scalar(batch.modified or modified_at(file), TIME), rows),
        "source_endpoint": same("files", rows),
    }


def raw(batch: RowBatch, index: int) -> str:
    """The row as text, for the quarantine."""
    fields = ((name, column[index]) for name, column in batch.columns.items())
    return ",".join(f"{name}={value.as_py()}" for name, value in fields if value.is_valid)


def _note(
    batch: RowBatch,
    wrong: dict[int, str],
    refused: dict[int, str],
    notes: list[Note] | None,
    besides: Mapping[int, str] = MappingProxyType({}),
) -> None:
    """Note of each row that is kept the first field that could not be read, and what is noted `besides`."""
    found = dict(reversed(batch.unread)) if batch.unread else {}
    found = wrong | found
    if notes is None or not (found or besides):
        return
    places = sorted(refused)
    for index, reason in sorted([*found.items(), *besides.items()]):
        if index not in refused:
            place = index - bisect.bisect_left(places, index)
            notes.append((place, (f"{reason} (row kept)", batch.numbers[index], raw(batch, index))))


def _without(table: pa.Table, batch: RowBatch, wrong: dict[int, str], bad: list[BadRow]) -> pa.Table:
    """The table without its wrong rows, which go to `bad` with their number and their text."""
    if not wrong:
        return table
    bad += [(reason, batch.numbers[index], raw(batch, index)) for index, reason in sorted(wrong.items())]
    keep = [index for index in range(table.num_rows) if index not in wrong]
    return table.take(pa.array(keep, pa.int64()))


def as_table(schema: pa.Schema, columns: dict[str, Any]) -> pa.Table:
    """The columns in the schema's order; those not given are NULL."""
    rows = len(next(iter(columns.values())))
    return pa.table(
        [columns[field.name] if field.name in columns else pa.nulls(rows, field.type) for field in schema],
        schema=schema,
    )
