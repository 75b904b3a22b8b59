"""Staged runs made by hand: good rows of every audited table, the folder as score writes it, and a verdict."""

from __future__ import annotations

import json
from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path

import examples
import pyarrow as pa
from clout.lake import declared
from clout.lake.partitions import Lake
from clout.lake.schemas import ACTIVITY, CONSENTS
from clout.lake.staging import AUDITED, RECORDED, TABLES, Staged, content_hash
from clout.quality import suites
from clout.quality.baseline import Past
from clout.warehouse import catalog

DAY = date(2026, 3, 14)
NEXT = DAY + timedelta(days=1)

#: Every field may be NULL: the gate itself must find a NULL where there should be none.
SCHEMAS: dict[str, pa.Schema] = {
    "activity": pa.schema([field.with_nullable(True) for field in ACTIVITY]),
    # As sql/warehouse/ declares them.
    **{table: catalog.relations()[table].arrow_schema for table in declared.tables()},
}


def good(day: date = DAY, label: str = "one") -> dict[str, pa.Table]:
    """Rows of every audited table that pass every check. The label is in each table, to tell runs apart."""
    rows = {
        "activity": [
            (day, "chirp", "chirp:bo", "chirp:ada", "reply", 3, 2),
            (day, "chirp", "chirp:cy", "chirp:ada", "share", 1, None),
        ],
        "scores": [
            (
                *(day, "chirp:ada", 61.5, 55.0, 66.0, None, 70.0, 40.0, 1.5, 0.25, 0.25, 0.125, 0.5, None),
                *(80.0, 2, 2, day, "chirp", False, label),
            ),
            (
                *(day, "chirp:bo", None, None, None, "insufficient evidence", None, None, 0.0, 0.0),
                *(None, None, None, "platform shows no posts", 20.0, 1, 0, day - timedelta(days=3), "chirp", False),
                label,
            ),
        ],
        "accounts": [
            (day, "chirp:ada", "chirp:ada", "chirp", "ada", f"Ada {label}", "person", date(2020, 1, 2), 40),
            (day, "chirp:bo", "chirp:bo", "chirp", None, f"Bo {label}", "unknown", None, None),
        ],
        # The label's length keeps the three tables of a run telling the same story.
        "conservation": [(day, "chirp", 40 + len(label), 40, 0, len(label), 0, 0, 0, 0, 0, 0)],
        "pulls": [
            (
                day,
                "chirp",
                "likes",
                "interactions",
                42,
                41,
                1,
                0,
                0,
                40,
                0,
                0,
                50,
                0.5,
                False,
                False,
                f"gone: {label}",
                None,
            ),
            (day, "chirp", "profiles", "accounts", 2, 2, 0, 0, 0, 2, 0, 0, 1, 0.0, False, False, None, None),
        ],
        "coverage": [(day, "chirp", "like", 9, 200, 150, 0.75), (day, "chirp", "share", 0, None, None, None)],
        "topics": [
            (day, "gardening", "gardening", f"Gardening {label}", "sub", "home", None, False, "clout", label),
            (day, "chess", "chess", "Chess", "sub", "games", None, False, "clout", label),
            (day, "knitting", "knitting", "Knitting", "sub", "crafts", None, False, "clout", label),
            (day, "asthma", "asthma", "Asthma", "sub", "diseases", None, True, "clout", label),
        ],
        "person_topics": [
            (
                *(
                    day,
                    "chirp:ada",
                    "gardening",
                    "gardening",
                    1,
                    1,
                    40.0,
                    1.25,
                    0.5,
                    6,
                    5,
                    7,
                    3,
                    1,
                    2,
                    "2 given before",
                    day,
                    None,
                ),
                *(label, label),
            ),
            (
                *(day, "chirp:ada", "chess", "chess", None, None, None, 0.25, 0.25, 2, 1, 2, 0, 0, 0, None, day),
                *("too few posts", label, label),
            ),
        ],
        "topic_evidence": [
            (day, "chirp:ada", "gardening", f"chirp:p{label}", day - timedelta(days=2), "tag", 5),
            (day, "chirp:ada", "gardening", "chirp:p2", day - timedelta(days=9), "phrase", 3),
        ],
        "topic_coverage": [(day, "chirp", 40 + len(label), 20, 10, 3, 1, 2)],
        "quarantined": [(day, "chirp", "interactions", "actor: is empty", 3), (day, "chirp", "posts", "not UTF-8", 1)],
        "platform_scores": [
            (
                *(day, "chirp:ada", "chirp", 0.5, 0.25, 0.125, 0.125, 0.0, 0.0, 0.0, 1.5, 0.25, 1.0, 0.25, 0.125),
                *(0.5, 3, 2.5, 1.5, 80.0, 0.5, None, None, False, 2, 2, day, "trust", label),
            ),
            (
                *(day, "chirp:bo", "chirp", 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, None, None),
                *(None, None, None, None, 20.0, 0.0, None, None, False, 1, 0, day - timedelta(days=3), "none", label),
            ),
        ],
        "score_explanations": [
            (day, "chirp:ada", "chirp", "reach", 1.5, 30.25),
            (day, "chirp:ada", "chirp", "amplification", 0.25, 15.125),
            (day, "chirp:ada", "chirp", "network", 0.5, 15.125),
        ],
        "score_changes": [
            (day, "chirp:ada", 1, 61.5, 60.0, 1.5, 0.5, 2.0, -1.0, 0.0),
            (day, "chirp:bo", 1, None, None, None, None, None, None, None),
        ],
        "influences": [
            (day, "chirp:ada", "moves", 1, "chirp:bo", 0.75, 3, day),
            (day, "chirp:ada", "moved_by", 1, "chirp:cy", 0.5, 2, day - timedelta(days=9)),
        ],
        "consented": [
            (day, "chirp:ada", "care", day),
            (day, "chirp:ada", "named", day),
            (day, "chirp:ada", "perks", day - timedelta(days=9)),
        ],
        "person_regions": [(day, "chirp:ada", "US", "PA", 4560349, "Philadelphia", "stated", day)],
        "campaign_outcomes": [
            (
                *(day, "spring", "chirp:ada", "person", "chirp:ada", day, None, 6, 1, 2, 1, 2, 20.0, "EUR", 15.0, True),
                False,
            ),
            (day, "spring", "(others)", "person", None, day, None, 0, 7, 2, 0, 0, None, "EUR", None, None, None),
        ],
        "credentials": [
            (day, "chirp:ada", "book", "A Book", 2020, "https://a.example", "isbn", "9780306406157", "rae", 2.5, 4.5),
            (day, "chirp:ada", "wikipedia", "article about the person", 2026, "", "none", None, None, 2.0, 4.5),
        ],
        "perk_selections": [(day, "spring", "chirp:ada", day, "person", 40, "floor 30, by lot", "7", "ab12")],
        "advocates": [
            (
                *(day, "acme", "chirp:ada", "Acme", 6, 4, 5, 2, 7, 3, 1.25, 0.25, 0.5, False, day - timedelta(days=1)),
                label,
            )
        ],
        "pile_ons": [(day, "chirp:bo", day - timedelta(days=2), 20, 18, 2.5, 21, 6)],
        "styles": [
            (
                *(day, "chirp:ada", "Pundit", "Celebrity", "topics unknown", 0.875, 0.72, 0.03, 0.75, 0.5, 0.25, None),
                *(30, 10, 14, 45, 270, 4, 2, 0.25, label),
            ),
            (
                *(
                    day,
                    "chirp:bo",
                    None,
                    None,
                    "not enough of their own doing",
                    None,
                    None,
                    None,
                    None,
                    0.125,
                    0.0,
                    None,
                ),
                *(1, 0, 0, 1, 0, 0, 0, None, label),
            ),
        ],
        "sentiment": [
            (day, "chirp:ada", 60, 40, 0.666667, 30, 0.25, 0.125, 0.375, 0.2, f"en fr {label}", None),
            (day, "chirp:bo", 40, 10, 0.25, 25, None, None, None, None, "de en", "language"),
        ],
        "lenses": [
            (day, "chirp:ada", "peerindex", "authority", 40.0, '{"topic_score": 40.0}', label),
            (day, "chirp:ada", "tweetlevel", "influence", 61.5, '{"score": 61.5}', label),
            (day, "chirp:bo", "tweetlevel", "popularity", None, '{"followers": null}', label),
        ],
        "metrics": [
            (day, "conservation", "chirp", "kept", "rows", 40.0, 8, 42.0, 4.0, -0.5, label),
            (day, "conservation", "chirp", "kept_share", "share", 0.9375, 8, 0.875, 0.0625, 1.0, label),
            (day, "scores", "all", "bin_6", "bin", 1.0, 0, None, None, None, label),
            (day, "scores", "all", "psi", "psi", 0.125, 28, 0.0625, 0.125, 0.5, label),
            (day, "movement", "all", "rank_correlation", "correlation", 0.75, 4, 0.875, 0.0625, -2.0, label),
        ],
    }
    beside = {table: _of_example(table, day, label) for table in TABLES if table not in rows}
    return {table: rows_of(table, made) for table, made in rows.items()} | beside


