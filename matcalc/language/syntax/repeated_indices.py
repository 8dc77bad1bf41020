"""Sums that are not written: in ``(AB)_ij = A_ik B_kj`` a product is summed over the letters that stand in it twice.

The same letters may stand for entries of arrays, one by one, as in ``∂L/∂w_i = r_i x_i``, or for one of many samples, ``y_i w'x_i``. So an
equation is read with such sums only where nothing else fits: no sum is written, every term has the same single letters, and some letter of
an entry with two indices stands twice in a term and is missing in another one.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

from matcalc.base.records import record, replace
from matcalc.language.syntax import trees as s
from matcalc.language.syntax.survey import mapped, number_in, parts, ungrouped, walk


@record
class Summed:
    """An equation with the sums that are meant, and the ``letters`` that they run over."""

    equation: s.Equation
    letters: tuple[str, ...]


def with_sums(equation: s.Equation, letters: frozenset[str], known: frozenset[str]) -> Summed | None:
    """The equation with a sum over the letters that stand twice in a product; None where it is not written so.

    ``letters`` may be indices, ``known`` are names that have none in them.
    """
    nodes = walk(equation)
    if any(isinstance(node, s.Summation) or (isinstance(node, s.Applied) and node.function == "sum") for node in nodes):
        return None
    marked = _Marks(letters, known)
    try:
        counts = _counts(equation, marked)
    except _OtherwiseWritten:
        return None
    terms = [*_terms(equation.left), *_terms(equation.right)]
    sums = {node: found for node in _whole_products(equation) if (found := tuple(sorted(_of_count(counts[node], _TWICE))))}
    twice = {letter for letters in sums.values() for letter in letters}
    single = {frozenset(_single(counts[term])) for term in terms if not _is_free_of_letters(term)}
    shown = {letter for letter in twice if any(letter not in counts[term] for term in terms)} & _of_entries(nodes, marked)
    if not shown or len(single) != 1 or twice & next(iter(single)):
        return None
    return Summed(_summed(equation, sums), tuple(sorted(twice)))


_TWICE = 2
_PRODUCTS = frozenset(["*", "@", "·", "/"])
_SUMS = frozenset(["+", "-"])


class _OtherwiseWritten(Exception):
    """Something has indices in a way that this notation does not have."""


@record
class _Marks:
    letters: frozenset[str]
    known: frozenset[str]

    def of(self, name: str) -> Counter[str]:
        """The letters behind a name, each as often as it stands there."""
        base, _, index = name.rpartition("_")
        fits = bool(base) and name not in self.known and index.isalpha() and self.letters.issuperset(index)
        return Counter(index if fits else "")

    def at(self, node: s.Entries) -> Counter[str]:
        """The letters in brackets behind an array."""
        return Counter([part.name for part in node.positions if isinstance(part, s.Name) and part.name in self.letters])


def _of_entries(nodes: list[s.Syntax], marks: _Marks) -> set[str]:
    """The letters in entries of two indices or more."""
    found: set[str] = set()
    for node in nodes:
        own = marks.of(node.name) if isinstance(node, s.Name) else marks.at(node) if isinstance(node, s.Entries) else Counter[str]()
        found |= set(own) if own.total() >= _TWICE else set()
    return found


def _terms(side: s.Syntax) -> Iterator[s.Syntax]:
    """The terms of a sum, in no order, without brackets and signs."""
    waiting = [side]
    while waiting:
        node = ungrouped(waiting.pop())
        if isinstance(node, s.Minus):
            waiting.append(node.operand)
        elif isinstance(node, s.Binary) and node.operator in _SUMS:
            waiting += [node.right, node.left]
        else:
            yield node


def _is_free_of_letters(term: s.Syntax) -> bool:
    """Whether a term is a number, such as the 0 that is equal to an array of any shape."""
    return number_in(term) is not None


def _of_count(counts: Counter[str], count: int) -> Iterator[str]:
    return (letter for letter, found in counts.items() if found == count)


def _single(counts: Counter[str]) -> Iterator[str]:
    return _of_count(counts, 1)


def _counts(root: s.Syntax, marks: _Marks) -> dict[s.Syntax, Counter[str]]:
    """How often each letter stands in each node, those of its parts that are summed left out. Raises _OtherwiseWritten."""
    found: dict[s.Syntax, Counter[str]] = {}
    for node in reversed(walk(root)):
        found[node] = _count(node, found, marks)
    return found


def _count(node: s.Syntax, found: dict[s.Syntax, Counter[str]], marks: _Marks) -> Counter[str]:
    match node:
        case s.Name(name=name):
            return marks.of(name)
        case s.Entries(operand=operand):
            if not marks.at(node).keys().isdisjoint(_single(found[operand])):
                raise _OtherwiseWritten  # [x_i y_j]_ij, the array of these entries
            return _added(marks.at(node), Counter(_single(found[operand])))
        case s.Binary(operator=operator, left=left, right=right) if operator in _PRODUCTS:
            if operator == "/" and found[right]:
                raise _OtherwiseWritten
            return _added(found[left], found[right])
        case s.DerivativeOf(body=body, wrt=names):
            return _added(Counter(_single(found[body])), *[marks.of(name) for name in names])
        case s.Minus(operand=operand) | s.Group(operand=operand):
            return found[operand]
        case s.Equation():
            return Counter()
        case _:
            below = [frozenset(_single(found[part])) for part in parts(node)]
            with_letters = [one for one in below if one]
            if with_letters and (isinstance(node, s.Raised) or any(one != with_letters[0] for one in below)):
                raise _OtherwiseWritten  # x_i², and sums whose terms have other indices
            return Counter(with_letters[0] if with_letters else ())


def _added(*counts: Counter[str]) -> Counter[str]:
    total = sum(counts, Counter[str]())
    if any(count > _TWICE for count in total.values()):
        raise _OtherwiseWritten
    return total


def _summed(equation: s.Equation, sums: dict[s.Syntax, tuple[str, ...]]) -> s.Equation:
    """The equation with sums over letters around its products."""
    by_span = {(type(node), node.span): letters for node, letters in sums.items()}

    def around(node: s.Syntax) -> s.Syntax:
        letters = by_span.get((type(node), node.span))
        return s.Group(node.span, s.Summation(node.span, letters, node)) if letters else node

    return replace(equation, left=mapped(equation.left, around), right=mapped(equation.right, around))


def _whole_products(root: s.Syntax) -> list[s.Syntax]:
    """The products that are no factors of others."""
    factors: set[s.Syntax] = set()
    for node in walk(root):
        if isinstance(node, s.Binary) and node.operator in _PRODUCTS:
            factors |= {node.left, node.right}
        elif isinstance(node, s.Minus | s.Group) and node in factors:
            factors.add(node.operand)
    return [node for node in walk(root) if node not in factors and not isinstance(node, s.Minus | s.Group | s.Equation)]
