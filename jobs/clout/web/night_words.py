"""The tables of a night in words that need no knowledge of the warehouse: headings, what is measured, and how far it lies."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from clout.web import words

Row = Mapping[str, Any]

#: Dataset and metric -> what is measured, as expectations/bounds.toml has its meaning. Numbers of rows need no entry.
MEASURED: dict[tuple[str, str], str] = {
    ("conservation", "asked"): "Platform asked, as on the night before",
    ("conservation", "rows_in"): "Reactions that came in",
    ("conservation", "kept"): "Reactions kept",
    ("conservation", "kept_share"): "Reactions kept, of those that came in",
    ("consent", "listed"): "Accounts with a wish about being named",
    ("consent", "minors"): "Accounts of minors, left out",
    ("consent", "opted_out"): "Accounts that opted out",
    ("consent", "protected"): "Protected accounts, left out",
    ("pulls", "interactions_rows"): "Reactions fetched",
    ("pulls", "posts_rows"): "Posts fetched",
    ("pulls", "accounts_rows"): "Profiles fetched",
    ("pulls", "account_links_rows"): "Links between accounts fetched",
    ("scores", "scored"): "People with a score",
    ("scores", "reach_share"): "People whose True Reach is known",
    ("scores", "amplification_share"): "People whose Amplification is known",
    ("scores", "psi"): "How the scores are spread, against the past",
    ("movement", "rank_correlation"): "People in the same order as on the night before",
    ("movement", "mean_difference"): "Points by which a score differs from the night before",
    ("movement", "lost_share"): "People who lost their score",
    ("movement", "new_share"): "People with a score for the first time",
    ("movement", "top_kept"): "Of the first, those who were first on the night before",
    ("movement", "persons_moved"): "Accounts that belong to another person now",
    ("movement", "handles_moved"): "Accounts with another handle",
    ("movement", "kinds_moved"): "Accounts of another type",
    ("movement", "followers_correlation"): "Followers in the same order as on the night before",
    ("movement", "followers_are_ids"): "Follower counts that are only the account’s number",
    ("movement", "accounts_lost"): "Accounts that are gone",
    ("recomputed", "rank_correlation"): "An earlier day, scored again: people in the same order",
    ("recomputed", "mean_difference"): "An earlier day, scored again: points by which a score differs",
    ("recomputed", "lost_share"): "An earlier day, scored again: people without a score now",
    ("recomputed", "new_share"): "An earlier day, scored again: people with a score only now",
    ("recomputed", "top_kept"): "An earlier day, scored again: of the first, those who were first then",
    ("again", "rank_correlation"): "This day, published before: people in the same order",
    ("again", "mean_difference"): "This day, published before: points by which a score differs",
    ("again", "lost_share"): "This day, published before: people without a score now",
    ("again", "new_share"): "This day, published before: people with a score only now",
    ("again", "top_kept"): "This day, published before: of the first, those who were first then",
    ("day", "actors_seen"): "Those who reacted, who had done so on days before",
    ("day", "targets_seen"): "Those who were reacted to, who had been on days before",
    ("day", "pairs_seen"): "Pairs of people who had met on days before",
    ("day", "actors_alike"): "How alike to days before: who reacts how much",
    ("day", "targets_alike"): "How alike to days before: who is reacted to how much",
    ("day", "regulars_missing"): "Of those who react nearly every day, those who did not",
    ("day", "kinds_differ"): "How far likes, shares and replies are mixed otherwise than before",
    ("day", "repeated_share"): "Reactions that another day had, too",
    ("day", "one_target"): "Reactions that went to one person",
    ("day", "newcomers_one_target"): "Newcomers who all reacted to one person",
    ("day", "hours_differ"): "How far reactions came at other hours than before",
    ("day", "one_moment"): "Reactions at one and the same moment",
    ("day", "posts_known"): "Reactions whose post came, too",
    ("day", "on_author"): "Reactions to whoever wrote the post",
    ("day", "after_post"): "Reactions later than their post",
    ("shape", "bins_used"): "Steps of ten points in which somebody’s score lies",
    ("shape", "within_a_point"): "Scores within a point of the middle one",
    ("shape", "median"): "The middle score, points",
    ("shape", "linked_share"): "Accounts that are linked to another one",
    ("first", "acts_kept"): "Reactions of earlier days that are as they first came",
    ("first", "days_whole"): "Days that have reactions",
    ("first", "files_came"): "Platforms whose files came",
    ("first", "accounts_meet"): "Accounts listed that also act or are acted on",
    ("first", "followers_follow"): "Whether those with many followers are reacted to most",
    ("first", "choices_told"): "Lists that say who opted out",
    ("first", "model_released"): "Model that was released",
    ("first", "acts_after_birth"): "Reactions later than the account that made them",
    ("first", "bots_few"): "Accounts that call themselves bots",
}
#: Table -> what is in it, where its name does not say so.
TABLES = {
    "conservation": "where every row went",
    "pulls": "what was asked",
    "metrics": "volume and drift",
    "quarantined": "rows set aside",
    "platform_scores": "scores by platform",
    "score_changes": "what changed",
    "score_explanations": "where points come from",
    "influences": "who moves whom",
    "person_topics": "topics of people",
    "topic_coverage": "topics by language",
    "topic_evidence": "posts behind topics",
    "person_regions": "regions of people",
    "perk_selections": "who was drawn for campaigns",
    "campaign_outcomes": "what came of campaigns",
    "consented": "who agreed to what",
    "credentials": "proofs of being real",
    "sentiment": "how replies sound",
    "table_stats": "sizes of tables",
}
#: Column -> its heading. Of a figure, where it is said otherwise there: `figure.column`.
HEADINGS = {
    "rows_in": "came in",
    "kept": "kept",
    "self_interaction": "to themselves",
    "duplicate": "came twice",
    "outside_day": "of another day",
    "excluded": "of people left out",
    "unidentified": "by nobody named",
    "untimed": "without a time",
    "removed": "taken back",
    "quarantined": "set aside",
    "kind": "reaction",
    "counted": "the platform counts",
    "identified": "shown with names",
    "coverage": "shown",
    "endpoint": "what was asked for",
    "planned": "asked for",
    "complete": "answered",
    "truncated": "cut short",
    "skipped": "left out",
    "failed": "without an answer",
    "cost_usd": "cost",
    "snapshot": "of",
    "suite": "table",
    "check_id": "check",
    "severity": "how grave",
    "worst": "worst that failed",
    "run_id": "run",
    "published_at": "published",
    "staged_at": "computed",
    "model_version": "model",
    "people": "people",
}
#: Columns that say nothing to whoever does not run the service: behind the link Query they are there.
_INNER = ("code_version", "scope", "observed", "expected", "staged_at")
_WORTH = {"info": "worth knowing", "warning": "warning", "critical": "critical", "none failed": "none"}
_ACCOUNTS = {"interactions": "reactions", "accounts": "profiles", "account_links": "links between accounts"}
#: Psi -> how far the scores have moved, by the usual bounds.
_STEADY, _MUCH = 0.1, 0.25


def spoken(figure: str, rows: Iterable[Row]) -> list[dict[str, Any]]:
    """The rows of a night's figure with headings and values in words."""
    if figure == "drift":
        return [_drift(row) for row in rows]
    return [
        {HEADINGS.get(name, name): _value(name, value) for name, value in row.items() if name not in _INNER}
        for row in rows
    ]


