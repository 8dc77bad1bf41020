r"""Primes of functions that are written without their arguments: ``(f^2)' = 2ff'`` is ``\frac{d}{dx} f(x)^2 = 2 f(x) f'(x)``.

A prime is a transpose, too: what stands before one is a function where the text says so, or where a whole bracket has two, as nothing is
transposed twice.
"""

from __future__ import annotations

from matcalc.base.lazy import pattern
from matcalc.documents.context.definitions import PRIMES, names_called
from matcalc.documents.context.names import NameAt, names_at, trimmed
from matcalc.documents.context.outline import Line
from matcalc.documents.context.survey import Context
from matcalc.documents.shapes import is_function
from matcalc.documents.tokens import closing
from matcalc.language.text.called_names import USUAL

_GROUP = pattern(r"\A\s*(?:\\left\s*|\\[bB]igg?l?\s*)?(?P<bracket>[(\[])")
_GROUP_PRIMED = pattern(r"[)\]]\s*(?:['′]|\^\s*\{?\s*\\prime)")
_SPARE = ("x", "t", "s", "z", "y")
_MOST_PRIMES = 3


def with_arguments(equation: str, line: Line, context: Context) -> str:
    """The equation with the arguments of functions that it has primes of and leaves out; itself for any other."""
    if line.notation != "latex" or names_called(equation, line.notation):
        return equation
    left, _, right = equation.partition("=")
    group = _primed_group(left)
    primed = [at for at in names_at(equation) if _primes(equation, at.end)]
    functions = _functions(equation, line, context) or _derived_twice(equation, group, line, context)
    if not functions or not (group is not None or primed) or any(at.name not in functions for at in primed):
        return equation
    variable = _variable(equation, functions, line, context)
    if variable is None:
        return equation
    said = _called(right, functions, variable)
    if group is None:
        return f"{_called(left, functions, variable)} = {said}"
    inside, order = group
    above, below = ("d", f"d{variable}") if order == 1 else (f"d^{order}", f"d{variable}^{order}")
    return rf"\frac{{{above}}}{{{below}}}\left({_called(inside, functions, variable)}\right) = {said}"


def _primes(text: str, start: int) -> int:
    """How many primes stand at a place."""
    found = PRIMES.match(text, start)
    return 0 if found is None else found[0].count("'") + found[0].count("′") + found[0].count("\\prime")


def _primed_group(side: str) -> tuple[str, int] | None:
    """What stands in the primed bracket that a side consists of, and the number of its primes."""
    side = trimmed(side)
    opened = _GROUP.match(side)
    end = closing(side, opened.end(), opened["bracket"]) if opened is not None else 0
    if opened is None or not end:
        return None
    order = _primes(side, end)
    whole = PRIMES.fullmatch(side, end) is not None and 0 < order <= _MOST_PRIMES
    return (side[opened.end() : end - 1].removesuffix("\\right"), order) if whole else None


def _functions(equation: str, line: Line, context: Context) -> frozenset[str]:
    """The names of an equation that the text knows as functions of one number."""
    return frozenset([at.name for at in names_at(equation) if at.name == at.base and _is_function(at.name, line, context)])


def _derived_twice(equation: str, group: tuple[str, int] | None, line: Line, context: Context) -> frozenset[str]:
    """The small letters in a bracket with several primes, each of which has primes on the other side, if nothing is known of any name."""
    right = equation.partition("=")[2]
    found = frozenset([at.name for at in names_at(group[0])]) if group is not None and group[1] > 1 else frozenset[str]()
    derived = {at.name for at in names_at(right) if _primes(right, at.end)}
    every = list(names_at(equation))
    if _GROUP_PRIMED.search(right):
        return frozenset()  # the prime of a bracket would be read as a transpose
    unknown = all(at.name == at.base and at.name.islower() and not at.bold and _is_unknown(at.name, line, context) for at in every)
    return found if unknown and found == derived == {at.name for at in every} else frozenset()


def _is_unknown(name: str, line: Line, context: Context) -> bool:
    if is_function(name) or name in USUAL or context.definitions.is_obscure(name, line.number):
        return False
    return context.definitions.at(name, line.number) is None and context.told(name, line.number)[0] is None


def _is_function(name: str, line: Line, context: Context) -> bool:
    one = context.definitions.at(name, line.number)
    if one is not None:
        return one.is_function and len(one.head.arguments) == 1
    told, _ = context.told(name, line.number)
    return told is not None and told.kind == "function" and told.shape is None and not told.properties


def _variable(equation: str, functions: frozenset[str], line: Line, context: Context) -> str | None:
    """The argument that these functions are defined with, or a letter that stands for nothing else; None where they have several."""
    defined = [one for name in functions if (one := context.definitions.at(name, line.number)) is not None]
    arguments = {one.head.arguments[0] for one in defined}
    used = {at.name for at in names_at(equation)}
    free = [name for name in _SPARE if name not in used and context.definitions.at(name, line.number) is None]
    if arguments:
        return arguments.pop() if len(arguments) == 1 else None
    return next(iter(free), None)


def _called(text: str, functions: frozenset[str], variable: str) -> str:
    """A formula with these functions at a variable."""
    out, start = [], 0
    for at in names_at(text):
        if at.name in functions:
            end = _behind(text, at)
            out += [text[start : at.start], "{", text[at.start : at.end], "'" * _primes(text, at.end), f"({variable})", "}"]
            start = end
    return "".join([*out, text[start:]])


def _behind(text: str, at: NameAt) -> int:
    found = PRIMES.match(text, at.end)
    return at.end if found is None else found.end()
