"""Facts stated as equations in declarations, and what a text says in words behind a formula."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from fractions import Fraction
from functools import cache, reduce
from typing import TypeAlias, assert_never

from matcalc.base.errors import LimitError, MatcalcError, ParseError, Span
from matcalc.base.lazy import pattern
from matcalc.base.shapes import Shape
from matcalc.facts.table import Fact, facts, fits, implied
from matcalc.language.declare.declared import SAID_BEHIND_A_COMMA, Declaration, joined, parse_declarations
from matcalc.language.syntax import trees as s
from matcalc.language.syntax.parser import parse_syntax
from matcalc.language.syntax.trees import size_names_in, walk
from matcalc.language.text.spelling import CONNECTIVES, ONE_NAME, Vocabulary

Letter: TypeAlias = tuple[str, bool]
"""A factor, by its name or the text of what it is, and whether it is transposed."""
Word: TypeAlias = tuple[Letter, ...]
Polynomial: TypeAlias = dict[Word, Fraction]
Form: TypeAlias = tuple[tuple[Word, Fraction], ...]

_SYMBOL = "·"
"""Stands for the symbol that an equation is about."""
_ONES, _IDENTITY = "1", "eye"
_MOST_WORDS = 64
_LARGEST_POWER = 4
_ORDERS = {">": "t > 0", "≥": "t >= 0", "≻": "X ≻ 0", "⪰": "X ⪰ 0"}


def order_form(relation: str, name: str, span: Span) -> str:
    """An inequality with 0 as it is compared. Raises ParseError for one that no fact says."""
    form = _ORDERS.get(relation)
    if form is None:
        turned = {"<": ">", "≤": "≥", "≺": "≻", "⪯": "⪰"}.get(relation, ">")
        other = "y" if name[:1].islower() else "Y"
        raise ParseError(
            f"{name} {relation} 0 is no fact that can be declared; another name for -{name} can be",
            span=span,
            expected=_sayable(),
            suggestion=f"{other} {turned} 0",
        )
    return form


def symbol_in(text: str, names: Iterable[str], span: Span) -> tuple[str, Form | str]:
    """The symbol that an equation is about, and the equation as it is compared.

    ``names`` are those that are declared. Raises ParseError for an equation that is about no symbol
    or about several.
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
    about = [
        name for name in dict.fromkeys(node.name for node in walk(equation) if isinstance(node, s.Name)) if name not in others
    ]
    if len(about) != 1:
        raise ParseError(
            f"the equation {text.strip()} is about {' and '.join(about) if about else 'no symbol'}",
            span=span,
            expected=f"an equation about one symbol: {_sayable()}",
        )
    return about[0], _normal(equation, about[0])


def no_order(text: str, name: str, relation: str, span: Span) -> ParseError:
    """The error for an inequality that is not one with 0."""
    return ParseError(
        f"{text.strip()} is no fact that can be declared: only an inequality with 0 on one side is",
        span=span,
        expected=_sayable(),
        suggestion=f"{name} {relation if relation in _ORDERS else '>'} 0" if name else None,
    )


def stated(form: Form | str, kind: str | None, shape: Shape | None) -> Fact | None:
    """The fact that an equation in normal form states about a symbol of this kind and shape; None
    for any other equation."""
    if isinstance(form, str):
        candidates = [fact for fact in facts().values() if form in (fact.entries, fact.order)]
        return next((fact for fact in candidates if fits(fact, kind, shape)), None)
    spelled = _SPELLED.get(kind, ("x",))
    candidates = [fact for name, fact in _by_relation().get(form, ()) if name in spelled]
    found = [fact for fact in dict.fromkeys(candidates) if fits(fact, kind, shape)]
    if shape is None:  # what the others imply
        names = [implied([fact.name]) for fact in found]
        found = [fact for fact in found if all(fact.name in others for others in names)]
    return found[0] if found else None


_SPELLED: Mapping[str | None, tuple[str, ...]] = {None: ("x", "X"), "matrix": ("X",), "tensor": ("X",)}
"""How facts of a kind are spelled in the table."""


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
    """Facts by their relations; with each whether it is one of matrices (X) or of vectors and
    scalars (x)."""
    found: dict[Form, list[tuple[str, Fact]]] = {}
    for fact in facts().values():
        for relation in fact.relations:
            equation = parse_syntax(relation, Vocabulary.of(["X", "x"])).program.value
            name = next(node.name for node in walk(equation) if isinstance(node, s.Name) and node.name in ("X", "x"))
            found.setdefault(_normal(equation, name), []).append((name, fact))
    return found


