"""What is said of the parts of an expression that are convex or concave, and the rules for matrices:
quadratic forms, traces, resolvents, roots of sums of squares."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from fractions import Fraction
from functools import partial
from math import ceil
from typing import Any, cast

from matcalc.analysis.definiteness import apart
from matcalc.analysis.powers import (
    TWO,
    power_of_matrix,
    sign_of,
    simple,
    square,
    times,
)
from matcalc.base.budgets import spend, valued
from matcalc.base.functions import computable
from matcalc.base.records import record, replace
from matcalc.base.sizes import names_in
from matcalc.evaluation.interpreter import evaluate
from matcalc.expr.deduction import known
from matcalc.expr.nodes import (
    Call,
    Entry,
    Expr,
    Identity,
    Index,
    Indexed,
    Inverse,
    Leaf,
    Linear,
    Multilinear,
    Negative,
    Node,
    Nonlinear,
    Norm,
    Number,
    Ones,
    Power,
    Product,
    Quotient,
    Sum,
    Symbol,
    Total,
    Trace,
    postorder,
)
from matcalc.expr.rewriting import free_indices, over_all, symbols_in
from matcalc.folding.build import negative, product, raised, transpose
from matcalc.products.differentials import differential_form

ENTRIES, ORDER, BOTH = "entries", "order", "both"
_MOST_NESTED = 6
_HALF = Fraction(1, 2)


@record
class Curve:
    """A part is convex (``sign`` 1), concave (-1) or affine (0): entry by entry, in the Loewner order,
    or both. ``second`` is the second derivative along the directions, where it has such a form.

    ``conditions`` must be >= 0; where ``free`` they may be turned, together with the sign.
    """

    sign: int
    order: str = BOTH
    second: Expr | None = None
    conditions: tuple[Expr, ...] = ()
    free: bool = False

    def turned(self) -> Curve:
        """The same part, its open coefficient taken to have the other sign."""
        return replace(self, sign=-self.sign, conditions=tuple([negative(one) for one in self.conditions]))


@record
class Line:
    """Why a part is curved as it is: the rule, and where it comes from."""

    part: Expr
    sign: int
    rule: str
    source: str


AFFINE = Curve(0)


class Parts:
    """What is known of the parts of expressions in some symbols, which move along directions."""

    def __init__(self, moves: Mapping[Symbol, Symbol]) -> None:
        self.moves = moves
        self.names = {symbol.name for symbol in moves}
        self.lines: dict[Expr, Line] = {}
        self.domain: list[Expr] = []
        self._known: dict[Expr, Curve | None] = {}
        self._first: dict[Expr, Expr | None] = {}
        self._depth = 0

    def of(self, expression: Expr) -> Curve | None:
        """How an expression is curved; None where the rules do not say."""
        if self._depth > _MOST_NESTED:
            return None
        self._depth += 1
        for node in postorder(expression, known=self._known):
            spend(20)
            self._known[node] = self._curve(node)
        self._depth -= 1
        return self._known[expression]

    def is_constant(self, node: Expr) -> bool:
        """Whether the symbols do not stand in a part."""
        return self.names.isdisjoint(symbols_in(node))

    def first(self, node: Expr) -> Expr | None:
        """What a part changes by along the directions, to first order; None without a closed form."""
        if node not in self._first:
            moves = {symbol: move for symbol, move in self.moves.items() if symbol.name in symbols_in(node)}
            self._first[node] = moves.get(node) if isinstance(node, Symbol) else valued(lambda: differential_form(node, moves))
        return self._first[node]

    def _said(self, node: Expr, curve: Curve | None, rule: str, source: str = "") -> Curve | None:
        if curve is not None and curve.sign:
            self.lines.setdefault(node, Line(node, curve.sign, rule, source))
        return curve

    def _opposite(self, inner: Curve | None) -> Curve | None:
        if inner is None or not inner.sign:
            return inner
        return replace(inner, sign=-inner.sign, second=None if inner.second is None else negative(inner.second))

    def _weighted(self, inner: Curve | None, weight: Expr, around: Callable[[Expr], Expr]) -> Curve | None:
        """A part times a constant, which is a number or an array of weights."""
        if inner is None or not inner.sign:
            return inner
        second = None if inner.second is None else around(inner.second)
        found = known(weight)
        if inner.order == ORDER and not weight.is_scalar:
            return replace(inner, second=second) if found.semidefinite else None
        sign = sign_of(found) if symbols_in(weight) else _sign_of_numbers(weight)
        if sign is not None:
            order = inner.order if weight.is_scalar else ENTRIES
            return Curve(sign * inner.sign, order, second, inner.conditions, inner.free) if sign else AFFINE
        if inner.conditions:
            return None
        return Curve(inner.sign, inner.order if weight.is_scalar else ENTRIES, second, (weight,), free=True)

    def _root_of_squares(self, node: Expr) -> Curve | None:
        """The root of a sum of squares of affine parts: the length of them all."""
        if not (isinstance(node, Power) and node.is_scalar and node.exponent == Number(_HALF)):
            return None
        terms = node.base.terms if isinstance(node.base, Sum) else (node.base,)
        if not all(self._is_square(term) for term in terms):
            return None
        whole, bend = self.first(node.base), self.of(node.base)
        second = None
        if whole is not None and bend is not None and bend.second is not None:
            half = Quotient(square(whole), product((Number(Fraction(4)), node.base)))
            second = Quotient(Sum((product((Number(_HALF), bend.second)), Negative(half))), node)
        return self._said(node, Curve(1, BOTH, second), "norm of affine parts", "Boyd & Vandenberghe (2004) sec. 3.1.5")

    def _is_square(self, term: Expr) -> bool:
        """Whether a term is a number >= 0, or one times the squared length of an affine part."""
        if self.is_constant(term):
            return known(term).entries.nonnegative
        if isinstance(term, Quotient) and self.is_constant(term.denominator):
            return known(term.denominator).entries.nonnegative and self._is_square(term.numerator)
        if isinstance(term, Total):
            return term.axis is None and isinstance(term.operand, Power) and self._is_affine_square(term.operand)
        if isinstance(term, Power):
            return self._is_affine_square(term)
        if not isinstance(term, Product):
            return False
        fixed = [one for one in term.factors if one.is_scalar and self.is_constant(one)]
        rest = [one for one in term.factors if one not in fixed]
        if fixed:
            return known(product(fixed)).entries.nonnegative and self._is_square(product(rest))
        curve = None if any(one.is_scalar for one in rest) else self._quadratic(term)
        return curve is not None and curve.sign == 1 and self.is_constant_middle(rest)

    def is_constant_middle(self, chain: Sequence[Expr]) -> bool:
        return not any(isinstance(one, Inverse) and not self.is_constant(one) for one in chain)

    def second_over(self, term: Expr, below: Expr) -> Expr | None:
        """The second derivative of a square over an affine number t: of u' M u/t it is 2/t r' M r with
        r = Du - u Dt/t."""
        step = self.first(below)
        if self.of(below) != AFFINE or step is None:
            return None
        weights: list[Expr] = []
        while isinstance(term, Product) and any(one.is_scalar and self.is_constant(one) for one in term.factors):
            weights += [one for one in term.factors if one.is_scalar and self.is_constant(one)]
            term = product([one for one in term.factors if one not in weights])
        if self.is_constant(term):
            return times(TWO, *weights, term, Quotient(square(step), raised(below, Fraction(3))))
        found = _square_of(term)
        moved = None if found is None else self.first(found[0])
        if found is None or moved is None:
            return None
        (part, middle), rate = found, Quotient(step, below)
        rest = Sum((moved, negative(product((rate, part)))))
        form = square(rest) if rest.is_scalar else square(Norm(rest, "2"))
        if middle is not None:
            form = product((transpose(rest), middle, rest))
        return Quotient(times(TWO, *weights, form), below)

    def _is_affine_square(self, node: Power) -> bool:
        base = node.base.operand if isinstance(node.base, Norm) and node.base.kind == "2" else node.base
        return node.exponent == Number(Fraction(2)) and self.of(base) == AFFINE

    def _quadratic(self, node: Expr) -> Curve | None:
        """R' W R: with R affine and W >= 0, or W the inverse of an affine matrix."""
        chain = node.factors if isinstance(node, Product) else ()
        for count in range(1, len(chain) // 2 + 1):
            last = product(chain[-count:])
            if transpose(last) is not product(chain[:count]) or self.is_constant(last) or self.of(last) != AFFINE:
                continue
            curve = self._form(last, product(chain[count : len(chain) - count]) if len(chain) > 2 * count else None)
            if curve is not None:
                rule = (
                    "quadratic form"
                    if curve.second is None or not isinstance(chain[count], Inverse)
                    else "matrix fractional function"
                )
                return self._said(node, curve, rule, "Boyd & Vandenberghe (2004) examples 3.4, 3.17")
        return None

    def _form(self, last: Expr, middle: Expr | None) -> Curve | None:
        moved = self.first(last)
        if middle is None:
            return Curve(1, ORDER, None if moved is None else product((TWO, transpose(moved), moved)))
        if self.is_constant(middle):
            sign = 1 if known(middle).semidefinite else -1 if known(negative(middle)).semidefinite else 0
            second = None if moved is None else product((TWO, transpose(moved), middle, moved))
            return Curve(sign, ORDER, second) if sign else None
        if not isinstance(middle, Inverse) or not known(middle.operand).definite:
            return None
        inner = self.of(middle.operand)
        if inner is None or inner.conditions or inner.sign > 0 or (inner.sign and inner.order == ENTRIES):
            return None
        turn = self.first(middle.operand)
        if inner.sign or moved is None or turn is None:
            return Curve(1, ORDER)
        rest = Sum((moved, Negative(product((turn, middle, last)))))
        return Curve(1, ORDER, product((TWO, transpose(rest), middle, rest)))

    def _trace(self, node: Trace) -> Curve | None:
        """tr(C g) with C >= 0, in one of the orders round the trace."""
        scalars, chain = apart(node.operand.factors if isinstance(node.operand, Product) else (node.operand,))
        if scalars and all(self.is_constant(one) for one in scalars):
            inner = self.of(Trace(product(chain)))
            return self._weighted(inner, product(scalars), lambda one: product((*scalars, one)))
        for start in range(len(chain)):
            turned = chain[start:] + chain[:start]
            cut = next((k for k, one in enumerate(turned) if not self.is_constant(one)), len(turned))
            weight = product(turned[:cut]) if cut else None
            if weight is not None and known(negative(weight)).semidefinite:
                return self._opposite(self.of(Trace(product((negative(weight), *turned[cut:])))))
            if weight is not None and not known(weight).semidefinite:
                continue
            rest = product(turned[cut:])
            inner = self.of(rest)
            if inner is not None and inner.sign and (inner.order != ENTRIES or weight is None):
                second = inner.second
                whole = None if second is None else Trace(second if weight is None else product((weight, second)))
                return replace(inner, second=whole)
        return self._trace_power(node) or self._resolvent(node, chain)

    def _trace_power(self, node: Trace) -> Curve | None:
        """tr(X^p) for a whole p: of symmetric matrices for an even one, of definite ones else."""
        found = power_of_matrix(node.operand)
        if found is None:
            return None
        base, count = found
        if (
            self.of(base) != AFFINE
            or "symmetric" not in known(base)
            or not (known(base).definite or (count > 0 and count % 2 == 0))
        ):
            return None
        return self._said(node, Curve(1), "trace of a convex function of a matrix", "Carlen (2010) thm. 2.10")

    def _resolvent(self, node: Trace, chain: Sequence[Expr]) -> Curve | None:
        """M N⁻¹ = I + (M - N) N⁻¹ where M - N is constant."""
        for place, one in enumerate(chain):
            other = chain[place - 1]
            if len(chain) < 2 or not isinstance(one, Inverse) or self.is_constant(other):
                continue
            gap = simple(Sum((other, Negative(one.operand))))
            if gap is None or not self.is_constant(gap):
                continue
            before = [part for k, part in enumerate(chain) if k not in (place, (place - 1) % len(chain))]
            inner = self.of(Trace(product([*before, gap, one])))
            first = self.of(Trace(product(before) if before else Identity(one.rows)))
            return inner if first is not None and not first.sign else None
        return None

    def _curve(self, node: Expr) -> Curve | None:
        raise NotImplementedError


def _square_of(term: Expr) -> tuple[Expr, Expr | None] | None:
    """The part u and the matrix M of a square u' M u, which may be the squared length of u."""
    match term := cast("Node", term):
        case Power(base=Norm(operand=part)) | Total(operand=Power(base=part)):
            return part, None
        case Power(base=part):
            return part, None
        case Product(factors=(first, *middle, last)) if transpose(first) is last and last.is_column:
            return last, product(middle) if middle else None
        case Leaf() | Linear() | Sum() | Multilinear() | Nonlinear() | Indexed():
            return None


def _sign_of_numbers(weight: Expr) -> int | None:
    """The sign of what has no symbols: of masks of indices (``i < j``) from their values at all
    positions that the indices can have to each other."""
    free = free_indices(weight)
    whole = over_all(weight, free) if free else None
    most = _reach(weight)
    if whole is None or most is None:
        return sign_of(known(weight))
    names = names_in([size for node in postorder(whole) for size in node.shape])
    values = [valued(partial(evaluate, whole, {}, dict.fromkeys(names, k))) for k in range(1, most + 3)]
    low, high = [[extreme(one) for one in values if one is not None] for extreme in (_least, _largest)]
    return sign_of(known(weight)) if not low else 1 if min(low) >= 0 else -1 if max(high) <= 0 else None


_FARTHEST = 12
"""Masks that reach farther are not looked at."""


def _reach(weight: Expr) -> int | None:
    """By how much indices differ at most where a mask tells them apart; None of what is made of more
    than masks, and may have another sign at larger sizes."""
    far = Fraction(0)
    for node in postorder(weight):
        far += abs(node.value) if isinstance(node, Number) else 0
        if not isinstance(node, _OF_MASKS) or (isinstance(node, Call) and not _is_mask(node)):
            return None
        if node.shape and not isinstance(node, Ones | Identity | Call):
            return None
        if isinstance(node, Entry) and not all(isinstance(one, Index) for one in node.positions):
            return None
    return ceil(far) if far <= _FARTHEST else None


_OF_MASKS = (Ones, Identity, Call, Entry, Number, Sum, Negative, Product, Quotient, Power)


def _is_mask(node: Call) -> bool:
    function = computable().get(node.function)
    return function is not None and function.masks


def _least(array: Any) -> float:
    return float(array.min(initial=0.0))


def _largest(array: Any) -> float:
    return float(array.max(initial=0.0))
