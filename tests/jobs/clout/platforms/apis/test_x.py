"""Shows what each of X's pages becomes, in both dialects: rows, quarantine or a count, and nothing of protected people."""

from __future__ import annotations

import json
from collections import Counter
from datetime import UTC, date, datetime
from typing import Any

import pytest
from clout.platforms.apis import x
from clout.platforms.pull.pages import Page, PageContext, Rows, at
from mutations import fits, mutations

DAY = date(2026, 3, 1)
FETCHED = datetime(2026, 3, 2, 0, 30, tzinfo=UTC)
NOON = "2026-03-01T12:00:00.000Z"
AT_NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)
ANN, BO, CY, NO = "1800000000000000001", "1800000000000000002", "1800000000000000003", "1800000000000000009"
POST, PARENT, ROOT = "2032124342694838273", "2032124342694838274", "2032124342694838275"
PROBLEMS = "https://api.twitter.com/2/problems/"


def who(number: str, **more: Any) -> dict[str, Any]:
    metrics = {"followers_count": 3, "following_count": 0, "tweet_count": 5, "listed_count": 1, "like_count": 7}
    return {
        "id": number,
        "name": "A",
        "username": f"P{number[-1]}",
        "protected": False,
        "public_metrics": metrics,
        **more,
    }


def post(number: str = POST, author: str = BO, **more: Any) -> dict[str, Any]:
    metrics = {"retweet_count": 2, "reply_count": 1, "like_count": 3, "quote_count": 0, "impression_count": 40}
    base = {
        "id": number,
        "text": "hi",
        "author_id": author,
        "created_at": NOON,
        "lang": "en",
        "conversation_id": number,
    }
    return {**base, "edit_history_tweet_ids": [number], "public_metrics": {**metrics, "bookmark_count": 0}, **more}


def refers(*pairs: tuple[str, str]) -> list[dict[str, str]]:
    return [{"type": kind, "id": number} for kind, number in pairs]


def names(*people: str) -> dict[str, Any]:
    return {"mentions": [{"start": 0, "end": 3, "username": f"P{one[-1]}", "id": one} for one in people]}


def rows_of(
    endpoint: str, body: Any, subject: str = ANN, known: PageContext | None = None, stale: bool = False
) -> Rows:
    page = Page("x", endpoint, subject, DAY, FETCHED, body, "raw/x/00000.json.gz", stale)
    return x.normalise(page, known or PageContext())


def read(*page: Any, **more: Any) -> Rows:
    found = rows_of(*page, **more)
    fits(found)
    return found


def listed(endpoint: str, *items: Any, subject: str = ANN, known: PageContext | None = None, **includes: Any) -> Rows:
    body = {"data": list(items), "meta": {"result_count": len(items)}, **({"includes": includes} if includes else {})}
    return read(endpoint, body, subject, known)


def edges(found: Rows) -> set[tuple[str, str, str | None, str | None]]:
    return {
        (r["kind"], r["actor_key"], r["target_account_key"], r["target_post_key"]) for r in found.tables["interactions"]
    }


def key(number: str) -> str:
    return f"x:{number}"


# Accounts --------------------------------------------------------------------------------------------------------


def test_an_account() -> None:
    made = {"created_at": "2015-06-01T00:00:00.000Z", "verified": True, "description": "d"}
    [row] = listed("accounts", who(ANN, **made)).tables["accounts"]
    assert (row["account_key"], row["handle"], row["url"]) == (key(ANN), "p1", "https://x.com/p1")
    counters = ("followers_count", "following_count", "posts_count", "listed_count", "likes_given_count")
    assert [row[name] for name in counters] == [3, 0, 5, 1, 7]
    assert (row["created_at"], row["verified"], row["bio"]) == (datetime(2015, 6, 1, tzinfo=UTC), True, "d")
    assert row["state_complete"]


def test_a_count_that_is_missing_is_not_zero() -> None:
    [row] = listed("accounts", who(ANN, public_metrics={"followers_count": 0})).tables["accounts"]
    assert (row["followers_count"], row["posts_count"]) == (0, None)
    [row] = listed("accounts", {"id": ANN, "name": "A", "username": "a"}).tables["accounts"]
    assert (row["followers_count"], row["state_complete"], row["is_protected"]) == (None, False, None)


