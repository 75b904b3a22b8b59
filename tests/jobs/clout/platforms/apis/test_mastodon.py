"""Shows what each of Mastodon's pages becomes: rows, quarantine or a count, and nothing of those who do not want it."""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import Any

import pytest
from clout.platforms.apis import mastodon
from clout.platforms.pull.pages import Page, PageContext, Rows
from mutations import fits, mutations

DAY = date(2026, 3, 1)
FETCHED = datetime(2026, 3, 2, 0, 30, tzinfo=UTC)
NOON = "2026-03-01T12:00:00.000Z"
ANN, BO, CY, NO = "1", "2", "3", "9"
SILENT: list[dict[str, Any]] = [{"noindex": True}, {"suspended": True}, {"noindex": "unreadable"}]
#: What the server, or a form that was saved, sets without anybody having asked for anything.
DEFAULTS: list[dict[str, Any]] = [
    {"indexable": False},
    {"discoverable": False},
    {"discoverable": None},
    {"locked": True},
]


def who(number: str, acct: str | None = None, **more: Any) -> dict[str, Any]:
    uri = f"https://m.example/users/{number}"
    return {"id": number, "acct": acct or f"p{number}", "uri": uri, "indexable": True, "locked": False, **more}


def status(number: str = "10", author: str = ANN, **more: Any) -> dict[str, Any]:
    uri = f"https://m.example/s/{number}"
    shown = {"visibility": "public", "created_at": NOON, "content": "<p>hi</p>"}
    return {"id": number, "uri": uri, "account": who(author), **shown, **more}


def key(number: str) -> str:
    return f"m:https://m.example/users/{number}"


def post(number: str = "10") -> str:
    return f"m:https://m.example/s/{number}"


def rows_of(
    endpoint: str, body: Any, subject: str = ANN, known: PageContext | None = None, stale: bool = False, **options: Any
) -> Rows:
    page = Page("m", endpoint, subject, DAY, FETCHED, body, "raw/x/00000.json.gz", stale, options=options)
    return mastodon.normalise(page, known or PageContext())


def read(*page: Any, **more: Any) -> Rows:
    found = rows_of(*page, **more)
    fits(found)
    return found


def statuses(*items: Any, **more: Any) -> Rows:
    return read("statuses", list(items), **more)


def edges(found: Rows) -> set[tuple[str, str, str | None, str | None]]:
    return {
        (r["kind"], r["actor_key"], r["target_account_key"], r["target_post_key"]) for r in found.tables["interactions"]
    }


# Accounts --------------------------------------------------------------------------------------------------------


def test_an_account() -> None:
    view = who(
        ANN,
        "Ann",
        display_name="Ann",
        note="<p>I <b>write</b> &amp; read</p><p>daily</p>",
        bot=False,
        followers_count=5,
        following_count=0,
        created_at="2020-01-01T00:00:00.000Z",
    )
    [row] = read("lookup", view).tables["accounts"]
    assert (row["account_key"], row["native_id"], row["handle"]) == (key(ANN), ANN, "ann")
    assert (row["followers_count"], row["following_count"], row["posts_count"]) == (5, 0, None)
    assert row["bio"] == "I write & read\ndaily"
    assert (row["is_bot"], row["is_protected"], row["opt_out"], row["state_complete"]) == (False, None, None, True)


def test_an_instance_counts_only_its_own_people() -> None:
    far = who(BO, "bo@far.example", followers_count=1)
    [row] = read("favourited_by", [far], "10").tables["accounts"]
    assert (row["followers_count"], row["state_complete"]) == (None, False)
    [late] = read("account", who(ANN, followers_count=5), stale=True).tables["accounts"]
    assert (late["followers_count"], late["state_complete"]) == (None, False)


@pytest.mark.parametrize(
    ("more", "kind"), [({"bot": True}, "bot"), ({"group": True}, "group"), ({"bot": False}, "unknown"), ({}, "unknown")]
)
def test_the_type_of_an_account(more: dict[str, Any], kind: str) -> None:
    [row] = read("account", who(ANN, **more)).tables["accounts"]
    assert (row["account_type"], row["is_bot"]) == (kind, more.get("bot"))


def test_one_who_moved() -> None:
    [row] = read("account", who(ANN, moved=who(BO))).tables["accounts"]
    assert (row["status"], row["moved_to_key"]) == ("moved", key(BO))


def test_flags_that_are_not_said_are_not_set() -> None:
    view = {name: value for name, value in who(ANN).items() if name not in ("indexable", "locked")}
    found = read("account", {**view, "discoverable": None, "noindex": None})
    [row] = found.tables["accounts"]
    assert (row["opt_out"], row["is_protected"], found.known.flags) == (None, None, {})


