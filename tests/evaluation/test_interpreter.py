"""The evaluator against NumPy formulas written out by hand, at distinct prime sizes."""

from __future__ import annotations

import math
from fractions import Fraction

import numpy as np
import pytest

from matcalc.base.errors import LimitError, MatcalcError, ShapeError, UnknownFunctionError
from matcalc.base.sizes import ONE, Size
from matcalc.evaluation.arrays import agrees
from matcalc.evaluation.interpreter import compile_function, evaluate
from matcalc.expr import nodes as e

M, N, K = Size.of("m"), Size.of("n"), Size.of("k")
SIZES = {"m": 3, "n": 5, "k": 7}
X = e.Symbol("X", (M, N))
Y = e.Symbol("Y", (M, N))
A = e.Symbol("A", (N, N))
S = e.Symbol("S", (N, N))
B = e.Symbol("B", (N, K))
x = e.Symbol("x", (N,))
y = e.Symbol("y", (N,))
z = e.Symbol("z", (M,))
r = e.Symbol("r", (ONE, N))
a = e.Symbol("a", ())
b = e.Symbol("b", ())
i, j = e.Index("i", N), e.Index("j", N)

rng = np.random.default_rng(7)
V = {
    "X": rng.normal(size=(3, 5)),
    "Y": rng.normal(size=(3, 5)),
    "A": rng.normal(size=(5, 5)) + 3 * np.eye(5),
    "S": (lambda g: g @ g.T + np.eye(5))(rng.normal(size=(5, 5))),
    "B": rng.normal(size=(5, 7)),
    "x": rng.normal(size=5),
    "y": rng.uniform(0.5, 2, size=5),
    "z": rng.normal(size=3),
    "r": rng.normal(size=5),
    "a": 0.7,
    "b": np.array(-1.3),
}


def number(value: int | str) -> e.Expr:
    return e.Number(Fraction(value))


def transposed(node: e.Expr) -> e.Expr:
    return e.Transpose(node)


def vec(array: np.ndarray) -> np.ndarray:
    return array.reshape(-1, order="F")


def softmax(t: np.ndarray) -> np.ndarray:
    return np.exp(t) / np.exp(t).sum()


def cofactors(matrix: np.ndarray) -> np.ndarray:
    """The adjugate by its definition."""
    size = len(matrix)
    return np.array(
        [
            [(-1) ** (p + q) * np.linalg.det(np.delete(np.delete(matrix, q, 0), p, 1)) for q in range(size)]
            for p in range(size)
        ]
    )  # fmt: skip


