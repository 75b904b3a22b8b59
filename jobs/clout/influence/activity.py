"""Conform: from snapshots to activity. Pure: frames of an engine in, frames out; the queries are in sql/."""

from __future__ import annotations

from clout.influence.conforming import as_named
from clout.influence.engines import Engine, Frame
from clout.influence.identity import PERSONS

_PLACED = ("platform", "snapshot_date")
#: What conform reads of the snapshots, by the names that the queries know.
READS = {
    "interactions": as_named(
        *("interaction_key", "kind", "actor_key", "target_account_key", "target_post_key", "occurred_at"),
        *("occurred_precision", "is_removed", "raw_ref", *_PLACED),
    ),
    "accounts": as_named("account_key", "is_minor", "opt_out", "is_protected", "status", "platform")
    | {"snapshot_date": "ds"},
    "posts": as_named(
        "post_key", "event_at", "like_count", "reply_count", "share_count", "quote_count", "lists_asked", *_PLACED
    ),
    "manifest": as_named(
        *("endpoint", "table", "status", "rows", "rows_quarantined", "rows_excluded", "requests", "cost_units"),
        *("reason", "drift", *_PLACED),
    ),
    "quarantine": as_named("table", "reason", *_PLACED),
}


def classify(
    engine: Engine, interactions: Frame, accounts: Frame, operator_list: Frame, days: Frame, repeat_days: int
) -> Frame:
    """Give every row of the interactions snapshots of `days` its fate.

    interactions carry platform and snapshot_date, accounts ds; operator_list is (account_key, reason); days is (ds).
    interactions also holds the repeat_days before each of the days, in which a list without times showed the same already.
    Of each day, the accounts excluded are those that the same day's snapshot flags, and the operator's. Which accounts are one
    person is a question of the score date: what a person's other accounts lead to is excluded there (influence/evidence.py).
    """
    excluded = engine.run(
        "excluded",
        {},
        accounts=accounts,
        operator_list=operator_list,
        days=days,
        persons=engine.table(PERSONS, []),
    )
    bound = {"repeat_days": repeat_days}
    return engine.run("classify", bound, interactions=interactions, excluded=excluded, days=days)


def conform(
    engine: Engine,
    classified: Frame,
    manifest: Frame,
    quarantine: Frame,
    posts: Frame,
    interactions: Frame,
    days: Frame,
    platforms: Frame,
    repeat_days: int,
) -> dict[str, Frame]:
    """The conformed tables of `lake_schemas.CONFORMED` from classified rows, manifests, quarantine and snapshots.

    posts, interactions, days and repeat_days are as in `classify`: the days and what was seen shortly before. platforms:
    (platform), all that are configured.
    """
    pulls = engine.run("pulls", {}, manifest=manifest)
    seen = {"posts": posts, "interactions": interactions, "days": days}
    return {
        "activity": engine.run("activity", {}, classified=classified),
        "post_actions": engine.run("post_actions", {}, classified=classified),
        "conservation": engine.run(
            "conservation", {}, classified=classified, pulls=pulls, platforms=platforms, days=days
        ),
        "pulls": pulls,
        "quarantined": engine.run("quarantined", {}, quarantine=quarantine),
        "coverage": engine.run("coverage", {"repeat_days": repeat_days}, pulls=pulls, **seen),
    }
