"""One step of a derivation: an equality in every notation, both sides in a form that can be
evaluated, and its lines; several of them as one text."""

from __future__ import annotations

import html
import json
import re
import textwrap
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Protocol, TypeAlias

from matcalc.base.errors import MatcalcError
from matcalc.base.functions import typesetting
from matcalc.base.layouts import Layout, Symmetric, arranged, axis_groups
from matcalc.base.shapes import Shape, axes_of
from matcalc.derivation.pipeline import Outcome
from matcalc.einstein.nodes import Tensor
from matcalc.evaluation.differences import numerical_derivative
from matcalc.evaluation.interpreter import evaluate
from matcalc.evaluation.tensor_interpreter import evaluate_tensor
from matcalc.expr.nodes import Expr, Symbol
from matcalc.printing.notations import NOTATIONS, STEP_FORMATS, notation_of

if TYPE_CHECKING:
    from numpy.typing import NDArray


# ------------------------------------------------------------
# What a derivation in steps is asked about.


@dataclass(frozen=True)
class Question:
    """The derivative of ``expression`` by one or two symbols, and the answer that the engine found:
    its last step.

    ``declarations`` are kind and size of every symbol, in the ``declare`` syntax.
    """

    expression: Expr
    wrt: tuple[Symbol, ...]
    layout: Layout
    symmetric: Symmetric
    outcome: Outcome
    declarations: Mapping[str, str]


# ------------------------------------------------------------
# Breaking an equation into lines: before a sum's operator outside all brackets, else before an
# inner one, else at a blank.

WIDTH = 80
_OPEN, _CLOSE = frozenset("([{⟨"), frozenset(")]}⟩")
_OPERATORS = (" + ", " − ", " - ")
_DEEPEST = 6
"""Brackets deeper than this are broken like the last level: the indentation would leave no room."""


def broken(left: str, right: str, width: int = WIDTH) -> list[str]:
    """``left = right`` as lines of at most ``width`` characters; continued lines stand to the right
    of the equals sign."""
    head = f"{left} = "
    if len(head) > width // 2:
        return [left, *(("  = " if k == 0 else "    ") + line for k, line in enumerate(wrapped(right, width - 4)))]
    lines = wrapped(right, width - len(head))
    return [(head if k == 0 else " " * len(head)) + line for k, line in enumerate(lines)]


def wrapped(text: str, width: int) -> list[str]:
    """``text`` in lines of at most ``width`` characters, where it has blanks or brackets to break
    at; later ones are indented by two."""
    lines: list[str] = []
    rest = text
    while len(rest) > width - (2 if lines else 0):
        room = width - (2 if lines else 0)
        at = _break(rest, room)
        if at is None:
            break
        lines.append(rest[:at].rstrip())
        rest = rest[at:].lstrip()
    lines.append(rest)
    return [line if k == 0 else "  " + line for k, line in enumerate(lines)]


