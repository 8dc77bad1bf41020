"""Finds derivatives among raw tokens: ``d(f)/dx``, ``∂²(f)/∂x²``, ``df/dx``, ``d/dx f``, ``∇_x f``,
``D_x(f)``, and of functions that the text defines ``∇f(x)``, ``f'(x)``, ``Df(x)[h]``, ``J_f``.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import cached_property

from matcalc.base.errors import ParseError
from matcalc.base.lazy import pattern
from matcalc.language.text.function_derivatives import FunctionDerivatives
from matcalc.language.text.spelling import (
    A_LETTER,
    DERIVATIVE_LETTERS,
    ONE_NAME,
    SUBSCRIPTS,
    Vocabulary,
    canonical_name,
    is_name,
    known_functions,
)
from matcalc.language.text.terminals import (
    Rewritten,
    Token,
    by_depth,
    closing,
    end_of_term,
    opening,
    rewritten,
    types_at,
)  # fmt: skip

_TWO_AND_D = pattern(rf"({ONE_NAME})d({ONE_NAME})")
_TWO = pattern(rf"({ONE_NAME})({ONE_NAME})")
_OPERATOR = pattern(
    rf"(?P<first>grad|gradient|nabla)_(?P<name>{ONE_NAME})|(?P<second>hess|hessian)_(?P<other>{ONE_NAME})|(?P<called>D)_(?P<by>{ONE_NAME})"
)
_SIGNS = {"grad": 1, "gradient": 1, "nabla": 1, "hess": 2, "hessian": 2}

_BEGINS = frozenset(["RUN", "RPAR", "NABLA", "PARTIAL"])


def resolve_derivatives(tokens: list[Token], vocabulary: Vocabulary) -> list[Token]:
    """The tokens with derivative signs as ``DERIVATIVE`` ... ``BY`` around brackets, or as
    ``DERIVATIVE_BY`` before an operand.

    The value of ``BY`` and ``DERIVATIVE_BY`` lists the names differentiated by, one for each order,
    with commas between and a prime behind a name that is transposed. ``AT`` and ``ALONG`` stand
    before brackets with a point and a direction.
    """
    return rewritten(tokens, _Derivatives(tokens, vocabulary).at)


class _Derivatives(FunctionDerivatives):
    """The derivatives of one text."""

    def __init__(self, tokens: list[Token], vocabulary: Vocabulary) -> None:
        super().__init__(tokens, vocabulary)
        self._closing: dict[int, tuple[int, str, int]] = {}
        """Closing bracket -> the slash after it, the names below that, the position after them."""
        self._readers: tuple[Callable[[int], Rewritten | None], ...] = (
            self._closed, self._nabla, self._quotient, self._operator, self._partial_index, self._named, self._function,
        )  # fmt: skip

    def at(self, position: int) -> Rewritten | None:
        """What the derivative stands for that begins at a position, or that ends with the bracket
        there."""
        token = self._tokens[position]
        if token.type == "LPAR":
            return self._bracketed(position)
        if token.type not in _BEGINS:
            return self._direction(position)
        if token.type == "RUN" and not self._vocabulary.definitions and token.value[0] not in DERIVATIVE_LETTERS:
            return None
        found = next((found for reader in self._readers if (found := reader(position)) is not None), None)
        return self._before(found) if found is not None and found[0][-1].type == "DERIVATIVE_BY" else found

    def _bracketed(self, position: int) -> Rewritten | None:
        """``(d/dx)`` before what it is of."""
        found = self._quotient(position + 1) if self._type(position + 1) in ("PARTIAL", "RUN") else None
        operator = found is not None and found[0][-1].type == "DERIVATIVE_BY" and self._type(found[1]) == "RPAR"
        return (found[0], found[1] + 1) if found is not None and operator else None

    def _before(self, found: Rewritten) -> Rewritten:
        """An operator before square brackets, which group here, or before ``L(x)`` of a name L that
        has a value, which is L."""
        made, after = found
        if self._type(after) == "LSQB" and after in self._square:
            self._directions |= {after: "GROUP", self._square[after]: "RPAR"}
        stop = self._partner.get(after + 1)
        if (
            stop is None
            or self._type(after) != "RUN"
            or canonical_name(self._tokens[after].value) not in self._vocabulary.values
            or self._arguments_but(self._tokens[after + 1 : stop + 1], made[-1].value)
        ):
            return found
        return [*made, self._tokens[after]], stop + 1

    def _closed(self, position: int) -> Rewritten | None:
        if position not in self._closing:
            return None
        start, names, stop = self._closing[position]
        return [self._tokens[position], Token("BY", names, self._tokens[start].start, self._tokens[stop - 1].end)], stop

    def _quotient(self, position: int) -> Rewritten | None:
        """``d(f)/dx``, ``d/dx f``, and at the beginning of a side ``d x'Ax/dx``."""
        tokens, head = self._tokens, self._head(position)
        if head is None:
            return None
        order, after = head
        sign = Token("DERIVATIVE", "d", tokens[position].start, tokens[after - 1].end)
        slash = self._partner.get(after, after - 1) + 1
        found = self._denominator(slash + 1, order) if self._type(slash) == "DIVIDE" else None
        if found is not None and slash == after:
            return [Token("DERIVATIVE_BY", found[0], sign.start, tokens[found[1] - 1].end)], found[1]
        if found is not None:
            self._closing[slash - 1] = (slash, *found)
            return [sign], after
        begins = position == 0 or self._type(position - 1) in ("EQUALS", "SEPARATOR", "COMMA", "LPAR", "PLUS", "MINUS", "WHERE")
        whole = self._unbracketed(after, order) if begins else None
        if whole is None:
            return None
        slash, names, stop = whole
        by = Token("BY", names, tokens[slash].start, tokens[stop - 1].end)
        return [sign, opening(tokens[after].start), *tokens[after:slash], closing(by.start), by], stop

    def _unbracketed(self, position: int, order: int) -> tuple[int, str, int] | None:
        """Reads ``tr(AX)/dX`` and ``x'Ax/dx`` after the sign: where the slash stands, the names
        below it, the position after them."""
        stop = end_of_term(self._tokens, position)
        for slash, token, depth in by_depth(self._tokens, position):
            if slash >= stop:
                break
            if token.type == "DIVIDE" and depth == 0 and slash > position:
                found = self._denominator(slash + 1, order)
                if found is not None:
                    return slash, *found
        return None

    def _head(self, position: int) -> tuple[int, int] | None:
        """Order and the position after ``d``, ``∂``, ``d2``, ``d^2`` or ``d²``.

        A symbol called ``d`` is not a derivative sign, except where a side of an equation begins
        with ``d(``: nobody claims a formula for the product of a vector d and a bracket divided by
        ``dx``.
        """
        token = self._tokens[position]
        sign = token.value if token.type == "RUN" else ""
        if sign in self._vocabulary.symbols and not self._begins_side(position):
            return None
        if sign == "d2":
            return 2, position + 1
        return self._squared(position + 1) if sign == "d" or token.type == "PARTIAL" else None

    def _begins_side(self, position: int) -> bool:
        """Whether the token is the first of a side of an equation and an opening bracket
        follows."""
        bracketed = self._type(position - 1) in ("", "EQUALS") and self._type(position + 1) == "LPAR"
        return bracketed and any(token.type == "EQUALS" for token in self._tokens)

    def _denominator(self, position: int, order: int) -> tuple[str, int] | None:
        """Reads ``dx``, ``∂x``, ``∂xᵀ``, ``dx2``, ``dx^2``, ``dx dy``, ``(dx dy)``: the names and
        the position after them."""
        tokens = self._tokens
        if self._type(position) == "LPAR":
            inside = self._denominator(position + 1, order)
            return (inside[0], inside[1] + 1) if inside is not None and self._type(inside[1]) == "RPAR" else None
        names, stop = self._names_below(position, order)
        if names and len(names) != order:
            raise ParseError(
                f"a derivative of order {order} needs {order} names below",
                span=tokens[position].span,
                suggestion="d2(f)/dx2 or d2(f)/dx dy",
            )
        return (",".join(names), stop) if names else None

    def _names_below(self, position: int, order: int) -> tuple[list[str], int]:
        """The names behind the signs below a slash, and the position after them."""
        tokens = self._tokens
        names: list[str] = []
        while position < len(tokens) and len(names) < order and (below := self._below(position)) is not None:
            found = self._names_after_d(below[0], order - len(names))
            power, position = self._squared(below[1])
            if found is None or power * len(found) > order:
                raise ParseError("differentiate by one name", span=tokens[position - 1].span, suggestion="d(f)/dx")
            if self._type(position) == "TRANSPOSE":
                found[-1] += "'"
                position += 1
            names += found * power
        return names, position

    def _below(self, position: int) -> tuple[str, int] | None:
        """What stands behind one sign below the slash, ``dx``, ``∂x``, ``d\\theta``, ``d(x)``, and
        the position after it."""
        token = self._tokens[position]
        sign = token.type == "PARTIAL" or token.value == "d"
        if sign and types_at(self._tokens, position + 1, 3) == ["LPAR", "RUN", "RPAR"]:
            return self._tokens[position + 2].value, position + 4
        if token.type == "RUN" and token.value[0] == "d" and len(token.value) > 1:
            return token.value[1:], position + 1
        named = sign and self._type(position + 1) == "RUN"
        return (self._tokens[position + 1].value, position + 2) if named else None

    def _names_after_d(self, text: str, wanted: int) -> list[str] | None:
        name = canonical_name(text)
        if self._is_known(name):
            return [name]
        if wanted == 2 and text.endswith("2") and A_LETTER.fullmatch(text[:-1]):
            return [canonical_name(text[:-1])] * 2
        if wanted == 2 and (both := _TWO_AND_D.fullmatch(text)):
            return [canonical_name(both[1]), canonical_name(both[2])]
        one = A_LETTER.fullmatch(text) is not None or text in self._runs
        return [name] if one and is_name(name) else None

    def _is_known(self, name: str) -> bool:
        return self._vocabulary.declares(name) or self._vocabulary.is_greek(name)

    def _named(self, position: int) -> Rewritten | None:
        """``df/dx`` of a known name f, and ``∂f/∂x``, ``∂²f/∂x²`` of any one name, with or without
        arguments: ``∂f(x)/∂x``."""
        head = self._signed_name(position)
        if head is None:
            return None
        order, sign, name, after = head
        stop = self._partner[after] + 1 if after in self._partner else after
        arguments = self._tokens[after:stop]
        found = self._denominator(stop + 1, order) if self._type(stop) == "DIVIDE" else None
        if found is None:
            return None
        if canonical_name(name.value) not in self._vocabulary.functions:
            if arguments and self._arguments_but(arguments, found[0]):
                return None
            arguments = []
        place = self._tokens[stop - 1].end
        by = Token("BY", found[0], place, self._tokens[found[1] - 1].end)
        return [sign, opening(name.start), name, *arguments, closing(place), by], found[1]

    def _signed_name(self, position: int) -> tuple[int, Token, Token, int] | None:
        """The order, the sign, the name and the position after it, of ``∂f``, ``d f`` and
        ``df``."""
        token, vocabulary = self._tokens[position], self._vocabulary
        head = self._head(position)
        if head is not None:
            order, after = head
            if self._type(after) != "RUN":
                return None
            name = self._tokens[after]
            known = token.type == "PARTIAL" and A_LETTER.fullmatch(name.value) is not None
            named = known or vocabulary.declares(canonical_name(name.value))
            return (order, token.as_a("DERIVATIVE", "d"), name, after + 1) if named else None
        order = 2 if token.value.startswith("d2") else 1
        sign, name = token.split(order, "DERIVATIVE", "d")
        free = token.value[:1] == "d" and {"d", canonical_name(token.value)}.isdisjoint(vocabulary.symbols)
        known = free and bool(name.value) and vocabulary.declares(canonical_name(name.value))
        return (order, sign, name, position + 1) if known else None

    def _arguments_but(self, arguments: list[Token], names: str) -> bool:
        """Whether brackets hold anything but names that are differentiated by: ``L(x)`` below ∂x is
        L."""
        inside = {canonical_name(token.value) for token in arguments[1:-1] if token.type == "RUN"}
        others = any(token.type not in ("RUN", "COMMA") for token in arguments[1:-1])
        return others or not inside.issuperset(name.rstrip("'") for name in names.split(","))

    def _nabla(self, position: int) -> Rewritten | None:
        """``∇_x``, ``∇²_x``, ``∇_x^2``, ``∇_{xx}`` before an operand; ``∇f``, ``∇²f(x)`` and
        ``grad f`` of a function."""
        token = self._tokens[position]
        order = self._order(position)
        if not order:
            return None
        twice, after = self._squared(position + 1)
        order = max(order, twice)
        own = self._of_own_function(token, after, "grad" if order == 1 else "hess")
        if own is not None:
            return own
        names, after, rest = self._subscript(after, order)
        if not names:
            return self._unnamed(token, after, order)
        twice, after = (order, after) if rest else self._squared(after)
        return self._operating(token, names * max(order, twice) if len(names) == 1 else names, after, rest)

    def _of_own_function(self, sign: Token, position: int, kind: str) -> Rewritten | None:
        """``∇f``, ``∇₁g``, ``∇_{12} g`` and ``∂₁φ`` before the brackets of a function that is
        declared with shapes."""
        places, after = self._places(position)
        if places and sign.type == "NABLA":
            kind = "grad" if len(places) == 1 else "hess"
        return self._of_an_own_function(sign, after, f"{kind}{places}")

    def _places(self, position: int) -> tuple[str, int]:
        """The digits below a sign, and the position after them."""
        kinds = types_at(self._tokens, position, 4)
        if kinds[:1] == ["SUBSCRIPT_RUN"]:
            digits = "".join(SUBSCRIPTS[c] for c in self._tokens[position].value)
            return (digits, position + 1) if digits.isdecimal() else ("", position)
        if kinds[:2] == ["UNDERSCORE", "NUMBER"]:
            return self._tokens[position + 1].value, position + 2
        if kinds == ["UNDERSCORE", "LPAR", "NUMBER", "RPAR"]:
            return self._tokens[position + 2].value, position + 4
        return "", position

    def _order(self, position: int) -> int:
        """1 for the sign of a gradient, 2 for that of a Hessian, 0 for another token."""
        token = self._tokens[position]
        word = token.type == "RUN" and self._type(position + 1) != "LPAR" and not self._vocabulary.declares(token.value)
        return _SIGNS.get(token.value, 0) if word else int(token.type == "NABLA")

    def _unnamed(self, sign: Token, after: int, order: int) -> Rewritten | None:
        """A sign without a name to differentiate by, before a function, or of what is
        differentiated by what was asked."""
        found = self._of_a_function(sign, after, order, False) or self._of_a_known_function(sign, after, order)
        if found is not None or sign.type != "NABLA":
            return found
        if not self._vocabulary.variables:
            raise ParseError("∇ needs the name to differentiate by", span=sign.span, suggestion="∇_x(f), or f(x) = x'*A*x; ∇f(x)")
        return self._operating(sign, [*self._vocabulary.variables[:1] * order], after, "")

    def _operating(self, sign: Token, names: list[str], after: int, rest: str) -> Rewritten:
        """An operator by the names, and the letters that belong to what follows it."""
        last = self._tokens[after - 1]
        made = [Token("DERIVATIVE_BY", ",".join(names), sign.start, last.end)]
        return made + [Token("RUN", rest, last.end - len(rest), last.end)] * bool(rest), after

    def _subscript(self, position: int, order: int) -> tuple[list[str], int, str]:
        """The names in the subscript of an operator, the position after it, and the letters that
        belong to what follows: ``∇_xf``."""
        first, kinds = self._tokens[position : position + 2], types_at(self._tokens, position, 2)
        if kinds[:1] == ["SUBSCRIPT_RUN"]:
            return [canonical_name("".join(SUBSCRIPTS[c] for c in first[0].value))], position + 1, ""
        if kinds == ["UNDERSCORE", "LPAR"] and position + 1 in self._partner:
            stop = self._partner[position + 1]
            runs = [token.value for token in self._tokens[position + 2 : stop] if token.type == "RUN"]
            return [name for run in runs for name in self._names(run, True)], stop + 1, ""
        if kinds != ["UNDERSCORE", "RUN"]:
            return [], position, ""
        run = first[1].value
        names, match = self._names(run, order == 2), A_LETTER.match(run)
        whole = len(names) == 2 or canonical_name(run) in names or match is None
        return names, position + 2, "" if whole or match is None else run[match.end() :]

    def _names(self, run: str, several: bool) -> list[str]:
        name = canonical_name(run)
        if self._is_known(name):
            return [name]
        if several and (both := _TWO.fullmatch(run)):
            return [canonical_name(both[1]), canonical_name(both[2])]
        match = A_LETTER.match(run)
        return [canonical_name(match[0]) if match else name]

    def _operator(self, position: int) -> Rewritten | None:
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
        named = self._type(position) == "RUN" and canonical_name(self._tokens[position].value) in self._vocabulary.definitions
        return named or self._type(position) == "LPAR"

    def _partial_index(self, position: int) -> Rewritten | None:
        """``∂_x``, ``∂ₓ`` before what they are of."""
        token = self._tokens[position]
        if token.type != "PARTIAL":
            return None
        own = self._of_own_function(token, position + 1, "d") if self._places(position + 1)[0] else None
        if own is not None:
            return own
        names, after, rest = self._subscript(position + 1, 1)
        return self._operating(token, names, after, rest) if names else None

    def _of_a_known_function(self, sign: Token, position: int, order: int) -> Rewritten | None:
        """A gradient sign before a function of the language with one name in its brackets:
        ``∇ logsumexp(z)`` is by that name."""
        if types_at(self._tokens, position, 4) != ["RUN", "LPAR", "RUN", "RPAR"]:
            return None
        function, argument = self._tokens[position].value, self._tokens[position + 2].value
        if function not in known_functions() or not A_LETTER.fullmatch(argument):
            return None
        by = ",".join([canonical_name(argument)] * order)
        return [Token("DERIVATIVE_BY", by, sign.start, self._tokens[position - 1].end)], position

    @cached_property
    def _runs(self) -> frozenset[str]:
        """The runs of letters of the text, such as ``lam``, which is one name below a derivative if
        it stands elsewhere."""
        return frozenset([token.value for token in self._tokens if token.type == "RUN"])
