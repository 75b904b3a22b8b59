"""Look after the lake and the staged runs: list what is damaged, and make it again.

    lake.py check [--day DAY | --from DAY --to DAY] [--adopt [PATH ...]]
    lake.py heal  [--day DAY | --from DAY --to DAY]

`check` compares all that is there with its checksums, and lists what is not as it was written, what is gone, and what has no
checksums: exit status 65 where anything is damaged. `heal` makes the damaged parts again: from the copy of what is kept
twice, from your files, from raw pages, by conforming and measuring again; damaged raw pages it asks the platform for once
more, where that still shows them. It says what cannot be made again.
"""

from __future__ import annotations

import argparse
import re
from collections import Counter
from collections.abc import Collection
from datetime import UTC, date, datetime, timedelta
from typing import Any

import audit
import baseline
import conform
import score
from clout.config import arguments
from clout.config.sources import Source, Sources, read_sources
from clout.errors import InvalidInput, run_main
from clout.lake.check import Found, damage, damage_of, is_note, paths, unsealed
from clout.lake.damaged import Damaged
from clout.lake.partitions import Lake, days_between
from clout.lake.schemas import CONFORMED
from clout.lake.staging import Staged
from clout.platforms.http.raw_pages import RawPages
from clout.platforms.pull.puller import ask_again, inventory, pull
from clout.privacy.row_deletion import PURGED
from clout.quality import first_night
from clout.terminal import printable
from clout.warehouse.factory import open_warehouse

#: Later than any day may be asked about: what is made again is made of what is stored.
_NEVER = timedelta(days=36_500)
_PUT_BACK = "put its files back and heal again"
_LOGS = ("erasure_log", "purge_log")


def arg_parser() -> argparse.ArgumentParser:
    parser = arguments.parser("lake", __doc__, raw=True)
    commands = parser.add_subparsers(dest="command", required=True)
    for name, help in (("check", "list damage"), ("heal", "make again what is damaged")):
        added = commands.add_parser(name, help=help)
        arguments.add(added, "lake", "staging", "warehouse", "sources", "model")
        added.add_argument("--day", type=arguments.day, help="one day, and what belongs to none; without it, all")
        added.add_argument("--from", dest="first", type=arguments.day, help="the first of several days")
        added.add_argument("--to", dest="last", type=arguments.day, help="the last of them")
        if name == "check":
            added.add_argument(
                "--adopt",
                nargs="*",
                metavar="PATH",
                help="give checksums to what has none, and to these paths as they are, damaged or gone",
            )
    return parser


def main(argv: list[str]) -> None:
    """Do what the command line says. Raises InvalidInput where damage is left."""
    args = arg_parser().parse_args(argv)
    days = chosen_days(args)
    lake, staging = Lake(args.lake), Lake(args.staging)
    if args.command == "check":
        left = check(lake, staging, days, args.adopt)
    else:
        with lake.together("heal"):  # nobody who is being erased is made again
            left = Healer(lake, staging, args).heal(days)
    if left:
        raise InvalidInput(f"{left} parts of {lake.uri} and {staging.uri} are damaged")


def chosen_days(args: argparse.Namespace) -> list[date] | None:
    """The days that a command line names; None for all."""
    if args.day is not None:
        if args.first or args.last:
            raise InvalidInput("--day is one day, --from and --to are several: give one or the other")
        return [args.day]
    if (args.first is None) != (args.last is None):
        raise InvalidInput("--from and --to go together")
    if args.first is None:
        return None
    if args.last < args.first:
        raise InvalidInput(f"--from {args.first} is later than --to {args.last}")
    return days_between(args.first, args.last)


def say(text: str) -> None:
    """Print a line at once."""
    print(printable(text), flush=True)


