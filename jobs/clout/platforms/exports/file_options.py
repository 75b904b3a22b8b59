"""Models of the options of exports: of folders of files in any form (files), and of GH Archive's hours (gharchive)."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Annotated, Any, Literal
from zoneinfo import available_timezones

from pydantic import Field, ValidationInfo
from pydantic.functional_validators import field_validator, model_validator

from clout.config.options import PLATFORM, Acting, Fetched, Mistake, check, folder_of
from clout.config.paths import PRESETS
from clout.lake.schemas import Kind
from clout.platforms.exports.query_text import read_text

#: What says how files are read; a query reads them itself.
_OF_FILES = ("delimiter", "column_names", "columns")
#: Every directive is one that DuckDB's strptime reads.
_TIME_FORMAT = re.compile(r"([^%]|%[aAbBdfgHIjmMnpSyYzZ%]|%-[dHIjmMSy])+")


def presets() -> list[str]:
    """The names of the queries that Clout brings for exports of other tools."""
    return sorted(file.stem for file in PRESETS.glob("*.sql"))


def _tells_a_day(pattern: str) -> bool:
    has = set(re.findall(r"%-?([a-zA-Z])", pattern))
    return bool(has & {"y", "Y"} and ("j" in has or ("d" in has and has & {"m", "b", "B"})))


class OfFolder(Acting):
    """What may be said of any source whose files lie in a folder."""

    path: Annotated[str, Field(description="the name of a folder, relative to the configuration")] = ""
    naming: Literal["everybody", "consenting"] = "everybody"

    @field_validator("path")
    @classmethod
    def _is_a_folder(cls, path: str, info: ValidationInfo) -> str:
        place = (folder_of(info) / path).resolve()
        if not place.is_dir():
            raise Mistake(f"path {place} is not a folder")
        if place == place.parent:
            raise Mistake(f"path {place} is the whole machine; name the folder of the exports")
        return path

    @model_validator(mode="after")
    def _lies_somewhere(self) -> OfFolder:
        if not self.path and not getattr(self, "base_url", ""):
            raise Mistake("path is missing; name the folder of its files")
        if self.path and getattr(self, "base_url", ""):
            raise Mistake("has a path and a base_url; remove one of the two")
        return self

    def place(self, folder: Path) -> Path:
        """The folder of the exports."""
        return (folder / self.path).resolve() if self.path else folder.resolve()


class FileOptions(OfFolder):
    """What may be said of a folder of exports."""

    columns: dict[str, str] = Field(default_factory=dict, description='a table of texts, like actor = "user_from"')
    kinds: dict[str, Kind] = Field(default_factory=dict, description='a table of texts, like RT = "share"')
    platform: PLATFORM = ""
    delimiter: Annotated[
        str, check(lambda it: it.isascii() and len(it) == 1 and it not in '"\r\n'), Field(description="one character")
    ] = ","
    column_names: list[str] = Field(
        default_factory=list, min_length=1, description='a list of names, like ["actor", "target", "unix_ts"]'
    )
    skip_rows: Annotated[int, Field(ge=0, le=1000, description="a whole number of lines from 0 to 1000")] = 0
    kind: Kind | None = None
    unix_unit: Literal["s", "ms", "us"] = "s"
    time_format: Annotated[
        str,
        check(lambda it: _TIME_FORMAT.fullmatch(it) and _tells_a_day(it)),
        Field(description="a pattern of strptime that tells year, month and day, like %d/%m/%Y %H:%M"),
    ] = ""
    time_zone: Annotated[
        str, check(lambda it: it in available_timezones()), Field(description="a time zone, like America/New_York")
    ] = "UTC"
    thousands: Annotated[
        Literal[",", ".", " ", "'", "_"] | None, Field(description="a sign between thousands, like ,")
    ] = None
    handles: Annotated[bool, Field(description="true or false")] = False
    missing: list[str] = Field(default_factory=list, description='a list of words, like ["nan"]')
    people_named: list[str] = Field(default_factory=list, description='a list of ids, like ["null"]')
    rounded_ids: Annotated[bool, Field(description="true or false")] = False
    most_unreadable: Annotated[int | float, Field(ge=0, le=1, description="a share, from 0 to 1")] = 0.5
    query: Annotated[
        str, check(lambda it: it.endswith(".sql")), Field(description="the name of a file, like twarc.sql")
    ] = ""
    preset: Annotated[str, Field(description="a preset")] = ""
    outcomes: Literal["ga4", "umami", "plausible", "bitly"] | None = None
    events: dict[str, Literal["click", "visit", "signup", "purchase"]] = Field(
        default_factory=dict, description='a table of texts, like order = "purchase"'
    )
    memory_mb: Annotated[int, Field(ge=256, le=1_000_000, description="a whole number from 256 to 1000000")] = 256
    deadline_minutes: Annotated[int, Field(gt=0, le=1_000_000, description="a whole number from 1 to 1000000")] = 1

    @field_validator("preset")
    @classmethod
    def _is_brought(cls, preset: str) -> str:
        if preset not in presets():
            raise Mistake(f"preset = {preset!r} is not one of {', '.join(presets())}")
        return preset

    @model_validator(mode="after")
    def _fits_together(self) -> FileOptions:
        said = self.model_fields_set
        if "time_zone" in said and re.search("%[zZ]", self.time_format):
            raise Mistake("time_format tells the zone of each time, and time_zone another; remove one of the two")
        if self.query and self.preset:
            raise Mistake("has a query and a preset; remove one of the two")
        for key in _OF_FILES if self.query or self.preset else ():
            if key in said:
                raise Mistake(f"{key} has no effect on a query, which names columns and reads files itself: remove it")
        for key in () if self.query or self.preset else ("memory_mb", "deadline_minutes"):
            if key in said:
                raise Mistake(f"{key} bounds a query, and there is none; remove it")
        return self

    def said(self, folder: Path) -> dict[str, Any]:
        """The options; of a query its name and its text, which decides how rows are read."""
        options = super().said(folder)
        if options.pop("preset", None):
            options["query"], file = f"preset {self.preset}", PRESETS / f"{self.preset}.sql"
        elif self.query:
            file = folder / self.query
        else:
            return options
        return options | {"query_text": read_text(file)}


class HourOptions(Fetched, OfFolder):
    """What may be said of GH Archive's hours: where their files lie, or where they are fetched."""
