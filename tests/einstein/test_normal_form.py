"""The index notation has one form for equal terms: whatever the order of factors and the names of bound indices."""

from __future__ import annotations

import random
from fractions import Fraction

import pytest

from matcalc.base.errors import LimitError
from matcalc.base.sizes import Size
from matcalc.einstein.algebra import contract, is_symmetric, power, transposed
from matcalc.einstein.linear import ONE_TENSOR, add, delta, is_zero, number, ones
from matcalc.einstein.lowering import lower
from matcalc.einstein.nodes import Contraction, SizeValue, Symbol, Tensor
from matcalc.einstein.substitution import apply
from matcalc.language import elaborate

N = Size.of("n")
X = Symbol("X", (N, N))
S = Symbol("S", (N, N), frozenset({"symmetric"}))
K = Symbol("K", (N, N), frozenset({"antisymmetric"}))
Q = Symbol("Q", (N, N), frozenset({"orthogonal"}))
V = Symbol("v", (N,))
P = Symbol("p", (N,), frozenset({"simplex"}))


def product(*factors: tuple[Tensor, str], output: str = "") -> Tensor:
    labels = sorted({letter for _, index in factors for letter in index} | set(output))
    number_of = {letter: place for place, letter in enumerate(labels)}
    return contract(
        [factor for factor, _ in factors],
        [tuple(number_of[letter] for letter in index) for _, index in factors],
        tuple(number_of[letter] for letter in output),
        dict.fromkeys(number_of.values(), N),
    )


@pytest.mark.parametrize(
    ("factors", "output"),
    [
        ([(X, "ij"), (X, "jk"), (X, "ki")], ""),
        ([(X, "ij"), (X, "jk"), (V, "k")], "i"),
        ([(X, "ij"), (X, "kj"), (V, "i"), (V, "k")], ""),
        ([(S, "ij"), (X, "jk"), (S, "kl")], "il"),
        ([(X, "ij"), (X, "ik"), (X, "il"), (V, "j"), (V, "k"), (V, "l")], ""),
    ],
)
def test_order_and_names_do_not_matter(factors: list[tuple[Tensor, str]], output: str) -> None:
    wanted = product(*factors, output=output)
    rng = random.Random(7)
    for _ in range(20):
        shuffled = rng.sample(factors, len(factors))
        letters = dict(zip("ijkl", rng.sample("abcdefgh", 4)))
        renamed = [(factor, "".join(letters[letter] for letter in index)) for factor, index in shuffled]
        assert product(*renamed, output="".join(letters[letter] for letter in output)) is wanted


@pytest.mark.parametrize(
    "traces",
    [
        ("tr(A*S)", "tr(S*A)", "tr(S*A')", "tr(A'*S)"),
        ("tr(A*S*B)", "tr(S*B*A)", "tr(B'*S*A')", "tr(A'*B'*S)"),
        ("tr(S*T*S*A)", "tr(A*S*T*S)", "tr(S*T*S*A')"),
        ("tr(S*A*S*B)", "tr(S*B*S*A)", "tr(A'*S*B'*S)"),
        ("tr(S*S*A)", "tr(A*S*S)", "tr(S*A'*S)"),
        ("x'*S*A*y", "y'*A'*S*x"),
    ],
)
def test_symmetric_factors_of_a_cycle_have_one_form(traces: tuple[str, ...]) -> None:
    declared = "A: n×n; B: n×n; S: n×n symmetric; T: n×n symmetric; x: n; y: n"
    assert len({lower(elaborate(text, declared).expression).tensor for text in traces}) == 1


def test_multiplicity_counts() -> None:
    assert product((V, "i"), (V, "i"), (V, "i")) is not product((V, "i"), (V, "i"))
    assert product((X, "ij"), (X, "ij")) is not product((X, "ij"), (X, "ji"))


def test_symmetric_factors_may_turn() -> None:
    assert product((S, "ij"), (V, "j"), output="i") is product((S, "ji"), (V, "j"), output="i")
    assert transposed(S) is S
    assert is_symmetric(product((X, "ki"), (X, "kj"), output="ij"))
    assert not is_symmetric(product((X, "ik"), (X, "kj"), output="ij"))


def test_antisymmetric_factors_change_sign() -> None:
    assert is_zero(product((K, "ij"), (V, "i"), (V, "j")))
    assert add([(Fraction(1), K), (Fraction(1), transposed(K))], K.shape).terms == ()  # type: ignore[attr-defined]
    assert is_zero(product((K, "ii")))
    assert not is_zero(product((K, "ij"), (X, "ij")))


def test_inverses_and_orthogonal_matrices_cancel() -> None:
    inverse = apply("inv", (X,), X.shape)
    assert product((inverse, "ij"), (X, "jk"), output="ik") is delta((N,))
    assert product((X, "ij"), (inverse, "jk"), (V, "k"), output="i") is V
    assert product((Q, "ki"), (Q, "kj"), output="ij") is delta((N,))
    assert product((inverse, "ij"), (X, "ji")) is SizeValue(N)
    assert product((inverse, "ij"), (X, "kj"), output="ik") is not delta((N,))


def test_entries_of_a_simplex_sum_to_one() -> None:
    assert product((P, "i")) is ONE_TENSOR
    assert product((P, "i"), (V, "i")) is not ONE_TENSOR
    assert product((P, "i"), (V, "j"), output="j") is V


def test_powers_collect_and_cancel() -> None:
    square = product((V, "i"), (V, "i"), output="i")
    assert square is power(V, Fraction(2))
    assert product((V, "i"), (power(V, Fraction(-1)), "i"), output="i") is ones((N,))
    assert power(power(V, Fraction(2)), Fraction(1, 2)) is not V  # it is |v|


def test_numbers_stay_exact() -> None:
    third = number(Fraction(1, 3))
    assert add([(Fraction(3), third)], ()) is ONE_TENSOR
    assert is_zero(add([(Fraction(1), X), (Fraction(-1), X)], X.shape))


def test_bound_indices_are_not_captured() -> None:
    inner = product((V, "i"), (V, "i"))
    assert product((inner, ""), (V, "i"), output="i") is not product((V, "i"), (V, "i"), (V, "i"), output="i")


def test_a_normal_form_is_its_own() -> None:
    form = lower(
        elaborate(
            "tr(A*X*B*X*C) + (a'*X*b)^2/det(X)", {"a": "n", "b": "n", "X": "n×n", "A": "n×n", "B": "n×n", "C": "n×n"}
        ).expression
    )
    for _, term in form.tensor.terms:  # type: ignore[attr-defined]
        assert isinstance(term, Contraction)
        again = contract(term.operands, term.indices, term.output, dict(enumerate(term.sizes)))
        assert again is term


def test_very_long_products_are_refused() -> None:
    with pytest.raises(LimitError):
        contract([X] * 20_001, [(k, k + 1) for k in range(20_001)], (0, 20_001), dict.fromkeys(range(20002), N))