def check(lake: Lake, staging: Lake, days: Collection[date] | None, adopt: list[str] | None = None) -> int:
    """List damage; gives how much of it there is. adopt: see the command line."""
    if adopt is not None:
        for path in adopt:
            place = staging if re.match(r"\d{4}-\d{2}-\d{2}/", path) else lake
            if path not in paths(place):
                raise InvalidInput(f"{printable(path)}: no partition, raw day or note of {place.uri}; check lists them")
            place.checksums.adopt(path)
            say(f"adopted {path} as it is")
    left = 0
    for place in (lake, staging):
        for found in damage(place, days):
            left += 1
            say(f"damage: {place.location(found.path)}: {found.what}")
        without = unsealed(place, days)
        if adopt is not None:
            for path in without:
                place.checksums.adopt(path)
            if without:
                say(f"{place.uri}: {len(without)} parts were without checksums and have them now")
        elif without:
            say(
                f"{place.uri}: {len(without)} parts are not checksummed, such as {without[0]}: they were written before there"
                " were checksums, or are still being pulled; check --adopt takes them for right"
            )
    say(f"check: {left} damaged" if left else "check: no damage")
    return left


class _Stored:
    """A clock that shows a time at which no platform may be asked about the day any more."""

    def __init__(self, day: date) -> None:
        self.day = day

    def now(self) -> datetime:
        return datetime.combine(self.day, datetime.min.time(), UTC) + _NEVER

    def sleep(self, seconds: float) -> None:
        raise InvalidInput("nothing is asked while a lake is healed")


