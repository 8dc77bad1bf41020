"""What a target is, and what all of them share: pieces of code that know how tightly they hold
together, and their writer."""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from fractions import Fraction
from functools import partial
from typing import Any, Protocol

from matcalc.base.errors import MatcalcError
from matcalc.base.sizes import Size
from matcalc.codegen.operations import Op
from matcalc.expr.nodes import Symbol

ATOM, UNARY, TIMES, PLUS = 4, 3, 2, 1
STEPS = {0: ("0", "1e-9"), 1: ("1e-6", "1e-6"), 2: ("1e-4", "1e-5")}
"""Of self checks: steps of differences and tolerances by the order of the derivative."""


@dataclass(frozen=True, slots=True)
class Text:
    """Code and how tightly it holds together; ``kind`` tells products apart that bind equally."""

    code: str
    level: int = ATOM
    kind: str = ""

    def within(self, level: int, *, kinds: tuple[str, ...] = ()) -> str:
        """The code as an operand of something of this level: in brackets where it would fall
        apart."""
        if self.level > level or (self.level == level and self.kind in kinds):
            return self.code
        return f"({self.code})"


@dataclass(slots=True)
class Writer:
    """Writes operations for one target, and notes the helper functions that the code calls.

    ``like`` is a parameter whose dtype and device new arrays take; ``name`` gives the identifier of
    a symbol, size or user function.
    """

    target: Target
    name: Callable[[str, str], str]
    like: str | None = None
    helpers: dict[str, None] = field(default_factory=dict)
    imports: dict[str, None] = field(default_factory=dict)

    def helper(self, name: str) -> str:
        """The name of a helper function, which the file will define. Raises MatcalcError when there
        is none."""
        if self.target.helper_source(name) is None:
            raise MatcalcError(f"there is no {self.target.name} code for the function {name}")
        return self.defined(name)

    def defined(self, name: str) -> str:
        """The name of a function of the file: a helper, or a function of the table that is no
        single call."""
        self.helpers.setdefault(name)
        return self.target.helper_name(name)

    def size(self, size: Size) -> str:
        """A size as code."""
        return size.spelled(partial(self.name, "size"), gap=" ")


@dataclass(frozen=True, slots=True)
class Step:
    """One operation, the code of its operands, and whether the first is an array that nothing else
    uses."""

    op: Op
    operands: Sequence[Text]
    writer: Writer
    in_place: bool = False

    @property
    def first(self) -> Text:
        return self.operands[0]

    @property
    def codes(self) -> list[str]:
        return [operand.code for operand in self.operands]


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

    @property
    def parameters(self) -> tuple[str, ...]:
        return (*self.symbols, *self.users, *self.sizes)


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
    why there is none."""

    lines: tuple[str, ...]
    helpers: Mapping[str, str]
    imports: tuple[str, ...]
    applications: tuple[Application, ...]
    function: Function
    trial: Trial | str | None


class Target(Protocol):
    """One language or library that code is written for: asked for pieces of text. Nothing else
    looks at its name."""

    name: str
    in_python: bool
    """Whether its code runs here; the rest of the questions on running are only asked then."""
    evaluates: bool
    """Whether its arrays are those of the evaluator, which may take the place of code that there is
    none for."""
    draws: bool
    """Whether points are drawn by NumPy where the file is run, and not written out."""
    reuses_memory: bool
    """Whether sums take the memory of a first operand that nothing else holds, and Z'Z is known for
    symmetric."""

    def identifier(self, name: str) -> str:
        """A name of the input language as a name of the target's."""
        ...

    def length(self, name: str, axis: int) -> str:
        """The length of an axis, counted from 0, of the array with this name."""
        ...

    def root(self, length: str, divisor: str, power: int) -> str:
        """The whole number whose ``power``-th power times ``divisor``, which may be empty, is
        ``length``; both are factors."""
        ...

    def guides(self, symbols: Sequence[Symbol]) -> list[Symbol]:
        """Those of which new arrays may take the type, the best first."""
        ...

    def written(self, step: Step) -> Text:
        """The code of an operation. Raises MatcalcError when there is none."""
        ...

    def negated(self, step: Step) -> Text:
        """The negative of a sum, written with the opposite signs."""
        ...

    def returned(self, op: Op, text: Text, writer: Writer, *, row: bool) -> str:
        """The code of a result: an array, and never one that shares memory with an argument;
        ``row`` when it is a row vector."""
        ...

    def helper_name(self, name: str) -> str: ...

    def helper_source(self, name: str) -> str | None:
        """The source of a helper function, or None when there is none of this name."""
        ...

    def needed_helpers(self, name: str) -> tuple[str, ...]:
        """The helpers that a helper calls, those that they call first."""
        ...

    def elementwise_source(self, name: str) -> str:
        """An elementwise function of the table as a function of the file."""
        ...

    def applied(self, application: Application, writer: Writer) -> str:
        """The code of the function of one argument that an application is."""
        ...

    def file(self, file: File) -> str:
        """The source text."""
        ...

    def converter(self) -> Callable[[str, Any], Any]:
        """Makes values arrays of floating-point numbers of the library; arrays that are that
        already are passed on."""
        ...

    def failures(self) -> tuple[type[Exception], ...]:
        """What the library raises for a singular matrix, and Python for numbers made of sizes, such
        as ``1/(n - 3)``."""
        ...

    def is_traced(self, value: Any) -> bool:
        """Whether a number is known only when compiled code runs: it cannot be compared with
        others."""
        ...


