"""GitHub's hour files over HTTP, from the sandbox: what lands of good and damaged hours, and what is asked how often."""

from __future__ import annotations

import gzip
import json
from collections import Counter
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from clout.config.sources import Source, read_sources
from clout.errors import InvalidInput
from clout.lake.partitions import Lake
from clout.platforms.apis import gharchive
from clout.platforms.pull import puller
from clout.platforms.pull.hour_files import RawHours
from clout.platforms.pull.rows import PullReport
from clout.privacy.suppression import ErasedKeys, SuppressionList
from hosts import Host, SandboxClock
from mutations import mutations
from sandbox import github
from sandbox.history import delayed, moment
from sandbox.server import Sandbox
from sandbox.world import KINDS

DAY = date(2026, 3, 2)
NOW = "2026-03-03T00:20:00Z"
BUSY = 12  # an hour in which something happens
KIND_OF = {"quote": "reply"}  # GitHub has no quotes
UNLIMITED = {"github": 10**9}


@pytest.fixture(scope="module")
def box() -> Iterator[Sandbox]:
    with Sandbox(NOW, since=DAY, limits=UNLIMITED) as made:
        yield made


class Pull:
    """A pull of the sandbox's archive into a lake of its own, on the sandbox's clock."""

    def __init__(self, box: Sandbox, lake: Lake) -> None:
        self.box, self.lake = box, lake
        self.set()

    def set(self, *misbehave: str, **limits: int) -> None:
        self.box.change({"now": NOW, "misbehave": list(misbehave), "limits": UNLIMITED | limits, "clear_log": True})

    def __call__(self, late: timedelta = timedelta(0), refresh: bool = False, **options: Any) -> puller.Pulled:
        given = {"base_url": self.box.urls["gharchive"], **options}
        self.clock = SandboxClock(self.box)
        self.clock.time += late
        source = Source("gh", "gharchive", Path(), options=given)
        self.said: list[str] = []
        return puller.pull(self.lake, source, [DAY], say=self.said.append, refresh=refresh, clock=self.clock)

    @property
    def hours(self) -> dict[int, tuple[str, str | None]]:
        """How each hour ended."""
        rows = [row for row in self.lake.manifest("gh", DAY) or [] if row["endpoint"] == "hour_file"]
        return {int(row["subject"][11:-8]): (row["status"], row["reason"]) for row in rows}

    @property
    def completeness(self) -> tuple[str, str]:
        [row] = [row for row in self.lake.manifest("gh", DAY) or [] if row["endpoint"] == "completeness"]
        return row["status"], row["reason"]

    @property
    def asked(self) -> Counter[str]:
        """How often each hour was asked for."""
        return Counter(entry["path"] for entry in self.box.log)

    def rows(self, table: str = "interactions") -> list[dict[str, Any]]:
        place = self.lake.snapshot(table, "gh", DAY)
        return self.lake.read(place).to_pylist() if self.lake.exists(place) else []

    def keys(self, hour: int | None = None) -> list[str]:
        """The interactions that landed, as sorted keys."""
        rows = [row for row in self.rows() if hour is None or row["occurred_at"].hour == hour]
        return sorted(row["interaction_key"] for row in rows)


@pytest.fixture
def pull(box: Sandbox, lake: Lake) -> Pull:
    return Pull(box, lake)


@pytest.fixture(scope="module")
def honest(box: Sandbox, tmp_path_factory: pytest.TempPathFactory) -> Pull:
    """A pull in which nothing goes wrong."""
    made = Pull(box, Lake(tmp_path_factory.mktemp("honest")))
    made()
    made.box_log = list(box.log)
    return made


def test_a_day_is_the_worlds(honest: Pull) -> None:
    world = honest.box.world
    it, ends = delayed(world, "github", DAY), moment(DAY + timedelta(days=1))

    def key(person: int) -> str:
        return f"gh:{github.name_of(world, person).lower()}"

    acts: Counter[tuple[str, str, str, datetime]] = Counter()
    for actor, target, at, number in zip(
        *(column.tolist() for column in (it.actor, it.target, it.acted, it.kind)), strict=True
    ):
        if at >= ends:
            continue
        when, kind = datetime.fromtimestamp(at, UTC), KINDS[number]
        acts[KIND_OF.get(kind, kind), key(actor), key(target), when] += 1
        if kind == "mention":  # said in a comment on one's own repository
            acts["reply", key(actor), key(actor), when] += 1
    names = ("kind", "actor_key", "target_account_key", "occurred_at")
    assert Counter(tuple(row[name] for name in names) for row in honest.rows()) == acts
    assert {kind for kind, *_ in acts} == {"like", "share", "reply", "mention"}
    assert len(acts) > 60


