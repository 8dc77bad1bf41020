r"""LaTeX source: ``2 U^{\top} \left(U V - X\right)``."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from fractions import Fraction

from matcalc.base.functions import functions
from matcalc.base.lazy import pattern
from matcalc.base.sizes import ONE, Shape, Size
from matcalc.language.text.spelling import parts_of_partial
from matcalc.printing.names import escaped, latex_name, member_name, size_text
from matcalc.printing.notation import Level, Part, Piece, counted, fits, negated, piece

_WORD = pattern(r"\\math(?:rm|bf)\{[^\\{}]{2}")
_NAMES = {"tr": r"\operatorname{tr}", "det": r"\det", "logdet": r"\log\det"}


class LatexNotation:
    """LaTeX as it is pasted into a document; only amsmath is needed."""

    style = "latex"
    minus = "-"
    times_elementwise = r" \odot "
    over_elementwise = r" \oslash "
    infix_kronecker = r" \otimes "
    inverse_is_call = False
    stacked_quotient = True
    bare_ones = True
    bare_units = True

    def __init__(self, names: Iterable[str] = (), bold: bool = False) -> None:
        """``names`` are those of the symbols in the expression: a glyph that one of them needs is
        not used for anything else.

        With ``bold``, vectors and matrices are set in bold type.
        """
        self._names = frozenset(names)
        self._taken = frozenset(latex_name(name) for name in self._names)
        self._spelled_out = _alike(self._names, bold)
        self._bold = bold

    def bracketed(self, inner: Piece) -> Piece:
        return piece(r"\left(", inner, r"\right)") if inner.tall else piece("(", inner, ")")

    def symbol(self, name: str, order: int = 0) -> Piece:
        bold = self._bold and order > 0
        if parts_of_partial(name):
            return piece(latex_name(name), level=Level.FRACTION, tall=2)
        if name in self._spelled_out:
            return piece(rf"\{'mathbf' if bold else 'mathrm'}{{{escaped(name)}}}")
        return piece(latex_name(name, bold))

    def number(self, value: Fraction) -> Piece:
        top, bottom = abs(value.numerator), value.denominator
        body = piece(str(top)) if bottom == 1 else piece(rf"\frac{{{top}}}{{{bottom}}}", level=Level.FRACTION, tall=2)
        return negated(body, self.minus) if value < 0 else body

    def size_value(self, size: Size) -> Piece:
        return counted(size, size_text(size, "latex"))

    def identity(self, size: Size, known: bool) -> Piece:
        glyph = r"\mathrm{Id}" if "I" in self._names else r"\mathbf{I}" if self._bold else "I"
        return piece(glyph if known else f"{glyph}_{{{size_text(size, 'latex')}}}")

    def ones(self, shape: Shape, known: bool) -> Piece:
        if len(shape) == 2 and shape[0] == ONE:
            return self.transpose(self.ones(shape[1:], known))
        return piece(r"\mathbf{1}" if known and len(shape) == 1 else rf"\mathbf{{1}}_{{{_sizes(shape)}}}")

    def zeros(self, shape: Shape) -> Piece:
        return piece(rf"\mathbf{{0}}_{{{_sizes(shape)}}}")

    def unit(self, position: int, size: Size, known: bool) -> Piece:
        if {"e", f"e_{position}", f"e{position}"} & self._names:
            return piece(rf"\operatorname{{unit}}({position}, {size_text(size, 'latex')})")
        shown = f"{self._letter('e')}_{{{position}}}"
        return piece(shown) if known else piece(f"{shown}^{{({size_text(size, 'latex')})}}", level=Level.POSTFIX)

    def commutation(self, m: Size, n: Size) -> Piece:
        if "K" in self._names:
            return piece(rf"\operatorname{{commutation}}({_sizes((m, n))})")
        # A subscript would be read as an entry.
        return piece(f"{self._letter('K')}^{{({_sizes((m, n))})}}", level=Level.POSTFIX)

    def _letter(self, letter: str) -> str:
        return rf"\mathbf{{{letter}}}" if self._bold else letter

    def reshape(self, operand: Piece, m: Size, n: Size) -> Piece:
        sizes = f", {size_text(m, 'latex')}, {size_text(n, 'latex')}"
        return piece(r"\operatorname{reshape}\left(", operand, sizes, r"\right)")

    def between(self, left: Piece, right: Piece) -> str:
        return r" \cdot " if right.starts_number else " "

    def quotient(self, numerator: Piece, denominator: Piece) -> Piece:
        # A fraction within one within one would be too small to read.
        command = r"\dfrac{" if 2 in (numerator.tall, denominator.tall) else r"\frac{"
        return piece(command, numerator, "}{", denominator, "}", level=Level.FRACTION, tall=2)

    def power(self, base: Piece, exponent: Fraction | Piece, elementwise: bool) -> Piece:
        shown: Part = exponent if isinstance(exponent, Piece) else _exponent(exponent)
        return piece(base, r"^{\odot " if elementwise else "^{", shown, "}", level=Level.POSTFIX)

    def root(self, argument: Piece) -> Piece:
        return piece(r"\sqrt{", argument, "}")

    def transpose(self, base: Piece) -> Piece:
        return piece(base, r"^{\top}", level=Level.POSTFIX)

    def inverse(self, base: Piece) -> Piece:
        return piece(base, "^{-1}", level=Level.POSTFIX)

    def inverse_transpose(self, base: Piece) -> Piece:
        return piece(base, r"^{-\top}", level=Level.POSTFIX)

    def call(self, name: str, arguments: tuple[Piece, ...], axis: str | None) -> Piece:
        shown: list[Part] = []
        for argument in (*arguments, *((rf"\mathrm{{{axis}}}",) if axis else ())):
            shown += [", ", argument] if shown else [argument]
        tall = any(argument.tall for argument in arguments)
        # \left( takes the space that stands after a name of several letters.
        opening, closing = (r"\!\left(", r"\right)") if tall else ("(", ")")
        return piece(self._function(name), opening, *shown, closing)

    def norm(self, kind: str, operand: Piece, parameter: Piece | None) -> Piece:
        left, right = (r"\left\lVert ", r" \right\rVert") if operand.tall else (r"\lVert ", r" \rVert")
        if parameter is not None:
            return piece(left, operand, right + "_{", parameter, "}")
        mark = {"2": "", "1": "_{1}", "nuclear": "_{*}", "spectral": r"_{\mathrm{op}}"}[kind]
        return piece(left, operand, right + mark)

    def entry(self, operand: Piece, positions: tuple[Piece, ...]) -> Piece:
        shown = _listed(positions)
        base: tuple[Part, ...] = (operand,) if self._takes_subscript(operand, positions) else ("[", operand, "]")
        return piece(*base, "_{", *shown, "}", level=Level.POSTFIX)

    def _takes_subscript(self, operand: Piece, positions: tuple[Piece, ...]) -> bool:
        """Whether a subscript is that of an entry: ``x_{2}`` and ``\\mathrm{loss}_{i}`` are names,
        and TeX refuses a second one."""
        if len(operand.parts) > 1:
            return True
        base = str(operand)
        if "_" in base or "'" in base or _WORD.match(base):
            return False
        index = str(positions[0])
        return len(positions) > 1 or not (index.isdigit() or any(f"_{index}" in name for name in self._names))

    def member(self, family: str, order: int, position: Piece) -> Piece | None:
        name = member_name(family, order)
        if (
            not name
            or (name != family and latex_name(name) in self._taken)
            or any(f"_{position}" in other for other in self._names)
        ):
            return None
        return piece(self.symbol(name, order), "_{", position, "}")

    def index_sum(self, index: Piece, body: Piece) -> Piece:
        shown = body if fits(body, Level.PRODUCT) else self.bracketed(body)
        return piece(r"\sum_{", index, "} ", shown, level=Level.PRODUCT, operator="sum", tall=1)

    def index_array(self, indices: tuple[Piece, ...], sizes: Shape, body: Piece, *, held: bool) -> Piece:
        left, right = (r"\left[", r"\right]") if body.tall else ("[", "]")
        if held:
            return piece(left, body, right + "_{", *_listed(indices), "}", level=Level.POSTFIX)
        # Without an index in it, the brackets would be those of an entry.
        ranges = _listed([piece(index, "=1") for index in indices])
        return piece(left, body, right + "_{", *ranges, "}^{", _sizes(sizes), "}", level=Level.POSTFIX)

    delta = r"\delta"
    dots = r"\cdots"
    d = r"\mathrm{d}"
    angles = (r"\left\langle ", r",\, ", r" \right\rangle")

    def pair(self, slow: str, fast: str) -> str:
        return f"({_together((slow, fast))})"

    def indexed(self, base: Piece, at: Sequence[str]) -> Piece:
        # TeX refuses a second subscript on W_{1}.
        subscripted = len(base.parts) == 1 and isinstance(base.parts[0], str) and "_" in base.parts[0]
        return piece("{", base, f"}}_{{{_together(at)}}}") if subscripted else piece(base, f"_{{{_together(at)}}}")

    def array_of(self, entry: Piece) -> Piece:
        return piece(r"\left[", entry, r"\right]") if entry.tall else piece("[", entry, "]")

    def summed(self, over: Sequence[str], body: Piece) -> Piece:
        if body.level == Level.SUM or body.negative:
            body = self.bracketed(body)
        return piece(rf"\sum_{{{_together(over)}}} ", body, level=Level.PRODUCT, operator="sum", tall=1)

    def left_out(self, count: int) -> Piece:
        return piece(rf"\left(\text{{{count} more like it}}\right)")

    def function_of(self, name: str, argument: str) -> str:
        upright = rf"\mathrm{{{name}}}" if len(name) == 1 else rf"\operatorname{{{name}}}"
        return rf"{upright}\left({argument}\right)"

    apart = r",\quad "

    def operators(self, names: Sequence[str]) -> str:
        return r",\;".join([self.derivative("", [name]) for name in names])

    def placed(self, name: str, positions: Sequence[str]) -> str:
        shown = ("" if all(len(place) == 1 for place in positions) else ",").join(positions)
        return f"{{{name}}}_{{{shown}}}" if positions else name

    def matrix(self, rows: Sequence[Sequence[str]]) -> str:
        return r"\begin{bmatrix} " + r" \\ ".join(" & ".join(row) for row in rows) + r" \end{bmatrix}"

    def aligned(self, rows: Sequence[Sequence[str]]) -> str:
        return r"\begin{aligned} " + r" \\ ".join(" &= ".join(row) for row in rows) + r" \end{aligned}"

    def differential(self, letter: str, order: int = 1) -> str:
        return f"{self.d}{'^{2}' if order == 2 else ''}{letter}"

    def derivative(self, above: str, below: Sequence[str], *, whole: bool = False) -> str:
        same = len(below) == 2 and below[0] == below[1]
        top = rf"\partial{'^{2}' if len(below) == 2 else ''} {above}".rstrip()
        bottom = rf"\partial {below[0]}^{{2}}" if same else r" \, ".join(rf"\partial {name}" for name in below)
        return rf"\frac{{{top}}}{{{bottom}}}"

    def _function(self, name: str) -> str:
        if name in functions():
            shown = functions()[name].latex
            return shown if shown and shown not in self._taken else rf"\operatorname{{{name}}}"
        if name in _NAMES:
            return _NAMES[name]
        stem = name.rstrip("'")
        shown = latex_name(stem)
        # A word is set upright as an operator, a letter (g, phi, f_1) as a letter.
        return (rf"\operatorname{{{escaped(stem)}}}" if shown.startswith(r"\mathrm") else shown) + name[len(stem) :]


def _alike(names: frozenset[str], bold: bool) -> frozenset[str]:
    """Names that would look like another one, such as ``W1`` beside ``W_1``."""
    if len(names) < 2:
        return frozenset()
    first: dict[str, str] = {}
    for name in sorted(names, key=lambda name: (len(name.partition("_")[0]), "_" not in name, name)):
        first.setdefault(latex_name(name, bold), name)
    return names - frozenset(first.values())


def _together(at: Sequence[str]) -> str:
    """Indices one after the other; ``i1`` has a subscript of its own."""
    return "".join(letter[0] + (f"_{{{letter[1:]}}}" if letter[1:] and letter[0] != "(" else letter[1:]) for letter in at)


def _listed(parts: Sequence[Part]) -> list[Part]:
    return [part for position, each in enumerate(parts) for part in ((",", each) if position else (each,))]


def _sizes(shape: Shape) -> str:
    return ", ".join(size_text(size, "latex") for size in shape)


def _exponent(value: Fraction) -> str:
    return str(value.numerator) if value.denominator == 1 else f"{value.numerator}/{value.denominator}"


NOTATION = LatexNotation
