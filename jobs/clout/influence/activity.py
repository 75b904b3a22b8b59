"""Conform: from snapshots to activity. Pure: DataFrames in, DataFrames out; the queries are in sql/."""

from __future__ import annotations

from pyspark.sql import DataFrame, SparkSession

from clout import queries
from clout.influence.identity import PERSONS
from clout.lake_spark import small_table


def classify(
    interactions: DataFrame, accounts: DataFrame, operator_list: DataFrame, days: DataFrame, repeat_days: int
) -> DataFrame:
    """Give every row of the interactions snapshots of `days` its fate.

    interactions and accounts carry platform and snapshot_date; operator_list is (account_key, reason); days is (ds).
    interactions also holds the repeat_days before each of the days, in which a list without times showed the same already.
    Of each day, the accounts excluded are those that the same day's snapshot flags, and the operator's. Which accounts are one
    person is a question of the score date: what a person's other accounts lead to is excluded there (influence/evidence.py).
    """
    spark = interactions.sparkSession
    excluded = queries.run(
        spark,
        "excluded",
        {},
        accounts=accounts.withColumnRenamed("snapshot_date", "ds"),
        operator_list=operator_list,
        days=days,
        persons=small_table(spark, PERSONS, []),
    )
    return queries.run(
        spark, "classify", {"repeat_days": repeat_days}, interactions=interactions, excluded=excluded, days=days
    )


def conform(
    spark: SparkSession,
    classified: DataFrame,
    manifest: DataFrame,
    posts: DataFrame,
    interactions: DataFrame,
    days: DataFrame,
    repeat_days: int,
) -> dict[str, DataFrame]:
    """The conformed tables of `lake_schemas.CONFORMED` from classified rows, the days' manifests, and the snapshots.

    posts, interactions, days and repeat_days are as in `classify`: the days and what was seen shortly before.
    """
    pulls = queries.run(spark, "pulls", {}, manifest=manifest)
    seen = {"posts": posts, "interactions": interactions, "days": days}
    return {
        "activity": queries.run(spark, "activity", {}, classified=classified),
        "post_actions": queries.run(spark, "post_actions", {}, classified=classified),
        "conservation": queries.run(spark, "conservation", {}, classified=classified, pulls=pulls),
        "pulls": pulls,
        "coverage": queries.run(spark, "coverage", {"repeat_days": repeat_days}, pulls=pulls, **seen),
    }
