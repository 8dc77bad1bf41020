r"""LaTeX source: ``2 U^{\top} \left(U V - X\right)``."""

from __future__ import annotations

from collections.abc import Iterable
from fractions import Fraction

from matcalc.functions import functions
from matcalc.printing.names import escaped, latex_name, size_text
from matcalc.printing.notation import fits, negated
from matcalc.printing.pieces import Level, Part, Piece, piece
from matcalc.sizes import ONE, Shape, Size

_NAMES = {"tr": r"\operatorname{tr}", "det": r"\det", "logdet": r"\log\det"}


class LatexNotation:
    """LaTeX as it is pasted into a document; only amsmath is needed."""

    minus = "-"
    times_elementwise = r" \odot "
    over_elementwise = r" \oslash "
    infix_kronecker = r" \otimes "
    inverse_is_call = False
    stacked_quotient = True
    bare_ones = True

    def __init__(self, names: Iterable[str] = ()) -> None:
        """``names`` are those of the symbols in the expression: a glyph that one of them needs is not used for anything else."""
        self._taken = frozenset(latex_name(name) for name in names)

    def bracketed(self, inner: Piece) -> Piece:
        return piece(r"\left(", inner, r"\right)")

    def symbol(self, name: str) -> Piece:
        return piece(latex_name(name))

    def number(self, value: Fraction) -> Piece:
        top, bottom = abs(value.numerator), value.denominator
        body = piece(str(top)) if bottom == 1 else piece(rf"\frac{{{top}}}{{{bottom}}}", level=Level.FRACTION)
        return negated(body, self.minus) if value < 0 else body

    def size_value(self, size: Size) -> Piece:
        single = len(size.names) + (size.factor != 1) <= 1
        return piece(size_text(size, "latex")) if single else piece(size_text(size, "latex"), level=Level.PRODUCT, operator="product")

    def identity(self, size: Size, known: bool) -> Piece:
        glyph = "I" if "I" not in self._taken else r"\mathbf{I}"
        return piece(glyph if known else f"{glyph}_{{{size_text(size, 'latex')}}}")

    def ones(self, shape: Shape, known: bool) -> Piece:
        if len(shape) == 2 and shape[0] == ONE:
            return self.transpose(self.ones(shape[1:], known))
        return piece(r"\mathbf{1}" if known and len(shape) == 1 else rf"\mathbf{{1}}_{{{_sizes(shape)}}}")

    def zeros(self, shape: Shape) -> Piece:
        return piece(rf"\mathbf{{0}}_{{{_sizes(shape)}}}")

    def unit(self, position: int, size: Size) -> Piece:
        return piece(f"e_{{{position}}}")

    def commutation(self, m: Size, n: Size) -> Piece:
        return piece(f"K_{{{_sizes((m, n))}}}")

    def between(self, left: Piece, right: Piece) -> str:
        return r" \cdot " if right.starts_number else " "

    def quotient(self, numerator: Piece, denominator: Piece) -> Piece:
        return piece(r"\frac{", numerator, "}{", denominator, "}", level=Level.FRACTION)

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
        return piece(self._function(name), r"\left(", *shown, r"\right)")

    def norm(self, kind: str, operand: Piece, parameter: Piece | None) -> Piece:
        tall = _tall(operand)
        left, right = (r"\left\lVert ", r" \right\rVert") if tall else (r"\lVert ", r" \rVert")
        if parameter is not None:
            return piece(left, operand, right + "_{", parameter, "}")
        mark = {"2": "", "1": "_{1}", "nuclear": "_{*}", "spectral": "_{2}"}[kind]
        return piece(left, operand, right + mark)

    def entry(self, operand: Piece, positions: tuple[Piece, ...]) -> Piece:
        shown: list[Part] = []
        for position in positions:
            shown += [",", position] if shown else [position]
        return piece(operand, "_{", *shown, "}", level=Level.POSTFIX)

    def index_sum(self, index: Piece, body: Piece) -> Piece:
        return piece(
            r"\sum_{", index, "} ", body if fits(body, Level.PRODUCT) else self.bracketed(body), level=Level.PRODUCT, operator="sum"
        )

    def index_array(self, indices: tuple[Piece, ...], body: Piece) -> Piece:
        shown: list[Part] = []
        for index in indices:
            shown += [",", index] if shown else [index]
        return piece(r"\left[", body, r"\right]_{", *shown, "}", level=Level.POSTFIX)

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


def _sizes(shape: Shape) -> str:
    return ", ".join(size_text(size, "latex") for size in shape)


def _exponent(value: Fraction) -> str:
    return str(value.numerator) if value.denominator == 1 else f"{value.numerator}/{value.denominator}"


def _tall(root: Piece) -> bool:
    """Whether a fraction is in sight, so that delimiters must grow."""
    stack: list[Part] = [root]
    looked_at = 0
    while stack:
        part = stack.pop()
        looked_at += 1
        if isinstance(part, str):
            if r"\frac" in part:
                return True
            continue
        # Beyond a few hundred parts the text is broken over lines anyway; a shared rope must not be walked in full.
        if looked_at > 400:
            return True
        stack.extend(part.parts)
    return False
