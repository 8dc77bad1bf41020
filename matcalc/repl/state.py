"""What a session keeps between lines: declarations, names with their values, settings."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field

from matcalc.derivation.pipeline import Layout, Symmetric
from matcalc.language.declare.texts import SharedNames
from matcalc.language.text.tokens import is_latex
from matcalc.language.text.vocabulary import Vocabulary
from matcalc.products.outlines import LAYOUTS, NAMES, SYMMETRIC

SETTINGS: dict[str, tuple[str, ...]] = {
    "layout": LAYOUTS,
    "order": ("1", "2"),
    "symmetric": SYMMETRIC,
    "names": NAMES,
    "letters": ("unicode", "ascii"),
}
"""The settings with their choices, the first of which is the default."""


@dataclass(frozen=True, slots=True)
class Definition:
    """A name with its value as it was typed, and in plain notation."""

    name: str
    value: str
    plain: str
    names: tuple[str, ...] = ()
    """All names that occur in the value, defined or not."""
    parameters: tuple[str, ...] = ()
    """The arguments of a function."""

    @property
    def head(self) -> str:
        """What stands left of the equals sign."""
        return f"{self.name}({', '.join(self.parameters)})" if self.parameters else self.name

    @property
    def is_latex(self) -> bool:
        return is_latex(self.value)


@dataclass(slots=True)
class State:
    declarations: dict[str, str] = field(default_factory=dict)
    """What was declared of a name, in the ``declare`` syntax."""
    definitions: dict[str, Definition] = field(default_factory=dict)
    settings: dict[str, str] = field(default_factory=lambda: {name: choices[0] for name, choices in SETTINGS.items()})

    @property
    def shared(self) -> SharedNames:
        """The declarations as those of many formulas."""
        return SharedNames(self.declarations)

    @property
    def layout(self) -> Layout:
        return next(layout for layout in LAYOUTS if layout == self.settings["layout"])

    @property
    def symmetric(self) -> Symmetric:
        return next(symmetric for symmetric in SYMMETRIC if symmetric == self.settings["symmetric"])

    @property
    def order(self) -> int:
        return int(self.settings["order"])

    @property
    def ascii(self) -> bool:
        return self.settings["letters"] == "ascii"

    @property
    def known(self) -> set[str]:
        """Names that are declared or have a value."""
        return {*self.declarations, *self.definitions}

    def vocabulary(self) -> Vocabulary:
        """The names as the reader of tokens must know them."""
        functions = {name for name, kind in self.declarations.items() if kind == "function"}
        defined = {name: definition.parameters for name, definition in self.definitions.items() if definition.parameters}
        values = self.definitions.keys() - defined.keys()
        return Vocabulary.of(self.known - functions - defined.keys(), functions).defining(defined, values, ())

    def needed(self, names: Iterable[str]) -> list[Definition]:
        """The definitions that these names rest on, each after those that it uses (where values do not need each other)."""
        found: dict[str, Definition] = {}
        seen: set[str] = set()
        stack = [(name, False) for name in reversed(list(dict.fromkeys(names))) if name in self.definitions]
        while stack:
            name, ready = stack.pop()
            if ready:
                found[name] = self.definitions[name]
            elif name not in seen:
                seen.add(name)
                stack.append((name, True))
                stack.extend((other, False) for other in reversed(self.definitions[name].names) if other in self.definitions)
        return list(found.values())

    def dependants(self, names: Iterable[str]) -> list[str]:
        """The defined names among these, and those whose values rest on one of these names or symbols."""
        users: dict[str, list[str]] = {}
        for name, definition in self.definitions.items():
            for used in definition.names:
                users.setdefault(used, []).append(name)
        reached = set(names)
        stack = sorted(reached)
        while stack:
            fresh = [user for user in users.get(stack.pop(), ()) if user not in reached]
            reached.update(fresh)
            stack += fresh
        return [name for name in self.definitions if name in reached]
