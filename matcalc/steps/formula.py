"""Formulas in index notation with named indices, as a derivation shows them: deltas and renamed indices stay until a step removes them.

A tensor of ``einstein`` has no index names and no deltas left; a formula has both. It is evaluated just as it is written. Formulas are cut
off at a fixed depth where they are read (``Hidden``), so functions here may recur.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, replace
from fractions import Fraction
from typing import TypeAlias, assert_never

from matcalc.einstein.nodes import Tensor
from matcalc.expr.nodes import Expr
from matcalc.sizes import Size

Letters: TypeAlias = tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Entry:
    """The entry of ``tensor`` at ``letters``. ``shown`` is the same as a matrix expression, in place of a symbol's name."""

    tensor: Tensor
    letters: Letters
    shown: Expr | None = None


@dataclass(frozen=True, slots=True)
class Applied:
    """An entry of a function of a whole vector or matrix, whose arguments are written out at inner letters of their own."""

    tensor: Tensor
    letters: Letters
    function: str
    arguments: tuple[tuple[Formula, Letters], ...]


@dataclass(frozen=True, slots=True)
class Delta:
    """1 where two indices are equal, else 0."""

    one: str
    other: str


@dataclass(frozen=True, slots=True)
class Total:
    """A sum of multiples."""

    terms: tuple[tuple[Fraction, Formula], ...]


@dataclass(frozen=True, slots=True)
class Times:
    """A product, summed over the letters ``bound``."""

    factors: tuple[Formula, ...]
    bound: tuple[tuple[str, Size], ...] = ()


@dataclass(frozen=True, slots=True)
class Raised:
    """A rational power."""

    base: Formula
    exponent: Fraction


@dataclass(frozen=True, slots=True)
class Function:
    """A scalar function; ``"pow"`` has base and exponent as arguments."""

    name: str
    arguments: tuple[Formula, ...]


@dataclass(frozen=True, slots=True)
class Hidden:
    """A part that is not written out; ``count`` terms of a sum."""

    tensor: Tensor
    letters: Letters
    count: int = 0


Formula: TypeAlias = Entry | Applied | Delta | Total | Times | Raised | Function | Hidden

ONE = Times(())
_MANY = 99
"""Stands for an index that is not in sight exactly as often as it occurs."""


def parts(formula: Formula) -> tuple[Formula, ...]:
    """The formulas that a formula is made of."""
    match formula:
        case Entry() | Delta() | Hidden() | Applied():
            return ()
        case Total():
            return tuple([term for _, term in formula.terms])
        case Times():
            return formula.factors
        case Raised():
            return (formula.base,)
        case Function():
            return formula.arguments
        case _:
            assert_never(formula)


def free_letters(formula: Formula) -> Letters:
    """The letters of a formula that are not summed in it, in order of appearance."""
    match formula:
        case Entry() | Hidden() | Applied():
            return tuple(dict.fromkeys(formula.letters))
        case Delta():
            return (formula.one, formula.other)
        case Times():
            bound = {letter for letter, _ in formula.bound}
            inner = dict.fromkeys(letter for factor in formula.factors for letter in free_letters(factor))
            return tuple([letter for letter in inner if letter not in bound])
        case _:
            return tuple(dict.fromkeys(letter for part in parts(formula) for letter in free_letters(part)))


def sight(formula: Formula) -> Counter[str]:
    """How often each free letter is seen in every term of the text; a large number when some terms or functions hide it."""
    match formula:
        case Entry():
            return Counter(formula.letters)
        case Applied():
            inside = {letter for argument, _ in formula.arguments for letter in free_letters(argument)}
            return Counter({letter: _MANY if letter in inside else formula.letters.count(letter) for letter in formula.letters})
        case Delta():
            return Counter((formula.one, formula.other))
        case Times():
            total: Counter[str] = Counter()
            for factor in formula.factors:
                total += sight(factor)
            for letter, _ in formula.bound:
                del total[letter]
            return total
        case Total():
            seen = [sight(term) for _, term in formula.terms]
            letters = dict.fromkeys(letter for one in seen for letter in one)
            return Counter({letter: 1 if all(one[letter] == 1 for one in seen) else _MANY for letter in letters})
        case _:
            return Counter(dict.fromkeys(free_letters(formula), _MANY))


def relettered(formula: Formula, names: Mapping[str, str]) -> Formula:
    """The formula with free letters replaced; the new ones are bound nowhere inside."""
    match formula:
        case Entry() | Hidden():
            return replace(formula, letters=_named(formula.letters, names))
        case Applied():
            arguments = tuple([(relettered(argument, names), inner) for argument, inner in formula.arguments])
            return replace(formula, letters=_named(formula.letters, names), arguments=arguments)
        case Delta():
            return Delta(names.get(formula.one, formula.one), names.get(formula.other, formula.other))
        case _:
            return rebuilt(formula, tuple([relettered(part, names) for part in parts(formula)]))


def rebuilt(formula: Formula, new: tuple[Formula, ...]) -> Formula:
    """The formula with other parts."""
    match formula:
        case Total():
            return Total(tuple([(coefficient, part) for (coefficient, _), part in zip(formula.terms, new, strict=True)]))
        case Times():
            return replace(formula, factors=new)
        case Raised():
            return replace(formula, base=new[0])
        case Function():
            return replace(formula, arguments=new)
        case Entry() | Delta() | Hidden() | Applied():
            return formula
        case _:
            assert_never(formula)


def _named(letters: Letters, names: Mapping[str, str]) -> Letters:
    return tuple([names.get(letter, letter) for letter in letters])
