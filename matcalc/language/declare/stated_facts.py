"""Facts stated as equations in declarations: ``X'*X = eye``, ``A = A'``, ``sum(p) = 1``.

An equation is brought into a normal form, a sum of words over the symbol and its transpose, and compared with the relations of the table of
facts. Which of two facts with one relation is meant (orthonormal columns, a unit vector) follows from the kind of the symbol.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from fractions import Fraction
from functools import cache
from typing import TypeAlias, assert_never

from matcalc.base.errors import LimitError, MatcalcError, ParseError, Span
from matcalc.base.sizes import Shape
from matcalc.facts.table import Fact, facts, fits, implied
from matcalc.language.syntax import trees as s
from matcalc.language.syntax.parser import parse_syntax
from matcalc.language.syntax.survey import size_names_in, walk
from matcalc.language.text.vocabulary import Vocabulary

Letter: TypeAlias = tuple[str, bool]
"""A factor, by its name or the text of what it is, and whether it is transposed."""
Word: TypeAlias = tuple[Letter, ...]
Polynomial: TypeAlias = dict[Word, Fraction]
Form: TypeAlias = tuple[tuple[Word, Fraction], ...]

_SYMBOL = "·"
"""Stands for the symbol that an equation is about."""
_ONES: Letter = ("1", False)
_IDENTITY: Letter = ("eye", False)
_MOST_WORDS = 64
_LARGEST_POWER = 4
_ORDERS = {">": "t > 0", "≥": "t >= 0", "≻": "X ≻ 0", "⪰": "X ⪰ 0"}


def order_form(relation: str, name: str, span: Span) -> str:
    """An inequality with 0 as it is compared. Raises ParseError for one that no fact says."""
    form = _ORDERS.get(relation)
    if form is None:
        turned = {"<": ">", "≤": "≥", "≺": "≻", "⪯": "⪰"}.get(relation, ">")
        other = "y" if name[:1].islower() else "Y"
        message = f"{name} {relation} 0 is no fact that can be declared; another name for -{name} can be"
        raise ParseError(message, span=span, expected=_sayable(), suggestion=f"{other} {turned} 0")
    return form


def symbol_in(text: str, names: Iterable[str], span: Span) -> tuple[str, Form | str]:
    """The symbol that an equation is about, and the equation as it is compared.

    ``names`` are those that are declared. Raises ParseError for an equation that is about no symbol or about several.
    """
    try:
        program = parse_syntax(text, Vocabulary.of(names)).program
    except MatcalcError as error:
        raise ParseError(f"{text.strip()!r} cannot be read as an equation: {error.message}", span=span) from None
    equation = program.value
    if not isinstance(equation, s.Equation):
        raise ParseError(f"{text.strip()!r} is no equation", span=span, expected=_sayable())
    known = set(names)
    others = {"eye", "ones", "𝟏", "I", *size_names_in(walk(program))} - known
    about = [name for name in dict.fromkeys(node.name for node in walk(equation) if isinstance(node, s.Name)) if name not in others]
    if len(about) != 1:
        said = f"the equation {text.strip()} is about {' and '.join(about) if about else 'no symbol'}"
        raise ParseError(said, span=span, expected=f"an equation about one symbol: {_sayable()}")
    return about[0], _normal(equation, about[0])


def no_order(text: str, name: str, relation: str, span: Span) -> ParseError:
    """The error for an inequality that is not one with 0."""
    said = f"{text.strip()} is no fact that can be declared: only an inequality with 0 on one side is"
    advice = f"{name} {relation if relation in _ORDERS else '>'} 0" if name else None
    return ParseError(said, span=span, expected=_sayable(), suggestion=advice)


def stated(form: Form | str, kind: str | None, shape: Shape | None) -> Fact | None:
    """The fact that an equation in normal form states about a symbol of this kind and shape; None for any other equation."""
    if isinstance(form, str):
        return next((fact for fact in facts().values() if form in (fact.entries, fact.order) and fits(fact, kind, shape)), None)
    spelled = None if kind is None else "X" if kind in ("matrix", "tensor") else "x"
    candidates = [fact for name, fact in _by_relation().get(form, ()) if spelled in (None, name)]
    found = [fact for fact in dict.fromkeys(candidates) if fits(fact, kind, shape)]
    if shape is None:  # what the others imply
        found = [fact for fact in found if all(fact.name in implied([other.name]) for other in found)]
    return found[0] if found else None


def missing(fact: Fact, said: Iterable[str]) -> str | None:
    """What an equation must be joined by to say the fact."""
    return next((name for name in fact.given if name not in implied(said)), None)


def not_known(text: str, span: Span) -> ParseError:
    """The error for an equation that is none of the facts."""
    return ParseError(f"{text.strip()} is no fact that can be declared", span=span, expected=_sayable())


@cache
def _sayable() -> str:
    relations = dict.fromkeys(fact.relations[0] for fact in facts().values() if fact.relations and not fact.refused)
    return ", ".join(relations) + ", x > 0, x >= 0, X ≻ 0, X ⪰ 0"


@cache
def _by_relation() -> Mapping[Form, list[tuple[str, Fact]]]:
    """Facts by their relations; with each whether it is one of matrices (X) or of vectors and scalars (x)."""
    found: dict[Form, list[tuple[str, Fact]]] = {}
    for fact in facts().values():
        for relation in fact.relations:
            equation = parse_syntax(relation, Vocabulary.of(["X", "x"])).program.value
            name = next(node.name for node in walk(equation) if isinstance(node, s.Name) and node.name in ("X", "x"))
            found.setdefault(_normal(equation, name), []).append((name, fact))
    return found


# ---------------------------------------------------------------- normal forms


def _normal(equation: s.Syntax, symbol: str) -> Form:
    """The difference of the sides, with one for its first coefficient; of an equation and its transpose the first in order."""
    assert isinstance(equation, s.Equation)
    difference = _plus(_polynomial(equation.left, symbol), _polynomial(equation.right, symbol), -1)
    if len(difference) > 1 and () in difference and any(_IDENTITY in word for word in difference):
        raise LimitError("a number and an identity matrix in one equation")
    return min(_scaled(difference), _scaled(_turned(difference)))


def _scaled(polynomial: Polynomial) -> Form:
    words = sorted(polynomial)
    return tuple([(word, polynomial[word] / polynomial[words[0]]) for word in words])


def _polynomial(root: s.Syntax, symbol: str) -> Polynomial:
    """A side of an equation as a sum of words."""
    done: dict[s.Syntax, Polynomial] = {}
    for node in reversed(walk(root)):
        if node not in done:
            done[node] = _value(node, done, symbol)  # type: ignore[arg-type]
            if len(done[node]) > _MOST_WORDS:
                raise LimitError("the equation is too long for a declaration")
    return done[root]


def _value(node: s.SyntaxNode, done: Mapping[s.Syntax, Polynomial], symbol: str) -> Polynomial:
    match node:
        case s.NumberLiteral(value=value):
            return {(): value} if value else {}
        case s.Name(name=name):
            letter = _ONES if name in ("ones", "𝟏") else _IDENTITY if name in ("eye", "I") else (name, False)
            return {((_SYMBOL, False) if name == symbol else letter,): Fraction(1)}
        case s.Group(operand=operand):
            return done[operand]
        case s.Minus(operand=operand):
            return _plus({}, done[operand], -1)
        case s.Transposed(operand=operand):
            return {((_ONES[0], True),): Fraction(1)} if _is_one(operand) else _turned(done[operand])
        case s.Binary(operator="+" | "-" as sign, left=left, right=right):
            return _plus(done[left], done[right], 1 if sign == "+" else -1)
        case s.Binary(operator="*" | "@" | "·", left=left, right=right):
            return _times(done[left], {(_ONES,): Fraction(1)} if _is_one(right) else done[right])
        case s.Binary(operator="/", left=left, right=s.NumberLiteral(value=value)) if value:
            return {word: coefficient / value for word, coefficient in done[left].items()}
        case s.Binary(operator=operator, left=left, right=right):
            return _opaque(operator, *sorted([_shown(done[left]), _shown(done[right])]))
        case s.Raised(base=base, exponent=exponent, elementwise=elementwise):
            return _raised(done[base], done[exponent], elementwise)
        case s.Applied(function=function, arguments=arguments):
            return _applied(function, arguments, done)
        case s.NormBars(operand=operand):
            return _opaque("norm", _shown(done[operand]))
        case (
            s.Word()
            | s.Keyword()
            | s.Listed()
            | s.Bars()
            | s.Entries()
            | s.Summation()
            | s.DerivativeOf()
            | s.DifferentialOf()
            | s.Equation()
            | s.Chain()
            | s.Implication()
            | s.Definition()
            | s.Program()
        ):
            return _opaque(type(node).__name__, f"{node.span.start}-{node.span.end}")
        case _:
            assert_never(node)


def _is_one(node: s.Syntax) -> bool:
    return isinstance(node, s.NumberLiteral) and node.value == 1


def _applied(function: str, arguments: tuple[s.Syntax, ...], done: Mapping[s.Syntax, Polynomial]) -> Polynomial:
    words = [argument.word for argument in arguments if isinstance(argument, s.Word)]
    match function, len(arguments):
        case "eye", _:
            return {(_IDENTITY,): Fraction(1)}
        case ("ones", _) | ("vector", 1):
            return {(_ONES,): Fraction(1)}
        case "transpose", 1:
            return _turned(done[arguments[0]])
        case "sum", 1:
            return _times({((_ONES[0], True),): Fraction(1)}, done[arguments[0]])
        case "sum", 2 if words == ["rows"]:
            return _times(done[arguments[0]], {(_ONES,): Fraction(1)})
        case "sum", 2 if words == ["cols"]:
            return _times(_turned(done[arguments[0]]), {(_ONES,): Fraction(1)})
        case (("norm" | "norm2"), 1):
            return _opaque("norm", _shown(done[arguments[0]]))
        case _:
            return _opaque(function, *[_shown(done[argument]) for argument in arguments])


def _raised(base: Polynomial, exponent: Polynomial, elementwise: bool) -> Polynomial:
    number = exponent.get((), Fraction(0)) if set(exponent) <= {()} else None
    if number == -1 and not elementwise:
        return _opaque("inv", _shown(base))
    if number is None or number.denominator != 1 or not 1 <= number <= _LARGEST_POWER:
        return _opaque("^", _shown(base), _shown(exponent))
    if elementwise:
        return _opaque(".*", *[_shown(base)] * int(number)) if number > 1 else base
    found = base
    for _ in range(int(number) - 1):
        found = _times(found, base)
    return found


def _opaque(name: str, *parts: str) -> Polynomial:
    return {((f"{name}({', '.join(parts)})", False),): Fraction(1)}


def _shown(polynomial: Polynomial) -> str:
    return repr(sorted(polynomial.items()))


def _plus(left: Polynomial, right: Polynomial, sign: int) -> Polynomial:
    total = dict(left)
    for word, coefficient in right.items():
        total[word] = total.get(word, Fraction(0)) + sign * coefficient
    return {word: coefficient for word, coefficient in total.items() if coefficient}


def _times(left: Polynomial, right: Polynomial) -> Polynomial:
    found: Polynomial = {}
    for one, a in left.items():
        for other, b in right.items():
            word = tuple([letter for letter in (*one, *other) if letter != _IDENTITY])
            if not word and (one or other):
                word = (_IDENTITY,)
            found = _plus(found, {word: a * b}, 1)
    return found


def _turned(polynomial: Polynomial) -> Polynomial:
    """The transpose."""
    found: Polynomial = {}
    for word, coefficient in polynomial.items():
        turned = tuple([letter if letter == _IDENTITY else (letter[0], not letter[1]) for letter in reversed(word)])
        found = _plus(found, {turned: coefficient}, 1)
    return found
