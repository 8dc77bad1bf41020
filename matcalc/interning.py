"""Hash-consing: structurally equal nodes are one object, so equality is ``is`` and hashing is by identity."""

from __future__ import annotations

from dataclasses import MISSING, fields
from typing import Any
from weakref import WeakValueDictionary


class Interned(type):
    """Metaclass of frozen dataclass nodes: calling the class twice with equal arguments gives the same object.

    Arguments are positional. A number field has one type only (``Fraction``), so no key merges ``1``, ``True`` and ``Fraction(1)``.
    """

    def __init__(cls, name: str, bases: tuple[type, ...], namespace: dict[str, Any]) -> None:
        super().__init__(name, bases, namespace)
        cls._table: WeakValueDictionary[Any, Any] = WeakValueDictionary()
        cls._defaults: tuple[Any, ...] | None = None

    def __call__(cls, *arguments: Any) -> Any:
        defaults = cls._defaults
        if defaults is None:
            defaults = cls._defaults = tuple(f.default for f in fields(cls) if f.init)  # type: ignore[arg-type]
        if len(arguments) < len(defaults):
            missing = defaults[len(arguments) :]
            if MISSING in missing:
                raise TypeError(f"{cls.__name__} takes {len(defaults)} arguments")
            arguments += missing
        found = cls._table.get(arguments)
        if found is None:
            found = super().__call__(*arguments)
            cls._table[arguments] = found
        return found
