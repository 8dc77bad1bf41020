"""Runs of letters to names, calls and sums: ``xAx`` is x·A·x, ``sin`` a function, ``alpha`` one
symbol."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cached_property, partial
from itertools import count
from typing import TYPE_CHECKING

from matcalc.base.errors import ParseError, UnknownFunctionError
from matcalc.base.functions import functions, spellings
from matcalc.base.lazy import later, pattern
from matcalc.language.decisions import Decision, Weight
from matcalc.language.text.spelling import (
    ACCENTS,
    AS_LATIN,
    GREEK_NAMES,
    NAMES_TOO,
    OVER,
    SPELLED_GREEK,
    SUBSCRIPTS,
    WORDS,
    Vocabulary,
    canonical_name,
    known_functions,
)  # fmt: skip
from matcalc.language.text.terminals import (
    ENDS_OPERAND,
    STARTS_OPERAND,
    TO_FACTOR,
    TO_NAME,
    TO_PRODUCT,
    TO_PRODUCT_TURNED,
    Fork,
    Rewritten,
    Token,
    listed,
    rewritten,
    type_at,
    types_at,
)

if TYPE_CHECKING:
    from matcalc.language.text import meanings, sum_limits
else:
    meanings = later("matcalc.language.text.meanings")
    sum_limits = later("matcalc.language.text.sum_limits")


_SUB = "".join(SUBSCRIPTS)
_MARKS = "".join(ACCENTS)
_PIECE = pattern(
    rf"[^\W\d_][{_MARKS}]?(?:_(?:{OVER})(?=_[^\W_]))?[0-9]*(?:_(?:[0-9]+|[^\W\d_]+?(?=[^\W\d_]_)|[^\W\d_]+[0-9]*)|[{_SUB}]+)?′*"
)
_WORD = pattern(r"[a-z]{3,}(?:_?[0-9]+)?")
"""What is no product of letters in the italics of a LaTeX formula when brackets follow at once."""
_CALLED = pattern(r"[A-Za-z]{2,}[0-9]*(?:_[A-Za-z0-9]+)*[A-Za-z0-9]*|[a-z][0-9]+[a-z]{3,}")
"""What is a function when brackets follow at once, unless all its letters are known as symbols."""
_GREEK_FUNCTION = pattern(r"(?:lambda|sigma)_?(?:[0-9]|[ijk]|max|min)")
"""Eigenvalues, singular values and the gamma function, when brackets with one name follow."""
_GREEK_INDEX = pattern(r"([A-Za-z]{2,12})_?[0-9]+")
_ENDS_FACTOR = ENDS_OPERAND | {"RUN", "BAR", "NORM_BAR", "ONES"}
_BELOW = frozenset(["BY", "DERIVATIVE_BY"])
_OPERAND_TYPES = STARTS_OPERAND | {"RUN", "BAR", "NORM_BAR", "SUM_SIGN", "NABLA", "ONES", "PARTIAL"}


class _Context:
    """What is known while the runs of one text are resolved.

    ``italics`` says whether letters are those of a LaTeX formula, where functions have commands;
    ``flipped`` are runs that are read the other way, ``noted`` those of which it was said how they
    are read.
    """

    def __init__(
        self,
        tokens: list[Token],
        vocabulary: Vocabulary,
        decisions: list[Decision],
        italics: bool,
        flipped: frozenset[str] = frozenset(),
    ) -> None:
        self.tokens, self.vocabulary, self.decisions = tokens, vocabulary, decisions
        self.italics, self.flipped = italics, flipped
        self.types = [*[token.type for token in tokens], ""]
        self.forks: dict[str, Fork] = {}
        self.noted: set[str] = set()

    @cached_property
    def alone(self) -> frozenset[str]:
        """Names that stand by themselves somewhere in the text, also below a sign of
        differentiation."""
        runs = [token.value for token in self.tokens if token.type == "RUN"]
        runs += [
            name for token in self.tokens if token.type in _BELOW for name in token.value.replace("'", "").split(",") if name
        ]
        return frozenset([canonical_name(run) for run in runs if _is_letter(run)])

    @cached_property
    def values(self) -> frozenset[str]:
        """Names that stand somewhere as values: not at once before brackets, or as a factor within
        a run of letters."""
        found: set[str] = set()
        for position, token in [(k, token) for k, token in enumerate(self.tokens) if token.type == "RUN"]:
            pieces = [canonical_name(piece) for piece in ([token.value] if _is_one(token.value) else _pieces(token.value))]
            called = _adjacent(self.tokens, position) or primed_function(self.tokens, position, self.vocabulary) is not None
            found.update(pieces[:-1] if called else pieces)
        return frozenset(found)

    @cached_property
    def called(self) -> frozenset[str]:
        """Names at once before brackets that stand nowhere as values."""
        runs = [token.value for place, token in enumerate(self.tokens) if token.type == "RUN" and _adjacent(self.tokens, place)]
        return frozenset([canonical_name(run) for run in runs]) - self.values

    def means(self, name: str) -> bool:
        """Whether a name has a meaning of its own in the text."""
        return self.vocabulary.declares(name) or name in self.alone

    def type_after(self, position: int) -> str:
        return self.types[position + 1]


def resolve_runs(
    tokens: list[Token],
    vocabulary: Vocabulary,
    decisions: list[Decision],
    italics: bool = False,
    flipped: frozenset[str] = frozenset(),
) -> tuple[list[Token], tuple[Fork, ...]]:
    """The tokens with every run of letters replaced by ``NAME``, ``CALL``, ``APPLY``, ``WORD`` and
    ``SUM_OVER`` tokens, and the runs that could be read otherwise.

    ``italics`` says that the letters are those of a LaTeX formula; ``flipped`` are runs that are
    read otherwise.

    Raises UnknownFunctionError for two letters or more at once before brackets that are neither a
    function nor a product of symbols that are declared or stand alone in the text.
    """
    context = _Context(tokens, vocabulary, decisions, italics, flipped)
    places = frozenset([place for place, token in enumerate(tokens) if token.type in _RESOLVED])
    return rewritten(tokens, partial(_resolved, context), places), tuple(context.forks.values())


_RESOLVED = frozenset(["RUN", "ONES", "SUM_SIGN", "DIFFERENTIAL_SIGN", "NABLA", "PARTIAL", "UNDERSCORE"])
"""What does not stay as it is."""


def _resolved(context: _Context, position: int) -> Rewritten | None:
    token = context.tokens[position]
    match token.type:
        case "RUN":
            return _run_with_primes(context, position)
        case "ONES":
            return [token.as_a("NAME")], position + 1
        case "SUM_SIGN":
            return sum_limits.sum_sign(context.tokens, position)
        case "DIFFERENTIAL_SIGN":
            advice = "d(X^-1) = -X^-1 dX X^-1, or a derivative: \\frac{\\partial f}{\\partial x}"
            raise ParseError("differentials are not read here", span=token.span, suggestion=advice)
        case "NABLA" | "PARTIAL":
            advice = "d(f)/dx, ∂(f)/∂x, ∇_x(f) or grad(f, x)"
            raise ParseError(f"'{token.value}' does not begin a derivative here", span=token.span, suggestion=advice)
        case "UNDERSCORE" if context.type_after(position) and type_at(context.tokens, position - 1) in _NAMES:
            raise ParseError("a subscript is letters or digits", span=token.span, suggestion="x_1 or x[1]")
    return None


_NAMES = frozenset(["RUN", "NAME", "ONES"])


def _run_with_primes(context: _Context, position: int) -> Rewritten:
    turned = context.types[position + 1] == "TRANSPOSE"
    primed = primed_function(context.tokens, position, context.vocabulary) if turned else None
    if primed is not None and canonical_name(context.tokens[position].value) not in context.values:
        return [primed], position + 2
    made = _run(context, position)
    if made[-1].type == "NAME" and context.type_after(position) == "LPAR":
        made[-1] = _before_brackets(context, position, made[-1])
    declared = made[-1].type == "NAME" and made[-1].value in context.vocabulary.functions
    return made, position + 1 + (_take_primes(context.tokens, position, made) if declared else 0)


def _run(context: _Context, position: int) -> list[Token]:
    tokens, vocabulary = context.tokens, context.vocabulary
    token, run = tokens[position], tokens[position].value
    name, called = canonical_name(run), context.type_after(position) == "LPAR"
    if _is_word(tokens, position, vocabulary):
        return [token.as_a("WORD")]
    if vocabulary.declares(name):
        return [token.as_a("NAME", name)]
    function = vocabulary.function(run, called)
    if function is not None:
        return [token.as_a("CALL", function) if called else _function(context, position, function)]
    if not vocabulary.is_greek(name) or _is_sum(context, run, position) or _looks_latin(context, run):
        return _split(context, position, called)
    if _GREEK_FUNCTION.fullmatch(name) and _adjacent(tokens, position) and len(listed(tokens, position + 1)) == 1:
        raise _unknown(context, position)
    return [token.as_a("NAME", name)]


def _function(context: _Context, position: int, function: str) -> Token:
    """A function without brackets behind it, or a name that is spelled as it is."""
    token = context.tokens[position]
    name = canonical_name(token.value)
    if function in NAMES_TOO or token.value in GREEK_NAMES or context.vocabulary.is_greek(name):
        return token.as_a("NAME", name)
    if meanings.is_of_problems(function):
        raise meanings.optimum(function, token.span)
    if context.type_after(position) not in _OPERAND_TYPES:
        raise UnknownFunctionError(
            f"the function {token.value!r} needs an argument", span=token.span, suggestion=f"{token.value}(x)"
        )
    return token.as_a("APPLY", function)


def _before_brackets(context: _Context, position: int, name: Token) -> Token:
    """The name that ends a run before brackets: a factor, or a function by its usual meaning."""
    tokens, vocabulary = context.tokens, context.vocabulary
    if name.value in meanings.PROJECTIONS.keys() - context.values and not vocabulary.declares(name.value):
        if name.value not in context.flipped:
            if not vocabulary.declares(meanings.PROJECTIONS[name.value]):
                context.forks[name.value] = Fork(name.value, TO_FACTOR)
            return meanings.projected(name, context.decisions)
        context.decisions.append(meanings.factor_instead(name))
    if not _adjacent(tokens, position) or vocabulary.declares(name.value) or name.value in NAMES_TOO:
        return name
    if name.value in context.values and name.value in meanings.USUAL:
        context.decisions.append(
            Decision(f"{name.value}(...) is read as a product: {name.value} stands by itself, too", "names", span=name.span)
        )
    if name.value in context.values or (name.value in _CONSTANT_NAMES and not context.italics):
        return name
    inside = [token.value for token in listed(tokens, position + 1)]
    return meanings.called_name(name, inside, context.called, context.decisions)


_CONSTANT_NAMES = frozenset(["e", "pi", "I"])


def _looks_latin(context: _Context, run: str) -> bool:
    """Whether a capital that is spelled out, such as ``Mu``, is rather a product: of letters that
    each stand alone in the text, or of those of a LaTeX formula, where it would be no letter."""
    product = run.isascii() and run.istitle() and run.isalpha() and context.alone.issuperset(run)
    return product or (context.italics and run in AS_LATIN)


def _split(context: _Context, position: int, called: bool) -> list[Token]:
    """A run as its factors, as one name, or as a sum."""
    token = context.tokens[position]
    run = token.value
    tail = _function_suffix(run, context.vocabulary) if called else ""
    end = len(run) - len(tail)
    if _adjacent(context.tokens, position) and not _is_product(context, token, end):
        raise _unknown(context, position)
    if _is_sum(context, run, position):
        return [token.as_a("SUM_OVER", _over(run))]
    if not tail:
        _check_word(context, position)
    _refuse_indexed_function(context, token)
    if not tail and _taken_as_one(context, position):
        _refuse_word(context, position)
        _note(context, token, "*".join(_pieces(run)), one=True)
        return [token.as_a("NAME", canonical_name(run))]
    out = _factors(context, position, end) + [Token("CALL", tail, token.start + end, token.end)] * bool(tail)
    if len(out) > 1 and not context.italics and _WORDLIKE.fullmatch(run):
        _note(context, token, "*".join([factor.value for factor in out]), one=False)
    return out


def _factors(context: _Context, position: int, end: int) -> list[Token]:
    """The names in the first ``end`` characters of a run, the first of which may be a sum."""
    token = context.tokens[position]
    out: list[Token] = []
    for place, stop, name in _named_pieces(context, token, end):
        begun = token.value[:stop]
        summed = not out and _is_sum(context, begun, position, rest=begun != token.value)
        kind, value = ("SUM_OVER", _over(begun)) if summed else ("NAME", name)
        out.append(Token(kind, value, token.start + place, token.start + stop))
    return out


def _check_word(context: _Context, position: int) -> None:
    """Raises an error for a word of a sentence or a function of other programs before an
    operand."""
    run = context.tokens[position].value
    if len(run) > 2 and run.isalpha() and context.type_after(position) in _OPERAND_TYPES:
        _refuse_word(context, position)
        if meanings.is_foreign(run):
            raise _unknown(context, position)


def _note(context: _Context, token: Token, product: str, *, one: bool) -> None:
    """Says once how a run is read, and how it could be."""
    run = token.value
    if run in context.noted:
        return
    context.noted.add(run)
    readings = (f"one name: declare {run}: scalar", f"a product: {product}")
    said = f"{run} is read as {'one name' if one else 'the product ' + product.replace('*', '·')}"
    weight: Weight = "doubtful" if run in context.flipped else "assumed"
    context.decisions.append(Decision(said, "names", weight, token.span, readings if one else readings[::-1]))


_WORDLIKE = pattern(r"[a-z]{2,}[0-9]*(?:_[A-Za-z0-9]+)*|[a-z]+[0-9]+[a-z0-9]+|[A-Za-z][a-z]+_[A-Za-z0-9_]+")
"""A run of letters that is one name, unless its letters have meanings of their own: ``lam``,
``beta0``, ``learning_rate``."""


def _taken_as_one(context: _Context, position: int) -> bool:
    """Whether a run is read as one name; notes that it could be read otherwise."""
    token, run = context.tokens[position], context.tokens[position].value
    wordlike = _WORDLIKE.fullmatch(run) is not None
    if context.italics or len(run) < 2 or not (wordlike or run.isupper()):
        return False
    one, pieces = _is_one_name(context, run), _pieces(run)
    if len(pieces) < 2 or not wordlike or meanings.is_abbreviation(run) or "_" in run:
        return one
    turned = len(pieces) == 2 and context.type_after(position) == "TRANSPOSE" and context.tokens[position + 1].start == token.end
    cost = TO_NAME if not one else TO_PRODUCT_TURNED if turned else TO_PRODUCT
    before = context.forks.get(run)
    context.forks[run] = Fork(run, cost if before is None else min(cost, before.cost))
    return one != (run in context.flipped)


def _is_one_name(context: _Context, run: str) -> bool:
    """Whether a run is one name: an abbreviation, or a word of which more than one letter has no
    meaning of its own in the text."""
    if meanings.is_abbreviation(run):
        return True
    if not _WORDLIKE.fullmatch(run) or _indexed_greek(run, 0, len(run)) is not None:
        return False
    pieces = [canonical_name(piece) for piece in _pieces(run)]
    if len(pieces) == 2 and pieces[0] == "d" and "EQUALS" in context.types:
        return False  # a change that has no place here, and no name
    return len({piece for piece in pieces if not context.means(piece)}) > 1


def _refuse_word(context: _Context, position: int) -> None:
    """Raises ParseError for a word of a sentence beside a factor, or for a fact beside a symbol:
    ``solve Ax = b``, ``A symmetric``."""
    tokens, token = context.tokens, context.tokens[position]
    if type_at(tokens, position - 1) not in _ENDS_FACTOR and context.type_after(position) not in _OPERAND_TYPES:
        return
    beside = [*tokens[max(position - 1, 0) : position], *tokens[position + 1 : position + 2]]
    symbol = next((other.value for other in beside if other.type == "RUN" and _is_one(other.value)), None)
    advice = meanings.word_advice(token.value.lower(), symbol)
    if advice is not None:
        raise ParseError(f"{token.value!r} is a word here, and no symbol", span=token.span, suggestion=advice)


def _is_one(run: str) -> bool:
    """Whether a run of letters is one letter with its index, or a spelled Greek letter."""
    return _is_letter(run) or canonical_name(run) in SPELLED_GREEK


def _is_letter(run: str) -> bool:
    piece = _PIECE.match(run)
    return piece is not None and piece.end() == len(run)


def _pieces(run: str) -> list[str]:
    """The letters of a run, each with its index."""
    return [piece[0] for piece in _PIECE.finditer(run)]


_LONGEST_INDEX = 3


def _refuse_indexed_function(context: _Context, token: Token) -> None:
    """Raises UnknownFunctionError for ``log_2`` and ``max_i``, which are no products of letters."""
    stem, mark, index = token.value.partition("_")
    if not mark or context.italics or len(index) > _LONGEST_INDEX:
        return  # log_likelihood
    function = context.vocabulary.function(stem, called=True)
    if function is not None and meanings.is_of_problems(function):
        raise meanings.optimum(function, token.span)
    if len(stem) > 2 and (function is not None or meanings.is_foreign(stem) or meanings.word_advice(stem) is not None):
        raise UnknownFunctionError(
            f"the function {stem!r} has no index here",
            span=token.span,
            suggestion=(f"{function}(x), or " if function is not None else "") + f"declare {token.value} if it is one name",
        )


def _piece(context: _Context, token: Token, place: int, end: int) -> tuple[int, str]:
    """Where the name ends that stands in the run at ``place``, and its one spelling."""
    run = token.value
    long_name = context.vocabulary.long_name_at(run, place, end) or _indexed_greek(run, place, end)
    if long_name is not None:
        return place + len(long_name), long_name
    piece = _PIECE.match(run, place, end)
    if piece is None:
        raise ParseError(f"{run[place:]!r} is not understood", span=token.span, suggestion="a letter with an index, such as x_1")
    return piece.end(), canonical_name(piece[0])


def _is_product(context: _Context, token: Token, end: int) -> bool:
    """Whether the first ``end`` characters of a run at once before brackets are factors, and not a
    part of a function's name."""
    run, factors = token.value, token.value[:end]
    if not _CALLED.fullmatch(run) or _SUM_RUN.fullmatch(factors):
        return True
    if end < len(run) and meanings.is_foreign(run):
        return False
    if context.italics or (end < len(run) and not factors.islower()):
        return not _WORD.fullmatch(factors)
    names = [name for _, _, name in _named_pieces(context, token, end)]
    return all(map(context.means, {*names} - SPELLED_GREEK)) or names[-1] in context.vocabulary.functions


