"""Small mistakes in a formula, of the kinds that people make: each gives an expression that differs in one place."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction

from matcalc.base.errors import MatcalcError
from matcalc.base.sizes import Size
from matcalc.expr import nodes as e
from tests.fuzz.rebuilding import with_children

_TWO, _HALF = e.Number(Fraction(2)), e.Number(Fraction(1, 2))
_NEARLY_ONE = e.Number(1 + Fraction(1, 10**7))
_TINY = e.Number(Fraction(1, 10**9))
_MOST_PLACES = 60
_CONFUSED = {
    "sin": "cos",
    "cos": "sin",
    "exp": "sigmoid",
    "log": "sqrt",
    "tanh": "sigmoid",
    "sigmoid": "tanh",
    "step": "relu",
    "sign": "abs",
    "abs": "relu",
}
_LEAVES = (e.Number, e.Constant, e.SizeValue, e.Index, e.Identity, e.Ones, e.Zeros, e.UnitVector, e.Commutation)


@dataclass(frozen=True)
class Mutant:
    """An expression with one mistake of this kind."""

    kind: str
    expression: e.Expr


def mutants(expression: e.Expr) -> list[Mutant]:
    """Every expression with one mistake; shapes are kept, but for a transpose of the whole. In reading order, each once."""
    found: dict[e.Expr, Mutant] = {}
    for mutant in _whole(expression):
        found.setdefault(mutant.expression, mutant)
    sizes = sorted({name for node in e.postorder(expression) for size in node.shape for name in size.names})
    for path in _places(expression):
        for kind, changed in _tried(_changes(_at(expression, path), sizes)):
            try:
                whole = _replaced(expression, path, changed)
            except MatcalcError:
                continue
            if whole.shape == expression.shape and whole is not expression:
                found.setdefault(whole, Mutant(kind, whole))
    return list(found.values())


def _whole(expression: e.Expr) -> Iterator[Mutant]:
    """Mistakes of the formula as a whole."""
    yield Mutant("sign", e.Negative(expression))
    yield Mutant("factor", e.Product((_TWO, expression)))
    yield Mutant("factor", e.Product((_HALF, expression)))
    yield Mutant("1e-7 relative", e.Product((_NEARLY_ONE, expression)))
    ones = e.Ones(expression.shape) if expression.shape else e.Number(Fraction(1))
    yield Mutant("1e-9 absolute", e.Sum((expression, e.Product((_TINY, ones)))))
    if expression.is_matrix:
        yield Mutant("transpose", e.Transpose(expression))
        if expression.rows == expression.cols:
            yield Mutant("diagonal", e.DiagonalMatrix(e.Diagonal(expression)))


def _places(expression: e.Expr) -> Iterator[tuple[int, ...]]:
    """The place of every occurrence, from the root; not inside sums over an index, whose bodies are no matrix forms."""
    stack: list[tuple[tuple[int, ...], e.Expr]] = [((), expression)]
    count = 0
    while stack and count < _MOST_PLACES:
        path, node = stack.pop()
        yield path
        count += 1
        if not isinstance(node, e.IndexSum | e.IndexArray):
            stack.extend(((*path, k), child) for k, child in reversed(list(enumerate(e.children(node)))))


def _at(expression: e.Expr, path: tuple[int, ...]) -> e.Expr:
    for k in path:
        expression = e.children(expression)[k]
    return expression


def _replaced(expression: e.Expr, path: tuple[int, ...], new: e.Expr) -> e.Expr:
    above = [expression]
    for k in path[:-1]:
        above.append(e.children(above[-1])[k])
    for node, k in zip(reversed(above), reversed(path)):
        below = list(e.children(node))
        below[k] = new
        new = with_children(node, tuple(below))
    return new


def _tried(changes: Iterator[tuple[str, e.Expr]]) -> Iterator[tuple[str, e.Expr]]:
    """The changes up to the first that cannot be built; each kind is an iterator of its own, so none hides another."""
    while True:
        try:
            change = next(changes, None)
        except MatcalcError:
            return
        if change is None:
            return
        yield change


def _changes(node: e.Expr, sizes: list[str]) -> Iterator[tuple[str, e.Expr]]:
    for kind in (_transposes, _amounts, _terms, _factors, _products, _exponents, _functions, _inverses):
        yield from _tried(kind(node))
    yield from _tried(_sizes(node, sizes))


def _transposes(node: e.Expr) -> Iterator[tuple[str, e.Expr]]:
    if isinstance(node, e.Transpose):
        yield "transpose", node.operand
    elif node.is_matrix and not isinstance(node, _LEAVES):
        yield "transpose", e.Transpose(node)


def _amounts(node: e.Expr) -> Iterator[tuple[str, e.Expr]]:
    if isinstance(node, e.Number):
        if node.value:
            yield "number", e.Number(node.value * 2)
            yield "number", e.Number(node.value + 1)
            yield "7th digit", e.Number(node.value * (1 + Fraction(3, 10**7)))
    elif isinstance(node, e.Negative):
        yield "sign", node.operand
    elif not isinstance(node, e.Index):
        yield "factor", e.Product((_TWO, node))
        yield "sign", e.Negative(node)


def _terms(node: e.Expr) -> Iterator[tuple[str, e.Expr]]:
    if isinstance(node, e.Sum):
        terms = node.terms
        for k, term in enumerate(terms):
            rest = (*terms[:k], *terms[k + 1 :])
            yield "term dropped", rest[0] if len(rest) == 1 else e.Sum(rest)
            flipped = term.operand if isinstance(term, e.Negative) else e.Negative(term)
            yield "sign", e.Sum((*terms[:k], flipped, *terms[k + 1 :]))
            yield "1e-7 relative", e.Sum((*terms[:k], e.Product((_NEARLY_ONE, term)), *terms[k + 1 :]))


def _factors(node: e.Expr) -> Iterator[tuple[str, e.Expr]]:
    """A scalar factor, or one that is square, is lost."""
    if isinstance(node, e.Product):
        for k in range(len(node.factors)):
            rest = (*node.factors[:k], *node.factors[k + 1 :])
            changed = rest[0] if len(rest) == 1 else e.Product(rest)
            if changed.shape == node.shape:
                yield "factor dropped", changed
    if isinstance(node, e.Hadamard):
        for k in range(len(node.factors)):
            rest = (*node.factors[:k], *node.factors[k + 1 :])
            yield "factor dropped", rest[0] if len(rest) == 1 else e.Hadamard(rest)
    if isinstance(node, e.Quotient):
        yield "factor dropped", node.numerator
        if node.numerator.shape == node.denominator.shape:
            yield "order", e.Quotient(node.denominator, node.numerator)


def _products(node: e.Expr) -> Iterator[tuple[str, e.Expr]]:
    """Factors in the other order; elementwise and matrix products taken for each other."""
    if isinstance(node, e.Hadamard) and len(node.factors) == 2:
        yield "product", e.Product(node.factors)
    if not isinstance(node, e.Product):
        return
    factors = node.factors
    for k in range(len(factors) - 1):
        one, other = factors[k : k + 2]
        if one is other or one.is_scalar or other.is_scalar:
            continue
        if one.shape == other.shape:
            merged = (*factors[:k], e.Hadamard((one, other)), *factors[k + 2 :])
            yield "product", merged[0] if len(merged) == 1 else e.Product(merged)
        for swapped in ((other, one), (e.Transpose(other), e.Transpose(one))):
            try:
                yield "order", e.Product((*factors[:k], *swapped, *factors[k + 2 :]))
            except MatcalcError:
                continue


def _exponents(node: e.Expr) -> Iterator[tuple[str, e.Expr]]:
    if isinstance(node, e.Power | e.MatrixPower) and isinstance(node.exponent, e.Number):
        for step in (1, -1):
            if node.exponent.value + step not in (0, 1):
                yield "exponent", with_children(node, (node.base, e.Number(node.exponent.value + step)))
        yield "exponent", node.base


def _functions(node: e.Expr) -> Iterator[tuple[str, e.Expr]]:
    if isinstance(node, e.Elementwise):
        if node.function in _CONFUSED:
            yield "function", e.Elementwise(_CONFUSED[node.function], node.argument)
        yield "function", node.argument
    if isinstance(node, e.Call) and node.axis is not None:
        yield "axis", e.Call(node.function, node.arguments, "cols" if node.axis == "rows" else "rows", node.result_shape)
    if isinstance(node, e.Total) and node.axis is not None:
        yield "axis", e.Total(node.operand, "cols" if node.axis == "rows" else "rows")
    if isinstance(node, e.Norm) and node.kind in ("2", "1"):
        yield "norm", e.Norm(node.operand, "1" if node.kind == "2" else "2")
    if isinstance(node, e.DiagonalMatrix) and isinstance(node.operand, e.Diagonal):
        yield "diagonal", node.operand.operand
    if isinstance(node, e.Trace):
        yield "trace", e.Total(node.operand)
    if isinstance(node, e.Kronecker) and len(node.factors) == 2:
        yield "order", e.Kronecker(node.factors[::-1])


def _inverses(node: e.Expr) -> Iterator[tuple[str, e.Expr]]:
    if isinstance(node, e.Inverse):
        yield "inverse", e.Transpose(node.operand)
        yield "inverse", node.operand
    elif isinstance(node, e.Transpose) and node.is_matrix and node.rows == node.cols:
        yield "inverse", e.Inverse(node.operand)


def _sizes(node: e.Expr, sizes: list[str]) -> Iterator[tuple[str, e.Expr]]:
    if isinstance(node, e.SizeValue):
        yield "size", e.Sum((node, e.Number(Fraction(1))))
        for name in sizes:
            if name not in node.size.names:
                yield "size", e.SizeValue(Size.of(name))
