"""Every expectation of expectations/ is alive: good rows pass, and one mutation of them fails that check."""

from __future__ import annotations

import itertools
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.dataset as pads
import pyarrow.parquet as pq
import pytest
from clout.lake import declared
from clout.lake.staging import AUDITED
from clout.quality import suites
from staged_run import DAY, HIDDEN, NEXT, good

pytestmark = pytest.mark.quality

Change = Callable[[pa.Table], pa.Table]


def nth(number: int, **values: Any) -> Change:
    """Change fields of one row."""

    def change(rows: pa.Table) -> pa.Table:
        made = rows.to_pylist()
        made[number] |= values
        return pa.Table.from_pylist(made, rows.schema)

    return change


def first(**values: Any) -> Change:
    """Change fields of the first row."""
    return nth(0, **values)


def twice(rows: pa.Table) -> pa.Table:
    return pa.concat_tables([rows, rows.slice(0, 1)])


def retyped(column: str, kind: pa.DataType) -> Change:
    def change(rows: pa.Table) -> pa.Table:
        at = rows.schema.get_field_index(column)
        return rows.set_column(at, pa.field(column, kind), rows[column].cast(kind))

    return change


def narrowed(rows: pa.Table) -> pa.Table:
    """Its first number in half as many bits."""
    half = {pa.int64(): pa.int32(), pa.int32(): pa.int16(), pa.float64(): pa.float32()}
    column = next(field for field in rows.schema if field.type in half)
    return retyped(column.name, half[column.type])(rows)


def reversed_columns(rows: pa.Table) -> pa.Table:
    return rows.select(rows.column_names[::-1])


def plus(**values: Any) -> Change:
    """One more row: the last one with other values."""

    def change(rows: pa.Table) -> pa.Table:
        return pa.concat_tables([rows, pa.Table.from_pylist([rows.to_pylist()[-1] | values], rows.schema)])

    return change


def moved(dataset: str, metric: str, value: float, expected: float, deviation: float, unit: str = "moved") -> Change:
    """One more metric, so many steps from what is expected of it."""
    return plus(
        dataset=dataset,
        platform="chirp",
        metric=metric,
        unit=unit,
        value=value,
        points=4,
        expected=expected,
        spread=(value - expected) / deviation,
        deviation=deviation,
    )


def no_past_of_the_ledger(rows: pa.Table) -> pa.Table:
    grown = moved("consent", "ledger", 10.0, 9.0, 1.0, "people")(rows)
    return nth(grown.num_rows - 1, points=0)(grown)


def too_many(rows: pa.Table) -> pa.Table:
    return pa.concat_tables([rows, *(plus(other_id=f"chirp:{n}")(rows.slice(0, 1)).slice(1) for n in range(40))])


def three_people(rows: pa.Table) -> pa.Table:
    base = rows.to_pylist()[0]
    return pa.Table.from_pylist([base | {"person_id": f"chirp:{name}"} for name in ("ada", "cy", "di")], rows.schema)


def a_million_campaigns(rows: pa.Table) -> pa.Table:
    many = pa.table(rows.slice(0, 1).to_pydict(), rows.schema).take(pa.array([0] * 1_000_001))
    names = pa.array(map(str, range(1_000_001)))
    return many.set_column(1, rows.schema.field("campaign"), names)


def a_shelf(rows: pa.Table) -> pa.Table:
    base = rows.to_pylist()[0]
    return pa.Table.from_pylist([base | {"title": f"Book {n}"} for n in range(61)], rows.schema)


def many_brands(rows: pa.Table) -> pa.Table:
    base = rows.to_pylist()[0]
    return pa.Table.from_pylist([base | {"brand": f"brand {n}"} for n in range(61)], rows.schema)


def many_campaigns(rows: pa.Table) -> pa.Table:
    base = rows.to_pylist()[0]
    return pa.Table.from_pylist([base | {"campaign": f"campaign {n}"} for n in range(61)], rows.schema)


def everything(rows: pa.Table) -> pa.Table:
    base = rows.to_pylist()[0]
    made = [base | {"person_id": f"chirp:{n}", "purpose": str(n % 9)} for n in range(100)]
    return pa.Table.from_pylist(made, rows.schema)


def too_many_of(**values: list[Any]) -> Change:
    """One row for each combination of the values."""

    def change(rows: pa.Table) -> pa.Table:
        base = rows.to_pylist()[0]
        made = [base | dict(zip(values, each, strict=True)) for each in itertools.product(*values.values())]
        return pa.Table.from_pylist(made, rows.schema)

    return change


