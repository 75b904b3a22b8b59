"""One Mastodon instance: its endpoints as data, and its pages as canonical rows. Accounts and posts are keyed by `uri`.

Where there is no `uri`, it is made of the address of the page. Ids are the instance's own; replies name only those, so they are
resolved by what other pages told (`PageContext`), mentions also by the address of whom they name.
An instance counts wholly only for its own people: of an account from elsewhere ("@" in acct) the counters are left out.
A profile's fields are claims of identity; verified_at means that the instance saw the page link back.
Only public and unlisted posts land.

Consent: `noindex` is a stored no, and the person is left out. The rest are no wishes: `indexable` is false until somebody asks
to be searched, `discoverable` until somebody asks to be featured, and `locked` is about followers. Who has not asked to be
featured, or whom the instance limits, counts and is named in nothing that is published. A source's `honour` takes any of the
three for a no; with `naming = "everybody"` everybody is named.
"""

from __future__ import annotations

import re
from collections.abc import Collection
from datetime import UTC, datetime, timedelta
from typing import Any, Literal

from pydantic import Field

from clout.config.options import AskedAboutPeople
from clout.platforms.http.rate_policies import RatePolicy, Response, Verdict, Wait, on_our_clock
from clout.platforms.pull.html_text import addresses, link, plain
from clout.platforms.pull.page_reader import PageReader
from clout.platforms.pull.pages import Endpoint, Page, PageContext, Platform, Rows, instant
from clout.platforms.pull.said import links, tags
from clout.platforms.pull.views import View
from clout.privacy.addresses import addresses_in

_SHOWN = ("public", "unlisted")
#: Local ids: numbers, but letters too on other software than Mastodon.
_ID = re.compile(r"\w[\w-]*", re.ASCII)
#: An address that may stand for somebody or something, and the page of an account or a status, as Mastodon makes them.
_ADDRESS = r"https?://[^\s/]+/\S+"
_PAGE = re.compile(r"(https?://[^\s/]+)/@([\w.-]+)(?:/(\w+))?")
_COUNTERS = {
    "like_count": "favourites_count",
    "reply_count": "replies_count",
    "share_count": "reblogs_count",
    "quote_count": "quotes_count",
}


def status_time(item: Any) -> datetime | None:
    """The time by which an account's statuses are sorted."""
    return instant(item.get("created_at"))


ENDPOINTS = (
    Endpoint(
        name="lookup",
        path="/api/v1/accounts/lookup",
        table="accounts",
        subject_param="acct",
        subjects=r"(?!\d+$).+",
        named_by="handle",
    ),
    Endpoint(
        name="account",
        path="/api/v1/accounts/{subject}",
        table="accounts",
        subjects=r"\d+",
        named_by="native_id",
    ),
    Endpoint(
        name="statuses",
        path="/api/v1/accounts/{subject}/statuses",
        table="posts",
        paginator="link_header",
        page_size=40,
        parents=("lookup", "account"),
        fallback=r"\d+",
        named_by="native_id",
        newest_first=status_time,
        reaches_back=True,
        backfillable=True,
    ),
    Endpoint(
        name="context",
        path="/api/v1/statuses/{subject}/context",
        table="posts",
        parents=("statuses",),
        when="reply_count",
        backfillable=True,
    ),
    Endpoint(
        name="favourited_by",
        path="/api/v1/statuses/{subject}/favourited_by",
        table="interactions",
        paginator="link_header",
        page_size=80,
        parents=("statuses",),
        when="like_count",
    ),
    Endpoint(
        name="reblogged_by",
        path="/api/v1/statuses/{subject}/reblogged_by",
        table="interactions",
        paginator="link_header",
        page_size=80,
        parents=("statuses",),
        when="share_count",
    ),
)


def normalise(page: Page, known: PageContext) -> Rows:
    """The rows of one page, without those of people whom this page or `known` shows to have opted out or be protected."""
    rows = Rows(page)
    reader = _Reader(page, rows, known)
    body = page.body
    parts = [body.get(name) if isinstance(body, dict) else None for name in ("ancestors", "descendants")]
    whole = None if any(not isinstance(part, list) for part in parts) else [one for part in parts for one in part or []]
    reader.read(
        {
            "lookup": ("accounts", [body], reader.subject),
            "account": ("accounts", [body], reader.subject),
            "statuses": ("posts", body, reader.own_status),
            "context": ("posts", whole, reader.status),
            "favourited_by": ("interactions", body, reader.engaged),
            "reblogged_by": ("interactions", body, reader.engaged),
        }
    )
    return rows.without({**known.flags, **rows.known.flags})


