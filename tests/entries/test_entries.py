"""Results entry by entry: compared, entry for entry, with the values that the evaluator finds for the whole."""

from __future__ import annotations

import itertools

import numpy as np
import pytest
from numpy.typing import NDArray

import matcalc
from matcalc.entries import Entries
from matcalc.evaluation.interpreter import evaluate
from matcalc.expr.nodes import Negative, Symbol, postorder

Values = dict[str, NDArray[np.float64]]

CASES = [
    ("x'Ax", "x", {"n": 2}, {}),
    ("x'Ax", "x", {"n": 3}, {"declare": "A: n×n symmetric"}),
    ("x'Ax", "A", {"n": 2}, {"declare": "A: n×n symmetric", "symmetric": "cookbook"}),
    ("x'Ax", "x", {"n": 2}, {"declare": "A: n×n antisymmetric"}),
    ("||D*x||^2", "D", {"n": 3}, {"declare": "D: n×n diagonal"}),
    ("||L*x||^2", "x", {"n": 3}, {"declare": "L: n×n lower_triangular"}),
    ("||X - U*V||^2", "V", {"n": 2, "m": 3, "p": 2}, {}),
    ("A*x", "x", {"n": 3, "m": 2}, {}),
    ("A*x", "x", {"n": 3, "m": 2}, {"layout": "numerator"}),
    ("A*X*B", "X", {"n": 2, "m": 2, "p": 3, "q": 2}, {}),
    ("A*X*B", "X", {"n": 2, "m": 2, "p": 2, "q": 2}, {"layout": "numerator"}),
    ("t^2*x", "t", {"n": 3}, {"declare": "t: scalar; x: n"}),
    ("t^2*X", "t", {"n": 3, "m": 2}, {"declare": "t: scalar; X: n×m"}),
    ("log(det(X))", "X", {"n": 3}, {}),
    ("a'*inv(X)*b", "X", {"n": 2}, {}),
    ("x'*inv(A)*x", "x", {"n": 3}, {"declare": "A: n×n symmetric invertible"}),
    ("sum(log(1 + exp(-y.*(X*w))))", "w", {"n": 2, "m": 2}, {}),
    ("logsumexp(A*x)", "x", {"n": 2, "m": 2}, {"order": 2}),
    ("softmax(A*x)", "x", {"n": 2, "m": 3}, {}),
    ("norm2(x - y)", "x", {"n": 3}, {}),
    ("-0.5*logdet(S) - 0.5*x'*inv(S)*x", "S", {"n": 2}, {"declare": "S: n×n positive_definite"}),
    ("norm1(x) + sum(abs(x).^p)", "x", {"n": 2}, {"declare": "x: n; p: scalar"}),
    ("lam*norm2(w)^2/n", "w", {"n": 3}, {"declare": "w: n; lam: scalar"}),
    ("||X*W_1||^2", "W_1", {"n": 2, "m": 2, "p": 2}, {}),
    ("sum(i, x[i]^3*y[i])", "x", {"n": 3}, {"declare": "x: n; y: n"}),
    ("kron(x, y)", "x", {"n": 2, "m": 2}, {"declare": "x: n; y: m"}),
    ("Σ'*x", "Σ", {"n": 2, "m": 2}, {}),
    ("-Y.*log(softmax(X*W, rows))", "W", {"n": 2, "m": 1, "p": 2}, {}),
    ("x'*y", "x", {"n": 3}, {"order": 2, "declare": "x: n; y: n"}),
    ("sum(tril(X)*y)", "X", {"n": 3}, {"declare": "X: n×n; y: n"}),
    ("e_1'*X*y", "y", {"n": 2, "m": 3}, {"declare": "X: n×m"}),
    ("u*x", "u", {}, {"declare": "u: 1×2; x: 2"}),
]


def values_of(symbols: dict[str, tuple[int, ...]], facts: dict[str, str], seed: int) -> Values:
    """Values with the facts that tie entries."""
    draw = np.random.default_rng(seed)
    found: Values = {}
    for name, shape in symbols.items():
        value = draw.uniform(0.5, 2, shape) + (2 * np.eye(*shape) if len(shape) == 2 else 0)
        said = facts.get(name, "")
        if "definite" in said:
            value = value @ value.T
        elif "antisymmetric" in said:
            value = value - value.T
        elif "symmetric" in said:
            value = value + value.T
        elif "diagonal" in said:
            value = np.diag(np.diag(value))
        elif "lower" in said:
            value = np.tril(value)
        found[name] = value
    return found


def by_entry(values: Values) -> dict[str, float]:
    """The entries of all values under the names that they are to have."""
    found: dict[str, float] = {}
    for name, value in values.items():
        letter = name if value.ndim < 2 else name.lower() if len(name) == 1 or name == "Sigma" else name
        letter += "_" if "_" in name else ""
        for place in np.ndindex(value.shape):
            found[letter + "".join(str(k + 1) for k in place) if place else name] = float(value[place])
    return found


