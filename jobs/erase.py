"""Erase: remove one person everywhere, and prove it by searching every file. What was cut short is completed by asking again.

The key may come from the environment, as CLOUT_ERASE_KEY, so that no list of processes shows it; no file holds it. The rows
that know the person's names go last, so that a second try knows them. Nights and purges wait, and are waited for. The
operator's own exports and lists are not touched: take the person out of these too. What a database keeps in its own files and
backups is not searched.
"""

from __future__ import annotations

import argparse
import contextlib
import json
import os
import unicodedata
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, date, datetime, time
from pathlib import Path

import pyarrow as pa
from clout import logs
from clout.config import arguments
from clout.config.native_ids import normal_key
from clout.config.sources import Sources, read_sources
from clout.errors import InvalidInput, run_main
from clout.lake.partitions import Lake
from clout.lake.records import ERASURE_LOG
from clout.platforms.http.raw_pages import RawPages
from clout.platforms.pull.hour_files import RawHours
from clout.privacy import consent_ledger, erasure
from clout.privacy.erasure import Request
from clout.privacy.erasure_search import Search
from clout.privacy.row_deletion import partitions, reconcile_manifest, rewrite
from clout.privacy.suppression import read_erased, write_erased
from clout.warehouse import catalog
from clout.warehouse.factory import open_warehouse
from clout.web import night_page
from pyarrow import fs as pafs

LOG = logs.logger(__name__)


def arg_parser() -> argparse.ArgumentParser:
    parser = arguments.parser("erase", __doc__, "day", "lake", "staging", "warehouse", "sources", "reports")
    parser.add_argument("--key", default=os.environ.get("CLOUT_ERASE_KEY"), help="account key, such as murmur:88")
    parser.add_argument("--one-account", action="store_true", help="only this account, not the person's linked ones")
    parser.add_argument(
        "--name", action="append", default=[], help="another name to erase: an old handle, a former name"
    )
    parser.add_argument(
        "--even-if-unknown", action="store_true", help="keep out whom the lake does not know, if they ever come"
    )
    parser.add_argument("--check-only", action="store_true", help="search for the person, and change nothing")
    return parser


def main(argv: list[str]) -> None:
    """Erase, then search."""
    args = arg_parser().parse_args(argv)
    lake, staging, sources = Lake(args.lake), Lake(args.staging), read_sources(args.sources)
    for place in (lake, staging):
        if not isinstance(place.fs, pafs.LocalFileSystem):
            raise InvalidInput(f"{place.uri}: not a folder, so its files cannot be searched; mount it and erase there")
    platforms = sorted(set(sources.platforms.values()))
    if args.key is None or args.key.partition(":")[0] not in platforms:
        raise InvalidInput(
            f"--key (or CLOUT_ERASE_KEY): no key; it is one of {', '.join(platforms)}, a colon, and an id"
        )
    folding = folding_of(sources)
    key = normal_key(args.key)
    with lake.alone("erase"):
        _forget_old_request(lake)
        keys = frozenset({key}) if args.one_account else erasure.linked(lake, key, folding)
        request = erasure.find(lake, keys, args.name, folding)
        if args.check_only:
            check(lake, staging, args.warehouse, request, args.reports)
        else:
            run(lake, staging, args.warehouse, sources, request, args.day, args.reports, args.even_if_unknown)


def folding_of(sources: Sources) -> frozenset[str]:
    """The platforms that take upper case for lower case in ids."""
    return frozenset(source.platform for source in sources.sources if source.read_by.folds_case)


def _forget_old_request(lake: Lake) -> None:
    """Remove what former versions noted of a request that failed: it held the person's names in clear."""
    for name in (".erasing.json", ".erasing.json.new"):
        if Path(lake.root, name).is_file():
            Path(lake.root, name).unlink()
            LOG.info("erase: a request that a former version had left unfinished is forgotten; ask for it again")


def run(
    lake: Lake,
    staging: Lake,
    warehouse: str,
    sources: Sources,
    request: Request,
    day: date,
    reports: Path | None = None,
    even_if_unknown: bool = False,
) -> None:
    """Erase the person of a request. Raises InvalidInput where nobody is meant, and where the search finds them still."""
    with contextlib.ExitStack() as stack:
        for name in ("conform", *(f"pull-{source.name}" for source in sources.sources)):
            stack.enter_context(lake.lock(name))
        # First of all: whoever pulls from here on does not bring the person back.
        before = read_erased(lake)
        erased = before.and_also(request.keys, _hashed_names(request), request.others)
        write_erased(lake, erased)
        everywhere = replace(request, keys=request.keys | {erased.pseudonym(key) for key in request.keys})
        counts = {"raw pages": _raw(lake, sources, everywhere)}
        counts["rows of the lake"] = _lake(lake, everywhere, lambda folder: not _is_last(folder))
        counts["rows of the lake"] += _lake(lake, everywhere, lambda folder: folder.startswith("snapshots/posts/"))
        counts["staged runs"] = _staged(staging, everywhere)
        now = datetime.combine(day, time(), UTC)
        counts["rows of the warehouse"] = open_warehouse(warehouse).erase(_spelt(everywhere), now)
        counts["pages of nights"] = _pages(reports, everywhere)
        search(lake, staging, warehouse, everywhere, reports, lambda file: not _is_last(file))
        counts["rows of the lake"] += _lake(lake, everywhere, _is_last)
        known = bool(before.keys) and any(before.hashed(key) in before.keys for key in request.keys)
        if not any(counts.values()) and not known and not even_if_unknown:
            write_erased(lake, before)
            alike = len(request.others)
            raise InvalidInput(
                "nobody is meant by this request: neither lake, staging nor warehouse knows the account"
                + (f", though {alike} accounts are spelt nearly so; ask by the exact key" if alike else "")
                + ". It is the platform, a colon and the id as the source writes it. To keep somebody out who may come later,"
                " add --even-if-unknown"
            )
        for what, number in counts.items():
            print(f"erase {day}: {number} {what}", flush=True)
        _release_ledger(lake, everywhere)
        check(lake, staging, warehouse, everywhere, reports)
        _log(lake, day, len(request.keys), counts)


