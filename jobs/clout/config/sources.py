"""Reads the sources' configuration: one TOML file that lists every source, and checks it word by word.

[[source]]
name = "higgs"               # the platform's name in every key: higgs:88
reader = "files"             # files | gharchive, or a platform that is asked: a module of clout.platforms.apis
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
                             # (keys are ids); of linkedin: urn:li:organization:1234; of youtube: channels by @handle or id
                             # gharchive takes base_url too, in the place of path: "https://data.gharchive.org"; no subjects
platform = "mastodon"        # optional: the platform in every key, where several sources show parts of one, as the
                             # instances of mastodon do: an account has one key then, whichever instance shows it
contact = "ops@example.org"  # said to the platform with each request; needed unless the host is this machine
ceiling_usd = 5              # of x alone: dollars a UTC day; also dialect = "posts" (or "tweets"), likes = true
honour = ["indexable", "discoverable", "locked"]  # of mastodon alone: what an account sets besides noindex that leaves it out
naming = "everybody"         # also those are named who did not agree to it. Of bluesky and x "followed" where it is missing:
                             # whom the source follows is named, and who agreed; "consenting" where it is missing of mastodon
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

brands = "brands.toml"       # optional, at the top: what counts as talk about a brand, see brand_settings.py

[topics]                     # optional: see topic_settings.py
overlay = "topics.csv"

What each option must hold is said once, by the models: options.py, file_options.py of the exports, and a platform's own module.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from datetime import date
from pathlib import Path
from typing import Any

from clout.config import operator_lists
from clout.config.brand_settings import Brand, read_brands
from clout.config.native_ids import look_alike
from clout.config.operator_lists import LISTS, Link
from clout.config.options import NAME, REFRESH_DAYS, validated
from clout.config.readers import Reader, readers
from clout.config.topic_settings import TopicSettings, read_settings
from clout.errors import InvalidInput

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
    #: All platforms of the sources, each with whether its ids have no upper case; nothing where a source stands alone.
    known_platforms: dict[str, bool] = field(default_factory=dict)

    @property
    def platform(self) -> str:
        """The platform in every key."""
        found: str = self.options.get("platform", self.name)
        return found

    @property
    def read_by(self) -> Reader:
        """The reader, with all that is to be known of it."""
        return readers()[self.reader]

    @property
    def names_are_ids(self) -> bool:
        """Whether people are known by names in which case does not count, so that lists of them are read so."""
        return self.read_by.names_are_ids or bool(self.options.get("handles"))


@dataclass(frozen=True)
class Sources:
    """All sources, the account keys that the operator excludes, each with its reason, and the accounts that he links."""

    sources: tuple[Source, ...]
    excluded: dict[str, str]
    links: tuple[Link, ...] = ()
    topics: TopicSettings = field(default_factory=TopicSettings)
    brands: tuple[Brand, ...] = ()

    def named(self, name: str) -> Source:
        """The source of that name."""
        for source in self.sources:
            if source.name == name:
                return source
        known = ", ".join(source.name for source in self.sources)
        raise InvalidInput(f"no source is named {name!r}; the configuration has: {known}")

    @property
    def platforms(self) -> dict[str, str]:
        """The names of all sources, in order, each with the platform that it shows."""
        return {source.name: source.platform for source in self.sources}

    @property
    def naming(self) -> dict[str, tuple[str, frozenset[str]]]:
        """Of each platform that does not name everybody the rule by which it does, and whom it follows, in small letters.

        followed: who is followed is named, and who agreed; consenting: who agreed alone.
        """
        found: dict[str, tuple[str, frozenset[str]]] = {}
        for source in self.sources:
            says = source.read_by.options.model_fields.get("naming")
            rule = source.options.get("naming", says.default) if says else "everybody"
            if rule != "everybody" and not source.read_by.accounts_say:
                followed = frozenset(str(each).lower() for each in source.options.get("subjects", ()))
                found[source.platform] = rule, followed | found.get(source.platform, (rule, frozenset()))[1]
        return found

    @property
    def repeat_days(self) -> int:
        """For how many days after its first observation a list may show the same interaction again."""
        asked = (source for source in self.sources if source.read_by.is_asked)
        return max((source.options.get("refresh_days", REFRESH_DAYS) - 1 for source in asked), default=0)


def read_sources(location: Path) -> Sources:
    """Read a sources file; a folder is read by the `sources.toml` in it, or taken for one source that has the folder's name."""
    if location.is_dir():
        if (location / "sources.toml").is_file():
            return read_sources(location / "sources.toml")
        return Sources((_folder_source(location),), {})
    if not location.is_file():
        raise InvalidInput(f"{location}: no such sources file or folder of exports")
    try:
        text = tomllib.loads(location.read_text(encoding="utf-8"))
    except (ValueError, RecursionError) as error:
        raise InvalidInput(
            f"{location}: not a TOML file: {error}; of exports, name the folder in which they lie"
        ) from error
    known = {"source", "topics", "brands", *LISTS}
    if unknown := sorted(set(text) - known):
        raise InvalidInput(f"{location}: top: unknown {', '.join(unknown)}; known are {', '.join(sorted(known))}")
    entries = text.get("source")
    if not isinstance(entries, list) or not entries:
        raise InvalidInput(f"{location}: lists no source; begin one with [[source]]")
    sources = [_source(location, entry) for entry in entries]
    _check_together(location, sources)
    excluded = operator_lists.exclusions(location, text.get("exclude"))
    links = operator_lists.links(location, text.get("links"))
    released = operator_lists.released(location, text.get("released"))
    _check_known(location, "exclude", excluded, sources)
    _check_known(location, "links", (key for link in links for key in link.accounts), sources)
    _check_known(location, "released", released, sources)
    for source in sources:
        _check_known(location, "titles", source.options.get("titles", {}).values(), sources)

    by_name = {source.platform for source in sources if source.names_are_ids}

    def key(said: str) -> str:
        """A key as the readers write it: GitHub's logins have no upper case, and neither has what a source calls handles."""
        platform, native_id = said.split(":", 1)
        return f"{platform}:{look_alike(native_id) if platform in by_name else native_id}"

    excluded = {key(each): reason for each, reason in excluded.items()}
    released = {key(each): on for each, on in released.items()}
    complete = []
    for source in sources:
        titles = {title: key(each) for title, each in source.options.get("titles", {}).items()}
        own = {each for each in excluded if each.partition(":")[0] == source.platform} | (
            excluded.keys() & set(titles.values())
        )
        over = {each: on for each, on in released.items() if each.partition(":")[0] == source.platform}
        options = source.options | ({"titles": titles} if titles else {})
        known_platforms = {each.platform: each.names_are_ids for each in sources}
        complete.append(
            replace(source, options=options, excluded=frozenset(own), released=over, known_platforms=known_platforms)
        )
    linked = (replace(one, account_a=key(one.account_a), account_b=key(one.account_b)) for one in links)
    topics = read_settings(location, text.get("topics"), key)
    platforms = {source.platform for source in sources}
    brands = read_brands(location, text.get("brands"), topics.ontology(), platforms, key) if "brands" in text else ()
    return Sources(tuple(complete), excluded, tuple(linked), topics, brands)


