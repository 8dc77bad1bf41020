"""Code for index notation: products in any order, sums, axes tied by identities; compared with a plain einsum over explicit identities."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from fractions import Fraction
from typing import Any

import numpy as np
import pytest

from matcalc.base.sizes import Size
from matcalc.codegen.generation import function, generate
from matcalc.codegen.requests import LaidOut
from matcalc.einstein import nodes as ix
from matcalc.einstein.algebra import add, contract
from matcalc.evaluation.arrays import agrees
from matcalc.objects.programs import compile as compile_derivatives
from tests.codegen.comparison import given

LENGTHS = {"n": 3, "m": 4, "k": 2, "l": 5}
SIZES = {name: Size.of(name) for name in LENGTHS}
rng = np.random.default_rng(0)

Factor = tuple[str, str]
"""A symbol and the letters of its axes; a letter's size is that of the same place in ``nmkl``, and p, q, r, s run as far as n, m, k, l."""


def size_of(letter: str) -> str:
    return "nmkl"["nmklpqrs".index(letter) % 4]


def shape_of(axes: str) -> tuple[Size, ...]:
    return tuple([SIZES[size_of(letter)] for letter in axes])


def tensor(factors: Sequence[Factor], output: str) -> ix.Tensor:
    """The contraction, as the engine builds it."""
    letters = sorted({letter for _, axes in factors for letter in axes} | set(output))
    number = {letter: k for k, letter in enumerate(letters)}
    symbols = [ix.Symbol(f"{name}_{axes}", tuple([SIZES[size_of(letter)] for letter in axes])) for name, axes in factors]
    indices = [[number[letter] for letter in axes] for _, axes in factors]
    return contract(
        symbols, indices, [number[letter] for letter in output], {number[one]: SIZES[size_of(one)] for one in letters}
    )


def expected(factors: Sequence[Factor], output: str, values: Mapping[str, Any]) -> Any:
    """The same by one einsum in which every repeated letter of the output is tied by an identity."""
    arrays = [values[f"{name}_{axes}"] for name, axes in factors]
    terms = [axes for _, axes in factors]
    shown = ""
    spare = iter("abcdefgh")
    for letter in output:
        if letter in shown or not any(letter in term for term in terms):
            fresh = next(spare) if letter in shown else letter
            arrays.append(np.eye(LENGTHS[size_of(letter)]) if letter in shown else np.ones(LENGTHS[size_of(letter)]))
            terms.append(letter + fresh if letter in shown else letter)
            shown += fresh
        else:
            shown += letter
    return np.einsum(f"{','.join(terms)}->{shown}", *arrays)


def values_for(*products: Sequence[Factor]) -> dict[str, Any]:
    names = {f"{name}_{axes}": axes for factors in products for name, axes in factors}
    return {name: rng.normal(size=[LENGTHS[size_of(letter)] for letter in axes]) for name, axes in sorted(names.items())}


def check(node: ix.Tensor, answer: Any, values: Mapping[str, Any], target: str) -> None:
    made = function({"result": LaidOut(node, node.shape, (), "tensor")}, target)
    found = np.asarray(made(**{name: given(target, value) for name, value in values.items()}, **LENGTHS), dtype=float)
    assert agrees(found, answer, relative=1e-12, absolute=1e-12)


TIED: list[tuple[list[Factor], str]] = [
    ([("x", "n")], "nn"),
    ([("x", "n")], "nnn"),
    ([("x", "n")], "nnnn"),
    ([("A", "nm")], "nmnm"),
    ([("A", "nm")], "nmmn"),
    ([("A", "nm")], "mnmn"),
    ([("A", "nm")], "nnmm"),
    ([("A", "nm"), ("B", "mk")], "nkn"),
    ([("A", "nm"), ("B", "nk"), ("C", "nl")], "mknnl"),
    ([("A", "nm"), ("B", "nk"), ("C", "nl")], "mkl"),
    ([("A", "nm")], "nknm"),
    ([("a", "")], "nmnm"),
    ([("x", "m")], "nmn"),
    ([("A", "nm"), ("B", "mp")], "nn"),
]


