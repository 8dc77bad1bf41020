"""Programs as they were written: steps in terms of names, in an order in which they can be computed."""

from __future__ import annotations

import pytest

import matcalc
from matcalc.base.errors import ParseError
from matcalc.language import elaborate
from matcalc.objects.inputs import outline_of
from matcalc.printing import text
from tests.oracle import check_derivation


def shown(program: str, declare: str | None = None) -> tuple[dict[str, str], str]:
    found = elaborate(program, declare)
    return {name: text(step, "ascii") for name, step in found.steps.items()}, text(found.outline, "ascii")


@pytest.mark.parametrize(
    ("program", "steps", "value"),
    [
        ("z = A*x; y = z; y'*z", {"z": "A*x", "y": "z"}, "y'*z"),
        ("z = W*x + b; h = tanh(z); u'*h", {"z": "W*x + b", "h": "tanh(z)"}, "u'*h"),
        ("f = u*u; u = a*b", {"u": "a*b", "f": "u*u"}, "f"),
        ("z = x; m = mean(z); z - m*vector(1)", {"z": "x", "m": "mean(z)"}, "z - m"),
        ("S = X*X'; S*S*y", {"S": "X*X'"}, "S*S*y"),
        ("x'*x", {}, "x'*x"),
    ],
)
def test_steps(program: str, steps: dict[str, str], value: str) -> None:
    found_steps, found_value = shown(
        program, "a: scalar; b: scalar" if "u*u" in program else "x: n" if "mean" in program else None
    )
    assert (found_steps, found_value) == (steps, value)


def test_an_outline_opens_all_names_but_some() -> None:
    outline = outline_of(elaborate("z = A*x; h = tanh(z); u'*h + sum(z)"))
    assert text(outline.opened()) == "uᵀ tanh(A x) + sum(A x)"
    assert text(outline.opened("z")) == "uᵀ tanh(z) + sum(z)"
    assert text(outline.opened("h")) == "uᵀ h + sum(A x)"
    assert list(outline.needed(outline.steps["h"])) == ["z"]


def test_names_in_a_circle_are_refused() -> None:
    with pytest.raises(ParseError, match="used before it is given"):
        elaborate("a = 2*b; b = 2*c; c = 2*a; a*x")


def test_a_declared_name_is_not_the_beginning_of_one_with_more_digits() -> None:
    found = matcalc.derive("tr(W1*W10)", "W1", declare="W1: n×n")
    assert set(found.declarations) == {"W1", "W10"}
    assert str(found) == "W10ᵀ"


@pytest.mark.parametrize(
    ("expression", "wrt"), [("r*A*y", "y"), ("r*A*y", "r"), ("norm2(r)^2", "r"), ("r*A", "r"), ("r'*r*y", "r")]
)
def test_rows_are_written_as_rows(expression: str, wrt: str) -> None:
    declare = {"r*A*y": "r: 1×n; A: n×m; y: m", "r*A": "r: 1×n; A: n×m", "r'*r*y": "r: 1×n; y: n"}.get(expression, "r: 1×n")
    check_derivation(expression, wrt, declare)
