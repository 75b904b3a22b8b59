"""A plan runs what the files of sql/ name, once each, and nothing that was given."""

from __future__ import annotations

import re
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from clout.engine import queries
from clout.lake.columns import CONFORMED_FROM, STATES_FROM
from clout.lake.schemas import CONFORMED
from clout.score import evidence, plan, steps
from clout.score.model import read_model
from clout.score.plan import Plan

MODELS = {name: read_model(queries.SQL / "models" / f"{name}.toml") for name in ("v1", "v2")}
#: What a caller gives to conform days, to know accounts, and to score.
CONFORMING = ({*CONFORMED_FROM} - {"accounts"}) | {"account_flags", "persons", "days", "operator_list", "sources"}
ACCOUNTS = {*STATES_FROM}


class Noting:
    """An engine whose tables are the texts of what made them."""

    one_variant_at_a_time = False

    def __init__(self) -> None:
        self.ran: list[str] = []

    def run(self, query: str, parameters: dict[str, Any], **inputs: Any) -> str:
        """The query and what it was given: of an Arrow table the names of its columns."""
        self.ran.append(query)
        told = {name: rows if isinstance(rows, str) else "+".join(rows.schema.names) for name, rows in inputs.items()}
        return f"{query}({', '.join(f'{name}={rows}' for name, rows in sorted(told.items()))})"


def test_a_target_runs_what_its_file_names_and_each_once() -> None:
    engine = Noting()
    given = {"manifest": "M", "interactions": "I", "excluded": "E", "days": "D", "sources": "S"}
    made = Plan(engine, given)
    found = made.resolve("conservation")
    classified = "classified(days=D, excluded=E, interactions=I)"
    assert found == f"conservation(classified={classified}, days=D, pulls=pulls(manifest=M), sources=S)"
    assert made.resolve("activity") == f"activity(classified={classified})"
    assert engine.ran == ["classified", "pulls", "conservation", "activity"]


def test_what_is_given_is_not_made_and_a_name_may_stand_for_another() -> None:
    engine = Noting()
    made = Plan(engine, {"account_states": "A", "operator_list": "O", "persons": "P"}, day=date(2026, 3, 14))
    assert made.resolve("excluded") == "excluded(account_flags=A, days=ds, operator_list=O, persons=P)"
    made = Plan(engine, {"account_flags": "F", "operator_list": "O", "persons": "P", "days": "D"})
    assert made.resolve("excluded") == "excluded(account_flags=F, days=D, operator_list=O, persons=P)"


def test_variants_are_made_apart_from_what_they_share() -> None:
    engine = Noting()
    whole = Plan(
        engine,
        {"daily_engagement": "A", "single_acts": "O", "account_states": "S", "persons": "P"},
        MODELS["v1"],
        date(2026, 3, 14),
    )
    some = [whole.of_variants(name) for name in ("first", "second")]
    for each, name in zip(some, ("first", "second"), strict=True):
        assert f"tie_strengths(daily_engagement=A, single_acts=O, variants={name})" in each.resolve("ties")
    assert engine.ran.count("credibility") == 1
    assert "credibility" in whole.tables
    assert "ties" not in whole.tables


def test_a_name_that_nobody_makes_is_an_error() -> None:
    with pytest.raises(LookupError, match=r"manifest is not given, and neither sql/manifest\.sql nor a Python step"):
        Plan(Noting(), {}).resolve("pulls")


@pytest.mark.parametrize("formulas", ["v1", "v2"])
def test_only_what_the_lake_and_the_sources_give_is_made_by_nothing(formulas: str) -> None:
    """Every input in sql/ is a file, a step, or one of the tables that a caller gives: no name lies."""
    given = {*steps.GIVEN, "activity", *CONFORMING, *ACCOUNTS}
    for query in (*steps.PUBLISHED.values(), "activity", "coverage", "quarantined", "counter_states", "claims"):
        for name in plan.behind([query], formulas):
            file = queries.exists(name) or name in plan.SAME
            assert file or plan.is_step(name) or name in given, f"{query}: nothing makes {name}"


def test_what_is_behind_a_table_is_told_without_running_it() -> None:
    assert set(plan.behind(["network"], "v1", given=["capped_audience"])) == {"network", "capped_audience"}
    behind = set(plan.behind(["trust"], "v2", given=steps.GIVEN))
    assert {
        "edges",
        "ties",
        "seeds",
        "tie_strengths",
        "daily_engagement",
        "absent_people",
        "credibility",
        "activity",
    } <= behind
    assert "classified" not in behind


def test_no_module_but_the_plan_says_what_a_query_reads() -> None:
    """An engine's run(...) with inputs by name stands where a plan cannot: one query over what is at hand."""
    package = Path(plan.__file__).parents[1]
    files = [file for part in ("score", "engine", "research") for file in (package / part).glob("*.py")]
    wired = {file.name for file in files if re.search(r"(?<!plan)\.run\(", file.read_text(encoding="utf-8"))}
    assert wired <= {"plan.py", "steps.py", "evidence.py", "buckets.py"}
    evidence_text = (package / "score" / "evidence.py").read_text(encoding="utf-8")
    assert evidence_text.count("engine.run(") == 1  # remembered: of keys as they are


def _jobs_that_run(formulas: str) -> dict[str, list[str]]:
    """query -> the jobs that run it, in a night's order: each computes its tables from those that jobs before it keep."""
    kept: list[str] = [*CONFORMING, *ACCOUNTS, "listed"]
    jobs: dict[str, list[str]] = {}

    def runs(job: str, targets: tuple[str, ...], given: list[str]) -> None:
        for name in plan.behind(targets, formulas, given):
            if name not in given and queries.exists(name):
                jobs.setdefault(queries.of_formulas(formulas, name), []).append(job)

    runs("conform", (*CONFORMED, "account_states", "counter_states", "claims", "own_interactions", "remembered"), kept)
    kept = [*steps.GIVEN, "staged_files"]
    for task, tables in evidence.TASKS.items():
        runs(task, tables, kept)
        kept += tables
    runs("score", (*steps.PUBLISHED.values(), *steps.OF_FILES.values()), kept)
    return jobs


@pytest.mark.parametrize("formulas", ["v1", "v2"])
def test_headers_name_the_job_that_runs_a_query(formulas: str) -> None:
    """`Run:` of a header is the first job of a night whose tables need the query; what the plan lacks, the audit runs."""
    jobs = _jobs_that_run(formulas)
    assert {*evidence.TASKS, "conform", "score"} == {job for names in jobs.values() for job in names}
    files = sorted(queries.SQL.glob("*.sql")) + sorted((queries.SQL / formulas).glob("*.sql"))
    for file in files:
        name = str(file.relative_to(queries.SQL).with_suffix(""))
        if name not in jobs and queries.of_formulas(formulas, file.stem) != name:
            continue  # the other formulas' own
        [job] = re.findall(r"^-- Run: \.venv/bin/python jobs/(\w+)\.py", file.read_text(encoding="utf-8"), re.MULTILINE)
        # A draw reads what is published, a day is noted as it is first seen; all else that the plan lacks, the audit runs.
        assert job == jobs.get(name, [{"eligible": "audience", "first_seen": "conform"}.get(name, "audit")])[0], (
            file.name
        )