def _break(text: str, room: int) -> int | None:
    """Where the first line ends: the last good place within ``room``, of the loosest operator there
    is."""
    places: list[tuple[int, int]] = []  # (how bad, minus the place)
    depth = 0
    for place, character in enumerate(text[: room + 1]):
        depth += (character in _OPEN) - (character in _CLOSE)
        if character == " " and place:
            bad = 2 * min(depth, _DEEPEST) + (text[place : place + 3] not in _OPERATORS)
            # A break near the start of the line helps little, however loose its operator is.
            places.append((bad + 4 if place < room // 5 else bad, -place))
    opening = text.rfind("(", 0, room)
    if places:
        return -min(places)[1]
    return opening + 1 if opening > 0 else None


_LATEX_WIDTH = 75
_COMMAND = re.compile(r"\\(frac|mathbf|operatorname|text|left|right|!|,|;)|\\[A-Za-z]+|[{}_^]")


def latex_lines(source: str) -> list[str]:
    """A formula in LaTeX in pieces that fit on a line, each but the first beginning with a plus or
    minus sign outside all brackets, or inside an inner product that is too long for a line."""
    pieces: list[str] = []
    for piece in _summands(source, 0):
        if _visible(piece) > _LATEX_WIDTH and r"\left\langle" in piece:  # no line may end between \left and \right
            pieces += _summands(piece.replace(r"\left\langle", r"\bigl\langle").replace(r"\right\rangle", r"\bigr\rangle"), 1)
        else:
            pieces.append(piece)
    lines = [pieces[0]]
    for piece in pieces[1:]:
        if _visible(lines[-1]) + _visible(piece) > _LATEX_WIDTH:
            lines.append(piece)
        else:
            lines[-1] = f"{lines[-1]} {piece}"
    return lines


_OPENING = re.compile(r"\\left(?![A-Za-z])|\\langle|\\[A-Za-z]+|\\.|[({\[]")
_CLOSING = re.compile(r"\\right(?![A-Za-z])|\\rangle|[)}\]]")


def _summands(source: str, deepest: int) -> list[str]:
    """The source split before every plus and minus sign between blanks with at most so many inner
    products, and no other brackets, open."""
    pieces: list[str] = []
    start = place = 0
    open_now: list[str] = []
    while place < len(source):
        if found := _CLOSING.match(source, place):
            if open_now:
                open_now.pop()
        elif found := _OPENING.match(source, place):
            if found[0] in (r"\left", r"\langle") or not found[0].startswith("\\"):
                open_now.append(found[0])
        elif source.startswith((" + ", " - "), place) and place and open_now.count(r"\langle") == len(open_now) <= deepest:
            pieces.append(source[start:place])
            start = place + 1
        place = found.end() if found else place + 1
    return [*pieces, source[start:]]


def latex_block(left: str, right: str) -> str:
    """``left = right`` as one formula; an ``aligned`` block of lines, as ``latex_lines`` breaks
    them, where it is long."""
    first, *others = latex_lines(right)
    if not others:
        return f"{left} = {right}"
    rows = [rf"{left} &= {first}", *(rf"&\qquad {{}} {line}" for line in others)]
    return r"\begin{aligned} " + r" \\ ".join(rows) + r" \end{aligned}"


def _visible(source: str) -> int:
    """About how many characters a formula has when it is set."""
    return len(_COMMAND.sub(lambda found: "" if found[1] or len(found[0]) == 1 else "x", source).replace(" ", ""))


# ------------------------------------------------------------
# One step of a derivation: an equality in three spellings, and both sides in a form that can be
# evaluated.


class Side(Protocol):
    """One side of an equality, to be evaluated at a point independently of how it was derived."""

    def value(self, values: Mapping[str, Any], sizes: Mapping[str, int]) -> NDArray[Any]:
        """The array at a point: an axis for every free index, or the array of a matrix expression
        (vectors have one axis)."""
        ...


@dataclass(frozen=True, slots=True)
class ExpressionSide:
    """A matrix expression; ``axes`` split its rows and columns where these are pairs of indices, as
    those of a Kronecker product are."""

    expression: Expr
    axes: Shape | None = None

    def value(self, values: Mapping[str, Any], sizes: Mapping[str, int]) -> NDArray[Any]:
        return _split(evaluate(self.expression, values, sizes), self.axes, sizes)


@dataclass(frozen=True, slots=True)
class TensorSide:
    """The entry of a tensor at the free indices, which are its axes in order."""

    tensor: Tensor

    def value(self, values: Mapping[str, Any], sizes: Mapping[str, int]) -> NDArray[Any]:
        return evaluate_tensor(self.tensor, values, sizes)


@dataclass(frozen=True, slots=True)
class DerivativeSide:
    """The derivative of an expression by one or two symbols, found by finite differences.

    Without ``layout`` its axes are those of the value, then those of each variable. ``symmetric``
    is the convention for variables whose entries are tied to each other; ``axes`` are those of the
    value where its rows or columns are pairs of indices.
    """

    expression: Expr
    wrt: tuple[Symbol, ...]
    symmetric: str = "independent"
    layout: str | None = None
    axes: Shape | None = None

    def value(self, values: Mapping[str, Any], sizes: Mapping[str, int]) -> NDArray[Any]:
        found = numerical_derivative(self.expression, self.wrt, values, sizes, symmetric=self.symmetric).value
        if self.layout is None:
            return _split(found, self.axes, sizes)
        above, *below = [
            len(axes_of(shape)) for shape in (self.expression.shape, *[symbol.shape for symbol in self.wrt if symbol.shape])
        ]
        return arranged(found, axis_groups([1] * above, below, self.layout))


def _split(array: NDArray[Any], axes: Shape | None, sizes: Mapping[str, int]) -> NDArray[Any]:
    """The array with its first axes split into ``axes``; the others stay."""
    if axes is None:
        return array
    lengths = tuple([size.value(sizes) for size in axes])
    count, kept = 1, array.ndim
    for length in lengths:
        count *= length
    together = 1
    for place in range(array.ndim + 1):
        if together == count and (place >= len(lengths) or place == array.ndim or array.shape[place] != 1):
            kept = place
            break
        together *= array.shape[place] if place < array.ndim else 1
    return array.reshape(lengths + array.shape[kept:])


@dataclass(frozen=True, slots=True)
class Writing:
    """A formula in every notation."""

    texts: tuple[str, ...]

    @classmethod
    def of(cls, write: Callable[[str], str]) -> Writing:
        """The formula as it is written in the notation of each name."""
        return cls(tuple([write(style) for style in NOTATIONS]))

    def spelled(self, style: str) -> str:
        """The formula in one of ``NOTATIONS``."""
        return self.texts[NOTATIONS.index(style)]

    @property
    def unicode(self) -> str:
        return self.spelled("unicode")

    @property
    def latex(self) -> str:
        return self.spelled("latex")


Words: TypeAlias = "tuple[str | Writing, ...]"
"""Words with formulas among them."""


@dataclass(frozen=True, repr=False)
class Step:
    """``left_writing = right_writing``, by ``rule``.

    ``left`` and ``right`` can be evaluated at a point; ``source`` names where a rule for a function
    comes from, ``remark`` says something more about the step, ``composed`` which function of which
    other one the chain rule was used on.
    """

    rule: str
    left_writing: Writing
    right_writing: Writing
    left: Side
    right: Side
    source: str = ""
    remark: str = ""
    composed: Words = ()

    @property
    def text(self) -> str:
        """The equation in Unicode, broken into lines of at most 80 columns."""
        return self.spelled("unicode")

    @property
    def latex(self) -> str:
        """The equation in LaTeX, without dollar signs."""
        return f"{self.left_writing.latex} = {self.right_writing.latex}"

    def spelled(self, spelling: str) -> str:
        """The equation in plain text, ``"unicode"`` or ``"ascii"``, broken into lines of at most 80
        columns."""
        return "\n".join(broken(self.left_writing.spelled(spelling), self.right_writing.spelled(spelling), WIDTH))

    def to_dict(self) -> dict[str, str]:
        """The step as JSON-ready values."""
        found = {"rule": self.rule, "text": self.text, "ascii": self.spelled("ascii"), "latex": self.latex}
        remark = worded(_remark(self), "unicode")
        more = {"source": self.source, "remark": remark}
        return found | {key: said for key, said in more.items() if said}

    def __str__(self) -> str:
        return self.text

    def __repr__(self) -> str:
        return f"<Step {self.rule}: {self.left_writing.unicode} = {self.right_writing.unicode}>"

    def _repr_markdown_(self) -> str:
        """For notebooks: the equation with its rule."""
        return f"${self.latex}$ ({worded(caption(self), 'markdown')})"


class Steps(tuple[Step, ...]):
    """The steps of a derivation in order, below a sentence that says what is asked."""

    statement: Words = ()

    @classmethod
    def of(cls, steps: Iterable[Step], statement: Words) -> Steps:
        """These steps with their sentence."""
        made = cls(steps)
        made.statement = statement
        return made

    def _repr_markdown_(self) -> str:
        """For notebooks: a numbered list."""
        return presented(self, "markdown")


# ------------------------------------------------------------
# A derivation in steps as text, LaTeX, Markdown and HTML.


def presented(steps: Sequence[Step], form: str = "unicode") -> str:
    """All steps in one of ``STEP_FORMATS``, of ``Steps`` below what is asked.

    Plain text has at most 80 columns, the rule beside or below its equation; ``"latex"`` is an
    ``align*`` environment, ``"html"`` a fragment with LaTeX between ``\\[`` and ``\\]``, as MathJax
    and KaTeX read it, ``"json"`` an array of objects. Long sums in LaTeX are broken into lines
    before a plus or minus sign. What is no running text, as ``"json"`` and ``"typst"``, has the
    steps alone.
    """
    match form:
        case "unicode" | "ascii":
            return _plain(steps, form)
        case "latex":
            return _asked(steps, form, "{}\n") + _align(steps)
        case "markdown":
            rows = [
                f"{k}. {worded(caption(step), form)}\n\n{' ' * len(f'{k}. ')}$${_block(step)}$$"
                for k, step in enumerate(steps, 1)
            ]
            return _asked(steps, form, "{}\n\n") + "\n\n".join(rows)
        case "html":
            return _asked(steps, form, '<p class="matcalc-problem">{}</p>\n') + _html(steps)
        case "json":
            return json.dumps([step.to_dict() for step in steps], ensure_ascii=False, indent=2)
        case _ if form in typesetting():
            captions = [worded(caption(step), "unicode") for step in steps]
            lefts = [_left(steps, k, form) for k in range(len(steps))]
            rights = [step.right_writing.spelled(form) for step in steps]
            return notation_of(form).aligned(list(zip(lefts, rights, captions)))
        case _:
            raise MatcalcError(f"steps are not available as {form!r}", expected=", ".join(STEP_FORMATS))


def _asked(steps: Sequence[Step], form: str, around: str) -> str:
    """What is asked, with what stands around it; nothing where nobody said it."""
    return around.format(worded(steps.statement, form)) if isinstance(steps, Steps) and steps.statement else ""


def caption(step: Step) -> Words:
    """The rule, with its source and what else is to be said."""
    remark = _remark(step)
    source = f" ({step.source})" if step.source else ""
    return (step.rule + source, *((": ", *remark) if remark else ()))


def _remark(step: Step) -> Words:
    between = ("; ",) if step.composed and step.remark else ()
    return (*step.composed, *between, *((step.remark,) if step.remark else ()))


def worded(words: Words, form: str) -> str:
    """Words and the formulas among them in one of the notations, in Markdown or HTML."""
    return "".join(
        [_TEXTS[form](part) if isinstance(part, str) else _IN_LINE[form].format(_spelled(part, form)) for part in words]
    )


def _spelled(formula: Writing, form: str) -> str:
    return html.escape(formula.latex) if form == "html" else formula.spelled("latex" if form == "markdown" else form)


_GAP = 3


def _plain(steps: Sequence[Step], spelling: str) -> str:
    sides = [(step.left_writing.spelled(spelling), step.right_writing.spelled(spelling)) for step in steps]
    shown = [broken(_left(steps, k, spelling) or " " * len(left), right) for k, (left, right) in enumerate(sides)]
    captions = [worded(caption(step), spelling) for step in steps]
    beside = [len(lines[-1]) for lines, words in zip(shown, captions) if len(lines[-1]) + _GAP + len(words) <= WIDTH]
    widest = max(beside, default=0) + _GAP
    rows = _wrapped(steps.statement, spelling) if isinstance(steps, Steps) else []
    for lines, words in zip(shown, captions, strict=True):
        rows += lines
        column = min(widest, WIDTH - len(words))
        if column >= len(lines[-1]) + _GAP:
            rows[-1] = lines[-1].ljust(column) + words
        else:
            rows += textwrap.wrap(words, WIDTH, initial_indent="    ", subsequent_indent="      ")
    return "\n".join(rows)


def _wrapped(words: Words, spelling: str) -> list[str]:
    """Words in lines; short formulas are not broken."""
    kept = [part if isinstance(part, str) or len(part.unicode) > WIDTH // 2 else _unbroken(part) for part in words]
    found = textwrap.wrap(worded(tuple(kept), spelling), WIDTH, subsequent_indent="  ", break_on_hyphens=False)
    return [line.replace(_NO_BREAK, " ") for line in found]


def _unbroken(formula: Writing) -> Writing:
    return Writing(tuple([text.replace(" ", _NO_BREAK) for text in formula.texts]))


_NO_BREAK = "\u00a0"
_PLAIN: Mapping[str, str] = {
    "δ": "delta", "‖": "||", "∂": "d", "Σ": "sum", "′": "'", "ᵀ": "'", "−": "-", "½": "1/2", "×": "x", "–": "-", "⊗": "kron",
    "⟨": "<", "⟩": ">", "⊙": ".*", "⊘": "./", "𝟏": "1", "²": "^2", "³": "^3", "√": "sqrt ", "σ": "sigmoid", "π": "pi",
}  # fmt: skip


def _ascii(words: str) -> str:
    for glyph, plain in _PLAIN.items():
        words = words.replace(glyph, plain)
    return words.encode("ascii", "replace").decode("ascii")


def _left(steps: Sequence[Step], k: int, style: str) -> str:
    """The left side of a step; nothing where it is that of the step before."""
    left = steps[k].left_writing.spelled(style)
    return "" if k and steps[k - 1].left_writing.spelled(style) == left else left


def _align(steps: Sequence[Step]) -> str:
    rows = []
    for k, step in enumerate(steps):
        left = _left(steps, k, "latex")
        first, *others = latex_lines(step.right_writing.latex)
        lines = [f"  {left} &= {first}" if left else f"  &= {first}", *(f"  &\\qquad {{}} {line}" for line in others)]
        rows.append(" \\\\\n".join(lines) + f" && \\text{{{worded(caption(step), 'latex')}}}")
    return "\\begin{align*}\n" + " \\\\\n".join(rows) + "\n\\end{align*}"


_TEX: Mapping[str, str] = {
    "\\": r"\textbackslash{}", "&": r"\&", "%": r"\%", "#": r"\#", "_": r"\_", "{": r"\{", "}": r"\}", "^": r"\^{}", "~": r"\~{}",
    "$": r"\$", "∂": r"$\partial$", "δ": r"$\delta$", "Σ": r"$\Sigma$", "′": "'", "ᵀ": r"$^{\top}$", "−": "$-$",
    "½": r"$\tfrac12$", "‖": r"$\Vert$", "×": r"$\times$", "⊗": r"$\otimes$", "⟨": r"$\langle$", "⟩": r"$\rangle$",
    "⊙": r"$\odot$", "⊘": r"$\oslash$", "𝟏": r"$\mathbf{1}$", "²": "$^{2}$", "³": "$^{3}$", "√": r"$\surd$", "σ": r"$\sigma$",
    "π": r"$\pi$",
}  # fmt: skip


def _escaped(words: str) -> str:
    return "".join([_TEX.get(character, character) for character in words])


_TEXTS: Mapping[str, Callable[[str], str]] = {
    "unicode": str, "markdown": str, "ascii": _ascii, "latex": _escaped, "html": html.escape, "typst": str,
}  # fmt: skip
_IN_LINE: Mapping[str, str] = {
    "unicode": "{}", "ascii": "{}", "latex": "${}$", "markdown": "${}$", "html": r"\({}\)", "typst": "${}$",
}  # fmt: skip
"""Formulas among words."""


def _block(step: Step) -> str:
    return latex_block(step.left_writing.latex, step.right_writing.latex)


def _html(steps: Sequence[Step]) -> str:
    items = [f"  <li>{worded(caption(step), 'html')} \\[{html.escape(_block(step))}\\]</li>" for step in steps]
    return '<ol class="matcalc-steps">\n' + "\n".join(items) + "\n</ol>"
