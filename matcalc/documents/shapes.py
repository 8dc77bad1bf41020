"""What the sides of an equation look like: a number, zero, a derivative, an array, a fact about one symbol."""

from __future__ import annotations

import re
from collections.abc import Container
from functools import cache

from matcalc.base.errors import MatcalcError, Span
from matcalc.base.functions import spellings
from matcalc.base.lazy import pattern
from matcalc.documents.cues import environments
from matcalc.documents.heads import head_of, letters_in
from matcalc.documents.pieces import Notation
from matcalc.documents.sentences import cue_table
from matcalc.language.declare.stated_facts import stated, symbol_in
from matcalc.language.text.spelling import SPELLED_GREEK

_FACTOR = r"(?:\d[\d.,]*(?:[eE][-+]?\d+)?|\\[td]?frac\s*\{?\d+\}?\s*\{?\d+\}?|\\pi|pi|π|\\infty|∞)"
_POWER = r"(?:10|2|e)\s*\^\s*(?:\{[-+]?[\d.]+\}|\([-+]?[\d.]+\)|[-+]?\d)"
_UNIT = r"\s*(?:\\?%|\\[,;: ]|\\text(?:rm)?\s*\{[^{}]*\}|\\mathrm\s*\{[^{}]*\})*"
_NUMBER = pattern(rf"[-+]?\s*(?:{_FACTOR}(?:\s*/\s*{_FACTOR})?(?:\s*(?:\\cdot|\\times|\*|×|·)?\s*{_POWER})?|{_POWER}){_UNIT}[.]?")
_ZERO = pattern(r"(?:\\(?:mathbf|boldsymbol|bm|vec|mathbb|mathrm|bar)\s*)*\{?\s*0\s*\}?(?:_\{?[\w\\ ,×]*\}?)?|𝟎|zeros\([^()]*\)")
_INDEX = pattern(r"[a-zA-Z]")
_INDICES = frozenset("ijklmnpqrstKLMNT")
_D = r"(?:\\(?:mathrm|operatorname|text|textrm|rm)\s*\{?\s*d\s*\}?|d|𝑑)"
_LETTER = r"\\?(?:[A-Za-z]|[a-z]{3,7})(?![A-Za-z])"
_SIGN = r"(?:\\nabla|∇|(?:\\(?:mathbf|boldsymbol|bm|mathrm|mathcal|text|operatorname)\s*\{?\s*)?[HJ]\s*\}?)"
_SIGN_BEFORE = pattern(rf"\s*{_SIGN}\s*(?:\^\s*\{{?2\}}?|²)?\s*(?:_\s*\{{?\s*)?(?:\\[,!;]\s*)?(?P<name>{_LETTER})")
_QUOTIENT = pattern(
    rf"\\[tdc]?frac\s*\{{\s*{_D}(?![A-Za-z]{{2,}})|\bd2?\w*/d\w+|\bd\s*\(.{{0,400}}\)\s*/\s*d\w|\b(?:grad|gradient|hessian|jacobian)\s*\("
)
_ONE_DERIVATIVE = pattern(
    rf"\\[tdc]?frac\s*\{{\s*(?:\\partial|{_D})(?:[^{{}}]|\{{(?:[^{{}}]|\{{[^{{}}]*\}})*\}})*\}}\s*\{{(?:[^{{}}]|\{{(?:[^{{}}]|\{{[^{{}}]*\}})*\}})*\}}"
    r"|(?:\\nabla|∇)\s*(?:_\s*(?:\{(?:[^{}]|\{(?:[^{}]|\{[^{}]*\})*\})*\}|\\?[A-Za-z]+))?[^=+_-]{1,60}"
)
_DIFFERENTIAL = pattern(rf"\s*{_D}\s*(?:\\[,!;:]\s*)*(?P<of>.+)", re.DOTALL)
_DERIVED = pattern(r"[A-Za-z}](?:'|\\prime|\^\s*\{?\\prime\}?|′)+\s*(?:\\left)?\(")
_DIRECTIONAL = pattern(r"\bD\s*(?:\^\{?2\}?)?\s*(?:_\{?[^{}]*\}?)?\s*\\?[A-Za-z]+\s*\([^()]*\)\s*\\?!?\[")


