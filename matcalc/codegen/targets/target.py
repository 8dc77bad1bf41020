"""What a target is, and what all of them share: pieces of code that know how tightly they hold
together, and their writer."""

from __future__ import annotations

import math
import re
from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from fractions import Fraction
from functools import partial
from typing import Any, cast

from matcalc.base.errors import MatcalcError
from matcalc.base.functions import computable
from matcalc.base.shapes import Selection
from matcalc.base.sizes import Size
from matcalc.codegen.operations import CONSTANTS, Op
from matcalc.codegen.requests import Application, File, identifier
from matcalc.expr.nodes import Symbol

ATOM, UNARY, TIMES, PLUS, CHOICE = 4, 3, 2, 1, 0
STEPS = {0: ("0", "1e-9"), 1: ("1e-6", "1e-6"), 2: ("1e-4", "1e-5")}
"""Of self checks: steps of differences and tolerances by the order of the derivative."""
LETTERS = "ijklmnpqrstuvwabcdefghoxyzIJKLMNPQRSTUVWABCDEFGHOXYZ"
"""For labels of axes."""


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

    def __format__(self, spec: str) -> str:
        """The code as an operand: ``{:times mul}`` is ``within`` the level of products, with the
        kind ``mul``."""
        level, *kinds = spec.split() or [""]
        return self.within(_LEVELS[level], kinds=tuple(kinds)) if level else self.code


_LEVELS = {"unary": UNARY, "times": TIMES, "plus": PLUS}


@dataclass(slots=True)
class Writer:
    """Writes operations for one target, and notes the helper functions that the code calls.

    ``like`` is a parameter whose dtype and device new arrays take; ``name`` gives the identifier of
    a symbol, size or user function. ``typed`` is the variable that holds the type which the inputs
    have together, once code that needs it was written.
    """

    target: Target
    name: Callable[[str, str], str]
    like: str | None = None
    typed: str | None = None
    helpers: dict[str, None] = field(default_factory=dict)
    imports: dict[str, None] = field(default_factory=dict)
    counted: Callable[[Size], Size] = lambda size: size
    """A size as a number in a formula, where the arrays may be parts of those that are meant."""

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
        return size.spelled(partial(self.name, "size"), gap=" ", over=self.target.whole_over)


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

    @property
    def helper(self) -> str:
        """The helper that is called as the operation is."""
        return self.writer.helper(self.op.kind)

    @property
    def user(self) -> str:
        """The function of the user's own."""
        return self.writer.name("function", self.op.data)

    @property
    def size(self) -> str:
        """The length of the first axis."""
        return self.writer.size(self.op.shape[0])

    @property
    def place(self) -> str:
        """The position that the operation is about, counted from 1."""
        return self.writer.size(self.op.data)

    @property
    def sizes(self) -> list[str]:
        """The lengths of the axes."""
        return [self.writer.size(size) for size in self.op.shape]


