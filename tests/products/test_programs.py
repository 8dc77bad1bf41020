"""Programs with named results: derivatives in terms of the names, and all gradients from one sweep."""

from __future__ import annotations

import subprocess
import sys
from fractions import Fraction
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import matcalc
from matcalc.base.errors import MatcalcError, ParseError, ShapeError
from matcalc.einstein import linear
from matcalc.evaluation.differences import numerical_derivative
from matcalc.evaluation.interpreter import evaluate
from matcalc.evaluation.sampling import find_point
from matcalc.expr.nodes import Symbol
from matcalc.interface.named_results import NamedDerivation
from matcalc.language import elaborate
from matcalc.objects.inputs import outline_of
from matcalc.products import sweeping
from tests.counting import calls
from tests.oracle import Disagreement, check_derivation
from tests.products.checking import check_named

LAYER = "z = W*x + b; h = f(z); u'*h"
SQUARES = "f=(u+v)^2; u=(a+b)^2; v=(a-b)^2; a=(w+x+y+z)^2; b=(w+x-y-z)^2"

PROGRAMS = [
    (LAYER, "f: function", ("W", "x", "b", "u")),
    ("z = W*x + b; h = tanh(z); norm2(V*h - y)^2", None, ("W", "x", "b", "V", "y")),
    ("H = relu(X*W + 1*b'); Y = H*V; -sum(T.*log(softmax(Y, rows)))", "X: n×m; W: m×p; b: p; V: p×q; T: n×q", ("W", "b", "V")),
    ("M = S*S; tr(A*M)", "S: n×n symmetric; A: n×n", ("S", "A")),
    ("m = mean(x); c = x - m; s = sqrt(norm2(c)^2/n + a); u'*(c/s)", "x: n; u: n; a: positive scalar", ("x", "u", "a")),
    ("r = x'*A; r*y", "x: n; A: n×m; y: m", ("x", "A", "y")),
    ("r = x'*A; s = sin(r); s*y + r*y", "x: n; A: n×m; y: m", ("x", "A")),
    ("K = X*X' + c*eye; L = inv(K); a'*L*a + logdet(K)", "X: n×m; a: n; c: positive scalar", ("X", "a", "c")),
    ("p = exp(x); q = sum(p); log(q) - a'*p/q", "x: n; a: n", ("x", "a")),
    ("y = x; z = y; z'*z", "x: n", ("x",)),
    ("z = A*x; h = z.*z; sum(h) + sum(z) + x'*x", None, ("x", "A")),
]


@pytest.mark.parametrize(("program", "declare", "wrt"), [(p, d, w) for p, d, all_of in PROGRAMS for w in all_of])
def test_answers_in_names_agree_with_numbers(program: str, declare: str | None, wrt: str) -> None:
    check_named(matcalc.derive(program, wrt, declare=declare, names="keep"))


@pytest.mark.parametrize(("program", "declare", "wrt"), PROGRAMS)
def test_the_gradients_of_one_sweep_agree_with_those_of_each(program: str, declare: str | None, wrt: tuple[str, ...]) -> None:
    together = matcalc.gradient(program, list(wrt), declare=declare)
    apart = matcalc.gradient(program, list(wrt), declare=declare, names="substitute")
    elaborated = elaborate(program, declare)
    point = find_point([elaborated.expression], extra=[elaborated.symbols[name] for name in wrt])
    assert point is not None
    given = {**point.sizes, **point.values}
    found, single = together.function()(**given), apart.function()(**given)
    assert list(found) == list(together) == list(single) == list(wrt)
    for name in wrt:
        right = numerical_derivative(elaborated.expression, elaborated.symbols[name], point.values, point.sizes)
        assert right.reliable
        expected = np.asarray(right.value).reshape(np.shape(found[name]))
        np.testing.assert_allclose(found[name], expected, rtol=1e-6, atol=1e-7)
        np.testing.assert_allclose(single[name], expected, rtol=1e-6, atol=1e-7)


@pytest.mark.parametrize("wrt", ["z", "h"])
def test_a_named_result_is_a_free_variable(wrt: str) -> None:
    check_derivation("z = W*x + b; h = tanh(z); norm2(V*h - y)^2", wrt, closed=True)