def _named_pieces(context: _Context, token: Token, end: int) -> Iterator[tuple[int, int, str]]:
    """Where the names in the first ``end`` characters begin and end, and their spelling."""
    place = 0
    while place < end:
        stop, name = _piece(context, token, place, end)
        yield place, stop, name
        place = stop


def _unknown(context: _Context, position: int) -> UnknownFunctionError:
    token = context.tokens[position]
    others = [name for name in context.vocabulary.functions if len(name) > 1]
    inside = [one.value for one in listed(context.tokens, position + 1)]
    return meanings.unknown_function(token.value, token.span, inside, others)


def _adjacent(tokens: list[Token], position: int) -> bool:
    """Whether brackets open at once after the token."""
    return type_at(tokens, position + 1) == "LPAR" and tokens[position + 1].start == tokens[position].end


def _indexed_greek(run: str, place: int, end: int) -> str | None:
    """A spelled Greek letter with a number, of which it is clear where it ends: ``beta_1x``."""
    match = _GREEK_INDEX.match(run, place, end)
    return match[0] if match is not None and match[1] in SPELLED_GREEK else None


def _function_suffix(run: str, vocabulary: Vocabulary) -> str:
    """The function of at least three letters that the run ends with: ``xexp(...)``."""
    fitting = [name for name in known_functions() if len(name) > 2 and run.endswith(name) and vocabulary.is_function(name)]
    return max(fitting, key=len, default="")


