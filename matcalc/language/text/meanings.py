"""What is written for what the language does not have: functions, words of sentences, Python's
dots.

The words are in ``rules/meanings.toml``.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Mapping, Sequence
from functools import cache

from matcalc.base.budgets import LONGEST_QUOTED_NAME
from matcalc.base.errors import ParseError, ShapeError, Span, UnknownFunctionError
from matcalc.base.files import stored_table
from matcalc.base.functions import functions, of_entries, spellings
from matcalc.base.lazy import pattern
from matcalc.base.records import record
from matcalc.facts.table import canonical
from matcalc.language.decisions import Decision
from matcalc.language.text.spelling import OF_DERIVATIVES, known_functions, nearest_spelling
from matcalc.language.text.terminals import MASKED, Token

_WHOLE = pattern(r"(?:\w+|\w*\([^()]*\))(?:'|\.T)*")
_INDEXED = pattern(r"([^\W\d_]+?)_?([0-9]+|(?<=_)[^\W_]+)")
_LETTERS_APART = pattern(r"[^\W\d_](?:_?[0-9]+)?(?:_[^\W_]+)?")
_LONGEST_QUOTE = 40
"""Characters of arguments that are repeated."""


def is_foreign(function: str) -> bool:
    """Whether other programs or books have a function of that name, and the language has not."""
    return any(_looked_up(table, function) is not None for sort, table in stored_table("meanings").items() if sort != "requests")


def foreign_functions() -> tuple[str, ...]:
    """The names of other programs and of books for which it is known what is written instead, in
    the order of the alphabet."""
    return tuple(sorted(name for name in stored_table("meanings")["written"] if name not in known_functions()))


def is_abbreviation(name: str) -> bool:
    """Whether capitals stand for words, so that they are one name and no product: ``MSE``."""
    return name in stored_table("meanings")["abbreviations"]


@cache
def _prose() -> Mapping[str, str]:
    said = {
        "words": "the formula alone",
        "logic": "the formula alone; of conditions (x > 0)*(x < 1), or 1 - (x > 0) for what is not",
        "verbs": "the formula alone, which is differentiated, or verified if it is an equation",
    }
    return {word: said[sort] for sort, words in stored_table("meanings")["prose"].items() for word in words.split()}


def word_advice(word: str, beside: str | None = None) -> str | None:
    """What is written in place of a word of a sentence, or of a fact ``beside`` a symbol; None for
    what may be a name.

    >>> word_advice("symmetric", "A"), word_advice("of"), word_advice("loss", "A")
    ('declare A: symmetric', 'the formula alone', None)
    """
    return f"declare {beside}: {word}" if beside is not None and canonical(word) is not None else _prose().get(word)


def has_form(function: str) -> bool:
    """Whether it is known what is written for the function."""
    return function in stored_table("meanings")["written"]


def written(function: str, arguments: Sequence[str]) -> str | None:
    """What is written for a function of these arguments; None when that is not known, needs more of
    them, or would be long."""
    template = _looked_up(stored_table("meanings")["written"], function)
    if template is None or len(arguments) < ("{0}" in template or "{a}" in template) + ("{1}" in template):
        return None
    operands = [part if _WHOLE.fullmatch(part) else f"({part})" for part in arguments]
    short = sum(map(len, operands)) <= _LONGEST_QUOTE
    return template.format(*operands, a=arguments[0] if arguments else "") if short else None


def advice_for(function: str, arguments: Sequence[str] = (), others: Iterable[str] = ()) -> str:
    """What to write where a function is called that does not exist: the same in the language, the
    spelling that was meant, or why not.

    ``arguments`` are those given, as far as they are names; ``others`` are functions that are
    declared.

    >>> advice_for("logit"), advice_for("sinn"), advice_for("median")
    ('log(x./(1 - x))', 'sin', 'orders have no derivative that a formula says')
    """
    near = nearest_function(function, others)
    given = [*arguments[:2], *["x", "y"][len(arguments) :]]
    return written(function, given) or why_not(function) or _with_an_index(function, given) or near or _as_factors(function)


def unknown_function(
    function: str, span: Span, arguments: Sequence[str] = (), others: Iterable[str] = ()
) -> UnknownFunctionError:
    """The error for a call of a function that does not exist: with what to write instead, or why
    there is none."""
    if function in known_functions():
        advice = f"{function}(x'*A*x, x)" if function in OF_DERIVATIVES else f"{function}(x)"
        return UnknownFunctionError(f"the function {function!r} needs an argument in brackets", span=span, suggestion=advice)
    message, advice, why = f"there is no function {function!r}", advice_for(function, arguments, others), why_not(function)
    return UnknownFunctionError(
        f"{message}: {why}" if advice == why else message, span=span, suggestion=None if advice == why else advice
    )


def is_of_problems(function: str) -> bool:
    """Whether a function is, without brackets, a word of an optimisation problem: ``min``."""
    return spellings().get(function) in of_entries()


def not_indexed(function: str, name: str, span: Span, advice: str = "") -> ShapeError:
    """What is said of a sum or a product over an index at which nothing stands."""
    index = name if name in _LETTERS_OF_INDICES else "i"
    said = f"nothing in the {_OVER_INDICES.get(function, function)} is indexed by {name}"
    return ShapeError(said, span=span, suggestion=advice or f"{function}({index}, x[{index}])")


_OVER_INDICES = {"prod": "product"}
_LETTERS_OF_INDICES = frozenset("ijklmnpqrstuvw")


def optimum(function: str, span: Span) -> ParseError:
    """What is said of ``min`` before a formula, which is no function of its value."""
    name = spellings()[function]
    return ParseError(
        f"{name}ima are not read",
        span=span,
        suggestion=f"the formula alone, or {name}(x) for {functions()[name].meaning}",
    )


def norm_of_the_largest(span: Span) -> ParseError:
    """What is said of ``||X||_max``, which is no norm of order max."""
    return ParseError(
        "the norm with the index max is not read", span=span, suggestion="max(abs(x)), or max(abs(vec(X))) of a matrix"
    )


def why_not(function: str) -> str | None:
    """What is said of a function that stands for no formula of the language."""
    return _looked_up(stored_table("meanings")["said"], function)


def _looked_up(table: Mapping[str, str], function: str) -> str | None:
    """An entry by the spelling as it stands, or in lower case without underscores."""
    plain = function.replace("_", "").lower()
    return table.get(function) or (table.get(plain) if len(plain) > 1 else None)


def _with_an_index(function: str, arguments: Sequence[str]) -> str | None:
    """``tr_X``, ``cos2``, ``lambda_1``: a known name with something added."""
    found = _INDEXED.fullmatch(function)
    if found is None:
        return None
    stem = found[1].lower()
    return f"{stem}({arguments[0]})" if stem in spellings() or stem in known_functions() else written(f"{stem}i", arguments)


def _as_factors(function: str) -> str:
    """For a name that nobody knows: the product of its letters, or a function of one's own."""
    known = max((name for name in known_functions() if len(name) > 2 and function.endswith(name)), key=len, default="")
    if known and len(function) <= len(known) + 2:
        return f"{'*'.join(function[: -len(known)])}*{known}(...) for a product"
    pieces = _LETTERS_APART.findall(function)
    if 1 < len(pieces) <= 4 and "".join(pieces) == function and not re.fullmatch(r"[a-z]{3,}", function):
        return f"{'*'.join(pieces)}*(...) for a product"
    return f"a function that acts on each entry can be declared ({function}: function); between the factors of a product stands *"


