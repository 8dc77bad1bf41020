"""The notations, by name: ASCII and Unicode text, both readable by the language package, and those
that are typeset, whose names stand in ``rules/functions.toml`` too."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from fractions import Fraction
from importlib import import_module

from matcalc.base.errors import MatcalcError
from matcalc.base.fields import decimal_text, fraction_text
from matcalc.base.functions import IMAGINARY, functions, typesetting, written_name
from matcalc.base.own_functions import own_function
from matcalc.base.shapes import Shape
from matcalc.base.sizes import Size
from matcalc.language.text.spelling import known_functions, parts_of_partial
from matcalc.printing.names import ascii_name, member_name, superscript, unicode_name
from matcalc.printing.notation import Level, Notation, Part, Piece, fits, piece, separated


class AsciiNotation(Notation):
    """The MATLAB-like spelling: ``2*U'*(U*V - X)``."""

    style = "ascii"
    times_elementwise = ".*"
    over_elementwise = "./"
    infix_kronecker = ""
    inverse_is_call = True
    stacked_quotient = False
    bare_ones = False
    bare_units = False
    means = True
    adds_numbers = True
    postfixes = ("'", "", "")
    adjoined = "^H"
    imaginary = IMAGINARY
    delta = "delta"
    dots = "..."
    second = "d2"
    angles = ("<", ", ", ">")
    apart = "; "
    _partial = ("d", "2", "^2")

    def spelled(self, name: str) -> str:
        return ascii_name(name)

    def symbol(self, name: str, order: int = 0) -> Piece:
        return piece(self.spelled(name), level=Level.SUM if parts_of_partial(name) else Level.ATOM)

    def magnitude(self, value: Fraction) -> Piece:
        text = decimal_text(value)
        return piece(fraction_text(value), level=Level.PRODUCT, operator="quotient") if text is None else piece(text)

    def identity(self, size: Size, known: bool) -> Piece:
        return piece("eye" if known else f"eye({self.size(size)})")

    def filled(self, number: int, shape: Shape, known: bool) -> Piece:
        return piece(f"{'ones' if number else 'zeros'}({self.sizes(shape)})")

    def unit(self, position: Size, size: Size, known: bool) -> Piece:
        return piece(f"unit({self.sizes((position, size))})")

    def commutation(self, m: Size, n: Size) -> Piece:
        return piece(f"commutation({self.sizes((m, n))})")

    def reshape(self, operand: Piece, m: Size, n: Size) -> Piece:
        return piece("reshape(", operand, f", {self.sizes((m, n))})")

    def between(self, left: Piece, right: Piece) -> str:
        return "*"

    def quotient(self, numerator: Piece, denominator: Piece) -> Piece:
        return piece(numerator, "/", denominator, level=Level.PRODUCT, operator="quotient")

    def power(self, base: Piece, exponent: Fraction | Piece, elementwise: bool) -> Piece:
        return piece(base, ".^" if elementwise else "^", self._exponent(exponent), level=Level.POSTFIX)

    def inverse(self, base: Piece) -> Piece:
        return piece("inv(", base, ")")

    def inverse_transpose(self, base: Piece) -> Piece:
        return self.transpose(self.inverse(base))

    def call(self, name: str, arguments: tuple[Piece, ...], axis: str | None) -> Piece:
        return piece(self.function(name), "(", *separated((*arguments, *((axis,) if axis else ()))), ")")

    def function(self, name: str) -> str:
        """The name of a function."""
        own = own_function(name)
        if own is not None:
            return own.written_with(self.spelled(own.stem))
        return written_name(name) if name in functions() else ascii_name(name)

    def norm(self, kind: str, operand: Piece, parameter: Piece | None) -> Piece:
        if kind in ("1", "2"):
            return piece(f"norm{kind}(", operand, ")")
        return piece("norm(", operand, ", ", kind if parameter is None else parameter, ")")

    def blocks(self, rows: Sequence[Sequence[Piece]]) -> Piece:
        # Where no commas stand between blocks, blanks would: those of a product need brackets.
        alone = all(len(row) == 1 for row in rows)
        shown = [
            [self.bracketed(one) if alone and one.level < Level.ATOM and " " in str(one) else one for one in row] for row in rows
        ]
        return piece(self.matrix([[str(block) for block in row] for row in shown]))

    def entry(self, operand: Piece, positions: tuple[Piece, ...]) -> Piece:
        return piece(operand, "[", *separated(positions, ","), "]", level=Level.POSTFIX)

    def member(self, family: str, order: int, position: Piece) -> Piece | None:
        name = member_name(family, order)
        shown = self.spelled(name)
        if not name or (name != family and shown in self._taken) or f"{shown}_{position}" in self._taken:
            return None
        # A capital Sigma with an index is the sign of a sum.
        return piece(name if shown == "Σ" else shown, "_", position)

    def index_sum(self, index: Piece, body: Piece) -> Piece:
        return piece("sum(", index, ", ", body, ")")

    def index_array(self, indices: tuple[Piece, ...], sizes: Shape, body: Piece, *, held: bool) -> Piece:
        return piece("tensor(", *separated((*indices, body)), ")")

    def together(self, at: Sequence[str]) -> str:
        """With commas between them."""
        return ",".join(at)

    def indexed(self, base: Piece, at: Sequence[str]) -> Piece:
        return piece(base, f"[{self.together(at)}]")

    def summed(self, over: Sequence[str], body: Piece) -> Piece:
        shown: Part = body
        for letter in reversed(over):
            shown = piece(f"{self.sum_over(letter)}, ", shown, ")")
        return piece(shown)

    def sum_over(self, indices: str) -> str:
        return f"sum({indices}"

    def left_out(self, count: int) -> Piece:
        return piece(f"({self.dots} {count} more like it)")

    def function_of(self, name: str, argument: str) -> str:
        return f"{name}({argument})"

    def operators(self, names: Sequence[str]) -> str:
        return self.derivative("", [", ".join(names)])

    def placed(self, name: str, positions: Sequence[str]) -> str:
        return str(self.indexed(piece(name), positions)) if positions else name

    def matrix(self, rows: Sequence[Sequence[str]]) -> str:
        return f"[{'; '.join([', '.join(row) for row in rows])}]"

    def aligned(self, rows: Sequence[Sequence[str]]) -> str:
        return "\n".join([" = ".join(row[:2]) for row in rows])

    def derivative(self, above: str, below: Sequence[str], *, whole: bool = False) -> str:
        d, order, power = self._partial
        if len(below) == 1:
            return f"{d}{above}/{d}{below[0]}"
        bottom = f"{d}{below[0]}{order if whole else power}" if below[0] == below[1] else "".join(f"{d}{name}" for name in below)
        return f"{d}{order}{above}/{bottom}"

    def _exponent(self, exponent: Fraction | Piece) -> Part:
        if isinstance(exponent, Fraction):
            return exponent_text(exponent).replace("-", self.minus)
        plain = exponent.level == Level.ATOM and not exponent.negative and len(exponent.parts) == 1
        name = exponent.parts[0] if plain else ""
        return exponent if isinstance(name, str) and name.isidentifier() else self.bracketed(exponent)


