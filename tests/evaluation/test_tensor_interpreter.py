"""The tensor evaluator against sums written as loops over all indices."""

from __future__ import annotations

from fractions import Fraction
from functools import reduce
from itertools import product
from math import prod

import numpy as np
import pytest
from hypothesis import given, settings, strategies as st

from matcalc.base.errors import LimitError, MatcalcError, ShapeError
from matcalc.base.sizes import ONE, Size
from matcalc.einstein import nodes as t
from matcalc.evaluation.arrays import agrees
from matcalc.evaluation.tensor_interpreter import contract, evaluate_tensor

M, N = Size.of("m"), Size.of("n")
A = t.Symbol("A", (N, N))
X = t.Symbol("X", (M, N))
x = t.Symbol("x", (N,))
SIZES = {"m": 3, "n": 5}
rng = np.random.default_rng(3)
V = {"A": rng.normal(size=(5, 5)) + 3 * np.eye(5), "X": rng.normal(size=(3, 5)), "x": rng.uniform(0.5, 2, 5)}


def by_loops(operands, indices, output, lengths) -> np.ndarray:
    """The meaning of a contraction, entry by entry."""
    result = np.zeros([lengths[label] for label in output])
    for place in product(*(range(length) for length in lengths)):
        where = tuple(place[label] for label in output)
        result[where] += prod(
            operand[tuple(place[label] for label in labels)] for operand, labels in zip(operands, indices, strict=True)
        )
    return result


CASES = {
    "product": (((0, 1), (1, 2)), (0, 2)),
    "trace": (((0, 0),), ()),
    "diagonal": (((0, 0),), (0,)),
    "diagonal matrix": (((0,),), (0, 0)),
    "identity": ((), (0, 0)),
    "ones": ((), (0, 1)),
    "number": ((), ()),
    "sum of ones": (((1,),), (1, 1)),
    "hyperedge": (((0, 1), (1,), (1, 2), (1,)), (0, 2)),
    "delta between": (((0, 1), (2,)), (0, 2, 1, 2)),
    "crossed": (((0, 1), (2, 3)), (0, 3, 2, 1)),
    "broadcast": (((0,),), (0, 1)),
    "outer": (((0,), (1,), (2,)), (2, 0, 1)),
    "scalar operand": (((), (0,)), (0, 0)),
}


@pytest.mark.parametrize("name", CASES)
def test_contraction_is_its_loops(name: str) -> None:
    indices, output = CASES[name]
    labels = 1 + max([label for group in (*indices, output) for label in group], default=-1)
    lengths = (2, 3, 4, 5)[:labels]
    operands = [np.asarray(rng.normal(size=[lengths[label] for label in group])) for group in indices]
    if name in ("trace", "diagonal"):
        assert operands[0].shape == (2, 2)
    expected = by_loops(operands, indices, output, lengths)
    assert agrees(contract(operands, indices, output, lengths), expected, relative=1e-12)


@settings(max_examples=80, deadline=None)
@given(data=st.data())
def test_random_contractions_are_their_loops(data: st.DataObject) -> None:
    labels = data.draw(st.integers(1, 5))
    one = st.integers(0, labels - 1)
    indices = data.draw(st.lists(st.lists(one, max_size=3).map(tuple), max_size=5))
    output = data.draw(st.lists(one, max_size=4).map(tuple))
    lengths = tuple(data.draw(st.lists(st.integers(1, 3), min_size=labels, max_size=labels)))
    source = np.random.default_rng(data.draw(st.integers(0, 99)))
    operands = [np.asarray(source.normal(size=[lengths[label] for label in group])) for group in indices]
    assert agrees(contract(operands, indices, output, lengths), by_loops(operands, indices, output, lengths), relative=1e-10)


def test_long_chains_and_many_labels() -> None:
    size = 400
    chain = [np.linalg.qr(rng.normal(size=(3, 3)))[0] for _ in range(size)]
    expected = reduce(np.matmul, chain)
    indices = [(k, k + 1) for k in range(size)]
    order = rng.permutation(size)
    mixed = contract([chain[k] for k in order], [indices[k] for k in order], (0, size), (3,) * (size + 1))
    assert agrees(mixed, expected, relative=1e-9)
    assert not agrees(mixed, expected.T)
    vectors = [rng.uniform(0.9, 1.1, 4) for _ in range(5000)]
    assert agrees(contract(vectors, [(0,)] * 5000, (), (4,)), np.prod(vectors, axis=0).sum())


