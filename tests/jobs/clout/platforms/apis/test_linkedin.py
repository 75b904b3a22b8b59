"""Shows what each of LinkedIn's answers becomes: rows, quarantine or a count; and that an organisation's day is pulled well."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from clout.platforms.apis import linkedin
from clout.platforms.pull.pages import Page, PageContext, Rows
from clout.platforms.pull.rows import rows_table
from clout.privacy.suppression import ErasedKeys, SuppressionList
from mutations import fits, mutations

DAY = date(2026, 3, 1)
FETCHED = datetime(2026, 3, 2, 0, 30, tzinfo=UTC)
AT_NOON = datetime(2026, 3, 1, 12, 0, 0, 250_000, tzinfo=UTC)
NOON = 1_772_366_400_250
#: Stands for Bo in a lake without a salt, which no lake is after a pull.
SOMEONE = ErasedKeys().pseudonym("li:urn:li:person:aBc-9_")
US, THEM, BO = "urn:li:organization:11", "urn:li:organization:12", "urn:li:person:aBc-9_"
POST, OTHER = "urn:li:share:7434567890123456789", "urn:li:ugcPost:7434567890123456790"
COMMENT = f"urn:li:comment:({POST},1)"


def post(urn: str = POST, author: str = US, **more: Any) -> dict[str, Any]:
    times = {"createdAt": NOON - 5, "publishedAt": NOON, "lastModifiedAt": NOON}
    shown = {"commentary": "hi", "visibility": "PUBLIC", "lifecycleState": "PUBLISHED"}
    return {"id": urn, "author": author, **times, **shown, **more}


def comment(actor: str | None = BO, urn: str = COMMENT, **more: Any) -> dict[str, Any]:
    said = {"commentUrn": urn, "object": POST, "created": {"time": NOON}, "message": {"text": "words of Bo"}, **more}
    return {**said, "actor": actor} if actor else said


def reaction(actor: str | None = BO, kind: str = "PRAISE") -> dict[str, Any]:
    """As the platform answers: its actor stands in the stamps and in its id."""
    stamp = {"time": NOON, **({"actor": actor} if actor else {})}
    return {
        "id": f"urn:li:reaction:({actor or ''},{POST})",
        "reactionType": kind,
        "created": stamp,
        "lastModified": stamp,
        "root": POST,
    }


KNOWN = PageContext(posts={POST: (f"li:{POST}", f"li:{US}")})


def read(endpoint: str, body: Any, subject: str = POST, known: PageContext | None = None, stale: bool = False) -> Rows:
    page = Page("li", endpoint, subject, DAY, FETCHED, body, "raw/x/00000.json.gz", stale)
    found = linkedin.normalise(page, known or KNOWN)
    for table, rows in found.tables.items():
        rows_table(table, rows).validate(full=True)  # every row fits the canonical schema
    return found


def posts(*items: Any, **more: Any) -> Rows:
    return read("posts", {"elements": list(items), "paging": {}}, US, **more)


def elements(endpoint: str, *items: Any, **more: Any) -> Rows:
    return read(endpoint, {"elements": list(items)}, **more)


def edges(found: Rows) -> set[tuple[str, str | None, str | None, str | None]]:
    return {
        (r["kind"], r["actor_key"], r["target_account_key"], r["target_post_key"]) for r in found.tables["interactions"]
    }


def test_an_organisation_is_full_with_its_followers() -> None:
    view = {"id": 11, "localizedName": "Us", "vanityName": "Us-Co", "created": {"time": NOON}}
    [row] = read("organization", view, US).tables["accounts"]
    assert (row["account_key"], row["native_id"], row["handle"]) == (f"li:{US}", US, "us-co")
    assert (row["account_type"], row["display_name"], row["created_at"]) == ("organization", "Us", AT_NOON)
    assert (row.get("followers_count"), row["state_complete"]) == (
        None,
        False,
    )  # a view without them replaces no fuller one
    told = read("followers", {"firstDegreeSize": 0}, US)
    assert told.known.counters == {f"li:{US}": {"followers_count": 0}}
    [full] = read("organization", view, US, known=told.known).tables["accounts"]
    assert (full["followers_count"], full["state_complete"]) == (0, True)
    assert read("followers", {"firstDegreeSize": 5}, US, stale=True).known.counters == {}


def test_a_post_and_what_is_counted_of_it() -> None:
    kinds = {"LIKE": {"count": 5}, "PRAISE": {"count": 2}}
    told = read("social_metadata", {"results": {POST: {"reactionSummaries": kinds, "commentSummary": {"count": 0}}}})
    bare, full = (posts(post(), known=known).tables["posts"][0] for known in (PageContext(), told.known))
    assert (full["like_count"], full["reply_count"], full.get("share_count")) == (7, 0, None)
    assert full["reaction_counts"] == {"LIKE": 5, "PRAISE": 2}
    assert not {"like_count", "reply_count", "reaction_counts"} & bare.keys()
    assert (bare["post_key"], bare["native_id"], bare["author_key"]) == (f"li:{POST}", POST, f"li:{US}")
    assert (bare["event_at"], bare["post_type"], bare["text"], bare["from_feed"]) == (AT_NOON, "original", "hi", True)
    [early] = posts(post(publishedAt=None)).tables["posts"]
    assert AT_NOON - early["event_at"] == timedelta(milliseconds=5)  # when it was written


def test_counters_that_are_not_said_are_not_zero() -> None:
    told = read("social_metadata", {"results": {POST: {}, OTHER: {"reactionSummaries": {}}}, "errors": {"urn": {}}})
    assert told.known.counters == {f"li:{POST}": {}, f"li:{OTHER}": {"like_count": 0, "reaction_counts": {}}}
    assert told.notes["gone"] == 1


@pytest.mark.parametrize(
    ("more", "lands"),
    [
        ({}, True),
        ({"visibility": "CONNECTIONS"}, False),
        ({"visibility": "LOGGED_IN"}, False),
        ({"visibility": None}, False),
        ({"lifecycleState": "DRAFT"}, False),
        ({"lifecycleState": "PUBLISH_FAILED"}, False),
    ],
)
def test_only_what_is_published_for_everybody_lands(more: dict[str, Any], lands: bool) -> None:
    found = posts(post(**more))
    assert bool(found.tables["posts"]) == bool(found.parents) == lands
    assert found.notes["not_public"] == (0 if lands else 1)


@pytest.mark.parametrize(
    ("commentary", "text", "mentions", "hashtags"),
    [
        ("hi", "hi", [], []),
        ("", None, [], []),
        (None, None, [], []),
        (r"with @[Them \(Co\)](urn:li:organization:12), \#2", "with Them (Co), #2", [THEM], []),
        (r"{hashtag|\#|pine} and {hashtag|#|moor}", "#pine and #moor", [], ["pine", "moor"]),
        ("@[Bo Birk](urn:li:person:aBc-9_) is a member", "Bo Birk is a member", [], []),
        ("@[cut](urn:li:organization:12", "@[cut](urn:li:organization:12", [], []),
        (r"a \\ b \* c", r"a \ b * c", [], []),
    ],
)
def test_little_text(commentary: Any, text: str | None, mentions: list[str], hashtags: list[str]) -> None:
    found = posts(post(commentary=commentary))
    [row] = found.tables["posts"]
    assert (row["text"], row["mentions"], row["hashtags"]) == (text, [f"li:{urn}" for urn in mentions], hashtags)
    assert edges(found) == {("mention", f"li:{US}", f"li:{urn}", None) for urn in mentions}


def test_a_reshare_is_a_share_or_with_words_a_quote() -> None:
    again = {"reshareContext": {"parent": OTHER, "root": OTHER}}
    known = PageContext(posts={OTHER: (f"li:{OTHER}", f"li:{THEM}")})
    share, quote = posts(post(commentary="", **again), known=known), posts(post(**again), known=known)
    assert edges(share) == {("share", f"li:{US}", f"li:{THEM}", f"li:{OTHER}")}
    assert edges(quote) == {("quote", f"li:{US}", f"li:{THEM}", f"li:{OTHER}")}
    [shared], [quoted] = share.tables["posts"], quote.tables["posts"]
    assert (shared["post_type"], shared["shared_post_key"]) == ("share", f"li:{OTHER}")
    assert (quoted["post_type"], quoted["quoted_post_key"]) == ("quote", f"li:{OTHER}")
    # Whose post it was is known only where that is an organisation of ours: else conform counts it as unidentified.
    assert edges(posts(post(**again), known=PageContext())) == {("quote", f"li:{US}", None, f"li:{OTHER}")}


def test_reactions_are_likes_with_their_own_name_and_time() -> None:
    found = elements("reactions", reaction(), reaction(THEM, "LIKE"), reaction(None))
    assert edges(found) == {("like", who, f"li:{US}", f"li:{POST}") for who in (SOMEONE, f"li:{THEM}", None)}
    rows = found.tables["interactions"]
    assert [r["subkind"] for r in rows] == ["PRAISE", "LIKE", "PRAISE"]
    assert {(r["occurred_at"], r["occurred_precision"]) for r in rows} == {(AT_NOON, "exact")}
    # Whoever changes a reaction has still reacted once.
    [again] = elements("reactions", reaction(kind="EMPATHY")).tables["interactions"]
    assert again["interaction_key"] == rows[0]["interaction_key"]


@pytest.mark.parametrize(
    "item",
    [
        reaction(),
        {**reaction(None), "created": {"time": NOON, "actor": BO}},
        {**reaction(None), "lastModified": {"time": NOON, "actor": BO}},
        {**reaction(None), "actor": BO},
        {**reaction(None), "id": reaction()["id"]},
        {**reaction(), "actor": None, "lastModified": "soon"},
        {**reaction(), "actor": 5, "id": 5},
    ],
)
def test_the_actor_of_a_reaction_is_found_wherever_it_stands(item: dict[str, Any]) -> None:
    found = elements("reactions", item)
    assert edges(found) == {("like", SOMEONE, f"li:{US}", f"li:{POST}")}
    assert BO not in str(found.tables)


def test_an_organisation_is_itself_by_its_other_name() -> None:
    company = US.replace("organization", "company")
    found = elements("reactions", reaction(company)), elements("comments", comment(company))
    assert [(row["actor_key"], row["target_account_key"]) for one in found for row in one.tables["interactions"]] == [
        (f"li:{US}", f"li:{US}")
    ] * 2
    thread = elements("comments", comment(company, COMMENT + "o"), comment(BO, COMMENT, parentComment=COMMENT + "o"))
    assert ("reply", SOMEONE, f"li:{US}", f"li:{COMMENT}o") in edges(thread)
    written = posts(post(author=company, commentary="with @[Them](urn:li:company:12)"))
    assert written.tables["posts"][0]["author_key"] == f"li:{US}"
    assert edges(written) == {("mention", f"li:{US}", f"li:{THEM}", None)}


def test_a_member_of_any_other_kind_gets_a_pseudonym_too() -> None:
    [row] = elements("reactions", reaction("urn:li:member:77")).tables["interactions"]
    assert row["actor_key"] == ErasedKeys().pseudonym("li:urn:li:member:77")


def test_comments_are_replies_and_nothing_of_the_member_lands() -> None:
    found = elements("comments", comment(), comment(None, COMMENT + "2"))
    assert edges(found) == {("reply", who, f"li:{US}", f"li:{POST}") for who in (SOMEONE, None)}
    assert found.tables["accounts"] == found.tables["posts"] == []
    assert "words of Bo" not in str(found.tables)
    assert found.tables["interactions"][0]["source_post_key"] == f"li:{COMMENT}"


def test_answers_to_comments_count_where_the_organisation_is_answered() -> None:
    ours, theirs = COMMENT + "o", COMMENT + "t"
    thread = [comment(US, ours), comment(BO, theirs)]
    thread += [comment(BO, f"{COMMENT}{n}", parentComment=to) for n, to in enumerate((ours, theirs, "urn:li:x"))]
    found = elements("comments", *thread)
    targets = [r["target_post_key"] for r in found.tables["interactions"]]
    assert targets == [f"li:{POST}", f"li:{POST}", f"li:{ours}"]
    assert found.notes["between_members"] == 2


@pytest.mark.parametrize("endpoint", ["organization", "followers", "posts", "social_metadata", "comments", "reactions"])
@pytest.mark.parametrize("body", [None, {}, 5, "text", [], {"elements": 5, "results": []}])
def test_an_answer_of_another_shape_is_quarantined(endpoint: str, body: Any) -> None:
    found = read(endpoint, body)
    assert sum(len(rows) for rows in found.tables.values()) == 0
    assert found.known.counters == {}
    assert len(found.bad) == 1


@pytest.mark.parametrize(
    "wrong",
    [
        {"id": 7},
        {"id": "urn:li:comment:(x,1)"},
        {"author": BO},
        {"publishedAt": "soon", "createdAt": True},
        {"publishedAt": None, "createdAt": 2**60},
        {"visibility": KeyError},
    ],
)
def test_an_item_is_kept_or_quarantined_whole(wrong: dict[str, Any]) -> None:
    spoilt = {name: value for name, value in {**post(), **wrong}.items() if value is not KeyError}
    found = posts(spoilt, post(OTHER))
    assert [row["native_id"] for row in found.tables["posts"]] == [OTHER]
    assert found.tables["interactions"] == []
    [(table, reason, _, row, _)] = found.bad
    assert (table, row) == ("posts", 0)
    assert reason


@pytest.mark.parametrize(
    "wrong", [None, 0, -1, "", "text", [], {}, [None], {"count": "3"}, True, "\ud800", "\x00", 2**63, {"parent": BO}]
)
def test_nothing_is_lost_for_an_optional_field(wrong: Any) -> None:
    for name in ("commentary", "createdAt", "lastModifiedAt", "reshareContext", "distribution", "content"):
        found = posts({**post(), name: wrong}, post(OTHER))
        assert [row["native_id"] for row in found.tables["posts"]] == [POST, OTHER], name
        assert found.bad == []
    whole = {
        "id": 11,
        "localizedName": "Us",
        "vanityName": "us",
        "created": {"time": NOON},
        "localizedWebsite": "https://u.example",
    }
    for name in set(whole) - {"id"}:
        assert len(read("organization", {**whole, name: wrong}, US).tables["accounts"]) == 1, name
    for name in ("id", "reactionType", "lastModified", "root", "actor"):
        assert len(elements("reactions", {**reaction(), name: wrong}).tables["interactions"]) == 1, name
    assert len(elements("comments", {**comment(), "actor": wrong, "message": wrong}).tables["interactions"]) == 1
    for counted in ({"LIKE": {"count": 2}, "PRAISE": wrong}, {"LIKE": {"count": 2}, "PRAISE": {"count": wrong}}):
        told = read(
            "social_metadata", {"results": {POST: {"reactionSummaries": counted, "commentSummary": {"count": 1}}}}
        )
        counters = told.known.counters[f"li:{POST}"]
        assert counters["reply_count"] == 1
        if counters["like_count"] is not None:
            assert counters["like_count"] == sum(counters["reaction_counts"].values())


@pytest.mark.parametrize(("listed", "left_out"), [(f"li:{BO}", 2), (f"li:{US}", 7), (f"li:{THEM}", 1)])
def test_who_may_not_be_shown_is_gone_as_author_actor_and_target(listed: str, left_out: int) -> None:
    answers = {"organization": {"id": 11}, "posts": {"elements": [post(commentary=TEXT)]}}
    answers |= {"comments": {"elements": [comment(), comment(None, COMMENT + "2")]}}
    answers |= {"reactions": {"elements": [reaction(), reaction(None)]}}
    for endpoint, body in answers.items():
        hidden = SuppressionList(listed=frozenset({listed}))
        found = linkedin.normalise(Page("li", endpoint, POST, DAY, FETCHED, body, "raw", hidden=hidden), KNOWN)
        assert listed not in str(found.tables)
        assert not found.parents or listed != f"li:{US}"
        left_out -= found.notes["operator"]
    assert left_out == 0


# Mutated answers -------------------------------------------------------------------------------------------------

TEXT = r"with @[Them](urn:li:organization:12) {hashtag|\#|pine}"
ANSWERS: dict[str, Any] = {
    "organization": {"id": 11, "localizedName": "Us", "vanityName": "us", "created": {"time": NOON}},
    "followers": {"firstDegreeSize": 5},
    "posts": {
        "elements": [post(commentary=TEXT), post(OTHER, reshareContext={"parent": POST, "root": POST})],
        "paging": {"start": 0, "count": 100, "links": []},
    },
    "social_metadata": {
        "results": {
            POST: {
                "reactionSummaries": {"LIKE": {"count": 5}, "PRAISE": {"count": 2}},
                "commentSummary": {"count": 2, "topLevelCount": 1},
            },
            OTHER: {"reactionSummaries": {}, "commentSummary": {"count": 0, "topLevelCount": 0}},
        },
        "errors": {"urn:li:share:1": {"status": 404}},
    },
    "comments": {
        "elements": [comment(), comment(US, COMMENT + "o"), comment(urn=COMMENT + "a", parentComment=COMMENT)]
    },
    "reactions": {"elements": [reaction(), reaction(THEM, "LIKE"), reaction(None)]},
}


def items(endpoint: str, body: Any) -> int:
    """How many items an answer has; one where it is not of its shape, which is put aside as a whole."""
    body = body if isinstance(body, dict) else {}
    if endpoint == "social_metadata":
        results, errors = body.get("results"), body.get("errors")
        errors = len(errors) if isinstance(errors, dict) else 0
        return errors + (len(results) if isinstance(results, dict) else 1)
    elements = body.get("elements")
    return len(elements) if isinstance(elements, list) else 1


@pytest.mark.parametrize("endpoint", sorted(ANSWERS))
def test_every_value_may_be_wrong_or_missing(endpoint: str) -> None:
    """Nothing crashes, every row fits, and each item is a row, or put aside, or counted: none is lost, none is two."""
    main = {"organization": "accounts", "posts": "posts"}.get(endpoint, "interactions")
    pages = []
    for body in mutations(ANSWERS[endpoint], several=1_700):
        page = Page("li", endpoint, POST, DAY, FETCHED, body, "raw/x/00000.json.gz")
        found = linkedin.normalise(page, KNOWN)
        counted = endpoint in ("followers", "social_metadata")
        rows = len(found.known.counters) if counted else len(found.tables[main])
        assert rows + len(found.bad) + found.notes.total() == items(endpoint, body)
        pages.append(found)
    assert len(pages) > 1_700
    fits(*pages)
