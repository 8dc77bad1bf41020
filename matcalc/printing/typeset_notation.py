r"""Notations for math mode: LaTeX, ``2 U^{\top} \left(U V - X\right)``, and Typst (0.12 and later),
``2 U^top (U V - X)``; and what they have in common: subscripts, upright words, fractions, and letters
in bold type."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Iterable, Mapping, Sequence
from fractions import Fraction

from matcalc.base.functions import Function, functions
from matcalc.base.lazy import pattern
from matcalc.base.own_functions import own_function
from matcalc.base.shapes import Shape
from matcalc.base.sizes import Size
from matcalc.language.text.spelling import parts_of_partial
from matcalc.printing.names import GREEK, SPELLED, accented, escaped, latex_name, member_name, split_name
from matcalc.printing.notation import Level, Notation, Piece, fits, piece, separated


class TypesetNotation(Notation):
    """A notation of signs and of commands, of which the subclasses say the templates."""

    lower: tuple[str, str]
    """What stands around a subscript; ``upper`` is what stands around a superscript."""
    upper: tuple[str, str]
    comma: str
    """Between the indices of a subscript."""
    boldface: str
    """A letter in bold type."""
    operator: str
    """A word as the name of a function."""
    opening: str
    """The bracket of its arguments, where it does not grow."""
    upright: str
    """How a word begins that is set in upright type."""
    fraction: str
    """Two lines of text one above the other."""
    display: tuple[str, str, str]
    """Around and between the parts of a quotient; ``inline`` of one in which there are no other
    ones."""
    inline: tuple[str, str, str]
    times: str
    """Between a factor and a number."""
    sigma: str
    """The sign of a sum."""
    partial: tuple[str, str, str]
    """The sign of a derivative, a square, and what stands between two signs below."""
    nabla: str
    words: dict[str, str]
    """Functions that are no words of the function table."""
    unit_matrix: str
    """The identity beside a symbol I."""

    def _below(self, base: str, script: object) -> str:
        return f"{base}{self.lower[0]}{script}{self.lower[1]}"

    def _above(self, base: str, script: object) -> str:
        return f"{base}{self.upper[0]}{script}{self.upper[1]}"

    def _letter(self, letter: object) -> str:
        return self.boldface.format(letter) if self._bold else str(letter)

    def magnitude(self, value: Fraction) -> Piece:
        if value.denominator == 1:
            return piece(str(value))
        return piece(self.fraction.format(value.numerator, value.denominator), level=Level.FRACTION, tall=2)

    # ------------------------------------------------------------ matrices that have signs

    def identity(self, size: Size, known: bool) -> Piece:
        glyph = self.unit_matrix if "I" in self._names else self._letter("I")
        return piece(glyph if known else self._below(glyph, self.size(size)))

    def filled(self, number: int, shape: Shape, known: bool) -> Piece:
        glyph = self.boldface.format(number)
        return piece(glyph if known else self._below(glyph, self.sizes(shape)))

    def unit(self, position: Size, size: Size, known: bool) -> Piece:
        apart = not set(position.names).issubset(size.names)
        if apart or {"e", f"e_{position}", f"e{position}"} & self._names:
            return piece(f"{self.operator.format('unit')}{self.opening}{self.sizes((position, size))})")
        shown = self._below(self._letter("e"), self.size(position))
        # With names below and nothing above it would be another vector.
        return (
            piece(shown)
            if known and not position.names
            else piece(self._above(shown, f"({self.size(size)})"), level=Level.POSTFIX)
        )

    def commutation(self, m: Size, n: Size) -> Piece:
        if "K" in self._names:
            return piece(f"{self.operator.format('commutation')}{self.opening}{self.sizes((m, n))})")
        # A subscript would be read as an entry.
        return piece(self._above(self._letter("K"), f"({self.sizes((m, n))})"), level=Level.POSTFIX)

    # ------------------------------------------------------------ operations

    def between(self, left: Piece, right: Piece) -> str:
        return self.times if right.starts_number else " "

    def quotient(self, numerator: Piece, denominator: Piece) -> Piece:
        # A fraction within one within one would be too small to read.
        opening, middle, closing = self.display if 2 in (numerator.tall, denominator.tall) else self.inline
        return piece(opening, numerator, middle, denominator, closing, level=Level.FRACTION, tall=2)

    def function(self, name: str) -> str:
        """The name of a function: its sign where nothing else has it, a word, or a letter."""
        users = own_function(name)
        if users is not None:
            partial, nabla = [f"{sign}{{}} " for sign in (self.partial[0], self.nabla)]
            below, square, stem = self._below("", users.places), self._above("", len(users.by)), self.function(users.stem)
            return users.shown(stem, partial, nabla, below, square, self._below("J", stem))
        if name in functions():
            own = self.sign_of(functions()[name])
            return own if own and own not in self._taken else self.operator_of(name)
        if name in self.words:
            return self.words[name]
        stem = name.rstrip("'")
        shown = self.spelled(stem)
        # A word is set upright as an operator, a letter (g, phi, f_1) as a letter.
        return (self.operator.format(self.escaped(stem)) if shown.startswith(self.upright) else shown) + name[len(stem) :]

    @abstractmethod
    def sign_of(self, function: Function) -> str:
        """What the table of functions has for one; empty where that is nothing."""

    def operator_of(self, word: str) -> str:
        """A function of the table that has no sign of its own."""
        return self.operator.format(word)

    @abstractmethod
    def escaped(self, word: str) -> str:
        """A word without characters that mean something to the notation."""

    def entry(self, operand: Piece, positions: tuple[Piece, ...]) -> Piece:
        base = (operand,) if self._takes_subscript(operand, positions) else ("[", operand, "]")
        return piece(*base, self.lower[0], *separated(positions, self.comma), self.lower[1], level=Level.POSTFIX)

    def _takes_subscript(self, operand: Piece, positions: tuple[Piece, ...]) -> bool:
        """Whether a subscript is that of an entry: ``x_{2}`` and ``\\mathrm{loss}_{i}`` are names,
        and TeX refuses a second one."""
        if len(operand.parts) > 1:
            return True
        base, index = str(operand), str(positions[0])
        if "_" in base or "'" in base or self.is_word(base) or any(position.operator == "size" for position in positions):
            return False
        return len(positions) > 1 or not (index.isdigit() or any(f"_{index}" in name for name in self._names))

    @abstractmethod
    def is_word(self, shown: str) -> bool:
        """Whether what is shown is a word of several letters."""

    def member(self, family: str, order: int, position: Piece) -> Piece | None:
        name = member_name(family, order)
        hidden = name != family and self.spelled(name) in self._taken
        if not name or hidden or any(f"_{position}" in other for other in self._names):
            return None
        return piece(self.symbol(name, order), self.lower[0], position, self.lower[1])

    def index_sum(self, index: Piece, body: Piece) -> Piece:
        shown = body if fits(body, Level.PRODUCT) else self.bracketed(body)
        start = (f"{self.sigma}{self.lower[0]}", index, f"{self.lower[1]} ")
        return piece(*start, shown, level=Level.PRODUCT, operator="sum", tall=1)

    def index_array(self, indices: tuple[Piece, ...], sizes: Shape, body: Piece, *, held: bool) -> Piece:
        # Without an index in it, the brackets would be those of an entry.
        ranges = indices if held else [piece(index, "=1") for index in indices]
        above = "" if held else self._above("", self.sizes(sizes))
        lower = (self.lower[0], *separated(ranges, self.comma), self.lower[1])
        return piece(self.array_of(body), *lower, above, level=Level.POSTFIX)

    # ------------------------------------------------------------ index notation and steps

    def derivative(self, above: str, below: Sequence[str], *, whole: bool = False) -> str:
        sign, square, between = self.partial
        twice = len(below) == 2
        top = f"{sign}{square if twice else ''} {above}".rstrip()
        same = twice and below[0] == below[1]
        return self.fraction.format(
            top, f"{sign} {below[0]}{square}" if same else between.join(f"{sign} {name}" for name in below)
        )


# ------------------------------------------------------------ LaTeX


_WORD = pattern(r"\\math(?:rm|bf)\{[^\\{}]{2}")


class LatexNotation(TypesetNotation):
    """LaTeX as it is pasted into a document; only amsmath is needed."""

    style = "latex"
    times_elementwise = r" \odot "
    over_elementwise = r" \oslash "
    infix_kronecker = r" \otimes "
    root_sign = (r"\sqrt{", "}")
    postfixes = (r"^{\top}", "^{-1}", r"^{-\top}")
    adjoined = r"^{\mathsf{H}}"
    over = (r"\overline{", "}")
    imaginary = r"\mathrm{i}"
    delta = r"\delta"
    dots = r"\cdots"
    d = r"\mathrm{d}"
    second = r"\mathrm{d}^{2}"
    angles = (r"\left\langle ", r",\, ", r" \right\rangle")
    apart = r",\quad "
    reals = (r"\mathbb{R}^", r" \times ", "{", "}")
    element = r" \in "
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
    nabla = r"\nabla"
    words = {
        "tr": r"\operatorname{tr}", "det": r"\det", "logdet": r"\log\det",
        "re": r"\operatorname{Re}", "im": r"\operatorname{Im}", "arg": r"\arg",
    }  # fmt: skip
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


# ------------------------------------------------------------ Typst


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
    adjoined = "^upright(H)"
    over = ("overline(", ")")
    imaginary = "upright(i)"
    delta = "delta"
    dots = "dots.c"
    d = "dif "
    second = "dif^2 "
    apart = ", quad "
    reals = ("RR^", " times ", "(", ")")
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
    nabla = "nabla"
    words = {"tr": "tr", "det": "det", "logdet": "log det", "re": "Re", "im": "Im", "arg": "arg"}
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


BY_NAME: Mapping[str, type[TypesetNotation]] = {"latex": LatexNotation, "typst": TypstNotation}
