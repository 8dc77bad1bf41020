"""One statement of a document, with what stands around it: declarations, layout, whether it is to be false."""

from __future__ import annotations

from dataclasses import dataclass, field, replace

from matcalc.language.declare.declarations import written


@dataclass(frozen=True, slots=True)
class Item:
    """A statement to be verified. ``line`` counts from 1; ``expected`` is False for a statement marked ``expect false``. What cannot be
    read in the ``dialect`` is read as its text shows."""

    statement: str
    line: int
    name: str = ""
    source: str = ""
    declare: str = ""
    layout: str = "denominator"
    symmetric: str = "projected"
    expected: bool = True
    dialect: str | None = None


@dataclass(frozen=True, slots=True)
class Unread:
    """A formula that looks like a claim and could not be read; or a directive, which is then left out and a fault of the document."""

    text: str
    line: int
    reason: str
    is_directive: bool = False


@dataclass(frozen=True, slots=True)
class Document:
    """The statements of a file, in order, and the claims in it that are not in the language."""

    path: str
    items: tuple[Item, ...]
    unread: tuple[Unread, ...] = field(default=())


@dataclass(frozen=True, slots=True)
class Settings:
    """Directives that hold for the statements after them: ``declare``, ``layout``, ``symmetric`` and, for the next one only, ``expect``."""

    declare: tuple[str, ...] = ()
    layout: str = "denominator"
    symmetric: str = "projected"
    expected: bool = True

    def changed(self, word: str, rest: str) -> Settings | None:
        """The settings after one directive; None for a word or value that is none."""
        match word, rest.strip():
            case "declare", text if text:
                return replace(self, declare=declared_again(self.declare, text))
            case "layout", ("denominator" | "numerator" | "tensor") as name:
                return replace(self, layout=name)
            case "symmetric", ("projected" | "independent" | "cookbook") as name:
                return replace(self, symmetric=name)
            case "expect", ("true" | "false") as value:
                return replace(self, expected=value == "true")
            case _:
                return None

    def item(self, statement: str, line: int, name: str = "", source: str = "") -> Item:
        return Item(statement, line, name, source, "; ".join(self.declare), self.layout, self.symmetric, self.expected)


def declared_again(before: tuple[str, ...], text: str) -> tuple[str, ...]:
    """The declarations with those of a new directive; what it says of a name takes the place of what was said of it before.

    >>> declared_again(("A: n×n", "x, y: n"), "A: n×n symmetric; y: m")
    ('x: n', 'A: n×n symmetric', 'y: m')
    """
    new = written(text)
    named = {name for one in new if not one.adds for name in one.names}
    kept = []
    for part in before:
        for one in written(part):
            rest = [name for name in one.names if name not in named]
            if len(rest) == len(one.names) and one.text not in [other.text for other in new]:
                kept.append(one.text)
            elif rest:
                kept.append(f"{', '.join(rest)}: {one.value}")
    return (*kept, *[one.text for one in new])