def nearest_function(name: str, others: Iterable[str] = ()) -> str | None:
    """The known function that the spelling is a slip of."""
    return None if is_foreign(name) else nearest_spelling(name, known_functions() | set(others))


_DOTTED = pattern(r"[^\W\d]\w*(?:\.[^\W\d]\w*)+")
_NAME_BEFORE = pattern(r"[^\W\d]\w*\Z")
_ATTRIBUTE = pattern(r"\.([^\W\d]\w*)")
_ALONG = pattern(r"\s*(?:axis|dim)\s*=\s*(-?\d)\s*")
_LONGEST_CALL = 60


def along_an_axis(function: str, matrix: str = "X") -> str:
    """How a function is taken along the rows or the columns of a matrix."""
    return f"{function}({matrix}, rows) for every row or {function}({matrix}, cols) for every column"


def dot_in(text: str, position: int) -> ParseError:
    """The error for a dot at ``position`` that is part of no number and no operator."""
    start = _start_of_name(text, position)
    module = _DOTTED.match(text, start)
    if module is not None and module[0].partition(".")[0] in stored_table("dialects")["modules"]["names"]:
        arguments, end = _arguments(text, module.end())
        instead = _rewritten(module[0].rpartition(".")[2], arguments)
        return ParseError("functions stand without the name of a module", span=Span(start, module.end()), suggestion=instead)
    attribute = _ATTRIBUTE.match(text, position)
    if attribute is not None and (has_form(attribute[1]) or text[attribute.end() : attribute.end() + 1] == "("):
        arguments, _ = _arguments(text, attribute.end())
        receiver = text[start:position] if start < position else "X"
        if receiver[:1] == "(":
            receiver = receiver[1:-1]
        instead = _rewritten(attribute[1], [receiver, *(arguments or [])])
        return ParseError("expressions have no methods and attributes", span=Span(position, attribute.end()), suggestion=instead)
    return ParseError(
        "a dot alone is no operator",
        span=Span(position, position + 1),
        suggestion="x*y (product), x.*y (elementwise), x'*y (inner product) or x^T, x.T (transpose)",
    )


def _start_of_name(text: str, position: int) -> int:
    """Where the name begins that ends before ``position``, or the brackets that close there."""
    depth = 0
    for place in range(position - 1, -1, -1) if text[position - 1 : position] in (")", "]") else ():
        depth += (text[place] in ")]") - (text[place] in "([")
        if depth == 0:
            return place
    name = _NAME_BEFORE.search(text, max(0, position - LONGEST_QUOTED_NAME), position)
    return position if name is None else name.start()