class Operations:
    """Operations by methods with the name of the operation, or else by templates, with the codes of
    the operands in their places."""

    calls: Mapping[str, str]

    def written(self, step: Step) -> Text:
        """The code of an operation."""
        method = getattr(self, f"_{step.op.kind}", None)
        text: Text = Text(self.calls[step.op.kind].format(*step.codes)) if method is None else method(step)
        return text

    def _input(self, step: Step) -> Text:
        return Text(step.writer.name("symbol", step.op.data))

    def _literal(self, step: Step) -> Text:
        return number(step.op.data)

    def _size(self, step: Step) -> Text:
        size: Size = step.op.data
        if len(size.terms) > 1:
            return Text(step.writer.size(size), PLUS, "sum")
        return Text(step.writer.size(size), TIMES if size.name is None else ATOM, "mul")

    def _neg(self, step: Step) -> Text:
        if step.op.operands[0].kind == "mul" and step.first.kind == "mul":
            return Text(f"-{step.first.code}", TIMES, "mul")  # the sign is that of the first factor, a number if there is one
        return Text(f"-{step.first.within(UNARY)}", UNARY)


def number(value: Fraction) -> Text:
    """An exact number as code. Raises MatcalcError when it is too large for floating point."""
    if value.denominator == 1 and abs(value) < 10**15:
        return Text(str(value), ATOM if value >= 0 else UNARY)
    near = as_float(value)
    if math.isinf(near):
        raise MatcalcError("a number in the formula is too large for floating point", expected="numbers up to 1e308")
    short = value in (Fraction(near), Fraction(repr(near)))
    if short or value.denominator == 1 or max(abs(value.numerator), value.denominator) > 10**15:
        return Text(repr(near), ATOM if value >= 0 else UNARY)
    return Text(f"{value.numerator}/{value.denominator}", TIMES, "div")


def as_float(value: Fraction) -> float:
    """The nearest float, or an infinity."""
    try:
        return float(value)
    except OverflowError:
        return math.inf if value > 0 else -math.inf


def signed_sum(step: Step, negated: bool, dot: str = "") -> Text:
    """The sum that the step is, or the negative of it; ``dot`` stands before the signs between
    terms."""
    terms = list(zip(step.op.data, step.operands, strict=True))
    if negated:
        terms = sorted([(-sign, text) for sign, text in terms], key=lambda pair: -pair[0])
    code = ""
    for sign, operand in terms:
        inner = operand.within(PLUS, kinds=("sum",) if not code and sign > 0 else ())
        if not code:
            code = inner if sign > 0 else f"-{operand.within(UNARY)}"
        else:
            code += f" {dot}{'+' if sign > 0 else '-'} {inner}"
    return Text(code, PLUS, "sum")


def put_in(text: str, signature: str, codes: Sequence[str]) -> str:
    """An expression of the parameters of a signature with the codes of the arguments, in brackets
    where they may fall apart."""
    parameters = [part.partition(":")[0].strip() for part in signature.partition("->")[0].split(",")]
    for parameter, code in zip(parameters, codes, strict=True):
        safe = code if re.fullmatch(r"[\w.]+", code) or text.count(f"({parameter})") else f"({code})"
        text = re.sub(rf"(?<![\w.]){parameter}(?!\w)", lambda _, safe=safe: safe, text)  # type: ignore[misc]
    return text


_VIEWS = frozenset(
    {"transpose", "reshape", "permute", "expand", "pick", "vec", "unvec", "diagonal", "broadcast", "row", "column"}
)
_READ_ONLY = frozenset({"broadcast", "diagonal"})


def is_view(op: Op) -> bool:
    """Whether the array is an argument or a part of one, or cannot be written to."""
    read_only = False
    while op.kind in _VIEWS or (op.kind == "einsum" and len(op.operands) == 1):
        read_only |= op.kind in _READ_ONLY
        op = op.operands[0]
    return op.kind == "input" or read_only


def is_constant(op: Op) -> bool:
    """Whether the value is a plain number: made of numbers and sizes, without any array."""
    stack = [op]
    while stack:
        node = stack.pop()
        if node.shape or node.kind not in ("literal", "pi", "size", "add", "mul", "div", "neg", "pow", "sqrt", "map"):
            return False
        stack.extend(node.operands)
    return True


def without_unused(statements: Sequence[str], results: Iterable[str]) -> list[str]:
    """The statements, without those that name what no later code uses: an identity whose size alone
    was needed."""
    kept: list[str] = []
    used = set(_WORD.findall(" ".join(results)))
    for statement in reversed(statements):
        name, _, code = statement.partition(" = ")
        if name in used:
            used.update(_WORD.findall(code))
            kept.append(statement)
    return kept[::-1]


_WORD = re.compile(r"[^\W\d]\w*")
