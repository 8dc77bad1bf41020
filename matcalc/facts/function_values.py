"""What is known of the value of a function of the table, from its line in ``rules/functions.toml`` and what is known of its argument."""

from __future__ import annotations

from matcalc.facts import ranges as r
from matcalc.facts.known import NOTHING, Known, has, known, mapped, plain, traits_of
from matcalc.facts.ranges import ANY, Range
from matcalc.functions import Function, computable

_OF_VECTOR = {"unit": "orthonormal", "simplex": "columns_sum_to_one"}
_TRIANGULAR = frozenset({"diagonal", "lower_triangular", "upper_triangular"})


def of_entries(name: str, argument: Known) -> Known:
    """A function of every entry; nothing is known of the user's own."""
    function = computable().get(name)
    if function is None:
        return plain(ANY, square=argument.square)
    keeps_zero = function.parity == "odd" or bool(function.sign) or name == "abs"
    entries, diagonal = _image(function, argument.entries), _image(function, argument.diagonal)
    return mapped(argument, entries, parity=function.parity, keeps_zero=keeps_zero, diagonal=diagonal)


def _image(function: Function, argument: Range) -> Range:
    image = r.both(ANY, Range.of(function.range)) if function.range else ANY
    if function.name == "abs":
        return r.absolute(argument)
    return r.sign_kept(argument, image, below_zero=function.sign == "kept") if function.sign else image


def of_matrix(name: str, argument: Known, *, order: int, square: bool) -> Known:
    """A function of a whole vector or matrix, or of each row; ``order`` and ``square`` are those of the value."""
    function = computable().get(name)
    if function is None:
        return NOTHING
    entries = Range.of(function.range) if function.range else ANY
    for fact, text in function.ranges:
        if has(argument, fact):
            entries = r.both(entries, Range.of(text))
    if not order:
        return plain(entries)
    names = [fact for given, facts in function.gives if given == "any" or has(argument, given) for fact in facts.split()]
    names += [fact for fact in function.keeps if has(argument, fact)]
    if function.symmetry == "always" or (function.symmetry == "kept" and "symmetric" in argument):
        names.append("symmetric")
    traits = traits_of(names) if order > 1 else frozenset([_OF_VECTOR[name] for name in names if name in _OF_VECTOR])
    if traits & _TRIANGULAR:
        return known(r.union(entries, r.ZERO), traits, diagonal=entries, square=square)
    return known(entries, traits, square=square)
