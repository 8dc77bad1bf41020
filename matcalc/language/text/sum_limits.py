"""What sums, products and largest values over positions run over: ``Σ_{i=1}^n``, ``∏_{i,j}``,
``sum(i<=j, ...)``."""

from __future__ import annotations

import re
from collections.abc import Collection
from typing import TypeAlias

from matcalc.base.errors import ParseError, Span
from matcalc.base.lazy import pattern
from matcalc.language.text.spelling import SUBSCRIPTS, canonical_name
from matcalc.language.text.terminals import Rewritten, Token, by_depth, partners, types_at

Limits: TypeAlias = tuple[tuple[str, str], ...]
Relations: TypeAlias = tuple[tuple[str, str, str], ...]

_LETTERS = pattern(r"\(?(?P<first>[a-z])(?P<rest>(?:,?[a-z])*)\)?")
_PART = r"(?:[0-9]+\*)?[A-Za-z]\w*|[0-9]+"
_SUM = rf"(?:{_PART})(?:[+-](?:{_PART}))*"
_FROM = pattern(rf"(?P<many>[a-z](?:,[a-z])*)=(?P<lower>{_SUM})(?P<rest>,.+)?")
_UP_TO = pattern(r"(?P<index>[a-z])∈(?:\\?\[(?P<set>\w+)\\?\]|\\?\{1,(?:2,)?(?:…|\.\.\.|,)*(?P<last>\w+)\\?\})")
_LISTED = pattern(r"(?P<index>[a-z])=1,(?:2,)?(?:…|\.\.\.),(?P<last>\w+)")
_IN_SET = pattern(r"\(?(?P<first>[a-z]),(?P<second>[a-z])\)?∈\{?(?P<set>[A-ZΓΔΘΛΞΠΣΦΨΩ]\w*)\}?")
_RANGE = pattern(r"1≤(?P<chain>[a-z](?:[<≤≠,][a-z])*)≤(?P<limit>\w[\w+-]*)")
_CHAIN = pattern(r"(?P<chain>[a-z](?:[<>≤≥≠][a-z])+)")
_STEP = pattern(r"[<>≤≥≠,]")
_NAME = pattern(r"[A-Za-z]\w*|[0-9]+")
_SUM_OF_SIZES = pattern(_SUM)
_MULTIPLE = pattern(r"(?<!\w)([0-9]+)(?=[A-Za-z])")
_APART = pattern(rf"\|(?P<left>[a-z])-(?P<right>[a-z])\|(?P<sign>[<>≤≥=≠])(?P<size>{_SUM})")
_DIFFERENCE = pattern(rf"(?P<left>[a-z])-(?P<right>[a-z])(?P<sign>[<>≤≥=])(?P<size>-?{_PART})")
_BESIDE = pattern(rf"(?P<left>[a-z])(?P<sign>[<>≤≥=])(?P<right>[a-z])(?P<size>[+-]{_SUM})")
_INDICES_FIRST = pattern(r"\(?[a-z],[a-z]\)?[:;,|∣](?=\||[a-z]\W)")
_WRITTEN = {"<=": "≤", ">=": "≥", "!=": "≠", "∣": "|"}
_ADVICE = "Σ_i or Σ_{i=1}^n, Σ_{i<j}, Σ_{i≠j}, Σ_{|i-j|≤k}; for a part of the positions multiply by numbers 0 and 1: Σ_i m_i x_i"


def sum_over(
    below: str,
    above: str,
    place: Span,
    above_place: Span | None = None,
    bound: Collection[str] = (),
) -> str:
    """What a sum runs over, as the value of its token: indices, limits and relations, separated by
    semicolons.

    ``below`` and ``above`` are what was written, without blanks, ``bound`` the indices of sums
    before. Raises ParseError for sums over other positions than all.

    >>> sum_over("i,j", "", Span(0, 1)), sum_over("i=1", "n", Span(0, 1)), sum_over("i<j", "", Span(0, 1))
    ('ij;;', 'i;i=n;', 'ij;;i<j')
    """
    above_place = above_place or place
    for sign, one in _WRITTEN.items():
        below = below.replace(sign, one)
    below, above = _MULTIPLE.sub(r"\1*", below), _MULTIPLE.sub(r"\1*", above)
    beside = _places(below)
    ranged = bool(beside) and beside[0][1][0] == "=" and (above != "" or beside[0][2] in bound)
    if beside and not ranged:
        indices = "".join(dict.fromkeys([name for left, _, right in beside for name in (left, right)]))
        return _value(indices, _upper(above, "1", above_place), beside)
    letters, start = _LETTERS.fullmatch(below), _FROM.fullmatch(below)
    if letters is not None:
        return _value(letters["first"] + letters["rest"].replace(",", ""), _upper(above, "1", above_place))
    counted = None if start is None else _counted(start, above, above_place)
    if counted is not None:
        return counted
    pairs = _IN_SET.fullmatch(below)
    if pairs is not None and not above:
        first, second = pairs["first"], pairs["second"]
        return _value(first + second, "", ((first, f"∈{canonical_name(pairs['set'])}", second),))
    chosen = _UP_TO.fullmatch(below) or _LISTED.fullmatch(below)
    if chosen is not None and not above:
        return _value(chosen["index"], chosen["last"] or chosen["set"])
    chain = _RANGE.fullmatch(below) or _CHAIN.fullmatch(below)
    if chain is not None:
        limit = _upper(chain.groupdict().get("limit") or above, "1", above_place)
        return _value("".join(_STEP.split(chain["chain"])), limit, _relations(chain["chain"]))
    raise ParseError("the index of the sum is not read", span=place, suggestion=_ADVICE)


