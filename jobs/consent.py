"""Look after the ledger of consent: bring over that of an older lake, keep out whom an export names no more, count the noes.

consent.py bring --from OLD_LAKE   before the first pull of a new lake: whoever said no to the old one stays out of this one
consent.py keep --source NAME      the source's accounts files tell of these people no more: the ledger alone keeps them out
consent.py show                    how many people are held back, by source and reason
"""

from __future__ import annotations

import argparse
from collections import Counter
from dataclasses import replace

from clout.config import arguments
from clout.errors import InvalidInput, run_main
from clout.lake.partitions import Lake
from clout.privacy import consent_ledger


def arg_parser() -> argparse.ArgumentParser:
    parser = arguments.parser("consent", __doc__, raw=True)
    commands = parser.add_subparsers(dest="command", required=True)
    bring_over = commands.add_parser("bring", help="copy the ledger of an older lake")
    bring_over.add_argument("--from", dest="old", required=True, metavar="OLD_LAKE", help="the older lake")
    keep_out = commands.add_parser("keep", help="expect a source's accounts files to repeat no former no")
    keep_out.add_argument("--source", required=True, help="the source's name")
    show = commands.add_parser("show", help="count who is held back")
    for command in (bring_over, keep_out, show):
        arguments.add(command, "lake")
    return parser


def main(argv: list[str]) -> None:
    """Do what the command line says."""
    args = arg_parser().parse_args(argv)
    lake = Lake(args.lake)
    with lake.lock("consent"):
        if args.command == "bring":
            bring(Lake(args.old), lake)
        elif args.command == "keep":
            keep(lake, args.source)
        else:
            held = Counter((word.source, word.reason) for word in consent_ledger.read(lake).standing.values())
            for (source, reason), number in sorted(held.items()):
                print(f"{source}: {reason} {number}", flush=True)
            print(f"consent: {sum(held.values())} noes stand", flush=True)


def bring(old: Lake, lake: Lake) -> int:
    """Copy what is missing of an older lake's ledger. Gives the number of files. Raises InvalidInput where it has none."""
    consent_ledger.read(old)
    paths = consent_ledger.files(old)
    if not paths:
        raise InvalidInput(
            f"{old.uri}: has no ledger of consent ({consent_ledger.FOLDER}/); name the lake that has one"
        )
    places = {path: f"{consent_ledger.FOLDER}/{path.rpartition('/')[2]}" for path in paths}
    infos = lake.fs.get_file_info([f"{lake.root}/{place}" for place in places.values()])
    missing = [path for path, info in zip(paths, infos, strict=True) if not info.is_file]
    for path in missing:
        lake.checksums.write_file(places[path], old.checksums.read_file(places[path]))
    held = len(consent_ledger.read(lake).standing)
    print(f"consent: {len(missing)} of {len(paths)} files brought over; {held} noes stand", flush=True)
    return len(missing)


def keep(lake: Lake, source: str) -> int:
    """Let all noes of a source stand without being said again. Gives their number. Raises InvalidInput where it has none."""
    ledger = consent_ledger.read(lake)
    words = [
        replace(word, said="kept", by="the operator")
        for word in ledger.standing.values()
        if word.source == source and word.said == "no"
    ]
    if not words:
        known = ", ".join(sorted(ledger.heard)) or "no source"
        raise InvalidInput(f"{lake.uri}: no no of a source {source!r} is expected again; the ledger has heard {known}")
    consent_ledger.append(lake, ledger, source, words)
    print(f"consent: {len(words)} noes of {source} stand by the ledger alone", flush=True)
    return len(words)


if __name__ == "__main__":
    run_main(main)