def test_links_in_a_profile_are_claims() -> None:
    urls = {"urls": [{"url": "https://t.co/1", "expanded_url": "https://alder.example/@ann"}]}
    found = listed("accounts", who(ANN, entities={"url": urls, "description": urls}))
    claims = [(row["account_a"], row["account_b"], row["basis"]) for row in found.tables["account_links"]]
    assert claims == [
        (key(ANN), "https://alder.example/@ann", "self_declared"),
        (key(ANN), "https://x.com/p1", "address"),
    ]


@pytest.mark.parametrize(
    ("detail", "status"),
    [("User has been suspended: [9].", "suspended"), ("Could not find user with ids: [9].", "deleted")],
)
def test_who_is_gone_is_remembered(detail: str, status: str) -> None:
    problem = {"type": f"{PROBLEMS}resource-not-found", "title": "t", "detail": detail, "parameter": "ids", "value": NO}
    found = read("accounts", {"data": [who(ANN)], "errors": [problem]})
    assert found.known.flags == {key(NO): {"status": status}}
    assert found.notes == {"resource_not_found": 1}
    assert [row["native_id"] for row in found.parents] == [ANN]


# Posts, in both dialects -----------------------------------------------------------------------------------------

NEW = {
    "referenced_tweets": "referenced_posts",
    "edit_history_tweet_ids": "edit_history_post_ids",
    "note_tweet": "note_post",
    "retweet_count": "repost_count",
    "tweet_count": "post_count",
    "tweets": "posts",
    "retweeted": "reposted",
}


def in_posts(body: Any) -> Any:
    """A body in the newer dialect."""
    text = json.dumps(body)
    for old, new in NEW.items():
        text = text.replace(f'"{old}"', f'"{new}"')
    return json.loads(text)


TIMELINE: dict[str, Any] = {
    "data": [
        post("1", ANN),
        post("2", ANN, referenced_tweets=refers(("retweeted", ROOT)), entities=names(CY), text="RT @P3: hi"),
        post(
            "3",
            ANN,
            referenced_tweets=refers(("replied_to", PARENT), ("quoted", ROOT)),
            in_reply_to_user_id=BO,
            conversation_id=ROOT,
            entities={**names(BO), "hashtags": [{"tag": "x"}], "urls": [{"expanded_url": "https://a.example"}]},
            note_tweet={"text": "long", "entities": names(CY)},
        ),
    ],
    "includes": {"tweets": [post(ROOT, CY), post(PARENT, BO)], "users": [who(CY), who(NO, protected=True)]},
    "meta": {"result_count": 3},
}


@pytest.mark.parametrize("dialect", [lambda body: body, in_posts])
def test_a_timeline(dialect: Any) -> None:
    found = read("posts", dialect(TIMELINE))
    posts = {row["native_id"]: row for row in found.tables["posts"]}
    assert {number: row["post_type"] for number, row in posts.items()} == {
        **dict.fromkeys(("1", ROOT, PARENT), "original"),
        "2": "share",
        "3": "reply",
    }
    assert {number for number, row in posts.items() if row["from_feed"]} == {"1", "2", "3"}
    assert (posts["2"]["text"], posts["2"]["mentions"], posts["2"]["shared_post_key"]) == (None, [], key(ROOT))
    third = posts["3"]
    assert (third["text"], third["hashtags"], third["links"]) == ("long", ["x"], ["https://a.example"])
    assert (third["in_reply_to_post_key"], third["quoted_post_key"]) == (key(PARENT), key(ROOT))
    assert (third["conversation_key"], third["mentions"]) == (key(ROOT), [key(BO), key(CY)])
    counters = ("like_count", "reply_count", "share_count", "quote_count", "view_count", "bookmark_count")
    assert [posts["1"][name] for name in counters] == [3, 1, 2, 0, 40, 0]
    assert edges(found) == {
        ("share", key(ANN), key(CY), key(ROOT)),
        ("reply", key(ANN), key(BO), key(PARENT)),
        ("quote", key(ANN), key(CY), key(ROOT)),
        ("mention", key(ANN), key(CY), None),  # whom it answers is named in it too, which is no second act
    }
    assert {row["occurred_at"] for row in found.tables["interactions"]} == {AT_NOON}
    assert [row["native_id"] for row in found.parents] == ["1", "3"]
    [account] = found.tables["accounts"]
    assert (account["account_key"], account["posts_count"]) == (key(CY), 5)
    assert found.known.flags == {key(NO): {"is_protected": True}}


