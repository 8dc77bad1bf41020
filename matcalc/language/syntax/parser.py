"""Text to syntax tree: an LALR parser that runs Lark's tables for ``grammar/matcalc.lark`` over the
tokens of this package."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from fractions import Fraction
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from matcalc.base.budgets import LARGEST_EXPONENT
from matcalc.base.errors import LimitError, ParseError, Span
from matcalc.base.lazy import later
from matcalc.base.records import record
from matcalc.language.decisions import Decision, Dialect
from matcalc.language.syntax import trees as s
from matcalc.language.syntax.tables import Rule, Tables, tables
from matcalc.language.syntax.trees import walk
from matcalc.language.text.dialects import Written
from matcalc.language.text.scanner import inequality
from matcalc.language.text.spelling import MIXED_NORM, Vocabulary
from matcalc.language.text.terminals import CONJUGATING, ENDS_OPERAND, MASKED, Fork, Token
from matcalc.language.text.tokenization import tokenize

if TYPE_CHECKING:
    from matcalc.language.syntax import short_forms
    from matcalc.language.text import sum_limits
else:
    sum_limits = later("matcalc.language.text.sum_limits")
    short_forms = later("matcalc.language.syntax.short_forms")


@record
class Parsed:
    """A syntax tree, what was decided of its letters, the dialect that it was read in, the runs of
    letters that could be read otherwise, and the names with a label."""

    program: s.Program
    decisions: tuple[Decision, ...]
    written: Written
    forks: tuple[Fork, ...] = ()
    labelled: frozenset[str] = frozenset()


def parse_syntax(
    text: str, vocabulary: Vocabulary | None = None, dialect: Dialect | None = None, flipped: frozenset[str] | None = None
) -> Parsed:
    """The syntax tree of ``text``; ``vocabulary`` holds the declared names, ``dialect`` is the one
    asked for, ``flipped`` are runs of letters that are not read as they usually are.

    Raises ParseError, UnknownFunctionError or LimitError with the place in the text.
    """
    known, turned = vocabulary or Vocabulary(), flipped or frozenset()
    return (_parsed if len(text) <= _LONGEST_OF_MANY else _parsed_long)(text, known, dialect, turned)


_LONGEST_OF_MANY = 4000
"""Characters of a text that is kept with others; of longer ones few are."""


@lru_cache(maxsize=32)  # one text is looked at for what it asks, for what it means, for each equation of a chain
def _parsed(text: str, vocabulary: Vocabulary, dialect: Dialect | None, flipped: frozenset[str]) -> Parsed:
    tokens = tokenize(text, vocabulary, dialect, flipped)
    return Parsed(_run(tables(), tokens.terminals, text), tuple(tokens.decisions), tokens.written, tokens.forks, tokens.labelled)


_parsed_long = lru_cache(maxsize=2)(_parsed.__wrapped__)


def _run(table: Tables, tokens: list[Token], text: str) -> Any:
    """The value of the whole input: nodes are built while the parser reduces, so that no tree is
    walked recursively."""
    steps, rules = table.steps, table.rules
    states = [table.start]
    values: list[Any] = []
    for token in [*tokens, Token(_END, "", len(text), len(text))]:
        kind = token.type
        while (step := steps[states[-1]].get(kind)) is None or step < 0:
            if step is None:
                raise _unexpected(token, steps[states[-1]], text, tokens)
            rule = rules[~step]
            if rule.unit:
                states.pop()
            else:
                first = len(values) - rule.length
                children = values[first:]
                del states[first + 1 :], values[first:]
                values.append(_reduced(rule, children))
            states.append(steps[states[-1]][rule.origin])
            if states[-1] == table.end:
                return values[-1]
        states.append(step)
        values.append(token)


def _reduced(rule: Rule, children: list[Any]) -> Any:
    kept: list[Any] = []
    for place, spliced in rule.kept:
        if not spliced:
            kept.append(children[place])
        elif kept:
            kept += children[place]
        else:  # the list is used nowhere else, and a copy at each step of a long repetition would take quadratic time
            kept = children[place]
    if rule.passes_on and len(kept) == 1:
        return kept[0]
    if not rule.action:
        return kept
    first = kept[0].span if kept else Span(0, 0)
    return getattr(_BUILDER, rule.action)(first if len(kept) < 2 else _join(first, kept[-1].span), *kept)


_END = "$END"
_SHOWN = {
    "NUMBER": "a number", "NAME": "a name", "CALL": "a function", "LPAR": "'('", "RPAR": "')'", "RSQB": "']'", "LSQB": "'['",
    "COMMA": "','", "NORM_OPEN": "'||'", "NORM_CLOSE": "'||'", "BAR_CLOSE": "'|'", "$END": "the end", "EQUALS": "'='",
}  # fmt: skip


def _unexpected(token: Token, steps: Mapping[str, int], text: str, tokens: list[Token]) -> ParseError:
    accepted = {symbol for symbol in steps if symbol.isupper()}
    operand = "NAME" in accepted
    expected = (
        "a number, a name, a function or '('" if operand else ", ".join(_SHOWN[name] for name in sorted(accepted & _SHOWN.keys()))
    )
    if token.type == _END:
        return _too_early(tokens, text, operand, expected)
    if token.type == "RELATION":
        return inequality(text[token.start : token.end], token.span)
    shown, listed = _written(token, text), _list_around(token, tokens)
    if listed is not None:
        said, advice = (
            "square brackets around this are not read",
            "(x - y) around a value, [1 2; 3 4] for entries, [A, B] for blocks",
        )
        return ParseError(said, span=listed.span, suggestion=advice)
    if not shown:
        return ParseError("something is missing here", span=token.span, expected=expected or None)
    return _misplaced(token, shown, text, operand, expected, tokens)


def _list_around(token: Token, tokens: list[Token]) -> Token | None:
    """The bracket that is open before a token, or that it is, where a value could begin and no
    comparison stands: ``[1 2; 3 4]``."""
    opened: list[Token | None] = []
    before = None
    for one in tokens:
        if one.type in ("LPAR", "LSQB"):
            begins = before is None or before.type not in ENDS_OPERAND
            opened.append(one if one.type == "LSQB" and begins else None)
        if one is token:
            break
        if one.type in ("RPAR", "RSQB") and opened:
            opened.pop()
        elif one.type == "RELATION" and opened:
            opened[-1] = None
        before = one
    return opened[-1] if opened else None


def _misplaced(token: Token, shown: str, text: str, operand: bool, expected: str, tokens: list[Token]) -> ParseError:
    before = next((one for one, other in zip(tokens, tokens[1:]) if other is token), None)
    if before is not None and token.type == before.type == "EQUALS" and before.end == token.start:
        return ParseError("an equation has one sign '='", span=_join(before.span, token.span), suggestion="=")
    if text[token.start : token.start + 1] in ("'", '"') and token.type in ("STRING", "WORD"):
        return ParseError("words in quotes are no formula", span=token.span, suggestion=token.value.strip("'\"’´"))
    said, better = f"{shown} cannot stand here", _instead(token, before, operand)
    return ParseError(said, span=token.span, expected=expected or None, suggestion=better)


def _too_early(tokens: list[Token], text: str, operand: bool, expected: str) -> ParseError:
    end = len(text.rstrip())
    there = _there(tokens[-1], text) if tokens else ""
    last = f" after {there!r}" if tokens else ""
    better = f"something behind {there!r}, or remove it" if there and operand else None
    return ParseError(f"the input ends too early{last}", span=Span(end, end + 1), expected=expected, suggestion=better)


def _there(token: Token, text: str) -> str:
    """A token as it stands in the text, where its value was made of that."""
    there = text[token.start : token.end]
    return token.value if token.value in text or not there.strip() else there


def _instead(token: Token, before: Token | None, operand: bool) -> str | None:
    """What to do about a token that cannot stand in its place."""
    if before is not None and before.type == "COMMA" and token.type in ("RPAR", "RSQB"):
        return "remove the comma before it"
    if operand and token.type not in ("STRING", "WORD", "RPAR", "RSQB"):
        return "remove it, or put what is missing before it"
    return _LISTED if token.type == "COMMA" else "," if token.value == ";" else None


_LISTED = "x'*y for an inner product; a list stands only in a call"


def _written(token: Token, text: str) -> str:
    """A token as it was written; empty for one that was put in, such as the bracket that closes an
    exponent in LaTeX."""
    if token.type == "JUXT":
        return "another factor"
    if token.type == "SEPARATOR" and token.value == "\n":
        return "the end of the line"
    there = text[token.start : token.end]
    if token.value not in there and token.type in ("LPAR", "RPAR", "LSQB", "RSQB", "COMMA"):
        return ""
    rewritten = token.type in ("NUMBER", "NAME", "SUPERSCRIPT", "TRANSPOSE", "CALL", "APPLY") and there
    return repr(there if rewritten else token.value).replace("\\\\", "\\")


def _number(span: Span, written: str) -> s.NumberLiteral:
    if len(written) < 10 and written.isdecimal():
        return s.NumberLiteral(span, Fraction(int(written)))
    mantissa, _, exponent = written.lower().partition("e")
    if len(mantissa) > LARGEST_EXPONENT or len(exponent) > 5 or abs(int(exponent or 0)) > LARGEST_EXPONENT:
        raise LimitError("the number has too many digits", span=span)
    return s.NumberLiteral(span, Fraction(mantissa.rstrip(".")) * Fraction(10) ** int(exponent or 0))


def _join(first: Span, last: Span) -> Span:
    return Span(first.start, last.end)


def _binary(operator: str) -> Callable[..., s.Binary]:
    """The method that builds an operation of two operands."""

    def built(_: _Builder, span: Span, left: s.Syntax, sign: Token, right: s.Syntax) -> s.Binary:
        return s.Binary(span, operator, left, right, sign.span)

    return built


def _is_row(divisor: s.Syntax) -> bool:
    """Whether a divisor is a row by its letters, so that what follows it belongs to it:
    ``x'*A*x / x'*x``; ``x'*B`` still is one."""
    for _ in range(_LONGEST_DIVISOR):
        if not isinstance(divisor, s.Binary) or not isinstance(divisor.right, s.Name) or not divisor.right.name[0].isupper():
            break
        divisor = divisor.left
    vector = divisor.operand if isinstance(divisor, s.Transposed) else None
    return isinstance(vector, s.Name) and vector.name[0].islower()


