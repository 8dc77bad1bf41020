"""Lines of NumPy, MATLAB, Julia and R: what is read has the value that NumPy makes of the line; planted misreadings are seen."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import matcalc
from matcalc.base.errors import MatcalcError, UnknownFunctionError
from matcalc.base.files import stored_table
from matcalc.evaluation.interpreter import evaluate
from matcalc.language import parse_syntax
from matcalc.language.build import construction
from matcalc.language.text import dialects
from matcalc.language.text.spelling import Vocabulary

HERE = Path(__file__).parent
SHAPES: dict[str, tuple[int, ...]] = {
    "x": (4,), "w": (4,), "v": (4,), "u": (4,), "mu": (4,), "beta": (4,), "p": (4,), "q": (4,), "a": (4,), "c": (4,), "y": (5,), "b": (5,),
    "z": (5,), "X": (5, 4), "M": (5, 4), "Y": (5, 3), "W": (4, 3), "U": (5, 2), "V": (2, 4), "A": (4, 4), "B": (4, 4), "P": (4, 4),
    "L": (4, 4), "lam": (), "alpha": (),
}  # fmt: skip
OF_MATLAB = {**SHAPES, "y": (4,), "b": (4,), "Y": (5, 4)}


def lines(name: str) -> list[str]:
    """The lines of a table, without remarks."""
    return [line for line in (HERE / name).read_text().splitlines() if line and not line.startswith("#")]


def drawn(shapes: dict[str, tuple[int, ...]], text: str) -> dict[str, Any]:
    """Random values of the names in a text."""
    rng = np.random.default_rng(3)
    values = {name: rng.normal(size=shape) if shape else float(rng.normal()) for name, shape in shapes.items()}
    positive = {name: np.abs(values[name]) + 0.3 for name in ("p", "q")}
    runs = re.findall(r"[^\W\d_]+", text)
    names = {*runs, *(letter for run in runs if not run.islower() for letter in run)}
    return {name: value for name, value in (values | positive).items() if name in names}


def value_of(text: str, values: dict[str, Any], dialect: str | None = None) -> Any:
    """What is read, evaluated."""
    return np.asarray(matcalc.parse(text, dialect=dialect).function()(**values), dtype=float)


@pytest.mark.parametrize("line", lines("numpy.lines"))
def test_a_line_of_numpy_has_the_value_that_numpy_makes_of_it(line: str) -> None:
    values = drawn(SHAPES, line)
    expected = np.asarray(eval(line, {"np": np, "len": len, **values}), dtype=float)
    found = value_of(line, values, "numpy")
    assert found.shape == expected.shape
    np.testing.assert_allclose(found, expected, rtol=1e-9, atol=1e-9)


_MEANING = {"np": np, "inv": np.linalg.inv, "tr": np.trace, "nrm": np.linalg.norm}


@pytest.mark.parametrize("line", [*lines("matlab.lines"), *lines("julia.lines"), *lines("r.lines")])
def test_a_line_of_matlab_julia_or_r_has_the_value_of_the_numpy_beside_it(line: str) -> None:
    written, _, meant = line.rpartition(" | ")
    text = written.replace("⏎", "\n")
    expected = np.asarray(eval(meant, {**_MEANING, **drawn(OF_MATLAB, meant)}), dtype=float)
    found = value_of(text, drawn(OF_MATLAB, text))
    np.testing.assert_allclose(found.ravel(), expected.ravel(), rtol=1e-9, atol=1e-9)


def test_a_planted_misreading_is_seen(monkeypatch: pytest.MonkeyPatch) -> None:
    line = "X - X.mean(axis=1, keepdims=True) + w"
    values = drawn(SHAPES, line)
    expected = eval(line, values)
    np.testing.assert_allclose(value_of(line, values), expected)
    square = "A - A.sum(axis=1)"
    values = drawn(SHAPES, square)
    expected = eval(square, values)
    np.testing.assert_allclose(value_of(square, values), expected)
    monkeypatch.setattr(construction.Construction, "_repeated", _repeated_over_columns)
    assert not np.allclose(value_of(square, values), expected)


def _repeated_over_columns(self: Any, part: Any, shape: Any, operand: Any, verb: str) -> Any:
    from matcalc.expr import nodes as e

    return part if part.shape == shape else e.Product((part, e.Transpose(e.Ones((shape[1],)))))


@pytest.mark.parametrize(
    ("text", "dialect"),
    [
        ("x'Ax", "math"), ("x.T*A*x", "math"), ("A*x - b", "math"), ("X.T", "math"), ("||x||^2", "math"), (r"x^\top A x", "latex"),
        (r"A\beta", "latex"), ("x @ A @ x", "numpy"), ("np.sum(x)", "numpy"), ("sum(X, axis=0)", "numpy"), ("x**2", "numpy"),
        ("X.sum()", "numpy"), ("jnp.exp(x)", "numpy"), ("softmax(X, dim=-1)", "numpy"), ("lambda x: x", "numpy"), ("log.(x)", "julia"),
        ("sum(abs2, x)", "julia"), ("x .- y", "julia"), (r"A\b", "matlab"), (r"(A*A') \ b", "matlab"), ("X(:)", "matlab"),
        ("norm(X,'fro')", "matlab"), ("x.*y", "matlab"), ("A.'*x", "matlab"), ("x' * (A \\ y)", "matlab"),
    ],
)  # fmt: skip
def test_a_dialect_is_recognised_and_named(text: str, dialect: str) -> None:
    assert parse_syntax(text).written.dialect == dialect
    assert matcalc.parse(text).reading.dialect == dialect


def test_a_dialect_can_be_said() -> None:
    values = drawn(SHAPES, "A B")
    np.testing.assert_allclose(value_of("A * B", values), values["A"] @ values["B"])
    np.testing.assert_allclose(value_of("A * B", values, "numpy"), values["A"] * values["B"])
    assert matcalc.parse("A * B", dialect="numpy").reading.dialect == "numpy"


PROGRAMS = [
    "r = X @ w - y\nloss = 0.5 * np.sum(r**2)\nreturn loss",
    "r = X @ w - y\nloss = 0.5 * np.sum(r**2)",
    "import numpy as np\n\ndef loss(w, X, y):\n    '''Half the\n    squares.'''\n    r = X @ w - y\n    return 0.5 * (r @ r)",
    'import numpy as np\n\ndef loss(w, X, y):\n    """Half the squares."""\n    r = X @ w - y  # residuals\n    return 0.5 * (r @ r)',
    "lambda w: 0.5 * np.sum((X @ w - y)**2)",
    "f = lambda w: ((X @ w - y)**2).sum() / 2",
    "def f(w):\n    r = X @ w - y\n    return -np.sum(-r * r) / 2",
    "0.5 * np.sum((X @ w\n  - y)**2)",
    "r = X @ w - y\n-0.5 * (-r @ r)",
    "f = @(w) (X*w - y)'*(X*w - y)/2",
]


@pytest.mark.parametrize("program", PROGRAMS)
def test_straight_code_is_read(program: str) -> None:
    values = drawn(SHAPES, "X w y")
    residual = values["X"] @ values["w"] - values["y"]
    derivative = matcalc.derive(program, "w")
    np.testing.assert_allclose(derivative.function()(**values), values["X"].T @ residual)


REFUSED = [
    ("X[::2] @ y", "slices with a step are not read", "x[1:-1]"),
    ("x(end+1)", "behind the end", "x[end]"),
    ("X[2:2] @ w", "no positions", "x[1:3]"),
    ("x[:, None] * X", "slices are not read", "x*1'"),
    ("x[-1] @ y", "cannot multiply x[-1] (scalar)", "y"),
    ("np.argmax(x)", "there is no function 'argmax'", ""),
    ("np.sum(X, axis=(0, 1))", "one axis", "sum(X)"),
    ("np.sum(X, axis=2)", "axes 0 and 1", "axis=0"),
    ("np.sum(X, axis=0, dim=1)", "axis is given twice", "axis=0"),
    ("sum(X, 3)", "dimensions of a matrix are 1 and 2", "rows"),
    ("np.var(x, ddof=2)", "divides by n", "var(x, ddof=1)"),
    ("std(x, 1)", "an axis in NumPy", "std(x, sample)"),
    ("np.roll(x, 1, axis=0)", "roll is not read", "roll(a, k)"),
    ("np.sum(x, where=m)", "the option where", ""),
    ("np.linalg.norm(x, -np.inf)", "np.inf is not read", "norm(x, inf)"),
    ("norm(x, 'foo')", "no norm 'foo'", "nuclear"),
    ("np.linalg.norm(X, np.inf, axis=1)", "np.inf is not read", "norm(x, inf)"),
    ("np.clip(x, 0, np.inf)", "infinity is not read here", "norm(x, inf)"),
    ("for i in range(n): s = x @ y", "loops are not read", "sum(i, x[i]^2)"),
    ("if c: s = x @ y", "'if' is not read", ""),
    ("s = x @ y\ns += x @ x", "'+=' changes a value", "a new name"),
    ("sum(x.^2 for x in X)", "loops are not read", "sum(x.^2)"),
    ("softmax.(x)", "a function of the whole", "softmax(...)"),
    ("f.(x)", "there is no function 'f'", "function"),
    ('np.einsum("ij,j->i", A)', "2 operands", "einsum"),
    ('np.einsum("i...,i", A, x)', "are letters", "einsum"),
    ("|||X|||", "three bars", "norm(X, spectral)"),
    ("x @ np.max(y)", "cannot multiply x", "max(y)"),
    ("np.cov(x, y)", "cov is not read with these arguments", "cov(a, ddof=0)"),
    ("np.linalg.svd(X)", "svd is not read with these arguments", "svd(a, compute_uv=False)"),
    ("np.sort(x)", "there is no function 'sort'", ""),
    ("X.foo()", "there is no function 'foo'", ""),
    (
        "X / X.sum(axis=1, keepdims=True) * (X.sum(axis=1) + X.sum(axis=1, keepdims=True))",
        "one axis beside one of n×1",
        "keepdims",
    ),
]


@pytest.mark.parametrize(("text", "message", "advice"), REFUSED)
def test_what_is_not_read_says_what_is(text: str, message: str, advice: str) -> None:
    with pytest.raises(MatcalcError) as caught:
        matcalc.parse(text)
    assert message in str(caught.value)
    assert advice in str(caught.value)


DOUBTFUL = [
    ("norm(A*x - b)**2 + sum(abs(x))", None),
    ("sum((y - X*w)**2)", "* beside **"),
    ("X**-1 @ y", "the inverse is inv(X)"),
    ("x @ x.T", "outer product"),
    ("x[1] * np.sum(x)", "NumPy counts from 0"),
    ("sum(X, 1)", "read as MATLAB's"),
    ("A/B", "product with its inverse"),
    ("norm(X - Y) + trace(A\\B)", "Frobenius"),
    ("x'*A*x % plus one", "read as a remark"),
    ("x'*A*x / x'*x", "one divisor"),
    ("softmax(Q*K.T/sqrt(d))@V", "read as the matrix product"),
    ("||X||_inf + sum(x.^2)", "largest row sum"),
    ("norm(X, 1)", None),
]


@pytest.mark.parametrize(("text", "words"), DOUBTFUL)
def test_what_is_doubtful_is_a_warning_with_two_ways_out(text: str, words: str | None) -> None:
    found = [decision for decision in matcalc.parse(text).reading.decisions if decision.topic in ("dialect", "notation")]
    doubtful = [decision for decision in found if decision.weight == "doubtful" and words and words in decision.words]
    assert bool(doubtful) == (words is not None) or any(decision.weight == "doubtful" for decision in found)
    for decision in doubtful:
        assert len(decision.instead) >= 2


def test_a_rayleigh_quotient_needs_no_brackets() -> None:
    values = drawn(OF_MATLAB, "x A B")
    x, A, B = values["x"], values["A"], values["B"]
    for text in ("x^T A x / x^T x", "x'Ax / x'x", "x'*A*x / x'*x", r"x^\top A x / x^\top x"):
        np.testing.assert_allclose(value_of(text, {"x": x, "A": A}), x @ A @ x / (x @ x))
    np.testing.assert_allclose(value_of("x'Ax / x'Bx", values), x @ A @ x / (x @ B @ x))


def test_every_formula_of_the_table_is_read() -> None:
    for dialect in ("numpy", "matlab", "julia"):
        for name, ways in dialects.templates(dialect).items():
            for way in ways:
                assert parse_syntax(way.formula, Vocabulary.of(way.parameters), "math").program is not None, name


def test_values_are_those_of_the_independent_evaluator() -> None:
    values = drawn(SHAPES, "X w y")
    read = matcalc.parse("np.sum((X @ w - y)**2)")
    found = evaluate(read.source.expression, values, {"n": 5, "m": 4})
    np.testing.assert_allclose(found, np.sum((values["X"] @ values["w"] - values["y"]) ** 2))


# ---------------------------------------------------------------- where the dialects differ

DIFFERENCES = stored_table("dialects")["differences"]
PAGE = HERE.parents[1] / "docs" / "dialects.md"


@pytest.mark.parametrize(
    ("dialect", "written", "reads"), [example for row in DIFFERENCES for example in row["examples"]], ids=lambda part: str(part)
)
def test_what_the_table_of_differences_says_is_taken(dialect: str, written: str, reads: str) -> None:
    assert matcalc.parse(written, dialect=dialect).text("ascii") == reads


def table_of_differences() -> str:
    """The table as it stands on the page."""
    head = ["written", "MATLAB", "NumPy", "Julia", "taken"]
    rows = [[f"`{row['written']}`", row["matlab"], row["numpy"], row["julia"], row["taken"]] for row in DIFFERENCES]
    shown = [[cell.replace("|", "\\|") for cell in row] for row in rows]
    return "\n".join("| " + " | ".join(row) + " |" for row in [head, ["---"] * len(head), *shown])


def test_the_page_has_the_table_of_differences() -> None:
    assert table_of_differences() in PAGE.read_text(encoding="utf-8")


def test_options_of_pytorch_name_its_convention() -> None:
    """``dim`` is PyTorch's word for an axis, and its variances divide by n - 1."""
    X = np.random.default_rng(3).normal(size=(4, 3))
    for text, value in [
        ("X.std(dim=0)", X.std(axis=0, ddof=1)),
        ("X.var(dim=1)", X.var(axis=1, ddof=1)),
        ("X.var(dim=1, unbiased=False)", X.var(axis=1)),
        ("X.std(axis=0)", X.std(axis=0)),
        ("F.huber_loss(X, 2*X, delta=0.5)", np.where(abs(X) < 0.5, X**2 / 2, 0.5 * (abs(X) - 0.25)).mean()),
    ]:
        np.testing.assert_allclose(matcalc.parse(text).function("numpy")(X=X), value)


def test_a_function_that_the_language_lacks_is_not_defined_by_a_claim() -> None:
    with pytest.raises(UnknownFunctionError, match="there is no function 'median'"):
        matcalc.verify("median(x) = mean(x)")