class Target(ABC):
    """One language or library that code is written for: asked for pieces of text. Nothing else
    looks at its name.

    Operations are written by methods with the name of the operation, or else by the forms of
    ``calls``: templates of the operands (``{0:times mul}`` is the first as a factor, without
    brackets where it is a product itself), their ``codes`` in a row, the ``step``, and the module
    ``xp``.
    """

    name: str
    asks_for_guides = True
    """Whether a constant is given an array to take its type from."""
    in_python = False
    """Whether its code runs here; the rest of the questions on running are only asked then."""
    evaluates = False
    """Whether its arrays are those of the evaluator, which may take the place of code that there is
    none for."""
    draws = False
    """Whether points are drawn by NumPy where the file is run, and not written out."""
    reuses_memory = False
    """Whether sums take the memory of a first operand that nothing else holds, and Z'Z is known for
    symmetric."""
    chooses = False
    """Whether products are multiplied in an order that depends on the lengths of arrays."""
    mapping = ""
    """What maps a function over the leading axis of its arguments; without it, operations are made
    for that axis."""
    module = ""
    calls: Mapping[str, Text]
    split: str | None = None
    """The size whose axes are split over several devices."""
    keywords: tuple[str, ...] = ()
    """What its functions take besides the arguments of a formula."""
    whole_over = "/"
    """The sign before a divisor that leaves no rest, between whole numbers."""
    listed = "[{}]"
    """Arrays in a row, as one argument."""

    def over_devices(self, size: str) -> Target:
        """The target that splits the axes of this size over several devices."""
        raise MatcalcError(f"{self.name} code is not split over devices", suggestion="jax")

    def added_up(self, names: Sequence[str], codes: Sequence[str]) -> str:
        """The statement that names the sums over all devices of what each of them has."""
        raise NotImplementedError

    # ------------------------------------------------------------ names and sizes

    reserved: frozenset[str]
    """Words that are no names."""

    def identifier(self, name: str) -> str:
        """A name of the input language as a name of the target's."""
        return identifier(name, self.reserved)

    @abstractmethod
    def length(self, name: str, axis: int) -> str:
        """The length of an axis, counted from 0, of the array with this name."""

    @abstractmethod
    def root(self, length: str, divisor: str, power: int) -> str:
        """The whole number whose ``power``-th power times ``divisor``, which may be empty, is
        ``length``; both are factors."""

    def guides(self, symbols: Sequence[Symbol]) -> list[Symbol]:
        """Those of which new arrays may take the type, the best first; none where numbers have one
        type."""
        return []

    def common_type(self, names: Sequence[str]) -> str:
        """The code of the type that arrays of these names have together."""
        raise NotImplementedError

    # ------------------------------------------------------------ operations

    def written(self, step: Step) -> Text:
        """The code of an operation. Raises MatcalcError when there is none."""
        method = getattr(self, f"_{step.op.kind}", None)
        return self.formed(step.op.kind, step) if method is None else cast("Text", method(step))

    def formed(self, name: str, step: Step) -> Text:
        """The code by a form."""
        form = self.calls[name]
        code = form.code.format(*step.operands, codes=", ".join(step.codes), step=step, xp=self.module)
        return Text(code, form.level, form.kind)

    def _input(self, step: Step) -> Text:
        return Text(step.writer.name("symbol", step.op.data))

    def _literal(self, step: Step) -> Text:
        return number(step.op.data)

    def _size(self, step: Step) -> Text:
        size = step.writer.counted(step.op.data)
        if len(size.terms) > 1:
            return Text(step.writer.size(size), PLUS, "sum")
        return Text(step.writer.size(size), TIMES if size.name is None else ATOM, "mul")

    def _neg(self, step: Step) -> Text:
        if step.op.operands[0].kind == "mul" and step.first.kind == "mul":
            return Text(f"-{step.first.code}", TIMES, "mul")  # the sign is that of the first factor, a number if there is one
        return Text(f"-{step.first:unary}", UNARY)

    def _add(self, step: Step) -> Text:
        return signed_sum(self.lifted(step), negated=False, dot=self.dot(step.op))

    def negated(self, step: Step) -> Text:
        """The negative of a sum, written with the opposite signs."""
        return signed_sum(self.lifted(step), negated=True, dot=self.dot(step.op))

    def lifted(self, step: Step) -> Step:
        """The step with operands that have the axes which they need to be added."""
        return step

    def dot(self, op: Op) -> str:
        """What stands before the signs of a sum."""
        return ""

    def _add_diagonal(self, step: Step) -> Text:
        base, entries = step.operands
        sign = "-" if entries.code.startswith("-") and entries.level > PLUS else "+"
        if sign == "-":
            entries = Text(entries.code[1:], entries.level, entries.kind)
        return Text(f"{base:plus sum} {sign} {self.on_diagonal(entries, step)}", PLUS, "sum")

    def on_diagonal(self, entries: Text, step: Step) -> str:
        """A matrix with the second operand of the step on its diagonal: a vector, or one number in
        all places."""
        if step.op.operands[1].shape:
            return f"diag({entries.code})"
        eye = self.eye(step)
        return eye if entries.code == "1" else f"{entries:times mul}*{eye}"

    def _chain(self, step: Step) -> Text:
        raise NotImplementedError

    def _sparse(self, step: Step) -> Text:
        raise MatcalcError(f"there is no {self.name} code for sparse matrices", expected="numpy or jax")

    @abstractmethod
    def eye(self, step: Step) -> str:
        """The identity that the code adds to a matrix."""

    def _kron_sum(self, step: Step) -> Text:
        half = len(step.codes) // 2
        sides = [self.listed.format(", ".join(codes)) for codes in (step.codes[:half], step.codes[half:])]
        return Text(f"{step.helper}({', '.join(sides)})")

    def _full(self, step: Step) -> Text:
        inner = step.op.operands[0]
        if inner.kind == "literal" and inner.data in (0, 1):
            return Text(self.filled("ones" if inner.data else "zeros", step))
        return self.repeated(Text(repr(as_float(inner.data))) if inner.kind == "literal" else step.first, step)

    @abstractmethod
    def filled(self, function: str, step: Step) -> str:
        """Zeros or ones in the shape of the operation."""

    def repeated(self, value: Text, step: Step) -> Text:
        """A number in the shape of the operation."""
        return Text(f"{value:times}*{self.filled('ones', step)}", TIMES, "mul")

    def _slice(self, step: Step) -> Text:
        runs = [":" if run is None else self.run(run, step.writer) for run in step.op.data]
        return self.sliced(step.first, runs)

    @abstractmethod
    def run(self, run: Selection, writer: Writer) -> str:
        """Positions in a row, as a subscript."""

    @abstractmethod
    def sliced(self, array: Text, runs: Sequence[str]) -> Text:
        """A part of an array."""

    def _blocks(self, step: Step) -> Text:
        return self.grid(in_rows(step.operands, step.op.data))

    @abstractmethod
    def grid(self, rows: Sequence[Sequence[Text]]) -> Text:
        """A matrix of blocks."""

    def _entries(self, step: Step) -> Text:
        numbers = [
            Text(repr(as_float(op.data))) if op.kind == "literal" else text
            for op, text in zip(step.op.operands, step.operands, strict=True)
        ]
        return self.array([list(numbers)] if step.op.order == 1 else in_rows(numbers, step.op.data), step)

    @abstractmethod
    def array(self, rows: Sequence[Sequence[Text]], step: Step) -> Text:
        """An array of numbers; the one row of a vector is its entries."""

    def _matrix_power(self, step: Step) -> Text:
        exponent = step.op.operands[1]
        if exponent.kind == "literal" and exponent.data.denominator == 1:
            return self.formed("whole_power", step)
        return Text(f"{step.helper}({', '.join(step.codes)})")

    def refuse_lists(self, step: Step) -> None:
        """Raises MatcalcError where a function gets an array for a number that it cannot be
        differentiated by, such as an order: for languages that take one such number."""
        known = computable()[step.op.data]
        for parameter, slope, op in zip(known.parameters, known.partials, step.op.operands, strict=False):
            if not slope and op.shape:
                raise MatcalcError(
                    f"{self.name} code of {known.name} takes one number for {parameter}, not an array",
                    suggestion="code for numpy, which takes arrays",
                )

    def _call(self, step: Step) -> Text:
        name, axis = step.op.data
        if axis == "each":
            return self.each(step)
        users = name not in computable()
        return self.called(name, step.codes, step.writer) if users or axis is None else self.along(step)

    def called(self, name: str, codes: Sequence[str], writer: Writer) -> Text:
        """A function of one vector or matrix, of the table or the user's own."""
        if name not in computable():
            return Text(f"{writer.name('function', name)}({', '.join(codes)})")
        return self.whole(name, codes, writer)

    @abstractmethod
    def each(self, step: Step) -> Text:
        """A function of each of the arrays along leading axes."""

    @abstractmethod
    def along(self, step: Step) -> Text:
        """A function of each row or column of a matrix."""

    @abstractmethod
    def whole(self, name: str, codes: Sequence[str], writer: Writer) -> Text:
        """A function of one vector or matrix."""

    # ------------------------------------------------------------ results and files

    @abstractmethod
    def returned(self, op: Op, text: Text, writer: Writer, *, row: bool) -> str:
        """The code of a result: an array, and never one that shares memory with an argument;
        ``row`` when it is a row vector."""

    prefix = "_"
    suffix = ""
    """What stands before and behind the names of helpers."""

    def helper_name(self, name: str) -> str:
        """The name of a helper, which tells it from variables."""
        return f"{self.prefix}{name}{self.suffix}"

    @abstractmethod
    def helper_source(self, name: str) -> str | None:
        """The source of a helper function, or None when there is none of this name."""

    @abstractmethod
    def needed_helpers(self, name: str) -> tuple[str, ...]:
        """The helpers that a helper calls, those that they call first."""

    @abstractmethod
    def elementwise_source(self, name: str) -> str:
        """An elementwise function of the table as a function of the file."""

    @abstractmethod
    def applied(self, application: Application, writer: Writer) -> str:
        """The code of the function of one argument that an application is."""

    @abstractmethod
    def file(self, file: File) -> str:
        """The source text."""

    # ------------------------------------------------------------ running

    def converter(self) -> Callable[[str, Any], Any]:
        """Makes values arrays of floating-point numbers of the library; arrays that are that
        already are passed on."""
        raise MatcalcError(f"{self.name} code does not run in Python")

    def of_type(self, array: Any, others: Sequence[Any]) -> Any:
        """An array that was made without looking at the others, in the type that these have
        together."""
        return array

    def failures(self) -> tuple[type[Exception], ...]:
        """What the library raises for a singular matrix, and Python for numbers made of sizes, such
        as ``1/(n - 3)``."""
        return (ArithmeticError, ValueError, IndexError)

    def is_traced(self, value: Any) -> bool:
        """Whether a number is known only when compiled code runs: it cannot be compared with
        others."""
        return False


