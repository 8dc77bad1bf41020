"""ASCII and Unicode text, both readable by the language package."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from fractions import Fraction

from matcalc.base.fields import decimal_text, fraction_text
from matcalc.base.functions import functions
from matcalc.base.sizes import ONE, Shape, Size
from matcalc.language.text.spelling import known_functions, parts_of_partial
from matcalc.printing.names import ascii_name, member_name, size_text, superscript, unicode_name
from matcalc.printing.notation import Level, Part, Piece, counted, fits, negated, piece


class AsciiNotation:
    """The MATLAB-like spelling: ``2*U'*(U*V - X)``."""

    style = "ascii"
    minus = "-"
    times_elementwise = ".*"
    over_elementwise = "./"
    infix_kronecker = ""
    inverse_is_call = True
    stacked_quotient = False
    bare_ones = False
    bare_units = False
    _product = "*"

    def __init__(self, names: Iterable[str] = ()) -> None:
        """``names`` are those of the symbols in the expression: a glyph that one of them needs is
        not used for anything else."""
        self._taken = frozenset(self._shown(name) for name in names)

    def _shown(self, name: str) -> str:
        return ascii_name(name)

    def bracketed(self, inner: Piece) -> Piece:
        return piece("(", inner, ")")

    def symbol(self, name: str, order: int = 0) -> Piece:
        return piece(self._shown(name), level=Level.SUM if parts_of_partial(name) else Level.ATOM)

    def number(self, value: Fraction) -> Piece:
        text = decimal_text(abs(value))
        body = piece(text) if text is not None else piece(fraction_text(abs(value)), level=Level.PRODUCT, operator="quotient")
        return negated(body, self.minus) if value < 0 else body

    def size_value(self, size: Size) -> Piece:
        return counted(size, size.spelled(lambda name: str(self.symbol(name))))

    def identity(self, size: Size, known: bool) -> Piece:
        return piece("eye") if known else self._sized("eye", (size,))

    def ones(self, shape: Shape, known: bool) -> Piece:
        if len(shape) == 2 and shape[0] == ONE:
            return self.transpose(self.ones(shape[1:], known))
        return self._sized("ones", shape)

    def zeros(self, shape: Shape) -> Piece:
        return self._sized("zeros", shape)

    def unit(self, position: int, size: Size, known: bool) -> Piece:
        return piece(f"unit({position}, {size_text(size, self.style)})")

    def commutation(self, m: Size, n: Size) -> Piece:
        return self._sized("commutation", (m, n))

    def reshape(self, operand: Piece, m: Size, n: Size) -> Piece:
        return piece("reshape(", operand, f", {size_text(m, self.style)}, {size_text(n, self.style)})")

    def between(self, left: Piece, right: Piece) -> str:
        return self._product

    def quotient(self, numerator: Piece, denominator: Piece) -> Piece:
        return piece(numerator, "/", denominator, level=Level.PRODUCT, operator="quotient")

    def power(self, base: Piece, exponent: Fraction | Piece, elementwise: bool) -> Piece:
        return piece(base, ".^" if elementwise else "^", self._exponent(exponent), level=Level.POSTFIX)

    def root(self, argument: Piece) -> Piece:
        return piece("sqrt(", argument, ")")

    def transpose(self, base: Piece) -> Piece:
        return piece(base, "'", level=Level.POSTFIX)

    def inverse(self, base: Piece) -> Piece:
        return piece("inv(", base, ")")

    def inverse_transpose(self, base: Piece) -> Piece:
        return self.transpose(self.inverse(base))

    def call(self, name: str, arguments: tuple[Piece, ...], axis: str | None) -> Piece:
        return piece(self._function(name), "(", *_separated((*arguments, *((axis,) if axis else ()))), ")")

    def norm(self, kind: str, operand: Piece, parameter: Piece | None) -> Piece:
        match kind:
            case "2" | "1":
                return piece(f"norm{kind}(", operand, ")")
            case _ if parameter is not None:
                return piece("norm(", operand, ", ", parameter, ")")
            case _:
                return piece("norm(", operand, ", ", kind, ")")

    def entry(self, operand: Piece, positions: tuple[Piece, ...]) -> Piece:
        return piece(operand, "[", *_separated(positions, ","), "]", level=Level.POSTFIX)

    def member(self, family: str, order: int, position: Piece) -> Piece | None:
        name = member_name(family, order)
        if not name or (name != family and self._shown(name) in self._taken) or f"{self._shown(name)}_{position}" in self._taken:
            return None
        # A capital Sigma with an index is the sign of a sum.
        return piece(name if self._shown(name) == "Σ" else self._shown(name), "_", position)

    def index_sum(self, index: Piece, body: Piece) -> Piece:
        return piece("sum(", index, ", ", body, ")")

    def index_array(self, indices: tuple[Piece, ...], sizes: Shape, body: Piece, *, held: bool) -> Piece:
        return piece("tensor(", *_separated((*indices, body)), ")")

    delta = "delta"
    dots = "..."
    d = "d"
    angles = ("<", ", ", ">")
    _partial = ("d", "2", "^2")

    def pair(self, slow: str, fast: str) -> str:
        return f"({slow},{fast})"

    def indexed(self, base: Piece, at: Sequence[str]) -> Piece:
        return piece(base, f"[{','.join(at)}]")

    def array_of(self, entry: Piece) -> Piece:
        return piece("[", entry, "]")

    def summed(self, over: Sequence[str], body: Piece) -> Piece:
        shown: Part = body
        for letter in reversed(over):
            shown = piece(f"sum({letter}, ", shown, ")")
        return piece(shown)

    def left_out(self, count: int) -> Piece:
        return piece(f"({self.dots} {count} more like it)")

    def function_of(self, name: str, argument: str) -> str:
        return f"{name}({argument})"

    apart = "; "

    def operators(self, names: Sequence[str]) -> str:
        return self.derivative("", [", ".join(names)])

    def placed(self, name: str, positions: Sequence[str]) -> str:
        return f"{name}[{','.join(positions)}]" if positions else name

    def matrix(self, rows: Sequence[Sequence[str]]) -> str:
        return f"[{'; '.join([', '.join(row) for row in rows])}]"

    def aligned(self, rows: Sequence[Sequence[str]]) -> str:
        return "\n".join([" = ".join(row[:2]) for row in rows])

    def differential(self, letter: str, order: int = 1) -> str:
        return f"{self.d}{self._partial[1] if order == 2 else ''}{letter}"

    def derivative(self, above: str, below: Sequence[str], *, whole: bool = False) -> str:
        d, order, power = self._partial
        if len(below) == 1:
            return f"{d}{above}/{d}{below[0]}"
        bottom = f"{d}{below[0]}{order if whole else power}" if below[0] == below[1] else "".join(f"{d}{name}" for name in below)
        return f"{d}{order}{above}/{bottom}"

    def _sized(self, name: str, sizes: Iterable[Size]) -> Piece:
        return piece(f"{name}({', '.join(size_text(size, self.style) for size in sizes)})")

    def _function(self, name: str) -> str:
        return name if name in functions() else ascii_name(name)

    def _exponent(self, exponent: Fraction | Piece) -> Part:
        if isinstance(exponent, Fraction):
            return exponent_text(exponent).replace("-", self.minus)
        if (
            exponent.level == Level.ATOM
            and not exponent.negative
            and len(exponent.parts) == 1
            and isinstance(exponent.parts[0], str)
        ):
            return exponent if exponent.parts[0].isidentifier() else self.bracketed(exponent)
        return self.bracketed(exponent)