def test_the_files_are_kept_as_they_came_and_the_manifest_counts(honest: Pull, box: Sandbox) -> None:
    assert [entry["path"] for entry in honest.box_log] == [f"/{DAY}-{hour}.json.gz" for hour in range(24)]
    assert not any(entry["authorization"] for entry in honest.box_log)
    folder = Path(honest.lake.root, "raw", "gh", str(DAY), "hour_file")
    view, total = box.view("github"), 0
    for hour in range(24):
        data = (folder / f"{DAY}-{hour}.json.gz").read_bytes()
        assert data == github.GitHub(view, "", frozenset()).hour_file(f"/{DAY}-{hour}.json.gz")
        events = gzip.decompress(data).count(b"\n")
        assert honest.hours[hour] == ("complete", f"{events} events")
        total += events
    assert honest.completeness[0] == "complete"
    assert honest.completeness[1].startswith(f"{total} events in 24 of 24 hours, fewest ")
    assert {row["raw_ref"].rsplit(":", 1)[0] for row in honest.rows()} <= {
        f"raw/gh/{DAY}/hour_file/{DAY}-{hour}.json.gz" for hour in range(24)
    }


def test_a_finished_day_makes_no_request(pull: Pull) -> None:
    pull()
    landed = pull.keys()
    pull.set()
    assert pull().reused == [DAY]
    pull(refresh=True)  # reads what is stored
    pull(refresh=True, late=timedelta(days=300))
    assert not pull.asked
    assert pull.keys() == landed


def test_a_past_day_is_asked_as_far_back_as_is_set(pull: Pull, honest: Pull) -> None:
    pull(late=timedelta(days=5))
    assert sum(pull.asked.values()) == 24
    assert pull.keys() == honest.keys()


def test_a_day_too_long_ago_is_not_asked(pull: Pull) -> None:
    assert pull(late=timedelta(days=7), backfill_days=7).written == []
    assert not pull.asked


def test_nothing_is_asked_before_the_last_hour_can_be_published(pull: Pull) -> None:
    pull.set()
    pull.box.change({"now": "2026-03-03T00:00:00Z"})
    pull()
    assert sum(pull.clock.slept) == 15 * 60
    assert len(pull.asked) == 24
    pull.box.change({"now": NOW})


@pytest.mark.parametrize("survived", range(24))
def test_a_pull_killed_at_any_request_resumes(pull: Pull, honest: Pull, survived: int) -> None:
    class KilledError(BaseException):
        pass

    class Killed(SandboxClock):
        def now(self) -> datetime:
            if len(self.sandbox.log) > survived:
                raise KilledError
            return super().now()

    source = Source("gh", "gharchive", Path(), options={"base_url": pull.box.urls["gharchive"]})
    with pytest.raises(KilledError):
        puller.pull(pull.lake, source, [DAY], say=lambda text: None, clock=Killed(pull.box))
    assert pull.lake.manifest("gh", DAY) is None
    pull()
    assert sum(pull.asked.values()) == 25  # only the request under way was made twice
    assert pull.keys() == honest.keys()
    assert pull.hours == honest.hours


# Damaged hours ---------------------------------------------------------------------------------------------------


def test_hours_that_are_missing_are_said_to_be_and_asked_for_again(pull: Pull, honest: Pull) -> None:
    pull.set("missing_hour@-7.json", f"missing_hour@-{BUSY}.json")
    pull()
    assert {hour for hour, end in pull.hours.items() if end == ("skipped", "missing")} == {7, BUSY}
    status, told = pull.completeness
    assert status == "truncated"
    assert told.endswith(f"; not there: {DAY}-7.json.gz, {DAY}-{BUSY}.json.gz")
    assert " in 22 of 24 hours" in told
    assert pull.keys() == sorted(set(honest.keys()) - set(honest.keys(7)) - set(honest.keys(BUSY)))
    assert pull.asked[f"/{DAY}-7.json.gz"] == 1
    pull.set()
    pull(refresh=True)
    assert sum(pull.asked.values()) == 2
    assert pull.keys() == honest.keys()


def test_a_day_without_any_hour_stays_owed(pull: Pull, honest: Pull) -> None:
    pull.set("missing_hour")
    pull()
    assert pull.completeness == (
        "skipped",
        "0 events in 0 of 24 hours; not there: " + ", ".join(f"{DAY}-{hour}.json.gz" for hour in range(24)),
    )
    assert not pull.lake.is_pulled("gh", DAY)
    pull.set()
    pull()
    assert pull.keys() == honest.keys()


