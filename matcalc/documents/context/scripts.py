r"""Indices and labels of names in one order, ``z^{(l)}_i``, however a document writes them: ``z_i^{(l)}``, ``z^l_i``, ``w_{j,k}^{l+1}``."""

from __future__ import annotations

import re
from collections.abc import Iterable, Set
from dataclasses import dataclass, field, replace

from matcalc.documents.context.bare_sums import with_indices
from matcalc.documents.context.densities import Densities, densities_of, with_whole_logarithms
from matcalc.documents.context.loose_derivatives import NO_SQUARES, Squares, squares_of, with_signs
from matcalc.documents.context.outline import Line
from matcalc.documents.context.steps_in_time import NO_STEPS, Steps, steps_of
from matcalc.documents.index_cases import open_indices
from matcalc.documents.pieces import Placed
from matcalc.documents.rows import Row
from matcalc.language.text.spelling import INDEX_LETTERS
from matcalc.patterns import pattern

_INDEX = f"[{''.join(sorted(INDEX_LETTERS))}]"
_BELOW = rf"_\s*(?P<below>{_INDEX}(?![A-Za-z])|\{{\s*{_INDEX}\s*,?\s*{_INDEX}?\s*\}})"
_ACCENTED = pattern(
    r"(?P<accent>\\(?:hat|tilde|bar|widehat|widetilde|overline)\s*\{)\s*(?P<name>\\(?:mathbf|boldsymbol|bm|vec)\s*\{\s*\\?[A-Za-z]+\s*\}|\\?[A-Za-z]+)"
    r"\s*(?P<below>_\s*(?:[A-Za-z0-9]|\{[^{}]{1,12}\}))\s*\}"
)
_LABEL = r"(?:\{\s*[\[(][^{}()\[\]]{1,12}[\])]\s*\}|\{\s*(?:\*|\\ast|\\star)\s*\}|\*|\\ast(?![A-Za-z])|\\star(?![A-Za-z]))"
_TURNED = pattern(rf"{_BELOW}\s*(?P<label>\^\s*{_LABEL})")
_PAIR = pattern(rf"(?<!\d)(?<!\d\}})(?<!\d\}}\}})_\s*\{{\s*({_INDEX})\s*,\s*({_INDEX})\s*\}}")
_POWER = pattern(
    r"(?P<base>[A-Za-z}])\s*(?P<below>_\s*(?:\w|\{[^{}]*\}))?\s*\^\s*"
    r"(?:(?P<bare>[a-zL])(?![A-Za-z])|\{\s*(?P<layer>[a-zL])\s*(?P<step>[+-]\s*1)?\s*\})"
)
_FREE = pattern(r"(?<![\\A-Za-z_^{\[])[a-z](?![A-Za-z])")
_ALONE = pattern(r"\s*\$?\s*[a-zA-Z]\s*(?:[=\\,.<>+\-\d\s\[\]{}]|ldots|dots|cdots|in|leq?|ge?q?|[LKN])*")
_FEW = 2


@dataclass(frozen=True, slots=True)
class Scripts:
    """How a document writes what hangs on its names. ``layers`` are the letters that count layers where they stand in an exponent,
    ``steps`` tells which count steps, ``squares`` which squares are variables, ``densities`` which
    densities have a formula."""

    layers: frozenset[str] = frozenset()
    steps: Steps = NO_STEPS
    squares: Squares = NO_SQUARES
    densities: Densities = field(default_factory=Densities)

    def ordered(self, line: Line) -> Line:
        """The row with its labels before its indices, and those of layers in brackets."""
        if line.notation != "latex":
            return line
        row = line.row
        left, right = row.left, row.right
        if line.role == "definition" and right is not None:
            left, right = self.densities.defined(left, right)
        first = self._placed(row.first)
        right = None if right is None else self._placed(right, open_indices(first.text) if r"\sum" in right.text else frozenset())
        return replace(line, row=replace(row, first=first, left=self._placed(left), right=right))

    def _placed(self, side: Placed, free: Set[str] = frozenset()) -> Placed:
        text = with_indices(self.in_order(side.text), free)
        return side if text == side.text else Placed(text, side.marks[:1])

    def in_order(self, text: str) -> str:
        r"""A formula with its scripts in order.

        >>> Scripts(frozenset("l")).in_order(r"w_{j,k}^{(2)} a^{l-1}_k + x_i^2")
        'w^{(2)}_{jk} a^{(l-1)}_k + x_i^2'
        >>> Scripts().in_order(r"\hat{y_k} \hat{\mathbf{y}_i}")
        '\\hat{y}_k \\hat{\\mathbf{y}}_i'
        """
        text = self.squares.as_names(with_signs(with_whole_logarithms(self.densities.called(text))))
        if "^" in text and self.layers:
            text = _POWER.sub(self._layer, text)
        if "_" not in text:
            return text
        text = _ACCENTED.sub(r"\g<accent>\g<name>}\g<below>", text)
        text = self.steps.as_names(_PAIR.sub(r"_{\1\2}", text))
        return _TURNED.sub(lambda found: f"{found['label']}_{found['below']}", text) if "^" in text else text

    def _layer(self, found: re.Match[str]) -> str:
        letter = found["bare"] or found["layer"]
        if letter.lower() not in self.layers or (letter.isupper() and letter != "L"):
            return found[0]
        return f"{found['base']}^{{({letter}{(found['step'] or '').replace(' ', '')})}}{found['below'] or ''}"


def scripts_of(rows: Iterable[Row]) -> Scripts:
    """How the formulas of a document are written.

    A letter counts layers where it hangs on several names, with steps up or down, and never stands for a number itself.
    """
    rows = list(rows)
    texts = [row.text for row in rows]
    bases: dict[str, set[str]] = {}
    steps: set[str] = set()
    free: set[str] = set()
    for text in texts:
        for found in _POWER.finditer(text):
            letter = (found["bare"] or found["layer"]).lower()
            bases.setdefault(letter, set()).add(found["base"])
            steps |= {letter} if found["step"] or (found["bare"] or found["layer"]) == "L" else set()
        if _ALONE.fullmatch(text) is None:
            free.update(_FREE.findall(text))
    return Scripts(
        frozenset(letter for letter in steps - free if len(bases[letter]) >= _FEW),
        steps_of(texts),
        squares_of(texts, [row.left.text for row in rows]),
        densities_of(rows),
    )