def too_many_reasons(rows: pa.Table) -> pa.Table:
    made = [rows.to_pylist()[0] | {"reason": f"row {number} is odd"} for number in range(1001)]
    return pa.Table.from_pylist(made, rows.schema)


def many_times(column: str) -> Change:
    """The first row a thousand times, each with another value of a column."""

    def change(rows: pa.Table) -> pa.Table:
        made = rows.to_pylist()[0]
        return pa.Table.from_pylist([made | {column: f"{made[column]}{number}"} for number in range(1001)], rows.schema)

    return change


def nobody_scored(rows: pa.Table) -> pa.Table:
    excused = rows.filter(pc.is_null(rows["score"]))
    return pa.concat_tables(
        [excused, pa.Table.from_pylist([excused.to_pylist()[0] | {"person_id": "chirp:cy"}], rows.schema)]
    )


#: By suite and expectation: what breaks it, and which others the same rows break too, where there is no way
#: around. The first is tried on the whole suite, the rest on the expectation alone.
MUTATIONS: dict[str, dict[str, list[tuple[Change, set[str]]]]] = {
    "activity": {
        "row_count": [(lambda rows: rows.slice(0, 0), set())],
        "key_unique": [(twice, set())],
        "ds_is_the_day": [(first(ds=NEXT), set())],
        "names_present": [(first(actor=None), set()), (first(target=None), set()), (first(ds=None), set())],
        "keys_of_the_platform": [(first(actor="toot:bo"), set()), (first(target="toot:ada"), set())],
        "no_self_interaction": [(first(actor="chirp:ada"), set())],
        "kind_known": [(first(kind="poke"), set())],
        "kind_present": [(first(kind=None), set())],
        "n_positive": [(first(n=0, n_posts=None), set()), (first(n=None), set())],
        "n_posts_possible": [(first(n_posts=4), set()), (first(n_posts=0), set())],
    },
    "scores": {
        "person_present": [(first(person_id=None), set())],
        "score_on_the_scale": [
            (first(score=100.5, score_high=100.5), {"interval_holds_the_score"}),
            (first(score=float("nan")), set()),
        ],
        "score_or_reason": [(first(no_score_reason="a whim"), set()), (first(score=None), set())],
        "interval_holds_the_score": [
            (first(score_low=62.0), set()),
            (first(score_high=None), set()),
            (first(score_low=0.5), set()),
        ],
        "standing_and_momentum_on_the_scale": [(first(standing=100.5), set()), (first(momentum=None), set())],
        "evidence_for_a_score": [(first(credible_people=0), set()), (first(credible_people=None), set())],
        "reach_possible": [(first(true_reach=2.5), set()), (first(true_reach=None), set())],
        "amplification_is_a_probability": [
            (first(amplification_high=1.5), set()),
            (first(amplification=float("nan")), set()),
            (first(amplification_low=None), set()),
        ],
        "amplification_or_reason": [
            (first(amplification=None), set()),
            (first(amplification_missing_reason="a whim"), set()),
        ],
        "network_on_its_scale": [
            (first(network_influence=101.0), set()),
            (first(network_influence=None), set()),
        ],
        "evidence_before_the_day": [(first(last_evidence_on=NEXT), set()), (first(ds=None), set())],
        "one_model": [(first(model_version="another"), set()), (first(model_version=None), set())],
        "some_are_scored": [(nobody_scored, set())],
    },
    "accounts": {
        "row_count": [(lambda rows: rows.slice(0, 0), {"everybody_has_an_account"})],
        "keys_present": [
            (first(account_key=None), set()),
            (first(platform=None), set()),
            (first(ds=None), set()),
            (first(person_id=None), {"everybody_has_an_account"}),
        ],
        "everybody_has_an_account": [(lambda rows: rows.slice(0, 1), set())],
    },
    "conservation": {
        "keys_present": [(first(platform=None), set()), (first(ds=None), set())],
        "conserved": [
            (first(rows_in=1000), set()),
            (first(removed=None), set()),
            (first(removed=-1, untimed=1), set()),  # adds up, but cannot be
        ],
        "mostly_readable": [(first(kept=30, quarantined=10), set())],
        "mostly_of_the_day": [(first(kept=1, outside_day=39), set())],
    },
    "pulls": {
        "keys_present": [(first(endpoint=None), set()), (first(snapshot=None), set())],
        "every_subject_accounted": [
            (first(planned=43), set()),
            (first(skipped=None), set()),
            (first(cost_usd=-1.0), set()),
        ],
        "reason_given": [(first(reason=None), set())],
        "not_blind": [(first(platform_blind=True), set()), (first(platform_blind=None), set())],
        "endpoints_seen": [(first(blind=True), set())],
        "credentials_taken": [
            (first(complete=0, skipped=41, failed=0, truncated=0, planned=41, reason="auth: code 190"), set())
        ],
        "actors_named": [
            (
                first(planned=41, complete=38, truncated=3, skipped=0, failed=0, reason="nobody_named: none of 9 rows"),
                set(),
            )
        ],
        "mostly_answered": [(first(complete=38, failed=3), set())],
        "within_its_means": [(first(complete=40, skipped=1, reason="deadline"), set())],
        "schema_steady": [(first(drift="added extra"), set())],
    },
    "quarantined": {
        "row_count": [(too_many_reasons, set())],
        "keys_present": [(first(reason=None), set()), (first(reason=""), set()), (first(snapshot=None), set())],
        "rows_counted": [(first(rows=0), set()), (first(rows=None), set())],
        "nobody_named": [(first(reason="actor: 'ada' is not an id"), set()), (first(reason='"ada"'), set())],
    },
    "person_topics": {
        "row_count": [(many_times("topic_id"), {"never_sensitive", "shares_sum"})],
        "key_unique": [(twice, {"places_dense", "shares_sum"})],
        "keys_present": [
            (nth(1, slug=None), {"never_sensitive"}),
            (first(person_id=None), set()),
            (first(ds=None), set()),
        ],
        "named_or_not": [
            (nth(1, topic_score=50.0), set()),
            (nth(1, place=1), set()),
            (nth(1, of=1), set()),
            (first(topic_score=None), set()),
        ],
        "named_by_the_rule": [
            (first(posts=4), set()),
            (first(weeks=3), set()),
            (first(people=4), set()),
            (first(back=2), set()),
            (first(share=0.09), set()),
            (first(people=None), set()),
            (first(topic_score=100.5), set()),
        ],
        "evidence_possible": [
            (nth(1, back=3), set()),
            (nth(1, weeks=15), set()),
            (nth(1, posts=0), set()),
            (nth(1, share=-0.1), set()),
            (nth(1, endorsements=6), set()),
            (nth(1, endorsements_refused=None), set()),
            (first(endorsements_refused_why=None), set()),
        ],
        "shares_sum": [(nth(1, share=0.7), set())],
        "places_dense": [(first(place=2), set()), (first(of=2), set())],
        "reach_within_reach": [(first(topic_reach=1.75), set())],
        "people_of_scores": [(nth(1, person_id="chirp:cy"), {"agreed_to_be_named"})],
        "never_sensitive": [
            (nth(1, topic_id="asthma", slug="asthma"), set()),
            (nth(1, topic_id="alchemy", slug="alchemy"), set()),
            (nth(1, slug="gardening"), set()),
        ],
        "never_hidden": [
            (nth(1, topic_id="knitting", slug="knitting"), set()),
            (nth(1, person_id="chirp:eve", topic_reach=0.0), {"people_of_scores", "agreed_to_be_named"}),
        ],
        "agreed_to_be_named": [(nth(1, person_id="chirp:bo", topic_reach=0.0), set())],
    },
    "topics": {
        "key_unique": [(twice, {"slugs_differ"})],
        "types": [(retyped("is_sensitive", pa.string()), set()), (retyped("ds", pa.string()), set())],
        "keys_present": [(first(topic_id=""), set()), (first(name=None), set()), (first(ds=None), set())],
        "known_type": [
            (first(topic_type="tag"), set()),
            (first(source="rumour"), set()),
            (first(is_sensitive=None), set()),
        ],
        "slugs_differ": [(first(slug="chess"), set())],
    },
    "topic_evidence": {
        "row_count": [(many_times("post_key"), {"three_posts"})],
        "key_unique": [(twice, set())],
        "keys_present": [(first(post_key=None), set()), (first(posted_on=NEXT), set()), (first(person_id=None), set())],
        "found_somehow": [(first(evidence="guess"), set()), (first(evidence=None), set()), (first(people=-1), set())],
        "three_posts": [
            (
                lambda rows: pa.concat_tables(
                    [rows, *(first(post_key=f"chirp:{n}")(rows.slice(0, 1)) for n in range(3))]
                ),
                set(),
            )
        ],
        "of_named_topics": [(first(topic_id="knitting"), set()), (first(person_id="chirp:bo"), set())],
    },
    "topic_coverage": {
        "row_count": [(many_times("platform"), set())],
        "key_unique": [(twice, set())],
        "keys_present": [(first(platform=None), set()), (first(ds=None), set())],
        "parts_of_the_posts": [
            (first(with_topic=50), set()),
            (first(with_tags=50), set()),
            (first(unknown_language=-1), set()),
            (first(dropped_tags=-1), set()),
            (first(dropped_links=None), set()),
            (first(posts=None), set()),
        ],
    },
    "coverage": {
        "keys_present": [(first(kind=None), set()), (first(platform=None), set())],
        "counted_or_null": [(first(posts=0), set()), (first(identified=None), set())],
        "share_of_the_counter": [(first(coverage=0.8), set()), (first(coverage=None), set())],
        "mostly_identified": [(first(identified=90, coverage=0.45), set())],
        "not_more_than_counted": [(first(identified=230, coverage=1.15), set())],
    },
    "platform_scores": {
        "row_count": [(lambda rows: rows.slice(0, 1), set())],
        "keys_present": [(first(platform=None), set()), (first(ds=None), set()), (first(person_id=None), set())],
        "parts_sum": [
            (first(s_reach=0.5), set()),
            (first(s_reach=None), set()),
            (first(s_reach=0.5, s_network=-0.125), set()),
            (first(platform_score=1.25, s_reach=1.0), set()),
            (first(s_counters=0.25), set()),
            (first(s_counters=-0.125, s_reach=0.375), set()),
        ],
        "defence_said": [(first(defence=None), set()), (first(defence="faith"), set())],
        "evidence_counted": [
            (first(true_reach=2.5), set()),
            (first(trusted_evidence=1.75), set()),
            (first(influential_people=1.75), set()),
            (first(reach_cut=-0.5), set()),
            (first(credible_people=3), set()),
        ],
        "counters_only_without_people": [
            (first(followers_count=9), set()),
            (first(counter_based=True, defence=None), set()),
        ],
        "people_of_scores": [(first(person_id="chirp:cy"), set())],
    },
    "score_explanations": {
        "row_count": [(lambda rows: rows.slice(0, 0), {"points_sum_to_the_score"})],
        "key_unique": [(plus(points=0.0), set())],
        "feature_known": [(first(feature="luck"), set()), (first(feature=None), set())],
        "points_add": [(plus(feature="followers", points=-0.005), set())],
        "points_sum_to_the_score": [
            (first(points=30.0), set()),
            (first(person_id="chirp:cy"), set()),  # of nobody who has a score, and missing where it belongs
            (plus(person_id="chirp:bo", points=0.0), set()),
            (first(points=None), set()),
        ],
    },
    "score_changes": {
        "row_count": [(lambda rows: rows.slice(0, 1), {"score_is_the_score"})],
        "parts_sum": [(first(they_did=1.0), set()), (first(model_change=None), set())],
        "change_is_the_difference": [
            (first(score_before=50.0), set()),
            (first(score_before=None), set()),
            (first(change=None, they_did=None), set()),
        ],
        "score_is_the_score": [
            (first(score=62.0, score_before=60.5), set()),
            (first(person_id="chirp:cy"), set()),
        ],
    },
    "influences": {
        "row_count": [(too_many, set())],
        "direction_known": [(first(direction="loves"), set()), (first(direction=None), set())],
        "somebody_else": [(first(other_id="chirp:ada"), set()), (first(other_id=None), set())],
        "enough_interactions": [(first(interactions=1), set()), (first(place=21), set()), (first(place=None), set())],
        "strength_is_a_share": [(first(strength=1.5), set()), (first(strength=None), set())],
        "evidence_before_the_day": [(first(last_day=NEXT), set()), (first(last_day=None), set())],
        "of_scored_people": [(first(person_id="chirp:bo", other_id="chirp:ada"), set())],
    },
    "consented": {
        "row_count": [(everything, {"purpose_known", "people_of_scores"})],
        "types": [(retyped("given_on", pa.timestamp("us")), set())],  # it has no number
        "purpose_known": [(first(purpose="fame"), set()), (first(purpose=None), set())],
        "given_by_then": [(first(given_on=NEXT), set()), (first(given_on=None), set())],
        "people_of_scores": [(first(person_id="chirp:cy"), set())],
    },
    "person_regions": {
        "row_count": [(three_people, {"people_of_scores"})],
        "a_country": [(first(country="usa"), set()), (first(country=None), set())],
        "basis_known": [
            (first(basis="a guess"), set()),
            (first(city=None, city_id=None), set()),
            (first(basis="country"), set()),
        ],
        "said_by_then": [(first(said_on=NEXT), set()), (first(said_on=None), set())],
        "people_of_scores": [(first(person_id="chirp:cy"), set())],
    },
    "campaign_outcomes": {
        "row_count": [(a_million_campaigns, set())],
        "part_is_told": [(first(part="chirp:bo"), set()), (nth(1, part="chirp:bo"), set()), (nth(1, part=None), set())],
        "arm_known": [(first(arm="both"), set()), (first(arm=None), set())],
        "counts_possible": [(first(clicks=-1), set()), (first(visits=None), set()), (first(cost=-1.0), set())],
        "has_begun": [(first(starts_on=NEXT), set()), (first(starts_on=None), set())],
        "people_of_scores": [(first(person_id="chirp:cy", part="chirp:cy"), set())],
    },
    "advocates": {
        "row_count": [(many_brands, set())],
        "keys_present": [(first(brand=""), set()), (first(brand_name=None), set()), (first(ds=None), set())],
        "by_the_rule": [
            (first(weeks=2), set()),
            (first(people=2, back=2), set()),
            (first(people=None), {"evidence_possible"}),
        ],
        "evidence_possible": [
            (first(days=3), set()),
            (first(days=29), set()),
            (first(posts=0), set()),
            (first(mentions=-1), set()),
            (first(back=8), set()),
            (first(share=1.5), set()),
            (first(approval=-1.5), set()),
            (first(last_spoken_on=NEXT), set()),
        ],
        "paid_told": [(first(paid=None), set())],
        "reach_within_reach": [(first(reach=1.75), set())],
        "people_of_scores": [(first(person_id="chirp:cy"), {"agreed_to_be_named"})],
        "agreed_to_be_named": [(first(person_id="chirp:bo", reach=0.0), {"never_piled_on"})],
        "never_piled_on": [(first(person_id="chirp:bo", reach=0.0), {"agreed_to_be_named"})],
    },
    "credentials": {
        "row_count": [(a_shelf, set())],
        "kind_known": [(first(kind="rumour"), set()), (first(kind=None), {"somebody_vouches"})],
        "somebody_vouches": [(first(reviewed_by=None), set()), (first(evidence_url="http://a.example"), set())],
        "points_capped": [(first(total_points=10.5), set()), (first(points=-1.0), set()), (first(points=None), set())],
        "people_of_scores": [(first(person_id="chirp:cy"), set())],
    },
    "perk_selections": {
        "row_count": [(many_campaigns, set())],
        "arm_known": [(first(arm="both"), set()), (first(arm=None), set())],
        "of_a_crowd": [(first(eligible=19), set()), (first(eligible=None), set())],
        "drawn_by_then": [(first(selected_on=NEXT), set()), (first(selected_on=None), set())],
        "people_of_scores": [(first(person_id="chirp:cy"), set())],
    },
    "styles": {
        "row_count": [(three_people, {"people_of_scores"})],
        "key_unique": [(twice, {"row_count"})],
        "known_style": [
            (first(style="Guru"), set()),
            (first(style=None), set()),
            (first(between_style="Pundit"), set()),
            (first(x=1.5), set()),
            (first(style_reason="a guess"), set()),
            (nth(1, style_reason=None), set()),
            (nth(1, x=0.5), set()),
        ],
        "shares_are_shares": [(first(create_share=1.5), set()), (first(consistent=None), set())],
        "doings_possible": [
            (first(active_days=91), set()),
            (first(outreach_level=0), set()),
            (first(outreach_points=18010), set()),
            (nth(1, originals=0), set()),
            (first(talk_given=None), set()),
        ],
        "people_of_scores": [(first(person_id="chirp:cy"), set())],
    },
    "sentiment": {
        "row_count": [(three_people, {"people_of_scores"})],
        "key_unique": [(twice, {"row_count"})],
        "reason_or_approval": [
            (first(approval=None), {"interval_holds"}),
            (first(reason="a guess"), set()),
            (first(judged=20, judged_share=0.333333), set()),
            (nth(1, reason=None), {"interval_holds"}),
            (nth(1, approval=0.5), set()),
        ],
        "interval_holds": [
            (first(approval_low=0.5), set()),
            (first(approval_high=1.5), set()),
            (first(negative_people_share=1.5), set()),
        ],
        "crowds_alone": [(first(people=19), set()), (first(people=61), set()), (nth(1, judged=41), set())],
        "people_of_scores": [(first(person_id="chirp:cy"), set())],
    },
    "lenses": {
        "row_count": [(many_times("axis"), {"known_axis"})],
        "known_axis": [(first(axis="charm"), set()), (first(lens="tweetlevel"), set()), (first(lens=None), set())],
        "on_the_scale": [(first(value=101.0), set()), (first(value=-1.0), set()), (first(inputs="secret"), set())],
        "influence_is_the_score": [(nth(1, value=50.0), set()), (nth(1, value=None), set())],
        "people_of_scores": [(first(person_id="chirp:cy"), set())],
    },
    "pile_ons": {
        "row_count": [
            (
                too_many_of(
                    happened_on=[DAY - timedelta(n) for n in range(30)], person_id=["chirp:ada", "chirp:bo", "chirp:cy"]
                ),
                {"people_of_scores"},
            )
        ],
        "a_crowd": [(first(people=19), set()), (first(newcomers=11), set()), (first(newcomers=None), set())],
        "unusual": [(first(usual_people=4.5), set()), (first(usual_people=None), set())],
        "talked_at": [(first(nods=11), set()), (first(talk=None), set())],
        "of_the_last_days": [(first(happened_on=NEXT), set()), (first(happened_on=DAY - timedelta(days=30)), set())],
        "people_of_scores": [(first(person_id="chirp:cy"), set())],
    },
    "metrics": {
        "keys_present": [
            (first(metric=None), set()),
            (first(platform=None), set()),
            (first(model_version=None), set()),
        ],
        "unit_known": [(first(unit="pounds"), set()), (first(unit=None), set())],
        "value_possible": [
            (first(value=-1.0, deviation=None, points=0), {"past_known"}),
            (first(value=float("nan")), set()),
            (first(value=None, points=0), set()),
            (nth(1, value=1.25), set()),
            (moved("movement", "rank_correlation", 1.065, 1.0, 0.1, "correlation"), set()),
            (moved("first", "followers_follow", 2.1, 0.0, 0.1, "correlation"), set()),
        ],
        "deviation_known": [(first(deviation=0.5), set()), (first(deviation=None), set()), (first(spread=None), set())],
        "past_known": [(first(points=3), set())],
        "volume_as_usual": [
            (first(value=56.0, deviation=3.5), set()),
            (first(value=28.0, deviation=-3.5), set()),
        ],
        "volume_not_collapsed": [
            (first(value=17.0, deviation=-6.25), {"volume_as_usual"}),
            (first(value=0.0, expected=10.0, deviation=-2.5), set()),
        ],
        "volume_not_flooded": [(first(value=67.0, deviation=6.25), {"volume_as_usual"})],
        "shares_as_usual": [
            (nth(1, value=0.625, deviation=-4.0), set()),
            (nth(1, value=1.0, expected=0.75, deviation=4.0), set()),
        ],
        "shares_not_broken": [(nth(1, value=0.375, deviation=-8.0), {"shares_as_usual"})],
        "distribution_as_usual": [(nth(3, value=0.25, deviation=1.5), set())],
        "distribution_not_another": [(nth(3, value=0.5, deviation=3.5), {"distribution_as_usual"})],
        "consent_kept": [
            (moved("consent", "opted_out", 9.0, 10.0, -1.0, "people"), set()),
            (moved("consent", "minors", 9.0, 10.0, -1.0, "people"), set()),
            (moved("consent", "listed", 0.0, 1.0, -1.0, "people"), set()),
        ],
        "protection_kept": [(moved("consent", "protected", 16.0, 20.0, -4.0, "people"), set())],
        "consent_not_lost": [(moved("consent", "opted_out", 16.0, 20.0, -4.0, "people"), {"consent_kept"})],
        "ledger_kept": [(moved("consent", "ledger", 9.0, 10.0, -1.0, "people"), set())],
        "ledger_continued": [(no_past_of_the_ledger, {"past_known"})],
        "window_as_published": [(moved("window", "links", 7.0, 6.0, 1.0, "print"), set())],
        "platforms_as_before": [(moved("conservation", "asked", 0.0, 1.0, -10.0, "kept"), set())],
        "scores_in_order": [(moved("movement", "rank_correlation", 0.5, 1.0, -4.0, "correlation"), set())],
        "scores_near": [(moved("movement", "mean_difference", 4.0, 0.5, 7.0, "points"), set())],
        "people_kept": [(moved("movement", "lost_share", 0.5, 0.0, 4.0), set())],
        "people_known": [(moved("movement", "new_share", 0.5, 0.0, 4.0), set())],
        "first_kept": [(moved("movement", "top_kept", 0.5, 1.0, -4.0, "kept"), set())],
        "persons_kept": [(moved("movement", "persons_moved", 0.5, 0.0, 4.0), set())],
        "names_kept": [
            (moved("movement", "handles_moved", 0.5, 0.0, 4.0), set()),
            (moved("movement", "kinds_moved", 0.5, 0.0, 4.0), set()),
        ],
        "counters_in_order": [(moved("movement", "followers_correlation", 0.5, 1.0, -4.0, "correlation"), set())],
        "counters_are_counts": [(moved("movement", "followers_are_ids", 0.5, 0.0, 4.0), set())],
        "accounts_kept": [(moved("movement", "accounts_lost", 0.5, 0.0, 4.0), set())],
        "past_in_order": [
            (moved("recomputed", "rank_correlation", 0.5, 1.0, -4.0, "correlation"), set()),
            (moved("recomputed", "top_kept", 0.5, 1.0, -4.0, "kept"), set()),
        ],
        "past_near": [
            (moved("recomputed", "mean_difference", 4.0, 0.5, 7.0, "points"), set()),
            (moved("recomputed", "lost_share", 0.5, 0.0, 4.0), set()),
            (moved("recomputed", "new_share", 0.5, 0.0, 4.0), set()),
        ],
        "again_in_order": [
            (moved("again", "rank_correlation", 0.5, 1.0, -4.0, "correlation"), set()),
            (moved("again", "top_kept", 0.5, 1.0, -4.0, "kept"), set()),
        ],
        "again_near": [
            (moved("again", "mean_difference", 4.0, 0.5, 7.0, "points"), set()),
            (moved("again", "lost_share", 0.5, 0.0, 4.0), set()),
            (moved("again", "new_share", 0.5, 0.0, 4.0), set()),
        ],
        "actors_as_usual": [
            (moved("day", "actors_seen", 0.5, 1.0, -4.0, "kept"), set()),
            (moved("day", "actors_alike", 0.5, 1.0, -4.0, "kept"), set()),
        ],
        "regulars_there": [(moved("day", "regulars_missing", 0.5, 0.0, 4.0), set())],
        "targets_as_usual": [
            (moved("day", "targets_seen", 0.5, 1.0, -4.0, "kept"), set()),
            (moved("day", "targets_alike", 0.5, 1.0, -4.0, "kept"), set()),
        ],
        "pairs_as_usual": [(moved("day", "pairs_seen", 0.5, 1.0, -4.0, "kept"), set())],
        "kinds_as_usual": [(moved("day", "kinds_differ", 0.5, 0.0, 4.0), set())],
        "times_as_usual": [(moved("day", "hours_differ", 0.5, 0.0, 4.0), set())],
        "day_not_repeated": [(moved("day", "repeated_share", 0.5, 0.0, 4.0), set())],
        "nobody_flooded": [
            (moved("day", "one_target", 0.5, 0.0, 4.0), set()),
            (moved("day", "newcomers_one_target", 0.5, 0.0, 4.0), set()),
        ],
        "moments_differ": [(moved("day", "one_moment", 0.5, 0.0, 4.0), set())],
        "posts_known": [(moved("day", "posts_known", 0.5, 1.0, -4.0, "kept"), set())],
        "acts_on_authors": [(moved("day", "on_author", 0.5, 1.0, -4.0, "kept"), set())],
        "acts_after_posts": [(moved("day", "after_post", 0.5, 1.0, -4.0, "kept"), set())],
        "scores_spread": [(moved("shape", "bins_used", 0.5, 1.0, -4.0, "kept"), set())],
        "scores_differ": [(moved("shape", "within_a_point", 0.5, 0.0, 4.0), set())],
        "scores_centred": [
            (moved("shape", "median", 80.0, 35.0, 5.0, "points"), set()),
            (moved("shape", "median", 2.0, 35.0, -4.0, "points"), set()),
        ],
        "links_few": [(moved("shape", "linked_share", 0.5, 0.0, 4.0), set())],
        "window_as_first_seen": [(moved("first", "acts_kept", 0.5, 1.0, -4.0, "kept"), set())],
        "days_whole": [(moved("first", "days_whole", 0.5, 1.0, -4.0, "kept"), set())],
        "files_came": [(moved("first", "files_came", 0.0, 1.0, -4.0, "kept"), set())],
        "accounts_meet_acts": [(moved("first", "accounts_meet", 0.5, 1.0, -4.0, "kept"), set())],
        "followers_follow": [(moved("first", "followers_follow", -0.5, 0.0, -4.0, "correlation"), set())],
        "acts_after_birth": [(moved("first", "acts_after_birth", 0.5, 1.0, -4.0, "kept"), set())],
        "bots_few": [(moved("first", "bots_few", 0.9, 0.1, 4.0), set())],
        "choices_told": [(moved("first", "choices_told", 0.0, 1.0, -4.0, "kept"), set())],
        "model_released": [(moved("first", "model_released", 0.0, 1.0, -4.0, "kept"), set())],
    },
}

