"""Addresses of profiles in one form; what is no profile's address is none."""

from __future__ import annotations

import re

import pytest
from clout.privacy import addresses
from clout.privacy.addresses import addresses_in, hashed, profile_address
from hypothesis import given
from hypothesis import strategies as st

BEGINNINGS = [
    "https://x.com/a",
    "http://www.a.b/a",
    "https://www.com/a",
    "HTTP://x.com/",
    "twitter.com/",
    "https://u@a.b/",
]
PIECES = [
    "/",
    "//",
    "@x",
    "?q=1",
    "#f",
    ";p",
    ":80",
    ".",
    "A",
    "-",
    "~",
    " ",
    "\t",
    "%41",
    "ä",
    "[::1]",
    "!",
    ":",
    "x.com",
]


@pytest.mark.parametrize(
    ("text", "address"),
    [
        ("https://www.Twitter.com/Ann?s=20#x", "https://x.com/ann"),
        ("http://x.com/ann/", "https://x.com/ann"),
        ("bsky.app/profile/ann.example", "https://bsky.app/profile/ann.example"),
        ("https://m.example/@Ann", "https://m.example/@ann"),
        ("http://127.0.0.1:8123/@ann", "https://127.0.0.1:8123/@ann"),
        ("https://ann.example", None),  # a host is nobody's profile
        ("https://ann.example/", None),
        ("mailto:ann@m.example", None),
        ("javascript://x.example/ann", None),
        ("https://[::1", None),
        ("https://x.com:port/ann", None),
        ("ann", None),
        ("", None),
    ],
)
def test_profile_address(text: str, address: str | None) -> None:
    assert profile_address(text) == address


@given(st.sampled_from(BEGINNINGS), st.lists(st.sampled_from(PIECES), max_size=3))
def test_a_plain_address_is_read_as_all_others_are(beginning: str, pieces: list[str]) -> None:
    text = beginning + "".join(pieces)
    quick = profile_address(text)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(addresses, "_PLAIN", re.compile(r"(?!)"))
        assert profile_address(text) == quick


def test_addresses_in_running_text() -> None:
    text = "I'm on https://m.example/@ann, github.com/ann. Mail ann@m.example/x or see (x.com/Ann)! and/or a.b"
    assert list(addresses_in(text)) == ["https://m.example/@ann", "https://github.com/ann", "https://x.com/ann"]
    assert list(addresses_in(None)) == []


def test_a_hash_is_not_hashed_again() -> None:
    assert hashed(hashed("https://x.com/ann")) == hashed("https://x.com/ann") != hashed("https://x.com/bo")
