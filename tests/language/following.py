"""Does what a message says: the text that comes of it, and what becomes of that.

What stands behind ``try:`` is a formula, or several of them, which are put in the marked place or read as they stand; or a sentence, and
``SENTENCES`` knows what that tells to do.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator

import matcalc
from matcalc.base.errors import MatcalcError, ShapeError, UnknownFunctionError
from matcalc.language import elaborate, elaborate_statement

Case = tuple[str, str | None]
"""A formula and its declarations."""

CLOSING = {"(": ")", "[": "]", "{": "}", "\\left(": "\\right)", "\\langle": "\\rangle"}


def refusal(case: Case) -> MatcalcError | None:
    """What is said against a formula; None where it is read."""
    try:
        elaborate(*case)
    except MatcalcError as error:
        return error
    return None


def _after(case: Case) -> MatcalcError | None:
    """The same of what may be a derivative or an equation as well."""
    error = refusal(case)
    if error is None or not re.search(r"derivative|equation", error.message):
        return error
    try:
        matcalc.derive(case[0], declare=case[1])
    except MatcalcError as said:
        try:
            elaborate_statement(*case)
        except MatcalcError:
            return None if "by which symbol" in said.message else said
    return None


def nonsense(case: Case, error: MatcalcError) -> list[str]:
    """The parts of the advice after which the formula is refused again in the same words, or at an earlier place."""
    if error.suggestion is None:
        return []
    told = list(_told(case, error))
    if told:
        return [] if any(_helps(error, other) for other in told) else [error.suggestion]
    found = list(_formulas(error.suggestion))
    if not found:
        return [error.suggestion]
    return [formula for formula in found if not any(_helps(error, *put) for put in _written(case, error, formula))]


def _helps(error: MatcalcError, case: Case, start: int = 0, end: int = 0) -> bool:
    """Whether the formula is read, or refused otherwise and further on, and not within what was put in."""
    then = _after(case)
    if then is None:
        return True
    if then.span is not None and then.text == case[0] and start <= then.span.start and then.span.end <= end:
        return False
    if then.span is None or error.span is None or _stage(then) > _stage(error):
        return then.message != error.message
    later = then.span.end >= min(error.span.start, len(case[0]) - 1)
    return then.message != error.message and later


def _stage(error: MatcalcError) -> int:
    """Which part of the reading stopped: the brackets, the grammar, the names, the shapes."""
    if isinstance(error, ShapeError | UnknownFunctionError):
        return 3 if isinstance(error, ShapeError) else 2
    return 0 if re.search(r"closed|does not match|closes nothing|pair up", error.message) else 1


# ---------------------------------------------------------------- sentences


def _cut(case: Case, error: MatcalcError) -> Iterator[Case]:
    text, declare = case
    assert error.span is not None
    yield text[: error.span.start] + text[error.span.end :], declare


def _closed(case: Case, error: MatcalcError) -> Iterator[Case]:
    text, declare = case
    assert error.span is not None
    opened = text[error.span.start : error.span.end]
    yield text.rstrip() + ((error.suggestion or "").partition(": ")[2] or CLOSING[opened]), declare


def _shortened(case: Case, error: MatcalcError) -> Iterator[Case]:
    """Without the last sign."""
    sign = re.match(r"something behind '(.*)', or", error.suggestion or "")
    assert sign is not None
    yield case[0].rstrip().removesuffix(sign[1].replace("\\\\", "\\")), case[1]
    yield f"{case[0]} x", case[1]


def _round(case: Case, error: MatcalcError) -> Iterator[Case]:
    yield case[0].replace("{", "(").replace("}", ")"), case[1]


def _one_size(case: Case, error: MatcalcError) -> Iterator[Case]:
    names = re.search(r"if (\w+) = (\w+)$", error.suggestion or "")
    assert names is not None and case[1] is not None
    yield case[0], re.sub(rf"\b{names[2]}\b(?!:)", names[1], case[1])


def _declared(case: Case, error: MatcalcError) -> Iterator[Case]:
    name = re.search(r"\((\w+): function\)|^(\w+) declared|^declare (\w+) if", error.suggestion or "")
    assert name is not None
    word = next(group for group in name.groups() if group)
    kind = "scalar" if name[3] else "function"
    yield case[0], "; ".join([*([case[1]] if case[1] else []), f"{word}: {kind}"])


def _right_side(case: Case, error: MatcalcError) -> Iterator[Case]:
    yield case[0].rpartition("=")[2], case[1]


def _braced(case: Case, error: MatcalcError) -> Iterator[Case]:
    yield case[0] + "{y}", case[1]


def _plainly(case: Case, error: MatcalcError) -> Iterator[Case]:
    yield case[0].replace("\\", ""), case[1]


def _named(case: Case, error: MatcalcError) -> Iterator[Case]:
    """Its own name for what stands in brackets."""
    yield re.sub(r"\[.*\]|\\begin.*\\end\{\w+\}", "A", case[0]), case[1]


def _without_statement(case: Case, error: MatcalcError) -> Iterator[Case]:
    yield "x'*x", case[1]


def _both_sides(case: Case, error: MatcalcError) -> Iterator[Case]:
    assert error.span is not None
    left, right = re.findall(r"\S+\*\S+'", error.suggestion or "")
    start, end = error.span.start, error.span.end
    yield f"{case[0][:start]}{left} + {right}{case[0][end:]}", case[1]


def _without_comma(case: Case, error: MatcalcError) -> Iterator[Case]:
    assert error.span is not None
    before = case[0][: error.span.start].rstrip()
    yield before.removesuffix(",") + case[0][error.span.start :], case[1]


SENTENCES: dict[str, Callable[[Case, MatcalcError], Iterator[Case]]] = {
    r"remove the comma": _without_comma,
    r"\S+ and 1\*\S+: a matrix": _both_sides,
    r"derive\(f, x\), or verify": _without_statement,
    r"remove it": _cut,
    r"add the closing bracket": _closed,
    r"something behind '": _shortened,
    r"round brackets": _round,
    r"one name for both sizes": _one_size,
    r"a function that acts on each entry can be declared": _declared,
    r"\w+ declared as a function": _declared,
    r"declare \w+ if it is one name": _declared,
    r"the right side alone": _right_side,
    r"braces: ": _braced,
    r"the plain spelling": _plainly,
    r"a name, such as A": _named,
    r"a declaration, such as x: n": _without_statement,
    r"the formula alone|the function alone": _without_statement,
}
"""What a sentence begins with, and what it tells to do."""


def _told(case: Case, error: MatcalcError) -> Iterator[Case]:
    for beginning, follow in SENTENCES.items():
        if re.match(beginning, error.suggestion or ""):
            yield from follow(case, error)


# ---------------------------------------------------------------- formulas


def _formulas(advice: str) -> Iterator[str]:
    """The formulas in an advice: between commas and "or", without the remarks behind them and the words before them."""
    for part in _parts(advice):
        bare = re.sub(r"^(transpose one side|transpose|brackets): |^a formula such as |^brackets: ", "", part)
        bare = re.sub(r" (for|where|with|around|as|when|of|is|if|at|in) .*$", "", bare)
        bare = re.sub(r"\s+\([a-z][a-z ]+\)$", "", bare).strip()
        if re.search(r"[a-z]+ [a-z]+ [a-z]+", bare) or not bare or re.match(r"(the|an?|which|of|between|its|and) ", bare):
            continue
        yield bare


def _parts(advice: str) -> Iterator[str]:
    depth = start = place = 0
    while place < len(advice):
        depth += (advice[place] in "([{") - (advice[place] in ")]}")
        mark = re.match(r", or |, | or |: the |; (with|for|between|a list) ", advice[place:]) if depth <= 0 else None
        if mark is not None:
            yield advice[start:place]
            if mark[0] == ": the ":
                return  # what it is, in words
            start = place = place + mark.end()
        else:
            place += 1
    yield advice[start:]


Put = tuple[Case, int, int]
"""A formula with the place of what was put in."""


def _written(case: Case, error: MatcalcError, formula: str) -> Iterator[Put]:
    """The formula in the marked place, or in that of the call there; where it is not about sizes, also as it stands."""
    text, declare = case
    if error.text is not None and error.text != text and declare is not None:
        yield (text, _redeclared(declare, formula)), 0, 0
        yield (text, formula), 0, 0
        return
    called = not formula.isidentifier()
    if error.span is not None and error.text == text:
        start, end = error.span.start, error.span.end
        if (error.suggestion or "").startswith("transpose one side"):
            left, sign, _ = re.split(r" ?([-+−]|\*\*|\.[*/^]) ?", text[start:end], maxsplit=1)
            whole = f"{left} {sign} {formula}"
            yield (text[:start] + whole + text[end:], declare), start, start + len(whole)
            return
        for written in (formula, f"({formula})") if isinstance(error, ShapeError) else (formula,):
            written = written.replace("...", "x")
            yield (text[:start] + written + text[end:], declare), start, start + len(written)
        if called and text[end : end + 1] == "(" and (closing := _closing(text, end)) is not None:
            yield (text[:start] + formula + text[closing + 1 :], declare), start, start + len(formula)
    if called and not isinstance(error, ShapeError):
        yield (formula.replace("...", "x"), None), 0, 0
        yield (f"f = x'*y; {formula}", None), 0, 0  # f stands for a formula in an advice
    if "..." in formula:
        yield (formula.replace("...", text), declare), 0, 0


def _redeclared(declare: str, clause: str) -> str:
    """The declarations with another clause for its name."""
    name = clause.partition(":")[0]
    others = [part.strip() for part in declare.split(";") if part.partition(":")[0].strip() != name]
    return "; ".join([*others, clause])


def _closing(text: str, opening: int) -> int | None:
    depth = 0
    for place in range(opening, len(text)):
        depth += (text[place] in "([{") - (text[place] in ")]}")
        if depth == 0:
            return place
    return None