def _places(below: str) -> Relations:
    """Relations between two indices that say how far they are from each other, ``|i-j|≤k``,
    ``j=i+1``; none for other sums.

    The middle of such a relation is a sign with what is added to the index on the right, ``=+1``,
    or behind a bar with the distance, ``|≤k``.
    """
    first = _INDICES_FIRST.match(below)
    found: list[tuple[str, str, str]] = []
    for part in below[first.end() if first is not None else 0 :].split(","):
        if (apart := _APART.fullmatch(part)) is not None:
            found.append((apart["left"], f"|{apart['sign']}{apart['size']}", apart["right"]))
        elif (beside := _BESIDE.fullmatch(part) or _DIFFERENCE.fullmatch(part)) is not None:
            shift = beside["size"] if beside["size"][0] in "+-" else f"+{beside['size']}"
            found.append((beside["left"], beside["sign"] + shift, beside["right"]))
        elif _CHAIN.fullmatch(part) is not None and first is None and len(part) < len(below):
            found += _relations(part)
        else:
            return ()
    return tuple(found)


def _counted(start: re.Match[str], above: str, place: Span) -> str | None:
    """``i=1``, ``i,j=1``, ``i=1,j=1`` and ``i=1,i<j``."""
    indices, rest = start["many"].replace(",", ""), (start["rest"] or ",")[1:]
    if rest and not rest[0].isalpha():
        return None
    if not start["lower"].isdecimal():  # Σ_{j=i+1}^n, i the index of a sum around it, or a size
        if len(indices) > 1 or rest or (above and not _SUM_OF_SIZES.fullmatch(above)):
            return None
        return _value(indices, f"{start['lower']}:{above}")
    upper = _upper(above, start["lower"], place)
    more, relations = _FROM.fullmatch(rest), _relations(rest)
    if more is not None and not more["rest"]:
        return _value(indices + more["many"].replace(",", ""), upper)
    related = bool(relations) and not {relations[0][0], relations[0][2]}.isdisjoint(indices)
    return _value(indices, upper, relations) if related or not rest else None


def _upper(above: str, lower: str, place: Span) -> str:
    """The number of positions from the upper limit, or the first and the last one, ``2:n-1``;
    ``0:n`` are all of n that are counted from 0."""
    if lower == "0" and above.endswith("-1"):
        return f"0:{above[:-2]}"
    if (not above and lower in ("0", "1")) or (_NAME.fullmatch(above) and lower == "1"):
        return above
    if lower == "0":
        raise ParseError("positions are counted from 1", span=place, suggestion="Σ_{i=1}^n")
    if _SUM_OF_SIZES.fullmatch(above):
        return f"{lower}:{above}"
    raise ParseError("the upper limit of the sum is not read", span=place, suggestion=_ADVICE)


def _relations(text: str) -> Relations:
    """The relations of a chain such as ``i<j<k``."""
    signs = _STEP.findall(text)
    names = _STEP.split(text)
    single = all(len(name) == 1 for name in names)
    return tuple([(left, sign, right) for left, sign, right in zip(names, signs, names[1:]) if single and sign != ","])


def _value(indices: str, upper: str, relations: Relations = ()) -> str:
    limits = ",".join(f"{index}={upper}" for index in indices) if upper else ""
    return f"{indices};{limits};{','.join(''.join(relation) for relation in relations)}"


