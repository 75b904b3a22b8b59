"""Fixtures that all tests share: one Spark session, and an empty lake."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from clout import logs
from clout.lake.partitions import Lake

if TYPE_CHECKING:
    from pyspark.sql import SparkSession

ROOT = Path(__file__).resolve().parents[1]
SHARED = Path(os.environ.get("CLOUT_SHARED") or ROOT.parent / "shared")


@pytest.fixture(scope="session", autouse=True)
def logged() -> None:
    """Log lines go to standard error, as of a job that runs by itself."""
    logs.set_up()


@pytest.fixture(scope="session")
def spark(tmp_path_factory: pytest.TempPathFactory) -> Iterator[SparkSession]:
    """The session of the embedded default, tuned for many tiny jobs: the small compiler and two partitions."""
    from clout.engine import session

    session.LOCAL |= {
        "spark.driver.extraJavaOptions": session.LOCAL["spark.driver.extraJavaOptions"]
        + " -XX:TieredStopAtLevel=1 -XX:+UseParallelGC",
        "spark.sql.shuffle.partitions": "2",
        # Compiling a query takes seconds, interpreting it on ten rows takes none. Whole nights run as users run them:
        # the Airflow test submits its jobs to a Spark of its own.
        "spark.sql.codegen.wholeStage": "false",
        "spark.sql.codegen.factoryMode": "NO_CODEGEN",
        "spark.sql.adaptive.enabled": "false",
        "spark.sql.warehouse.dir": str(tmp_path_factory.mktemp("spark-warehouse")),
    }
    started = session.get_or_create("tests")
    yield started
    started.stop()


#: Tables that tests show at the end of a run, passed or failed.
TABLES = pytest.StashKey[dict[str, list[dict[str, str]]]]()


@pytest.fixture(scope="session")
def show_table(pytestconfig: pytest.Config) -> Callable[[str, list[dict[str, str]]], None]:
    """Shows rows as a table, under a title, when all tests are done."""
    tables = pytestconfig.stash.setdefault(TABLES, {})
    return tables.__setitem__


def pytest_sessionfinish(session: pytest.Session) -> None:
    """Hand the tables of a worker of pytest-xdist to the process that prints."""
    if hasattr(session.config, "workeroutput"):
        session.config.workeroutput["tables"] = session.config.stash.get(TABLES, {})


@pytest.hookimpl(optionalhook=True)
def pytest_testnodedown(node: Any) -> None:
    """Take the tables of a worker that is done."""
    shown = getattr(node, "workeroutput", {}).get("tables", {})
    node.config.stash.setdefault(TABLES, {}).update(shown)


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter, config: pytest.Config) -> None:
    """Print the tables."""
    for title, rows in config.stash.get(TABLES, {}).items():
        terminalreporter.section(title)
        lines = [{name: name for name in rows[0]}, *rows]
        widths = {name: max(len(line[name]) for line in lines) for name in rows[0]}
        for row in lines:
            terminalreporter.line("  ".join(row[name].ljust(width) for name, width in widths.items()).rstrip())


@pytest.fixture
def lake(tmp_path: Path) -> Lake:
    """An empty lake."""
    return Lake(tmp_path / "lake")


@pytest.fixture(scope="session")
def shared_data() -> Path:
    """The folder of real data that is not part of the project; skips where it is absent."""
    data = SHARED / "data"
    if not data.is_dir():
        pytest.skip(f"real data is not here: {data} (set CLOUT_SHARED)")
    return data


@pytest.fixture(scope="session")
def shared_specs() -> Path:
    """The folder of the platforms' specifications, which are not part of the project; skips where it is absent."""
    specs = SHARED / "specs"
    if not specs.is_dir():
        pytest.skip(f"the specifications are not here: {specs} (set CLOUT_SHARED)")
    return specs
