"""The canonical tables of the lake: columns, types, and which may be NULL. The one place that states them.

Keys are `platform:native_id` strings. Times are UTC microseconds. NULL means "the platform did not say"; 0 means zero.
"""

from __future__ import annotations

from typing import Any, Literal, get_args

import pyarrow as pa

TIME = pa.timestamp("us", tz="UTC")

#: Counters of an account besides followers and lists, by which a score of counters alone may go; see [counters] of the model.
OTHER_COUNTERS = (
    *("mentions_received", "retweets_received", "mentions_sent", "retweets_sent"),
    *("network_feature_1", "network_feature_2", "network_feature_3"),
)


def required(name: str, kind: pa.DataType) -> pa.Field:
    """A column that is never NULL."""
    return pa.field(name, kind, nullable=False)


#: Where each row came from. `raw_ref` is file and row, so that any number can be traced to its line.
PROVENANCE = [
    required("fetched_at", TIME),
    required("source_endpoint", pa.string()),
    pa.field("raw_ref", pa.string()),
]

ACCOUNTS = pa.schema(
    [
        required("account_key", pa.string()),
        required("native_id", pa.string()),
        pa.field("handle", pa.string()),
        pa.field("display_name", pa.string()),
        required("account_type", pa.string()),
        pa.field("bio", pa.string()),
        # What somebody wrote into the profile's field for a place. NULL in snapshots from before there was this column, too.
        pa.field("location", pa.string()),
        pa.field("url", pa.string()),
        pa.field("created_at", TIME),
        pa.field("followers_count", pa.int64()),
        pa.field("following_count", pa.int64()),
        pa.field("posts_count", pa.int64()),
        pa.field("listed_count", pa.int64()),
        pa.field("likes_given_count", pa.int64()),
        pa.field("engaged_count", pa.int64()),
        # What else a platform counts, totals or rates, by the names of the model's counters.
        *(pa.field(name, pa.float64()) for name in OTHER_COUNTERS),
        pa.field("verified", pa.bool_()),
        pa.field("is_protected", pa.bool_()),
        pa.field("is_bot", pa.bool_()),
        # Declared by the person or the platform, never inferred.
        pa.field("is_minor", pa.bool_()),
        pa.field("opt_out", pa.bool_()),
        # False: the person acts and counts, and is named in nothing that is published. NULL: the platform asks nobody.
        # NULL in snapshots from before there was this column, too.
        pa.field("may_be_named", pa.bool_()),
        required("status", pa.string()),
        pa.field("moved_to_key", pa.string()),
        required("state_complete", pa.bool_()),
        *PROVENANCE,
    ]
)

POSTS = pa.schema(
    [
        required("post_key", pa.string()),
        required("native_id", pa.string()),
        pa.field("author_key", pa.string()),
        required("post_type", pa.string()),
        pa.field("created_at", TIME),
        pa.field("indexed_at", TIME),
        pa.field("event_at", TIME),
        pa.field("edited_at", TIME),
        pa.field("text", pa.string()),
        pa.field("lang", pa.string()),
        pa.field("url", pa.string()),
        pa.field("visibility", pa.string()),
        pa.field("in_reply_to_post_key", pa.string()),
        pa.field("in_reply_to_account_key", pa.string()),
        pa.field("shared_post_key", pa.string()),
        pa.field("quoted_post_key", pa.string()),
        pa.field("conversation_key", pa.string()),
        pa.field("mentions", pa.list_(pa.string())),
        pa.field("hashtags", pa.list_(pa.string())),
        pa.field("links", pa.list_(pa.string())),
        # What the platform itself calls the topics of the post, as "domain/entity". NULL where it says nothing.
        pa.field("platform_topics", pa.list_(pa.string())),
        pa.field("like_count", pa.int64()),
        pa.field("reply_count", pa.int64()),
        pa.field("share_count", pa.int64()),
        pa.field("quote_count", pa.int64()),
        pa.field("view_count", pa.int64()),
        pa.field("bookmark_count", pa.int64()),
        pa.field("click_count", pa.int64()),
        pa.field("reaction_counts", pa.map_(pa.string(), pa.int64())),
        required("is_deleted", pa.bool_()),
        # Whether the post was read in its author's own feed. Of others only those posts pass by that somebody reacted to.
        # NULL in snapshots from before there was this column.
        pa.field("from_feed", pa.bool_()),
        # The kinds of interactions of which the lists on this post were asked for when it was seen, as "reply share"; "none".
        # NULL where that is not known: files, which hold what they hold, and snapshots from before there was this column.
        pa.field("lists_asked", pa.string()),
        # How the post sounds, -1 to 1, where the operator's own file says so. NULL elsewhere: see score/valence.py.
        pa.field("valence", pa.float64()),
        *PROVENANCE,
    ]
)