@pytest.mark.parametrize("target", ["numpy", "jax", "torch"])
@pytest.mark.parametrize(("factors", "output"), TIED, ids=lambda one: one if isinstance(one, str) else "")
def test_axes_that_an_identity_ties(factors: list[Factor], output: str, target: str) -> None:
    values = values_for(factors)
    check(tensor(factors, output), expected(factors, output, values), values, target)


@pytest.mark.parametrize("target", ["numpy", "jax", "torch"])
def test_a_sum_of_terms_that_are_tied_differently(target: str) -> None:
    first: list[Factor] = [("A", "nm"), ("B", "nk"), ("C", "pk")]
    second: list[Factor] = [("x", "n"), ("y", "m")]
    products = [(first, "nmp"), (second, "nmn"), ([("y", "m")], "nmn")]
    values = values_for(first, second)
    coefficients = [Fraction(2), Fraction(-1), Fraction(1, 3)]
    node = add([(coefficient, tensor(*one)) for coefficient, one in zip(coefficients, products)], shape_of("nmn"))
    answer = sum(float(coefficient) * expected(*one, values) for coefficient, one in zip(coefficients, products))
    check(node, answer, values, target)
    assert not agrees(answer, answer.transpose(2, 1, 0), relative=1e-6)  # a tie at the wrong axis would be seen


def random_product(seed: int) -> tuple[list[Factor], str]:
    chosen = np.random.default_rng(seed)
    letters = list("nmklpqrs")
    factors = [("ABCDEF"[k], "".join(chosen.choice(letters, size=chosen.integers(1, 4)))) for k in range(chosen.integers(2, 6))]
    there = sorted({letter for _, axes in factors for letter in axes})
    return factors, "".join(chosen.choice(there, size=chosen.integers(0, 4)))


@pytest.mark.parametrize("target", ["numpy", "torch"])
def test_random_products(target: str) -> None:
    for seed in range(60 if target == "numpy" else 25):
        factors, output = random_product(seed)
        values = values_for(factors)
        check(tensor(factors, output), expected(factors, output, values), values, target)


def test_random_sums_of_products() -> None:
    for seed in range(40):
        chosen = np.random.default_rng(seed)
        products = [random_product(100 + 3 * seed + k)[0] for k in range(3)]
        output = "".join(chosen.choice(list("nmkl"), size=3))
        products = [
            factors if set(output) <= set("".join(a for _, a in factors)) else [*factors, ("Z", output)] for factors in products
        ]
        values = values_for(*products)
        node = add([(Fraction(k + 1), tensor(factors, output)) for k, factors in enumerate(products)], shape_of(output))
        twice = contract([node, node], [[0, 1, 2], [0, 1, 3]], [1, 3, 2], dict(enumerate((*node.shape, node.shape[2]))))
        answer = sum((k + 1) * expected(factors, output, values) for k, factors in enumerate(products))
        check(node, answer, values, "numpy")
        check(twice, np.einsum("abc,abd->bdc", answer, answer), values, "numpy")


# ---------------------------------------------------------------- what the code looks like


def test_no_identity_is_formed_in_hessians_without_a_closed_form() -> None:
    for expression, by in [("sum(logsumexp(X*W, rows)) - tr(Y'*X*W)", "W"), ("tr(G'*softmax(Q*K'/sqrt(d), rows)*V)", "Q")]:
        declare = "X: m×n; W: n×c; Y: m×c" if by == "W" else "Q: m×d; K: n×d; V: n×p; G: m×p"
        source = compile_derivatives(expression, declare=declare, value=False, hessian=by).source
        assert "np.eye" not in source.partition("if __name__")[0]
        assert "einsum" not in source.partition("def compute")[2].partition("if __name__")[0]
        assert "_diagonal(" in source


def test_a_gram_matrix_of_arrays_of_order_three_is_a_symmetric_product() -> None:
    n, c, m = (Size.of(name) for name in "ncm")
    X, P = ix.Symbol("X", (m, n)), ix.Symbol("P", (m, c))
    sizes = {0: m, 1: n, 2: c, 3: n, 4: c}
    node = contract([X, P, X, P], [[0, 1], [0, 2], [0, 3], [0, 4]], [1, 2, 3, 4], sizes)
    source = generate({"value": LaidOut(node, (), (2, 2), "denominator")}, "numpy", sizes={"m": 50, "n": 20, "c": 5})
    assert "return t1.T @ t1" in source
