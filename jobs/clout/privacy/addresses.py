"""Public addresses of profiles in one form, so that a link to a profile and the profile's own address are equal texts."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterator
from urllib.parse import urlsplit

#: Another name of a host -> its name in an address.
_HOSTS = {"twitter.com": "x.com", "mobile.twitter.com": "x.com", "mobile.x.com": "x.com"}
#: A web address in running text, with or without its scheme; a bare host is nobody's profile.
_IN_TEXT = re.compile(
    r"(?<![\w@.])(?:https?://)?(?:[a-z0-9-]{1,63}\.){1,8}[a-z0-9]{1,24}(?::\d{1,5})?/[^\s<>\"'()\[\],;]{1,200}",
    re.IGNORECASE,
)
#: An address in which nothing has to be decoded, cut or looked at twice.
_PLAIN = re.compile(r"https?://((?:[a-z0-9-]+\.)+[a-z0-9-]+)(/[A-Za-z0-9._~@:/-]*)", re.ASCII)
HASHED = "sha256:"


def profile_address(text: str) -> str | None:
    """A web address as https://host/path in lower case, without www., query and closing slash; None if it has no path."""
    plain = _PLAIN.fullmatch(text)
    if plain:  # nearly all are, and to take them apart by all rules is a third of the work of reading a like
        host, path = plain[1].removeprefix("www."), plain[2].rstrip("/.!?:").lower()
        return f"https://{_HOSTS.get(host, host)}{path}" if "." in host and path else None
    try:
        parts = urlsplit(text.strip() if "://" in text else f"https://{text.strip()}")
        host = (parts.hostname or "").removeprefix("www.") + (f":{parts.port}" if parts.port else "")
    except ValueError:
        return None
    path = parts.path.rstrip("/.!?:").lower()
    if parts.scheme not in ("http", "https") or "." not in host or not path or re.search(r"[\s\x00-\x1f]", host + path):
        return None
    return f"https://{_HOSTS.get(host, host)}{path}"


def addresses_in(text: str | None) -> Iterator[str]:
    """Every profile address that a running text names."""
    for found in _IN_TEXT.findall((text or "")[:5000]):
        address = profile_address(found)
        if address is not None:
            yield address


def hashed(address: str) -> str:
    """What is kept of the address of somebody who may not be shown. Whoever knows the address finds it again."""
    return address if address.startswith(HASHED) else HASHED + hashlib.sha256(address.encode()).hexdigest()
