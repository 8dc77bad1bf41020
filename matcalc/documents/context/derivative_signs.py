r"""Derivatives of functions by signs before them, ``\nabla f``, ``D(F \circ G)(x)``, ``J_F``, as
the language writes them.

There each function is called with what it is a function of, and a formula that is differentiated is
a function with a name of its own.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from itertools import chain
from typing import Literal, TypeAlias

from matcalc.base.lazy import pattern
from matcalc.base.records import grouped
from matcalc.documents.context.written_names import Call, NameAt, behind_primes, call_at, names_at, respelled, trimmed, whole_name
from matcalc.documents.cues import OPENED, bracketed, closing
from matcalc.language.latex.latex_commands import ACCENTS

Sign: TypeAlias = Literal["gradient", "hessian", "jacobian", "prime", "partial", ""]

_FONT = r"\\(?:mathbf|mathrm|boldsymbol|operatorname|bm|vec)"
_SCRIPT = rf"(?:\{{(?:[^{{}}]|\{{[^{{}}]*\}})*\}}|{_FONT}\s*\{{[^{{}}]*\}}|\\[A-Za-z]+|\w)"
_SIGN = pattern(
    rf"\\nabla(?![A-Za-z])(?P<scripts>(?:\s*[_^]\s*{_SCRIPT})*)\s*(?:\\[,!;]\s*)?"
    rf"|(?<![A-Za-z\\_^{{])(?:{_FONT}\s*\{{\s*D\s*\}}|D)(?P<second>\s*\^\s*\{{?\s*2\s*\}}?)?\s*(?=[A-Za-z\\(])"
)
_JACOBIAN = pattern(rf"(?:{_FONT}\s*\{{\s*J\s*\}}|(?<![A-Za-z\\_^{{])J)\s*_\s*(?P<of>{_SCRIPT})")
_ALONG = pattern(rf"(?<![A-Za-z\\_^{{])D\s*_\s*(?P<along>{_SCRIPT})\s*(?=[A-Za-z\\])")
_SECOND = pattern(r"\s*\^\s*\{?\s*2\s*\}?")
_BY = pattern(rf"\s*_\s*(?P<by>{_SCRIPT})")
_CIRCLE = pattern(r"\s*(?:\\circ(?![A-Za-z])|∘)\s*")
_ACCENT = pattern(rf"\\(?:{'|'.join(sorted(ACCENTS))})(?![A-Za-z])")
_DEEPEST = 3


class NotRead(Exception):
    """An equation is none about derivatives of functions, as far as is understood here."""


@dataclass(frozen=True, slots=True)
class DerivedName:
    """A function as it stands in a formula: with the sign of a derivative, and the name that it is
    called with."""

    name: str
    written: str
    sign: Sign
    point: str = ""
    bold: bool = False


def derived_names(text: str, is_map: Callable[[str], bool]) -> Iterator[DerivedName]:
    """The names in a formula that are differentiated, or called where they are known as maps."""
    text = _plain(text)
    derived = dict(_signs_at(text, is_map))
    above = (range(found.start() + 1, _end_of_operand(text, found.end())) for found in _BY_NAME.finditer(text))
    partial: dict[int, Sign] = dict.fromkeys(chain.from_iterable(above), "partial")
    for at in names_at(text):
        end = behind_primes(text, at.end)
        call = call_at(text, end)
        called: Sign = "prime" if end > at.end else partial.get(at.start, "")
        sign = derived.get(at.start, "") or ("" if call is None else called)
        if sign or (call is not None and is_map(at.name)):
            yield DerivedName(at.name, text[at.start : at.end], sign, "" if call is None else call.point, at.bold)


def _signs_at(text: str, is_map: Callable[[str], bool]) -> Iterator[tuple[int, Sign]]:
    """The places of the names behind signs of derivatives, each with the sign."""
    for found in _SIGN.finditer(text):
        sign = _sign(found)
        at = _target(text, found.end())
        if at is not None:
            call = call_at(text, at.end)
            counts = sign != "jacobian" or call is not None or is_map(at.name)
            if counts and not _is_by_inside(found, call):
                yield at.start, sign
    along = (_name_from(text, found.end()) for found in _ALONG.finditer(text))
    yield from ((at.start, "gradient") for at in along if at is not None)


def _is_by_inside(found: re.Match[str], call: Call | None) -> bool:
    """Whether a gradient is by a name that stands inside the brackets of a function and is not all
    of them."""
    below = whole_name(_by(found))
    return below is not None and call is not None and below != call.point and below in {one.name for one in names_at(call.inside)}


_BY_INDEX = pattern(
    rf"(?<![A-Za-z\\_^{{])D\s*_\s*(?:(?P<one>[i-n1-9])|\{{\s*(?P<several>[i-n1-9](?:\s*,?\s*[i-n1-9])?)\s*\}})(?P<twice>\s*\^\s*\{{?\s*2\s*\}}?)?\s*"
    rf"(?P<call>(?:{_FONT}\s*\{{\s*[A-Za-z]\s*\}}|\\?[A-Za-z]+)\s*\(\s*(?P<at>(?:{_FONT}\s*\{{\s*[A-Za-z]\s*\}}|[A-Za-z]))\s*\))"
)


def _by_index(found: re.Match[str]) -> str:
    r"""A derivative by entries of an argument, ``D_{i,j} f(x)``, with their names."""
    indices = [letter for letter in found["one"] or found["several"] if letter not in ", "] * (2 if found["twice"] else 1)
    above = r"\partial^2" if len(indices) > 1 else r"\partial"
    below = " ".join([rf"\partial {found['at']}_{index}" for index in indices])
    return rf"\frac{{{above} {found['call']}}}{{{below}}}"


def calls_in(text: str) -> dict[str, int]:
    """With how many arguments the functions in a formula are called; those that are called in
    several ways are left out."""
    text = _plain(text)
    calls = ((at.name, call_at(text, behind_primes(text, at.end))) for at in names_at(text))
    found = grouped((name, call.inside.count(",") + 1) for name, call in calls if call is not None)
    return {name: counts[0] for name, counts in found.items() if len(set(counts)) == 1}


_TWICE = pattern(
    rf"\\nabla(?P<by>\s*_\s*{_SCRIPT})?\s*\\nabla(?:\s*_\s*{_SCRIPT})?\s*\^\s*\{{?\s*(?:T|\\top|\\intercal)\s*\}}?(?:\s*_\s*{_SCRIPT})?"
)
_DIRECTION = pattern(
    r"(?P<name>\\?[A-Za-z]+)\s*(?:'|′|\^\s*\{?\\prime\}?)\s*(?:\\left)?\((?P<at>[^();]{1,40});(?P<along>[^();]{1,40})(?:\\right)?\)"
)


def _plain(text: str) -> str:
    r"""A formula with the sign D for Jacobians and derivatives along vectors: ``J_F(x)``,
    ``J_{G \circ F}(x)``, ``f'(x; v)``."""

    def plain(found: re.Match[str]) -> str:
        inside = _unbraced(found["of"])
        if _INDEX.fullmatch(inside) or call_at(text, found.end()) is None:
            return found[0]
        return f"D({inside})" if _CIRCLE.search(inside) else f"D {inside}"

    text = _BY_INDEX.sub(_by_index, text)
    text = _TWICE.sub(lambda found: rf"\nabla{found['by'] or ''}^2 ", text)
    text = _DIRECTION.sub(lambda found: f"D_{{{found['along']}}} {found['name']}({found['at']})", text)
    return _JACOBIAN.sub(plain, text)


