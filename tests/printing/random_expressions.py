"""Random well-shaped expressions, for tests of the printers."""

from __future__ import annotations

from fractions import Fraction
from itertools import pairwise

from hypothesis import strategies as st

from matcalc.base.shapes import Shape
from matcalc.base.sizes import ONE, Size
from matcalc.expr import nodes as e

N, M = Size.of("n"), Size.of("m")
SIZES = {"n": 3, "m": 5}

SYMBOLS = (
    e.Symbol("a", ()), e.Symbol("b_1", ()), e.Symbol("gamma", ()), e.Symbol("x", (N,)), e.Symbol("y", (N,)), e.Symbol("z", (M,)),
    e.Symbol("A", (N, N)), e.Symbol("B", (N, N)), e.Symbol("C", (M, M)), e.Symbol("X", (N, M)), e.Symbol("W_2", (N, M)),
)  # fmt: skip

_NUMBERS = [Fraction(p, q) for p in (-3, -2, -1, 1, 2, 5) for q in (1, 2, 3, 7)]


@st.composite
def expressions(draw: st.DrawFn, shape: Shape | None = None, depth: int = 4) -> e.Expr:
    """An expression of ``shape`` (any if None) that is at most ``depth`` operators deep."""
    if shape is None:
        shape = draw(st.sampled_from([(), (N,), (N, N), (N, M), (ONE, N)]))
    if depth == 0:
        return draw(leaves(shape))
    forms = ["leaf", "sum", "negative", "scaled", "product", "hadamard", "over scalar", "quotient", "power", "map", "transpose"]
    if not shape:
        forms += ["inner", "trace", "total", "norm", "det", "scalars", "contracted first"]
    if len(shape) == 1:
        forms += ["diagonal", "row sums"] if shape == (N,) else []
    if len(shape) == 2 and shape[0] == shape[1]:
        forms += ["inverse", "matrix power", "diagonal matrix", "identity", "shifted"]
    form = draw(st.sampled_from(forms))

    def sub(of: Shape) -> e.Expr:
        return draw(expressions(of, depth - 1))

    match form:
        case "sum":
            return e.Sum(tuple([sub(shape) for _ in range(draw(st.integers(2, 3)))]))
        case "negative":
            return e.Negative(sub(shape))
        case "scaled":
            return e.Product((draw(leaves(())), sub(shape)))
        case "product" | "contracted first":
            return _product(draw, shape, depth)
        case "scalars":
            return e.Product(tuple([sub(()) for _ in range(3)]))
        case "hadamard":
            return e.Hadamard((sub(shape), sub(shape)))
        case "over scalar":
            return e.Quotient(sub(shape), sub(()))
        case "quotient":
            return e.Quotient(sub(draw(st.sampled_from([(), shape]))), sub(shape))
        case "power":
            return e.Power(sub(shape), e.Number(Fraction(draw(st.sampled_from([2, 3, -1, -2])))))
        case "map":
            return e.Elementwise(
                draw(st.sampled_from(["exp", "tanh", "sigmoid"])), draw(expressions(shape, depth - 1).filter(_sized))
            )
        case "transpose":
            return e.Transpose(sub(e.Transpose(e.Zeros(shape)).shape))
        case "inner":
            return e.Product((e.Transpose(sub((N,))), sub((N,))))
        case "trace":
            return e.Trace(sub((M, M)))
        case "total":
            return e.Total(sub(draw(st.sampled_from([(N,), (N, M)]))))
        case "norm":
            return e.Norm(sub(draw(st.sampled_from([(N,), (N, M)]))), draw(st.sampled_from(["2", "1"])))
        case "det":
            return e.Call("det", (sub((N, N)),), None, ())
        case "diagonal":
            return e.Diagonal(sub((N, N)))
        case "row sums":
            return e.Total(sub((N, M)), "rows")
        case "inverse":
            return e.Inverse(sub(shape))
        case "matrix power":
            return e.MatrixPower(sub(shape), e.Number(Fraction(draw(st.sampled_from([2, 3])))))
        case "diagonal matrix":
            return e.DiagonalMatrix(sub((shape[0],)))
        case "identity":
            return e.Identity(shape[0])
        case "shifted":
            return e.Sum((sub(shape), e.Product((draw(leaves(())), e.Identity(shape[0])))))
        case _:
            return draw(leaves(shape))


def _product(draw: st.DrawFn, shape: Shape, depth: int) -> e.Expr:
    """Two or three factors, at times grouped from the right, at times with a scalar between."""
    rows, cols = (shape[0] if shape else ONE), (shape[1] if len(shape) == 2 else ONE)
    inner = [draw(st.sampled_from([N, M, ONE])) for _ in range(draw(st.integers(1, 2)))]
    ends = [rows, *inner, cols]
    factors: list[e.Expr] = []
    for left, right in pairwise(ends):
        factors.append(draw(expressions((left, right) if right != ONE else (left,) if left != ONE else (), depth - 1)))
    if draw(st.booleans()):
        factors.insert(draw(st.integers(0, len(factors))), draw(expressions((), depth - 1)))
    if len(factors) > 2 and draw(st.booleans()):
        factors[-2:] = [e.Product(tuple(factors[-2:]))]
    elif len(factors) > 2 and draw(st.booleans()):
        factors[:2] = [e.Product(tuple(factors[:2]))]
    return e.Product(tuple(factors))


def leaves(shape: Shape) -> st.SearchStrategy[e.Expr]:
    """A symbol, a number or a transposed symbol of this shape."""
    found: list[e.Expr] = [symbol for symbol in SYMBOLS if symbol.shape == shape]
    if not shape:
        found += [e.Number(value) for value in _NUMBERS]
    if len(shape) == 2:
        found += [e.Transpose(symbol) for symbol in SYMBOLS if e.Transpose(symbol).shape == shape]
    if len(shape) == 1 or shape == (N, M):
        found.append(e.Ones(shape))
    return st.sampled_from(found or [e.Ones(shape)])


def _sized(node: e.Expr) -> bool:
    """Without identities; the reference reader cannot hand a size down through a function."""
    return not any(isinstance(part, e.Identity) for part in e.postorder(node))