def _is_last(path: str) -> bool:
    """Whether a folder or file of the lake tells the person's names, posts or linked accounts, so that it goes last."""
    return path.startswith(("snapshots/accounts/", "snapshots/posts/", "features/persons/"))


def _spelt(request: Request) -> frozenset[str]:
    """The keys in every form in which a warehouse may hold them."""
    return request.keys | {unicodedata.normalize(form, key) for form in ("NFC", "NFD") for key in request.keys}


def _release_ledger(lake: Lake, request: Request) -> None:
    """Let no accounts file and no list be asked for the person's no any more: from now on the list of the erased holds."""
    with lake.lock("consent"):
        ledger = consent_ledger.read(lake)
        hashes = {one for key in request.keys for one in ledger.hashed(key)}
        words = [
            replace(word, said="kept", by="erased")
            for word in ledger.standing.values()
            if word.hash in hashes and word.said == "no"
        ]
        for source in sorted({word.source for word in words}):
            consent_ledger.append(lake, ledger, source, [word for word in words if word.source == source])


def _hashed_names(request: Request) -> set[str]:
    """By what the next pull's answers are searched; see suppression.SuppressionList."""
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


def _lake(lake: Lake, request: Request, is_wanted: Callable[[str], bool]) -> int:
    """The wanted partitions of the lake; what a crash left beside one goes whole."""
    found = 0
    for folder in filter(is_wanted, erasure.folders(lake)):
        name = folder.rsplit("/", 1)[-1]
        if any(part.startswith((".tmp-", ".old-")) for part in folder.split("/")):
            lake.fs.delete_dir(f"{lake.root}/{folder}")
            continue
        gone = rewrite(lake, folder, erasure.edit_of(folder, request))
        if gone and folder.startswith("snapshots/interactions/"):
            platform = folder.split("/")[2].removeprefix("platform=")
            reconcile_manifest(lake, platform, date.fromisoformat(name.removeprefix("snapshot_date=")))
        found += gone
    return found


def _staged(staging: Lake, request: Request) -> int:
    """Staged runs that name the person go whole: what was audited is no longer what may be published."""
    found = 0
    for day in sorted(_folders(staging, "")):
        for run in sorted(_folders(staging, day)):
            folder = Path(staging.root, day, run)
            if next(Search(request).found_in(folder), None) is not None:
                staging.fs.delete_dir(str(folder))
                found += 1
    return found


def _folders(lake: Lake, parent: str) -> list[str]:
    found = lake.fs.get_file_info(pafs.FileSelector(f"{lake.root}/{parent}".rstrip("/"), allow_not_found=True))
    return [info.base_name for info in found if info.type == pafs.FileType.Directory and info.base_name[0] != "."]


def check(lake: Lake, staging: Lake, warehouse: str, request: Request, reports: Path | None = None) -> None:
    """Search every byte of every file. Raises InvalidInput that names the files, and never the person."""
    searched = search(lake, staging, warehouse, request, reports, lambda file: True)
    print(f"erase: nothing of the person is left in {', '.join(searched)}", flush=True)


def search(
    lake: Lake,
    staging: Lake,
    warehouse: str,
    request: Request,
    reports: Path | None,
    is_wanted: Callable[[str], bool],
) -> list[str]:
    """Search the files of the lake that are wanted, and all others; gives where. Raises InvalidInput as `check` does."""
    local = warehouse.removeprefix("iceberg:")
    places = [Path(lake.root), Path(staging.root), *([reports] if reports else []), Path(local)]
    roots = [place for place in places if place.is_dir()]
    seeker = Search(request)
    left = [
        str(file)
        for root in roots
        for file in seeker.found_in(root)
        if root != Path(lake.root) or is_wanted(str(file.relative_to(root)))
    ]
    searched = [*map(str, roots)]
    if local != warehouse or not Path(local).is_dir():
        opened = open_warehouse(warehouse)
        tables = [relation.full_name for relation in catalog.relations().values()]
        left += [name for name in tables if opened.log() and seeker.is_in_table(opened.read(name))]
        searched.append("the tables of the warehouse")
    if left:
        raise InvalidInput(
            f"the person is still in {len(left)} places: {', '.join(left[:20])}; searched {', '.join(searched)}."
            " Mend or remove these, and ask again"
        )
    return searched


def _pages(reports: Path | None, request: Request) -> int:
    """Remove the nights' pages that name the person. Gives their number."""
    seeker = Search(request)
    return night_page.forget(reports, lambda file: seeker.is_in_file(file, file.parent)) if reports else 0


def _log(lake: Lake, day: date, accounts: int, counts: dict[str, int]) -> None:
    """Add the erasure to the day's log: counts, never people."""
    path = lake.conformed("erasure_log", day)
    before = lake.read(path).to_pylist() if lake.exists(path) else []
    row = {"accounts": accounts, "removed": json.dumps(counts, sort_keys=True)}
    lake.write(path, pa.Table.from_pylist([*before, row], ERASURE_LOG))


if __name__ == "__main__":
    run_main(main)
