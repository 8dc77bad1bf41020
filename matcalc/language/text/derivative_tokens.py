"""Finds derivatives among raw tokens: ``d(f)/dx``, ``∂²(f)/∂x²``, ``df/dx``, ``d/dx f``, ``∇_x f``, ``D_x(f)``, and of functions that the
text defines ``∇f(x)``, ``f'(x)``, ``Df(x)[h]``, ``J_f``.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import cached_property
from typing import TypeAlias

from matcalc.base.errors import ParseError
from matcalc.base.lazy import pattern
from matcalc.language.text.brackets import end_of_term, partners
from matcalc.language.text.spelling import DERIVATIVE_LETTERS, ONE_NAME, SUBSCRIPTS, canonical_name, is_name
from matcalc.language.text.terminals import GRADIENT, HESSIAN, JACOBIAN, PARTIALS, Token
from matcalc.language.text.vocabulary import Vocabulary, known_functions

_ONE = pattern(ONE_NAME)
_TWO_AND_D = pattern(rf"({ONE_NAME})d({ONE_NAME})")
_TWO = pattern(rf"({ONE_NAME})({ONE_NAME})")
_OPERATOR = pattern(
    rf"(?P<first>grad|gradient|nabla)_(?P<name>{ONE_NAME})|(?P<second>hess|hessian)_(?P<other>{ONE_NAME})|(?P<called>D)_(?P<by>{ONE_NAME})"
)
_SIGNS = {"grad": 1, "gradient": 1, "nabla": 1, "hess": 2, "hessian": 2}
_LETTERED = pattern(rf"(?P<sign>[DJH])_?(?P<function>{ONE_NAME}|[a-z]+)")
_PRIMED = pattern(r"(?P<function>[^′]+)(?P<primes>′+)")

_SIGNED_LETTERS = {"H": 2, "J": 1}
"""What stands before a function for its Hessian and its Jacobian, with the order."""
_BEGINS = frozenset(["RPAR", "NABLA", "PARTIAL"])

Found: TypeAlias = tuple[list[Token], int]
"""The tokens of a derivative and the position after what they stand for."""


def resolve_derivatives(tokens: list[Token], vocabulary: Vocabulary) -> list[Token]:
    """The tokens with derivative signs as ``DERIVATIVE`` ... ``BY`` around brackets, or as ``DERIVATIVE_BY`` before an operand.

    The value of ``BY`` and ``DERIVATIVE_BY`` lists the names differentiated by, one for each order, with commas between and a prime behind
    a name that is transposed. ``AT`` and ``ALONG`` stand before brackets with a point and a direction.
    """
    reader = _Derivatives(tokens, vocabulary)
    out: list[Token] = []
    position = 0
    while position < len(tokens):
        found = reader.at(position)
        if found is None:
            out.append(tokens[position])
            position += 1
        else:
            out += found[0]
            position = found[1]
    return out


class _Derivatives:
    """The derivatives of one text."""

    def __init__(self, tokens: list[Token], vocabulary: Vocabulary) -> None:
        self._tokens = tokens
        self._vocabulary = vocabulary
        self._partner = partners(tokens)
        self._closing: dict[int, tuple[int, str, int]] = {}
        """Closing bracket -> the slash after it, the names below that, the position after them."""
        self._directions: dict[int, str] = {}
        """Square brackets around a direction or behind an operator, with what stands for them."""
        self._readers: tuple[Callable[[int], Found | None], ...] = (
            self._closed, self._nabla, self._quotient, self._operator, self._partial_index, self._named, self._function,
        )  # fmt: skip

    def at(self, position: int) -> Found | None:
        """What the derivative stands for that begins at a position, or that ends with the bracket there."""
        token = self._tokens[position]
        if token.type == "RUN":
            if not self._vocabulary.definitions and token.value[0] not in DERIVATIVE_LETTERS:
                return None
        elif token.type == "LPAR":
            return self._bracketed(position)
        elif token.type not in _BEGINS:
            return self._direction(position) if self._directions else None
        found = next((found for reader in self._readers if (found := reader(position)) is not None), None)
        return self._before(found) if found is not None and found[0][-1].type == "DERIVATIVE_BY" else found

    def _bracketed(self, position: int) -> Found | None:
        """``(d/dx)`` before what it is of."""
        if position + 1 >= len(self._tokens) or not (
            self._type(position + 1) == "PARTIAL" or self._tokens[position + 1].value in ("d", "d2")
        ):
            return None
        found = self._quotient(position + 1)
        if found is None or found[0][-1].type != "DERIVATIVE_BY" or self._type(found[1]) != "RPAR":
            return None
        return found[0], found[1] + 1

    def _before(self, found: Found) -> Found:
        """An operator before square brackets, which group here, or before ``L(x)`` of a name L that has a value, which is L."""
        made, after = found
        if self._type(after) == "LSQB" and after in self._square:
            self._directions |= {after: "GROUP", self._square[after]: "RPAR"}
        stop = self._partner.get(after + 1)
        if stop is None or self._type(after) != "RUN" or canonical_name(self._tokens[after].value) not in self._vocabulary.values:
            return found
        if self._arguments_but(self._tokens[after + 1 : stop + 1], made[-1].value):
            return found
        return [*made, self._tokens[after]], stop + 1

    def _type(self, position: int) -> str:
        return self._tokens[position].type if position < len(self._tokens) else ""

    def _closed(self, position: int) -> Found | None:
        if position not in self._closing:
            return None
        start, names, stop = self._closing[position]
        return [self._tokens[position], Token("BY", names, self._tokens[start].start, self._tokens[stop - 1].end)], stop

    # ------------------------------------------------------------ quotients

    def _quotient(self, position: int) -> Found | None:
        """``d(f)/dx``, ``d/dx f``, and at the beginning of a side ``d x'Ax/dx``."""
        tokens, head = self._tokens, self._head(position)
        if head is None:
            return None
        order, after = head
        token = tokens[position]
        if after in self._partner and self._type(self._partner[after] + 1) == "DIVIDE":
            slash = self._partner[after] + 1
            found = self._denominator(slash + 1, order)
            if found is not None:
                self._closing[self._partner[after]] = (slash, *found)
                return [Token("DERIVATIVE", "d", token.start, tokens[after - 1].end)], after
        if self._type(after) == "DIVIDE":
            found = self._denominator(after + 1, order)
            if found is not None:
                return [Token("DERIVATIVE_BY", found[0], token.start, tokens[found[1] - 1].end)], found[1]
        begins = position == 0 or self._type(position - 1) in ("EQUALS", "SEPARATOR", "COMMA", "LPAR", "PLUS", "MINUS", "WHERE")
        whole = self._unbracketed(after, order) if begins else None
        if whole is None:
            return None
        slash, names, stop = whole
        opening = Token("LPAR", "(", tokens[after].start, tokens[after].start)
        closing = Token("RPAR", ")", tokens[slash].start, tokens[slash].start)
        by = Token("BY", names, tokens[slash].start, tokens[stop - 1].end)
        return [Token("DERIVATIVE", "d", token.start, tokens[after - 1].end), opening, *tokens[after:slash], closing, by], stop

    def _unbracketed(self, position: int, order: int) -> tuple[int, str, int] | None:
        """Reads ``tr(AX)/dX`` and ``x'Ax/dx`` after the sign: where the slash stands, the names below it, the position after them."""
        stop = end_of_term(self._tokens, position)
        depth = 0
        for slash in range(position, stop):
            kind = self._tokens[slash].type
            depth += (kind in ("LPAR", "LSQB")) - (kind in ("RPAR", "RSQB"))
            if kind == "DIVIDE" and depth == 0 and slash > position:
                found = self._denominator(slash + 1, order)
                if found is not None:
                    return slash, *found
        return None

    def _head(self, position: int) -> tuple[int, int] | None:
        """Order and the position after ``d``, ``∂``, ``d2``, ``d^2`` or ``d²``.

        A symbol called ``d`` is not a derivative sign, except where a side of an equation begins with ``d(``: nobody claims a formula for
        the product of a vector d and a bracket divided by ``dx``.
        """
        token = self._tokens[position]
        if token.type == "RUN" and token.value in self._vocabulary.symbols and not self._begins_side(position):
            return None
        if token.type == "RUN" and token.value == "d2":
            return 2, position + 1
        if token.type != "PARTIAL" and not (token.type == "RUN" and token.value == "d"):
            return None
        return self._squared(position + 1)

    def _begins_side(self, position: int) -> bool:
        """Whether the token is the first of a side of an equation and an opening bracket follows."""
        first = position == 0 or self._type(position - 1) == "EQUALS"
        return first and self._type(position + 1) == "LPAR" and any(token.type == "EQUALS" for token in self._tokens)

    def _squared(self, position: int) -> tuple[int, int]:
        """An optional exponent 2: the order and the position after it."""
        rest = self._tokens[position : position + 2]
        if rest and rest[0].type in ("SUPERSCRIPT", "NUMBER") and rest[0].value == "2":
            return 2, position + 1
        if len(rest) == 2 and rest[0].type == "POWER" and rest[1].type == "NUMBER" and rest[1].value == "2":
            return 2, position + 2
        return 1, position

    def _denominator(self, position: int, order: int) -> tuple[str, int] | None:
        """Reads ``dx``, ``∂x``, ``∂xᵀ``, ``dx2``, ``dx^2``, ``dx dy``, ``(dx dy)``: the names and the position after them."""
        tokens = self._tokens
        if self._type(position) == "LPAR":
            inside = self._denominator(position + 1, order)
            if inside is None or self._type(inside[1]) != "RPAR":
                return None
            return inside[0], inside[1] + 1
        names: list[str] = []
        first = position
        while position < len(tokens) and len(names) < order:
            token = tokens[position]
            bracketed = self._in_brackets(position + 1) if token.type == "PARTIAL" or token.value == "d" else None
            if bracketed is not None:
                found = self._names_after_d(bracketed, order - len(names))
                position += 4
            elif token.type == "RUN" and token.value[0] == "d" and len(token.value) > 1:
                found = self._names_after_d(token.value[1:], order - len(names))
                position += 1
            elif token.type == "PARTIAL" and self._type(position + 1) == "RUN":
                found = self._names_after_d(tokens[position + 1].value, order - len(names))
                position += 2
            else:
                break
            power, position = self._squared(position)
            if found is None or power * len(found) > order:
                raise ParseError("differentiate by one name", span=tokens[position - 1].span, suggestion="d(f)/dx")
            if self._type(position) == "TRANSPOSE":
                found[-1] += "'"
                position += 1
            names += found * power
        if not names:
            return None
        if len(names) != order:
            span = tokens[first].span
            raise ParseError(f"a derivative of order {order} needs {order} names below", span=span, suggestion="d2(f)/dx2 or d2(f)/dx dy")
        return ",".join(names), position

    def _in_brackets(self, position: int) -> str | None:
        """The one name in brackets: ``d(f)/d(x)``."""
        one = self._partner.get(position) == position + 2 and self._type(position + 1) == "RUN"
        return self._tokens[position + 1].value if one else None

    def _names_after_d(self, text: str, wanted: int) -> list[str] | None:
        name = canonical_name(text)
        if self._vocabulary.declares(name) or self._vocabulary.is_greek(name):
            return [name]
        if wanted == 2 and text.endswith("2") and _ONE.fullmatch(text[:-1]):
            return [canonical_name(text[:-1])] * 2
        if wanted == 2 and (both := _TWO_AND_D.fullmatch(text)):
            return [canonical_name(both[1]), canonical_name(both[2])]
        if (_ONE.fullmatch(text) or text in self._runs) and is_name(name):
            return [name]
        return None

    def _named(self, position: int) -> Found | None:
        """``df/dx`` of a known name f, and ``∂f/∂x``, ``∂²f/∂x²`` of any one name, with or without arguments: ``∂f(x)/∂x``."""
        tokens, vocabulary = self._tokens, self._vocabulary
        token = tokens[position]
        order, after, run = 1, position, token
        head = self._head(position)
        if head is not None:
            order, after = head
            run = tokens[after] if after < len(tokens) else token
        mark = 2 if head is None and token.value.startswith("d2") else 1
        order = max(order, mark)
        sign = Token("DERIVATIVE", "d", token.start, token.end if head is not None else token.start + mark)
        name = run if head is not None else Token("RUN", token.value[mark:], token.start + mark, token.end)
        if name.type != "RUN" or not name.value:
            return None
        known = vocabulary.declares(canonical_name(name.value))
        if head is None:
            free = token.value[:1] == "d" and {"d", canonical_name(token.value)}.isdisjoint(vocabulary.symbols)
            known = free and known
        elif token.type == "PARTIAL":
            known = known or _ONE.fullmatch(name.value) is not None
        stop = after + 1
        arguments: list[Token] = []
        if known and stop in self._partner:
            arguments = tokens[stop : self._partner[stop] + 1]
            stop = self._partner[stop] + 1
        if not known or self._type(stop) != "DIVIDE":
            return None
        found = self._denominator(stop + 1, order)
        if found is None:
            return None
        if canonical_name(name.value) not in vocabulary.definitions:
            if arguments and self._arguments_but(arguments, found[0]):
                return None
            arguments = []
        place = tokens[stop - 1].end
        opening, closing = Token("LPAR", "(", name.start, name.start), Token("RPAR", ")", place, place)
        by = Token("BY", found[0], place, tokens[found[1] - 1].end)
        return [sign, opening, name, *arguments, closing, by], found[1]

    def _arguments_but(self, arguments: list[Token], names: str) -> bool:
        """Whether brackets hold anything but names that are differentiated by: ``L(x)`` below ∂x is L."""
        inside = {canonical_name(token.value) for token in arguments[1:-1] if token.type == "RUN"}
        others = any(token.type not in ("RUN", "COMMA") for token in arguments[1:-1])
        return others or not inside.issuperset(name.rstrip("'") for name in names.split(","))

    # ------------------------------------------------------------ operators

    def _nabla(self, position: int) -> Found | None:
        """``∇_x``, ``∇²_x``, ``∇_x^2``, ``∇_{xx}`` before an operand; ``∇f``, ``∇²f(x)`` and ``grad f`` of a function."""
        token = self._tokens[position]
        order, after = 1, position + 1
        if token.type == "RUN" and token.value in _SIGNS and not self._vocabulary.declares(token.value):
            order = _SIGNS[token.value]
            if self._type(after) == "LPAR":
                return None
        elif token.type != "NABLA":
            return None
        twice, after = self._squared(after)
        order = max(order, twice)
        names, after, rest = self._subscript(after, order)
        if not names:
            found = self._of_a_function(token, after, order, False) or self._of_a_known_function(token, after, order)
            if found is None and token.type == "NABLA" and self._vocabulary.variables:
                by = ",".join(self._vocabulary.variables[:1] * order)
                return [Token("DERIVATIVE_BY", by, token.start, self._tokens[after - 1].end)], after
            if found is None and token.type == "NABLA":
                advice = "∇_x(f), or f(x) = x'*A*x; ∇f(x)"
                raise ParseError("∇ needs the name to differentiate by", span=token.span, suggestion=advice)
            return found
        twice, after = (order, after) if rest else self._squared(after)
        if len(names) == 1:
            names *= max(order, twice)
        made = [Token("DERIVATIVE_BY", ",".join(names), token.start, self._tokens[after - 1].end)]
        if rest:
            last = self._tokens[after - 1]
            made.append(Token("RUN", rest, last.end - len(rest), last.end))
        return made, after

    def _subscript(self, position: int, order: int) -> tuple[list[str], int, str]:
        """The names in the subscript of an operator, the position after it, and the letters that belong to what follows: ``∇_xf``."""
        first = self._tokens[position : position + 2]
        if first and first[0].type == "SUBSCRIPT_RUN":
            return [canonical_name("".join(SUBSCRIPTS[c] for c in first[0].value))], position + 1, ""
        if len(first) < 2 or first[0].type != "UNDERSCORE":
            return [], position, ""
        if first[1].type == "LPAR" and position + 1 in self._partner:
            stop = self._partner[position + 1]
            names = [name for token in self._tokens[position + 2 : stop] if token.type == "RUN" for name in self._names(token.value, True)]
            return names, stop + 1, ""
        if first[1].type != "RUN":
            return [], position, ""
        run = first[1].value
        names = self._names(run, order == 2)
        match = _ONE.match(run)
        whole = len(names) == 2 or canonical_name(run) in names or match is None
        return names, position + 2, "" if whole or match is None else run[match.end() :]

    def _names(self, run: str, several: bool) -> list[str]:
        name = canonical_name(run)
        if self._vocabulary.declares(name) or self._vocabulary.is_greek(name):
            return [name]
        if several and (both := _TWO.fullmatch(run)):
            return [canonical_name(both[1]), canonical_name(both[2])]
        match = _ONE.match(run)
        return [canonical_name(match[0]) if match else name]

    def _operator(self, position: int) -> Found | None:
        """``grad_x``, ``hessian_x`` before what they are of, and ``D_x`` before brackets."""
        token = self._tokens[position]
        found = _OPERATOR.fullmatch(token.value) if token.type == "RUN" else None
        if found is None or self._vocabulary.declares(canonical_name(token.value)):
            return None
        if found["called"] and not self._before_operand(position + 1):
            return None
        name = canonical_name(found["name"] or found["other"] or found["by"])
        return [Token("DERIVATIVE_BY", f"{name},{name}" if found["second"] else name, token.start, token.end)], position + 1

    def _before_operand(self, position: int) -> bool:
        """Whether brackets or a function of the text stand there: else ``D_x`` is a matrix."""
        following = self._tokens[position] if position < len(self._tokens) else None
        if following is None:
            return False
        return following.type == "LPAR" or (following.type == "RUN" and canonical_name(following.value) in self._vocabulary.definitions)

    def _partial_index(self, position: int) -> Found | None:
        """``∂_x``, ``∂ₓ`` before what they are of."""
        token = self._tokens[position]
        if token.type != "PARTIAL":
            return None
        names, after, rest = self._subscript(position + 1, 1)
        if not names:
            return None
        made = [Token("DERIVATIVE_BY", ",".join(names), token.start, self._tokens[after - 1].end)]
        if rest:
            last = self._tokens[after - 1]
            made.append(Token("RUN", rest, last.end - len(rest), last.end))
        return made, after

    # ------------------------------------------------------------ functions of the text

    def _function(self, position: int) -> Found | None:
        """``f'(x)``, ``Df(x)[h]``, ``J_f``, ``H_f(x)`` of a function that the text defines."""
        token, definitions = self._tokens[position], self._vocabulary.definitions
        if token.type != "RUN" or not definitions:
            return None
        if canonical_name(token.value) in definitions:
            primes = 0
            while self._type(position + 1 + primes) == "TRANSPOSE":
                primes += 1
            return self._applied(token, token, position + 1 + primes, primes, False) if 0 < primes < 3 else None
        primed = _PRIMED.fullmatch(token.value)
        if primed is not None and canonical_name(primed["function"]) in definitions and len(primed["primes"]) < 3:
            name = Token("RUN", primed["function"], token.start, token.start + len(primed["function"]))
            return self._applied(token, name, position + 1, len(primed["primes"]), False)
        if token.value in ("D", "D2"):
            order, after = (2, position + 1) if token.value == "D2" else self._squared(position + 1)
            return self._of_a_function(token, after, order, True)
        following = self._tokens[position + 1] if position + 1 < len(self._tokens) else token
        if token.value in _SIGNED_LETTERS and canonical_name(following.value) in definitions and not self._is_symbol(token.value):
            return self._applied(token, following, position + 2, _SIGNED_LETTERS[token.value], token.value == "J")
        lettered = _LETTERED.fullmatch(token.value)
        if lettered is None or canonical_name(lettered["function"]) not in definitions or self._vocabulary.declares(token.value):
            return None
        name = Token("RUN", lettered["function"], token.end - len(lettered["function"]), token.end)
        second = lettered["sign"] == "H"
        return self._applied(token, name, position + 1, 1 + second, not second)

    def _is_symbol(self, letter: str) -> bool:
        """Whether a letter is declared, or stands somewhere before what is no function of the text."""
        pairs = zip(self._tokens, [*self._tokens[1:], None], strict=True)
        after = [following for token, following in pairs if token.type == "RUN" and token.value == letter]
        known = self._vocabulary.definitions
        return self._vocabulary.declares(letter) or any(one is None or canonical_name(one.value) not in known for one in after)

    def _of_a_function(self, sign: Token, position: int, order: int, turned: bool) -> Found | None:
        """What follows a sign without a name to differentiate by: a function of the text, or ``f(x)`` of a name with a value."""
        if self._type(position) != "RUN":
            return None
        name = self._tokens[position]
        if canonical_name(name.value) in self._vocabulary.definitions:
            return self._applied(sign, name, position + 1, order, turned)
        stop = self._partner.get(position + 1)
        if stop != position + 3 or canonical_name(name.value) not in self._vocabulary.symbols or self._type(position + 2) != "RUN":
            return None
        by = canonical_name(self._tokens[position + 2].value)
        return self._wrapped(sign, [name], [by] * order, turned, self._tokens[stop]), stop + 1

    def _of_a_known_function(self, sign: Token, position: int, order: int) -> Found | None:
        """A gradient sign before a function of the language with one name in its brackets: ``∇ logsumexp(z)`` is by that name."""
        stop = self._partner.get(position + 1)
        if self._type(position) != "RUN" or stop != position + 3 or self._type(position + 2) != "RUN":
            return None
        argument = self._tokens[position + 2].value
        if self._tokens[position].value not in known_functions() or not _ONE.fullmatch(argument):
            return None
        by = ",".join([canonical_name(argument)] * order)
        return [Token("DERIVATIVE_BY", by, sign.start, self._tokens[position - 1].end)], position

    def _applied(self, sign: Token, function: Token, position: int, order: int, turned: bool) -> Found:
        """A derivative of a function by its one argument, at that or at what brackets behind it hold."""
        parameters = self._vocabulary.definitions[canonical_name(function.value)]
        if len(parameters) > 1:
            return self._all_partials(sign, function, position, order, turned)
        name, stop, at = parameters[0], position, None
        cut = self._cut(position) if order == 1 and not turned else None
        if cut is not None:
            self._directions[cut] = "CUT"
            turned = True
        if position in self._partner:
            stop = self._partner[position] + 1
            inside = self._tokens[position + 1 : cut or stop - 1]
            at = inside[0] if inside else None
            if len(inside) == 1 and _ONE.fullmatch(inside[0].value) and canonical_name(inside[0].value) not in self._vocabulary.values:
                name, at = canonical_name(inside[0].value), None
        along = order < 3 and turned and self._type(stop) == "LSQB" and stop in self._square
        if along:
            self._directions |= {stop: "ALONG", self._square[stop]: "RPAR"}
        argument = Token("RUN", name, function.end, function.end)
        called = [function, self._bracket("LPAR", function), argument, self._bracket("RPAR", function)]
        turned &= not along and cut is None
        made = self._wrapped(sign, called, [name] * order, turned, self._tokens[position - 1 if at else stop - 1])
        if at is None:
            return (made, stop) if cut is None else (made + self._cut_tokens(cut)[1:], cut + 1)
        opening = self._tokens[position]
        return [*made, Token("AT", "", opening.start, opening.start), opening], position + 1

    def _all_partials(self, sign: Token, function: Token, position: int, order: int, turned: bool) -> Found:
        """The derivatives of a function of several arguments by all of them."""
        stop = self._partner[position] + 1 if position in self._partner else position
        arguments = self._tokens[position:stop]
        if order not in PARTIALS.values() or self._type(stop) == "LSQB" or any(token.type == "SEPARATOR" for token in arguments):
            parameters = self._vocabulary.definitions[canonical_name(function.value)]
            advice = f"∇_{parameters[0]} {function.value}({', '.join(parameters)})"
            raise ParseError(
                f"{function.value} has several arguments", span=function.span, expected="the one to differentiate by", suggestion=advice
            )
        call = Token("CALL", HESSIAN if order > 1 else JACOBIAN if turned else GRADIENT, sign.start, sign.end)
        last = self._bracket("RPAR", self._tokens[stop - 1])
        return [call, self._bracket("LPAR", function), function, *arguments, last], stop

    def _cut(self, position: int) -> int | None:
        """The semicolon between a point and a direction in brackets: ``f'(x; h)``."""
        inside = range(position + 1, self._partner.get(position, position))
        return next((k for k in inside if self._type(k) == "SEPARATOR"), None)

    def _cut_tokens(self, position: int) -> list[Token]:
        token = self._tokens[position]
        closing, opening = Token("RPAR", ")", token.start, token.start), Token("LPAR", "(", token.end, token.end)
        return [closing, Token("ALONG", "", token.end, token.end), opening]

    def _direction(self, position: int) -> Found | None:
        """The square brackets of ``Df(x)[h]`` and ``d/dx [f]``."""
        if position not in self._directions:
            return None
        token, kind = self._tokens[position], self._directions[position]
        if kind == "CUT":
            return self._cut_tokens(position), position + 1
        if kind == "RPAR":
            return [Token("RPAR", ")", token.start, token.end)], position + 1
        made = [Token("LPAR", "(", token.start, token.end)]
        return ([Token("ALONG", "", token.start, token.start), *made] if kind == "ALONG" else made), position + 1

    @cached_property
    def _runs(self) -> frozenset[str]:
        """The runs of letters of the text, such as ``lam``, which is one name below a derivative if it stands elsewhere."""
        return frozenset([token.value for token in self._tokens if token.type == "RUN"])

    @cached_property
    def _square(self) -> dict[int, int]:
        return partners(self._tokens, {"LSQB": "RSQB"})

    def _wrapped(self, sign: Token, inside: list[Token], names: list[str], turned: bool, last: Token) -> list[Token]:
        by = ",".join(names) + "'" * (turned and len(names) == 1)
        return [
            Token("DERIVATIVE", "d", sign.start, sign.end),
            self._bracket("LPAR", inside[0]),
            *inside,
            Token("RPAR", ")", last.end, last.end),
            Token("BY", by, last.end, last.end),
        ]

    @staticmethod
    def _bracket(kind: str, beside: Token) -> Token:
        """A bracket that the text does not show, before or after a token."""
        place = beside.start if kind == "LPAR" else beside.end
        return Token(kind, "(" if kind == "LPAR" else ")", place, place)
