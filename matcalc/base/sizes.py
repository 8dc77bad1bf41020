"""Symbolic sizes, polynomials such as ``n``, ``3``, ``2*m*n``, ``n+1``, ``m-n`` or ``n*(n+1)/2``,
in which the least of several sizes stands as a name does, ``min(m,n)``."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from fractions import Fraction
from functools import lru_cache, reduce
from itertools import product
from math import gcd, lcm, prod
from operator import and_, mul
from typing import TypeAlias

from matcalc.base.errors import LimitError, ShapeError
from matcalc.base.lazy import pattern
from matcalc.base.records import computed, interned

_MOST_TERMS = 100
_MOST_CHANGES = 1000
_MOST_POINTS = 1000
"""At which it is tried whether a size with fractions is an integer."""
Factor: TypeAlias = int | Fraction
"""A number; an ``int`` where it is whole."""
Term: TypeAlias = tuple[tuple[str, ...], Factor]
"""The names of a product (sorted, repeated names allowed; a ``Least`` is one) and the factor before
it."""


class Least(str):
    """What stands for the least of several sizes among the names of a product; as a text it is
    their name. Only ``smaller`` makes them, so that equal ones have equal texts."""

    __slots__ = ("of",)
    of: tuple[Size, ...]

    def __new__(cls, *of: Size) -> Least:
        made = super().__new__(cls, _least_text(of, str))
        made.of = of
        return made

    def __getnewargs__(self) -> tuple[Size, ...]:  # type: ignore[override]  # a str says its own text there
        return self.of


@interned
class Size:
    """A sum of ``terms``, those of many factors first. Equal sizes are one object.

    A size is the length of one axis, so at least one; as numbers that sizes are reckoned with, zero
    and less occur too. Factors may be fractions where the whole is an integer for all integers.

    >>> n, m = Size.of("n"), Size.of("m")
    >>> str(m * n + n - n), str(Size.of(2) * n - ONE), str(m - n), str((n + ONE) * (n - ONE))
    ('m*n', '2*n-1', 'm-n', 'n*n-1')
    >>> half = (n * n + n).divided(Size.of(2))
    >>> str(half), str(half + m), half.value({"n": 3}), half + half is n * n + n
    ('n*(n+1)/2', 'm+n*(n+1)/2', 6, True)
    >>> (n + ONE) * m is m * n + m
    True
    """

    text: str = computed()
    names: tuple[str, ...] = computed()
    terms: tuple[Term, ...] = ()

    def __post_init__(self) -> None:
        names = self.terms[0][0] if len(self.terms) == 1 else tuple(sorted([name for names, _ in self.terms for name in names]))
        if any(isinstance(name, Least) for name in names):
            names = tuple([inner for name in names for inner in (names_in(name.of) if isinstance(name, Least) else (name,))])
        single = self.terms == ((names, 1),) and len(names) == 1
        object.__setattr__(self, "names", names if single else tuple(dict.fromkeys(names)))
        object.__setattr__(self, "text", names[0] if single else self.spelled(str))

    @staticmethod
    def of(value: int | str) -> Size:
        """A number or a single name as a size.

        >>> str(Size.of("n")), str(Size.of(3))
        ('n', '3')
        """
        return Size((((), value),)) if isinstance(value, int) else Size((((value,), 1),))

    def __mul__(self, other: Size) -> Size:
        if other is ONE or self is ONE:
            return self if other is ONE else other
        if len(self.terms) == len(other.terms) == 1:
            ((a, k),), ((b, j),) = self.terms, other.terms
            return Size(((_joined(a, b), _whole(k * j)),))
        return _summed([(_joined(a, b), k * j) for a, k in self.terms for b, j in other.terms])

    def __add__(self, other: Size) -> Size:
        return _summed([*self.terms, *other.terms])

    def __sub__(self, other: Size) -> Size:
        return _summed([*self.terms, *((names, -factor) for names, factor in other.terms)])

    def divided(self, other: Size) -> Size | None:
        """What times ``other`` gives this size; None when nothing does, or no integer.

        >>> m, n = Size.of("m"), Size.of("n")
        >>> str((Size.of(2) * m * n).divided(n)), str((m * n + m).divided(n + ONE)), (n + ONE).divided(n)
        ('2*m', 'm', None)
        >>> str((n * n - n).divided(Size.of(2))), n.divided(Size.of(2))
        ('n*(n-1)/2', None)
        """
        rest, found = self, []
        while rest.terms:
            part = _quotient(rest.terms[0], other.terms[0])
            if part is None:
                return None
            found.append(part)
            rest = rest - Size((part,)) * other
        quotient = _summed(found)
        return quotient if quotient.is_whole else None

    @property
    def is_whole(self) -> bool:
        """Whether it is an integer whatever integers its names are. A polynomial is, when it is at
        as many neighbouring integers as its degree needs."""
        if all(type(factor) is int for _, factor in self.terms):
            return True
        letters = tuple(dict.fromkeys([name for names, _ in self.terms for name in names]))  # the least of sizes is one
        degrees = [max(names.count(name) for names, _ in self.terms) for name in letters]
        if prod([degree + 1 for degree in degrees]) > _MOST_POINTS:
            return False
        points = [dict(zip(letters, point)) for point in product(*[range(degree + 1) for degree in degrees])]
        return all(
            sum([factor * prod([point[name] for name in names]) for names, factor in self.terms]).denominator == 1
            for point in points
        )

    def over(self, number: int) -> Size:
        """A part of the size, which need not be an integer."""
        return _summed([(names, Fraction(factor) / number) for names, factor in self.terms])

    @property
    def denominator(self) -> int:
        """The least number times which the size has no fractions."""
        return lcm(*[factor.denominator for _, factor in self.terms])

    @property
    def primitive(self) -> Size:
        """The size without what all its terms have in common, fractions among it.

        >>> m, n = Size.of("m"), Size.of("n")
        >>> str((Size.of(4) * m * n - Size.of(6) * n).primitive), str((n * n + n).divided(Size.of(2)).primitive)
        ('2*m-3', 'n+1')
        """
        if not self.terms:
            return self
        names = reduce(and_, [Counter(names) for names, _ in self.terms])
        whole = self if self.denominator == 1 else self * Size.of(self.denominator)
        shared = Size(((tuple(sorted(names.elements())), gcd(*[factor.numerator for _, factor in whole.terms])),))
        return whole.divided(shared) or whole

    def root(self, power: int) -> Size | None:
        """The size whose power this is, its first term positive; None when there is none.

        >>> m, n = Size.of("m"), Size.of("n")
        >>> str((Size.of(4) * m * m).root(2)), str((m * m + Size.of(2) * m * n + n * n).root(2)), (m * m + ONE).root(2)
        ('2*m', 'm+n', None)
        """
        if not self.terms or self.terms[0][1] < 1:
            return None
        names, factor = self.terms[0]
        root = Size(((names[::power], round(factor ** (1 / power))),))
        leading = reduce(mul, [root] * (power - 1), Size.of(power))
        rest = self - reduce(mul, [root] * power)
        for _ in self.terms:
            # What is left begins with the next term of the root, times the power of the first one.
            part = _quotient(rest.terms[0], leading.terms[0]) if rest.terms else None
            if part is None or _in_order(part) <= _in_order(root.terms[-1]):
                break
            root = root + Size((part,))
            rest = self - reduce(mul, [root] * power)
        return root if rest is ZERO and root.is_whole else None

    @property
    def number(self) -> int | None:
        """The value when no name is involved."""
        return None if self.names else int(sum([factor for _, factor in self.terms]))

    @property
    def is_product(self) -> bool:
        """Whether it is a product of names and a number, which is 1 or more for all names."""
        return len(self.terms) == 1 and self.terms[0][1] >= 1 and all(size.is_product for size in self.least)

    @property
    def can_be_positive(self) -> bool:
        """Whether it is 1 or more for some names, which are 1 or more; what is never so is no size.

        >>> n, m = Size.of("n"), Size.of("m")
        >>> (n - m).can_be_positive, (n - n).can_be_positive, (ONE - n).can_be_positive, (Size.of(2) - n).can_be_positive
        (True, False, False, True)
        """
        falls = all(factor < 0 for names, factor in self.terms if names)
        return not falls or sum([factor for _, factor in self.terms]) > 0

    @property
    def name(self) -> str | None:
        """The name that is the whole size."""
        return self.text if len(self.names) == 1 and self.terms == ((self.names, 1),) else None

    @property
    def degree(self) -> int:
        """How many names are multiplied in its longest product."""
        return max([len(names) for names, _ in self.terms], default=0)

    def value(self, sizes: Mapping[str, int]) -> int:
        """The number this size stands for, given a number for each name."""
        value = self._at(sizes)
        assert value.denominator == 1, self.text
        return value.numerator

    def _at(self, sizes: Mapping[str, int]) -> Factor:
        value: Factor = 0
        for names, factor in self.terms:
            for name in names:
                factor *= _number(name, sizes)
            value += factor
        return value

    def replaced(self, sizes: Mapping[str, Size]) -> Size:
        """The size with other sizes in place of named ones.

        >>> str((Size.of("m") * Size.of("n")).replaced({"m": Size.of("n") + ONE}))
        'n*n+n'
        """
        if sizes.keys().isdisjoint(self.names):
            return self
        parts = [reduce(mul, [_put_into(name, sizes) for name in names], Size((((), factor),))) for names, factor in self.terms]
        return _summed([term for part in parts for term in part.terms])

    def by_power(self, name: str) -> dict[int, Size]:
        """What each power of a name is multiplied by, the sum over which the size is.

        >>> {power: str(size) for power, size in (Size.of("n") * Size.of("m") + ONE).by_power("n").items()}
        {1: 'm', 0: '1'}
        """
        found: dict[int, list[Term]] = {}
        for names, factor in self.terms:
            found.setdefault(names.count(name), []).append((tuple([other for other in names if other != name]), factor))
        return {power: _summed(terms) for power, terms in found.items()}

    def solvable(self, name: str) -> bool:
        """Whether a name can be found from the size and the other names: it has one power only, or
        besides its square it has its first power, and the size grows with it; and it does not stand
        in the least of several sizes.

        >>> n = Size.of("n")
        >>> (n * n).solvable("n"), (n * n - n).solvable("n"), (n * n - Size.of(5) * n).solvable("n")
        (True, True, False)
        """
        powers = self.by_power(name)
        if name in names_in(self.least):
            return False
        if len(powers.keys() - {0}) == 1:
            return True
        if powers.keys() - {0} != {1, 2}:
            return False
        slope = powers[1] + powers[2] + powers[2]  # at 1; the square makes it larger
        return all(factor > 0 for size in (slope, powers[2]) for _, factor in size.terms)

    @property
    def least(self) -> tuple[Size, ...]:
        """The sizes of which it has the least."""
        return tuple([size for names, _ in self.terms for name in names if isinstance(name, Least) for size in name.of])

    @property
    def in_writing(self) -> Sequence[Term]:
        """The terms in the order in which they are written: one without a minus sign first."""
        return _in_writing(self.terms)

    def spelled(self, spell: Callable[[str], str], times: str = "*", gap: str = "", over: str = "/", least: str = "min") -> str:
        """The size as text, each name spelled by a function; ``gap`` stands around plus and minus,
        ``over`` before a divisor, ``least`` before the sizes of which one is the least. The terms
        with fractions stand last, as one quotient."""

        def spell_in(name: str) -> str:
            return _least_text(name.of, spell, times, gap, over, least) if isinstance(name, Least) else spell(name)

        number = self.denominator
        if number == 1:
            return "".join(_spelled(self.in_writing, spell_in, times, gap)) or "0"
        above = [(names, _whole(factor * number)) for names, factor in self.terms if factor.denominator != 1]
        shared = reduce(and_, [Counter(names) for names, _ in above]) if len(above) > 1 else Counter[str]()
        rest = [(tuple(sorted((Counter(names) - shared).elements())), factor) for names, factor in above]
        inside = "".join(_spelled(_in_writing(rest), spell_in, times, gap))
        factors = [*map(spell_in, sorted(shared.elements())), f"({inside})" if len(above) > 1 else inside]
        quotient = f"{times.join(factors)}{over}{number}"
        parts = _spelled(_in_writing([term for term in self.terms if term[1].denominator == 1]), spell_in, times, gap)
        if parts and parts[0].startswith("-"):
            return "".join([quotient, f"{gap}-{gap}", parts[0][1:], *parts[1:]])
        return "".join([*parts, f"{gap}+{gap}" * bool(parts), quotient])

    def __lt__(self, other: Size) -> bool:
        return self.terms < other.terms

    def __str__(self) -> str:
        return self.text


def _in_writing(terms: Sequence[Term]) -> Sequence[Term]:
    first = next((term for term in terms if term[1] > 0), None)
    return terms if first is None else (first, *[term for term in terms if term is not first])


def _spelled(terms: Iterable[Term], spell: Callable[[str], str], times: str, gap: str) -> list[str]:
    parts: list[str] = []
    for names, factor in terms:
        sign = f"{gap}{'-' if factor < 0 else '+'}{gap}" if parts else "-" * (factor < 0)
        parts.append(sign + times.join([str(abs(factor))] * (abs(factor) != 1 or not names) + [spell(name) for name in names]))
    return parts


def _whole(factor: Factor) -> Factor:
    return factor.numerator if factor.denominator == 1 else factor


def _joined(one: tuple[str, ...], other: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(sorted(one + other)) if one and other else one or other


def _summed(terms: Iterable[Term]) -> Size:
    return _collected(tuple(terms))


@lru_cache(maxsize=1024)
def _collected(terms: tuple[Term, ...]) -> Size:
    """Kept, because solving for sizes adds the same few again and again."""
    found: dict[tuple[str, ...], Factor] = {}
    for names, factor in terms:
        found[names] = found.get(names, 0) + factor
    kept = [(names, factor if type(factor) is int else _whole(factor)) for names, factor in found.items() if factor]
    if len(kept) > _MOST_TERMS:
        raise LimitError(f"a size of more than {_MOST_TERMS} terms", suggestion="a name of its own for the size")
    # By degree first: what comes first of a product is the product of what comes first of its factors.
    return Size(tuple(sorted(kept, key=_in_order)))


def _in_order(term: Term) -> tuple[int, tuple[str, ...]]:
    return -len(term[0]), term[0]


def _least_text(
    sizes: Sequence[Size], spell: Callable[[str], str], times: str = "*", gap: str = "", over: str = "/", least: str = "min"
) -> str:
    """The least of sizes as calls of a function of two, which every language has."""
    shown = [size.spelled(spell, times, gap, over, least) for size in sizes]
    return reduce(lambda one, other: f"{least}({one},{gap}{other})", shown)


def _number(name: str, sizes: Mapping[str, int]) -> int:
    return min([size.value(sizes) for size in name.of]) if isinstance(name, Least) else sizes[name]


def _put_into(name: str, sizes: Mapping[str, Size]) -> Size:
    """What a name of a product is with other sizes in place of named ones."""
    if isinstance(name, Least):
        return reduce(smaller, [size.replaced(sizes) for size in name.of])
    return sizes.get(name) or Size.of(name)


def smaller(one: Size, other: Size) -> Size:
    """The smaller of two sizes: one of them where it is never more than the other one.

    >>> m, n = Size.of("m"), Size.of("n")
    >>> str(smaller(n, m)), str(smaller(n, n + m)), str(smaller(Size.of(3), n) * m), str(smaller(smaller(m, n), m))
    ('min(m,n)', 'n', 'min(3,n)*m', 'min(m,n)')
    >>> str(smaller(m, n).replaced({"m": n + ONE})), smaller(m, n).value({"m": 3, "n": 5}), smaller(m, n).names
    ('n', 3, ('m', 'n'))
    """
    parts = list(dict.fromkeys([part for size in (one, other) for part in _parts(size)]))
    for part in list(parts):
        if any(rest is not part and _is_never_negative(part - rest) for rest in parts):
            parts.remove(part)
    return parts[0] if len(parts) == 1 else Size((((Least(*sorted(parts)),), 1),))


def _parts(size: Size) -> tuple[Size, ...]:
    """The sizes of which this is the least."""
    least = size.least
    return least if least and size.terms == (((Least(*least),), 1),) else (size,)


def _is_never_negative(size: Size) -> bool:
    """Whether it is 0 or more for all names, which are 1 or more; False where that is not plain."""
    from_zero = size.replaced({name: Size.of(name) + ONE for name in size.names}) if not size.least else size
    return all(factor > 0 for _, factor in from_zero.terms)


def _quotient(term: Term, other: Term) -> Term | None:
    names, factor = list(term[0]), term[1]
    for name in other[0]:
        if name not in names:
            return None
        names.remove(name)
    return tuple(names), _whole(Fraction(factor) / other[1])


ZERO, ONE = Size(()), Size.of(1)


def size_in(text: str) -> Size:
    """A size that is written as a sum of names, multiples of these and numbers, or as the least of
    such sums.

    >>> str(size_in("m+n-1")), str(size_in("min(m,n)"))
    ('m+n-1', 'min(m,n)')
    """
    if text.startswith("min("):
        return reduce(smaller, map(size_in, text[4:-1].split(",")))
    if _SUM.fullmatch(text) is None:
        raise ValueError(f"{text!r} is no sum of names and numbers")
    total = ZERO
    for sign, count, part in _SIGNED.findall(text):
        size = Size.of(int(part) if part.isdecimal() else part) * Size.of(int(count or 1))
        total = total - size if sign == "-" else total + size
    return total


_SIGNED, _SUM = pattern(r"([+-]?)(?:([0-9]+)\*)?(\w+)"), pattern(r"[+-]?(?:[0-9]+\*)?\w+(?:[+-](?:[0-9]+\*)?\w+)*")


def product_of(sizes: Iterable[Size]) -> Size:
    """The product of sizes."""
    return reduce(mul, sizes, ONE)


def names_in(sizes: Iterable[Size]) -> tuple[str, ...]:
    """The names in sizes, each once."""
    return tuple(dict.fromkeys([name for size in sizes for name in size.names]))


def fitted(chosen: Mapping[str, int], sizes: Iterable[Size]) -> dict[str, int]:
    """Numbers for names, raised as far as the sizes need that all are 1 or more. Raises ShapeError
    where no numbers are found.

    >>> n, m = Size.of("n"), Size.of("m")
    >>> fitted({"m": 3, "n": 3}, (n - m,)), fitted({"n": 2}, (n - Size.of(5),)), fitted({"n": 4}, (Size.of(3) - n,))
    ({'m': 3, 'n': 4}, {'n': 7}, {'n': 2})
    """
    sums = sorted([size for size in sizes if not size.is_product])
    if not sums:
        return dict(chosen)
    least = _changed(dict.fromkeys(chosen, 1), sums)
    return _changed({name: number + least[name] - 1 for name, number in chosen.items()}, sums)


def _changed(numbers: dict[str, int], sums: Sequence[Size]) -> dict[str, int]:
    """The numbers, changed one by one until all sums are sizes."""
    for _ in range(_MOST_CHANGES):
        short = next((size for size in sums if size.value(numbers) < 1), None)
        if short is None:
            return numbers
        raising = [_smallest(names[0], numbers) for names, factor in short.terms if names and factor > 0]
        lowering = [name for name in short.names if numbers[name] > 1]
        if not raising and not lowering:
            break
        numbers[(raising or lowering)[0]] += 1 if raising else -1
    raise ShapeError(f"no numbers are found that make {' and '.join(map(str, sums))} sizes, which are 1 or more")


def not_whole(size: Size) -> str:
    """What is wrong with a size that is not always an integer."""
    return f"{size} is no whole number for some {' and '.join(size.names)}" if size.names else f"{size} is no whole number"


def _smallest(name: str, numbers: Mapping[str, int]) -> str:
    """The name to raise so that a name of a product becomes more."""
    return min(names_in(name.of), key=numbers.__getitem__) if isinstance(name, Least) else name
