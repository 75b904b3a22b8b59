"""Shows what each of Bluesky's pages becomes: rows, quarantine or a count, and nothing of those who opted out."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime
from typing import Any

import pytest
from clout.platforms.apis import bluesky
from clout.platforms.pull.pages import Page, PageContext, Rows
from clout.privacy.addresses import hashed
from clout.privacy.suppression import ErasedKeys, SuppressionList
from mutations import fits, mutations

DAY = date(2026, 3, 1)
FETCHED = datetime(2026, 3, 2, 0, 30, tzinfo=UTC)
ANN, BO, CY, NO = (f"did:plc:{name}" for name in ("ann", "bo", "cy", "no"))
NOON = "2026-03-01T12:00:00.000Z"
AT_NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)
OPTED_OUT = [{"src": NO, "uri": f"at://{NO}/app.bsky.actor.profile/self", "val": "!no-unauthenticated"}]


def who(did: str, **more: Any) -> dict[str, Any]:
    return {"did": did, "handle": f"{did[8:]}.example", "labels": [], **more}


def uri(did: str, key: str = "1") -> str:
    return f"at://{did}/app.bsky.feed.post/{key}"


def post(did: str = ANN, key: str = "1", record: dict[str, Any] | None = None, **more: Any) -> dict[str, Any]:
    written = {"$type": "app.bsky.feed.post", "text": "hi", "createdAt": NOON, **(record or {})}
    return {"uri": uri(did, key), "cid": "c", "author": who(did), "record": written, "indexedAt": NOON, **more}


def page(endpoint: str, body: Any, subject: str = ANN, stale: bool = False) -> Page:
    return Page("bluesky", endpoint, subject, DAY, FETCHED, body, "raw/x/00000.json.gz", stale)


def rows_of(
    endpoint: str, body: Any, subject: str = ANN, known: PageContext | None = None, stale: bool = False
) -> Rows:
    return bluesky.normalise(page(endpoint, body, subject, stale), known or PageContext())


def read(*page: Any, **more: Any) -> Rows:
    found = rows_of(*page, **more)
    fits(found)
    return found


def edges(found: Rows) -> set[tuple[str, str, str | None, str | None]]:
    return {
        (r["kind"], r["actor_key"], r["target_account_key"], r["target_post_key"]) for r in found.tables["interactions"]
    }


def feed(*items: dict[str, Any], **more: Any) -> Rows:
    return read("author_feed", {"feed": list(items)}, **more)


def key(text: str) -> str:
    return f"bluesky:{text}"


def test_a_profile() -> None:
    view = who(
        ANN,
        handle="Ann.Example",
        displayName="Ann",
        followersCount=5,
        followsCount=0,
        createdAt=NOON,
        verification={"verifiedStatus": "valid"},
    )
    [row] = read("profiles", {"profiles": [view]}).tables["accounts"]
    assert (row["account_key"], row["native_id"], row["handle"]) == (key(ANN), ANN, "ann.example")
    # NULL is not 0: zero followed, and nothing said of posts.
    assert (row["followers_count"], row["following_count"], row["posts_count"]) == (5, 0, None)
    assert (row["verified"], row["opt_out"], row["state_complete"]) == (True, False, True)
    assert row["raw_ref"] == "raw/x/00000.json.gz:0"


def test_a_profile_seen_too_late_has_no_counters() -> None:
    [row] = read("profiles", {"profiles": [who(ANN, followersCount=5)]}, stale=True).tables["accounts"]
    assert (row["followers_count"], row["state_complete"]) == (None, False)


def test_list_views_have_no_counters() -> None:
    body = {"likes": [{"actor": who(BO, followersCount=0), "createdAt": NOON, "indexedAt": NOON}]}
    [row] = read("likes", body, uri(ANN)).tables["accounts"]
    assert (row["followers_count"], row["state_complete"]) == (None, False)


def test_a_handle_that_is_no_longer_valid_is_none() -> None:
    [row] = read("profiles", {"profiles": [who(ANN, handle="handle.invalid")]}).tables["accounts"]
    assert (row["handle"], row["account_key"]) == (None, key(ANN))


SELF = {"uri": "x", "val": "bot", "cts": NOON}


@pytest.mark.parametrize(
    ("labels", "kind", "is_bot"),
    [
        ([{"src": ANN, **SELF}], "bot", True),
        ([{"src": BO, **SELF}], "unknown", False),  # somebody else says so
        ([{"src": ANN, **SELF, "neg": True}], "unknown", False),
        ([{"src": ANN, **SELF, "val": "!no-promote"}], "unknown", False),
        ([], "unknown", False),
        (None, "unknown", None),
    ],
)
def test_a_bot_says_so_itself(labels: Any, kind: str, is_bot: bool | None) -> None:
    [row] = read("profiles", {"profiles": [who(ANN, labels=labels)]}).tables["accounts"]
    assert (row["account_type"], row["is_bot"]) == (kind, is_bot)


GONE = {"status": "unavailable"}


@pytest.mark.parametrize(
    ("asked", "shown", "flags", "names"),
    [
        ((ANN, BO), [who(ANN)], {key(BO): GONE}, set()),
        ((BO,), [], {key(BO): GONE}, set()),
        (("Ann.example", "bo.example"), [who(ANN)], {key("bo.example"): GONE}, {key("bo.example")}),
        ((ANN, "ann.example"), [who(ANN)], {}, set()),
        # Of a profile under another name, or one that cannot be read, nobody knows whose it is.
        (("bo.example", CY), [who(BO, handle="handle.invalid")], {}, set()),
        ((ANN, BO), [{"handle": "x"}], {}, set()),
        # An answer without anybody is none.
        ((ANN, BO, CY), [], {}, set()),
        ((ANN, BO, CY), None, {}, set()),
    ],
)
def test_who_is_left_out_is_unavailable(asked: Any, shown: Any, flags: Any, names: Any) -> None:
    found = read("profiles", {"profiles": shown}, ",".join(asked))
    assert (found.known.flags, found.known.names, found.notes["left_out"]) == (flags, names, len(flags))
    assert len(found.tables["accounts"]) == sum("did" in one for one in shown or [])


def test_a_post_and_its_counters() -> None:
    found = feed({"post": post(likeCount=0, repostCount=2, record={"langs": ["de"]})})
    [row] = found.tables["posts"]
    assert (row["post_key"], row["author_key"], row["post_type"]) == (key(uri(ANN)), key(ANN), "original")
    assert (row["like_count"], row["share_count"], row["reply_count"], row["quote_count"]) == (0, 2, None, None)
    assert (row["lang"], row["text"], row["event_at"], row["mentions"]) == ("de", "hi", AT_NOON, [])
    assert [parent["native_id"] for parent in found.parents] == [uri(ANN)]


def test_a_post_is_its_authors_own_only_in_the_authors_feed() -> None:
    passed_on = {
        "post": post(BO),
        "reason": {"$type": "app.bsky.feed.defs#reasonRepost", "by": who(ANN), "indexedAt": NOON},
    }
    found = feed({"post": post()}, passed_on)
    assert {row["author_key"]: row["from_feed"] for row in found.tables["posts"]} == {key(ANN): True, key(BO): False}
    for endpoint, body in (
        ("quotes", {"posts": [post()]}),
        ("thread", {"thread": {"$type": "#threadViewPost", "post": post()}}),
    ):
        assert [row["from_feed"] for row in read(endpoint, body, uri(ANN)).tables["posts"]] == [False]


def test_a_post_seen_too_late_is_still_planned_by_its_counters() -> None:
    found = feed({"post": post(likeCount=0)}, stale=True)
    assert found.tables["posts"][0].get("like_count") is None
    assert found.parents[0]["like_count"] == 0


@pytest.mark.parametrize(
    ("created", "event"),
    [
        ("2099-01-01T00:00:00Z", AT_NOON),
        ("1970-01-01T00:00:00Z", datetime(1970, 1, 1, tzinfo=UTC)),
        ("2026-03-01T13:00:00+02:00", datetime(2026, 3, 1, 11, tzinfo=UTC)),
        ("0000-00-00T00:00:00Z", AT_NOON),
        ("0001-01-01T00:00:00+14:00", AT_NOON),
        (5, AT_NOON),
        (None, AT_NOON),
    ],
)
def test_a_lying_created_at_is_clamped(created: Any, event: datetime) -> None:
    found = feed({"post": post(record={"createdAt": created})})
    assert found.tables["posts"][0]["event_at"] == event
    liked = read("likes", {"likes": [{"actor": who(BO), "createdAt": created, "indexedAt": NOON}]}, uri(ANN))
    assert liked.tables["interactions"][0]["occurred_at"] == event


def test_a_repost_is_a_share_at_its_own_time() -> None:
    reason = {"$type": "app.bsky.feed.defs#reasonRepost", "by": who(ANN), "indexedAt": "2026-03-01T15:00:00Z"}
    found = feed({"post": post(BO), "reason": reason})
    [row] = found.tables["interactions"]
    assert edges(found) == {("share", key(ANN), key(BO), key(uri(BO)))}
    assert (row["occurred_at"].hour, row["occurred_precision"]) == (15, "exact")
    assert found.parents == []  # nothing is asked about somebody else's post
    # The list of reposters shows the same edge, without its time.
    [listed] = read("reposted_by", {"repostedBy": [who(ANN)]}, uri(BO)).tables["interactions"]
    assert listed["interaction_key"] == row["interaction_key"]
    assert (listed["occurred_at"], listed["occurred_precision"]) == (None, "observed_day")


def test_a_pinned_post_is_no_share() -> None:
    found = feed({"post": post(), "reason": {"$type": "app.bsky.feed.defs#reasonPin"}})
    assert edges(found) == set()
    assert found.notes == {}


def test_an_unknown_reason_is_counted_and_no_share() -> None:
    found = feed({"post": post(BO), "reason": {"$type": "app.bsky.feed.defs#reasonNew", "by": who(ANN)}})
    assert edges(found) == set()
    assert found.notes == {"unknown_type": 1}


def test_a_reply_that_quotes_and_mentions() -> None:
    record = {
        "reply": {"root": {"uri": uri(CY)}, "parent": {"uri": uri(BO)}},
        "embed": {
            "$type": "app.bsky.embed.recordWithMedia",
            "record": {"$type": "app.bsky.embed.record", "record": {"uri": uri(CY, "2")}},
        },
        "facets": [
            {"features": [{"$type": "app.bsky.richtext.facet#mention", "did": BO}]},
            {"features": [{"$type": "app.bsky.richtext.facet#mention", "did": BO}, {"$type": "new", "did": CY}]},
        ],
    }
    found = feed({"post": post(record=record)})
    assert edges(found) == {
        ("reply", key(ANN), key(BO), key(uri(BO))),
        ("quote", key(ANN), key(CY), key(uri(CY, "2"))),
        ("mention", key(ANN), key(BO), None),
    }
    [row] = found.tables["posts"]
    assert (row["post_type"], row["conversation_key"], row["mentions"]) == ("reply", key(uri(CY)), [key(BO)])
    assert row["in_reply_to_account_key"] == key(BO)
    assert row["quoted_post_key"] == key(uri(CY, "2"))
    assert {r["source_post_key"] for r in found.tables["interactions"]} == {key(uri(ANN))}


@pytest.mark.parametrize("kind", ["viewDetached", "viewBlocked", "viewNotFound"])
@pytest.mark.parametrize("with_media", [False, True])
def test_a_quote_that_was_withdrawn_is_none(kind: str, with_media: bool) -> None:
    record = {"embed": {"$type": "app.bsky.embed.record", "record": {"uri": uri(BO)}}}
    view: dict[str, Any] = {"record": {"$type": f"app.bsky.embed.record#{kind}", "uri": uri(BO)}}
    assert edges(feed({"post": post(record=record, embed={"record": view} if with_media else view)})) == set()
    assert len(edges(feed({"post": post(record=record)}))) == 1


@pytest.mark.parametrize(
    "embed",
    [
        {"$type": "app.bsky.embed.hologram", "record": {"uri": uri(BO)}},
        {"$type": "app.bsky.embed.record", "record": {"uri": f"at://{BO}/app.bsky.feed.generator/1"}},
        {"$type": "app.bsky.embed.record", "record": 5},
        {"$type": "app.bsky.embed.recordWithMedia", "record": {"record": None}},
        "text",
    ],
)
def test_other_embeds_are_no_quotes(embed: Any) -> None:
    found = feed({"post": post(record={"embed": embed})})
    assert edges(found) == set()
    assert len(found.tables["posts"]) == 1


def thread(post_view: Any, *replies: Any) -> dict[str, Any]:
    return {"$type": "app.bsky.feed.defs#threadViewPost", "post": post_view, "replies": list(replies)}


def answer(did: str, to: str, number: str) -> dict[str, Any]:
    return post(did, number, {"reply": {"root": {"uri": uri(ANN)}, "parent": {"uri": to}}})


def test_a_thread_with_blocked_missing_and_unknown_nodes() -> None:
    defs = "app.bsky.feed.defs#"
    tree = thread(
        post(),
        thread(answer(BO, uri(ANN), "2"), thread(answer(CY, uri(BO, "2"), "3"))),
        {"$type": defs + "blockedPost", "uri": uri(NO), "blocked": True, "author": {"did": NO}},
        {"$type": defs + "notFoundPost", "uri": uri(NO, "9"), "notFound": True},
        {"$type": defs + "mysteryPost"},
        None,
    )
    found = read("thread", {"thread": tree}, uri(ANN))
    assert edges(found) == {
        ("reply", key(BO), key(ANN), key(uri(ANN))),
        ("reply", key(CY), key(BO), key(uri(BO, "2"))),
    }
    assert found.notes == {"blocked": 1, "not_found": 1, "unknown_type": 2}
    assert not any(NO in str(row) for rows in found.tables.values() for row in rows)


def test_a_thread_a_thousand_levels_deep() -> None:
    tree = thread(post())
    for number in range(1000):
        tree = thread(answer(BO, uri(ANN), str(number)), tree)
    assert len(read("thread", {"thread": tree}, uri(ANN)).tables["posts"]) == 1001


# Consent ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("labels", [OPTED_OUT, [5, *OPTED_OUT], "unreadable", {"val": "x"}])
def test_who_opted_out_is_gone_as_author_actor_and_target(labels: Any) -> None:
    no = who(NO, labels=labels)
    reason = {"$type": "app.bsky.feed.defs#reasonRepost", "by": who(ANN), "indexedAt": NOON}
    for found in (
        read("likes", {"likes": [{"actor": no, "createdAt": NOON, "indexedAt": NOON}]}, uri(ANN)),
        read("reposted_by", {"repostedBy": [no]}, uri(ANN)),
        feed({"post": {**post(NO), "author": no}, "reason": reason}),
        feed({"post": answer(ANN, uri(NO), "1"), "reply": {"parent": {"author": no}, "root": {}}}),
        read("quotes", {"posts": [{**post(NO), "author": no}]}, uri(ANN)),
    ):
        assert found.known.flags == {key(NO): {"opt_out": True}}
        assert edges(found) == set()
        assert not any(NO in str(row["author_key"]) for row in found.tables["posts"])
        assert found.notes["opt_out"] >= 1
        assert all(row["in_reply_to_post_key"] is None for row in found.tables["posts"])


def test_a_label_taken_back_is_none() -> None:
    found = read("profiles", {"profiles": [who(ANN, labels=[{**OPTED_OUT[0], "neg": True}])]})
    assert (found.known.flags, len(found.tables["accounts"])) == ({}, 1)


def test_a_wish_counts_although_the_rest_cannot_be_read() -> None:
    found = read("profiles", {"profiles": [who(NO, labels=OPTED_OUT, followersCount="many")]})
    assert found.known.flags == {key(NO): {"opt_out": True}}
    assert len(found.mended) == 1
    found = read("likes", {"likes": [{"actor": who(f"{NO} ?", labels=OPTED_OUT)}]})
    assert (found.known.flags, len(found.bad)) == ({}, 1)  # whose wish it is nobody can tell, and nothing of it lands


def test_a_wish_known_from_another_page_holds_here() -> None:
    record = {
        "facets": [{"features": [{"$type": "app.bsky.richtext.facet#mention", "did": NO}]}],
        "embed": {"$type": "app.bsky.embed.record", "record": {"uri": uri(NO)}},
    }
    found = feed({"post": post(record=record)}, known=PageContext(flags={key(NO): {"opt_out": True}}))
    assert edges(found) == set()
    [row] = found.tables["posts"]
    assert (row["mentions"], row["quoted_post_key"]) == ([], None)


# Broken pages ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("endpoint", [endpoint.name for endpoint in bluesky.ENDPOINTS])
@pytest.mark.parametrize("body", [None, [], {}, {"feed": 5}, "text"])
def test_a_page_without_its_list_is_quarantined(endpoint: str, body: Any) -> None:
    found = read(endpoint, body, uri(ANN))
    assert sum(len(rows) for rows in found.tables.values()) == 0
    assert len(found.bad) + found.notes["unknown_type"] == 1


@pytest.mark.parametrize(
    "wrong",
    [
        {"author": None},
        {"author": {"did": "ann"}},
        {"author": {"did": 5}},
        {"uri": ""},
        {"uri": "a\ud800"},
        {"uri": f"{uri(ANN)}/2"},
        {"uri": uri("did:plc:a\u0301nn")},
    ],
)
def test_an_item_is_kept_or_quarantined_whole(wrong: dict[str, Any]) -> None:
    found = feed({"post": {**post(), **wrong}}, {"post": post(key="2")})
    assert [row["native_id"] for row in found.tables["posts"]] == [uri(ANN, "2")]
    [(table, reason, ref, row, raw)] = found.bad
    assert (table, ref, row) == ("posts", "raw/x/00000.json.gz", 0)
    assert reason
    assert raw.startswith('{"post"')


@pytest.mark.parametrize(
    ("wrong", "column"),
    [
        *(({"likeCount": number}, "like_count") for number in (-1, 2**63, True, 1.5, "many", [])),
        ({"record": {"text": 5, "createdAt": NOON}}, "text"),
        ({"record": {"langs": {}, "createdAt": NOON}}, "lang"),
        ({"record": 7}, "created_at"),
        ({"record": {"createdAt": "yesterday"}}, "created_at"),
        ({"indexedAt": 12}, "indexed_at"),
        ({"record": {"createdAt": NOON, "reply": "to bo"}}, "in_reply_to_post_key"),
    ],
)
def test_what_is_unreadable_costs_nobody_the_post(wrong: dict[str, Any], column: str) -> None:
    found = feed({"post": {**post(), **wrong}}, {"post": post(key="2")})
    first, second = found.tables["posts"]
    assert (first["post_key"], first[column], second[column]) == (key(uri(ANN)), None, {**second}[column])
    assert found.bad == []
    [(table, reason, _, index, _)] = found.mended
    assert (table, index, reason.endswith("(row kept)")) == ("posts", 0, True)


def test_half_a_surrogate_pair_in_a_text_is_kept_as_a_sign() -> None:
    assert feed({"post": post(record={"text": "a\ud800"})}).tables["posts"][0]["text"] == "a?"


# Mutated pages ---------------------------------------------------------------------------------------------------

SUBJECT = uri(ANN)
PAGES: dict[str, Any] = {
    "profiles": {"profiles": [who(ANN, followersCount=3), who(NO, labels=OPTED_OUT)]},
    "author_feed": {
        "feed": [
            {
                "post": post(
                    likeCount=1,
                    record={
                        "reply": {"root": {"uri": uri(CY)}, "parent": {"uri": uri(BO)}},
                        "facets": [{"features": [{"$type": "app.bsky.richtext.facet#mention", "did": BO}]}],
                        "embed": {"$type": "app.bsky.embed.record", "record": {"uri": uri(BO)}},
                        "langs": ["de"],
                    },
                    embed={"record": {"$type": "app.bsky.embed.record#viewRecord"}},
                ),
                "reply": {"parent": {"author": who(NO, labels=OPTED_OUT)}, "root": {}},
            },
            {"post": post(BO), "reason": {"$type": "x#reasonRepost", "by": who(ANN), "indexedAt": NOON}},
        ]
    },
    "likes": {"likes": [{"actor": who(BO), "createdAt": NOON, "indexedAt": NOON}]},
    "reposted_by": {"repostedBy": [who(BO)]},
    "quotes": {"posts": [post(BO)]},
    "thread": {"thread": thread(post(), thread(answer(BO, uri(ANN), "2")), {"$type": "x#blockedPost"})},
}


@pytest.mark.parametrize("endpoint", sorted(PAGES))
def test_every_value_may_be_wrong_or_missing(endpoint: str) -> None:
    """A mutated page is read or put aside, item by item: nothing crashes, and every row fits the canonical schema."""
    fits(*(rows_of(endpoint, body, SUBJECT) for body in mutations(PAGES[endpoint], several=300)))


# Identity and consent --------------------------------------------------------------------------------------------


def links(found: Rows) -> list[tuple[str, str, str]]:
    return [(row["account_a"], row["account_b"], row["basis"]) for row in found.tables["account_links"]]


def test_a_profile_claims_what_it_links_to() -> None:
    about = "I write. https://M.example/@ann, and x.com/ann"
    view = who(ANN, handle="Ann.example", website="https://github.com/Ann/", description=about)
    claimed = ["https://github.com/ann", "https://m.example/@ann", "https://x.com/ann"]
    own = [f"https://bsky.app/profile/{ANN}".lower(), "https://bsky.app/profile/ann.example"]
    found = read("profiles", {"profiles": [view]})
    assert links(found) == [
        *((key(ANN), address, "self_declared") for address in claimed),
        *((key(ANN), address, "address") for address in own),
    ]
    assert found.tables["accounts"][0]["url"] == own[1]
    assert links(read("profiles", {"profiles": [who(ANN, website=5, description=["x.com/a"])]})) == []
    # What it says today is not what it said on a day long past.
    assert links(read("profiles", {"profiles": [view]}, stale=True)) == []


def test_the_links_of_who_opted_out_stay_as_hashes() -> None:
    """A wish on one platform concerns the person's accounts on others."""
    view = who(ANN, handle="ann.example", website="x.com/ann", labels=[{"val": "!no-unauthenticated"}])
    found = read("profiles", {"profiles": [view]})
    assert links(found)[0] == (key(ANN), hashed("https://x.com/ann"), "self_declared")
    assert "ann.example" not in repr(found.tables)


def test_who_is_hidden_is_removed_without_a_flag_row() -> None:
    hidden = SuppressionList("bluesky", frozenset({key(ANN)}), ErasedKeys().and_also({key(BO)}, {"bo.example"}))
    body = {"likes": [{"actor": who(did), "createdAt": NOON, "indexedAt": NOON} for did in (ANN, BO, CY)]}
    shown = replace(page("likes", body, uri(NO)), hidden=hidden)
    found = bluesky.normalise(shown, PageContext())
    assert [row["actor_key"] for row in found.tables["interactions"]] == [key(CY)]
    assert found.notes == {"operator": 2, "erased": 2}  # the like and the account of each
    assert found.excluded == 2
    assert found.known.flags == {}
    view = who(CY, website="bsky.app/profile/did:plc:cy x.com/cy")
    hidden = SuppressionList(erased=ErasedKeys().and_also((), {"https://x.com/cy"}))
    found = bluesky.normalise(replace(page("profiles", {"profiles": [view]}), hidden=hidden), PageContext())
    assert "https://x.com/cy" not in repr(found.tables)
