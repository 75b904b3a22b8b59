"""Tells people that a night is late or failed. Imports no Airflow, so that its triggerer can import this anywhere.

An alert is one JSON object, {"text": ...}, posted to CLOUT_ALERT_URL, which chat programs take as it is. The address is a
secret: it stands in no message. Without one, the alert is a line of the log.
"""

from __future__ import annotations

import asyncio
import json
import logging
import os
import urllib.request
from typing import Any

LOG = logging.getLogger(__name__)

#: Seconds that an alert may take before it counts as not sent.
TIMEOUT = 20


def send(text: str) -> bool:
    """Post an alert; says whether somebody got it. Never raises: an alert must not break what it speaks of."""
    LOG.warning(f"clout alert: {text}")
    address = os.environ.get("CLOUT_ALERT_URL")
    if not address:
        return False
    try:
        body = json.dumps({"text": text}).encode()
        request = urllib.request.Request(address, body, {"Content-Type": "application/json"})
        with urllib.request.urlopen(request, timeout=TIMEOUT):
            return True
    except (OSError, ValueError) as error:  # their words may hold the address
        LOG.warning(f"clout alert: not sent: {type(error).__name__}")
        return False


async def night_is_late(context: dict[str, Any], **_: Any) -> None:
    """Airflow's callback for a missed deadline. Speaks of scheduled nights only: a backfill is late by its nature."""
    run = context["dag_run"]
    if run["run_type"] == "scheduled":
        # The run's id names the day on which it was started, its logical date the day that it scores.
        night = f"{run['dag_id']}: the night of {run['logical_date'][:10]} ({run['dag_run_id']})"
        text = f"{night} is not done by {str(context['deadline']['deadline_time'])[:16]} UTC"
        await asyncio.to_thread(send, text)
