"""The lists of campaigns and of outcomes: which code was given to whom, and what people did who came with it.

A buyer is nobody's business here: what stands for a visitor is hashed with the lake's salt before it lands, a file with a
column of mail addresses, telephone numbers or network addresses is refused, and the quarantine repeats none of it.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime
from typing import Any
from urllib.parse import parse_qs, urlsplit

from clout.config.sources import Source
from clout.platforms.exports.lists import Cells, Kind, Refused, moment

ARMS = ("person", "holdout")
EVENTS = ("click", "visit", "signup", "purchase")
_CURRENCY = re.compile(r"[A-Z]{3}")
_END = date(9999, 12, 31)
#: Columns in which buyers are named.
_CURE = "it names buyers; leave the column out, what stands for a visitor is enough"
_NEVER = dict.fromkeys(
    (
        *("email", "mail", "emailaddress", "useremail", "customeremail", "phone", "phonenumber", "telephone", "mobile"),
        *("ip", "ipaddress", "clientip", "remoteaddr", "userip", "firstname", "lastname", "fullname", "surname"),
        *("customername", "username", "address", "street", "postcode", "zip", "birthday", "dateofbirth", "creditcard"),
        *("iban", "useragent"),
    ),
    _CURE,
)
_MAIL = re.compile(r"[^@\s]+@[^@\s]+\.[^@\s]+")


def _campaign(cells: Cells) -> dict[str, Any]:
    campaign, code = _name(cells, "campaign"), _code(cells.text("code", 100), "code")
    if code is None:
        raise Refused("code: is empty")
    arm = cells.one_of("arm", ARMS) if cells.given("arm") else "person"
    starts, ends = cells.day_needed("starts_on"), cells.day("ends_on")
    if ends is not None and ends < starts:
        raise Refused(f"ends_on: {ends} is before starts_on, {starts}")
    cost, currency = cells.number("cost"), _currency(cells)
    if cost is not None and currency is None:
        raise Refused("currency: is empty beside a cost; write it like EUR")
    return {
        "campaign": campaign,
        "code": code,
        "account_key": cells.key("account"),
        "arm": arm,
        "starts_on": starts,
        "ends_on": ends,
        "cost": cost,
        "currency": currency,
        "perk": cells.flag("perk"),
        "disclosed": cells.flag("disclosed"),
    }


def _name(cells: Cells, column: str) -> str:
    text = cells.text(column, 100)
    if text is None:
        raise Refused(f"{column}: is empty")
    return text


def _code(text: str | None, column: str) -> str | None:
    if text is not None and _MAIL.fullmatch(text):
        raise Refused(f"{column}: holds a mail address, which names somebody; give a code of your own")
    return text


def _currency(cells: Cells) -> str | None:
    text = cells.given("currency")
    if text is not None and not _CURRENCY.fullmatch(text.upper()):
        raise Refused(f"currency: {text[:20]!r} is not a currency of three letters, like EUR")
    return text and text.upper()


def _one_owner_a_code() -> Callable[[dict[str, Any]], None]:
    """A code is one account's and one campaign's at a time, and a campaign counts in one currency and starts on one day."""
    periods: dict[str, list[tuple[date, date, str]]] = defaultdict(list)
    currencies: dict[str, str] = {}
    starts: dict[str, date] = {}
    accounts: dict[tuple[str, str], str] = {}

    def check(row: dict[str, Any]) -> None:
        first, last = row["starts_on"], row["ends_on"] or _END
        for other_first, other_last, owner in periods[row["code"]]:
            if first <= other_last and other_first <= last:
                raise Refused(f"code: {row['code']!r} is {owner}'s at that time; give each account a code of its own")
        if row["currency"] and currencies.setdefault(row["campaign"], row["currency"]) != row["currency"]:
            raise Refused(
                f"currency: {row['currency']!r} is not {currencies[row['campaign']]!r}, as in other rows of campaign"
                f" {row['campaign']!r}; write all in one"
            )
        if starts.setdefault(row["campaign"], first) != first:
            raise Refused(
                f"starts_on: {first} is not {starts[row['campaign']]}, as in other rows of campaign {row['campaign']!r}; a"
                " later start is another campaign"
            )
        arm = accounts.setdefault((row["campaign"], row["account_key"]), row["arm"])
        if arm != row["arm"]:
            raise Refused(f"arm: {row['account_key']!r} is in both arms of campaign {row['campaign']!r}; keep one")
        periods[row["code"]].append((first, last, row["account_key"]))

    return check


CAMPAIGNS = Kind(
    columns=("campaign", "code", "account", "arm", "starts_on", "ends_on", "cost", "currency", "perk", "disclosed"),
    needed=(("campaign",), ("code",), ("account",), ("starts_on",)),
    row=_campaign,
    across=_one_owner_a_code,
    never=_NEVER,
    anonymous="account_key",
)


@dataclass(frozen=True)
class Preset:
    """How a tool names what we read. columns: ours = theirs, several of ours of which the first that holds something counts;
    events: theirs = ours, of others nothing is taken; event: of rows without a word for it; unit: of unix_ts.
    """

    columns: Mapping[str, str]
    events: Mapping[str, str] = field(default_factory=dict)
    event: str | None = None
    unit: int = 1


_GA4 = "collected_traffic_source"
PRESETS = {
    "ga4": Preset(
        {
            "event": "event_name",
            "unix_ts": "event_timestamp",
            "visitor": "user_pseudo_id",
            "value": "event_value_in_usd",
            **{f"utm_content_{n}": name for n, name in enumerate(
                (f"{_GA4}.manual_content", f"{_GA4}_manual_content", "manual_content"), start=1)},
            **{f"utm_campaign_{n}": name for n, name in enumerate(
                (f"{_GA4}.manual_campaign_name", f"{_GA4}_manual_campaign_name", "manual_campaign_name"), start=1)},
        },
        {
            "session_start": "visit", "first_visit": "visit", "click": "click", "sign_up": "signup", "purchase": "purchase",
            "in_app_purchase": "purchase",
        },
        unit=1_000_000,
    ),
    "umami": Preset(
        {"event": "event_name", "occurred_at": "created_at", "visitor": "session_id", "url": "url_query", "id": "event_id"},
        {"signup": "signup", "sign_up": "signup", "purchase": "purchase", "click": "click", "pageview": "visit"},
        event="visit",
    ),
    "plausible": Preset(
        {"event": "name", "day": "date", "count": "visitors", "count_2": "events"},
        {"signup": "signup", "sign up": "signup", "purchase": "purchase", "outbound link: click": "click"},
        event="visit",
    ),
    "bitly": Preset({"day": "date", "count": "clicks", "count_2": "link_clicks", "code": "link"}, event="click"),
}  # fmt: skip
_PLAIN = Preset({})
_OURS = (
    *(
        "event",
        "occurred_at",
        "unix_ts",
        "day",
        "code",
        "utm_campaign",
        "utm_content",
        "url",
        "count",
        "value",
        "currency",
    ),
    *("visitor", "id"),
)
_MORE = (
    "utm_content_1",
    "utm_content_2",
    "utm_content_3",
    "utm_campaign_1",
    "utm_campaign_2",
    "utm_campaign_3",
    "count_2",
)


def preset_of(source: Source) -> Preset:
    """The preset by which a source's outcomes are read."""
    return PRESETS[source.options["outcomes"]] if "outcomes" in source.options else _PLAIN


