"""The tables in which the audit records a night: meta.metrics and meta.data_quality as they are staged."""

from __future__ import annotations

import pyarrow as pa

from clout.lake.schemas import required

#: One row per (ds, dataset, platform, metric): a night, and how unlike its past it is. See sql/metrics.sql and sql/drift.sql.
METRICS = pa.schema(
    [
        required("ds", pa.date32()),
        required("dataset", pa.string()),
        required("platform", pa.string()),
        required("metric", pa.string()),
        required("unit", pa.string()),
        pa.field("value", pa.float64()),
        required("points", pa.int64()),
        pa.field("expected", pa.float64()),
        pa.field("spread", pa.float64()),
        pa.field("deviation", pa.float64()),
        required("model_version", pa.string()),
    ]
)

#: One row per (ds, suite, check_id): what became of each declared check of the run that was published.
DATA_QUALITY = pa.schema(
    [
        required("ds", pa.date32()),
        required("run_id", pa.string()),
        required("suite", pa.string()),
        required("check_id", pa.string()),
        required("severity", pa.string()),
        required("verdict", pa.string()),
        pa.field("observed", pa.string()),
        required("expected", pa.string()),
        required("rows", pa.int64()),
        required("scope", pa.string()),
        pa.field("gate", pa.string()),
        required("why", pa.string()),
    ]
)