#: What breaks the checks that follow from a declaration, where a table needs nothing of its own.
STRUCTURE: dict[str, list[tuple[Change, set[str]]]] = {
    "row_count": [(lambda rows: rows.slice(0, 0), set())],
    "key_unique": [(twice, set())],
    "columns": [(reversed_columns, set())],
    "types": [(narrowed, set()), (retyped("ds", pa.string()), set())],
    "ds_is_the_day": [(first(ds=NEXT), set())],
}


def as_declared(table: str) -> dict[str, list[tuple[Change, set[str]]]]:
    """What breaks the checks of a table by what they say themselves: the values in the first row that each must refuse.

    The first is tried on the whole suite; `meta.broken_by` stands beside the rule that it breaks.
    """
    found = {}
    for expectation in suites.load_suite(table).expectations:
        said = expectation["meta"].get("broken_by", [])
        if said:
            found[expectation["meta"]["id"]] = [(first(**values), set()) for values in said]
    return found


MUTATIONS |= {table: as_declared(table) for table in AUDITED if table not in MUTATIONS}
MUTATIONS |= {
    table: {id: own.get(id, STRUCTURE.get(id, [])) for id in dict.fromkeys((*STRUCTURE, *own))}
    for table, own in MUTATIONS.items()
    if table in declared.tables()
}