# Posts -----------------------------------------------------------------------------------------------------------


def test_a_post_and_its_counters() -> None:
    found = statuses(status(favourites_count=0, reblogs_count=2, language="de", tags=[{"name": "x"}, 5]))
    [row] = found.tables["posts"]
    assert (row["post_key"], row["native_id"], row["author_key"]) == (post(), "10", key(ANN))
    assert (row["like_count"], row["share_count"], row["reply_count"], row["quote_count"]) == (0, 2, None, None)
    assert (row["text"], row["lang"], row["hashtags"], row["mentions"]) == ("hi", "de", ["x"], [])
    assert row["event_at"] == datetime(2026, 3, 1, 12, tzinfo=UTC)
    assert [parent["native_id"] for parent in found.parents] == ["10"]


def test_counters_of_copies_and_of_late_views_are_left_out() -> None:
    copy = status(account=who(ANN, "ann@far.example"), favourites_count=3)
    assert statuses(copy).tables["posts"][0].get("like_count") is None
    late = statuses(status(favourites_count=3), stale=True)
    assert late.tables["posts"][0].get("like_count") is None
    assert late.parents[0]["like_count"] == 3


@pytest.mark.parametrize(
    ("visibility", "lands"),
    [("public", True), ("unlisted", True), ("private", False), ("direct", False), ("new", False), (None, False)],
)
def test_only_what_is_for_everybody_lands(visibility: Any, lands: bool) -> None:
    found = statuses(status(visibility=visibility, mentions=[{"id": ANN}]))
    assert bool(found.tables["posts"]) == bool(found.parents) == bool(found.tables["interactions"]) == lands
    assert found.notes["not_public"] == (0 if lands else 1)
    if not lands:
        assert found.tables["accounts"] == []


def test_a_boost_is_a_share_at_its_own_time() -> None:
    boost = status("11", reblog=status("20", BO, created_at="2026-02-01T00:00:00Z"), content="<p>hi</p>")
    found = statuses(boost)
    assert edges(found) == {("share", key(ANN), key(BO), post("20"))}
    [edge] = found.tables["interactions"]
    assert (edge["occurred_at"].day, edge["occurred_precision"]) == (1, "exact")
    shown = {row["post_key"]: row for row in found.tables["posts"]}
    assert (shown[post("11")]["post_type"], shown[post("11")].get("text")) == ("share", None)
    assert shown[post("11")]["shared_post_key"] == post("20")
    assert shown[post("20")]["author_key"] == key(BO)
    assert (shown[post("11")]["from_feed"], shown[post("20")]["from_feed"]) == (True, False)
    assert found.parents == []
    # The list of those who boosted shows the same edge, without its time.
    known = PageContext(posts={"20": (post("20"), key(BO))})
    [listed] = read("reblogged_by", [who(ANN)], "20", known).tables["interactions"]
    assert listed["interaction_key"] == edge["interaction_key"]
    assert (listed["occurred_at"], listed["occurred_precision"]) == (None, "observed_day")


def test_a_boost_of_what_is_not_public_is_nothing() -> None:
    found = statuses(status("11", reblog=status("20", BO, visibility="private")))
    assert (edges(found), found.tables["posts"], found.notes["not_public"]) == (set(), [], 1)


@pytest.mark.parametrize(
    "state", ["pending", "rejected", "revoked", "deleted", "unauthorized", "blocked_account", None]
)
def test_a_quote_that_is_not_accepted_is_none(state: Any) -> None:
    assert edges(statuses(status(quote={"state": state, "quoted_status": status("20", BO)}))) == set()
    assert edges(statuses(status(quote={"state": "accepted", "quoted_status": None}))) == set()


def test_an_accepted_quote() -> None:
    found = statuses(status(quote={"state": "accepted", "quoted_status": status("20", BO)}))
    assert edges(found) == {("quote", key(ANN), key(BO), post("20"))}
    assert {r["post_key"]: (r["post_type"], r.get("quoted_post_key")) for r in found.tables["posts"]} == {
        post(): ("quote", post("20")),
        post("20"): ("original", None),
    }


