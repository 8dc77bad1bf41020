"""What is written otherwise in Python: ``np.dot(A, x)``, ``A.t()``, ``mean(X, axis=0)``; only for telling what to write instead."""

from __future__ import annotations

from matcalc.base.budgets import LONGEST_QUOTED_NAME
from matcalc.base.errors import ParseError, Span
from matcalc.base.lazy import pattern
from matcalc.language.text.dialects import dialect_table
from matcalc.language.text.meanings import advice_for, has_form, written
from matcalc.language.text.vocabulary import known_functions

_DOTTED = pattern(r"[^\W\d]\w*(?:\.[^\W\d]\w*)+")
_NAME_BEFORE = pattern(r"[^\W\d]\w*\Z")
_ATTRIBUTE = pattern(r"\.([^\W\d]\w*)")
_ALONG = pattern(r"\s*(?:axis|dim)\s*=\s*(-?\d)\s*")
_LONGEST_QUOTE = 60


def along_an_axis(function: str, matrix: str = "X") -> str:
    """How a function is taken along the rows or the columns of a matrix."""
    return f"{function}({matrix}, rows) for every row or {function}({matrix}, cols) for every column"


def dot_in(text: str, position: int) -> ParseError:
    """The error for a dot at ``position`` that is part of no number and no operator."""
    start = _start_of_name(text, position)
    module = _DOTTED.match(text, start)
    if module is not None and module[0].partition(".")[0] in dialect_table()["modules"]["names"]:
        arguments, end = _arguments(text, module.end())
        instead = _rewritten(module[0].rpartition(".")[2], arguments)
        return ParseError("functions stand without the name of a module", span=Span(start, module.end()), suggestion=instead)
    attribute = _ATTRIBUTE.match(text, position)
    if attribute is not None and (has_form(attribute[1]) or text[attribute.end() : attribute.end() + 1] == "("):
        arguments, _ = _arguments(text, attribute.end())
        receiver = text[start:position] if start < position else "X"
        if receiver[:1] == "(":
            receiver = receiver[1:-1]
        instead = _rewritten(attribute[1], [receiver, *(arguments or [])])
        return ParseError("expressions have no methods and attributes", span=Span(position, attribute.end()), suggestion=instead)
    return ParseError(
        "a dot alone is no operator",
        span=Span(position, position + 1),
        suggestion="x*y (product), x.*y (elementwise), x'*y (inner product) or x^T, x.T (transpose)",
    )


def _start_of_name(text: str, position: int) -> int:
    """Where the name begins that ends before ``position``, or the brackets that close there."""
    if text[position - 1 : position] in (")", "]"):
        depth = 0
        for place in range(position - 1, -1, -1):
            depth += (text[place] in ")]") - (text[place] in "([")
            if depth == 0:
                return place
    name = _NAME_BEFORE.search(text, max(0, position - LONGEST_QUOTED_NAME), position)
    return position if name is None else name.start()


def _arguments(text: str, position: int) -> tuple[list[str] | None, int]:
    """The texts between brackets that open at ``position``, and where the brackets end; None without brackets."""
    if text[position : position + 1] != "(":
        return None, position
    parts, depth, begin = [], 0, position + 1
    for place in range(position, len(text)):
        depth += (text[place] in "([") - (text[place] in ")]")
        if depth == 0 or (depth == 1 and text[place] == ","):
            parts.append(text[begin:place].strip())
            begin = place + 1
        if depth == 0:
            return [part for part in parts if part], place + 1
    return None, position


def _rewritten(name: str, arguments: list[str] | None) -> str | None:
    """The call as it is written in the language, as far as it is known; the axes are NumPy's."""
    plain = [argument for argument in arguments or [] if "=" not in argument]
    along = [found[1] for argument in arguments or [] if (found := _ALONG.fullmatch(argument)) is not None]
    if has_form(name):
        return written(name, plain) or written(name, ["A", "x"])
    if name not in known_functions():
        return advice_for(name)
    axis = {"0": ", cols", "1": ", rows", "-1": ", rows"}.get(along[0], "") if along else ""
    made = f"{name}({', '.join(plain) or 'x'}{axis})"
    return made if len(made) <= _LONGEST_QUOTE else f"{name}(x{axis})"
