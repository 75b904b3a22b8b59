"""Whole nights of the invented world, from exports to tables: twice, backwards, on an empty day, and by the READMEs."""

from __future__ import annotations

import contextlib
import hashlib
import io
import os
import re
import shlex
import shutil
import subprocess
from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path

import audience
import conform
import duckdb
import erase
import graph
import night
import person
import pytest
import reach
import said_no
import score
import ties
from clout.config.brand_settings import Brand
from clout.config.sources import read_sources
from clout.config.topic_settings import TopicSettings
from clout.engine.buckets import Buckets
from clout.errors import InvalidInput
from clout.lake.partitions import Lake
from clout.lake.schemas import CONFORMED
from clout.lake.staging import RECORDED, SCORED, TABLES, Staged
from clout.privacy import consent_ledger
from clout.score import evidence
from clout.score.model import read_model
from sandbox.world import EXPORTED, World, day_rows, write
from scipy.stats import spearmanr

pytestmark = pytest.mark.quality

ROOT = Path(__file__).resolve().parents[1]
FIRST, LAST = date(2026, 3, 1), date(2026, 3, 5)


def run(home: Path, days: str, sources: Path) -> None:
    """Nights into a home of their own."""
    places = [f"--{name}={home / name}" for name in ("lake", "staging", "warehouse", "reports")]
    night.main(["--days", days, "--sources", str(sources), *places])


def published(home: Path) -> Path:
    return home / "warehouse" / "warehouse.duckdb"


def query(home: Path, sql: str) -> list[tuple]:
    with duckdb.connect(str(published(home)), read_only=True) as connection:
        return connection.sql(sql).fetchall()


def file_hashes(home: Path) -> dict[str, str]:
    """sha256 of every published Parquet file, by table and day; not of the audit's words, which name the run and its past."""
    data = home / "warehouse" / "data"
    return {
        "/".join(file.relative_to(data).parts[:2]): hashlib.sha256(file.read_bytes()).hexdigest()
        for file in sorted(data.rglob("*.parquet"))
        if file.relative_to(data).parts[0] not in RECORDED
    }


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Five days of the invented world; the sixth day's export is there and empty."""
    folder = tmp_path_factory.mktemp("world")
    sources = write(folder, [FIRST + timedelta(days=i) for i in range(5)])
    said_no.write_lists(folder, World(), LAST)
    for platform in EXPORTED:
        (folder / platform.name / f"interactions-{LAST + timedelta(days=1)}.csv").write_text(
            "actor,target,unix_ts,kind\n"
        )
    return sources


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory, world: Path) -> Path:
    """Two nights, in order."""
    made = tmp_path_factory.mktemp("home")
    shown = io.StringIO()
    with contextlib.redirect_stdout(shown), contextlib.redirect_stderr(shown):
        run(made, "2026-03-04..2026-03-05", world)
    (made / "shown.txt").write_text(shown.getvalue())
    return made


def test_a_night_shows_little_and_tells_all_in_a_file(home):
    """A line a source, a line a night, the leaderboard, what to type next; of 100 columns but for the typed lines."""
    lines = (home / "shown.txt").read_text().splitlines()
    assert len(lines) <= 30
    beginnings = ["murmur: ", "plaza: ", "night 2026-03-04: published", "night 2026-03-05: published", "Details: "]
    assert [line[: len(start)] for line, start in zip(lines, beginnings, strict=False)] == beginnings
    assert max(len(line) for line in lines if "make " not in line) <= 110
    file = Path(lines[4].removeprefix("Details: "))
    told = file.read_text()
    assert file.stat().st_mode & 0o777 == 0o600
    assert lines[2] in told
    for detail in ("pull murmur: ", "conform 2026-03-05: ", "audit 2026-03-05: ", "publish 2026-03-05: "):
        assert detail in told
        assert not any(detail in line for line in lines)


def typed_at() -> dict[str, str]:
    """The environment of somebody's shell: not that of `make test`, which hands on what was typed after it."""
    handed_on = re.compile(r"CLOUT_|MAKE|MFLAGS|(Q|ID|DAY|DAYS|SOURCE|PAIRS|CUT|CUTS|PEOPLE|OUT|JSON|ARGS|FORMAT)$")
    return {name: value for name, value in os.environ.items() if not handed_on.match(name)}