def _of_example(table: str, day: date, label: str) -> pa.Table:
    """What the first worked example of a table's query expects, of another day; the label is the name of its first key."""
    query = declared.tables()[table].query
    header, rows = next(each for each in examples.examples() if each.query == query).rows()
    made = pa.table({name: pa.array([row[at] or None for row in rows]) for at, name in enumerate(header)})
    made = made.set_column(0, "ds", pa.array([day] * len(rows)))
    key = declared.tables()[table].key[1]
    names = [f"{name}_{label}" for name in made[key].to_pylist()]
    made = made.set_column(made.column_names.index(key), key, pa.array(names))
    return made.select(SCHEMAS[table].names).cast(SCHEMAS[table])


def rows_of(table: str, rows: list[tuple]) -> pa.Table:
    """Tuples as a table with the right schema."""
    columns = zip(*rows, strict=True) if rows else ([] for _ in SCHEMAS[table])
    arrays = [pa.array(c, field.type) for c, field in zip(columns, SCHEMAS[table], strict=True)]
    return pa.table(arrays, SCHEMAS[table])


def write_activity(lake: Lake, tables: dict[str, pa.Table], day: date = DAY) -> None:
    """The day's evidence, where conform would have put it."""
    lake.write(lake.conformed("activity", day), tables["activity"].drop_columns("ds"))
    lake.write(lake.features("hidden_topics", day), HIDDEN)


