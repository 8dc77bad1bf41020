"""The commands vjp, jvp, differential and gradient, and the views of ``derive``."""

from __future__ import annotations

import json

import pytest

from tests.cli.test_derive_command import run

LAYER = "z = W*x + b; h = f(z); u'*h"


@pytest.mark.parametrize(
    ("arguments", "out"),
    [
        (("vjp", "X*W + 1*b'", "--wrt", "W", "--upstream", "G"), "Xᵀ G\n"),
        (("vjp", "X*W", "--wrt", "X,W"), "∂L/∂X = G Wᵀ\n∂L/∂W = Xᵀ G\n"),
        (("vjp", "X*W", "--wrt", "W", "--to", "ascii"), "X'*G\n"),
        (("vjp", "-X*W", "--wrt", "W"), "−Xᵀ G\n"),
        (("jvp", "A*X*B", "--wrt", "X", "--direction", "D"), "A D B\n"),
        (("jvp", "W*x", "--wrt", "W,x", "--direction", "D,d"), "W d + D x\n"),
        (("hvp", "||X - U*V'||^2", "--wrt", "U", "--direction", "D"), "2 D Vᵀ V\n"),
        (("differential", "||X - U V||^2", "--wrt", "V"), "df = tr(2 (U V − X)ᵀ U dV)\n"),
        (("differential", "A*X*B", "--wrt", "X", "--to", "latex"), "\\mathrm{d}Y = A \\mathrm{d}X B\n"),
        (("derive", "A*X*B", "--wrt", "X", "--to", "differential"), "dY = A dX B\n"),
        (("derive", "A*X*B", "--wrt", "X", "--to", "slice"), "∂/∂X_ij = A e_i e_jᵀ B\n"),
        (("derive", LAYER, "--wrt", "W", "--declare", "f: function", "--names", "keep"), "δ xᵀ\n  where δ = ∂s/∂z = u ⊙ f'(z)\n"),
        (("derive", LAYER, "--wrt", "W", "--declare", "f: function"), "(u ⊙ f'(W x + b)) xᵀ\n"),
        (("gradient", LAYER, "--wrt", "W,b", "--declare", "f: function"), "δ = u ⊙ f'(z)\n∂s/∂W = δ xᵀ\n∂s/∂b = δ\n"),
        (("gradient", "u = x^2; v = 3*u; sin(v)", "--wrt", "x", "--declare", "x: scalar", "--names", "substitute"), None),
    ],
)
def test_what_is_printed(arguments: tuple[str, ...], out: str | None) -> None:
    status, printed, err = run(*arguments)
    assert (status, "Traceback" in err) == (0, False)
    if out is not None:
        assert printed == out
    assert err.startswith("where:")


@pytest.mark.parametrize(("style", "rule"), [("index", "contract δ"), ("differential", "adjoint: aᵀ c = ⟨a, c⟩")])
def test_a_hessian_along_a_direction_has_the_steps_of_its_gradient_first(style: str, rule: str) -> None:
    status, out, _ = run("hvp", "x'Ax wrt x along v", "--steps", "--style", style)
    gradient, _, along = out.partition("∂²f/∂x² [v]:\n")
    assert status == 0 and gradient.startswith("∂f/∂x:\nDifferentiate f(x) = xᵀ A x by x") and rule in gradient
    assert along.startswith("Differentiate f(x) = xᵀ (A + Aᵀ) v by x") and along.splitlines()[-1].startswith("∂f/∂x = (A + Aᵀ) v")
    assert run("hvp", "x'Ax", "--wrt", "x", "--to", "html")[0] == 2
    assert run("hvp", "x'Ax", "--wrt", "x", "--steps", "--to", "html")[1].count("<") > 20


def test_partials_come_first() -> None:
    lines = run("gradient", "u = x^2; v = 3*u; sin(v)", "--wrt", "x", "--declare", "x: scalar", "--partials")[1].splitlines()
    assert lines[:3] == ["∂f/∂v = cos(v)", "∂v/∂u = 3", "∂u/∂x = 2 x"]
    assert lines[-1].startswith("∂f/∂x = ")


@pytest.mark.parametrize(
    "arguments", [("vjp", "X*W", "--wrt", "W"), ("jvp", "X*W", "--wrt", "W"), ("gradient", "x'*x", "--wrt", "x")]
)
def test_json_is_one_object(arguments: tuple[str, ...]) -> None:
    status, out, err = run(*arguments, "--to", "json")
    assert (status, err) == (0, "")
    assert isinstance(json.loads(out), dict)


@pytest.mark.parametrize(
    "arguments",
    [
        ("vjp", "X*W", "--wrt", "W", "--upstream", "X"),
        ("jvp", "X*W", "--wrt", "W,X"),
        ("gradient", "A*x", "--wrt", "x"),
        ("differential", "x'Ax"),
    ],
)
def test_misuse_has_status_two(arguments: tuple[str, ...]) -> None:
    status, out, err = run(*arguments)
    assert (status, out) == (2, "")
    assert err.strip()
    assert "Traceback" not in err