def test_what_it_says_to_type_works(home):
    """With its variables, `make` finds what the nights wrote: the page of the leader, and a question."""
    lines = (home / "shown.txt").read_text().splitlines()
    typed = [line.partition("  # ")[0].strip() for line in lines if line.startswith("  make ")]
    for word, answer in (("person", "Score "), ("sql", "place")):
        [command] = [each for each in typed if each.startswith(f"make {word} ")]
        done = subprocess.run(
            [*shlex.split(command), "-o", "setup"],
            **{"cwd": ROOT, "capture_output": True, "text": True, "timeout": 120, "check": False, "env": typed_at()},
        )
        assert answer in done.stdout, done.stderr


def test_two_days_are_published(home):
    log = query(home, "SELECT version, ds::VARCHAR, warnings FROM meta.publish_log ORDER BY version")
    assert log == [(1, "2026-03-04", 0), (2, "2026-03-05", 0)]
    assert query(home, "SELECT DISTINCT ds::VARCHAR FROM clout.scores ORDER BY 1") == [
        ("2026-03-04",),
        ("2026-03-05",),
    ]
    low, high, scored = query(home, "SELECT min(score), max(score), count(score) FROM clout.scores")[0]
    assert 1 <= low < high <= 100
    assert scored > 80
    assert {row[0] for row in query(home, "SELECT table_name FROM meta.freshness")} == {*TABLES, *RECORDED}


def test_every_row_is_accounted_for(home, world):
    """rows_in is what the exports hold, counted here from the world itself; the rest adds up to it."""
    world_ = World()
    hidden = {*world_.minors, *world_.opted_out, *world_.protected, world_.excluded_by_operator}
    for platform in EXPORTED:
        _, acts = day_rows(world_, platform, LAST)
        found = query(
            home,
            "SELECT rows_in, kept + self_interaction + duplicate + outside_day + excluded + unidentified + untimed + removed"
            f" + quarantined, self_interaction FROM meta.conservation WHERE ds = '{LAST}' AND platform = '{platform.name}'",
        )
        repeated = {tuple(sorted(act.items())) for act in acts}
        # Whoever may not be shown was left out when the day was pulled, and never came so far.
        own = sum(dict(act)["actor"] == dict(act)["target"] not in hidden for act in repeated)
        assert found == [(len(acts), len(acts), own)]


def test_who_may_not_be_scored_is_nowhere(home):
    world = World()
    hidden = {*world.minors, *world.opted_out, *world.protected, world.excluded_by_operator}
    assert len(hidden) > 30
    keys = {f"{platform.name}:{i}" for platform in EXPORTED for i in hidden}
    columns = query(
        home,
        "SELECT table_name, column_name FROM duckdb_columns() WHERE schema_name = 'clout' AND data_type = 'VARCHAR'",
    )
    assert {("influences", "other_id"), ("score_explanations", "person_id")} <= set(columns)
    for table, column in columns:
        assert not keys & {row[0] for row in query(home, f"SELECT DISTINCT {column} FROM clout.{table}")}, table
    # As actors neither: not one of them is in the activity or in what is made of it.
    for table in ("activity", "features/daily_engagement", "features/weights"):
        files = str(home / "lake" / table / "**" / "*.parquet")
        actors = duckdb.sql(
            f"SELECT actor FROM read_parquet('{files}') UNION SELECT target FROM read_parquet('{files}')"
        )
        assert not keys & {row[0] for row in actors.fetchall()}