def _folder_source(folder: Path) -> Source:
    name = re.sub(r"[^a-z0-9_]+", "_", folder.resolve().name.lower()).strip("_")
    if not NAME.fullmatch(name):
        raise InvalidInput(f"{folder}: the folder's name cannot name a platform; write a sources.toml in it")
    files = [file.name for file in folder.iterdir() if file.is_file()]
    reader = "gharchive" if any(_HOUR_FILE.fullmatch(file) for file in files) else "files"
    return Source(name=name, reader=reader, path=folder)


def _source(location: Path, entry: Any) -> Source:
    if not isinstance(entry, dict):
        raise InvalidInput(f"{location}: source {entry!r} is no table; begin each source with [[source]]")
    name, reader = entry.get("name"), entry.get("reader", "files")
    where = f"{location}: source {name!r}"
    if not isinstance(name, str) or not NAME.fullmatch(name):
        raise InvalidInput(f"{where}: name must match {NAME.pattern} (it becomes the platform in every key)")
    if not isinstance(reader, str) or reader not in readers():
        raise InvalidInput(f"{where}: reader {reader!r} is not one of {', '.join(readers())}")
    model = validated(readers()[reader].options, entry, location, where)
    source = Source(name, reader, model.place(location.parent), options=model.said(location.parent))
    seeds = [str(seed) for seed in getattr(model, "seeds", ())]
    return replace(
        source,
        seeds=tuple(look_alike(seed) if source.names_are_ids else seed for seed in seeds),
        columns=getattr(model, "columns", {}),
        kinds=getattr(model, "kinds", {}),
    )


def _check_together(location: Path, sources: list[Source]) -> None:
    """Raises InvalidInput where two sources contradict one another: names, readers or spelling of one platform."""
    names = [source.name for source in sources]
    for name in names:
        if names.count(name) > 1:
            raise InvalidInput(f"{location}: two sources are named {name!r}; a name is the platform in every key")
    first: dict[str, Source] = {}
    for source in sources:
        other = first.setdefault(source.platform, source)
        if other.options.get("handles", False) != source.options.get("handles", False):
            raise InvalidInput(
                f"{location}: source {source.name!r}: handles is true in one source of platform {source.platform!r} and not in"
                " another: an account would have two keys; set it in all"
            )
        if other.reader != source.reader:
            raise InvalidInput(
                f"{location}: source {source.name!r}: platform {source.platform!r} is shown by the reader"
                f" {other.reader} elsewhere; parts of one platform have the same reader"
            )


def _check_known(location: Path, what: str, keys: Iterable[str], sources: list[Source]) -> None:
    """Raises InvalidInput where a list speaks of a platform that no source shows: it would do nothing."""
    strangers = sorted({key.split(":")[0] for key in keys} - {source.platform for source in sources})
    if strangers:
        raise InvalidInput(
            f"{location}: the {LISTS.get(what, f'table {what}')} speaks of {', '.join(strangers)}, which is no source here, and"
            f" would do nothing; a key begins with the source's name, as in {sources[0].name}:88"
        )
