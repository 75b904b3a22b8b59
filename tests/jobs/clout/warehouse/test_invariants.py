"""The publish contract's invariants (clout/warehouse/contract.py), the same suite over all three backends.

A fault at every step that the code marks; a state machine against a dictionary; interleavings of nights and backfills.
By default a part of what there is to try: CLOUT_FAULTS=all CLOUT_INTERLEAVINGS=200 make test ARGS="-k invariants" tries all.
"""

from __future__ import annotations

import ast
import os
import random
import shutil
import signal
import sqlite3
from collections.abc import Iterator
from datetime import date, timedelta
from pathlib import Path

import clout.warehouse
import duckdb
import pytest
import warehouses
from clout.errors import InvalidInput
from clout.warehouse import contract
from clout.warehouse.versions import Conflict
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)
from staged_run import DAY, NEXT
from warehouses import BACKENDS, Fault, Place, Watch, at_steps, dying, fault_at, now, recorded

THIRD = DAY + timedelta(days=2)

pytestmark = pytest.mark.filterwarnings("ignore:Delete operation did not match")


@pytest.fixture(params=BACKENDS)
def place(request: pytest.FixtureRequest, tmp_path: Path) -> Place:
    """An empty warehouse of each kind."""
    cluster = request.getfixturevalue("postgres") if request.param == "postgres" else None
    return Place(request.param, tmp_path, cluster)


# A fault at every step --------------------------------------------------------------------------------------------------


#: Steps of healing, which no publication takes; test_damage.py does.
HEALING = {"a file is put back", "a table is put back"}


def marked(kind: str) -> set[str]:
    """The steps in the code of a backend that publishing, rolling back, forgetting and erasing take."""
    folder = Path(clout.warehouse.__path__[0])
    beside = {"postgres": ("postgres_locks.py", "postgres_schema.py")}
    modules = {f"{kind}_backend.py", *beside.get(kind, ("content_files.py",))}
    calls = (
        node
        for module in modules
        for file in folder.rglob(module)
        for node in ast.walk(ast.parse(file.read_text(encoding="utf-8")))
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "step"
    )
    return {ast.literal_eval(call.args[0]) for call in calls} - HEALING


FAULTS = ("kill", "exception", "full")

#: What is tried: an action on (NEXT zero, DAY one, DAY newer), and what the two days show after it.
ACTIONS = {
    "first": {DAY: "third"},
    "publish": {DAY: "third", NEXT: "zero"},
    "rollback": {DAY: "one", NEXT: "zero"},
    "gc": {DAY: "newer", NEXT: "zero"},
    "erase": {DAY: "newer erased", NEXT: "zero erased"},
}


def chosen(names: list[str], turn: int) -> list[tuple[int, str]]:
    """Every other step of an action with one fault, others for the next action; or each with all, and at its last time too."""
    first = {name: names.index(name) for name in names}
    last = {name: len(names) - 1 - names[::-1].index(name) for name in names}
    if os.environ.get("CLOUT_FAULTS") == "all":
        return [(at, fault) for at in sorted({*first.values(), *last.values()}) for fault in FAULTS]
    return [
        (at, FAULTS[(turn + number) % len(FAULTS)])
        for number, at in enumerate(first.values())
        if (turn + number) % 2 == 0
    ]


def test_a_fault_at_any_step_harms_nobody(place: Place) -> None:
    """No torn read, no row lost or doubled; the re-run completes; gc finds nothing left."""
    tried, looks, taken = 0, 0, set()
    for turn, (action, after) in enumerate(ACTIONS.items()):
        if action != "first":
            shutil.rmtree(place.root, ignore_errors=True)
            place = Place(place.kind, place.folder, place.cluster)
            for day, run, label in ((NEXT, "r0", "zero"), (DAY, "r1", "one"), (DAY, "r2", "newer")):
                place.publish(day, run, label)
        elif not place.cluster:
            place.root.mkdir()
        place.stage(DAY, "r3", "third")
        work = (place.address, "publish" if action == "first" else action, place.staging, DAY, "r3")
        place.keep()
        before = place.shown()
        names = recorded(lambda work=work: warehouses.do(*work))
        assert place.shown() == after
        taken |= set(names)
        for index, fault in chosen(names, turn):
            place.put_back()
            # An erasure removes what a client may be reading, as it must.
            forgives = (duckdb.Error, sqlite3.Error, FileNotFoundError, OSError) if action == "erase" else ()
            with Watch(place, forgives) as watch:
                ended = dying(index, fault, *work)
                assert ended in ({"kill": (-signal.SIGKILL,), "exception": (3,)}.get(fault, (0, 3))), (
                    action,
                    names[index],
                )
                assert place.shown() in (before, after), (action, names[index], fault)
                warehouses.do(*work)
                assert place.shown() == after, (action, names[index], fault)
            assert all(seen in (before, after) for seen in watch.seen), (action, names[index], fault)
            place.open().gc(1000, now())
            assert place.orphans() == [], (action, names[index], fault)
            versions = [entry.version for entry in place.open().log()]
            assert versions == list(range(1, len(versions) + 1))
            tried, looks = tried + 1, looks + watch.looks
    assert taken == marked(place.kind), "a step of the code was never taken"
    print(f"{place.kind}: {tried} faults, {looks} looks of a reader, no torn read")


