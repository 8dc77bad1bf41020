"""Convexity by the rules of composition: which parts of an expression are convex, concave or affine in
some symbols, and their second derivatives in forms that show the sign (Grant, Boyd & Ye 2006)."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from fractions import Fraction
from functools import cache
from math import prod
from typing import cast

from matcalc.analysis.atoms import Found, atoms_at
from matcalc.analysis.curved_parts import AFFINE, BOTH, ENTRIES, ORDER, Curve, Parts
from matcalc.analysis.powers import (
    TWO,
    Factored,
    factored,
    inner_product,
    monomial_second,
    sign_of,
    simple,
    square,
    times,
)
from matcalc.base.budgets import valued
from matcalc.base.functions import computable, has_kink
from matcalc.base.records import replace
from matcalc.base.traversal import with_operand
from matcalc.calculus.simplification import simplified
from matcalc.derivation.pipeline import differentiate
from matcalc.einstein.linear import is_zero
from matcalc.einstein.lowering import lower
from matcalc.expr.deduction import known
from matcalc.expr.nodes import (
    Call,
    Diagonal,
    DiagonalMatrix,
    Elementwise,
    Entry,
    Expr,
    Hadamard,
    IndexArray,
    Indexed,
    IndexSum,
    Leaf,
    Linear,
    Multilinear,
    Negative,
    Node,
    Nonlinear,
    Norm,
    Number,
    Power,
    Product,
    Quotient,
    Reshape,
    Sum,
    Symbol,
    Total,
    Trace,
    Transpose,
    Vec,
)
from matcalc.expr.rewriting import replaced, sum_of, symbols_in
from matcalc.folding.build import product, raised, transpose
from matcalc.products.differentials import differential_form

_MOST_PAIRED = 6


class Composition(Parts):
    """The rules for sums, atoms, functions and products."""

    def _curve(self, node: Expr) -> Curve | None:
        if isinstance(node, Leaf):
            return AFFINE
        if self.is_constant(node):
            return AFFINE
        found = self._linear(node) or self._atom(node) or self._nonlinear(node) or self._perspective(node)
        return replace(found, order=BOTH) if found is not None and node.is_scalar else found

    def _linear(self, node: Expr) -> Curve | None:
        match node := cast("Node", node):
            case Negative(operand=operand):
                return self._through(node, operand, -1)
            case Sum(terms=terms):
                return self._said(node, self._sum(terms), "sum")
            case Trace(operand=operand):
                return self._through(node, operand, 1) or self._trace(node) or self._traces(node)
            case Transpose() | Vec() | Reshape() | Diagonal() | DiagonalMatrix():
                return self._through(node, node.operand, 1)
            case Total(operand=operand, axis=axis):
                inner = self._known[operand]
                return None if inner is None or (axis and inner.order == ORDER) else self._through(node, operand, 1)
            case IndexSum(body=body):
                return self._through(node, body, 1)
            case IndexArray(body=body):
                inner = self._known[body]
                return None if inner is None else replace(inner, order=ENTRIES, second=None)
            case Entry(operand=operand, positions=places):
                inner = self._known[operand]
                same = len(places) == 2 and places[0] == places[1]
                return None if inner is None or (inner.order == ORDER and not same) else self._through(node, operand, 1)
            case Leaf() | Linear() | Sum() | Multilinear() | Nonlinear() | Indexed():
                return None

    def _traces(self, node: Trace) -> Curve | None:
        """The trace of a sum, term by term."""
        if not isinstance(node.operand, Sum):
            return None
        terms = [(one.operand, True) if isinstance(one, Negative) else (one, False) for one in node.operand.terms]
        return self.of(Sum(tuple([Negative(Trace(one)) if minus else Trace(one) for one, minus in terms])))

    def _through(self, node: Expr, operand: Expr, sign: int) -> Curve | None:
        inner = self._known[operand]
        if inner is None or not inner.sign:
            return inner
        second = None if inner.second is None else with_operand(node, 0, inner.second)
        return replace(inner, sign=sign * inner.sign, second=second)

    def _sum(self, terms: Sequence[Expr]) -> Curve | None:
        curves = [self.of(term) for term in terms]
        if any(curve is None for curve in curves):
            pair = self._pair(terms, curves)
            return None if pair is None else self._sum(pair)
        bent = [curve for curve in curves if curve is not None and curve.sign]
        if not bent:
            return AFFINE
        fixed = {curve.sign for curve in bent if not curve.free} or {1}
        orders = {curve.order for curve in bent} - {BOTH}
        if len(fixed) > 1 or len(orders) > 1:
            return None
        (sign,) = fixed
        bent = [curve.turned() if curve.free and curve.sign != sign else curve for curve in bent]
        seconds = [curve.second for curve in bent]
        second = None if None in seconds else sum_of([one for one in seconds if one is not None])
        conditions = tuple(dict.fromkeys([one for curve in bent for one in curve.conditions]))
        return Curve(sign, orders.pop() if orders else BOTH, second, conditions, all(curve.free for curve in bent))

    def _pair(self, terms: Sequence[Expr], curves: Sequence[Curve | None]) -> list[Expr] | None:
        """The terms with two of them, of which one alone has no curvature, as one atom."""
        if not 2 < len(terms) <= _MOST_PAIRED:
            return None
        for one, curve in zip(terms, curves, strict=True):
            for other in terms if curve is None else ():
                if one is not other and self.of(both := Sum((one, other))) is not None:
                    return [both, *[term for term in terms if term is not one and term is not other]]
        return None

    def _atom(self, node: Expr) -> Curve | None:
        for found in atoms_at(node):
            curve = self._of_atom(node, found)
            if curve is not None:
                if found.atom.domain:
                    self.domain.append(found.arguments[0])
                return self._said(node, curve, found.atom.name, found.atom.source)
        return None

    def _of_atom(self, node: Expr, found: Found) -> Curve | None:
        atom = found.atom
        curves = [curve for argument in found.arguments if (curve := self.of(argument)) is not None]
        if len(curves) < len(found.arguments) or not self._are_composed(found, curves):
            return None
        bent = [curve for curve in curves if curve.sign]
        conditions = tuple(dict.fromkeys([one for curve in bent for one in curve.conditions]))
        order = BOTH if node.is_scalar else ORDER if atom.in_order else ENTRIES
        return Curve(atom.sign, order, self._second_of_atom(found, bent), conditions)

    def _are_composed(self, found: Found, curves: Sequence[Curve]) -> bool:
        """Whether an atom keeps its curvature with arguments that are so curved."""
        needed = ORDER if found.atom.in_order else ENTRIES
        return all(
            self.is_constant(argument)
            if monotone == "constant"
            else _composes(curve, found.atom.sign, _direction(monotone, argument), needed)
            for argument, curve, monotone in zip(found.arguments, curves, found.atom.monotone, strict=True)
        )

    def _second_of_atom(self, found: Found, bent: Sequence[Curve]) -> Expr | None:
        moved = [step for argument in found.arguments if (step := self.first(argument)) is not None]
        if len(moved) < len(found.arguments):
            return None
        if not bent:
            return found.second(moved)
        alone = len(found.arguments) == 1 and not found.atom.in_order
        return self._chained(found, moved[0], bent[0].second) if alone and bent[0].second is not None else None

    def _chained(self, found: Found, moved: Expr, bend: Expr) -> Expr | None:
        """f''(g)[Dg, Dg] + f'(g) D²g."""
        own = found.second([moved])
        pattern, (variable,) = found.pattern()
        move = Symbol("bend of the argument", variable.shape)
        slope = valued(lambda: differential_form(pattern, {variable: move}))
        if own is None or slope is None:
            return None
        return Sum((own, replaced(slope, {variable.name: found.arguments[0], move.name: bend})))

    def _nonlinear(self, node: Expr) -> Curve | None:
        match node := cast("Node", node):
            case Elementwise():
                return self._elementwise(node)
            case Norm():
                return self._said(node, self._norm(node), "norm", "Boyd & Vandenberghe (2004) sec. 3.1.5")
            case Call(function=name, arguments=arguments):
                moving = [one for one in arguments if not self.is_constant(one)]
                function = computable().get(name)
                linear = function is not None and (function.multilinear or function.masks or function.linear)
                inner = self.of(moving[0]) if linear and len(moving) == 1 else None
                return AFFINE if inner is not None and not inner.sign else None
            case Product() | Hadamard() | Quotient() | Power():
                return self._product(node)
            case Leaf() | Linear() | Sum() | Multilinear() | Nonlinear() | Indexed():
                return None

    def _elementwise(self, node: Elementwise) -> Curve | None:
        inner = self.of(node.argument)
        function = computable().get(node.function)
        if inner is None or function is None or has_kink(node.function):
            return None
        positive = known(node.argument).entries.positive
        if function.domain != "all" and not positive and (function.domain, function.name) != ("t > 0", "log"):
            return None
        variable = Symbol("t", node.argument.shape, frozenset({"positive"} if positive or function.domain == "t > 0" else ()))
        slopes = _slopes(node.function, variable)
        if slopes is None:
            return None
        monotone, sign = [sign_of(known(one)) for one in slopes]
        if sign is None or not _composes(inner, sign, monotone, ENTRIES):
            return None
        if not positive and function.domain == "t > 0":
            self.domain.append(node.argument)
        curve = Curve(sign, ENTRIES, self._chain_rule(node.argument, inner, slopes), inner.conditions)
        return self._said(node, curve, f"{node.function} is {_NAMES[sign]}", function.source)

    def _chain_rule(self, argument: Expr, inner: Curve, slopes: tuple[Expr, Expr]) -> Expr | None:
        """f''(g) Dg² + f'(g) D²g, entry by entry."""
        first = self.first(argument)
        if first is None or (inner.sign and inner.second is None):
            return None
        slope, curved = [replaced(one, {"t": argument}) for one in slopes]
        whole = times(curved, first, first)
        return whole if inner.second is None or not inner.sign else Sum((whole, times(slope, inner.second)))

    def _norm(self, node: Norm) -> Curve | None:
        operand, parameter = node.operand, node.parameter
        inner = self.of(operand)
        if inner is None or (parameter is not None and not self.is_constant(parameter)):
            return None
        if node.kind == "p" and (parameter is None or known(parameter).entries.low < 1):
            return None
        if node.kind == "A" and (parameter is None or "nonnegative_form" not in known(parameter)):
            return None
        if inner.sign:
            grows = node.kind in "12p" and inner.sign == 1 and inner.order != ORDER and known(operand).entries.nonnegative
            return Curve(1, BOTH, None, inner.conditions) if grows else None
        moved = self.first(operand)
        if node.kind != "2" or moved is None:
            return Curve(1)
        along = Quotient(inner_product(operand, moved), node)
        return Curve(1, BOTH, Quotient(Sum((square(Norm(moved, "2")), Negative(square(along)))), node))

    def _product(self, node: Expr) -> Curve | None:
        scaled = self._scaled(node)
        if scaled is not None:
            return scaled
        found = self._root_of_squares(node) or self._squares_over(node) or self._monomial(node)
        if found is not None:
            return found
        if isinstance(node, Product):
            return self._quadratic(node)
        if isinstance(node, Quotient):
            return self._fraction(node)
        return None

    def _scaled(self, node: Expr) -> Curve | None:
        """One part that moves, with constants around it."""
        if isinstance(node, Quotient):
            if not self.is_constant(node.denominator):
                return None
            weight = raised(node.denominator, Fraction(-1))
            return self._weighted(self.of(node.numerator), weight, lambda one: Quotient(one, node.denominator))
        if not isinstance(node, Product | Hadamard):
            return None
        moving = [k for k, one in enumerate(node.factors) if not self.is_constant(one)]
        if len(moving) > 1:
            return self._scaled_rest(node, moving)
        place = moving[0]
        part, factors = node.factors[place], node.factors

        def around(one: Expr) -> Expr:
            return type(node)((*factors[:place], one, *factors[place + 1 :]))

        inner = self.of(part)
        if isinstance(node, Hadamard) or part.is_scalar:
            others = [*factors[:place], *factors[place + 1 :]]
            weight = product(others) if isinstance(node, Product) else times(*others)
            return self._weighted(inner, weight, around)
        return self._between(node, place, inner, around)

    def _scaled_rest(self, node: Product | Hadamard, moving: Sequence[int]) -> Curve | None:
        """Constant numbers, or arrays in an entrywise product, beside several parts that move."""
        fixed = [one for one in node.factors if self.is_constant(one) and (one.is_scalar or isinstance(node, Hadamard))]
        if not fixed:
            return None
        rest = [one for one in node.factors if one not in fixed]
        inner = self.of(product(rest) if isinstance(node, Product) else times(*rest))
        return self._weighted(
            inner, product(fixed) if isinstance(node, Product) else times(*fixed), lambda one: times(*fixed, one)
        )

    def _between(self, node: Product, place: int, inner: Curve | None, around: Callable[[Expr], Expr]) -> Curve | None:
        """A part with constant matrices on its sides: L g R."""
        if inner is None or not inner.sign:
            return inner
        scalars = product([one for one in node.factors if one.is_scalar])
        left = [one for one in node.factors[:place] if not one.is_scalar]
        right = [one for one in node.factors[place + 1 :] if not one.is_scalar]
        bent = replace(inner, second=None if inner.second is None else around(inner.second))
        if inner.order != ENTRIES and left and right and transpose(product(left)) is product(right):
            return self._weighted(bent, scalars, lambda one: one)
        sides = [product(one) for one in (left, right) if one]
        return None if inner.order == ORDER else self._between_weights(node, bent, scalars, sides, turned=not right)

    def _between_weights(self, node: Product, bent: Curve, scalars: Expr, sides: Sequence[Expr], *, turned: bool) -> Curve | None:
        """Entry by entry, between matrices of one sign; or weighed by one vector of open signs."""
        signs = [sign_of(known(one)) for one in (scalars, *sides)]
        if None not in signs:
            return replace(bent, sign=prod([one or 0 for one in signs], start=bent.sign), order=ENTRIES)
        if len(sides) != 1 or not node.is_scalar or bent.conditions:
            return None
        weights = times(scalars, transpose(sides[0]) if turned else sides[0])
        return replace(bent, order=BOTH, conditions=(weights,), free=True)

    def _monomial(self, node: Expr) -> Curve | None:
        """Products of powers of parts, all of which stand entry by entry."""
        parts = factored(node, self.is_constant)
        if parts is None:
            return None
        ((base, exponent), *more) = parts.powers.items()
        if isinstance(base, Norm) and base.kind == "2" and exponent == 2 and not more and self.of(base.operand) == AFFINE:
            moved = self.first(base.operand)
            whole = Curve(1, BOTH, None if moved is None else times(TWO, square(Norm(moved, "2"))))
            curve = self._weighted(whole, parts.coefficient, lambda one: times(parts.coefficient, one))
            return self._said(node, curve, "squared norm", "Boyd & Vandenberghe (2004) sec. 3.1.5")
        curves = {base: self.of(base) for base in parts.powers}
        if any(curve is None or curve.order == ORDER or curve.conditions for curve in curves.values()):
            return None
        if parts.open_exponent is not None:
            return self._open_power(node, parts)
        signs = {base: curve.sign for base, curve in curves.items() if curve is not None}
        sign = parts.curvature(signs)
        if sign is None:
            return None
        firsts = {base: self.first(base) for base in parts.powers}
        bends = {base: curve.second for base, curve in curves.items() if curve is not None and curve.sign}
        second = monomial_second(parts, firsts, bends)
        rule = "power" if len(parts.powers) == 1 else "product of powers"
        bare = Curve(sign, ENTRIES, second)
        curve = self._weighted(bare, parts.coefficient, lambda one: times(parts.coefficient, one))
        return self._said(node, curve, rule, "Boyd & Vandenberghe (2004) sec. 3.1.5")

    def _open_power(self, node: Expr, parts: Factored) -> Curve | None:
        """g^p with a constant p: p (p - 1) has the sign of the curvature."""
        ((base, _),) = parts.powers.items()
        exponent = parts.open_exponent
        if exponent is None or self._known[base] != AFFINE or not known(base).entries.positive:
            return None
        less = Sum((exponent, Number(Fraction(-1))))
        lead = product((exponent, less))
        moved = self.first(base)
        second = None
        if moved is not None:
            second = times(parts.coefficient, lead, Power(base, Sum((exponent, Number(Fraction(-2))))), square(moved))
        if sign_of(known(parts.coefficient)) != 1:
            return None
        sign = sign_of(known(exponent)), sign_of(known(less))
        if None not in sign:
            return self._said(node, Curve((sign[0] or 0) * (sign[1] or 0), ENTRIES, second), "power")
        return self._said(node, Curve(1, ENTRIES, second, (lead,), free=True), "power")

    def _fraction(self, node: Quotient) -> Curve | None:
        """A sum over one number, term by term; or 1 + (a - b)/b where a - b is constant."""
        above, below = node.numerator, node.denominator
        if self.is_constant(above) or self.of(above) is None:
            return None
        gap = simple(Sum((above, Negative(below)))) if above.shape == below.shape else None
        if gap is not None and self.is_constant(gap):
            return self.of(Quotient(gap, below))
        if isinstance(above, Sum) and (below.is_scalar or above.shape == below.shape):
            return self._sum([Quotient(term, below) for term in above.terms])
        return None

    def _squares_over(self, node: Expr) -> Curve | None:
        if not isinstance(node, Quotient) or not node.is_scalar or self.is_constant(node.numerator):
            return None
        above, below = node.numerator, node.denominator
        squares = above.terms if isinstance(above, Sum) else (above,)
        if not all(self._is_square(one) for one in squares) or not self._is_upright(below):
            return None
        seconds = [self.second_over(one, below) for one in squares]
        second = None if None in seconds else sum_of([one for one in seconds if one is not None])
        rule = "sum of squares over a positive concave part"
        return self._said(node, Curve(1, BOTH, second), rule, "Boyd & Vandenberghe (2004) example 3.4")

    def _is_upright(self, below: Expr) -> bool:
        curve = self.of(below)
        return curve is not None and curve.sign <= 0 and not curve.conditions and known(below).entries.positive

    def _perspective(self, node: Expr) -> Curve | None:
        """t g(x/t) for a number t > 0 is convex where g is."""
        if not node.is_scalar:
            return None
        inside = [symbol for symbol in self.moves if symbol.name in symbols_in(node)]
        for scale in inside:
            others = [symbol for symbol in inside if symbol is not scale]
            if scale.shape or not known(scale).entries.positive or not others or len(inside) < len(self.moves):
                continue
            plain = replaced(node, {scale.name: Number(Fraction(1))})
            shrunk = {symbol.name: Quotient(symbol, scale) for symbol in others}
            again = Product((scale, replaced(plain, shrunk)))
            if not _is_same(node, again):
                continue
            inner = Composition({symbol: self.moves[symbol] for symbol in others})
            curve = inner.of(plain)
            if curve is None or not curve.sign:
                return curve
            self.lines.update(inner.lines)
            steps = {
                self.moves[one].name: Sum((self.moves[one], Negative(times(Quotient(self.moves[scale], scale), one))))
                for one in others
            }
            second = None if curve.second is None else Quotient(replaced(curve.second, {**shrunk, **steps}), scale)
            found = Curve(curve.sign, BOTH, second, curve.conditions, curve.free)
            return self._said(node, found, "perspective", "Boyd & Vandenberghe (2004) sec. 3.2.6")
        return None


