r"""What a document says of one layer of a network, for its other layers: ``z^{(l)} = W^{(l)} a^{(l-1)}`` says what ``z^{(l+1)}`` is.

Layers are told apart by labels, ``(l)`` and ``(l+1)``, or by the letters of indices. A layer that has a definition of its own keeps it.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from matcalc.base.lazy import pattern
from matcalc.documents.context.definitions import Definition, Obscured
from matcalc.documents.context.lettered_layers import LetteredLayers
from matcalc.documents.context.names import names_at
from matcalc.documents.context.outline import END
from matcalc.documents.context.scripts import Scripts, is_of_layer
from matcalc.documents.pieces import Notation
from matcalc.documents.shapes import is_one_derivative

_LABEL = pattern(
    r"\^\s*\{\s*(?P<open>[\[(])\s*(?:(?:layer)?(?P<letter>\\ell|[a-zL])\s*(?P<step>[-+]\s*\d)?|(?P<number>\d))\s*(?P<close>[\])])\s*\}"
)
_APPLIED = pattern(r"[^()]{1,40}\([^()]{1,40}\)\s*")
_COUNTING = frozenset(["l", r"\ell"])
"""Letters that count layers wherever they stand as labels with a step up or down."""
_BEFORE_ALL = -1


def with_layers(found: Sequence[Definition | Obscured], scripts: Scripts, texts: Iterable[str]) -> list[Definition | Obscured]:
    """What is defined, with what that says of other layers that the ``texts`` of a document speak of."""
    return _of_letters(_of_labels(found, scripts, texts), scripts.lettered)


def kinds_in_layers(statement: str, notation: Notation, declare: str, defined: Collection[str]) -> Iterator[str]:
    """The kinds of what has the label of a layer and stands both whole and by its entries: ``w^l a^{l-1}`` and ``w^l_{jk}``."""
    if notation != "latex" or "^{(" not in statement:
        return
    indices: dict[str, set[int]] = {}
    for at in names_at(statement):
        if is_of_layer(at.base):
            indices.setdefault(at.base, set()).add(len(at.name) - len(at.base))
    known = {part.partition(":")[0].strip() for part in declare.split(";")} | set(defined)
    for name, lengths in sorted(indices.items()):
        if name not in known and 0 in lengths and len(lengths) == _TWO and (axes := max(lengths) - 1) <= _TWO:
            yield f"{name}: {'vector' if axes == 1 else 'matrix'}"


_TWO = 2


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
    """The definitions with those of other labels, each at the place of the one that it was made of."""
    texts = [text for text in map(scripts.in_order, texts) if "^" in text]
    seen: dict[str, set[_Label]] = {}
    for text in texts:
        for stem, label in _labelled(text):
            seen.setdefault(stem, set()).add(label)
    several = [label for labels in seen.values() for label in labels if label.step or any(not other.letter for other in labels)]
    letters = {label.letter for label in several} & (_COUNTING | scripts.layers)
    if not letters:
        return list(found)
    given = [one for one in found if isinstance(one, Definition) and not one.is_function]
    known = {one.name for one in found if isinstance(one, Definition)}
    made = [other for one in given for other in _relabelled(one, letters, seen, known)]
    for stem, label in (pair for one in made for pair in _labelled(one.value)):
        seen.setdefault(stem, set()).add(label)
    made = [other for one in given for other in _relabelled(one, letters, seen, known)]
    return _from_the_beginning([*found, *made], letters)


def _from_the_beginning(found: Sequence[Definition | Obscured], letters: Collection[str]) -> list[Definition | Obscured]:
    """The definitions, each first one of a layer for the whole document; what it says in another form before that does not count, nor
    what a derivative is said to be behind that."""
    first: dict[str, Definition] = {}
    for one in found:
        if isinstance(one, Definition) and _is_of_layer(one, letters) and one.number < first.get(one.name, _LAST).number:
            first[one.name] = one

    def counts(one: Definition | Obscured) -> bool:
        known = first.get(one.name, one)
        if isinstance(one, Obscured) or not isinstance(known, Definition):
            return one.number >= known.number
        return one is known or not is_one_derivative(known.value) or is_one_derivative(one.value)

    return [*(replace(one, number=_BEFORE_ALL) for one in first.values()), *filter(counts, found)]


_LAST = Obscured("", END, False)


def _is_of_layer(one: Definition, letters: Collection[str]) -> bool:
    head = None if one.is_function else next(_labelled(one.left), None)
    return head is not None and (one.perhaps or head[1].letter in letters or head[1].letter == "L")


def _labelled(text: str) -> Iterator[tuple[str, _Label]]:
    """The names with a label in a formula, each without it."""
    for at in names_at(text):
        label = _LABEL.search(text[at.start : at.end])
        if label is not None:
            yield at.base.rpartition("_")[0], _label(label)


def _relabelled(one: Definition, letters: Collection[str], seen: Mapping[str, set[_Label]], known: Collection[str]) -> Iterator[Definition]:
    head = next(_labelled(one.left), None)
    used = {_label(at).letter for at in _LABEL.finditer(one.value)}
    if head is None or head[1].letter not in letters or not used or used != {head[1].letter}:
        return
    stem, own = head
    for other in sorted(seen.get(stem, set()) - {own}, key=str):
        made = _moved(one, own, other)
        if made is not None and made.name not in known:
            yield made


def _moved(one: Definition, own: _Label, other: _Label) -> Definition | None:
    labels = [_label(at).moved(own, other) for at in _LABEL.finditer(one.value)]
    if not other.letter and any(label.step < 0 for label in labels):
        return None

    def put(text: str) -> str:
        return _LABEL.sub(lambda at: f"^{{{at['open']}{_label(at).moved(own, other)}{at['close']}}}", text)

    made = one.of_another(put(one.left), put(one.value))
    return None if made is None else replace(made, perhaps=other.letter != own.letter and _APPLIED.fullmatch(one.value) is not None)


# ---------------------------------------------------------------- letters of indices


def _of_letters(found: Sequence[Definition | Obscured], layers: LetteredLayers) -> list[Definition | Obscured]:
    """What is defined, with the layers that are told apart by letters: each said as soon as one is, and anywhere in the document, as no
    other thing has such a name.

    What a layer is a function of stands in other definitions by its name, ``a_j`` for ``g_j(z_j)``.
    """
    given = [one for one in found if isinstance(one, Definition) and layers.tells(one.name)]
    if not given:
        return list(found)
    first: dict[str, Definition] = {}
    for one in [*given, *_of_other_letters(given, layers)]:
        first.setdefault(one.name, one)
    values = {layers.compact(one.value): one for one in first.values() if layers.is_applied(one.value)}
    early = [replace(one, number=_BEFORE_ALL) for one in first.values()]
    return [_named_inside(one, values, layers) if isinstance(one, Definition) else one for one in (*early, *found)]


def _named_inside(one: Definition, values: Mapping[str, Definition], layers: LetteredLayers) -> Definition:
    value = layers.with_values_named(one.value, {text: other.left for text, other in values.items() if other.name != one.name})
    made = one.of_another(one.left, value) if value != one.value else None
    return made or one


def _of_other_letters(found: Sequence[Definition], layers: LetteredLayers) -> Iterator[Definition]:
    """The definitions of other layers that those of one layer stand for, where these have none of their own."""
    known = {one.name for one in found}
    for one in found:
        for step in layers.steps(one.name, one.text):
            made = one.of_another(layers.in_formula(one.left, step), layers.in_formula(one.value, step))
            if made is not None and made.name not in known:
                known.add(made.name)
                yield replace(made, perhaps=_APPLIED.fullmatch(one.value) is not None)
