"""What is shown of a result: of the forms that a few cheap steps reach, the one that costs least.

The form as it was folded is read back and simplified once more, the identities of
``rules/shown.rules`` are used on it, and it is spelled shorter. What is computed stays as it was.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Container, Iterator, Sequence
from contextlib import suppress
from fractions import Fraction
from math import prod
from operator import itemgetter
from typing import TYPE_CHECKING

from matcalc.base.budgets import SpentError, share
from matcalc.base.errors import LimitError
from matcalc.base.files import RuleLine
from matcalc.base.lazy import later
from matcalc.base.shapes import Shape
from matcalc.calculus.simplification import rewritten, simplified
from matcalc.derivation.pipeline import reading_order
from matcalc.expr.nodes import (
    Call,
    DiagonalMatrix,
    Elementwise,
    Expr,
    Identity,
    Inverse,
    Kronecker,
    Leaf,
    Linear,
    MatrixPower,
    Number,
    Power,
    Product,
    Sum,
    Symbol,
    postorder,
)
from matcalc.expr.rewriting import rebuilt_with, symbols_in
from matcalc.folding.build import cost as reading, is_own_transpose
from matcalc.folding.respelling import spelled
from matcalc.printing.expressions import length

if TYPE_CHECKING:
    from matcalc.einstein.nodes import Tensor
    from matcalc.rules import rewrites
    from matcalc.rules.rewrites import Rewrite
    from matcalc.simplifying import shortest_forms
else:
    rewrites = later("matcalc.rules.rewrites")
    shortest_forms = later("matcalc.simplifying.shortest_forms")

_ROUNDS = 4
"""How often the identities are used on what comes out of them."""
_LONGEST = 400
_MOST_WORK = 8
"""How many times the work of the form that was folded a shorter one may take: that of a pseudoinverse
or an adjugate, and not that of identities in place of slices."""
_SHARE, _WORK = 0.5, 1_500


def shown_form(form: Expr, tensor: Tensor, typed: Expr, cost: str) -> Expr:
    """The form of a derivative of what was ``typed`` that is shown: the shortest that is found, the
    one that is cheapest to compute, or ``form`` itself, which is written as people do. ``tensor``
    is what it was folded from."""
    if cost == "familiar":
        return form
    candidates = [form]
    rules = [rule for line in _lines(form) for rule in rewrites.shown_rewrites(line)]
    again = _may_shrink(form)
    if (rules or again) and len(form.shape) <= 2 and reading(form) <= _LONGEST:
        with suppress(SpentError, LimitError), share(_SHARE, _WORK):
            # An identity stands where something was taken out of a sum, which the tensor does not have.
            if again or Identity in map(type, postorder(form)) or rewritten(tensor, rules) is not tensor:
                candidates.extend(_others(form, typed, rules, again))
    found = [spelled(one, typed, length) for one in candidates]
    if cost == "cheapest":
        return min([*candidates, *found], key=lambda one: (_work(one), length(one)))
    if len(found) > 1:
        most = _MOST_WORK * _work(form)
        return min([one for one in found if one is found[0] or _work(one) <= most], key=length)
    return found[0]


_TOLD_BY = frozenset({Sum, Product, MatrixPower, Identity})
"""Classes of nodes of a line without which no form has its left side."""


def _lines(form: Expr) -> list[RuleLine]:
    """The lines whose left sides may stand in a form."""
    nodes = postorder(form)
    kinds = set(map(type, nodes))
    present = {node.function for node in nodes if isinstance(node, Elementwise | Call)}
    if Inverse in kinds:
        present.add("inv")
    if not present or kinds.isdisjoint(_TOLD_BY):
        return []
    lines = [line for functions, line in rewrites.lines_by_functions("shown.rules") if functions <= present]
    return [line for line in lines if rewrites.kinds_of(line) & _TOLD_BY <= kinds]


def _others(form: Expr, typed: Expr, rules: Sequence[Rewrite], again: bool) -> Iterator[Expr]:
    """The form read back, if ``again`` folded, and what the identities make of it."""
    writer = shortest_forms.Writer(form, reading_order(typed))
    tensor = simplified(writer.value.tensor)
    best = writer.best(tensor) if again else None
    if best is not None:
        yield best
    for _ in range(_ROUNDS if rules else 0):
        other = rewritten(tensor, rules)
        if other is tensor:
            return
        tensor = simplified(other)
        best = writer.best(tensor)
        if best is not None:
            yield best


def _may_shrink(form: Expr) -> bool:
    """Whether reading a form back may make it shorter: it has parts that meet others only as they
    are written."""
    several = False
    for node in postorder(form):
        if isinstance(node, Kronecker):
            return True
        if isinstance(node, DiagonalMatrix):
            if several:
                return True
            several = True
        elif isinstance(node, Power | MatrixPower):
            exponent = node.exponent
            if not (isinstance(exponent, Number) and _is_plain(exponent.value)):
                return True
    return False


def _is_plain(exponent: Fraction) -> bool:
    return exponent.denominator == 1 or exponent == Fraction(1, 2)


# ------------------------------------------------------------
# What a form costs to compute.

_MANY = 100
"""The value of every named size where work is counted."""
_ROUNDS_OF = {"det": 1, "logdet": 1, "inv": 2, "adj": 4, "pinv": 12}
"""How many products of matrices a function of a matrix costs about; one that is not listed costs
12."""


def _work(form: Expr) -> int:
    """About how many multiplications a form takes, every part computed once and products in the
    best order."""
    return sum(map(_own_work, postorder(form)))


def _own_work(node: Expr) -> int:
    entries = _entries(node.shape)
    if isinstance(node, Leaf | Linear):
        return 0
    if isinstance(node, Product):
        return _work_of_chain([factor for factor in node.factors if factor.shape])
    if isinstance(node, Inverse):
        return _ROUNDS_OF["inv"] * entries * _lengths(node.shape)[0]
    if isinstance(node, Call) and node.arguments[0].is_matrix:
        shape = node.arguments[0].shape
        return _ROUNDS_OF.get(node.function, 12) * _entries(shape) * _lengths(shape)[0]
    return entries


def _work_of_chain(factors: Sequence[Expr]) -> int:
    """The multiplications of a product in the best order."""
    if len(factors) < 2:
        return _entries(factors[0].shape) if factors else 1
    sides = [_lengths((factors[0].rows,))[0], *[_lengths((factor.cols,))[0] for factor in factors]]
    diagonal = [isinstance(factor, DiagonalMatrix | Identity) for factor in factors]
    least: dict[tuple[int, int], int] = {(k, k): 0 for k in range(len(factors))}
    for count in range(1, len(factors)):
        for first in range(len(factors) - count):
            last = first + count
            inner = sides[first + 1 : last + 1]
            if diagonal[first]:
                inner[0] = 1
            if diagonal[last]:
                inner[-1] = 1
            outer = sides[first] * sides[last + 1]
            cuts = range(first, last)
            least[first, last] = min([least[first, cut] + least[cut + 1, last] + outer * inner[cut - first] for cut in cuts])
    return least[0, len(factors) - 1]


def _entries(shape: Shape) -> int:
    return prod(_lengths(shape))


def _lengths(shape: Shape) -> list[int]:
    """The lengths of axes, every name in them being ``_MANY``."""
    return [size.value(defaultdict(lambda: _MANY)) for size in shape]


# ------------------------------------------------------------
# Names for what stands several times.

Named = tuple[tuple[tuple[Symbol, Expr], ...], Expr | None]
"""Names with what they stand for, each in terms of those before it, and a form with them."""

_LONG_TEXT = 30
"""How many signs a form has that is written with names."""
_WORDY = 10
"""What it costs to read at least."""
_SAVED = Fraction(3, 20)
"""What part of it the names must save."""
_MOST_NAMES = 2
_MOST_TRIED = 3
_LETTERS = {0: "tqsrk", 1: "uvwrz", 2: "GVHSMQ"}
"""Names by the number of axes."""


def may_have_names(form: Expr) -> bool:
    """Whether a form is so long that it is worth while to look for what stands in it several
    times."""
    return reading(form) >= _WORDY and bool(_repeated(form))


def with_names(form: Expr, typed: Expr, taken: Container[str]) -> Named:
    """The form with names for parts that stand several times in it, where it is long and much
    shorter so."""
    whole = length(form)
    if whole < _LONG_TEXT:
        return (), form
    found: list[tuple[Symbol, Expr]] = []
    body, least = form, whole
    while len(found) < _MOST_NAMES:
        names = [symbol.name for symbol, _ in found]
        defined = sum([length(part) + 3 for _, part in found])
        parts = _worth_it(_repeated(body), whole * _SAVED)
        options = [(size, _named(body, part, typed, taken, names)) for size, part in parts]
        measured = [(size + 3 + length(one[2]), *one) for size, one in options if one is not None]
        if not measured:
            break
        total, symbol, part, other = min(measured, key=itemgetter(0))
        if total + defined > least - whole * _SAVED:
            break
        found.append((symbol, part))
        body, least = other, total + defined
    return tuple(found), body


def _repeated(form: Expr) -> list[tuple[int, Expr]]:
    """The parts that stand in a form more than once, and are long enough for a name, with how
    often."""
    counts: Counter[Expr] = Counter([form])
    for node in reversed(postorder(form)):
        for operand in node.below:
            counts[operand] += counts[node]
    return [
        (count, node)
        for node, count in counts.items()
        if count > 1 and reading(node) > 2 and len(node.shape) <= 2 and not node.is_row
    ]


def _worth_it(parts: Sequence[tuple[int, Expr]], least: Fraction) -> list[tuple[int, Expr]]:
    """Those parts that may save enough, the few that save most, with their lengths: each place is
    written by one sign, and by brackets less. What has no symbols, as a slice of an identity, is a
    matter of writing and gets no name."""
    measured = [(count, length(part), part) for count, part in parts]
    saved = [((count - 1) * size + count - 3, size, part) for count, size, part in measured]
    most = sorted([one for one in saved if one[0] >= least], key=itemgetter(0), reverse=True)
    return [(size, part) for _, size, part in most[:_MOST_TRIED] if symbols_in(part)]


def _named(body: Expr, part: Expr, typed: Expr, taken: Container[str], names: list[str]) -> tuple[Symbol, Expr, Expr] | None:
    """A name for a part of a form, with the part and the form that has the name in its place."""
    used = symbols_in(body)
    free = [letter for letter in _LETTERS[len(part.shape)] if not (letter in taken or letter in used or letter in names)]
    if not free:
        return None
    facts = frozenset({"symmetric"}) if part.is_matrix and is_own_transpose(part) else frozenset[str]()
    symbol = Symbol(free[0], part.shape, facts)
    other = rebuilt_with(body, lambda node: symbol if node is part else node)
    return symbol, part, spelled(other, typed, length)
