"""The interface between the HTTP puller and a platform's module: endpoints as data, one stored page, and its rows.

A normaliser is a pure function `(Page, PageContext) -> Rows`: no network, no clock. It never drops in silence: each item of a
page becomes rows, or is quarantined with its reason, or is counted in `notes`.
"""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from typing import Any

from clout.config.options import AskedAboutPeople, Options
from clout.config.readers import DELETED, SHORT, Reader, Rule
from clout.lake.column_roles import Role, columns, people_of, spoken_of
from clout.platforms.http.rate_policies import RatePolicy
from clout.privacy.addresses import hashed, profile_address
from clout.privacy.consent_ledger import contradicted_by
from clout.privacy.suppression import NOBODY, UNSHOWN, SuppressionList

#: What a page that is not of the expected shape raises inside a normaliser; caught item by item.
SHAPE_ERRORS = (ArithmeticError, AttributeError, LookupError, RecursionError, TypeError, ValueError)

_EARLIEST = datetime(1, 1, 3, tzinfo=UTC)
_LATEST = datetime(9999, 12, 29, tzinfo=UTC)


@dataclass(frozen=True)
class Endpoint:
    """One endpoint of a platform, as data.

    It is asked once for each row that `parents` gave (by `parent_field`), or, without parents, for each configured
    subject that matches `subjects`, `batch` at a time. `fallback`: configured subjects that may be asked directly where
    the parents cannot be re-taken. `when`: a counter of the parent; where it is known to be 0, nothing is asked. In `path`
    {subject} stands for the subject, and {id} for what follows its last colon.

    Places in a body are dotted: "meta.next_token"; "" is the body itself. Values of `params` may hold {subject}, and these
    and `path` {since} and {until}.
    Money is counted in mills, thousandths of a dollar, so that sums are exact.
    """

    name: str
    path: str
    table: str
    params: Mapping[str, str] = field(default_factory=dict)
    headers: Mapping[str, str] = field(default_factory=dict)
    #: Characters of `params` that are not percent-encoded. Subjects and cursors always are, wholly.
    safe: str = ""
    select: str = ""
    paginator: str = "none"  # cursor_in_body | link_header | offset | none
    cursor_path: str = "cursor"
    cursor_param: str = "cursor"
    #: Where a body tells the whole next address: without one there is no next page. It is not followed: see cursor_path.
    next_path: str | None = None
    page_size: int | None = None
    size_param: str = "limit"
    least_page: int = 1
    subject_param: str | None = None
    batch: int = 1
    batch_form: str = "repeated"  # repeated | comma | restli
    subjects: str = r".+"
    parents: tuple[str, ...] = ()
    parent_field: str = "native_id"
    when: str | None = None
    fallback: str | None = None
    #: It is asked about those posts of the first parent that snapshots of the refreshed days hold and tonight's pages do not.
    earlier: bool = False
    #: Time of an item of a list that comes newest first: paging ends where it is older than what is wanted.
    newest_first: Callable[[Any], datetime | None] | None = None
    #: Wanted are items of the day, or of the days whose posts are refreshed.
    reaches_back: bool = False
    backfillable: bool = False
    #: What is refused about one subject would be about all, as a metric that the platform has withdrawn.
    probe: bool = False
    #: Where a subject is a person or an organisation, and 404 or 410 therefore says that they are gone: the column of accounts
    #: that holds what they are asked by.
    named_by: str | None = None
    #: The answer is a gzip file, kept as it comes.
    is_file: bool = False
    #: What one item that is asked for may cost at most, with all that it brings along; and what each item at a place costs.
    price: int = 0
    prices: Mapping[str, int] = field(default_factory=dict)

    def cost(self, body: Any) -> int:
        """What an answer costs, in mills: every item at a place that has a price."""
        found = ((at(body, path), price) for path, price in self.prices.items())
        return sum(
            price * (len(items) if isinstance(items, list) else 1) for items, price in found if items is not None
        )


def at(body: Any, path: str) -> Any:
    """What a body holds at a dotted place; None where there is nothing."""
    for name in path.split(".") if path else ():
        body = body.get(name) if isinstance(body, dict) else None
    return body