CASES = {
    "number": (number("3/4"), 0.75),
    "pi": (e.Constant("pi"), math.pi),
    "size": (e.Product((e.SizeValue(M * N), a)), 15 * V["a"]),
    "identity": (e.Product((e.Identity(N), x)), V["x"]),
    "ones": (e.Sum((e.Ones((M, N)), X)), V["X"] + 1),
    "ones row": (e.Sum((e.Ones((ONE, N)), r)), V["r"] + 1),
    "zeros": (e.Sum((e.Zeros((N,)), x)), V["x"]),
    "unit": (e.Product((X, e.UnitVector(Size.of(2), N))), V["X"][:, 1]),
    "commutation": (e.Product((e.Commutation(M, N), e.Vec(X))), vec(V["X"].T)),
    "sum": (e.Sum((X, e.Negative(Y), X)), 2 * V["X"] - V["Y"]),
    "product": (e.Product((X, A, B)), V["X"] @ V["A"] @ V["B"]),
    "product to vector": (e.Product((X, A, x)), V["X"] @ (V["A"] @ V["x"])),
    "quadratic form": (e.Product((transposed(x), A, y)), V["x"] @ V["A"] @ V["y"]),
    "form scales": (e.Product((transposed(x), A, y, X)), (V["x"] @ V["A"] @ V["y"]) * V["X"]),
    "form between": (
        e.Product((a, transposed(x), y, b, transposed(r), r)),
        0.7 * V["x"] @ V["y"] * -1.3 * np.outer(V["r"], V["r"]),
    ),
    "outer": (e.Product((z, transposed(x))), np.outer(V["z"], V["x"])),
    "outer times vector": (e.Product((z, transposed(x), y)), V["z"] * (V["x"] @ V["y"])),
    "row times matrix": (e.Product((r, A)), V["r"] @ V["A"]),
    "hadamard": (e.Hadamard((X, Y, X)), V["X"] ** 2 * V["Y"]),
    "quotient by scalar": (e.Quotient(X, a), V["X"] / 0.7),
    "quotient elementwise": (e.Quotient(x, y), V["x"] / V["y"]),
    "quotient of scalar": (e.Quotient(number(1), y), 1 / V["y"]),
    "power": (e.Power(X, number(3)), V["X"] ** 3),
    "square root": (e.Power(y, number("1/2")), np.sqrt(V["y"])),
    "elementwise power": (e.Power(y, x), V["y"] ** V["x"]),
    "scalar power": (e.Power(a, b), 0.7**-1.3),
    "matrix power": (e.MatrixPower(A, number(3)), V["A"] @ V["A"] @ V["A"]),
    "negative matrix power": (e.MatrixPower(A, number(-2)), np.linalg.inv(V["A"] @ V["A"])),
    "matrix power zero": (e.MatrixPower(A, number(0)), np.eye(5)),
    "fractional matrix power": (e.Product((e.MatrixPower(S, number("1/2")), e.MatrixPower(S, number("1/2")))), V["S"]),
    "exp": (e.Elementwise("exp", X), np.exp(V["X"])),
    "sigmoid": (e.Elementwise("sigmoid", r), 1 / (1 + np.exp(-V["r"]))),
    "relu": (e.Elementwise("relu", X), V["X"] * (V["X"] > 0)),
    "softplus": (e.Elementwise("softplus", X), np.log(1 + np.exp(V["X"]))),
    "erf": (e.Elementwise("erf", x), [math.erf(t) for t in V["x"]]),
    "transpose": (transposed(X), V["X"].T),
    "transposed row": (transposed(r), V["r"]),
    "inverse": (e.Inverse(A), np.linalg.inv(V["A"])),
    "trace": (e.Trace(A), np.trace(V["A"])),
    "total": (e.Total(X), V["X"].sum()),
    "total rows": (e.Total(X, "rows"), V["X"].sum(axis=1)),
    "total cols": (e.Total(X, "cols"), V["X"].sum(axis=0)),
    "diagonal": (e.Diagonal(A), np.diag(V["A"])),
    "diagonal matrix": (e.DiagonalMatrix(x), np.diag(V["x"])),
    "diagonal matrix of row": (e.DiagonalMatrix(r), np.diag(V["r"])),
    "vec": (e.Vec(X), vec(V["X"])),
    "vec of a row": (e.Vec(r), V["r"]),
    "reshape": (e.Reshape(X, N, M), V["X"].reshape((V["X"].shape[1], V["X"].shape[0]), order="F")),
    "reshape to a column": (e.Reshape(X, M * N, ONE), vec(V["X"])),
    "reshape to a row": (e.Reshape(X, ONE, M * N), vec(V["X"])),
    "kronecker": (e.Kronecker((X, A)), np.kron(V["X"], V["A"])),
    "kronecker of three": (e.Kronecker((x, X, r)), np.kron(np.kron(V["x"].reshape(-1, 1), V["X"]), V["r"].reshape(1, -1))),
    "norm": (e.Norm(X, "2"), np.sqrt((V["X"] ** 2).sum())),
    "norm 1": (e.Norm(X, "1"), np.abs(V["X"]).sum()),
    "norm p": (e.Norm(x, "p", number(3)), (np.abs(V["x"]) ** 3).sum() ** (1 / 3)),
    "norm A": (e.Norm(x, "A", S), np.sqrt(V["x"] @ V["S"] @ V["x"])),
    "nuclear": (e.Norm(X, "nuclear"), np.linalg.svd(V["X"])[1].sum()),
    "spectral": (e.Norm(X, "spectral"), np.linalg.svd(V["X"])[1][0]),
    "det": (e.Call("det", (A,), None, ()), np.linalg.det(V["A"])),
    "logdet": (e.Call("logdet", (S,), None, ()), np.log(np.linalg.det(V["S"]))),
    "adjugate": (e.Call("adj", (A,), None, (N, N)), cofactors(V["A"])),
    "pinv": (e.Call("pinv", (X,), None, (N, M)), V["X"].T @ np.linalg.inv(V["X"] @ V["X"].T)),
    "softmax": (e.Call("softmax", (x,), None, (N,)), softmax(V["x"])),
    "softmax of a row": (e.Call("softmax", (r,), None, (ONE, N)), softmax(V["r"])),
    "softmax rows": (e.Call("softmax", (X,), "rows", (M, N)), [softmax(row) for row in V["X"]]),
    "softmax cols": (e.Call("softmax", (X,), "cols", (M, N)), np.array([softmax(column) for column in V["X"].T]).T),
    "logsumexp rows": (e.Call("logsumexp", (X,), "rows", (M,)), np.log(np.exp(V["X"]).sum(axis=1))),
    "logsumexp cols": (e.Call("logsumexp", (X,), "cols", (N,)), np.log(np.exp(V["X"]).sum(axis=0))),
    "logsumexp of all": (e.Call("logsumexp", (X,), None, ()), np.log(np.exp(V["X"]).sum())),
    "entry": (e.Entry(X, (Size.of(2), Size.of(5))), V["X"][1, 4]),
    "entry of vector": (e.Entry(x, (Size.of(3),)), V["x"][2]),
    "entry of row": (e.Entry(r, (Size.of(3),)), V["r"][2]),
    "explicit trace": (e.IndexSum(i, e.Entry(A, (i, i))), np.trace(V["A"])),
    "explicit form": (
        e.IndexSum(i, e.IndexSum(j, e.Product((e.Entry(x, (i,)), e.Entry(A, (i, j)), e.Entry(y, (j,)))))),
        V["x"] @ V["A"] @ V["y"],
    ),
    "array of entries": (e.IndexArray((j, i), e.Product((e.Entry(x, (i,)), e.Entry(y, (j,))))), np.outer(V["y"], V["x"])),
    "explicit sum of a constant": (e.IndexSum(i, a), 5 * 0.7),
    "index as a number": (e.IndexSum(i, e.Product((i, e.Entry(x, (i,))))), np.arange(1, 6) @ V["x"]),
    "functions under a sum": (
        e.IndexSum(i, e.Elementwise("exp", e.Product((e.Entry(x, (i,)), e.Norm(e.Product((e.Entry(y, (i,)), X)), "2"))))),
        sum(np.exp(V["x"][k] * V["y"][k] * np.linalg.norm(V["X"])) for k in range(5)),
    ),
    "inverse under a sum": (
        e.IndexSum(i, e.Product((transposed(x), e.Inverse(e.Sum((S, e.Product((e.Entry(y, (i,)), e.Identity(N)))))), x))),
        sum(V["x"] @ np.linalg.inv(V["S"] + t * np.eye(5)) @ V["x"] for t in V["y"]),
    ),
    "call under a sum": (
        e.IndexSum(i, e.Call("det", (e.Sum((S, e.Product((e.Entry(y, (i,)), e.Identity(N))))),), None, ())),
        sum(np.linalg.det(V["S"] + t * np.eye(5)) for t in V["y"]),
    ),
    "entry at the summed index of a scaled vector": (
        e.IndexSum(i, e.Entry(e.Product((e.Entry(y, (i,)), x)), (i,))),
        V["x"] @ V["y"],
    ),
}


