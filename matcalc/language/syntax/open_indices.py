"""Indices that no sum binds: in ``[AB]_ij = Σ_k A_ik B_kj`` both sides are the entries at i, j, and ``exp(z_i)/Σ_j exp(z_j)`` is an array.

A subscript is part of a name unless something shows that it is an index: brackets before it, the index of a sum beside it, the same letter
with another index, a derivative by an entry, or entries of two indices on both sides of an equation.
"""

from __future__ import annotations

from collections.abc import Iterable

from matcalc.errors import ParseError, Span
from matcalc.language.syntax import trees as s
from matcalc.language.syntax.survey import number_in, parts
from matcalc.language.text.spelling import INDEX_LETTERS
from matcalc.records import record, replace

_MOST_AXES = 2


@record
class _Subscript:
    """A name with a subscript of letters; ``bound`` are those that are indices of sums around it."""

    base: str
    letters: str
    bound: frozenset[str]

    @property
    def free(self) -> frozenset[str]:
        return frozenset(self.letters) - self.bound


def free_indices(roots: Iterable[s.Syntax], known: frozenset[str], wrt: Iterable[str] = ()) -> tuple[str, ...]:
    """The free indices of an expression or of the sides of an equation, in alphabetical order.

    ``known`` are declared names, which have no indices in them; ``wrt`` is what is differentiated by.
    """
    sides = [_subscripts(root, known) for root in roots]
    found = [subscript for side in sides for subscript in side.names]
    shown = {letter for side in sides for letter in side.shown}
    letters: set[str] = set()
    summed = {subscript.base for subscript in found if subscript.bound} | set(wrt)
    for subscript in found:
        kronecker = subscript.base == "delta" and len(subscript.letters) == 2
        if subscript.bound or subscript.base in summed or kronecker:
            letters |= subscript.free
    if len(sides) == 2:
        both = [frozenset[str]().union(*(one.free for one in side.names)) for side in sides]
        pairs = [one for one in found if len(one.free) > 1]
        letters |= (both[0] & both[1]) if pairs else set()
    # A letter that a sum binds elsewhere stands outside of that sum by mistake.
    summed_over = {letter for side in sides for letter in side.bound}
    return tuple(sorted((letters - summed_over | shown) - known))


def shows_indices(root: s.Syntax) -> bool:
    """Whether an expression has an index by which it could be an array: in square brackets each one must be bound."""
    found = _subscripts(root, frozenset())
    return not found.shown and any(one.free for one in found.names)


@record
class _Subscripts:
    """The names with subscripts, the letters that brackets or derivatives by entries show to be indices, and those that sums run over."""

    names: list[_Subscript]
    shown: set[str]
    bound: set[str]


def _subscripts(root: s.Syntax, known: frozenset[str]) -> _Subscripts:
    found: list[_Subscript] = []
    shown: set[str] = set()
    summed: set[str] = set()
    stack: list[tuple[s.Syntax, frozenset[str]]] = [(root, frozenset())]
    while stack:
        node, bound = stack.pop()
        match node:
            case s.Name(name=name) if name not in known and (subscript := _subscript(name, bound)) is not None:
                found.append(subscript)
            case s.Entries(operand=s.Group(operand=body), positions=positions) if _makes_array(body, positions):
                bound |= frozenset([part.name for part in positions if isinstance(part, s.Name)])
                stack.append((body, bound))
                continue
            case s.Entries(positions=positions):
                shown |= {part.name for part in positions if isinstance(part, s.Name) and part.name in INDEX_LETTERS - bound}
                stack.append((node.operand, bound))
                continue
            case s.DerivativeOf(wrt=names):
                by = [one for name in names if name not in known and (one := _subscript(name, bound)) is not None]
                shown |= {letter for one in by for letter in one.free}
            case s.Summation(indices=indices):
                bound |= frozenset(indices)
                summed |= bound
            case s.Applied(function="sum" | "tensor", arguments=(*indices, body)) if indices:
                bound |= frozenset([index.name for index in indices if isinstance(index, s.Name)])
                stack.append((body, bound))
                continue
        stack.extend((part, bound) for part in parts(node))
    return _Subscripts(found, shown, summed)


def _makes_array(body: s.Syntax, positions: tuple[s.Syntax, ...]) -> bool:
    """Whether positions behind brackets are indices of what stands in these: ``[x_i y_j]_ij`` is an array."""
    names = {part.name for part in positions if isinstance(part, s.Name)}
    return len(names) == len(positions) and names <= free_letters(body)


def _subscript(name: str, bound: frozenset[str]) -> _Subscript | None:
    base, _, index = name.rpartition("_")
    if not base or not INDEX_LETTERS | bound >= set(index):
        return None
    return _Subscript(base, index, frozenset(index) & bound)


def over(body: s.Syntax, indices: tuple[str, ...]) -> s.Syntax:
    """The array of the values of a scalar over indices, those that it has; what has none is the same for all of them."""
    if not indices or number_in(body) is not None:
        return body
    names = tuple([s.Name(body.span, index) for index in indices])
    return s.Applied(body.span, "tensor", (*names, body), body.span)


@record
class Lifted:
    """The sides of an equation between entries, as arrays; a derivative by entries is one by the whole."""

    lead: s.Syntax
    claimed: s.Syntax


def lifted(lead: s.Syntax, claimed: s.Syntax, indices: tuple[str, ...], layout: str) -> Lifted:
    """Both sides over the free indices; of a derivative in the layout, the indices of the variable first where that is the denominator's.

    Raises ParseError for more indices than a matrix has.
    """
    if not isinstance(lead, s.DerivativeOf):
        _check(indices, claimed.span)
        return Lifted(over(lead, indices), over(claimed, indices))
    above = tuple([index for index in indices if index in free_letters(lead.body)])
    below = tuple([letter for name in lead.wrt for letter in name.rpartition("_")[2] if name.rpartition("_")[0] and letter in indices])
    whole = tuple([name.rpartition("_")[0] if set(name.rpartition("_")[2]) <= set(indices) else name for name in lead.wrt])
    if not below:
        whole = lead.wrt
    order = (*below, *above) if layout == "denominator" else (*above, *below)
    if layout == "numerator" and not above and len(lead.wrt) == 1:
        order = below[::-1]
    _check(order, claimed.span)
    return Lifted(replace(lead, body=over(lead.body, above), wrt=whole), over(claimed, order))


def _check(indices: tuple[str, ...], place: Span) -> None:
    if len(indices) > _MOST_AXES or len(set(indices)) < len(indices):
        raise ParseError("an equation between entries has one or two free indices", span=place, suggestion="[A*B]_ij = Σ_k A_ik B_kj")


def free_letters(root: s.Syntax) -> set[str]:
    """The letters that stand as indices and that no sum binds."""
    found = _subscripts(root, frozenset())
    return found.shown | {letter for one in found.names for letter in one.free}


def bases_in(root: s.Syntax) -> set[str]:
    """What stands before indices."""
    return {one.base for one in _subscripts(root, frozenset()).names}
