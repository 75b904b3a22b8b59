"""The list of the erased holds hashes alone, knows whom it protects, and answers are stored without them."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from clout.lake.partitions import Lake
from clout.privacy.suppression import (
    ERASED,
    ErasedKeys,
    SuppressionList,
    names_any,
    read_erased,
    without_items,
    write_erased,
)


def test_the_list_keeps_no_key(lake: Lake) -> None:
    assert read_erased(lake) == ErasedKeys()
    first = ErasedKeys().and_also({"bluesky:did:plc:ann"}, {"ann.example"})
    write_erased(lake, first)
    write_erased(lake, read_erased(lake).and_also({"x:12"}, set()))
    stored = Path(lake.root, ERASED).read_text()
    assert "ann" not in stored
    assert '"x:12"' not in stored
    hidden = SuppressionList("x", frozenset({"x:7"}), read_erased(lake))
    assert [hidden.reason(key) for key in ("bluesky:did:plc:ann", "x:12", "x:7", "x:1", None)] == [
        *("erased", "erased", "operator", None, None)
    ]
    assert hidden.is_erased_name("Ann.Example")
    assert not hidden.is_erased_name("bo.example")


def test_two_lakes_hash_differently() -> None:
    assert ErasedKeys().and_also({"x:12"}, ()).keys != ErasedKeys().and_also({"x:12"}, ()).keys


def test_answers_are_stored_without_the_items_that_name_an_erased_person() -> None:
    hidden = SuppressionList("bsky", erased=ErasedKeys().and_also({"bsky:did:plc:ann"}, {"did:plc:ann", "ann.example"}))
    body = {
        "cursor": "c",
        "feed": [
            {"post": {"author": {"did": "did:plc:ann"}}},
            {"post": {"author": {"did": "did:plc:bo"}, "uri": "at://did:plc:bo/app.bsky.feed.post/1"}},
            {"post": {"uri": "at://did:plc:ann/app.bsky.feed.post/1"}},
            {"post": {"text": "I like @Ann.example!", "author": {"did": "did:plc:bo"}}},
            {"post": {"text": "joanna.example", "facets": [{"did": "did:plc:ann"}, {"did": "did:plc:cy"}]}},
        ],
    }
    kept = hidden.without_erased(body)
    assert kept["cursor"] == "c"
    assert kept["feed"] == [body["feed"][1], {"post": {"text": "joanna.example", "facets": [{"did": "did:plc:cy"}]}}]
    assert hidden.without_erased({"did": "did:plc:ann"}) is None
    assert SuppressionList().without_erased(body) is body


def test_an_id_is_an_erased_persons_on_its_own_platform_only() -> None:
    erased = ErasedKeys().and_also({"murmur:88", "x:12"}, {"@ann"})
    body = {"data": [{"author_id": "12"}, {"author_id": "88"}, {"text": "12 of 88 ann"}, {"text": "as @Ann said"}]}
    assert SuppressionList("x", erased=erased).without_erased(body) == {"data": body["data"][1:3]}


def test_items_are_found_in_any_depth() -> None:
    deep = {"a": {"b": [{"c": {"d": "x"}}, {"c": {"d": ["x", "y"]}}]}}
    assert without_items(deep, "x".__eq__) == {"a": {"b": [{"c": {"d": ["y"]}}]}}
    assert json.dumps(without_items(deep, "z".__eq__)) == json.dumps(deep)


def test_items_are_found_however_deep_an_answer_is() -> None:
    deep: Any = ["x", "y"]
    for _ in range(20_000):
        deep = [{"a": deep}]
    kept, levels = without_items(deep, "y".__eq__), 0
    while isinstance(kept[0], dict):
        kept, levels = kept[0]["a"], levels + 1
    assert (kept, levels) == (["x"], 20_000)


def test_ids_are_found_as_words() -> None:
    assert names_any("actor=88,target=7", {"88"})
    assert not names_any("actor=188,target=88x", {"88"})
    assert names_any('{"did": "did:plc:ann"}', {"did:plc:ann"})
    assert not names_any("anything", set())
