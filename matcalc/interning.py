"""Hash-consing: structurally equal nodes are one object, so equality is ``is`` and hashing is by identity."""

from __future__ import annotations

from typing import Any, Literal, dataclass_transform
from weakref import WeakValueDictionary

from matcalc.records import slotted

_COMPUTED: Any = object()


def computed(*, init: Literal[False] = False) -> Any:
    """The value of a field that is no argument: ``__post_init__`` sets it with ``object.__setattr__``."""
    return _COMPUTED


@dataclass_transform(frozen_default=True, eq_default=False, field_specifiers=(computed,))
class Interned(type):
    """Metaclass of immutable nodes with annotated fields: calling the class twice with equal arguments gives the same object.

    Arguments are positional. A number field has one type only (``Fraction``), so no key merges ``1``, ``True`` and ``Fraction(1)``.
    """

    __match_args__: tuple[str, ...]
    _defaults: tuple[Any, ...]

    def __new__(mcs, name: str, bases: tuple[type, ...], namespace: dict[str, Any]) -> Interned:
        annotations: dict[str, Any] = namespace.get("__annotations__", {})
        extra = [field for field in annotations if namespace.get(field) is _COMPUTED]
        for field in extra:
            del namespace[field], annotations[field]
        root = not any(isinstance(base, Interned) for base in bases)
        namespace["__slots__"] = (*extra, "__weakref__") if root else tuple(extra)
        slotted(namespace, bases)
        if root:
            namespace |= {"__setattr__": _no_assignment, "__delattr__": _no_assignment, "__reduce__": _reduced}
        return super().__new__(mcs, name, bases, namespace)

    def __init__(cls, name: str, bases: tuple[type, ...], namespace: dict[str, Any]) -> None:
        super().__init__(name, bases, namespace)
        cls._table: WeakValueDictionary[Any, Any] = WeakValueDictionary()
        cls._known = cls._table.data  # type: ignore[attr-defined]  # looked up without the call that a weak dictionary needs
        cls._stores = tuple([getattr(cls, field).__set__ for field in cls.__match_args__])

    def __call__(cls, *arguments: Any) -> Any:
        if len(arguments) != len(cls._stores):
            missing = len(cls._stores) - len(arguments)
            if not 0 < missing <= len(cls._defaults):
                raise TypeError(f"{cls.__name__} takes {len(cls._stores)} arguments")
            arguments += cls._defaults[-missing:]
        reference = cls._known.get(arguments)
        known = None if reference is None else reference()
        if known is not None:
            return known
        found: Any = object.__new__(cls)  # type: ignore[arg-type]
        for store, value in zip(cls._stores, arguments):
            store(found, value)
        found.__post_init__()
        cls._table[arguments] = found
        return found


def _no_assignment(self: object, name: str, *_: object) -> None:
    raise AttributeError(f"{type(self).__name__}.{name}: a node cannot be changed")


def _reduced(self: Any) -> tuple[Any, ...]:
    """A copied or unpickled node is the same node."""
    return type(self), tuple([getattr(self, field) for field in self.__match_args__])
