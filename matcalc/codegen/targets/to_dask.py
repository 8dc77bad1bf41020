"""Code for arrays of Dask, which are computed chunk by chunk when they are asked for.

What goes through the chunks one by one, and sums over them, is written for Dask. Anything else,
such as an inverse, is NumPy's code in one task, for arrays that are small enough for that.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from importlib import import_module
from math import isnan
from types import MappingProxyType
from typing import Any, ClassVar

from matcalc.base.errors import MatcalcError
from matcalc.base.functions import computable
from matcalc.codegen.operations import Op
from matcalc.codegen.requests import File
from matcalc.codegen.targets.array_libraries import ArrayLibrary
from matcalc.codegen.targets.target import Step, Target, Text, Writer, plain_call
from matcalc.codegen.targets.to_numpy import TARGET as NUMPY
from matcalc.evaluation.arrays import numeric

_HELPERS = {
    "in_one": '''
def _in_one(function, shape, *arrays):
    """A function of NumPy arrays as one task. Raises ValueError where that would take too much memory."""
    dtype = da.result_type(*arrays, 1.0)
    most = max([math.prod(shape)*dtype.itemsize, *(getattr(array, "nbytes", 0) for array in arrays)])
    if most > 2**30:
        raise ValueError(f"an array of {most/2**30:.1f} GB would have to be in one piece for this: it does not go chunk by chunk")
    return da.from_delayed(dask.delayed(function)(*arrays), shape, dtype=dtype)
''',
    "chunked": '''
def _chunked(function, *arrays):
    """A function of NumPy's, entry by entry, on every chunk."""
    return da.map_blocks(function, *map(da.asarray, arrays), dtype=da.result_type(*arrays, 1.0))
''',
    "chunked_norm": '''
def _chunked_norm(x):
    """The Euclidean norm: that of the norms of the chunks, so that each is needed once."""
    return da.reduction(x, _norm_part, _norm_part, dtype=da.result_type(x, 1.0), concatenate=True)


def _norm_part(x, axis, keepdims):
    largest = np.max(np.abs(x), axis=axis, keepdims=True)
    scale = np.where((largest > 0) & np.isfinite(largest), largest, np.ones_like(largest))
    norms = scale*np.sqrt(np.sum(np.abs(x/scale)**2, axis=axis, keepdims=True))
    return norms if keepdims else np.squeeze(norms, axis)