@dataclass(frozen=True)
class Page:
    """One stored answer. `stale`: fetched so long after the day that its counters are not the day's.

    `hidden`: who may not be shown, whatever the answer says. `options`: what the operator configured of the source.
    """

    platform: str
    endpoint: str
    subject: str
    day: date
    fetched_at: datetime
    body: Any
    ref: str
    stale: bool = False
    hidden: SuppressionList = NOBODY
    options: Mapping[str, Any] = field(default_factory=dict)


@dataclass
class PageContext:
    """What the pages read so far told about others: who is not to be shown, and which local id is whose."""

    flags: dict[str, dict[str, Any]] = field(default_factory=dict)
    accounts: dict[str, str] = field(default_factory=dict)  # local id -> account_key
    posts: dict[str, tuple[str, str | None]] = field(default_factory=dict)  # local id -> post_key, author_key
    counters: dict[str, dict[str, Any]] = field(default_factory=dict)  # account_key or post_key -> column -> value
    names: set[str] = field(default_factory=set)  # keys of `flags` that hold a name in the place of an id
    contradicted: dict[str, list[str]] = field(
        default_factory=dict
    )  # account_key -> reasons that a full view contradicts


class Rows:
    """The rows of one page, with provenance. `flags` are the people on it who may not be shown, and why."""

    def __init__(self, page: Page) -> None:
        self.page = page
        self.tables: dict[str, list[dict[str, Any]]] = {
            "accounts": [],
            "posts": [],
            "interactions": [],
            "account_links": [],
            "external_signals": [],
        }
        self.bad: list[tuple[str, str, str, int, str]] = []
        #: Of rows that are kept the fields that could not be read, in the form of `bad`; see views.View.
        self.mended: list[tuple[str, str, str, int, str]] = []
        self.notes: Counter[str] = Counter()
        self.excluded = 0  # interactions of people who may not be shown
        self.known = PageContext()
        self.parents: list[dict[str, Any]] = []
        self._index = 0

    def each(self, table: str, items: Any, handle: Callable[[Any], object]) -> None:
        """Handle every item of a list; one that raises leaves no row but a quarantined item of `table`."""
        if not isinstance(items, list):
            self.quarantine(table, f"{self.page.endpoint}: the list is missing", items)
            return
        for index, item in enumerate(items):
            self._index = index
            self.part(table, item, handle)

    def part(self, table: str, item: Any, handle: Callable[[Any], object]) -> None:
        """Handle an item, or a part of one that may be wrong without the rest; see each()."""
        lengths = {name: len(rows) for name, rows in self.tables.items()}
        parents, mended = len(self.parents), len(self.mended)
        try:
            handle(item)
        except SHAPE_ERRORS as error:
            for name, length in lengths.items():
                del self.tables[name][length:]
            del self.parents[parents:]
            del self.mended[mended:]
            self.quarantine(table, f"{type(error).__name__}: {error}", item)

    def quarantine(self, table: str, reason: str, item: Any) -> None:
        """Put an item aside with its reason."""
        self.bad.append((table, clean(reason[:300]), self.page.ref, self._index, _as_text(item)))

    def note_field(self, table: str, reason: str, value: Any) -> None:
        """Say beside a row that is kept what became of one of its fields."""
        reason = f"{clean(reason[:280])} (row kept)"
        self.mended.append((table, reason, self.page.ref, self._index, _as_text(value)))

    def flag(self, key: str, flags: dict[str, Any]) -> None:
        """Remember that a person is not to be shown. Said before anything else of them is read, so that it is not lost."""
        if flags:
            self.known.flags[key] = {**self.known.flags.get(key, {}), **flags}

    def gone(self, key: str, status: str, is_name: bool = False) -> None:
        """Remember that somebody is suspended, deleted or unavailable: they are shown nowhere, and not scored.

        is_name: the key holds a name in the place of an id. The puller finds whose it was in earlier snapshots.
        """
        self.flag(key, {"status": status})
        if is_name:
            self.known.names.add(key)

    def counters(self, key: str, columns: dict[str, Any]) -> None:
        """Remember counters of an account or a post whose row another page gives; not those of a day that is over."""
        if not self.page.stale:
            self.known.counters[key] = {**self.known.counters.get(key, {}), **columns}

    def account(self, row: dict[str, Any], local_id: str | None = None) -> None:
        """Add an account."""
        if local_id is not None:
            self.known.accounts[local_id] = row["account_key"]
        if row["state_complete"] and (contradicted := contradicted_by(row)):
            self.known.contradicted[row["account_key"]] = contradicted
        if row.get("url"):  # in the form in which others claim it
            row = {**row, "url": profile_address(row["url"]) or row["url"]}
        self.page.hidden.see(row["account_key"], row.get("handle"), row.get("url"))
        self._add("accounts", row)

    def post(self, row: dict[str, Any], local_id: str | None = None, from_feed: bool = False) -> None:
        """Add a post. from_feed: it was read in its author's own feed, which shows all of them; see schemas.POSTS."""
        if local_id is not None:
            self.known.posts[local_id] = row["post_key"], row["author_key"]
        self._add("posts", {**row, "from_feed": from_feed})

    def interaction(self, row: dict[str, Any]) -> None:
        """Add an interaction."""
        self._add("interactions", {"is_removed": False, **row})

    def claim(self, account_key: str, text: str | None, basis: str = "self_declared") -> None:
        """Add that an account declares the profile at an address to be the same person's; see schemas.ACCOUNT_LINKS.

        What a stale page shows is not the day's.
        """
        address = profile_address(text) if text else None
        if address is not None and not self.page.stale:
            row = {"account_a": account_key, "account_b": address, "basis": basis, "valid_from": self.page.day}
            self._add("account_links", row)

    def signal(self, row: dict[str, Any]) -> None:
        """Add an outside signal."""
        self._add("external_signals", row)

    def _add(self, table: str, row: dict[str, Any]) -> None:
        ref = f"{self.page.ref}:{self._index}"
        provenance = {"fetched_at": self.page.fetched_at, "source_endpoint": self.page.endpoint, "raw_ref": ref}
        self.tables[table].append({**row, **provenance})

    def without(self, flags: Mapping[str, dict[str, Any]]) -> Rows:
        """Remove everything that shows a flagged person: as author, as actor, as target or as one who is referred to."""
        flags = {**self._hidden_flags(), **flags}
        hidden: set[str] = set()
        kept: dict[str, list[dict[str, Any]]] = {name: [] for name in self.tables}
        for row in self.tables["interactions"]:
            who = next((k for k in (row["actor_key"], row["target_account_key"]) if k in flags), None)
            if who is None:
                kept["interactions"].append(row)
                continue
            self.notes[flag_name(flags[who])] += 1
            self.excluded += 1
            if row["target_account_key"] in flags and row.get("target_post_key"):
                hidden.add(row["target_post_key"])
        for table in ("accounts", "posts", "external_signals"):
            [whose] = people_of(table)
            for row in self.tables[table]:
                if row[whose] in flags:
                    self.notes[flag_name(flags[row[whose]])] += 1
                else:
                    kept[table].append(_silent(table, row, flags, hidden))
        for row in self.tables["account_links"]:
            # Kept, but as hashes: a person's wish on one platform concerns the person's other accounts too.
            is_flagged = row["account_a"] in flags
            if flags.get(row["account_a"], {}).get("hidden") == "erased" or self.page.hidden.is_erased_name(
                row["account_b"]
            ):
                continue
            kept["account_links"].append({**row, "account_b": hashed(row["account_b"])} if is_flagged else row)
        self.tables = kept
        self.parents = [row for row in self.parents if row.get("author_key", row.get("account_key")) not in flags]
        natives = {key.partition(":")[2] for key in flags}
        self.bad = [(*bad[:4], UNSHOWN if self.page.hidden.names_any(bad[4], natives) else bad[4]) for bad in self.bad]
        self.mended = [
            (*one[:4], UNSHOWN if self.page.hidden.names_any(one[4], natives) else one[4]) for one in self.mended
        ]
        return self

    def _hidden_flags(self) -> dict[str, dict[str, Any]]:
        """Who of those on the page is on the operator's list or was erased."""
        keys: set[str | None] = set()
        for table, rows in (*self.tables.items(), ("accounts", self.parents), ("posts", self.parents)):
            for name in columns(table, Role.ACCOUNT):
                for row in rows:
                    found = row.get(name)
                    keys.update(found) if isinstance(found, list) else keys.add(found)
        return {key: {"hidden": why} for key in keys if key and (why := self.page.hidden.reason(key))}