class _Reader(PageReader):
    """Reads the entities of one page into its rows."""

    undated = ("favourited_by", "reblogged_by")

    @property
    def honour(self) -> Collection[str]:
        """What the operator takes for a wish to be left out; see MastodonOptions."""
        return self.page.options.get("honour", ())

    # Accounts

    def account(self, view: Any) -> str:
        """Add an account; gives its key."""
        of = View(self.rows, "accounts", view)
        key = self.key(_identity(of))
        native = of.some_id("id")
        if native is not None:
            self.rows.known.accounts[native] = key
        self.rows.flag(key, self.flags(view))
        acct = of.text("acct")
        is_own = acct is not None and "@" not in acct
        # What an instance knows of people from elsewhere is incomplete; what it says now is not of a day long past.
        counted = is_own and not self.page.stale
        is_bot, is_group = of.flag("bot"), of.flag("group")
        moved = of.of("moved")
        moved_to = _some_identity(moved)
        row = {
            "account_key": key,
            "native_id": native or key.partition(":")[2],
            "handle": acct.lower() if acct else None,
            "display_name": of.text("display_name"),
            "account_type": "bot" if is_bot else "group" if is_group else "unknown",
            "bio": plain(of.text("note")),
            "url": of.text("url"),
            "created_at": of.time("created_at"),
            "followers_count": _count(of, "followers_count") if counted else None,
            "following_count": _count(of, "following_count") if counted else None,
            "posts_count": _count(of, "statuses_count") if counted else None,
            "is_protected": of.flag("locked") if "locked" in self.honour else None,
            "is_bot": is_bot,
            "opt_out": of.flag("noindex"),
            "may_be_named": self.may_be_named(view),
            "status": "moved" if moved.item else "active",
            "moved_to_key": self.key(moved_to) if moved_to else None,
            "state_complete": counted,
        }
        self.rows.account(row)
        declared: dict[str, bool] = {}
        for field in of.each("fields"):
            # Of its own people the instance has looked whether the page links back. Of others it may only have been told so.
            is_checked = field.time("verified_at") is not None and is_own
            declared |= dict.fromkeys(addresses_in(link(field.text("value"))), is_checked)
        for address, is_checked in declared.items():
            self.rows.claim(key, address, "rel_me" if is_checked else "self_declared")
        for own in (of.text("url"), key.partition(":")[2]) if declared else ():
            self.rows.claim(key, own, "address")
        return key

    def flags(self, view: Any) -> dict[str, Any]:
        """Why an account is not to be shown. A wish that cannot be read counts as said; one that is missing does not."""
        flags: dict[str, Any] = {}
        asked = [name for name in ("indexable", "discoverable") if name in self.honour]
        if view.get("noindex") not in (None, False) or any(view.get(name) not in (None, True) for name in asked):
            flags["opt_out"] = True
        if "locked" in self.honour and view.get("locked") not in (None, False):
            flags["is_protected"] = True
        if view.get("suspended") not in (None, False):
            flags["status"] = "suspended"
        return flags

    def may_be_named(self, view: Any) -> bool | None:
        """Whether the person asked to be featured; NULL where the operator names everybody."""
        if self.page.options.get("naming") == "everybody":
            return None
        return view.get("discoverable") is True and view.get("limited") in (None, False)

    def subject(self, view: Any) -> None:
        self.account(view)
        row = self.rows.tables["accounts"][-1]
        if _ID.fullmatch(row["native_id"]):  # else there is nothing by which more could be asked
            self.rows.parents.append(row)

    def engaged(self, view: Any) -> None:
        actor = self.account(view)
        post_key, author = self.before.posts.get(self.page.subject, (None, None))
        kind = "like" if self.page.endpoint == "favourited_by" else "share"
        self.edge(kind, actor, author, post_key, None, "engagement_list")

    # Posts

    def own_status(self, view: Any) -> None:
        """A status of the account that was asked about: its own post, or one that it boosted."""
        row = self.status(view)
        if row is not None and row["post_type"] != "share" and _ID.fullmatch(row["native_id"]):
            self.rows.parents.append(row)

    def status(self, view: Any, is_outermost: bool = True) -> dict[str, Any] | None:
        """Add a status with its author and its edges; gives its row, or None where it is not for everybody's eyes."""
        of = View(self.rows, "posts", view)
        if view["visibility"] not in _SHOWN:
            self.rows.notes["not_public"] += 1
            return None
        uri, native = _identity(of), of.some_id("id")
        author = self.account(view["account"])
        at = of.time("created_at")
        boosted = view.get("reblog")
        acct = view["account"].get("acct")
        is_own = isinstance(acct, str) and "@" not in acct
        row: dict[str, Any] = {
            "post_key": self.key(uri),
            "native_id": native or uri,
            "author_key": author,
            "post_type": "original",
            "created_at": at,
            "event_at": at,
            "edited_at": of.time("edited_at"),
            "lang": of.text("language"),
            "url": of.text("url"),
            "visibility": view["visibility"],
            "is_deleted": False,
        }
        is_in_feed = self.page.endpoint == "statuses" and is_outermost
        if boosted is not None:
            return self._boost(row, boosted, native, is_outermost)
        counters = {ours: _count(of, theirs) for ours, theirs in _COUNTERS.items()}
        row["text"] = plain(of.text("content"))
        row["hashtags"] = tags([tag.get("name") for tag in of.each("tags")], of.noting("tags"))
        row["links"] = links(
            [*addresses(of.text("content")), *filter(None, [of.of("card").get("url")])], of.noting("links")
        )
        source = row["post_key"]
        via = "author_feed" if self.page.endpoint == "statuses" else "thread"
        mentioned = self._mentioned(of)
        row["mentions"] = sorted(set(mentioned.values()))
        edges: list[tuple[str, str | None, str | None]] = []
        quoted = self._quoted(of.of("quote"), is_outermost)
        if quoted is not None:
            row["post_type"], row["quoted_post_key"] = "quote", quoted[0]
            edges.append(("quote", quoted[1], quoted[0]))
        answered, whom = of.some_id("in_reply_to_id"), of.some_id("in_reply_to_account_id")
        if answered is not None:
            post_key, whose = self.known_post(answered)
            whose = whose or self._whose(whom) or mentioned.get(whom or "")
            row |= {"post_type": "reply", "in_reply_to_post_key": post_key, "in_reply_to_account_key": whose}
            edges.append(("reply", whose, post_key))
        # Whom a status answers stands among those whom it names: it is one act all the same.
        named = [key for key in row["mentions"] if answered is None or key != row["in_reply_to_account_key"]]
        edges = [*(("mention", key, None) for key in named), *edges]
        self.rows.post({**row, **counters} if is_own and not self.page.stale else row, native, from_feed=is_in_feed)
        if is_outermost:
            for kind, target, post_key in edges:
                self.edge(kind, author, target, post_key, at, via, source)
        return {**row, **counters}

    def _boost(
        self, row: dict[str, Any], boosted: Any, native: str | None, is_outermost: bool
    ) -> dict[str, Any] | None:
        inner = self.status(boosted, is_outermost=False) if is_outermost else None
        if inner is None:
            return None  # what was boosted is not public: neither is that it was
        row |= {"post_type": "share", "shared_post_key": inner["post_key"]}
        self.rows.post(row, native, from_feed=self.page.endpoint == "statuses")
        target = inner["author_key"], inner["post_key"]
        self.edge("share", row["author_key"], *target, row["created_at"], "author_feed", row["post_key"])
        return row

    def _quoted(self, quote: View, is_outermost: bool) -> tuple[str, str] | None:
        """Post and author that a status quotes, where the quoted has accepted it and it can be seen."""
        if quote.get("state") != "accepted" or not is_outermost or not quote.of("quoted_status").item:
            return None
        found: list[dict[str, Any] | None] = []
        # That what it quotes cannot be read costs nobody the quoting status.
        self.rows.part(
            "posts", quote.get("quoted_status"), lambda one: found.append(self.status(one, is_outermost=False))
        )
        row = found[0] if found else None
        return None if row is None else (row["post_key"], row["author_key"])

    def _mentioned(self, of: View) -> dict[str, str]:
        """The keys of those whom a status names, by their local ids.

        Of whom no page showed the account the address says who it is; that they may be named, nobody has said.
        """
        found: dict[str, str] = {}
        for one in of.each("mentions"):
            native = one.some_id("id")
            address, acct = _some_identity(one), one.text("acct")
            if address is None and acct is not None and re.fullmatch(r"[\w.-]+@[\w.:-]+", acct):
                name, _, host = acct.partition("@")
                address = f"https://{host.lower()}/users/{name}"
            key = self._whose(native)
            if key is None and address is not None:
                key = self.key(address)
                named = None if self.page.options.get("naming") == "everybody" else False
                self.rows.account(
                    {
                        "account_key": key,
                        "native_id": native or address,
                        "handle": acct.lower() if acct else None,
                        "account_type": "unknown",
                        "may_be_named": named,
                        "status": "active",
                        "state_complete": False,
                    }
                )
            if key is None:
                self.rows.notes["unresolved_mention"] += 1
            else:
                found[native or key] = key
        return found

    def _whose(self, local_id: str | None) -> str | None:
        """The key of an account of which only the local id is named; NULL where no page has shown it."""
        return self.rows.known.accounts.get(local_id or "") or self.before.accounts.get(local_id or "")

    def told_apart(self, row: dict[str, Any]) -> tuple[str | None, ...]:
        # One share of one post by one person is one edge, whichever list shows it: with its time, or without.
        post_key, source = row["target_post_key"], row["source_post_key"]
        apart = None if row["kind"] == "share" else source or (None if post_key else self.page.subject)
        return row["target_account_key"], post_key, apart


