"""Derivatives that are zero, and others that are not, before the engine's check of its own zeros."""

from __future__ import annotations

from fractions import Fraction

import pytest

from matcalc import derive
from matcalc.base.errors import MatcalcError
from matcalc.base.sizes import Size
from matcalc.derivation import pipeline
from matcalc.evaluation import differences
from matcalc.evaluation.differences import confirms_zero
from matcalc.expr import nodes as e
from matcalc.language import elaborate

M, N = Size.of("m"), Size.of("n")
X = e.Symbol("X", (M, N))
A = e.Symbol("A", (N, N))
x = e.Symbol("x", (N,))
y = e.Symbol("y", (N,))
z = e.Symbol("z", (M,))
a = e.Symbol("a", ())


def t(node: e.Expr) -> e.Expr:
    return e.Transpose(node)


def product(*factors: e.Expr) -> e.Expr:
    return e.Product(factors)


def power(base: e.Expr, exponent: int) -> e.Expr:
    return e.Power(base, e.Number(Fraction(exponent)))


ZERO = {
    "constant": (product(t(z), X, y), x),
    "cancels": (e.Sum((product(t(x), A, y), e.Negative(product(t(y), t(A), x)))), x),
    "antisymmetric form": (product(t(x), e.Symbol("B", (N, N), frozenset({"antisymmetric"})), x), x),
    "trace of X inv X": (e.Trace(product(A, e.Inverse(A))), A),
    "sign": (e.Total(e.Elementwise("sign", X)), X),
    "sin2+cos2": (e.Sum((power(e.Elementwise("sin", a), 2), power(e.Elementwise("cos", a), 2))), a),
    "large and constant": (product(e.Number(Fraction(10**6)), e.Total(e.Elementwise("exp", y))), x),
}
NOT_ZERO = {
    "linear": (product(t(x), y), x),
    "small": (product(e.Number(Fraction(1, 10**12)), t(x), y), x),
    "small beside large": (e.Sum((e.Number(Fraction(10**6)), product(e.Number(Fraction(1, 10**5)), t(x), y))), x),
    "antisymmetric part": (product(t(x), A, x), x),
    "own function": (e.Total(e.Elementwise("f", x)), x),
    "one entry": (e.Entry(x, (Size.of(2),)), x),
    "log": (e.Elementwise("log", a), a),
}


@pytest.mark.parametrize("name", ZERO)
def test_zero_is_confirmed(name: str) -> None:
    assert confirms_zero(*ZERO[name])


@pytest.mark.parametrize("name", NOT_ZERO)
def test_what_is_not_zero_is_not_confirmed(name: str) -> None:
    assert not confirms_zero(*NOT_ZERO[name])


def test_zero_of_second_order() -> None:
    assert confirms_zero(product(t(x), y), x, order=2)
    assert confirms_zero(e.Sum((power(a, 2), product(t(x), x))), (a, x))
    assert not confirms_zero(product(t(x), x), x, order=2)
    assert not confirms_zero(product(power(a, 2), t(x), x), (a, x))


def test_zero_is_not_confirmed_without_a_point() -> None:
    assert not confirms_zero(e.Elementwise("log", e.Negative(e.Norm(x, "2"))), y)


NESTED = "(A*" * 130 + "2^-1" + ")^-1" * 130
"""½ I, whatever A is; so many inverses multiply rounding errors until they are larger than the value."""


def nested(text: str) -> tuple[e.Expr, e.Symbol]:
    expression = elaborate(text, "A: n×n symmetric").expression
    return expression, next(node for node in e.postorder(expression) if isinstance(node, e.Symbol))


@pytest.mark.parametrize("text", [NESTED, f"norm2({NESTED}*ones(n))", f"exp({NESTED})"])
def test_rounding_does_not_refute_a_zero(text: str, monkeypatch: pytest.MonkeyPatch) -> None:
    zero = nested(text)
    assert confirms_zero(*zero)
    monkeypatch.setattr(differences._Function, "is_flat_in_residues", lambda *_: None)
    monkeypatch.setattr(differences._Function, "_is_flat_at_many_digits", lambda *_: False)
    found = [confirms_zero(*zero, points=1, seed=seed) for seed in range(12)]
    assert not all(found), "floats alone would do here, by chance at some points"


@pytest.mark.parametrize("text", [f"10^-30*A + {NESTED}", f"10^-30*norm2(A) + norm2({NESTED}*ones(n))"])
def test_what_floats_cannot_see_is_not_zero(text: str) -> None:
    assert confirms_zero(*nested(text)) is False


@pytest.mark.parametrize("text", ["x'*A*x", "norm2(x)", NESTED.replace("2^-1", "x*x'+eye")])
def test_a_wrong_zero_is_an_internal_error(text: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pipeline, "contributions", lambda tensor, seed, variables, fired, again: dict.fromkeys(variables, []))
    with pytest.raises(MatcalcError, match="internal error"):
        derive(text, "x")
