"""Indices that no sum binds, and sums that are not written: entries as arrays, and products over
letters that stand twice."""

from __future__ import annotations

from collections import Counter
from collections.abc import Container, Iterable, Iterator, Mapping

from matcalc.base.budgets import spend
from matcalc.base.errors import ParseError, Span
from matcalc.base.records import record, replace
from matcalc.base.traversal import bottom_up
from matcalc.language.build.scope import Scope, capital_of
from matcalc.language.declare import declared
from matcalc.language.syntax import trees as s
from matcalc.language.syntax.trees import bound_by, entry_of, mapped, name_of, names_among, number_in, parts, ungrouped, walk
from matcalc.language.text.spelling import INDEX_LETTERS

_MOST_AXES = 2
_MOST_AXES_OF_ENTRIES = 4
"""Of a derivative of entries by entries."""


@record
class _Subscript:
    """A name with a subscript of letters; ``bound`` are those that are indices of sums around
    it."""

    base: str
    letters: str
    bound: frozenset[str]

    @property
    def free(self) -> frozenset[str]:
        return frozenset(self.letters) - self.bound


def index_letters(nodes: Iterable[s.Syntax], arrays: frozenset[str]) -> frozenset[str]:
    """The letters that may be indices in a text; ``arrays`` are the names that it has, and
    ``nodes`` those of its tree."""
    nodes = list(nodes)
    subscripts = _subscripts_of(names_among(nodes), frozenset(), INDEX_LETTERS)
    arrays |= {subscript.base for subscript in subscripts if len(subscript.letters) == _MOST_AXES}
    return INDEX_LETTERS.union(*[_letters_at(node, arrays) for node in nodes])


def _letters_at(node: s.Syntax, arrays: frozenset[str]) -> set[str]:
    """The letters that a node shows to be indices."""
    match node:
        case s.Summation(indices=indices):
            return set(indices)
        case s.DerivativeOf(wrt=names):
            return set().union(*[_index_of_known(name, arrays) for name in names if name not in arrays])
        case s.Entries(positions=positions):
            return {name for name in names_among(positions) if len(name) == 1 and name.islower()}
        case _:
            return {name for name in bound_by(node) if len(name) == 1}


def _index_of_known(name: str, arrays: frozenset[str]) -> str:
    """The letters in ``v_ab`` behind the name of an array of the text, or behind the small letter
    of its capital."""
    base, _, index = name.rpartition("_")
    known = base in arrays or (bool(base) and capital_of(base) in arrays)
    return index if known and len(index) <= _MOST_AXES and index.isalpha() and index.islower() else ""


def free_indices(
    roots: Iterable[s.Syntax], known: frozenset[str], wrt: Iterable[str] = (), letters: frozenset[str] = INDEX_LETTERS
) -> tuple[str, ...]:
    """The free indices of an expression or of the sides of an equation, in alphabetical order.

    ``known`` are declared names, which have no indices in them; ``wrt`` is what is differentiated
    by; ``letters`` may be indices.
    """
    sides = [_subscripts(root, known, letters) for root in roots]
    free = _free(_told(sides, {*wrt}))
    if len(sides) == 2 and any(side.by or any(len(one.free) > 1 for one in side.names) for side in sides):
        free |= _free(sides[0].names) & _free(sides[1].names)
    # A letter that a sum binds elsewhere stands outside of that sum by mistake.
    free = free.difference(*[side.bound for side in sides]).union(*[side.shown for side in sides])
    return tuple(sorted(free - known))


def _told(sides: list[_Subscripts], wrt: set[str]) -> list[_Subscript]:
    """The names whose letters are indices by what stands elsewhere: of summed arrays, of what is
    differentiated by, and Kronecker's."""
    found = [subscript for side in sides for subscript in side.names]
    summed = wrt | {subscript.base for subscript in found if subscript.bound}
    return [one for one in found if one.bound or one.base in summed or (one.base == "delta" and len(one.letters) == 2)]