# ------------------------------------------------------------ signs and directions

_NAMES = {1: "convex", -1: "concave", 0: "affine"}


def _direction(monotone: str, argument: Expr) -> int | None:
    """1 where a function grows in an argument, -1 where it falls, None where it does both."""
    if monotone == "increasing if nonnegative":
        return 1 if known(argument).entries.nonnegative else None
    return {"increasing": 1, "decreasing": -1}.get(monotone)


def _composes(inner: Curve, sign: int, monotone: int | None, order: str) -> bool:
    """Whether a function of this curvature that is monotone so keeps it with such an argument."""
    if not inner.sign:
        return True
    fits = inner.order in (order, BOTH) and not inner.free
    return fits and monotone is not None and inner.sign == monotone * sign


@cache
def _slopes(name: str, variable: Symbol) -> tuple[Expr, Expr] | None:
    """The first and second derivative of a function of each entry."""
    first = valued(lambda: differentiate(Total(Elementwise(name, variable)), (variable,)).closed_form)
    if first is None:
        return None
    whole = Total(first) if first.shape else first
    second = valued(lambda: differentiate(whole, (variable,)).closed_form)
    return None if second is None else (first, second)


def _is_same(one: Expr, other: Expr) -> bool:
    """Whether two forms are one by simplification."""
    gap = valued(lambda: simplified(lower(Sum((one, Negative(other)))).tensor))
    return gap is not None and is_zero(gap)
