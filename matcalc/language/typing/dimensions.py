"""Sizes under inference: known monomials and unknowns, joined by unification, with products between them."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from math import isqrt
from typing import TypeAlias

from matcalc.base.budgets import spend
from matcalc.base.records import record
from matcalc.base.sizes import ONE, Size


class Unknown:
    """A size to be found. ``value`` points to what it was joined with."""

    __slots__ = ("value",)

    def __init__(self) -> None:
        self.value: Dimension | None = None


Dimension: TypeAlias = Size | Unknown


class SizeClash(Exception):
    """Two different known sizes were to be equal."""

    def __init__(self, left: Size, right: Size) -> None:
        super().__init__()
        self.left, self.right = left, right


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
class SizeProduct:
    """``product = left * right``; of an index of ``vec`` or ``kron``, ``left`` is the size of its slow part, ``right`` of its fast part."""

    product: Dimension
    left: Dimension
    right: Dimension

    @property
    def factors(self) -> tuple[Size | Unknown, Size | Unknown]:
        """What is known of the two factors."""
        return resolved(self.left), resolved(self.right)

    def solve(self) -> bool:
        """Finds the third size from two known ones; True when done.

        Raises SizeClash when that is impossible.
        """
        product, left, right = resolved(self.product), resolved(self.left), resolved(self.right)
        if isinstance(left, Size) and isinstance(right, Size):
            unify(product, left * right)
            return True
        if left == ONE or right == ONE:
            unify(product, right if left == ONE else left)
            return True
        if isinstance(product, Size) and left is right:
            root = square_root(product)
            if root is not None:
                unify(left, root)
            return root is not None
        if isinstance(product, Size) and (isinstance(left, Size) or isinstance(right, Size)):
            known, sought = (left, right) if isinstance(left, Size) else (right, left)
            assert isinstance(known, Size)
            unify(sought, divided(product, known))
            return True
        return False


class SizeSystem:
    """The products between sizes that are not solved yet. ``final``: sizes still unknown will stay so, and differ from all others."""

    def __init__(self) -> None:
        self.final = False
        self._products: list[SizeProduct] = []
        self._solved: list[SizeProduct] = []

    def product(self, left: Dimension, right: Dimension) -> Dimension:
        """The size ``left * right``, perhaps unknown until its factors are found."""
        result = Unknown()
        relation = SizeProduct(result, left, right)
        (self._solved if relation.solve() else self._products).append(relation)
        return result

    @property
    def waits(self) -> bool:
        """Whether some products are not solved yet."""
        return bool(self._products)

    def is_product(self, root: Unknown) -> bool:
        """Whether the unknown is to be found as the product of other sizes."""
        return self._product(root) is not None

    def _product(self, root: Dimension) -> SizeProduct | None:
        found = (relation for relation in self._products if resolved(relation.product) is root)
        return next(found, None) if isinstance(root, Unknown) else None

    def factorwise(self, left: Dimension, right: Dimension) -> list[tuple[Dimension, Dimension]]:
        """The pairs to join so that two sizes are one: of two unknown products the slow factors and the fast ones. None where only one
        is to be found as a product: it follows from its factors, which meet elsewhere, as those of ``kron(x, eye(n))``."""
        one, other = self._product(resolved(left)), self._product(resolved(right))
        if one is None and other is None:
            return [(left, right)]
        return [(one.left, other.left), (one.right, other.right)] if one is not None and other is not None else []

    def attempt(
        self, pairs: Iterable[tuple[Dimension, Dimension]], among: Iterable[Dimension], accept: Callable[[], bool] = lambda: True
    ) -> bool:
        """Joins all pairs and solves, or leaves everything as it was; ``among`` are the sizes that this may change.

        ``accept`` is asked when they are joined, and may refuse.
        """
        unknown = [part for size in among for part in _chain(size)]
        for relation in (*self._products, *self._solved):
            unknown += [part for size in (relation.product, relation.left, relation.right) for part in _chain(size)]
        spend(1 + len(unknown) // 10)
        before = [(part, part.value) for part in unknown]
        products, solved = list(self._products), list(self._solved)
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
            self._products, self._solved = products, solved
        return accepted

    def pair_up(self) -> None:
        """Equal products of sizes about which nothing else is known have equal factors.

        So X and Y get one shape in ``vec(X)'*vec(Y)``, and X that of ``B*X*A'`` in ``kron(A, B)*vec(X)``.
        """
        alike = self._by_product()
        for relation in list(self._products):
            if all(isinstance(factor, Unknown) for factor in relation.factors):
                product = resolved(relation.product)
                for other in alike.get(product, ()):
                    # That an open size is the product of itself and one says nothing.
                    telling = isinstance(product, Size) or ONE not in other.factors
                    if other is not relation and telling:
                        self.attempt([(relation.left, other.left), (relation.right, other.right)], among=())
                        alike = self._by_product()
                        break

    def _by_product(self) -> dict[Dimension, list[SizeProduct]]:
        spend(1 + (len(self._solved) + len(self._products)) // 10)
        found: dict[Dimension, list[SizeProduct]] = {}
        for relation in (*self._solved, *self._products):
            found.setdefault(resolved(relation.product), []).append(relation)
        return found

    def solve(self) -> bool:
        """Solves products until nothing changes; whether anything changed.

        Raises SizeClash.
        """
        changed = False
        if not self._products:
            return changed
        while True:
            spend(1 + len(self._products) // 10)
            left: list[SizeProduct] = []
            for relation in self._products:
                (self._solved if relation.solve() else left).append(relation)
            if len(left) == len(self._products):
                return changed
            self._products = left
            changed = True


def _chain(dimension: Dimension) -> list[Unknown]:
    """The unknowns between a dimension and what it stands for."""
    found: list[Unknown] = []
    current: Dimension | None = dimension
    while isinstance(current, Unknown):
        found.append(current)
        current = current.value
    return found


def square_root(product: Size) -> Size | None:
    """The size whose square is ``product``; None when it cannot be named."""
    root = Size(product.names[::2], isqrt(product.factor))
    return root if root * root == product else None


def divided(product: Size, factor: Size) -> Size:
    """The size whose product with ``factor`` is ``product``.

    Raises SizeClash when there is none.
    """
    names = list(product.names)
    for name in factor.names:
        if name not in names:
            raise SizeClash(product, factor)
        names.remove(name)
    if product.factor % factor.factor:
        raise SizeClash(product, factor)
    return Size(tuple(names), product.factor // factor.factor)