@pytest.mark.parametrize(
    "trap", ["cut_file", "one_line", "bad_lines", "new_types", "old_events", "duplicate_events", "null_payloads"]
)
def test_what_can_be_read_of_a_damaged_hour_lands(pull: Pull, honest: Pull, trap: str) -> None:
    pull.set(f"{trap}@-{BUSY}.json")
    pull()
    mine, all_of_it = Counter(pull.keys(BUSY)), Counter(honest.keys(BUSY))
    status, reason = pull.hours[BUSY]
    assert (Counter(pull.keys()) - mine) == Counter(honest.keys()) - all_of_it
    assert pull.asked[f"/{DAY}-{BUSY}.json.gz"] == 1  # a file that is damaged there is not asked for again
    before = int(honest.hours[BUSY][1].split()[0])
    if trap == "cut_file":
        assert status == "truncated"
        assert reason.startswith("cut after line ")
        assert mine <= all_of_it
        assert mine != all_of_it
    elif trap == "one_line":
        assert (status, reason) == ("complete", "1 events")
        assert sum(mine.values()) <= 1 < before
    elif trap == "bad_lines":
        assert (status, reason) == ("complete", f"{before} events")
        assert mine == all_of_it
        assert [(row["file"], row["row"]) for row in pull.rows("quarantine")] == [
            (f"{DAY}-{BUSY}.json.gz", line) for line in (2, 3, 4, 5)
        ]
    elif trap == "new_types":
        assert reason == f"{before + 3} events; of types that are not known: HologramEvent 3"
        assert mine == all_of_it
    elif trap == "old_events":
        assert (status, reason) == ("complete", f"{before} events")
        acts = [
            Counter((r["kind"], r["actor_key"], r["target_account_key"], r["occurred_at"]) for r in rows)
            for rows in (
                [r for r in one.rows() if r["occurred_at"].hour == BUSY and r["kind"] != "mention"]
                for one in (pull, honest)
            )
        ]
        assert acts[0] == acts[1]  # mentions stood in texts, which old events have not
        assert len(acts[0]) > 5
    elif trap == "duplicate_events":
        assert reason == f"{2 * before} events"
        assert mine == all_of_it + all_of_it  # conform tells them by their keys
    else:
        assert (status, reason) == ("complete", f"{before} events")
        assert mine <= all_of_it
    assert pull.lake.is_pulled("gh", DAY)


@pytest.mark.parametrize("trap", ["html=2", "cut=2", "unavailable=2", "broken=2"])
def test_a_bad_answer_is_asked_for_again(pull: Pull, honest: Pull, trap: str) -> None:
    pull.set(f"{trap}@-{BUSY}.json")
    pull()
    assert pull.asked[f"/{DAY}-{BUSY}.json.gz"] == 3
    assert sum(pull.clock.slept) == 1 + 2
    assert pull.keys() == honest.keys()


def test_an_hour_that_stays_bad_fails_with_its_reason(pull: Pull, honest: Pull) -> None:
    pull.set(f"html@-{BUSY}.json")
    pull()
    assert pull.asked[f"/{DAY}-{BUSY}.json.gz"] == 6
    status, reason = pull.hours[BUSY]
    assert status == "failed"
    assert "HTTP 200 without a gzip file" in str(reason)
    assert not Path(pull.lake.root, "raw", "gh", str(DAY), "hour_file", f"{DAY}-{BUSY}.json.gz").exists()
    assert pull.keys() == sorted(set(honest.keys()) - set(honest.keys(BUSY)))


def test_a_body_has_a_cap_and_the_run_a_deadline(pull: Pull) -> None:
    big = Host()
    try:
        big.answers = {f"/{DAY}-{hour}.json.gz": (200, {}, gzip.compress(b"", mtime=0)) for hour in range(24)}
        big.answers[f"/{DAY}-3.json.gz"] = (200, {}, b"\x1f\x8b" + bytes(1_100_000))
        pull(base_url=big.url, max_body_mb=1)
        assert pull.hours[3] == ("failed", "body_cap")
        assert {end for hour, end in pull.hours.items() if hour != 3} == {("complete", "0 events")}
    finally:
        big.close()
    pull.lake = Lake(f"{pull.lake.root}-other")
    pull(max_requests=5)
    assert Counter(pull.hours.values())["skipped", "max_requests"] == 19
    assert sum(pull.asked.values()) == 5


