"""One hash over the code that makes some tables: the queries behind them and the Python they use. Comments count for nothing.

An edited query changes the hash of what depends on it, and of nothing else; an edited README, comment or docstring none.
"""

from __future__ import annotations

import ast
import hashlib
import importlib
import json
import re
from collections.abc import Iterable
from functools import cache
from pathlib import Path

from clout.engine import queries
from clout.score import plan, steps  # noqa: F401  steps registers what Python makes

#: What decides how the text of every query is read.
_ALWAYS = ("clout.engine.queries",)


def of_tables(
    targets: Iterable[str], formulas: str = "v1", given: Iterable[str] = (), modules: Iterable[str] = ()
) -> str:
    """The hash for tables that a plan makes by some formulas. given: tables that are made elsewhere, see plan.behind.

    modules: those whose code has a part in it besides, by their dotted names.
    """
    stop = frozenset(given)
    names = [name for name in plan.behind(targets, formulas, stop) if name not in stop]
    used = {*_ALWAYS, *modules, *(module for name in names for module in plan.code_of(name))}
    files = sorted({queries.of_formulas(formulas, name) for name in names if queries.exists(name)})
    said = [[each, of_query(each)] for each in files], [[each, of_module(each)] for each in sorted(used)]
    return hashlib.sha256(json.dumps(said).encode()).hexdigest()


def of_modules(modules: Iterable[str]) -> str:
    """The hash of what some modules do, by their dotted names."""
    return hashlib.sha256(json.dumps([[each, of_module(each)] for each in modules]).encode()).hexdigest()


@cache
def of_query(name: str) -> str:
    """The hash of what a query does: its text and its typed parameters."""
    query = queries.load(name)
    return of_text(query.text, sorted(query.parameters.items()))


def of_text(text: str, parameters: list[tuple[str, str]]) -> str:
    """The hash of SQL without its comments, however its lines are broken."""
    words = " ".join(re.sub(r"('(?:[^']|'')*')|--[^\n]*", lambda match: match[1] or "", text).split())
    return hashlib.sha256(json.dumps([words, parameters]).encode()).hexdigest()


@cache
def of_module(module: str) -> str:
    """The hash of what a module does."""
    return of_python(Path(importlib.import_module(module).__file__ or "").read_text(encoding="utf-8"))


def of_python(source: str) -> str:
    """The hash of Python without its comments and docstrings."""
    tree = ast.parse(source)
    for node in ast.walk(tree):
        if isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef) and ast.get_docstring(
            node
        ):
            node.body = node.body[1:] or [ast.Pass()]
    return hashlib.sha256(ast.dump(tree).encode()).hexdigest()
