"""Records, and nodes that are one object where they are equal: what every structure of the package
is made of."""

from __future__ import annotations

from _weakref import _remove_dead_weakref, ref  # type: ignore[attr-defined]  # weakref itself is long to load
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from functools import cache
from operator import attrgetter
from types import CodeType, FunctionType
from typing import Any, Literal, TypeAlias, TypeVar, cast, dataclass_transform, overload

Record = TypeVar("Record")


@overload
def record(cls: type[Record], /) -> type[Record]: ...
@overload
def record(*, eq: bool = True, frozen: bool = True) -> Callable[[type[Record]], type[Record]]: ...
@dataclass_transform(frozen_default=True)
def record(cls: type | None = None, /, *, eq: bool = True, frozen: bool = True) -> Any:
    """Makes a class with annotated fields a record; ``eq=False`` compares by identity, and
    ``frozen=False`` allows assignment to the fields (which mypy refuses else).

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
    """Makes a class with annotated fields a record that users hold: its fields cannot be assigned
    to while running, either.

    It compares by identity unless it says otherwise. It has no slots, so that ``cached_property``
    and ``super()`` work in it.

    >>> @guarded
    ... class Result:
    ...     value: int
    >>> Result(1).value = 2
    Traceback (most recent call last):
    AttributeError: Result.value: a result cannot be changed
    """
    own = list(vars(cls).get("__annotations__", {}))
    names, defaults = _fields(own, [vars(cls)[name] for name in own if name in vars(cls)], cls.__bases__)
    given: dict[str, Any] = {
        "__match_args__": names,
        "_defaults": defaults,
        "__init__": initializer(names, defaults, cls.__qualname__),
    }
    given |= {"__setattr__": _first_assignment, "__delattr__": _no_deletion}
    if cls.__repr__ is object.__repr__:
        given["__repr__"] = _text
    for name, value in given.items():
        setattr(cls, name, value)
    return cls


def _made(plain: type, eq: bool, frozen: bool) -> type:
    left = ("__dict__", "__weakref__", *vars(plain).get("__slots__", ()))
    namespace = {name: value for name, value in vars(plain).items() if name not in left}
    names, defaults = slotted(namespace, plain.__bases__)
    namespace["__init__"] = initializer(names, defaults, plain.__qualname__)
    if eq:
        namespace.setdefault("__eq__", _equal)
        namespace.setdefault("__hash__", _hash if frozen else None)
        namespace["_values"] = staticmethod(attrgetter(*names) if names else _no_values)
    return type(plain)(plain.__name__, plain.__bases__, namespace)


def slotted(namespace: dict[str, Any], bases: tuple[type, ...]) -> tuple[tuple[str, ...], tuple[Any, ...]]:
    """Gives the namespace of a class slots for its annotated fields, and a text; returns all
    fields, and the defaults of the last ones."""
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
    """The code of an ``__init__`` with so many fields, compiled once for all classes; only the
    names differ."""
    names = [f"f{place}" for place in range(count)]
    namespace: dict[str, Any] = {}
    exec(
        f"def __init__({', '.join(['self', *names])}):\n " + "".join([f"self.{name} = {name}; " for name in names] or ["pass"]),
        namespace,
    )
    return cast("CodeType", namespace["__init__"].__code__)


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


Node = TypeVar("Node")
_COMPUTED: Any = object()


def computed(*, init: Literal[False] = False) -> Any:
    """The value of a field that is no argument: ``__post_init__`` sets it with
    ``object.__setattr__``, or the function whose answer it keeps when that is first asked for."""
    return _COMPUTED


@dataclass_transform(frozen_default=True, eq_default=False, field_specifiers=(computed,))
def interned(plain: type[Node]) -> type[Node]:
    """Makes a class with annotated fields one of immutable nodes: calling it twice with equal
    arguments gives the same object.

    Arguments are positional. A number field has one type only (``Fraction``), so no key merges
    ``1``, ``True`` and ``Fraction(1)``. No metaclass does this, because ``isinstance`` and
    ``match`` take more than twice as long with classes that have one.
    """
    namespace = {name: value for name, value in vars(plain).items() if name not in ("__dict__", "__weakref__")}
    annotations: dict[str, Any] = namespace.get("__annotations__", {})
    extra = [field for field in annotations if namespace.get(field) is _COMPUTED]
    for field in extra:
        del namespace[field], annotations[field]
    root = plain.__bases__ == (object,)
    namespace["__slots__"] = (*extra, "__weakref__") if root else tuple(extra)
    fields, defaults = slotted(namespace, plain.__bases__)
    if root:
        namespace |= {"__setattr__": _no_assignment, "__delattr__": _no_assignment, "__reduce__": _reduced}
        namespace |= {"__copy__": _itself, "__deepcopy__": _itself}
    made: Any = type(plain.__name__, plain.__bases__, namespace)
    made.__new__ = _constructor(made, fields, defaults)
    return made  # type: ignore[no-any-return]


class _Reference(ref[Any]):
    """What the table holds of a node, and the arguments that it was made of."""

    __slots__ = ("key",)
    key: tuple[Any, ...]


def _constructor(cls: type, fields: tuple[str, ...], defaults: tuple[Any, ...]) -> Callable[..., Any]:
    nodes: dict[tuple[Any, ...], _Reference] = {}

    def forget(reference: _Reference) -> None:
        """Removes the entry of a dead node, in one step as a weak dictionary does, and not that of
        a living one under the same key."""
        _remove_dead_weakref(nodes, reference.key)

    stores = tuple([getattr(cls, field).__set__ for field in fields])

    def __new__(_: type, *arguments: Any) -> Any:
        known = nodes.get(arguments)
        node = None if known is None else known()
        if node is not None:
            return node
        missing = len(stores) - len(arguments)
        if missing:
            if not 0 < missing <= len(defaults):
                raise TypeError(f"{cls.__name__} takes {len(stores)} arguments")
            return __new__(cls, *arguments, *defaults[-missing:])
        node = object.__new__(cls)
        for store, value in zip(stores, arguments):
            store(node, value)
        node.__post_init__()
        reference = _Reference(node, forget)
        reference.key = arguments
        while True:  # another thread may have made the same node meanwhile: the first one that is in the table is the node
            kept = nodes.setdefault(arguments, reference)
            if kept is reference:
                return node
            other = kept()
            if other is not None:
                return other
            forget(kept)  # a node that has just died, whose own callback has not run yet

    return __new__


def _no_assignment(self: object, name: str, *_: object) -> None:
    raise AttributeError(f"{type(self).__name__}.{name}: a node cannot be changed")


def _itself(self: Node, _: object = None) -> Node:
    """A copied node is the same node."""
    return self


Row: TypeAlias = tuple[type, tuple[Any, ...]]
"""The class of a node, and its arguments: each a node (the number of its row), a tuple of
arguments, or another value, told by a mark."""
_VALUE, _NODE, _TUPLE = range(3)


def _reduced(self: Any) -> tuple[Any, ...]:
    """An unpickled node is the same node. All nodes below are listed, so that deep expressions need
    no deep stack."""
    rows: list[Row] = []
    places: dict[Any, int] = {}
    stack = [self]
    while stack:
        node = stack[-1]
        if node in places:
            stack.pop()
            continue
        arguments = tuple([getattr(node, field) for field in node.__match_args__])
        missing = [below for below in _nodes_in(arguments) if below not in places]
        if missing:
            stack += missing
            continue
        places[node] = len(rows)
        rows.append((type(node), tuple([_marked(argument, places) for argument in arguments])))
        stack.pop()
    return _rebuilt, (tuple(rows),)


def _nodes_in(arguments: tuple[Any, ...]) -> Iterator[Any]:
    for argument in arguments:
        if isinstance(argument, tuple):
            yield from _nodes_in(argument)
        elif getattr(type(argument), "__reduce__", None) is _reduced:
            yield argument


def _marked(argument: Any, places: Mapping[Any, int]) -> tuple[int, Any]:
    if isinstance(argument, tuple):
        return _TUPLE, tuple([_marked(part, places) for part in argument])
    if getattr(type(argument), "__reduce__", None) is _reduced:
        return _NODE, places[argument]
    return _VALUE, argument


def _rebuilt(rows: Sequence[Row]) -> Any:
    """The node of the last row."""
    nodes: list[Any] = []
    for cls, arguments in rows:
        nodes.append(cls(*[_unmarked(argument, nodes) for argument in arguments]))
    return nodes[-1]


def _unmarked(argument: tuple[int, Any], nodes: Sequence[Any]) -> Any:
    mark, value = argument
    if mark == _TUPLE:
        return tuple([_unmarked(part, nodes) for part in value])
    return nodes[value] if mark == _NODE else value


Key = TypeVar("Key")
Entry = TypeVar("Entry")


def grouped(pairs: Iterable[tuple[Key, Entry]]) -> dict[Key, list[Entry]]:
    """The values of each key, in order.

    >>> grouped([("a", 1), ("b", 2), ("a", 3)])
    {'a': [1, 3], 'b': [2]}
    """
    found: dict[Key, list[Entry]] = {}
    for key, value in pairs:
        found.setdefault(key, []).append(value)
    return found


try:
    from _blake2 import blake2b
except ImportError:  # another interpreter, or a build that leaves it to OpenSSL
    from hashlib import blake2b

__all__ = ["blake2b"]
