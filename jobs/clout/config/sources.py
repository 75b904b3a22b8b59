"""Reads the sources' configuration: one TOML file that lists every source, and checks it word by word.

[[source]]
name = "higgs"               # the platform's name in every key: higgs:88
reader = "files"             # files | gharchive | bluesky | mastodon | x | facebook | linkedin | wikipedia
path = "exports"             # a folder; relative to this file
seeds = ["88"]               # optional: accounts trusted by the operator, as the platform writes them
[source.columns]             # optional: ours = theirs, where the export names its columns otherwise
actor = "user_from"
[source.kinds]               # optional: theirs = ours
RT = "share"

[[source]]
name = "bluesky"
reader = "bluesky"           # asked over HTTP, without credentials
base_url = "https://public.api.bsky.app"
subjects = ["ann.example"]   # whom to follow: handles or DIDs; of mastodon: names or ids on that one instance.
                             # Keys and seeds are DIDs; of mastodon: the accounts' uris. Of facebook: Pages by id or name
                             # (keys are ids); of linkedin: urn:li:organization:1234
                             # gharchive takes base_url too, in the place of path: "https://data.gharchive.org"; no subjects
platform = "mastodon"        # optional: the platform in every key, where several sources show parts of one, as the
                             # instances of mastodon do: an account has one key then, whichever instance shows it
contact = "ops@example.org"  # said to the platform with each request; needed unless the host is this machine
ceiling_usd = 5              # of x alone: dollars a UTC day; also dialect = "posts" (or "tweets"), likes = true
honour = ["indexable", "discoverable", "locked"]  # of mastodon alone: what an account sets besides noindex that leaves it out
naming = "everybody"         # of mastodon alone: also those are named who did not agree to it; "consenting" where it is missing
max_requests = 50000         # optional, as are max_pages, max_body_mb, deadline_minutes, refresh_days, backfill_days

[[source]]
name = "wikipedia"
reader = "wikipedia"         # page views, an outside signal; the address ends with the project
base_url = "https://wikimedia.org/api/rest_v1/metrics/pageviews/per-article/en.wikipedia.org"
contact = "ops@example.org"
[source.titles]              # whose article is whose: an account's key, and the title
"higgs:88" = "Ada Lovelace"

exclude = "exclusions.csv"   # optional, at the top: account_key,reason of people who are never scored
released = "released.csv"    # optional, at the top: account_key,released_on of people whose no until that day holds no longer
links = "links.csv"          # optional, at the top: account_a,account_b of one person's accounts; valid_from, valid_to, reason
"""

from __future__ import annotations

import csv
import re
import tomllib
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from datetime import date
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit
from zoneinfo import available_timezones

from clout.config.native_ids import look_alike
from clout.config.paths import PRESETS
from clout.config.query_text import read_text
from clout.errors import PoisonInput
from clout.lake.schemas import KINDS

#: How any export is read.
_READ = (
    *("kind", "unix_unit", "time_format", "time_zone", "thousands", "handles", "platform"),
    *("missing", "people_named", "rounded_ids", "most_unreadable"),
)
_OPTIONS = ("delimiter", "column_names", "skip_rows", *_READ, "memory_mb", "deadline_minutes")
#: What says how files are read; a query reads them itself.
_OF_FILES = ("delimiter", "column_names", "columns")

