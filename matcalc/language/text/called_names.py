"""What one letter at once before brackets is: a factor, ``W(Ax - b)``, a function by its usual meaning, ``σ(Wx)``, or one nobody defined.

A name that is declared, differentiated by, or stands elsewhere in the text as a value is a factor. Else a Greek letter may have a usual
meaning. What is left is a factor where the brackets hold a sum or a product, and a function where they hold a name or a list of names:
``q(u)``, ``L(θ)``, ``f(x, y)`` are not read.
"""

from __future__ import annotations

from collections.abc import Collection

from matcalc.base.errors import UnknownFunctionError
from matcalc.base.records import record
from matcalc.language.decisions import Decision
from matcalc.language.text.terminals import Token
from matcalc.language.text.vocabulary import known_functions


@record
class Usual:
    """The usual meaning of a letter: a function of the language, what it is called, and what is written where the language has it not."""

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
_DENSITY = Usual("normpdf", "the density of the normal distribution", "exp(-{x}^2/2)/sqrt(2*pi)")
LIKE_FUNCTIONS = frozenset(["f", "g", "h", "phi"])
"""Letters that are functions so often that a factor of that name is doubtful before brackets."""


def called_name(name: Token, inside: list[str], called: Collection[str], decisions: list[Decision]) -> Token:
    """The token of a name without another meaning at once before brackets; ``inside`` are the names in these, if they hold nothing else,
    ``called`` all such names of the text.

    Raises UnknownFunctionError for a function that the language does not have, or that nobody defined.
    """
    letter = name.value
    spelled = letter == "gamma" and name.end - name.start == len(letter)  # the function's name, where γ would be a letter
    usual = _DENSITY if letter == "phi" and "Phi" in called else USUAL.get("Gamma" if spelled else letter)
    argument = inside[0] if len(inside) == 1 else "x"
    if usual is not None:
        if usual.function not in known_functions():
            message = f"{letter}(...) is {usual.words}, which the language does not have"
            raise UnknownFunctionError(message, span=name.span, suggestion=usual.instead.format(x=argument))
        readings = (f"{usual.words}: {usual.function}(...)", f"a factor: {letter}*(...)")
        decisions.append(Decision(f"{letter}(...) is read as {usual.words}", "alias", span=name.span, instead=readings))
        return Token("CALL", usual.function, name.start, name.end)
    if inside:
        advice = f"{letter} declared as a function (elementwise), its formula in its place, or {letter}*{argument} for a product"
        raise UnknownFunctionError(f"{letter} is a function that is not defined", span=name.span, suggestion=advice)
    if letter in LIKE_FUNCTIONS:
        readings = (f"a factor: {letter}*(...)", f"a function: declare {letter}: function")
        decisions.append(Decision(f"{letter}(...) is read as a product", "names", "doubtful", name.span, readings))
    return name
