"""Expressions with tensors of order 3 and 4: shapes, values against NumPy, notes, and texts that read back."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import matcalc

RNG = np.random.default_rng(7)
SHAPES = {"x": (4,), "y": (2, 4, 3), "z": (3,), "A": (4, 3), "S": (2, 1, 3), "U": (1, 4, 1), "Q": (5, 2, 4, 3), "R": (2, 4, 4)}
V: dict[str, Any] = {name: RNG.uniform(0.5, 1.5, shape) for name, shape in SHAPES.items()} | {"a": 1.7}
DECLARE = "; ".join(f"{name}: {'×'.join(map(str, shape))}" for name, shape in SHAPES.items()) + "; a: scalar"
COLUMN = V["x"][:, None]

CASES: dict[str, Callable[[], Any]] = {
    "y + 2*y - y/a": lambda: V["y"] * (3 - 1 / 1.7),
    "y.*y./sqrt(y) - y.^a": lambda: V["y"] ** 1.5 - V["y"] ** 1.7,
    "1 - exp(y)": lambda: 1 - np.exp(V["y"]),
    "a./y": lambda: 1.7 / V["y"],
    "(x'*x)*y*a": lambda: V["x"] @ V["x"] * 1.7 * V["y"],
    "|-y|": lambda: V["y"],
    "sum(y)": lambda: V["y"].sum(),
    "norm2(y)": lambda: np.sqrt((V["y"] ** 2).sum()),
    "norm1(Q)": lambda: np.abs(V["Q"]).sum(),
    "norm(y, 3)": lambda: (V["y"] ** 3).sum() ** (1 / 3),
    "log(1 + exp(y))": lambda: np.log(1 + np.exp(V["y"])),
    # broadcasting: what NumPy does, the vector being a column
    "x.*y": lambda: COLUMN * V["y"],
    "y + z'": lambda: V["y"] + V["z"],
    "y - A": lambda: V["y"] - V["A"],
    "A./Q": lambda: V["A"] / V["Q"],
    "y.*S": lambda: V["y"] * V["S"],
    "S + U": lambda: V["S"] + V["U"],
    "Q.^y": lambda: V["Q"] ** V["y"],
    "Q + y - x": lambda: V["Q"] + V["y"] - COLUMN,
    # entries, contraction over named indices
    "y[2,3,1] + Q[5,1,2,3]": lambda: V["y"][1, 2, 0] + V["Q"][4, 0, 1, 2],
    "tensor(i, k, sum(j, y[i,j,k]*x[j]))": lambda: np.einsum("ijk,j->ik", V["y"], V["x"]),
    "tensor(k, j, i, y[i,j,k])": lambda: V["y"].transpose(2, 1, 0),
    "tensor(i, sum(j, R[i,j,j]))": lambda: np.einsum("ijj->i", V["R"]),
    "tensor(i, j, k, x[i]*z[j]*x[k])": lambda: np.einsum("i,j,k->ijk", V["x"], V["z"], V["x"]),
    "tensor(h, l, sum(i, sum(j, sum(k, Q[h,i,j,k]*exp(R[i,j,l])/z[k]))))": lambda: np.einsum(
        "hijk,ijl,k->hl", V["Q"], np.exp(V["R"]), 1 / V["z"]
    ),
    "sum(i, sum(j, y[i,j,2]*x[j]))": lambda: np.einsum("ij,j->", V["y"][:, :, 1], V["x"]),
    "tensor(i, (x')[i])": lambda: V["x"],
    "tensor(i, j, x[i] + a) + A*A'": lambda: COLUMN + 1.7 + V["A"] @ V["A"].T,
    "tensor(j, k, sum(i, y[i,j,k]))*z": lambda: V["y"].sum(axis=0) @ V["z"],
}


@pytest.mark.parametrize("text", CASES)
def test_values_are_those_of_numpy(text: str) -> None:
    expected = np.asarray(CASES[text]())
    parsed = matcalc.parse(text, DECLARE)
    assert parsed.shape == expected.shape
    found = parsed.function("numpy")(**V)
    assert np.shape(found) == expected.shape
    np.testing.assert_allclose(found, expected, rtol=1e-10)


@pytest.mark.parametrize("text", CASES)
def test_the_evaluator_says_the_same(text: str) -> None:
    from matcalc.evaluation.interpreter import evaluate

    np.testing.assert_allclose(evaluate(matcalc.parse(text, DECLARE).node, V), CASES[text](), rtol=1e-10)


@pytest.mark.parametrize("style", ["ascii", "unicode"])
@pytest.mark.parametrize("text", CASES)
def test_texts_read_back(text: str, style: Any) -> None:
    parsed = matcalc.parse(text, DECLARE)
    assert matcalc.parse(parsed.text(style), parsed.declarations).node is parsed.node


def test_broadcasting_is_noted() -> None:
    parsed = matcalc.parse("x.*y", "x: 20×1; y: 10×20×30")
    assert parsed.shape == (10, 20, 30)
    assert parsed.text("ascii") == "tensor(i, j, k, x[j]).*y"
    assert parsed.notes == (
        "x is multiplied with a 10×20×30 tensor, copied along its axes 1, 3 (a vector of size n broadcasts as an n×1 array)",
    )
    assert r"[x_{j}]_{i=1,j=1,k=1}^{10, 20, 30}" in parsed.latex()


def test_letters_of_indices_are_no_names() -> None:
    parsed = matcalc.parse("j.*y", "j: 20×1; y: 10×20×30")
    assert parsed.text("ascii") == "tensor(i, k, l, j[k]).*y"
    assert matcalc.parse(parsed.text("ascii"), parsed.declarations).node is parsed.node


def test_sizes_of_vectors_follow_from_tensors() -> None:
    parsed = matcalc.parse("sum(k, T[1,2,k]*v[k]) + sum(w + T)", "T: n×m×p")
    assert parsed.declarations == {"T": "n×m×p", "v": "p", "w": "m"}


REFUSED = ["T*A", "A*T", "T'", "T^2", "inv(T)", "tr(T)", "diag(T)", "kron(T, A)", "softmax(T)", "sum(T, rows)"]


@pytest.mark.parametrize("text", REFUSED)
def test_matrix_operations_are_refused(text: str) -> None:
    with pytest.raises(matcalc.ShapeError, match="tensor"):
        matcalc.parse(text, "T: n×n×n; A: n×n")
