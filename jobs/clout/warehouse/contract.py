"""The publish contract: what a backend promises, and the checks that come before any of them is asked.

1. A reader sees every table of a published day from the same run, or none of that run.
2. Publishing the same run of the same day again gives the first result.
3. Nothing is published without a passing verdict on exactly the staged files, by exactly the suites on disk.
4. Unchanged content publishes no new version.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, Protocol

from clout import quality
from clout.errors import PoisonInput
from clout.staging import AUDITED, Staged, content_hash


@dataclass(frozen=True)
class Version:
    """A published version of a day. `is_new` is false where the content was there already."""

    version: int
    day: date
    run: str
    content_hash: str
    is_new: bool


@dataclass(frozen=True)
class Release:
    """What a backend is asked to publish: audited files, and what is known of them."""

    day: date
    run: str
    content_hash: str
    tables: dict[str, list[dict[str, Any]]]
    model_version: str
    code_version: str
    warnings: int
    reason: str | None


class Warehouse(Protocol):
    """A backend."""

    def publish(self, release: Release, staged: Staged, now: datetime) -> Version:
        """Make the release visible in one atomic step, or nothing."""


def release(staged: Staged, reason: str | None = None) -> Release:
    """The staged run as a release. Raises PoisonInput unless a passing verdict speaks of exactly these files."""
    verdict = staged.read_json("verdict.json")
    where = staged.location
    if verdict is None:
        raise PoisonInput(
            f"{where}: has no verdict.json; run jobs/audit.py --day {staged.day} --run {staged.run} first"
        )
    if verdict.get("day") != staged.day.isoformat() or verdict.get("run") != staged.run:
        raise PoisonInput(f"{where}: its verdict is of run {verdict.get('run')} for {verdict.get('day')}; audit again")
    content = staged.content()
    if any(not files for files in content.values()):
        raise PoisonInput(f"{where}: a staged table has no file; score and audit again")
    if content_hash(content) != verdict.get("content_hash"):
        raise PoisonInput(f"{where}: the staged files are not those that were audited; audit again")
    if verdict.get("suites") != quality.suite_hashes(AUDITED):
        raise PoisonInput(f"{where}: expectations/ changed since the audit; audit again")
    if verdict.get("passed") is not True:
        raise PoisonInput(f"{where}: the audit did not pass; verdict.json says why")
    versions = verdict.get("versions") or {}
    if not versions.get("model_version") or not versions.get("code_version"):
        raise PoisonInput(f"{where}: its verdict does not say which model and code made it; score and audit again")
    return Release(
        day=staged.day,
        run=staged.run,
        content_hash=verdict["content_hash"],
        tables=content,
        model_version=versions["model_version"],
        code_version=versions["code_version"],
        warnings=sum(not check["passed"] for check in verdict["checks"]),
        reason=reason,
    )