# ---------------------------------------------------------------- normal forms


def _normal(equation: s.Syntax, symbol: str) -> Form:
    """The difference of the sides, with one for its first coefficient; of an equation and its
    transpose the first in order."""
    assert isinstance(equation, s.Equation)
    difference = _plus(_polynomial(equation.left, symbol), _polynomial(equation.right, symbol), -1)
    if len(difference) > 1 and () in difference and any((_IDENTITY, False) in word for word in difference):
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
            return _summed([((), value)])
        case s.Name(name=name):
            return _letter(_SYMBOL if name == symbol else _CONSTANTS.get(name, name))
        case s.Group(operand=operand):
            return done[operand]
        case s.Minus(operand=operand):
            return _plus({}, done[operand], -1)
        case s.Transposed(operand=operand):
            return _turned(_ones_or(operand, done))
        case s.Binary(operator=operator, left=left, right=right):
            return _binary(operator, left, right, done)
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


_CONSTANTS = {"ones": _ONES, "𝟏": _ONES, "eye": _IDENTITY, "I": _IDENTITY}


def _letter(name: str, turned: bool = False) -> Polynomial:
    return {((name, turned),): Fraction(1)}


def _ones_or(node: s.Syntax, done: Mapping[s.Syntax, Polynomial]) -> Polynomial:
    """What a factor is; the number 1 is a vector of ones there."""
    return _letter(_ONES) if isinstance(node, s.NumberLiteral) and node.value == 1 else done[node]


def _binary(operator: str, left: s.Syntax, right: s.Syntax, done: Mapping[s.Syntax, Polynomial]) -> Polynomial:
    if operator in ("+", "-"):
        return _plus(done[left], done[right], 1 if operator == "+" else -1)
    if operator in ("*", "@", "·"):
        return _times(done[left], _ones_or(right, done))
    if operator == "/" and isinstance(right, s.NumberLiteral) and right.value:
        return {word: coefficient / right.value for word, coefficient in done[left].items()}
    return _opaque(operator, *sorted([_shown(done[left]), _shown(done[right])]))


def _applied(function: str, arguments: tuple[s.Syntax, ...], done: Mapping[s.Syntax, Polynomial]) -> Polynomial:
    words = [argument.word for argument in arguments if isinstance(argument, s.Word)]
    match function, len(arguments):
        case "eye", _:
            return _letter(_IDENTITY)
        case ("ones", _) | ("vector", 1):
            return _letter(_ONES)
        case "transpose", 1:
            return _turned(done[arguments[0]])
        case "sum", 1:
            return _times(_letter(_ONES, turned=True), done[arguments[0]])
        case "sum", 2 if words == ["rows"]:
            return _times(done[arguments[0]], _letter(_ONES))
        case "sum", 2 if words == ["cols"]:
            return _times(_turned(done[arguments[0]]), _letter(_ONES))
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
    return reduce(_times, [base] * int(number))


def _opaque(name: str, *parts: str) -> Polynomial:
    return _letter(f"{name}({', '.join(parts)})")


def _shown(polynomial: Polynomial) -> str:
    return repr(sorted(polynomial.items()))


def _summed(terms: Iterable[tuple[Word, Fraction]]) -> Polynomial:
    total: Polynomial = {}
    for word, coefficient in terms:
        total[word] = total.get(word, Fraction(0)) + coefficient
    return {word: coefficient for word, coefficient in total.items() if coefficient}


def _plus(left: Polynomial, right: Polynomial, sign: int) -> Polynomial:
    return _summed([*left.items(), *[(word, sign * coefficient) for word, coefficient in right.items()]])


def _times(left: Polynomial, right: Polynomial) -> Polynomial:
    return _summed([(_joined(one, other), a * b) for one, a in left.items() for other, b in right.items()])


def _joined(one: Word, other: Word) -> Word:
    """The product of two words, in which identity matrices are left out beside other factors."""
    both = (*one, *other)
    return tuple([letter for letter in both if letter[0] != _IDENTITY]) or both[:1]


