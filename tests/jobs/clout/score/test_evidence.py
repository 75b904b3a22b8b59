"""From links to persons on a score date: claims, the operator's dated word, and what a person's accounts do to each other."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from pathlib import Path

import pyarrow as pa
import pytest
from clout.config.paths import SQL
from clout.config.sources import Link, Source, Sources, read_sources
from clout.engine.engines import DuckDB
from clout.lake.partitions import Lake
from clout.lake.schemas import ACTIVITY, small_arrow
from clout.privacy.suppression import read_erased
from clout.score import evidence
from clout.score.identity import PERSONS
from clout.score.model import read_model
from clout.score.plan import Plan
from sandbox.world import World
from staged_run import NEXT, agree

DAY = date(2026, 3, 14)
CLAIMS = pa.schema([("account_a", pa.string()), ("account_b", pa.string()), ("both_ways", pa.bool_())])

LINKS = pa.schema(
    [
        *((name, pa.string()) for name in ("account_a", "account_b", "basis")),
        *((name, pa.date32()) for name in ("snapshot_date", "valid_from", "valid_to")),
    ]
)
CONSENT = pa.schema(
    [
        ("account_key", pa.string()),
        ("handle", pa.string()),
        *((name, pa.bool_()) for name in ("may_be_named", "is_protected")),
        ("status", pa.string()),
    ]
)
MODEL = read_model(SQL / "models" / "v2.toml")
NOBODY_ELSE = Sources((), {})
STATES = pa.schema([("account_key", pa.string()), ("url", pa.string()), ("complete_on", pa.date32())])


def test_persons_of_a_day(tmp_path: Path) -> None:
    (tmp_path / "in").mkdir()
    (tmp_path / "sources.toml").write_text(
        "".join(f'[[source]]\nname = "{name}"\npath = "in"\n' for name in ("agora", "murmur", "plaza"))
    )
    (tmp_path / "links.csv").write_text(
        "account_a,account_b,valid_from,valid_to,reason\n"
        "murmur:a,agora:z,2026-03-14,,asked us\nmurmur:c,plaza:c,,2026-03-13,until yesterday\nmurmur:d,plaza:d,2026-03-15,,\n"
    )
    text = (tmp_path / "sources.toml").read_text()
    (tmp_path / "sources.toml").write_text('links = "links.csv"\n' + text)
    sources = read_sources(tmp_path / "sources.toml")
    claims = [("murmur:a", "plaza:b", True), ("murmur:fan", "plaza:b", False), ("murmur:e", "murmur:f", True)]
    found, one_way = evidence.linked_persons(small_arrow(CLAIMS, claims), sources, DAY)
    assert found.person_of == dict.fromkeys(("murmur:a", "plaza:b", "agora:z"), "agora:z")
    assert found.refused == {("murmur:e", "murmur:f"): "claims would join two accounts of murmur"}
    assert one_way == 1
    acts = [
        (DAY, "x", "murmur:a", "agora:z", "like", 3, None),
        (DAY, "x", "plaza:b", "murmur:a", "share", 2, None),
        (DAY, "x", "plaza:b", "murmur:fan", "share", 9, None),
        (DAY, "x", "murmur:fan", "plaza:b", "share", 9, None),
    ]
    persons = small_arrow(PERSONS, sorted(found.person_of.items()))
    own = DuckDB().run("own_interactions", {}, activity=small_arrow(ACTIVITY, acts), persons=persons)
    assert own.to_pylist() == [{"n": 3 + 2}]
    assert evidence.linked_persons(small_arrow(CLAIMS, []), Sources((), {}), DAY)[0].person_of == {}


def _who_is_who(
    lake: Lake, sources: Sources = NOBODY_ELSE, agreed: Callable[[str], bool] = lambda _: False
) -> dict[str, str]:
    unnamed, hidden = evidence._unnamed(lake, sources, MODEL, DAY, agreed)
    return evidence._with_pseudonyms(lake, {}, unnamed, hidden)


def test_a_pseudonym_is_the_lakes_own_and_stays(lake: Lake) -> None:
    states = [("toot:https://a/users/ann", False, None, "active"), ("toot:https://a/users/bo", None, None, "active")]
    _write_states(lake, states)
    found = _who_is_who(lake)
    assert list(found) == [states[0][0]]
    assert found[states[0][0]] == read_erased(lake).pseudonym(states[0][0])
    assert "ann" not in found[states[0][0]]
    assert _who_is_who(lake) == found
    assert _who_is_who(lake, agreed=lambda key: key == states[0][0]) == {}
    _write_states(lake, states[1:])
    assert _who_is_who(lake) == {}


def _write_states(lake: Lake, states: list[tuple]) -> None:
    rows = [(key, key.rpartition("/")[2], *flags) for key, *flags in states]
    lake.write(lake.features("account_states", DAY), small_arrow(CONSENT, rows), {})


@pytest.mark.parametrize(
    ("options", "named"),
    [
        ({}, {"ann", "bo"}),  # whom the source follows, by handle or by id
        ({"naming": "consenting"}, set()),
        ({"naming": "everybody"}, {"ann", "bo", "passer", "silent"}),
    ],
)
def test_who_passes_by_is_named_nowhere_without_consent(lake: Lake, options: dict, named: set[str]) -> None:
    source = Source("sky", "bluesky", Path("/"), options={"subjects": ["ann.example", "did:plc:bo"], **options})
    handles = {"sky:did:plc:ann": "Ann.example", "sky:did:plc:bo": None, "sky:did:plc:passer": "passer.example"}
    rows = [(key, handle, None, None, "active") for key, handle in handles.items()]
    lake.write(lake.features("account_states", DAY), small_arrow(CONSENT, rows), {})
    acts = [
        (DAY, "sky", "sky:did:plc:silent", "sky:did:plc:ann", "like", 1, None),  # no profile of whom was seen
        (DAY, "chirp", "chirp:cy", "chirp:di", "like", 1, None),
    ]
    lake.write(lake.conformed("activity", DAY), small_arrow(ACTIVITY, acts).drop_columns("ds"), {})
    sources = Sources((source, Source("chirp", "files", Path("/"))), {})
    people = {f"sky:did:plc:{name}" for name in ("ann", "bo", "passer", "silent")}
    assert people - _who_is_who(lake, sources).keys() == {f"sky:did:plc:{name}" for name in named}
    assert not {"chirp:cy", "chirp:di"} & _who_is_who(lake, sources).keys()
    agreed = _who_is_who(lake, sources, lambda key: key == "sky:did:plc:silent")
    assert "sky:did:plc:silent" not in agreed


def test_links_hold_on_their_days() -> None:
    link = Link("murmur:a", "plaza:a", date(2026, 3, 1), date(2026, 3, 2))
    assert [link.holds_on(date(2026, 3, day)) for day in (1, 2, 3)] == [True, True, False]
    assert not link.holds_on(date(2026, 2, 28))
    assert Link("murmur:a", "plaza:a").holds_on(DAY)


def test_the_worlds_linked_people_are_found_and_nobody_else() -> None:
    """The invented world knows whose accounts they are, who claims them one-way, and who claims somebody else's."""
    world = World()
    rows = [
        (f"{platform}:{person}", f"{on}:{other}", "self_declared", DAY, DAY, None)
        for person in range(world.people)
        for platform in world.present
        for on, other in world.claims(platform, person)
    ]
    links = small_arrow(LINKS, rows)
    states = small_arrow(STATES, sorted({(key, None, DAY) for row in rows for key in row[:2]}))
    claims = Plan(DuckDB(), {"account_links": links, "account_states": states}, day=DAY).resolve("claims")
    found, one_way = evidence.linked_persons(claims, Sources((), {}), DAY)
    of_person: dict[int, set[str]] = {}
    for key, *_ in rows:
        if (person := int(key.partition(":")[2])) in world.linked:
            of_person.setdefault(person, set()).add(key)
    assert len(of_person) > 5
    assert found.person_of == {key: min(keys) for keys in of_person.values() for key in keys}
    assert found.refused == {}
    assert one_way > 5


