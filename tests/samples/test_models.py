"""Derivatives of models that are written as sums over samples, against loops in Python that JAX differentiates."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
import pytest

import matcalc
from matcalc.language.build.scope import capital_of
from tests.samples.models import LOOPS, MODELS, Model

jax = pytest.importorskip("jax")
jax.config.update("jax_enable_x64", True)

CASES = [(model, text, name) for model in MODELS for text in model.texts for name in model.wrt]
IDS = [f"{model.name}: {text} by {name}" for model, text, name in CASES]


def drawn(model: Model) -> dict[str, np.ndarray]:
    rng = np.random.default_rng(11)
    found = {}
    for name, shape in model.shapes.items():
        value = rng.normal(size=shape)
        if name in model.positive:
            value = np.abs(value) + 0.3
        if name in model.definite:
            value = value @ np.swapaxes(value, -1, -2) + np.eye(shape[-1])
        found[name] = value
    return found


def looped(model: Model) -> Callable[[Mapping[str, Any]], Any]:
    scope: dict[str, Any] = {"jnp": jax.numpy, "jax": jax}
    exec(LOOPS, scope)
    code = compile(model.loop, model.name, "eval")
    return lambda values: eval(code, {**scope, **values})


def named(values: Mapping[str, Any]) -> dict[str, Any]:
    return {{"lam": "lambda"}.get(name, name): value for name, value in values.items()}


def agrees(model: Model, text: str, name: str) -> bool:
    values = drawn(model)
    function = looped(model)
    derivation = matcalc.derive(text, name)
    wanted = np.asarray(jax.grad(lambda value: function({**values, name: value}))(values[name]))
    found = np.asarray(derivation.function()(**named(values)))
    return found.shape == wanted.shape and bool(np.allclose(found, wanted, rtol=1e-9, atol=1e-9 * (1 + np.abs(wanted).max())))


@pytest.mark.parametrize(("model", "text", "name"), CASES, ids=IDS)
def test_derivatives_are_those_of_loops(model: Model, text: str, name: str) -> None:
    assert agrees(model, text, name)


def test_a_family_may_be_named_by_its_capital() -> None:
    for model in MODELS:
        for name in model.wrt:
            capital = capital_of(name)
            if len(model.shapes[name]) < 2 or capital is None or capital in model.shapes:
                continue
            by_letter, by_capital = (matcalc.derive(model.texts[0], by) for by in (name, capital))
            if capital not in by_letter.declarations:
                continue  # entries with two indices
            assert str(by_letter) == str(by_capital), model.name
            values = named(drawn(model))
            array = values.pop(name)
            assert np.array_equal(
                by_letter.function()(**values, **{capital: array}), by_letter.function()(**values, **{name: array})
            )


def test_a_wrong_reading_would_be_seen() -> None:
    entries = Model(
        "planted", (r"\sum_i (x_i - m)^2",), ("m",), "over([sq(x[i] - m) for i in range(5)])", {"x": (5, 3), "m": (3,)}
    )
    with pytest.raises(matcalc.MatcalcError):
        agrees(entries, entries.texts[0], "m")
    other = Model(
        "planted", (r"\sum_i \|x_i - m\|^2",), ("m",), "over([sq(x[i] + m) for i in range(5)])", {"x": (5, 3), "m": (3,)}
    )
    assert not agrees(other, other.texts[0], "m")


def test_all_results_take_the_array_under_the_name_of_the_members() -> None:
    text = r"\sum_i (y_i - w^\top x_i)^2"
    values = {"x": np.eye(3), "w": np.ones(3), "y": np.zeros(3)}
    both = matcalc.gradient(text, ["w", "x"])
    assert list(both) == ["w", "X"]
    assert both["x"] is both["X"]
    assert np.array_equal(both.function()(**values)["X"], both["x"].function()(**values))
    derivation = matcalc.derive(text, "w")
    assert derivation.expression is not None
    assert np.array_equal(derivation.function()(**values), derivation.expression.function()(**values))
    assert matcalc.parse(text).function()(**values) == 3