def _turned(polynomial: Polynomial) -> Polynomial:
    """The transpose."""
    return {
        tuple([(name, not transposed and name != _IDENTITY) for name, transposed in reversed(word)]): coefficient
        for word, coefficient in polynomial.items()
    }


_WORDS = "|".join(CONNECTIVES)
_SETS_WORDS = r"\\(?:text(?:rm|it|sf|up|normal)?|mbox|hbox|mathrm)\s*\{"
_INTRODUCES = (
    rf"{_SETS_WORDS}[\s~,]*(?P<tex>{_WORDS})(?=[\s}}$~])(?:[\s~]*\}})?|(?<![\w\\{{])(?P<plain>{_WORDS})(?=\s)(?!\s*=)"
    rf"|{SAID_BEHIND_A_COMMA}"
)
_CONNECTIVE = pattern(_INTRODUCES)
_BEGINS_CASES, _ENDS_CASES = [pattern(rf"\\{mark}\s*\{{[dr]?cases") for mark in ("begin", "end")]
_JOINS = rf"{_SETS_WORDS}\s*and\s*\}}|\band\b"
_MARK = pattern(rf"(?P<bracket>[()\[\]])|[,;\n]|{_INTRODUCES}|(?P<joint>{_JOINS})|\Z")
"""What may end a piece of what is said, and brackets."""
_SET_IN_WORDS = pattern(rf"{_SETS_WORDS}|\\(?:q?quad|[,;:! ])|~")
_NAMED = pattern(rf"\s*(?P<name>{ONE_NAME}|\\?[A-Za-z]+|\\\w+\{{\w+\}})\s*(?:\([^()=]*\))?\s*(?::=|=)(?P<value>.*)", re.DOTALL)
_AND = pattern(_JOINS)
_QUANTIFIED = pattern(r"\s*(?:all|any|every|each|some)\b")
_OF_A_LOOP = pattern(r"(?<!\\)\bin\b(?!\s*R)")
"""``for x in y`` of a program, which says nothing of sizes."""
_BARE = pattern(rf"\s*(?:{ONE_NAME}|[A-Za-z]+)(?:\s*(?:,|and)\s*(?:{ONE_NAME}|[A-Za-z]+))*\s*")

_PREMISE = pattern(r"\s*(?:[Ii]f|[Ff]or|[Ww]hen|[Gg]iven|[Aa]ssum(?:e|ing)|[Ss]uppose|[Ll]et)\s+(?:that\s+)?(?=[^\s=])")
"""``If A is symmetric, then``, ``Let A be symmetric. Then``, ``for symmetric A,`` before what is
said under it."""
_ENDS_PREMISE = pattern(r"\s*(?:[,:.](?:\s+(?:[Tt]hen|we\s+have)\b[,:]?)?|\bthen\b[,:]?)\s")
_LONGEST_PREMISE = 200


def clauses_in(text: str) -> tuple[str, dict[str, Declaration]]:
    """The text without the facts that stand behind ``where``, ``with``, ``for`` and the like, and
    these as declarations.

    Raises ParseError, with the place, for words that declare nothing.

    >>> clauses_in("x'Ax where A is symmetric")[1]["A"].properties
    ('symmetric',)
    >>> clauses_in("||r||^2 where r = Xw - y")[0]
    '||r||^2 where r = Xw - y'
    """
    said: dict[str, Declaration] = {}
    premise = _PREMISE.match(text)
    if premise is not None:
        text, said = _without_premise(text, premise.end())
    found = _first_connective(text)
    if found is None:
        return text, said
    start, end = found
    kept: list[Span] = []
    for span, is_value in _runs(text, end):
        if is_value:
            kept.append(span)
            continue
        for name, declaration in _declared(text, span).items():
            said[name] = joined(said[name], declaration) if name in said else declaration
    return _rest(text, start, kept), said


def _without_premise(text: str, start: int) -> tuple[str, dict[str, Declaration]]:
    """The text with what is said before it left blank, and that as declarations; as it is where no
    part of it declares any."""
    stop = text.find("=", start)
    for end in _ENDS_PREMISE.finditer(text, start, min(len(text), start + _LONGEST_PREMISE) if stop < 0 else stop):
        try:
            return " " * end.end() + text[end.end() :], dict(_declared(text, Span(start, end.start())))
        except ParseError:
            continue
    return text, {}


