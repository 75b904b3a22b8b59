"""Every command of every README exists and takes the words that are printed; CLOUT_NEWCOMER=FOLDER types them all there."""

from __future__ import annotations

import argparse
import ast
import importlib.util
import os
import re
import shlex
import subprocess
import sys
import tomllib
from pathlib import Path

import newcomer
import pytest
from newcomer import ROOT, Command, blocks, commands

FILES = sorted(
    Path(name) for name in subprocess.check_output(["git", "ls-files", "*.md"], cwd=ROOT, text=True).splitlines()
)
#: Programs that a README may name: of the environment, or of a server that one has.
PROGRAMS = {"export", "unset", "make", "airflow", "psql", ".venv/bin/duckdb", ".venv/bin/python"}
COMMANDS = [command for file in FILES for command in commands(ROOT / file, str(file))]
MAKEFILE = (ROOT / "Makefile").read_text(encoding="utf-8")


def words(command: Command) -> list[str]:
    """The words of a command, without the file that its output goes to."""
    found = shlex.split(command.text)
    return found[: found.index(">")] if ">" in found else found


@pytest.mark.parametrize("command", COMMANDS, ids=lambda command: f"{command.readme}: {command.text}"[:90])
def test_a_printed_command_is_one(command: Command) -> None:
    done = subprocess.run(["bash", "-n", "-c", command.text], capture_output=True, check=False)
    assert done.returncode == 0, done.stderr
    program, *rest = words(command)
    assert program in PROGRAMS, "name it with its path, or list it"
    if program == "make":
        target, *variables = rest
        assert re.search(rf"^{re.escape(target)}:.*## ", MAKEFILE, re.MULTILINE), f"no target {target}"
        known = re.search(r"^TYPED := (.*)$", MAKEFILE, re.MULTILINE)
        assert known is not None
        assert {each.partition("=")[0] for each in variables} <= set(known[1].split())
    if program == ".venv/bin/python":
        script, *arguments = rest
        assert (ROOT / script).is_file(), f"no {script}"
        if "<" not in command.text and script.startswith("jobs/"):
            parser_of(ROOT / script).parse_args(arguments)


def parser_of(script: Path) -> argparse.ArgumentParser:
    """The command line of a job."""
    name = f"newcomer_{script.stem}"
    spec = importlib.util.spec_from_file_location(name, script)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[name] = module
    spec.loader.exec_module(module)
    return module.arg_parser()


@pytest.mark.parametrize("file", FILES, ids=str)
def test_other_blocks_are_what_they_say(file: Path) -> None:
    for block in blocks(ROOT / file, "toml"):
        tomllib.loads(block)
    for block in blocks(ROOT / file, "python"):
        ast.parse(block)
    kinds = set(re.findall(r"^```(\w+)$", (ROOT / file).read_text(encoding="utf-8"), re.MULTILINE))
    assert kinds <= {"sh", "toml", "python", "sql", "mermaid", "r"}, "a block of another kind is typed by nobody"


def test_every_readme_with_commands_is_typed() -> None:
    assert {command.readme for command in COMMANDS} <= set(newcomer.READMES)


@pytest.mark.parametrize("file", FILES, ids=str)
def test_links_lead_somewhere(file: Path) -> None:
    for text in re.findall(r"\]\(([^)\s]+)\)", (ROOT / file).read_text(encoding="utf-8")):
        place, _, section = text.partition("#")
        if "://" in place:
            continue
        there = (ROOT / file.parent / place) if place else ROOT / file
        assert there.exists(), f"{file}: {text}"
        if section and there.suffix == ".md":
            heads = re.findall(r"^#+ (.*)$", there.read_text(encoding="utf-8"), re.MULTILINE)
            slugs = {re.sub(r"[^\w\- ]", "", head.lower()).replace(" ", "-") for head in heads}
            assert section in slugs, f"{file}: {text}"


@pytest.mark.skipif("CLOUT_NEWCOMER" not in os.environ, reason="CLOUT_NEWCOMER=FOLDER types all commands: half an hour")
def test_everything_works_as_printed() -> None:
    venv = ["--venv", str(ROOT / ".venv")] if "CLOUT_NEWCOMER_VENV" in os.environ else []
    assert newcomer.main([os.environ["CLOUT_NEWCOMER"], *venv]) == 0
