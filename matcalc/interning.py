"""Hash-consing: structurally equal nodes are one object, so equality is ``is`` and hashing is by identity, in every thread."""

from __future__ import annotations

from _weakref import _remove_dead_weakref, ref  # type: ignore[attr-defined]  # weakref itself is long to load
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any, Literal, TypeAlias, TypeVar, dataclass_transform

from matcalc.records import slotted

Node = TypeVar("Node")
_COMPUTED: Any = object()


def computed(*, init: Literal[False] = False) -> Any:
    """The value of a field that is no argument: ``__post_init__`` sets it with ``object.__setattr__``, or the function whose answer it
    keeps when that is first asked for."""
    return _COMPUTED


@dataclass_transform(frozen_default=True, eq_default=False, field_specifiers=(computed,))
def interned(plain: type[Node]) -> type[Node]:
    """Makes a class with annotated fields one of immutable nodes: calling it twice with equal arguments gives the same object.

    Arguments are positional. A number field has one type only (``Fraction``), so no key merges ``1``, ``True`` and ``Fraction(1)``.
    No metaclass does this, because ``isinstance`` and ``match`` take more than twice as long with classes that have one.
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
        """Removes the entry of a dead node, in one step as a weak dictionary does, and not that of a living one under the same key."""
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
"""The class of a node, and its arguments: each a node (the number of its row), a tuple of arguments, or another value, told by a mark."""
_VALUE, _NODE, _TUPLE = range(3)


def _reduced(self: Any) -> tuple[Any, ...]:
    """An unpickled node is the same node. All nodes below are listed, so that deep expressions need no deep stack."""
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