#: Limits of a pull over HTTP, see platforms/http/client.py.
_LIMITS = ("max_pages", "max_requests", "max_body_mb", "deadline_minutes", "refresh_days", "backfill_days")
_HTTP = ("base_url", "subjects", "contact", "platform", *_LIMITS)
#: What the reader gharchive may have in the place of a path.
_HOURS = ("base_url", "contact", "max_requests", "max_body_mb", "deadline_minutes", "backfill_days")
#: What is asked over HTTP, and the options that only that reader has.
_ASKED: dict[str, tuple[str, ...]] = {
    "bluesky": (),
    "facebook": (),
    "linkedin": (),
    "mastodon": ("honour", "naming"),
    "wikipedia": ("titles",),
    "x": ("ceiling_usd", "dialect", "likes"),
}
_KNOWN = {
    "files": {"name", "reader", "path", "seeds", "columns", "kinds", "query", "preset", *_OPTIONS},
    "gharchive": {"name", "reader", "path", "seeds", *_HOURS},
    **{reader: {"name", "reader", "seeds", *_HTTP, *own} for reader, own in _ASKED.items()},
}
_KNOWN["wikipedia"] -= {"seeds", "subjects"}  # nobody acts there, and its subjects are the titles
READERS = tuple(_KNOWN)
#: For how many days a platform is asked again who liked and shared a post, where the source does not say.
REFRESH_DAYS = 3
#: What an account of mastodon may set without saying that it wants to be left alone; see platforms/mastodon.py.
HONOURABLE = ("indexable", "discoverable", "locked")
LOOPBACK = ("127.0.0.1", "::1", "localhost")
_NAME = re.compile(r"[a-z][a-z0-9_]{0,30}")
#: Every directive is one that DuckDB's strptime reads.
_TIME_FORMAT = re.compile(r"([^%]|%[aAbBdfgHIjmMnpSyYzZ%]|%-[dHIjmMSy])+")
#: What each optional key must hold: a check, and the words for it.
_SHAPES: dict[str, tuple[Callable[[Any], bool], str]] = {
    "seeds": (lambda it: _is_list(it, (str, int)), 'a list of ids, like ["88"]'),
    "columns": (lambda it: _is_table_of_text(it), 'a table of texts, like actor = "user_from"'),
    "kinds": (lambda it: _is_table_of_text(it), 'a table of texts, like RT = "share"'),
    "delimiter": (
        lambda it: isinstance(it, str) and it.isascii() and len(it) == 1 and it not in '"\r\n',
        "one character",
    ),
    "column_names": (
        lambda it: _is_list(it, (str,)) and it != [],
        'a list of names, like ["actor", "target", "unix_ts"]',
    ),
    "query": (lambda it: isinstance(it, str) and it.endswith(".sql"), "the name of a file, like twarc.sql"),
    "preset": (lambda it: it in presets(), "a preset"),
    "memory_mb": (lambda it: type(it) is int and 256 <= it <= 1_000_000, "a whole number from 256 to 1000000"),
    "missing": (lambda it: _is_list(it, (str,)), 'a list of words, like ["nan"]'),
    "people_named": (lambda it: _is_list(it, (str,)), 'a list of ids, like ["null"]'),
    "most_unreadable": (lambda it: type(it) in (int, float) and 0 <= it <= 1, "a share, from 0 to 1"),
    "rounded_ids": (lambda it: isinstance(it, bool), "true or false"),
    "time_format": (
        lambda it: isinstance(it, str) and bool(_TIME_FORMAT.fullmatch(it)) and _tells_a_day(it),
        "a pattern of strptime that tells year, month and day, like %d/%m/%Y %H:%M",
    ),
    "time_zone": (lambda it: it in available_timezones(), "a time zone, like America/New_York"),
    "thousands": (lambda it: it in (",", ".", " ", "'", "_"), "a sign between thousands, like ,"),
    "skip_rows": (lambda it: type(it) is int and 0 <= it <= 1000, "a whole number of lines from 0 to 1000"),
    "handles": (lambda it: isinstance(it, bool), "true or false"),
    "base_url": (lambda it: _is_base_url(it), "a web address without user, query and fragment"),
    "subjects": (
        lambda it: (
            _is_list(it, (str,)) and it != [] and all(re.fullmatch(r"@?[^\s,@/]+(@[^\s,@/]+)?", one) for one in it)
        ),
        'a list of handles or ids, like ["ann.example"]',
    ),
    "titles": (
        lambda it: (
            _is_table_of_text(it)
            and it != {}
            and all(re.fullmatch(r"[^:\s]+:.+", key) and title.strip() for key, title in it.items())
        ),
        'a table of texts, like "birdsite:88" = "Ada Lovelace"',
    ),
    "platform": (
        lambda it: isinstance(it, str) and bool(_NAME.fullmatch(it)),
        "a name, like mastodon",
    ),
    "contact": (
        lambda it: isinstance(it, str) and bool(re.fullmatch(r"[!-~]{3,200}", it)),
        "an address, like ops@example.org",
    ),
    "dialect": (lambda it: it in ("tweets", "posts"), '"tweets" or "posts"'),
    "likes": (lambda it: isinstance(it, bool), "true or false"),
    "honour": (
        lambda it: isinstance(it, list) and all(one in HONOURABLE for one in it),
        f"a list of some of {', '.join(HONOURABLE)}",
    ),
    "naming": (lambda it: it in ("consenting", "everybody"), '"consenting" or "everybody"'),
    "ceiling_usd": (lambda it: type(it) in (int, float) and 0 <= it <= 10_000, "dollars a day, from 0 to 10000"),
    **dict.fromkeys(_LIMITS, (lambda it: type(it) is int and 0 < it <= 1_000_000, "a whole number from 1 to 1000000")),
}
#: The operator's own files: option -> what it is called.
_LISTS = {"exclude": "exclusion list", "links": "list of links", "released": "list of the released"}
_HOUR_FILE = re.compile(r"\d{4}-\d{2}-\d{2}-\d{1,2}\.json\.gz")


