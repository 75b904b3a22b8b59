"""Shows that pages say what is published, of one version, to everybody who may read and about nobody who may not be named."""

from __future__ import annotations

import csv
import html
import io
import re
from datetime import timedelta
from pathlib import Path

import duckdb
import published_world
import pytest
from clout.terminal import printable
from clout.warehouse import catalog
from clout.warehouse.factory import open_warehouse
from clout.web import figures
from clout.web.app import create_app
from published_world import DAY, NAMED, NAMES, PSEUDONYM, UNNAMED
from starlette.testclient import TestClient

PAGES = (
    "/",
    "/?platform=murmur",
    "/?skip=10",
    "/movers",
    "/movers?before=7",
    "/search",
    "/search?q=bo",
    "/compare",
    f"/compare?p1={NAMED}&p2=murmur:p0",
    "/topic",
    "/night",
    "/model",
    "/me",
    f"/me?account={NAMED}&rank=yes",
    "/glossary",
    "/sql/capped_audience",
    "/docs",
    f"/person/{NAMED}",
    f"/audience/{NAMED}",
    f"/raise/{NAMED}",
    "/figure/leaderboard",
)


@pytest.mark.parametrize("path", PAGES)
def test_page_is_there_and_can_run_nothing(client: TestClient, path: str) -> None:
    answer = client.get(path)
    assert answer.status_code == 200
    assert answer.headers["content-type"].startswith("text/html")
    assert "default-src 'none'" in answer.headers["content-security-policy"]
    assert "script" not in answer.headers["content-security-policy"]
    assert answer.headers["x-clout-version"] == "1"
    for forbidden in ("<script", " style=", " onload", "javascript:", "<iframe"):
        assert forbidden not in answer.text
    # Nothing is loaded from elsewhere.
    assert not re.search(r'(?:src|srcset|href|action)="(?:https?:)?//', answer.text)


def test_leaderboard_says_what_the_warehouse_says(client: TestClient, world: Path) -> None:
    with duckdb.connect(world / "warehouse" / "warehouse.duckdb", read_only=True) as analyst:
        expected = analyst.execute(
            "SELECT place, person_id, score FROM clout.leaderboard WHERE ds = ? ORDER BY place, person_id", [DAY]
        ).fetchall()
    shown = client.get("/figure/leaderboard.json?most=1000").json()["rows"]
    assert [(row["place"], row["person_id"], row["score"]) for row in shown] == [
        row for row in expected if row[1] != PSEUDONYM
    ]
    assert PSEUDONYM in {row[1] for row in expected}


@pytest.mark.parametrize("name", sorted(figures.figures()))
def test_query_that_is_shown_gives_at_the_analysts_prompt_what_the_page_shows(
    client: TestClient, world: Path, name: str
) -> None:
    if name == "person_of":
        assert client.get("/figure/person_of?account=x").status_code == 404
        return
    answer = client.get(
        f"/figure/{name}.json?person={NAMED}&wanted=bo&topic=gardening&brand=acme&first={NAMED}&third=murmur:p15"
    ).json()
    with duckdb.connect(world / "warehouse" / "warehouse.duckdb", read_only=True) as analyst:
        analyst.execute("SET TimeZone = 'UTC'")
        found = analyst.sql(answer["query"])
        rows = [dict(zip(found.columns, row, strict=True)) for row in found.fetchall()]
    assert len(answer["rows"]) == len(rows)
    for shown, queried in zip(answer["rows"], rows, strict=True):
        for column, value in queried.items():
            if isinstance(value, float):
                assert shown[column] == pytest.approx(value, abs=0.005)
            else:
                assert str(shown[column]) == str(value)