CASES = [(table, id) for table, ids in MUTATIONS.items() for id in ids]


def judge(suite: suites.Suite, rows: pa.Table, folder: Path | None = None) -> list[suites.Check]:
    """The checks of rows in memory, or in files, which are written to a folder."""

    def placed(name: str, table: pa.Table) -> pa.Table | pads.Dataset:
        if folder is None:
            return table
        pq.write_table(table, folder / f"{name}.parquet")
        return pads.dataset(folder / f"{name}.parquet", partitioning=None)

    beside = {table: good()[table] for table in ("scores", "topics", "person_topics", "consented", "pile_ons")}
    beside["hidden_topics"] = HIDDEN
    parameters = {
        "days": [DAY],
        "persons": beside["scores"].num_rows,
        "scored": 1,
        "listed": 40,
        "topics_listed": 30,
        "topic_posts": 60,
        "lens_values": 16,
        "thirty_each": 60,
    }
    others = {name: placed(name, table) for name, table in beside.items()}
    return suites.check(suite, placed("batch", rows), parameters, others)


def test_every_suite_and_expectation_has_a_mutation() -> None:
    assert {file.stem for file in suites.EXPECTATIONS.glob("*.json")} == set(AUDITED) == set(MUTATIONS)
    for table in AUDITED:
        assert list(MUTATIONS[table]) == suites.load_suite(table).ids
        assert all(MUTATIONS[table].values())