@dataclass(frozen=True)
class Source:
    """One source of snapshots. `name` is the platform in every key, unless several sources show parts of one platform."""

    name: str
    reader: str
    path: Path
    seeds: tuple[str, ...] = ()
    columns: dict[str, str] = field(default_factory=dict)
    kinds: dict[str, str] = field(default_factory=dict)
    options: dict[str, Any] = field(default_factory=dict)
    #: Account keys of this source that the operator excludes.
    excluded: frozenset[str] = frozenset()
    #: Account keys of this platform whose no the operator says to be over, each with the last day whose no it is.
    released: dict[str, date] = field(default_factory=dict)

    @property
    def platform(self) -> str:
        """The platform in every key."""
        return self.options.get("platform", self.name)


@dataclass(frozen=True)
class Link:
    """The operator's word that two accounts are one person's, on the days from valid_from to valid_to, both included."""

    account_a: str
    account_b: str
    valid_from: date | None = None
    valid_to: date | None = None

    @property
    def accounts(self) -> tuple[str, str]:
        """The keys of both."""
        return self.account_a, self.account_b

    def holds_on(self, day: date) -> bool:
        """Whether the link is valid on a day."""
        return (self.valid_from or day) <= day <= (self.valid_to or day)


@dataclass(frozen=True)
class Sources:
    """All sources, the account keys that the operator excludes, each with its reason, and the accounts that he links."""

    sources: tuple[Source, ...]
    excluded: dict[str, str]
    links: tuple[Link, ...] = ()

    def named(self, name: str) -> Source:
        """The source of that name."""
        for source in self.sources:
            if source.name == name:
                return source
        known = ", ".join(source.name for source in self.sources)
        raise PoisonInput(f"no source is named {name!r}; the configuration has: {known}")

    @property
    def platforms(self) -> dict[str, str]:
        """The names of all sources, in order, each with the platform that it shows."""
        return {source.name: source.platform for source in self.sources}

    @property
    def repeat_days(self) -> int:
        """For how many days after its first observation a list may show the same interaction again."""
        asked = (source for source in self.sources if source.reader in _ASKED)
        return max((source.options.get("refresh_days", REFRESH_DAYS) - 1 for source in asked), default=0)


