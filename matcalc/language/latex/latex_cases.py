"""Functions in pieces, ``\\begin{cases} ... \\end{cases}``, as calls of ``where`` within each other."""

from __future__ import annotations

from matcalc.base.errors import ParseError
from matcalc.base.records import record
from matcalc.language.decisions import Decision, Weight
from matcalc.language.latex.case_conditions import RELATIONS, left_out
from matcalc.language.latex.latex_commands import PROSE, WORDS
from matcalc.language.latex.latex_constructs import Items, Range, Reading, comma, written_rows

_IN_WORDS = PROSE | WORDS
_FIRST = frozenset(["if", "for", "when", "where", "whenever", "forall", ""])
_ELSE = frozenset(["otherwise", "else", "elsewhere", "ow", "ifotherwise", "inallothercases", "default"])
_AND = frozenset(["land", "wedge"])
_EQUAL = {"=": True, "ne": False, "neq": False, "≠": False}
_BRACES = {"{": "", "}": "", **dict.fromkeys(("vert", "lvert", "rvert"), "|")}
"""What is only set otherwise."""
_BETWEEN = frozenset([",", ";", "."])


@record
class _Case:
    value: Range
    condition: Range | None


def written_cases(r: Reading, position: int) -> tuple[Items, int]:
    """The tokens of the function in pieces that begins at a position, and the position after it.

    Raises ParseError for one without a condition, or with one that is no comparison.
    """
    cases = [_case(r, cells) for cells in written_rows(r, position)]
    close = r.partner[position]
    if len(cases) < 2 or any(case.condition is None for case in cases[:-1]):
        raise ParseError(
            "cases are values with a condition behind &, the last of which may be for all else",
            span=r.span(position, close),
            suggestion=r"\begin{cases} x^2 & x > 0 \\ 0 & \text{otherwise} \end{cases}",
        )
    last = cases[-1]
    if last.condition is not None:
        _take_for_the_rest(r, [case.condition for case in cases if case.condition is not None], last.condition)
    opening, closing = r.bracket(position)
    place = r.lexemes[position].start
    out: Items = []
    behind: Items = []
    for case in cases[:-1]:
        assert case.condition is not None
        condition, equal = _condition(r, case.condition)
        value: Items = [opening, case.value, closing]
        out += [r.token("CALL", "where", position), opening, *condition, comma(place)]
        if equal:  # the difference is 0 where the equation holds, so that the value comes last
            behind = [comma(place), *value, closing, *behind]
        else:
            out += [*value, comma(place)]
            behind = [closing, *behind]
    return [*out, opening, last.value, closing, *behind], close + 1


def _take_for_the_rest(r: Reading, conditions: list[Range], last: Range) -> None:
    """Says that the last case is for all else, which is doubtful where the conditions leave
    something out."""
    rest = left_out([_comparisons(r, condition) for condition in conditions])
    said = "the last of the cases is taken wherever none before it holds"
    if rest == "more":
        said += ", also where its condition does not hold"
    ways = r"for all else: \text{otherwise}", r"another value there: a case before it, and \text{otherwise} for the last"
    weight: Weight = "doubtful" if rest == "more" else "assumed"
    r.decisions.append(Decision(said, "notation", weight, r.span(last[0], last[1] - 1), ways if rest == "more" else ()))


def _comparisons(r: Reading, condition: Range) -> list[list[str]]:
    """What is compared in a condition, with the signs between."""
    found = []
    first, last = condition
    for begin, stop in _joined(r, first, last):
        signs = [place for place in r.shallow(begin, stop) if r.lexemes[place].text in RELATIONS]
        parts = zip([begin, *(place + 1 for place in signs)], [*signs, stop])
        written = [
            "".join([_BRACES.get(text.lstrip("\\"), text) for text in r.texts(one, other, other - one)]) for one, other in parts
        ]
        between = [RELATIONS[r.lexemes[place].text] for place in signs]
        found.append([part for pair in zip(written, [*between, ""]) for part in pair][:-1])
    return found


def _joined(r: Reading, first: int, last: int) -> list[Range]:
    """The comparisons that a condition joins by an and, or by commas."""
    cuts = [place for place in r.shallow(first, last) if r.lexemes[place].text in (_AND | {","}) or _is_and(r, place, last)]
    after = [place + 1 if not r.lexemes[place].is_command(_IN_WORDS) else r.partner[place + 1] + 1 for place in cuts]
    return list(zip([first, *after], [*cuts, last], strict=True))


def _case(r: Reading, cells: list[Range]) -> _Case:
    value = _stripped(r, cells[0])
    if len(cells) == 1 and value[0] < value[1]:
        return _Case(value, None)
    if len(cells) != 2 or value[0] >= value[1]:
        first, last = cells[0][0], max(cells[-1][1] - 1, cells[0][0])
        raise ParseError("a case is one value and one condition", span=r.span(first, last), suggestion="x^2 & x > 0")
    first, last = _stripped(r, cells[1])
    word, after = _word(r, first, last)
    if word in _ELSE and after == last:
        return _Case(value, None)
    return _Case(value, (after if word in _FIRST else first, last))


def _stripped(r: Reading, cell: Range) -> Range:
    """A cell without the comma at its end."""
    first, last = cell
    while first < last and r.lexemes[last - 1].text in _BETWEEN:
        last -= 1
    return first, last


def _word(r: Reading, first: int, last: int) -> tuple[str, int]:
    """The words that a condition begins with, and the position behind them."""
    lexeme = r.at(first, last)
    if lexeme.is_command(_IN_WORDS) and r.at(first + 1, last).kind == "{":
        close = r.partner[first + 1]
        return "".join(r.texts(first + 2, close)).lower(), close + 1
    after = first
    while r.at(after, last).kind == "letter":
        after += 1
    word = "".join(r.texts(first, after)).lower()
    found = max((name for name in _FIRST | _ELSE if word.startswith(name)), key=len)
    return found, first + len(found)


def _condition(r: Reading, condition: Range) -> tuple[Items, bool]:
    """The tokens of a condition, and whether it is an equation, for which they are a difference."""
    first, last = condition
    shallow = list(r.shallow(first, last))
    equals = [place for place in shallow if r.lexemes[place].text in _EQUAL]
    opening, closing = r.bracket(max(first - 1, 0))
    if equals:
        if len(equals) > 1 or not first < equals[0] < last - 1:
            raise ParseError("this condition is not read", span=r.span(first, last - 1), suggestion="x = 0")
        place = equals[0]
        minus = r.token("MINUS", "-", place)
        both: Items = [opening, opening, (first, place), closing, minus, opening, (place + 1, last), closing, closing]
        return both, _EQUAL[r.lexemes[place].text]
    out: Items = [opening]
    *before, (begin, _) = _joined(r, first, last)
    for one, place in before:
        out += [opening, (one, place), closing, r.token("ELEMENT_TIMES", ".*", place)]
    return [*out, opening, (begin, last), closing, closing], False


def _is_and(r: Reading, place: int, last: int) -> bool:
    words = r.lexemes[place].is_command(_IN_WORDS) and r.at(place + 1, last).kind == "{"
    return words and r.texts(place + 2, r.partner[place + 1]) == ["a", "n", "d"]
