"""Sizes are polynomials: ``n+1``, ``n-1``, ``2*n``, ``m*n``, ``n*(n+1)/2``. They are reckoned with, found from each other, and found from arrays."""

from __future__ import annotations

from operator import add, mul, sub
from pathlib import Path
from random import Random
from typing import Any

import numpy as np
import pytest
from hypothesis import given, strategies as st

import matcalc
from matcalc.base.errors import MatcalcError, ShapeError
from matcalc.base.functions import functions
from matcalc.base.sizes import ONE, ZERO, Size, fitted, size_in, smaller
from matcalc.evaluation.sampling import equal_sizes, prime_sizes
from matcalc.language.typing.dimensions import SizeClash, SizeSystem, Unknown, most_general, resolved, unify
from tests.documents.notes import statuses

M, N, U, V, W = map(Size.of, "mnuvw")
TWO = Size.of(2)


def half(size: Size) -> Size:
    """The number of entries on and below the diagonal of a square matrix."""
    found = (size * size + size).divided(TWO)
    assert found is not None
    return found


NAMES = ("m", "n", "u", "v")


def built(rng: Random, names: tuple[str, ...] = NAMES) -> Size:
    """A random polynomial."""
    size = ZERO
    for _ in range(rng.randint(1, 3)):
        term = Size.of(rng.choice((-2, -1, 1, 1, 2, 3)))
        for name in rng.sample(names, rng.randint(0, 2)):
            term = term * Size.of(name)
        size = size + (term if rng.random() < 0.8 else term * half(Size.of(rng.choice(names))))
    return size


def numbers(rng: Random) -> dict[str, int]:
    return {name: rng.randint(1, 9) for name in (*NAMES, "w")}


# ---------------------------------------------------------------- one type


def test_equal_sizes_are_one_object() -> None:
    assert (N + ONE) * M is M * N + M
    assert N + ONE - N is ONE
    assert N - N is ZERO


@pytest.mark.parametrize(
    ("size", "text", "shape"),
    [
        (N, "n", "n×n"),
        (TWO * N * M, "2*m*n", "2*m*n×2*m*n"),
        (N + ONE, "n+1", "(n+1)×(n+1)"),
        (N - ONE, "n-1", "(n-1)×(n-1)"),
        (Size.of(5) - N, "5-n", "(5-n)×(5-n)"),
        (N - M, "n-m", "(n-m)×(n-m)"),
        ((N - ONE) * (M - ONE), "m*n-m-n+1", "(m*n-m-n+1)×(m*n-m-n+1)"),
        (half(N), "n*(n+1)/2", "(n*(n+1)/2)×(n*(n+1)/2)"),
        (half(N), "n*(n+1)/2", r"\frac{n(n+1)}{2}×n(n+1)/2"),
        (half(N - ONE) * M, "m*n*(n-1)/2", "m*n(n-1)/2×3"),
        (half(N) - M, "n*(n+1)/2-m", "(n*(n+1)/2-m)×n"),
        (half(N) + half(M), "(m*m+n*n+m+n)/2", "((m*m+n*n+m+n)/2)×n"),
        (half(N) * TWO - N, "n*n", "(2*n(n+1)/2-n)×n"),
    ],
)
def test_sizes_are_written_shortly_and_read_back(size: Size, text: str, shape: str) -> None:
    assert str(size) == text
    [declared] = matcalc.parse("A", f"A: {shape}").node.shape[:1]
    assert declared is size


@given(st.integers())
def test_reckoning_with_sizes_is_reckoning_with_numbers(seed: int) -> None:
    rng = Random(seed)
    one, other, at = built(rng), built(rng), numbers(rng)
    for operation in (add, sub, mul):
        assert operation(one, other).value(at) == operation(one.value(at), other.value(at))
    assert one.replaced({"u": other}).value(at) == one.value({**at, "u": other.value(at)})
    if other is not ZERO:
        assert (one * other).divided(other) is one
    assert one is ZERO or one.denominator > 1 or (one * one).root(2) in (one, ZERO - one)
    assert one.is_whole
    assert not (one * TWO + ONE).over(2).is_whole