_LONGEST_DIVISOR = 8
_PRODUCTS = {"@": "@", "·": "·", "⋅": "·", "∙": "·", "\\cdot": "·"}


class _Builder:
    """Builds the nodes of the syntax tree: a method for each production of the grammar that makes
    one, of the place of the whole and what stands in it."""

    def start(self, span: Span, *children: Any) -> s.Program:
        types = [getattr(child, "type", "") for child in children]
        place = types.index("WHERE") if "WHERE" in types else len(children)
        before, after = _nodes(children[:place]), _nodes(children[place:])
        if len(children) == 1:
            return s.Program(span, (), (), children[0])
        if "COMMA" in types and not any(isinstance(child, s.Equation | s.Definition) for child in [*before, *after]):
            comma = children[types.index("COMMA")]
            raise ParseError("',' cannot stand here", span=comma.span, expected="the end, '='", suggestion=_LISTED)
        main = _main(before)
        return _program(span, [child for child in [*before, *after] if child is not main], main)

    def definition(self, span: Span, head: Token, _: Token, body: s.Syntax) -> s.Definition:
        function, *parameters = head.value.split(",")
        return s.Definition(span, function, tuple(parameters), body)

    def equation(self, span: Span, left: s.Syntax, _: Token, right: s.Syntax) -> s.Equation:
        return s.Equation(span, left, right)

    def chain(self, span: Span, *children: Any) -> s.Chain:
        return s.Chain(span, tuple(_nodes(children)))

    def implication(self, span: Span, *children: Any) -> s.Implication:
        sides = (children[:3], children[4:])
        given, follows = [s.Equation(_join(left.span, right.span), left, right) for left, _, right in sides]
        return s.Implication(span, given, follows)

    add, subtract, divide, left_divide, kronecker = map(_binary, ("+", "-", "/", "\\", "⊗"))
    element_multiply, element_divide = map(_binary, (".*", "./"))

    def multiply(self, span: Span, left: s.Syntax, sign: Token, right: s.Syntax) -> s.Binary:
        operator = _PRODUCTS.get(sign.value, "*")
        if operator == "*" and isinstance(left, s.Binary) and left.operator == "/" and _is_row(left.right):
            divisor = s.Binary(_join(left.right.span, right.span), "*", left.right, right, sign.span)
            return s.Binary(span, "/", left.left, divisor, left.operator_span)
        return s.Binary(span, operator, left, right, sign.span)

    def minus(self, span: Span, _: Token, operand: s.Syntax) -> s.Minus:
        return s.Minus(span, operand)

    def plus(self, span: Span, _: Token, operand: s.Syntax) -> s.Syntax:
        return operand

    def summation(self, span: Span, sign: Token, body: s.Syntax) -> s.Syntax:
        indices, limits, relations, function = sum_limits.summed(sign.value)
        if function and relations:
            what = {"prod": "products", "max": "maxima", "min": "minima"}[function]
            raise ParseError(f"{what} over some of the positions are not read", span=sign.span, suggestion=f"\\{function}_i")
        return s.Summation(span, indices, body, limits, relations, function)

    def apply(self, span: Span, function: Token, operand: s.Syntax) -> s.Applied:
        return s.Applied(span, function.value, (operand,), function.span)

    def derivative_by(self, span: Span, sign: Token, body: s.Syntax) -> s.DerivativeOf:
        return s.DerivativeOf(span, body, *_differentiated_by(sign.value))

    def differential(self, span: Span, sign: Token, body: s.Syntax) -> s.DifferentialOf:
        return s.DifferentialOf(span, body, 2 if sign.value == "d2" else 1)

    def derivative(self, span: Span, *children: Any) -> s.DerivativeOf:
        _, _, body, _, by, *rest = children
        names, turned = _differentiated_by(by.value)
        found = _nodes(rest)
        directed = any(isinstance(child, Token) and child.type == "ALONG" for child in rest)
        along = tuple(found[-len(names) :]) if directed else ()
        point = found[: len(found) - len(along)]
        return s.DerivativeOf(span, body, names, turned, point[0] if point else None, along)

    derivative_at = derivative_along = derivative

    def transpose(self, span: Span, operand: s.Syntax, sign: Token) -> s.Syntax:
        turned = s.Transposed(span, operand)
        return s.Applied(span, CONJUGATING[sign.value], (turned,), sign.span) if sign.value in CONJUGATING else turned

    def superscript(self, span: Span, base: s.Syntax, token: Token) -> s.Syntax:
        if token.value == "+":
            return s.Applied(span, "pinv", (base,), token.span)
        if token.value in ("-T", "-H"):
            turned = s.Transposed(span, s.Raised(span, base, s.NumberLiteral(token.span, Fraction(-1)), False))
            return turned if token.value == "-T" else s.Applied(span, CONJUGATING["H"], (turned,), token.span)
        digits = token.value.lstrip("-")
        exponent: s.Syntax = _number(token.span, digits) if digits.isdecimal() else s.Name(token.span, digits)
        if token.value.startswith("-"):
            exponent = s.Minus(token.span, exponent)
        return s.Raised(span, base, exponent, False)

    def power(self, span: Span, base: s.Syntax, _: Token, exponent: s.Syntax) -> s.Raised:
        return s.Raised(span, base, exponent, False)

    def element_power(self, span: Span, base: s.Syntax, _: Token, exponent: s.Syntax) -> s.Raised:
        return s.Raised(span, base, exponent, True)

    def entry(self, span: Span, operand: s.Syntax, *rest: Any) -> s.Syntax:
        if isinstance(operand, s.Applied) and (part := short_forms.part_of(operand, span, _nodes(rest))) is not None:
            return part
        places = [child for child in rest if isinstance(child, s.Syntax) or child.type == "WHOLE"]
        whole = tuple([k for k, child in enumerate(places) if not isinstance(child, s.Syntax)])
        return s.Entries(span, operand, tuple(_nodes(places)), whole)

    def range(self, span: Span, first: s.Syntax, sign: Token, last: s.Syntax) -> s.Binary:
        return s.Binary(span, ":", first, last, sign.span)

    def flattened(self, span: Span, operand: s.Syntax, sign: Token) -> s.Applied:
        return s.Applied(span, "vec", (operand,), sign.span)

    def method(self, span: Span, receiver: s.Syntax, method: Token, _: Token, arguments: list[s.Syntax], __: Token) -> s.Applied:
        return s.Applied(span, method.value, (receiver, *arguments), method.span)

    def attribute(self, span: Span, operand: s.Syntax, name: Token) -> s.Syntax:
        if name.value == "mT":
            return s.Transposed(span, operand)
        return s.Applied(span, {"I": "inv", "H": "ctranspose"}.get(name.value, name.value), (operand,), name.span)

    def keyword(self, span: Span, name: Token, value: s.Syntax) -> s.Keyword:
        return s.Keyword(span, name.value, value)

    def listed(self, span: Span, *children: Any) -> s.Listed:
        return s.Listed(span, tuple(_nodes(children)))

    def number(self, span: Span, token: Token) -> s.NumberLiteral:
        return _number(span, token.value)

    def name(self, span: Span, token: Token) -> s.Name:
        return s.Name(span, token.value)

    def word(self, span: Span, token: Token) -> s.Word:
        return s.Word(span, token.value)

    def group(self, span: Span, _: Token, operand: s.Syntax, __: Token) -> s.Group:
        return s.Group(span, operand)

    def comparison(self, span: Span, *children: Any) -> s.Group:
        (left, right), (sign,) = _nodes(children), _relations(children)
        return s.Group(span, short_forms.holds(sign, left, right, span))

    def between(self, span: Span, *children: Any) -> s.Group:
        (left, middle, right), (first, second) = _nodes(children), _relations(children)
        both = (
            short_forms.holds(first, left, middle, _join(left.span, middle.span)),
            short_forms.holds(second, middle, right, _join(middle.span, right.span)),
        )
        return s.Group(span, s.Binary(span, ".*", *both, second.span))

    def positive_part(self, span: Span, operand: s.Syntax, sign: Token) -> s.Applied:
        return s.Applied(span, "maximum", (operand, s.NumberLiteral(sign.span, Fraction(0))), sign.span)

    def arguments(self, _: Span, *children: Any) -> list[s.Syntax]:
        return _nodes(children)

    def call(self, span: Span, function: Token, _: Token, arguments: list[s.Syntax], __: Token) -> s.Syntax:
        if function.value.startswith(MASKED):
            return short_forms.masked(function, arguments, span)
        if function.value in _DERIVATIVES and (function.value != "diff" or len(arguments) != 1):
            return _named_derivative(function, arguments, span)
        return short_forms.over_indices(function, arguments, span) or s.Applied(
            span, function.value, tuple(arguments), function.span
        )

    def norm(self, span: Span, _: Token, operand: s.Syntax, *rest: Any) -> s.Syntax:
        subscript = rest[-1] if len(rest) > 1 else None
        if isinstance(subscript, s.Name) and subscript.name == MIXED_NORM:
            return s.Applied(span, "norm21", (operand,), span)
        return s.NormBars(span, operand, subscript)

    def bars(self, span: Span, _: Token, operand: s.Syntax, __: Token) -> s.Bars:
        return s.Bars(span, operand)