@pytest.mark.parametrize("name", CASES)
def test_matches_numpy(name: str) -> None:
    expression, expected = CASES[name]
    assert agrees(evaluate(expression, V, SIZES), expected, relative=1e-11)


def test_cases_cover_every_node_class() -> None:
    used = {type(node) for expression, _ in CASES.values() for node in e.postorder(expression)}
    assert used | {e.Index} >= set(e.Node.__args__)


@pytest.mark.parametrize("name", ["outer", "kronecker", "vec", "commutation", "total rows", "softmax rows", "diagonal matrix"])
def test_a_transposed_or_scaled_expectation_is_seen(name: str) -> None:
    expression, expected = CASES[name]
    expected = np.asarray(expected)
    wrong = expected.T if expected.ndim == 2 and not agrees(expected, expected.T) else expected[::-1]
    assert not agrees(evaluate(expression, V, SIZES), wrong)
    assert not agrees(evaluate(expression, V, SIZES), expected * (1 + 1e-4))
    assert not agrees(evaluate(expression, V, SIZES), -expected)


def test_values_come_back_in_the_users_shapes() -> None:
    assert evaluate(e.Trace(A), V).shape == ()
    assert evaluate(transposed(x), V).shape == evaluate(x, V).shape == (5,)
    assert evaluate(X, {"X": np.ones((1, 1))}).shape == (1, 1)