def test_too_large_results_are_refused() -> None:
    with pytest.raises(LimitError):
        contract([], [], (0, 1, 2), (1000, 1000, 1000))


NODES = {
    "symbol": (X, V["X"]),
    "pi": (t.Constant("pi"), np.pi),
    "size": (t.SizeValue(M * N), 15.0),
    "unit": (t.Unit(Size.of(2), N), np.eye(5)[1]),
    "pairing": (t.Pairing(M, N), np.eye(15).reshape(3, 5, 15)),
    "joined axes": (t.Contraction((X, t.Pairing(M, N)), ((0, 1), (0, 1, 2)), (2,), (M, N, M * N)), V["X"].ravel()),
    "sum": (
        t.Sum(((Fraction(1, 2), A), (Fraction(-3), t.Contraction((A,), ((0, 1),), (1, 0), (N, N)))), (N, N)),
        V["A"] / 2 - 3 * V["A"].T,
    ),
    "zero": (t.Sum((), (M, N)), np.zeros((3, 5))),
    "power": (t.Power(x, Fraction(-1, 2)), V["x"] ** -0.5),
    "map": (t.Map("tanh", (X,)), np.tanh(V["X"])),
    "pow": (t.Map("pow", (x, x)), V["x"] ** V["x"]),
    "own function": (t.Map("f'", (x,)), np.cos(V["x"])),
    "inverse": (t.Apply("inv", (A,), (N, N)), np.linalg.inv(V["A"])),
    "det": (t.Apply("det", (A,), ()), np.linalg.det(V["A"])),
    "softmax of rows": (t.Apply("softmax", (X,), (M, N)), np.exp(V["X"]) / np.exp(V["X"]).sum(axis=1, keepdims=True)),
    "logsumexp of rows": (t.Apply("logsumexp", (X,), (M,)), np.log(np.exp(V["X"]).sum(axis=1))),
    "shared": (t.Contraction((A, A, x), ((0, 1), (1, 2), (2,)), (0,), (N, N, N)), V["A"] @ V["A"] @ V["x"]),
}


@pytest.mark.parametrize("name", NODES)
def test_nodes(name: str) -> None:
    tensor, expected = NODES[name]
    assert agrees(evaluate_tensor(tensor, {**V, "f'": np.cos, "unused": 1}, SIZES), expected, relative=1e-12) or name == "zero"
    assert np.allclose(evaluate_tensor(tensor, {**V, "f'": np.cos}, SIZES), expected, rtol=1e-12)


def test_cases_cover_every_node_class() -> None:
    assert {type(node) for tensor, _ in NODES.values() for node in t.postorder(tensor)} >= set(t.Node.__args__)


def test_a_transposed_expectation_is_seen() -> None:
    assert not agrees(evaluate_tensor(t.Apply("inv", (A,), (N, N)), V), np.linalg.inv(V["A"]).T)


def test_vectors_may_be_rows_or_columns() -> None:
    assert evaluate_tensor(x, {"x": V["x"].reshape(-1, 1)}).shape == (5,)
    row = t.Symbol("r", (ONE, N))
    assert evaluate_tensor(row, {"r": V["x"]}).shape == (1, 5)


def test_errors() -> None:
    with pytest.raises(MatcalcError, match="no value"):
        evaluate_tensor(x, {})
    with pytest.raises(ShapeError, match="axes"):
        evaluate_tensor(x, {"x": np.eye(3)})
    with pytest.raises(ShapeError, match=r"n=\.\.\."):
        evaluate_tensor(t.Contraction((), (), (0, 0), (N,)), {})
    with pytest.raises(MatcalcError, match="inv"):
        evaluate_tensor(t.Apply("inv", (A,), (N, N)), {"A": np.zeros((3, 3))})
    with pytest.raises(MatcalcError, match="own"):
        evaluate_tensor(t.Map("own", (x,)), V)


def test_depth() -> None:
    deep: t.Tensor = x
    for _ in range(3000):
        deep = t.Map("tanh", (deep,))
    assert np.all(np.isfinite(evaluate_tensor(deep, V)))
