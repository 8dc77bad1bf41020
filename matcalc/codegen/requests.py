"""What code is asked for, what the function of a generated file is called with, and what the file
is made of."""

from __future__ import annotations

import keyword
import re
import unicodedata
from collections.abc import Callable, Container, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import count
from typing import Any, Protocol, TypeAlias

from matcalc.base.own_functions import written_function
from matcalc.base.shapes import Shape, axes_of
from matcalc.base.sizes import ONE, ZERO, Size
from matcalc.einstein.nodes import Tensor
from matcalc.expr.nodes import Expr, Symbol
from matcalc.expr.rewriting import replaced
from matcalc.facts.table import varying

# ------------------------------------------------------------
# What code is asked for: outputs that are not plain expressions, and what they claim to be, for
# the self check.


@dataclass(frozen=True, slots=True)
class LaidOut:
    """A derivative in index notation and its layout.

    ``tensor`` has the axes of the value (sizes ``numerator``), then those of each variable that is
    no scalar (``variables`` says how many each has).
    """

    tensor: Tensor
    numerator: Shape
    variables: tuple[int, ...]
    layout: str


@dataclass(frozen=True, slots=True)
class Operator:
    """A linear map, given as its value ``expression`` at the symbol ``argument``.

    The code returns a callable: what does not depend on the argument is computed once, nothing
    larger than the factors is formed.
    """

    expression: Expr | LaidOut
    argument: Symbol


Output: TypeAlias = "Expr | LaidOut | Operator"


@dataclass(frozen=True, slots=True)
class Derivative:
    """That an output is the derivative by ``wrt`` (of order ``len(wrt)``) in a layout; ``along``
    names the direction it is applied to."""

    wrt: tuple[Symbol, ...] = ()
    layout: str = "denominator"
    symmetric: str = "projected"
    along: Symbol | None = None


@dataclass(frozen=True, slots=True)
class Check:
    """What each output is of ``source``; an output that is not named is ``source`` itself."""

    source: Expr
    derivatives: Mapping[str, Derivative] = field(default_factory=dict)

    @property
    def varied(self) -> Expr:
        """The source with variables that may leave what is known of them: ``inv(Q)`` is no
        transpose where the entries of Q vary."""
        symbols = {symbol for derivative in self.derivatives.values() for symbol in derivative.wrt}
        return replaced(self.source, {s.name: Symbol(s.name, s.sizes, varying(s.properties)) for s in symbols})


# ------------------------------------------------------------
# Identifiers for symbols, sizes and user functions.

_PRIMES = re.compile("['′]+$")


class Names:
    """Gives every symbol, size and function its identifier, the same for each time it is asked."""

    def __init__(self, identifier: Callable[[str], str]) -> None:
        self._identifier = identifier
        self._given: dict[tuple[str, str], str] = {}
        self._taken: set[str] = set()
        self._counted = count(1)

    def of(self, kind: str, name: str) -> str:
        """The identifier for ``name``, which is a ``"symbol"``, ``"size"`` or ``"function"``."""
        found = self._given.get((kind, name))
        if found is None:
            found = self._identifier(written_function(name) if kind == "function" else name)
            while found in self._taken:
                found = f"{kind}_{found}"
            self._given[kind, name] = found
            self._taken.add(found)
        return found

    def fresh(self) -> str:
        """A name for an intermediate result."""
        return next(name for name in map("t{}".format, self._counted) if name not in self._taken)


def identifier(name: str, reserved: Container[str] = keyword.kwlist) -> str:
    """A Python identifier for a name of the input language, none of those that are ``reserved``.

    >>> identifier("f''"), identifier("x₀"), identifier("lambda")
    ('f_prime2', 'x_0', 'lambda_')
    """
    primes = _PRIMES.search(name)
    count = len(primes[0]) if primes else 0
    stem = name[: len(name) - count]
    stem = re.sub(r"(?<=\w)(?<![_\d₀-₉])(?=[₀-₉])", "_", stem)
    stem = re.sub(r"\W", "_", unicodedata.normalize("NFKC", stem)) or "_"
    if not stem.isidentifier():
        stem = f"_{stem}"
    if count:
        stem += "_prime" + (str(count) if count > 1 else "")
    return f"{stem}_" if stem in reserved else stem


# ------------------------------------------------------------
# The parameters of a generated function, and the statements that read sizes off its arrays.


@dataclass(frozen=True, slots=True)
class Parameters:
    """Symbols and user functions that the code uses, and the names of sizes that occur in it."""

    symbols: tuple[Symbol, ...]
    functions: tuple[str, ...]
    sizes: tuple[str, ...]
    names: Names


class Lengths(Protocol):
    """How a language asks for the length of an axis, and solves ``length = divisor * size**power``
    for a size."""

    def length(self, name: str, axis: int) -> str: ...

    def root(self, length: str, divisor: str, power: int) -> str: ...


