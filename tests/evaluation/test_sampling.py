"""Random points have the declared properties and lie where the expression can be differentiated."""

from __future__ import annotations

from fractions import Fraction

import numpy as np
import pytest

from matcalc.base.errors import ShapeError
from matcalc.base.sizes import ONE, Size
from matcalc.evaluation.arrays import agrees
from matcalc.evaluation.interpreter import evaluate
from matcalc.evaluation.sampling import STYLES, equal_sizes, find_point, function_family, prime_sizes, sample
from matcalc.expr import nodes as e
from matcalc.facts.drawn import NoMemberError

M, N = Size.of("m"), Size.of("n")
SIZES = {"m": 3, "n": 5}


def symbol(properties: str, shape: tuple[Size, ...] = (N, N)) -> e.Symbol:
    return e.Symbol("A", shape, frozenset(properties.split()))


def is_definite(a: np.ndarray) -> bool:
    return bool(np.linalg.eigvalsh(a).min() > 0.1) and np.array_equal(a, a.T)


HOLDS = {
    "symmetric": lambda a: np.array_equal(a, a.T),
    "antisymmetric": lambda a: np.array_equal(a, -a.T),
    "diagonal": lambda a: np.array_equal(a, np.diag(np.diag(a))),
    "orthogonal": lambda a: agrees(a.T @ a, np.eye(5)),
    "orthogonal symmetric": lambda a: agrees(a @ a, np.eye(5)) and agrees(a, a.T),
    "orthogonal mask": lambda a: agrees(a.T @ a, np.eye(5)) and set(np.unique(a)) == {0.0, 1.0},
    "orthogonal diagonal": lambda a: agrees(np.abs(a), np.eye(5)),
    "orthogonal positive_definite": lambda a: agrees(a, np.eye(5)),
    "positive sign": lambda a: np.all(a == 1.0),
    "invertible": lambda a: np.linalg.det(a) != 0,
    "invertible symmetric": lambda a: np.linalg.det(a) != 0 and agrees(a, a.T),
    "positive_definite": is_definite,
    "positive_definite symmetric": is_definite,
    "diagonal positive_definite": lambda a: np.array_equal(a, np.diag(np.diag(a))) and np.all(np.diag(a) > 0),
    "mask": lambda a: set(np.unique(a)) == {0.0, 1.0},
    "mask symmetric": lambda a: set(np.unique(a)) <= {0.0, 1.0} and np.array_equal(a, a.T),
    "sign": lambda a: set(np.unique(a)) == {-1.0, 1.0},
    "positive": lambda a: np.all(a > 0),
    "positive symmetric": lambda a: np.all(a > 0) and np.array_equal(a, a.T),
    "simplex": lambda a: agrees(a.sum(axis=1), np.ones(5)) and np.all(a > 0),
}


@pytest.mark.parametrize("style", STYLES)
@pytest.mark.parametrize("properties", HOLDS)
def test_properties_hold(properties: str, style) -> None:
    for seed in range(5):
        matrix = sample([symbol(properties)], SIZES, seed, style=style)["A"]
        assert matrix.shape == (5, 5)
        assert HOLDS[properties](matrix)


@pytest.mark.parametrize("properties", HOLDS)
def test_a_matrix_without_properties_has_none(properties: str) -> None:
    assert not HOLDS[properties](sample([symbol("")], SIZES, 1)["A"]) or properties == "invertible"


def test_orthogonal_matrices_have_both_determinants() -> None:
    for properties in ("orthogonal", "orthogonal symmetric"):
        found = {round(float(np.linalg.det(sample([symbol(properties)], SIZES, seed)["A"]))) for seed in range(8)}
        assert found == {-1, 1}


def test_facts_that_exclude_each_other_have_no_sample() -> None:
    with pytest.raises(NoMemberError, match="antisymmetric and positive_definite"):
        sample([symbol("antisymmetric positive_definite")], SIZES, 0)


def test_shapes_and_determinism() -> None:
    symbols = [e.Symbol("a", ()), e.Symbol("x", (N,)), e.Symbol("r", (ONE, N)), e.Symbol("X", (M, N)), e.Symbol("T", (M, N, M))]
    first, again, other = (sample(order, SIZES, seed) for order, seed in ((symbols, 1), (symbols[::-1], 1), (symbols, 2)))
    assert [np.shape(first[s.name]) for s in symbols] == [(), (5,), (5,), (3, 5), (3, 5, 3)]
    assert first["a"] > 0
    for name in first:
        assert np.array_equal(first[name], again[name])
        assert not np.array_equal(first[name], other[name])
    assert agrees(sample([e.Symbol("p", (N,), frozenset({"simplex"}))], SIZES, 0)["p"].sum(), 1.0)


