"""Topics on pages and in Klout's shapes: who is named for one, and by what evidence; never for a sensitive one."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pyarrow as pa
import pytest
from clout.warehouse import contract
from clout.warehouse.factory import open_warehouse
from clout.web import klout
from clout.web.app import create_app
from published_world import PSEUDONYM, UNNAMED
from staged_run import DAY, SCHEMAS, approve, good, stage
from starlette.testclient import TestClient
from warehouses import now

NAMED, OTHER = "chirp:ada", "chirp:bo"
#: topic_id, slug, name, type, sensitive
TOPICS = [
    ("9223372036854775999", "gardening", "<b>Gardening</b>", "sub", False),
    ("chess", "chess", "Chess", "entity", False),
    ("asthma", "asthma", "Asthma", "sub", True),
    ("knitting", "knitting", "Knitting", "sub", False),
]
#: person, topic, place, score, why not named
PEOPLE = [
    (NAMED, "9223372036854775999", 1, 40.0, None),
    (PSEUDONYM, "9223372036854775999", 2, 30.0, None),
    (OTHER, "9223372036854775999", 3, 20.0, None),
    (NAMED, "chess", None, None, "too few posts"),
    (NAMED, "asthma", 1, 60.0, None),
    (PSEUDONYM, "knitting", 1, 10.0, None),
]


def rows(name: str, made: list[dict[str, object]]) -> pa.Table:
    """Rows of a table, empty where nothing is said."""
    schema = SCHEMAS[name]
    return pa.Table.from_pylist([{field.name: row.get(field.name) for field in schema} for row in made], schema)


@pytest.fixture(scope="module")
def asked(tmp_path_factory: pytest.TempPathFactory) -> TestClient:
    """The world with topics, published and served."""
    folder = tmp_path_factory.mktemp("topics")
    slugs = {id: slug for id, slug, *_ in TOPICS}
    known = {"ds": DAY, "ontology_version": "1", "model_version": "v1"}
    topics = [
        {
            **known,
            "topic_id": id,
            "slug": slug,
            "name": name,
            "topic_type": kind,
            "is_sensitive": hidden,
            "source": "clout",
        }
        for id, slug, name, kind, hidden in TOPICS
    ]
    people = [
        {
            **known,
            **{"person_id": person, "topic_id": id, "slug": slugs[id], "place": place, "of": 3 if place else None},
            **{
                "topic_score": score,
                "topic_reach": 12.0,
                "share": 0.25,
                "posts": 6,
                "weeks": 5,
                "people": 9,
                "back": 4,
            },
            **{"endorsements": 0, "endorsements_refused": 0, "last_evidence_on": DAY, "not_named": why},
        }
        for person, id, place, score, why in PEOPLE
    ]
    evidence = [
        {
            "ds": DAY,
            "person_id": NAMED,
            "topic_id": id,
            "post_key": f"murmur:{id}-post",
            "posted_on": DAY,
            "evidence": "tag",
            "people": 7,
        }
        for id in ("9223372036854775999", "asthma")
    ]
    tables = good(DAY, "v1") | {
        "topics": rows("topics", topics),
        "person_topics": rows("person_topics", people),
        "topic_evidence": rows("topic_evidence", evidence),
    }
    staged = approve(stage(folder / "staging", DAY, "r1", "v1", tables))
    warehouse = open_warehouse(str(folder / "warehouse"))
    warehouse.publish(contract.release(staged), staged, now())
    return TestClient(create_app(warehouse), raise_server_exceptions=False)


def test_the_topics_of_a_day(asked: TestClient) -> None:
    page = asked.get("/topic").text
    assert "&lt;b&gt;Gardening&lt;/b&gt;" in page
    assert "<b>Gardening" not in page
    assert "2 people" in page  # who is not named is not counted into what is listed
    for hidden in ("Asthma", "Chess", "Knitting"):
        assert hidden not in page


def test_who_moves_people_on_one(asked: TestClient) -> None:
    page = asked.get("/topic?topic=gardening").text
    assert page.index(f"/person/{NAMED}") < page.index(f"/person/{OTHER}")
    assert "6 posts in 5 weeks" in page
    assert PSEUDONYM not in page
    assert UNNAMED not in page
    for nobody in ("asthma", "chess", "knitting", "nothing", "<script>"):
        assert asked.get("/topic", params={"topic": nobody}).status_code == 404, nobody
    found = json.loads(asked.get("/figure/topic_people.json?topic=gardening").text)
    assert [row["person_id"] for row in found["rows"]] == [NAMED, OTHER]
    assert asked.get("/figure/topic_people.json").status_code == 404


def test_where_people_of_one_say_that_they_live(asked: TestClient) -> None:
    page = asked.get("/topic?topic=gardening").text
    assert re.search(r'href="/\?topic=gardening&amp;region=US">US</a> <span class="soft small">1 person<', page)
    assert f"/person/{NAMED}" in asked.get("/?topic=gardening&region=US").text


def test_a_person_is_shown_with_evidence(asked: TestClient) -> None:
    page = asked.get(f"/person/{NAMED}").text
    assert "What people react to" in page
    assert "place 1 of 3" in page
    assert "murmur:9223372036854775999-post" in page
    for hidden in ("Asthma", "asthma-post", "Chess"):
        assert hidden not in page


def test_own_numbers_name_the_topics_and_how_to_hide_one(asked: TestClient) -> None:
    page = asked.get(f"/me?account={NAMED}").text
    assert "&lt;b&gt;Gardening&lt;/b&gt;" in page
    assert "Hide a topic" in page
    for hidden in ("Asthma", "Chess", "<b>Gardening"):
        assert hidden not in page


def test_the_leaderboard_by_topic_and_region(asked: TestClient) -> None:
    """Whoever is named for the topic, and whoever agreed to have the place shown; the links keep what was chosen."""
    board = {
        chosen: [row["person_id"] for row in asked.get(f"/figure/leaderboard.json?{chosen}").json()["rows"]]
        for chosen in (
            "topic=gardening",
            "region=US",
            "region=US-PA",
            "region=US-PA/Philadelphia",
            "topic=chess&region=US",
        )
    }
    assert board.pop("topic=gardening") == [NAMED]  # the other one has no score
    assert board.pop("topic=chess&region=US") == []  # too few posts: not named
    assert {tuple(found) for found in board.values()} == {("chirp:ada",)}
    for nobody in ("topic=asthma", "topic=knitting", "region=DE", "region=US-P", "region=%3Cscript%3E"):
        assert asked.get(f"/figure/leaderboard.json?{nobody}").json()["rows"] == [], nobody
    page = asked.get("/?region=US-PA&topic=gardening").text
    assert '<option value="US-PA" selected>PA, US (1)</option>' in page
    assert '<option value="gardening" selected>&lt;b&gt;Gardening&lt;/b&gt; (2)</option>' in page
    assert "who say that they live in PA, US" in page
    assert f"/person/{NAMED}" in page
    assert f"/person/{OTHER}" not in page


def test_a_person_is_shown_with_style_and_lenses(asked: TestClient) -> None:
    page = asked.get(f"/person/{NAMED}").text
    assert "between Pundit and Celebrity (topics unknown)" in page
    assert "As PeerIndex looked at it: authority 40" in page
    assert "As TweetLevel looked at it: influence 62" in page
    assert "How they behave" not in asked.get(f"/person/{OTHER}").text  # who has no score has no page


def test_klouts_clients_find_them(asked: TestClient) -> None:
    found = asked.get(f"/v2/user.json/{klout.klout_id(NAMED)}/topics").json()
    assert found == [
        {
            "id": "9223372036854775999",
            "displayName": "<b>Gardening</b>",
            "name": "<b>Gardening</b>",
            "slug": "gardening",
            "imageUrl": "",
            "topicType": "sub",
            "displayType": "visible",
        }
    ]


def test_a_night_without_topics_says_so(tmp_path: Path) -> None:
    empty = {name: rows(name, []) for name in ("topics", "person_topics", "topic_evidence")}
    staged = approve(stage(tmp_path / "staging", DAY, "r1", "v1", good(DAY, "v1") | empty))
    warehouse = open_warehouse(str(tmp_path / "warehouse"))
    warehouse.publish(contract.release(staged), staged, now())
    client = TestClient(create_app(warehouse), raise_server_exceptions=False)
    assert "Nobody is named for a topic" in client.get("/topic").text
    assert "What people react to" not in client.get(f"/person/{NAMED}").text
    assert client.get(f"/v2/user.json/{klout.klout_id(NAMED)}/topics").json() == []
