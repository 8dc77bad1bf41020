r"""LaTeX source: ``2 U^{\top} \left(U V - X\right)``."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from fractions import Fraction

from matcalc.base.functions import Function
from matcalc.base.lazy import pattern
from matcalc.base.sizes import Size
from matcalc.language.text.spelling import parts_of_partial
from matcalc.printing.names import escaped, latex_name
from matcalc.printing.notation import Level, Piece, piece, separated
from matcalc.printing.typeset_notation import TypesetNotation

_WORD = pattern(r"\\math(?:rm|bf)\{[^\\{}]{2}")


class LatexNotation(TypesetNotation):
    """LaTeX as it is pasted into a document; only amsmath is needed."""

    style = "latex"
    times_elementwise = r" \odot "
    over_elementwise = r" \oslash "
    infix_kronecker = r" \otimes "
    root_sign = (r"\sqrt{", "}")
    postfixes = (r"^{\top}", "^{-1}", r"^{-\top}")
    delta = r"\delta"
    dots = r"\cdots"
    d = r"\mathrm{d}"
    second = r"\mathrm{d}^{2}"
    angles = (r"\left\langle ", r",\, ", r" \right\rangle")
    apart = r",\quad "
    lower = ("_{", "}")
    upper = ("^{", "}")
    comma = ","
    boldface = r"\mathbf{{{}}}"
    operator = r"\operatorname{{{}}}"
    opening = "("
    upright = r"\mathrm"
    fraction = r"\frac{{{}}}{{{}}}"
    display = (r"\dfrac{", "}{", "}")
    inline = (r"\frac{", "}{", "}")
    times = r" \cdot "
    sigma = r"\sum"
    partial = (r"\partial", "^{2}", r" \, ")
    words = {"tr": r"\operatorname{tr}", "det": r"\det", "logdet": r"\log\det"}
    unit_matrix = r"\mathrm{Id}"

    def __init__(self, names: Iterable[str] = (), bold: bool = False) -> None:
        super().__init__(names, bold)
        self._spelled_out = _alike(self._names, bold)

    def spelled(self, name: str) -> str:
        return latex_name(name)

    def symbol(self, name: str, order: int = 0) -> Piece:
        bold = self._bold and order > 0
        if parts_of_partial(name):
            return piece(latex_name(name), level=Level.FRACTION, tall=2)
        if name in self._spelled_out:
            return piece(rf"\{'mathbf' if bold else 'mathrm'}{{{escaped(name)}}}")
        return piece(latex_name(name, bold))

    def bracketed(self, inner: Piece) -> Piece:
        return piece(r"\left(", inner, r"\right)") if inner.tall else piece("(", inner, ")")

    def reshape(self, operand: Piece, m: Size, n: Size) -> Piece:
        return piece(r"\operatorname{reshape}\left(", operand, f", {self.sizes((m, n))}", r"\right)")

    def power(self, base: Piece, exponent: Fraction | Piece, elementwise: bool) -> Piece:
        shown = exponent if isinstance(exponent, Piece) else str(exponent)
        return piece(base, r"^{\odot " if elementwise else "^{", shown, "}", level=Level.POSTFIX)

    def call(self, name: str, arguments: tuple[Piece, ...], axis: str | None) -> Piece:
        along = (rf"\mathrm{{{axis}}}",) if axis else ()
        # \left( takes the space that stands after a name of several letters.
        opening, closing = (r"\!\left(", r"\right)") if any(argument.tall for argument in arguments) else ("(", ")")
        return piece(self.function(name), opening, *separated((*arguments, *along)), closing)

    def sign_of(self, function: Function) -> str:
        return function.latex

    def escaped(self, word: str) -> str:
        return escaped(word)

    def norm(self, kind: str, operand: Piece, parameter: Piece | None) -> Piece:
        left, right = (r"\left\lVert ", r" \right\rVert") if operand.tall else (r"\lVert ", r" \rVert")
        if parameter is not None:
            return piece(left, operand, right + "_{", parameter, "}")
        mark = {"2": "", "1": "_{1}", "nuclear": "_{*}", "spectral": r"_{\mathrm{op}}"}[kind]
        return piece(left, operand, right + mark)

    def is_word(self, shown: str) -> bool:
        return _WORD.match(shown) is not None

    def array_of(self, entry: Piece) -> Piece:
        return piece(r"\left[", entry, r"\right]") if entry.tall else piece("[", entry, "]")

    # ------------------------------------------------------------ index notation and steps

    def together(self, at: Sequence[str]) -> str:
        """``i1`` has a subscript of its own."""
        return "".join(letter[0] + (f"_{{{letter[1:]}}}" if letter[1:] and letter[0] != "(" else letter[1:]) for letter in at)

    def indexed(self, base: Piece, at: Sequence[str]) -> Piece:
        # TeX refuses a second subscript on W_{1}.
        subscripted = len(base.parts) == 1 and isinstance(base.parts[0], str) and "_" in base.parts[0]
        return piece("{", base, f"}}_{{{self.together(at)}}}") if subscripted else piece(base, f"_{{{self.together(at)}}}")

    def sum_over(self, indices: str) -> str:
        return rf"\sum_{{{indices}}}"

    def left_out(self, count: int) -> Piece:
        return piece(rf"\left(\text{{{count} more like it}}\right)")

    def function_of(self, name: str, argument: str) -> str:
        upright = rf"\mathrm{{{name}}}" if len(name) == 1 else self.operator_of(name)
        return rf"{upright}\left({argument}\right)"

    def operators(self, names: Sequence[str]) -> str:
        return r",\;".join([self.derivative("", [name]) for name in names])

    def placed(self, name: str, positions: Sequence[str]) -> str:
        shown = ("" if all(len(place) == 1 for place in positions) else ",").join(positions)
        return f"{{{name}}}_{{{shown}}}" if positions else name

    def matrix(self, rows: Sequence[Sequence[str]]) -> str:
        return r"\begin{bmatrix} " + r" \\ ".join(" & ".join(row) for row in rows) + r" \end{bmatrix}"

    def aligned(self, rows: Sequence[Sequence[str]]) -> str:
        return r"\begin{aligned} " + r" \\ ".join(" &= ".join(row) for row in rows) + r" \end{aligned}"


def _alike(names: frozenset[str], bold: bool) -> frozenset[str]:
    """Names that would look like another one, such as ``W1`` beside ``W_1``."""
    if len(names) < 2:
        return frozenset()
    first: dict[str, str] = {}
    for name in sorted(names, key=lambda name: (len(name.partition("_")[0]), "_" not in name, name)):
        first.setdefault(latex_name(name, bold), name)
    return names - frozenset(first.values())


NOTATION = LatexNotation
