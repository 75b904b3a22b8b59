"""Replies are judged in English alone, no word of them is kept, and a crowd's mean follows what was planted."""

from __future__ import annotations

from datetime import date
from typing import Any

import numpy as np
import pyarrow as pa
import pytest
from clout.lake.schemas import POSTS, REACTIONS
from clout.score import valence

pytest.importorskip("vaderSentiment", reason="the extra `sentiment` is not installed")
DAY = date(2026, 3, 14)
#: Replies as people write them, by what they mean: -2 (furious) to 2 (delighted).
SAID = {
    2: ["I love this so much, thank you!", "Absolutely wonderful, best thing I read all week", "This is brilliant!!!"],
    1: ["Nice one.", "Good point, thanks", "I like that idea"],
    0: ["When does it start?", "I was there on Tuesday", "The second link leads to the first page"],
    -1: ["Not a fan of this", "That is a bit disappointing", "I doubt it, the numbers look wrong"],
    -2: ["This is disgusting and you should be ashamed", "What a terrible, stupid lie", "I hate this, worst take ever"],
}


def replies(*rows: dict[str, Any]) -> pa.Table:
    names = [name for name in valence.COLUMNS if name not in ("platform", "snapshot_date")]
    usual = {"author_key": "chirp:bo", "in_reply_to_account_key": "chirp:ada", "lang": "en", "is_deleted": False}
    made = [usual | {"post_key": f"chirp:r{n}", "text": "I love this"} | row for n, row in enumerate(rows)]
    schema = pa.schema([POSTS.field(name).with_nullable(True) for name in names])
    table = pa.Table.from_pylist(made, schema)
    return table.append_column("platform", pa.array(["chirp"] * len(made)))


def test_what_lands_of_a_reply() -> None:
    found = valence.of_day(
        replies(
            {},
            {"lang": "en-GB", "text": "I hate this"},
            {"lang": "fr", "text": "J'adore"},
            {"lang": None},
            {"text": "The table is on the floor"},
            {"text": "  "},
        ),
        DAY,
        (),
    )
    assert found.schema == REACTIONS
    known = [(row["lang"], row["valence"]) for row in found.to_pylist()]
    assert [lang for lang, _ in known] == ["en", "en", "fr", None, "en", "en"]
    assert known[0][1] > 0.3 > -0.3 > known[1][1]
    assert [value for _, value in known[2:]] == [None, None, 0.0, None]
    assert "love" not in str(found.to_pylist())


def test_what_the_operator_says_of_a_reply_goes_before_what_the_words_say(monkeypatch: pytest.MonkeyPatch) -> None:
    rows = (
        {"valence": -0.75},
        {"valence": 0.0},
        {"lang": "ja", "text": "最高", "valence": 1.0},
        {"text": None, "valence": 0.5},
    )
    found = valence.of_day(replies(*rows, {}), DAY, ()).to_pylist()
    assert [row["valence"] for row in found[:4]] == [-0.75, 0.0, 1.0, 0.5]
    assert found[4]["valence"] > 0.3
    monkeypatch.setattr(valence, "judge", str)  # nothing that judges is installed
    assert [row["valence"] for row in valence.of_day(replies(*rows, {}), DAY, ()).to_pylist()] == [
        -0.75,
        0.0,
        1.0,
        0.5,
        None,
    ]


def test_nothing_lands_of_who_may_not_be_shown_or_of_talk_with_oneself() -> None:
    none = [
        {"author_key": "chirp:kid"},
        {"in_reply_to_account_key": "chirp:kid"},
        {"in_reply_to_account_key": None},
        {"author_key": None},
        {"author_key": "chirp:ada"},
        {"is_deleted": True},
    ]
    assert valence.of_day(replies(*none), DAY, {"chirp:kid"}).num_rows == 0


def test_names_and_addresses_say_nothing() -> None:
    [plain, named] = valence.of_day(
        replies({"text": "see you"}, {"text": "@love@great.example see https://best.example/love you"}), DAY, ()
    )["valence"].to_pylist()
    assert plain == named == 0.0


def test_the_mean_of_a_crowd_follows_what_was_planted() -> None:
    """60 crowds of 50 whose mood differs: the correlation of their means with it."""
    chance, planted, means = np.random.default_rng(7), [], []
    for mood in np.linspace(-1.6, 1.6, 60):
        meant = np.clip(np.rint(chance.normal(mood, 1.0, 50)), -2, 2).astype(int)
        texts = [SAID[m][chance.integers(3)] for m in meant.tolist()]
        found = valence.of_day(replies(*({"text": text} for text in texts)), DAY, ())
        planted.append(meant.mean())
        means.append(np.mean(found["valence"].to_pylist()))
    assert np.corrcoef(planted, means)[0, 1] >= 0.85


def test_without_the_package_nobody_judges(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(valence, "judge", lambda: "")
    assert valence.of_day(replies({}), DAY, ())["valence"].to_pylist() == [None]
