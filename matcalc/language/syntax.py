"""Syntax trees: what was written, with the place of every part, before names, kinds and sizes are known."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from typing import TypeAlias

from matcalc.errors import Span


@dataclass(frozen=True, slots=True, eq=False)
class Syntax:
    """Base class. ``span`` is the place in the text."""

    span: Span


@dataclass(frozen=True, slots=True, eq=False)
class NumberLiteral(Syntax):
    value: Fraction


@dataclass(frozen=True, slots=True, eq=False)
class Name(Syntax):
    """A name in its one spelling (``beta`` for ``β``, ``x_0`` for ``x₀``)."""

    name: str


@dataclass(frozen=True, slots=True, eq=False)
class Word(Syntax):
    """A keyword among the arguments of a call: ``rows``, ``nuclear``..."""

    word: str


@dataclass(frozen=True, slots=True, eq=False)
class Group(Syntax):
    """Round brackets."""

    operand: Syntax


@dataclass(frozen=True, slots=True, eq=False)
class Minus(Syntax):
    operand: Syntax


@dataclass(frozen=True, slots=True, eq=False)
class Binary(Syntax):
    """``operator`` is one of ``+ - * / .* ./ ⊗``; juxtaposition is ``*``."""

    operator: str
    left: Syntax
    right: Syntax
    operator_span: Span


@dataclass(frozen=True, slots=True, eq=False)
class Transposed(Syntax):
    operand: Syntax


@dataclass(frozen=True, slots=True, eq=False)
class Raised(Syntax):
    """``base ^ exponent``, or ``base .^ exponent`` when ``elementwise``."""

    base: Syntax
    exponent: Syntax
    elementwise: bool


@dataclass(frozen=True, slots=True, eq=False)
class Entries(Syntax):
    """``operand[i, j]``."""

    operand: Syntax
    positions: tuple[Syntax, ...]


@dataclass(frozen=True, slots=True, eq=False)
class Applied(Syntax):
    """A function call. ``function`` is the name as written, with primes for a derivative of a user's function."""

    function: str
    arguments: tuple[Syntax, ...]
    function_span: Span


@dataclass(frozen=True, slots=True, eq=False)
class NormBars(Syntax):
    operand: Syntax
    subscript: Syntax | None


@dataclass(frozen=True, slots=True, eq=False)
class Bars(Syntax):
    """``|x|``: absolute value or determinant."""

    operand: Syntax


@dataclass(frozen=True, slots=True, eq=False)
class Summation(Syntax):
    """``Σ_i body``, for one or more indices."""

    indices: tuple[str, ...]
    body: Syntax


@dataclass(frozen=True, slots=True, eq=False)
class DerivativeOf(Syntax):
    """``d(body)/dx``, ``grad(body, x)``, ``hessian(body, x)``...; ``wrt`` holds one name for each order."""

    body: Syntax
    wrt: tuple[str, ...]


@dataclass(frozen=True, slots=True, eq=False)
class Equation(Syntax):
    left: Syntax
    right: Syntax


@dataclass(frozen=True, slots=True, eq=False)
class Program(Syntax):
    """Assignments ``name = value``, then one expression or equation."""

    assignments: tuple[tuple[Name, Syntax], ...]
    value: Syntax


SyntaxNode: TypeAlias = (
    NumberLiteral | Name | Word | Group | Minus | Binary | Transposed | Raised | Entries | Applied | NormBars | Bars
    | Summation | DerivativeOf | Equation | Program
)  # fmt: skip
"""The closed union, for ``match`` with ``assert_never``."""
