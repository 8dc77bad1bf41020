"""The types of the interface, as a type checker sees them."""

from __future__ import annotations

import importlib.util
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
USE = """
from typing import assert_type
import matcalc
X, w, y = matcalc.symbols("X: n×m, w: m, y: n")
loss = matcalc.norm(X @ w - y) ** 2
assert_type(loss, matcalc.ParsedExpression)
assert_type(matcalc.parse("x'x") + 1, matcalc.ParsedExpression)
assert_type(matcalc.derive(loss, w), matcalc.Derivation)
assert_type(matcalc.gradient("x'x", "x"), matcalc.Derivation)
assert_type(matcalc.gradient("x'A x", ["x", "A"]), matcalc.Gradients)
assert_type(matcalc.jacobian("A*x", "x"), matcalc.Derivation)
assert_type(matcalc.hessian("x'x", "x", declare={"x": (3,)}), matcalc.Derivation)
assert_type(matcalc.vjp("A*x", "x"), matcalc.Derivation)
assert_type(matcalc.vjp("A*x", ["x", "A"]), matcalc.Gradients)
assert_type(matcalc.jvp("A*x", "x"), matcalc.Equation)
assert_type(matcalc.hvp("x'x", "x"), matcalc.Derivation)
assert_type(matcalc.differential("A*x", "x"), matcalc.Equation)
assert_type(matcalc.verify("d(x'x)/dx = 2x"), matcalc.Verdict)
assert_type(matcalc.verify_file("notes.md"), list[matcalc.Verdict])
"""


def checked(tmp_path: Path, code: str) -> str:
    file = tmp_path / "use.py"
    file.write_text(code, encoding="utf-8")
    command = [
        sys.executable,
        "-m",
        "mypy",
        "--config-file=",
        "--strict",
        f"--cache-dir={ROOT / '.mypy_cache'}",
        "--follow-imports=silent",
    ]
    return subprocess.run([*command, str(file)], capture_output=True, text=True, cwd=ROOT, check=False).stdout


@pytest.mark.skipif(importlib.util.find_spec("mypy") is None, reason="mypy is not installed")
def test_calls_have_the_types_that_they_return(tmp_path: Path) -> None:
    assert "Success" in checked(tmp_path, USE)
    assert "error" in checked(tmp_path, USE + 'assert_type(matcalc.derive("x", "x"), int)\n')
