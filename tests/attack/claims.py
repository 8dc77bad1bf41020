"""Claims that are true: own answers of ``derive`` on formulas from everywhere, and the identities that are shipped."""

from __future__ import annotations

import random
import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path

import matcalc
from matcalc.base.errors import MatcalcError
from matcalc.expr import nodes as e
from matcalc.language.statements import DerivativeSide, elaborate_statement
from matcalc.printing import text
from matcalc.verification.items import library
from tests.cases.reading import read_cases
from tests.fuzz.expressions import generate, generate_wide
from tests.fuzz.vocabulary import declarations

_ROOT = Path(__file__).resolve().parents[2]


@dataclass(frozen=True)
class Claim:
    """``left = right``; ``function`` is what is differentiated, or the left side itself. ``declare`` as the claim's author wrote it."""

    left: str
    right: e.Expr
    function: e.Expr
    wrt: tuple[e.Symbol, ...] = ()
    declare: Mapping[str, str] | str | None = None
    layout: str = "denominator"
    symmetric: str = "projected"
    origin: str = ""

    @property
    def symbols(self) -> dict[str, e.Symbol]:
        nodes = [*e.postorder(self.function), *e.postorder(self.right), *self.wrt]
        return {node.name: node for node in nodes if isinstance(node, e.Symbol)}

    def statement(self, right: e.Expr | str | None = None) -> str:
        """The claim with its own or another right side, as text."""
        shown = right if isinstance(right, str) else text(self.right if right is None else right, "ascii")
        return f"{self.left} = {shown}"


@dataclass(frozen=True)
class Question:
    """A derivative that is asked for."""

    formula: str
    wrt: tuple[str, ...]
    declare: Mapping[str, str] | str | None
    origin: str
    options: Mapping[str, str] = field(default_factory=dict)


def claim(seed: int, number: int) -> Claim | None:
    """The true claim of this number, from one source after the other; None where no closed form is known."""
    chooser = random.Random(f"{seed}/{number}/claim")
    try:
        if number % 4 == 3:
            found = _identity(chooser.randrange(10**6))
        else:
            found = _answered(_grown(seed, number) if number % 4 < 2 else _written()[chooser.randrange(len(_written()))])
    except MatcalcError:
        return None
    return None if found is None or _is_of_a_name_alone(found) else found


def _is_of_a_name_alone(found: Claim) -> bool:
    """A constant where 0 is claimed, and a function without a formula where anything else is: no mutant of such a claim is false."""
    return isinstance(found.function, e.Symbol) and bool(found.wrt) and found.function not in found.wrt


def _grown(seed: int, number: int) -> Question:
    """A random expression: everyday operations, then all of them."""
    choose = random.Random(f"{seed}/{number}").randrange
    orders = (1, 1, 1, 2)
    case = generate(choose, depth=2, orders=orders) if number % 4 == 0 else generate_wide(choose, depth=2, orders=orders)
    options = {"layout": case.layout, "symmetric": case.symmetric}
    names = tuple([variable.name for variable in case.wrt])
    return Question(text(case.expression, "ascii"), names, declarations(case.expression), "random expression", options)


def written_texts() -> tuple[str, ...]:
    """Formulas and identities as they were typed."""
    questions = tuple([question.formula for question in _written()])
    return questions + tuple([item.statement for document in library() for item in document.items])


@cache
def _written() -> tuple[Question, ...]:
    """Formulas that people wrote: the benchmarks' and the cases of the tests; with what is declared of them."""
    entries = tomllib.loads((_ROOT / "benchmarks" / "formulas.toml").read_text(encoding="utf-8"))["formula"]
    found = [
        Question(entry["text"], (entry["by"],) * entry.get("order", 1), entry.get("declare"), f"formulas.toml {entry['text']}")
        for entry in entries
    ]
    for path in sorted((_ROOT / "tests" / "cases").glob("*.cases")):
        for case in read_cases(path):
            if not set(";\n") & set(case.expression):
                found.append(Question(case.expression, case.wrt, case.declare or None, str(case), case.options))
    return tuple(found)


def _answered(question: Question) -> Claim | None:
    """The answer of ``derive`` as a claim. Raises MatcalcError where there is none."""
    wrt = question.wrt if len(set(question.wrt)) > 1 else question.wrt[0]
    found = matcalc.derive(question.formula, wrt, order=len(question.wrt), declare=question.declare, **question.options)  # type: ignore[call-overload]
    if found.outcome.expression is None:
        return None
    return Claim(
        _derivative(question.formula, question.wrt),
        found.outcome.expression,
        found.source.node,
        found.wrt,
        question.declare,
        origin=question.origin,
        **question.options,
    )


def _derivative(formula: str, wrt: Sequence[str]) -> str:
    if not wrt:
        return formula
    if len(wrt) == 1:
        return f"d({formula})/d{wrt[0]}"
    return f"d2({formula})/d{wrt[0]}2" if wrt[0] == wrt[1] else f"d2({formula})/(d{wrt[0]} d{wrt[1]})"


def _identity(number: int) -> Claim | None:
    items = [item for document in library() for item in document.items if item.expected]
    item = items[number % len(items)]
    statement = elaborate_statement(item.statement, item.declare or None, layout=item.layout)
    left, right = statement.left, statement.right
    if isinstance(right, DerivativeSide) or statement.intermediates:
        return None
    function, wrt = (left.expression, left.wrt) if isinstance(left, DerivativeSide) else (left, ())
    written = _derivative(text(function, "ascii"), [symbol.name for symbol in wrt])
    return Claim(written, right, function, wrt, item.declare or None, item.layout, item.symmetric, f"identity {item.name}")
