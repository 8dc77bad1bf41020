"""The sides that a counterexample prints differ in what is printed, however near they are."""

from __future__ import annotations

import json
import math
import re
import subprocess
import sys
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import matcalc
from matcalc.verification.judgement import verify

NEAR = [
    ("x + 1e-9 = x", "x: n"),
    ("x + 1e-30 = x", "x: n"),
    ("tanh(x) + 1e-100*x = tanh(x)", "x: scalar"),
    ("norm2(x) = sqrt(x'*x + 1e-60)", "x: n"),
    ("2^(10^9) = 2^(10^9 + 1)", ""),
    ("d(a*sum(x))/dx = a*ones(n) + ones(n)/1000000000", "x: n; a: scalar"),
    ("exp(1) = 2.718281828", ""),
    ("d(x'*A*x)/dx = (A + A')*x + 1e-7*x", "x: n; A: n×n"),
    ("d(x'*A*x)/dx = 2*A*x", "x: n; A: n×n"),
]


@pytest.mark.parametrize(("statement", "declare"), NEAR)
def test_the_sides_differ_in_print_and_as_data(statement: str, declare: str) -> None:
    example = verify(statement, declare=declare).counterexample
    assert example is not None
    left, right = (line.partition(":")[2].strip() for line in str(example).splitlines()[-2:])
    assert left != right
    data = example.to_dict()
    assert data["left"] != data["right"]
    assert not np.array_equal(example.left, example.right)


def test_plain_numbers_stay_plain() -> None:
    example = verify("d(x'*A*x)/dx = 2*A*x", declare="x: n; A: n×n").counterexample
    assert example is not None
    assert all(float(entry).is_integer() for entry in [*np.ravel(example.left), *np.ravel(example.right)])
    assert "." not in str(example)


def test_what_is_left_of_numbers_that_cancel_is_zero() -> None:
    """The determinant of a singular matrix, and not its rounding; numbers that are really small stay."""
    example = verify("det(X*X') = det(X'*X)", declare="X: 3×2").counterexample
    assert example is not None
    assert example.left == 0.0
    assert "left side:  0\n" in str(example)
    small = verify("exp(-1000*a^2) = 0", declare="a: scalar").counterexample
    assert small is not None
    assert "left side:  0" not in str(small)


@pytest.mark.parametrize(
    ("statement", "declare", "left"),
    [
        ("sum(f(x)) = f(sum(x))", "f: function; x: n", lambda f, x: sum(f(one) for one in x)),
        ("f(2*x) = 2*f(x)", "f: R^n -> R; x: n", lambda f, x: f(2 * x)),
        ("f(x - 1) = f(x)", "f: R^n -> R^n; x: n", lambda f, x: f(x - 1)),
        ("f(x, x'*x) = f(x, 1)", "f: R^n, R -> R; x: n", lambda f, x: f(x, x @ x)),
    ],
)
def test_the_function_that_a_counterexample_is_of(statement: str, declare: str, left: Callable[..., Any]) -> None:
    """What is shown for an unknown function gives, by Python itself, the value of the side."""
    example = verify(statement, declare=declare).counterexample
    assert example is not None and example.to_dict()["functions"] == example.functions
    ((title, formula),) = example.functions.items()
    assert f"{title} = {formula}" in str(example)
    body = formula.partition(" with ")[0].replace(";", ",")
    body = re.sub(r"\[(\d)\]", lambda found: f"[{int(found[1]) - 1}]", body)

    def shown(*values: Any) -> Any:
        names = dict(zip(title[2:-1].split(", "), values, strict=True))
        known = {"sin": math.sin, "exp": math.exp, "s": lambda t, a: math.sin(t + a) + 2 * math.exp(-a * t / 2)}
        return np.asarray(eval(body, {}, known | names))

    np.testing.assert_allclose(left(shown, np.asarray(example.values["x"])), example.left, rtol=1e-9)


WITHOUT_NUMPY = """
import sys
sys.modules["numpy"] = None
import json, matcalc
claims = ["d(x'Ax)/dx = (A + A')x", "d(x'Ax)/dx = 2Ax", "d(norm2(x)^2)/dx = x"]
found = [matcalc.verify(claim).to_dict() for claim in claims]
print(json.dumps([found, matcalc.derive("sin(t)^2 + cos(t)^2", "t").to_dict()]))
assert "no self check: NumPy" in matcalc.derive("x'Ax", "x").code("numpy")
"""


def test_numpy_is_needed_for_no_verdict() -> None:
    """A browser has none: verdicts, counterexamples and right answers are the same there, but whether a condition is needed stays open."""
    done = subprocess.run([sys.executable, "-c", WITHOUT_NUMPY], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    verdicts, zero = json.loads(done.stdout)
    for verdict in verdicts:
        usual = matcalc.verify(verdict["statement"]).to_dict()
        if usual["condition_exact"]:
            assert (verdict["status"], verdict["condition_exact"]) == ("refuted", False)
            assert "a condition is not looked for here: that needs NumPy" in verdict["reason"]
            usual |= {"status": "refuted", "condition_exact": False}
        if verdict["status"] == "refuted":
            usual |= {"reason": "; ".join(filter(None, [usual["reason"], verdict["reason"].rpartition("; ")[2]]))}
        assert verdict == usual
    assert [verdict["status"] for verdict in verdicts].count("refuted") == len(verdicts) - 1
    assert zero == matcalc.derive("sin(t)^2 + cos(t)^2", "t").to_dict()
