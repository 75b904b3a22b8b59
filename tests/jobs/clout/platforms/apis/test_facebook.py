"""Shows what each of Facebook's answers becomes: rows, quarantine or a count; and that a Page's day is pulled well."""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import Any

import pytest
from clout.platforms.apis import facebook
from clout.platforms.pull.pages import Page, PageContext, Rows
from clout.platforms.pull.rows import rows_table
from clout.privacy.suppression import SuppressionList
from mutations import fits, mutations

DAY = date(2026, 3, 1)
FETCHED = datetime(2026, 3, 2, 0, 30, tzinfo=UTC)
NOON, AT_NOON = "2026-03-01T12:00:00+0000", datetime(2026, 3, 1, 12, tzinfo=UTC)
PAGE_ID, POST = "1001", "1001_9007199254740993"  # 2^53 + 1
BO, CY = "24000000000000001", "24000000000000002"


def total(number: int) -> dict[str, Any]:
    return {"data": [], "summary": {"total_count": number}}


def post(native: str = POST, **more: Any) -> dict[str, Any]:
    return {"id": native, "created_time": NOON, "from": {"id": PAGE_ID, "name": "Ann's Page"}, "message": "hi", **more}


def comment(number: int = 1, author: str | None = BO, **more: Any) -> dict[str, Any]:
    named = {"from": {"id": author, "name": "Bo Birk"}} if author else {}
    return {"id": f"9_{number}", "created_time": NOON, "message": "words of Bo", **named, **more}


def read(
    endpoint: str, body: Any, subject: str = PAGE_ID, known: PageContext | None = None, stale: bool = False
) -> Rows:
    page = Page("fb", endpoint, subject, DAY, FETCHED, body, "raw/x/00000.json.gz", stale)
    found = facebook.normalise(page, known or PageContext())
    for table, rows in found.tables.items():
        rows_table(table, rows).validate(full=True)  # every row fits the canonical schema
    return found


def posts(*items: Any, **more: Any) -> Rows:
    return read("published_posts", {"data": list(items)}, **more)


def comments(*items: Any, **more: Any) -> Rows:
    return read("comments", {"data": list(items)}, POST, **more)


def edges(found: Rows) -> list[tuple[str, str | None, str | None, str | None]]:
    names = ("kind", "actor_key", "target_account_key", "target_post_key")
    return sorted((tuple(r[name] for name in names) for r in found.tables["interactions"]), key=str)


def test_a_page() -> None:
    node = {"id": PAGE_ID, "name": "Ann's Page", "username": "Ann.Page", "about": "a", "link": "https://f/1"}
    [row] = read("page", {**node, "followers_count": 5, "verification_status": "blue_verified"}).tables["accounts"]
    assert (row["account_key"], row["native_id"], row["handle"]) == ("fb:1001", PAGE_ID, "ann.page")
    assert (row["followers_count"], row["engaged_count"], row.get("posts_count")) == (5, None, None)
    assert (row["account_type"], row["verified"], row["state_complete"]) == ("page", True, True)
    [late] = read("page", {**node, "followers_count": 5}, stale=True).tables["accounts"]
    assert (late.get("followers_count"), late["verified"], late["state_complete"]) == (None, None, False)


def test_a_post_and_its_counters() -> None:
    found = posts(
        post(reactions=total(7), like=total(5), love=total(2), comments=total(0), shares={"count": 3}),
        post("1001_2", reactions=total(0)),
    )
    full, bare = found.tables["posts"]
    assert (full["post_key"], full["native_id"], full["author_key"]) == (f"fb:{POST}", POST, "fb:1001")
    assert (full["like_count"], full["reply_count"], full["share_count"]) == (7, 0, 3)
    assert full["reaction_counts"] == {"LIKE": 5, "LOVE": 2}
    assert (full["event_at"], full["text"], full["post_type"], full["from_feed"]) == (AT_NOON, "hi", "original", True)
    # Nobody said that nobody shared: the field is absent at 0, and where it may not be seen.
    assert (bare["like_count"], bare["share_count"], bare["reply_count"], bare["reaction_counts"]) == (
        0,
        None,
        None,
        None,
    )
    assert found.tables["interactions"] == []  # who reacted and who shared is not to be had
    assert [parent["native_id"] for parent in found.parents] == [POST, "1001_2"]