def outcomes_of(source: Source, hashed: Callable[[str], str]) -> Kind:
    """The list of outcomes as a source writes it. hashed: what lands in the place of what stands for a visitor."""
    preset = preset_of(source)
    words = {**dict(zip(EVENTS, EVENTS, strict=True)), **preset.events, **source.options.get("events", {})}
    words = {theirs.lower(): ours for theirs, ours in words.items()}

    def row(cells: Cells) -> dict[str, Any] | None:
        said = cells.given("event")
        event = preset.event if said is None else words.get(said.lower())
        if event is None:
            if said is not None and preset.events:
                return None  # a tool counts much that is no outcome
            raise Refused(
                f"event: {(said or '')[:80]!r} is not one of {', '.join(EVENTS)}; map it under [source.events]"
            )
        happened_on, at = _when(cells, preset)
        code, campaign = _whose(cells)
        count = cells.given("count") or cells.given("count_2") or "1"
        if not re.fullmatch(r"\d{1,12}(\.0*)?", count):
            raise Refused(f"count: {count[:40]!r} is not a whole number")
        value, currency = cells.number("value"), _currency(cells)
        if value is not None and currency is None and "outcomes" in source.options:
            currency = "USD" if source.options["outcomes"] == "ga4" else None
        if value and currency is None:
            raise Refused("currency: is empty beside a value; write it like EUR")
        visitor, its_id = cells.given("visitor"), cells.given("id")
        return {
            "event": event,
            "happened_on": happened_on,
            "occurred_at": at,
            "code": code,
            "campaign": campaign,
            "count": int(float(count)),
            "value": value,
            "currency": currency,
            "visitor": visitor and hashed(f"visitor:{visitor}"),
            "outcome_id": its_id and hashed(f"outcome:{its_id}"),
        }

    return replace(_OUTCOMES, row=row, named=dict(preset.columns))


def _when(cells: Cells, preset: Preset) -> tuple[date, datetime | None]:
    text = cells.given("unix_ts")
    if text is not None:
        if not re.fullmatch(r"\d{9,17}(\.\d+)?", text):
            raise Refused(f"unix_ts: {text[:40]!r} is not a time between 1990 and 2100")
        seconds = float(text) / preset.unit
        if not 631_152_000 <= seconds < 4_102_444_800:
            raise Refused(f"unix_ts: {text[:40]!r} is not a time between 1990 and 2100")
        at = datetime.fromtimestamp(seconds, UTC)
        return at.date(), at
    text = cells.given("occurred_at")
    if text is not None:
        found = moment(text)
        if found is None or not 1990 <= found.year < 2100:
            raise Refused(f"occurred_at: {text[:40]!r} is not a time between 1990 and 2100, like 2026-03-01T12:00:00Z")
        return found.date(), found
    return cells.day_needed("day"), None


def _whose(cells: Cells) -> tuple[str | None, str | None]:
    """Code and campaign of an outcome, as the row or its address says them."""

    def first(*names: str) -> str | None:
        return next((text for name in names if (text := cells.text(name)) is not None), None)

    code = first("code", "utm_content", *(f"utm_content_{n}" for n in (1, 2, 3)))
    campaign = first("utm_campaign", *(f"utm_campaign_{n}" for n in (1, 2, 3)))
    url = cells.text("url", 4000)
    if url is not None:
        try:
            query = parse_qs(urlsplit(url).query if "?" in url or "://" in url else url)
        except ValueError as error:
            raise Refused(f"url: {url[:40]!r} is no address") from error
        code = code or next(iter(query.get("utm_content", []) + query.get("mtm_content", [])), None)
        campaign = campaign or next(iter(query.get("utm_campaign", []) + query.get("mtm_campaign", [])), None)
    return _code(code, "code"), campaign


_OUTCOMES = Kind(
    columns=(*_OURS, *_MORE),
    needed=(("unix_ts", "occurred_at", "day"),),
    row=lambda cells: None,
    never=_NEVER,
    secret=("visitor", "id", "url", "code"),
    is_renamed=True,
)