def _is_word(tokens: list[Token], position: int, vocabulary: Vocabulary) -> bool:
    """``rows`` in ``sum(X, rows)``."""
    if tokens[position].value not in WORDS:
        return False
    option = type_at(tokens, position - 1) == "COMMA" and type_at(tokens, position + 1) in ("RPAR", "COMMA")
    return option and not vocabulary.declares(tokens[position].value)


def primed_function(tokens: list[Token], position: int, vocabulary: Vocabulary) -> Token | None:
    """The derivative of a function of numbers, ``tanh'(x)`` and ``σ'(z)`` at once before brackets,
    as a call; None for another token."""
    if type_at(tokens, position + 1) != "TRANSPOSE" or types_at(tokens, position, 3) != ["RUN", "TRANSPOSE", "LPAR"]:
        return None
    run, primes = tokens[position], tokens[position + 1 : position + 3]
    name = canonical_name(run.value)
    if vocabulary.declares(name):
        return None
    if (run.end, primes[0].end) != (primes[0].start, primes[1].start):
        return None
    function = vocabulary.function(run.value, called=True) or (meanings.USUAL[name].function if name in meanings.USUAL else None)
    entry = functions().get(spellings().get(function or "", ""))
    if entry is None or entry.kind != "elementwise" or entry.derivative == "0":
        return None
    return Token("CALL", f"{entry.name}'", run.start, primes[0].end)