def test_counters_of_another_answer_come_in_and_late_ones_do_not() -> None:
    told = read("post_media_view", {"data": [{"name": "post_media_view", "values": [{"value": 40}]}]}, POST)
    assert told.known.counters == {f"fb:{POST}": {"view_count": 40}}
    known = PageContext(counters={f"fb:{POST}": {"view_count": 40, "click_count": None}})
    [row] = posts(post(), known=known).tables["posts"]
    assert (row["view_count"], row["click_count"]) == (40, None)
    late = posts(post(comments=total(2)), known=known, stale=True)
    assert not {"reply_count", "view_count"} & late.tables["posts"][0].keys()
    assert late.parents[0]["reply_count"] == 2  # good enough to plan by
    body = {"data": [{"name": "post_media_view", "values": [{"value": 9}]}]}
    assert read("post_media_view", body, POST, stale=True).known.counters == {}


def test_mentions_of_pages_only() -> None:
    tags = [
        {"id": "7", "name": "P", "type": "page"},
        {"id": BO, "name": "Bo", "type": "user"},
        {"id": "8", "name": "?"},
    ]
    found = posts(post(message_tags=tags))
    assert found.tables["posts"][0]["mentions"] == ["fb:7"]
    assert edges(found) == [("mention", "fb:1001", "fb:7", None)]


def test_comments_are_replies_and_nothing_of_the_member_lands() -> None:
    found = comments(comment(1), comment(2, None), comment(3, PAGE_ID))
    to_page = ("fb:1001", f"fb:{POST}")
    assert set(edges(found)) == {
        ("reply", f"fb:{BO}", *to_page),
        ("reply", None, *to_page),  # conform counts it as unidentified
        ("reply", "fb:1001", *to_page),  # and this as an interaction with oneself
    }
    assert found.tables["accounts"] == found.tables["posts"] == []
    shown = str([row for rows in found.tables.values() for row in rows])
    assert "Bo Birk" not in shown
    assert "words of Bo" not in shown
    assert {(r["occurred_at"], r["occurred_precision"]) for r in found.tables["interactions"]} == {(AT_NOON, "exact")}
    assert len({r["interaction_key"] for r in found.tables["interactions"]}) == 3


def test_answers_to_comments_count_where_the_page_is_answered() -> None:
    thread = [
        comment(1),
        comment(2, CY, parent={"id": "9_1"}),
        comment(3, PAGE_ID),
        comment(4, CY, parent={"id": "9_3"}),
        comment(5, CY, parent={"id": "9_404"}),
    ]
    found = comments(*thread)
    answers = [r for r in found.tables["interactions"] if r["actor_key"] == f"fb:{CY}"]
    assert [(r["target_account_key"], r["target_post_key"]) for r in answers] == [("fb:1001", "fb:9_3")]
    assert found.notes["between_members"] == 2
    # What was answered may stand on another page of the same list.
    known = PageContext(posts={"9_3": ("fb:9_3", "fb:1001")})
    assert len(comments(thread[3], known=known).tables["interactions"]) == 1


def test_posts_that_tag_the_page() -> None:
    found = read("tagged", {"data": [{"id": "5_1", "created_time": NOON, "from": {"id": BO}}, comment(2, None)]})
    assert {e[:3] for e in edges(found)} == {("mention", f"fb:{BO}", "fb:1001"), ("mention", None, "fb:1001")}
    assert found.tables["posts"] == []


@pytest.mark.parametrize("endpoint", ["page", "published_posts", "comments", "tagged", *facebook.METRICS])
@pytest.mark.parametrize("body", [None, 5, "text", [], {"data": 5}, {"error": {"code": 1}}])
def test_an_answer_of_another_shape_is_quarantined(endpoint: str, body: Any) -> None:
    found = read(endpoint, body, POST)
    assert sum(len(rows) for rows in found.tables.values()) == 0
    assert len(found.bad) == 1


@pytest.mark.parametrize(
    "wrong",
    [
        {"id": 10},
        {"created_time": None},
        {"created_time": "yesterday"},
        {"id": ""},
        {"created_time": []},
    ],
)
def test_an_item_is_kept_or_quarantined_whole(wrong: dict[str, Any]) -> None:
    found = posts({**post(), **wrong}, post("1001_2"))
    assert [row["native_id"] for row in found.tables["posts"]] == ["1001_2"]
    [(table, reason, _, row, _)] = found.bad
    assert (table, row) == ("posts", 0)
    assert reason