def _free(names: Iterable[_Subscript]) -> frozenset[str]:
    """The letters of subscripts that no sum binds."""
    return frozenset().union(*[name.free for name in names])


def shows_indices(root: s.Syntax) -> bool:
    """Whether an expression has an index by which it could be an array: in square brackets each one
    must be bound."""
    found = _subscripts(root, frozenset(), INDEX_LETTERS)
    return not found.shown and any(one.free for one in found.names)


@record
class _Subscripts:
    """The names with subscripts, the letters that brackets or derivatives by entries show to be
    indices, and those that sums run over."""

    names: list[_Subscript]
    shown: set[str]
    bound: set[str]
    by: list[_Subscript]
    """The entries that something is differentiated by."""


def _subscripts(root: s.Syntax, known: frozenset[str], letters: frozenset[str]) -> _Subscripts:
    found = _Subscripts([], set(), set(), [])
    stack: list[tuple[s.Syntax, frozenset[str]]] = [(root, frozenset())]
    while stack:
        node, bound = stack.pop()
        inside: tuple[s.Syntax, ...] = parts(node)
        match node:
            case s.Name(name=name):
                found.names.extend(_subscripts_of({name} - known, bound, letters))
            case s.Entries(operand=s.Group(operand=body), positions=positions) if _makes_array(body, positions):
                bound, inside = bound.union(names_among(positions)), (body,)
            case s.Entries(positions=positions, operand=operand):
                found.shown.update((letters - bound).intersection(names_among(positions)))
                inside = (operand,)
            case s.DerivativeOf(wrt=names):
                by = _subscripts_of([name for name in names if name not in known], bound, letters)
                found.by.extend(by)
                found.shown.update(_free(by))
            case s.Summation(indices=indices):
                bound = bound.union(indices)
                found.bound.update(bound)
            case s.Applied(function="sum" | "tensor", arguments=(*_, body)):
                bound, inside = bound.union(bound_by(node)), (body,)
            case _:
                pass
        stack.extend((part, bound) for part in inside)
    return found


def _makes_array(body: s.Syntax, positions: tuple[s.Syntax, ...]) -> bool:
    """Whether positions behind brackets are indices of what stands in these: ``[x_i y_j]_ij`` is an
    array."""
    names = set(names_among(positions))
    return len(names) == len(positions) and names <= free_letters(body)


def _subscripts_of(names: Iterable[str], bound: frozenset[str], letters: frozenset[str]) -> list[_Subscript]:
    entries = [entry_of(name, letters | bound) for name in names]
    return [_Subscript(base, index, bound.intersection(index)) for base, index in entries if base]


def over(body: s.Syntax, indices: tuple[str, ...]) -> s.Syntax:
    """The array of the values of a scalar over indices, those that it has; what has none is the
    same for all of them."""
    if not indices or number_in(body) == 0:
        return body
    return s.Applied(body.span, "tensor", (*[s.Name(body.span, index) for index in indices], body), body.span)


@record
class Lifted:
    """The sides of an equation between entries, as arrays over ``indices``; a derivative by entries
    is one by the whole.

    ``by_axes``: of a derivative with more axes than a matrix has, where those of what is
        differentiated come first.
    """

    lead: s.Syntax
    claimed: s.Syntax
    indices: tuple[str, ...]
    by_axes: bool = False


def lifted(lead: s.Syntax, claimed: s.Syntax, indices: tuple[str, ...], layout: str, values: Container[str] = ()) -> Lifted:
    """Both sides over the free indices; of a derivative in the layout, the indices of the variable
    first where that is the denominator's.

    ``values`` are names with a value: by their entries a derivative is one within an expression,
    and so is one by an entry with an index of what is differentiated, ``∂y_i/∂x_i``. Raises
    ParseError for more indices than an array has.
    """
    made = _by_wholes(lead, claimed, indices, layout, values) if isinstance(lead, s.DerivativeOf) and lead.plain else None
    if made is None:
        made = Lifted(over(lead, indices), over(claimed, indices), indices)
    _check(made.indices, claimed.span)
    return made


