"""The tables in which a lake records what was done: draws for campaigns, purges and erasures."""

from __future__ import annotations

import pyarrow as pa


def _required(name: str, kind: pa.DataType) -> pa.Field:
    return pa.field(name, kind, nullable=False)


#: One row per person of each draw for a campaign, see jobs/audience.py: lake/selections/ds=<day of the draw>/.
SELECTIONS = pa.schema(
    [
        _required("campaign", pa.string()),
        _required("selected_on", pa.date32()),
        _required("person_id", pa.string()),
        _required("account_key", pa.string()),
        _required("arm", pa.string()),
        _required("eligible", pa.int64()),
        _required("seed", pa.string()),
        _required("rule", pa.string()),
        _required("query_hash", pa.string()),
    ]
)

#: One row per partition that a purge changed: lake/purge_log/ds=<day of the purge>/. Counts, never people.
PURGE_LOG = pa.schema(
    [
        _required("source", pa.string()),
        _required("table", pa.string()),
        _required("action", pa.string()),
        _required("terms", pa.string()),
        _required("ds", pa.date32()),
        pa.field("rows", pa.int64()),
    ]
)

#: One row per erasure: lake/erasure_log/ds=<day of the erasure>/. How many accounts, and what went, as JSON; never who.
ERASURE_LOG = pa.schema([_required("accounts", pa.int64()), _required("removed", pa.string())])