def _first_connective(text: str) -> tuple[int, int] | None:
    """Where the connective begins, and where what it introduces begins."""
    round_open, square_open, cases_open, blank, at = 0, 0, 0, True, 0
    for match in _CONNECTIVE.finditer(text):
        between = text[at : match.start()]
        round_open += between.count("(") - between.count(")")
        square_open += between.count("[") - between.count("]")
        cases_open += len(_BEGINS_CASES.findall(between)) - len(_ENDS_CASES.findall(between))
        blank, at = blank and not between.strip(), match.start()
        if not (blank or round_open or square_open or cases_open):
            return match.start(), match.end()
    return None


def _pieces(text: str, start: int) -> Iterator[Span]:
    """What stands between commas, semicolons, ``and`` and further connectives, outside brackets."""
    depth, begin = 0, start
    given: bool | None = None  # whether the piece gives a value: of a long one the part before the first "and" tells
    for mark in _MARK.finditer(text, start):
        depth += (mark[0] in ("(", "[")) - (mark[0] in (")", "]"))
        if depth or mark["bracket"]:
            continue
        if mark["joint"]:
            given = _gives_a_value(text[begin : mark.start()]) if given is None else given
            if not given and not _NAMED.match(text, mark.end()):
                continue
        given = None
        if text[begin : mark.start()].strip(" \t.~}$"):
            yield Span(begin, mark.start())
        begin = mark.end()


def _runs(text: str, start: int) -> Iterator[tuple[Span, bool]]:
    """Every name that is given a value, and what else is said between these, as a whole:
    ``A, B symmetric``."""
    facts: Span | None = None
    for span in _pieces(text, start):
        if _gives_a_value(text[span.start : span.end]):
            if facts is not None:
                yield facts, False
            yield span, True
            facts = None
        else:
            facts = span if facts is None else Span(facts.start, span.end)
    if facts is not None:
        yield facts, False


def _gives_a_value(piece: str) -> bool:
    """Whether a name is given a value, which it does not stand in: ``A = A'`` is a fact."""
    named = _NAMED.fullmatch(_formula(piece))
    if named is None:
        return False
    name = named["name"]
    return re.search(rf"(?<![A-Za-z\\]){re.escape(name)}(?![A-Za-z])", named["value"]) is None


def _declared(text: str, span: Span) -> Mapping[str, Declaration]:
    """What a part of the text declares; of ``all X, Y`` nothing. Raises ParseError for other
    words."""
    words = _SET_IN_WORDS.sub(lambda match: " " * len(match[0]), text[span.start : span.end])
    piece = _formula(words)
    quantified = _QUANTIFIED.match(piece)
    piece = piece[quantified.end() :] if quantified else piece
    if quantified and _BARE.fullmatch(piece):
        return {}
    for parts in ([piece], _AND.split(piece)):
        try:
            if _OF_A_LOOP.search(piece) is None:
                return dict(pair for part in parts for pair in parse_declarations(part).items())
        except MatcalcError:
            continue
    chosen = "else" in text[span.start : span.end].split()
    raise ParseError(
        "words inside the formula are not read",
        span=_trimmed(text, span),
        suggestion="where(c, a, b) for a if c else b" if chosen else 'the formula alone, and declare="A: n×n symmetric"',
    )


def _trimmed(text: str, span: Span) -> Span:
    inside = text[span.start : span.end]
    return Span(span.start + len(inside) - len(inside.lstrip()), span.end - (len(inside) - len(inside.rstrip())))


def _rest(text: str, start: int, kept: list[Span]) -> str:
    """The text up to the connective, then ``where`` and what is kept, with everything else left
    blank."""
    front = text[:start].rstrip()
    front = front[:-1].rstrip() if front.endswith((",", ";")) else front
    out, at = [front], len(front)
    for number, span in enumerate(kept):
        gap = span.start - at
        joint = " where " if not number and gap >= len(" where ") else ";"
        out += [" " * (gap - len(joint)), joint, _formula(text[span.start : span.end])]
        at = span.end
    return "".join(out)


def _formula(piece: str) -> str:
    """The piece without dollar signs and braces that close words before it."""
    out, depth = [], 0
    for character in piece:
        depth += (character == "{") - (character == "}")
        out.append(" " if character == "$" or depth < 0 else character)
        depth = max(depth, 0)
    return "".join(out)
