"""Code for JAX, which may be jitted and mapped over batches."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from textwrap import indent
from types import MappingProxyType
from typing import Any, ClassVar

from matcalc.base.errors import MatcalcError
from matcalc.codegen.operations import Op
from matcalc.codegen.requests import Application, File, Function, Spread
from matcalc.codegen.targets.array_libraries import ArrayLibrary
from matcalc.codegen.targets.python_files import definition
from matcalc.codegen.targets.target import Step, Target, Text, Writer

_HELPERS = {
    "pattern": '''
def _pattern(mask):
    """Rows, columns and values of the entries that a sparse matrix stores."""
    stored = mask if hasattr(mask, "indices") else jax.experimental.sparse.BCOO.fromdense(mask)
    stored = stored.sum_duplicates(nse=stored.nse)
    return stored.indices[:, 0], stored.indices[:, 1], 1.0*stored.data
''',
    "sampled": '''
def _sampled(left, right, rows, cols):
    """The entries of a product of matrices at these places, and none of its others."""
    return jnp.sum(left[rows]*right.T[cols], axis=1)
''',
    "at": """
def _at(array, rows, cols):
    return array[rows, cols]
""",
    "times": '''
def _times(values, rows, cols, dense, length):
    """The sparse matrix with these entries, times an array."""
    parts = values.reshape(-1, *[1]*(dense.ndim - 1))*dense[cols]
    return jnp.zeros((length, *dense.shape[1:]), dtype=parts.dtype).at[rows].add(parts)
''',
    "totals": '''
def _totals(values, places, length):
    """The sums of the values that have the same place."""
    return jnp.zeros(length, dtype=values.dtype).at[places].add(values)
''',
    "sparse_array": """
def _sparse_array(values, rows, cols, shape):
    return jax.experimental.sparse.BCOO((values, jnp.stack([rows, cols], axis=1)), shape=shape)
""",
    "adj": '''
def _adj(A):
    """The adjugate, the transposed derivative of the determinant: right for singular matrices too."""
    return jax.grad(jnp.linalg.det)(A).T
''',
    "norm2": '''
def _norm2(x):
    """The Euclidean norm, scaled so that squares of the entries neither overflow nor underflow."""
    scale = jax.lax.stop_gradient(jnp.max(jnp.abs(x)))
    scale = jnp.where((scale > 0) & jnp.isfinite(scale), scale, 1)
    return scale*jnp.sqrt(jnp.sum(jnp.abs(x/scale)**2))
''',
    "cholesky_inverse": """
def _cholesky_inverse(factor):
    return jax.scipy.linalg.cho_solve((factor, True), jnp.eye(len(factor), dtype=factor.dtype))
""",
    "expm": """
def _expm(A):
    return jax.scipy.linalg.expm(A)
""",
}


class _JAX(ArrayLibrary):
    """A library without arrays that can be written to; under ``jax.jit`` sizes may be known only
    when the code runs."""

    name = "jax"
    module = "jnp"
    mapping = "jax.vmap"
    imported = "import jax.numpy as jnp"
    given = "jnp.asarray(entry)"
    on_host = False
    helpers = _HELPERS
    needs: ClassVar[Mapping[str, str]] = {
        "sparse_array": "jax.experimental.sparse",
        "pattern": "jax.experimental.sparse",
        "expm": "jax.scipy.linalg",
        "cholesky_inverse": "jax.scipy.linalg",
        "logm": "numpy",
    }
    named = ("math", "jax", "jax.scipy.special")
    parts: Mapping[str, str] = MappingProxyType(
        {
            "dim": "axis", "detached": "jax.lax.stop_gradient(jnp.max(size))", "polynomial": "numpy.polynomial",
        }
    )  # fmt: skip

    def over_devices(self, size: str) -> Target:
        """Parts of arrays on all devices, with their sums added up by one all-reduce."""
        return _Spread(size)

    def note_import(self, code: str, writer: Writer) -> None:
        """``jax`` itself, and its parts that it does not load."""
        if code.startswith("jax."):
            writer.imports.setdefault("jax")
        if code.startswith("jax.scipy"):
            writer.imports.setdefault(code.partition("(")[0].rpartition(".")[0])

    def embedded(self, step: Step, block: str) -> str:
        """The block repeated along the second of two tied axes, and zero where they differ. The
        compiler makes one loop of it."""
        places, masks, kept = step.op.data, list[str](), set[int]()
        for axis, place in enumerate(places):
            first = places.index(place)
            if first == axis:
                kept.add(axis)
            else:
                size = step.writer.size(step.op.shape[axis])
                masks.append(f"jnp.eye({size}, dtype=bool){_expanded({first, axis}, len(places))}")
        return f"jnp.where({' & '.join(masks)}, {block}{_expanded(kept, len(places))}, 0)"

    def _cholesky_solve(self, step: Step) -> Text:
        self.note_import("jax.scipy.linalg.cho_solve(t)", step.writer)
        return Text(f"jax.scipy.linalg.cho_solve(({step.codes[0]}, True), {step.codes[1]})")

    def exponentials(self, step: Step, name: str, along: int | None) -> Text:
        """The library's own."""
        self.note_import("jax.nn", step.writer)
        return Text(f"jax.nn.{name}({step.first.code}{'' if along is None else f', axis={along}'})")

    def own_memory(self, op: Op, text: Text) -> str:
        """Arrays are never written to; a scalar argument may be a number of Python."""
        return f"jnp.asarray({text.code})" if op.kind == "input" and not op.shape else text.code

    def applied(self, application: Application, writer: Writer) -> str:
        """A function that may cross ``jax.jit``."""
        writer.imports.setdefault("jax")
        return f"jax.tree_util.Partial({', '.join([application.name, *application.bound])})"

    def check_imports(self, modules: frozenset[str]) -> list[str]:
        """Differences need double precision."""
        return [
            *([] if "jax" in modules else ["import jax"]),
            "import numpy as np",
            "",
            'jax.config.update("jax_enable_x64", True)',
        ]

    def converter(self) -> Callable[[str, Any], Any]:
        """Arrays of JAX; tracers are passed on."""
        import jax.numpy as jnp

        def jax_array(name: str, value: Any) -> Any:
            try:
                array = jnp.asarray(float(value) if type(value) in (bool, int) else value)
                return array if jnp.issubdtype(array.dtype, jnp.inexact) else array.astype(jnp.result_type(float))
            except (TypeError, ValueError, OverflowError) as error:
                raise MatcalcError(f"the value of {name} is not a numeric array") from error

        return jax_array

    def failures(self) -> tuple[type[Exception], ...]:
        """A singular matrix gives NaN, and no index is looked at; there is no linear algebra in
        half precision."""
        return (ArithmeticError, NotImplementedError)

    def is_traced(self, value: Any) -> bool:
        """Whether it is a tracer."""
        return any(cls.__name__ == "Tracer" and str(cls.__module__).startswith("jax.") for cls in type(value).__mro__)