OVER_INDICES = {
    **dict.fromkeys(("∑", "Σ", "sum"), ""),
    **dict.fromkeys(("∏", "prod"), "prod"),
    "max": "max",
    "min": "min",
}
"""What takes the values of a formula at all positions together, with the function that it is of the
array of these; a sum has a node of its own."""


def over_positions(value: str, sign: str) -> str:
    """What runs over the positions that the value of a token says, by the sign or the word for it.

    >>> over_positions("i", "∑"), over_positions("i;i=n;", "max")
    ('i', 'i;i=n;;max')
    """
    function = OVER_INDICES[sign.lstrip("\\")]
    return ";".join([*(value + ";;").split(";")[:3], function]) if function else value


def summed(value: str) -> tuple[tuple[str, ...], Limits, Relations, str]:
    """Indices, limits, relations and the function from the value of a token.

    >>> summed("ij;i=n,j=n;i<j")
    (('i', 'j'), (('i', 'n'), ('j', 'n')), (('i', '<', 'j'),), '')
    """
    indices, limits, relations, function = (value + ";;;").split(";")[:4]
    found = tuple([(part[0], part[2:]) for part in limits.split(",") if part])
    related = tuple([(part[0], part[1:-1], part[-1]) for part in relations.split(",") if part])
    return tuple(indices), found, related, function


def unbound(sign: Token) -> ParseError:
    """What is said of the sign of a sum or product without an index."""
    word = OVER_INDICES[sign.value.lstrip("\\")] or "sum"
    what = {"prod": "product"}.get(word, word)
    return ParseError(
        f"the {what} needs an index",
        span=sign.span,
        suggestion=f"{sign.value}_i x_i, or {word}(x) for the {what} of all entries",
    )


def sum_sign(tokens: list[Token], position: int) -> Rewritten:
    """``∑_i``, ``∑ᵢ``."""
    sign, kinds = tokens[position], types_at(tokens, position + 1, 2)
    index, last = "", position
    if kinds[:1] == ["SUBSCRIPT_RUN"]:
        last = position + 1
        index = "".join(SUBSCRIPTS[c] for c in tokens[last].value)
    elif kinds == ["UNDERSCORE", "RUN"]:
        last = position + 2
        index = tokens[last].value
    if not index.isalpha():
        raise unbound(sign)
    return [Token("SUM_OVER", over_positions(index, sign.value), sign.start, tokens[last].end)], last + 1


def called_sums(tokens: list[Token]) -> list[Token]:
    """The tokens with ``sum(i=1:n-1, body)``, ``sum(i<=j, body)`` and products as sums that are
    written with a sign."""
    closing = partners(tokens)
    instead: dict[int, list[Token]] = {}
    for start, sign in enumerate(tokens):
        stop = closing.get(start + 1) if sign.value in CALLED_SUMS and start not in instead else None
        between = by_depth(tokens, start + 2, stop) if stop is not None else ()
        comma = next((at for at, one, depth in between if one.type == "COMMA" and not depth), 0)
        if stop is None or comma <= start + 2:
            continue
        place = Span(tokens[start + 2].start, tokens[comma - 1].end)
        value = _called_over("".join([token.value for token in tokens[start + 2 : comma]]), place)
        if value is not None and not _is_axis(tokens[comma + 1 : min(comma + 3, stop)]):
            opened = tokens[start + 1]
            over = Token("SUM_OVER", over_positions(value, sign.value), sign.start, place.end)
            instead |= {
                start: [opened, over, opened],
                **dict.fromkeys(range(start + 1, comma + 1), []),
                stop: [tokens[stop]] * 2,
            }
    return [part for at, token in enumerate(tokens) for part in instead.get(at, (token,))]


CALLED_SUMS = frozenset(["sum", "prod", "max", "min"])


def _is_axis(tokens: list[Token]) -> bool:
    """Whether a second argument says along which axis the first one is summed."""
    types = [token.type for token in tokens[:2]]
    return types == ["NUMBER"] or types == ["RUN", "EQUALS"] or (types == ["RUN"] and tokens[0].value in ("rows", "cols"))


_BETWEEN = pattern(r"(?P<index>[a-z])=(?P<first>[^:]+):(?P<last>[^:]+)")
_PAIRED = pattern(r"[a-z][≤≥≠][a-z]")


def _called_over(head: str, place: Span) -> str | None:
    """What a sum runs over that is written as a call; None for another first argument."""
    between = _BETWEEN.fullmatch(head)
    for sign, one in _WRITTEN.items():
        head = head.replace(sign, one)
    if between is not None:
        return sum_over(f"{between['index']}={between['first']}", between["last"], place)
    return sum_over(head, "", place) if _PAIRED.fullmatch(head) or _places(head) else None
