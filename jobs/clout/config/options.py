"""Models of the options of a source: those of every source, and those of sources that are asked over HTTP.

A field's description is the cure: it is what a message says that the value is not. `repr=False` keeps a value that may hold a
password by mistake out of messages. A reader adds fields of its own in its own module; see readers.Reader.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any, Literal
from urllib.parse import urlsplit

from pydantic import BaseModel, ConfigDict, Field, StringConstraints, ValidationError, ValidationInfo, field_validator
from pydantic.functional_validators import AfterValidator, model_validator
from pydantic_core import ErrorDetails

from clout.errors import InvalidInput

#: A source's name, and the platform's in every key.
NAME = re.compile(r"[a-z][a-z0-9_]{0,30}")
LOOPBACK = ("127.0.0.1", "::1", "localhost")
#: For how many days a platform is asked again who liked and shared a post, where the source does not say.
REFRESH_DAYS = 3


def check(test: Any) -> AfterValidator:
    """Let a value pass that a test is true of; the field's description says what others are not."""

    def checked(value: Any) -> Any:
        if not test(value):
            raise ValueError
        return value

    return AfterValidator(checked)


def _is_base_url(text: str) -> bool:
    try:
        parts = urlsplit(text)
        port_is_good = parts.port is None or parts.port > 0
    except ValueError:
        return False
    # A password in an address would end up in messages.
    plain = not (parts.username or parts.password or parts.query or parts.fragment)
    return parts.scheme in ("http", "https") and bool(parts.hostname) and port_is_good and plain


#: The platform in every key, where several sources show parts of one.
PLATFORM = Annotated[str, check(NAME.fullmatch), Field(description="a name, like mastodon")]


class Mistake(ValueError):
    """A mistake that its text says whole; of any other ValueError the field's description says what is wrong."""


class Options(BaseModel):
    """What any source may say. The context of a validation is {"folder": where the configuration lies}."""

    model_config = ConfigDict(extra="forbid", strict=True, frozen=True, arbitrary_types_allowed=True)

    name: str
    reader: str = "files"

    def place(self, folder: Path) -> Path:
        """Where the source's files lie; the configuration's folder where it has none."""
        return folder.resolve()

    def said(self, folder: Path) -> dict[str, Any]:
        """The options that the configuration sets, in the form in which a source keeps them."""
        own = {"name", "reader", "path", "seeds", "columns", "kinds"}
        return self.model_dump(exclude_unset=True, exclude=own)


class Acting(Options):
    """What a source may say whose accounts act: whom the operator vouches for."""

    seeds: list[str | int] = Field(default_factory=list, description='a list of ids, like ["88"]')


_LIMIT = Annotated[int, Field(gt=0, le=1_000_000, description="a whole number from 1 to 1000000")]


_BASE_URL = Annotated[
    str, check(_is_base_url), Field(description="a web address without user, query and fragment", repr=False)
]


class Fetched(Options):
    """What a source may say that is fetched over HTTP: where, who asks, and how much may be asked."""

    base_url: _BASE_URL = ""
    contact: Annotated[
        str,
        StringConstraints(pattern=r"^[!-~]{3,200}\z"),
        Field(description="an address, like ops@example.org", repr=False),
    ] = ""
    max_requests: _LIMIT = 0
    max_body_mb: _LIMIT = 0
    deadline_minutes: _LIMIT = 0
    backfill_days: _LIMIT = 0

    @model_validator(mode="after")
    def _says_who_asks(self) -> Fetched:
        if self.base_url and not self.contact and urlsplit(self.base_url).hostname not in LOOPBACK:
            raise Mistake("contact is missing; name an address under which the platform reaches you")
        return self


class Asked(Fetched):
    """What a source may say of a platform that is asked over HTTP, page by page."""

    base_url: _BASE_URL
    platform: PLATFORM = ""
    max_pages: _LIMIT = 0
    refresh_days: _LIMIT = 0


_SUBJECT = r"@?[^\s,@/]+(@[^\s,@/]+)?"


class AskedAboutPeople(Acting, Asked):
    """What a source may say of a platform that is asked about people: whom to follow."""

    subjects: Annotated[
        list[Annotated[str, check(re.compile(_SUBJECT).fullmatch)]],
        Field(min_length=1, description='a list of handles or ids, like ["ann.example"]'),
    ]

    @field_validator("subjects")
    @classmethod
    def _in_one_spelling(cls, subjects: list[str]) -> list[str]:
        plain = [subject.removeprefix("@") for subject in subjects]
        # Handles have no case; DIDs have.
        return list(dict.fromkeys(one if one.startswith("did:") else one.lower() for one in plain))


class FollowedAreNamed(AskedAboutPeople):
    """What a source may say of a platform whose accounts say nothing of being named: who is named."""

    naming: Literal["followed", "consenting", "everybody"] = "followed"


def validated(model: type[Options], entry: Mapping[str, Any], location: Path, where: str) -> Options:
    """An entry of the configuration as its reader's model. Raises InvalidInput that names source, field and cure."""
    try:
        return model.model_validate(entry, context={"folder": location.parent})
    except ValidationError as error:
        raise InvalidInput(_worst(model, error.errors(include_url=False), entry, location, where)) from None


def folder_of(info: ValidationInfo) -> Path:
    """The folder of the configuration that is validated, from which its paths are."""
    return info.context["folder"] if info.context else Path()


def _worst(
    model: type[Options], errors: list[ErrorDetails], entry: Mapping[str, Any], location: Path, where: str
) -> str:
    """The first mistake to mend: what is unknown, then what is wrong, then what is missing."""
    unknown = sorted(str(error["loc"][0]) for error in errors if error["type"] == "extra_forbidden")
    if unknown:
        of = f"source {entry['name']!r}, reader {entry.get('reader', 'files')}"
        return f"{location}: {of}: unknown {', '.join(unknown)}; known are {', '.join(sorted(model.model_fields))}"
    error = min(errors, key=lambda one: one["type"] == "missing")
    cause = error.get("ctx", {}).get("error")
    if isinstance(cause, Mistake):
        return f"{where}: {cause}"
    name = str(error["loc"][0])
    field = model.model_fields[name]
    if error["type"] == "missing":
        return f"{where}: {name} is missing; it is {field.description}"
    place, value, cure = name, entry[name], field.description
    if error["type"] == "literal_error" and (cure is None or len(error["loc"]) > 1):
        place, value = ".".join(map(str, error["loc"])), error["input"]
        cure = f"one of {error['ctx']['expected'].replace(' or ', ', ').replace(chr(39), '')}"
    return f"{where}: {place}{f' = {value!r}' if field.repr else ''} is not {cure}"
