"""The layout's rules: who may import whom, that no job shadows the standard library, and where things must lie."""

from __future__ import annotations

import ast
import graphlib
import re
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
PACKAGE = ROOT / "jobs" / "clout"
#: Folder of the package -> the other folders that it may import from. Siblings stay apart but for these:
#: what is measured is a night's plan, what is shown is read through the warehouse's interface, and what is published carries a
#: verdict.
LAYERS = {
    "config": set(),
    "lake": {"config"},
    "engine": {"lake", "config"},
    "privacy": {"lake", "config"},
    "platforms": {"privacy", "lake", "config"},
    "score": {"engine", "privacy", "lake", "config"},
    "research": {"score", "engine", "privacy", "lake", "config"},
    "quality": {"engine", "privacy", "lake", "config"},
    "warehouse": {"quality", "privacy", "engine", "lake", "config"},
    "web": {"warehouse", "engine", "lake", "config"},
}
#: (module, what it imports): the direction that does not hold yet.
AGAINST: set[tuple[str, str]] = set()
PYTHON = sorted(
    file
    for folder in ("dags", "jobs", "tests")
    for file in (ROOT / folder).rglob("*.py")
    if "__pycache__" not in file.parts
)


def imports(file: Path) -> Iterator[str]:
    """The dotted names of all modules that a file imports, anywhere in it; for `from a import b` also a.b."""
    for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{file}: relative import"
            yield node.module or ""
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


def roots(file: Path) -> set[str]:
    """The top-level packages that a file imports."""
    return {name.split(".")[0] for name in imports(file)}


@pytest.mark.parametrize("file", sorted((ROOT / "dags").glob("*.py")), ids=lambda file: file.name)
def test_dags_import_airflow_and_the_standard_library_only(file):
    # pendulum is Airflow's own way to write a date; clout_tasks is what the DAGs share.
    assert roots(file) - set(sys.stdlib_module_names) <= {"airflow", "pendulum", "clout_tasks"}


@pytest.mark.parametrize("file", PYTHON, ids=lambda file: str(file.relative_to(ROOT)))
def test_direction_of_imports(file):
    relative = file.relative_to(ROOT)
    jobs = {job.stem for job in (ROOT / "jobs").glob("*.py")}
    if relative.parts[0] == "tests":
        return
    assert "dags" not in roots(file)
    assert "tests" not in roots(file)
    assert "sandbox" not in roots(file)
    if relative.parts[:2] != ("jobs", "clout"):
        return
    assert not roots(file) & (jobs | {"airflow"}), "the package knows neither its jobs nor Airflow"
    folder, name = relative.parts[2], "/".join(relative.parts[2:])
    modules = {each.removeprefix("clout.") for each in imports(file) if each.startswith("clout.")}
    known = {each for each in modules if each.split(".")[0] in LAYERS}
    if folder not in LAYERS:  # errors, logs, terminal: below everything
        assert not known
        return
    allowed = {folder} | LAYERS[folder]
    for each in known:
        against = any(name == file and each.startswith(what) for file, what in AGAINST)
        assert each.split(".")[0] in allowed or against, f"{name} imports {each}"


def test_no_module_reaches_itself_by_its_imports():
    """Lazy imports count, too; what only a type checker imports does not."""
    names = {_module(file) for file in PACKAGE.rglob("*.py")}
    arrows: dict[str, set[str]] = {}
    for file in sorted(PACKAGE.rglob("*.py")):
        tree = ast.parse(file.read_text(encoding="utf-8"))
        for node in ast.walk(tree):
            if isinstance(node, ast.If) and isinstance(node.test, ast.Name) and node.test.id == "TYPE_CHECKING":
                node.body = [ast.Pass()]
        found = {
            each
            for node in ast.walk(tree)
            if isinstance(node, ast.ImportFrom)
            for alias in node.names
            for each in (f"{node.module}.{alias.name}", node.module or "")
        }
        arrows[_module(file)] = {each for each in found & names} - {_module(file)}
    list(graphlib.TopologicalSorter(arrows).static_order())  # CycleError names a circle


def _module(file: Path) -> str:
    """The dotted name of a file of the package."""
    return ".".join(("clout", *file.relative_to(PACKAGE).with_suffix("").parts))


def test_no_job_shadows_the_standard_library():
    names = {job.stem for job in (ROOT / "jobs").glob("*.py")}
    assert not names & set(sys.stdlib_module_names)
    assert not (ROOT / "jobs" / "__init__.py").exists()