def measured(dataset: str, metric: str) -> str:
    """What a metric measures, in words."""
    if metric == "rows":
        return f"Rows: {TABLES.get(dataset, dataset.replace('_', ' '))}"
    return MEASURED.get((dataset, metric), f"{metric} of {dataset}".replace("_", " "))


def _drift(row: Row) -> dict[str, Any]:
    return {
        "what": measured(row["dataset"], row["metric"]),
        "platform": row["platform"],
        "this night": _amount(row["value"], row["unit"]),
        "expected": _amount(row["expected"], row["unit"]),
        "steps away": _steps(row["deviation"]),
        "earlier nights": words.number(row["days"]),
    }


def _amount(value: float | None, unit: str) -> str:
    """A metric's value in its unit, without a decimal that it cannot have."""
    if value is None:
        return "–"
    if unit == "psi":
        return "as before" if value < _STEADY else "somewhat otherwise" if value < _MUCH else "much otherwise"
    if unit in ("share", "moved", "kept", "correlation"):
        return words.share(value)
    return words.number(value)


def _steps(value: float | None) -> str:
    return "–" if value is None else "under 1" if abs(value) < 0.5 else words.signed(value)


def _value(name: str, value: Any) -> Any:
    if name == "coverage":
        return words.share(value)
    if name == "cost_usd":
        return words.money(value)
    if name in ("severity", "worst"):
        return _WORTH.get(value, value)
    if name == "suite":
        return TABLES.get(value, str(value).replace("_", " "))
    if name == "snapshot":
        return _ACCOUNTS.get(value, str(value).replace("_", " "))
    if name in ("endpoint", "check_id"):
        return str(value).replace("_", " ")
    return value