def test_properties_of_square_matrices_need_one() -> None:
    with pytest.raises(ShapeError, match="3×5"):
        sample([symbol("symmetric", (M, N))], SIZES, 0)


def test_prime_sizes_are_distinct_and_every_order_comes() -> None:
    orders = [tuple(prime_sizes("mnk", seed).values()) for seed in range(6)]
    assert sorted(orders) == sorted(set(orders))
    assert len(orders) == 6
    assert all(sorted(order) == [3, 5, 7] for order in orders)
    assert [prime_sizes("n", seed)["n"] for seed in range(4)] == [3, 5, 3, 5]
    assert equal_sizes(["m", "n"], 4) == {"m": 4, "n": 4}


def det(node: e.Expr) -> e.Expr:
    return e.Call("logdet", (node,), None, ())


X = e.Symbol("X", (M, N))
x = e.Symbol("x", (N,))


@pytest.mark.parametrize(
    "expression",
    [
        det(e.Product((e.Transpose(X), X))),
        det(e.Product((X, e.Transpose(X)))),
        e.Total(e.Elementwise("log", X)),
        e.Total(e.Elementwise("asin", e.Product((X, x)))),
        e.Total(
            e.Power(
                e.Sum((e.Number(Fraction(1)), e.Negative(e.Power(e.Norm(x, "2"), e.Number(Fraction(2)))))),
                e.Number(Fraction(1, 2)),
            )
        ),
        e.Total(e.Elementwise("g", X)),
    ],
)
@pytest.mark.parametrize("equal", [False, True])
def test_points_inside_the_domain_are_found(expression: e.Expr, equal: bool) -> None:
    point = find_point([expression], 3, equal=equal)
    assert point is not None
    assert np.isfinite(evaluate(expression, point.values, point.sizes))
    assert len(set(point.sizes.values())) == (1 if equal else len(point.sizes))


def test_fixed_sizes_are_kept_and_hopeless_ones_given_up() -> None:
    point = find_point([e.Product((X, x))], sizes={"n": 4})
    assert point is not None
    assert point.values["x"].shape == (4,)
    assert find_point([det(e.Product((e.Transpose(X), X)))], sizes={"m": 2, "n": 4}) is None
    assert find_point([e.Elementwise("log", e.Negative(e.Norm(x, "2")))]) is None


Y = e.Symbol("Y", (M, N))
TIES = {
    "two numbers": (e.Call("maximum", (X, Y), None, (M, N)), lambda X, Y: np.abs(X - Y)),
    "a number and entries": (e.Call("minimum", (X, e.Number(Fraction(1, 2))), None, (M, N)), lambda X: np.abs(X - 0.5)),
    "rows": (e.Call("max", (X,), "rows", (M,)), lambda X: -np.diff(np.sort(X, axis=1)[:, :-3:-1], axis=1)),
    "columns": (e.Call("max", (X,), "cols", (N,)), lambda X: -np.diff(np.sort(X, axis=0)[:-3:-1], axis=0)),
    "a condition": (e.Call("where", (X, Y, Y), None, (M, N)), lambda X, Y: np.abs(X)),
    "an end": (e.Call("polygamma", (e.Number(Fraction(1)), X), None, (M, N)), lambda X: X),
}


@pytest.mark.parametrize("name", TIES)
def test_points_lie_far_from_ties(name: str) -> None:
    expression, distance = TIES[name]
    points = [find_point([expression], seed) for seed in range(40)]
    assert min(np.min(distance(**point.values)) for point in points if point is not None) >= 0.05


def test_ties_that_stay_are_no_obstacle() -> None:
    masked = e.Call("where", (e.Symbol("B", (M, N), frozenset({"mask"})), X, Y), None, (M, N))
    alike = e.Call("maximum", (X, X), None, (M, N))
    assert find_point([masked], attempts=1) is not None
    assert find_point([alike]) is not None


def test_test_functions_are_each_others_derivatives() -> None:
    family = function_family(["f", "g"])
    t, h = np.linspace(-2, 2, 9), 1e-5
    for name in ("f", "f'", "g''"):
        assert agrees((family[name](t + h) - family[name](t - h)) / (2 * h), family[name + "'"](t), relative=1e-7)
    assert not agrees(family["f"](t), family["g"](t))
