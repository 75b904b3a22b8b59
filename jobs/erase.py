"""Erase: remove one person everywhere, and prove it by searching every file. A request that was cut short is completed.

The key may come from the environment, as CLOUT_ERASE_KEY, so that no list of processes shows it. The operator's own exports and
lists are not touched: take the person out of these too. What a database keeps in its own files and backups is not searched.
"""

from __future__ import annotations

import argparse
import contextlib
import json
import os
from datetime import UTC, date, datetime, time
from pathlib import Path

import pyarrow as pa
from clout import arguments, erasure
from clout.consent import read_erased, write_erased
from clout.erasure import Request
from clout.errors import PoisonInput, run_main
from clout.forgetting import partitions, rewrite, settle
from clout.lake import Lake
from clout.lake_schemas import ERASURE_LOG
from clout.platforms.hour_files import RawHours
from clout.platforms.raw_pages import RawPages
from clout.sources import Sources, read_sources
from clout.warehouse import surface
from clout.warehouse.choose import open_warehouse
from pyarrow import fs as pafs


def arg_parser() -> argparse.ArgumentParser:
    """The job's command line."""
    parser = argparse.ArgumentParser(prog="erase.py", description=__doc__)
    arguments.add(parser, "day", "lake", "staging", "warehouse", "sources")
    parser.add_argument("--key", default=os.environ.get("CLOUT_ERASE_KEY"), help="account key, such as murmur:88")
    parser.add_argument("--one-account", action="store_true", help="only this account, not the person's linked ones")
    parser.add_argument(
        "--name", action="append", default=[], help="another name to erase: an old handle, a former name"
    )
    parser.add_argument("--check-only", action="store_true", help="search for the person, and change nothing")
    return parser


def main(argv: list[str]) -> None:
    """Erase, then search."""
    args = arg_parser().parse_args(argv)
    lake, staging, sources = Lake(args.lake), Lake(args.staging), read_sources(args.sources)
    for place in (lake, staging):
        if not isinstance(place.fs, pafs.LocalFileSystem):
            raise PoisonInput(f"{place.uri}: not a folder, so its files cannot be searched; mount it and erase there")
    platforms = sorted(set(sources.platforms.values()))
    if args.key is None or args.key.partition(":")[0] not in platforms:
        raise PoisonInput(
            f"--key (or CLOUT_ERASE_KEY): no key; it is one of {', '.join(platforms)}, a colon, and an id"
        )
    keys = frozenset({args.key}) if args.one_account else erasure.linked(lake, args.key)
    request = erasure.find(lake, keys, args.name)
    if args.check_only:
        check(lake, staging, args.warehouse, request)
    else:
        run(lake, staging, args.warehouse, sources, request, args.day)


def run(lake: Lake, staging: Lake, warehouse: str, sources: Sources, request: Request, day: date) -> None:
    """Erase the person of a request, and of one that was begun before. Raises PoisonInput where the search finds them still."""
    with contextlib.ExitStack() as stack:
        for name in ("conform", *(f"pull-{source.name}" for source in sources.sources)):
            stack.enter_context(lake.lock(name))
        request |= erasure.pending(lake) or request
        erasure.begin(lake, request)
        # First of all: whoever pulls from here on does not bring the person back.
        erased = read_erased(lake).and_also(request.keys, _hashed_names(request))
        write_erased(lake, erased)
        everywhere = Request(request.keys | {erased.pseudonym(key) for key in request.keys}) | request
        counts = {"raw pages": _raw(lake, sources, everywhere), "rows of the lake": _lake(lake, everywhere)}
        counts["staged runs"] = _staged(staging, everywhere)
        now = datetime.combine(day, time(), UTC)
        counts["rows of the warehouse"] = open_warehouse(warehouse).erase(everywhere.keys, now)
        for what, number in counts.items():
            print(f"erase {day}: {number} {what}", flush=True)
        check(lake, staging, warehouse, everywhere)
        _log(lake, day, len(request.keys), counts)
        erasure.done(lake)


def _hashed_names(request: Request) -> set[str]:
    """By what the next pull's answers are searched; see consent.Hidden."""
    return {one.lower() for one in request.telling_ids | request.names}


def _raw(lake: Lake, sources: Sources, request: Request) -> int:
    """Raw pages and files of every source and day: without the items that name the person."""
    found = 0
    for source in sorted(_folders(lake, "raw")):
        ids = request.ids_on(sources.platforms.get(source, source))
        for day, _ in partitions(lake, f"raw/{source}"):
            found += RawPages(lake, source, day).erase(request.is_named_in, ids)
            found += RawHours(lake, source, day).erase(request.is_named_in)
    return found


def _lake(lake: Lake, request: Request) -> int:
    """Every partition of the lake; what a crash left beside one goes whole."""
    found = 0
    for folder in erasure.folders(lake):
        name = folder.rsplit("/", 1)[-1]
        if any(part.startswith((".tmp-", ".old-")) for part in folder.split("/")):
            lake.fs.delete_dir(f"{lake.root}/{folder}")
            continue
        gone = rewrite(lake, folder, erasure.edit_of(folder, request))
        if gone and folder.startswith("snapshots/interactions/"):
            platform = folder.split("/")[2].removeprefix("platform=")
            settle(lake, platform, date.fromisoformat(name.removeprefix("snapshot_date=")))
        found += gone
    return found


def _staged(staging: Lake, request: Request) -> int:
    """Staged runs that name the person go whole: what was audited is no longer what may be published."""
    found = 0
    for day in sorted(_folders(staging, "")):
        for run in sorted(_folders(staging, day)):
            folder = Path(staging.root, day, run)
            if next(erasure.found_in(folder, request), None) is not None:
                staging.fs.delete_dir(str(folder))
                found += 1
    return found


def _folders(lake: Lake, parent: str) -> list[str]:
    found = lake.fs.get_file_info(pafs.FileSelector(f"{lake.root}/{parent}".rstrip("/"), allow_not_found=True))
    return [info.base_name for info in found if info.type == pafs.FileType.Directory and info.base_name[0] != "."]


def check(lake: Lake, staging: Lake, warehouse: str, request: Request) -> None:
    """Search every byte of every file. Raises PoisonInput that names the files, and never the person."""
    roots = [Path(place.root) for place in (lake, staging) if Path(place.root).is_dir()]
    local = warehouse.removeprefix("iceberg:")
    roots += [Path(local)] if Path(local).is_dir() else []
    left = [str(file) for root in roots for file in erasure.found_in(root, request)]
    searched = [*map(str, roots)]
    if local != warehouse or not Path(local).is_dir():
        opened = open_warehouse(warehouse)
        tables = [relation.full_name for relation in surface.relations().values()]
        left += [name for name in tables if opened.log() and erasure.is_in_table(opened.read(name), request)]
        searched.append("the tables of the warehouse")
    if left:
        raise PoisonInput(
            f"the person is still in {len(left)} places: {', '.join(left[:20])}; searched {', '.join(searched)}"
        )
    print(f"erase: nothing of the person is left in {', '.join(searched)}", flush=True)


def _log(lake: Lake, day: date, accounts: int, counts: dict[str, int]) -> None:
    """Add the erasure to the day's log: counts, never people."""
    path = lake.conformed("erasure_log", day)
    before = lake.read(path).to_pylist() if lake.exists(path) else []
    row = {"accounts": accounts, "removed": json.dumps(counts, sort_keys=True)}
    lake.write(path, pa.Table.from_pylist([*before, row], ERASURE_LOG))


if __name__ == "__main__":
    run_main(main)
