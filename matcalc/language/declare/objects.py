"""Objects as declarations: arrays, shapes, numbers and annotations of types say their sizes;
nothing is imported for them.

An array of NumPy, JAX, PyTorch, SciPy or Pandas has a ``shape``, an annotation of jaxtyping a
``dim_str``.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from numbers import Integral
from typing import Any

from matcalc.base.errors import MatcalcError
from matcalc.base.lazy import pattern
from matcalc.base.shapes import sizes_text

_EXAMPLE = '{"X": "n×m", "a": "scalar", "Y": (100, 3)}'
_FACTOR = r"\(*(?:\d+|[^\W\d_]\w*)\)*"
_SIZE = pattern(rf"{_FACTOR}(?:[*+-]{_FACTOR})*")
_DIMENSION = pattern(rf"(?:[^\W\d_]\w*=)?{_FACTOR}(?:[*+-]{_FACTOR})*")


def as_text(declare: object) -> str:
    """Declarations that are a text. Raises MatcalcError for anything else."""
    if isinstance(declare, str):
        return declare
    raise MatcalcError(
        f"a value of type {type(declare).__name__} is no declaration",
        expected="a text or a mapping",
        suggestion='"X: n×m; a: scalar" or {"X": "n×m", "a": "scalar"}',
    )


def texts_of(declare: object) -> tuple[str, ...]:
    """Declarations of any sort as texts, one for each name of a mapping."""
    if not declare:
        return ()
    if isinstance(declare, Mapping):
        return tuple([f"{name}: {described(name, value)}" for name, value in declare.items()])
    return (as_text(declare),)


def described(name: object, value: Any) -> str:
    """What a value of a mapping says of a name, as a text. Raises MatcalcError for what says
    nothing.

    >>> described("X", (100, "d")), described("x", 3), described("a", 0.5)
    ('100×d', '3', 'scalar')
    """
    if isinstance(value, str):
        return value
    if not isinstance(name, str):
        raise MatcalcError(f"{name!r} is not the name of a symbol", expected="a text such as X", suggestion=_EXAMPLE)
    if isinstance(value, (bool, type(None))):
        raise _nothing(name, value)
    found = _size(value)
    if found is not None:
        return found
    if isinstance(value, float) or value is float or value is int:
        return "scalar"
    if isinstance(value, tuple):
        return _of_sizes(name, value)
    is_type = isinstance(value, type) or hasattr(value, "__origin__") or hasattr(value, "dim_str")
    return _of_type(name, value) if is_type else _of_array(name, value)


def _of_array(name: str, value: Any) -> str:
    shape = getattr(value, "shape", None)
    if shape is None or isinstance(shape, str):
        raise _nothing(name, value)
    try:
        numbers = " complex" if "complex" in str(getattr(value, "dtype", "")) else ""
        return _of_sizes(name, tuple(shape)) + numbers
    except TypeError:
        raise _nothing(name, value) from None


def _of_type(name: str, value: Any) -> str:
    """``Float[Array, "n d"]``, ``Annotated[NDArray, "n d"]``, ``ndarray[tuple[int, int], ...]``."""
    dimensions = getattr(value, "dim_str", None)
    if isinstance(dimensions, str):
        return _of_dimensions(name, dimensions)
    texts = [part for part in getattr(value, "__metadata__", ()) if isinstance(part, str)]
    if texts:
        return texts[0]
    arguments = getattr(value, "__args__", ())
    axes = getattr(arguments[0], "__args__", ()) if arguments and getattr(arguments[0], "__origin__", None) is tuple else ()
    numbers = [getattr(axis, "__args__", (None,))[0] for axis in axes]
    if axes and all(isinstance(number, int) for number in numbers):
        return _of_sizes(name, numbers)
    if Ellipsis not in axes and 0 < len(axes) <= 2:
        return "matrix" if len(axes) == 2 else "vector"
    raise MatcalcError(f"the type {_called(value)} says no sizes of {name}", expected="sizes, or an array", suggestion=_EXAMPLE)


def _of_dimensions(name: str, written: str) -> str:
    """The axes of an annotation of jaxtyping."""
    sizes = []
    for part in written.split():
        found = _DIMENSION.fullmatch(part)
        if found is None or part == "_":
            raise MatcalcError(
                f"the axis {part!r} of {name} has no one size",
                expected="names and numbers, one for each axis",
                suggestion=f'{{"{name}": "n×d"}}',
            )
        sizes.append(part.partition("=")[2] or part)
    return sizes_text(sizes) if sizes else "scalar"


def _of_sizes(name: str, sizes: Iterable[Any]) -> str:
    texts = []
    for size in sizes:
        text = _size(size) or (str(size) if isinstance(size, str) or hasattr(size, "free_symbols") else None)
        if text is None or text == "0" or _SIZE.fullmatch(text.replace(" ", "")) is None:
            raise MatcalcError(
                f"{size!r} cannot be a size of {name}", expected="a number from 1, or a name such as n", suggestion=_EXAMPLE
            )
        texts.append(text.replace(" ", ""))
    return sizes_text(texts) if texts else "scalar"


def _size(value: Any) -> str | None:
    """A whole number of Python or NumPy as text."""
    return str(int(value)) if isinstance(value, Integral) and not isinstance(value, bool) else None


def _called(value: Any) -> str:
    return getattr(value, "__name__", None) or str(value)


def _nothing(name: object, value: object) -> MatcalcError:
    return MatcalcError(
        f"a value of type {type(value).__name__} declares nothing about {name}",
        expected="sizes and properties as text, sizes as a tuple, or an array",
        suggestion=_EXAMPLE,
    )
