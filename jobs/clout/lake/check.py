"""Finds damage in a lake or a staging area: files that differ from what was written, and files that are missing.

Compares every partition, raw day and note with its checksums. Of a lake from before checksums it still finds what manifests
and conformed days say must be there.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from datetime import date

from pyarrow import fs as pafs

from clout.errors import InvalidInput
from clout.lake.checksums import EXPECTED, SEAL
from clout.lake.damaged import Damaged
from clout.lake.partitions import Lake
from clout.lake.schemas import SNAPSHOTS

_PARTITION = re.compile(r"(?:.*/)?(?:ds|snapshot_date)=(\d{4}-\d{2}-\d{2})")
_RAW = re.compile(r"raw/[^/]+/(\d{4}-\d{2}-\d{2})")
_STAGED = re.compile(r"(\d{4}-\d{2}-\d{2})/[^/]+/[^/]+")
_DAY = re.compile(r"\d{4}-\d{2}-\d{2}")


@dataclass(frozen=True)
class Found:
    """Damage: where, and what it is. `path` is a partition's, a raw day's or a note's, relative to the place."""

    path: str
    what: str

    @property
    def day(self) -> date | None:
        """The day that it belongs to; None of what belongs to all."""
        return day_of(self.path)


def day_of(path: str) -> date | None:
    """The day in a path."""
    found = _DAY.search(path)
    return date.fromisoformat(found[0]) if found else None


def is_note(path: str) -> bool:
    """Whether a path is a JSON file's, not a partition's."""
    return path.endswith((".json", ".jsonl"))


def paths(place: Lake) -> list[str]:
    """Every partition, raw day and note that is there, or must be."""
    there = set(_walk(place, "")) | set(place.checksums.all_expected())
    # A staged run that went whole is no damage: nothing is made of it any more.
    runs = {"/".join(path.split("/")[:2]) for path in there if _STAGED.fullmatch(path)}
    gone = {run for run in runs if not place.is_folder(run)}
    return sorted(path for path in there if "/".join(path.split("/")[:2]) not in gone)


def _walk(place: Lake, folder: str) -> Iterator[str]:
    where = f"{place.root}/{folder}".rstrip("/")
    for info in place.fs.get_file_info(pafs.FileSelector(where, allow_not_found=True)):
        name = info.base_name
        path = f"{folder}/{name}".lstrip("/")
        if name.startswith((".", "_")) or path == EXPECTED:
            continue
        if _PARTITION.fullmatch(path) or _RAW.fullmatch(path) or (_STAGED.fullmatch(path) and not is_note(path)):
            yield path
        elif info.type == pafs.FileType.Directory:
            yield from _walk(place, path)
        elif is_note(path):
            yield path


def damage(place: Lake, days: Collection[date] | None = None) -> Iterator[Found]:
    """Everything that is not as it was written. days: only of these, and what belongs to no day."""
    damaged = set()
    chosen = [path for path in paths(place) if days is None or (day_of(path) or min(days)) in days]
    for path in chosen:
        if (what := damage_of(place, path)) is not None:
            damaged.add(path)
            yield Found(path, what)
    for found in _missed(place, chosen):
        if found.path not in damaged:
            damaged.add(found.path)
            yield found


def damage_of(place: Lake, path: str) -> str | None:
    """What is wrong with one partition, raw day or note; None where nothing is."""
    try:
        if path.endswith(".jsonl"):
            place.checksums.read_file(path)
        elif is_note(path):
            place.checksums.read_note(path)
        elif not _RAW.fullmatch(path) and place.exists(path):
            place.checksums.compare(path)
            if place.checksums.state(path) == "not checksummed":
                place.count(path)  # whether it can be read is all that can be said
        else:
            place.checksums.compare(path)
    except Damaged as found:
        return found.what if found.path == path else f"{found.path.removeprefix(f'{path}/')}: {found.what}"
    except FileNotFoundError:
        return "went while it was looked at"
    return None


def unsealed(place: Lake, days: Collection[date] | None = None) -> list[str]:
    """What has no checksums: written before there were any, or raw pages of a day that is not yet pulled."""
    found = []
    for path in paths(place):
        if days is not None and (day_of(path) or min(days)) not in days:
            continue
        if is_note(path):
            if place.checksums.is_unsealed_note(path):
                found.append(path)
        elif place.found(path) is not None and place.checksums.state(path) == "not checksummed":
            found.append(path)
    return found


def _missed(place: Lake, chosen: list[str]) -> Iterator[Found]:
    """What manifests and conformed days say must be there."""
    pulled = set()
    for path in chosen:
        table, _, rest = path.removeprefix("snapshots/").partition("/platform=")
        if not path.startswith("snapshots/manifest/"):
            continue
        platform, day = rest.split("/")[0], day_of(path)
        pulled.add(day)
        try:
            rows = place.manifest(platform, day) or []  # type: ignore[arg-type]
        except InvalidInput:
            continue
        landed = Counter[str]()
        for row in rows:
            landed[row["table"]] += row["rows"]
        for table, number in landed.items():
            part = place.snapshot(table, platform, day)  # type: ignore[arg-type]
            if number and table in SNAPSHOTS and table != "manifest" and place.found(part) is None:
                yield Found(part, f"is missing: the day's manifest says that {number} rows landed")
    for path in chosen:
        if path.startswith("activity/") and place.found(path) is not None and day_of(path) not in pulled:
            yield Found(
                f"snapshots/manifest/platform=?/snapshot_date={day_of(path)}",
                "is missing: the day is conformed, and no manifest says of what",
            )


__all__ = ["SEAL", "Found", "damage", "damage_of", "day_of", "is_note", "paths", "unsealed"]
