"""What is asked: as a sentence above the steps, and in which order it was typed; and how a composed
function is told, by its outer and its inner function."""

from __future__ import annotations

from collections.abc import Mapping, Sequence, Set
from contextlib import suppress
from fractions import Fraction
from itertools import groupby

from matcalc.base.errors import MatcalcError
from matcalc.einstein import nodes as ix
from matcalc.einstein.lowering import lower
from matcalc.expr.nodes import Expr, Nonlinear, Number, Power, Quotient, Symbol, children
from matcalc.expr.rewriting import symbols_in
from matcalc.facts.table import ARRAY_OF_COMPLEX, essential
from matcalc.language.declare.declared import says_function
from matcalc.printing import text
from matcalc.printing.notation import render
from matcalc.printing.notations import name_in, notation_of
from matcalc.steps.step import Question, Words, Writing

# ------------------------------------------------------------
# In which order a formula was typed.

_MOST_PARTS = 120
"""In longer formulas the order of products is that of the whole."""


def as_typed(expression: Expr) -> list[Expr]:
    """All parts of an expression in the order of their beginnings."""
    found: dict[Expr, None] = {}
    stack = [expression]
    while stack:
        node = stack.pop()
        if node not in found:
            found[node] = None
            stack += reversed(children(node))
    return list(found)


class Typed:
    """Where the parts of an expression stand in it."""

    def __init__(self, expression: Expr) -> None:
        nodes = as_typed(expression)
        self.names = {node.name: place for place, node in enumerate(nodes) if isinstance(node, Symbol)}
        self.functions: dict[ix.Tensor, int] = {}
        """Functions and powers, in index notation."""
        self._orders: list[tuple[str, ...]] = []
        if len(nodes) > _MOST_PARTS:
            return
        for place, node in enumerate(nodes):
            if isinstance(node, Nonlinear) or (place and isinstance(node, Symbol) and not node.shape):
                with suppress(MatcalcError):
                    self.functions.setdefault(lower(node).tensor, place)
        self._orders = sorted({tuple(symbols_in(node)) for node in nodes}, key=lambda order: (len(order), order))

    def places(self, names: Set[str]) -> Mapping[str, int]:
        """The places of these names in the smallest part that has all of them."""
        for order in self._orders:
            if names <= set(order):
                return {name: place for place, name in enumerate(order)}
        return self.names

    def changed(self, term: ix.Tensor) -> int:
        """The place of the first function that is no factor of a term: where it was
        differentiated."""
        products = [part for _, part in term.terms] if isinstance(term, ix.Sum) else [term]
        kept = {*products, *(factor for part in products for factor in ix.children(part))}
        return min((place for function, place in self.functions.items() if function not in kept), default=_MOST_PARTS)


# ------------------------------------------------------------
# The sentence above the steps.

_LONGEST = 240
"""A formula with more characters is not repeated in the sentence."""
_LONGEST_INNER = 40
_MOST_NAMES = 24


def stated(question: Question, letter: str) -> Words:
    """``Differentiate f(x) = xᵀ A x by x, where x ∈ ℝⁿ, A ∈ ℝⁿˣⁿ.``; ``letter`` is the name of the
    value in the steps."""
    first, *others = dict.fromkeys(question.wrt)
    asked: list[str | Writing] = [" by ", _written(first)]
    if len(question.wrt) > 1:
        asked = [*asked, ", then by ", _written(others[0])] if others else [" twice", *asked]
    layout = () if question.layout == "denominator" else (f" in {question.layout} layout",)
    where = _kinds(question)
    return ("Differentiate ", _value(question, letter), *asked, *layout, *((", where ", *where) if where else ()), ".")


def _value(question: Question, letter: str) -> Writing:
    """``f(x) = xᵀ A x``, or ``f`` of what is too long."""
    by = list(dict.fromkeys(question.wrt))

    def write(style: str) -> str:
        return f"{name_in(style, letter)}({', '.join(text(symbol, style) for symbol in by)})"

    formula = _written(question.expression)
    if len(formula.unicode) > _LONGEST:
        return Writing.of(lambda style: name_in(style, letter))
    return Writing.of(lambda style: f"{write(style)} = {formula.spelled(style)}")


def _kinds(question: Question) -> Words:
    """``x ∈ ℝⁿ, A ∈ ℝⁿˣⁿ``: neighbours of one kind together."""
    symbols = list({**symbols_in(question.expression), **{symbol.name: symbol for symbol in question.wrt}}.values())
    said: list[Words] = []
    for _, group in groupby(symbols[:_MOST_NAMES], key=lambda symbol: (symbol.shape, symbol.properties)):
        alike = list(group)
        facts = " and ".join(fact.replace("_", " ") for fact in essential(alike[0].properties))
        said.append((_membership(alike), f" ({facts})" if facts else ""))
    functions = {name: kind for name, kind in question.declarations.items() if says_function(kind)}
    said += [(_named(name), f" a {kind}") for name, kind in functions.items()]
    if len(symbols) > _MOST_NAMES:
        said.append((f"and {len(symbols) - _MOST_NAMES} more",))
    return tuple([part for words in said for part in (", ", *words)][1:])


def _membership(symbols: Sequence[Symbol]) -> Writing:
    """``a, b ∈ ℝⁿ``."""

    def write(style: str) -> str:
        notation = notation_of(style)
        numbers = notation.complex_space if ARRAY_OF_COMPLEX in symbols[0].properties else notation.space
        return notation.element.join([", ".join(text(symbol, style) for symbol in symbols), numbers(symbols[0].shape)])

    return Writing.of(write)


def composed(outer: Writing, inner: Writing | None) -> Words:
    """``outer exp(t), inner xᵀ A x``; without the inner function where that is long."""
    if inner is None or len(inner.unicode) > _LONGEST_INNER:
        return ("outer ", outer)
    return ("outer ", outer, ", inner ", inner)


def outer_function(name: str, inner: Expr | None) -> Writing:
    """``exp(t)``, of a letter that is not in the inner function."""
    letter = _letter(inner)

    def write(style: str) -> str:
        notation = notation_of(style, (letter,))
        return render(notation.call(name, (notation.symbol(letter),), None))

    return Writing.of(write)


def outer_power(exponent: Fraction, inner: Expr | None) -> Writing:
    """``t³``, ``1/t``."""
    letter = Symbol(_letter(inner), ())
    power = letter if abs(exponent) == 1 else Power(letter, Number(abs(exponent)))
    return _written(power if exponent > 0 else Quotient(Number(Fraction(1)), power))


def _letter(inner: Expr | None) -> str:
    return "u" if inner is not None and "t" in symbols_in(inner) else "t"


def _named(name: str) -> Writing:
    return Writing.of(lambda style: name_in(style, name))


def _written(expression: Expr) -> Writing:
    return Writing.of(lambda style: text(expression, style))