def test_who_said_no_is_in_nothing_that_anybody_sees(home):
    """Tables, staged runs, reports, logs, exported days, Klout's shapes, pages: of whom may not be scored, and of whom may not
    be told to somebody else."""
    world = World()
    hidden, silent = said_no.hidden(world), said_no.without_consent(world, LAST)
    ask_for = said_no.keys({*sorted(hidden)[:20], *sorted(silent)[:5]})
    everything = list(said_no.outputs(home, ask_for))
    assert {Path(where).suffix for where, _ in everything} >= {".parquet", ".html", ".csv", ".json", ".log"}
    assert said_no.found(everything, said_no.keys(hidden) | said_no.handles(world, hidden)) == {}
    listing = [(where, text) for where, text in everything if where.endswith("influence")]
    assert "nick" in str(listing)
    assert said_no.found(listing, said_no.handles(world, silent)) == {}
    for table, column in said_no.LISTING.items():
        named = {row[0] for row in query(home, f"SELECT {column} FROM clout.{table}")}
        # Five days are too few for anybody to speak of a brand in three weeks.
        assert len(named) > 5 or table in said_no.EMPTY, f"{table} lists nobody: the test tests nothing"
        assert not named & said_no.keys(silent), table


@pytest.mark.parametrize("seed", range(101, 101 + int(os.environ.get("CLOUT_SAID_NO_WORLDS", "0"))))
def test_who_said_no_is_in_nothing_of_other_worlds(tmp_path, seed):
    """CLOUT_SAID_NO_WORLDS=20 searches what a night of so many other worlds leaves, each with its own minors and refusals."""
    world = World(seed, 500)
    sources = write(tmp_path / "world", [FIRST + timedelta(days=i) for i in range(3)], seed, 500)
    day = FIRST + timedelta(days=2)
    said_no.write_lists(sources.parent, world, day)
    home, shown = tmp_path / "home", io.StringIO()
    home.mkdir()
    with contextlib.redirect_stdout(shown), contextlib.redirect_stderr(shown):
        run(home, f"{day}..{day}", sources)
    (home / "shown.txt").write_text(shown.getvalue())
    hidden, silent = said_no.hidden(world), said_no.without_consent(world, day)
    everything = list(said_no.outputs(home, said_no.keys({*sorted(hidden)[:5], *sorted(silent)[:3]}), 60))
    assert said_no.found(everything, said_no.keys(hidden) | said_no.handles(world, hidden)) == {}
    listing = [(where, text) for where, text in everything if where.endswith("influence")]
    assert said_no.found(listing, said_no.handles(world, silent)) == {}
    listed = [query(home, f"SELECT {column} FROM clout.{table}") for table, column in said_no.LISTING.items()]
    assert sum(map(len, listed)) > 20, "nobody is listed: the test tests nothing"
    assert not {row[0] for rows in listed for row in rows} & said_no.keys(silent)

    # An audience, which only those are drawn for who agreed; then one of them is erased, and is in nothing.
    drawn = home / "out" / "audience.csv"
    places = ["--warehouse", str(home / "warehouse"), "--lake", str(home / "lake")]
    how = ["--campaign", "summer", "--starts-on", f"{day}", "--floor", "1", "--take", "10", "--seed", f"{seed}"]
    with contextlib.redirect_stdout(shown), contextlib.redirect_stderr(shown):
        audience.main([*places, *how, "--out", str(drawn)])
    accounts = {line.split(",")[2] for line in drawn.read_text().splitlines()[1:]}
    assert len(accounts) == 10
    assert not accounts & (said_no.keys(hidden) | said_no.keys(silent))
    key = min(accounts)
    drawn.unlink()  # the operator's own list is the operator's to correct
    where = [*places, "--staging", str(home / "staging"), "--reports", str(home / "reports"), "--sources", str(sources)]
    with contextlib.redirect_stdout(shown), contextlib.redirect_stderr(shown):
        erase.main(["--day", f"{day}", *where, "--key", key])
    of = {name for name in said_no.keys({int(key.partition(":")[2])}) if name == key}
    (home / "shown.txt").write_text("")
    shutil.rmtree(home / "out")
    assert said_no.found(said_no.outputs(home, of, 60), of) == {}


def test_amplification_is_null_with_a_reason_where_posts_are_unknown(home):
    rows = query(
        home,
        "SELECT split_part(person_id, ':', 1), count(amplification), count(amplification_missing_reason),"
        " list(DISTINCT amplification_missing_reason) FROM clout.scores GROUP BY 1 ORDER BY 1",
    )
    (murmur, with_posts, _, _), (plaza, none, reasons, why) = rows
    assert (murmur, plaza) == ("murmur", "plaza")
    assert with_posts > 200
    assert none == 0
    assert reasons > 60
    assert [reason for reason in why if reason] == ["platform shows no posts"]