def test_a_day_that_is_computed_again_lists_nobody_who_took_their_consent_back_since(tmp_path: Path) -> None:
    (tmp_path / "in").mkdir()
    (tmp_path / "sources.toml").write_text('[[source]]\nname = "chirp"\npath = "in"\n')
    sources, lake = read_sources(tmp_path / "sources.toml"), Lake(tmp_path / "lake")
    agree(lake, "care", "perks", "regions")
    assert evidence._closed(lake, sources, DAY) == []
    agree(lake, "care", day=NEXT)  # the other two are told of no more
    closed = evidence._closed(lake, sources, DAY)
    assert [row[:2] for row in closed] == [("chirp:ada", "perks"), ("chirp:ada", "regions")]
    assert evidence._closed(lake, sources, NEXT) == []
    schema, rows = evidence._listed(lake, sources, "consents", [DAY])
    given = {"consents": small_arrow(schema, [*rows, *closed]), "persons": small_arrow(PERSONS, [])}
    assert Plan(DuckDB(), given, MODEL, DAY).resolve("agreed")["purpose"].to_pylist() == ["care"]
    metadata = [evidence._metadata(lake, sources, MODEL, DAY, each)["window"] for each in ([], closed)]
    assert len({*metadata}) == 2  # so that what was made before is made again