@pytest.mark.parametrize(
    ("heavy", "its_own"),
    [
        (("great_expectations", "clout.quality.gx_duckdb"), ("gx_duckdb.py",)),  # up to 20 seconds
        (("pyspark",), ()),  # most nights need no Spark
    ],
)
def test_what_is_slow_to_import_is_imported_lazily(heavy, its_own):
    """Only inside functions, or in a module that is itself imported inside one."""
    for file in PYTHON:
        if file.name not in its_own and (file.is_relative_to(ROOT / "jobs") or file.is_relative_to(ROOT / "dags")):
            top = [node for node in ast.parse(file.read_text()).body if isinstance(node, ast.Import | ast.ImportFrom)]
            names = {alias.name for node in top if isinstance(node, ast.Import) for alias in node.names}
            names |= {f"{node.module}.{a.name}" for node in top if isinstance(node, ast.ImportFrom) for a in node.names}
            assert not any(name.startswith(heavy) for name in names), file


def test_only_the_log_reads_a_clock():
    """A job never reads a clock: the date arrives as an argument. Pulling, staging and publishing note when they worked.

    http_puller, hour_files and http_client ask the clock that they are given what may still be asked, how long to wait,
    and when to stop.
    """
    reading = {
        str(file.relative_to(ROOT))
        for file in PYTHON
        if file.is_relative_to(ROOT / "jobs")
        for word in (".now(", ".today(", "utcnow(", "time.time(")
        if word in file.read_text()
    }
    assert reading == {
        "jobs/clout/platforms/pull/hour_files.py",
        "jobs/clout/platforms/http/client.py",
        "jobs/clout/platforms/pull/http_puller.py",
        "jobs/clout/platforms/pull/walk.py",
        "jobs/clout/platforms/pull/puller.py",
        "jobs/clout/platforms/pull/rows.py",
        "jobs/clout/lake/staging.py",
        "jobs/night.py",
        "jobs/publish.py",
        "jobs/warehouse.py",
    }


def test_every_module_says_what_it_is_for():
    for file in PYTHON:
        assert ast.get_docstring(ast.parse(file.read_text())), f"{file} has no docstring"


def test_top_level_is_the_agreed_one():
    known = {
        "pyproject.toml",
        "README.md",
        "dags",
        "jobs",
        "sql",
        "expectations",
        "tests",
        "Makefile",
        "constraints.txt",
        # Where people and programs look for them.
        "LICENSE",
    }
    found = {path.name for path in ROOT.iterdir() if not path.name.startswith(".")}
    assert found - {"spark-warehouse"} <= known


def test_constraints_hold_versions_only():
    for line in (ROOT / "constraints.txt").read_text().splitlines():
        assert "://" not in line
        assert "==" in line, line


def test_pyspark_and_its_client_are_the_same_version():
    """Both ship the folder pyspark/: unequal versions overwrite each other's files."""
    pins = dict(
        line.split("==") for line in (ROOT / "constraints.txt").read_text().splitlines() if line.startswith("pyspark")
    )
    assert pins["pyspark"] == pins["pyspark-client"]


#: Words that end in .md and are no file of the project: names of exports in tests, and what a folder of exports may hold.
NO_FILES = {"metadata/notes.md", "notes.md"}
#: Files of people and of the project whose words are looked through for the names of documents.
NAMED_IN = (".py", ".sql", ".toml", ".json", ".md", ".sh")


def documents() -> list[Path]:
    """The project's Markdown files."""
    folders = ("dags", "jobs", "sql", "expectations", "tests")
    return [ROOT / "README.md", *(file for folder in folders for file in sorted((ROOT / folder).rglob("*.md")))]


def test_every_document_that_is_named_exists():
    """By its path from the top of the project, or from the folder of the file that names it."""
    files = [ROOT / "Makefile", ROOT / "pyproject.toml", ROOT / "README.md", *(ROOT / ".ci").glob("*")]
    for folder in ("dags", "jobs", "sql", "expectations", "tests"):
        files += [file for file in (ROOT / folder).rglob("*") if file.suffix in NAMED_IN]
    for file in files:
        if not file.is_file():
            continue
        for name in re.findall(r"(?<![\w*])[\w./-]*\w\.md\b", file.read_text(encoding="utf-8")):
            there = (ROOT / name, file.parent / name)
            assert name in NO_FILES or any(each.is_file() for each in there), f"{file.relative_to(ROOT)} names {name}"


def test_links_of_documents_lead_somewhere():
    for file in documents():
        for target in re.findall(r"\]\(([^)\s]+)\)", file.read_text(encoding="utf-8")):
            if "://" in target:
                continue
            path, _, heading = target.partition("#")
            to = file.parent / path if path else file
            assert to.exists(), f"{file.relative_to(ROOT)} links to {target}"
            if heading:
                titles = re.findall(r"^#+ (.+)$", to.read_text(encoding="utf-8"), re.MULTILINE)
                slugs = {re.sub(r"[^\w -]", "", title.lower()).replace(" ", "-") for title in titles}
                assert heading in slugs, f"{file.relative_to(ROOT)} links to {target}"


def test_the_first_page_is_short():
    assert len((ROOT / "README.md").read_text(encoding="utf-8").splitlines()) <= 150
