"""The part of a generated file that runs under ``__main__``: its outputs against finite differences, at random points."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from matcalc.codegen.names import Names
from matcalc.codegen.requests import Check, Derivative, Operator, Output
from matcalc.codegen.signature import Parameters, array_axes
from matcalc.codegen.targets import MODULES, TargetName
from matcalc.errors import MatcalcError
from matcalc.evaluation import prime_sizes
from matcalc.evaluation.domains import check_place
from matcalc.evaluation.interpreter import program
from matcalc.expr.nodes import Expr, Symbol, postorder

# How unrestricted entries are drawn, tried in turn until the function and its outputs are finite: scalars, entries of arrays, and the
# multiple of the identity that is added to square matrices.
_STYLES = (
    ("rng.uniform(0.3, 1.5)", "rng.standard_normal({shape})", 0.0),
    ("rng.uniform(0.3, 1.5)", "rng.uniform(0.3, 1.5, {shape})", 0.0),
    ("rng.uniform(0.3, 1.5)", "rng.uniform(0.3, 1.5, {shape})", 3.0),
    ("rng.uniform(0.05, 0.2)", "rng.uniform(0.02, 0.1, {shape})", 0.0),
)
_LARGEST = 1e6
_SEEDS = 12

_DIFFERENCES = '''
def differences(point, names, step):
    """Central differences of value: its axes, then those of each variable."""
    if not names:
        return np.asarray(value({keywords}), dtype=float)
    *others, last = names
    base = np.asarray(point[last], dtype=float)
    quotients = []
    for place in np.ndindex(base.shape):
        move = np.zeros(base.shape)
        move[place] = step
{ties}        ends = [differences({{**point, last: base + sign * move}}, others, step) for sign in (1, -1)]
        quotients.append((ends[0] - ends[1]) / (2 * step))
    return np.stack(quotients, axis=-1).reshape(quotients[0].shape + base.shape)


def compare(name, result, expected, tolerance):
    found = np.asarray(result, dtype=float)
    assert found.shape == expected.shape, f"{{name}} has shape {{found.shape}}, not {{expected.shape}}"
    error = np.max(np.abs(found - expected)) / max(1.0, np.max(np.abs(expected)))
    assert error < tolerance, f"{{name}} is wrong: relative error {{error:.1e}}"
    print(f"{{name}}: agrees with finite differences to {{error:.1e}}")
'''

_GIVEN = {
    "numpy": "np.asarray(entry)",
    "jax": "jnp.asarray(entry)",
    "torch": "torch.as_tensor(entry, dtype=torch.float64)",
}

_TIES = {
    ("symmetric", "projected"): "(move + move.T) / 2",
    ("symmetric", "cookbook"): "np.maximum(move, move.T)",
    ("antisymmetric", "projected"): "(move - move.T) / 2",
    ("antisymmetric", "cookbook"): "(move - move.T) / 2",
    ("diagonal", "projected"): "move * np.eye(len(move))",
    ("diagonal", "cookbook"): "move * np.eye(len(move))",
}


def self_check(
    check: Check,
    name: str,
    outputs: Mapping[str, Output],
    both: tuple[Parameters, Parameters],
    value_source: str,
    target: TargetName,
    *,
    jax_imported: bool,
) -> str:
    """The ``__main__`` part for the function ``name``; ``value_source`` defines the function ``value`` that is differentiated.

    ``both`` are the parameters of the two functions.
    """
    parameters, value_parameters = both
    symbols = {symbol.name: symbol for symbol in (*parameters.symbols, *value_parameters.symbols)}
    for derivative in check.derivatives.values():
        symbols.update({symbol.name: symbol for symbol in derivative.wrt})
        if derivative.along is not None:
            symbols.setdefault(derivative.along.name, derivative.along)
    users = sorted({*parameters.functions, *value_parameters.functions})
    size_names = {n for symbol in symbols.values() for size in symbol.shape for n in size.names}
    size_names |= {*parameters.sizes, *value_parameters.sizes}
    names = parameters.names
    sizes, samples = _point(check, outputs, symbols, size_names, users, names)
    lines = ["# Compares the outputs with central differences at a random point with distinct sizes."]
    lines += _imports(target, jax_imported)
    lines += ["", *value_source.split("\n"), "", *samples]
    numbers = ", ".join(f"{names.of('size', size)}={number}" for size, number in sorted(sizes.items()))
    lines += [f"sizes = dict({numbers})", *_user_functions(users, names, target)]
    keywords = "**arguments(point), **sizes" + (", **functions" if users else "")
    lines += ["", "", "def arguments(point):", f"    return {{name: {_GIVEN[target]} for name, entry in point.items()}}", "", ""]
    lines += _DIFFERENCES.format(ties=_tie_lines(check, names), keywords=keywords).strip("\n").split("\n")
    lines += ["", ""]
    lines.append(f"results = {name}({keywords})")
    if len(outputs) == 1:
        lines.append("results = (results,)")
    for position, (key, output) in enumerate(outputs.items()):
        lines += _comparison(position, key, output, check.derivatives.get(key, Derivative()), check.source, names)
    return 'if __name__ == "__main__":\n' + "\n".join(f"    {line}" if line else "" for line in lines)


def _imports(target: TargetName, jax_imported: bool) -> list[str]:
    match target:
        case "numpy":
            return []
        case "jax":
            return [*([] if jax_imported else ["import jax"]), "import numpy as np", "", 'jax.config.update("jax_enable_x64", True)']
        case "torch":
            return ["import numpy as np"]


def _tie_lines(check: Check, names: Names) -> str:
    """Lines that keep a move within the matrices that a variable may be."""
    found: dict[str, None] = {}
    for derivative in check.derivatives.values():
        for symbol in derivative.wrt:
            facts = symbol.properties | ({"symmetric"} if "positive_definite" in symbol.properties else set())
            kind = next((fact for fact in ("diagonal", "symmetric", "antisymmetric") if fact in facts), None)
            tie = _TIES.get((kind, derivative.symmetric)) if kind is not None and len(symbol.shape) == 2 else None
            if tie is not None:
                given = names.of("symbol", symbol.name)
                found[f'        if last == "{given}":\n            move = {tie}\n'] = None
    return "".join(found)


def _comparison(position: int, key: str, output: Output, derivative: Derivative, source: Expr, names: Names) -> list[str]:
    order = len(derivative.wrt)
    variables = [names.of("symbol", symbol.name) for symbol in derivative.wrt]
    listed = ", ".join(f'"{variable}"' for variable in variables)
    step, tolerance = {0: ("0", "1e-9"), 1: ("1e-6", "1e-6"), 2: ("1e-4", "1e-5")}[order]
    lines = ["", f"expected = differences(point, [{listed}], {step})"]
    above = len(source.shape) if not source.is_row else 1
    below = [len(array_axes(symbol)) for symbol in derivative.wrt if symbol.shape]
    if derivative.along is not None:
        along = f'point["{names.of("symbol", derivative.along.name)}"]'
        lines.append(f"expected = np.tensordot(expected, {along}, axes=np.ndim({along}))")
    else:
        lines += _laid_out(derivative.layout, above, below)
    result = f"results[{position}]"
    if isinstance(output, Operator):
        result += f'(arguments(point)["{names.of("symbol", output.argument.name)}"])'
    lines.append(f'compare("{key}", {result}, expected, {tolerance})')
    return lines


def _laid_out(layout: str, above: int, below: list[int]) -> list[str]:
    """Statements that bring the differences into a layout."""
    total = above + sum(below)
    if layout == "tensor" or not total or not below:
        return []
    if not above and len(below) == 1:
        return ["expected = expected.T"] if layout == "numerator" else []
    rows = above or below[0]
    lines = [f'expected = expected.reshape(int(np.prod(expected.shape[:{rows}])), -1, order="F")']
    return [*lines, "expected = expected.T"] if above and layout == "denominator" else lines


# ---------------------------------------------------------------- random points


def _point(
    check: Check,
    outputs: Mapping[str, Output],
    symbols: Mapping[str, Symbol],
    size_names: set[str],
    users: list[str],
    names: Names,
) -> tuple[dict[str, int], list[str]]:
    """Sizes and the statements that draw the arrays, such that the value and the outputs are finite there."""
    import numpy as np

    expressions = [check.source, *(output for output in outputs.values() if isinstance(output, Expr))]
    if sum(len(postorder(expression)) for expression in expressions) > 5000:
        expressions = []
    chosen: tuple[dict[str, int], list[str]] | None = None
    for seed in range(_SEEDS):
        sizes = prime_sizes(size_names, seed)
        for scalar, entries, diagonal in _STYLES:
            lines = [f"rng = np.random.default_rng({seed})", "point = {}"]
            for symbol in symbols.values():
                place = f'point["{names.of("symbol", symbol.name)}"]'
                lengths = tuple([size.value(sizes) for size in array_axes(symbol)])
                lines += _sample(place, lengths, symbol.properties, (scalar, entries, diagonal))
            chosen = chosen or (sizes, lines)
            if users:
                return chosen
            space: dict[str, Any] = {"np": np}
            exec("\n".join(lines), space)
            values = {symbol: space["point"][names.of("symbol", symbol)] for symbol in symbols}
            try:
                results = [program(expression).run(values, sizes, observe=check_place) for expression in expressions]
            except MatcalcError:
                continue
            if all(np.all(np.isfinite(result)) and np.max(np.abs(result), initial=0.0) < _LARGEST for result in results):
                return sizes, lines
    assert chosen is not None
    return chosen


def _sample(place: str, lengths: tuple[int, ...], facts: frozenset[str], style: tuple[str, str, float]) -> list[str]:
    """Statements that draw an array with these facts into ``place``."""
    scalar, entries, diagonal = style
    if not lengths:
        return [f"{place} = {scalar}"]
    shape = str(lengths[0]) if len(lengths) == 1 else f"({', '.join(map(str, lengths))})"
    if "mask" in facts:
        return [f"{place} = rng.integers(0, 2, {shape}).astype(float)"]
    if "sign" in facts:
        return [f"{place} = rng.choice([-1.0, 1.0], {shape})"]
    if "simplex" in facts:
        return [f"{place} = rng.dirichlet(np.ones({lengths[-1]})" + (f", {lengths[0]})" if len(lengths) == 2 else ")")]
    if "orthogonal" in facts:
        return [f"{place} = np.linalg.qr(rng.standard_normal({shape}))[0]"]
    drawn = "rng.uniform(0.3, 1.5, {shape})" if "positive" in facts else entries
    lines = [f"{place} = {drawn.format(shape=shape)}"]
    if len(lengths) != 2 or lengths[0] != lengths[1]:
        return lines
    size = lengths[0]
    if "diagonal" in facts:
        return [f"{place} = np.diag({drawn.format(shape=size)})"]
    if "positive_definite" in facts:
        return [*lines, f"{place} = {place} @ {place}.T / {size} + np.eye({size})"]
    if "antisymmetric" in facts:
        return [*lines, f"{place} = {place} - {place}.T"]
    if diagonal or "invertible" in facts:
        lines.append(f"{place} = {place} + {diagonal or 3.0} * np.eye({size})")
    if "symmetric" in facts:
        lines.append(f"{place} = {place} + {place}.T")
    return lines


def _user_functions(users: list[str], names: Names, target: TargetName) -> list[str]:
    """Sines stand for the user's own functions: the derivative of order k is sin(t + k π/2)."""
    if not users:
        return []
    lines = ["functions = dict("]
    for user in users:
        order = len(user) - len(user.rstrip("'′"))
        lines.append(f"    {names.of('function', user)}=lambda t: {MODULES[target]}.sin(t + {order} * np.pi / 2),")
    return [*lines, ")"]