def test_every_column_of_a_figure_is_explained() -> None:
    with duckdb.connect() as connection:
        connection.execute("CREATE SCHEMA clout; CREATE SCHEMA meta")
        for relation in catalog.tables():
            connection.execute(f"CREATE TABLE {relation.full_name} AS SELECT {catalog.empty_columns(relation)} LIMIT 0")
        for relation in catalog.views():
            connection.execute(f"CREATE VIEW {relation.full_name} AS {relation.select}")
        for name, figure in figures.figures().items():
            given = {"day": DAY, "most": 1, "skip": 0, "before": 1, "sign": 1}
            columns = connection.sql(figure.sql, params={each: given.get(each, "x") for each in figure.takes}).columns
            assert [column for column in columns if not figure.meaning(column)] == [], name
            assert figure.columns.keys() <= set(columns), name
    place = figures.figures()["leaderboard"].meaning("place")
    assert place == "Place among everybody with a score; 1 is highest"


def test_no_link_of_a_page_leads_nowhere(client: TestClient) -> None:
    asked = set()
    for path in (*PAGES, "/tables"):
        text = client.get(path).text
        asked |= {html.unescape(each) for each in re.findall(r'(?:href|src|srcset)="(/[^"]*)"', text)}
    # Of the people of a list one is as good as another.
    kinds = {re.sub(r"(person|p1)([/=])[^&]*", r"\1\2", each.partition("#")[0]): each for each in asked}
    assert len(kinds) > 100
    assert [each for each in kinds.values() if client.get(each).status_code != 200] == []


def test_those_who_are_compared_come_in_the_order_in_which_they_were_named(client: TestClient) -> None:
    asked = "/figure/compared.json?first=murmur:p15&second=plaza:bo"
    assert [row["person_id"] for row in client.get(asked).json()["rows"]] == ["murmur:p15", NAMED]
    turned = client.get("/figure/compared.json?first=plaza:bo&second=murmur:p15").json()["rows"]
    assert [row["person_id"] for row in turned] == [NAMED, "murmur:p15"]
    assert client.get(f"{asked}&third=murmur:nobody").status_code == 404
    page = client.get(f"/compare?p1=murmur:p15&p2={NAMED}").text
    assert "/figure/compared.csv?day=" in page


@pytest.mark.parametrize("key", NAMES)
def test_hostile_name_is_text(client: TestClient, key: str) -> None:
    answer = client.get(f"/person/{key}")
    if answer.status_code == 404:  # no score: nobody's name is shown
        assert NAMES[key] not in answer.text
        return
    assert "<script" not in answer.text
    assert "<b>bold" not in answer.text
    assert "\u202e" not in answer.text
    assert "x" * 200 not in answer.text
    assert printable(NAMES[key], 80) in html.unescape(answer.text)


def test_spreadsheet_runs_no_name(client: TestClient) -> None:
    found = list(csv.DictReader(io.StringIO(client.get("/figure/leaderboard.csv?most=1000").text)))
    named = {row["person_id"]: row["name"] for row in found}
    assert named["murmur:p1"] == "'" + NAMES["murmur:p1"]
    assert named["murmur:p0"] == NAMES["murmur:p0"]


def test_who_did_not_agree_to_be_named_is_counted_and_not_listed(client: TestClient) -> None:
    totals = client.get("/figure/totals.json").json()["rows"][0]
    assert totals["unnamed"] == 1
    assert "1 of the scored did not agree to be named" in client.get("/").text
    for path in (*PAGES, "/figure/leaderboard.csv?most=1000", "/figure/movers.json", "/figure/search.json?wanted=p5"):
        text = client.get(path).text
        assert PSEUDONYM not in text, path
        assert "someone-5a" not in text, path


def test_unknown_unscored_unnamed_and_gone_look_alike(client: TestClient, world: Path) -> None:
    with duckdb.connect(world / "warehouse" / "warehouse.duckdb", read_only=True) as analyst:
        [(unscored,)] = analyst.execute("SELECT person_id FROM clout.scores WHERE score IS NULL LIMIT 1").fetchall()
    keys = ("murmur:nobody", unscored, PSEUDONYM, UNNAMED, "murmur:hana", "", "x" * 500)
    for path in ("/person/{}", "/audience/{}", "/raise/{}", "/figure/score?person={}", "/chart/points.svg?person={}"):
        answers = [client.get(path.format(key)) for key in keys]
        assert {answer.status_code for answer in answers} == {404}
        assert len({answer.text for answer in answers}) == 1
        assert len({tuple(sorted(answer.headers.items())) for answer in answers}) == 1


