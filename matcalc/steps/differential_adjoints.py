"""Adjoint moves: ``⟨G, A dX B⟩ = ⟨Aᵀ G Bᵀ, dX⟩``, one operation at a time from the outside in."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from matcalc.expr import nodes as e
from matcalc.expr.nodes import Expr, children, postorder
from matcalc.sizes import ONE
from matcalc.steps.differential_marks import Change, Marks, Pairing
from matcalc.steps.differential_weights import Weight

LAWS = {
    "left": "⟨A, B C⟩ = ⟨Bᵀ A, C⟩",
    "right": "⟨A, C B⟩ = ⟨A Bᵀ, C⟩",
    "transpose": "⟨A, Cᵀ⟩ = ⟨Aᵀ, C⟩",
    "elementwise": "⟨A, B ⊙ C⟩ = ⟨A ⊙ B, C⟩",
    "trace": "tr(A C) = ⟨Aᵀ, C⟩",
    "scalar": "⟨A, c B⟩ = ⟨A, B⟩ c",
    "sum": "sum(C) = ⟨𝟏, C⟩",
    "sums": "⟨a, C 𝟏⟩ = ⟨a 𝟏ᵀ, C⟩",
    "diagonal": "⟨a, diag(C)⟩ = ⟨diag(a), C⟩",
    "diagonal matrix": "⟨A, diag(c)⟩ = ⟨diag(A), c⟩",
    "inner": "g ⟨A, C⟩ = ⟨g A, C⟩",
    "quotient": "⟨A, C ⊘ B⟩ = ⟨A ⊘ B, C⟩",
    "entry": "C[i,j] = ⟨e_i e_jᵀ, C⟩",
}
"""The moves by name, as identities of inner products."""


def law_of(moves: Sequence[str], start: Weight, vectors: bool) -> str:
    """The identity that says best what several moves together do; ``vectors``: they lead to vectors."""
    known = set(moves)
    if not known:
        return ""
    both = {"left", "right"} <= known
    if "trace" in known:
        return "tr(A C B) = ⟨Aᵀ Bᵀ, C⟩" if both else LAWS["trace"]
    if start.body is None and known <= {"left", "right", "transpose"}:
        return "aᵀ C b = ⟨a bᵀ, C⟩" if both and not vectors else "aᵀ c = ⟨a, c⟩"
    if both:
        return "⟨G, A C B⟩ = ⟨Aᵀ G Bᵀ, C⟩"
    return "; ".join([LAWS[name] for name in moves if name in LAWS][:2])


@dataclass(frozen=True)
class Moved:
    """A term ``⟨weight, d(of)⟩``."""

    weight: Weight
    of: Expr


def moved(start: Weight, right: Expr, marks: Marks) -> tuple[list[Moved], list[str]] | None:
    """``⟨start, right⟩`` as inner products with plain differentials, and the names of the moves that lead there.

    None when ``right`` holds something through which no move leads.
    """
    known: dict[Expr, bool] = {}

    def holds(part: Expr) -> bool:
        for below in postorder(part, known=known):
            known[below] = marks.meant(below) is not None or any(known[child] for child in children(below))
        return known[part]

    found: list[Moved] = []
    moves: dict[str, None] = {}
    stack = [(start, right)]
    while stack:
        weight, node = stack.pop()
        mark = marks.meant(node)
        if isinstance(mark, Change):
            found.append(Moved(weight, mark.of))
            continue
        if isinstance(mark, Pairing):
            if holds(mark.left):
                return None
            moves.setdefault("inner" if weight.scalars or weight.below else "")
            stack.append((weight.with_body(mark.left), mark.right))
            continue
        onward = _one(weight, node, holds)
        if onward is None:
            return None
        name, parts = onward
        moves.setdefault(name)
        stack += reversed(parts)
    return found, [name for name in moves if name]


def _one(weight: Weight, node: Expr, holds: Callable[[Expr], bool]) -> tuple[str, list[tuple[Weight, Expr]]] | None:
    """One move: its name, and what the inner product becomes."""
    match node:
        case e.Sum(terms=terms):
            return "", [(weight, term) for term in terms]
        case e.Negative(operand=operand):
            return "", [(Weight(-weight.number, weight.scalars, weight.below, weight.body), operand)]
        case e.Product():
            return _product(weight, node, holds)
        case e.Hadamard(factors=factors):
            inside = [factor for factor in factors if holds(factor)]
            if len(inside) != 1:
                return None
            for factor in factors:
                if not holds(factor):
                    weight = weight.elementwise(factor)
            return "elementwise", [(weight, inside[0])]
        case e.Transpose(operand=operand):
            return "transpose", [(weight.turned(), operand)]
        case e.Quotient(numerator=numerator, denominator=denominator) if not holds(denominator) and numerator.shape == node.shape:
            if denominator.is_scalar:
                divided = Weight(weight.number, weight.scalars, (*weight.below, denominator), weight.body)
                return "", [(divided, numerator)]
            return "quotient", [(weight.over(denominator), numerator)]
        case e.Trace(operand=operand):
            return "trace", [(weight.with_body(e.Identity(operand.shape[0])), operand)]
        case e.Total(operand=operand, axis=None):
            return "sum", [(weight if operand.is_scalar else weight.with_body(e.Ones(operand.shape)), operand)]
        case e.Total(operand=operand, axis=axis) if operand.is_matrix and weight.body is not None and node.is_column:
            if axis == "rows":
                return "sums", [(weight.with_body(e.Product((weight.body, e.Ones((ONE, operand.cols))))), operand)]
            return "sums", [(weight.with_body(e.Product((e.Ones((operand.rows,)), e.Transpose(weight.body)))), operand)]
        case e.Diagonal(operand=operand) if weight.body is not None:
            return "diagonal", [(weight.with_body(e.DiagonalMatrix(weight.body)), operand)]
        case e.DiagonalMatrix(operand=operand) if weight.body is not None and operand.is_column:
            return "diagonal matrix", [(weight.with_body(e.Diagonal(weight.body)), operand)]
        case e.Entry(operand=operand, positions=positions):
            return _entry(weight, operand, positions)
        case _:
            return None


def _entry(weight: Weight, operand: Expr, positions: tuple[int | e.Index, ...]) -> tuple[str, list[tuple[Weight, Expr]]] | None:
    if not all(isinstance(position, int) for position in positions) or len(operand.shape) != len(positions) or operand.is_row:
        return None
    units = [e.UnitVector(int(str(at)), size) for at, size in zip(positions, operand.shape, strict=True)]
    unit: Expr = units[0] if len(units) == 1 else e.Product((units[0], e.Transpose(units[1])))
    return "entry", [(weight.with_body(unit), operand)]


def _product(weight: Weight, node: e.Product, holds: Callable[[Expr], bool]) -> tuple[str, list[tuple[Weight, Expr]]] | None:
    """The last factor goes over, or all but the last."""
    *front, last = node.factors
    rest = front[0] if len(front) == 1 else e.Product(tuple(front))
    if holds(last):
        if holds(rest):
            return None
        if rest.is_scalar:
            return "", [(weight.times(rest), last)]
        if last.is_scalar:
            return "scalar", [(weight.paired(rest), last)]
        return "left", [(weight.left(rest), last)]
    if last.is_scalar:
        return "", [(weight.times(last), rest)]
    if rest.is_scalar:
        return "scalar", [(weight.paired(last), rest)]
    return "right", [(weight.right(last), rest)]
