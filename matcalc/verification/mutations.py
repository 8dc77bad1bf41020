"""Small changes of an expression: a transpose, a sign, a factor, the order of two factors.

What is wrong in a false claim is looked for among them.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction

from matcalc.errors import ShapeError
from matcalc.expr.nodes import Expr, Inverse, Negative, Number, Power, Product, Sum, Symbol, Transpose, children
from matcalc.expr.rewriting import with_operand
from matcalc.printing import text

_MOST = 200
_FACTORS = (Fraction(2), Fraction(1, 2))


@dataclass(frozen=True, slots=True)
class Mutant:
    """A changed expression; ``kind`` is ``transpose``, ``sign``, ``factor`` or ``order``."""

    kind: str
    description: str
    expression: Expr


def mutants(expression: Expr) -> Iterator[Mutant]:
    """Every expression that differs by one small change and still has the same shape; at most 200, in reading order."""
    count = 0
    for path in _paths(expression):
        above = _at(expression, path[:-1]) if path else None
        for kind, description, changed in _changes(_at(expression, path), path, above):
            try:
                whole = _replaced(expression, path, changed)
            except ShapeError:
                continue
            if whole.shape == expression.shape and whole is not expression:
                yield Mutant(kind, description, whole)
                count += 1
                if count >= _MOST:
                    return


def _paths(expression: Expr) -> Iterator[tuple[int, ...]]:
    """The place of every occurrence, from the root."""
    stack: list[tuple[tuple[int, ...], Expr]] = [((), expression)]
    count = 0
    while stack and count < _MOST:
        path, node = stack.pop()
        yield path
        count += 1
        below = children(node)
        stack.extend(((*path, k), child) for k, child in reversed(list(enumerate(below))))


def _at(expression: Expr, path: tuple[int, ...]) -> Expr:
    for k in path:
        expression = children(expression)[k]
    return expression


def _replaced(expression: Expr, path: tuple[int, ...], new: Expr) -> Expr:
    above = [expression]
    for k in path[:-1]:
        above.append(children(above[-1])[k])
    for node, k in zip(reversed(above), reversed(path)):
        new = with_operand(node, k, new)
    return new


def _changes(node: Expr, path: tuple[int, ...], above: Expr | None) -> Iterator[tuple[str, str, Expr]]:
    name = text(node, "unicode")
    match node:
        case Transpose(operand=inner) if node.rows == node.cols and not node.is_scalar:
            yield "transpose", f"{name} should be {text(inner, 'unicode')}", inner
        case Symbol() | Inverse() if node.is_matrix and node.rows == node.cols:
            yield "transpose", f"{name} should be {text(Transpose(node), 'unicode')}", Transpose(node)
        case Number(value=value) if value:
            number = f"the exponent {name}" if isinstance(above, Power) and path[-1] == 1 else name
            for factor in _FACTORS:
                yield "factor", f"{number} should be {text(Number(value * factor), 'unicode')}", Number(value * factor)
        case Product(factors=factors):
            for k in range(len(factors) - 1):
                one, other = factors[k : k + 2]
                if one is not other and not one.is_scalar and not other.is_scalar:
                    try:
                        swapped = Product((*factors[:k], other, one, *factors[k + 2 :]))
                    except ShapeError:
                        continue
                    names = text(one, "unicode"), text(other, "unicode")
                    yield "order", f"the factors {names[0]} and {names[1]} should be in the other order", swapped
        case Sum(terms=terms):
            for k, term in enumerate(terms):
                flipped = term.operand if isinstance(term, Negative) else Negative(term)
                yield "sign", f"the term {text(term, 'unicode')} has the wrong sign", Sum((*terms[:k], flipped, *terms[k + 1 :]))
        case Negative(operand=inner):
            yield "sign", f"{name} has the wrong sign", inner
    if not path:
        if not isinstance(node, Negative):
            yield "sign", "the sign is wrong", Negative(node)
        for factor in _FACTORS:
            amount = f"a factor {factor} is missing" if factor > 1 else "the formula is twice too large"
            yield "factor", amount, Product((Number(factor), node))
        if node.is_matrix and node.rows == node.cols:
            yield "transpose", "the formula should be transposed", Transpose(node)
