"""``matcalc derive --steps``."""

from __future__ import annotations

import json

import pytest

from tests.cli.test_derive_command import run


def test_steps_end_with_the_result_and_are_all_there_is_on_standard_output() -> None:
    status, out, err = run("derive", "x'Ax", "--wrt", "x", "--steps")
    assert status == 0
    assert out.splitlines()[0] == "Differentiate f(x) = xᵀ A x by x, where x ∈ ℝⁿ, A ∈ ℝⁿˣⁿ."
    assert out.splitlines()[1].split("   ")[0] == "f = x_i A_ij x_j"
    assert out.splitlines()[-1].split("   ")[0] == "∂f/∂x = (A + Aᵀ) x"
    assert "shape:    vector of size n" in err


@pytest.mark.parametrize(
    ("target", "expected"),
    [
        ("ascii", "df/dx[k] = "),
        ("latex", "\\begin{align*}"),
        ("markdown", "1. index notation"),
        ("html", '<ol class="matcalc-steps">'),
    ],
)
def test_the_forms_of_steps(target: str, expected: str) -> None:
    status, out, _ = run("derive", "x'Ax", "--wrt", "x", "--steps", "--to", target)
    assert status == 0
    assert expected in out


def test_json_is_one_object_with_the_steps_in_it() -> None:
    status, out, err = run("derive", "x'Ax", "--wrt", "x", "--steps", "--to", "json")
    found = json.loads(out)
    assert (status, err, found["unicode"]) == (0, "", "(A + Aᵀ) x")
    assert [step["rule"] for step in found["derivation"]][:2] == ["index notation", "product rule"]


def test_an_output_without_unicode_gets_ascii() -> None:
    status, out, _ = run("derive", "||x - y||^2", "--wrt", "x", "--steps", encoding="ascii")
    assert status == 0
    assert "delta[" in out


@pytest.mark.parametrize("arguments", [("--steps", "--to", "numpy"), ("--to", "html")])
def test_a_form_that_there_is_not_is_refused_with_advice(arguments: tuple[str, ...]) -> None:
    status, out, err = run("derive", "x'Ax", "--wrt", "x", *arguments)
    assert (status, out) == (2, "")
    assert "html" in err
