"""Whether two formulas differ, and whether a counterexample is one: by NumPy, sharing nothing with the verifier."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from matcalc.base.errors import MatcalcError
from matcalc.expr import nodes as e
from tests.attack.claims import Claim
from tests.attack.members import drawn, lacking
from tests.attack.numpy_functions import ELEMENTWISE, LIBRARY
from tests.fuzz.values import evaluate, evaluate_with_scale

_NOISE = 1e-10
"""Relative to the largest number on the way; less is rounding."""
_SIZES = ((3, 2, 4, 5, 2), (2, 4, 3, 3, 5), (2, 2, 2, 2, 2), (3, 3, 3, 3, 3))
_STYLES = ("signs", "positive", "small", "definite")
_MOST_POINTS = 4


@dataclass(frozen=True)
class Place:
    """Sizes, and an array for each symbol that has the declared facts."""

    sizes: Mapping[str, int]
    values: Mapping[str, Any]


def places(claim: Claim, seed: int) -> Iterator[Place]:
    """Random points of several sizes at which the claimed function has a value."""
    symbols = claim.symbols
    nodes = [*e.postorder(claim.function), *e.postorder(claim.right), *symbols.values()]
    names = sorted({name for node in nodes for size in _sizes_of(node) for name in size.names})
    found = 0
    for attempt in range(4 * len(_SIZES)):
        sizes = {name: _SIZES[attempt % len(_SIZES)][k % 5] for k, name in enumerate(names)}
        rng = np.random.default_rng([seed, attempt])
        values = {}
        for name in sorted(symbols):
            values[name] = _array(symbols[name], sizes, rng, _STYLES[attempt // len(_SIZES)])
        if any(value is None for value in values.values()):
            continue
        with np.errstate(all="ignore"):
            try:
                defined = np.all(np.isfinite(evaluate(claim.function, values, sizes, LIBRARY)))
            except (np.linalg.LinAlgError, ValueError):
                defined = False
        if defined:
            found += 1
            yield Place(sizes, values)
        if found >= _MOST_POINTS:
            return


def _sizes_of(node: e.Expr) -> tuple[Any, ...]:
    return (*node.shape, node.size) if isinstance(node, e.SizeValue | e.Identity) else node.shape


def _array(symbol: e.Symbol, sizes: Mapping[str, int], rng: np.random.Generator, style: str) -> Any:
    shape = tuple([size.value(sizes) for size in symbol.shape])
    shape = shape[1:] if symbol.is_row else shape
    if symbol.properties - {"constant"}:
        return drawn(shape, symbol.properties, rng)
    signs = rng.choice([-1.0, 1.0], shape) if style == "signs" else np.ones(shape)
    array = signs * (rng.uniform(0.05, 0.4, shape) if style == "small" else rng.uniform(0.3, 1.6, shape))
    if style == "definite" and len(shape) == 2 and shape[0] == shape[1]:
        array = 0.3 * array + 2.0 * np.eye(shape[0])
    return np.asarray(array)


def differ(claim: Claim, other: e.Expr, seed: int) -> bool | None:
    """Whether ``other`` has another value than the right side at some point; None where that cannot be told."""
    compared = False
    try:
        for place in places(claim, seed):
            with np.errstate(all="ignore"):
                right, scale = evaluate_with_scale(claim.right, place.values, place.sizes, LIBRARY)
                wrong, another = evaluate_with_scale(other, place.values, place.sizes, LIBRARY)
            if not (np.all(np.isfinite(right)) and np.all(np.isfinite(wrong))):
                continue
            compared = True
            if np.shape(right) != np.shape(wrong) or np.max(np.abs(right - wrong), initial=0.0) > _NOISE * max(
                1.0, scale, another
            ):
                return True
    except (NotImplementedError, MatcalcError, np.linalg.LinAlgError, KeyError, ValueError):
        return None
    return False if compared else None


def faults_of_counterexample(claim: Claim, other: e.Expr, example: Any) -> list[str]:
    """What is wrong with a counterexample against ``left = other``: facts, shapes, values, or sides that do not differ."""
    found = []
    symbols = claim.symbols
    for name, value in example.values.items():
        if callable(value) or name not in symbols:
            continue
        array = np.asarray(value, dtype=float)
        wanted = tuple([size.value(example.sizes) for size in symbols[name].shape])
        if array.shape not in (wanted, wanted[1:] if symbols[name].is_row else wanted):
            found.append(f"{name} has the shape {array.shape}, declared {wanted}")
        else:
            found += [f"{name} is not {fact}: {array.tolist()}" for fact in lacking(array, symbols[name].properties)]
    missing = sorted(set(symbols) - set(example.values))
    if missing:
        found.append(f"no value for {', '.join(missing)}")
    left, right = np.asarray(example.left, dtype=float), np.asarray(example.right, dtype=float)
    if left.shape == right.shape and np.array_equal(left, right):
        found.append("both sides are equal")
    printed = [
        line.split(":", 1)[1].strip() for line in str(example).splitlines() if line.startswith(("left side", "right side"))
    ]
    if len(printed) == 2 and printed[0] == printed[1]:
        found.append(f"both sides are printed as {printed[0]}")
    return found or _other_values(claim, other, example, left, right)


def _other_values(claim: Claim, other: e.Expr, example: Any, left: np.ndarray, right: np.ndarray) -> list[str]:
    """Sides whose values are other ones than NumPy finds at the same point; none where NumPy has no value."""
    values = {name: np.asarray(value, dtype=float) for name, value in example.values.items() if not callable(value)}
    found = []
    for side, expression, given in (("left", claim.right, left), ("right", other, right)):
        if any(isinstance(node, e.Elementwise) and node.function not in ELEMENTWISE for node in e.postorder(expression)):
            continue  # the user's own function, which a counterexample does not show
        try:
            with np.errstate(all="ignore"):
                expected = np.asarray(evaluate(expression, values, example.sizes, LIBRARY))
        except (NotImplementedError, MatcalcError, np.linalg.LinAlgError, KeyError, ValueError):
            continue
        if np.all(np.isfinite(expected)) and given.size == expected.size:
            gap = np.max(np.abs(given.reshape(-1) - expected.reshape(-1)), initial=0.0)
            if gap > 1e-6 * max(1.0, float(np.max(np.abs(expected), initial=0.0))):
                found.append(f"the {side} side is {expected.tolist()} there, not {given.tolist()}")
    return found