class UnicodeNotation(AsciiNotation):
    """The spelling of mathematics in plain text: ``2 Uᵀ (U V − X)``."""

    style = "unicode"
    minus = "−"
    times_elementwise = " ⊙ "
    over_elementwise = " ⊘ "
    infix_kronecker = " ⊗ "
    inverse_is_call = False
    bare_ones = True

    def _shown(self, name: str) -> str:
        return unicode_name(name)

    def identity(self, size: Size, known: bool) -> Piece:
        return piece("I") if known and "I" not in self._taken else super().identity(size, known)

    def ones(self, shape: Shape, known: bool) -> Piece:
        return piece("𝟏") if known and len(shape) == 1 else super().ones(shape, known)

    def between(self, left: Piece, right: Piece) -> str:
        if right.starts_number:
            return " · "
        # A name that could be a function's would be read as a call of it.
        if _first_characters(right) == "(" and _last_part(left) in _CALLABLE:
            return "·"
        return " "

    def power(self, base: Piece, exponent: Fraction | Piece, elementwise: bool) -> Piece:
        if not elementwise and isinstance(exponent, Fraction) and exponent.denominator == 1 and exponent != -1:
            return piece(base, superscript(int(exponent)), level=Level.POSTFIX)
        return super().power(base, exponent, elementwise)

    def transpose(self, base: Piece) -> Piece:
        return piece(base, "ᵀ", level=Level.POSTFIX)

    def inverse(self, base: Piece) -> Piece:
        return piece(base, "⁻¹", level=Level.POSTFIX)

    def inverse_transpose(self, base: Piece) -> Piece:
        return piece(base, "⁻ᵀ", level=Level.POSTFIX)

    def norm(self, kind: str, operand: Piece, parameter: Piece | None) -> Piece:
        if kind in ("nuclear", "spectral") or operand.bars:
            return super().norm(kind, operand, parameter)
        if parameter is None:
            return piece("‖", operand, "‖₁" if kind == "1" else "‖", bars=True)
        if parameter.level == Level.ATOM and not parameter.bars:
            return piece("‖", operand, "‖_", parameter, bars=True)
        return super().norm(kind, operand, parameter)

    def entry(self, operand: Piece, positions: tuple[Piece, ...]) -> Piece:
        shown, letters = str(operand), [str(position) for position in positions]
        name = f"{shown}_{''.join(letters)}"
        if len(shown) == 1 and shown.isalpha() and "".join(letters).isalpha() and name not in self._taken:
            return (
                piece(shown, "_", *letters) if all(len(letter) == 1 for letter in letters) else super().entry(operand, positions)
            )
        return super().entry(operand, positions)

    def index_sum(self, index: Piece, body: Piece) -> Piece:
        if len(str(index)) != 1:
            return super().index_sum(index, body)
        sign = "∑" if "Σ" in self._taken else "Σ"
        shown = body if fits(body, Level.PRODUCT) and body.operator not in ("quotient", "kronecker") else self.bracketed(body)
        return piece(f"{sign}_", index, " ", shown, level=Level.PRODUCT, operator="sum")

    delta = "δ"
    dots = "…"
    angles = ("⟨", ", ", "⟩")
    _partial = ("∂", "²", "²")

    def pair(self, slow: str, fast: str) -> str:
        return f"({_together((slow, fast))})"

    def indexed(self, base: Piece, at: Sequence[str]) -> Piece:
        return piece(base, f"_{_together(at)}")

    def placed(self, name: str, positions: Sequence[str]) -> str:
        return f"{name}_{_together(positions)}" if positions else name

    def summed(self, over: Sequence[str], body: Piece) -> Piece:
        if body.level == Level.SUM or body.negative:
            body = self.bracketed(body)
        sign = "∑" if "Σ" in self._taken else "Σ"  # beside a symbol of that name the sign that is no letter
        return piece(f"{sign}_{_together(over)} ", body, level=Level.PRODUCT, operator="sum", tall=1)

    def _function(self, name: str) -> str:
        glyph = functions()[name].unicode if name in functions() else unicode_name(name)
        return glyph if glyph and glyph not in self._taken else name


_CALLABLE = known_functions() | {"d", "d2"}


def exponent_text(value: Fraction) -> str:
    """A number as an exponent: an atom with an optional minus.

    >>> exponent_text(Fraction(-2)), exponent_text(Fraction(3, 2)), exponent_text(Fraction(1, 5))
    ('-2', '(3/2)', '0.2')
    """
    if value.denominator == 1:
        return str(value.numerator)
    decimal = decimal_text(value)
    return decimal if decimal is not None and value.denominator not in (2, 4) else f"({fraction_text(value)})"


def _separated(arguments: Iterable[Part], comma: str = ", ") -> list[Part]:
    parts: list[Part] = []
    for argument in arguments:
        parts += [comma, argument] if parts else [argument]
    return parts


def _together(at: Sequence[str]) -> str:
    """Indices one after the other; with commas where one has several letters."""
    return "".join(at) if all(len(letter) == 1 or letter[0] == "(" for letter in at) else ",".join(at)


def _first_characters(part: Part) -> str:
    while isinstance(part, Piece):
        part = part.parts[0]
    return part[:1]


def _last_part(part: Part) -> str:
    while isinstance(part, Piece):
        part = part.parts[-1]
    return part