_SPREAD = """
@functools.cache
def _spread({keys}):
    mesh = jax.sharding.Mesh(jax.devices()[:devices], ("{size}",))

{part}

    place = jax.sharding.PartitionSpec
    places, results = ({places},), {results}
    compute = jax.jit(jax.shard_map(part, mesh=mesh, in_specs=places, out_specs=results))
    shardings = [jax.sharding.NamedSharding(mesh, one) for one in places]
    return lambda *arrays: compute(*map(jax.device_put, arrays, shardings))
"""


class _Spread(_JAX):
    """Each device computes with its part of the axes of one size; ``devices`` says how many of
    them."""

    keywords = ("devices",)
    chooses = False
    reserved = ArrayLibrary.reserved | {*keywords, "part", "place", "places", "mesh", "compute", "shardings"}

    def __init__(self, size: str) -> None:
        self.split = size

    def added_up(self, names: Sequence[str], codes: Sequence[str]) -> str:
        """All at once: one message for all sums."""
        summed = codes[0] if len(codes) == 1 else f"({', '.join(codes)})"
        return f'{", ".join(names)} = jax.lax.psum({summed}, "{self.split}")'

    def failures(self) -> tuple[type[Exception], ...]:
        """Axes that cannot be shared equally, too."""
        return (*super().failures(), ValueError)

    def _modules(self, file: File) -> frozenset[str]:
        return super()._modules(file) | {"jax", "functools"}

    def _function(self, function: Function) -> str:
        spread = function.spread
        if spread is None:
            return super()._function(function)
        fixed = [name for name in function.parameters if name not in function.symbols]
        keys = ", ".join(["devices", *fixed])
        results = ", ".join([_place(axis, spread.size) for axis in spread.results.values()])
        text = _SPREAD.strip("\n").format(
            keys=keys,
            size=spread.size,
            part=indent(definition(f"def part({', '.join(function.symbols)}):", self.lines(function)), " " * 4),
            places=", ".join(_place(axis, spread.size) for axis in spread.parameters.values()),
            results=f"{function.kind}({results})" if len(spread.results) > 1 else results,
        )
        return "\n\n\n".join([*self.kind_of_results(function), text, self._entrance(function, spread, keys)])

    def _entrance(self, function: Function, spread: Spread, keys: str) -> str:
        """The function itself, which hands the parts to the devices."""
        name, axis = next((name, axis) for name, axis in spread.parameters.items() if axis is not None)
        length = self.length(name, axis)
        lines = [
            f"def {function.name}({', '.join([*function.parameters, 'devices=None', '**unused'])}):",
            "    devices = devices or jax.device_count()",
            "    if not 1 <= devices <= jax.device_count():",
            '        raise ValueError(f"there are {jax.device_count()} devices, not {devices}")',
            f"    if {length} % devices:",
            f'        raise ValueError(f"{spread.size} is {{{length}}}, and {{devices}} devices cannot share that equally")',
            f"    return _spread({keys})({', '.join(function.symbols)})",
        ]
        return "\n".join(lines)

    def check_keywords(self, function: Function) -> str:
        """As many devices as can share the small sizes of a self check."""
        found = {} if function.spread is None else function.spread.parameters
        shared = [f'point["{name}"].shape[{axis}]' for name, axis in found.items() if axis is not None]
        return f", devices=int(np.gcd(jax.device_count(), {shared[0]}))" if shared else ""


def _place(axis: int | None, size: str) -> str:
    """The place of an array: split along an axis, or whole on all devices."""
    axes = [] if axis is None else [*["None"] * axis, f'"{size}"']
    return f"place({', '.join(axes)})"


def _expanded(kept: set[int], order: int) -> str:
    if len(kept) == order:
        return ""
    return f"[{', '.join(':' if axis in kept else 'None' for axis in range(order))}]"


TARGET: Target = _JAX()