class UnicodeNotation(AsciiNotation):
    """The spelling of mathematics in plain text: ``2 Uᵀ (U V − X)``."""

    style = "unicode"
    minus = "−"
    times_elementwise = " ⊙ "
    over_elementwise = " ⊘ "
    infix_kronecker = " ⊗ "
    inverse_is_call = False
    bare_ones = True
    adds_numbers = False
    postfixes = ("ᵀ", "⁻¹", "⁻ᵀ")
    adjoined = "ᴴ"
    imaginary = "i"
    delta = "δ"
    dots = "…"
    second = "d²"
    angles = ("⟨", ", ", "⟩")
    reals = ("ℝ^", "×", "(", ")")
    element = " ∈ "
    _partial = ("∂", "²", "²")

    def spelled(self, name: str) -> str:
        return unicode_name(name)

    def space(self, shape: Iterable[Size]) -> str:
        plain = super().space(shape)
        power, above = plain[:1], plain[2:].strip("()")
        raised = all(ord(sign) in _RAISED for sign in above)
        return power + above.translate(_RAISED) if raised else plain

    def identity(self, size: Size, known: bool) -> Piece:
        return piece("I") if known and "I" not in self._taken else super().identity(size, known)

    def filled(self, number: int, shape: Shape, known: bool) -> Piece:
        return piece("𝟏") if known else super().filled(number, shape, known)

    def between(self, left: Piece, right: Piece) -> str:
        first = _end_part(right, 0)
        if right.starts_number or (first[:1] == "[" and len(first) > 1):  # an array; behind a blank entries would be meant
            return " · "
        # A name that could be a function's would be read as a call of it.
        return "·" if first[:1] == "(" and _end_part(left, -1) in _CALLABLE else " "

    def power(self, base: Piece, exponent: Fraction | Piece, elementwise: bool) -> Piece:
        if not elementwise and isinstance(exponent, Fraction) and exponent.denominator == 1 and exponent != -1:
            return piece(base, superscript(int(exponent)), level=Level.POSTFIX)
        return super().power(base, exponent, elementwise)

    def conjugate(self, operand: Piece, named: bool) -> Piece:
        letter = str(operand) if named else ""
        return piece(f"{letter}\u0304") if len(letter) == 1 else super().conjugate(operand, named)

    inverse = Notation.inverse
    inverse_transpose = Notation.inverse_transpose

    def function(self, name: str) -> str:
        own = own_function(name)
        if own is not None:
            below = unicode_name(f"x_{own.places}")[1:] if own.places else ""
            stem = self.spelled(own.stem)
            return own.shown(stem, "∂{}", "∇{}", below, superscript(len(own.by)), f"J_{stem}")
        glyph = functions()[name].unicode if name in functions() else unicode_name(name)
        return glyph if glyph and glyph not in self._taken else written_name(name)

    def norm(self, kind: str, operand: Piece, parameter: Piece | None) -> Piece:
        named = kind in ("nuclear", "spectral") or operand.bars
        if named or (parameter is not None and (parameter.level != Level.ATOM or parameter.bars)):
            return super().norm(kind, operand, parameter)
        if parameter is None:
            return piece("‖", operand, "‖₁" if kind == "1" else "‖", bars=True)
        return piece("‖", operand, "‖_", parameter, bars=True)

    def entry(self, operand: Piece, positions: tuple[Piece, ...]) -> Piece:
        shown, letters = str(operand), [str(position) for position in positions]
        single = len(shown) == 1 and shown.isalpha() and all(len(letter) == 1 and letter.isalpha() for letter in letters)
        single = single and all(position.operator != "size" for position in positions)
        if single and f"{shown}_{''.join(letters)}" not in self._taken:
            return piece(shown, "_", *letters)
        return super().entry(operand, positions)

    def index_sum(self, index: Piece, body: Piece) -> Piece:
        if len(str(index)) != 1:
            return super().index_sum(index, body)
        shown = body if fits(body, Level.PRODUCT) and body.operator not in ("quotient", "kronecker") else self.bracketed(body)
        return piece(self.sum_over(""), index, " ", shown, level=Level.PRODUCT, operator="sum")

    summed = Notation.summed

    def sum_over(self, indices: str) -> str:
        # Beside a symbol of that name the sign that is no letter.
        return f"{'∑' if 'Σ' in self._taken else 'Σ'}_{indices}"

    def together(self, at: Sequence[str]) -> str:
        """With commas between them where one has several letters."""
        return "".join(at) if all(len(letter) == 1 or letter[0] == "(" for letter in at) else super().together(at)

    def indexed(self, base: Piece, at: Sequence[str]) -> Piece:
        return piece(base, f"_{self.together(at)}")