#: Who wants no word of which topic, as score leaves it for the audit.
HIDDEN = pa.Table.from_pylist(
    [{"person_id": "chirp:ada", "topic_id": "knitting"}, {"person_id": "chirp:eve", "topic_id": "*"}],
    pa.schema([("person_id", pa.string()), ("topic_id", pa.string())]),
)


def stage(
    root: Path,
    day: date = DAY,
    run: str = "r1",
    label: str = "one",
    tables: dict[str, pa.Table] | None = None,
) -> Staged:
    """A staged run as score leaves it: no verdict yet."""
    staged = Staged(Lake(root), day, run)
    tables = tables or good(day, label)
    for table in TABLES:
        staged.root.write(staged.table(table), tables[table])
    Past().write(staged)
    versions = {"model_version": label, "model_sha256": "0" * 64, "code_version": "0.1.0+test"}
    staged.write_run(versions)
    return staged


def agree(lake: Lake, *purposes: str, day: date = DAY) -> None:
    """Write a list of consents by which ada, whom a staged run names, agrees to these purposes and to nothing else."""
    moment = datetime.combine(day, time(), UTC)
    rows = [
        {"account_key": "chirp:ada", "purpose": purpose, "given_on": DAY - timedelta(days=9), "is_unreadable": False}
        | {"fetched_at": moment, "source_endpoint": "files"}
        for purpose in purposes
    ]
    lake.write(lake.snapshot("consents", "chirp", day), pa.Table.from_pylist(rows, CONSENTS))


def approve(staged: Staged, **changes: object) -> Staged:
    """Put the verdict of a passed audit beside the staged files, without the audit, which takes long."""
    label = (staged.read_json("run.json") or {})["model_version"]
    staged.root.write(staged.table("metrics"), good(staged.day, label)["metrics"])
    check = (staged.day, staged.run, "scores", "row_count", "critical", "passed", "{}", "{}", 2, "table", None, label)
    staged.root.write(staged.table("data_quality"), rows_of("data_quality", [check]))
    content = staged.content()
    verdict = suites.Verdict(
        day=staged.day,
        run=staged.run,
        passed=True,
        content_hash=content_hash(content),
        tables=content | staged.content(RECORDED),
        checks=[],
        suites=suites.suite_hashes(AUDITED),
        versions=staged.read_json("run.json") or {},
    )
    staged.write_json("verdict.json", json.dumps(json.loads(verdict.to_json()) | changes))
    return staged
