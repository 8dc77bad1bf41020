"""Results as Python objects: equality and hash, copies, pickles read by another process, short representations."""

from __future__ import annotations

import copy
import os
import pickle
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import matcalc

ROOT = Path(__file__).resolve().parents[2]
LOSS = "||X w - y||^2"
PROGRAM = "z = W*x + b; h = tanh(z); u'*h"

RESULTS: dict[str, Callable[[], Any]] = {
    "parsed": lambda: matcalc.parse("x'A x"),
    "symbol": lambda: matcalc.symbols("S: n×n symmetric"),
    "function of one's own": lambda: matcalc.symbols("f: function"),
    "size": lambda: matcalc.size("n"),
    "derivation": lambda: matcalc.derive(LOSS, "w"),
    "no closed form": lambda: matcalc.derive("A*X*X*B", "X", layout="tensor"),
    "second derivative": lambda: matcalc.hessian(LOSS, "w"),
    "pullback": lambda: matcalc.vjp("X*W", "W"),
    "names kept": lambda: matcalc.gradient(PROGRAM, "W", names="keep"),
    "several gradients": lambda: matcalc.gradient(PROGRAM, ["W", "b"]),
    "direction": lambda: matcalc.jvp("A*X*B", "X"),
    "second derivative along a direction": lambda: matcalc.hvp(LOSS, "w"),
    "differential": lambda: matcalc.differential("||X||^2", "X"),
    "verdict": lambda: matcalc.verify("d(x'A x)/dx = 2A x"),
    "reading": lambda: matcalc.parse(LOSS).reading,
}
NO_EQUALITY = ("verdict", "reading")


@pytest.mark.parametrize("name", RESULTS)
def test_results_are_copied_and_pickled(name: str) -> None:
    result = RESULTS[name]()
    for other in (copy.copy(result), copy.deepcopy(result), pickle.loads(pickle.dumps(result))):
        assert str(other) == str(result)
        assert repr(other) == repr(result)
        if name not in NO_EQUALITY:
            assert other == result
            assert hash(other) == hash(result)


def test_another_process_reads_the_same(tmp_path: Path) -> None:
    """With another seed of hashes, so that nothing rests on the order of sets."""
    file = tmp_path / "results.pickle"
    made = {name: make() for name, make in RESULTS.items()}
    functions = {"derivation": made["derivation"].function(), "names kept": made["names kept"].function()}
    file.write_bytes(pickle.dumps((made, functions)))
    code = (
        "import pickle, sys, numpy as np\n"
        "from tests.api.test_objects import RESULTS, NO_EQUALITY\n"
        f"made, functions = pickle.load(open({str(file)!r}, 'rb'))\n"
        "for name, make in RESULTS.items():\n"
        "    assert str(make()) == str(made[name]), name\n"
        "    assert name in NO_EQUALITY or make() == made[name], name\n"
        "X, w, y = np.eye(3)[:, :2], np.ones(2), np.zeros(3)\n"
        "print(functions['derivation'](X=X, w=w, y=y).tolist())\n"
    )
    environment = {**os.environ, "PYTHONHASHSEED": "271", "PYTHONPATH": str(ROOT)}
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, cwd=ROOT, env=environment, check=False)
    assert (done.stderr, done.stdout) == ("", "[2.0, 2.0]\n")


def test_deep_expressions_are_pickled() -> None:
    x = matcalc.symbols("x: n")
    deep = x
    for _ in range(3000):
        deep = matcalc.sin(deep) + x
    assert pickle.loads(pickle.dumps(deep)) == deep
    assert copy.deepcopy(deep) == deep


# ---------------------------------------------------------------- equality


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (matcalc.parse("x'Ax"), matcalc.parse("x'*A*x")),
        (matcalc.parse(r"\mathbf{x}^\top A x"), matcalc.parse("xᵀ A x")),
        (matcalc.parse("A*x"), matcalc.parse("A x", declare="A: n×m; x: m")),
        (matcalc.parse("tr(A)", declare="A: n×n spd"), matcalc.parse("tr(A)", declare="A ∈ S^n_{++}")),
        (matcalc.derive(LOSS, "w"), matcalc.derive("‖X w − y‖²", "w")),
        (matcalc.derive("x'x", "x"), matcalc.gradient("x'x", "x")),
    ],
)
def test_equal_results(one: Any, other: Any) -> None:
    assert one == other
    assert other == one
    assert (one != other) is False
    assert hash(one) == hash(other)
    assert len({one, other}) == 1


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (matcalc.parse("A*x"), matcalc.parse("A*y")),
        (matcalc.parse("tr(A)"), matcalc.parse("tr(A)", declare="A: n×n symmetric")),
        (matcalc.parse("x'x", declare="x: n"), matcalc.parse("x'x", declare="x: m")),
        (matcalc.derive("x'Ax", "x"), matcalc.derive("x'Ax", "A")),
        (matcalc.derive("x'Ax", "x"), matcalc.derive("x'Ax", "x", layout="numerator")),
        (matcalc.derive("x'Ax", "x"), matcalc.derive("x'Ax", "x", order=2)),
        (matcalc.vjp("X*W", "W"), matcalc.vjp("X*W", "W", "H")),
        (matcalc.parse("x"), "x"),
        (matcalc.derive("x'x", "x"), matcalc.parse("2*x")),
        (matcalc.jvp("A*X*B", "X"), matcalc.differential("A*X*B", "X")),
    ],
)
def test_different_results(one: Any, other: Any) -> None:
    assert one != other