def test_true_pull_shows(home):
    """The people whom the world made to move others reach more of them, after five days of evidence."""
    pulls = World().pull
    rows = query(home, f"SELECT person_id, true_reach FROM clout.scores WHERE ds = '{LAST}'")
    pairs = [(float(pulls[int(person.split(":")[1])]), reach) for person, reach in rows]
    assert len(pairs) > 200
    assert spearmanr(*zip(*pairs, strict=True)).statistic > 0.6


def test_points_and_causes_add_up(home):
    """For everybody, from the published tables; and the parts are no zeros."""
    wrong = query(
        home,
        "SELECT s.ds, s.person_id FROM clout.scores AS s LEFT JOIN (SELECT ds, person_id, sum(points) AS points"
        " FROM clout.score_explanations GROUP BY ds, person_id) AS e ON e.ds = s.ds AND e.person_id = s.person_id"
        " WHERE s.score IS NOT NULL AND NOT coalesce(abs(e.points - (s.score - 1)) <= 0.01, false)",
    )
    assert wrong == []
    [(compared, worst, they, others, left)] = query(
        home,
        "SELECT count(change), max(abs(change - they_did - others_did - left_window - model_change)),"
        " max(abs(they_did)), max(others_did), min(left_window) FROM clout.score_changes WHERE days_before = 1",
    )
    assert compared > 50
    assert worst <= 0.01
    assert they > 0.1
    assert others > 1
    assert left < 0


def test_a_second_run_publishes_nothing_new(home, world, capsys):
    before = published(home).read_bytes()
    run(home, "2026-03-05", world)
    assert published(home).read_bytes() == before
    assert "nothing new: all that it is made of is as it was for version 2" in capsys.readouterr().err


def test_only_a_no_of_the_nights_own_people_makes_it_another(home, world, tmp_path):
    """Somebody else's word leaves a night as it was: a second `make run` has nothing to compute."""
    shutil.copytree(home / "lake", tmp_path / "lake")
    lake, sources, model = Lake(tmp_path / "lake"), read_sources(world), read_model(ROOT / "sql" / "models" / "v2.toml")
    before = Staged(Lake(home / "staging"), LAST, "by-hand").read_json("run.json")["inputs"]
    path = lake.conformed("activity", FIRST + timedelta(days=1))
    lake.write(path, lake.read(path), {**lake.metadata(path), "fingerprint": "conformed again by another night"})
    # Who hides a topic from now on is to be gone from a night that was run before, and so is a brand that changed.
    assert evidence.asked(lake, sources, model, LAST) == before
    for changed in (
        {"topics": TopicSettings(hidden=(("murmur:1", "chess"),))},
        {"brands": (Brand("acme", "Acme", hashtags=("acme",)),)},
    ):
        assert evidence.asked(lake, replace(sources, **changed), model, LAST) != before
    ledger = consent_ledger.read(lake)
    [actor] = lake.read(lake.conformed("activity", LAST))["actor"].to_pylist()[:1]
    for key, is_same in (("murmur:of-another-day", True), (actor, False)):
        said = consent_ledger.Word(ledger.hashed(key)[0], "opt_out", "no", "murmur", "murmur", "accounts.csv", LAST)
        consent_ledger.append(lake, ledger, "murmur", [said])
        assert (evidence.asked(lake, sources, model, LAST) == before) is is_same


def test_backwards_gives_the_same_bytes(home, world, tmp_path):
    """Newest day first, on an empty lake, each alone: every published file is equal byte for byte to those of both at once.

    Of several days, tasks keep what they make of the newest only."""
    for day in ("2026-03-05", "2026-03-04"):
        run(tmp_path, day, world)
    kept = {
        place: sorted(
            ds for ds in (FIRST + timedelta(3), LAST) if Lake(place / "lake").exists(f"features/ties/ds={ds}")
        )
        for place in (home, tmp_path)
    }
    assert kept == {home: [LAST], tmp_path: [FIRST + timedelta(3), LAST]}
    assert [row[0] for row in query(tmp_path, "SELECT ds::VARCHAR FROM meta.publish_log ORDER BY version")] == [
        "2026-03-05",
        "2026-03-04",
    ]
    assert file_hashes(tmp_path) == file_hashes(home)
    assert len(file_hashes(home)) == 2 * len(TABLES)


