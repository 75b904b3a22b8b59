"""The operator's list on platforms: whom it names by a handle or an address is found, and what names nobody is refused."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pytest
from clout.config.sources import Source
from clout.errors import InvalidInput
from clout.lake.partitions import Lake
from clout.platforms.apis import bluesky, mastodon
from clout.platforms.pull import pull_consent
from clout.platforms.pull.pages import Page, PageContext, Rows
from clout.privacy import consent_ledger
from clout.privacy.suppression import SuppressionList

DAY = date(2026, 3, 1)
FETCHED = datetime(2026, 3, 2, 0, 30, tzinfo=UTC)
NOON = "2026-03-01T12:00:00.000Z"
POST = "at://did:plc:no/app.bsky.feed.post/1"


def pulled(lake: Lake, reader: str, listed: list[str], *pages: tuple[str, str, Any]) -> tuple[list[Rows], list[str]]:
    """What two passes over some pages show, as a pull makes them, and what was said."""
    said: list[str] = []
    excluded = frozenset(f"{reader}:{name}" for name in listed)
    source = Source(reader, reader, Path(), excluded=excluded, options={"base_url": "https://m.example"})
    names = lambda people: {}  # noqa: E731 nobody is missing here
    hearing = pull_consent.hearing(lake, source, DAY, names, said.append)
    hidden = SuppressionList(reader, excluded, hearing=hearing)
    normalise = {"bluesky": bluesky, "mastodon": mastodon}[reader].normalise
    for _ in "walk", "emit":
        found = [
            normalise(
                replace(Page(reader, endpoint, subject, DAY, FETCHED, body, "raw/x"), hidden=hidden), PageContext()
            )
            for endpoint, subject, body in pages
        ]
    pull_consent.remember(lake, source, hearing, names, said.append, source.read_by.ids)
    return found, [line for line in said if "exclusion list" in line]


LIKES = (
    "likes",
    POST,
    {
        "likes": [
            {"actor": {"did": f"did:plc:{name}", "handle": f"{name}.example"}, "createdAt": NOON, "indexedAt": NOON}
            for name in ("ann", "bo")
        ]
    },
)


@pytest.mark.parametrize("name", ["ann.example", "@Ann.Example", "https://bsky.app/profile/ann.example", "did:plc:ann"])
def test_the_list_may_name_somebody_of_a_platform_by_handle_or_address(lake: Lake, name: str) -> None:
    quote = {"uri": POST.replace("no/", "ann/"), "author": {"did": "did:plc:ann"}, "indexedAt": NOON}
    quote["record"] = {"text": "hi", "createdAt": NOON}
    found, said = pulled(lake, "bluesky", [name], ("quotes", POST, {"posts": [quote]}), LIKES)
    # The first page does not say who she is, the second does.
    assert not [row for rows in found for table in rows.tables.values() for row in table if "plc:ann" in repr(row)]
    assert [row["actor_key"] for row in found[1].tables["interactions"]] == ["bluesky:did:plc:bo"]
    assert said == []
    # Days that are stored forget her by the ledger.
    ledger = consent_ledger.read(lake)
    assert "operator" in {
        reason for one in ledger.hashed("bluesky:did:plc:ann") for reason in ledger.reasons().get(one, ())
    }
    # She is met once; what the next pull shows need not name her.
    assert pulled(lake, "bluesky", [name])[1] == []


def account(**more: Any) -> dict[str, Any]:
    return {"id": "7", "uri": "https://m.example/users/ann", "acct": "ann", "url": "https://m.example/@ann", **more}


@pytest.mark.parametrize("name", ["ann", "@ann@m.example", "https://m.example/@ann", "m.example/@Ann"])
def test_on_an_instance_too(lake: Lake, name: str) -> None:
    other = account(id="8", uri="https://o.example/users/ann", acct="ann@o.example", url="https://o.example/@ann")
    found, said = pulled(lake, "mastodon", [name], ("favourited_by", "1", [account(), other]))
    assert [row["account_key"] for row in found[0].tables["accounts"]] == ["mastodon:https://o.example/users/ann"]
    assert said == []


@pytest.mark.parametrize(
    ("reader", "name"),
    [
        ("bluesky", "cy.example"),
        ("bluesky", "https://bsky.app/profile/cy.example"),
        ("mastodon", "cy@m.example"),
        ("mastodon", "https://m.example/@cy"),
        ("x", "cy"),
        ("facebook", "cy.page"),
        ("linkedin", "https://www.linkedin.com/in/cy"),
        ("gharchive", "https://github.com/cy"),
    ],
)
def test_what_is_no_id_and_names_nobody_is_refused(lake: Lake, reader: str, name: str) -> None:
    source = Source(reader, reader, Path(), excluded=frozenset({f"{reader}:{name}"}))
    hearing = pull_consent.hearing(lake, source, DAY, lambda people: {}, print)
    with pytest.raises(InvalidInput, match=f"names {reader}:{name}: no id of an account as {reader} writes it"):
        pull_consent.remember(lake, source, hearing, lambda people: {}, print, source.read_by.ids)


@pytest.mark.parametrize(
    ("reader", "name"),
    [
        ("bluesky", "did:plc:cy"),
        ("mastodon", "https://m.example/users/cy"),
        ("x", "12"),
        ("facebook", "12"),
        ("linkedin", "urn:li:person:a_b-1"),
        ("gharchive", "cy-d"),
        ("files", "anything at all"),
    ],
)
def test_an_id_that_nobody_has_met_yet_is_said(
    lake: Lake, reader: str, name: str, capsys: pytest.CaptureFixture
) -> None:
    source = Source(reader, reader, Path(), excluded=frozenset({f"{reader}:{name}"}))
    hearing = pull_consent.hearing(lake, source, DAY, lambda people: {}, print)
    pull_consent.remember(lake, source, hearing, lambda people: {}, print, source.read_by.ids)
    assert "no pull has met 1 people of the exclusion list yet" in capsys.readouterr().out
