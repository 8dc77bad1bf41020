"""Typst source: ``2 U^top (U V - X)``, for math mode of Typst 0.12 and later."""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction

from matcalc.base.functions import Function
from matcalc.base.sizes import Size
from matcalc.language.text.spelling import parts_of_partial
from matcalc.printing.names import GREEK, SPELLED, accented, split_name
from matcalc.printing.notation import Level, Piece, piece, separated
from matcalc.printing.typeset_notation import TypesetNotation

_OPERATORS = frozenset(
    ["exp", "log", "sin", "cos", "tan", "sinh", "cosh", "tanh", "arcsin", "arccos", "arctan", "det", "tr", "max", "min", "sup"]
)
"""Names that stand for themselves in math mode; other words are texts between quotes."""
_ACCENTS = {"bar": "macron", "ddot": "dot.double", "check": "caron", "ring": "circle"}
_VARIANTS = {"varepsilon": "epsilon.alt", "vartheta": "theta.alt", "varphi": "phi.alt"}


class TypstNotation(TypesetNotation):
    """Typst as it stands between dollar signs. Brackets grow by themselves."""

    style = "typst"
    postfixes = ("^top", "^(-1)", "^(-top)")
    delta = "delta"
    dots = "dots.c"
    d = "dif "
    second = "dif^2 "
    apart = ", quad "
    lower = ("_(", ")")
    upper = ("^(", ")")
    comma = ", "
    boldface = "bold({})"
    operator = 'op("{}")'
    opening = " ("
    upright = "upright("
    fraction = "frac({}, {})"
    display = ("display(frac(", ", ", "))")
    inline = ("frac(", ", ", ")")
    times = " dot "
    sigma = "sum"
    partial = ("∂", "^2", " thin ")
    words = {"tr": "tr", "det": "det", "logdet": "log det"}
    unit_matrix = 'upright("Id")'

    def spelled(self, name: str) -> str:
        return _name(name)

    def symbol(self, name: str, order: int = 0) -> Piece:
        if parts := parts_of_partial(name):
            return piece(self.derivative(_name(parts[0]), [_name(parts[1])]), level=Level.FRACTION, tall=2)
        return piece(_name(name, self._bold and order > 0))

    def size(self, size: Size) -> str:
        return size.spelled(_name, " ")

    def reshape(self, operand: Piece, m: Size, n: Size) -> Piece:
        return piece('op("reshape") (', operand, f", {self.sizes((m, n))})")

    def power(self, base: Piece, exponent: Fraction | Piece, elementwise: bool) -> Piece:
        shown = exponent if isinstance(exponent, Piece) else str(exponent).replace("/", "\\/")
        if not elementwise and isinstance(shown, str) and len(shown) == 1:
            return piece(base, f"^{shown}", level=Level.POSTFIX)
        return piece(base, "^(⊙ " if elementwise else "^(", shown, ")", level=Level.POSTFIX)

    def call(self, name: str, arguments: tuple[Piece, ...], axis: str | None) -> Piece:
        # With a blank before it, the bracket is one of the formula, and not that of a call.
        return piece(f"{self.function(name)} (", *separated([*arguments, *((f'"{axis}"',) if axis else ())]), ")")

    def sign_of(self, function: Function) -> str:
        return function.code("typst")

    def operator_of(self, word: str) -> str:
        return word if word in _OPERATORS else f'op("{word}")'

    def escaped(self, word: str) -> str:
        return _quoted(word)

    def norm(self, kind: str, operand: Piece, parameter: Piece | None) -> Piece:
        if parameter is not None:
            return piece("norm(", operand, ")_(", parameter, ")")
        return piece("norm(", operand, ")" + {"2": "", "1": "_1", "nuclear": "_*", "spectral": '_"op"'}[kind])

    def is_word(self, shown: str) -> bool:
        return '"' in shown

    # ------------------------------------------------------------ index notation and steps

    def together(self, at: Sequence[str]) -> str:
        """With blanks between them; ``i1`` has a subscript of its own."""
        return " ".join([f"{letter[0]}_{letter[1:]}" if letter[1:].isdecimal() else letter for letter in at])

    def indexed(self, base: Piece, at: Sequence[str]) -> Piece:
        script = self.together(at)
        subscripted = len(base.parts) == 1 and isinstance(base.parts[0], str) and "_" in base.parts[0]
        return piece("attach(", base, f", br: {script})") if subscripted else piece(base, f"_{_grouped(script)}")

    def sum_over(self, indices: str) -> str:
        return f"sum_{_grouped(indices)}"

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


NOTATION = TypstNotation