def in_rows(texts: Sequence[Text], columns: int) -> list[Sequence[Text]]:
    """What stands row by row, as rows."""
    return [texts[start : start + columns] for start in range(0, len(texts), columns)]


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


def plain_call(name: str, code: str) -> str:
    """The function that the code of a function of the table hands its parameters to as they are;
    empty when the code does more."""
    parameters = ", ".join(computable()[name].parameters)
    simple = re.fullmatch(rf"([\w.]+)\({parameters}\)", code)
    return simple[1] if simple else ""


def put_in(text: str, parameters: Sequence[str], codes: Sequence[str]) -> str:
    """An expression of the parameters of a function with the codes of the arguments, in brackets
    where they may fall apart."""
    given = dict(zip(parameters, codes, strict=True))

    def put(match: re.Match[str]) -> str:
        code = given[match[0]]
        alone = text[: match.start()].endswith("(") and text.startswith(")", match.end())
        return code if alone or re.fullmatch(r"[\w.]+", code) else f"({code})"

    # All at once: the code of one argument may hold the name of another parameter.
    return re.sub(rf"(?<![\w.])(?:{'|'.join(map(re.escape, given))})(?!\w)", put, text)


def is_constant(op: Op) -> bool:
    """Whether the value is a plain number: made of numbers and sizes, without any array."""
    stack = [op]
    while stack:
        node = stack.pop()
        if node.shape or node.kind not in (*CONSTANTS, "add", "mul", "div", "neg", "pow", "sqrt", "map"):
            return False
        stack.extend(node.operands)
    return True