def _take_primes(tokens: list[Token], position: int, made: list[Token]) -> int:
    """Turns a declared function with brackets into a call; gives the number of primes taken."""
    primes = next(k for k in count() if type_at(tokens, position + 1 + k) != "TRANSPOSE")
    if type_at(tokens, position + 1 + primes) != "LPAR":
        return 0
    made[-1] = Token("CALL", made[-1].value + "'" * primes, made[-1].start, tokens[position + primes].end)
    return primes


_SUM_RUN = pattern(rf"(?P<sign>Σ|sum|prod|max|min)(?:_([^\W\d_]+)|([{_SUB}]+))")


def _is_sum(context: _Context, run: str, position: int, rest: bool = False) -> bool:
    """``Σ_i`` before something to sum; beside a sign of summation the letter is a letter."""
    match = _SUM_RUN.fullmatch(run) if run.startswith(_SUM_WORDS) else None
    return (
        match is not None
        and (match[2] or match[3]).translate({ord(c): p for c, p in SUBSCRIPTS.items()}).isalpha()
        and "SUM_SIGN" not in context.types
        and (rest or context.type_after(position) in _OPERAND_TYPES)
    )


_SUM_WORDS = ("Σ", "sum", "prod", "max", "min")


def _over(run: str) -> str:
    sign = run.partition("_")[0].rstrip(_SUB)
    return sum_limits.over_positions(canonical_name(run).partition("_")[2], sign)
