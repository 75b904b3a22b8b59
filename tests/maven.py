"""Jars from Maven Central, by the Ivy that Spark ships, into the cache that spark.jars.packages fills."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pyspark
import pytest

CACHE = Path.home() / ".ivy2.5.2" / "cache"


def jars(organisation: str, module: str, version: str, folder: Path, seconds: float = 120) -> str:
    """A Java class path of a module and all that it needs, copied into `folder`. Skips the test where they cannot be had.

    What came before the time was up stays in the cache, so that the next call goes on from there.
    """
    [ivy] = (Path(pyspark.__file__).parent / "jars").glob("ivy-*.jar")
    command = ["java", "-jar", str(ivy), "-dependency", organisation, module, version, "-confs", "default"]
    places = ["-cache", str(CACHE), "-retrieve", f"{folder}/[artifact]-[revision](-[classifier]).[ext]"]
    try:
        done = subprocess.run([*command, *places], capture_output=True, text=True, timeout=seconds, check=False)
    except subprocess.TimeoutExpired:
        pytest.skip(f"{module} {version} did not come from Maven Central within {seconds:.0f} s")
    if done.returncode or not list(folder.glob(f"{module}-{version}.jar")):
        said = (done.stdout + done.stderr).strip().splitlines()
        pytest.skip(f"{module} {version} cannot be had from Maven Central: {said[-1] if said else done.returncode}")
    return f"{folder}/*"
