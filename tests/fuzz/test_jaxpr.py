"""Evaluating traced JAX with NumPy gives what JAX itself computes; left out where JAX is not installed."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

pytest.importorskip("jax")

import jax
import jax.numpy as jnp

from matcalc.base.functions import functions
from tests.fuzz import jaxpr
from tests.fuzz.jax_functions import ELEMENTWISE, MATRIX, VECTOR

RNG = np.random.default_rng(0)
SQUARE = RNG.uniform(0.2, 0.8, (3, 3)) + 2.0 * np.eye(3)


def both(function: Callable[..., Any], *arguments: Any) -> tuple[Any, Any]:
    return jaxpr.run(jax.make_jaxpr(function)(*arguments), *arguments)[0], np.asarray(jax.jit(function)(*arguments))


OF_MATRICES = [name for name in MATRIX if functions()[name].orders == (2,) and "3" not in functions()[name].signature]


@pytest.mark.parametrize("name", [*ELEMENTWISE, *OF_MATRICES])
def test_jacobians_are_those_of_jax(name: str) -> None:
    argument = SQUARE if name in MATRIX else SQUARE[0] / 4.0
    ours, theirs = both(jax.jacfwd((MATRIX | ELEMENTWISE)[name]), argument)
    np.testing.assert_allclose(ours, theirs, rtol=1e-9, atol=1e-12)


@pytest.mark.parametrize("name", VECTOR)
def test_second_derivatives_are_those_of_jax(name: str) -> None:
    ours, theirs = both(jax.jacfwd(jax.jacrev(lambda x: jnp.sum(VECTOR[name](x, 1)[0] ** 2))), SQUARE)
    np.testing.assert_allclose(ours, theirs, rtol=1e-9, atol=1e-12)


def test_matrix_logarithm_and_exponential_undo_each_other() -> None:
    wide = np.diag([1e-3, 1.0, 1e4]) + np.triu(np.ones((3, 3)), 1)
    again = MATRIX["expm"](MATRIX["logm"](wide))
    np.testing.assert_allclose(again, wide, rtol=1e-8)


def test_a_wrong_operation_would_be_seen(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(jaxpr.ENTRY_BY_ENTRY, "mul", np.add)
    ours, theirs = both(lambda x: x * x, SQUARE)
    assert not np.allclose(ours, theirs)
