"""What formulas with complex symbols have beside others: conjugates and their signs, real and
imaginary parts, the imaginary unit; and which functions are not opened for complex numbers."""

from __future__ import annotations

from collections.abc import Callable

from matcalc.base.errors import ParseError, Span
from matcalc.base.functions import IMAGINARY, functions, of_complex_numbers, spellings
from matcalc.facts.table import COMPLEX, implied
from matcalc.language.build import terms as t
from matcalc.language.build.assembly import Assembly
from matcalc.language.syntax import trees as s
from matcalc.language.text.terminals import CONJUGATING, CONJUGATION
from matcalc.language.typing.kinds import MATRIX, SCALAR

_TWOFOLD = {"dot": "a^H*b, or a'*b", "inner": "a^H*b, or a'*b", "outer": "a*b^H, or a*b'"}
"""Products that conjugate in some programs and books, and not in others."""
_SIGNS = {
    "*": ("the star is read as the sign of the conjugate transpose", SCALAR, "A^H", "conj(A)"),
    "†": ("the dagger is read as the sign of the conjugate transpose", ~MATRIX, "A^H", "pinv(A)"),
    "H'": ("' is read as the conjugate transpose, as in the language that this is written in", SCALAR, "A^H", "transpose(A)"),
}
"""Signs that may mean something else: what is said, of which kinds there is no doubt, and both readings."""
_LINEAR = (s.Name, s.NumberLiteral, s.Group, s.Minus, s.Binary)
"""What formulas are made of in which no conjugate can be missing."""


def call(builder: Assembly, node: s.Applied, arguments: list[t.Term]) -> t.Term | None:
    """The term of a call that means something else, or only something, where symbols are complex;
    None for other calls. Raises ParseError for functions that are known of real numbers only."""
    name, place = node.function, builder.place(node.span)
    if name in of_complex_numbers():
        if len(arguments) != 1:
            raise ParseError(f"{name} takes 1 argument", span=node.span, suggestion=f"{name}(z)")
        return t.ElementwiseTerm(arguments[0].cell, place, (arguments[0],), of_complex_numbers()[name])
    if name in CONJUGATING.values():
        _decide_sign(builder, name, arguments[0], place)
        return _conjugate(arguments[0], place)
    if name == "ctranspose":
        return _conjugate(builder.transpose(arguments[0], node.span), place)
    if name in _TWOFOLD:
        raise ParseError(f"{name} of complex arrays may conjugate one of them", span=node.span, suggestion=_TWOFOLD[name])
    entry = functions().get(spellings().get(name, ""))
    if entry is not None and entry.kind == "defined" and entry.conjugate != "kept":
        require_real(builder, node, arguments)
    return None


def require_real(builder: Assembly, node: s.Applied, arguments: list[t.Term]) -> None:
    """Raises ParseError where a function is given what may be complex."""
    if not all(_is_real(builder, argument) for argument in arguments):
        raise ParseError(
            f"{node.function} is known for real numbers only",
            span=node.span,
            suggestion="re(z), im(z), abs(z) and conj(z), of which formulas are made",
        )


def require_plain(builder: Assembly, formula: s.Syntax, node: s.Applied, arguments: list[t.Term]) -> None:
    """The same for what stands for a formula in which a conjugate may be missing."""
    if not all(isinstance(part, _LINEAR) or _is_inverse(part) for part in s.walk(formula)):
        require_real(builder, node, arguments)


def _is_inverse(node: s.Syntax) -> bool:
    return isinstance(node, s.Applied) and node.function == "inv"


def _is_real(builder: Assembly, term: t.Term) -> bool:
    """Whether a term has real values, as far as that is told by what it is made of."""
    stack = [term]
    while stack:
        part = stack.pop()
        if isinstance(part, t.NormTerm) or (isinstance(part, t.ElementwiseTerm) and part.function in REAL):
            continue
        variable = builder.scope.variables[part.name] if isinstance(part, t.SymbolTerm) else None
        imaginary = isinstance(part, t.ConstantTerm) and part.name == IMAGINARY
        if imaginary or (variable is not None and COMPLEX in implied(variable.properties)):
            return False
        stack += t.operands_of(part)
    return True


REAL = frozenset(["abs", "re", "im", "arg"])
"""Functions with real values."""


def _conjugate(operand: t.Term, place: Span) -> t.Term:
    return t.ElementwiseTerm(operand.cell, place, (operand,), "conj")


def _decide_sign(builder: Assembly, name: str, operand: t.Term, place: Span) -> None:
    """What is said of signs that may mean something else."""
    sign = name.removeprefix(CONJUGATION)
    if sign in _SIGNS:
        said, certain, *instead = _SIGNS[sign]
        readings = tuple([f"{words}: {text}" for words, text in zip(("the conjugate transpose", "the other"), instead)])
        cell = operand.cell
        builder.decide(said, "notation", "doubtful", span=place, instead=readings, when=lambda: not cell.mask & certain)


def unmarked(name: str) -> tuple[str, str]:
    """The name without a bar or a star, and which of them it has."""
    stem, *marks = name.split("_")
    mark = next((one for one in ("bar", "star") if one in marks), "")
    return "_".join([stem, *[one for one in marks if one != mark]]), mark


def name(builder: Assembly, node: s.Name, symbol: Callable[[str, Span], t.Term]) -> t.Term | None:
    """The conjugate of a complex symbol that is written with a bar, or of a number with a star; the
    imaginary unit. None for other names. ``symbol`` makes the term of a symbol."""
    stem, mark = unmarked(node.name)
    declared = builder.scope.declarations.get(stem)
    if mark and declared is not None and COMPLEX in declared.facts:
        operand = symbol(stem, node.span)
        place = builder.place(node.span)
        if mark == "bar":
            builder.decide(f"{stem} with a bar is read as its conjugate", "alias", span=place)
            return _conjugate(operand, place)
        _decide_sign(builder, CONJUGATING["*"], operand, place)
        return _conjugate(builder.transpose(operand, node.span), place)
    if node.name in of_complex_numbers():
        raise ParseError(f"{node.name} is a function and needs brackets", span=node.span, suggestion=f"{node.name}(z)")
    if node.name in (IMAGINARY, "i"):
        place = builder.place(node.span)
        if node.name != IMAGINARY:
            builder.decide(f"{node.name} is read as the imaginary unit", "alias", span=place)
        return t.ConstantTerm(builder.cell(SCALAR, node.span), place, IMAGINARY)
    return None