def test_search_finds_a_handle_on_every_platform_and_chooses_none(client: TestClient) -> None:
    found = client.get("/figure/search.json?wanted=BO").json()["rows"]
    exact = [row["account_key"] for row in found if row["handle"] == "bo"]
    assert sorted(exact) == ["murmur:bo", "pages:bo", "plaza:bo"]
    assert [row["account_key"] for row in found[:3]] == exact
    on_plaza = client.get("/figure/search.json?wanted=bo&platform=plaza").json()["rows"]
    assert [row["account_key"] for row in on_plaza] == ["plaza:bo"]
    assert "look before you choose" in client.get("/search?q=bo").text
    assert client.get("/search?q=@bo@plaza").text.count('class="tag"') == 1
    # The markup of somebody's question is text, too.
    assert "<script" not in client.get("/search", params={"q": "<script>alert(1)</script>"}).text


def test_person_is_found_by_any_account(client: TestClient) -> None:
    assert client.get("/person/plaza:bo").text == client.get("/person/murmur:bo").text


def test_answer_is_not_sent_twice(client: TestClient) -> None:
    tag = client.get("/").headers["etag"]
    again = client.get("/", headers={"if-none-match": tag})
    assert again.status_code == 304
    assert again.content == b""
    assert client.get("/nowhere", headers={"if-none-match": tag}).status_code == 404


def test_request_reads_one_version_and_the_next_one_another(tmp_path: Path) -> None:
    published_world.publish(tmp_path)
    service = create_app(open_warehouse(str(tmp_path / "warehouse")))
    client = TestClient(service)
    first = client.get(f"/figure/score.json?person={NAMED}").json()
    held = service.library.current()
    published_world.publish(tmp_path, run="r2", shift=1.0)
    published_world.publish(tmp_path, DAY + timedelta(1), run="r3", shift=2.0)
    # What is published meanwhile is not noticed until the service has looked.
    assert client.get(f"/figure/score.json?person={NAMED}").json() == first
    service.library.refresh()
    second = client.get(f"/figure/score.json?person={NAMED}")
    assert second.headers["x-clout-version"] == "3"
    assert second.json()["rows"][0]["score"] == pytest.approx(first["rows"][0]["score"] + 2)
    before = client.get(f"/figure/score.json?person={NAMED}&day={DAY}").json()
    assert before["rows"][0]["score"] == pytest.approx(first["rows"][0]["score"] + 1)
    # Whoever still holds the version before reads it to the end.
    assert figures.rows(held, "score", DAY, person=NAMED)[0]["score"] == first["rows"][0]["score"]
    assert [row["ds"] for row in held.history(NAMED)] == [DAY]
    history = client.get(f"/figure/history.json?person={NAMED}").json()["rows"]
    assert [row["ds"] for row in history] == [str(DAY), str(DAY + timedelta(1))]


def test_empty_warehouse_says_what_to_do(tmp_path: Path) -> None:
    answer = TestClient(create_app(open_warehouse(str(tmp_path)))).get("/")
    assert answer.status_code == 503
    assert "make run" in answer.text


def test_day_that_is_none_is_not_found(client: TestClient) -> None:
    for day in ("2026-03-15", "2026-3-14", "yesterday", "0000-00-00", "9" * 20):
        assert client.get(f"/?day={day}").status_code == 404
    assert client.get(f"/?day={DAY}").status_code == 200


@pytest.mark.parametrize("name", ["distribution", "volume", f"history?{NAMED}", f"points?{NAMED}", f"audience?{NAMED}"])
def test_chart_is_drawn_without_script(client: TestClient, name: str) -> None:
    name, _, person = name.partition("?")
    answer = client.get(f"/chart/{name}.svg", params={"person": person, "narrow": "1"})
    assert answer.status_code == 200
    assert answer.headers["content-type"] == "image/svg+xml"
    assert answer.text.startswith("<svg")
    assert "<script" not in answer.text
    assert "prefers-color-scheme: dark" in answer.text
