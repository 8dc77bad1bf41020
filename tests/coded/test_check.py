"""Functions beside the derivatives that they should give. All planted mistakes, right gradients by the hundred, and JAX and PyTorch where
they are installed are looked at by ``python -m tests.coded``."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import matcalc
from matcalc.coded.libraries import NumPy, Slot, Subject, subject_of
from tests.coded.planted import LEAST, PLANTED, QUADRATIC, RIDGE, Planted, judged
from tests.documents.running import called

KINDS = [one for place, one in enumerate(PLANTED) if one.kind not in {other.kind for other in PLANTED[:place]}]
"""One mistake of every kind; the others are looked at by ``python -m tests.coded``."""


@pytest.mark.parametrize("one", KINDS, ids=lambda one: one.kind or "right")
def test_a_mistake_is_named(one: Planted) -> None:
    verdict = judged(one)
    assert (verdict.kind, one.words in verdict.reason) == (one.kind, True), verdict
    if verdict.is_false and verdict.counterexample is not None and verdict.kind not in ("random", "changed", "nan", "shape"):
        example = verdict.counterexample
        space: dict[str, Any] = {}
        exec(one.source, space)
        names = {name.strip() for name in one.question[2].split(",")}
        values = {name: np.array(value, dtype=float) for name, value in example.values.items() if name in names}
        assert np.allclose(space["grad"](**values), example.left)
        assert not np.allclose(example.left, example.right)


def least(w: Any, X: Any, y: Any) -> Any:
    return 2 * X.T @ (X @ w - y)


def quadratic(x: Any, A: Any, b: Any) -> Any:
    return 2 * A @ x + b


def test_a_right_gradient_is_true_and_a_wrong_one_false() -> None:
    assert matcalc.check(least, LEAST[0], "w")
    verdict = matcalc.check(quadratic, QUADRATIC[0], "x")
    assert not verdict
    assert (verdict.status, verdict.condition) == ("conditional", "A symmetric")
    assert matcalc.check(quadratic, QUADRATIC[0], "x", declare="A symmetric")
    assert repr(verdict).endswith(": A should be Aᵀ>")


SPELLED = [
    (lambda weights, data, y: least(weights, data, y), {"arguments": "w=weights, X=data"}),
    (lambda weights, data, y: least(weights, data, y), {"arguments": {"weights": "w", "data": "X"}}),
    (lambda *parts: least(parts[1], parts[0], parts[2]), {"arguments": ["X", "w", "y"]}),
    (lambda w, X, y, n: least(w, X, y) * (n == len(y)), {}),
    (lambda w, X, y, scale: least(w, X, y) * scale, {"arguments": "scale=1"}),
    (lambda w, X, y, unused=3: [float(entry) for entry in least(w, X, y)], {}),
    (lambda w, X, y: (0.0, least(w, X, y)), {"output": 2}),
    (lambda w, X, y: {"w": least(w, X, y)}, {"output": "w"}),
    (lambda w, X, y: 2 * X.T @ (X @ w - y) if w.shape[1:] == (1,) else 1 / 0, {}),
    (lambda w, *rest: least(w, *rest), {"arguments": "w,X,y"}),
    (lambda **named: least(**named), {"arguments": "w=w,X=X,y=y"}),
    (least, {"seconds": float("inf")}),
]


@pytest.mark.parametrize(("function", "options"), SPELLED)
def test_arguments_are_bound_by_their_names(function: Callable[..., Any], options: dict[str, Any]) -> None:
    assert matcalc.check(function, LEAST[0], "w", **options)


UNBOUND = [
    (lambda weights, X, y: 0, {}, "--arguments w=weights"),
    (lambda w, X, y, rate: 0, {}, "--arguments rate=NUMBER with a number or one of the sizes m, n for NUMBER"),
    (lambda w, X, y: 0, {"arguments": "w=weights"}, "pairs of a symbol and a parameter"),
    (lambda w, X, y: (least(w, X, y), 1.0, X), {}, "--output 3"),
    (lambda w, X, y: None, {}, "return"),
    (lambda w, X, y: w[99], {}, "test_check.py"),
    (lambda w, X, y: "text", {}, "no array"),
    (3, {}, "is no function"),
    (least, {"autograd": True, "arrays": "numpy"}, "NumPy has no derivatives"),
    (least, {"arrays": "cupy"}, "numpy, jax, torch"),
    (lambda *parts: 0, {}, "--arguments X,w,y"),
    (lambda w, *rest: least(w, *rest), {}, "--arguments w,X,y"),
    (lambda **named: 0, {}, "--arguments X=X,w=w,y=y"),
    (least, {"seconds": -1}, "a positive number of seconds"),
    (least, {"seconds": float("nan")}, "a positive number of seconds"),
]


@pytest.mark.parametrize(("function", "options", "said"), UNBOUND)
def test_what_cannot_be_called_is_told(function: Any, options: dict[str, Any], said: str) -> None:
    with pytest.raises(matcalc.MatcalcError) as caught:
        matcalc.check(function, LEAST[0], "w", **options)
    assert said in str(caught.value)


class Model:
    """Takes a size; its weights have axes, as those of a module of PyTorch."""

    def __init__(self, dim: int) -> None:
        self.dim = np.zeros(dim).size

    def gradient(self, w: Any, X: Any, y: Any) -> Any:
        return least(w, X, y)


@pytest.mark.parametrize(
    ("formula", "declare", "advice", "arguments"),
    [
        ("||X*w - y||^2", None, "dim=NUMBER with a number or one of the sizes m, n for NUMBER", "dim=m"),
        ("||X*w - y||^2", "X: 3×5", "dim=NUMBER with a number or one of the sizes 3, 5 for NUMBER", "dim=5"),
        ("||X*w - y||^2", "X: n×n", "dim=n", "dim=n"),
    ],
)
def test_advice_on_the_size_of_a_model_can_be_followed(formula: str, declare: str | None, advice: str, arguments: str) -> None:
    subject = subject_of(Model.gradient, Model, "Model.gradient")
    with pytest.raises(matcalc.MatcalcError) as caught:
        matcalc.check(subject, formula, "w", declare=declare)
    assert caught.value.suggestion == f"--arguments {advice}"
    assert matcalc.check(subject, formula, "w", declare=declare, arguments=arguments)


def test_weights_are_named_where_symbols_are_left() -> None:
    slots = [Slot("x"), Slot("linear.weight", "weight", True, False, 2), Slot("linear.bias", "weight", True, False, 1)]
    subject = Subject("Linear", tuple(slots), lambda given: given, (NumPy(),))
    with pytest.raises(
        matcalc.MatcalcError, match=r"no parameter of Linear takes W; it has x, linear.weight, linear.bias"
    ) as caught:
        matcalc.check(subject, "||W*x + b||^2", "x")
    assert caught.value.suggestion == "--arguments linear.weight=W,linear.bias=b"


class ByDifferences(NumPy):
    """Stands for a library with derivatives of its own, of one argument at a time."""

    def differentiated(self, invoke: Any, given: Any, slots: Any) -> Any:
        (slot,) = slots

        def changed(unit: Any) -> Any:
            return (invoke({**given, slot: given[slot] + unit}) - invoke({**given, slot: given[slot] - unit})) / 2e-3

        units = 1e-3 * np.eye(given[slot].size).reshape(-1, *given[slot].shape)
        return np.array([changed(unit) for unit in units]).reshape(given[slot].shape)


@pytest.mark.parametrize(("function", "status"), [("x @ A @ x", ["confirmed"] * 2), ("x @ A @ x * x[0]", ["refuted"] * 2)])
def test_a_value_is_compared_with_the_gradient_by_every_name(
    function: str, status: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    value = eval(f"lambda x, A: {function}")
    subject = replace(subject_of(value, arrays="numpy", autograd=True), libraries=(ByDifferences(),))
    monkeypatch.setattr("matcalc.commands.machines.subject_for", lambda *_: subject)
    found, output = called(["check", "layers.py:Quadratic", "x'*A*x", "--wrt", "x", "--wrt", "A", "--to", "json"])
    verdicts = json.loads(output)["verdicts"]
    assert [one["status"] for one in verdicts] == status and found == (status[0] == "refuted")


def test_a_parameter_may_be_spelled_otherwise() -> None:
    verdict = matcalc.check(lambda x, Sig: 2 * Sig @ x, "x'*Σ*x", "x", declare="Σ: n×n symmetric")
    assert verdict.ok
    assert "Sig is taken for Sigma" in verdict.notes


@pytest.mark.parametrize(
    ("function", "formula", "options", "said"),
    [
        (lambda w, X, y: np.outer(least(w, X, y), [1, 1]), LEAST[0], {"columns": True}, "(5, 2), and should be (5, 1)"),
        (lambda w, X, y: least(w, X, y)[:-1], LEAST[0], {"columns": True}, "(4, 1), and should be (5, 1)"),
        (lambda w, X, y: least(w, X, y)[:-1], LEAST[0], {}, "(4,), and should be (5,)"),
        (lambda w: 2 * w, "w.*w", {}, "the result is the diagonal alone: the derivative is a diagonal matrix"),
        (
            lambda w: w,
            "w.*w",
            {},
            "the result is the diagonal alone: the derivative is a diagonal matrix, with 0 elsewhere, and the",
        ),
        (lambda w, A: np.diag(A), "A*w", {"declare": "A: n×n"}, "the result is the diagonal alone"),
    ],
)
def test_a_shape_is_told_as_it_is_given(function: Any, formula: str, options: dict[str, Any], said: str) -> None:
    verdict = matcalc.check(function, formula, "w", **options)
    assert (verdict.kind, said in verdict.reason) == ("shape", True), verdict


@pytest.mark.parametrize(
    ("target", "said"),
    [
        ("nosuch:grad", "there is no module nosuch"), ("numpy.nosuch:grad", "there is no module"), ("..up:grad", "there is no module"),
        ("gradients.txt:grad", "a file that ends with .py"), ("\0.py:grad", "there is no file"), ("a" * 5000 + ".py:grad", "there is no file"),
        ("gradients.py:grad()", "names no function"), ("gradients.py:grad.", "names no function"), (":grad", "names no function"),
        ("gradients.py:Ridge.grad.x.y", "there is no x"), ("gradients.py:Ridge", "Ridge.METHOD"), ("bad.py:f", "bad.py:1"), ("bad:f", "bad.py:1"),
    ],
)  # fmt: skip
def test_odd_targets_are_told(target: str, said: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "gradients.py").write_text(FILE)
    (tmp_path / "bad.py").write_text("import no_such_package\n")
    with pytest.raises(matcalc.MatcalcError) as caught:
        matcalc.check(target, LEAST[0], "w")
    assert said in str(caught.value)


def test_right_where_sizes_are_equal_only() -> None:
    verdict = matcalc.check(lambda X, A, B: (B @ A).T[: len(X)] if len(A) == len(B) else A.T @ B.T * 2, "tr(A*X*B)", "X")
    assert verdict.is_false
    assert "right where" in verdict.reason


def test_the_value_function_is_compared_too() -> None:
    assert matcalc.check(least, LEAST[0], "w", value=lambda w, X, y: np.sum((X @ w - y) ** 2))
    verdict = matcalc.check(least, LEAST[0], "w", value=lambda w, X, y: np.mean((X @ w - y) ** 2))
    assert (verdict.kind, verdict.reason) == ("value", "the value function is not the formula: the result is divided by n")


def test_single_precision_is_not_called_wrong() -> None:
    single = matcalc.check(lambda w, X, y: least(w, X, y).astype(np.float32), LEAST[0], "w")
    assert (single.status, single.precision) == ("confirmed", "float32")
    wrong = matcalc.check(lambda w, X, y: least(w, X, y).astype(np.float32) / 2, LEAST[0], "w")
    assert wrong.reason == "the factor 2 is missing"


def test_large_entries_are_spoken_of() -> None:
    verdict = matcalc.check(lambda x: np.exp(x) / np.exp(x).sum(), "logsumexp(x)", "x")
    assert verdict.ok
    assert any("nan or inf" in note for note in verdict.notes)


FILE = """
from dataclasses import dataclass
import numpy as np