#: What an interaction can be. Every platform's words are mapped to these five.
Kind = Literal["like", "mention", "reply", "quote", "share"]
KINDS: tuple[str, ...] = get_args(Kind)

INTERACTIONS = pa.schema(
    [
        required("interaction_key", pa.string()),
        required("kind", pa.string()),
        pa.field("subkind", pa.string()),
        pa.field("actor_key", pa.string()),
        pa.field("target_account_key", pa.string()),
        pa.field("target_post_key", pa.string()),
        pa.field("source_post_key", pa.string()),
        pa.field("occurred_at", TIME),
        required("occurred_precision", pa.string()),
        required("observed_via", pa.string()),
        required("is_removed", pa.bool_()),
        *PROVENANCE,
    ]
)

#: account_a declares account_b as the same person's. A claim is one-directional; see score/identity.py.
#: account_b is a key, or the public address of a profile (clout/privacy/addresses.py), or a hash of one where account_a's
#: owner may not be shown. basis: self_declared; rel_me (the platform checked that the page links back); address (account_b is
#: account_a's own address). Seen on the snapshot's day; valid_to is NULL while nobody knows of an end.
ACCOUNT_LINKS = pa.schema(
    [
        required("account_a", pa.string()),
        required("account_b", pa.string()),
        required("basis", pa.string()),
        pa.field("valid_from", pa.date32()),
        pa.field("valid_to", pa.date32()),
        *PROVENANCE,
    ]
)

#: What others than the platforms know of an account, by period: how often its owner's Wikipedia article was read, say.
#: `account_key` may be of any platform; the operator says whose it is. Where several snapshots hold a period the newest counts.
EXTERNAL_SIGNALS = pa.schema(
    [
        required("account_key", pa.string()),
        required("signal", pa.string()),
        required("period_start", TIME),
        required("period_end", TIME),
        required("value", pa.float64()),
        required("unit", pa.string()),
        *PROVENANCE,
    ]
)

#: What people agreed to, as the operator's list of consents says on the snapshot's day. `is_unreadable`: a row that nobody
#: could read, and that may be a withdrawal; then account_key, purpose or both may be `*`, which is every one.
CONSENTS = pa.schema(
    [
        required("account_key", pa.string()),
        required("purpose", pa.string()),
        pa.field("given_on", pa.date32()),
        pa.field("withdrawn_on", pa.date32()),
        pa.field("evidence", pa.string()),
        required("is_unreadable", pa.bool_()),
        *PROVENANCE,
    ]
)

#: Which code was given to whom for a campaign, as the operator's list says on the snapshot's day. `account_key` is NULL where
#: its owner may not be shown: what came of the code counts all the same.
CAMPAIGNS = pa.schema(
    [
        required("campaign", pa.string()),
        required("code", pa.string()),
        pa.field("account_key", pa.string()),
        required("arm", pa.string()),
        required("starts_on", pa.date32()),
        pa.field("ends_on", pa.date32()),
        pa.field("cost", pa.float64()),
        pa.field("currency", pa.string()),
        pa.field("perk", pa.bool_()),
        pa.field("disclosed", pa.bool_()),
        *PROVENANCE,
    ]
)

#: What people did who came with a code, or without one. `visitor` and `outcome_id` are hashes by the lake's salt; of a buyer
#: nothing else is here.
OUTCOMES = pa.schema(
    [
        required("event", pa.string()),
        required("happened_on", pa.date32()),
        pa.field("occurred_at", TIME),
        pa.field("code", pa.string()),
        pa.field("campaign", pa.string()),
        required("count", pa.int64()),
        pa.field("value", pa.float64()),
        pa.field("currency", pa.string()),
        pa.field("visitor", pa.string()),
        pa.field("outcome_id", pa.string()),
        *PROVENANCE,
    ]
)

