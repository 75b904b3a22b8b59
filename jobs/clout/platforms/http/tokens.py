"""Tokens come from the environment; here they, and secrets of others, are found in texts that hosts send."""

from __future__ import annotations

import os
import re

from clout.config.sources import Source
from clout.errors import InvalidInput
from clout.platforms.http.urls import PAGING

_TOKEN = re.compile(r"[!-~]{8,}")
#: What platforms call secrets in addresses, whatever it belongs to.
NAMED_SECRET = re.compile(r"((?:access_token|appsecret_proof|client_secret|refresh_token)(?:=|%3[dD]))[^&\"'\\\s]+")


def token_name(source: Source) -> str:
    """The variable of the environment that holds a source's token."""
    return f"CLOUT_TOKEN_{source.name.upper()}"


def token_of(source: Source) -> str | None:
    """A source's token; None where there is none. Raises InvalidInput where it cannot be one."""
    token = os.environ.get(token_name(source), "").strip()
    if token and not _TOKEN.fullmatch(token):
        raise InvalidInput(f"{token_name(source)}: is no token: at least 8 signs, no blanks; copy it anew")
    return token or None


def lacks_token(source: Source) -> str:
    """What is missing, and the cure."""
    return f"no credentials: set {token_name(source)}, or in Airflow the password of the connection clout_{source.name}"


def any_form(token: str) -> re.Pattern[str]:
    """The token as it is, percent-encoded, or as JSON may escape it, in whatever case."""

    def forms(sign: str) -> str:
        return rf"(?:\\?{re.escape(sign)}|%{ord(sign):02x}|\\u00{ord(sign):02x})"

    return re.compile("".join(forms(sign) for sign in token), re.IGNORECASE)


def without_secrets(value: str) -> str:
    """A header without the values of parameters other than those that page."""

    def masked(found: re.Match[str]) -> str:
        return found[0] if PAGING.fullmatch(found[2]) else f"{found[1]}{found[2]}=…"

    return re.sub(r"([?&])([^=&<>\s]+)=([^&<>\s]*)", masked, value)