def size_statements(
    symbols: Iterable[Symbol], wanted: Sequence[str], names: Names, target: Lengths
) -> tuple[list[str], list[str]]:
    """Statements that set the wanted sizes from the shapes of arrays, and the sizes that no array
    fixes."""
    axes = [(symbol, axis, size) for symbol in symbols for axis, size in enumerate(axes_of(symbol.shape))]
    known: dict[str, list[str]] = {}
    left = dict.fromkeys(wanted)
    progress = True
    while progress and left:
        progress = False
        for symbol, axis, size in axes:
            unknown = [name for name in size.names if name not in known]
            if len(unknown) == 1 and size.solvable(unknown[0]):
                name = unknown[0]
                needs = [line for other in size.names if other != name for line in known[other]]
                length = target.length(names.of("symbol", symbol.name), axis)
                code = _solved(size, name, length, names, target)
                known[name] = [*needs, f"{names.of('size', name)} = {code}"]
                left.pop(name, None)
                progress = True
    lines = dict.fromkeys(line for name in wanted if name in known for line in known[name])
    return list(lines), list(left)


def _solved(size: Size, name: str, length: str, names: Names, target: Lengths) -> str:
    """The code of ``name``, from the length of an axis of this size."""
    parts = (size * Size.of(size.denominator)).by_power(name)
    power = max(parts)
    rest, divisor = Size.of("") * Size.of(size.denominator) - parts.get(0, ZERO), parts[power]
    linear = parts.get(1, ZERO) if power == 2 else ZERO
    if divisor.terms[0][1] < 0:
        rest, divisor = ZERO - rest, ZERO - divisor

    def code(one: Size) -> str:
        return one.spelled(lambda other: names.of("size", other) if other else length, gap=" ")

    if linear is ZERO:
        whole = divisor is ONE
        return target.root(code(rest), "", power) if whole else target.root(_factor(code(rest)), _factor(code(divisor)), power)
    root = target.root(code(linear * linear + Size.of(4) * divisor * rest), "", 2)
    taken = f"- {_factor(code(linear))}" if linear.terms[0][1] > 0 else f"+ {_factor(code(ZERO - linear))}"
    return target.root(f"({root} {taken})", _factor(code(divisor + divisor)), 1)


def _factor(code: str) -> str:
    return f"({code})" if " " in code or "*" in code else code


# ------------------------------------------------------------
# What a generated file is made of: functions, and a self check.


@dataclass(frozen=True, slots=True)
class Spread:
    """How several devices share a function: the name of the size that is split, and which axis of
    each parameter and result it is; None for what is whole on all of them."""

    size: str
    parameters: Mapping[str, int | None]
    results: Mapping[str, int | None]


@dataclass(frozen=True, slots=True)
class Function:
    """A function of a file. ``results`` are codes, ``names`` what the results of one with several
    outputs are called.

    It takes the ``symbols``, which have their identifiers, functions of the user, and sizes that no
    array fixes.
    """

    name: str
    symbols: Mapping[str, Symbol]
    users: tuple[str, ...]
    sizes: tuple[str, ...]
    statements: tuple[str, ...]
    results: Mapping[str, str]
    names: Mapping[str, str]
    like: str | None
    spread: Spread | None = None

    @property
    def parameters(self) -> tuple[str, ...]:
        return (*self.symbols, *self.users, *self.sizes)

    @property
    def kind(self) -> str:
        """The name of the named tuple that several results are."""
        return "".join(part.capitalize() for part in self.name.split("_")) + "Results"


@dataclass(frozen=True, slots=True)
class Application:
    """A function of the file whose first arguments ``bound`` are known, and whose last one,
    ``argument``, is not."""

    name: str
    bound: tuple[str, ...]
    argument: str
    statements: tuple[str, ...]
    result: str


@dataclass(frozen=True, slots=True)
class Comparison:
    """An output and what it claims to be: the derivative of the value by ``wrt``, of order
    ``len(wrt)``, in a layout.

    ``above`` is the number of axes of the value, ``below`` those of each variable that has any;
    ``along`` names the direction that the derivative is applied to, ``argument`` that of an
    operator.
    """

    key: str
    wrt: tuple[str, ...]
    layout: str
    above: int
    below: tuple[int, ...]
    along: str | None
    argument: str | None

    @property
    def form(self) -> str:
        """What is made of differences with all axes apart: one of ``value`` (there are none),
        ``along`` a direction, ``flat``, ``array`` like the one variable, ``matrix``, or ``rows``
        for each entry of the first variable."""
        if not self.wrt:
            return "value"
        if self.along is not None:
            return "along"
        if self.layout == "tensor" or not self.below:
            return "flat"
        return "matrix" if self.above else "array" if len(self.below) == 1 else "rows"

    @property
    def turned(self) -> bool:
        """Whether an ``array`` or a ``matrix`` is transposed then."""
        return self.layout == ("denominator" if self.above else "numerator")


@dataclass(frozen=True, slots=True)
class Trial:
    """A point, and what is compared there. ``users`` are functions, with the order of the
    derivative that each is.

    ``values`` are the arrays of the point, ``lines`` draw them with NumPy. ``ties`` say which
    entries of a variable move together.
    """

    value: Function
    sizes: Mapping[str, int]
    values: Mapping[str, Any]
    lines: tuple[str, ...]
    users: Mapping[str, int]
    ties: tuple[tuple[str, str], ...]
    comparisons: tuple[Comparison, ...]


@dataclass(frozen=True, slots=True)
class File:
    """A source file: the ``lines`` about it, and what it defines. ``trial`` is its self check, or
    why there is none. The function is ``mapped`` over the leading axis of these parameters."""

    lines: tuple[str, ...]
    helpers: Mapping[str, str]
    imports: tuple[str, ...]
    applications: tuple[Application, ...]
    function: Function
    trial: Trial | str | None
    mapped: tuple[str, ...] = ()
