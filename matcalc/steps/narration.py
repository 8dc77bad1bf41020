"""The styles in which a derivation is told, and how it is presented."""

from __future__ import annotations

import html
import json
import textwrap
from collections.abc import Callable, Mapping, Sequence
from types import MappingProxyType

from matcalc.base.errors import MatcalcError
from matcalc.base.functions import typesetting
from matcalc.printing.notations import STEP_FORMATS, STEP_STYLES, notation_of
from matcalc.steps.differential.differential_style import differential_steps
from matcalc.steps.index.index_style import index_steps
from matcalc.steps.step import WIDTH, Question, Step, broken, latex_block, latex_lines

# ------------------------------------------------------------
# The styles in which a derivation is told.

STYLES: Mapping[str, Callable[[Question], tuple[Step, ...]]] = MappingProxyType(
    dict(zip(STEP_STYLES, (index_steps, differential_steps), strict=True))
)
"""``"index"``: entry by entry, in index notation; ``"differential"``: by differentials, as Magnus
and Neudecker do."""


def narrated(question: Question, style: str = "index") -> tuple[Step, ...]:
    """The derivation of the answer to ``question`` in steps. Raises MatcalcError for an unknown
    style."""
    if style not in STYLES:
        raise MatcalcError(f"there is no style of steps {style!r}", expected=" or ".join(STYLES))
    return STYLES[style](question)


# ------------------------------------------------------------
# A derivation in steps as text, LaTeX, Markdown and HTML.


def presented(steps: Sequence[Step], form: str = "unicode") -> str:
    """All steps in one of ``STEP_FORMATS``.

    Plain text has at most 80 columns, the rule beside or below its equation; ``"latex"`` is an
    ``align*`` environment, ``"html"`` a fragment with LaTeX between ``\\[`` and ``\\]``, as MathJax
    and KaTeX read it, ``"json"`` an array of objects. Long sums in LaTeX are broken into lines
    before a plus or minus sign.
    """
    match form:
        case "unicode" | "ascii":
            return _plain(steps, form)
        case "latex":
            return _align(steps)
        case "markdown":
            return _markdown(steps)
        case "html":
            return _html(steps)
        case "json":
            return json.dumps([step.to_dict() for step in steps], ensure_ascii=False, indent=2)
        case _ if form in typesetting():
            rows = [(_left(steps, k, form), step.right_writing.spelled(form), caption(step)) for k, step in enumerate(steps)]
            return notation_of(form).aligned(rows)
        case _:
            raise MatcalcError(f"steps are not available as {form!r}", expected=", ".join(STEP_FORMATS))


def caption(step: Step) -> str:
    """The rule, with its source and what else is to be said."""
    return step.rule + (f" ({step.source})" if step.source else "") + (f": {step.remark}" if step.remark else "")


_GAP = 3


def _plain(steps: Sequence[Step], spelling: str) -> str:
    shown = [(step, broken(_repeated(steps, k, spelling), step.right_writing.spelled(spelling))) for k, step in enumerate(steps)]
    captions = [caption(step) if spelling == "unicode" else _ascii(caption(step)) for step in steps]
    beside = [len(lines[-1]) for (_, lines), words in zip(shown, captions) if len(lines[-1]) + _GAP + len(words) <= WIDTH]
    widest = max(beside, default=0) + _GAP
    rows: list[str] = []
    for (_, lines), words in zip(shown, captions, strict=True):
        rows += lines
        column = min(widest, WIDTH - len(words))
        if column >= len(lines[-1]) + _GAP:
            rows[-1] = lines[-1].ljust(column) + words
        else:
            rows += textwrap.wrap(words, WIDTH, initial_indent="    ", subsequent_indent="      ")
    return "\n".join(rows)


def _repeated(steps: Sequence[Step], k: int, spelling: str) -> str:
    """The left side of a step; blanks of its length where it is that of the step before."""
    left = steps[k].left_writing.spelled(spelling)
    return " " * len(left) if k and steps[k - 1].left_writing.spelled(spelling) == left else left


_PLAIN = {
    "δ": "delta",
    "‖": "||",
    "∂": "d",
    "Σ": "sum",
    "′": "'",
    "ᵀ": "'",
    "−": "-",
    "½": "1/2",
    "×": "x",
    "–": "-",
    "⊗": "kron",
}

_PLAIN |= {"⟨": "<", "⟩": ">", "⊙": ".*", "⊘": "./", "𝟏": "1", "²": "^2", "³": "^3", "√": "sqrt ", "σ": "sigmoid", "π": "pi"}


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
        rows.append(" \\\\\n".join(lines) + f" && \\text{{{_escaped(caption(step))}}}")
    return "\\begin{align*}\n" + " \\\\\n".join(rows) + "\n\\end{align*}"


_TEX = {
    "\\": r"\textbackslash{}",
    "&": r"\&",
    "%": r"\%",
    "#": r"\#",
    "_": r"\_",
    "{": r"\{",
    "}": r"\}",
    "^": r"\^{}",
    "~": r"\~{}",
}
_TEX |= {
    "$": r"\$",
    "∂": r"$\partial$",
    "δ": r"$\delta$",
    "Σ": r"$\Sigma$",
    "′": "'",
    "ᵀ": r"$^{\top}$",
    "−": "$-$",
    "½": r"$\tfrac12$",
}
_TEX |= {"‖": r"$\Vert$", "×": r"$\times$", "⊗": r"$\otimes$"}

_TEX |= {
    "⟨": r"$\langle$",
    "⟩": r"$\rangle$",
    "⊙": r"$\odot$",
    "⊘": r"$\oslash$",
    "𝟏": r"$\mathbf{1}$",
    "²": "$^{2}$",
    "³": "$^{3}$",
}
_TEX |= {"√": r"$\surd$", "σ": r"$\sigma$", "π": r"$\pi$"}


def _escaped(words: str) -> str:
    return "".join([_TEX.get(character, character) for character in words])


def _block(step: Step) -> str:
    return latex_block(step.left_writing.latex, step.right_writing.latex)


def _markdown(steps: Sequence[Step]) -> str:
    return "\n\n".join(f"{k}. {caption(step)}\n\n   $${_block(step)}$$" for k, step in enumerate(steps, 1))


def _html(steps: Sequence[Step]) -> str:
    items = [f"  <li>{html.escape(caption(step))} \\[{html.escape(_block(step))}\\]</li>" for step in steps]
    return '<ol class="matcalc-steps">\n' + "\n".join(items) + "\n</ol>"
