"""Derivatives of functions that the text defines, by their arguments: ``f'(x)``, ``Df(x)[h]``,
``J_f``, ``H_f(x)``."""

from __future__ import annotations

from functools import cached_property
from itertools import count, zip_longest

from matcalc.base.errors import ParseError
from matcalc.base.lazy import pattern
from matcalc.language.text.spelling import A_LETTER, ONE_NAME, Vocabulary, canonical_name
from matcalc.language.text.terminals import (
    GRADIENT,
    HESSIAN,
    JACOBIAN,
    PARTIALS,
    Rewritten,
    Token,
    closing,
    exponent_width,
    opening,
    partners,
    type_at,
    types_at,
)  # fmt: skip

_LETTERED = pattern(rf"(?P<sign>[DJH])_?(?P<function>{ONE_NAME}|[a-z]+)")
_SIGNED_LETTERS = {"H": 2, "J": 1}
"""What stands before a function for its Hessian and its Jacobian, with the order."""


class FunctionDerivatives:
    """Those of one text."""

    def __init__(self, tokens: list[Token], vocabulary: Vocabulary) -> None:
        self._tokens, self._vocabulary, self._partner = tokens, vocabulary, partners(tokens)
        self._directions: dict[int, str] = {}
        """Square brackets around a direction or behind an operator, with what stands for them."""

    def _type(self, position: int) -> str:
        return type_at(self._tokens, position)

    def _squared(self, position: int) -> tuple[int, int]:
        """An optional exponent 2: the order and the position after it."""
        width = exponent_width(self._tokens, position) or (self._type(position) == "NUMBER")
        return (2, position + width) if width and self._tokens[position + width - 1].value == "2" else (1, position)

    def _of_an_own_function(self, sign: Token, position: int, kind: str) -> Rewritten | None:
        """What a sign says before a function that is declared with shapes: ``∇f(x)`` is
        ``grad_f(x)``."""
        if types_at(self._tokens, position, 2) != ["RUN", "LPAR"]:
            return None
        token = self._tokens[position]
        name = f"{kind}_{canonical_name(token.value)}"
        return ([Token("RUN", name, sign.start, token.end)], position + 1) if name in self._vocabulary.functions else None

    def _function(self, position: int) -> Rewritten | None:
        """``f'(x)``, ``Df(x)[h]``, ``J_f``, ``H_f(x)`` of a function that the text defines."""
        token, definitions = self._tokens[position], self._vocabulary.definitions
        if token.type != "RUN" or not definitions:
            return None
        if canonical_name(token.value) in definitions:
            primes = next(k for k in count() if self._type(position + 1 + k) != "TRANSPOSE")
            return self._applied(token, token, position + 1 + primes, primes, False) if 0 < primes < 3 else None
        return self._primed(position) or self._signed(position) or self._lettered(position)

    def _primed(self, position: int) -> Rewritten | None:
        token = self._tokens[position]
        name, _ = token.split(len(token.value.rstrip("′")), "RUN")
        primes = len(token.value) - len(name.value)
        known = name.value and canonical_name(name.value) in self._vocabulary.definitions
        return self._applied(token, name, position + 1, primes, False) if known and 0 < primes < 3 else None

    def _signed(self, position: int) -> Rewritten | None:
        """``D f(x)``, ``D² f(x)``, ``J f``, ``H f``."""
        token, following = self._tokens[position], self._tokens[position + 1 : position + 2]
        if token.value in ("D", "D2"):
            order, after = (2, position + 1) if token.value == "D2" else self._squared(position + 1)
            return self._of_a_function(token, after, order, True)
        order = _SIGNED_LETTERS.get(token.value, 0)
        known = [canonical_name(one.value) in self._vocabulary.definitions for one in following] == [True]
        meant = order and known and not self._is_symbol(token.value)
        return self._applied(token, following[0], position + 2, order, token.value == "J") if meant else None

    def _lettered(self, position: int) -> Rewritten | None:
        """``J_f``, ``Hf(x)``, ``Df``."""
        token = self._tokens[position]
        found = _LETTERED.fullmatch(token.value)
        if (
            found is None
            or canonical_name(found["function"]) not in self._vocabulary.definitions
            or self._vocabulary.declares(token.value)
        ):
            return None
        second = found["sign"] == "H"
        name = Token("RUN", found["function"], token.end - len(found["function"]), token.end)
        return self._applied(token, name, position + 1, 1 + second, not second)

    def _is_symbol(self, letter: str) -> bool:
        """Whether a letter is declared, or stands somewhere before what is no function of the
        text."""
        pairs = zip_longest(self._tokens, self._tokens[1:])
        after = [
            following.value if following else "" for token, following in pairs if (token.type, token.value) == ("RUN", letter)
        ]
        known = self._vocabulary.definitions
        return self._vocabulary.declares(letter) or any(canonical_name(name) not in known for name in after)

    def _of_a_function(self, sign: Token, position: int, order: int, turned: bool) -> Rewritten | None:
        """What follows a sign without a name to differentiate by: a function of the text, or
        ``f(x)`` of a name with a value."""
        if self._type(position) != "RUN":
            return None
        name = self._tokens[position]
        if canonical_name(name.value) in self._vocabulary.definitions:
            return self._applied(sign, name, position + 1, order, turned)
        one = types_at(self._tokens, position + 1, 3) == ["LPAR", "RUN", "RPAR"]
        if not one or canonical_name(name.value) not in self._vocabulary.symbols:
            return None
        by = canonical_name(self._tokens[position + 2].value)
        return self._wrapped(sign, [name], [by] * order, turned, self._tokens[position + 3]), position + 4

    def _applied(self, sign: Token, function: Token, position: int, order: int, turned: bool) -> Rewritten:
        """A derivative of a function by its one argument, at that or at what brackets behind it
        hold."""
        parameters = self._vocabulary.definitions[canonical_name(function.value)]
        if len(parameters) > 1:
            return self._all_partials(sign, function, position, order, turned)
        cut = self._cut(position) if order == 1 and not turned else None
        if cut is not None:
            self._directions[cut] = "CUT"
            turned = True
        stop = self._partner[position] + 1 if position in self._partner else position
        name, elsewhere = self._point(position, cut or stop - 1, parameters[0])
        along = order < 3 and turned and stop in self._square
        if along:
            self._directions |= {stop: "ALONG", self._square[stop]: "RPAR"}
        called = [function, opening(function.start), Token("RUN", name, function.end, function.end), closing(function.end)]
        turned &= not along and cut is None
        made = self._wrapped(sign, called, [name] * order, turned, self._tokens[position - 1 if elsewhere else stop - 1])
        if not elsewhere:
            return (made, stop) if cut is None else (made + self._cut_tokens(cut)[1:], cut + 1)
        bracket = self._tokens[position]
        return [*made, Token("AT", "", bracket.start, bracket.start), bracket], position + 1

    def _point(self, position: int, stop: int, name: str) -> tuple[str, bool]:
        """The name that a function is differentiated by with these brackets behind it, and whether
        they hold another point."""
        inside = self._tokens[position + 1 : stop] if position in self._partner else []
        given = canonical_name(inside[0].value) if len(inside) == 1 and inside[0].type == "RUN" else ""
        letter = bool(given) and (A_LETTER.fullmatch(inside[0].value) is not None or self._vocabulary.is_greek(given))
        return (given, False) if letter and given not in self._vocabulary.values else (name, bool(inside))

    def _all_partials(self, sign: Token, function: Token, position: int, order: int, turned: bool) -> Rewritten:
        """The derivatives of a function of several arguments by all of them."""
        stop = self._partner[position] + 1 if position in self._partner else position
        arguments = self._tokens[position:stop]
        if order not in PARTIALS.values() or self._type(stop) == "LSQB" or any(token.type == "SEPARATOR" for token in arguments):
            parameters = self._vocabulary.definitions[canonical_name(function.value)]
            advice = f"∇_{parameters[0]} {function.value}({', '.join(parameters)})"
            message, expected = f"{function.value} has several arguments", "the one to differentiate by"
            raise ParseError(message, span=function.span, expected=expected, suggestion=advice)
        call = Token("CALL", HESSIAN if order > 1 else JACOBIAN if turned else GRADIENT, sign.start, sign.end)
        return [call, opening(function.start), function, *arguments, closing(self._tokens[stop - 1].end)], stop

    def _cut(self, position: int) -> int | None:
        """The semicolon between a point and a direction in brackets: ``f'(x; h)``."""
        inside = range(position + 1, self._partner.get(position, position))
        return next((k for k in inside if self._type(k) == "SEPARATOR"), None)

    def _cut_tokens(self, position: int) -> list[Token]:
        token = self._tokens[position]
        return [closing(token.start), Token("ALONG", "", token.end, token.end), opening(token.end)]

    def _direction(self, position: int) -> Rewritten | None:
        """The square brackets of ``Df(x)[h]`` and ``d/dx [f]``."""
        if position not in self._directions:
            return None
        token, kind = self._tokens[position], self._directions[position]
        made = {"CUT": self._cut_tokens(position), "RPAR": [token.as_a("RPAR", ")")]}.get(kind, [token.as_a("LPAR", "(")])
        return [*[Token("ALONG", "", token.start, token.start)] * (kind == "ALONG"), *made], position + 1

    def _wrapped(self, sign: Token, inside: list[Token], names: list[str], turned: bool, last: Token) -> list[Token]:
        by = Token("BY", ",".join(names) + "'" * (turned and len(names) == 1), last.end, last.end)
        return [sign.as_a("DERIVATIVE", "d"), opening(inside[0].start), *inside, closing(last.end), by]

    @cached_property
    def _square(self) -> dict[int, int]:
        return partners(self._tokens, {"LSQB": "RSQB"})
