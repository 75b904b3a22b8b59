"""The tables in which a lake records what was done: draws for campaigns, purges and erasures."""

from __future__ import annotations

import pyarrow as pa

from clout.lake.schemas import required

#: One row per person of each draw for a campaign, see jobs/audience.py: lake/selections/ds=<day of the draw>/.
SELECTIONS = pa.schema(
    [
        required("campaign", pa.string()),
        required("selected_on", pa.date32()),
        required("person_id", pa.string()),
        required("account_key", pa.string()),
        required("arm", pa.string()),
        required("eligible", pa.int64()),
        required("seed", pa.string()),
        required("rule", pa.string()),
        required("query_hash", pa.string()),
    ]
)

#: One row per partition that a purge changed: lake/purge_log/ds=<day of the purge>/. Counts, never people.
PURGE_LOG = pa.schema(
    [
        required("source", pa.string()),
        required("table", pa.string()),
        required("action", pa.string()),
        required("terms", pa.string()),
        required("ds", pa.date32()),
        pa.field("rows", pa.int64()),
    ]
)

#: One row per erasure: lake/erasure_log/ds=<day of the erasure>/. How many accounts, and what went, as JSON; never who.
ERASURE_LOG = pa.schema([required("accounts", pa.int64()), required("removed", pa.string())])
