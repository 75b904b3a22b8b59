"""Of keys that contain one another exactly those go that are asked for: each alone in every table, 200 at once everywhere.

CLOUT_ERASE=all takes all of them, and 200 at once with the search of every file, in minutes; else every eighth is taken.
"""

from __future__ import annotations

import itertools
import os
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import erase
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from clout.config.sources import Source, Sources
from clout.errors import InvalidInput
from clout.lake.partitions import Lake
from clout.lake.schemas import ACTIVITY, SNAPSHOTS
from clout.platforms.pull.rows import short_hash
from clout.privacy import erasure
from clout.privacy.erasure import Request
from clout.privacy.erasure_search import Search
from clout.warehouse import content_files
from clout.warehouse.contract import release
from clout.warehouse.factory import open_warehouse
from staged_run import DAY, approve, good, stage

SIGNS = ("", "-", ".", "_", "/", ":", " ", "~", "+")
PARTS = ("dan", "Dan", "smith", "1", "dané", "sm")
#: dan, dan-smith, dan.smith, Dan, dandan, 1dan ...: every key but the shortest contains others.
KEYS = [
    f"chirp:{name}"
    for name in dict.fromkeys(
        [*PARTS, *(sign.join(pair) for sign in SIGNS for pair in itertools.permutations(PARTS, 2))]
    )
]
ASKED = KEYS[:200]
ALL = os.environ.get("CLOUT_ERASE") == "all"
ORIGIN = {"fetched_at": datetime(2026, 3, 15, tzinfo=UTC), "source_endpoint": "test"}


def tables() -> Iterator[tuple[str, pa.Table]]:
    """A row of each key in tables of the lake; the next key stands beside it, and a text that says others."""
    following = dict(zip(KEYS, [*KEYS[1:], KEYS[0]], strict=True))
    rows = {
        "accounts": [
            {
                "account_key": key,
                "native_id": key[6:],
                "account_type": "unknown",
                "status": "active",
                "state_complete": True,
            }
            for key in KEYS
        ],
        "interactions": [
            {
                **{
                    "interaction_key": short_hash(key),
                    "actor_key": key,
                    "target_account_key": following[key],
                    "kind": "like",
                },
                **{"occurred_precision": "exact", "observed_via": "test", "is_removed": False},
            }
            for key in KEYS
        ],
        "posts": [
            {
                **{"post_key": f"{key}/p9", "native_id": "1", "author_key": key, "post_type": "original"},
                **{"is_deleted": False, "mentions": [following[key]]},
            }
            for key in KEYS
        ],
    }
    for table, found in rows.items():
        yield f"snapshots/{table}", pa.Table.from_pylist([row | ORIGIN for row in found], SNAPSHOTS[table])
    counts = {"ds": DAY, "platform": "chirp", "kind": "like", "n": 1}
    acts = [{**counts, "actor": key, "target": following[key]} for key in KEYS]
    yield "activity", pa.Table.from_pylist(acts, ACTIVITY)


def test_each_key_alone_takes_no_other_with_it() -> None:
    """Rows that are the key's own go, rows of others that name it lose the name, and all else stays."""
    assert len(KEYS) > len(ASKED) == 200
    assert sum(a[6:] in b[6:] for a, b in itertools.permutations(KEYS, 2)) > 500
    made = list(tables())
    for key in ASKED if ALL else ASKED[::8]:
        request = Request(frozenset({key}), below=frozenset(one for one in KEYS if one.startswith(f"{key}/")))
        for folder, rows in made:
            kept, _ = erasure.edit_of(f"{folder}/x", request)(rows)
            naming = [name for name in ("account_key", "actor_key", "target_account_key", "author_key", "actor", "target")
                      if name in rows.column_names]  # fmt: skip
            wanted = [row for row in rows.to_pylist() if key not in [row[name] for name in naming]]
            for row in wanted:
                if row.get("mentions") == [key]:
                    row["mentions"] = []
            assert kept.to_pylist() == wanted, (key, folder)
        people = pa.table({"person_id": KEYS})
        assert pa.compute.sum(content_files.names_one_of(people, frozenset({key}))).as_py() == 1