def test_ids_beyond_a_double_survive() -> None:
    found = listed("posts", post("9007199254740993", ANN))
    assert found.tables["posts"][0]["post_key"] == "x:9007199254740993"


def test_a_timeline_without_authors_is_its_subjects() -> None:
    bare = {name: value for name, value in post().items() if name != "author_id"}
    assert listed("posts", bare).tables["posts"][0]["author_key"] == key(ANN)
    assert listed("quotes", bare).bad


@pytest.mark.parametrize(
    ("endpoint", "kind", "via"),
    [
        ("reposts", "retweeted", "engagement_list"),
        ("quotes", "quoted", "engagement_list"),
        ("replies", "replied_to", "thread"),
    ],
)
def test_lists_of_a_post(endpoint: str, kind: str, via: str) -> None:
    known = PageContext(posts={PARENT: (key(PARENT), key(ANN))})
    found = listed(
        endpoint, post(referenced_tweets=refers((kind, PARENT))), subject=PARENT, known=known, users=[who(BO)]
    )
    [edge] = found.tables["interactions"]
    kinds = {"retweeted": "share", "quoted": "quote", "replied_to": "reply"}
    assert edges(found) == {(kinds[kind], key(BO), key(ANN), key(PARENT))}
    assert (edge["occurred_at"], edge["occurred_precision"], edge["observed_via"]) == (AT_NOON, "exact", via)
    assert [row["account_key"] for row in found.tables["accounts"]] == [key(BO)]
    assert found.parents == []


def test_one_share_is_one_edge_whichever_list_shows_it_and_also_when_it_was_taken_back_once() -> None:
    refer = {"author": ANN, "referenced_tweets": refers(("retweeted", PARENT))}
    one = listed("posts", post("5", **refer))  # does not say whose it was
    other = listed(
        "reposts", post("7", **refer), subject=PARENT, known=PageContext(posts={PARENT: (key(PARENT), key(BO))})
    )
    keys = {row["interaction_key"] for found in (one, other) for row in found.tables["interactions"]}
    assert len(keys) == 1


def test_likers() -> None:
    known = PageContext(posts={POST: (key(POST), key(ANN))})
    found = listed("likes", who(BO), who(NO, protected=True), subject=POST, known=known)
    assert edges(found) == {("like", key(BO), key(ANN), key(POST))}
    [edge] = found.tables["interactions"]
    assert (edge["occurred_at"], edge["occurred_precision"]) == (None, "observed_day")
    assert found.notes["protected"] == 2  # the account, and what it did


def test_a_mention_of_nobody_is_counted() -> None:
    found = listed("mentions", post(entities={"mentions": [{"start": 0, "end": 2, "username": "gone"}]}))
    assert (edges(found), found.notes) == (set(), {"unresolved_mention": 1})


# Consent ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("protected", [True, "yes", 1, {}])
def test_a_protected_person_is_removed_as_author_and_as_actor(protected: Any) -> None:
    reply = post(author=NO, referenced_tweets=refers(("replied_to", PARENT)), in_reply_to_user_id=ANN)
    other = post("7", BO, entities=names(NO, ANN))
    found = listed("mentions", reply, other, users=[who(NO, protected=protected), who(BO)])
    assert NO not in json.dumps([found.tables[name] for name in ("accounts", "posts", "interactions")], default=str)
    assert edges(found) == {("mention", key(BO), key(ANN), None)}
    assert found.tables["posts"][0]["mentions"] == [key(ANN)]


def test_a_protected_subject_is_no_parent() -> None:
    found = listed("accounts", who(NO, protected=True), who(ANN))
    assert [row["account_key"] for row in found.parents] == [key(ANN)]


# What is not there -----------------------------------------------------------------------------------------------


def test_no_data_is_no_error() -> None:
    found = read("mentions", {"meta": {"result_count": 0}})
    assert (found.bad, found.notes) == ([], {})


@pytest.mark.parametrize("body", [None, {}, 5, "text", {"meta": {}}, {"meta": {"result_count": 3}}, {"data": None}])
@pytest.mark.parametrize("endpoint", [endpoint.name for endpoint in x.ENDPOINTS])
def test_a_page_of_another_shape_is_quarantined(endpoint: str, body: Any) -> None:
    found = read(endpoint, body)
    assert sum(len(rows) for rows in found.tables.values()) == 0
    assert len(found.bad) == 1