def _sign(found: re.Match[str]) -> Sign:
    """Which derivative a sign means."""
    if found["scripts"] is None:
        return "hessian" if found["second"] else "jacobian"
    rest = _BY.sub("", _SECOND.sub("", found["scripts"]))
    if rest.strip():
        raise NotRead  # a third derivative, or a transpose of the sign
    return "hessian" if _SECOND.search(found["scripts"]) else "gradient"


_BY_NAME = pattern(r"\\[dt]?frac\s*\{\s*\\partial(?![A-Za-z])")


def _end_of_operand(text: str, start: int) -> int:
    """The place behind what the sign of a partial derivative above the line of a fraction is about:
    there, or in the bracket behind it."""
    above = closing(text, start, "{")
    below = closing(text, text.index("{", above) + 1, "{") if above and text[above : above + 1] == "{" else 0
    if not below or text[start : above - 1].strip():
        return below or above
    behind = below + len(text[below:]) - len(text[below:].lstrip())
    at, bracket = _name_from(text, behind), OPENED.match(text, below)
    if at is not None:
        call = call_at(text, at.end)
        return below if call is None else call.end
    return below if bracket is None else closing(text, bracket.end(), bracket["bracket"])


def _by(found: re.Match[str]) -> str:
    """What a sign of a gradient has below it."""
    below = _BY.search(found.groupdict().get("scripts") or "")
    return "" if below is None else _unbraced(below["by"])