def _relations(children: Iterable[Any]) -> list[Token]:
    return [child for child in children if getattr(child, "type", "") == "RELATION"]


def _nodes(children: Iterable[Any]) -> list[s.Syntax]:
    return [child for child in children if isinstance(child, s.Syntax)]


def _gives_a_name(statement: s.Syntax) -> bool:
    return isinstance(statement, s.Definition) or (isinstance(statement, s.Equation) and isinstance(statement.left, s.Name))


def _main(statements: list[s.Syntax]) -> s.Syntax:
    """The statement that the others explain: the last one that gives no name, else the last one
    that no other uses."""
    unnamed = next((statement for statement in reversed(statements) if not _gives_a_name(statement)), None)
    last = statements[-1]
    if unnamed is not None or not isinstance(last, s.Definition):
        return unnamed or last
    others = statements[:-1]
    uses = any(isinstance(node, s.Applied) and node.function == last.function for other in others for node in walk(other))
    return others[-1] if uses else last


def _program(whole: Span, statements: list[s.Syntax], main: s.Syntax) -> s.Program:
    """The program of a main statement and the others.

    Raises ParseError for a statement beside the main one that gives no name to anything.
    """
    assignments: list[tuple[s.Name, s.Syntax]] = []
    for statement in statements:
        if isinstance(statement, s.Definition):
            continue
        if not isinstance(statement, s.Equation):
            raise ParseError(
                "every statement but the last gives a name to a value", span=statement.span, suggestion="z = W*x + b; tanh(z)"
            )
        if not isinstance(statement.left, s.Name):
            several = isinstance(main, s.Equation)
            raise ParseError(
                "only a name can be given a value",
                span=statement.left.span,
                suggestion="one equation at a time; several are verified from an .identities file"
                if several
                else "z = W*x + b; tanh(z)",
            )
        assignments.append((statement.left, statement.right))
    definitions = tuple([statement for statement in statements if isinstance(statement, s.Definition)])
    return s.Program(whole, definitions, tuple(assignments), main)