def _by_wholes(
    lead: s.DerivativeOf, claimed: s.Syntax, indices: tuple[str, ...], layout: str, values: Container[str]
) -> Lifted | None:
    """A derivative by entries as one by whole arrays; None where it stands within an expression."""
    letters = frozenset(indices)
    above = tuple(filter(free_letters(lead.body, letters).__contains__, indices))
    below = tuple(filter(letters.__contains__, "".join([entry_of(name)[1] for name in lead.wrt])))
    whole = tuple([entry_of(name, letters)[0] or name for name in lead.wrt]) if below else lead.wrt
    by_axes = len(above) + len(below) > _MOST_AXES
    order = _order(above, below, "axes" if by_axes else layout, len(lead.wrt))
    if sorted(order) != sorted(letters) or (by_axes and any(name in values for name in whole)):
        return None
    return Lifted(replace(lead, body=over(lead.body, above), wrt=whole), over(claimed, order), order, by_axes)


def _order(above: tuple[str, ...], below: tuple[str, ...], layout: str, times: int) -> tuple[str, ...]:
    """The indices of a derivative in the order of its axes."""
    if layout == "denominator":
        return (*below, *above)
    turned = layout == "numerator" and not above and times == 1
    return below[::-1] if turned else (*above, *below)


def _check(indices: tuple[str, ...], place: Span) -> None:
    if len(indices) > _MOST_AXES_OF_ENTRIES:
        raise ParseError(
            f"an equation between entries has at most {_MOST_AXES_OF_ENTRIES} free indices",
            span=place,
            suggestion="[A*B]_ij = Σ_k A_ik B_kj",
        )


def free_letters(root: s.Syntax, letters: frozenset[str] = INDEX_LETTERS) -> set[str]:
    """The letters that stand as indices and that no sum binds."""
    found = _subscripts(root, frozenset(), letters)
    return found.shown | _free(found.names)


def members_given(assignment: tuple[s.Name, s.Syntax]) -> tuple[str, str]:
    """What stands before the indices and these, of a name that has a value for each index:
    ``r_i = y_i - w'x_i``; else empty."""
    name, value = assignment
    index = declared.index_of(name.name)
    return (name.name.rpartition("_")[0], index) if index and set(index) <= free_letters(value) else ("", "")


def bases_in(root: s.Syntax) -> set[str]:
    """What stands before indices."""
    return {one.base for one in _subscripts(root, frozenset(), INDEX_LETTERS).names}


@record
class Summed:
    """An equation with the sums that are meant, and the ``letters`` that they run over."""

    equation: s.Equation
    letters: tuple[str, ...]


def with_sums(equation: s.Equation, letters: frozenset[str], known: frozenset[str]) -> Summed | None:
    """The equation with a sum over the letters that stand twice in a product; None where it is not
    written so.

    ``letters`` may be indices, ``known`` are names that have none in them.
    """
    nodes = walk(equation)
    if any(map(_is_sum, nodes)):
        return None
    marked = _Marks(letters, known)
    try:
        counts = _counts(equation, marked)
    except _OtherwiseWritten:
        return None
    terms = [*_terms(equation.left), *_terms(equation.right)]
    sums = {node: _of_count(counts[node], _TWICE) for node in _whole_products(equation)}
    twice = frozenset().union(*sums.values())
    single = {_of_count(counts[term], 1) for term in terms if number_in(term) is None}  # 0 is equal to an array of any shape
    missing = set().union(*[twice - counts[term].keys() for term in terms])
    if missing.isdisjoint(_of_entries(nodes, marked)) or len(single) != 1 or twice & next(iter(single)):
        return None
    return Summed(_summed(equation, sums), tuple(sorted(twice)))