#: What people did beside the platforms, as the operator reviewed it, see platforms/exports/credential_list.py.
CREDENTIALS = pa.schema(
    [
        required("account_key", pa.string()),
        required("kind", pa.string()),
        required("title", pa.string()),
        required("year", pa.int32()),
        required("evidence_url", pa.string()),
        required("registry", pa.string()),
        pa.field("registry_id", pa.string()),
        required("reviewed_by", pa.string()),
        required("reviewed_on", pa.date32()),
        required("decision", pa.string()),
        pa.field("note", pa.string()),
        *PROVENANCE,
    ]
)

#: Who says of whom that they are good on a topic, as the operator's list says on the snapshot's day; `topic` is a slug.
ENDORSEMENTS = pa.schema(
    [
        required("actor_key", pa.string()),
        required("target_account_key", pa.string()),
        required("topic", pa.string()),
        required("given_on", pa.date32()),
        pa.field("note", pa.string()),
        *PROVENANCE,
    ]
)

#: What was planned, fetched, truncated, skipped or failed, and why; one row per endpoint and subject (for files: the file).
MANIFEST = pa.schema(
    [
        required("platform", pa.string()),
        required("snapshot_date", pa.date32()),
        required("endpoint", pa.string()),
        required("subject", pa.string()),
        required("table", pa.string()),
        # What the rows were read from: a hash of the source's configuration, and when the file was last written.
        pa.field("source", pa.string()),
        pa.field("modified_at", TIME),
        pa.field("requests", pa.int64()),
        pa.field("pages", pa.int64()),
        required("rows", pa.int64()),
        required("rows_quarantined", pa.int64()),
        # Rows of people who may not be shown: they are counted, and did not land.
        pa.field("rows_excluded", pa.int64()),
        pa.field("bytes", pa.int64()),
        pa.field("cost_units", pa.float64()),
        required("status", pa.string()),
        pa.field("reason", pa.string()),
        # The columns of files, or the fields of answers, with their types, as JSON; and how that differs from the day pulled
        # before.
        pa.field("columns", pa.string()),
        pa.field("drift", pa.string()),
        pa.field("oldest_seen", TIME),
        pa.field("newest_seen", TIME),
        pa.field("started_at", TIME),
        pa.field("ended_at", TIME),
    ]
)

#: Rows that broke a rule, with the rule, the file and the row. `raw` is the row as it was read.
QUARANTINE = pa.schema(
    [
        required("table", pa.string()),
        required("reason", pa.string()),
        required("file", pa.string()),
        required("row", pa.int64()),
        pa.field("raw", pa.string()),
    ]
)

SNAPSHOTS: dict[str, pa.Schema] = {
    "accounts": ACCOUNTS,
    "posts": POSTS,
    "interactions": INTERACTIONS,
    "account_links": ACCOUNT_LINKS,
    "external_signals": EXTERNAL_SIGNALS,
    "consents": CONSENTS,
    "campaigns": CAMPAIGNS,
    "credentials": CREDENTIALS,
    "endorsements": ENDORSEMENTS,
    "outcomes": OUTCOMES,
    "manifest": MANIFEST,
    "quarantine": QUARANTINE,
}

#: One row per (ds, actor, target, platform, kind): n interactions on n_posts posts (NULL where the platform names no posts).
ACTIVITY = pa.schema(
    [
        required("ds", pa.date32()),
        *(required(name, pa.string()) for name in ("platform", "actor", "target", "kind")),
        required("n", pa.int64()),
        pa.field("n_posts", pa.int64()),
    ]
)

#: One row per (ds, post, actor): somebody else passed a post on or answered it.
POST_ACTIONS = pa.schema(
    [
        required("ds", pa.date32()),
        required("platform", pa.string()),
        required("post_key", pa.string()),
        required("actor", pa.string()),
    ]
)

#: One row per (ds, platform): where every row of the day's snapshot went. rows_in = kept + all the others, exactly.
CONSERVATION = pa.schema(
    [
        required("ds", pa.date32()),
        required("platform", pa.string()),
        *(required(name, pa.int64()) for name in ("rows_in", "kept", "self_interaction", "duplicate", "outside_day")),
        *(required(name, pa.int64()) for name in ("excluded", "unidentified", "untimed", "removed", "quarantined")),
    ]
)