# ---------------------------------------------------------------- unification


@pytest.mark.parametrize(
    ("pairs", "found"),
    [
        ([(U + ONE, N)], {"u": "n-1"}),
        ([(U + ONE, V + ONE)], {"u": "v"}),
        ([(U + ONE, Size.of(5))], {"u": "4"}),
        ([(N * U, N * V)], {"u": "v"}),
        ([(TWO * U, Size.of(6))], {"u": "3"}),
        ([((N + ONE) * U, M * N + M)], {"u": "m"}),
        ([(U * U, N * N)], {"u": "n"}),
        ([(U + V, Size.of(7)), (U - V, ONE)], {"u": "4", "v": "3"}),
        ([(U * W, V * W + W)], {"u": "v+1"}),
        ([(U * U + U, N * N + N)], {"u": "n"}),
        ([(U * U - U, N * N + N)], {"u": "n+1"}),
        ([(half(U), Size.of(6))], {"u": "3"}),
        ([(half(U), N)], {}),
        ([(U * V, N)], {}),
        ([(N + ONE, ONE + N)], {}),
    ],
)
def test_unknown_sizes_are_found(pairs: list[tuple[Size, Size]], found: dict[str, str]) -> None:
    assert {name: str(size) for name, size in most_general(pairs, ("u", "v", "w")).items()} == found


@pytest.mark.parametrize(
    "pair",
    [(U + ONE, U), (U + ONE, ONE), (TWO * U, Size.of(5)), (N + ONE, N), (N * U, M), (U + N, ONE)],
    ids=lambda pair: f"{pair[0]} = {pair[1]}",
)
def test_what_no_size_can_be_is_refused(pair: tuple[Size, Size]) -> None:
    """Sizes are whole numbers from 1 on, and letters that are declared stand for any of them."""
    with pytest.raises(SizeClash):
        most_general([pair], ("u", "v", "w"))


@given(st.integers())
def test_linear_sizes_are_unified_most_generally(seed: int) -> None:
    """What is found makes the pairs equal, and every assignment that makes them equal is a case of it."""
    rng = Random(seed)
    at = numbers(rng)
    pairs = []
    for _ in range(rng.randint(1, 3)):
        left = sum([Size.of(name) for name in rng.sample("uvw", rng.randint(1, 2))], start=ZERO)
        right = sum([Size.of(name) for name in rng.sample("uvw", rng.randint(0, 2))], start=ZERO)
        pairs.append((left, right + Size.of(left.value(at) - right.value(at))))  # so that they are equal there
    found = most_general(pairs, ("u", "v", "w"))
    for name, size in found.items():
        assert size.value(at) == at[name]
        assert found.keys().isdisjoint(size.names)
    others = {name: 50 + rng.randint(1, 9) for name in "uvw" if name not in found}
    anywhere = others | {name: size.value(others) for name, size in found.items()}
    for left, right in pairs:
        solved = not ({*left.names, *right.names} - found.keys()) or left.replaced(found) is right.replaced(found)
        assert not solved or left.value(anywhere) == right.value(anywhere)


def test_parts_of_a_sum_are_found_when_the_sum_is_known() -> None:
    sizes, part, other = SizeSystem(), Unknown(), Unknown()
    whole = sizes.composed(add, part, ONE)
    assert sizes.is_composed(whole)
    unify(whole, sizes.composed(add, other, ONE))
    sizes.solve()
    assert resolved(part) is resolved(other)
    unify(whole, N)
    sizes.solve()
    assert (str(resolved(part)), sizes.waits) == ("n-1", False)


# ---------------------------------------------------------------- everything that has sizes


