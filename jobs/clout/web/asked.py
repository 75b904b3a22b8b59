"""Checks what a request asks for: its version, day, person and filters. Whoever is not shown is not found."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import TYPE_CHECKING, Any

from clout.web import figures, words
from clout.web.dossiers import Dossier
from clout.web.snapshot import Snapshot

if TYPE_CHECKING:
    from starlette.requests import Request

#: Signs of a key or a search that are looked at.
LONGEST = 512
#: People whose dossiers a request holds at once: those of a page, not those of an export.
_HELD = 8
_DAY = re.compile(r"\d{4}-\d{2}-\d{2}")


class NotFound(Exception):
    """There is no such page, day or person, or none that is shown."""


@dataclass(frozen=True)
class Asked:
    """The snapshot of a request and the day that it asks for."""

    snapshot: Snapshot
    day: date
    given: Mapping[str, str]
    _read: dict[tuple, list[dict[str, Any]]] = field(default_factory=dict)
    _dossiers: dict[str, Dossier | None] = field(default_factory=dict)

    @classmethod
    def of(cls, request: Request) -> Asked:
        """What the request asks for. Raises NotFound for a day that is not published."""
        snapshot, given = request.state.snapshot, request.query_params
        wanted = given.get("day", "")
        if not wanted:
            return cls(snapshot, max(snapshot.contents), given)
        try:
            if not _DAY.fullmatch(wanted):
                raise ValueError
            day = date.fromisoformat(wanted)
        except ValueError:
            raise NotFound from None
        if day not in snapshot.contents:
            raise NotFound
        return cls(snapshot, day, given)

    @property
    def is_newest(self) -> bool:
        """Whether the day is the newest."""
        return self.day == max(self.snapshot.contents)

    def rows(self, figure: str, **values: Any) -> list[dict[str, Any]]:
        """A figure's rows of the day; asked for twice, they are read once."""
        key = (figure, *sorted(values.items()))
        if key not in self._read:
            dossier = self._dossier(values["person"]) if figure in figures.of_person() else None
            self._read[key] = (
                figures.rows(self.snapshot, figure, self.day, **values) if dossier is None else dossier[figure]
            )
        return self._read[key]

    def _dossier(self, person: str) -> Dossier | None:
        """What is stored of a person; None where the day stores nothing by person."""
        if person not in self._dossiers:
            if len(self._dossiers) == _HELD:
                self._dossiers.clear()
            self._dossiers[person] = self.snapshot.day(self.day).dossier(person)
        return self._dossiers[person]

    def row(self, figure: str, **values: Any) -> dict[str, Any]:
        """A figure's only row; empty where there is none."""
        return next(iter(self.rows(figure, **values)), {})

    def text(self, name: str) -> str:
        """A text parameter; empty where it is not given, too long, or holds signs that no name has."""
        value = self.given.get(name, "").strip()
        return value if len(value) <= LONGEST and value.isprintable() else ""

    def whole(self, name: str, otherwise: int, most: int) -> int:
        """A whole number from 0 on; `otherwise` where it is none."""
        value = self.given.get(name, "")
        return min(int(value), most) if value.isascii() and value.isdigit() and len(value) < 10 else otherwise

    def person(self, key: str) -> dict[str, Any]:
        """The score's row of a person by any of their keys. Raises NotFound for whoever has no score, or may not be named."""
        if not key or len(key) > LONGEST or words.is_pseudonym(key):
            raise NotFound
        row = self.row("score", person=key)
        if not row:
            row = self.row("score", person=self.row("person_of", account=key).get("person_id", ""))
        if not row or row["score"] is None or words.is_pseudonym(row["person_id"]):
            raise NotFound
        return row

    def place(self, score: Mapping[str, Any]) -> dict[str, int]:
        """How many have a higher score, and of how many: the figure `place`."""
        return self.snapshot.day(self.day).place_of(score["score"])

    def name(self, person: str) -> str:
        """The name by which a person is shown."""
        accounts = self.rows("accounts", person=person)
        names = sorted(row["display_name"] for row in accounts if row["display_name"])
        handles = sorted(row["handle"] for row in accounts if row["handle"])
        return next(iter([*names, *handles, person]))
