"""The properties of a form of input beside how it is read: its options, its retention rules, its form of keys.

A reader is a plug-in: what lies below the platforms (configuration, privacy) finds it by its name and imports no platform.
"""

from __future__ import annotations

import re
from collections import ChainMap
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache
from importlib import import_module

from clout.config.options import Options

#: The packages whose READERS, by name, are the known ones.
_PACKAGES = ("clout.platforms.exports", "clout.platforms.apis")


@dataclass(frozen=True)
class Rule:
    """At the end of day d + after_days, do `action` with what `table` holds of day d. `terms` says who demands it.

    drop: remove the rows. forget_members: remove the accounts of members. pseudonymise: replace members by pseudonyms.
    forget_deleted: remove what a later snapshot shows to be deleted at the source. forget_platform: remove the rows of
    the platform from a table that all platforms share.
    """

    table: str
    after_days: int
    action: str
    terms: str


#: Whose terms demand a rule, or ours.
_OURS = "ours: what is needed to make a day again is kept no longer than that"
FEATURES = Rule("features", 30, "drop", "ours: conform and the measures make them again")
#: What holds of every input, of which raw pages are kept where it is fetched.
SHORT = (Rule("raw", 30, "drop", _OURS), Rule("quarantine", 30, "drop", _OURS), FEATURES)
#: What holds of platforms that show deletions.
DELETED = tuple(
    Rule(table, 1, "forget_deleted", "X: delete within 24 hours of the source; ours elsewhere")
    for table in ("posts", "accounts", "interactions", "post_topics", "topic_activity", "reactions")
)


@dataclass(frozen=True, kw_only=True)
class Reader:
    """A form of input. `options`: what a source may say of it; `retention`: how long what it showed may be kept.

    ids: what its accounts' ids look like. names_are_ids: ids are logins, which the reader writes small, and lists of people
    are read so. folds_case: its ids tell no upper case from lower case. members: how native ids begin in whose place a
    pseudonym is kept, where the platform's terms demand it. is_asked: its lists show what happened on earlier days again.
    accounts_say: each account says itself whether its owner may be named.
    """

    name: str = ""
    options: type[Options] = Options
    retention: tuple[Rule, ...] = SHORT
    ids: re.Pattern[str] = field(default=re.compile(r".+", re.DOTALL))
    names_are_ids: bool = False
    folds_case: bool = False
    members: str | None = None
    is_asked: bool = False
    accounts_say: bool = False


@cache
def readers() -> Mapping[str, Reader]:
    """All readers, by name."""
    return ChainMap(*(import_module(package).READERS for package in reversed(_PACKAGES)))