@cache
def _signs(sort: str) -> tuple[str, ...]:
    return tuple(cue_table()["signs"][sort])


def holds(text: str, sort: str) -> bool:
    """Whether a sign of a sort, or an environment by cases, stands in a formula."""
    if sort == "cases":
        return any(f"\\begin{{{name}}}" in text for name in environments("cases")) or (r"\left\{" in text and r"\right." in text)
    return any(sign in text for sign in _signs(sort))


def is_number(text: str) -> bool:
    """Whether a side is a number, perhaps with its unit."""
    text = text.strip()
    return bool(text) and text not in "+-" and _NUMBER.fullmatch(text) is not None


def is_zero(text: str) -> bool:
    """Whether a side is zero, of whatever shape."""
    return _ZERO.fullmatch(text.strip()) is not None


def is_index(text: str) -> bool:
    """Whether a side is a letter that counts."""
    return text.strip() in _INDICES and len(text.strip()) == 1


def is_derivative(text: str) -> bool:
    """Whether a derivative or a differential stands in a formula."""
    found = any(sign in text for sign in _signs("derivative")) or _QUOTIENT.search(text) is not None
    return found or _DERIVED.search(text) is not None or _DIRECTIONAL.search(text) is not None


def is_one_derivative(text: str) -> bool:
    """Whether a side is the derivative of something and no more."""
    return _ONE_DERIVATIVE.fullmatch(text.strip()) is not None


def derivative_sign_before(text: str, known: Container[str]) -> bool:
    """Whether a side is the gradient, the Hessian or the Jacobian of a name with a definition: ``\\nabla f(x, y)``, ``\\mathbf{H}_f``."""
    match = _SIGN_BEFORE.match(text)
    found = head_of(match["name"]) if match is not None else None
    return found is not None and found.name in known


def is_differential_of(text: str, known: Container[str]) -> bool:
    """Whether a side is the differential of a name that has a definition."""
    match = _DIFFERENTIAL.fullmatch(text.strip())
    found = head_of(match["of"]) if match is not None else None
    return found is not None and found.name in known


def is_decimal(text: str) -> bool:
    """Whether a number is written with decimals, as what is measured or rounded is."""
    return _DECIMAL.search(text) is not None


def is_set(text: str) -> bool:
    """Whether a side is a set with what its members satisfy; braces with something behind them may be brackets: ``\\{A + B\\} - C``."""
    return _SET.match(text.strip()) is not None and not holds(text, "cases") and _BRACED.match(text.strip()) is None


def is_kronecker(text: str) -> bool:
    """Whether a side is one where two indices are equal, and zero elsewhere."""
    return _KRONECKER.fullmatch(text.strip()) is not None


def is_differential_equation(text: str, notation: Notation) -> bool:
    """Whether a second derivative by primes or dots stands in a side."""
    return notation == "latex" and _SECOND.search(text) is not None


def is_question(text: str) -> bool:
    """Whether a side is left open."""
    return _QUESTION.fullmatch(text.strip()) is not None


def is_ellipsis(text: str) -> bool:
    """Whether a side is left out."""
    return text.strip() in _signs("ellipsis")


def is_optimum(text: str) -> bool:
    """Whether a side is a minimum, a maximum or where it is."""
    return text.lstrip().startswith(_signs("optimum"))


def optimised(text: str) -> int:
    r"""Where the function begins that a side minimises or maximises, ``\min_{x} f(x)``; 0 for another side."""
    found = _OPTIMISED.match(text)
    head = None if found is None else head_of(text[found.end() :])
    return found.end() if found is not None and head is not None and head.arguments else 0


def is_rough(text: str) -> bool:
    """Whether an equation holds up to a remainder, ``o(h)``, or to a constant that is not named."""
    return _ROUGH.search(text) is not None


def is_expected(text: str, known: Container[str]) -> bool:
    """Whether a formula speaks of an expectation, a variance or the probability of something."""
    return any(found["name"] is None or found["name"] not in known for found in _EXPECTED.finditer(text))


def is_density(text: str) -> bool:
    """Whether the density or the probability of something given something else stands in a formula, or the name of a distribution."""
    return _DENSITY.search(text) is not None


def is_of_chance(text: str) -> bool:
    """Whether a formula is about random variables: an expectation, a density or an event stands in it."""
    return is_expected(text, ()) or is_density(text) or is_event(text)