def _unbraced(script: str) -> str:
    return trimmed(script[1:-1] if script.startswith("{") else script)


def _target(text: str, start: int) -> NameAt | None:
    """The name that a sign before a place is about; none before ``e^x``."""
    return None if _POWER.match(text, start) else _name_from(text, start)


_POWER = pattern(r"\s*e\s*\^\s*(?=\{)")
_ELEMENTARY = pattern(r"\s*\\(?:log|ln|exp|sin|cos|tanh|sqrt)(?![A-Za-z])\s*")


def _name_from(text: str, start: int) -> NameAt | None:
    """The name that begins at a place."""
    return next((at for at in names_at(text) if at.start == start), None)


_BY_ENTRY = pattern(r"\\partial\s*(?P<by>(?:\\(?:mathbf|boldsymbol|bm|vec)\s*\{\s*[A-Za-z]\s*\}|\\[a-z]+|[A-Za-z]))\s*_")


class Derivatives:
    """Writes formulas with the derivatives of ``functions`` without a formula, and of ``known``
    names that have so many arguments.

    ``curves`` are the functions whose values are vectors and whose argument is a number;
    ``letters`` are free.
    """

    def __init__(
        self, functions: frozenset[str], known: Mapping[str, int], letters: Iterator[str], curves: frozenset[str]
    ) -> None:
        self._functions, self._known, self._letters, self._curves = functions, known, letters, curves
        self._renamed: dict[str, str] = {}
        self._by: set[str] = set()
        """What functions without arguments are differentiated by: one thing alone, as there is only
        one that they can be of."""

    def definition(self, left: str, value: str, arguments: tuple[str, ...]) -> list[str]:
        """A definition, behind those of the functions that it needs."""
        at = next(iter(names_at(left)), None)
        call = None if at is None else call_at(left, at.end)
        text = _Text(trimmed(call.inside) if call is not None and len(arguments) == 1 else "", [])
        written = self._written(value, text)
        if at is not None and arguments and _ACCENT.search(left[: at.end]) is not None:
            self._renamed[at.name] = self._letter()
        return [*text.helpers, f"{self._spelled(left)} = {written}"]

    def equation(self, equation: str) -> tuple[str, list[str]]:
        """An equation, and the definitions of the functions that it needs."""
        text = _Text(self._variable(equation), [])
        return self._written(equation, text), text.helpers

    def _variable(self, equation: str) -> str:
        """The name that functions of an equation are called with where they are; empty where these
        are several."""
        equation = _plain(equation)
        names = names_at(equation)
        points = self._points(equation, names)
        self._by = set(points)
        if points:
            return points.popitem()[1] if len(points) == 1 else ""
        by = {trimmed(found["by"]) for found in _BY_ENTRY.finditer(equation)}
        if len(by) == 1:
            return by.pop()
        return "x" if "x" not in {at.base for at in names} else self._letter()

    def _points(self, equation: str, names: Iterable[NameAt]) -> dict[str, str]:
        """The names that functions are called with, as they are written."""
        functions = [at for at in names if self._is_function(at.name)]
        calls = [call_at(equation, behind_primes(equation, at.end)) for at in functions]
        return {call.point: trimmed(call.inside) for call in calls if call is not None and call.point}

    def _is_function(self, name: str) -> bool:
        return name in self._functions or self._known.get(name) == 1

    def _letter(self) -> str:
        letter = next(self._letters, None)
        if letter is None:
            raise NotRead
        return letter

    def _written(self, text: str, into: _Text, depth: int = 0) -> str:
        text = _plain(text)
        signs = sorted(
            [*_SIGN.finditer(text), *_ALONG.finditer(text)], key=lambda found: (found.start(), "along" not in found.groupdict())
        )
        out, place = [], 0
        for found in signs:
            if found.start() >= place and self._is_sign(found, text):
                out.append(self._called(text[place : found.start()], into.variable))
                written, place = self._derivative(found, text, into, depth)
                out.append(written)
        return "".join([*out, self._called(text[place:], into.variable)])

    def _is_sign(self, found: re.Match[str], text: str) -> bool:
        """Whether a sign is that of a derivative; a D may be a factor."""
        if text[found.start()] == "\\" and "nabla" in found[0]:
            return True
        at = _target(text, found.end())
        if at is not None:
            return self._is_function(at.name)
        nested = _SIGN.match(text, found.end()) is not None
        return nested or any(self._is_function(one.name) for one in names_at(_bracket(text, found.end())[0]))

    def _derivative(self, found: re.Match[str], text: str, into: _Text, depth: int) -> tuple[str, int]:
        """The derivative whose sign was found, and the place behind it."""
        if depth > _DEEPEST:
            raise NotRead
        if "along" in found.groupdict():
            return self._along(found, text, into, depth)
        at = _target(text, found.end())
        if at is None:
            return self._of_formula(found, text, into, depth)
        if not self._is_function(at.name) and at.name not in self._known:
            raise NotRead
        call = call_at(text, at.end)
        end = at.end if call is None else call.end
        if self._known.get(at.name, 1) != 1:
            return text[found.start() : end], end
        return self._of_function(found, text[at.start : at.end], call, into, depth), end

    def _of_formula(self, found: re.Match[str], text: str, into: _Text, depth: int) -> tuple[str, int]:
        """The derivative of a formula, as one of a function with a name of its own."""
        inside, end = self._formula_behind(text, found.end(), into, depth)
        call = call_at(text, end)
        variable = _by(found) or (trimmed(call.inside) if call is not None and call.point else into.variable)
        letter = self._helper(inside, variable, into, depth)
        return _with_sign(_sign(found), letter, variable if call is None else call.inside), end if call is None else call.end

    def _of_function(self, found: re.Match[str], name: str, call: Call | None, into: _Text, depth: int) -> str:
        """The derivative of a function by its argument, or by a name in what it is called with."""
        by, name = _by(found), self._spelled(name)
        if call is None:
            return self._of_bare(found, by, name, into)
        argument = self._called(call.inside, into.variable)
        if by and whole_name(by) not in {at.name for at in names_at(call.inside)}:
            return self._direction(name, argument, by, into, depth)
        if by and whole_name(by) != call.point:
            name, argument = self._helper(f"{name}({argument})", by, into, depth), by
        if not argument:
            raise NotRead
        return _with_sign(_sign(found), name, argument)

    def _of_bare(self, found: re.Match[str], by: str, name: str, into: _Text) -> str:
        """The derivative of a function without arguments, which is by one thing alone."""
        self._by |= {whole_name(by) or by} if by else set()
        if not into.variable or (by and len(self._by) > 1):
            raise NotRead
        return _with_sign(_sign(found), name, into.variable)

    def _formula_behind(self, text: str, start: int, into: _Text, depth: int) -> tuple[str, int]:
        """What stands in brackets behind a sign, or is a derivative itself, and the place behind
        it."""
        power, elementary, second = _POWER.match(text, start), _ELEMENTARY.match(text, start), _SIGN.match(text, start)
        if power is not None:
            end = closing(text, power.end() + 1, "{")
            return text[start:end], end
        if elementary is not None:
            return text[start : (end := _operand_end(text, elementary.end()))], end
        if second is None:
            return _bracket(text, start)
        _, end = self._derivative(second, text, into, depth + 1)
        return text[start:end], end

    def _along(self, found: re.Match[str], text: str, into: _Text, depth: int) -> tuple[str, int]:
        """The derivative along a vector whose sign was found, and the place behind it."""
        at, along = _name_from(text, found.end()), _unbraced(found["along"])
        call = None if at is None else call_at(text, at.end)
        if at is None or _COUNTS.fullmatch(along):
            raise NotRead
        point, end = (into.variable, at.end) if call is None else (call.inside, call.end)
        return self._direction(text[at.start : at.end], point, along, into, depth), end

    def _direction(self, name: str, point: str, along: str, into: _Text, depth: int) -> str:
        """The derivative of a function along a vector: that of a function of a number, at zero."""
        if not point or whole_name(along) in (None, whole_name(point)):
            raise NotRead
        number = self._letter()
        letter = self._helper(f"{name}({point} + {number} {along})", number, into, depth)
        return f"{letter}'(0)"

    def _helper(self, formula: str, variable: str, into: _Text, depth: int) -> str:
        """The name of a new function with this formula."""
        if not variable or whole_name(variable) is None:
            raise NotRead
        inner = _Text(variable, into.helpers)
        parts = [trimmed(part) for part in _CIRCLE.split(formula)]
        if len(parts) > 1:
            if not all(self._is_function(whole_name(part) or "") for part in parts):
                raise NotRead
            value = "(".join([*map(self._spelled, parts), variable]) + ")" * len(parts)
        else:
            value = self._written(formula, inner, depth + 1)
        letter = self._letter()
        into.helpers.append(f"{letter}({variable}) = {value}")
        return letter

    def _called(self, text: str, variable: str) -> str:
        """A formula without signs of derivatives, in which each function is called."""

        def changes() -> Iterator[tuple[int, int, str]]:
            for at in names_at(text):
                if self._is_function(at.name) or at.name in self._renamed:
                    end = behind_primes(text, at.end)
                    name = self._primed(text[at.start : at.end], at.name, text[at.end : end])
                    bare = self._is_function(at.name) and call_at(text, end) is None
                    if bare and not variable:
                        raise NotRead
                    yield at.start, end, f"{name}({variable})" if bare else name

        return respelled(text, changes())

    def _primed(self, written: str, name: str, primes: str) -> str:
        """A name with its primes; that of a curve, whose prime is a column, with the sign of a
        Jacobian."""
        if name not in self._curves or not primes:
            return self._spelled(written) + primes
        if len(primes) > 1:
            raise NotRead
        return f"J_{{{self._spelled(written)}}}"

    def _spelled(self, text: str) -> str:
        """A name, or a formula that begins with one, with the letter that stands for the name,
        where one does."""
        at = next(iter(names_at(text)), None)
        letter = None if at is None else self._renamed.get(at.name)
        return text if at is None or letter is None else f"{text[: at.start]}{letter}{text[at.end :]}"


@dataclass(frozen=True, slots=True)
class _Text:
    """What functions are called with that stand without brackets in a formula, and the definitions
    that were made for it."""

    variable: str
    helpers: list[str]


_INDEX = pattern(r"[i-nt\d,\s]+")
_COUNTS = pattern(r"[i-n\d]|\\?[a-z]+\s*,.*")


def _operand_end(text: str, start: int) -> int:
    """The place behind what a function without brackets is applied to: a name with its arguments,
    or a bracket."""
    at = _name_from(text, start)
    if at is None:
        return closing(text, start + 1, "{") if text[start : start + 1] == "{" else _bracket(text, start)[1]
    call = call_at(text, at.end)
    return at.end if call is None else call.end


def _bracket(text: str, start: int) -> tuple[str, int]:
    """What stands in the bracket that begins at a place, and the place behind it."""
    found = bracketed(text, OPENED.match(text, start))
    if found is None:
        raise NotRead
    return found


def _with_sign(sign: Sign, name: str, argument: str) -> str:
    if sign == "jacobian":
        return f"J_{{{name}}}({argument})"
    return f"\\nabla{'^2' if sign == 'hessian' else ''} {name}({argument})"