@pytest.mark.parametrize("shape", [(5,), (5, 1), (1, 5)])
def test_vectors_are_taken_in_three_shapes(shape: tuple[int, ...]) -> None:
    assert agrees(evaluate(e.Product((X, x)), {**V, "x": V["x"].reshape(shape)}), V["X"] @ V["x"])
    assert agrees(evaluate(e.Product((r, A)), {**V, "r": V["r"].reshape(shape)}), V["r"] @ V["A"])


def test_sizes_are_solved_from_products_of_sizes() -> None:
    stacked = e.Symbol("v", (M * N,))
    expression = e.Sum((stacked, e.Vec(e.Ones((M, N)))))
    assert evaluate(expression, {"v": np.zeros(15)}, {"m": 3}).tolist() == [1.0] * 15
    square = e.Symbol("v", (N * N,))
    assert evaluate(e.Product((transposed(square), e.Vec(e.Identity(N)))), {"v": np.ones(25)}) == 5
    with pytest.raises(ShapeError, match="not of the form"):
        evaluate(e.Product((transposed(square), e.Vec(e.Identity(N)))), {"v": np.ones(24)})


def test_a_missing_size_says_what_to_pass() -> None:
    assert evaluate(e.Trace(e.Identity(N)), {}, {"n": 4}) == 4
    with pytest.raises(ShapeError, match=r"n=\.\.\."):
        evaluate(e.Trace(e.Identity(N)), {})


@pytest.mark.parametrize(
    ("values", "message"),
    [
        ({"A": np.eye(5), "x": np.ones(4)}, "length 4"),
        ({"A": np.ones((5, 4)), "x": np.ones(5)}, "length 4"),
        ({"A": np.ones(5), "x": np.ones(5)}, "5"),
        ({"A": np.eye(5), "x": np.ones((2, 2))}, "vector"),
        ({"A": np.eye(5), "x": "word"}, "numeric"),
        ({"A": np.eye(5)}, "x"),
    ],
)
def test_unfitting_values_are_refused(values: dict[str, object], message: str) -> None:
    with pytest.raises(MatcalcError, match=message):
        evaluate(e.Product((A, x)), values)


def test_contradicting_sizes_are_refused() -> None:
    with pytest.raises(ShapeError):
        evaluate(x, V, {"n": 4})
    with pytest.raises(ShapeError):
        evaluate(e.Trace(e.Identity(N)), {}, {"n": 0})


def test_singular_matrix_is_an_error_of_ours() -> None:
    with pytest.raises(MatcalcError, match="inverse"):
        evaluate(e.Inverse(A), {"A": np.zeros((2, 2))})


