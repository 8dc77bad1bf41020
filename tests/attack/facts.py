"""``python -m tests.attack.facts --count 2000``: random identities that hold because of a declared fact, and false ones beside them.

Number k takes something that is true of a symbol with a fact (``relations.toml``), puts both sides into the same random expression, and
asks three times: with the fact (true), without it, and with the fact but a mistake on one side; NumPy decides whether these two are false.
Every third claim is one about a derivative. Faults: a true claim that is refuted; a false one that is proved or confirmed; a
counterexample that has not the declared facts. Exit status 1 when there is any.
"""

from __future__ import annotations

import random
import tomllib
from collections.abc import Callable
from dataclasses import replace
from functools import cache, lru_cache, partial
from pathlib import Path
from typing import Any

import click

import matcalc
from matcalc.base.errors import MatcalcError
from matcalc.base.sizes import Size
from matcalc.expr import nodes as e
from matcalc.language.statements import DerivativeSide, elaborate_statement
from matcalc.printing import text
from tests.attack.claims import Claim
from tests.attack.judging import differ
from tests.attack.mutants import mutants
from tests.attack.mutations import KEPT, judged
from tests.attack.running import Limits, Outcome, report
from tests.fuzz.differentiability import has_rule
from tests.fuzz.functions import FunctionGrower
from tests.fuzz.rebuilding import replace as put
from tests.fuzz.vocabulary import declarations

_TRIES = 40
_MUTANTS = 10


def attack(number: int, seed: int = 0, verify: Callable[..., Any] = matcalc.verify) -> Outcome:
    """One true claim over a fact, and up to two false ones."""
    outcomes = [judged(*asked, verify) for asked in _claims(seed, number)] or [Outcome(("no claim",))]
    return Outcome(sum((outcome.counts for outcome in outcomes), ()), sum((outcome.faults for outcome in outcomes), ()))


@lru_cache(maxsize=KEPT)
def _claims(seed: int, number: int) -> tuple[tuple[Claim, e.Expr, bool, str], ...]:
    """The claims with other right sides, whether they are true, and in words which they are."""
    chooser = random.Random(f"{seed}/{number}/facts")
    found = identity(chooser)
    if found is None:
        return ()
    claim, right = found
    asked = [(claim, right, True, "with the fact")]
    free = _without_facts(claim, right)
    if differ(*free, number):
        asked.append((*free, False, "without the fact"))
    wrong = [mutant.expression for mutant in mutants(right)]
    for _ in range(min(_MUTANTS, len(wrong))):
        mutant = wrong[chooser.randrange(len(wrong))]
        if differ(claim, mutant, number):
            asked.append((claim, mutant, False, "mutant"))
            break
    return tuple(asked)


@cache
def relations() -> tuple[tuple[str, e.Expr, e.Expr], ...]:
    """What is true of a symbol with a fact: the fact, and both sides."""
    found = []
    for fact, entry in tomllib.loads(Path(__file__).with_name("relations.toml").read_text(encoding="utf-8")).items():
        for written in entry["claims"]:
            statement = elaborate_statement(written, entry["declare"])
            assert not isinstance(statement.left, DerivativeSide)
            assert not isinstance(statement.right, DerivativeSide)
            found.append((fact, statement.left, statement.right))
    return tuple(found)


def identity(chooser: random.Random) -> tuple[Claim, e.Expr] | None:
    """A claim about its own left side, and the right side that is equal to it where the facts hold; None where none was found."""
    fact, left, right = relations()[chooser.randrange(len(relations()))]
    context = _context(chooser, left)
    if context is None:
        return None
    one, other = put(*context, left), put(*context, right)
    declared = {**declarations(other), **declarations(one)}
    claim = Claim(text(one, "ascii"), one, one, (), declared, origin=f"{text(left, 'ascii')} = {text(right, 'ascii')}, {fact}")
    if chooser.randrange(3) == 0:
        return _differentiated(chooser, claim, other) or (claim, other)
    return claim, other


def _context(chooser: random.Random, part: e.Expr) -> tuple[e.Expr, e.Expr] | None:
    """A random expression, and a symbol in it that has the shape of the part."""
    if chooser.randrange(4) == 0:
        symbol = e.Symbol("T", part.shape)
        return symbol, symbol
    for _ in range(_TRIES):
        grower = FunctionGrower(chooser.randrange, (Size.of("n"), Size.of("m")), facts=False)
        expression = grower.scalar(2) if chooser.randrange(2) else grower.column(grower.size(), 2)
        fitting = [node for node in e.postorder(expression) if isinstance(node, e.Symbol) and node.shape == part.shape]
        if fitting and not any(isinstance(node, e.Norm) and node.parameter is not None for node in e.postorder(expression)):
            return expression, sorted(fitting, key=lambda node: node.name)[0]
    return None


def _differentiated(chooser: random.Random, claim: Claim, other: e.Expr) -> tuple[Claim, e.Expr] | None:
    """The claim that the derivative of the left side is that of the right side, by a symbol about which nothing is declared."""
    names = {node.name for node in e.postorder(other) if isinstance(node, e.Symbol)}
    free = [symbol for name, symbol in sorted(claim.symbols.items()) if not symbol.properties and name in names]
    free = [
        symbol for symbol in free if len(symbol.shape) + len(claim.function.shape) <= 2 and has_rule(claim.function, (symbol,))
    ]
    if not free:
        return None
    by = free[chooser.randrange(len(free))]
    try:
        answer = matcalc.derive(text(other, "ascii"), by.name, declare=claim.declare).outcome.expression  # type: ignore[arg-type]
        own = matcalc.derive(claim.left, by.name, declare=claim.declare).outcome.expression  # type: ignore[arg-type]
    except MatcalcError:
        return None
    if answer is None or own is None:
        return None
    return replace(claim, left=f"d({claim.left})/d{by.name}", right=own, wrt=(by,)), answer


def _without_facts(claim: Claim, right: e.Expr) -> tuple[Claim, e.Expr]:
    """The same, with nothing declared but kinds and sizes."""
    declared = {name: kind.split()[0] for name, kind in dict(claim.declare or {}).items()}
    function, wrong, own = claim.function, right, claim.right
    for symbol in claim.symbols.values():
        bare = e.Symbol(symbol.name, symbol.shape)
        function, wrong, own = put(function, symbol, bare), put(wrong, symbol, bare), put(own, symbol, bare)
    return replace(claim, function=function, right=own, declare=declared), wrong


@click.command(help=__doc__)
@click.option("--count", default=2000, show_default=True, help="Number of identities.")
@click.option("--seed", default=0, show_default=True)
@click.option("--start", default=0, show_default=True, help="Number of the first identity, to run one again.")
@click.option("--workers", default=1, show_default=True)
@click.option("--seconds", default=40.0, show_default=True, help="Time for one identity; then it counts as hung.")
def main(count: int, seed: int, start: int, workers: int, seconds: float) -> None:
    again = f"python -m tests.attack.facts --seed {seed}"
    limits = Limits(seconds=seconds, memory=1 << 30)
    summary = report("facts", range(start, start + count), partial(attack, seed=seed), workers, limits, again)
    raise SystemExit(1 if summary.faults else 0)


if __name__ == "__main__":
    main()