def test_answers_read_as_in_a_textbook() -> None:
    found = matcalc.derive(LAYER, "W", declare="f: function", names="keep")
    assert isinstance(found, NamedDerivation)
    assert str(found) == "δ xᵀ\n  where δ = ∂s/∂z = u ⊙ f'(z)"
    assert found.text("ascii") == "z = W*x + b; delta = u.*f'(z); delta*x'"
    assert found.latex(equation=True).startswith(r"\frac{\partial s}{\partial W} = \delta x^{\top},\quad \delta = u \odot ")
    assert {name: str(form) for name, form in found.adjoints.items()} == {"delta": "u ⊙ f'(z)"}
    assert found.index_form == "Δ_i x_j"
    assert found.to_dict()["steps"] == {"z": "W*x + b", "h": "f(z)"}
    assert str(matcalc.derive(LAYER, "W", declare="f: function")) == "(u ⊙ f'(W x + b)) xᵀ"


def test_a_vector_valued_program_in_names() -> None:
    found = matcalc.derive("z = W*x + b; h = tanh(z); V*h", "x", names="keep")
    assert found.text("ascii") == "z = W*x + b; h = tanh(z); W'*diag(1 - h.^2)*V'"
    check_named(found)
    for layout in ("denominator", "numerator"):
        check_named(matcalc.derive("z = A*x; sin(z)", "x", names="keep", layout=layout))  # type: ignore[arg-type]


def test_the_single_steps() -> None:
    found = matcalc.gradient(LAYER, ["W", "b"], declare="f: function")
    assert found.chain().splitlines()[:2] == ["∂s/∂h = u", "∂h/∂z = diag(f'(z))"]
    assert {key: str(value) for key, value in found.partials.items()}["z", "b"] == "eye(n)"
    assert found.chain("ascii").startswith("ds/dh = u")


# ---------------------------------------------------------------- the nested squares


def test_nested_squares_at_the_point_of_the_example() -> None:
    found = matcalc.gradient(SQUARES, ["a", "b", "u", "v", "w", "x", "y", "z"])
    here = {"w": -1.0, "x": 0.0, "y": -2.0, "z": 1.0}
    values = found.function()(**here)
    assert {name: float(value) for name, value in values.items()} == {
        "a": 1024.0, "b": 0.0, "u": 64.0, "v": 64.0, "w": -4096.0, "x": -4096.0, "y": -4096.0, "z": -4096.0
    }  # fmt: skip
    elaborated = elaborate(SQUARES)
    for name in "wxyz":
        right = numerical_derivative(elaborated.expression, elaborated.symbols[name], here).value
        np.testing.assert_allclose(values[name], right, rtol=1e-7)
    outline = outline_of(elaborated)
    for name in "abuv":
        at = {**here, name: float(np.asarray(evaluate(outline.expanded[name], here)))}
        at |= {other: float(np.asarray(evaluate(outline.expanded[other], here))) for other in "abuv"}
        right = numerical_derivative(outline.opened(name), Symbol(name, ()), at).value
        np.testing.assert_allclose(values[name], right, rtol=1e-7, atol=1e-6)


def test_nested_squares_print_each_single_step() -> None:
    found = matcalc.gradient(SQUARES, ["w", "x", "y", "z"])
    lines = found.chain().splitlines()
    assert len(lines) == 2 + 4 + 8
    assert lines[0] == "∂f/∂u = 2 (u + v)"
    assert "∂v/∂b = 2 (b − a)" in lines
    assert "∂b/∂y = 2 (y + z − w − x)" in lines


# ---------------------------------------------------------------- depth


def network(layers: int) -> str:
    steps = [f"z{k} = W{k}*{f'h{k - 1}' if k > 1 else 'x'} + b{k}; h{k} = tanh(z{k})" for k in range(1, layers + 1)]
    return "; ".join([*steps, f"norm2(h{layers} - y)^2"])


def test_backpropagation_through_a_hundred_layers() -> None:
    wrt = [f"{letter}{k}" for k in range(1, 101) for letter in "Wb"]
    found = matcalc.gradient(network(100), wrt)
    lines = found.text().splitlines()
    assert str(found["W1"]).splitlines()[0] == "δ_z1 xᵀ"
    assert str(found["W50"]).splitlines()[0] == "δ_z50 h49ᵀ"
    assert "δ_h50 = W51ᵀ δ_z51" in lines
    assert "δ_z50 = δ_h50 ⊙ (𝟏 − h50.^2)" in lines
    assert len(lines) == 400


