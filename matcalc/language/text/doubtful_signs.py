"""Signs with two meanings: divisors that nobody put into brackets, ``u'v / ||u|| ||v||`` and ``1/2n ||Xw - y||^2``; ``a × b``."""

from __future__ import annotations

from matcalc.language.decisions import Decision
from matcalc.language.text.terminals import Token
from matcalc.language.text.vocabulary import Vocabulary

_COUNTS = frozenset("nN")
_FACTORS = frozenset("kKmM")
"""Letters for masses and constants, too: ``1/2m v'v`` is half of m v'v."""
_HANGS_ON = frozenset(["SUBSCRIPT", "SUPERSCRIPT", "POWER"])


def with_whole_divisors(tokens: list[Token], decisions: list[Decision]) -> list[Token]:
    """The tokens with brackets around norms that stand side by side behind a slash, and around ``2n`` at once behind one."""
    out: list[Token] = []
    position = 0
    while position < len(tokens):
        token = tokens[position]
        out.append(token)
        position += 1
        if token.type != "DIVIDE":
            continue
        stop = _norms_end(tokens, position) or _count_end(tokens, position, decisions)
        if stop is None:
            continue
        first, last = tokens[position], tokens[stop - 1]
        if first.type == "NORM_OPEN":
            said = "the norms behind the slash are read as one divisor"
            ways = ("one divisor: u'*v/(||u||*||v||)", "a quotient and then a factor: (u'*v/||u||)*||v||")
            decisions.append(Decision(said, "notation", "doubtful", token.span, ways))
        out += [Token("LPAR", "(", first.start, first.start), *tokens[position:stop], Token("RPAR", ")", last.end, last.end)]
        position = stop
    return out


def _norms_end(tokens: list[Token], position: int) -> int | None:
    """Where two or more norms side by side end."""
    found = 0
    while (stop := _norm_end(tokens, position)) is not None:
        found += 1
        if found > 1 and not (stop < len(tokens) and tokens[stop].type == "JUXT"):
            return stop
        if stop >= len(tokens) or tokens[stop].type != "JUXT":
            return None
        position = stop + 1
    return None


def _norm_end(tokens: list[Token], position: int) -> int | None:
    """The position after norm bars with what hangs on them."""
    if position >= len(tokens) or tokens[position].type != "NORM_OPEN":
        return None
    depth = 0
    while position < len(tokens):
        depth += (tokens[position].type == "NORM_OPEN") - (tokens[position].type == "NORM_CLOSE")
        position += 1
        if not depth:
            break
    while position < len(tokens) and tokens[position].type in _HANGS_ON:
        position += 1 if tokens[position].type == "SUPERSCRIPT" else 2
    return position


def _count_end(tokens: list[Token], position: int, decisions: list[Decision]) -> int | None:
    """The position after ``2n`` in ``1/2n``, where it is one divisor; says that it may be read otherwise."""
    if [token.type for token in tokens[position : position + 3]] != ["NUMBER", "JUXT", "NAME"]:
        return None
    number, name = tokens[position], tokens[position + 2]
    if tokens[position - 1].end != number.start or number.end != name.start or name.value not in _COUNTS | _FACTORS:
        return None
    written, whole = f"1/{number.value}{name.value}", name.value in _COUNTS
    one, apart = f"1/({number.value}*{name.value})", f"(1/{number.value})*{name.value}"
    said = f"{written} is read as {one if whole else apart}"
    decisions.append(Decision(said, "notation", "doubtful", number.span, (f"one divisor: {one}", f"a factor: {apart}")))
    return position + 3 if whole else None


_CROSSES = frozenset(["×", "\\times"])


def crosses(text: str, tokens: list[Token], vocabulary: Vocabulary) -> list[Decision]:
    """A doubt about every × that does not stand beside a number or between names that are declared."""
    said = "× is read as a product; the cross product of vectors is not in the language"
    ways = ("a product: *", "the cross product with u as a matrix: S*v, with S: 3×3 antisymmetric")
    places = [place for place, token in enumerate(tokens) if token.type == "TIMES" and text[token.start : token.end].strip() in _CROSSES]
    beside = {place: tokens[max(0, place - 1) : place] + tokens[place + 1 : place + 2] for place in places}
    plain = {place for place in places if _is_plain(beside[place], vocabulary)}
    return [Decision(said, "notation", "doubtful", tokens[place].span, ways) for place in places if place not in plain]


def _is_plain(beside: list[Token], vocabulary: Vocabulary) -> bool:
    return any(token.type == "NUMBER" for token in beside) or all(vocabulary.declares(token.value) for token in beside)
