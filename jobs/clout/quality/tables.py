"""The tables in which the audit records a night: meta.metrics and meta.data_quality as they are staged."""

from __future__ import annotations

import pyarrow as pa


def _required(name: str, kind: pa.DataType) -> pa.Field:
    return pa.field(name, kind, nullable=False)


#: One row per (ds, dataset, platform, metric): a night, and how unlike its past it is. See sql/metrics.sql and sql/drift.sql.
METRICS = pa.schema(
    [
        _required("ds", pa.date32()),
        _required("dataset", pa.string()),
        _required("platform", pa.string()),
        _required("metric", pa.string()),
        _required("unit", pa.string()),
        pa.field("value", pa.float64()),
        _required("points", pa.int64()),
        pa.field("expected", pa.float64()),
        pa.field("spread", pa.float64()),
        pa.field("deviation", pa.float64()),
        _required("model_version", pa.string()),
    ]
)

#: One row per (ds, suite, check_id): what became of each declared check of the run that was published.
DATA_QUALITY = pa.schema(
    [
        _required("ds", pa.date32()),
        _required("run_id", pa.string()),
        _required("suite", pa.string()),
        _required("check_id", pa.string()),
        _required("severity", pa.string()),
        _required("verdict", pa.string()),
        pa.field("observed", pa.string()),
        _required("expected", pa.string()),
        _required("rows", pa.int64()),
        _required("scope", pa.string()),
        pa.field("gate", pa.string()),
        _required("why", pa.string()),
    ]
)