@pytest.mark.parametrize("table", AUDITED)
def test_good_rows_pass_in_memory_and_in_files(tmp_path: Path, table: str) -> None:
    suite = suites.load_suite(table)
    checks = judge(suite, good()[table])
    assert [check for check in checks if not check.passed] == []
    assert suites.is_pass([suite], checks)
    assert judge(suite, good()[table], tmp_path) == checks


def test_the_difference_of_two_correlations_may_be_more_than_one() -> None:
    declared = _declared(suites.load_suite("metrics"), "value_possible")
    [check] = judge(declared, moved("first", "followers_follow", 1.065, 0.0, 0.1, "correlation")(good()["metrics"]))
    assert check.passed


@pytest.mark.parametrize(("table", "id"), CASES)
def test_mutation_fails_its_check(table: str, id: str) -> None:
    suite = suites.load_suite(table)
    (change, others), *more = MUTATIONS[table][id]
    checks = judge(suite, change(good()[table]))
    assert {check.id for check in checks if not check.passed} == {id, *others}
    assert not any(check.crashed for check in checks)  # a crash would prove nothing about the rule
    declared = _declared(suite, id)
    assert suites.is_pass([suite], checks) == (declared.expectations[0]["severity"] != "critical")
    for change, _ in more:
        [check] = judge(declared, change(good()[table]))
        assert (check.passed, check.crashed) == (False, False)


def _declared(suite: suites.Suite, id: str) -> suites.Suite:
    return suites.Suite(suite.table, [each for each in suite.expectations if each["meta"]["id"] == id], suite.sha256)
