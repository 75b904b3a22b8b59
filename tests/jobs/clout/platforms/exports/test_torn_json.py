"""Shows that a torn file of JSON is told by record, line and field, wherever it is torn."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest
from clout.config.sources import Source
from clout.errors import InvalidInput
from clout.platforms.exports import files, torn_json
from clout.platforms.exports.torn_json import where_torn

RECORDS = [
    {"id": str(number), "text": 'a, ] } "b" \\', "entities": {"mentions": [{"id": "7"}, {"id": "8"}]}, "n": number}
    for number in range(1, 5)
]
HEADS = {
    "a list": ("", ""),
    "an archive of X": ("window.YTD.tweets.part0 = ", ""),
    "an outbox": ('{"@context": ["x", "y"], "orderedItems": ', "}"),
}


@pytest.mark.parametrize("head", HEADS)
@pytest.mark.parametrize("indent", [None, 2])
def test_wherever_it_is_cut_the_record_and_its_line_are_told(tmp_path: Path, head: str, indent: int | None) -> None:
    before, after = HEADS[head]
    text = before + json.dumps(RECORDS, indent=indent) + after
    file = tmp_path / "x.json"
    file.write_text(text)
    assert where_torn(file) is None
    starts = [found.start() for found in re.finditer(r'\{\s*"id": "\d", "text"|\{\s*"id": "\d",\s*"text"', text)]
    assert len(starts) == len(RECORDS)
    for record, start in enumerate(starts, start=1):
        end = starts[record] if record < len(starts) else text.rindex("]")
        for cut in range(start + 1, text.rindex("}", start, end)):
            file.write_text(text[:cut])
            said = str(where_torn(file))
            assert said.startswith(f"record {record}, line "), (text[:cut][-20:], said)
            line = int(said.split("line ")[1].partition(",")[0].partition(":")[0])
            assert line <= text.count("\n", 0, cut) + 1


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ('"n": 3', '"n": 3x', "record 3, line 1, in n: Expecting ',' delimiter"),
        ('"n": 2', '"n" 2', "record 2, line 1"),
        ('{"id": "8"}', '{"id": }', "record 1, line 1, in entities.mentions.id: Expecting value"),
        ('"id": "4"', '"id": "4', "record 4, line 1"),
        ('[{"id": "1"', '[,{"id": "1"', "record 1, line 1: Expecting value"),
    ],
)
def test_the_field_is_named(tmp_path: Path, old: str, new: str, said: str) -> None:
    file = tmp_path / "tweets.js"
    text = "window.YTD.tweets.part0 = " + json.dumps(RECORDS)
    assert old in text
    file.write_text(text.replace(old, new, 1))
    assert str(where_torn(file)).startswith(said)


def test_what_cannot_be_looked_through_is_left_to_the_parser(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file = tmp_path / "x.json"
    file.write_bytes(b'[{"a": "\xff"}]')
    assert where_torn(file) == "byte 8: not UTF-8"
    file.write_text("[" * 100_000)
    assert where_torn(file) == "nested without end"
    monkeypatch.setattr(torn_json, "MOST_BYTES", 10)
    assert where_torn(file) is None


def test_a_query_of_ones_own_says_it_too(tmp_path: Path) -> None:
    (tmp_path / "likes.json").write_text('[{"who": "a", "whom": "b"},\n {"who": "c", "whom": }]')
    query = (
        "-- each: *.json\nSELECT item ->> 'who' AS actor, item ->> 'whom' AS target, 'like' AS kind, 1772366400 AS unix_ts"
        """ FROM (SELECT unnest(from_json(content, '["JSON"]')) AS item FROM read_text($file))"""
    )
    source = Source("x", "files", tmp_path, options={"query": "q.sql", "query_text": query})
    with pytest.raises(
        InvalidInput, match=r"likes\.json: record 2, line 2, in whom: Expecting value, .*q\.sql: line \d"
    ):
        list(files.read(source, set()))
