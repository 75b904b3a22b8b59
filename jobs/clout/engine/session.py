"""The Spark session: what correctness depends on is set here; what only costs time is left to whoever submits."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pyspark.sql import SparkSession

#: A different value of any of these would change results or make them unreadable to other engines.
CORRECTNESS = {
    "spark.sql.session.timeZone": "UTC",
    "spark.sql.ansi.enabled": "true",  # a bad cast stops the job instead of becoming NULL
    "spark.sql.parquet.outputTimestampType": "TIMESTAMP_MICROS",  # the default is INT96, which others misread
    "spark.sql.parquet.compression.codec": "zstd",
    "spark.sql.files.ignoreCorruptFiles": "false",
    "spark.sql.files.ignoreMissingFiles": "false",
    "spark.sql.execution.arrow.pyspark.enabled": "true",
}

#: For a small machine, in one process. A cluster's own settings come with spark-submit.
LOCAL = {
    "spark.master": os.environ.get("CLOUT_SPARK_MASTER") or "local[*]",
    "spark.driver.memory": os.environ.get("CLOUT_DRIVER_MEMORY") or "2g",
    "spark.driver.host": "127.0.0.1",
    "spark.driver.bindAddress": "127.0.0.1",
    "spark.log.level": "ERROR",
    "spark.driver.extraJavaOptions": f"-Dlog4j2.configurationFile={Path(__file__).with_name('log4j2.properties')}",
    "spark.sql.shuffle.partitions": "4",
    "spark.ui.enabled": "false",
    "spark.ui.showConsoleProgress": "false",
}


def elsewhere() -> bool:
    """Whether Spark was given another machine: the job was submitted to a cluster, or Spark Connect is to be asked.

    Then a night is computed there, however small it is: the cluster was chosen for its memory, or for where the data lies.
    """
    if "SPARK_REMOTE" in os.environ:
        return True
    if "SPARK_ENV_LOADED" not in os.environ:
        return False
    from pyspark import SparkConf, SparkContext

    SparkContext._ensure_initialized()  # to the JVM of spark-submit, which is there; no Spark is started
    return not (SparkConf().get("spark.master") or "local").startswith("local")


def get_or_create(app: str) -> SparkSession:
    """The session that spark-submit or Spark Connect prepared, or a local one of this process."""
    # Python workers would start the system's python3, which has no pyarrow.
    os.environ.setdefault("PYSPARK_PYTHON", sys.executable)
    from pyspark.sql import SparkSession

    builder = SparkSession.builder.appName(app)
    submitted = "SPARK_ENV_LOADED" in os.environ or "SPARK_REMOTE" in os.environ
    for key, value in {**({} if submitted else LOCAL), **CORRECTNESS}.items():
        builder = builder.config(key, value)
    return builder.getOrCreate()