def _silent(table: str, row: dict[str, Any], flags: Mapping[str, Any], hidden: Collection[str]) -> dict[str, Any]:
    """Somebody's row without the keys of flagged people of whom it only speaks, and of the posts that are theirs."""
    gone: dict[str, Any] = {}
    for name in spoken_of(table):
        found = row.get(name)
        if isinstance(found, list):
            gone |= {name: [key for key in found if key not in flags]}
        elif found in flags:
            gone |= {name: None} | ({"in_reply_to_post_key": None} if name == "in_reply_to_account_key" else {})
    gone |= dict.fromkeys((name for name in spoken_of(table, Role.POST) if row.get(name) in hidden), None)
    return row | gone if gone else row


def rfc3339(moment: datetime) -> str:
    """A time as X writes it."""
    return moment.strftime("%Y-%m-%dT%H:%M:%SZ")


def epoch(moment: datetime) -> str:
    """A time as Facebook writes it: Unix seconds."""
    return str(int(moment.timestamp()))


@dataclass(frozen=True)
class Token:
    """Where a platform wants its token: in a header, in a form of its own, or as a parameter of each address."""

    header: str = "Authorization"
    form: str = "Bearer {}"
    param: str | None = None


@dataclass(frozen=True)
class Platform(Reader):
    """A platform that is asked over HTTP, with all that is to be known of it: one object, in the platform's own module.

    endpoints: in the order of asking, which is that of importance. token: where its token goes; None where none is needed.
    write_time: how {since} and {until} are written. ceiling_usd: what a source may spend in a day where its configuration
    does not say. configured: the endpoints as a source's options want them.
    """

    endpoints: tuple[Endpoint, ...]
    policy: type[RatePolicy]
    normalise: Callable[[Page, PageContext], Rows]
    token: Token | None = None
    write_time: Callable[[datetime], str] = rfc3339
    ceiling_usd: float = 0.0
    configured: Callable[[tuple[Endpoint, ...], Mapping[str, Any]], tuple[Endpoint, ...]] = lambda endpoints, options: (
        endpoints
    )
    options: type[Options] = field(default=AskedAboutPeople, kw_only=True)
    retention: tuple[Rule, ...] = field(default=(*SHORT, *DELETED), kw_only=True)
    ids: re.Pattern[str] = field(default=re.compile(r".+"), kw_only=True)
    is_asked: bool = field(default=True, kw_only=True)


