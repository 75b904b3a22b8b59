"""The addresses of requests: what is asked of an endpoint, and where a link on a page leads."""

from __future__ import annotations

import re
from collections.abc import Mapping
from urllib.parse import quote, urljoin, urlsplit

from clout.platforms.pull.pages import Endpoint

#: The parameters that page; a link's others may be anything, also a secret.
PAGING = re.compile(r"max_id|min_id|since_id|limit|offset|page|cursor")


def parts_of(endpoint: Endpoint, subject: str) -> list[str]:
    """The subjects of one request: of a batch all."""
    return subject.split(",") if endpoint.batch > 1 else [subject]


def query_of(
    endpoint: Endpoint, subject: str, following: Mapping[str, str], times: Mapping[str, str], size: int
) -> str:
    """The query of one request."""
    values = {"{subject}": subject, "{since}": times["since"], "{until}": times["until"]}
    given = [(name, quote(filled(value, values), safe=endpoint.safe)) for name, value in endpoint.params.items()]
    if endpoint.page_size is not None:
        given.append((endpoint.size_param, str(size)))
    if endpoint.subject_param is not None:
        parts = [quote(part, safe="") for part in parts_of(endpoint, subject)]
        if endpoint.batch_form == "restli":
            parts = [f"List({','.join(parts)})"]
        elif endpoint.batch_form == "comma":
            parts = [",".join(parts)]
        given += [(endpoint.subject_param, part) for part in parts]
    given = [(name, value) for name, value in given if name not in following]
    given += [(name, quote(value, safe="")) for name, value in following.items()]
    return "&".join(f"{quote(name, safe='')}={value}" for name, value in given)


def filled(value: str, values: Mapping[str, str]) -> str:
    """A text with values in the place of their names, each taken once."""
    return re.sub("|".join(map(re.escape, values)), lambda found: values[found[0]], value)


def origin(url: str) -> tuple[str, str | None, int | None]:
    """Scheme, host and port; of what is no address, nothing."""
    try:
        parts = urlsplit(url)
        return parts.scheme, parts.hostname, parts.port or {"http": 80, "https": 443}.get(parts.scheme)
    except ValueError:
        return "", None, None


def joined(base: str, target: str) -> str:
    """Where a link on a page leads; nowhere where it is none."""
    try:
        return urljoin(base, target)
    except ValueError:  # as http://[::1, which no parser takes
        return ""
