"""What stands below and above a sum: ``i``, ``ij``, ``i=1`` and ``n``, ``i<j``, ``1≤i<j≤n``, ``j≠i``, ``i∈[n]``.

Sums run over all positions; of two indices one may be said to be smaller than, or different from, the other.
"""

from __future__ import annotations

from typing import TypeAlias

from matcalc.base.errors import ParseError, Span
from matcalc.base.lazy import pattern

Limits: TypeAlias = tuple[tuple[str, str], ...]
Relations: TypeAlias = tuple[tuple[str, str, str], ...]

_LETTERS = pattern(r"\(?(?P<first>[a-z])(?P<rest>(?:,?[a-z])*)\)?")
_FROM = pattern(r"(?P<many>[a-z](?:,[a-z])*)=(?P<lower>[01])(?P<rest>,.+)?")
_UP_TO = pattern(r"(?P<index>[a-z])∈(?:\\?\[(?P<set>\w+)\\?\]|\\?\{1,(?:2,)?(?:…|\.\.\.|,)*(?P<last>\w+)\\?\})")
_RANGE = pattern(r"1≤(?P<chain>[a-z](?:[<≤≠,][a-z])*)≤(?P<limit>[A-Za-z]\w*|[0-9]+)")
_CHAIN = pattern(r"(?P<chain>[a-z](?:[<>≤≥≠][a-z])+)")
_STEP = pattern(r"[<>≤≥≠,]")
_NAME = pattern(r"[A-Za-z]\w*|[0-9]+")
_ADVICE = "Σ_i or Σ_{i=1}^n, Σ_{i<j}, Σ_{i≠j}; for a part of the positions multiply by numbers 0 and 1: Σ_i m_i x_i"


def sum_over(below: str, above: str, place: Span, above_place: Span | None = None) -> str:
    """What a sum runs over, as the value of its token: indices, limits and relations, separated by semicolons.

    ``below`` and ``above`` are what was written, without blanks. Raises ParseError for sums over other positions than all.

    >>> sum_over("i,j", "", Span(0, 1)), sum_over("i=1", "n", Span(0, 1)), sum_over("i<j", "", Span(0, 1))
    ('ij;;', 'i;i=n;', 'ij;;i<j')
    """
    letters = _LETTERS.fullmatch(below)
    if letters is not None:
        return _value(letters["first"] + letters["rest"].replace(",", ""), _upper(above, "1", above_place or place))
    start = _FROM.fullmatch(below)
    if start is not None and (start["rest"] is None or start["rest"][1:2].isalpha()):
        indices = start["many"].replace(",", "")
        upper = _upper(above, start["lower"], above_place or place)
        rest = start["rest"][1:] if start["rest"] else ""
        more = _FROM.fullmatch(rest)
        if more is not None and not more["rest"]:
            return _value(indices + more["many"].replace(",", ""), upper)
        relations = _relations(rest)
        if not rest or (relations and {relations[0][0], relations[0][2]} & set(indices)):
            return _value(indices, upper, relations)
    chosen = _UP_TO.fullmatch(below)
    if chosen is not None and not above:
        return _value(chosen["index"], chosen["set"] or chosen["last"])
    chain = _RANGE.fullmatch(below) or _CHAIN.fullmatch(below)
    if chain is not None:
        limit = chain.groupdict().get("limit") or _upper(above, "1", above_place or place)
        return _value("".join(_STEP.split(chain["chain"])), limit, _relations(chain["chain"]))
    raise ParseError("the index of the sum is not read", span=place, suggestion=_ADVICE)


def _upper(above: str, lower: str, place: Span) -> str:
    """The number of positions from the upper limit."""
    if lower == "0" and above.endswith("-1"):
        above, lower = above[:-2], "1"
    if not above or (_NAME.fullmatch(above) and lower == "1"):
        return above
    if lower == "0":
        raise ParseError("positions are counted from 1", span=place, suggestion="Σ_{i=1}^n")
    advice = "||D*x||^2, with D: m×n the matrix that takes the differences of neighbours" if above.endswith("-1") else _ADVICE
    raise ParseError("the upper limit of the sum is not read", span=place, suggestion=advice)


def _relations(text: str) -> Relations:
    """The relations of a chain such as ``i<j<k``."""
    signs = _STEP.findall(text)
    names = _STEP.split(text)
    if not all(len(name) == 1 for name in names):
        return ()
    return tuple([(left, sign, right) for left, sign, right in zip(names, signs, names[1:]) if sign != ","])


def _value(indices: str, upper: str, relations: Relations = ()) -> str:
    limits = ",".join(f"{index}={upper}" for index in indices) if upper else ""
    return f"{indices};{limits};{','.join(''.join(relation) for relation in relations)}"


def summed(value: str) -> tuple[tuple[str, ...], Limits, Relations]:
    """Indices, limits and relations from the value of a token.

    >>> summed("ij;i=n,j=n;i<j")
    (('i', 'j'), (('i', 'n'), ('j', 'n')), (('i', '<', 'j'),))
    """
    indices, limits, relations = (value + ";;").split(";")[:3]
    found = tuple([(part[0], part[2:]) for part in limits.split(",")]) if limits else ()
    return tuple(indices), found, tuple([(part[0], part[1], part[2]) for part in relations.split(",")]) if relations else ()
