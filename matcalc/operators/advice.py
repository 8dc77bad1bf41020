"""What to write instead of an operation in Python whose shapes do not fit."""

from __future__ import annotations

from matcalc.expr.nodes import Expr, Number, Symbol, Transpose
from matcalc.functions import functions, spellings


def for_operator(operator: str, left: Expr, right: Expr) -> str | None:
    """Advice for ``left operator right``; operands that are no plain symbols are called left and right."""
    a, b = _called(left, "left"), _called(right, "right")
    if len(left.shape) > 2 or len(right.shape) > 2:
        return 'matcalc.parse("tensor(i, k, sum(j, T[i,j,k]*x[j]))", declare=...) for contractions of tensors'
    match operator:
        case "@":
            return _for_product(left, right, a, b)
        case "**" if left.is_matrix and right.is_scalar:
            return f"matcalc.power({a}, {b}) (elementwise) or {a} * {a}"
        case "**":
            return f"matcalc.power({a}, {b}) (elementwise)"
        case _:
            return _for_entries(operator, left, right, a, b)


def _called(operand: Expr, otherwise: str) -> str:
    match operand:
        case Symbol(name=name):
            return name
        case Transpose(operand=Symbol(name=name)):
            return f"{name}.T"
        case Number(value=value):
            return str(value)
        case _:
            return otherwise


def _turned(called: str) -> str:
    return called.removesuffix(".T") if called.endswith(".T") else f"{called}.T"


def _for_product(left: Expr, right: Expr, a: str, b: str) -> str | None:
    if left.is_scalar or right.is_scalar:
        return f"{a} * {b}"
    if left.shape == right.shape and left.is_column:
        return f"{_turned(a)} @ {b} (inner product), {a} @ {_turned(b)} (outer product) or {a} * {b} (elementwise)"
    if left.shape == right.shape and left.is_row:
        return f"{a} @ {_turned(b)} (inner product), {_turned(a)} @ {b} (outer product) or {a} * {b} (elementwise)"
    options = []
    if left.rows == right.rows:
        options.append(f"{_turned(a)} @ {b}")
    if left.cols == right.cols:
        options.append(f"{a} @ {_turned(b)}")
    if right.cols == left.rows:
        options.append(f"{b} @ {a}")
    return " or ".join(options) or None


def _for_entries(operator: str, left: Expr, right: Expr, a: str, b: str) -> str | None:
    vector, name = (left, a) if not left.is_matrix else (right, b)
    other = right if vector is left else left
    if vector.is_column and other.is_matrix and vector.rows == other.rows == other.cols:
        ones = f'matcalc.ones("{vector.rows}")'
        return f"{ones} @ {_turned(name)} (every row) or {name} @ {ones}.T (every column) for {name}"
    if (left.rows, left.cols) == (right.cols, right.rows):
        return f"{a} {operator} {_turned(b)}"
    return None


def for_function(name: str, arguments: tuple[Expr, ...]) -> str | None:
    """Advice for a function that does not take its arguments."""
    known = functions().get(spellings().get(name, ""))
    if arguments and arguments[0].is_matrix and (name == "sum" or (known is not None and known.axis)):
        return f'matcalc.{name}(X, "rows") or matcalc.{name}(X, "cols")'
    return None