def test_formulas_keep_to_sums_of_sizes() -> None:
    found = matcalc.derive("norm(D*x - b)^2", "x", declare="D: (n-1)×n")
    assert (str(found), found.declarations["b"]) == ("2 Dᵀ (D x − b)", "n-1")
    with pytest.raises(ShapeError, match=r"the inner sizes n and n-1 differ"):
        matcalc.derive("D*D*x", "x", declare="D: (n-1)×n")


def test_numbers_of_entries_are_multiplied_out() -> None:
    assert matcalc.verify("tr(eye(n+1)) = tr(eye(n)) + 1").status == "proved"
    assert matcalc.verify("sum(ones(n-5)) = 1").status == "refuted"
    assert matcalc.verify("vec(A*B) = kron(eye(m-1), A)*vec(B)", declare="A: (n+1)×n; B: n×(m-1)").status == "proved"


def test_points_are_drawn_where_sums_are_sizes() -> None:
    assert prime_sizes("mn", sizes=[N - M, N + TWO]) == {"m": 3, "n": 5}
    assert prime_sizes("mn", sizes=[M + TWO]) == {"m": 7, "n": 5}  # 3 and 5 would make m+2 and n one
    assert equal_sizes("mn", sizes=[N - M]) == {"m": 4, "n": 5}
    with pytest.raises(ShapeError, match="no numbers are found"):
        fitted({"m": 2, "n": 2}, [N - M, M - N])


@given(st.integers())
def test_numbers_that_are_fitted_make_sizes(seed: int) -> None:
    rng = Random(seed)
    sizes = [size for size in (built(rng, ("m", "n")), built(rng, ("m", "n"))) if size.can_be_positive]
    try:
        found = fitted({"m": rng.randint(1, 9), "n": rng.randint(1, 9)}, sizes)
    except ShapeError:
        return
    assert all(size.value(found) >= 1 for size in sizes)
    assert min(found.values()) >= 1


@pytest.mark.parametrize("target", ["numpy", "plain"])
def test_sizes_are_found_from_arrays(target: str) -> None:
    found = matcalc.derive("n*m*norm(D)^2", "D", declare="D: (n-1)×(5-m)")
    function = found.function() if target == "plain" else namespace(found.code())["gradient"]
    assert np.array_equal(function(D=np.ones((3, 2))), 24 * np.ones((3, 2)))


def test_arrays_that_do_not_fit_are_told_with_their_sizes() -> None:
    function = matcalc.derive("norm(D*x)^2*n", "x", declare="D: (n-1)×(n+1)").function()
    with pytest.raises(ShapeError, match=r"D has length 4 where its size n\+1 is 5"):
        function(D=np.ones((3, 4)), x=np.ones(4))
    with pytest.raises(ShapeError, match=r"x has length 1, which is not of the form n\+1"):
        matcalc.derive("norm(x)^2*n", "x", declare="x: n+1").function()(x=np.ones(1))


DIFFERENCES = r"Let $D \in \mathbb{R}^{(n-1) \times n}$, $x \in \mathbb{R}^{n}$ and $b \in \mathbb{R}^{n-1}$. "


@pytest.mark.parametrize(
    ("text", "status"),
    [
        (DIFFERENCES + r"So $\nabla_x \|D x - b\|^2 = 2 D^\top (D x - b)$.", "proved"),
        (DIFFERENCES + r"So $\operatorname{tr}(D^\top I_{n-1} D) = \|D\|_F^2$.", "proved"),
        (DIFFERENCES + r"So $\nabla_x \|D x - b\|^2 = D^\top (D x - b)$.", "refuted"),
    ],
)
def test_documents_have_such_sizes(text: str, status: str, tmp_path: Path) -> None:
    assert statuses(text, tmp_path) == [status]


def namespace(code: str) -> dict[str, object]:
    found: dict[str, object] = {}
    exec(code, found)
    return found


def test_shapes_are_given_as_tuples_and_types_too() -> None:
    assert matcalc.derive("sum(A*x)", "x", declare={"A": ("n+1", 3)}).declarations["A"] == "(n+1)×3"
    with pytest.raises(MatcalcError):
        matcalc.derive("sum(A*x)", "x", declare={"A": ("n+", 3)})