# Two at once ------------------------------------------------------------------------------------------------------------


def test_of_two_publishers_of_one_day_one_is_told_of_the_conflict(place: Place) -> None:
    place.publish(NEXT, "r0", "zero")
    warehouse = place.open()
    staged = [place.stage(DAY, run, label) for run, label in (("r1", "one"), ("r2", "newer"))]
    seen = [warehouse.head(DAY) for _ in staged]
    first = warehouse.publish(contract.release(staged[0]), staged[0], now(), seen[0])
    with pytest.raises(Conflict, match=rf"{DAY} was published as version {first.version} by run r1 while run r2"):
        warehouse.publish(contract.release(staged[1]), staged[1], now(), seen[1])
    assert place.shown() == {DAY: "one", NEXT: "zero"}
    again = warehouse.publish(contract.release(staged[1]), staged[1], now(), warehouse.head(DAY))
    assert again.is_new
    assert place.shown() == {DAY: "newer", NEXT: "zero"}


def test_publishers_of_different_days_both_succeed(place: Place) -> None:
    place.publish(THIRD, "r0", "zero")
    for day, run, label in ((DAY, "r1", "one"), (NEXT, "r2", "two")):
        place.stage(day, run, label)
    with Watch(place):
        started = [
            warehouses.started(warehouses.do, place.address, "publish", place.staging, day, run)
            for day, run in ((DAY, "r1"), (NEXT, "r2"))
        ]
        for process in started:
            process.join(120)
    assert [process.exitcode for process in started] == [0, 0]
    assert place.shown() == {DAY: "one", NEXT: "two", THIRD: "zero"}


def test_an_older_run_replaces_a_newer_one_only_with_a_reason(place: Place) -> None:
    older = place.stage(DAY, "r1", "one")
    place.publish(DAY, "r2", "newer")
    with pytest.raises(InvalidInput, match="before run r2"):
        place.open().publish(contract.release(older), older, now())
    assert place.shown() == {DAY: "newer"}
    place.open().publish(contract.release(older, "the newer one used a wrong export"), older, now())
    assert place.shown() == {DAY: "one"}


# Any order --------------------------------------------------------------------------------------------------------------


def interleaved(runs: list[tuple[date, str, str]], choose: random.Random) -> list[tuple[str, tuple[date, str, str]]]:
    """The three acts of every run, mixed; each run's own acts in order."""
    left = {run: ["stage", "look", "publish"] for run in runs}
    order = []
    while left:
        run = choose.choice(sorted(left))
        order.append((left[run].pop(0), run))
        left = {each: acts for each, acts in left.items() if acts}
    return order


def test_interleavings_of_nights_and_backfills_equal_the_sequential_result(place: Place, tmp_path: Path) -> None:
    """The run that read the sources last is shown, however the publications fell; a conflict is met by trying again."""
    count = int(os.environ.get("CLOUT_INTERLEAVINGS") or (60 if place.kind == "postgres" else 12))
    conflicts = older = 0
    for number in range(count):
        if number % 10 == 0:  # a warehouse serves ten interleavings, with days of their own: it slows as it grows
            place = Place(place.kind, tmp_path / str(number), place.cluster)
        choose = random.Random(number)
        day = DAY + timedelta(days=3 * number)
        runs = [
            (day, f"nightly-{number}", "n"),
            (day, f"backfill-{number}", "bb"),
            (day + timedelta(1), f"b2-{number}", "ccc"),
        ]
        runs = [(each, run, label + "x" * choose.randint(0, 3)) for each, run, label in runs[: choose.randint(2, 3)]]
        staged, heads, expected = {}, {}, {}
        for act, (each, run, label) in interleaved(runs, choose):
            if act == "stage":
                staged[run] = place.stage(each, run, label)
                expected[each] = label
            elif act == "look":
                heads[run] = place.open().head(each)
            else:
                for _ in range(2):
                    try:
                        place.open().publish(contract.release(staged[run]), staged[run], now(), heads[run])
                        break
                    except Conflict:
                        conflicts += 1
                        heads[run] = place.open().head(each)
                    except InvalidInput:  # it was staged before what is shown
                        older += 1
                        break
        shown = place.shown()
        assert {each: shown[each] for each in expected} == expected, (number, runs)
    print(f"{place.kind}: {count} interleavings, {conflicts} conflicts, {older} older runs refused")


