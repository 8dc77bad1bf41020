"""Syntax trees as bracketed text, for tests of precedence."""

from __future__ import annotations

from matcalc.language.syntax import trees as s
from matcalc.language.syntax.parser import parse_syntax
from matcalc.language.text.spelling import Vocabulary


def tree(text: str, *symbols: str, functions: tuple[str, ...] = ()) -> str:
    """The tree of ``text`` with a bracket around every operation."""
    return shown(parse_syntax(text, Vocabulary.of(symbols, functions)).program)


def shown(node: s.Syntax | None) -> str:
    """A node in brackets, operators as they are spelled in ASCII."""
    match node:
        case None:
            return ""
        case s.NumberLiteral(value=value):
            return str(value)
        case s.Name(name=name) | s.Word(word=name):
            return name
        case s.Keyword(name=name, value=value):
            return f"{name}={shown(value)}"
        case s.Listed(values=values):
            return f"({', '.join(map(shown, values))})"
        case s.Group(operand=operand):
            return shown(operand)
        case s.Minus(operand=operand):
            return f"(-{shown(operand)})"
        case s.Binary(operator=operator, left=left, right=right):
            return f"({shown(left)} {operator} {shown(right)})"
        case s.Transposed(operand=operand):
            return f"{shown(operand)}'"
        case s.Raised(base=base, exponent=exponent, elementwise=elementwise):
            return f"({shown(base)} {'.' if elementwise else ''}^ {shown(exponent)})"
        case s.Entries(operand=operand, positions=positions):
            return f"{shown(operand)}[{', '.join(map(shown, positions))}]"
        case s.Applied(function=function, arguments=arguments):
            return f"{function}({', '.join(map(shown, arguments))})"
        case s.NormBars(operand=operand, subscript=subscript):
            return f"norm<{shown(operand)}>{shown(subscript)}"
        case s.Bars(operand=operand):
            return f"bars<{shown(operand)}>"
        case s.Summation(indices=indices, body=body):
            return f"sum_{','.join(indices)}<{shown(body)}>"
        case s.DerivativeOf(body=body, wrt=wrt):
            return f"d<{shown(body)}>/{','.join(wrt)}"
        case s.Equation(left=left, right=right):
            return f"{shown(left)} = {shown(right)}"
        case s.Program(assignments=assignments, value=value):
            return "; ".join([*(f"{shown(name)} := {shown(part)}" for name, part in assignments), shown(value)])
        case _:
            raise AssertionError(node)