#: One row per (ds, platform, endpoint, snapshot): what was asked, and what came of it. See sql/pulls.sql.
PULLS = pa.schema(
    [
        required("ds", pa.date32()),
        required("platform", pa.string()),
        required("endpoint", pa.string()),
        required("snapshot", pa.string()),
        *(required(name, pa.int64()) for name in ("planned", "complete", "truncated", "skipped", "failed")),
        *(required(name, pa.int64()) for name in ("rows", "quarantined", "excluded", "requests")),
        required("cost_usd", pa.float64()),
        required("blind", pa.bool_()),
        required("platform_blind", pa.bool_()),
        pa.field("reason", pa.string()),
        pa.field("drift", pa.string()),
    ]
)

#: One row per (ds, platform, snapshot, reason): rows that were put aside. See sql/quarantined.sql.
QUARANTINED = pa.schema(
    [
        required("ds", pa.date32()),
        required("platform", pa.string()),
        required("snapshot", pa.string()),
        required("reason", pa.string()),
        required("rows", pa.int64()),
    ]
)

#: One row per (ds, platform, kind): interactions that the platform names, beside those that it counts. See sql/coverage.sql.
COVERAGE = pa.schema(
    [
        required("ds", pa.date32()),
        required("platform", pa.string()),
        required("kind", pa.string()),
        required("posts", pa.int64()),
        pa.field("counted", pa.int64()),
        pa.field("identified", pa.int64()),
        pa.field("coverage", pa.float64()),
    ]
)

#: One row per (ds, platform, post, topic): a post that was seen on the day, and a topic that it is about; no text.
#: `text_hash` is the same for posts of the same words, `part` 1 / topics of the post. See score/topic_matcher.py.
POST_TOPICS = pa.schema(
    [
        required("ds", pa.date32()),
        required("platform", pa.string()),
        required("post_key", pa.string()),
        required("author_key", pa.string()),
        required("topic_id", pa.string()),
        required("posted_on", pa.date32()),
        required("text_hash", pa.string()),
        required("evidence", pa.string()),
        required("part", pa.float64()),
    ]
)

#: One row per (ds, platform, topic, post, actor, kind): acts on posts that are about a topic. See sql/topic_activity.sql.
TOPIC_ACTIVITY = pa.schema(
    [
        required("ds", pa.date32()),
        required("platform", pa.string()),
        required("topic_id", pa.string()),
        required("post_key", pa.string()),
        required("actor", pa.string()),
        required("target", pa.string()),
        required("kind", pa.string()),
        required("n", pa.int64()),
        required("part", pa.float64()),
    ]
)

#: One row per (ds, platform): of how many of the day's posts a topic is known. See score/topic_posts.py.
TOPIC_COVERAGE = pa.schema(
    [
        required("ds", pa.date32()),
        required("platform", pa.string()),
        *(required(name, pa.int64()) for name in ("posts", "with_tags", "with_topic", "unknown_language")),
        *(required(name, pa.int64()) for name in ("dropped_tags", "dropped_links")),
    ]
)

#: One row per (ds, platform, post): a reply to somebody that was seen on the day, and how it sounds, -1 to 1; no text.
#: `valence` is NULL where nobody judged it. See score/valence.py.
REACTIONS = pa.schema(
    [
        required("ds", pa.date32()),
        required("platform", pa.string()),
        required("post_key", pa.string()),
        required("actor", pa.string()),
        required("target", pa.string()),
        pa.field("lang", pa.string()),
        pa.field("valence", pa.float64()),
    ]
)

#: What conform writes, one folder each: lake/<table>/ds=<day>/
CONFORMED: dict[str, pa.Schema] = {
    "activity": ACTIVITY,
    "post_actions": POST_ACTIONS,
    "conservation": CONSERVATION,
    "pulls": PULLS,
    "coverage": COVERAGE,
    "quarantined": QUARANTINED,
    "post_topics": POST_TOPICS,
    "topic_activity": TOPIC_ACTIVITY,
    "topic_coverage": TOPIC_COVERAGE,
    "reactions": REACTIONS,
}
#: Of them, what Python makes of posts, and no query.
MATCHED = ("post_topics", "topic_coverage", "reactions")


def small_arrow(schema: pa.Schema, rows: list[tuple[Any, ...]]) -> pa.Table:
    """A few rows as an Arrow table."""
    columns = zip(*rows, strict=True) if rows else ([] for _ in schema)
    return pa.table([pa.array(c, f.type) for c, f in zip(columns, schema, strict=True)], schema)