class Machine(RuleBasedStateMachine):
    """Whatever operators and faults do, the warehouse is what a dictionary says."""

    places: Iterator[Place]
    days = st.sampled_from([DAY, NEXT, THIRD])

    @initialize()
    def start(self) -> None:
        """An empty warehouse, and an empty model."""
        self.place = next(type(self).places)
        self.runs: list[tuple[date, str, contract.Release]] = []
        self.log: list[tuple[date, str]] = []  # of every version: the day, and the label that it then showed
        self.contents: list[int] = []  # the version that brought the content
        self.readable: set[int] = set()

    def published(self, day: date, label: str, content: int | None = None) -> None:
        """A version more in the model."""
        self.log.append((day, label))
        self.contents.append(content or len(self.log))
        self.readable.add(len(self.log))

    def state(self, version: int | None = None) -> dict[date, str]:
        """What each day shows in the model."""
        return dict(sorted(dict(self.log[:version]).items()))

    @rule(day=days)
    def deliver(self, day: date) -> None:
        """A run is staged and not yet published."""
        label = f"d{len(self.runs)}" + "x" * len(self.runs)
        staged = self.place.stage(day, f"r{len(self.runs)}", label)
        self.runs.append((day, label, contract.release(staged, "any order")))

    @precondition(lambda self: self.runs)
    @rule(data=st.data(), crash=st.one_of(st.none(), st.integers(0, 12)))
    def publish(self, data: st.DataObject, crash: int | None) -> None:
        """One of the runs is published, for the first time or again; perhaps it fails at a step, and is tried again."""
        number = data.draw(st.integers(0, len(self.runs) - 1))
        day, label, release = self.runs[number]
        from clout.lake.partitions import Lake
        from clout.lake.staging import Staged

        staged = Staged(Lake(self.place.staging), day, release.run)
        of_day = [(shown, number) for number, (each, shown) in enumerate(self.log) if each == day]
        known = [shown for shown, _ in of_day]
        if crash is not None:
            try:
                with at_steps(fault_at(crash, "exception", on_server=False)):
                    self.place.open().publish(release, staged, now())
            except Fault:
                assert self.place.shown() in (self.state(), self.state() | {day: label})
        version = self.place.open().publish(release, staged, now())
        if label in known:
            assert not version.is_new or crash is not None
        else:
            self.published(day, label)
            assert version.version == len(self.log)

    @precondition(lambda self: len(self.log) > 1)
    @rule(data=st.data())
    def rollback(self, data: st.DataObject) -> None:
        """A day is shown as one of its versions brought it."""
        to = data.draw(st.integers(1, len(self.log)))
        day, label = self.log[to - 1]
        content = self.contents[to - 1]
        shown = max(number for number, (each, _) in enumerate(self.log) if each == day)
        if content == self.contents[shown]:
            assert not self.place.open().rollback(day, to, "a test", now()).is_new
            return
        try:
            assert self.place.open().rollback(day, to, "a test", now()).version == len(self.log) + 1
        except InvalidInput:
            assert all(content not in self.shown_contents(version) for version in self.readable)
        else:
            self.published(day, label, content)

    def shown_contents(self, version: int) -> set[int]:
        """The content versions that are shown in a state."""
        return set({self.log[i][0]: self.contents[i] for i in range(version)}.values())

    @rule(days=st.permutations([DAY, NEXT, THIRD]))
    def backfill(self, days: list[date]) -> None:
        """Every day is run and published, in any order."""
        for day in days:
            self.deliver(day)
            day, label, release = self.runs[-1]
            assert self.place.publish(day, release.run, label).is_new
            self.published(day, label)

    @precondition(lambda self: self.log)
    @rule(everything=st.booleans())
    def gc(self, everything: bool) -> None:
        """Old states are forgotten, or only what a crash left."""
        self.place.open().gc(0 if everything else 1000, now())
        if everything:
            self.readable = {len(self.log)}
        assert self.place.orphans() == []

    @invariant()
    def readers_see_the_model(self) -> None:
        """A plain client sees what the dictionary says."""
        assert self.place.shown() == self.state()

    @invariant()
    def the_log_is_the_models(self) -> None:
        """The log has every version once, and one earlier state that is kept reads as it was."""
        log = self.place.open().log()
        assert [(entry.version, entry.ds) for entry in log] == [(n, day) for n, (day, _) in enumerate(self.log, 1)]
        if self.readable:
            version = min(self.readable)
            rows = self.place.open().read("clout.scores", version).to_pylist()
            assert {row["ds"]: row["model_version"] for row in rows} == self.state(version)
            assert len(rows) == 2 * len(self.state(version))


def test_whatever_happens_the_warehouse_is_what_a_dictionary_says(
    request: pytest.FixtureRequest, place: Place, tmp_path: Path
) -> None:
    Machine.places = (Place(place.kind, tmp_path / str(number), place.cluster) for number in range(10_000))
    run_state_machine_as_test(
        Machine,
        settings=settings(
            max_examples=6, stateful_step_count=8, deadline=None, suppress_health_check=list(HealthCheck), database=None
        ),
    )
