"""What a computational graph says: the derivatives on its edges, multiplied along the ways and added up, are the derivative."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import pytest

import matcalc
from matcalc.pictures.drawing import ASKED, WAY
from tests.pictures.sources import Source, differences, read

SIZES = {"n": 3, "m": 2, "p": 4, "q": 2}
RNG = np.random.default_rng(5)


def sigmoid(t: Any) -> Any:
    return 1 / (1 + np.exp(-t))


def cross_entropy(X: Any, W1: Any, W2: Any, Y: Any) -> Any:
    scores = np.tanh(X @ W1) @ W2
    return np.log(np.exp(scores).sum(1)).sum() - np.trace(Y.T @ scores)


CASES = {
    "layer": ("z = W*x + b; h = tanh(z); u'*h", ["W", "x", "b"], lambda W, x, b, u: u @ np.tanh(W @ x + b)),
    "logistic": (
        "z = X*w; p = sigmoid(z); -(y'*log(p) + (1-y)'*log(1-p))",
        ["w"],
        lambda X, w, y: -(y @ np.log(sigmoid(X @ w)) + (1 - y) @ np.log(1 - sigmoid(X @ w))),
    ),
    "two layers": ("Z1 = X*W1; H = tanh(Z1); Z2 = H*W2; sum(logsumexp(Z2, rows)) - tr(Y'*Z2)", ["W1", "W2"], cross_entropy),
    "factors": ("||X - U*V||^2", ["U", "V"], lambda X, U, V: ((X - U @ V) ** 2).sum()),
    "quadratic": ("x'*A*x", ["x", "A"], lambda x, A: x @ A @ x),
    "determinant": ("log(det(X'*X + c*eye(m)))", ["X"], lambda X, c: np.linalg.slogdet(X.T @ X + c * np.eye(2))[1]),
    "many ways": ("r = A*x; s = r.*r; t = s + r; sum(t.*s)", ["x"], lambda A, x: (((A @ x) ** 2 + A @ x) * (A @ x) ** 2).sum()),
    "vector": ("r = A*x - b; r.*r", ["x"], lambda A, x, b: (A @ x - b) ** 2),
    "by a name": ("z = W*x + b; h = tanh(z); u'*h", ["z"], None),
}


class Graph:
    """A source read as a graph: what each node stands for, its shape, and what the edges say."""

    def __init__(self, source: Source) -> None:
        self.formulas = {node: known["label"][0].partition(" = ") for node, known in source.nodes.items()}
        self.names = {node: name for node, (name, _, _) in self.formulas.items()}
        self.shapes = {self.names[node]: known["label"][1] for node, known in source.nodes.items()}
        self.said = {(self.names[of], self.names[by]): known["tooltip"] for by, of, known in source.edges}
        self.blue = {(self.names[of], self.names[by]) for by, of, known in source.edges if known["color"] == WAY}
        self.asked = {self.names[node] for node, known in source.nodes.items() if known["color"] == ASKED}
        users = {of for _, of, _ in source.edges} - {by for by, _, _ in source.edges}
        self.root = self.names[users.pop()]
        assert not users

    def values(self, given: Mapping[str, Any]) -> dict[str, Any]:
        """All values, in the order in which the nodes stand."""
        known = dict(given)
        for name, sign, formula in self.formulas.values():
            if sign:
                known[name] = self.evaluated(formula, known)
        return known

    def evaluated(self, formula: str, known: Mapping[str, Any]) -> Any:
        declare = "; ".join(f"{name}: {shape}" for name, shape in self.shapes.items() if name in known and name in formula)
        function = matcalc.parse(formula, declare).function()
        return np.asarray(function(**{**SIZES, **known}), float)

    def derivative(self, name: str, known: Mapping[str, Any], partials: Mapping[tuple[str, str], Any]) -> Any:
        """The sum over all ways of the products along them, rows for the entries of the variable, columns stacked."""
        total = {self.root: np.eye(np.size(known[self.root]))}
        order = [name for name, sign, _ in self.formulas.values() if sign]
        for of in [self.root, *[other for other in reversed(order) if other != self.root]]:
            for (one, by), partial in partials.items():
                if one == of and of in total:
                    total[by] = total.get(by, 0) + stacked(partial, known[by], known[of]) @ total[of]
        return total[name]


def stacked(partial: Any, by: Any, of: Any) -> Any:
    return partial.reshape((np.size(by), np.size(of)), order="F") if np.ndim(of) == 0 or np.ndim(by) == 0 else partial


def pictured(case: str, wrt: Any) -> tuple[Graph, dict[str, Any], dict[tuple[str, str], Any]]:
    text, _, _ = CASES[case]
    graph = Graph(read(matcalc.draw(text, wrt).dot))
    inputs = [name for name, sign, _ in graph.formulas.values() if not sign]
    given = {name: RNG.uniform(0.2, 0.8, sized(graph.shapes[name])) for name in inputs}
    known = graph.values(given)
    partials = {}
    for (of, by), said in graph.said.items():
        left, sign, right = said.partition(" = ")
        if sign:
            assert left == f"∂{of}/∂{by}"
            partials[of, by] = graph.evaluated(right, known)
    return graph, {**given, "": known}, partials


def sized(shape: str) -> tuple[int, ...]:
    return () if shape == "scalar" else tuple(SIZES[size] for size in shape.split("×"))


@pytest.mark.parametrize("case", [case for case in CASES if CASES[case][2] is not None])
def test_products_along_the_ways_are_the_derivative(case: str) -> None:
    text, wrt, function = CASES[case]
    graph, given, partials = pictured(case, wrt)
    known = given.pop("")
    for name in wrt:
        expected = differences(function, given, name)
        rows = np.moveaxis(expected, 0, -1) if np.ndim(known[graph.root]) else expected[..., None]
        found = graph.derivative(name, known, partials)
        assert np.allclose(found, rows.reshape(-1, rows.shape[-1], order="F"), rtol=1e-6, atol=1e-7)
    wrong = dict(partials)
    edge = next(edge for edge in wrong if edge[1] == wrt[0])
    wrong[edge] = 2 * wrong[edge] + 1
    assert not np.allclose(graph.derivative(wrt[0], known, wrong), graph.derivative(wrt[0], known, partials), rtol=1e-3)


@pytest.mark.parametrize("case", CASES)
def test_the_ways_are_blue_and_the_variables_orange(case: str) -> None:
    text, wrt, _ = CASES[case]
    graph = Graph(read(matcalc.draw(text, wrt).dot))
    above = {name: {name} for name in graph.shapes}
    for _ in graph.shapes:
        for of, by in graph.said:
            above[of] |= above[by]
    assert graph.blue == {(of, by) for of, by in graph.said if above[by] & set(wrt)}
    assert graph.asked == set(wrt)


def test_two_ways_are_two_terms_of_the_chain_rule() -> None:
    words = matcalc.draw("x'*A*x", "x").alt
    assert "Chain rule: df/dx = ∂f/∂x + ∂v1/∂x · ∂f/∂v1." in words
    turned = matcalc.draw("z = W*x + b; h = tanh(z); u'*h", "x", layout="numerator").alt
    assert "df/dx = ∂f/∂h · ∂h/∂z · ∂z/∂x" in turned
    assert "df/dy = 0: no way leads from f to y" in matcalc.draw("x'*A*x", "y", declare="y: n").alt
    assert matcalc.draw("d/dx x'*A*x").alt == matcalc.draw("x'*A*x", "x").alt
    assert "df/dx" in matcalc.draw("x'*A*x").alt


@pytest.mark.parametrize(("text", "wrt", "declare"), [("b'b", "x", "x: n"), ("z = A*x; w = B*x; w'*w", "z", None)])
def test_what_the_value_does_not_rest_on_has_no_way(text: str, wrt: str, declare: str | None) -> None:
    picture = matcalc.draw(text, wrt, declare=declare)
    assert f"df/d{wrt} = 0: no way leads from f to {wrt}." in picture.alt
    assert f", {wrt} (" not in picture.alt.partition("Chain rule")[0]
    assert wrt in Graph(read(picture.dot)).shapes
