"""Programs whose functions cancel across the boundary of a step: right texts, and finite gradients where probabilities are 0 and 1."""

from __future__ import annotations

import warnings

import numpy as np
import pytest

import matcalc
from matcalc.calculus.simplification import simplified
from matcalc.einstein.lowering import lower
from matcalc.einstein.nodes import Symbol
from matcalc.products.program_steps import fused
from tests.codegen.comparison import given

NETWORK = "H = relu(X@W1 + 1*b1'); P = softmax(H@W2 + 1*b2', rows); -sum(Y .* log(P))/n"
LAYERS = "Z1 = X@W1 + 1*b1'; H = relu(Z1); Z2 = H@W2 + 1*b2'; P = softmax(Z2, rows); -sum(Y .* log(P))/n"
SIZES = "X: n×d; W1: d×h; b1: h; W2: h×c; b2: c; Y: n×c"
rng = np.random.default_rng(0)


@pytest.mark.parametrize(
    ("program", "declare", "expected"),
    [
        (
            NETWORK,
            SIZES,
            "δ = (diag(Y 𝟏) P − Y) W2ᵀ/n\n∂f/∂W1 = Xᵀ (δ ⊙ step(X W1 + 𝟏 b1ᵀ))\n∂f/∂b1 = (δ ⊙ step(X W1 + 𝟏 b1ᵀ))ᵀ 𝟏\n"
            "∂f/∂W2 = Hᵀ (diag(Y 𝟏) P − Y)/n\n∂f/∂b2 = (Pᵀ Y 𝟏 − Yᵀ 𝟏)/n",
        ),
        (
            LAYERS,
            SIZES,
            "δ_Z2 = (diag(Y 𝟏) P − Y)/n\nδ_H = δ_Z2 W2ᵀ\nδ_Z1 = δ_H ⊙ step(Z1)\n∂f/∂W1 = Xᵀ δ_Z1\n∂f/∂b1 = δ_Z1ᵀ 𝟏\n"
            "∂f/∂W2 = Hᵀ δ_Z2\n∂f/∂b2 = δ_Z2ᵀ 𝟏",
        ),
        (
            LAYERS,
            f"{SIZES} simplex",
            "δ_Z2 = (P − Y)/n\nδ_H = δ_Z2 W2ᵀ\nδ_Z1 = δ_H ⊙ step(Z1)\n∂f/∂W1 = Xᵀ δ_Z1\n∂f/∂b1 = δ_Z1ᵀ 𝟏\n"
            "∂f/∂W2 = Hᵀ δ_Z2\n∂f/∂b2 = δ_Z2ᵀ 𝟏",
        ),
    ],
)
def test_a_softmax_and_its_logarithm(program: str, declare: str, expected: str) -> None:
    assert matcalc.gradient(program, ["W1", "b1", "W2", "b2"], declare=declare).text() == expected


@pytest.mark.parametrize(
    ("program", "wrt", "expected"),
    [
        ("p = sigmoid(X*w); -sum(y.*log(p) + (1-y).*log(1-p))/n", "w", "∂f/∂w = Xᵀ (p − y)/n"),
        ("p = sigmoid(X*w); q = 1 - p; -sum(y.*log(p) + (1-y).*log(q))/n", "w", "∂f/∂w = Xᵀ (p − y)/n"),
        ("v = X*w; p = sigmoid(v); -mean(y.*log(p) + (1-y).*log(1-p))", "w", "δ = (p − y)/n\n∂f/∂w = Xᵀ δ"),
        ("e = exp(-X*w); p = 1 ./ (1 + e); -sum(y.*log(p) + (1-y).*log(1-p))", "w", "∂f/∂w = Xᵀ (p − y)"),
        ("p = softmax(X*w); l = log(p); -y'*l", "w", "∂f/∂w = Xᵀ (sum(y) p − y)"),
        ("e = exp(z); s = sum(e); log(s)", "z", "∂f/∂z = softmax(z)"),
        ("E = exp(Z); S = sum(E, rows); P = E ./ (S*ones(c)'); -sum(Y.*log(P))/n", "Z", "∂f/∂Z = (diag(Y 𝟏) P − Y)/n"),
        (
            "E = exp(Z); S = sum(E, rows); P = E ./ (S*ones(c)'); sum((Y-P).^2)/n",
            "Z",
            "δ = 2 (P − Y)/n\n∂f/∂Z = δ ⊙ P − diag(diag(δ Pᵀ)) P",
        ),
    ],
)
def test_names_on_the_way(program: str, wrt: str, expected: str) -> None:
    assert matcalc.gradient(program, [wrt], declare="X: n×m; w: m; y: n; z: n; Z: n×c; Y: n×c").text() == expected


def test_a_derivative_by_a_name_keeps_the_name() -> None:
    text = matcalc.gradient("p = sigmoid(X*w); -y'*log(p)", ["p"], declare="X: n×m; w: m; y: n").text()
    assert text == "δ = −y ⊘ p\n∂f/∂p = δ"


def test_what_does_not_cancel_stays_named() -> None:
    program = "p = sigmoid(X*w); s = sum(p); y'*p/s + log(s)"
    assert matcalc.gradient(program, ["w"], declare="X: n×m; w: m; y: n").adjoints.keys() == {"delta_s", "delta_p"}
    product = lower(matcalc.parse("log(p)", declare="p: n").node).tensor
    linear = {Symbol("p", product.shape): simplified(lower(matcalc.parse("2*x", declare="x: n").node).tensor)}
    assert fused(product, linear.get) == (product, {})


def cross_entropy(
    X: np.ndarray, W1: np.ndarray, b1: np.ndarray, W2: np.ndarray, b2: np.ndarray, Y: np.ndarray
) -> dict[str, np.ndarray]:
    """The gradients by hand, with the softmax shifted."""
    before = X @ W1 + b1
    hidden = np.maximum(before, 0)
    logits = hidden @ W2 + b2
    weights = np.exp(logits - logits.max(axis=1, keepdims=True))
    step = (weights / weights.sum(axis=1, keepdims=True) * Y.sum(axis=1, keepdims=True) - Y) / len(X)
    back = (step @ W2.T) * (before > 0)
    return {"W1": X.T @ back, "b1": back.sum(axis=0), "W2": hidden.T @ step, "b2": step.sum(axis=0)}


@pytest.mark.parametrize("target", ["numpy", "jax", "torch"])
@pytest.mark.parametrize("scale", [1.0, 1e3, 1e6])
def test_gradients_are_finite_and_right_at_large_weights(scale: float, target: str) -> None:
    if target != "numpy":
        library = pytest.importorskip(target)
        if target == "jax":
            library.config.update("jax_enable_x64", True)
    shapes = {"X": (6, 4), "W1": (4, 5), "b1": (5,), "W2": (5, 3), "b2": (3,)}
    values = {name: scale * rng.normal(size=shape) for name, shape in shapes.items()}
    values["Y"] = np.eye(3)[rng.integers(0, 3, 6)]
    expected = cross_entropy(**values)
    for program in (NETWORK, LAYERS):
        gradients = matcalc.gradient(program, ["W1", "b1", "W2", "b2"], declare=SIZES)
        with warnings.catch_warnings():
            warnings.simplefilter("error")
            found = gradients.function(target)(**{name: given(target, value) for name, value in values.items()})
        for name, value in expected.items():
            assert np.allclose(np.asarray(found[name]), value, rtol=1e-9, atol=1e-12 * scale**3), name