def test_own_functions() -> None:
    expression = e.Sum((e.Elementwise("f", x), e.Elementwise("f'", x)))
    assert agrees(evaluate(expression, {**V, "f": np.sin, "f'": np.cos}), np.sin(V["x"]) + np.cos(V["x"]))
    assert agrees(evaluate(expression, {**V, "f": np.sin, "f'": lambda t: 2.0}), np.sin(V["x"]) + 2)
    with pytest.raises(UnknownFunctionError, match="f'"):
        evaluate(expression, {**V, "f": np.sin})
    with pytest.raises(ShapeError, match="gave an array"):
        evaluate(expression, {**V, "f": np.sin, "f'": lambda t: t[:2]})


def test_unbound_index_and_bad_positions() -> None:
    with pytest.raises(MatcalcError, match="index i"):
        evaluate(e.Entry(x, (i,)), V)
    with pytest.raises(ShapeError, match="entry 6"):
        evaluate(e.Entry(x, (Size.of(6),)), V)
    with pytest.raises(ShapeError, match="e_6"):
        evaluate(e.Product((x, transposed(e.UnitVector(Size.of(6), N)))), V)


def test_compiled_function_takes_keywords() -> None:
    function = compile_function(e.Sum((e.Product((A, x)), e.Ones((N,)))))
    assert agrees(function(A=V["A"], x=V["x"], unused=3, n=5), V["A"] @ V["x"] + 1)
    with pytest.raises(MatcalcError, match="A"):
        function(x=V["x"])
    assert agrees(compile_function(e.Ones((N,)))(n=3), np.ones(3))


def test_tensors_of_order_three() -> None:
    tensor = e.Symbol("T", (N, N, K))
    values = {"T": np.arange(175.0).reshape(5, 5, 7)}
    assert evaluate(e.IndexSum(i, e.Entry(tensor, (i, i, Size.of(3)))), values) == sum(values["T"][k, k, 2] for k in range(5))
    scaled = e.Product((e.Product((transposed(x), y)), e.Negative(tensor), e.Norm(tensor, "2")))
    assert agrees(evaluate(scaled, {**V, **values}), -(V["x"] @ V["y"]) * values["T"] * np.linalg.norm(values["T"]))
    with pytest.raises(ShapeError, match="at most a matrix"):
        e.Transpose(tensor)


def test_an_array_of_entries_copies_along_an_index_without_use() -> None:
    own = {index.name: index for index in (i, j)}
    array = e.IndexArray((e.Index("k", Size.of(4)), own["j"], own["i"]), e.Product((e.Entry(x, (i,)), e.Entry(y, (j,)))))
    assert agrees(evaluate(array, V), np.broadcast_to(V["y"][:, None] * V["x"], (4, 5, 5)))
    assert agrees(evaluate(e.IndexArray((e.Index("k", ONE), i), e.Entry(x, (i,))), V), V["x"])


def test_depth_and_length() -> None:
    deep: e.Expr = x
    for _ in range(3000):
        deep = e.Elementwise("tanh", e.Negative(e.Negative(deep)))
    assert np.all(np.isfinite(evaluate(deep, V)))
    factors = tuple(e.Symbol(f"F{k}", (N, N)) for k in range(5000))
    values = {f"F{k}": np.eye(5) for k in range(5000)}
    assert agrees(evaluate(e.Product((*factors, x)), {**values, "x": V["x"]}), V["x"])
    assert agrees(evaluate(e.Sum(factors), values), 5000 * np.eye(5))


def test_vectors_keep_products_cheap() -> None:
    # As matrices from the left this would need an array of 9·10⁸ entries.
    u = e.Symbol("u", (N,))
    values = {"u": np.ones(30_000)}
    assert agrees(evaluate(e.Product((u, transposed(u), u)), values), 30_000 * np.ones(30_000))


def test_too_large_arrays_are_refused() -> None:
    with pytest.raises(LimitError):
        evaluate(e.Ones((M, N)), {}, {"m": 10**6, "n": 10**6})
