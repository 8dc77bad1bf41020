"""Chains of matrices whose order the lengths of arrays choose when the code runs."""

from __future__ import annotations

from itertools import product
from typing import Any

import numpy as np
import pytest

from matcalc import parse
from matcalc.codegen.generation import compile_source
from matcalc.objects.programs import compile as compile_derivatives

rng = np.random.default_rng(0)
CHAINS = (
    ("A*B*C", "A: n×m; B: m×k; C: k×p", {"A": "nm", "B": "mk", "C": "kp"}, 2),
    ("A*B*C", "A: n×n; B: n×n; C: n×k", {"A": "nn", "B": "nn", "C": "nk"}, 2),
    ("2*X*X'*U - U", "X: m×n; U: m×k", {"X": "mn", "U": "mk"}, 2),
    ("U'*X*V'", "X: m×n; U: m×k; V: k×n", {"U": "mk", "X": "mn", "V": "kn"}, 2),
    ("A*B*C*D", "A: n×m; B: m×k; C: k×p; D: p×q", {"A": "nm", "B": "mk", "C": "kp", "D": "pq"}, 5),
)
FACTORS = {"2*X*X'*U - U": "X,X.T,U", "U'*X*V'": "U.T,X,V.T"}
"""Of chains with transposes."""


class Counted(np.ndarray):
    """Arrays that add up the multiplications of the products made of them."""

    work = 0

    def __array_ufunc__(self, ufunc: Any, method: str, *inputs: Any, **options: Any) -> Any:
        plain = [np.asarray(one) for one in inputs]
        if ufunc is np.matmul:
            Counted.work += plain[0].shape[0] * plain[0].shape[1] * plain[1].shape[1]
        return np.asarray(getattr(ufunc, method)(*plain, **options)).view(Counted)


def counted(function: Any, arrays: dict[str, np.ndarray]) -> tuple[int, np.ndarray]:
    Counted.work = 0
    result = np.asarray(function(**{name: array.view(Counted) for name, array in arrays.items()}))
    return Counted.work, result


def least(shapes: list[tuple[int, int]]) -> int:
    """The multiplications of the best order, by trying all of them."""
    if len(shapes) == 1:
        return 0
    ways = []
    for cut in range(1, len(shapes)):
        left, right = shapes[:cut], shapes[cut:]
        ways.append(least(left) + least(right) + left[0][0] * right[0][0] * right[-1][1])
    return min(ways)


def points(letters: dict[str, str]) -> list[dict[str, np.ndarray]]:
    names = sorted(set("".join(letters.values())))
    tried = product((2, 9, 40), repeat=len(names)) if len(names) < 5 else rng.integers(2, 40, (60, len(names)))
    lengths = [dict(zip(names, map(int, numbers), strict=True)) for numbers in tried]
    return [{name: rng.normal(size=[one[axis] for axis in axes]) for name, axes in letters.items()} for one in lengths]


@pytest.mark.parametrize(("text", "declare", "letters", "orders"), CHAINS, ids=lambda value: str(value))
def test_the_cheapest_order_is_taken(text: str, declare: str, letters: dict[str, str], orders: int) -> None:
    source = parse(text, declare).code()
    assert ("multi_dot" in source) == (orders > 3)
    made = compile_source(source)
    for arrays in points(letters):
        factors = [eval(one, dict(arrays)) for one in FACTORS.get(text, ",".join(arrays)).split(",")]
        work, found = counted(made, arrays)
        expected = eval(text.replace("'", ".T").replace("*", "@").replace("2@", "2*"), dict(arrays))
        assert np.allclose(found, expected, rtol=1e-10, atol=1e-10)
        assert orders > 3 or work <= 1.25 * least([one.shape for one in factors]), work


def test_a_turned_condition_is_seen() -> None:
    text, declare, letters, _ = CHAINS[1]
    turned = compile_source(parse(text, declare).code().replace("k <= n", "k > n"))
    assert any(counted(turned, arrays)[0] > 1.25 * least([one.shape for one in arrays.values()]) for arrays in points(letters))


def test_what_sizes_do_not_decide_is_written_in_one_order() -> None:
    for text, declare in (
        ("A*B*x", "A: n×m; B: m×k; x: k"),
        ("x'*A*B*y", "A: n×m; B: m×k; x: n; y: k"),
        ("X'*A*X", "A: n×n; X: n×k"),
        ("A*B*C", "A: 3×4; B: 4×5; C: 5×6"),
    ):
        assert " if " not in parse(text, declare).code().partition("if __name__")[0], text
    given = {"n": 5, "m": 6, "k": 7, "p": 8}
    source = compile_derivatives("‖A*B*C‖²", declare="A: n×m; B: m×k; C: k×p", gradient="B", sizes=given).source
    assert " if " not in source.partition("if __name__")[0]


def test_products_that_are_shared_stay_shared() -> None:
    """No order is worth computing twice what another output needs too."""
    source = compile_derivatives("‖A*B*C − D‖²", gradient=["A", "C"], declare="A: n×m; B: m×k; C: k×p; D: n×p").source
    assert "t1 = A @ B\n" in source and "2*(t1.T @ t2)" in source


@pytest.mark.parametrize("target", ["jax"])
def test_jitted_code_chooses_too(target: str) -> None:
    import jax

    f = compile_source(parse("A*B*C", "A: n×n; B: n×n; C: n×k").code(target))
    for k in (2, 7):
        a, b, c = rng.normal(size=(4, 4)), rng.normal(size=(4, 4)), rng.normal(size=(4, k))
        assert np.allclose(jax.jit(f)(A=a, B=b, C=c), a @ b @ c)