class Healer:
    """Makes damaged parts of a lake and of staged runs again."""

    def __init__(self, lake: Lake, staging: Lake, args: argparse.Namespace) -> None:
        self.lake, self.staging, self.args = lake, staging, args
        self._sources: Sources | None = None
        self._model: Any = None
        #: path -> why it is not healed.
        self.lost: dict[str, str] = {}

    @property
    def sources(self) -> Sources:
        """The sources that the lake was made of."""
        if self._sources is None:
            self._sources = read_sources(self.args.sources)
        return self._sources

    @property
    def model(self) -> Any:
        """The model of the features."""
        from clout.score.model import read_model

        if self._model is None:
            self._model = read_model(self.args.model)
        return self._model

    def heal(self, days: Collection[date] | None) -> int:
        """Heal what is damaged of the days, None for all; say of each part what became of it. Gives how much is left."""
        before: dict[tuple[Lake, str], Any] = {}
        mine: list[Found] = []
        for place in (self.lake, self.staging):
            for found in list(damage(place, days)):
                say(f"damage: {place.location(found.path)}: {found.what}")
                before[place, found.path] = _expected(place, found.path)
                mine += [found] if place is self.lake else []
        if not before:
            say("heal: no damage")
            return 0
        for step in (
            self._records,
            self._raw,
            self._snapshots,
            self._logs,
            self._conformed,
            self._seen,
            self._features,
        ):
            step([found for found in mine if self._is_damaged(self.lake, found)])
        self._staged([path for place, path in before if place is self.staging])
        left = 0
        for (place, path), expected in before.items():
            what = next((found.what for found in mine if found.path == path), "") if place is self.lake else ""
            if not self._is_damaged(place, Found(path, what)) and path not in self.lost:
                if expected is None:
                    how = "whether its bytes are those from before cannot be said, since what was expected is lost"
                elif _expected(place, path) == expected:
                    how = "byte for byte as before"
                else:
                    how = "made again; its bytes are not those from before"
                say(f"healed: {place.location(path)}: {how}")
            else:
                left += 1
                say(f"NOT healed: {place.location(path)}: {self.lost.get(path, what)}")
        return left

    def _is_damaged(self, place: Lake, found: Found) -> bool:
        """Whether something is still damaged, or still gone where nothing but a manifest knew of it."""
        if "platform=?" in found.path:
            end = f"snapshot_date={found.day}"
            there = [path for path in paths(place) if path.startswith("snapshots/manifest/") and path.endswith(end)]
            return not any(place.found(path) for path in there)
        if damage_of(place, found.path) is not None:
            return True
        return found.what.startswith("is missing") and not is_note(found.path) and place.found(found.path) is None

    # What is kept twice, and what only lost the note of what is expected ----------------------------------------------

    def _records(self, found: list[Found]) -> None:
        for each in found:
            sums, path = self.lake.checksums, each.path
            try:
                if sums.restore(path):
                    continue
            except Damaged:
                pass
            if is_note(path):
                if sums.note_agrees_with_itself(path):
                    sums.adopt_note(path)
                elif path.startswith("erased"):
                    self.lost[path] = (
                        "whom the lake must not show again is lost: restore the file from a backup, or erase them again,"
                        f" then {_adopt(path)}"
                    )
                else:
                    self.lost[path] = f"write it anew by hand, or {_adopt(path)} to do without"
            elif sums.agrees_with_itself(path):
                sums.adopt(path)

    def _raw(self, found: list[Found]) -> None:
        for each in found:
            if not each.path.startswith("raw/"):
                continue
            name, day = each.path.split("/")[1], each.day or date.min
            raw = RawPages(self.lake, name, day)
            known = self.lake.checksums.sealed_as(each.path) or {}
            gone = raw.drop_damaged()
            lost = raw.lacking(known)
            self.lake.checksums.unseal(each.path)
            try:
                ask_again(self.lake, self.sources.named(name), day, say)
            except InvalidInput as invalid:
                say(f"{each.path}: nobody could be asked again: {invalid}")
            left = raw.lacking(known)
            were = len(lost) if known else gone  # an hour goes with its note
            told = f"{were} files of pages were damaged or gone, {len(lost) - len(left)} of them are there again"
            if left or not known:
                named = f", such as {left[0]}" if left else ""
                told += (
                    f"; {len(left) or gone} are lost{named}, and nobody can be asked for them again: the day's snapshots"
                    " stay as they are, but could not be made again of what is left"
                )
            say(f"{each.path}: {told}")
            if self.lake.found(each.path) is not None:
                self.lake.checksums.adopt(each.path)

    # From the operator's files, or from raw pages -----------------------------------------------------------------------

    def _snapshots(self, found: list[Found]) -> None:
        parts = re.compile(r"(?:snapshots/)?([^/]+)/platform=([^/]+)/snapshot_date=(.*)")
        owed = {(date.fromisoformat(m[3]), m[2]): None for each in found if (m := parts.fullmatch(each.path))}
        for day, name in sorted(owed):
            paths = [f.path for f in found if f.day == day and f"/platform={name}/" in f.path]
            names = [source.name for source in self.sources.sources] if name == "?" else [name]
            for each in names:
                try:
                    source = self.sources.named(each)
                    if name == "?" and not self._holds(source, day):
                        continue
                    self._pull_again(source, day)
                    for path in paths:
                        if damage_of(self.lake, path) is not None and name != "?":
                            self.lost[path] = f"{_where(source)} holds nothing of it any more: {_PUT_BACK}"
                except InvalidInput as invalid:
                    self.lost |= dict.fromkeys(paths, str(invalid))

    def _holds(self, source: Source, day: date) -> bool:
        """Whether there is something to make a day's snapshots of again."""
        files = inventory(source, day)
        if files is not None:
            return bool(files)
        return self.lake.found(f"raw/{source.name}/{day.isoformat()}") is not None

    def _pull_again(self, source: Source, day: date) -> None:
        manifest = self.lake.snapshot("manifest", source.name, day)
        is_asked = "base_url" in source.options
        if not self._holds(source, day):
            raise InvalidInput(
                f"it was taken from {source.name} over HTTP, and the raw pages of {day} are gone: restore it from a backup, or"
                f" {_adopt('PATH')} to do without"
                if is_asked
                else f"{_where(source)} holds nothing for {day} any more: {_PUT_BACK}"
            )
        old = None
        try:
            old = self.lake.read(manifest) if self.lake.exists(manifest) else None
        except Damaged:
            self.lake.remove(manifest)
        pull(self.lake, source, [day], say, refresh=True, clock=_Stored(day) if is_asked else None)
        new = self.lake.manifest(source.name, day) or []
        if old is not None and _landed(old.to_pylist()) == _landed(new):
            self.lake.write(manifest, old)  # it says when the rows were really taken
        elif old is not None:
            then, now = (dict(sorted(_landed(rows))) for rows in (old.to_pylist(), new))
            say(f"{source.name} {day}: {_where(source)} holds other rows than at the time: {then} then, {now} now")
        elif is_asked:
            say(f"{source.name} {day}: its manifest says what the stored pages hold, not what was asked at the time")

    # What is computed -------------------------------------------------------------------------------------------------

    def _logs(self, found: list[Found]) -> None:
        for each in found:
            if each.path.startswith(_LOGS):
                self.lost[each.path] = (
                    f"a log is made by nobody twice: restore it from a backup, or {_adopt(each.path)}"
                )

    def _conformed(self, found: list[Found]) -> None:
        days = sorted({each.day for each in found if each.day and each.path.split("/")[0] in CONFORMED})
        for day in days:
            mine = [each.path for each in found if each.day == day and each.path.split("/")[0] in CONFORMED]
            if any(self._is_purged(name, day) for name in self.sources.platforms):
                self.lost |= dict.fromkeys(
                    mine,
                    "the day's interactions were purged for their age: it cannot be conformed again; restore it from a backup"
                    f" or {_adopt('PATH')}",
                )
                continue
            try:
                for table in CONFORMED:
                    self.lake.remove(self.lake.conformed(table, day))
                with self.lake.lock("conform"):
                    conform.conform_days(self.lake, self.sources, [day], of_the_past=True)
            except InvalidInput as invalid:
                self.lost |= dict.fromkeys(mine, str(invalid))

    def _seen(self, found: list[Found]) -> None:
        days = {each.day for each in found if each.day and each.path.startswith(f"{first_night.FOLDER}/")}
        for day in sorted(days):
            self.lake.remove(self.lake.conformed(first_night.FOLDER, day))
        first_night.remember(self.lake, sorted(days))  # as the lake has it now

    def _is_purged(self, source: str, day: date) -> bool:
        try:
            return bool((self.lake.metadata(self.lake.snapshot("interactions", source, day)) or {}).get(PURGED))
        except Damaged:
            return False

    def _features(self, found: list[Found]) -> None:
        from clout.score import evidence

        days = sorted({each.day for each in found if each.day and each.path.startswith("features/")})
        for day in days:
            mine = [each.path for each in found if each.day == day and each.path.startswith("features/")]
            try:
                for path in mine:
                    self.lake.remove(path)
                conform.conform(self.lake, self.sources, self.model, day)
                self._make(day, {evidence.task_of(path.split("/")[1]) for path in mine})
            except InvalidInput as invalid:
                self.lost |= dict.fromkeys(mine, str(invalid))

    def _make(self, day: date, tasks: set[str]) -> None:
        from clout.score import evidence

        if again := [task for task in evidence.TASKS if task in tasks]:
            loaded = evidence.load(self.lake, self.sources, self.model, day)
            for task in again:
                loaded.make(task)

    # Staged runs --------------------------------------------------------------------------------------------------------

    def _staged(self, found: list[str]) -> None:
        for run in sorted({"/".join(path.split("/")[:2]) for path in found}):
            mine = [path for path in found if path.startswith(f"{run}/")]
            day, name = date.fromisoformat(run.split("/")[0]), run.split("/")[1]
            try:
                self._stage(Staged(self.staging, day, name), [path.split("/")[2] for path in mine])
            except InvalidInput as invalid:
                again = f".venv/bin/python jobs/night.py --days {day} makes a run anew"
                self.lost |= dict.fromkeys(mine, f"{invalid}; {again}")

    def _stage(self, staged: Staged, damaged: list[str]) -> None:
        from clout.score import evidence

        made = None
        try:
            made = staged.read_json("run.json")
        except Damaged:
            self.staging.checksums.remove_note(f"{staged.folder}/run.json")
        score.stage(evidence.load(self.lake, self.sources, self.model, staged.day), self.lake, staged)
        again = staged.read_json("run.json") or {}
        if made and {**made, "staged_at": ""} == {**again, "staged_at": ""}:
            self.staging.checksums.write_note(f"{staged.folder}/run.json", made)  # it says when it was really staged
        if any(name.startswith("past") for name in damaged):  # as it is now: what was published since is among it
            baseline.write_baseline(staged, open_warehouse(self.args.warehouse))
        audit.report(audit.judge(self.lake, staged))


def _landed(rows: list[dict[str, Any]]) -> Counter[tuple[str, int]]:
    """What a manifest says of the rows, whatever was asked for them."""
    landed = Counter[str]()
    for row in rows:
        landed[row["table"]] += row["rows"]
    return Counter((table, number) for table, number in landed.items() if number)


def _where(source: Source) -> str:
    return str(source.path) if source.path else source.name


def _expected(place: Lake, path: str) -> Any:
    try:
        return place.checksums.expected(path)
    except Damaged:
        return None


def _adopt(path: str) -> str:
    return f"jobs/lake.py check --adopt {path}"


__all__ = ["Healer", "check", "main"]

if __name__ == "__main__":
    run_main(main)