@dataclass
class Ridge:
    lam: float
    def grad(self, w, X, y):
        return 2 * X.T @ (X @ w - y) + self.lam * w
    @staticmethod
    def plain(w, X, y):
        return 2 * X.T @ (X @ w - y)

def grad(w, X, y):
    print("called")
    return X.T @ (X @ w - y)

def fails(w, X, y):
    print("begun")
    return X[99]

def endless(w, X, y):
    while True:
        pass
"""

COMMANDS = [
    (["grad", LEAST[0], "--wrt", "w"], 1, "the factor 2 is missing"),
    (["grad", LEAST[0], "--wrt", "w"], 1, "called"),
    (["Ridge.plain", LEAST[0], "--wrt", "w"], 0, "confirmed"),
    (["Ridge.grad", RIDGE[0], "--wrt", "w"], 1, "in the derivative of lam wᵀ w the factor 2 is missing"),
    (["fails", LEAST[0], "--wrt", "w"], 2, "gradients.py:20 in fails"),
    (["fails", LEAST[0], "--wrt", "w"], 2, "it printed: begun"),
    (["endless", LEAST[0], "--wrt", "w", "--seconds", "0.2"], 2, "gradients.py:2"),
    (["nothing", LEAST[0], "--wrt", "w"], 2, "there is no nothing"),
    (["grad", "||X*w - y", "--wrt", "w"], 2, "error"),
    (["grad", LEAST[0]], 2, "by which symbol"),
]


@pytest.mark.parametrize(("words", "status", "said"), COMMANDS)
def test_the_command(words: list[str], status: int, said: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "gradients.py").write_text(FILE)
    found, output = called(["check", f"gradients.py:{words[0]}", *words[1:]])
    assert (found, said in output) == (status, True), output
    assert "Traceback" not in output


def test_the_command_gives_json(tmp_path: Path) -> None:
    (tmp_path / "gradients.py").write_text(FILE)
    _, output = called(["check", f"{tmp_path}/gradients.py:grad", LEAST[0], "--wrt", "w", "--to", "json"])
    found = json.loads(output)
    assert (found["status"], found["kind"], found["correction"]) == ("refuted", "factor", "2*X'*(X*w - y)")


@pytest.mark.parametrize(
    ("formula", "wrt", "options", "row"),
    [
        ("x'*x", "x", {}, False),
        ("x'*x", "x", {"layout": "numerator"}, True),
        ("A*x", "x", {"declare": "A: 1×n; x: n"}, False),
    ],
)
def test_a_row_is_no_column(formula: str, wrt: str, options: dict[str, str], row: bool) -> None:
    def column(x: Any, A: Any = None) -> Any:
        return 2 * x if A is None else A.T

    def turned(x: Any, A: Any = None) -> Any:
        return column(x, A).T

    seen = {function.__name__: matcalc.check(function, formula, wrt, columns=True, **options) for function in (turned, column)}
    assert {name: verdict.ok for name, verdict in seen.items()} == {"turned": row, "column": not row}
    assert {verdict.kind for verdict in seen.values()} == {"", "shape"}
