"""Airflow for tests: its own home, no examples, and the DAG file loaded as Airflow loads it."""

from __future__ import annotations

import importlib
import importlib.util
import os
import sys
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType

import pytest

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture(scope="session")
def airflow_home(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """Settings that must stand before Airflow is first imported."""
    assert "airflow" not in sys.modules, "something imported Airflow before its home was set"
    home = tmp_path_factory.mktemp("airflow")
    settings = {
        "AIRFLOW_HOME": str(home),
        "AIRFLOW__CORE__LOAD_EXAMPLES": "False",
        "AIRFLOW__CORE__DAGS_FOLDER": str(ROOT / "dags"),
        "AIRFLOW_CONN_SPARK_DEFAULT": '{"conn_type": "spark", "host": "local[2]"}',
        "CLOUT_HOME": str(home / "clout"),
        # Six Sparks are started for a handful of rows each: the small compiler is ready sooner.
        "JAVA_TOOL_OPTIONS": "-XX:TieredStopAtLevel=1 -XX:+UseParallelGC",
        "PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}",
    }
    with pytest.MonkeyPatch.context() as patch:
        for name in ("LAKE", "STAGING", "WAREHOUSE", "SOURCES", "MODEL", "ROOT", "PYTHON", "DRIVER_MEMORY"):
            patch.delenv(f"CLOUT_{name}", raising=False)
        for name, value in settings.items():
            patch.setenv(name, value)
        patch.syspath_prepend(ROOT / "dags")  # as Airflow does
        yield home


@pytest.fixture(scope="session")
def nightly(airflow_home: Path) -> ModuleType:
    """dags/clout_nightly.py as a module."""
    return load("clout_nightly")


@pytest.fixture(scope="session")
def by_hand(airflow_home: Path) -> ModuleType:
    """dags/clout_warehouse.py as a module."""
    return load("clout_warehouse")


@pytest.fixture(scope="session")
def weekly(airflow_home: Path) -> ModuleType:
    """dags/clout_scrub.py as a module."""
    return load("clout_scrub")


@pytest.fixture(scope="session")
def tasks(airflow_home: Path) -> ModuleType:
    """dags/clout_tasks.py as a module."""
    return importlib.import_module("clout_tasks")


def load(name: str) -> ModuleType:
    """A DAG file as a module."""
    spec = importlib.util.spec_from_file_location(name, ROOT / "dags" / f"{name}.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[name] = module
    spec.loader.exec_module(module)
    return module
