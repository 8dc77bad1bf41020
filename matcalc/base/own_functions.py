"""Functions of the user's own with the shapes that they are declared with, ``f: R^n -> R^m``, and
their derivatives.

Expressions and tensors hold the name of a function. That of such a function says what it takes and
gives, so that whoever meets it knows: ``f:1>0`` takes a vector and gives a number, ``f:1>0:1`` is
its gradient, ``g:1,1>0:1,2`` the second derivative of g by its first and its second argument. A
derivative has the axes of the value first, then those of each argument that it is by, in the order
of the arguments: second derivatives are taken to be continuous. Functions of one number that give a
number are named as they are written: ``f``, ``f'``.
"""

from __future__ import annotations

import zlib
from collections.abc import Iterator, Mapping, Sequence
from fractions import Fraction
from functools import cache
from itertools import combinations_with_replacement

from matcalc.base.lazy import pattern
from matcalc.base.records import record

_EACH = "t"
"""A number that stands for each entry of an array."""
_MOST_KNOWN = 2
"""The order up to which derivatives have names that are read."""
_ORDINALS = ("first", "second", "third", "fourth", "fifth", "sixth", "seventh", "eighth")
_LETTERS = {0: "scalar", 1: "n{0}", 2: "m{0}×n{0}"}


@record
class OwnFunction:
    """``takes`` are the numbers of axes of the arguments, None where a number stands for each
    entry; ``gives`` is that of the value of the function itself; ``by`` counts the arguments, from
    1, that this is a derivative by."""

    stem: str
    takes: tuple[int | None, ...]
    gives: int
    by: tuple[int, ...] = ()

    @property
    def name(self) -> str:
        """As expressions and tensors hold it."""
        takes = ",".join([_EACH if order is None else str(order) for order in self.takes])
        return f"{self.stem}:{takes}>{self.gives}" + (f":{','.join(map(str, self.by))}" if self.by else "")

    @property
    def entrywise(self) -> bool:
        return None in self.takes

    @property
    def order(self) -> int:
        """The number of axes of the value."""
        return self.gives + sum(self.takes[place - 1] or 0 for place in self.by)

    def is_flat(self, order: int) -> bool:
        """Whether a value of so many axes is a number, a vector or a matrix, and not one of a
        batch."""
        return order == self.order <= 2

    @property
    def signature(self) -> str:
        """In the words of ``rules/functions.toml``."""
        axes = [
            _EACH * (place + 1) if order is None else f"x{place}: {_axes(order, place)}" for place, order in enumerate(self.takes)
        ]
        return f"{', '.join(axes)} -> {axes[0] if self.entrywise else _axes(min(self.order, 2), len(axes))}"

    @property
    def kind(self) -> str:
        """What is written for it: ``value``, ``primes`` of a function of one number, ``gradient``
        and ``hessian`` of one whose value is a number, ``jacobian`` of one with a vector, else
        ``partial``."""
        if not self.by:
            return "value"
        if len(self.takes) == 1 and self.takes[0] == 0:
            return "primes"
        array = any(self.takes[place - 1] for place in self.by)
        if self.gives == 0 and array:
            return "gradient" if len(self.by) == 1 else "hessian"
        single = len(self.takes) == 1 and len(self.by) == 1 and self.order == 2
        return "jacobian" if single else "partial"

    @property
    def places(self) -> str:
        """The arguments that it is by where there are several: ``12``."""
        return "" if len(self.takes) == 1 else "".join(map(str, self.by))

    @property
    def written(self) -> str:
        """As it is written in ASCII: ``grad_f``, ``J_f``, ``d12_phi``."""
        return self.written_with(self.stem)

    def written_with(self, stem: str) -> str:
        """The same with another spelling of the function."""
        if self.kind in ("value", "primes"):
            return stem + "'" * len(self.by)
        sign = {"gradient": "grad", "hessian": "hess", "jacobian": "J"}.get(self.kind)
        return f"{sign or 'd'}{self.places if sign else self.places or '1' * len(self.by)}_{stem}"

    def shown(self, stem: str, partial: str, nabla: str, subscript: str, square: str, jacobian: str) -> str:
        """With the signs of a notation, which have a place for a script: ``subscript`` holds the
        places, and ``square`` stands for two derivatives by the one argument."""
        if self.kind in ("value", "primes"):
            return stem + "'" * len(self.by)
        if self.kind == "jacobian":
            return jacobian
        at = subscript if self.places else square if len(self.by) > 1 else ""
        return f"{(nabla if self.kind in ('gradient', 'hessian') else partial).format(at)}{stem}"

    @property
    def symmetric(self) -> bool:
        """Whether a matrix of second derivatives is its transpose."""
        return not self.gives and len(self.by) == 2 and self.by[0] == self.by[1] and self.takes[self.by[0] - 1] == 1

    def note_of(self, stem: str) -> str:
        """What a derivative of the function is, which is shown so."""
        by = [_ORDINALS[place - 1] for place in self.by]
        of = f"of {stem}" + ("" if len(self.takes) == 1 else f" by its {' and its '.join(dict.fromkeys(by))} argument")
        match self.kind:
            case "gradient":
                return f"the gradient {of}, of the shape of that argument"
            case "hessian":
                return f"the second derivatives {of}, which are taken to be continuous"
            case "jacobian":
                return f"the Jacobian {of}, with ∂{stem}_i/∂x_j in row i and column j"
            case _:
                order = ("", "second ", "third ", "fourth ")[len(by) - 1]
                return f"the {order}derivative {of}" + ("; the axes of the value come first" if self.order > 1 else "")

    def derivative(self, place: int) -> OwnFunction:
        """The derivative by the argument at ``place``, counted from 0."""
        return OwnFunction(self.stem, self.takes, self.gives, tuple(sorted((*self.by, place + 1))))

    def axes_by(self, place: int) -> range:
        """The axes that its derivative by an argument has more."""
        before = [self.takes[other - 1] or 0 for other in self.by if other <= place + 1]
        first = self.gives + sum(before)
        return range(first, first + (self.takes[place] or 0))

    def axes(self, value: Sequence[object], arguments: Sequence[Sequence[object]]) -> tuple[object, ...]:
        """The sizes of the axes, from those of the value of the function and of its arguments."""
        return (*value, *[size for place in self.by for size in arguments[place - 1]])

    def derivatives(self, most: int = _MOST_KNOWN) -> Iterator[OwnFunction]:
        """The function and its derivatives up to an order."""
        for order in range(most + 1):
            for by in combinations_with_replacement(range(1, len(self.takes) + 1), order):
                yield OwnFunction(self.stem, self.takes, self.gives, by)