@pytest.mark.parametrize(
    "wrong", [None, 0, -1, "", "text", [], {}, [None], {"summary": {}}, True, "\ud800", "\x00", {"count": "3"}]
)
def test_nothing_is_lost_for_an_optional_field(wrong: Any) -> None:
    optional = (
        "from",
        "shares",
        "reactions",
        "comments",
        "love",
        "message",
        "message_tags",
        "permalink_url",
        "parent_id",
    )
    for name in optional:
        found = posts({**post(), name: wrong}, post("1001_2"))
        assert [row["native_id"] for row in found.tables["posts"]] == [POST, "1001_2"], name
        assert found.tables["posts"][0]["author_key"] == "fb:1001"
        assert found.bad == []
    [row] = posts(post(comments={"data": []}, reactions={"data": [], "summary": {}})).tables["posts"]
    assert (row["reply_count"], row["like_count"]) == (None, None)
    for name in set(NODE) - {"id"} | {"followers_count", "about", "verification_status"}:
        assert len(read("page", {**NODE, name: wrong}).tables["accounts"]) == 1, name
    for endpoint in ("comments", "tagged"):
        found = read(endpoint, {"data": [{**comment(), "from": wrong}, comment(2)]}, POST)
        assert len(found.tables["interactions"]) == 2  # it counts, whoever it was


def test_a_story_of_another_page_that_is_passed_on_is_a_share() -> None:
    story = post(status_type="shared_story", parent_id="1002_77")
    found = posts(story, post("1001_2", status_type="shared_story"))
    assert edges(found) == [("share", "fb:1001", "fb:1002", "fb:1002_77")]
    shared, link = found.tables["posts"]
    assert (shared["post_type"], shared["shared_post_key"]) == ("share", "fb:1002_77")
    assert link["post_type"] == "original"  # a link to somewhere else is called so too


@pytest.mark.parametrize("listed", [f"fb:{BO}", "fb:1001", "fb:7"])
def test_who_may_not_be_shown_is_gone_as_author_actor_and_target(listed: str) -> None:
    tags = [{"id": "7", "name": "P", "type": "page"}]
    answers = {"page": NODE, "published_posts": {"data": [post(message_tags=tags)]}}
    answers |= {name: {"data": [comment(), comment(2, CY)]} for name in ("comments", "tagged")}
    hidden, left_out = SuppressionList(listed=frozenset({listed})), 0
    for endpoint, body in answers.items():
        subject = POST if endpoint == "comments" else PAGE_ID
        found = facebook.normalise(
            Page("fb", endpoint, subject, DAY, FETCHED, body, "raw", hidden=hidden), PageContext()
        )
        assert listed not in str(found.tables)
        assert not found.parents or listed != "fb:1001"
        left_out += found.notes["operator"]
    assert left_out == {f"fb:{BO}": 2, "fb:1001": 7, "fb:7": 1}[listed]


# Mutated answers -------------------------------------------------------------------------------------------------

NODE = {"id": PAGE_ID, "name": "Ann", "username": "ann", "link": "https://f/1", "website": "https://ann.example/"}
TAGS = [{"id": "7", "name": "P", "type": "page"}, {"id": BO, "name": "Bo", "type": "user"}]
ANSWERS: dict[str, Any] = {
    "page": {**NODE, "followers_count": 5, "talking_about_count": 1, "verification_status": "not_verified"},
    "published_posts": {
        "data": [
            post(
                shares={"count": 3},
                message_tags=TAGS,
                reactions=total(7),
                comments=total(2),
                **{name.lower(): total(1) for name in facebook.REACTIONS},
            ),
            post("1001_2", reactions=total(0)),
        ],
        "paging": {"cursors": {"before": "a", "after": "b"}, "next": "https://graph/next"},
    },
    "comments": {"data": [comment(1), comment(2, None), comment(3, PAGE_ID), comment(4, CY, parent={"id": "9_3"})]},
    "tagged": {"data": [comment(1), comment(2, None)]},
    "post_media_view": {"data": [{"name": "post_media_view", "period": "lifetime", "values": [{"value": 9}]}]},
}


def items(body: Any) -> int:
    """How many items an answer has; one where it is not of its shape, which is put aside as a whole."""
    data = body.get("data") if isinstance(body, dict) else None
    return len(data) if isinstance(data, list) else 1


@pytest.mark.parametrize("endpoint", sorted(ANSWERS))
def test_every_value_may_be_wrong_or_missing(endpoint: str) -> None:
    """Nothing crashes, every row fits, and each item is a row, or put aside, or counted: none is lost, none is two."""
    main = {"page": "accounts", "published_posts": "posts"}.get(endpoint, "interactions")
    pages = []
    for body in mutations(ANSWERS[endpoint], several=2_000):
        page = Page("fb", endpoint, POST, DAY, FETCHED, body, "raw/x/00000.json.gz")
        found = facebook.normalise(page, PageContext())
        rows = len(found.known.counters) if endpoint in facebook.METRICS else len(found.tables[main])
        assert rows + len(found.bad) + found.notes.total() == (1 if endpoint == "page" else items(body))
        pages.append(found)
    assert len(pages) > 2_000
    fits(*pages)