# Fields ----------------------------------------------------------------------------------------------------------


def flag_name(flags: Mapping[str, Any]) -> str:
    """The reason that a flag gives for removing a person's rows."""
    if flags.get("hidden"):
        return str(flags["hidden"])
    if flags.get("opt_out"):
        return "opt_out"
    return "protected" if flags.get("is_protected") else str(flags.get("status"))


def clean(text: str) -> str:
    """Text that every warehouse can hold: half a surrogate pair is legal JSON and no UTF-8, U+0000 is in no PostgreSQL text."""
    return text.replace("\x00", "\ufffd").encode("utf-8", "replace").decode("utf-8")


def _as_text(item: Any) -> str:
    try:
        return json.dumps(item)
    except (RecursionError, ValueError):
        return "too deeply nested"


def string(value: Any, name: str) -> str:
    """A text that must be there."""
    if not isinstance(value, str) or not value or "\x00" in value or clean(value) != value:
        raise ValueError(f"{name}: is no text")
    return value


def optional(value: Any) -> str | None:
    """A text that may be missing; anything else than a text is as if it were."""
    return clean(value) if isinstance(value, str) and value else None


def count(value: Any, name: str) -> int | None:
    """A counter; NULL where the platform did not say, which is not 0."""
    if value is None:
        return None
    if isinstance(value, bool) or not isinstance(value, int) or not 0 <= value < 2**63:
        raise ValueError(f"{name}: {str(value)[:40]!r} is no count")
    return value


def instant(value: Any) -> datetime | None:
    """A time in UTC; NULL where there is none or it cannot be read."""
    if not isinstance(value, str):
        return None
    try:
        at = datetime.fromisoformat(value)
        at = at.replace(tzinfo=UTC) if at.tzinfo is None else at.astimezone(UTC)
    except (OverflowError, ValueError):
        return None
    return at if _EARLIEST < at < _LATEST else None


def earliest(times: Iterable[datetime | None]) -> datetime | None:
    """The earliest of the times that are known."""
    return min((at for at in times if at is not None), default=None)