def _is_sum(node: s.Syntax) -> bool:
    return isinstance(node, s.Summation) or name_of(node) == "sum"


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
        return Counter("" if name in self.known else entry_of(name, self.letters)[1])

    def at(self, node: s.Entries) -> Counter[str]:
        """The letters in brackets behind an array."""
        return Counter([name for name in names_among(node.positions) if name in self.letters])


def _of_entries(nodes: list[s.Syntax], marks: _Marks) -> set[str]:
    """The letters in entries of two indices or more."""
    own = [marks.of(node.name) for node in nodes if isinstance(node, s.Name)]
    own += [marks.at(node) for node in nodes if isinstance(node, s.Entries)]
    return {letter for counts in own if counts.total() >= _TWICE for letter in counts}


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


def _of_count(counts: Counter[str], count: int) -> frozenset[str]:
    return frozenset([letter for letter, found in counts.items() if found == count])


def _counts(root: s.Syntax, marks: _Marks) -> Mapping[s.Syntax, Counter[str]]:
    """How often each letter stands in each node, those of its parts that are summed left out.
    Raises _OtherwiseWritten."""
    return bottom_up(reversed(walk(root)), lambda node, found: _count(node, found, marks))


def _count(node: s.Syntax, found: Mapping[s.Syntax, Counter[str]], marks: _Marks) -> Counter[str]:
    match node:
        case s.Name(name=name):
            return marks.of(name)
        case s.Entries(operand=operand):
            if not marks.at(node).keys().isdisjoint(_of_count(found[operand], 1)):
                raise _OtherwiseWritten  # [x_i y_j]_ij, the array of these entries
            return _added(marks.at(node), Counter(_of_count(found[operand], 1)))
        case s.Binary(operator="/", right=right) if found[right]:
            raise _OtherwiseWritten
        case s.Binary(operator=operator, left=left, right=right) if operator in _PRODUCTS:
            return _added(found[left], found[right])
        case s.DerivativeOf(body=body, wrt=names):
            return _added(Counter(_of_count(found[body], 1)), *[marks.of(name) for name in names])
        case s.Minus(operand=operand) | s.Group(operand=operand):
            return found[operand]
        case s.Equation():
            return Counter()
        case _:
            return _of_terms([_of_count(found[part], 1) for part in parts(node)], isinstance(node, s.Raised))


def _of_terms(below: list[frozenset[str]], raised: bool) -> Counter[str]:
    """The letters of what has such parts, which are the same in all of them."""
    if any(below) and (raised or len(set(below)) > 1):
        raise _OtherwiseWritten  # x_i², and sums whose terms have other indices
    return Counter(below[0] if below else ())


def _added(*counts: Counter[str]) -> Counter[str]:
    total = sum(counts, Counter[str]())
    if any(count > _TWICE for count in total.values()):
        raise _OtherwiseWritten
    return total


def _summed(equation: s.Equation, sums: dict[s.Syntax, frozenset[str]]) -> s.Equation:
    """The equation with sums over letters around its products."""
    by_span = {(type(node), node.span): tuple(sorted(letters)) for node, letters in sums.items()}

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


# ---------------------------------------------------------------- arrays by their entries


def as_array(node: s.Entries, scope: Scope) -> s.Syntax:
    """The array that is meant where the positions behind brackets are indices of what stands in
    them, as in ``[x_i y_j]_{i,j}``; else the node itself."""
    if not isinstance(node.operand, s.Group):
        return node
    names = names_among(node.positions)
    bound = any(scope.bound_index(name) or name in scope.declarations for name in names)
    if bound or len(names) < len(node.positions) or not set(names) <= _indices_in(node.operand.operand):
        return node
    return s.Applied(node.span, "tensor", (*node.positions, node.operand), node.span)


def _indices_in(body: s.Syntax) -> set[str]:
    """Single letters that stand as an index somewhere in the body."""
    nodes = walk(body)
    spend(len(nodes) >> 4)
    found = {letter for name in names_among(nodes) for letter in name.partition("_")[2]}
    return found.union(*[names_among(node.positions) for node in nodes if isinstance(node, s.Entries)])