def test_a_task_done_again_makes_its_features_and_nothing_stale_is_taken(home, world):
    """Each task alone: the same bytes; what is gone, or was made of something else, names the job that makes it."""
    lake, sources, model = Lake(home / "lake"), read_sources(world), read_model(ROOT / "sql" / "models" / "v2.toml")
    arguments = ["--day", str(LAST), "--lake", str(home / "lake"), "--sources", str(world)]
    folders = sorted(file.parent for file in (home / "lake" / "features").glob(f"*/ds={LAST}/part-0.parquet"))
    before = {file: file.read_bytes() for folder in folders for file in folder.glob("*.parquet")}
    assert len(before) > 15
    for task, job in (("ties", ties), ("graph", graph), ("reach", reach)):
        for table in evidence.TASKS[task]:
            lake.remove(lake.features(table, LAST))
        job.main(arguments)
        assert {file: file.read_bytes() for file in before} == before, task
    for task, wants in (("ties", "graph"), ("graph", "network")):
        kept = evidence.TASKS[task][-1]
        path = lake.features(kept, LAST)
        metadata, rows = lake.metadata(path), lake.read(path)
        lake.remove(path)
        with pytest.raises(InvalidInput, match=rf"run jobs/{task}\.py --day {LAST} first"):
            evidence.load(lake, sources, model, LAST).make(wants)
        lake.write(path, rows, {**metadata, "window": "other"})
        with pytest.raises(InvalidInput, match=rf"other snapshots; run jobs/{task}\.py --day {LAST} first"):
            evidence.load(lake, sources, model, LAST).make(wants)
        evidence.load(lake, sources, model, LAST).make(task)
    path = lake.features("ties", LAST)
    metadata, rows = lake.metadata(path), lake.read(path)
    lake.write(path, rows.replace_schema_metadata({"people": "others"}), metadata)  # as if somebody had been erased
    with pytest.raises(InvalidInput, match=r"are of other people; run jobs/ties\.py"):
        graph.main(arguments)
    ties.main(arguments)
    assert {file: file.read_bytes() for file in before} == before


def conformed(lake: Lake) -> dict[str, list[dict]]:
    """The rows of the last day's conformed tables, in one order."""
    tables = {table: lake.read(lake.conformed(table, LAST)).to_pylist() for table in CONFORMED}
    return {table: sorted(rows, key=str) for table, rows in tables.items()}


def test_buckets_give_the_bytes_of_one_process(home, world, tmp_path, monkeypatch):
    """The same lake's day, conformed anew and computed on buckets, as a large one is."""
    monkeypatch.setenv("CLOUT_BUCKETS", "2")
    lake, sources, model = Lake(home / "lake"), read_sources(world), read_model(ROOT / "sql" / "models" / "v2.toml")
    before = conformed(lake)
    lake.remove(lake.conformed("activity", LAST))
    conform.conform(lake, sources, model, LAST)
    assert conformed(lake) == before
    for task in evidence.TASKS:  # each of its own, as a job is
        loaded = evidence.load(lake, sources, model, LAST)
        assert isinstance(loaded.engine, Buckets)
        loaded.make(task)
    staged = Staged(Lake(tmp_path), LAST, "by-hand")
    score.stage(evidence.load(lake, sources, model, LAST), lake, staged)
    one_process = Staged(Lake(home / "staging"), LAST, "by-hand")
    for table in SCORED:
        files = [
            Path(each.root.root, each.table(table), "part-0.parquet").read_bytes() for each in (staged, one_process)
        ]
        assert files[0] == files[1], table


def test_an_empty_day_stops_publication_and_yesterday_stays(home, world):
    before = published(home).read_bytes()
    with pytest.raises(InvalidInput, match=r"2026-03-06 is not published: activity\.row_count failed"):
        run(home, "2026-03-06", world)
    assert published(home).read_bytes() == before
    assert query(home, f"SELECT count(*) > 200 FROM clout.scores WHERE ds = '{LAST}'") == [(True,)]