# ---------------------------------------------------------------- the smaller of two


@given(st.integers(min_value=0))
def test_the_smaller_of_two_sizes_has_the_smaller_value(seed: int) -> None:
    rng = Random(seed)
    one, other, third = built(rng), built(rng), built(rng)
    size, values = smaller(one, other) * M + third, numbers(rng)
    assert size.value(values) == min(one.value(values), other.value(values)) * values["m"] + third.value(values)
    assert smaller(smaller(one, other), third) is smaller(other, smaller(third, one))
    moved = {"m": N + ONE, "n": V}
    assert size.replaced(moved).value(values) == size.value({**values, "m": values["n"] + 1, "n": values["v"]})


def test_a_part_of_the_smaller_of_two_sizes_is_a_size_where_it_is_whole() -> None:
    least = smaller(M, N)
    assert (least * least + least).divided(TWO) is not None
    assert least.divided(TWO) is None
    assert (least * least).divided(TWO) is None
    with pytest.raises(MatcalcError, match="no whole number"):
        matcalc.derive("c'*svdvals(X)", "X", declare="X: m×n; c: min(m, n)/2")


def test_what_is_no_sum_of_names_is_no_size_of_a_signature() -> None:
    assert size_in("m+n-1") is M + N - ONE
    with pytest.raises(ValueError, match="no sum"):
        size_in("n*(n+1)/2")


def test_no_name_is_found_from_the_smaller_of_two_sizes() -> None:
    size = smaller(M * N, V + TWO) + W
    assert [name for name in size.names if size.solvable(name)] == ["w"]


def test_the_smaller_of_two_sizes_is_found() -> None:
    result = matcalc.derive("c'*svdvals(X)", "X", declare="X: m×n")
    assert result.declarations["c"] == "min(m,n)"
    assert matcalc.derive("c'*svdvals(X)", "c", declare="X: n×n").declarations["c"] == "n"
    again = matcalc.parse("c'*svdvals(X)", declare="X: m×n; c: min(m, n)")
    assert again.function("numpy")(X=np.eye(2, 3), c=np.ones(2)) == 2
    assert matcalc.parse("sum(ones(min(m,n)))*tr(X*X')", declare="X: m×n").function("numpy")(X=np.eye(2, 3)) == 4
    with pytest.raises(MatcalcError, match="sizes n and min"):
        matcalc.derive("c'*svdvals(X)", "X", declare="X: m×n; c: n")


# ---------------------------------------------------------------- the half of a symmetric matrix


def vech(array: Any) -> Any:
    return np.concatenate([array[j:, j] for j in range(len(array))])


def vec(array: Any) -> Any:
    return array.reshape(-1, order="F")


def duplication(size: int) -> Any:
    """A column for each entry on and below the diagonal: the symmetric matrix that has ones there."""
    found = []
    for j in range(size):
        for i in range(j, size):
            unit = np.zeros((size, size))
            unit[i, j] = unit[j, i] = 1
            found.append(vec(unit))
    return np.array(found).T


def slopes(function: Any, at: Any, direction: Any = lambda unit: unit) -> Any:
    """Central differences of a number by each entry of an array."""
    found = np.zeros(at.shape)
    for place in np.ndindex(at.shape):
        unit = np.zeros(at.shape)
        unit[place] = 1
        step = 1e-6 * direction(unit)
        found[place] = (function(at + step) - function(at - step)) / 2e-6
    return found


RNG = np.random.default_rng(5)
SIZES = (1, 2, 4)


def projected(unit: Any) -> Any:
    return (unit + unit.T) / 2