def test_operators_build_equal_expressions() -> None:
    A, x = matcalc.symbols("A: n×n, x: n")
    assert x.T @ A @ x == matcalc.parse("x'A x")
    assert matcalc.derive(x.T @ A @ x, x) == matcalc.derive("x'A x", "x")
    assert x in [A, x]
    assert x not in [A]


# ---------------------------------------------------------------- functions

X, w, y = np.arange(12.0).reshape(4, 3), np.array([1.0, -1.0, 2.0]), np.array([1.0, 0.0, 2.0, 1.0])
FUNCTIONS: dict[str, Callable[[], Any]] = {
    "derivation": lambda: matcalc.derive(LOSS, "w").function(),
    "expression": lambda: matcalc.parse(LOSS).function(),
    "jax": lambda: matcalc.derive(LOSS, "w").function("jax"),
    "compiled": lambda: matcalc.compile(LOSS, gradient=["w"], hessian="w"),
    "compiled for jax": lambda: matcalc.compile(LOSS, gradient=["w"], target="jax"),
    "evaluated": lambda: matcalc.parse("expm(X'*X*(w*w'))").function(),
}


@pytest.mark.parametrize("name", FUNCTIONS)
def test_functions_are_copied_and_pickled(name: str) -> None:
    if "jax" in name:
        pytest.importorskip("jax")
    function = FUNCTIONS[name]()
    values = {"X": X / 9, "w": w, "y": y}
    expected = function(**values)
    for other in (copy.copy(function), copy.deepcopy(function), pickle.loads(pickle.dumps(function))):
        found = other(**values)
        for one, two in zip(expected, found, strict=True) if isinstance(expected, tuple) else [(expected, found)]:
            np.testing.assert_allclose(np.asarray(one), np.asarray(two))
        assert repr(other) == repr(function)


def test_what_functions_are_called() -> None:
    assert repr(matcalc.derive(LOSS, "w").function()) == "<function of X: n×m, w: m, y: n → m>"
    assert repr(matcalc.parse("x'x").function()) == "<function of x: n → scalar>"
    assert repr(matcalc.compile(LOSS, gradient=["w"])) == "<Compiled function of X: n×m, w: m, y: n → value, gradient_w>"
    many = matcalc.parse(" + ".join(f"A{k}*x{k}" for k in range(20)))
    assert repr(many.function()) == "<function of 40 names → n>"


def test_a_function_takes_any_spelling_and_tells_its_code() -> None:
    call = matcalc.derive("beta'*beta", "beta").function()
    np.testing.assert_allclose(call(β=w), 2 * w)
    assert call.__name__ == "gradient"
    assert "def gradient" in (call.__doc__ or "")


def test_what_is_doubtful_shows_on_one_line_too() -> None:
    text = "1/2 w'w + C sum(relu(1 - y.*(X w + b)))"
    claim = f"d({text})/dw = w"
    for shown in (matcalc.derive(text, "w"), matcalc.parse(text), matcalc.gradient(text, ["w", "b"]), matcalc.verify(claim)):
        assert repr(shown).endswith(" (warning: C is read as a scalar, although it is a capital)>")
        assert "warning" in repr(shown.reading)
    assert any((one.name, one.choice) == ("C", "scalar") for one in matcalc.parse(text).reading.decisions)
    assert "warning" not in repr(matcalc.derive("x'A x", "x"))


def test_a_step_is_shown_as_its_equation() -> None:
    assert repr(matcalc.derive("x'A x", "x").steps[-1]) == "<Step fold: ∂f/∂x = (A + Aᵀ) x>"
    other = matcalc.parse("x'A x").reading.alternatives[0]
    assert repr(other) == f"<Alternative {other}>"