def differs(found: Entries, whole: NDArray[np.float64], values: Values) -> list[tuple[int, ...]]:
    """The entries that have another value than those of the whole."""
    named = by_entry(values)
    assert tuple(k for k in found.shape if k != 1) == tuple(k for k in whole.shape if k != 1)
    whole = whole.reshape(found.shape)  # rows are arrays with one axis
    places = list(np.ndindex(whole.shape))
    return [place for place in places if not np.isclose(value_at(found, place, named), whole[place], rtol=1e-9)]


def value_at(found: Entries, place: tuple[int, ...], named: dict[str, float]) -> float:
    entry = found[place] if place else found.data[0]
    used = {node.name for node in postorder(entry) if isinstance(node, Symbol)}
    return float(evaluate(entry, {name: named[name] for name in used}))


def shapes(declarations: dict[str, str], sizes: dict[str, int]) -> dict[str, tuple[int, ...]]:
    found = {}
    for name, kind in declarations.items():
        first = kind.split()[0]
        found[name] = () if first == "scalar" else tuple(int(sizes.get(part, part)) for part in first.split("×"))
        if len(found[name]) == 2 and found[name][0] == 1:
            found[name] = found[name][1:]
    return found


@pytest.mark.parametrize(("text", "wrt", "sizes", "options"), CASES)
def test_entries_have_the_values_of_the_whole(text: str, wrt: str, sizes: dict[str, int], options: dict[str, object]) -> None:
    d = matcalc.derive(text, wrt, **options)  # type: ignore[arg-type]
    found = d.entries(**sizes)
    for seed in range(2):
        values = values_of(shapes(d.declarations, sizes), d.declarations, seed)
        assert differs(found, np.asarray(d.function()(**values, **sizes)), values) == []


def test_expressions_too() -> None:
    read = matcalc.parse("inv(A)*x + A'*y", "A: n×n")
    values = values_of({"A": (2, 2), "x": (2,), "y": (2,)}, {}, 3)
    assert differs(read.entries(n=2), np.asarray(read.function()(**values)), values) == []


def test_a_wrong_entry_would_be_seen() -> None:
    d = matcalc.derive("x'Ax", "x")
    values = values_of({"x": (2,), "A": (2, 2)}, {}, 1)
    right = d.entries(n=2)
    wrong = Entries(right.shape, (right.data[0], Negative(right.data[1])))
    assert differs(wrong, np.asarray(d.at(**values)), values) == [(1,)]


def test_texts() -> None:
    found = matcalc.derive("x'Ax", "x").entries(n=2)
    assert str(found) == "[2 a11 x1 + (a12 + a21) x2; (a12 + a21) x1 + 2 a22 x2]"
    assert found.text("ascii") == "[2*a11*x1 + (a12 + a21)*x2; (a12 + a21)*x1 + 2*a22*x2]"
    assert found.latex().startswith(r"\begin{bmatrix} 2 a_{11} x_{1} + (a_{12} + a_{21}) x_{2} \\ ")
    assert (
        str(matcalc.derive("x'Ax", "x", declare="A: n×n symmetric").entries(n=2)) == "[2 (a11 x1 + a12 x2); 2 (a12 x1 + a22 x2)]"
    )
    assert str(matcalc.derive("a*t^2", "t").entries()) == "2 a t"


def test_every_entry_is_read_back() -> None:
    found = matcalc.derive("a'*inv(X)*b", "X").entries(n=2)
    names = {node.name for entry in found.data for node in postorder(entry) if isinstance(node, Symbol)}
    declare = "; ".join(f"{name}: scalar" for name in names)
    for entry, shown in zip(found.data, found.text("ascii").strip("[]").replace(";", ",").split(","), strict=True):
        again = matcalc.parse(shown, declare)
        point = dict(zip(sorted(names), itertools.count(1.5), strict=False))
        assert np.isclose(evaluate(again.node, point), evaluate(entry, point))


@pytest.mark.parametrize(
    ("text", "sizes", "said"),
    [
        ("x'Ax", {}, "the size n has no number"),
        ("x'Ax", {"m": 2}, "no number"),
        ("x'Ax", {"n": 2, "m": 2}, "m is no size here"),
        ("x'Ax", {"n": 0}, "no size"),
        ("x'Ax", {"n": 2.5}, "no size"),
        ("x'Ax", {"n": 40}, "sizes up to 9"),
        ("sum(expm(x*x'))", {"n": 2}, "no formula in the entries"),
    ],
)
def test_refusals_say_what_to_do(text: str, sizes: dict[str, int], said: str) -> None:
    with pytest.raises(matcalc.MatcalcError, match=said) as caught:
        matcalc.parse(text).entries(**sizes)
    assert caught.value.suggestion or caught.value.expected
