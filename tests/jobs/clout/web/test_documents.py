"""The pages that are made of sql/: all tables with their columns and origins, the formulas of the model, and its card."""

from __future__ import annotations

import re
from pathlib import Path

import docs
import pytest
from clout.lake import declared
from clout.warehouse import catalog
from clout.warehouse.factory import open_warehouse
from clout.web import model_text, tables
from clout.web.app import Settings, create_app
from starlette.testclient import TestClient

ROOT = Path(__file__).resolve().parents[4]


def test_every_table_and_column_is_on_the_page(client: TestClient) -> None:
    page = client.get("/tables").text
    for relation in catalog.relations().values():
        section = page.partition(f'<section id="{relation.full_name}">')[2].partition("</section>")[0]
        assert section, relation.full_name
        for column in relation.columns:
            assert f"<code>{column.name}</code>" in section, f"{relation.full_name}.{column.name}"
            assert column.comment
        if relation.name in declared.tables():
            assert f"One row per {', '.join(declared.tables()[relation.name].key)}." in section


def test_a_table_says_what_it_is_made_from_and_shows_examples() -> None:
    content = {each["name"]: each for each in tables.content("v2")["tables"]}
    scores = content["clout.scores"]
    files = [each["file"] for each in scores["lineage"]]
    assert files[0] == "sql/scores.sql"
    assert {"sql/v2/score.sql", "sql/v2/capped_audience.sql", "sql/daily_engagement.sql"} <= set(files)
    assert {each["name"]: each["example"] for each in scores["columns"]}["person_id"] == "ada"
    assert content["clout.leaderboard"]["shows"] == ["clout.accounts", "clout.scores"]
    # Without the worked examples there are none, and the page stands.
    assert [each["file"] for each in tables.lineage("scores", "v1")][1] == "sql/platform_score.sql"


def test_make_docs_writes_one_file_that_needs_nothing(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = tmp_path / "new" / "tables.html"
    docs.main(["--out", str(file), "--model", str(ROOT / "sql" / "models" / "v2.toml")])
    assert capsys.readouterr().out.strip() == str(file)
    page = file.read_text()
    assert "sql/v2/capped_audience.sql" in page
    assert "<script" not in page
    assert not re.search(r"""(?:src|href)\s*=\s*["'](?!#)|url\(|@import""", page)


def test_the_formula_is_that_of_the_model(world: Path) -> None:
    warehouse = open_warehouse(str(world / "warehouse"))
    second = TestClient(create_app(warehouse, Settings(model={"formulas": "v2"})))
    assert "sql/v2/capped_audience.sql" in second.get("/sql/capped_audience").text
    assert "sql/daily_engagement.sql" in second.get("/sql/daily_engagement").text
    for name in ("nothing", "..%2Fv2%2Fcounted", "v2%2Fcounted", "ac\u0074s%00", "warehouse%2Fscores"):
        assert second.get(f"/sql/{name}").status_code == 404, name


def test_the_model_card_says_how_good_it_is_and_what_works_against_it(client: TestClient) -> None:
    page = client.get("/model").text
    for said in ("NDCG@100", "What still", "Leverage", "0.847"):
        assert said in page, said
    assert '<a href="/sql/sampling_variance">' not in page  # of another section
    assert "<table>" in page
    assert "style=" not in page
    assert not re.search(r'href="(?!/|#|https?://127)', page)


def test_what_the_card_names_is_escaped(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    links = "[a](javascript:alert(1)) [b](v2/daily_engagement.sql) <b onclick=x>bold</b>"
    said = f"# x\n\n## Model card: how good is it\n\n<script>alert(1)</script>\n\n{links}\n\n## Next\n\nno\n"
    (tmp_path / "README.md").write_text(said)
    monkeypatch.setattr(model_text, "SQL", tmp_path)
    model_text.card.cache_clear()
    try:
        found = str(model_text.card())
    finally:
        model_text.card.cache_clear()
    assert "<script" not in found
    assert "javascript" not in found
    assert "<b " not in found
    assert '<a href="/sql/daily_engagement">b</a>' in found
    assert "no" not in re.sub(r"<[^>]*>", "", found).split()