def test_size_and_work_are_linear_in_the_layers() -> None:
    lengths, works = [], []
    for layers in (40, 80, 160):
        text, weights = network(layers), [f"W{k}" for k in range(1, layers + 1)]
        works.append(calls(lambda text=text, weights=weights: matcalc.gradient(text, weights)))
        lengths.append(len(matcalc.gradient(text, weights).text("ascii")))
    assert lengths[2] < 2.4 * lengths[1] < 2.4 * 2.4 * lengths[0]
    assert works[2] < 2.4 * works[1]


def test_a_deep_gradient_agrees_with_differences() -> None:
    layers = 12
    found = matcalc.gradient(network(layers), ["W1", "b6", "W12"], declare={f"W{k}": "n×n" for k in range(1, layers + 1)})
    elaborated = elaborate(network(layers), {f"W{k}": "n×n" for k in range(1, layers + 1)})
    rng = np.random.default_rng(3)
    values = {name: rng.normal(size=(3, 3) if name[0] == "W" else 3) for name in elaborated.symbols}
    got = found.function()(**values)
    for name in ("W1", "b6", "W12"):
        right = numerical_derivative(elaborated.expression, elaborated.symbols[name], values, {"n": 3})
        np.testing.assert_allclose(got[name], right.value, rtol=1e-6, atol=1e-8)


# ---------------------------------------------------------------- what is refused, and planted errors


@pytest.mark.parametrize(
    ("call", "error", "words"),
    [
        (lambda: matcalc.gradient("z = A*x; z", ["x"]), ShapeError, "needs a scalar"),
        (lambda: matcalc.gradient("x'*x", []), MatcalcError, "missing"),
        (lambda: matcalc.gradient("x'*x", ["x", "x"]), MatcalcError, "twice"),
        (lambda: matcalc.gradient("x'*x", ["q"]), ParseError, "does not occur"),
        (lambda: matcalc.derive("x'*x", "x", names="hold"), MatcalcError, "treatment of names"),
        (lambda: matcalc.derive("x'*x", "x", names="keep", order=2), MatcalcError, "second derivative"),
        (lambda: matcalc.gradient("a = b*x; b = a; a", ["x"]), ParseError, "before it is given"),
        (lambda: matcalc.gradient("a = x; b = 2*x; c = 3*x", ["x"]), ParseError, "no single value"),
        (lambda: matcalc.gradient("a = x; a = 2*x", ["x"]), ParseError, "twice"),
    ],
)
def test_what_is_refused(call: Any, error: type[MatcalcError], words: str) -> None:
    with pytest.raises(error, match=words):
        call()


def test_names_of_adjoints_give_way_to_the_users() -> None:
    found = matcalc.derive("z = W*x + delta; u'*tanh(z)", "W", names="keep")
    assert "δ_z" in str(found)
    check_named(found)
    found = matcalc.derive("z = W*x + delta_z + delta; u'*tanh(z)", "W", names="keep")
    check_named(found)


def test_a_wrong_sweep_is_seen(monkeypatch: pytest.MonkeyPatch) -> None:
    right = sweeping.cotangents
    monkeypatch.setattr(
        sweeping, "cotangents", lambda *given: {key: linear.scale(Fraction(-1), part) for key, part in right(*given).items()}
    )
    with pytest.raises(Disagreement):
        check_named(matcalc.derive(LAYER, "W", declare="f: function", names="keep"))


def test_a_wrong_zero_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sweeping, "cotangents", lambda root, seed, variables: {v: linear.zero(v.shape) for v in variables})
    with pytest.raises(MatcalcError, match="came out as 0"):
        matcalc.gradient("x'*A*x", ["x"])


@pytest.mark.parametrize("wrt", [["W", "b"], ["W"]])
def test_the_code_of_gradients_checks_itself(wrt: list[str], tmp_path: Path) -> None:
    found = matcalc.gradient("z = W*x + b; h = tanh(z); u'*h", wrt)
    path = tmp_path / "gradients.py"
    path.write_text(found.code("numpy"), encoding="utf-8")
    done = subprocess.run([sys.executable, str(path)], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.count("agrees with finite differences") == len(wrt)
    assert repr(found) == f"<Gradients by {', '.join(wrt)}>"
    path.write_text(found.code("numpy").replace("np.outer(", "2*np.outer("), encoding="utf-8")
    assert subprocess.run([sys.executable, str(path)], capture_output=True, check=False).returncode != 0