def test_errors_inside_a_good_answer_are_counted() -> None:
    errors = [
        {"type": f"{PROBLEMS}not-authorized-for-resource", "title": "t", "parameter": "id", "value": NO},
        {"type": f"{PROBLEMS}resource-not-found", "title": "t", "parameter": "referenced_tweets.id", "value": ROOT},
        {"type": "about:blank", "title": "t"},
        5,
    ]
    found = read("posts", {"data": [post(author=ANN)], "errors": errors, "meta": {"result_count": 1}})
    assert found.notes == {"not_authorized_for_resource": 1, "resource_not_found": 1, "unknown_error": 1}
    assert len(found.bad) == 1
    assert len(found.tables["posts"]) == 1
    assert found.known.flags == {}


def test_a_post_that_was_deleted_since() -> None:
    problem = {"type": f"{PROBLEMS}resource-not-found", "title": "t", "parameter": "ids", "resource_id": PARENT}
    known = PageContext(posts={PARENT: (key(PARENT), key(ANN))})
    found = read("earlier_posts", {"data": [post(author=ANN, entities=names(BO))], "errors": [problem]}, known=known)
    shown = [(row["native_id"], row["is_deleted"], row.get("like_count")) for row in found.tables["posts"]]
    assert shown == [(PARENT, True, None), (POST, False, 3)]
    assert edges(found) == set()  # what was done by it was said on its day


def test_todays_counters_are_not_a_past_days() -> None:
    body = {"data": [post(author=ANN)], "includes": {"users": [who(ANN)]}, "meta": {"result_count": 1}}
    found = read("posts", body, stale=True)
    assert found.tables["posts"][0].get("like_count") is None
    assert (found.tables["accounts"][0]["followers_count"], found.tables["accounts"][0]["state_complete"]) == (
        None,
        False,
    )
    assert found.parents[0]["like_count"] == 3  # good enough to plan by


# The configuration -----------------------------------------------------------------------------------------------


def test_likes_are_asked_only_where_the_source_says_so() -> None:
    assert "likes" not in [one.name for one in x.configured(x.ENDPOINTS, {})]
    assert "likes" in [one.name for one in x.configured(x.ENDPOINTS, {"likes": True})]


def test_in_the_newer_dialect_nothing_is_asked_by_an_old_name() -> None:
    for one in x.configured(x.ENDPOINTS, {"dialect": "posts", "likes": True}):
        assert not any("tweet" in f"{name}{value}" for name, value in one.params.items()), one.name


@pytest.mark.parametrize("dialect", ["tweets", "posts"])
def test_a_page_never_costs_more_than_was_reserved(dialect: str) -> None:
    """Each post brings at most its author, whom it answers, and two posts: what was reserved for it covers that."""
    for one in x.configured(x.ENDPOINTS, {"dialect": dialect, "likes": True}):
        brings = set((one.params.get("expansions") or "").split(","))
        people = len(brings & {"author_id", "in_reply_to_user_id"})
        posts = 2 * len(brings & {"referenced_tweets.id", "referenced_posts"})
        includes = {"users": [{}] * people, "tweets": [{}] * posts}
        assert one.cost({"data": [{}], "includes": includes}) == one.price > 0


def problem(value: str, parameter: str, detail: str = "User has been suspended", **more: Any) -> dict[str, Any]:
    base = {
        "type": f"{PROBLEMS}resource-not-found",
        "title": "Forbidden",
        "resource_type": "user",
        "resource_id": value,
    }
    return {**base, "value": value, "parameter": parameter, "detail": f"{detail}: [{value}].", **more}


LOST = "Could not find user"
NOT_AUTHORIZED = {"type": f"{PROBLEMS}not-authorized-for-resource"}


