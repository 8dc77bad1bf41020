"""Steps for functions of whole matrices and vectors."""

from __future__ import annotations

from collections.abc import Callable

from matcalc.base.functions import functions
from matcalc.einstein.linear import add, content, terms_of
from matcalc.einstein.nodes import Apply, Contraction, Sum, Symbol, Tensor, children
from matcalc.einstein.substitution import matrix_factors
from matcalc.facts.table import implied
from matcalc.proofs.drafting import Macro, Ordered, factors_in, instance
from matcalc.proofs.power_steps import outer_factors, without
from matcalc.proofs.products import Flat
from matcalc.rules.entries import number, product, transpose
from matcalc.rules.laws import law_lines

_SAID_BY_OTHERS = {
    "logdet": ("logdet", "X", True),
    "softmax": ("softmax", "x", True),
    "logsumexp": ("logsumexp", "x", True),
    "adj": ("adjugate", "X", False),
}
"""The law of a function, its variable, and whether it is used from right to left."""
_INNER = {"inv": "an inverse", "expm": "an exponential"}
_NAMES = {"inv": "inverse of", "det": "determinant of"}


def said_by_others(node: Apply) -> Macro | None:
    """A function that others say."""
    if node.function not in _SAID_BY_OTHERS:
        return None
    name, variable, back = _SAID_BY_OTHERS[node.function]
    (argument,) = node.arguments
    batch = argument.order - functions()[node.function].argument_order
    return Macro(node).by_law(name, {variable: argument}, batch, back=back)


def _of_transpose(function: str) -> str:
    return "determinant of a transpose" if function == "det" else f"{function} of a transpose"


def orientation(node: Apply) -> Macro | None:
    """Of a matrix and its transpose a function is taken of the one that comes first."""
    name, (matrix, *others) = _of_transpose(node.function), node.arguments
    if name not in law_lines() or others or matrix.order != 2:
        return None
    turned = tuple([(c, _turned(term)) for c, term in terms_of(matrix)])
    settled = add([(c, _settled(term)) for c, term in turned], matrix.shape)
    if not isinstance(matrix, (Sum, Contraction)) or settled.digest >= matrix.digest:
        return None
    if isinstance(matrix, Contraction):
        other = turned[0][1]
        return Macro(node).product(matrix, transpose(other)).by_law(name, {"X": other})
    macro = Macro(node)
    now = macro.terms(matrix, [transpose(other) for _, other in turned])
    whole = Sum(turned, matrix.shape[::-1])
    macro.step("distribute", now, transpose(whole), factor=0, back=True)
    return macro.by_law(name, {"X": whole})


def _turned(term: Tensor) -> Tensor:
    """The transpose, of a product as one product."""
    if not isinstance(term, Contraction):
        return transpose(term)
    output = term.output[::-1]
    return product(term.operands, term.indices, output, dict(enumerate(term.sizes)))


def _settled(term: Tensor) -> Tensor:
    """A product as it will be when its symmetric factors are turned as they should be."""
    flat = Flat(term)
    return Ordered(flat, factors_in(flat)).tensor()


def of_matrix(node: Apply) -> Macro | None:
    """Inverses and determinants of inverses, multiples, products and transposes."""
    matrix, name = node.arguments[0], _NAMES.get(node.function)
    if name is None or matrix.order != 2:
        return None
    if isinstance(matrix, Apply) and matrix.function in _INNER:
        return Macro(node).by_law(f"{name} {_INNER[matrix.function]}", {"X": matrix.arguments[0]})
    orthogonal = isinstance(matrix, Symbol) and "orthogonal" in implied(matrix.properties)
    if node.function == "inv" and orthogonal:
        return Macro(node).by_law("orthogonal: inv(X) = X'", {"X": matrix})
    if isinstance(matrix, Sum) and content(matrix)[0] != 1:
        factor, core = content(matrix)
        simple = Sum(((factor, core),), core.shape)
        macro = Macro(node).collect(matrix, simple)
        return _law_of_product(macro, simple, f"{name} a multiple", number(factor), core)
    return _of_product(node, matrix, name) if isinstance(matrix, Contraction) else None


def _of_product(node: Apply, matrix: Contraction, name: str) -> Macro | None:
    """Scalars leave first, then the first of several square matrices; a transpose goes outside."""
    scalars = [one for one in outer_factors(matrix) if not one.order]
    if scalars:
        rest = without(matrix, scalars[0])
        return _law_of_product(Macro(node), matrix, f"{name} a multiple", scalars[0], rest)
    letters = _letters(matrix)
    if not letters or any(letter.shape != matrix.shape for letter in letters):
        return None
    if len(letters) == 1:
        law, values = _of_transpose(node.function), {"X": matrix.operands[0]}
        return Macro(node).by_law(law, values) if instance(law, values)[0] is node else None
    ends = range(len(letters))
    sizes = dict.fromkeys(ends, matrix.shape[0])
    rest = product(letters[1:], [(k, k + 1) for k in ends[:-1]], (0, ends[-1]), sizes)
    second = letters[1] if len(letters) == 2 else rest
    return _law_of_product(Macro(node), matrix, f"{name} a product", letters[0], second)


def _law_of_product(macro: Macro, matrix: Tensor, name: str, one: Tensor, other: Tensor) -> Macro:
    """A law of ``one*other``, with the matrix written so."""
    values = {"X": one, "Y": other} if one.order else {"c": one, "X": other}
    before, _ = instance(name, values)
    return macro.product(matrix, children(before)[0]).by_law(name, values)


def _letters(matrix: Contraction) -> list[Tensor]:
    """The matrices of a product from left to right; none of another contraction."""
    path = matrix_factors(matrix)
    if path is None or len(path) < len(matrix.operands):
        return []
    return [operand if forward else transpose(operand) for operand, forward in path]


MATRICES: tuple[Callable[[Apply], Macro | None], ...] = (said_by_others, of_matrix, orientation)