def test_the_page_of_a_person_reads(home, capsys):
    [(leader, score)] = query(
        home, f"SELECT person_id, round(score, 1) FROM clout.leaderboard WHERE ds = '{LAST}' AND place = 1"
    )
    person.main(["--person", leader, "--warehouse", str(home / "warehouse")])
    page = capsys.readouterr().out
    assert f"({leader})   05 March 2026, model v2\n\nScore {score}   90 % interval" in page
    for part in (
        "place 1 of",
        "True Reach",
        "Why: ",
        "since 04 March",
        "one more trusted person shares a post",
        "Moves",
    ):
        assert part in page
    [(excused,)] = query(home, f"SELECT min(person_id) FROM clout.scores WHERE ds = '{LAST}' AND score IS NULL")
    person.main(["--person", excused, "--day", "2026-03-05", "--warehouse", str(home / "warehouse")])
    assert "No score: insufficient evidence" in capsys.readouterr().out
    # By a name: several people are listed, with the keys to ask by.
    person.main(["--person", "oak", "--warehouse", str(home / "warehouse")])
    listed = capsys.readouterr().out.splitlines()
    assert listed[0].endswith("people; take one of these")
    assert all("Oak" in line for line in listed[1:10])
    with pytest.raises(InvalidInput, match="murmur:nobody is not published"):
        person.main(["--person", "murmur:nobody", "--warehouse", str(home / "warehouse")])


def test_the_readmes_queries_run_as_printed(home):
    blocks = re.findall(
        r"```sql\n(.*?)```", (ROOT / "sql" / "warehouse" / "README.md").read_text(encoding="utf-8"), re.DOTALL
    )
    queries = [each.strip() for block in blocks for each in block.split(";\n") if each.strip()]
    for table in ("scores", "platform_scores", "score_explanations", "score_changes", "influences"):
        assert sum(f"clout.{table} " in f"{each} ".replace("\n", " ") for each in queries) >= 5, table
    for each in queries:
        assert query(home, each), f"no rows: {each}"


def test_the_world_is_the_same_every_time(tmp_path):
    days = [FIRST, LAST]
    write(tmp_path / "a", days)
    write(tmp_path / "b", days[::-1])
    files = {
        file.relative_to(tmp_path / "a"): file.read_bytes() for file in (tmp_path / "a").rglob("*") if file.is_file()
    }
    assert len(files) > 8
    assert all((tmp_path / "b" / name).read_bytes() == content for name, content in files.items())


def test_an_erased_person_is_gone_and_does_not_come_back(home, world, capsys):
    """Last, since it changes what is published. The exports still hold the person: they are the operator's own."""
    [(key, handle)] = query(
        home,
        "SELECT account_key, handle FROM clout.accounts JOIN clout.scores USING (ds, person_id)"
        f" WHERE ds = '{LAST}' AND score IS NOT NULL ORDER BY score DESC, account_key LIMIT 1",
    )
    request = [f"--{name}={home / name}" for name in ("lake", "staging", "warehouse", "reports")]
    request += ["--day", LAST.isoformat(), "--sources", str(world), "--key", key]
    with pytest.raises(InvalidInput, match="the person is still in"):
        erase.main([*request, "--check-only"])
    before = query(home, "SELECT ds, person_id FROM clout.scores")
    erase.main(request)
    assert set(before) - set(query(home, "SELECT ds, person_id FROM clout.scores")) == {
        (day, person) for day, person in before if person == key
    }
    run(home, LAST.isoformat(), world)  # pulls again, and every check of the audit passes
    assert query(home, f"SELECT count(*) > 50 FROM clout.scores WHERE ds = '{LAST}'") == [(True,)]
    erase.main([*request, "--check-only", "--name", handle])
    assert "nothing of the person is left" in capsys.readouterr().out
    shutil.rmtree(home / "out", ignore_errors=True)  # what was exported before is the operator's to remove
    assert said_no.found(said_no.outputs(home, [key]), {key, handle}) == {}