@pytest.mark.parametrize(
    ("told", "flags"),
    [
        (problem(NO, "ids"), {key(NO): {"status": "suspended"}}),
        (problem(NO, "ids", LOST), {key(NO): {"status": "deleted"}}),
        (problem(NO, "in_reply_to_user_id"), {key(NO): {"status": "suspended"}}),
        (problem(NO, "author_id", LOST), {key(NO): {"status": "deleted"}}),
        (problem("No_9", "usernames"), {key("no_9"): {"status": "suspended"}}),
        (problem("No_9", "entities.mentions.username"), {key("no_9"): {"status": "suspended"}}),
        (problem("123", "usernames"), {key("123"): {"status": "suspended"}}),
        # Whoever is not found by name may be there under another.
        (problem("no_9", "usernames", LOST), {key("no_9"): {"status": "unavailable"}}),
        (problem(NO, "id", "Sorry", **NOT_AUTHORIZED), {key(NO): {"is_protected": True}}),
        (problem(NO, "ids", "x", type=f"{PROBLEMS}disallowed-resource"), {key(NO): {"status": "unavailable"}}),
        (problem(NO, "ids", "x", type=f"{PROBLEMS}not-authorized-for-field"), {}),
        # What is no id or no name names nobody; the name of somebody who is shown is somebody else's by now.
        (problem("no 9", "usernames"), {}),
        (problem("p3", "usernames"), {}),
        (problem(NO, "referenced_tweets.id", "Could not find tweet", resource_type="tweet"), {}),
    ],
)
@pytest.mark.parametrize("endpoint", ["usernames", "posts", "replies"])
def test_whom_x_does_not_show_is_not_silently_active(endpoint: str, told: Any, flags: Any) -> None:
    body = {"data": [who(CY) if endpoint == "usernames" else post("7", CY)], "errors": [told]}
    found = read(endpoint, {**body, "includes": {"users": [who(CY)]}}, CY)
    assert found.known.flags == flags
    assert found.known.names == {name for name in flags if "username" in told["parameter"]}
    assert sum(found.notes.values()) == 1
    assert [row["account_key"] for row in found.tables["accounts"]][:1] == [key(CY)]


def test_who_is_gone_is_no_end_of_an_edge() -> None:
    body = {"data": [post("7", ANN, in_reply_to_user_id=NO)], "errors": [problem(NO, "in_reply_to_user_id")]}
    found = read("posts", body)
    assert (edges(found), found.excluded) == (set(), 1)
    assert found.tables["posts"][0]["in_reply_to_account_key"] is None


@pytest.mark.parametrize(("detail", "is_gone"), [("User has been suspended", True), (LOST, False)])
def test_who_is_told_by_name_is_gone_by_the_id_that_a_mention_gives(detail: str, is_gone: bool) -> None:
    """Of a name that is not found nobody knows: whoever had it may have another."""
    mentions = {"mentions": [{"username": "No_9", "id": NO}, {"username": "cy", "id": CY}]}
    told = problem("no_9", "entities.mentions.username", detail)
    found = read("posts", {"data": [post("7", ANN, entities=mentions)], "errors": [told]})
    assert (found.known.flags.get(key(NO)) == {"status": "suspended"}) == is_gone
    assert edges(found) == {("mention", key(ANN), key(who), None) for who in ((CY,) if is_gone else (CY, NO))}


def test_a_post_that_comes_along_without_its_author_is_nobodys() -> None:
    unsigned = {name: value for name, value in post(ROOT).items() if name != "author_id"}
    found = listed("posts", post("7", ANN, referenced_tweets=refers(("retweeted", ROOT))), tweets=[unsigned])
    assert {row["native_id"]: row["author_key"] for row in found.tables["posts"]} == {ROOT: None, "7": key(ANN)}
    assert edges(found) == {("share", key(ANN), None, key(ROOT))}
    again = listed("posts", unsigned, known=PageContext(posts={ROOT: (key(ROOT), key(CY))}), subject=CY)
    assert [row["author_key"] for row in again.tables["posts"]] == [key(CY)]


@pytest.mark.parametrize("endpoint", ["mentions", "replies", "quotes", "reposts"])
def test_what_comes_along_tells_whose_a_post_is_on_every_endpoint(endpoint: str) -> None:
    quote = post("7", BO, referenced_tweets=refers(("quoted", ROOT)))
    found = listed(endpoint, quote, subject=POST, tweets=[post(ROOT, CY)])
    assert edges(found) == {("quote", key(BO), key(CY), key(ROOT))}


