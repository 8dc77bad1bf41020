"""Indices and labels of names in one order, and what is said of one layer of a network for its
other layers."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence, Set
from dataclasses import dataclass, field, replace

from matcalc.base.lazy import pattern
from matcalc.base.records import grouped
from matcalc.documents.arrangements import open_indices
from matcalc.documents.blocks import Notation, Placed
from matcalc.documents.context.defined_names import Definition, Obscured, names_used
from matcalc.documents.context.layers_and_steps import FREE, LetteredLayers, Steps, lettered_layers_of, primes_first, steps_of
from matcalc.documents.context.loose_notation import (
    Densities,
    EntryFunctions,
    IndexLetters,
    densities_of,
    entry_functions_of,
    index_letters_of,
    with_indices,
    with_listed_diagonals,
    with_whole_logarithms,
)
from matcalc.documents.context.outline import Line
from matcalc.documents.context.written_derivatives import Squares, squares_of, with_signs
from matcalc.documents.context.written_names import index_of, names_at, respelled, without_index, without_script
from matcalc.documents.sides import Row, fits, head_of
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
_ALONE = pattern(r"\s*\$?\s*[a-zA-Z]\s*(?:[=\\,.<>≤≥≠∈+\-\d\s\[\]{}]|ldots|dots|cdots|in|leq?|ge?q?|[LKN])*")
_ORDINAL = pattern(
    r"(?:\(\s*)?[a-z]\s*(?:[-+]\s*\d\s*)?(?:\)\s*)?(?:\^\s*\{?\s*)?(?:\\(?:text|textrm|mathrm|rm|textit|mbox)\s*\{?\s*)?-?(?:th|st|nd|rd)\b(?:\s*\})*"
)
"""``l^{\\text{th}}``, which counts layers, too."""
_OF_LAYER = pattern(r"(?P<stem>.+)_(?P<label>layer(?P<one>[a-z])|(?P<letter>ell|l|L)(?:(?:plus|minus)\d)?)")
_LAYER = pattern(r"\^\s*\{\s*[\[(]\s*(?P<letter>[a-z])\s*[\])]\s*\}")
_STEPPED = pattern(r"\^\s*\{\s*[\[(]\s*l\s*[-+]\s*1\s*[\])]\s*\}")
_SUMMED = pattern(r"\\sum(?:\\limits)?\s*_\s*(?:l(?![A-Za-z])|\{\s*l(?![A-Za-z]))")
_LONGEST_NAME = 60


@dataclass(frozen=True, slots=True)
class Scripts:
    """How a document writes what hangs on its names. ``layers`` are the letters that count layers
    where they stand in an exponent, ``steps`` tells which count steps, ``squares`` which squares
    are variables, ``densities`` which densities have a formula, ``entries`` which functions are
    given entry by entry, ``lettered`` which letters of indices tell layers apart."""

    layers: frozenset[str] = frozenset()
    steps: Steps = field(default_factory=Steps)
    squares: Squares = field(default_factory=Squares)
    densities: Densities = field(default_factory=Densities)
    lettered: LetteredLayers = field(default_factory=LetteredLayers)
    entries: EntryFunctions = field(default_factory=EntryFunctions)
    labels: frozenset[str] = frozenset()
    """The letters that count layers as labels, ``(l)``, and never stand for an index."""
    indices: IndexLetters = field(default_factory=IndexLetters)
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
        """The functions of other layers than that of a function of one: ``g_lplus1`` of
        ``g_layerl``."""
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
    stepped, summed = (any(map(form.search, texts)) for form in (_STEPPED, _SUMMED))
    return frozenset("l" if stepped and not summed else "")


def scripts_of(rows: Iterable[Row]) -> Scripts:
    """How the formulas of a document are written."""
    rows = list(rows)
    texts = [row.text for row in rows]
    scripts = Scripts(
        _layers_in(texts),
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


def _layers_in(texts: Iterable[str]) -> frozenset[str]:
    """The letters that count layers: each hangs on several names, with steps up or down, and never
    stands for a number itself."""
    texts = tuple(texts)
    raised = [(found.expand(r"\g<bare>\g<layer>"), found) for text in texts for found in _POWER.finditer(text)]
    bases = grouped((written.lower(), found["base"]) for written, found in raised)
    steps = {written.lower() for written, found in raised if found["step"] or written == "L"}
    numbers = " ".join(_ORDINAL.sub("", text) for text in texts if _ALONE.fullmatch(text) is None)
    free = set(FREE.findall(numbers))
    return frozenset(letter for letter in steps - free if len(set(bases[letter])) >= 2)


_LAYER_LABEL = pattern(
    r"\^\s*\{\s*(?P<open>[\[(])\s*(?:(?:layer)?(?P<letter>\\ell|[a-zL])\s*(?P<step>[-+]\s*\d)?|(?P<number>\d))\s*(?P<close>[\])])\s*\}"
)
_APPLIED = pattern(r"[^()]{1,40}\([^()]{1,40}\)\s*")
_COUNTING = frozenset(["l", r"\ell"])
"""Letters that count layers wherever they stand as labels with a step up or down."""
_BEFORE_ALL = -1


def with_layers(found: Sequence[Definition | Obscured], scripts: Scripts, rows: Iterable[Row]) -> list[Definition | Obscured]:
    """What is defined, with what that says of other layers that the ``rows`` of a document speak
    of."""
    return _of_letters(_of_labels(found, scripts, (row.text for row in rows)), scripts.lettered)


def kinds_in_layers(statement: str, notation: Notation, declare: str, defined: Collection[str]) -> Iterator[str]:
    """The kinds of what has the label of a layer and stands both whole and by its entries:
    ``w^l a^{l-1}`` and ``w^l_{jk}``."""
    if notation != "latex" or "^{(" not in statement:
        return
    found = [(at.base, max(0, len(at.name) - len(at.base) - 1)) for at in names_at(statement) if is_of_layer(at.base)]
    axes = {name: set(its) for name, its in grouped(found).items()}
    known = {part.partition(":")[0].strip() for part in declare.split(";")} | set(defined)
    kinds = ({0, 1}, "vector"), ({0, 2}, "matrix")
    yield from (f"{name}: {kind}" for name in sorted(axes.keys() - known) for count, kind in kinds if axes[name] == count)


# ---------------------------------------------------------------- labels


@dataclass(frozen=True, slots=True)
class _Label:
    """``(l+1)``: a letter, or none for a number, and how far it is from that."""

    letter: str
    step: int

    def moved(self, before: _Label, after: _Label) -> _Label:
        """The label of what belongs to another layer as this belongs to the one before."""
        return _Label(after.letter, after.step + self.step - before.step)

    def __str__(self) -> str:
        """As it is written in a formula, where a letter alone would be an index."""
        if not self.letter or self.step:
            return f"{self.letter}{self.step:+d}" if self.letter else str(self.step)
        return f"layer{self.letter}" if self.letter.islower() and len(self.letter) == 1 else self.letter


def _label(found: re.Match[str]) -> _Label:
    if found["number"]:
        return _Label("", int(found["number"]))
    return _Label(found["letter"], int((found["step"] or "0").replace(" ", "")))


def _of_labels(found: Sequence[Definition | Obscured], scripts: Scripts, texts: Iterable[str]) -> list[Definition | Obscured]:
    """The definitions with those of other labels, each at the place of the one that it was made
    of."""
    seen: dict[str, set[_Label]] = {}
    _add_labels(seen, map(scripts.in_order, texts))
    letters = set().union(*map(_counting, seen.values())) & (_COUNTING | scripts.layers)
    if not letters:
        return list(found)
    every = [one for one in found if isinstance(one, Definition)]
    known = {one.name for one in every}

    def made() -> list[Definition]:
        return [other for one in every if not one.is_function for other in _relabelled(one, letters, seen, known)]

    _add_labels(seen, [one.value for one in made()])
    return _from_the_beginning([*found, *made()], letters)


def _add_labels(seen: dict[str, set[_Label]], texts: Iterable[str]) -> None:
    """Takes in the labels that names have in formulas."""
    for text in texts:
        for stem, label in _labelled(text) if "^" in text else ():
            seen.setdefault(stem, set()).add(label)


def _counting(labels: Collection[_Label]) -> set[str]:
    """The letters in the labels of a name that count: with a step, or where a number stands as
    well."""
    numbered = any(not label.letter for label in labels)
    return {label.letter for label in labels if label.step or numbered}


def _from_the_beginning(found: Sequence[Definition | Obscured], letters: Collection[str]) -> list[Definition | Obscured]:
    """The definitions, each first one of a layer for the whole document; what it says in another
    form before that does not count, nor what a derivative is said to be behind that."""
    own = grouped((one.name, one) for one in found if isinstance(one, Definition) and _is_of_layer(one, letters))
    first = {name: min(several, key=lambda one: one.number) for name, several in own.items()}

    def counts(one: Definition | Obscured) -> bool:
        known = first.get(one.name, one)
        if isinstance(one, Obscured) or not isinstance(known, Definition):
            return one.number >= known.number
        return one is known or not fits(known.value, "one derivative") or fits(one.value, "one derivative")

    return [*(replace(one, number=_BEFORE_ALL) for one in first.values()), *filter(counts, found)]


def _is_of_layer(one: Definition, letters: Collection[str]) -> bool:
    head = None if one.is_function else next(_labelled(one.left), None)
    return head is not None and (one.perhaps or head[1].letter in letters or head[1].letter == "L")


def _labelled(text: str) -> Iterator[tuple[str, _Label]]:
    """The names with a label in a formula, each without it."""
    found = ((at.base.rpartition("_")[0], _LAYER_LABEL.search(text[at.start : at.end])) for at in names_at(text))
    yield from ((stem, _label(label)) for stem, label in found if label is not None)


def _relabelled(
    one: Definition, letters: Collection[str], seen: Mapping[str, set[_Label]], known: Collection[str]
) -> Iterator[Definition]:
    head = next(_labelled(one.left), None)
    used = {_label(at).letter for at in _LAYER_LABEL.finditer(one.value)}
    if head is None or head[1].letter not in letters or not used or used != {head[1].letter}:
        return
    stem, own = head
    made = (_moved(one, own, other) for other in sorted(seen.get(stem, set()) - {own}, key=str))
    yield from (other for other in made if other is not None and other.name not in known)


def _moved(one: Definition, own: _Label, other: _Label) -> Definition | None:
    labels = [_label(at).moved(own, other) for at in _LAYER_LABEL.finditer(one.value)]
    if not other.letter and any(label.step < 0 for label in labels):
        return None

    def put(text: str) -> str:
        return _LAYER_LABEL.sub(lambda at: f"^{{{at['open']}{_label(at).moved(own, other)}{at['close']}}}", text)

    made = one.of_another(put(one.left), put(one.value))
    return (
        None if made is None else replace(made, perhaps=other.letter != own.letter and _APPLIED.fullmatch(one.value) is not None)
    )


# ---------------------------------------------------------------- letters of indices


def _of_letters(found: Sequence[Definition | Obscured], layers: LetteredLayers) -> list[Definition | Obscured]:
    """What is defined, with the layers that are told apart by letters: each said as soon as one is,
    and anywhere in the document, as no other thing has such a name.

    What a layer is a function of stands in other definitions by its name, ``a_j`` for ``g_j(z_j)``.
    """
    given = [one for one in found if isinstance(one, Definition) and layers.tells(one.name)]
    if not given:
        return list(found)
    every = grouped((one.name, one) for one in [*given, *_of_other_letters(given, layers)])
    first = [several[0] for several in every.values()]
    values = {layers.compact(one.value): one for one in first if layers.is_applied(one.value)}
    early = [replace(one, number=_BEFORE_ALL) for one in first]
    return [_named_inside(one, values, layers) for one in (*early, *found)]


def _named_inside(one: Definition | Obscured, values: Mapping[str, Definition], layers: LetteredLayers) -> Definition | Obscured:
    if isinstance(one, Obscured):
        return one
    value = layers.with_values_named(one.value, {text: other.left for text, other in values.items() if other.name != one.name})
    made = one.of_another(one.left, value) if value != one.value else None
    return made or one


def _of_other_letters(found: Sequence[Definition], layers: LetteredLayers) -> Iterator[Definition]:
    """The definitions of other layers that those of one layer stand for, where these have none of
    their own."""
    known = {one.name for one in found}
    for one in found:
        for step in layers.steps(one.name, one.text):
            made = one.of_another(layers.in_formula(one.left, step), layers.in_formula(one.value, step))
            if made is not None and made.name not in known:
                known.add(made.name)
                yield replace(made, perhaps=_APPLIED.fullmatch(one.value) is not None)


def as_arrays(definitions: Sequence[Definition], equation: str) -> tuple[Definition, ...]:
    """The definitions, those of entries as definitions of the arrays where somebody speaks of
    these, ``z_i = ...`` with ``f(z)``, or differentiates by one of their entries."""
    texts = {one.name: {at.name for at in names_at(one.value, one.notation)} for one in definitions}
    spoken = {at.name for at in names_at(equation)}.union(*texts.values())
    spoken |= {
        at.base
        for text in (equation, *(one.value for one in definitions))
        for at in names_at(text)
        if _BY.search(text[: at.start])
    }
    return tuple([_array(one) if one.name in spoken else one for one in definitions])


def with_matrices(definitions: Sequence[Definition], equation: str) -> tuple[Definition, ...]:
    r"""The definitions with entries of the matrices of an equation, where these are small letters
    of the same name: ``w_{ij}`` of W."""
    bases = frozenset([at.base for at in names_at(equation) if at.name == at.base and at.base[:1].isupper()])
    small = {at.base for at in names_at(equation)}
    return tuple([_with_capitals(one, bases, small) if bases and one.notation == "latex" else one for one in definitions])


def _with_capitals(one: Definition, matrices: frozenset[str], small: Collection[str]) -> Definition:
    changes = []
    for at in names_at(one.value):
        capital = at.base[:1].upper() + at.base[1:]
        if at.base[:1].islower() and at.base not in small and capital in matrices and len(at.name) - len(at.base) > 2:
            letter = one.value.index(at.base[0], at.start)
            changes.append((letter, letter + 1, capital[0]))
    if not changes:
        return one
    value = respelled(one.value, changes)
    return replace(one, value=value, uses=(one.uses | matrices) & names_used(value, one.notation))


_BY = pattern(r"(?:\}\s*\{|/)\s*\\partial\s*\Z")


def _array(one: Definition) -> Definition:
    index = index_of(one.head.name)
    shifted = any(pattern(rf"_\{{?[^{{}}]*{letter}\s*[-+]").search(one.value) for letter in index)
    # An index that does not stand in the value is a label, as in the least norm solution x_{ln}.
    if set(index) != open_indices(one.value):
        return one
    if not index or one.is_function or shifted or one.notation != "latex" or without_index(one.head.name) != one.name:
        return one
    base = next(iter(names_at(one.left))).name
    written = without_script(one.left)
    if head_of(written) is None or base != one.head.name:
        return one
    value = rf"\operatorname{{tensor}}({', '.join(index)}, {one.value})"
    return replace(one, left=written, value=value)
