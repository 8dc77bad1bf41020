"""What a tensor network says: contracted as its wires are drawn, it is the value or the derivative."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Mapping
from typing import Any

import numpy as np
import pytest

import matcalc
from tests.pictures.sources import Source, differences, read

SIZES = {"n": 3, "m": 4, "p": 2, "q": 5}
RNG = np.random.default_rng(7)


def drawn(shapes: str) -> dict[str, Any]:
    """Values for ``A: n×m; x: m``."""
    pairs = [part.split(": ") for part in shapes.split("; ")]
    return {name: RNG.normal(size=tuple(SIZES[size] for size in shape.split("×") if size != "scalar")) for name, shape in pairs}


CASES = {
    "factors": ("||X - U*V||^2", "U", lambda X, U, V: ((X - U @ V) ** 2).sum(), "X: n×m; U: n×p; V: p×m"),
    "layer": ("u'*tanh(W*x + b)", "W", lambda u, W, x, b: u @ np.tanh(W @ x + b), "u: n; W: n×m; x: m; b: n"),
    "product": ("A*X*B", "X", lambda A, X, B: A @ X @ B, "A: n×m; X: m×p; B: p×q"),
    "copy": ("sum((A*x).*(B*x).*c)", "x", lambda A, B, x, c: ((A @ x) * (B @ x) * c).sum(), "A: n×m; B: n×m; x: m; c: n"),
    "ones": ("sum(A*x)", "x", lambda A, x: (A @ x).sum(), "A: n×m; x: m"),
    "rows": ("sum(A*x)*b", "b", lambda A, x, b: (A @ x).sum() * b, "A: n×m; x: m; b: p"),
    "identity": ("tr(A*B)*x", "x", lambda A, B, x: np.trace(A @ B) * x, "A: n×m; B: m×n; x: p"),
    "scalars": ("c^2*x'*A*x/3", "x", lambda c, x, A: c**2 * (x @ A @ x) / 3, "x: n; A: n×n; c: scalar"),
    "constant": ("sum(X) + a'*X*b", "X", lambda a, X, b: X.sum() + a @ X @ b, "X: n×m; a: n; b: m"),
    "inverse": ("log(det(X'*X))", "X", lambda X: np.linalg.slogdet(X.T @ X)[1], "X: n×p"),
    "cycle": ("tr(A*B*C)", None, lambda A, B, C: np.trace(A @ B @ C), "A: n×m; B: m×p; C: p×n"),
    "trace": ("tr(A)", None, lambda A: np.trace(A), "A: n×n"),
    "outer": ("x*y'", None, lambda x, y: np.outer(x, y), "x: n; y: m"),
}


def contracted(source: Source, values: Mapping[str, Any]) -> Any:
    """The sum of all rows, each the Einstein sum that its wires say; the axes are the loose ends in order."""
    rows = sorted({int(re.sub(r"^.(\d+).*", r"\1", name)) for name in source.nodes})
    return sum(row_value(source, row, values) for row in rows)


def row_value(source: Source, row: int, values: Mapping[str, Any]) -> Any:
    own = re.compile(rf"[ftw]{row}_\d+$")
    nodes = {name: known for name, known in source.nodes.items() if own.match(name)}
    axes: dict[str, dict[int, str]] = defaultdict(dict)
    sizes: dict[str, int] = {}
    alike: dict[str, str] = {}
    for number, (start, end, known) in enumerate(edge for edge in source.edges if own.match(edge[0])):
        forks = [name for name in (start, end) if name.startswith("w")]
        wire = forks[0] if forks else f"e{number}"
        if "label" in known:
            sizes[wire] = SIZES[known["label"][0].partition(": ")[2]]
        for name, mark in ((start, "taillabel"), (end, "headlabel")):
            if not name.startswith("w"):
                place = int(known[mark]) if mark in known else len(axes[name]) + 1
                axes[name][place] = wire
    letters = {
        wire: chr(97 + place) for place, wire in enumerate(dict.fromkeys(w for each in axes.values() for w in each.values()))
    }
    arrays, terms = [], []
    for name, known in nodes.items():
        if name.startswith("t"):
            arrays.append(evaluated(known["tooltip"], values))
            terms.append("".join(letters[axes[name][place]] for place in sorted(axes[name])))
    ends = sorted((name for name in nodes if name.startswith("f")), key=lambda name: int(name.partition("_")[2]))
    loose = [axes[name][1] for name in ends]
    used: dict[str, int] = {}
    for place, wire in enumerate(loose):  # an index at two loose ends is an identity, one at none of the tensors ones
        if wire in used:
            letters[alike.setdefault(f"{wire}{place}", f"{wire}{place}")] = chr(65 + place)
            arrays.append(np.eye(sizes[wire]))
            terms.append(letters[wire] + chr(65 + place))
            loose[place] = f"{wire}{place}"
        used[wire] = place
    for wire in dict.fromkeys(used):
        if not any(letters[wire] in term for term in terms):
            arrays.append(np.ones(sizes[wire]))
            terms.append(letters[wire])
    inside = np.einsum(",".join(terms) + "->" + "".join(letters[wire] for wire in loose), *arrays) if arrays else 1.0
    return coefficient(source, row, values) * inside


def coefficient(source: Source, row: int, values: Mapping[str, Any]) -> float:
    said = source.nodes.get(f"c{row}", {"label": ["+"]})["label"][0]
    sign, rest = (-1 if said.startswith("−") else 1), said.lstrip("−+ ")
    return sign * (float(evaluated(rest, values)) if rest else 1.0)


def evaluated(formula: str, values: Mapping[str, Any]) -> Any:
    shapes = {name: "×".join(map(str, np.shape(value))) or "scalar" for name, value in values.items() if name in formula}
    function = matcalc.parse(formula, "; ".join(f"{name}: {shape}" for name, shape in shapes.items())).function()
    return np.asarray(function(**{**SIZES, **values}), float)


@pytest.mark.parametrize("case", CASES)
def test_the_network_contracted_is_the_value(case: str) -> None:
    text, wrt, function, shapes = CASES[case]
    values = drawn(shapes)
    source = read(matcalc.draw(text, wrt, picture="network", declare=shapes).dot)
    expected = function(**values) if wrt is None else differences(function, values, wrt)
    assert np.shape(contracted(source, values)) == np.shape(expected)
    assert np.allclose(contracted(source, values), expected, rtol=1e-6, atol=1e-7)


def test_a_wire_at_the_wrong_axis_is_seen() -> None:
    shapes = "A: n×n; B: n×n"
    values = drawn(shapes)
    dot = matcalc.draw("tr(A*B)", picture="network", declare=shapes).dot
    expected = np.trace(values["A"] @ values["B"])
    assert np.isclose(contracted(read(dot), values), expected)
    swapped = (
        dot.replace("headlabel=1", "headlabel=0").replace("headlabel=2", "headlabel=1").replace("headlabel=0", "headlabel=2")
    )
    assert swapped != dot and not np.isclose(contracted(read(swapped), values), expected)


def test_second_derivatives_and_symmetric_matrices() -> None:
    source = read(matcalc.draw("x'*A*x", ["x", "x"], picture="network").dot)
    A = RNG.normal(size=(3, 3))
    assert np.allclose(contracted(source, {"A": A}), A + A.T)
    symmetric = matcalc.draw("x'*A*x", "x", picture="network", declare="A: n×n symmetric")
    assert "small figures" not in symmetric.dot  # either axis will do
    assert "is zero" in matcalc.draw("x'*A*x", "y", picture="network", declare="y: n").alt


def test_the_words_say_which_indices_are_free() -> None:
    words = matcalc.draw("||X - U*V||^2", "U", picture="network").alt
    assert "a sum of 2 networks. Free indices: i (row of U), j (column of U)." in words
    assert (
        "−2 X_ik V_jk: i of size n joins X and a free end; j of size p joins V and a free end; k of size m joins X and V."
        in words
    )