def read_sources(location: Path) -> Sources:
    """Read a sources file; or take a bare folder of exports as one source that has the folder's name."""
    if location.is_dir():
        if (location / "sources.toml").is_file():
            return read_sources(location / "sources.toml")
        return Sources((_folder_source(location),), {})
    if not location.is_file():
        raise PoisonInput(f"{location}: no such sources file or folder of exports")
    try:
        text = tomllib.loads(location.read_text(encoding="utf-8"))
    except (ValueError, RecursionError) as error:
        raise PoisonInput(f"{location}: not a TOML file: {error}") from error
    _known_keys(location, "top", text, {"source", *_LISTS})
    entries = text.get("source")
    if not isinstance(entries, list) or not entries:
        raise PoisonInput(f"{location}: lists no source; begin one with [[source]]")
    sources = tuple(_source(location, entry) for entry in entries)
    names = [source.name for source in sources]
    for name in names:
        if names.count(name) > 1:
            raise PoisonInput(f"{location}: two sources are named {name!r}; a name is the platform in every key")
    readers: dict[str, str] = {}
    folded: dict[str, bool] = {}
    for source in sources:
        if folded.setdefault(source.platform, source.options.get("handles", False)) != source.options.get(
            "handles", False
        ):
            raise PoisonInput(
                f"{location}: source {source.name!r}: handles is true in one source of platform {source.platform!r} and not in"
                " another: an account would have two keys; set it in all"
            )
        if readers.setdefault(source.platform, source.reader) != source.reader:
            raise PoisonInput(
                f"{location}: source {source.name!r}: platform {source.platform!r} is shown by the reader"
                f" {readers[source.platform]} elsewhere; parts of one platform have the same reader"
            )
    excluded = _read_exclusions(location, text.get("exclude"))
    links = _read_links(location, text.get("links"))
    released = _read_released(location, text.get("released"))
    linked = {key for link in links for key in link.accounts}
    titled = {key for source in sources for key in source.options.get("titles", {}).values()}
    for what, keys in (
        (_LISTS["exclude"], set(excluded)),
        (_LISTS["links"], linked),
        (_LISTS["released"], set(released)),
        ("table titles", titled),
    ):
        strangers = sorted({key.split(":")[0] for key in keys} - {source.platform for source in sources})
        if strangers:
            raise PoisonInput(
                f"{location}: the {what} speaks of {', '.join(strangers)}, which is no source here, and would do nothing;"
                f" a key begins with the source's name, as in {sources[0].name}:88"
            )
    by_login = {source.platform for source in sources if source.reader == "gharchive" or source.options.get("handles")}
    for source in sources:
        titles = source.options.get("titles", {})
        titles.update({title: _key(key, by_login) for title, key in titles.items()})
    excluded = {_key(key, by_login): reason for key, reason in excluded.items()}
    released = {_key(key, by_login): on for key, on in released.items()}
    return Sources(
        tuple(
            replace(
                one,
                excluded=frozenset(
                    key
                    for key in excluded
                    if key.partition(":")[0] == one.platform or key in one.options.get("titles", {}).values()
                ),
                released={key: on for key, on in released.items() if key.partition(":")[0] == one.platform},
            )
            for one in sources
        ),
        excluded,
        tuple(
            replace(link, account_a=_key(link.account_a, by_login), account_b=_key(link.account_b, by_login))
            for link in links
        ),
    )


def _key(key: str, by_login: set[str]) -> str:
    """The key as the readers write it: GitHub's logins have no upper case, and neither has what a source calls handles."""
    platform, native_id = key.split(":", 1)
    return f"{platform}:{look_alike(native_id) if platform in by_login else native_id}"


def _folder_source(folder: Path) -> Source:
    name = re.sub(r"[^a-z0-9_]+", "_", folder.resolve().name.lower()).strip("_")
    if not _NAME.fullmatch(name):
        raise PoisonInput(f"{folder}: the folder's name cannot name a platform; write a sources.toml in it")
    files = [file.name for file in folder.iterdir() if file.is_file()]
    reader = "gharchive" if any(_HOUR_FILE.fullmatch(file) for file in files) else "files"
    return Source(name=name, reader=reader, path=folder)