_CALLABLE = known_functions() | {"d", "d2"}
_RAISED = str.maketrans(
    "0123456789+-×abcdefghijklmnoprstuvwxyz",
    "⁰¹²³⁴⁵⁶⁷⁸⁹⁺⁻ˣᵃᵇᶜᵈᵉᶠᵍʰⁱʲᵏˡᵐⁿᵒᵖʳˢᵗᵘᵛʷˣʸᶻ",
)  # fmt: skip


def exponent_text(value: Fraction) -> str:
    """A number as an exponent: an atom with an optional minus.

    >>> exponent_text(Fraction(-2)), exponent_text(Fraction(3, 2)), exponent_text(Fraction(1, 5))
    ('-2', '(3/2)', '0.2')
    """
    if value.denominator == 1:
        return str(value.numerator)
    decimal = decimal_text(value)
    return decimal if decimal is not None and value.denominator not in (2, 4) else f"({fraction_text(value)})"


def _end_part(part: Part, place: int) -> str:
    """The first or the last string of a piece."""
    while isinstance(part, Piece):
        part = part.parts[place]
    return part


# ------------------------------------------------------------ The notations by name.

_PLAIN: dict[str, type[Notation]] = {"unicode": UnicodeNotation, "ascii": AsciiNotation}
NOTATIONS = (*_PLAIN, *typesetting())
STEP_FORMATS = (*NOTATIONS, "markdown", "html", "json")
"""What the steps of a derivation are written as."""
STEP_STYLES = ("index", "differential")
"""How they are told: entry by entry, or by differentials."""
BOLD = {style: place for place, style in enumerate(typesetting(), len(NOTATIONS))}
"""Places in ``in_all`` of what is in bold type."""


def checked_notation(style: str) -> str:
    """The name of a notation that is typeset. Raises MatcalcError for another."""
    if style not in typesetting():
        raise MatcalcError(f"there is no notation {style!r}", expected=" or ".join(typesetting()))
    return style


def notation_class(style: str) -> type[Notation]:
    """The class of a notation, which is made from names."""
    return _PLAIN.get(style) or import_module("matcalc.printing.typeset_notation").BY_NAME[style]


def notation_of(style: str, names: Iterable[str] = (), bold: bool = False) -> Notation:
    """The notation of this name for an expression with symbols of these names; ``bold`` is for
    those that are typeset."""
    return notation_class(style)(names, bold)


def name_in(style: str, name: str, bold: bool = False) -> str:
    """A name as the notation writes it; in bold type what has axes."""
    return str(notation_of(style, (), bold).symbol(name, int(bold)))


def function_shown(name: str) -> str:
    """A function within a sentence: of the user's own the sign, ``∇f``, of others the name."""
    return name if own_function(name) is None else UnicodeNotation().function(name)


def in_all(write: Callable[[str, bool], str]) -> tuple[str, ...]:
    """What is written in each of ``NOTATIONS``, then in bold type in those that are typeset."""
    return (*[write(style, False) for style in NOTATIONS], *[write(style, True) for style in BOLD])