HALVES = [
    ("a'*vech(X)", "a: q; X: m×m", "X", lambda p, X: p["a"] @ vech(X), None),
    ("a'*vech(X*X')", "", "X", lambda p, X: p["a"] @ vech(X @ X.T), None),
    (r"\operatorname{vech}(S)^T \operatorname{vech}(S)", "S: m×m symmetric", "S", lambda p, S: vech(S) @ vech(S), projected),
    ("norm2(duplication(m)*v - b)^2", "v: q; b: s", "v", lambda p, v: np.sum((duplication(p["m"]) @ v - p["b"]) ** 2), None),
    ("tr(A*unvech(v)^2)", "v: q; A: m×m", "v", lambda p, v: np.trace(p["A"] @ np.linalg.matrix_power(unvech(p, v), 2)), None),
    ("a'*vech(X)", "a: m*(m-1)/2; X: (m-1)×(m-1)", "X", lambda p, X: p["a"] @ vech(X), None),
]


def unvech(point: Any, value: Any) -> Any:
    size = point["m"]
    return (duplication(size) @ value).reshape(size, size, order="F")


@pytest.mark.parametrize("target", ["plain", "numpy"])
@pytest.mark.parametrize(
    ("formula", "declare", "wrt", "value", "direction"), HALVES, ids=lambda part: part if isinstance(part, str) else ""
)
def test_derivatives_with_halves_are_differences(
    formula: str, declare: str, wrt: str, value: Any, direction: Any, target: str
) -> None:
    found = matcalc.derive(formula, wrt, declare=declare)
    function = found.function() if target == "plain" else namespace(found.code(target))["gradient"]
    for size in SIZES[1:] if "m-1" in declare else SIZES:
        length = size - ("m-1" in declare)
        point: dict[str, Any] = {"X": RNG.standard_normal((length, length)), "A": RNG.standard_normal((length, length))}
        point |= {name: RNG.standard_normal(length * (length + 1) // 2) for name in "av"}
        point |= {"b": RNG.standard_normal(length * length), "S": projected(point["X"])}
        expected = slopes(lambda at, point={**point, "m": length}: value(point, at), point[wrt], direction or (lambda unit: unit))  # type: ignore[misc]
        assert np.allclose(function(**point), expected, rtol=1e-4, atol=1e-6)
        # A row of the transposed order would be seen.
        if formula == "a'*vech(X)" and length > 2:
            assert not np.allclose(function(**point).T, expected)


def test_halves_in_other_languages() -> None:
    found = matcalc.derive("norm2(duplication(m)*v - b)^2 + a'*vech(X)", "v", declare="v: q; b: s; a: q; X: m×m")
    root = "(round((8*v.shape[0] + 1)**(1/2)) - 1) // 2"
    assert root in found.code("numpy")
    assert f"m = {root}\n" in found.code("torch")
    assert "torch.eye(m*(m + 1)//2, dtype=v.dtype, device=v.device)" in found.code("torch")
    assert "m = (round(Int, (8*size(v, 1) + 1)^(1/2)) - 1) ÷ 2" in found.code("julia")
    assert "m = (round((8*size(v, 1) + 1)^(1/2)) - 1)/2;" in found.code("matlab")
    jnp = pytest.importorskip("jax.numpy")
    assert np.array_equal(eval(functions()["duplication"].code("jax"), {"jnp": jnp, "n": 3}), duplication(3))
    assert np.array_equal(eval(functions()["elimination"].code("jax"), {"jnp": jnp, "n": 3}), np.eye(9)[[0, 1, 2, 4, 5, 8]])
    # A size that is put into a formula is one factor there.
    larger = matcalc.derive("sum(duplication(m+1)*v)", "v", declare="v: q").code()
    assert namespace(larger)["gradient"](m=2).tolist() == [1, 2, 2, 1, 2, 1]


def test_the_matrices_of_halves_are_their_definitions() -> None:
    symbols = matcalc.parse("duplication(n)*elimination(n)"), matcalc.parse("elimination(n)"), matcalc.parse("duplication(n+1)")
    for size in SIZES:
        both, elimination, larger = [symbol.function()(n=size) for symbol in symbols]
        matrix = RNG.standard_normal((size, size))
        assert np.array_equal(elimination @ vec(matrix), vech(matrix))
        assert np.array_equal(both @ vec(projected(matrix)), vec(projected(matrix)))
        assert np.array_equal(larger, duplication(size + 1))


def test_second_derivatives_with_halves() -> None:
    found = matcalc.derive("v'*duplication(m)'*A*duplication(m)*v", "v", order=2).function()
    for size in SIZES:
        matrix, double = RNG.standard_normal((size * size, size * size)), duplication(size)
        assert np.allclose(found(v=np.ones(double.shape[1]), A=matrix), double.T @ (matrix + matrix.T) @ double)


@pytest.mark.parametrize(
    ("claim", "declare", "status"),
    [
        ("duplication(n)*vech(S) = vec(S)", "S: n×n symmetric", "proved"),
        ("duplication(n)*vech(X) = vec(X)", "X: n×n", "conditional"),
        ("elimination(n)*duplication(n) = eye", "", "proved"),
        ("duplication(n)*elimination(n) = eye", "", "refuted"),
        ("elimination(m+1)*elimination(m+1)' = eye", "", "proved"),
        ("unvech(vech(S)) = S", "S: 3×3 symmetric", "proved"),
        ("d(vech(X))/dX = elimination(n)'", "X: n×n", "proved"),
        ("d(vech(X))/dX = duplication(n)", "X: n×n", "refuted"),
    ],
)
def test_claims_of_halves(claim: str, declare: str, status: str) -> None:
    assert matcalc.verify(claim, declare=declare).status == status


# ---------------------------------------------------------------- declared names that are composed sizes


@pytest.mark.parametrize(
    ("formula", "declare", "said", "declared"),
    [
        ("a'*vech(X)", "a: q; X: m×m", "q is m*(m+1)/2, as a'*vech(X) needs", "m*(m+1)/2"),
        ("a'*[x; y]", "a: k; x: n; y: m", "k is m+n, as a'*[x; y] needs", "m+n"),
        ("a'*kron(x, y)", "a: k; x: n; y: m", "k is m*n, as a'*kron(x, y) needs", "m*n"),
        ("a'*vech(X)", "a: q", "q is n*(n+1)/2, as a'*vech(X) needs", "n*(n+1)/2"),
        ("a'*diff(x)", "a: m; x: n", "m is n-1, as a'*diff(x) needs", "n-1"),
    ],
)
def test_a_declared_name_may_be_a_composed_size(formula: str, declare: str, said: str, declared: str) -> None:
    read = matcalc.parse(formula, declare)
    assert said in read.notes
    assert read.declarations["a"] == declared


def test_such_a_name_is_composed_wherever_it_stands() -> None:
    found = matcalc.derive("a'*[x; y]/k + sum(ones(k).*b)", "x", declare="a: k; b: k; x: n; y: m")
    x, y, a = RNG.standard_normal(3), RNG.standard_normal(2), RNG.standard_normal(5)
    assert np.allclose(found.function()(x=x, y=y, a=a, b=a), a[:3] / 5)
    assert found.declarations["b"] == "m+n"


@pytest.mark.parametrize(
    ("formula", "declare"),
    [
        ("a'*x", "a: k; x: n"),
        ("x'*[x; y]", "x: n; y: m"),
        ("a'*[x; y] + a'*kron(x, y)", "a: k; x: n; y: m"),
        ("a'*vech(X)", "a: m; X: m×m"),
        ("a'*kron(x, y)", "a: k"),
    ],
)
def test_sizes_that_cannot_be_are_refused(formula: str, declare: str) -> None:
    with pytest.raises(ShapeError, match="differ"):
        matcalc.parse(formula, declare)


def test_no_size_is_made_of_the_wrong_number_of_entries() -> None:
    function = matcalc.derive("sum(duplication(m)*v)", "v", declare="v: q").function()
    assert function(v=np.zeros(6)).tolist() == [1, 2, 2, 1, 2, 1]
    with pytest.raises(ShapeError, match=r"v has length 5, which is not of the form m\*\(m\+1\)/2"):
        function(v=np.zeros(5))
