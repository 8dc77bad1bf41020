"""By which symbol a formula is to be differentiated when nobody said so: the one that can be meant, or a question."""

from __future__ import annotations

from collections.abc import Mapping

from matcalc.api import parse
from matcalc.errors import MatcalcError, ParseError
from matcalc.inputs import Expression, explained
from matcalc.language.declare.texts import Declare
from matcalc.language.elaboration import Question, question_in
from matcalc.language.options import reading_options

_NO_VARIABLES = frozenset(["function", "constant"])


def variables(expression: Expression, **reading: object) -> dict[str, str]:
    """The symbols that a formula can be differentiated by, with kind and size as in declarations; ``reading`` as for ``parse``.

    >>> variables("a*norm2(X*w - y)^2 + sum(f(w))", declare="f: function; y: constant")
    {'a': 'scalar', 'X': 'n×m', 'w': 'm'}
    """
    read = parse(expression, **reading)  # type: ignore[arg-type]
    return {name: kind for name, kind in read.declarations.items() if _NO_VARIABLES.isdisjoint(kind.replace(",", " ").split())}


def said_in(text: str, *, declare: Declare = None, strict: bool = False, dialect: str | None = None) -> Question | None:
    """What a text says itself that it is to be differentiated by: ``d/dx x'Ax``, ``f(x) = x'Ax``; None when it says nothing.

    >>> said_in("d/dx x'Ax").names, said_in("x'Ax")
    (('x',), None)
    """
    with explained(text):
        return question_in(text, declare, reading_options(strict, dialect))


def clear_choice(found: Mapping[str, str]) -> str | None:
    """The one vector or matrix, or the one scalar where there are no others; None when there is a choice.

    >>> clear_choice({"a": "scalar", "w": "m"}), clear_choice({"x": "n", "A": "n×n"})
    ('w', None)
    """
    arrays = [name for name, kind in found.items() if not kind.startswith("scalar")]
    candidates = arrays or list(found)
    return candidates[0] if len(candidates) == 1 else None


def described(kind: str) -> str:
    """A kind in words.

    >>> described("n"), described("n×n symmetric"), described("scalar")
    ('vector of size n', 'n×n symmetric matrix', 'scalar')
    """
    size, _, facts = kind.partition(" ")
    if not kind:
        return "an argument"
    if size == "scalar":
        return f"{facts} scalar".strip()
    return f"{kind} matrix" if "×" in size else f"{facts} vector of size {size}".strip()


def question(found: Mapping[str, str], ways: list[str]) -> MatcalcError:
    """What is asked where nobody answers: the symbols, and what to write for each of them."""
    if not found:
        return ParseError("there is no symbol to differentiate by", suggestion="a formula with a symbol, such as x'*A*x")
    names = "; ".join(f"{name} ({described(kind)})" for name, kind in found.items())
    return ParseError("by which symbol?", expected=f"one of {names}", suggestion="\n     ".join(ways))