def test_posts_of_an_account_whose_id_begins_with_anothers_are_its_own(tmp_path: Path) -> None:
    """Ids that are paths or addresses: the posts of chirp:dan/smith begin with chirp:dan, and are not his."""
    lake = Lake(tmp_path)
    for folder, rows in tables():
        if folder.startswith("snapshots"):
            lake.write(lake.snapshot(folder.rpartition("/")[2], "chirp", DAY), rows)
    request = erasure.find(lake, ["chirp:dan"])
    assert request.below == {key for key in KEYS if key.lower().startswith("chirp:dan/")}
    assert request.posts == {"chirp:dan/p9"}
    assert request.is_key("chirp:dan/p9", "post_key")
    assert request.is_key("chirp:dan/p8", "target_post_key")
    assert not request.is_key("chirp:dan/smith/p9", "post_key")


def test_the_search_takes_no_other_for_the_person(tmp_path: Path) -> None:
    """A post's own number is no account's, and what Parquet's footer says of a list of keys is no free text."""
    file = tmp_path / "snapshots" / "posts" / "platform=chirp" / "part-0.parquet"
    file.parent.mkdir(parents=True)
    post = {"post_key": "chirp:1", "native_id": "1", "author_key": "chirp:dan~1", "mentions": ["chirp:dan~1"]}
    rows = pa.Table.from_pylist([post | ORIGIN | {"post_type": "original", "is_deleted": False}], SNAPSHOTS["posts"])
    pq.write_table(rows, file)
    assert not Search(Request(frozenset({"chirp:1000000", "chirp:dan"}))).is_in_file(file, tmp_path)
    pq.write_table(
        rows.set_column(1, "native_id", pa.array(["7"])).set_column(0, "post_key", pa.array(["chirp:x"])), file
    )
    assert not Search(Request(frozenset({"chirp:7"}))).is_in_file(file, tmp_path)
    assert Search(Request(frozenset({"chirp:8"}), posts=frozenset({"chirp:7"}))).is_in_file(file, tmp_path)
    assert Search(Request(frozenset({"chirp:dan~1"}))).is_in_file(file, tmp_path)


@pytest.mark.skipif(not ALL, reason="takes minutes; CLOUT_ERASE=all runs it")
@pytest.mark.parametrize("turn", [0, 1])
def test_two_hundred_at_once_are_gone_everywhere_and_nobody_else(tmp_path: Path, turn: int) -> None:
    """Lake, staged runs and warehouse. Both halves of the list, so that each key once goes and once stays."""
    asked, others = (KEYS[:200], KEYS[200:]) if turn == 0 else (KEYS[-200:], KEYS[:-200])
    lake, staging, warehouse = Lake(tmp_path / "lake"), Lake(tmp_path / "staging"), str(tmp_path / "warehouse")
    for folder, rows in tables():
        table = folder.rpartition("/")[2]
        path = lake.conformed(table, DAY) if table == "activity" else lake.snapshot(table, "chirp", DAY)
        lake.write(path, rows)
    content = good(DAY)
    of_ada = {name: content[name].slice(0, 1).to_pylist()[0] for name in ("scores", "accounts")}
    named = {
        "scores": [of_ada["scores"] | {"person_id": key} for key in KEYS],
        "accounts": [of_ada["accounts"] | {"person_id": key, "account_key": key, "handle": None, "display_name": None}
                     for key in KEYS],
    }  # fmt: skip
    content |= {name: pa.Table.from_pylist(rows, content[name].schema) for name, rows in named.items()}
    staged = approve(stage(tmp_path / "staging", tables=content))
    open_warehouse(warehouse).publish(release(staged), staged, datetime(2026, 3, 16, tzinfo=UTC))
    request = erasure.find(lake, asked)
    assert request.keys == set(asked)
    erase.run(lake, staging, warehouse, Sources((Source("chirp", "files", Path("/")),), {}), request, DAY)
    left = set(others)
    assert set(lake.read(lake.snapshot("accounts", "chirp", DAY))["account_key"].to_pylist()) == left
    assert set(lake.read(lake.snapshot("posts", "chirp", DAY))["author_key"].to_pylist()) == left
    assert set(lake.read(lake.conformed("activity", DAY))["actor"].to_pylist()) <= left
    for table, column in (("scores", "person_id"), ("accounts", "account_key")):
        assert set(open_warehouse(warehouse).read(f"clout.{table}")[column].to_pylist()) == left
    with pytest.raises(InvalidInput, match="nobody is meant"):  # and it is known by now who is gone
        erase.run(
            lake, staging, warehouse, Sources((Source("chirp", "files", Path("/")),), {}),
            erasure.find(lake, ["chirp:dan smith smith"]), DAY,
        )  # fmt: skip
