r"""What is said entry by entry: functions known by that alone (``h_i = f(z_i)``), and arrays (``z_i = \sum_j W_{ij} x_j``)."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import replace

from matcalc.base.lazy import pattern
from matcalc.documents.asking import Said
from matcalc.documents.context.definitions import CALLED, PRIMES, Definition, names_used
from matcalc.documents.context.facts import Told
from matcalc.documents.context.names import names_at, weights_in, without_index
from matcalc.documents.context.outline import END, Line
from matcalc.documents.context.scripts import Scripts, is_of_layer
from matcalc.documents.context.vocabulary import vocabulary
from matcalc.documents.context.wording import CLOSE, OPEN, Wording
from matcalc.documents.heads import head_of
from matcalc.documents.index_cases import open_indices
from matcalc.documents.shapes import is_function
from matcalc.language.declare.declared import Declaration
from matcalc.language.text.called_names import USUAL
from matcalc.language.text.spelling import INDEX_LETTERS

_REAL = r"\s*(?:\\mathbb\s*\{?\s*R\s*\}?|\\R(?:eals)?(?![A-Za-z])|ℝ)\s*"
_MAP = pattern(rf"(?P<name>.{{1,40}}?)\s*(?::|\\colon(?![A-Za-z])){_REAL}")
_NUMBERS = pattern(_REAL)
_APPLIED = pattern(r"(?i)[\s,(]*(?:(?:is|being|applied|acting|taken|computed|understood)\s+)*([a-z]+(?:-[a-z]+)?)")


def functions_in(wording: Wording, defined: Collection[str], scripts: Scripts, shown: Collection[str]) -> Iterator[Told]:
    """The functions of which a sentence says that they work on each entry, or that are ``shown`` to; those that are ``defined`` have a
    formula."""
    for number, mention in enumerate(wording.mentions):
        _, _, after = wording.text.partition(f"{OPEN}{number}{CLOSE}")
        applied = _APPLIED.match(after)
        said_so = applied is not None and vocabulary().says("entrywise", applied[1])
        for line in mention.lines:
            of_numbers = _of_numbers(line)
            anew = of_numbers is not None and vocabulary().lists["introducing"].match(wording.text.lstrip()) is not None
            ordered = scripts.ordered(line)
            value = _of_value(ordered)
            name = _of_entries(ordered) or of_numbers or (value if said_so or value in shown else None)
            if name is None or (name in defined and not anew) or is_function(name) or name in USUAL:
                continue
            said = Said(f"{line.row.left.text} {line.row.relation} {line.row.right.text if line.row.right else ''}", line.row.left.place())
            end = END if wording.spot.is_setting else wording.spot.section_end
            bold = weights_in(line.row.text, line.notation).of(name)
            for one in dict.fromkeys([name, *scripts.siblings(name)]):
                yield Told(one, Declaration(one, "function"), said, wording.start, end, anew, False, wording.spot, wording.place(0), bold)


def shown_entrywise(texts: Iterable[str]) -> frozenset[str]:
    r"""The functions of layers that work on each entry: their derivatives stand in products of entries, ``\odot g^{[l]\prime}(z)``."""
    found: set[str] = set()
    for text in texts:
        if r"\odot" in text or r"\circ" in text:
            primed = [(at.name, primes) for at in names_at(text) if (primes := PRIMES.match(text, at.end)) is not None and primes[0]]
            found |= {name for name, primes in primed if is_of_layer(name) and CALLED.match(text, primes.end())}
    return frozenset(found)


def _of_entries(line: Line) -> str | None:
    """f of ``h_i = f(z_i)``."""
    row = line.row
    if row.right is None or row.relation not in ("=", ":="):
        return None
    left, right = head_of(row.left.text, line.notation), head_of(row.right.text, line.notation)
    if left is None or right is None or left.arguments or len(right.arguments) != 1:
        return None
    index = _index(left.name)
    return right.name if index and index == _index(right.arguments[0]) and not _index(right.name) else None


def _of_value(line: Line) -> str | None:
    """f of ``h = f(z)``."""
    head = head_of(line.row.right.text, line.notation) if line.row.right is not None and line.row.relation in ("=", ":=") else None
    return head.name if head is not None and len(head.arguments) == 1 else None


def _of_numbers(line: Line) -> str | None:
    r"""f of ``f: \mathbb{R} \to \mathbb{R}``."""
    row = line.row
    found = _MAP.fullmatch(row.left.text) if row.relation == "→" and row.right is not None else None
    head = head_of(found["name"], line.notation) if found is not None and row.right and _NUMBERS.fullmatch(row.right.text) else None
    return head.name if head is not None and not head.arguments else None


def _index(name: str) -> str:
    """The letters that count behind a name; empty for one without."""
    base, _, index = name.rpartition("_")
    return index if base and all(letter in INDEX_LETTERS for letter in index) else ""


def as_arrays(definitions: Sequence[Definition], equation: str) -> tuple[Definition, ...]:
    """The definitions, those of entries as definitions of the arrays where somebody speaks of these, ``z_i = ...`` with ``f(z)``, or
    differentiates by one of their entries."""
    texts = {one.name: {at.name for at in names_at(one.value, one.notation)} for one in definitions}
    spoken = {at.name for at in names_at(equation)}.union(*texts.values())
    spoken |= {at.base for text in (equation, *(one.value for one in definitions)) for at in names_at(text) if _BY.search(text[: at.start])}
    return tuple([_array(one) if one.name in spoken else one for one in definitions])


def with_matrices(definitions: Sequence[Definition], equation: str) -> tuple[Definition, ...]:
    r"""The definitions with entries of the matrices of an equation, where these are small letters of the same name: ``w_{ij}`` of W."""
    bases = frozenset([at.base for at in names_at(equation) if at.name == at.base and at.base[:1].isupper()])
    small = {at.base for at in names_at(equation)}
    return tuple([_with_capitals(one, bases, small) if bases and one.notation == "latex" else one for one in definitions])


def _with_capitals(one: Definition, matrices: frozenset[str], small: Collection[str]) -> Definition:
    value, end = "", 0
    for at in names_at(one.value):
        capital = at.base[:1].upper() + at.base[1:]
        if at.base[:1].islower() and at.base not in small and capital in matrices and len(at.name) - len(at.base) > _TWO:
            letter = at.start + one.value[at.start : at.end].index(at.base[0])
            value, end = f"{value}{one.value[end:letter]}{capital[0]}", letter + 1
    if not end:
        return one
    value += one.value[end:]
    return replace(one, value=value, uses=(one.uses & names_used(value, one.notation)) | (matrices & names_used(value, one.notation)))


_BY = pattern(r"(?:\}\s*\{|/)\s*\\partial\s*\Z")
_TWO = 2


def _array(one: Definition) -> Definition:
    index = _index(one.head.name)
    shifted = any(pattern(rf"_\{{?[^{{}}]*{letter}\s*[-+]").search(one.value) for letter in index)
    # An index that does not stand in the value is a label, as in the least norm solution x_{ln}.
    if set(index) != open_indices(one.value):
        return one
    if not index or one.is_function or shifted or one.notation != "latex" or without_index(one.head.name) != one.name:
        return one
    base = next(iter(names_at(one.left))).name
    written = _INDEXED.sub("", one.left)
    if head_of(written) is None or base != one.head.name:
        return one
    value = rf"\operatorname{{tensor}}({', '.join(index)}, {one.value})"
    return replace(one, left=written, value=value)


_INDEXED = pattern(r"_\s*(?:\{[^{}]*\}|[A-Za-z])\s*\Z")


def function_names(told: Iterable[Told]) -> frozenset[str]:
    """The names that are said to be functions of each entry somewhere."""
    return frozenset(one.name for one in told if one.declaration.kind == "function")
