"""Sizes under inference: known polynomials and unknowns, joined by unification, with products,
sums, differences and the smaller of two between them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import partial, reduce
from operator import add, mul
from typing import TypeAlias

from matcalc.base.budgets import spend
from matcalc.base.records import grouped, record
from matcalc.base.sizes import ONE, ZERO, Least, Size, names_in, smaller


class Unknown:
    """A size to be found. ``value`` points to what it was joined with."""

    __slots__ = ("value",)

    def __init__(self) -> None:
        self.value: Dimension | None = None


Dimension: TypeAlias = Size | Unknown


Operation: TypeAlias = Callable[[Size, Size], Size]
"""``mul``, ``add``, ``sub``, ``smaller``, or a part of a size."""


class SizeClash(Exception):
    """Two different known sizes were to be equal."""

    def __init__(self, left: Size, right: Size) -> None:
        self.left, self.right = left, right


def composed_name(clash: SizeClash) -> tuple[str, Size] | None:
    """The name that is one of two sizes, where the other is composed of other names, and what it
    would have to be; None where neither is so.

    >>> n, m, k = map(Size.of, "nmk")
    >>> [str(part) for part in composed_name(SizeClash(k, m + n)) or ()], composed_name(SizeClash(k, n)), composed_name(SizeClash(n, n + m))
    (['k', 'm+n'], None, None)
    """
    for one, other in ((clash.left, clash.right), (clash.right, clash.left)):
        if len(one.terms) == len(one.names) == one.degree == 1 and other.names and one.names[0] not in other.names:
            size = other.divided(Size((((), one.terms[0][1]),)))
            if size is not None and size.name is None and size.can_be_positive:
                return one.names[0], size
    return None


def resolved(dimension: Dimension) -> Dimension:
    """What the dimension stands for now; paths are shortened on the way."""
    if not isinstance(dimension, Unknown) or dimension.value is None:
        return dimension
    root = dimension.value
    while isinstance(root, Unknown) and root.value is not None:
        root = root.value
    while isinstance(dimension, Unknown) and dimension.value is not None:
        dimension.value, dimension = root, dimension.value
    return root


def unify(left: Dimension, right: Dimension) -> None:
    """Makes two dimensions one.

    Raises SizeClash when both are known and differ.
    """
    left, right = resolved(left), resolved(right)
    if left is right:
        return
    if isinstance(left, Unknown):
        left.value = right
    elif isinstance(right, Unknown):
        right.value = left
    elif left != right:
        raise SizeClash(left, right)


@record(eq=False)
class Relation:
    """``whole`` is ``left`` and ``right`` under an operation; of an index of ``vec`` or ``kron``,
    which is a product, ``left`` is the size of its slow part, ``right`` of its fast part."""

    operation: Operation
    whole: Dimension
    left: Dimension
    right: Dimension

    @property
    def factors(self) -> tuple[Size | Unknown, Size | Unknown]:
        """What is known of the two parts."""
        return resolved(self.left), resolved(self.right)

    def solve(self) -> bool:
        """Finds what follows from this relation alone; True when nothing more can.

        Raises SizeClash when it cannot be.
        """
        left, right = self.factors
        if isinstance(left, Size) and isinstance(right, Size):
            unify(self.whole, self.operation(left, right))
            return True
        telling = left is right or ONE in (left, right) or isinstance(resolved(self.whole), Size)
        if telling:
            solve_together([self])
        return telling and self.is_met

    @property
    def is_met(self) -> bool:
        """Whether its sizes, as far as they are known, are as it says."""
        names = _Names()
        return names.size(self.whole) is self.operation(names.size(self.left), names.size(self.right))

    @property
    def unknowns(self) -> set[Unknown]:
        """The sizes in it that are not known."""
        return {root for size in (self.whole, self.left, self.right) if isinstance(root := resolved(size), Unknown)}


class _Names:
    """Names for unknowns, so that they can stand in polynomials."""

    def __init__(self) -> None:
        self.unknowns: dict[str, Unknown] = {}
        self._given: dict[Unknown, Size] = {}

    def size(self, dimension: Dimension) -> Size:
        root = resolved(dimension)
        if isinstance(root, Size):
            return root
        if root not in self._given:
            name = f"?{len(self._given) + 1}"
            self._given[root], self.unknowns[name] = Size.of(name), root
        return self._given[root]


def _part(whole: Size, number: Size) -> Size:
    """What a known number of times is the whole."""
    assert number.number is not None
    return whole.over(number.number)


def solve_together(relations: Sequence[Relation]) -> bool:
    """Unifies what follows from relations together; whether anything does. Raises SizeClash."""
    names = _Names()
    wholes = [
        names.size(relation.whole) for relation in relations
    ]  # first: they are found from the parts, not the parts from them
    pairs = [(whole, one.operation(names.size(one.left), names.size(one.right))) for whole, one in zip(wholes, relations)]
    found = False
    for name, size in most_general(pairs, tuple(names.unknowns)).items():
        if size.name in names.unknowns or names.unknowns.keys().isdisjoint(size.names):
            unify(names.unknowns[name], names.unknowns.get(size.text, size))
            found = True
    return found


def most_general(pairs: Iterable[tuple[Size, Size]], unknown: Sequence[str]) -> dict[str, Size]:
    """What unknown names stand for so that both of each pair are one, as generally as can be; pairs
    that no unknown can be found from are left out. The first of ``unknown`` are found from the
    others where there is a choice.

    >>> n, u, v = Size.of("n"), Size.of("u"), Size.of("v")
    >>> [str(size) for size in most_general([(u + ONE, n), (u + v, n * n)], ("u", "v")).values()]
    ['n-1', 'n*n-n+1']

    Raises SizeClash where they cannot be one.
    """
    found: dict[str, Size] = {}
    waiting = list(pairs)
    while True:
        spend(1 + len(waiting) // 10)
        left = []
        for one, other in waiting:
            pair = one.replaced(found), other.replaced(found)
            solution = _solution(*pair, unknown)
            if solution is None:
                left += [pair] if pair[0] is not pair[1] else []
                continue
            name, size = solution
            if not size.can_be_positive:
                raise SizeClash(*pair)
            found = {known: value.replaced({name: size}) for known, value in found.items()} | {name: size}
        if len(left) == len(waiting) or not left:
            return found
        waiting = left


def _solution(one: Size, other: Size, unknown: Sequence[str]) -> tuple[str, Size] | None:
    """An unknown name and what it stands for, so that two sizes are one; None where they are, or
    none can be told. Raises SizeClash."""
    difference = (one - other).primitive
    open_names = [name for name in unknown if name in difference.names]
    if not open_names and difference is not ZERO:
        raise SizeClash(one, other)
    within = names_in(difference.least)
    for name in [name for name in open_names if name not in within]:
        parts = difference.by_power(name)
        power = max(parts)
        if parts.keys() > {0, power}:
            if (found := _positive_root(parts)) is not None:
                return name, found
            continue
        rest, factor = ZERO - parts.get(0, ZERO), parts[power]
        root = rest.divided(factor)
        if root is not None and power > 1:
            root = root.root(power)
        if root is not None:
            return name, root
        if power == 1 and len(open_names) == 1:
            negative = factor.terms[0][1] < 0
            raise SizeClash(ZERO - rest if negative else rest, ZERO - factor if negative else factor)
    return None


def _positive_root(parts: Mapping[int, Size]) -> Size | None:
    """What a name is of which the square and the first power, times these parts, and the part
    without it are 0 together; None unless there is one such size, and there are all three parts.

    >>> n = Size.of("n")
    >>> str(_positive_root({2: ONE, 1: ONE, 0: ZERO - n * n - n}))
    'n'
    """
    if parts.keys() != {0, 1, 2}:
        return None
    a, b, c = parts[2], parts[1], parts[0]
    half = (b * b - Size.of(4) * a * c).root(2)
    found = [] if half is None else [(one - b).divided(a + a) for one in (half, ZERO - half)]
    positive = [one for one in found if one is not None and one.can_be_positive]
    return positive[0] if len(positive) == 1 else None


class SizeSystem:
    """The relations between sizes that are not solved yet. ``final``: sizes still unknown will stay
    so, and differ from all others."""

    def __init__(self) -> None:
        self.final = False
        self._relations: list[Relation] = []
        self._solved: list[Relation] = []
        self._cuts: list[tuple[Dimension, tuple[Dimension, ...]]] = []
        self.paired_cuts = False
        """Whether axes that are cut into parts were taken to be cut at the same places."""

    def cut(self, whole: Dimension, parts: tuple[Dimension, ...]) -> None:
        """Says that an axis is made of these, one behind the other."""
        unify(whole, reduce(partial(self.composed, add), parts))
        if len(parts) > 1:
            self._cuts.append((whole, parts))

    def pair_cuts(self) -> None:
        """Axes of one size that are cut into as many parts are cut at the same places, if nothing
        else is known of these: so ``[A B; C D]`` with an inverse has square blocks on its
        diagonal, and ``[x; y]`` beside it the parts that fit its blocks."""
        for place, (whole, parts) in enumerate(self._cuts):
            for other, others in self._cuts[:place]:
                pairs = [(one, two) for one, two in zip(parts, others) if resolved(one) is not resolved(two)]
                if resolved(whole) is resolved(other) and len(parts) == len(others) and pairs:
                    self.paired_cuts = self.attempt(pairs, among=()) or self.paired_cuts

    def product(self, left: Dimension, right: Dimension) -> Dimension:
        """The size ``left * right``, perhaps unknown until its factors are found."""
        return self.composed(mul, left, right)

    def composed(self, operation: Operation, left: Dimension, right: Dimension) -> Dimension:
        """A product, sum or difference of sizes, perhaps unknown until its parts are found."""
        result = Unknown()
        relation = Relation(operation, result, left, right)
        (self._solved if relation.solve() else self._relations).append(relation)
        return result

    def _value(self, name: str, values: Mapping[str, Dimension]) -> Dimension:
        if isinstance(name, Least):
            return reduce(partial(self.composed, smaller), [self.polynomial(one, values) for one in name.of])
        return values.get(name, Size.of(name))

    def polynomial(self, size: Size, values: Mapping[str, Dimension]) -> Dimension:
        """A size of which the names have these values, perhaps unknown until they are found."""
        if size.name is not None:
            return values.get(size.name, size)
        found = {name: value for name in size.names if isinstance(value := resolved(values.get(name, Size.of(name))), Size)}
        if len(found) == len(size.names):
            return size.replaced(found)
        number = Size.of(size.denominator)
        terms = [
            reduce(
                self.product,
                [
                    *([] if factor == 1 and names else [Size((((), factor),))]),
                    *[self._value(name, values) for name in names],
                ],
            )
            for names, factor in (size * number).terms
        ]
        whole = reduce(partial(self.composed, add), terms)
        return whole if number is ONE else self.composed(_part, whole, number)

    @property
    def waits(self) -> bool:
        """Whether some relations are not solved yet."""
        return bool(self._relations)

    def is_composed(self, root: Unknown) -> bool:
        """Whether the unknown is to be found as the product, sum or difference of other sizes."""
        return any(resolved(relation.whole) is root for relation in self._relations)

    def made_from(self, root: Unknown) -> Unknown:
        """The size to be named where this one is: what a part of a whole is made from, ``n`` for
        ``n*(n+1)/2``, else itself."""
        halved = False
        while (relation := next((one for one in self._relations if resolved(one.whole) is root), None)) is not None:
            unknown = next((part for part in relation.factors if isinstance(part, Unknown)), None)
            halved = halved or relation.operation is _part
            if unknown is None or not halved:
                break
            root = unknown
        return root

    def _product(self, root: Dimension) -> Relation | None:
        found = (relation for relation in self._relations if relation.operation is mul and resolved(relation.whole) is root)
        return next(found, None) if isinstance(root, Unknown) else None

    def factorwise(self, left: Dimension, right: Dimension) -> list[tuple[Dimension, Dimension]]:
        """The pairs to join so that two sizes are one: of two unknown products the slow factors and
        the fast ones. None where only one is to be found as a product: it follows from its factors,
        which meet elsewhere, as those of ``kron(x, eye(n))``."""
        one, other = self._product(resolved(left)), self._product(resolved(right))
        if one is None and other is None:
            return [(left, right)]
        return [(one.left, other.left), (one.right, other.right)] if one is not None and other is not None else []

    def attempt(
        self, pairs: Iterable[tuple[Dimension, Dimension]], among: Iterable[Dimension], accept: Callable[[], bool] = lambda: True
    ) -> bool:
        """Joins all pairs and solves, or leaves everything as it was; ``among`` are the sizes that
        this may change.

        ``accept`` is asked when they are joined, and may refuse.
        """
        unknown = [part for size in among for part in _chain(size)]
        for relation in (*self._relations, *self._solved):
            unknown += [part for size in (relation.whole, relation.left, relation.right) for part in _chain(size)]
        spend(1 + len(unknown) // 10)
        before = [(part, part.value) for part in unknown]
        relations, solved = list(self._relations), list(self._solved)
        try:
            for left, right in pairs:
                unify(left, right)
            self.solve()
            accepted = accept()
        except SizeClash:
            accepted = False
        if not accepted:
            for part, value in before:
                part.value = value
            self._relations, self._solved = relations, solved
        return accepted

    def pair_up(self) -> None:
        """Equal products of sizes about which nothing else is known have equal factors.

        So X and Y get one shape in ``vec(X)'*vec(Y)``, and X that of ``B*X*A'`` in
        ``kron(A, B)*vec(X)``.
        """
        alike = self._by_product()
        for relation in [one for one in self._relations if one.operation is mul]:
            if all(isinstance(factor, Unknown) for factor in relation.factors):
                product = resolved(relation.whole)
                for other in alike.get(product, ()):
                    # That an open size is the product of itself and one says nothing.
                    telling = isinstance(product, Size) or ONE not in other.factors
                    if other is not relation and telling:
                        self.attempt([(relation.left, other.left), (relation.right, other.right)], among=())
                        alike = self._by_product()
                        break

    def _by_product(self) -> dict[Dimension, list[Relation]]:
        spend(1 + (len(self._solved) + len(self._relations)) // 10)
        products = (one for one in (*self._solved, *self._relations) if one.operation is mul)
        return grouped((resolved(one.whole), one) for one in products)

    def solve(self) -> bool:
        """Solves relations until nothing changes; whether anything changed.

        Raises SizeClash.
        """
        changed = False
        while self._relations:
            spend(1 + len(self._relations) // 10)
            left: list[Relation] = []
            for relation in self._relations:
                (self._solved if relation.solve() else left).append(relation)
            alone = len(left) < len(self._relations)
            self._relations = left
            if not alone and not solve_together(self._tied()):
                break
            changed = True
        return changed

    def _tied(self) -> list[Relation]:
        """The relations that may say something together: each of the others only says what a size
        is that stands in no other."""
        tied = self._relations
        while True:
            counts: Counter[Dimension] = Counter([root for relation in tied for root in relation.unknowns])
            left = [relation for relation in tied if counts[resolved(relation.whole)] != 1]
            if len(left) == len(tied):
                return left
            tied = left


def _chain(dimension: Dimension) -> list[Unknown]:
    """The unknowns between a dimension and what it stands for."""
    found: list[Unknown] = []
    current: Dimension | None = dimension
    while isinstance(current, Unknown):
        found.append(current)
        current = current.value
    return found