@pytest.mark.parametrize("history", ["edit_history_tweet_ids", "edit_history_post_ids"])
def test_the_versions_of_a_post_are_one(history: str) -> None:
    versions = {"edit_history_tweet_ids": None, history: ["101", "102"]}
    counted = post("102", ANN, text="b", **versions)
    former = post("101", ANN, text="a", public_metrics={"like_count": 1}, **versions)
    page_of_posts = {"data": [counted], "includes": {"tweets": [former]}}
    found = read("posts", page_of_posts)
    [row] = found.tables["posts"]
    assert (row["post_key"], row["native_id"], row["text"], row["like_count"]) == (key("101"), "102", "b", 3)
    assert (row["edited_at"], found.notes) == (AT_NOON, {"older_version": 1})
    assert [parent["native_id"] for parent in found.parents] == ["102"]  # X lists what was done to the newest
    # Whichever version others refer to, and whichever their list was asked about, it is one post.
    acts = {
        act["target_post_key"]
        for asked in ("101", "102")
        for meant in ("101", "102")
        for act in listed(
            "reposts", post("301", BO, referenced_tweets=refers(("retweeted", meant))), subject=asked, known=found.known
        ).tables["interactions"]
    }
    assert acts == {key("101")}
    shares = [
        listed(
            "posts", post(number, BO, referenced_tweets=refers(("quoted", "7")), edit_history_tweet_ids=["301", "302"])
        )
        for number in ("301", "302")
    ]
    assert len({act["interaction_key"] for one in shares for act in one.tables["interactions"]}) == 1


def test_a_version_that_no_page_shows_is_of_the_same_post() -> None:
    found = listed("posts", post("103", ANN, edit_history_tweet_ids=["101", "102", "103"]))
    quote = post("301", BO, referenced_tweets=refers(("quoted", "102")))
    assert edges(listed("quotes", quote, subject="103", known=found.known)) == {
        ("quote", key(BO), key(ANN), key("101"))
    }


def test_a_reposts_counters_are_the_originals() -> None:
    found = listed("posts", post("7", ANN, referenced_tweets=refers(("retweeted", ROOT))))
    [row] = found.tables["posts"]
    assert {row.get(name) for name in ("like_count", "share_count", "reply_count", "quote_count", "view_count")} == {
        None
    }


def test_whom_a_post_answers_is_told_although_the_post_is_gone() -> None:
    found = listed("mentions", post("7", BO, in_reply_to_user_id=ANN, entities=names(ANN, CY)))
    assert edges(found) == {("reply", key(BO), key(ANN), None), ("mention", key(BO), key(CY), None)}


def test_a_name_in_a_mention_is_the_subjects_only_on_the_subjects_page() -> None:
    named = post("7", BO, entities={"mentions": [{"username": "p1"}, {"username": "P3"}]})
    known = PageContext(accounts={"p1": key(ANN), "p3": key(CY)})
    found = listed("mentions", named, known=known)
    assert (edges(found), found.notes["unresolved_mention"]) == ({("mention", key(BO), key(ANN), None)}, 1)
    assert edges(listed("replies", named, subject=POST, known=known)) == set()


# Mutated pages ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "wrong",
    [
        {"id": 5},
        {"id": "9" * 20},
        {"id": "a"},
        {"id": "１２"},
        {"author_id": None},
    ],
)
def test_an_item_is_kept_or_quarantined_whole(wrong: dict[str, Any]) -> None:
    found = listed("mentions", {**post(entities=names(ANN)), **wrong}, post("7"))
    assert [row["native_id"] for row in found.tables["posts"]] == ["7"]
    assert edges(found) == set()
    [(table, reason, _, row, _)] = found.bad
    assert (table, row) == ("interactions", 0)
    assert reason


