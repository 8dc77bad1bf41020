"""How results with complex symbols are written, by conjugates, absolute values and real parts, and
where they hold."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from fractions import Fraction
from itertools import combinations
from typing import cast

from matcalc.analysis.conjugates import Formal, conj, is_complex
from matcalc.base.errors import MatcalcError
from matcalc.base.functions import computable
from matcalc.base.traversal import bottom_up, with_operands
from matcalc.expr import nodes as e
from matcalc.expr.deduction import known
from matcalc.expr.nodes import Expr, Symbol, postorder
from matcalc.expr.rewriting import factors_of, product_of, rebuilt_with, sum_of, symbols_in
from matcalc.facts.table import COMPLEX
from matcalc.printing import text

_HALF, _ONE = Fraction(1, 2), Fraction(1)
_TWO = e.Number(Fraction(2))
_MOST_NODES = 150
"""Longer results are left as they are."""
_REAL = frozenset(["abs", "re", "im", "arg"])


def shortened(expression: Expr) -> Expr:
    """The expression with fewer signs: what stands beside its conjugate as an absolute value or a
    real part, and several conjugates as that of the whole."""
    order = postorder(expression)
    if len(order) > _MOST_NODES:
        return expression
    return bottom_up(order, lambda node, built: _shorter(with_operands(node, built)))[expression]


def _shorter(node: Expr) -> Expr:
    for rule in _RULES:
        node = rule(node)
    return node


def _length(expression: Expr) -> int:
    return len(text(expression, "ascii").replace(" ", ""))


# ------------------------------------------------------------ conjugates


def conjugate_of(expression: Expr) -> Expr:
    """The conjugate, with the signs at the symbols, where functions let them through."""
    return bottom_up(postorder(expression), _conjugate)[expression]


def _conjugate(node: Expr, built: Mapping[Expr, Expr]) -> Expr:
    match node := cast("e.Node", node):
        case Symbol(properties=known):
            return e.Transpose(node) if "hermitian" in known else conj(node) if COMPLEX in known else node
        case e.Constant(name="i1"):
            return e.Negative(node)
        case e.Norm():
            return node
        case e.Elementwise() | e.Call() | e.MatrixPower() | e.Power():
            return _conjugate_of_function(node, built)
        case e.Negative(operand=operand) | e.Transpose(operand=operand):
            inner = built[operand]
            return inner.below[0] if type(inner) is type(node) else with_operands(node, built)
        case e.Leaf() | e.Linear() | e.Sum() | e.Multilinear() | e.Nonlinear() | e.Indexed():
            return with_operands(node, built)


def _conjugate_of_function(node: e.Elementwise | e.Call | e.MatrixPower | e.Power, built: Mapping[Expr, Expr]) -> Expr:
    if isinstance(node, e.MatrixPower | e.Power):
        return with_operands(node, built) if isinstance(node.exponent, e.Number) else conj(node)
    if isinstance(node, e.Elementwise) and node.function in (*_REAL, "conj"):
        return node.argument if node.function == "conj" else node
    entry = computable().get(node.function)
    return with_operands(node, built) if entry is not None and entry.conjugate == "kept" else conj(node)


def _merged(node: Expr) -> Expr:
    """Several conjugates as that of the whole, or of neighbours in a product."""
    if isinstance(node, e.Product) and len(node.factors) > 2:
        node = _with_runs(node, _conjugated_whole)
    return _conjugated_whole(node)


def _conjugated_whole(node: Expr) -> Expr:
    if not isinstance(
        node, e.Sum | e.Product | e.Hadamard | e.Quotient | e.Power | e.Kronecker | e.Elementwise | e.Call | e.Inverse
    ):
        return node
    if isinstance(node, e.Elementwise) and node.function == "conj":
        return node
    if isinstance(node, e.Product) and isinstance(node.factors[0], e.Number):
        inner = _product(node.factors[1:])
        return node if inner is None else product_of([node.factors[0], _conjugated_whole(inner)])
    other = conj(conjugate_of(node))
    return other if _length(other) < _length(node) else node


def _with_runs(node: e.Product, change: Callable[[Expr], Expr]) -> Expr:
    """The product with a run of neighbours changed, where that is shorter, the longest first."""
    factors, first = node.factors, int(isinstance(node.factors[0], e.Number))
    for length in range(len(factors) - 1, 1, -1):
        for start in range(first, len(factors) - length + 1):
            run = _product(factors[start : start + length])
            changed = run if run is None else change(run)
            if changed is not None and changed is not run:
                left = _product((*factors[:start], changed, *factors[start + length :]))
                if left is not None and left.shape == node.shape:
                    return left
    return node


def _product(factors: Sequence[Expr]) -> Expr | None:
    try:
        return product_of(factors)
    except MatcalcError:
        return None


# ------------------------------------------------------------ absolute values and real parts


def _moduli(node: Expr) -> Expr:
    """A number beside its conjugate, or what has the shape of it entry by entry."""
    if not isinstance(node, e.Product | e.Hadamard):
        return node
    pair = _pair_in(node)
    if pair is None:
        return node
    rest = [one for k, one in enumerate(node.factors) if k not in pair]
    square = e.Power(e.Elementwise("abs", _plainer(*[node.factors[k] for k in pair])), _TWO)
    place = int(isinstance(node, e.Hadamard) or isinstance((rest or [square])[0], e.Number))
    made = [*rest[:place], square, *rest[place:]]
    whole = made[0] if len(made) == 1 else type(node)(tuple(made))
    return whole if _length(whole) <= _length(node) else node


def _pair_in(node: e.Product | e.Hadamard) -> tuple[int, int] | None:
    """The places of two factors that are conjugates, numbers or entry by entry."""
    places = [k for k, factor in enumerate(node.factors) if isinstance(node, e.Hadamard) or not factor.shape]
    return next((pair for pair in combinations(places, 2) if _are_conjugates(*[node.factors[k] for k in pair])), None)


def _are_conjugates(one: Expr, other: Expr) -> bool:
    """Whether one is the conjugate of the other, and not the other itself."""
    if one is other or one.shape != other.shape:
        return False
    return one is conjugate_of(other) or other is conjugate_of(one)


def _are_adjoint(left: Expr, right: Expr) -> bool:
    """Whether one is the conjugate transpose of the other."""
    return _turned(left) is right or _are_conjugates(_turned(left), right)


def _plainer(one: Expr, other: Expr) -> Expr:
    return min((one, other), key=_length)


def _roots(node: Expr) -> Expr:
    """Roots of squares of absolute values, and of what a norm is the root of."""
    if not isinstance(node, e.Power) or not isinstance(node.exponent, e.Number):
        return node
    exponent = node.exponent.value
    base = _moduli_of_pair(node.base)
    if isinstance(base, e.Power) and isinstance(base.base, e.Elementwise) and isinstance(base.exponent, e.Number):
        inner, modulus = base.exponent.value, base.base
        if modulus.function == "abs":
            return modulus if inner * exponent == 1 else e.Power(modulus, e.Number(inner * exponent))
    operand = _squared(node.base) if exponent.denominator == 2 else None
    if operand is None:
        return node
    norm = e.Norm(operand, "2")
    return norm if exponent == _HALF else e.Power(norm, e.Number(2 * exponent))


def _moduli_of_pair(base: Expr) -> Expr:
    """|u|² of u conj(u), whatever is shorter."""
    if isinstance(base, e.Product | e.Hadamard) and len(base.factors) == 2:
        one, other = base.factors
        if _are_conjugates(one, other) and (not one.shape or isinstance(base, e.Hadamard)):
            return e.Power(e.Elementwise("abs", _plainer(one, other)), _TWO)
    return base


def _squared(base: Expr) -> Expr | None:
    """The X of X^H*X or tr(X^H*X)."""
    product = base.operand if isinstance(base, e.Trace) else base
    if isinstance(product, e.Product) and len(product.factors) == 2:
        left, right = product.factors
        if not base.shape and isinstance(left, e.Transpose) and _are_conjugates(left.operand, right):
            return right
    return None


def _real_parts(node: Expr) -> Expr:
    """A number of times the sum of something and its conjugate."""
    number, total = _ONE, node
    if isinstance(node, e.Product) and len(node.factors) == 2 and isinstance(node.factors[0], e.Number):
        number, total = node.factors[0].value, node.factors[1]
    if not isinstance(total, e.Sum) or len(total.terms) != 2 or not _are_conjugates(*total.terms):
        return node
    part = e.Elementwise("re", _plainer(*total.terms))
    whole = part if 2 * number == 1 else e.Product((e.Number(2 * number), part))
    return whole if _length(whole) <= _length(node) else node


def _polar_factors(node: Expr) -> Expr:
    """X inv(sqrtm(X^H X)) and inv(sqrtm(X X^H)) X, which X of any rank near it has."""
    if isinstance(node, e.Product):
        return _with_runs(node, _polar) if len(node.factors) > 2 else _polar(node)
    return node


def _polar(node: Expr) -> Expr:
    if not isinstance(node, e.Product) or len(node.factors) != 2:
        return node
    for X, root, first in ((*node.factors, 1), (*node.factors[::-1], 0)):
        square = _square_below(root)
        if square is not None and square[first] is X and _are_adjoint(square[1 - first], X):
            return e.Call("polar", (X,), None, X.shape)
    return node


def _square_below(root: Expr) -> tuple[Expr, Expr] | None:
    """The factors A, B of inv(sqrtm(A*B)), or of its transpose those of B'*A'."""
    inverse = root.operand if isinstance(root, e.Transpose) else root
    inner = inverse.operand if isinstance(inverse, e.Inverse) else None
    square = inner.arguments[0] if isinstance(inner, e.Call) and inner.function == "sqrtm" else None
    if not isinstance(square, e.Product) or len(square.factors) != 2:
        return None
    left, right = square.factors
    return (left, right) if inverse is root else (_turned(right), _turned(left))


def _turned(node: Expr) -> Expr:
    return node.operand if isinstance(node, e.Transpose) else e.Transpose(node)


def _quotients(node: Expr) -> Expr:
    """What is a number times its divisor."""
    if not isinstance(node, e.Quotient) or node.shape:
        return node
    *numbers, last = factors_of(node.numerator)
    if last is not node.denominator or not all(isinstance(one, e.Number) for one in numbers):
        return node
    return product_of(numbers) if numbers else e.Number(_ONE)


def _coefficients(node: Expr) -> Expr:
    """Numbers before a product as one."""
    if not isinstance(node, e.Product) or not isinstance(node.factors[0], e.Number):
        return node
    inner = node.factors[1].factors if isinstance(node.factors[1], e.Product) else node.factors[1:2]
    return _times(node.factors[0].value, [*inner, *node.factors[2:]])


def _sums(node: Expr) -> Expr:
    """Numbers in a sum as one."""
    values = [_number(term) for term in node.terms] if isinstance(node, e.Sum) else []
    numbers = [value for value in values if value is not None]
    if len(numbers) < 2:
        return node
    total = sum(numbers, Fraction(0))
    others = [term for term, value in zip(node.below, values, strict=True) if value is None]
    return sum_of([*others, e.Number(total)] if total or not others else others)


def _number(term: Expr) -> Fraction | None:
    if isinstance(term, e.Negative):
        value = _number(term.operand)
        return None if value is None else -value
    return term.value if isinstance(term, e.Number) else None


def _times(number: Fraction, factors: Sequence[Expr]) -> Expr:
    if isinstance(factors[0], e.Number):
        number, factors = number * factors[0].value, factors[1:]
    return product_of(factors if number == 1 and factors else [e.Number(number), *factors])


_RULES = (_polar_factors, _moduli, _roots, _real_parts, _quotients, _coefficients, _sums, _merged)


# ------------------------------------------------------------ where they hold


def conditions(source: Expr, result: Expr | None, there: Formal) -> tuple[str, ...]:
    """What must hold of the parts of a formula and of its derivative, in words, each once."""
    roots = [source] if result is None else [source, result]
    found = dict.fromkeys([words for root in roots for node in postorder(root) for words in _conditions(node, there)])
    stronger = {f"{words.removesuffix(end)} ≠ 0" for words in found for end in _OFF_THE_CUT if words.endswith(end)}
    return tuple([words for words in found if words not in stronger])


_OFF_THE_CUT = (" > 0", " not on (−∞, 0]")


def _conditions(node: Expr, there: Formal) -> Iterator[str]:
    match cast("e.Node", node):
        case e.Inverse(operand=operand) | e.Call(function="logdet", arguments=(operand,)):
            operand = _plainer(operand, conjugate_of(operand))
            if not _is_regular(operand):
                yield f"{text(operand)} invertible"
        case e.Quotient(denominator=operand) | e.Elementwise(function="arg", argument=operand):
            yield from _not_zero(operand)
        case e.Power(base=operand, exponent=e.Number(value=value)) if value.denominator == 1:
            yield from _not_zero(operand) if value < 0 else ()
        case e.Power(base=operand) | e.Elementwise(function="log" | "sqrt", argument=operand):
            yield from _off_the_cut(operand, there)
        case e.Leaf() | e.Linear() | e.Sum() | e.Multilinear() | e.Nonlinear() | e.Indexed():
            return


def _is_regular(operand: Expr) -> bool:
    return isinstance(operand, Symbol) and "invertible" in operand.properties


def _not_zero(operand: Expr) -> Iterator[str]:
    whole = False
    while (inner := _as_far_from_zero(operand)) is not None:
        whole = whole or isinstance(operand, e.Norm)
        operand = inner
    if symbols_in(operand) and not _is_positive(operand):
        yield f"{'entries of ' if operand.shape and not whole else ''}{text(operand)} ≠ 0"


def _as_far_from_zero(node: Expr) -> Expr | None:
    """A part that is 0 just where the whole is; None for other nodes."""
    if isinstance(node, e.Product) and len(node.factors) == 2 and isinstance(node.factors[0], e.Number):
        return node.factors[1]
    if isinstance(node, e.Power) and isinstance(node.exponent, e.Number) and node.exponent.value > 0:
        return node.base
    if isinstance(node, e.Norm) and node.kind == "2":
        return node.operand
    if isinstance(node, e.Elementwise) and node.function in ("abs", "conj"):
        return node.argument
    return node.operand if isinstance(node, e.Negative) else None


def _is_positive(operand: Expr) -> bool:
    """Whether all values are positive, as far as that follows from real parts of the formula."""

    def plainer(node: Expr) -> Expr:
        if isinstance(node, e.Norm) or (isinstance(node, e.Elementwise) and node.function in _REAL):
            facts = {"nonnegative"} if isinstance(node, e.Norm) or node.function == "abs" else set()
            return Symbol(f"part {text(node)}", node.shape, frozenset(facts))
        return node

    plain = rebuilt_with(operand, plainer)
    return not is_complex(plain) and known(plain).entries.positive


def _off_the_cut(operand: Expr, there: Formal) -> Iterator[str]:
    """Where the principal branch is differentiable."""
    if not symbols_in(operand) or _is_positive(operand):
        return
    words = f"{'entries of ' if operand.shape else ''}{text(operand)}"
    try:
        real = there.pair(operand).is_real
    except MatcalcError:
        real = False
    yield f"{words} > 0" if real else f"{words} not on (−∞, 0]"