def _source(location: Path, entry: dict[str, Any]) -> Source:
    if not isinstance(entry, dict):
        raise PoisonInput(f"{location}: source {entry!r} is no table; begin each source with [[source]]")
    name, reader = entry.get("name"), entry.get("reader", "files")
    where = f"{location}: source {name!r}"
    if not isinstance(name, str) or not _NAME.fullmatch(name):
        raise PoisonInput(f"{where}: name must match {_NAME.pattern} (it becomes the platform in every key)")
    if reader not in READERS:
        raise PoisonInput(f"{where}: reader {reader!r} is not one of {', '.join(READERS)}")
    _known_keys(location, f"source {name!r}, reader {reader}", entry, _KNOWN[reader])
    path = location.parent.resolve()
    if "base_url" in entry and "path" in entry:
        raise PoisonInput(f"{where}: has a path and a base_url; remove one of the two")
    if reader not in _ASKED and "base_url" not in entry:
        if not isinstance(entry.get("path"), str):
            raise PoisonInput(f"{where}: path is missing; name the folder of its files")
        path = (location.parent / entry["path"]).resolve()
        if not path.is_dir():
            raise PoisonInput(f"{where}: path {path} is not a folder")
        if path == path.parent:
            raise PoisonInput(f"{where}: path {path} is the whole machine; name the folder of the exports")
    for key, (shape, example) in _SHAPES.items():
        if key in entry and not shape(entry[key]):
            # What may hold a password by mistake is not repeated.
            given = "" if key in ("base_url", "contact") else f" = {entry[key]!r}"
            example = f"one of {', '.join(presets())}" if key == "preset" else example
            raise PoisonInput(f"{where}: {key}{given} is not {example}")
    options = {key: entry[key] for key in _OPTIONS if key in entry} | _query(location, where, entry)
    if reader in _ASKED or "base_url" in entry:
        options = _http_options(where, entry)
    kinds = {str(theirs): str(ours) for theirs, ours in entry.get("kinds", {}).items()}
    for theirs, ours in kinds.items():
        if ours not in KINDS:
            raise PoisonInput(f"{where}: kinds.{theirs} = {ours!r} is not one of {', '.join(KINDS)}")
    if entry.get("kind") is not None and entry["kind"] not in KINDS:
        raise PoisonInput(f"{where}: kind {entry['kind']!r} is not one of {', '.join(KINDS)}")
    if "time_zone" in entry and re.search("%[zZ]", entry.get("time_format", "")):
        raise PoisonInput(
            f"{where}: time_format tells the zone of each time, and time_zone another; remove one of the two"
        )
    if entry.get("unix_unit", "s") not in ("s", "ms", "us"):
        raise PoisonInput(f"{where}: unix_unit {entry['unix_unit']!r} is not one of s, ms, us")
    return Source(
        name=name,
        reader=reader,
        path=path,
        seeds=tuple(
            look_alike(str(seed)) if reader == "gharchive" or entry.get("handles") else str(seed)
            for seed in entry.get("seeds", [])
        ),
        columns={str(ours): str(theirs) for ours, theirs in entry.get("columns", {}).items()},
        kinds=kinds,
        options=options,
    )


def _tells_a_day(pattern: str) -> bool:
    has = set(re.findall(r"%-?([a-zA-Z])", pattern))
    return bool(has & {"y", "Y"} and ("j" in has or ("d" in has and has & {"m", "b", "B"})))


def presets() -> list[str]:
    """The names of the queries that Clout brings for exports of other tools."""
    return sorted(file.stem for file in PRESETS.glob("*.sql"))


def _query(location: Path, where: str, entry: dict[str, Any]) -> dict[str, str]:
    """The query through which a source's exports are read: its name and its text, which decides how rows are read."""
    if "query" not in entry and "preset" not in entry:
        for key in ("memory_mb", "deadline_minutes"):
            if key in entry and "base_url" not in entry and entry.get("reader", "files") == "files":
                raise PoisonInput(f"{where}: {key} bounds a query, and there is none; remove it")
        return {}
    if "query" in entry and "preset" in entry:
        raise PoisonInput(f"{where}: has a query and a preset; remove one of the two")
    for key in _OF_FILES:
        if key in entry:
            raise PoisonInput(
                f"{where}: {key} has no effect on a query, which names columns and reads files itself: remove it"
            )
    if "preset" in entry:
        file = PRESETS / f"{entry['preset']}.sql"
        return {"query": f"preset {entry['preset']}", "query_text": read_text(file)}
    file = location.parent / entry["query"]
    return {"query": entry["query"], "query_text": read_text(file)}


def _http_options(where: str, entry: dict[str, Any]) -> dict[str, Any]:
    """What a source that is asked over HTTP needs: where, about whom, and who asks."""
    whom = "titles" if "titles" in _KNOWN[entry["reader"]] else "subjects"
    for key in ("base_url", whom) if entry["reader"] in _ASKED else ("base_url",):
        if key not in entry:
            raise PoisonInput(f"{where}: {key} is missing; it is {_SHAPES[key][1]}")
    if "contact" not in entry and urlsplit(entry["base_url"]).hostname not in LOOPBACK:
        raise PoisonInput(f"{where}: contact is missing; name an address under which the platform reaches you")
    options = {key: entry[key] for key in (*_HTTP, *_ASKED.get(entry["reader"], ())) if key in entry}
    if entry["reader"] not in _ASKED:
        return options
    if "titles" in options:
        keys = {title.strip().replace(" ", "_"): key for key, title in options["titles"].items()}
        if len(keys) < len(options["titles"]):
            raise PoisonInput(f"{where}: titles: an article is named for two accounts; name it for one, and link them")
        return {**options, "titles": keys, "subjects": list(keys)}
    subjects = [subject.removeprefix("@") for subject in entry["subjects"]]
    # Handles have no case; DIDs have.
    options["subjects"] = list(dict.fromkeys(s if s.startswith("did:") else s.lower() for s in subjects))
    return options


