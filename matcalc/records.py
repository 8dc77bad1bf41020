"""Records: classes of a few annotated fields, as frozen dataclasses with slots are, but quick to define and to build.

``dataclasses`` compiles several methods for each class when its module is imported, 0.4 ms a class, which was a quarter of a cold
derivation; and a frozen one takes six times as long to build as a class that simply assigns. A derivation needs a hundred such classes and
builds a thousand objects. Here the methods are shared, and that records are not changed is checked by mypy, not while running.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import cache
from operator import attrgetter
from types import CodeType, FunctionType
from typing import Any, TypeVar, dataclass_transform, overload

Record = TypeVar("Record")


@overload
def record(cls: type[Record], /) -> type[Record]: ...
@overload
def record(*, eq: bool = True, frozen: bool = True) -> Callable[[type[Record]], type[Record]]: ...
@dataclass_transform(frozen_default=True)
def record(cls: type | None = None, /, *, eq: bool = True, frozen: bool = True) -> Any:
    """Makes a class with annotated fields a record; ``eq=False`` compares by identity, and ``frozen=False`` allows
    assignment to the fields (which mypy refuses else).

    Fields are given in order or by name; those at the end may have immutable defaults.

    >>> @record
    ... class Point:
    ...     x: int
    ...     y: int = 0
    >>> Point(1), Point(1) == Point(y=0, x=1)
    (Point(x=1, y=0), True)
    """
    return (lambda plain: _made(plain, eq, frozen)) if cls is None else _made(cls, eq, frozen)


@dataclass_transform(frozen_default=True, eq_default=False)
def guarded(cls: type[Record]) -> type[Record]:
    """Makes a class with annotated fields a record that users hold: its fields cannot be assigned to while running, either.

    It compares by identity unless it says otherwise. It has no slots, so that ``cached_property`` and ``super()`` work in it.

    >>> @guarded
    ... class Result:
    ...     value: int
    >>> Result(1).value = 2
    Traceback (most recent call last):
    AttributeError: Result.value: a result cannot be changed
    """
    own = list(vars(cls).get("__annotations__", {}))
    names, defaults = _fields(own, [vars(cls)[name] for name in own if name in vars(cls)], cls.__bases__)
    given: dict[str, Any] = {"__match_args__": names, "_defaults": defaults, "__init__": initializer(names, defaults, cls.__qualname__)}
    given |= {"__setattr__": _first_assignment, "__delattr__": _no_deletion}
    if cls.__repr__ is object.__repr__:
        given["__repr__"] = _text
    for name, value in given.items():
        setattr(cls, name, value)
    return cls


def _made(plain: type, eq: bool, frozen: bool) -> type:
    namespace = {name: value for name, value in vars(plain).items() if name not in ("__dict__", "__weakref__")}
    names, defaults = slotted(namespace, plain.__bases__)
    namespace["__init__"] = initializer(names, defaults, plain.__qualname__)
    if eq:
        namespace.setdefault("__eq__", _equal)
        namespace.setdefault("__hash__", _hash if frozen else None)
        namespace["_values"] = staticmethod(attrgetter(*names) if names else _no_values)
    return type(plain)(plain.__name__, plain.__bases__, namespace)


def slotted(namespace: dict[str, Any], bases: tuple[type, ...]) -> tuple[tuple[str, ...], tuple[Any, ...]]:
    """Gives the namespace of a class slots for its annotated fields, and a text; returns all fields, and the defaults of the last ones."""
    own = list(namespace.get("__annotations__", {}))
    fields, defaults = _fields(own, [namespace.pop(name) for name in own if name in namespace], bases)
    namespace["__slots__"] = (*own, *namespace.get("__slots__", ()))
    namespace["__match_args__"] = fields
    namespace["_defaults"] = defaults
    namespace.setdefault("__repr__", _text)
    return fields, defaults


def _fields(own: Sequence[str], values: Sequence[Any], bases: tuple[type, ...]) -> tuple[tuple[str, ...], tuple[Any, ...]]:
    """The fields of a class behind those of its base, and their defaults."""
    above: tuple[str, ...] = ()
    before: tuple[Any, ...] = ()
    for base in bases:
        if base is not object:
            above, before = getattr(base, "__match_args__", ()), getattr(base, "_defaults", ())
    return (*above, *own), (*before, *values)


def initializer(names: tuple[str, ...], defaults: tuple[Any, ...], owner: str) -> FunctionType:
    """The ``__init__`` that assigns its arguments to the attributes ``names``."""
    code = _template(len(names)).replace(co_varnames=("self", *names), co_names=names, co_qualname=f"{owner}.__init__")
    return FunctionType(code, {}, "__init__", defaults)


@cache
def _template(count: int) -> CodeType:
    """The code of an ``__init__`` with so many fields, compiled once for all classes; only the names differ."""
    names = [f"f{place}" for place in range(count)]
    namespace: dict[str, Any] = {}
    exec(f"def __init__({', '.join(['self', *names])}):\n " + "".join([f"self.{name} = {name}; " for name in names] or ["pass"]), namespace)
    code: CodeType = namespace["__init__"].__code__
    return code


def replace(whole: Record, /, **changes: Any) -> Record:
    """A copy of the record with some fields changed.

    Raises TypeError for a name that is no field.
    """
    cls: Any = type(whole)
    copy: Record = cls(*[changes.pop(name) if name in changes else getattr(whole, name) for name in cls.__match_args__])
    if changes:
        raise TypeError(f"{cls.__name__} has no field {', '.join(changes)}")
    return copy


def field_names(whole: object) -> tuple[str, ...]:
    """The names of the fields of a record, in order."""
    names: tuple[str, ...] = type(whole).__match_args__  # type: ignore[attr-defined]
    return names


def _first_assignment(self: Any, name: str, value: Any) -> None:
    if name not in self.__match_args__ or name in self.__dict__:
        raise AttributeError(f"{type(self).__name__}.{name}: a result cannot be changed")
    object.__setattr__(self, name, value)


def _no_deletion(self: Any, name: str) -> None:
    raise AttributeError(f"{type(self).__name__}.{name}: a result cannot be changed")


def _no_values(_: object) -> tuple[()]:
    return ()


def _equal(self: Any, other: Any) -> Any:
    return self._values(self) == self._values(other) if other.__class__ is self.__class__ else NotImplemented


def _hash(self: Any) -> int:
    return hash(self._values(self))


def _text(self: Any) -> str:
    return f"{type(self).__qualname__}({', '.join([f'{name}={getattr(self, name)!r}' for name in self.__match_args__])})"
