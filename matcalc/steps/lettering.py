"""Which letters the free indices of a derivation have, and how its left sides are written."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from matcalc.expr.nodes import Call, Constant, Elementwise, Expr, Index, SizeValue, Symbol, postorder
from matcalc.printing.index_notation import IndexNotation, Style
from matcalc.sizes import axes_of
from matcalc.steps.formula import Letters
from matcalc.steps.step import Writing

_SUMMED = "ijklmnpqrstuvwabcdfgh"
_OF_VECTORS = ("k", "l", "p", "q", "r", "s", "t", "u", "v", "w")
_OF_MATRICES = ("ab", "cd", "kl", "pq", "rs", "uv", "tw")
_SCALARS = ("f", "g", "h", "s", "t", "value")
_VECTORS = ("y", "z", "u", "v", "w", "value")
_MATRICES = ("Y", "Z", "F", "G", "H", "value")


@dataclass(frozen=True, slots=True)
class Lettering:
    """Letters of the axes of the value, of those of each variable, and of summed indices; ``name`` is the name of the value."""

    name: str
    value: Letters
    variables: tuple[Letters, ...]
    summed: Letters
    names: tuple[str, ...]

    def free(self, order: int) -> Letters:
        """The letters of the derivative of this order."""
        return self.value + tuple([letter for letters in self.variables[:order] for letter in letters])


def lettered(expression: Expr, wrt: Sequence[Symbol], value_order: int) -> Lettering:
    """The letters for a derivation: none is the name of a symbol or of a size."""
    names = names_in(expression, wrt)
    left = [letter for letter in _SUMMED if letter not in names]

    def take(wanted: Iterable[str], count: int) -> Letters:
        for letters in wanted:
            if len(letters) == count and all(letter in left for letter in letters):
                break
        else:
            letters = "".join(left[-count:]) if len(left) >= count else ""
        chosen = tuple(letters) if len(letters) == count else tuple([f"i{len(spare) + k + 1}" for k in range(count)])
        spare.extend(letter for letter in chosen if letter not in left)
        left[:] = [letter for letter in left if letter not in chosen]
        return chosen

    spare: list[str] = []
    value = take(["".join(left[:value_order])], value_order)
    variables = []
    for symbol in wrt:
        order = len(axes_of(symbol.shape))
        variables.append(take(_OF_VECTORS if order == 1 else _OF_MATRICES, order) if order else ())
    wanted = _SCALARS if not value_order else _VECTORS if value_order == 1 else _MATRICES
    name = next((name for name in wanted if name not in names), "value")
    return Lettering(name, value, tuple(variables), tuple(left) or tuple([f"j{k}" for k in range(1, 10)]), names)


def names_in(expression: Expr, wrt: Sequence[Symbol]) -> tuple[str, ...]:
    """Names of symbols, constants, functions, explicit indices and sizes."""
    names: dict[str, None] = {}
    for node in postorder(expression, *wrt):
        if isinstance(node, Symbol | Constant | Index):
            names[node.name] = None
        elif isinstance(node, Elementwise | Call):
            names[node.function.rstrip("'")] = None
        sizes = (*node.shape, node.size) if isinstance(node, SizeValue | Index) else node.shape
        names.update(dict.fromkeys(name for size in sizes for name in size.names))
    return tuple(names)


def value_writing(lettering: Lettering) -> Writing:
    """The entry of the value: ``f`` or ``Y_ij``."""
    return Writing(*(str(_entry(lettering, style, lettering.name, lettering.value)) for style in ("unicode", "ascii", "latex")))


def derivative_writing(lettering: Lettering, wrt: Sequence[Symbol], order: int, *, entries: bool = True) -> Writing:
    """``∂Y_ij/∂X_ab``, or ``∂Y/∂X`` as a whole."""
    spelled = []
    for style in ("unicode", "ascii", "latex"):
        above = _entry(lettering, style, lettering.name, lettering.value if entries else ())
        below = [
            _entry(lettering, style, symbol.name, letters if entries else ())
            for symbol, letters in zip(wrt[:order], lettering.variables[:order], strict=True)
        ]
        spelled.append(_quotient(style, above, below))
    return Writing(*spelled)


def _entry(lettering: Lettering, style: str, name: str, letters: Letters) -> str:
    notation = IndexNotation(_style(style), lettering.names)
    return str(notation.entry(notation.glyphs.symbol(name), letters))


def _style(style: str) -> Style:
    return "ascii" if style == "ascii" else "latex" if style == "latex" else "unicode"


def _quotient(style: str, above: str, below: Sequence[str]) -> str:
    twice = len(below) == 2
    same = twice and below[0] == below[1]
    if style == "latex":
        top = rf"\partial{'^{2}' if twice else ''} {above}"
        bottom = rf"\partial {below[0]}^{{2}}" if same else r" \, ".join(rf"\partial {name}" for name in below)
        return rf"\frac{{{top}}}{{{bottom}}}"
    d, square = ("d", "2") if style == "ascii" else ("∂", "²")
    power = "^2" if style == "ascii" else "²"
    bottom = f"{d}{below[0]}{power}" if same else "".join(f"{d}{name}" for name in below)
    return f"{d}{square if twice else ''}{above}/{bottom}"