@pytest.mark.parametrize(
    ("wrong", "column", "left"),
    [
        ({"public_metrics": {"like_count": "many"}}, "like_count", None),
        ({"public_metrics": {"like_count": -1}}, "like_count", None),
        ({"public_metrics": 7}, "like_count", None),
        ({"referenced_tweets": [{"type": "quoted", "id": 5}]}, "quoted_post_key", None),
        ({"referenced_tweets": "x"}, "quoted_post_key", None),
        ({"in_reply_to_user_id": "bo"}, "in_reply_to_account_key", None),
        ({"entities": {"mentions": [{"id": 7}]}}, "mentions", []),
        ({"entities": []}, "mentions", []),
        ({"conversation_id": ""}, "conversation_key", None),
        ({"lang": 5}, "lang", None),
        ({"text": []}, "text", None),
        ({"created_at": "noon"}, "created_at", None),
        ({"edit_history_tweet_ids": 5}, "edited_at", None),
        ({"note_tweet": "long"}, "edited_at", None),
    ],
)
def test_what_is_unreadable_costs_nobody_the_post(wrong: dict[str, Any], column: str, left: Any) -> None:
    found = listed("mentions", {**post(entities=names(ANN)), **wrong}, post("7"))
    first, second = found.tables["posts"]
    assert (first["native_id"], first[column], second["native_id"]) == (POST, left, "7")
    assert found.bad == []
    [(table, reason, _, index, _)] = found.mended
    assert (table, index, reason.endswith("(row kept)")) == ("posts", 0, True)


@pytest.mark.parametrize("wrong", [-1, "5", 2**70, [], {}])
def test_an_unreadable_counter_costs_nobody_the_account(wrong: Any) -> None:
    found = listed("accounts", who(ANN, public_metrics={"followers_count": wrong, "tweet_count": 5}))
    [row] = found.tables["accounts"]
    assert (row["followers_count"], row["posts_count"], row["state_complete"]) == (None, 5, True)
    assert [one[1].split(":")[0] for one in found.mended] == ["public_metrics.followers_count"]


def test_signs_that_no_table_can_hold_are_mended() -> None:
    found = listed("accounts", who(ANN, name="a\x00b\ud83d", description="\ud800"))
    [row] = found.tables["accounts"]
    assert (row["display_name"], row["bio"], len(found.mended)) == ("a\ufffdb?", "?", 2)


ERRORS = [
    {
        "type": f"{PROBLEMS}resource-not-found",
        "title": "t",
        "detail": "User has been suspended",
        "parameter": "ids",
        "value": NO,
    }
]
PAGES: dict[str, Any] = {
    "accounts": {
        "data": [who(ANN, entities={"url": {"urls": [{"expanded_url": "https://a.example/b"}]}})],
        "errors": ERRORS,
    },
    "usernames": {"data": [who(ANN)], "errors": ERRORS},
    "posts": TIMELINE,
    "earlier_posts": {"data": [post(author=ANN)], "errors": ERRORS},
    "mentions": {
        "data": [post(entities=names(ANN, BO))],
        "includes": {"users": [who(BO)]},
        "meta": {"result_count": 1},
    },
    "reposts": in_posts({"data": [post(referenced_tweets=refers(("retweeted", POST)))], "meta": {"next_token": "n"}}),
    "quotes": in_posts({"data": [post(referenced_tweets=refers(("quoted", POST)))], "includes": {"users": [who(BO)]}}),
    "replies": {
        "data": [post(in_reply_to_user_id=ANN, referenced_tweets=refers(("replied_to", POST)))],
        "errors": ERRORS,
    },
    "likes": {"data": [who(BO), who(CY)], "meta": {"result_count": 2}},
}


def items(body: Any) -> int:
    """How many items a page holds; a list that is something else counts as one, since it is put aside whole."""
    if not isinstance(body, dict):
        return 1
    lists = [at(body, "includes.users") or [], at(body, "includes.tweets") or at(body, "includes.posts") or []]
    lists += [body["errors"]] if body.get("errors") is not None else []
    if "data" in body or not (body.get("errors") or at(body, "meta.result_count") == 0):
        lists.append(body.get("data"))
    return sum(len(one) if isinstance(one, list) else 1 for one in lists)


@pytest.mark.parametrize("endpoint", sorted(PAGES))
def test_every_value_may_be_wrong_or_missing(endpoint: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """A mutated page is read or put aside, item by item, and every item is accounted for: kept, counted, or put aside."""
    monkeypatch.setattr(Rows, "without", lambda self, flags: self)  # what consent removes is another test's
    pages = []
    for body in mutations(PAGES[endpoint], several=1000):
        found = rows_of(endpoint, body, POST)
        problems = Counter(found.notes)
        del problems["unresolved_mention"]
        kept = len(found.tables["accounts"]) + sum(not row["is_deleted"] for row in found.tables["posts"])
        assert kept + problems.total() + len(found.bad) == items(body), body
        pages.append(found)
    fits(*pages)
    assert len(pages) > 1200