def _axes(order: int, place: int) -> str:
    return _LETTERS[order].format(place)


_NAME = pattern(rf"([^:]+):((?:{_EACH}|\d+)(?:,(?:{_EACH}|\d+))*)>(\d+):?([\d,]*)")


@cache
def own_function(name: str) -> OwnFunction | None:
    """What the name of a function says; None for a function of the language, and for one of each
    entry alone."""
    if ":" not in name or (said := _NAME.fullmatch(name)) is None:
        return None
    stem, takes, gives, by = said.groups(default="")
    orders = tuple([None if part == _EACH else int(part) for part in takes.split(",")])
    return OwnFunction(stem, orders, int(gives), tuple([int(place) for place in by.split(",") if place]))


def stem_of(function: str) -> str:
    """The function that a name is of, without the signs of derivatives.

    >>> stem_of("f''"), stem_of("g:1>0:1"), stem_of("exp")
    ('f', 'g', 'exp')
    """
    return function.partition(":")[0].rstrip("'")


def written_function(function: str) -> str:
    """The name of a function of the user's own as it is written in ASCII."""
    own = own_function(function)
    return function if own is None else own.written


def by_spelling(own: OwnFunction) -> Mapping[str, OwnFunction]:
    """A function and its derivatives of first and second order, by every name that is read.

    >>> list(by_spelling(OwnFunction("f", (1,), 0)))
    ['f', 'grad_f', 'hess_f', 'H_f']
    """
    found: dict[str, OwnFunction] = {}
    for one in own.derivatives():
        if one.order <= 2:
            found[one.written] = one
            if one.kind in _ALSO and not one.places:
                found[f"{_ALSO[one.kind]}_{one.stem}"] = one
    return found


_ALSO = {"hessian": "H", "jacobian": "jac"}
_SIGNS = ("grad", "hess", "H", "J", "jac")


def signed_names(own: OwnFunction) -> tuple[str, ...]:
    """The names with a sign of a derivative before that of a function, whether it has that
    derivative or not."""
    places = ["", *("".join(map(str, one.by)) for one in own.derivatives() if one.by)]
    return tuple(
        dict.fromkeys([f"{sign}{place}_{own.stem}" for sign in (*_SIGNS, "d") for place in places if sign != "d" or place])
    )


def phase_of(name: str) -> Fraction:
    """The number a of the smooth function sin(t + a) + 2 exp(-a t/2) of one number that has this
    name."""
    return Fraction(4000 + zlib.crc32(name.encode()) % 9973, 10000)