def _read_exclusions(location: Path, name: object) -> dict[str, str]:
    excluded: dict[str, str] = {}
    for where, row in _rows(location, "exclude", name, ("account_key",)):
        # Scoring people who asked not to be scored is worse than not scoring at all.
        excluded[_account_key(where, row, "account_key")] = (row.get("reason") or "").strip() or "operator"
    return excluded


def _read_released(location: Path, name: object) -> dict[str, date]:
    released: dict[str, date] = {}
    for where, row in _rows(location, "released", name, ("account_key", "released_on")):
        key, text = _account_key(where, row, "account_key"), (row["released_on"] or "").strip()
        try:
            on = date.fromisoformat(text)
        except ValueError as error:
            raise PoisonInput(f"{where}: released_on {text!r} is not a day like 2026-03-01") from error
        released[key] = max(on, released.get(key, on))
    return released


def _read_links(location: Path, name: object) -> list[Link]:
    links = []
    for where, row in _rows(location, "links", name, ("account_a", "account_b")):
        keys = [_account_key(where, row, column) for column in ("account_a", "account_b")]
        days: list[date | None] = []
        for column in ("valid_from", "valid_to"):
            text = (row.get(column) or "").strip()
            try:
                days.append(date.fromisoformat(text) if text else None)
            except ValueError as error:
                raise PoisonInput(f"{where}: {column} {text!r} is not a day like 2026-03-01") from error
        links.append(Link(keys[0], keys[1], days[0], days[1]))
    return links


def _rows(location: Path, option: str, name: object, needed: tuple[str, ...]) -> Iterator[tuple[str, dict[str, str]]]:
    """Where and what of each row of a CSV file that the configuration names; none where it names no file."""
    if name is None:
        return
    if not isinstance(name, str):
        raise PoisonInput(f"{location}: {option} = {name!r} is not the name of a file")
    file = (location.parent / name).resolve()
    if not file.is_file():
        raise PoisonInput(f"{file}: the {_LISTS[option]} that {location} names is missing; nobody is scored without it")
    with file.open(encoding="utf-8-sig", newline="") as stream:
        rows = csv.DictReader(stream, strict=True)
        try:
            missing = [column for column in needed if column not in (rows.fieldnames or [])]
            if missing:
                raise PoisonInput(f"{file}: row 1: needs a column {' and a column '.join(missing)}")
            for row in rows:
                yield f"{file}: row {rows.line_num}", row
        except (csv.Error, UnicodeDecodeError) as error:
            raise PoisonInput(f"{file}: cannot be read as UTF-8 CSV after row {rows.line_num}: {error}") from error


def _account_key(where: str, row: dict[str, str], column: str) -> str:
    platform, colon, native_id = (row[column] or "").partition(":")
    key = f"{platform.strip()}{colon}{native_id.strip()}"
    if not re.fullmatch(r"[^:\s]+:.+", key):
        raise PoisonInput(f"{where}: {column} {key!r} is not of the form platform:id")
    return key


def _is_list(it: object, kinds: tuple[type, ...]) -> bool:
    return isinstance(it, list) and all(isinstance(one, kinds) for one in it)


def _is_base_url(it: object) -> bool:
    try:
        parts = urlsplit(it if isinstance(it, str) else "")
        port_is_good = parts.port is None or parts.port > 0
    except ValueError:
        return False
    # A password in an address would end up in messages.
    plain = not (parts.username or parts.password or parts.query or parts.fragment)
    return parts.scheme in ("http", "https") and bool(parts.hostname) and port_is_good and plain


def _is_table_of_text(it: object) -> bool:
    return isinstance(it, dict) and all(isinstance(one, str) for one in it.values())


def _known_keys(location: Path, where: str, given: dict[str, Any], known: set[str]) -> None:
    unknown = sorted(set(given) - known)
    if unknown:
        raise PoisonInput(f"{location}: {where}: unknown {', '.join(unknown)}; known are {', '.join(sorted(known))}")