def test_replies_and_mentions_are_resolved_by_what_is_known() -> None:
    said = status(in_reply_to_id="20", in_reply_to_account_id=BO, mentions=[{"id": BO}, {"id": CY}, {"id": "404"}])
    known = PageContext(accounts={BO: key(BO), CY: key(CY)}, posts={"20": (post("20"), key(BO))})
    found = statuses(said, known=known)
    assert edges(found) == {
        ("reply", key(ANN), key(BO), post("20")),  # who is answered is not also mentioned
        ("mention", key(ANN), key(CY), None),
    }
    assert found.notes["unresolved_mention"] == 1
    [row] = found.tables["posts"]
    assert (row["post_type"], row["in_reply_to_post_key"], row["mentions"]) == ("reply", post("20"), [key(BO), key(CY)])
    blind = statuses(said)
    assert edges(blind) == {("reply", key(ANN), None, None)}  # conform will count it as unidentified
    assert blind.notes["unresolved_mention"] == 3


def test_a_thread_resolves_itself() -> None:
    body = {
        "ancestors": [],
        "descendants": [status("11", BO, in_reply_to_id="10"), status("12", CY, in_reply_to_id="11")],
    }
    known = PageContext(posts={"10": (post(), key(ANN))})
    assert edges(read("context", body, "10", known)) == {
        ("reply", key(BO), key(ANN), post("10")),
        ("reply", key(CY), key(BO), post("11")),
    }


def test_likes_are_of_the_day_on_which_they_are_seen() -> None:
    known = PageContext(posts={"10": (post(), key(ANN))})
    found = read("favourited_by", [who(BO), who(CY)], "10", known)
    assert edges(found) == {("like", key(BO), key(ANN), post()), ("like", key(CY), key(ANN), post())}
    assert {r["occurred_precision"] for r in found.tables["interactions"]} == {"observed_day"}


# Consent ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("wish", SILENT)
def test_who_does_not_want_it_is_gone_as_author_actor_and_target(wish: dict[str, Any]) -> None:
    no = who(NO, **wish)
    theirs = {**status("90", NO), "account": no}
    known = PageContext(posts={"10": (post(), key(ANN))})
    for found in (
        read("lookup", no),
        read("favourited_by", [no], "10", known),
        read("reblogged_by", [no], "10", known),
        statuses(theirs),
        statuses(status("11", reblog=theirs)),
        statuses(status(quote={"state": "accepted", "quoted_status": theirs})),
        read("context", {"ancestors": [theirs], "descendants": [status(in_reply_to_id="90")]}, "10", known),
    ):
        assert set(found.known.flags) == {key(NO)}
        assert edges(found) == set()
        shown = [value for rows in found.tables.values() for row in rows for value in row.values()]
        assert not any(value in (key(NO), post("90")) for value in shown)
        assert found.notes.total() >= 1


@pytest.mark.parametrize("default", DEFAULTS)
def test_a_default_is_no_wish_and_names_nobody(default: dict[str, Any]) -> None:
    known = PageContext(posts={"10": (post(), key(ANN))})
    for page in (("lookup", who(BO, **default)), ("favourited_by", [who(BO, **default)], "10", known)):
        found = read(*page)
        [row] = found.tables["accounts"]
        assert found.known.flags == {}
        assert (row["opt_out"], row["is_protected"], row["may_be_named"]) == (None, None, False)
    assert edges(found) == {("like", key(BO), key(ANN), post())}


@pytest.mark.parametrize(
    ("view", "named"),
    [
        ({"discoverable": True, "indexable": False, "locked": True}, True),
        ({"discoverable": True, "limited": True}, False),  # the instance itself hides the profile
        ({"discoverable": True, "limited": False}, True),
        ({"indexable": True}, False),  # posts that may be searched are no profile that may be featured
        ({"discoverable": "yes"}, False),
    ],
)
def test_named_is_who_asked_to_be_featured(view: dict[str, Any], named: bool) -> None:
    [row] = read("lookup", who(ANN, **view)).tables["accounts"]
    assert row["may_be_named"] is named
    [row] = read("lookup", who(ANN, **view), naming="everybody").tables["accounts"]
    assert row["may_be_named"] is None


@pytest.mark.parametrize(
    ("name", "value", "flags"),
    [
        ("indexable", False, {"opt_out": True}),
        ("discoverable", False, {"opt_out": True}),
        ("discoverable", None, {}),
        ("locked", True, {"is_protected": True}),
        ("locked", "unreadable", {"is_protected": True}),
    ],
)
def test_an_operator_may_honour_defaults(name: str, value: Any, flags: dict[str, Any]) -> None:
    view = {**who(NO, discoverable=True), name: value}
    assert read("lookup", view, honour=[name]).known.flags == ({key(NO): flags} if flags else {})
    others = [one for one in ("indexable", "discoverable", "locked") if one != name]
    assert read("lookup", view, honour=others).known.flags == {}