def is_integral(text: str) -> bool:
    """Whether an integral stands in a formula."""
    return _INTEGRAL.search(text) is not None


def is_infinite(text: str) -> bool:
    """Whether a sum or a product without end stands in a formula, or the value of a function at infinity."""
    return _INFINITE.search(text) is not None


def is_bound(text: str) -> bool:
    """Whether the infimum or the supremum over something stands in a formula."""
    return _BOUND.search(text) is not None


def is_of_sets(text: str) -> bool:
    """Whether a formula is made of sets."""
    return _OF_SETS.search(text) is not None


def is_entries(text: str) -> bool:
    r"""Whether a side is an array by its entries in brackets: ``[a_{ij}]_{m \times n}``, ``(b_i)_{i}``."""
    found = _ENTRIES.fullmatch(text.strip())
    if found is None:
        return False
    indices = found["letter"] or found["indices"].strip()
    return r"\times" in indices or f"_{{{indices}}}" in found["entry"] or (len(indices) == 1 and f"_{indices}" in found["entry"])


def is_event(text: str) -> bool:
    r"""Whether the probability of an event stands in a formula: ``P(X \\leq x)``, ``p(y = c)``."""
    return _EVENT.search(text) is not None


def is_power(text: str) -> bool:
    """Whether a side is a power of a name: ``\\sigma^2`` is defined by an equation for it."""
    return powered(text) is not None


def powered(text: str) -> str | None:
    """The name that a side is a power of; the index may stand behind the exponent: ``\\sigma^2_{\\text{ML}}``."""
    match = _POWER_OF.fullmatch(text.strip())
    found = None if match is None else head_of(match["base"] + (match["index"] or ""))
    return None if found is None or found.arguments else found.name


def inverted(text: str) -> str | None:
    """The matrix that a side is the inverse of, as it is written; None for another side."""
    match = _INVERSE_OF.fullmatch(text.strip())
    found = None if match is None else head_of(match["base"])
    return match["base"] if match is not None and found is not None and found.name[:1].isupper() and not found.arguments else None


def is_iterate(name: str) -> bool:
    """Whether a name is that of the next step of an algorithm."""
    return _ITERATE.search(name) is not None


def value_of(text: str) -> str | None:
    """The function whose value at a number a side is: f of ``f(4)``."""
    match = _VALUE.fullmatch(text.strip())
    found = head_of(match["function"]) if match is not None else None
    return found.name if found is not None else None


def is_about_one(left: str, right: str) -> bool:
    """Whether an equation is about one symbol."""
    return len(left) + len(right) <= _LONGEST_FACT and len(_symbol_of(left, right)) == 1


def states_fact(left: str, right: str) -> bool:
    """Whether an equation states a fact about one symbol: ``Q^\\top Q = I``, ``A = A^\\top``, ``\\|u\\| = 1``.

    What equates two different products of a symbol and its transpose is one, too, as no such equation holds for all.
    """
    if len(left) + len(right) > _LONGEST_FACT or not _symbol_of(left, right):
        return False
    text = _SIZED_IDENTITY.sub("I", f"{left} = {right}")
    try:
        _, form = symbol_in(text, (), Span(0, 0))
    except MatcalcError:
        return False
    words = [word for word, _ in form] if isinstance(form, tuple) else []
    two = len(words) == _TWO and all(letter in _OF_PRODUCTS for word in words for letter, _ in word)
    return two or stated(form, None, None) is not None


def _symbol_of(left: str, right: str) -> frozenset[str]:
    """The letters of an equation outside scripts and names of functions, where it has no more than one."""
    found = {letter for side in (left, right) for letter in letters_in(_NO_SYMBOL.sub(_kept, side))} - _NOT_SYMBOLS
    return frozenset(found) if len(found) == 1 else frozenset()


def _kept(found: re.Match[str]) -> str:
    return found[0] if found[0][1:] in SPELLED_GREEK else " "


def is_function(name: str) -> bool:
    """Whether a name with arguments is that of a function which everybody knows: ``tr(A)`` is no definition of tr."""
    return name in spellings() or name in cue_table()["names"]["functions"]


