r"""Indices and labels of names in one order, ``z^{(l)}_i``, however a document writes them: ``z_i^{(l)}``, ``z^l_i``, ``w_{j,k}^{l+1}``."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence, Set
from dataclasses import dataclass, field, replace

from matcalc.base.lazy import pattern
from matcalc.documents.context.bare_sums import with_indices
from matcalc.documents.context.densities import Densities, densities_of, with_whole_logarithms
from matcalc.documents.context.entry_functions import NO_ENTRY_FUNCTIONS, EntryFunctions, entry_functions_of
from matcalc.documents.context.index_letters import NO_OTHER_LETTERS, IndexLetters, index_letters_of
from matcalc.documents.context.lettered_layers import NO_LETTERS, LetteredLayers, lettered_layers_of, primes_first
from matcalc.documents.context.listed_entries import with_listed_diagonals
from matcalc.documents.context.loose_derivatives import NO_SQUARES, Squares, squares_of, with_signs
from matcalc.documents.context.outline import Line
from matcalc.documents.context.steps_in_time import NO_STEPS, Steps, steps_of
from matcalc.documents.index_cases import open_indices
from matcalc.documents.pieces import Placed
from matcalc.documents.rows import Row
from matcalc.language.text.spelling import INDEX_LETTERS

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
    r"(?:(?P<bare>[a-zL])|\{\s*(?P<layer>[a-zL])\s*(?P<step>[+-]\s*1)?\s*\})"
)
_FREE = pattern(r"(?<![\\A-Za-z_^{\[])[a-z](?![A-Za-z])")
_ALONE = pattern(r"\s*\$?\s*[a-zA-Z]\s*(?:[=\\,.<>≤≥≠∈+\-\d\s\[\]{}]|ldots|dots|cdots|in|leq?|ge?q?|[LKN])*")
_ORDINAL = pattern(
    r"(?:\(\s*)?[a-z]\s*(?:[-+]\s*\d\s*)?(?:\)\s*)?(?:\^\s*\{?\s*)?(?:\\(?:text|textrm|mathrm|rm|textit|mbox)\s*\{?\s*)?-?(?:th|st|nd|rd)\b(?:\s*\})*"
)
"""``l^{\\text{th}}``, which counts layers, too."""
_OF_LAYER = pattern(r"(?P<stem>.+)_(?P<label>layer(?P<one>[a-z])|(?P<letter>ell|l|L)(?:(?:plus|minus)\d)?)")
_LAYER = pattern(r"\^\s*\{\s*[\[(]\s*(?P<letter>[a-z])\s*[\])]\s*\}")
_STEPPED = pattern(r"\^\s*\{\s*[\[(]\s*l\s*[-+]\s*1\s*[\])]\s*\}")
_SUMMED = pattern(r"\\sum(?:\\limits)?\s*_\s*(?:l(?![A-Za-z])|\{\s*l(?![A-Za-z]))")
_FEW = 2
_LONGEST_NAME = 60


@dataclass(frozen=True, slots=True)
class Scripts:
    """How a document writes what hangs on its names. ``layers`` are the letters that count layers where they stand in an exponent,
    ``steps`` tells which count steps, ``squares`` which squares are variables, ``densities`` which densities have a formula, ``entries``
    which functions are given entry by entry, ``lettered`` which letters of indices tell layers apart."""

    layers: frozenset[str] = frozenset()
    steps: Steps = NO_STEPS
    squares: Squares = NO_SQUARES
    densities: Densities = field(default_factory=Densities)
    lettered: LetteredLayers = NO_LETTERS
    entries: EntryFunctions = NO_ENTRY_FUNCTIONS
    labels: frozenset[str] = frozenset()
    """The letters that count layers as labels, ``(l)``, and never stand for an index."""
    indices: IndexLetters = NO_OTHER_LETTERS
    """The unusual letters that are indices."""

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
        text = self.indices.as_usual(self.entries.as_names(with_listed_diagonals(text)))
        text = self.squares.as_names(with_signs(with_whole_logarithms(self.densities.called(text))))
        if "^" in text and self.layers:
            text = _POWER.sub(self._layer, text)
        text = primes_first(text)
        if "_" not in text:
            return self._with_labels(text)
        text = _ACCENTED.sub(r"\g<accent>\g<name>}\g<below>", text)
        text = self.steps.as_names(_PAIR.sub(r"_{\1\2}", text))
        text = _TURNED.sub(lambda found: f"{found['label']}_{found['below']}", text) if "^" in text else text
        return self.lettered.as_names(self._with_labels(text))

    def _with_labels(self, text: str) -> str:
        """A formula in which the label of a layer is no index of an entry."""
        if not self.labels or "^" not in text:
            return text
        return _LAYER.sub(lambda found: f"^{{(layer{found['letter']})}}" if found["letter"] in self.labels else found[0], text)

    def siblings(self, name: str) -> Iterator[str]:
        """The functions of other layers than that of a function of one: ``g_lplus1`` of ``g_layerl``."""
        yield from self.lettered.siblings(name)
        found = _OF_LAYER.fullmatch(name)
        if found is not None:
            letter = found["one"] or found["letter"]
            steps = [f"{letter}{sign}{count}" for sign in ("plus", "minus") for count in (1, 2)]
            yield from (f"{found['stem']}_{label}" for label in (*steps, "L", "Lminus1"))

    def _layer(self, found: re.Match[str]) -> str:
        letter = found["bare"] or found["layer"]
        if letter.lower() not in self.layers or (letter.isupper() and letter != "L"):
            return found[0]
        return f"{found['base']}^{{({letter}{(found['step'] or '').replace(' ', '')})}}{found['below'] or ''}"


def is_of_layer(name: str) -> bool:
    """Whether a name has the label of a layer."""
    return _OF_LAYER.fullmatch(name) is not None


def _labels_in(texts: Sequence[str]) -> frozenset[str]:
    """The letter l where it stands in labels with a step up or down, and no sum runs over it."""
    stepped = any(_STEPPED.search(text) for text in texts)
    return frozenset("l" if stepped and not any(_SUMMED.search(text) for text in texts) else "")


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
            free.update(_FREE.findall(_ORDINAL.sub("", text)))
    scripts = Scripts(
        frozenset(letter for letter in steps - free if len(bases[letter]) >= _FEW),
        steps_of(texts),
        squares_of(texts, [row.left.text for row in rows]),
        densities_of(rows),
        entries=entry_functions_of(rows),
        indices=index_letters_of(texts),
    )
    sides = [(row.first.text, row.right.text) for row in rows if row.right is not None and row.relation in ("=", ":=")]
    equations = [(scripts.in_order(left), scripts.in_order(right)) for left, right in sides if len(left) <= _LONGEST_NAME]
    scripts = replace(scripts, labels=_labels_in(texts) | scripts.layers)
    return replace(scripts, lettered=lettered_layers_of(equations, map(scripts.in_order, texts)))