def _differentiated_by(value: str) -> tuple[tuple[str, ...], bool]:
    """The names of a ``BY`` token, one for each order, and whether the derivative is by the
    transpose of the one name.

    In a second derivative a transposed name is that of the columns: ``∂²f/∂x∂yᵀ``.
    """
    names = value.split(",")
    if len(names) == 1:
        return (names[0].rstrip("'"),), names[0].endswith("'")
    if names[0].endswith("'") and not names[-1].endswith("'"):
        names = names[::-1]
    return tuple([name.rstrip("'") for name in names]), False


_DERIVATIVES = {
    "grad": 1, "gradient": 1, "jacobian": 1, "jac": 1, "diff": 1, "derivative": 1, "hessian": 2, "hess": 2,
}  # fmt: skip
"""Calls that are derivatives of their first argument, with their order."""


def _named_derivative(function: Token, arguments: list[s.Syntax], span: Span) -> s.DerivativeOf:
    names = [argument.name for argument in arguments[1:] if isinstance(argument, s.Name)]
    order = _DERIVATIVES[function.value]
    most = 2 if order == 2 or function.value in ("diff", "derivative") else 1
    if not 0 < len(names) <= most or len(names) != len(arguments) - 1:
        raise ParseError(f"{function.value} needs an expression and a name", span=span, suggestion=f"{function.value}(x'*A*x, x)")
    return s.DerivativeOf(span, arguments[0], tuple(names * order if len(names) == 1 else names))


_BUILDER = _Builder()
