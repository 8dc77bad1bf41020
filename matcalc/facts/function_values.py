"""What is known of the values of functions: from their table, and by mirroring the argument."""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Sequence
from functools import partial, reduce

from matcalc.base.functions import Function, computable, function_called
from matcalc.base.own_functions import own_function
from matcalc.base.records import record
from matcalc.facts import ranges as r
from matcalc.facts.known import NOTHING, Known, has, known, mapped, plain, traits_of
from matcalc.facts.ranges import ANY, Range

_OF_VECTOR = {"unit": "orthonormal", "simplex": "columns_sum_to_one"}
_OF_ROWS = {"simplex": "rows_sum_to_one"}
"""What facts of vectors are of the value, and of a matrix whose rows have them."""
_TRIANGULAR = frozenset({"diagonal", "lower_triangular", "upper_triangular"})


def of_entries(name: str, argument: Known) -> Known:
    """A function of every entry; nothing is known of the user's own."""
    function = computable().get(name)
    if function is None:
        return plain(ANY, square=argument.square)
    keeps_zero = function.parity == "odd" or bool(function.sign) or name == "abs"
    entries, diagonal = _image(function, argument.entries), _image(function, argument.diagonal)
    return mapped(argument, entries, parity=function.parity, keeps_zero=keeps_zero, diagonal=diagonal)


def of_several(name: str, arguments: Sequence[Known]) -> Known:
    """A function of several numbers, entry by entry."""
    function = function_called(name)
    entries = Range.of(function.range) if function.range else ANY
    if function.chooses:
        entries = reduce(r.union, [argument.entries for argument in arguments])
    if function.chooses == "largest" and any(argument.entries.nonnegative for argument in arguments):
        entries = r.POSITIVE if any(argument.entries.positive for argument in arguments) else r.NONNEGATIVE
    return plain(entries, square=any(argument.square for argument in arguments))


def _image(function: Function, argument: Range) -> Range:
    image = r.both(ANY, Range.of(function.range)) if function.range else ANY
    if function.name == "abs":
        return r.absolute(argument)
    return r.sign_kept(argument, image, below_zero=function.sign == "kept") if function.sign else image


def of_matrix(name: str, argument: Known, *, order: int, square: bool) -> Known:
    """A function of a whole vector or matrix, or of each row; ``order`` and ``square`` are those of
    the value."""
    if own_function(name) is None and name not in computable():
        return NOTHING
    function = function_called(name)
    more = [Range.of(text) for fact, text in function.ranges if has(argument, fact)]
    entries = reduce(r.both, more, Range.of(function.range) if function.range else ANY)
    if not order:
        return plain(entries)
    names = [fact for given, facts in function.gives if given == "any" or has(argument, given) for fact in facts.split()]
    names += filter(partial(has, argument), function.keeps)
    if function.symmetry == "always" or (function.symmetry == "kept" and "symmetric" in argument):
        names.append("symmetric")
    if order > 1 and not function.axis:
        traits = traits_of(names)
    else:
        meant = _OF_ROWS if order > 1 else _OF_VECTOR
        traits = frozenset([meant[name] for name in names if name in meant])
    if traits & _TRIANGULAR:
        return known(r.union(entries, r.ZERO), traits, diagonal=entries, square=square)
    return known(entries, traits, square=square)


@record
class Letter:
    """A factor of a product: what it is, whether its transpose is meant, and what is known of it,
    turned as it stands."""

    value: Hashable
    turned: bool
    known: Known


def traits_of_chain(chain: Sequence[Letter]) -> frozenset[str]:
    """The traits that a product has because it reads the same from both ends, but for the sign that
    antisymmetric factors bring."""
    first, last = 0, len(chain) - 1
    negative = False
    while first < last:
        sign = _mirrored(chain[first], chain[last])
        if not sign:
            return frozenset()
        first, last, negative = first + 1, last - 1, negative != (sign < 0)
    if first == last:
        between = _from_outer(chain[last + 1 :], ("symmetric", "antisymmetric", "nonnegative_form"))
        found = chain[first].known.traits & (between - {"identity"})
    else:
        found = _from_outer(chain[first:], ("symmetric", "nonnegative_form"))
    return found & _OF_NEGATIVE if negative else found


_OF_NEGATIVE = frozenset({"symmetric", "antisymmetric"})


_FROM_OUTER = (("full_column_rank", "positive_form"), ("orthonormal", "identity"), ("orthonormal_rows", "idempotent"))
"""What ``B' B`` has when all factors of B have a trait, and ``B' W B`` when W has it, too."""


def _from_outer(outer: Sequence[Letter], always: Iterable[str]) -> frozenset[str]:
    return frozenset(always).union([trait for given, trait in _FROM_OUTER if all(given in factor.known for factor in outer)])


def _mirrored(one: Letter, other: Letter) -> int:
    """1 when one factor is the transpose of the other, -1 when it is minus its transpose, 0 when
    neither is known."""
    if one.value != other.value:
        return 0
    if one.turned != other.turned or "symmetric" in one.known:
        return 1
    return -1 if "antisymmetric" in one.known else 0
