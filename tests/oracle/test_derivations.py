"""Derivations checked whole, and an error planted in each stage of the engine seen by the check."""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction
from typing import Any

import pytest

from matcalc.base.errors import MatcalcError, ShapeError
from matcalc.derivation import pipeline
from matcalc.einstein import linear
from matcalc.expr import nodes as e
from matcalc.interface.results import Derivation
from tests.oracle import Disagreement, check_derivation

CASES = [
    ("||X - U*V||^2", "V", "2*U'*(U*V - X)"),
    ("x'*A*x", "x", "(A + A')*x"),
    ("logdet(X'*X)", "X", "2*X*inv(X'*X)"),
    ("a'*inv(X)*b", "X", "-inv(X)'*a*b'*inv(X)'"),
    ("sum(exp(A*x + b))", "x", "A'*exp(A*x + b)"),
    ("A*x", "x", "A'"),
]
DECLARE = {"a": "n", "b": "n"}


def declared(text: str) -> dict[str, str] | None:
    return DECLARE if "inv(X)*b" in text else None


@pytest.mark.parametrize(("text", "wrt", "expected"), CASES)
def test_textbook_answers(text: str, wrt: str, expected: str) -> None:
    check_derivation(text, wrt, declared(text), expected, closed=True)


@pytest.mark.parametrize("layout", ["denominator", "numerator", "tensor"])
def test_layouts(layout: str) -> None:
    check_derivation("sin(A*x + b)", "x", layout=layout, closed=True)
    check_derivation("a'*X*b", "X", DECLARE, layout=layout, closed=True)
    check_derivation("x/norm2(x)", "x", layout=layout, closed=True)


@pytest.mark.parametrize("symmetric", ["projected", "independent", "cookbook"])
def test_symmetric_conventions(symmetric: str) -> None:
    check_derivation("a'*S*b", "S", "S: n×n symmetric; a: n; b: n", symmetric=symmetric, closed=True)


@pytest.mark.parametrize(
    ("text", "wrt", "wrong"),
    [
        ("||X - U*V||^2", "V", "2*U'*(X - U*V)"),
        ("||X - U*V||^2", "V", "U'*(U*V - X)"),
        ("x'*A*x", "x", "2*A*x"),
        ("A*x", "x", "A"),
        ("logdet(X'*X)", "X", "2*X*inv(X'*X) + X"),
        ("x'*x", "x", "2*x'"),
    ],
)
def test_wrong_expectations_are_refused(text: str, wrt: str, wrong: str) -> None:
    with pytest.raises((Disagreement, ShapeError)):
        check_derivation(text, wrt, None, wrong)


def test_a_missing_closed_form_is_refused() -> None:
    with pytest.raises(Disagreement, match="closed form"):
        check_derivation("x'*A*x", "x", closed=False)


# ---------------------------------------------------------------- an error in each stage

FORM = ("x'*A*x + sum(sin(x))", "x")
MATRIX = ("norm2(X - U*V)^2", "V")


def wrapped(monkeypatch: pytest.MonkeyPatch, name: str, change: Callable[..., Any]) -> None:
    """Lets the pipeline use a changed result of one of its stages."""
    right = getattr(pipeline, name)
    monkeypatch.setattr(pipeline, name, lambda *arguments, **options: change(right(*arguments, **options)))


@pytest.mark.parametrize(("text", "wrt"), [FORM, MATRIX])
def test_wrong_differentiation_is_seen(monkeypatch: pytest.MonkeyPatch, text: str, wrt: str) -> None:
    wrapped(
        monkeypatch, "contributions", lambda found: {name: [(-c, part) for c, part in parts] for name, parts in found.items()}
    )
    with pytest.raises(Disagreement, match="index form"):
        check_derivation(text, wrt)


def test_wrong_lowering_is_seen(monkeypatch: pytest.MonkeyPatch) -> None:
    right = pipeline.lower

    def forgetful(*arguments: Any) -> Any:
        lowered = right(*arguments)
        return type(lowered)(linear.scale(Fraction(1, 2), lowered.tensor), lowered.split)

    monkeypatch.setattr(pipeline, "lower", forgetful)
    with pytest.raises(Disagreement, match="index form"):
        check_derivation(*FORM)


@pytest.mark.parametrize("change", [lambda form: e.Negative(form), lambda form: e.Product((e.Number(Fraction(2)), form))])
def test_wrong_folding_is_seen(monkeypatch: pytest.MonkeyPatch, change: Callable[[e.Expr], e.Expr]) -> None:
    wrapped(monkeypatch, "fold", change)
    with pytest.raises(Disagreement, match="function"):
        check_derivation(*MATRIX)


def test_transposed_folding_is_seen(monkeypatch: pytest.MonkeyPatch) -> None:
    wrapped(monkeypatch, "fold", lambda form: e.Transpose(form))
    with pytest.raises(Disagreement):
        check_derivation("a'*X*b", "X", "X: n×n; a: n; b: n")


@pytest.mark.parametrize("style", ["ascii", "unicode"])
def test_wrong_printing_is_seen(monkeypatch: pytest.MonkeyPatch, style: str) -> None:
    right = Derivation.text

    def careless(self: Derivation, asked: str = "unicode") -> str:
        found = right(self, asked)
        return found.replace("'", "").replace("ᵀ", "") if asked == style else found

    monkeypatch.setattr(Derivation, "text", careless)
    with pytest.raises(Disagreement, match="text"):
        check_derivation("x'*A*x", "x", "A: n×n; x: n")


def test_a_wrong_zero_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    wrapped(monkeypatch, "contributions", lambda found: dict.fromkeys(found, ()))
    with pytest.raises(MatcalcError, match="came out as 0"):
        check_derivation(*FORM)