def _identity(of: View) -> str:
    """What an account or a status is known by everywhere. Raises ValueError where nothing says it."""
    found = _some_identity(of)
    if found is None:
        raise ValueError("uri: is missing, and there is no url in its place")
    return found


def _some_identity(of: View) -> str | None:
    """The `uri`; where there is none, as older servers and GoToSocial leave it out, what it is by the address of the page."""
    uri = of.some_id("uri")
    if uri is not None:
        return uri
    url = of.some_id("url", _ADDRESS)
    page = _PAGE.fullmatch(url or "")
    return f"{page[1]}/users/{page[2]}{f'/statuses/{page[3]}' if page[3] else ''}" if page else url


def _count(of: View, name: str) -> int | None:
    """A counter; NULL also where it is -1, as instances that hide it write."""
    return None if of.get(name) == -1 else of.count(name)


class MastodonPolicy(RatePolicy):
    """Mastodon: the reset is an ISO-8601 time; windows are five minutes long and each instance's own."""

    longest_wait = timedelta(minutes=5)
    quota = ("X-RateLimit-Limit", "X-RateLimit-Remaining", "X-RateLimit-Reset")

    def _special(self, response: Response, now: datetime) -> Verdict | None:
        reset = self._reset(response, now) if response.status == 429 else None
        return None if reset is None else Wait(reset, "HTTP 429, X-RateLimit-Reset")

    def _reset(self, response: Response, now: datetime) -> datetime | None:
        try:
            reset = datetime.fromisoformat(response.header("X-RateLimit-Reset") or "")
        except ValueError:
            return None
        reset = reset.replace(tzinfo=UTC) if reset.tzinfo is None else reset
        return on_our_clock(reset, response, now)


class MastodonOptions(AskedAboutPeople):
    """What a source may say of an instance: what it takes for a no besides noindex, and who is named."""

    honour: list[Literal["indexable", "discoverable", "locked"]] = Field(
        default_factory=list, description="a list of some of indexable, discoverable, locked"
    )
    naming: Literal["consenting", "everybody"] = "consenting"


PLATFORM = Platform(
    ENDPOINTS,
    MastodonPolicy,
    normalise,
    name="mastodon",
    options=MastodonOptions,
    accounts_say=True,
    ids=re.compile(r"https?://[^/\s]+/(?!@)\S+"),
    folds_case=True,
)
