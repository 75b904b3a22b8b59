"""The answers of Klout's v2 as files, one a request path, for a server that only hands out files."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any
from urllib.parse import quote

from clout.errors import InvalidInput
from clout.web import klout
from clout.web.asked import Asked
from clout.web.words import NOT_FOR

#: Says that a folder is an export, what it was made from, and what it must not be used for.
NOTE = "clout-export.json"
#: Bytes of a file's name.
_LONGEST = 200
#: People whose rows are asked for at once.
_AT_ONCE = 1000


def write(asked: Asked, out: Path) -> tuple[int, int]:
    """Write the tree beside `out` and put it in its place. Gives the number of people, and of names too long for a file.

    A user lies at v2/user.json/ID/index.json, since what is below it needs a folder of that name; a handle at
    `v2/identity.json/twitter?screenName=HANDLE`. Raises InvalidInput where `out` holds something else than an export.
    """
    if out.exists() and not (out / NOTE).is_file() and (not out.is_dir() or any(out.iterdir())):
        raise InvalidInput(f"{out}: is there, and is no export ({NOTE} is missing): name another folder, or empty it")
    aside, before = (out.with_name(f".{out.name}.{what}") for what in ("next", "before"))
    shutil.rmtree(aside, ignore_errors=True)
    shutil.rmtree(before, ignore_errors=True)
    everybody, too_long = klout.everybody(asked), 0
    users, identities = aside / "v2" / "user.json", aside / "v2" / "identity.json"
    users.mkdir(parents=True)
    for begin in range(0, len(everybody), _AT_ONCE):
        persons = everybody[begin : begin + _AT_ONCE]
        known, influence = klout.people(asked, persons), klout.influence(asked, persons)
        accounts = klout.accounts(asked, persons)
        for person in persons:
            where = users / klout.klout_id(person)
            _put(where, "index.json", klout.user(known[person]))
            _put(where, "score", klout.score(known[person]))
            _put(where, "topics", klout.topics(asked, person))
            _put(where, "influence", influence[person])
            too_long += _identities(identities, person, accounts[person])
    for name, owners in _handles(asked, everybody).items():
        if len(owners) == 1:
            too_long += not _put(identities, f"twitter?screenName={quote(name, safe='')}", klout.identity(*owners))
    note = {"shapes": "klout-v2", "day": str(asked.day), "version": asked.snapshot.version, "permitted_use": NOT_FOR}
    _put(aside, NOTE, note | {"people": len(everybody)})
    if out.exists():
        out.rename(before)
    aside.rename(out)
    shutil.rmtree(before, ignore_errors=True)
    return len(everybody), too_long


def _identities(folder: Path, person: str, accounts: list[dict[str, Any]]) -> int:
    """Who an account is, and which account somebody has, by each name of its network."""
    too_long = 0
    first: dict[str, str] = {}
    for account in accounts:
        native = klout.native_id(account)
        old = [name for name, platforms in klout.NETWORKS.items() if account["platform"] in platforms]
        for network in (*old, account["platform"]):
            too_long += not _put(folder / quote(network, safe=""), quote(native, safe=""), klout.identity(person))
            first.setdefault(network, native)
    for network, native in first.items():
        there = folder / "klout" / klout.klout_id(person)
        _put(there, quote(network, safe=""), {"id": native, "network": network})
    return too_long


def _handles(asked: Asked, everybody: list[str]) -> dict[str, set[str]]:
    """Handle -> whose it is on X, or else anywhere."""
    on_x: dict[str, set[str]] = {}
    anywhere: dict[str, set[str]] = {}
    for accounts in klout.accounts(asked, everybody).values():
        for account in (each for each in accounts if each["handle"]):
            for found, is_there in ((on_x, account["platform"] in klout.NETWORKS["tw"]), (anywhere, True)):
                if is_there:
                    found.setdefault(account["handle"].lower(), set()).add(account["person_id"])
    return anywhere | on_x


def _put(folder: Path, name: str, content: Any) -> bool:
    """Write a file, unless its name is too long; one that a file system would take for a way up is spelt out."""
    name = name.replace(".", "%2E") if set(name) <= {"."} else name
    if not name or len(name) > _LONGEST:
        return False
    folder.mkdir(parents=True, exist_ok=True)
    (folder / name).write_text(json.dumps(content, allow_nan=False), encoding="utf-8")
    return True
