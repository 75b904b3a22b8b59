"""The list of consents: who agreed to be named, to be offered perks, to be looked up by customer care, to have a region shown.

Closed by default: who has no row agreed to nothing. What cannot be read gives nothing, and a row that may be a withdrawal takes
consent away: its account's, or, where not even that can be read, everybody's, until the row is mended.
"""

from __future__ import annotations

from typing import Any

from clout.platforms.exports.lists import Cells, Kind, Refused

#: What somebody may agree to.
PURPOSES = ("named", "perks", "care", "regions")
#: Stands for every account, and for every purpose.
ALL = "*"


def _row(cells: Cells) -> dict[str, Any]:
    account, purpose = cells.key("account"), cells.one_of("purpose", PURPOSES)
    given, withdrawn = cells.day_needed("given_on"), cells.day("withdrawn_on")
    if withdrawn is not None and withdrawn < given:
        raise Refused(f"withdrawn_on: {withdrawn} is before given_on, {given}")
    return {
        "account_key": account,
        "purpose": purpose,
        "given_on": given,
        "withdrawn_on": withdrawn,
        "evidence": cells.text("evidence", 500),
        "is_unreadable": False,
    }


def _closing(cells: Cells | None) -> dict[str, Any] | None:
    """What an unreadable row takes away, where it may be a withdrawal."""
    nobody = {"account_key": ALL, "purpose": ALL, "is_unreadable": True}
    if cells is None:
        return nobody
    if cells.given("withdrawn_on") is None:
        return None
    try:
        account = cells.key("account")
    except Refused:
        return nobody
    try:
        purpose = cells.one_of("purpose", PURPOSES)
    except Refused:
        purpose = ALL
    return {"account_key": account, "purpose": purpose, "is_unreadable": True}


CONSENTS = Kind(
    columns=("account", "purpose", "given_on", "withdrawn_on", "evidence"),
    needed=(("account",), ("purpose",), ("given_on",), ("withdrawn_on",)),
    row=_row,
    closing=_closing,
)