@pytest.mark.parametrize("wish", SILENT)
def test_a_wish_counts_although_the_rest_cannot_be_read(wish: dict[str, Any]) -> None:
    found = read("lookup", {**who(NO, followers_count="many", **wish), "acct": 5})
    assert set(found.known.flags) == {key(NO)}
    assert found.tables["accounts"] == []
    found = read("statuses", [{**status("90", NO), "account": who(NO, **wish), "uri": None}])
    assert set(found.known.flags) == (set() if found.bad else {key(NO)})


# Broken pages ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("endpoint", [endpoint.name for endpoint in mastodon.ENDPOINTS])
@pytest.mark.parametrize("body", [None, {}, 5, "text", {"ancestors": 5}])
def test_a_page_of_another_shape_is_quarantined(endpoint: str, body: Any) -> None:
    found = read(endpoint, body)
    assert sum(len(rows) for rows in found.tables.values()) == 0
    assert len(found.bad) == 1


@pytest.mark.parametrize(
    "wrong",
    [
        {"account": None},
        {"account": {"id": "1"}},
        {"uri": None},
        {"uri": 5, "url": 5},
        {"visibility": KeyError},
        {"reblog": {}},
        {"visibility": "public", "reblog": status("20", account=None)},
    ],
)
def test_an_item_is_kept_or_quarantined_whole(wrong: dict[str, Any]) -> None:
    item = {name: value for name, value in {**status(), **wrong}.items() if value is not KeyError}
    found = statuses(item, status("11"))
    assert [row["native_id"] for row in found.tables["posts"]] == ["11"]
    [(table, reason, _, row, _)] = found.bad
    assert (table, row) == ("posts", 0)
    assert reason


@pytest.mark.parametrize("wrong", [None, -1, 5, "", "text", [], {}, [None], [[]], True, "\ud800", "\x00", "<![foo["])
def test_no_status_is_lost_for_an_optional_field(wrong: Any) -> None:
    whole = {**STATUS, "account": {**who(ANN), **dict.fromkeys(OF_AN_ACCOUNT)}}
    for name in ("id", *sorted(whole.keys() - {"id", "uri", "account", "visibility", "reblog"})):
        found = statuses({**whole, name: wrong}, status("11"))
        assert [row["post_key"] for row in found.tables["posts"]][-2:] == [post("10"), post("11")], name
    for name in ("id", *OF_AN_ACCOUNT):
        view = {**who(ANN), **dict.fromkeys(OF_AN_ACCOUNT), name: wrong}
        [row] = read("lookup", view).tables["accounts"] or read("lookup", who(ANN)).tables["accounts"]
        assert row["account_key"] == key(ANN), name
        if name not in ("noindex", "suspended"):
            assert statuses({**status(), "account": view}).tables["posts"], name


def test_a_counter_that_is_hidden_is_null() -> None:
    found = read("lookup", who(ANN, followers_count=-1, following_count=-1, statuses_count=-1))
    [row] = found.tables["accounts"]
    assert (row["followers_count"], row["following_count"], row["posts_count"]) == (None, None, None)
    assert (found.bad, found.mended) == ([], [])


@pytest.mark.parametrize(
    ("view", "native"),
    [
        ({"url": "https://m.example/@p1"}, "https://m.example/users/p1"),
        ({"uri": None, "url": "https://m.example/@p1"}, "https://m.example/users/p1"),
        ({"uri": "", "url": "https://pl.example/users/p1"}, "https://pl.example/users/p1"),
        ({"uri": "https://m.example/ap/users/7", "url": "https://m.example/@p1"}, "https://m.example/ap/users/7"),
    ],
)
def test_without_a_uri_the_address_says_who_it_is(view: dict[str, Any], native: str) -> None:
    bare = {name: value for name, value in who(ANN).items() if name != "uri"}
    [row] = read("lookup", {**bare, **view}).tables["accounts"]
    assert row["account_key"] == f"m:{native}"
    shown = {name: value for name, value in status().items() if name != "uri"}
    [row] = statuses({**shown, "url": "https://m.example/@p1/10"}).tables["posts"]
    assert row["post_key"] == "m:https://m.example/users/p1/statuses/10"


