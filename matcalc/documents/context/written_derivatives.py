"""Derivatives as documents write them: quotients, with the point behind them, by squares, by
letters below a function."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from itertools import chain
from typing import Literal, TypeAlias

from matcalc.base.lazy import pattern
from matcalc.documents.context.written_names import CALLED, call_at, is_bold, names_at, names_in, respelled, trimmed, whole_name
from matcalc.documents.cues import OPENED, bracketed, closing
from matcalc.documents.sides import head_of, partial_of

_D = r"(?:\\(?:mathrm|text|textrm|operatorname)\s*\{\s*d\s*\}|\\partial(?![A-Za-z])|\\dd?(?![A-Za-z])|d)"
_PART = r"(?:[^{}]|\{[^{}]{0,20}\}){1,30}?"
_ORDER = r"(?:\s*\^\s*\{?\s*(?P<%s>[23])\s*\}?)?"
_QUOTIENT = pattern(
    rf"\\[dt]?frac\s*\{{\s*(?P<sign>{_D}){_ORDER % 'above'}\s*(?P<of>{_PART})\s*\}}"
    rf"\s*\{{\s*{_D}\s*(?P<by>{_PART}){_ORDER % 'below'}\s*\}}"
)
_OPENED = pattern(r"\s*(?:\\left|\\[bB]igg?l?)?\s*\(")
_PLAIN_NUMBER = pattern(r"[-+]?\d+(?:\.\d+)?")

_NAME = r"(?:\\[a-z]+|[A-Za-z])"
_COMPOSED = pattern(
    rf"(?:\\nabla(?![A-Za-z])(?P<twice>\s*\^\s*\{{?\s*2\s*\}}?)?\s*(?P<nabla>(?=\()))?"
    rf"\(\s*(?P<outer>{_NAME})\s*(?:\\circ(?![A-Za-z])|∘)\s*(?P<inner>{_NAME})\s*\)\s*(?P<prime>'|′|\^\s*\{{?\s*\\prime\s*\}}?)?"
    r"\s*(?:\\left)?\(\s*(?P<at>[A-Za-z](?:_\w)?)\s*(?:\\right)?\)"
)

Meaning: TypeAlias = Literal["", "defined", "generic"]
"""What a name is: no function, one that has a formula, or one of which nothing else is known."""


@dataclass(frozen=True, slots=True)
class Quotient:
    """A derivative of a name as it is written, from ``start`` up to ``end``, and what stands in the
    bracket behind it, if one does."""

    of: str
    name: str
    by: str
    variable: str
    order: int
    start: int
    end: int
    partial: bool
    point: str | None = None

    @property
    def primed(self) -> str:
        """The function with a prime for each time that it is differentiated."""
        return self.of + "'" * self.order

    @property
    def bare(self) -> str:
        """The derivative without a point."""
        sign, power = r"\partial" if self.partial else "d", f"^{self.order}" if self.order != 1 else ""
        return rf"\frac{{{sign}{power} {self.of}}}{{{sign} {self.by}{power}}}"

    @property
    def is_at_variable(self) -> bool:
        """Whether the point is what the derivative is by."""
        return whole_name(self.point or "") == self.variable


def quotients(equation: str) -> Iterator[Quotient]:
    """The derivatives of names by names in a formula."""
    for found in _QUOTIENT.finditer(equation):
        of, by = trimmed(found["of"]), trimmed(found["by"])
        name, variable = whole_name(of), whole_name(by)
        if name is not None and variable is not None and found["above"] == found["below"]:
            order = int(found["above"] or 1)
            point, end = _point(equation, found.end())
            yield Quotient(of, name, by, variable, order, found.start(), end, "partial" in found["sign"], point)


def _point(equation: str, start: int) -> tuple[str | None, int]:
    """What stands in the bracket that begins at a place, and the place behind that."""
    found = bracketed(equation, _OPENED.match(equation, start))
    return (None, start) if found is None else (found[0].strip(), found[1])


def at_points(
    equation: str, meaning: Callable[[str], Meaning], arguments: Callable[[str], tuple[str, ...]], *, factors: bool = True
) -> str:
    """The equation with primes for derivatives of functions at points, ``g'(x_0)``, and nothing for
    the point that is the variable itself.

    ``arguments`` are those that a function is defined with. Other names and sums in brackets stay
    ``factors``, or are points, too.
    """

    def changes() -> Iterator[tuple[int, int, str]]:
        for one in quotients(equation):
            match meaning(one.name):
                case "defined":
                    said = _at_point(one, arguments(one.name), factors)
                case "generic":
                    said = _of_generic(one, meaning)
                case "":
                    said = None
            if said is not None:
                yield one.start, one.end, said

    return respelled(equation, changes())


def composed(equation: str) -> str:
    r"""The equation with functions of functions for compositions: ``(f \circ g)(x)``, and its
    derivative ``(f \circ g)'(x)``.

    >>> composed(r"(f \circ g)'(x) = f'(g(x)) g'(x)")
    "\\frac{d}{dx}\\left(f(g(x))\\right) = f'(g(x)) g'(x)"
    >>> composed(r"\nabla (f \circ g)(x)")
    '\\nabla_x \\left(f(g(x))\\right)'
    """
    return _COMPOSED.sub(_composition, equation)


def _composition(found: re.Match[str]) -> str:
    value = f"{found['outer']}({found['inner']}({found['at']}))"
    if found["nabla"] is not None:
        return rf"\nabla_{found['at']}{'^2' if found['twice'] else ''} \left({value}\right)"
    return rf"\frac{{d}}{{d{found['at']}}}\left({value}\right)" if found["prime"] else value


def _at_point(one: Quotient, arguments: tuple[str, ...], factors: bool) -> str | None:
    """The derivative of a function with a formula at a point; None where there is none, or the
    derivative is multiplied with a bracket."""
    if one.point is None:
        return None
    given = tuple([whole_name(part) for part in one.point.split(",")])
    if given in (arguments, (one.variable,)):
        return one.bare
    if arguments != (one.variable,) or len(given) != 1 or is_bold(one.by):
        return None
    is_point = _PLAIN_NUMBER.fullmatch(one.point) or str(given[0]).partition("_")[0] == one.variable
    return f"{one.primed}({one.point})" if is_point or not factors else None


def _of_generic(one: Quotient, meaning: Callable[[str], Meaning]) -> str | None:
    """The derivative of a function without a formula: by its argument at a point, or by a function
    at the value of that."""
    if one.partial or one.order > _MOST_PRIMES or is_bold(one.by):
        return None
    if one.point is None:
        return None if meaning(one.variable) else f"{one.primed}({one.by})"
    inside = _CALL.fullmatch(one.point)
    if inside is not None and whole_name(inside["name"]) == one.variable:
        return f"{one.primed}({one.point})"
    point = whole_name(one.point)
    return f"{one.primed}({one.point})" if point is not None and not meaning(one.variable) else None


_CALL = pattern(r"(?P<name>[^()]{1,30}?)\s*\([^()]*\)")
_MOST_PRIMES = 2


_DERIVATIVE = (
    r"(?P<derivative>\\[dt]?frac\s*\{\s*(?:\\partial|d)(?:[^{}]|\{[^{}]{0,9}\}){1,30}\}\s*"
    r"\{\s*(?:\\partial|d)\s*(?P<by>[^{}^]{1,12}?)\s*(?:\^\s*\{?\d\}?\s*)?\}|\\nabla\s*[A-Za-z])"
)
_BAR = r"(?:\\right|\\[bB]igg?[lrm]?)?\s*(?:\\[vV]ert(?![A-Za-z])|\|)\s*_\s*"
_POINT = r"(?:\{\s*(?P<point>[^{}]{1,60}(?:\{[^{}]{0,20}\}[^{}]{0,40})?)\s*\}|(?P<letter>[A-Za-z0-9]))"
_AT = pattern(rf"(?P<opened>\\left\s*\.\s*)?{_DERIVATIVE}\s*{_BAR}{_POINT}")
_GIVEN = pattern(r"\s*(?P<name>[^=]{1,20}?)\s*=\s*(?P<value>[^=]{1,30}?)\s*")


def with_brackets(equation: str, arguments: Callable[[str], tuple[str, ...]]) -> str:
    r"""The equation with the points of derivatives in brackets, in the order of the arguments of
    their functions.

    Those of functions of one number get primes.

    >>> with_brackets(r"\left.\frac{df}{dx}\right|_{x=2} + \nabla h\Big|_{(1, 0)} - \nabla h |_{y=3, x=1}", lambda name: ("x", "y"))
    '\\frac{df}{dx}(2) + \\nabla h(1, 0) - \\nabla h(1, 3)'
    """
    return _AT.sub(lambda found: _at(found, arguments), equation)


def _at(found: re.Match[str], arguments: Callable[[str], tuple[str, ...]]) -> str:
    said = (found["point"] or found["letter"]).strip()
    inside = said[1:-1] if said.startswith("(") and said.endswith(")") else said
    parts = [_GIVEN.fullmatch(part) for part in inside.split(",")]
    if not any(parts):
        return f"{found['derivative']}({inside})"
    values = {whole_name(part["name"]) or "": part["value"] for part in parts if part is not None}
    return _at_values(found, values, arguments) if len(values) == len(parts) else found[0]


def _at_values(found: re.Match[str], values: Mapping[str, str], arguments: Callable[[str], tuple[str, ...]]) -> str:
    """A derivative at the values of names."""
    derivative = found["derivative"]
    if values.keys() == {whole_name(found["by"] or "")}:
        one = next(quotients(derivative), None)
        alone = one is not None and len(arguments(one.name)) == 1
        return f"{one.primed if one is not None and alone else derivative}({', '.join(values.values())})"
    names = reversed(_NAMES.findall(derivative.partition("}{")[0]))
    known = next(map(arguments, names), ())
    if len(known) != len(values) or set(known) != values.keys():
        return found[0]
    return f"{derivative}({', '.join(values[name] for name in known)})"


_NAMES = pattern(r"(?<![A-Za-z\\])[A-Za-z](?![A-Za-z])|(?<=d)[A-Za-z](?![A-Za-z])")


_LETTER_NAME = r"(?:\\[A-Za-z]+|[A-Za-z])"
_POWER = r"(?:\s*\^\s*\{?\s*[23]\s*\}?)?"
_SPACE = r"(?:\s|\\[,;:! ])*"
_ABOVE = rf"\\partial{_POWER}{_SPACE}(?P<of>{_LETTER_NAME})?{_SPACE}"
_BELOW = rf"(?P<below>(?:\\partial{_SPACE}{_LETTER_NAME}{_POWER}{_SPACE})+)"
_QUOTIENTS = (pattern(rf"\\[dt]?frac\s*\{{\s*{_ABOVE}\}}\s*\{{\s*{_BELOW}\}}"), pattern(rf"{_ABOVE}/\s*{_BELOW}"))
_BY = pattern(rf"\\partial{_SPACE}(?P<name>{_LETTER_NAME})(?:\s*\^\s*\{{?\s*(?P<power>[23])\s*\}}?)?")


def partials(equation: str) -> Iterator[tuple[str, tuple[str, ...]]]:
    """The partial derivatives of names in a formula, and their variables; of what stands behind the
    sign where the name is empty."""
    for found in chain.from_iterable(form.finditer(equation) for form in _QUOTIENTS):
        by = [[whole_name(one["name"]) or ""] * int(one["power"] or 1) for one in _BY.finditer(found["below"])]
        yield whole_name(found["of"] or "") or "", tuple(chain.from_iterable(by))


def without_slashes(equation: str) -> str:
    r"""The equation with fractions for partial derivatives with a slash, so that a fraction of two
    of them is none itself.

    >>> without_slashes(r"\frac{\partial F / \partial x}{\partial F / \partial y}")
    '\\frac{\\frac{\\partial F }{\\partial x}}{\\frac{\\partial F }{\\partial y}}'
    """
    return _QUOTIENTS[1].sub(lambda found: rf"\frac{{{found[0].partition('/')[0]}}}{{{found['below']}}}", equation)


def without_subscripts(equation: str, arguments: Callable[[str], tuple[str, ...]]) -> str:
    r"""The equation with signs of derivatives for ``f_x`` and ``f_{xy}``, and for ``f_x(x, y)`` at
    these arguments themselves.

    >>> without_subscripts("f_{xy} - f_x(x, y)", lambda name: ("x", "y") if name == "f" else ())
    '\\frac{\\partial^2 f}{\\partial y \\partial x} - \\frac{\\partial f}{\\partial x}'
    """

    def changes() -> Iterator[tuple[int, int, str]]:
        for found in names_at(equation):
            by = partial_of(found.name, arguments) if found.base.isalpha() and len(found.base) == 1 else None
            if by is not None and _IS_VARIABLE.search(equation[: found.start]) is None:
                end = _behind(equation, found.end, arguments(found.base))
                if end is not None:
                    yield found.start, end, quotient(found.base, by)

    return respelled(equation, changes())


_IS_VARIABLE = pattern(r"(?:\\partial|(?<![A-Za-z])d|\\mathrm\s*\{d\}|\\nabla_\{?)\s*\{?\s*\Z")


def _behind(equation: str, start: int, arguments: tuple[str, ...]) -> int | None:
    """The place behind a derivative and its arguments; before those at another point, None where
    they are no point."""
    call = call_at(equation, start)
    if call is None or "," not in call.inside:
        return start if call is None or not call.point else None  # a factor, or another function, f_x of one argument
    given = tuple([whole_name(part) for part in call.inside.split(",")])
    return call.end if given == arguments else start if len(given) == len(arguments) else None


def along_lines(equation: str, arguments: Callable[[str], tuple[str, ...]]) -> tuple[str, tuple[str, ...]]:
    r"""The equation with the derivative of a function of one number for each partial derivative at
    a point, and these functions.

    >>> along_lines(r"\frac{\partial f}{\partial x}(1, 2) = 4", lambda name: ("x", "y"))
    ("h'(1) = 4", ('h(x) = f(x, 2)',))
    """
    changes: list[tuple[int, int, str]] = []
    definitions: list[str] = []
    used = names_in(equation)
    letters = (letter for letter in "hgkqruvw" if letter not in used)
    for one in quotients(equation):
        known, point = arguments(one.name), list(map(str.strip, (one.point or "").split(",")))
        if not _is_along(one, known, len(point)):
            continue
        letter, place = next((letter for letter in letters if letter not in known), ""), known.index(one.variable)
        if letter and all(point):
            definitions.append(f"{letter}({one.by}) = {one.of}({', '.join([*point[:place], one.by, *point[place + 1 :]])})")
            changes.append((one.start, one.end, f"{letter}'({point[place]})"))
    return respelled(equation, changes), tuple(definitions)


def _is_along(one: Quotient, known: tuple[str, ...], coordinates: int) -> bool:
    """Whether a derivative at so many coordinates is one by one of the several arguments of a
    function."""
    return one.partial and one.order == 1 and 1 < len(known) == coordinates and one.variable in known


def quotient(function: str, by: tuple[str, ...]) -> str:
    """The derivative of a function as it is written with signs."""
    above = rf"\partial^{len(by)} {function}" if len(by) > 1 else rf"\partial {function}"
    below = " ".join(rf"\partial {name}" for name in reversed(by))
    return rf"\frac{{{above}}}{{{below}}}"


def with_entries_listed(equation: str, arguments: Callable[[str], tuple[str, ...]]) -> str:
    r"""The equation with the entries of a vector for the vector, in calls of functions that are
    defined by these.

    >>> with_entries_listed(r"\nabla f(\mathbf{w}) = 0", lambda name: ("w_1", "w_2") if name == "f" else ())
    '\\nabla f(w_{1}, w_{2}) = 0'
    """

    def entries(name: str, vector: str) -> str:
        own = [one.partition("_") for one in arguments(name)]
        fits = len(own) > 1 and all(base == vector and index.isdecimal() for base, _, index in own)
        spelled = rf"\{vector}" if len(vector) > 1 else vector
        return ", ".join(f"{spelled}_{{{index}}}" for _, _, index in own) if fits else ""

    return with_arguments_listed(equation, entries)


def with_arguments_listed(equation: str, arguments: Callable[[str, str], str]) -> str:
    """The equation with other arguments in the calls of functions with one name: those that are
    given for the function and that name."""

    def changes() -> Iterator[tuple[int, int, str]]:
        for found in names_at(equation):
            call = call_at(equation, found.end)
            if call is not None and call.point and (listed := arguments(found.name, call.point)):
                yield found.end, call.end, f"({listed})"

    return respelled(equation, changes())


_UNSAID = pattern(r"\\nabla(?P<order>\s*\^\s*\{?\s*2\s*\}?)?\s*(?:\\left|\\[bB]igg?l?)?\s*(?P<bracket>[(\[])")


_OF_X = pattern(
    r"\s*\\nabla(?P<order>\s*\^\s*\{?\s*2\s*\}?)?\s*(?=(?:\\[tdc]?frac\s*(?:\{\s*\d\s*\}|\d)\s*(?:\{\s*\d\s*\}|\d)\s*)?(?:\\(?:left|[bB]igg?l?)?\s*)?"
    r"(?:\\\||\\l?Vert|(?:\\(?:mathbf|boldsymbol|bm|vec)\s*\{\s*)?x(?![A-Za-z_(])\s*\}?\s*\^))"
)
"""A gradient of a norm, or of a product that begins with x."""


def by_what_stands(equation: str) -> str:
    r"""The equation with the x that a gradient of a formula is by, where one stands in it:
    ``\nabla (b^\top x)``.

    >>> by_what_stands(r"\nabla (b^\top x) = b")
    '\\nabla_{x} (b^\\top x) = b'
    >>> by_what_stands(r"\nabla \|Ax - b\|^2 = 0"), by_what_stands(r"\nabla f^\top x = 0")
    ('\\nabla_{x} \\|Ax - b\\|^2 = 0', '\\nabla f^\\top x = 0')
    """
    left, equals, right = equation.partition("=")
    whole = _OF_X.match(left)
    if whole is not None and _is_of_x(left, 0, len(left)):
        return rf"\nabla_{{x}}{whole['order'] or ''} {left[whole.end() :]}{equals}{right}"
    brackets = [(found, closing(equation, found.end(), found["bracket"])) for found in _UNSAID.finditer(equation)]
    behind = [found.start() + len(r"\nabla") for found, end in brackets if _is_of_x(equation, found.end(), end)]
    return respelled(equation, ((place, place, "_{x}") for place in behind))


def _is_of_x(text: str, start: int, end: int) -> bool:
    """Whether x stands in a part of a formula, and nothing else is called there."""
    names = [at for at in names_at(text) if start <= at.start < end]
    return any(at.name == "x" for at in names) and not any(at.name != "x" and CALLED.match(text, at.end) for at in names)


_GRADIENT = pattern(r"\s*\\nabla\s*(?P<of>[A-Za-z]|\\[a-z]+)\s*(?:(?:\\left)?\([^()]*\))?\s*")


def with_array(equation: str) -> str:
    r"""The equation with an array for the list in brackets that a gradient is said to be.

    >>> with_array(r"\nabla f = \left(2x, 3y\right)")
    '\\nabla f = [2x, 3y]'
    """
    left, equals, right = equation.partition("=")
    listed = bracketed(right, OPENED.match(right)) if _GRADIENT.fullmatch(left) is not None else None
    if listed is None or right[listed[1] :].strip() or "," not in listed[0]:
        return equation
    return f"{left}{equals} [{listed[0].strip()}]"


_NESTED = r"(?:[^{}]|\{(?:[^{}]|\{[^{}]*\})*\})"
_FRACTION = rf"(?P<top>\\[tdc]?frac\s*\{{\s*\\partial(?!\s*\^){_NESTED}{{0,120}}\}}\s*\{{\s*)"
_BOLD_NAME = r"\\(?:vec|mathbf|boldsymbol|bm|bs|pmb|bf)\s*(?:\{\s*\\?[A-Za-z]+\s*\}|\\?[A-Za-z])"
_NAME_WITH_INDEX = rf"(?:{_BOLD_NAME}|\\[A-Za-z]+|[A-Za-z])(?:_(?:\w|\{{\s*\w+\s*\}}))?"
_WITHOUT_SIGN = pattern(rf"{_FRACTION}(?P<by>{_NAME_WITH_INDEX})(?P<end>\s*\}})")
_LETTER = r"(?P<letter>\\[a-z]+|[a-z])"
_BY_SQUARE = pattern(rf"{_FRACTION}\\partial\s*(?:\\left)?\(?\s*{_LETTER}\s*\^\s*(?:2|\{{\s*2\s*\}})")
_OF_SQUARE = pattern(rf"(?:[,;|]|\\mid(?![A-Za-z]))\s*{_LETTER}\s*\^\s*(?:2|\{{\s*2\s*\}})\s*(?=[),;|]|\\mid|\\right)")
_LETTER_POWER = r"(?:\s*\^\s*(?:(?P<digit>\d)|\{\s*(?P<braced>-?\d)\s*\}))?"
_ACCENTED = pattern(
    r"\\(?!(?:sqrt|[tdc]?frac|boxed|text|mathrm|log|exp|ln)\s*\{)[a-z]+\s*\{\s*\Z|\\(?:hat|bar|tilde|dot|vec|mathbf|boldsymbol|bm)\s*\Z"
)
_CALLED = pattern(r"\s*(?:\\left\s*)?[(_'′^]")
_BRACKETS = r"(?:\\left\s*)?\(\s*{0}\s*\^\s*(?:2|\{{\s*2\s*\}})\s*(?:\\right\s*)?\)"


def with_signs(text: str) -> str:
    r"""A formula with the sign that is missing below the line of a derivative.

    >>> with_signs(r"\frac{\partial L}{w} + \frac{\partial L}{\partial w}")
    '\\frac{\\partial L}{\\partial w} + \\frac{\\partial L}{\\partial w}'
    """
    return (
        _WITHOUT_SIGN.sub(lambda found: rf"{found['top']}\partial {found['by']}{found['end']}", text)
        if r"\partial" in text
        else text
    )


@dataclass(frozen=True, slots=True)
class Squares:
    """The letters the squares of which a document takes for variables."""

    letters: frozenset[str] = frozenset()

    def as_names(self, text: str) -> str:
        r"""A formula in which such a square is a name.

        >>> Squares(frozenset(["s"])).as_names(r"\frac{n}{(s^2)^2} + s^3")
        '\\frac{n}{s_{\\text{squared}}^2} + \\sqrt{s_{\\text{squared}}}^{3}'
        """
        for letter in sorted(self.letters):
            square = rf"{letter}_{{\text{{squared}}}}"
            bracketed = pattern(_BRACKETS.format(re.escape(letter)) + r"(?=\s*\^)")
            text = bracketed.sub(square.replace("\\", r"\\"), text)
            text = pattern(rf"{_apart(letter)}(?![A-Za-z])(?!_\{{\\text\{{squared){_LETTER_POWER}").sub(self._named, text)
        return text

    def _named(self, found: re.Match[str]) -> str:
        text = found.string
        if _ACCENTED.search(text[: found.start()]) or _CALLED.match(text, found.end()):
            return found[0]
        letter = found[0].partition("^")[0].strip()
        square, power = rf"{letter}_{{\text{{squared}}}}", int(found["digit"] or found["braced"] or 1)
        if power % 2:
            return rf"\sqrt{{{square}}}" + (f"^{{{power}}}" if power != 1 else "")
        return square + (f"^{{{power // 2}}}" if power != 2 else "")


def _apart(letter: str) -> str:
    """A pattern for a letter that is no part of another command or word."""
    return re.escape(letter) if letter.startswith("\\") else rf"(?<![A-Za-z\\]){re.escape(letter)}"


def squares_of(texts: Iterable[str], lefts: Iterable[str]) -> Squares:
    """The squares that a document differentiates by, or that functions are of which stand alone on
    left sides."""
    found = {one["letter"] for text in texts for one in _BY_SQUARE.finditer(text)}
    for left in lefts:
        head = head_of(left) if "^" in left else None
        if head is not None and any(argument.endswith("^2") for argument in head.arguments):
            found.update(one["letter"] for one in _OF_SQUARE.finditer(left))
    return Squares(frozenset(found - {"d", r"\partial"}))