''',
    "chunked_softmax": """
def _chunked_softmax(x, axis=-1):
    e = da.exp(x - da.max(x, axis=axis, keepdims=True))
    return e / da.sum(e, axis=axis, keepdims=True)
""",
    "chunked_logsumexp": """
def _chunked_logsumexp(x, axis=-1):
    m = da.max(x, axis=axis, keepdims=True)
    m = da.where(da.isfinite(m), m, 0)
    return da.squeeze(m, axis) + da.log(da.sum(da.exp(x - m), axis=axis))
""",
}
_CHUNKED = frozenset({
    "input", "literal", "pi", "imaginary", "size", "eye", "full", "unit", "add", "mul", "div", "neg", "pow", "sqrt", "map", "user",
    "transpose", "column", "row", "broadcast", "reshape", "permute", "expand", "pick", "slice", "stack", "blocks", "entries",
    "diagonal", "diagonal_matrix", "add_diagonal", "outer", "vec", "unvec", "matmul", "dot_all", "sum", "max", "trace", "einsum",
})  # fmt: skip
"""Operations that Dask does chunk by chunk."""
_UFUNCS = frozenset({
    "exp", "log", "sin", "cos", "tan", "arcsin", "arccos", "arctan", "sinh", "cosh", "tanh", "arcsinh", "arccosh", "arctanh", "sqrt",
    "abs", "sign", "log1p", "expm1", "log2", "log10", "maximum", "minimum", "floor", "ceil", "square", "cbrt", "arctan2", "exp2",
})  # fmt: skip
"""Functions that Dask has by NumPy's names."""


class _Dask(ArrayLibrary):
    """Nothing is computed while the code runs: it gives what is to be done."""

    name = "dask"
    module = "da"
    imported = "import dask.array as da"
    given = "da.asarray(np.asarray(entry))"
    chooses = False
    helpers = _HELPERS
    reserved = ArrayLibrary.reserved | {"da", "dask"}
    parts: Mapping[str, str] = MappingProxyType({})
    needs: ClassVar[Mapping[str, str]] = {"in_one": "dask"}
    named = ("math", "scipy.special")

    # ------------------------------------------------------------ operations

    def written(self, step: Step) -> Text:
        """Chunk by chunk, or as one task with NumPy's code for the operation."""
        kind = step.op.kind
        if kind == "sparse":
            raise MatcalcError("there is no dask code for sparse matrices", expected="numpy or jax")
        if kind in _CHUNKED or (kind == "call" and self._is_chunked(step)):
            return super().written(step)
        names = [f"a{k}" for k in range(len(step.operands))]
        code = NUMPY.written(Step(step.op, [Text(name) for name in names], step.writer)).code
        shape = "()" if not step.op.shape else self._tuple(step)
        arguments = ", ".join([f"lambda {', '.join(names)}: {code}", shape, *step.codes])
        return Text(f"{step.writer.helper('in_one')}({arguments})")

    def _is_chunked(self, step: Step) -> bool:
        name, axis = step.op.data
        users = name not in computable()
        return users or name in ("softmax", "logsumexp") or (name == "norm2" and axis is None)

    def exponentials(self, step: Step, name: str, along: int | None) -> Text:
        called = step.writer.helper(f"chunked_{name}")
        whole = f", axis={tuple(range(step.op.operands[0].order))}" if along is None else f", axis={along}"
        return Text(f"{called}({step.first.code}{whole})")

    def whole(self, name: str, codes: Sequence[str], writer: Writer) -> Text:
        return Text(f"{writer.helper('chunked_norm')}({codes[0]})")

    def _called(self, name: str, arguments: Sequence[str], writer: Writer) -> Text:
        """An elementwise function: Dask's own, or NumPy's code on every chunk."""
        code = "" if NUMPY.helper_source(name) else self._elementwise(name)
        called = plain_call(name, code) if code else ""
        if called.startswith("np.") and called.removeprefix("np.") in _UFUNCS:
            return Text(f"da.{called.removeprefix('np.')}({', '.join(arguments)})")
        return Text(f"{writer.helper('chunked')}({', '.join([writer.defined(name), *arguments])})")

    def repeated(self, value: Text, step: Step) -> Text:
        return Text(f"da.broadcast_to(da.asarray({value}), {self._tuple(step)})")

    # ------------------------------------------------------------ files

    def helper_source(self, name: str) -> str | None:
        """Its own, or NumPy's, for chunks and for what is one task."""
        return super().helper_source(name) if name in _HELPERS else NUMPY.helper_source(name)

    def elementwise_source(self, name: str) -> str:
        return NUMPY.elementwise_source(name)

    def _elementwise(self, name: str) -> str:
        return NUMPY.elementwise_source(name).partition("return ")[2]

    def _modules(self, file: File) -> frozenset[str]:
        sources = [*file.helpers.values(), *file.function.statements, *file.function.results.values()]
        uses_numpy = any("np." in source for source in sources)
        return super()._modules(file) | ({"numpy as np"} if uses_numpy else set())

    def check_imports(self, modules: frozenset[str]) -> list[str]:
        return [] if "numpy as np" in modules else ["import numpy as np"]

    # ------------------------------------------------------------ running

    def converter(self) -> Callable[[str, Any], Any]:
        """Arrays of Dask as they are, others in one chunk."""
        da: Any = import_module("dask.array")

        def dask_array(name: str, value: Any) -> Any:
            if not isinstance(value, da.Array):
                return da.asarray(numeric(name, value))
            if any(isnan(length) for length in value.shape):
                raise MatcalcError(f"the lengths of {name} are not known", suggestion=f"{name}.compute_chunk_sizes()")
            if value.dtype.kind not in "fiub":
                raise MatcalcError(f"the value of {name} is not a numeric array")
            return value if value.dtype.kind == "f" else value.astype(float)

        return dask_array

    def of_type(self, array: Any, others: Sequence[Any]) -> Any:
        import numpy as np

        return array.astype(np.result_type(*[other.dtype for other in others])) if others else array

    def own_memory(self, op: Op, text: Text) -> str:
        """Arrays are never written to."""
        return f"da.asarray({text.code})" if op.kind == "input" else text.code


TARGET: Target = _Dask()
