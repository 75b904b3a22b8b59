"""Alert: tell people something, where CLOUT_ALERT_URL says."""

from __future__ import annotations

import argparse

from clout.config import arguments
from clout.errors import run_main
from clout.quality.alerts import send


def arg_parser() -> argparse.ArgumentParser:
    parser = arguments.parser("alert", __doc__)
    parser.add_argument("--text", required=True, help="what to tell")
    return parser


def main(argv: list[str]) -> None:
    """Send the alert."""
    send(arg_parser().parse_args(argv).text)


if __name__ == "__main__":
    run_main(main)
