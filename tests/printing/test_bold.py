"""Bold type in LaTeX: vectors and matrices, never scalars, entries or functions; the same option everywhere."""

from __future__ import annotations

import pytest
from click.testing import CliRunner

import matcalc
from matcalc.base.errors import MatcalcError
from matcalc.cli.clicked import cli


@pytest.mark.parametrize(
    ("source", "declare", "shown"),
    [
        ("x'*A*x + c", "c: scalar", r"\mathbf{x}^{\top} \mathbf{A} \mathbf{x} + c"),
        ("Sigma_hat*mu_1", "mu_1: n", r"\hat{\boldsymbol{\Sigma}} \boldsymbol{\mu}_{1}"),
        ("f(W_2*x_bar)", "f: function; x_bar: n", r"f(\mathbf{W}_{2} \bar{\mathbf{x}})"),
        ("A + eye", "A: n×n", r"\mathbf{A} + \mathbf{I}"),
        ("e_1'*A", "A: n×n", r"\mathbf{e}_{1}^{\top} \mathbf{A}"),
        ("vector(1)'*k_star", "k_star: n", r"\mathbf{1}^{\top} \mathbf{k}_{*}"),
        ("Gamma*ell", "Gamma: n×n; ell: n", r"\boldsymbol{\Gamma} \boldsymbol{\ell}"),
        ("data*x", "data: n×m", r"\mathbf{data} \mathbf{x}"),
    ],
)
def test_names(source: str, declare: str, shown: str) -> None:
    parsed = matcalc.parse(source, declare)
    assert parsed.latex(bold=True) == shown
    assert "\\math" not in parsed.latex().replace("\\mathbf{1}", "").replace("\\mathrm", "")
    assert matcalc.parse(f"${shown}$", parsed.declarations).node is parsed.node


def test_results() -> None:
    d = matcalc.derive("norm2(X*w - y)^2", "w")
    assert d.latex(bold=True) == r"2 \mathbf{X}^{\top} (\mathbf{X} \mathbf{w} - \mathbf{y})"
    left = r"\frac{\partial}{\partial \mathbf{w}} \lVert \mathbf{X} \mathbf{w} - \mathbf{y} \rVert^{2}"
    assert d.latex(equation=True, bold=True) == f"{left} = {d.latex(bold=True)}"
    assert d.markdown(bold=True) == f"${d.latex(bold=True)}$"
    assert d.differential().latex(True, bold=True).endswith(r"\mathrm{d}\mathbf{w}")
    assert (
        matcalc.vjp("X*W", "W").latex(True, bold=True) == r"\frac{\partial L}{\partial \mathbf{W}} = \mathbf{X}^{\top} \mathbf{G}"
    )
    found = matcalc.gradient("z = W*x; h = tanh(z); u'*h", ["W"])
    assert r"\boldsymbol{\delta} \mathbf{x}^{\top}" in found.latex(bold=True)
    assert r"\frac{\partial}{\partial {W}_{ij}} = " in matcalc.derive("tr(A*W)", "W").slice().latex(True, bold=True)
    assert "mathbf" not in matcalc.jacobian("diag(exp(x))*A", "x", layout="tensor").latex(bold=True)


def test_command_line() -> None:
    asked = ["derive", "x'*A*x", "--wrt", "x", "--bold"]
    assert CliRunner().invoke(cli, asked).stdout == "(\\mathbf{A} + \\mathbf{A}^{\\top}) \\mathbf{x}\n"
    assert CliRunner().invoke(cli, [*asked, "--to", "markdown"]).stdout.startswith("$(\\mathbf{A}")
    refused = CliRunner().invoke(cli, [*asked, "--to", "ascii"])
    assert isinstance(refused.exception, MatcalcError)
    for command in ("vjp", "gradient", "differential", "jvp"):
        expression = ["x'*A*x", "--wrt", "x", *(["--direction", "v"] if command == "jvp" else [])]
        assert r"\mathbf{A}" in CliRunner().invoke(cli, [command, *expression, "--bold"]).stdout