def test_people_of_other_instances_are_mentioned_by_their_address() -> None:
    far = {"id": "404", "username": "Cy", "url": "https://far.example/@Cy", "acct": "Cy@far.example"}
    other = {"id": "405", "url": "https://pl.example/users/di", "acct": "di@pl.example"}
    bare = {"id": "406", "acct": "eve@Far.example"}
    found = statuses(status(mentions=[far, other, bare, {"id": "407", "acct": "someone"}, {"id": BO}]))
    people = ["https://far.example/users/Cy", "https://far.example/users/eve", "https://pl.example/users/di"]
    assert edges(found) == {("mention", key(ANN), f"m:{one}", None) for one in people}
    assert found.notes["unresolved_mention"] == 2
    rows = {row["account_key"]: row for row in found.tables["accounts"]}
    assert rows[f"m:{people[0]}"]["handle"] == "cy@far.example"
    assert {rows[f"m:{one}"]["may_be_named"] for one in people} == {False}  # nobody has asked them
    # Of whom a page shows the account it says who they are.
    known = PageContext(accounts={"404": key(CY)})
    assert edges(statuses(status(mentions=[far]), known=known)) == {("mention", key(ANN), key(CY), None)}
    reply = status(in_reply_to_id="9", in_reply_to_account_id="404", mentions=[far, other])
    assert edges(statuses(reply)) == {
        ("reply", key(ANN), f"m:{people[0]}", None),
        ("mention", key(ANN), f"m:{people[2]}", None),
    }


def test_a_quoted_status_that_cannot_be_read_costs_the_quoting_one_nothing() -> None:
    found = statuses(status(quote={"state": "accepted", "quoted_status": {"visibility": "public", "id": "9"}}))
    assert [row["post_key"] for row in found.tables["posts"]] == [post()]
    assert len(found.bad) == 1


# Mutated pages ---------------------------------------------------------------------------------------------------

OF_AN_ACCOUNT = (
    *(
        "acct",
        "url",
        "display_name",
        "note",
        "bot",
        "group",
        "created_at",
        "followers_count",
        "statuses_count",
        "fields",
    ),
    *("moved", "discoverable", "indexable", "locked", "limited", "noindex", "suspended"),
)
STATUS = status(
    edited_at=None,
    language="en",
    url="https://m.example/@p1/10",
    tags=[{"name": "x"}],
    mentions=[{"id": BO}],
    in_reply_to_id="20",
    in_reply_to_account_id=BO,
    quote={"state": "accepted", "quoted_status": status("21", BO)},
    favourites_count=1,
)
SUBJECT = "10"
PAGES: dict[str, Any] = {
    "lookup": who(ANN, followers_count=3, moved=who(BO), note="<p>x</p>"),
    "statuses": [
        status(
            favourites_count=1,
            mentions=[{"id": BO}],
            tags=[{"name": "x"}],
            in_reply_to_id="20",
            in_reply_to_account_id=BO,
            quote={"state": "accepted", "quoted_status": status("21", BO)},
        ),
        status("11", reblog=status("20", BO)),
    ],
    "context": {"ancestors": [status("20", BO)], "descendants": [status("12", CY, in_reply_to_id="20")]},
    "favourited_by": [who(BO), who(NO, noindex=True)],
    "reblogged_by": [who(BO)],
}


@pytest.mark.parametrize("endpoint", sorted(PAGES))
def test_every_value_may_be_wrong_or_missing(endpoint: str) -> None:
    """A mutated page is read or put aside, item by item: nothing crashes, and every row fits the canonical schema."""
    fits(*(rows_of(endpoint, body, SUBJECT) for body in mutations(PAGES[endpoint], several=300)))


# Identity --------------------------------------------------------------------------------------------------------


def field(value: Any, verified_at: Any = None) -> dict[str, Any]:
    return {"name": "Elsewhere", "value": value, "verified_at": verified_at}


def test_fields_are_claims_and_verified_ones_are_checked() -> None:
    fields = [
        field('<a href="https://github.com/Ann" rel="me nofollow"><span>github.com/Ann</span></a>', NOON),
        field("https://bsky.app/profile/ann.example"),
        field("she/her"),
        field(None),
        "nonsense",
    ]
    view = who(ANN, "ann", url="https://m.example/@Ann", fields=fields)
    found = read("lookup", view)
    links = [(row["account_a"], row["account_b"], row["basis"]) for row in found.tables["account_links"]]
    assert links == [
        (key(ANN), "https://github.com/ann", "rel_me"),
        (key(ANN), "https://bsky.app/profile/ann.example", "self_declared"),
        (key(ANN), "https://m.example/@ann", "address"),
        (key(ANN), "https://m.example/users/" + ANN, "address"),
    ]
    assert found.tables["accounts"][0]["url"] == "https://m.example/@ann"
    # An instance has checked the pages of its own people; of others it repeats what it was told.
    found = read("lookup", who(ANN, "ann@elsewhere.example", fields=fields))
    assert {row["basis"] for row in found.tables["account_links"]} == {"self_declared", "address"}
