"""Runs a query of sql/ after what it reads: `{ties}` in a file names sql/ties.sql, a Python step, or a table that is given.

No module but the files themselves says which query reads which. A Python step, which no SQL can express, registers under a
name with `step` and says what it reads; its callers see no difference.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

import pyarrow as pa

from clout.engine import queries
from clout.engine.engines import Engine
from clout.engine.frames import Frame, to_arrow
from clout.score.model import Model

#: Names that mean the same table unless a caller gives another: the acts back are of the same variant, and on a score date
#: the flags of an account are those of its state. base_rows: see sql/of_base.sql.
SAME = {
    "reverse_strengths": "tie_strengths",
    "account_flags": "account_states",
    "acts_back": "daily_engagement",
    "base_rows": "audience",
}

#: Tables that differ between the variants of the evidence, see variants.py.
OF_VARIANTS = frozenset(
    (
        *("tie_strengths", "reverse_strengths", "actor_targets", "ties", "votes", "seeds", "edges", "trust", "ranks"),
        *("weights", "audience", "audience_spans", "distinct_actors", "capped_audience"),
        *("mutual_strengths", "changed_back", "changed_strengths", "of_base"),
    )
)


@dataclass(frozen=True)
class Step:
    """A Python step: `make` gives its table, `reads` names what it resolves, besides the inputs of a query of its own name.

    code: the modules of the package that decide its rows, besides the one that it stands in.
    """

    make: Callable[[Plan], Frame]
    reads: tuple[str, ...]
    code: tuple[str, ...]
    of_all_variants: bool


#: Filled by steps.py: whoever makes a plan imports it.
_STEPS: dict[str, Step] = {}


def step(
    name: str, *reads: str, code: tuple[str, ...] = (), of_all_variants: bool = False
) -> Callable[[Callable[[Plan], Frame]], Callable[[Plan], Frame]]:
    """Register a function as what makes the table `name`.

    of_all_variants: it joins what a plan of some variants, see `Plan.of_variants`, gets by the query of the same name.
    """

    def register(make: Callable[[Plan], Frame]) -> Callable[[Plan], Frame]:
        _STEPS[name] = Step(make, reads, code, of_all_variants)
        return make

    return register


def numbers(model: Model) -> dict[str, Any]:
    """The model's numbers and name, as the queries' parameters."""
    return {**model.parameters, "model_version": model.version}


def is_step(name: str) -> bool:
    """Whether Python makes the table of a name."""
    return name in _STEPS


class Plan:
    """What is computed from given tables: each table once, when it is first asked for.

    given: tables by name. parameters: the values that queries bind, besides a model's numbers and the score date `day`.
    """

    def __init__(
        self,
        engine: Engine,
        given: Mapping[str, Frame],
        model: Model | None = None,
        day: date | None = None,
        parameters: Mapping[str, Any] | None = None,
    ) -> None:
        self.engine, self._model, self._day = engine, model, day
        self.parameters = {**(numbers(model) if model else {}), "day": day, "ontology": "", **(parameters or {})}
        self.tables: dict[str, Frame] = dict(given)

    @property
    def model(self) -> Model:
        """The model whose formulas and numbers are used. Raises LookupError for a plan without one."""
        if self._model is None:
            raise LookupError("this plan has no model")
        return self._model

    @property
    def day(self) -> date:
        """The score date. Raises LookupError for a plan without one."""
        if self._day is None:
            raise LookupError("this plan has no score date")
        return self._day

    def resolve(self, name: str) -> Frame:
        """The table of a name: given, or computed now and kept. Raises LookupError where nothing makes it."""
        if name not in self.tables:
            self.tables[name] = self._make(name)
        return self.tables[name]

    def arrow(self, name: str) -> pa.Table:
        """All rows of the table of a name, see `resolve`."""
        return to_arrow(self.resolve(name))

    def run(self, name: str, **parameters: Any) -> Frame:
        """The query of a name over what it reads, with more parameters. Nothing is kept of it."""
        query = queries.of_formulas(self.formulas, name)
        inputs = {each: self.resolve(each) for each in sorted(queries.load(query).inputs)}
        return self.engine.run(query, self.parameters | parameters, **inputs)

    def forget(self, *names: str) -> None:
        """Drop tables that nobody asks for again, so that an engine may free what they take."""
        for name in names:
            self.tables.pop(name, None)

    def of_variants(self, variants: Frame, **given: Frame) -> Plan:
        """The plan of some of the variants: it makes what differs between variants, and asks this one for all else."""
        return _OfVariants(self, {"variants": variants, **given})

    @property
    def has_ties(self) -> bool:
        """Whether the ties of the first variants were computed before, and `ties` reads them."""
        return False

    def ties(self) -> Frame:
        """The ties of the first variants, computed before. Raises LookupError for a plan without them."""
        raise LookupError("no ties were kept")

    @property
    def formulas(self) -> str:
        """The formulas by which queries are chosen, see queries.of_formulas."""
        return self._model.formulas if self._model else "v1"

    def _make(self, name: str) -> Frame:
        if made := self._step(name):
            return made.make(self)
        if name in SAME:
            return self.resolve(SAME[name])
        if queries.exists(name):
            return self.run(name)
        raise LookupError(f"{name} is not given, and neither sql/{name}.sql nor a Python step makes it")

    def _step(self, name: str) -> Step | None:
        return _STEPS.get(name)


class _OfVariants(Plan):
    """See Plan.of_variants."""

    def __init__(self, whole: Plan, given: Mapping[str, Frame]) -> None:
        super().__init__(whole.engine, given, whole.model, whole.day, whole.parameters)
        self.whole = whole

    def resolve(self, name: str) -> Frame:
        """See Plan."""
        if name in self.tables or name in OF_VARIANTS:
            return super().resolve(name)
        return self.whole.resolve(name)

    def _step(self, name: str) -> Step | None:
        made = super()._step(name)
        return None if made and made.of_all_variants else made


def reads(name: str, formulas: str = "v1") -> tuple[str, ...]:
    """The names that the table of a name is made from, in the alphabet's order. None for what only a caller can give."""
    found = set(_STEPS[name].reads) if name in _STEPS else set()
    if name in SAME:
        found.add(SAME[name])
    if queries.exists(name):
        found |= queries.load(queries.of_formulas(formulas, name)).inputs
    return tuple(sorted(found - {name}))


def code_of(name: str) -> tuple[str, ...]:
    """The modules whose code has a part in the table of a name, besides queries."""
    made = _STEPS.get(name)
    if made is None:
        return ()
    return (made.make.__module__, *(f"clout.{module}" for module in made.code))


def behind(targets: Iterable[str], formulas: str = "v1", given: Iterable[str] = ()) -> Iterator[str]:
    """The targets and all that they are made from, each once. What is `given` is named, and not what it is made from."""
    stop, seen, waiting = set(given), set[str](), sorted(targets, reverse=True)
    while waiting:
        name = waiting.pop()
        if name in seen:
            continue
        seen.add(name)
        yield name
        if name not in stop:
            waiting += reads(name, formulas)