def test_a_line_that_never_ends_does_not_fill_the_memory(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(gharchive, "_LONGEST_LINE", 1000)
    (tmp_path / f"{DAY}-0.json.gz").write_bytes(gzip.compress(b'{"type": "PushEvent"}\n' + b"x" * 5000))
    items = [
        item for item in gharchive.read(Source("gh", "gharchive", tmp_path), {DAY}) if isinstance(item, PullReport)
    ]
    assert items[0].status == "truncated"
    assert "longer than 1000 bytes" in str(items[0].reason)


# Limits and hosts ------------------------------------------------------------------------------------------------


def test_nothing_remaining_is_waited_for_until_the_reset(pull: Pull, honest: Pull) -> None:
    pull.set("too_many_requests=1@-3.json")
    pull()
    statuses = [entry["status"] for entry in pull.box.log]
    assert statuses == [200] * 3 + [403] + [200] * 21
    reset = datetime(2026, 3, 3, 1, tzinfo=UTC)  # the sandbox's window of an hour
    assert sum(pull.clock.slept) == pytest.approx((reset - datetime.fromisoformat(NOW)).total_seconds(), abs=6)
    assert pull.keys() == honest.keys()


def test_a_secondary_limit_is_waited_for_and_then_goes_slowly(pull: Pull, honest: Pull) -> None:
    pull.set("secondary_limit=1@-3.json")
    pull()
    assert [entry["status"] for entry in pull.box.log] == [200] * 3 + [403] + [200] * 21
    slept = sum(pull.clock.slept)
    assert 60 + 20 <= slept <= 66 + 24  # the minute, and a second before each of the rest
    assert pull.keys() == honest.keys()


def test_another_host_is_not_followed(pull: Pull) -> None:
    pull.set("redirect_away")
    pull()
    assert set(pull.hours.values()) == {("failed", "redirect_to_another_host")}
    assert not any(entry["asked_host"].startswith("localhost") for entry in pull.box.log)
    assert not pull.lake.is_pulled("gh", DAY)


# ErasedKeys people, mutated events, configuration --------------------------------------------------------------------


def test_an_erased_person_does_not_stay_nor_come_back(pull: Pull, honest: Pull) -> None:
    pull()
    name = Counter(row["actor_key"] for row in pull.rows()).most_common(1)[0][0].removeprefix("gh:")
    raw = RawHours(pull.lake, "gh", DAY)
    assert raw.erase(lambda text: name in text.lower()) > 0
    assert raw.erase(lambda text: name in text.lower()) == 0
    pull(refresh=True)
    left = {row["actor_key"] for row in pull.rows()} | {row["target_account_key"] for row in pull.rows()}
    assert f"gh:{name}" not in left
    assert len(left) > 20

    erased = ErasedKeys().and_also({f"gh:{name}"}, {name})
    again = RawHours(Lake(f"{pull.lake.root}-again"), "gh", DAY, SuppressionList("gh", frozenset(), erased))
    for hour in range(24):
        with RawHours(honest.lake, "gh", DAY).hour(hour).open() as stream:
            again.store(hour, stream, {"fetched_at": NOW, "bytes": 1})
        with again.hour(hour).open() as stream:
            assert name.encode() not in gzip.decompress(stream.read()).lower()


def test_mutated_events_are_kept_or_quarantined(tmp_path: Path, box: Sandbox) -> None:
    """At least 10,000 lines: no crash, and each is an event or lies in quarantine with its reason."""
    speaker = github.GitHub(box.view("github"), "", frozenset())
    first = {speaker.event(row)["type"]: row for row in range(box.view("github").table.at.size)}
    lines = [json.dumps(m) for row in first.values() for m in mutations(speaker.event(row), several=2500)]
    assert len(lines) >= 10_000
    (tmp_path / f"{DAY}-0.json.gz").write_bytes(gzip.compress("\n".join(lines).encode() + b"\n", compresslevel=1))
    rows = quarantined = 0
    reports: list[PullReport] = []
    for item in gharchive.read(Source("gh", "gharchive", tmp_path), {DAY}):
        if isinstance(item, PullReport):
            reports.append(item)
        elif item.table == "quarantine":
            quarantined += item.rows.num_rows
            assert all(reason.startswith("not a GitHub event") for reason in item.rows["reason"].to_pylist())
        elif item.table == "interactions":
            rows += item.rows.num_rows
            item.rows.validate(full=True)
    report = reports[0]
    assert report.reason == f"{len(lines) - quarantined} events"
    assert (report.rows, report.rows_quarantined) == (rows, quarantined)
    assert rows > 1000
    assert quarantined > 1000


def test_the_configuration_takes_an_address_or_a_folder(tmp_path: Path) -> None:
    file = tmp_path / "sources.toml"
    entry = '[[source]]\nname = "github"\nreader = "gharchive"\n'
    file.write_text(entry + 'base_url = "https://archive.example"\ncontact = "ops@example.org"\n')
    source = read_sources(file).named("github")
    assert source.options == {"base_url": "https://archive.example", "contact": "ops@example.org"}
    for wrong, why in (
        ('base_url = "https://archive.example"', "contact is missing"),
        ('base_url = "https://archive.example"\npath = "."', "a path and a base_url"),
        ("", "path is missing"),
        ('base_url = "https://u:p@archive.example"', "base_url is not a web address"),
    ):
        file.write_text(entry + wrong + "\n")
        with pytest.raises(InvalidInput, match=why):
            read_sources(file)