def _arguments(text: str, position: int) -> tuple[list[str] | None, int]:
    """The texts between brackets that open at ``position``, and where the brackets end; None
    without brackets."""
    if text[position : position + 1] != "(":
        return None, position
    parts, depth, begin = [], 0, position + 1
    for place in range(position, len(text)):
        depth += (text[place] in "([") - (text[place] in ")]")
        if depth == 0 or (depth == 1 and text[place] == ","):
            parts.append(text[begin:place].strip())
            begin = place + 1
        if depth == 0:
            return [part for part in parts if part], place + 1
    return None, position


def _rewritten(name: str, arguments: list[str] | None) -> str | None:
    """The call as it is written in the language, as far as it is known; the axes are NumPy's."""
    arguments = arguments or []
    plain = [argument for argument in arguments if "=" not in argument]
    along = next((found[1] for argument in arguments if (found := _ALONG.fullmatch(argument)) is not None), "")
    if has_form(name):
        return written(name, plain) or written(name, ["A", "x"])
    if name not in known_functions():
        return advice_for(name)
    axis = {"0": ", cols", "1": ", rows", "-1": ", rows"}.get(along, "")
    made = f"{name}({', '.join(plain) or 'x'}{axis})"
    return made if len(made) <= _LONGEST_CALL else f"{name}(x{axis})"


@record
class Usual:
    """The usual meaning of a letter: a function of the language, what it is called, and what is
    written where the language has it not."""

    function: str
    words: str
    instead: str


USUAL = {
    "sigma": Usual("sigmoid", "the logistic function", "sigmoid({x})"),
    "Gamma": Usual("gamma", "the gamma function", "a function declared with its derivative by hand"),
    "psi": Usual("digamma", "the digamma function", "a function declared with its derivative by hand"),
    "Phi": Usual("normcdf", "the distribution function of the normal distribution", "(1 + erf({x}/sqrt(2)))/2"),
}
"""Of letters at once before brackets, where nothing else says what they are."""


_OF_TWO = {"beta": Usual("beta_function", "the beta function", "a product of gamma functions")}
"""Of letters before brackets with two names in them."""
_DENSITY = Usual("normpdf", "the density of the normal distribution", "exp(-{x}^2/2)/sqrt(2*pi)")


PROJECTIONS = {"P_Omega": "Omega"}
"""Signs before brackets of what keeps the entries of a matrix that are observed, and puts 0 for the
others, each with what says which these are."""


def _ways_to_read(name: Token) -> tuple[str, str]:
    return f"the observed entries: {PROJECTIONS[name.value]} .* (...)", f"a product: {name.value}*(...)"


def projected(name: Token, decisions: list[Decision]) -> Token:
    """The token of such a sign."""
    mask = PROJECTIONS[name.value]
    said = f"{name.value}(X) is read as {mask} .* X, the observed entries of X"
    said += f", with {mask} a matrix of 0 and 1"
    decisions.append(Decision(said, "alias", span=name.span, instead=_ways_to_read(name)))
    return Token("CALL", MASKED + mask, name.start, name.end)


def factor_instead(name: Token) -> Decision:
    """What is said where such a sign is a factor, as its operand is no matrix."""
    readings = _ways_to_read(name)[::-1]
    return Decision(f"{name.value}(...) is read as a product", "names", "doubtful", name.span, readings)


LIKE_FUNCTIONS = frozenset(["f", "g", "h", "phi"])
"""Letters that are functions so often that a factor of that name is doubtful before brackets."""


def called_name(name: Token, inside: list[str], called: Collection[str], decisions: list[Decision]) -> Token:
    """The token of a name without another meaning at once before brackets; ``inside`` are the names
    in these, if they hold nothing else, ``called`` all such names of the text.

    Raises UnknownFunctionError for a function that the language does not have, or that nobody
    defined.
    """
    letter = name.value
    spelled = letter == "gamma" and name.end - name.start == len(letter)  # the function's name, where γ would be a letter
    usual = _DENSITY if letter == "phi" and "Phi" in called else USUAL.get("Gamma" if spelled else letter)
    if usual is None and len(inside) == 2:
        usual = _OF_TWO.get(letter)
    argument = inside[0] if len(inside) == 1 else "x"
    if usual is not None:
        if usual.function not in known_functions():
            raise UnknownFunctionError(
                f"{letter}(...) is {usual.words}, which the language does not have",
                span=name.span,
                suggestion=usual.instead.format(x=argument),
            )
        readings = (f"{usual.words}: {usual.function}(...)", f"a factor: {letter}*(...)")
        decisions.append(Decision(f"{letter}(...) is read as {usual.words}", "alias", span=name.span, instead=readings))
        return Token("CALL", usual.function, name.start, name.end)
    if inside:
        raise UnknownFunctionError(
            f"{letter} is a function that is not defined",
            span=name.span,
            suggestion=f"{letter} declared as a function (elementwise), its formula in its place, or {letter}*{argument} for a product",
        )
    if letter in LIKE_FUNCTIONS:
        readings = (f"a factor: {letter}*(...)", f"a function: declare {letter}: function")
        decisions.append(Decision(f"{letter}(...) is read as a product", "names", "doubtful", name.span, readings))
    return name
