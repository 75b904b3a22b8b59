"""The operator's word on topics, from the section [topics] of a sources file.

    [topics]
    ontology = "klout"      # optional: a folder with ontology.csv, or with Klout's files; ours, where it is missing
    overlay = "topics.csv"  # optional: action,topic,value,lang; see ontology.py
    hidden = "hidden.csv"   # optional: account_key,topic of people who want no word of a topic, or of any: *

All are relative to the sources file. A file that is named and is not there stops the night.
"""

from __future__ import annotations

import csv
import re
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from clout.config.ontology import Ontology, read_ontology
from clout.errors import InvalidInput

_KEYS = ("ontology", "overlay", "hidden")
#: In the place of a topic: all of them.
EVERY = "*"


@dataclass(frozen=True)
class TopicSettings:
    """Where the ontology and its overlay lie, and which account hides which topic: (account_key, slug or EVERY)."""

    folder: Path | None = None
    overlay: Path | None = None
    hidden: tuple[tuple[str, str], ...] = ()

    def ontology(self) -> Ontology:
        """The ontology, read and checked."""
        return read_ontology(self.folder, self.overlay)

    def hidden_ids(self, ontology: Ontology) -> list[tuple[str, str]]:
        """(account_key, topic_id or EVERY) of what people hide. A topic that the ontology does not have is hidden as it is."""
        ids = {topic.slug: topic.topic_id for topic in ontology.topics.values()}
        return sorted((account, ids.get(slug, slug)) for account, slug in self.hidden)


def read_settings(location: Path, section: Any, key_of: Callable[[str], str] = str) -> TopicSettings:
    """The section of a sources file. key_of: an account's key as readers write it. Raises InvalidInput with file and row."""
    if section is None:
        return TopicSettings()
    if not isinstance(section, dict) or set(section) - {*_KEYS}:
        raise InvalidInput(f"{location}: [topics] holds {', '.join(_KEYS)}, and nothing else")
    places: dict[str, Path] = {}
    for name, value in section.items():
        if not isinstance(value, str) or not value:
            raise InvalidInput(f"{location}: [topics] {name} = {value!r} is not the name of a file beside this one")
        places[name] = (location.parent / value).resolve()
    settings = TopicSettings(places.get("ontology"), places.get("overlay"))
    settings.ontology()  # what is wrong in it is said before anything is pulled
    if "hidden" not in places:
        return settings
    return TopicSettings(settings.folder, settings.overlay, tuple(_hidden(places["hidden"], key_of)))


def _hidden(file: Path, key_of: Callable[[str], str]) -> list[tuple[str, str]]:
    if not file.is_file():
        raise InvalidInput(
            f"{file}: no such file; what people hide is not known without it: write it, or correct its name"
        )
    try:
        with file.open(encoding="utf-8-sig", newline="") as stream:
            rows = csv.DictReader(stream, strict=True)
            missing = [name for name in ("account_key", "topic") if name not in (rows.fieldnames or [])]
            if missing:
                raise InvalidInput(
                    f"{file}, row 1: column {', '.join(missing)} is missing; the header is account_key,topic"
                )
            found = []
            for row in rows:
                account, topic = (row["account_key"] or "").strip(), (row["topic"] or "").strip()
                if not re.fullmatch(r"[^:\s]+:.+", account):
                    raise InvalidInput(
                        f"{file}, row {rows.line_num}: account_key {account!r} is not of the form platform:id"
                    )
                if not topic:
                    raise InvalidInput(f"{file}, row {rows.line_num}: topic is empty; name its slug, or * for all")
                found.append((key_of(account), topic))
            return found
    except (csv.Error, UnicodeDecodeError) as error:
        raise InvalidInput(f"{file}: cannot be read as UTF-8 CSV: {error}; write it anew") from error
