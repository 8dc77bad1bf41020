"""The kit for nodes: operands, rebuilding with others, and maps from the leaves up, for expressions and tensors alike."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from fractions import Fraction
from functools import reduce
from typing import Any

import pytest

from matcalc.base.errors import Span
from matcalc.base.sizes import ONE, Size
from matcalc.base.traversal import bottom_up, postorder, with_operand, with_operands
from matcalc.einstein import nodes as t
from matcalc.expr import nodes as e
from matcalc.expr.rewriting import free_indices, rebuilt_with, replaced, with_sizes
from matcalc.language.syntax import trees as s
from matcalc.language.syntax.trees import mapped, parts, walk

N, M = Size.of("n"), Size.of("m")
A, B = e.Symbol("A", (N, N)), e.Symbol("B", (N, N))
X, Y = e.Symbol("x", (N,)), e.Symbol("y", (N,))
AT, TWO = e.Index("i", N), e.Number(Fraction(2))
T, U = t.Symbol("T", (N, N)), t.Symbol("U", (N, N))
DEEP = 30_000

EXAMPLES: dict[type, tuple[Any, tuple[Any, ...]]] = {
    e.Symbol: (A, ()),
    e.Number: (TWO, ()),
    e.Constant: (e.Constant("pi"), ()),
    e.SizeValue: (e.SizeValue(N), ()),
    e.Identity: (e.Identity(N), ()),
    e.Ones: (e.Ones((N,)), ()),
    e.Zeros: (e.Zeros((N,)), ()),
    e.UnitVector: (e.UnitVector(Size.of(1), N), ()),
    e.Commutation: (e.Commutation(N, M), ()),
    e.Sum: (e.Sum((A, B, A)), (A, B, A)),
    e.Negative: (e.Negative(A), (A,)),
    e.Product: (e.Product((A, B)), (A, B)),
    e.Hadamard: (e.Hadamard((A, B)), (A, B)),
    e.Quotient: (e.Quotient(A, TWO), (A, TWO)),
    e.Power: (e.Power(A, TWO), (A, TWO)),
    e.MatrixPower: (e.MatrixPower(A, TWO), (A, TWO)),
    e.Elementwise: (e.Elementwise("exp", A), (A,)),
    e.Transpose: (e.Transpose(A), (A,)),
    e.Inverse: (e.Inverse(A), (A,)),
    e.Trace: (e.Trace(A), (A,)),
    e.Total: (e.Total(A, "rows"), (A,)),
    e.Diagonal: (e.Diagonal(A), (A,)),
    e.DiagonalMatrix: (e.DiagonalMatrix(X), (X,)),
    e.Vec: (e.Vec(A), (A,)),
    e.Reshape: (e.Reshape(X, N, ONE), (X,)),
    e.Kronecker: (e.Kronecker((A, B)), (A, B)),
    e.Norm: (e.Norm(X, "A", A), (X, A)),
    e.Call: (e.Call("det", (A,), None, ()), (A,)),
    e.Index: (AT, ()),
    e.Entry: (e.Entry(A, (AT, Size.of(1))), (A,)),
    e.IndexSum: (e.IndexSum(AT, e.Entry(X, (AT,))), (e.Entry(X, (AT,)),)),
    e.IndexArray: (e.IndexArray((AT,), e.Entry(X, (AT,))), (e.Entry(X, (AT,)),)),
    t.Symbol: (T, ()),
    t.Constant: (t.Constant("pi"), ()),
    t.SizeValue: (t.SizeValue(N), ()),
    t.Unit: (t.Unit(Size.of(1), N), ()),
    t.Pairing: (t.Pairing(N, M), ()),
    t.Sum: (t.Sum(((Fraction(1), T), (Fraction(2), U)), (N, N)), (T, U)),
    t.Contraction: (t.Contraction((T, U), ((0, 1), (1, 2)), (0, 2), (N, N, N)), (T, U)),
    t.Power: (t.Power(T, Fraction(2)), (T,)),
    t.Map: (t.Map("exp", (T,)), (T,)),
    t.Apply: (t.Apply("det", (T,), ()), (T,)),
}
"""Of every class of nodes one, and its operands."""


def closed(module: Any) -> set[type]:
    return set(module.Node.__args__)


def test_every_class_has_an_example() -> None:
    assert set(EXAMPLES) == closed(e) | closed(t)


@pytest.mark.parametrize("node, operands", EXAMPLES.values(), ids=[cls.__module__ + "." + cls.__name__ for cls in EXAMPLES])
def test_operands_come_back(node: Any, operands: tuple[Any, ...]) -> None:
    assert node.below == operands
    assert with_operands(node, dict(zip(operands, operands, strict=True)) if len(set(operands)) == len(operands) else {}) is node
    assert all(with_operand(node, place, operand) is node for place, operand in enumerate(operands))
    assert bottom_up(postorder(node), with_operands)[node] is node


@pytest.mark.parametrize(
    "node, operands", [pair for pair in EXAMPLES.values() if pair[1]], ids=lambda value: type(value).__name__
)
def test_other_operands_stand_in_their_places(node: Any, operands: tuple[Any, ...]) -> None:
    others = {operand: _primed(operand) for operand in operands}
    again = with_operands(node, others)
    assert again.below == tuple([others[operand] for operand in operands])
    assert type(again) is type(node) and again.shape == node.shape
    assert with_operands(again, {other: operand for operand, other in others.items()}) is node


def _primed(operand: Any) -> Any:
    """Another operand of the same shape."""
    if isinstance(operand, e.Number):
        return e.Number(operand.value + 1)
    if isinstance(operand, e.Entry):
        return e.Entry(_primed(operand.operand), operand.positions)
    return type(operand)(operand.name + "'", operand.sizes)


def test_the_groups_of_expressions() -> None:
    """What a group promises of its members holds."""
    for cls, (node, operands) in EXAMPLES.items():
        if issubclass(cls, (e.Leaf, t.Leaf)):
            assert not operands
        if issubclass(cls, e.Linear):
            assert operands == (node.operand,)
        if issubclass(cls, e.Multilinear):
            assert operands == node.factors


def test_an_equal_operand_at_another_place_stays() -> None:
    assert with_operand(e.Product((A, A)), 1, B) is e.Product((A, B))
    assert with_operand(e.Norm(X, "A", A), 1, B) is e.Norm(X, "A", B)


def test_results_of_any_kind_are_handed_up() -> None:
    def sizes(node: e.Expr, below: Mapping[e.Expr, int]) -> int:
        return 1 + sum([below[operand] for operand in node.below])

    assert bottom_up(postorder(e.Sum((A, B, A))), sizes)[e.Sum((A, B, A))] == 4


def test_indices_are_no_operands_but_have_sizes() -> None:
    entry = e.Entry(X, (AT,))
    assert rebuilt_with(entry, lambda node: Y if node is X else node) is e.Entry(Y, (AT,))
    assert with_sizes(e.IndexSum(AT, entry), {"n": M}) is e.IndexSum(
        e.Index("i", M), e.Entry(e.Symbol("x", (M,)), (e.Index("i", M),))
    )
    assert (free_indices(entry), free_indices(e.IndexSum(AT, entry))) == ((AT,), ())


@pytest.mark.parametrize("leaf, wrap", [(A, e.Transpose), (T, lambda node: t.Map("exp", (node,)))], ids=["expression", "tensor"])
def test_depth_is_no_recursion(leaf: Any, wrap: Callable[[Any], Any]) -> None:
    deep = reduce(lambda node, _: wrap(node), range(DEEP), leaf)
    assert len(postorder(deep)) == DEEP + 1
    assert bottom_up(postorder(deep), with_operands)[deep] is deep
    assert bottom_up(postorder(deep), lambda node, below: 1 + sum([below[operand] for operand in node.below]))[deep] == DEEP + 1


def test_a_deep_expression_is_built_again() -> None:
    deep = reduce(lambda node, _: e.Transpose(node), range(DEEP), A)
    again = replaced(deep, {"A": B})
    assert postorder(again)[0] is B and len(postorder(again)) == DEEP + 1


PLACE = Span(0, 1)
P, Q, R = (s.Name(PLACE, name) for name in "pqr")
EQUATION, DEFINITION = s.Equation(PLACE, P, Q), s.Definition(PLACE, "f", ("r",), R)


@pytest.mark.parametrize(
    "node, operands",
    [
        (P, ()),
        (s.Binary(PLACE, "+", P, Q, PLACE), (P, Q)),
        (s.Entries(PLACE, P, (Q, R), (2,)), (P, Q, R)),
        (s.NormBars(PLACE, P, None), (P,)),
        (s.DerivativeOf(PLACE, P, ("q",), False, Q, (R,)), (P, Q, R)),
        (s.Implication(PLACE, EQUATION, s.Equation(PLACE, R, P)), (EQUATION, None)),
        (s.Program(PLACE, (DEFINITION,), ((P, Q),), R), (DEFINITION, P, Q, R)),
    ],
    ids=lambda value: type(value).__name__,
)
def test_parts_of_syntax_are_operands_too(node: Any, operands: tuple[Any, ...]) -> None:
    assert all(found is part for found, part in zip(parts(node), operands, strict=True) if part is not None)
    assert mapped(node, lambda part: part) is node
    changed = mapped(node, lambda part: s.Name(part.span, part.name + "'") if isinstance(part, s.Name) else part)
    names = [part.name for part in walk(node) if isinstance(part, s.Name)]
    assert [part.name for part in walk(changed) if isinstance(part, s.Name)] == [name + "'" for name in names]
