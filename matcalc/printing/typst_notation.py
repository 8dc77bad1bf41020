"""Typst source: ``2 U^top (U V - X)``, for math mode of Typst 0.12 and later."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from fractions import Fraction

from matcalc.base.functions import functions
from matcalc.base.sizes import ONE, Shape, Size
from matcalc.language.text.spelling import parts_of_partial
from matcalc.printing.names import GREEK, SPELLED, accented, member_name, split_name
from matcalc.printing.notation import Level, Part, Piece, counted, fits, negated, piece

_OPERATORS = frozenset(
    ["exp", "log", "sin", "cos", "tan", "sinh", "cosh", "tanh", "arcsin", "arccos", "arctan", "det", "tr", "max", "min", "sup"]
)
"""Names that stand for themselves in math mode; other words are texts between quotes."""
_ACCENTS = {"bar": "macron", "ddot": "dot.double", "check": "caron", "ring": "circle"}
_VARIANTS = {"varepsilon": "epsilon.alt", "vartheta": "theta.alt", "varphi": "phi.alt"}
_NAMES = {"tr": "tr", "det": "det", "logdet": "log det"}


class TypstNotation:
    """Typst as it stands between dollar signs. Brackets grow by themselves."""

    style = "typst"
    minus = "-"
    times_elementwise = " ⊙ "
    over_elementwise = " ⊘ "
    infix_kronecker = " ⊗ "
    inverse_is_call = False
    stacked_quotient = True
    bare_ones = True
    bare_units = True
    delta = "delta"
    dots = "dots.c"
    d = "dif "
    angles = ("⟨", ", ", "⟩")
    apart = ", quad "

    def __init__(self, names: Iterable[str] = (), bold: bool = False) -> None:
        """``names`` are those of the symbols in the expression: a glyph that one of them needs is
        not used for anything else."""
        self._names = frozenset(names)
        self._taken = frozenset(_name(name) for name in self._names)
        self._bold = bold

    def bracketed(self, inner: Piece) -> Piece:
        return piece("(", inner, ")")

    def symbol(self, name: str, order: int = 0) -> Piece:
        if parts := parts_of_partial(name):
            return piece(self.derivative(_name(parts[0]), [_name(parts[1])]), level=Level.FRACTION, tall=2)
        return piece(_name(name, self._bold and order > 0))

    def number(self, value: Fraction) -> Piece:
        top, bottom = abs(value.numerator), value.denominator
        body = piece(str(top)) if bottom == 1 else piece(f"frac({top}, {bottom})", level=Level.FRACTION, tall=2)
        return negated(body, self.minus) if value < 0 else body

    def size_value(self, size: Size) -> Piece:
        return counted(size, _size(size))

    def identity(self, size: Size, known: bool) -> Piece:
        glyph = 'upright("Id")' if "I" in self._names else self._letter("I")
        return piece(glyph if known else f"{glyph}_({_size(size)})")

    def ones(self, shape: Shape, known: bool) -> Piece:
        if len(shape) == 2 and shape[0] == ONE:
            return self.transpose(self.ones(shape[1:], known))
        return piece("bold(1)" if known and len(shape) == 1 else f"bold(1)_({_sizes(shape)})")

    def zeros(self, shape: Shape) -> Piece:
        return piece(f"bold(0)_({_sizes(shape)})")

    def unit(self, position: int, size: Size, known: bool) -> Piece:
        if {"e", f"e_{position}", f"e{position}"} & self._names:
            return piece(f'op("unit") ({position}, {_size(size)})')
        shown = f"{self._letter('e')}_({position})"
        return piece(shown) if known else piece(f"{shown}^(({_size(size)}))", level=Level.POSTFIX)

    def commutation(self, m: Size, n: Size) -> Piece:
        if "K" in self._names:
            return piece(f'op("commutation") ({_sizes((m, n))})')
        return piece(f"{self._letter('K')}^(({_sizes((m, n))}))", level=Level.POSTFIX)

    def _letter(self, letter: str) -> str:
        return f"bold({letter})" if self._bold else letter

    def reshape(self, operand: Piece, m: Size, n: Size) -> Piece:
        return piece('op("reshape") (', operand, f", {_size(m)}, {_size(n)})")

    def between(self, left: Piece, right: Piece) -> str:
        return " dot " if right.starts_number else " "

    def quotient(self, numerator: Piece, denominator: Piece) -> Piece:
        # A fraction within one would be too small to read.
        opening, closing = ("display(frac(", "))") if 2 in (numerator.tall, denominator.tall) else ("frac(", ")")
        return piece(opening, numerator, ", ", denominator, closing, level=Level.FRACTION, tall=2)

    def power(self, base: Piece, exponent: Fraction | Piece, elementwise: bool) -> Piece:
        shown: Part = exponent if isinstance(exponent, Piece) else str(exponent).replace("/", "\\/")
        if not elementwise and isinstance(shown, str) and len(shown) == 1:
            return piece(base, f"^{shown}", level=Level.POSTFIX)
        return piece(base, "^(⊙ " if elementwise else "^(", shown, ")", level=Level.POSTFIX)

    def root(self, argument: Piece) -> Piece:
        return piece("sqrt(", argument, ")")

    def transpose(self, base: Piece) -> Piece:
        return piece(base, "^top", level=Level.POSTFIX)

    def inverse(self, base: Piece) -> Piece:
        return piece(base, "^(-1)", level=Level.POSTFIX)

    def inverse_transpose(self, base: Piece) -> Piece:
        return piece(base, "^(-top)", level=Level.POSTFIX)

    def call(self, name: str, arguments: tuple[Piece, ...], axis: str | None) -> Piece:
        # With a blank before it, the bracket is one of the formula, and not that of a call.
        return piece(f"{self._function(name)} (", *_listed([*arguments, *((f'"{axis}"',) if axis else ())]), ")")

    def norm(self, kind: str, operand: Piece, parameter: Piece | None) -> Piece:
        if parameter is not None:
            return piece("norm(", operand, ")_(", parameter, ")")
        return piece("norm(", operand, ")" + {"2": "", "1": "_1", "nuclear": "_*", "spectral": '_"op"'}[kind])

    def entry(self, operand: Piece, positions: tuple[Piece, ...]) -> Piece:
        base, index = str(operand), str(positions[0])
        named = len(positions) == 1 and (index.isdigit() or any(f"_{index}" in name for name in self._names))
        plain = len(operand.parts) > 1 or not ("_" in base or "'" in base or '"' in base or named)
        shown: tuple[Part, ...] = (operand,) if plain else ("[", operand, "]")
        return piece(*shown, "_(", *_listed(positions), ")", level=Level.POSTFIX)

    def member(self, family: str, order: int, position: Piece) -> Piece | None:
        name = member_name(family, order)
        if not name or (name != family and _name(name) in self._taken) or any(f"_{position}" in other for other in self._names):
            return None
        return piece(self.symbol(name, order), "_(", position, ")")

    def index_sum(self, index: Piece, body: Piece) -> Piece:
        shown = body if fits(body, Level.PRODUCT) else self.bracketed(body)
        return piece("sum_(", index, ") ", shown, level=Level.PRODUCT, operator="sum", tall=1)

    def index_array(self, indices: tuple[Piece, ...], sizes: Shape, body: Piece, *, held: bool) -> Piece:
        if held:
            return piece("[", body, "]_(", *_listed(indices), ")", level=Level.POSTFIX)
        return piece(
            "[", body, "]_(", *_listed([piece(index, "=1") for index in indices]), f")^({_sizes(sizes)})", level=Level.POSTFIX
        )

    # ------------------------------------------------------------ index notation and steps

    def pair(self, slow: str, fast: str) -> str:
        return f"({_together((slow, fast))})"

    def indexed(self, base: Piece, at: Sequence[str]) -> Piece:
        subscripted = len(base.parts) == 1 and isinstance(base.parts[0], str) and "_" in base.parts[0]
        return piece("attach(", base, f", br: {_together(at)})") if subscripted else piece(base, f"_{_grouped(_together(at))}")

    def array_of(self, entry: Piece) -> Piece:
        return piece("[", entry, "]")

    def summed(self, over: Sequence[str], body: Piece) -> Piece:
        if body.level == Level.SUM or body.negative:
            body = self.bracketed(body)
        return piece(f"sum_{_grouped(_together(over))} ", body, level=Level.PRODUCT, operator="sum", tall=1)

    def left_out(self, count: int) -> Piece:
        return piece(f'("{count} more like it")')

    def function_of(self, name: str, argument: str) -> str:
        return f"{f'upright({name})' if len(name) == 1 else _word(name)} ({argument})"

    def operators(self, names: Sequence[str]) -> str:
        return ", ".join([self.derivative("", [name]) for name in names])

    def placed(self, name: str, positions: Sequence[str]) -> str:
        return str(self.indexed(piece(name), [", ".join(positions)])) if positions else name

    def matrix(self, rows: Sequence[Sequence[str]]) -> str:
        return f'mat(delim: "[", {"; ".join([", ".join(row) for row in rows])})'

    def aligned(self, rows: Sequence[Sequence[str]]) -> str:
        lines = [f"{left} &= {right}" + "".join([f' & quad "{_quoted(said)}"' for said in more]) for left, right, *more in rows]
        return " \\\n".join(lines)

    def differential(self, letter: str, order: int = 1) -> str:
        return f"dif{'^2' if order == 2 else ''} {letter}"

    def derivative(self, above: str, below: Sequence[str], *, whole: bool = False) -> str:
        twice = len(below) == 2
        bottom = f"∂ {below[0]}^2" if twice and below[0] == below[1] else " thin ".join([f"∂ {name}" for name in below])
        top = f"∂{'^2' if twice else ''} {above}".rstrip()
        return f"frac({top}, {bottom})"

    def _function(self, name: str) -> str:
        if name in functions():
            own = functions()[name].code("typst")
            return own if own and own not in self._taken else name if name in _OPERATORS else f'op("{name}")'
        if name in _NAMES:
            return _NAMES[name]
        stem = name.rstrip("'")
        shown = _name(stem)
        return (f'op("{stem}")' if shown.startswith("upright(") else shown) + name[len(stem) :]


def _name(name: str, bold: bool = False) -> str:
    """The name: a letter by itself or by its Greek name, other words upright, what is behind them
    as subscripts."""
    stem, mark, index, primes = split_name(name)
    stem = SPELLED.get(stem, stem)
    accent, rest = accented(stem, mark or "_", index)
    letter = _VARIANTS.get(stem, stem) if stem in GREEK or len(stem) == 1 else _word(stem)
    if bold:
        letter = f"bold({letter})"
    if accent:
        letter, index = f"{_ACCENTS.get(accent, accent)}({letter})", rest
    if index:
        letter += f"_{_grouped('*' if index == 'star' else index if len(index) == 1 or index.isdecimal() else _word(index))}"
    return letter + primes.replace("′", "'")


def _grouped(script: str) -> str:
    """A subscript: in brackets, which are not shown, where it has several letters."""
    return script if len(script) == 1 else f"({script})"


def _word(word: str) -> str:
    return f'upright("{_quoted(word)}")'


def _quoted(words: str) -> str:
    return words.replace("\\", "\\\\").replace('"', '\\"')


def _together(at: Sequence[str]) -> str:
    """Indices with blanks between them; ``i1`` has a subscript of its own."""
    return " ".join([f"{letter[0]}_{letter[1:]}" if letter[1:].isdecimal() else letter for letter in at])


def _listed(parts: Sequence[Part]) -> list[Part]:
    return [part for position, each in enumerate(parts) for part in ((", ", each) if position else (each,))]


def _size(size: Size) -> str:
    return size.spelled(_name, " ")


def _sizes(shape: Shape) -> str:
    return ", ".join(map(_size, shape))


NOTATION = TypstNotation
