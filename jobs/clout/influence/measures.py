"""The three measures, as DataFrames in and out. Each metric's definition is its file in sql/; here they are only joined."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from typing import TYPE_CHECKING, Any

import pandas as pd
from pyspark import cloudpickle
from pyspark.sql import DataFrame, SparkSession
from pyspark.sql import functions as F

from clout import queries
from clout.influence import network_rank
from clout.influence.model import Model

if TYPE_CHECKING:
    import pyarrow as pa


@dataclass(frozen=True)
class Evidence:
    """All that the measures of one score date look at.

    pairs: sql/pairs.sql. account_states: sql/account_states.sql. post_actions: conformed, of the window. posts: snapshots
    of the window, with platform. operator_list: (account_key, reason).
    persons: (account_key, person_id), linked accounts only: any other account is a person of its own.
    named_seeds: (platform, person_id).
    facts: what all this was made of.
    """

    day: date
    model: Model
    pairs: DataFrame
    account_states: DataFrame
    post_actions: DataFrame
    posts: DataFrame
    operator_list: DataFrame
    persons: DataFrame
    named_seeds: DataFrame
    facts: dict[str, Any]

    @property
    def spark(self) -> SparkSession:
        """The session of the inputs."""
        return self.pairs.sparkSession

    @property
    def parameters(self) -> dict[str, Any]:
        """The model's numbers and the two dates, as the queries' parameters."""
        return parameters(self.model, self.day)

    @property
    def excluded(self) -> DataFrame:
        """sql/excluded.sql as of the score date."""
        return excluded(self.account_states, self.operator_list, self.persons, self.day)

    @property
    def credibility(self) -> DataFrame:
        """sql/credibility.sql as of the score date."""
        return queries.run(self.spark, "credibility", self.parameters, account_states=self.account_states)


def parameters(model: Model, day: date) -> dict[str, Any]:
    """The model's numbers and the window's two dates, as the queries' parameters."""
    first = day - timedelta(days=model.window_days - 1)
    return {**model.parameters, "model_version": model.version, "day": day, "first_day": first}


def account_states(accounts: DataFrame, model: Model, day: date) -> DataFrame:
    """What is known of each account on the score date: sql/account_states.sql over the window's account snapshots."""
    return queries.run(accounts.sparkSession, "account_states", parameters(model, day), accounts=accounts)


def claims(account_links: DataFrame, account_states: DataFrame, day: date) -> DataFrame:
    """Which accounts declare one another: sql/claims.sql over the window's snapshots. One row per pair of accounts."""
    spark = account_links.sparkSession
    return queries.run(spark, "claims", {"day": day}, account_links=account_links, account_states=account_states)


def excluded(account_states: DataFrame, operator_list: DataFrame, persons: DataFrame, day: date) -> DataFrame:
    """The accounts that are not scored on a day: sql/excluded.sql."""
    spark = account_states.sparkSession
    return queries.run(
        spark,
        "excluded",
        {},
        accounts=account_states,
        operator_list=operator_list,
        persons=persons,
        days=spark.range(1).select(F.lit(day).alias("ds")),
    )


def pairs(
    activity: DataFrame,
    account_states: DataFrame,
    operator_list: DataFrame,
    persons: DataFrame,
    model: Model,
    day: date,
) -> DataFrame:
    """How surely each person moves each other: sql/pairs.sql over the window's activity."""
    spark = activity.sparkSession
    bound = parameters(model, day)
    return queries.run(
        spark,
        "pairs",
        bound,
        activity=activity,
        excluded=excluded(account_states, operator_list, persons, day),
        credibility=queries.run(spark, "credibility", bound, account_states=account_states),
    )


def reach(evidence: Evidence) -> DataFrame:
    """True Reach: sql/reach.sql. One row per platform, person_id; unit people."""
    return queries.run(evidence.spark, "reach", evidence.parameters, pairs=evidence.pairs)


def amplification(evidence: Evidence) -> DataFrame:
    """Amplification Probability: sql/amplification.sql. One row per platform, person_id with a post in the window."""
    _register_beta_quantile(evidence.spark)
    return queries.run(
        evidence.spark,
        "amplification",
        evidence.parameters,
        posts=evidence.posts,
        post_actions=evidence.post_actions,
        excluded=evidence.excluded,
        credibility=evidence.credibility,
    )


def network(evidence: Evidence) -> DataFrame:
    """Network Influence: sql/network.sql over sql/seeds.sql and the rank. One row per platform, person_id; 0 to 100."""
    pairs = evidence.pairs
    reached = reach(evidence)
    seeds = queries.run(
        evidence.spark,
        "seeds",
        evidence.parameters,
        reach=reached,
        credibility=evidence.credibility,
        named_seeds=evidence.named_seeds,
    )
    ranks = rank(pairs, seeds, evidence.model).cache()
    return queries.run(evidence.spark, "network", evidence.parameters, pairs=pairs, ranks=ranks)


def rank(pairs: DataFrame, seeds: DataFrame, model: Model) -> DataFrame:
    """The rank of every person, platform by platform, each in one task. See influence/network_rank.py.

    A seed that nobody in the window knows is left out: trust starts where there is somebody.
    """
    parameters = model.parameters
    edges = pairs.select("platform", "actor", "target", (F.col("q") * F.col("credibility")).alias("weight"))
    known = edges.select("platform", F.explode(F.array("actor", "target")).alias("person_id")).distinct()
    marks = seeds.join(known, ["platform", "person_id"]).select(
        "platform",
        F.col("person_id").alias("actor"),
        F.lit(None).cast("string").alias("target"),
        F.lit(None).cast("double").alias("weight"),
    )

    # Workers have no clout to import, on a cluster least of all: the kernel travels to them by value.
    cloudpickle.register_pickle_by_value(network_rank)

    def ranked(table: pa.Table) -> pa.Table:
        return network_rank.rank_platform(table, parameters)

    return edges.unionByName(marks).groupBy("platform").applyInArrow(ranked, network_rank.RANKS_DDL)


def score(evidence: Evidence, reach: DataFrame, amplification: DataFrame, network: DataFrame) -> DataFrame:
    """The scores of one day: sql/score.sql. One row per person_id."""
    return queries.run(
        evidence.spark,
        "score",
        evidence.parameters,
        reach=reach,
        amplification=amplification,
        network=network,
        platforms_with_posts=evidence.posts.select("platform").distinct(),
    )


def scored_accounts(evidence: Evidence, scores: DataFrame) -> DataFrame:
    """The accounts of everybody in scores: sql/scored_accounts.sql. One row per account_key."""
    return queries.run(
        evidence.spark,
        "scored_accounts",
        {},
        scores=scores,
        account_states=evidence.account_states,
        persons=evidence.persons,
        excluded=evidence.excluded,
    )


def _register_beta_quantile(spark: SparkSession) -> None:
    from pyspark.sql.functions import pandas_udf

    @pandas_udf("double")  # type: ignore[call-overload]
    def beta_quantile(p: pd.Series, alpha: pd.Series, beta: pd.Series) -> pd.Series:
        from scipy.special import betaincinv

        return pd.Series(betaincinv(alpha, beta, p))

    spark.udf.register("beta_quantile", beta_quantile)