def is_constant(text: str) -> bool:
    """Whether a side is a name with a fixed meaning, such as the identity."""
    return text.strip() in cue_table()["names"]["constants"]


_LONGEST_FACT = 80
_TWO = 2
_OF_PRODUCTS = frozenset(["·", "eye", "1"])
"""What stands in the normal form of an equation between products of a symbol."""
_NOT_SYMBOLS = frozenset(["I", "T", "e", "i", "j", "k", "n", "p", "d"])
_NO_SYMBOL = pattern(
    r"[_^]\s*(?:\{[^{}]*\}|\\[A-Za-z]+|.)|\\(?:operatorname|mathrm|text|mathsf)\s*\{[A-Za-z]{2,}\}|\\[A-Za-z]{4,}(?=[\s{(])|[A-Za-z]{2,}(?=\()"
)
"""Scripts, and the names of functions and fonts."""
_SIZED_IDENTITY = pattern(r"(?:\\(?:mathbf|boldsymbol|bm|mathbb|mathrm)\s*\{?\s*)?I\s*\}?\s*_\s*(?:\{[^{}]*\}|\w)|\\mathbf\s*\{?\s*I\s*\}?")
_SET = pattern(r"(?:\\left|\\[bB]igg?l?)?\s*\\(?:\{|lbrace)")
_BRACED = pattern(
    r"(?:\\left|\\[bB]igg?l?)?\s*\\(?:\{|lbrace)(?:(?!\\mid|\\[{}]|\\[lr]brace)[^:|,]){1,400}(?:\\right|\\[bB]igg?r?)?\s*\\(?:\}|rbrace)\s*"
    r"(?:[-+^(\w]|\\(?!cup|cap|setminus|times|subset|in\b|quad|qquad))"
)
_INTEGRAL = pattern(r"\\(?:i{1,4}|o|oi)?nt(?![A-Za-z])|[∫∬∮]")
_LIMITS = r"(?:\s*\\limits)?\s*(?:_\s*(?:\{[^{}]*\}|\w)\s*)?\^\s*\{?\s*\+?\s*(?:\\infty|∞)"
_INFINITE = pattern(rf"\\(?:sum|prod)(?![A-Za-z]){_LIMITS}|[∑∏]{_LIMITS}|\(\s*[-+]?\s*(?:\\infty(?![A-Za-z])|∞)\s*\)")
_BOUND = pattern(r"\\(?:inf|sup)(?![A-Za-z])\s*(?:\\limits\s*)?_")
_OF_SETS = pattern(r"\\(?:big)?(?:cup|cap|sqcup)(?![A-Za-z])|\\(?:setminus|emptyset|varnothing)(?![A-Za-z])|[∪∩]")
_ENTRIES = pattern(
    r"(?:\\left|\\[bB]igg?l?)?\s*[\[(](?P<entry>.*?)(?:\\right|\\[bB]igg?r?)?\s*[\])]\s*_\s*(?:(?P<letter>[a-z])|\{(?P<indices>[^{}]*)\})",
    re.DOTALL,
)
_KRONECKER = pattern(r"\\delta\s*_\s*\{?\s*[a-z]\s*,?\s*[a-z]\s*\}?")
_SECOND = pattern(r"[A-Za-z}]\s*(?:''|\^\s*\{\s*\\prime\s*\\prime\s*\})(?!\()|\\d?ddot")
_DECIMAL = pattern(r"\d\.\d")
_QUESTION = pattern(r"(?:\\[,;:! ]|\?|\\text\s*\{\s*\?+\s*\}|\s)*\?(?:\\[,;:! ]|\s|\?)*|\\text\s*\{\s*\?+\s*\}")
_POWER_OF = pattern(r"(?P<base>[^^]+)\^\s*(?:\{\s*(?:\d|-\s*1)\s*\}|\d)\s*(?P<index>_\s*(?:\w|\{[^{}]*(?:\{[^{}]*\})?[^{}]*\}))?")
_INVERSE_OF = pattern(r"(?P<base>[^^()]{1,40}?)\s*\^\s*\{\s*-\s*1\s*\}")
_ITERATE = pattern(r"(?:\+|plus)1\b|_(?:new|next)\b|_plus\b")
_VALUE = pattern(r"(?P<function>[^()]{1,40})\((?:[\w\s\\{}^_*]{1,20},)*\s*[-+]?\d+(?:\.\d+)?\s*(?:,[\w\s\\{}^_*.-]{1,20})*\)")
_OPEN = r"\s*(?:\\left|\\[bB]igg?l?)?\s*"
_GOAL = r"(?:min|max)(?:imi[sz]e)?"
_OPTIMISED = pattern(
    rf"\s*\\(?:{_GOAL}|(?:operatorname\*?|text|mathrm)\s*\{{\s*{_GOAL}\s*\}}|underset\s*\{{[^{{}}]*(?:\{{[^{{}}]*\}})*[^{{}}]*\}}\s*\{{[^{{}}]*{_GOAL}\s*\}}*)"
    r"(?:\\limits)?\s*(?:_\s*(?:\{(?:[^{}]|\{[^{}]*\})*\}|\\?\w))?(?:\\[,;:! ]|\\q?quad|\s|~)*(?=[A-Za-z\\])"
)
_ROUGH = pattern(
    rf"\\mathcal\s*\{{?\s*[Oo]\s*\}}?{_OPEN}\(|(?<![A-Za-z\\])[oO]{_OPEN}\(\s*(?:[hntN1]\b|\\\||\|\||\|h|\\(?:l?[vV]ert|epsilon|varepsilon|eta|Delta)\b)"
    rf"|[-+]\s*[oO]{_OPEN}\([^()]{{0,20}}(?:\\\||\\l?[vV]ert|\|\||\\(?:alpha|tau|delta|gamma|lambda)(?![A-Za-z]))|\\(?:text|textrm|mathrm|mbox)\s*\{{[^{{}}]*(?:higher|remainder|h\.o\.t)[^{{}}]*\}}"
    r"|\\(?:text|textrm|mathrm|operatorname|mbox)\s*\{\s*[cC](?:onst(?:ant)?|st)\.?\s*\}|(?<![A-Za-z\\{])const\.?(?![A-Za-z(])"
)
_UPRIGHT = r"\\(?:mathbb|mathrm|operatorname\*?|mathsf|text)\s*\{?\s*"
_EXPECTED = pattern(
    rf"(?:\\mathbb\s*\{{?\s*[EPV](?![A-Za-z])|{_UPRIGHT}(?:\\mathbb\s*\{{)?(?:E|Var|Cov|var|cov|Corr|Prob?)\s*\}}*(?:_\{{?[^{{}}]*\}}?)?{_OPEN}(?:[\[(]|\\\{{)"
    r"|\\(?:Pr|E|V|cov|Cov|Var|Expect|EE|PP|corr)(?![A-Za-z])|𝔼|ℙ)"
    rf"|(?<![A-Za-z\\_{{])(?P<name>E|Var|Cov|Pr)(?:_\{{[^{{}}]*\}}|_\w)?{_OPEN}(?:\[|\((?:[^()+-]|(?<=[_^]\{{\w)[+-]|(?<=[_^]\{{)-)*\))"
)
_BAR = r"(?:(?<![\\|])\||\\mid(?![A-Za-z])|\\[vV]ert(?![A-Za-z])|\\giv(?![A-Za-z]))"
_GIVEN = rf"[^()|]{{1,80}}?{_BAR}[^()|]{{1,80}}"
_DENSITY = pattern(
    rf"(?<![A-Za-z\\])(?:[pqPQfgh]|\\mathrm\s*\{{[A-Z][a-z]+\}}|\\mathcal\s*\{{?\s*N\s*\}}?)(?:_\{{[^{{}}]*\}}|_\w)?{_OPEN}\({_GIVEN}\)"
    rf"|\\mathcal\s*\{{?\s*N\s*\}}?{_OPEN}\([^()]*[;,]|\\log\s*P{_OPEN}\(|(?<![A-Za-z\\])P\(\s*[A-Z](?:\s*(?:,|\\cap|\\cup)\s*[A-Z])*\s*\)"
)
_EVENT = pattern(
    rf"(?:(?<![A-Za-z\\])[pPq]|\\Pr|\\mathbb\s*\{{?\s*P\s*\}}?){_OPEN}\((?:[^()]|\([^()]*\)){{1,60}}?(?:[=<>≤≥]|\\(?:leq?|geq?|lt|gt|in)(?![A-Za-z]))"
)
