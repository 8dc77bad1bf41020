"""What the sides of an equation look like: a name, a number, zero, a derivative, a set."""

from __future__ import annotations

import re
from collections.abc import Callable, Container, Mapping
from dataclasses import dataclass
from functools import cache, lru_cache

from matcalc.base.errors import MatcalcError, Span
from matcalc.base.files import stored_table
from matcalc.base.functions import spellings
from matcalc.base.lazy import pattern
from matcalc.documents.blocks import Notation, Placed
from matcalc.documents.cues import environments, word_use
from matcalc.language.declare.stated_facts import stated, symbol_in
from matcalc.language.latex.latex_commands import ACCENTS, FONTS, SPACING, WORDS, is_known_command, plain_name
from matcalc.language.text.spelling import GREEK_NAMES, SPELLED_GREEK, canonical_name, is_name

_COMMAND = pattern(r"\\([A-Za-z]+|.)")
_SIZES = frozenset(["left", "right", "big", "Big", "bigl", "bigr", "Bigl", "Bigr"])
_MARKS = {"star": "*", "ast": "*", "*": "*", "dagger": "†", "mid": "|", "vert": "|", "prime": "′", "{": "", "}": ""}
_MARKS |= {"max": "max", "min": "min"}
_COMMANDS = FONTS | WORDS | SPACING | ACCENTS.keys() | SPELLED_GREEK | _SIZES | _MARKS.keys()
_WORD = pattern(rf"\\(?:{'|'.join(sorted(WORDS))})\*?\s*\{{\s*([^\W\d_][\w -]*?)\s*\}}")
_ONE_NAME = 0xE000
"""From here on are characters for names that are set as one."""
_ABOVE = pattern(r"\^\s*(?:\{(?:[^{}]|\{[^{}]*\}){0,40}\}|\\(?:ast|star)(?![A-Za-z])|[*+])")
_BELOW = pattern(r"_\s*\{([^{}]*)\}")
_SIGNED = r"plus|minus|[a-z](?:plus|minus)\w"
_INDEX = rf"(?:_(?:\([^()]*\)|{_SIGNED}|hat|bar|tilde|dot|ddot|check|breve|acute|grave|ring|star|[\w*+\ue000-\uf8ff]))*"
_INDICES = pattern(r"_\(([^()]*)\)")
_RAISED = r"(?:\^(?:[†⋆]|[ktlijL](?:[+-]1)?(?![^\W_])))?"
_SQUARE = r"[α-ω]\^2"
"""An argument that is a variance: ``\\ell(\\mu, \\sigma^2)``."""
_LATEX_NAME = r"(?:[^\W\d_]|[\ue000-\uf8ff])"
_BEFORE_BRACKETS = pattern(r"(?P<name>[^()\[\]]{1,40}?)(?:\\left|\\[bB]igg?l?)?\((?P<inside>[^()]*)(?:\\right|\\[bB]igg?r?)?\)")
_CHANGE = pattern(r"(?:\\Delta(?![A-Za-z])|Δ)\s*(?:\\[,!])?\s*(?P<of>[^\s(){}].*)")
_OWN = pattern(r"\\([A-Za-z]{2,24})(?![A-Za-z])(?!\s*[{\[])")
_NAMES: dict[Notation, str] = {"latex": _LATEX_NAME, "plain": r"[^\W\d_](?:[^\W_]|_)*"}
_LETTER = pattern(r"\\([A-Za-z]+)|([^\W\d_])")
_NOISE = str.maketrans("", "", " \t\n\\{}")
_LONGEST = 120
_COMPARED_INDICES = pattern(r"[i-n]\s*(?:=|≠|\\neq?(?![A-Za-z])|[<>])\s*[i-n](?![A-Za-z])")
_GREEK = {name: letter for letter, name in reversed(list(GREEK_NAMES.items()))}


@dataclass(frozen=True, slots=True)
class Row:
    """``left relation right``, without alignment marks, labels and punctuation.

    Of a chain ``a = b = c``, one row for each relation: ``link`` counts from 0 and ``first`` is the
    first side that all up to here are said to be equal to, ``left`` the side just before.
    ``relation`` is ``=``, ``:=``, ``≤`` and so on as plain signs, or empty for a formula without
    one (then only ``left`` is there). ``mark`` stands above it: ``!`` for what shall hold, ``(a)``
    for a reason. ``lead`` are the words and signs in front of the row in its formula (``⇒``,
    ``hence``) and ``behind`` those after it (``\\text{if } K^\\top = -K``), which may hold
    formulas.
    """

    left: Placed
    relation: str
    right: Placed | None
    first: Placed
    link: int = 0
    lead: str = ""
    behind: str = ""
    mark: str = ""

    @property
    def text(self) -> str:
        """The relation between the first side and this one, as it is shown; with the condition that
        stands behind it."""
        if self.right is None:
            return self.left.text
        return f"{self.first.text} {self.relation} {self.right.text} {self.condition}".rstrip()

    @property
    def right_text(self) -> str:
        """The right side as it is written; empty without one."""
        return "" if self.right is None else self.right.text

    @property
    def condition(self) -> str:
        """What stands behind the row, where it begins with a word such as ``if``."""
        said = re.sub(r"\\[a-z]+\s*\{", "", self.behind)
        conditional = word_use(said.strip("{ ")) == "conditional" or _COMPARED_INDICES.match(self.behind) is not None
        return self.behind if conditional else ""


@dataclass(frozen=True, slots=True)
class Head:
    """A name with its indices as the language spells it, and the names of the arguments behind it,
    for a function."""

    name: str
    arguments: tuple[str, ...] = ()


@lru_cache(maxsize=1024)
def head_of(text: str, notation: Notation = "latex") -> Head | None:
    """The name that a side consists of; None for any other side, a power or a product among them.

    >>> head_of(r"\\mathcal{L}(v, \\lambda)"), head_of(r"z^{[1]}"), head_of(r"A^\\top"), head_of("Ax")
    (Head(name='L', arguments=('v', 'lambda')), Head(name='z^[1]', arguments=()), None, None)
    """
    text = text.strip()
    if not text or len(text) > _LONGEST:
        return None
    text, words = _own_as_one(text)
    if any(found[1] not in _COMMANDS for found in _COMMAND.finditer(text)):
        return None

    def word(found: re.Match[str]) -> str:
        if len(found[1]) == 1:
            return found[1]
        words.append(found[1].replace(" ", "_"))
        return chr(_ONE_NAME + len(words) - 1)

    short = _COMMAND.sub(_as_sign, _WORD.sub(word, _ABOVE.sub(_label, text)))
    match = _pattern(notation).fullmatch(plain_name(_BELOW.sub(r"_(\1)", short)).translate(_NOISE))
    return None if match is None else _head(match, words)


def _own_as_one(text: str) -> tuple[str, list[str]]:
    """A side with one character for a command of the author's that it begins with, and that."""
    own = _OWN.match(text)
    return (text, []) if own is None or not is_own(own[1]) else (chr(_ONE_NAME) + text[own.end() :], [own[1]])


def _head(match: re.Match[str], words: list[str]) -> Head | None:
    arguments = match["arguments"] or ""
    if match["primes"] and (arguments or not match["name"].islower()):
        return None
    name = _spelled(match["name"] + match["primes"] + match["index"] + match["entry"], words)
    return Head(name, tuple([_spelled(part, words) for part in re.split("[,;|]", arguments[1:-1]) if arguments]))


def partial_of(name: str, arguments: Callable[[str], tuple[str, ...]]) -> tuple[str, ...] | None:
    """What ``f_xy`` is differentiated by, if f has several arguments and these are among them; None
    for another name.

    >>> partial_of("f_xy", lambda name: ("x", "y")), partial_of("f_x", lambda name: ("x",)), partial_of("f_k", lambda name: ("x", "y"))
    (('x', 'y'), None, None)
    """
    base, _, letters = name.partition("_")
    known = arguments(base) if base and letters else ()
    return tuple(letters) if len(known) > 1 and len(letters) <= _MOST_ORDERS and set(letters) <= set(known) else None


_MOST_ORDERS = 3


@cache
def _pattern(notation: Notation) -> re.Pattern[str]:
    name = _NAMES[notation]
    argument = rf"{name}[′']*{_INDEX}{_RAISED}"
    return pattern(
        rf"(?P<name>{name})(?P<primes>[′']*)(?P<index>{_INDEX}{_RAISED}{_INDEX})"
        rf"(?P<arguments>\({argument}(?:[,;|](?:{argument}|{_SQUARE}))*\))?(?P<entry>{_INDEX})"
    )


def _head_in(found: re.Match[str] | None, part: str, notation: Notation = "latex") -> Head | None:
    """The name that a part of a side is; None for another part, or where there is none."""
    return None if found is None else head_of(found[part], notation)


def before_brackets(text: str, notation: Notation = "latex") -> str:
    """The name before the brackets that a side consists of besides: m of ``m(x + v)``; empty for
    another side."""
    head = _head_in(_BEFORE_BRACKETS.fullmatch(text.strip()), "name", notation)
    return "" if head is None or head.arguments else head.name


def change_of(text: str) -> Head | None:
    r"""The name of a step that a side is: ``\Delta x``, ``\Delta\mathbf{x}_{nt}``."""
    head = _head_in(_CHANGE.fullmatch(text.strip()), "of")
    return None if head is None or head.arguments else Head(f"Delta_{head.name}")


def is_own(command: str) -> bool:
    r"""Whether a command is none of LaTeX, and none that is read: one of the author's, such as
    ``\xbar``, perhaps from a file of macros."""
    return command not in _known_commands() and not is_known_command(command)


@cache
def _known_commands() -> frozenset[str]:
    return frozenset(stored_table("roles")["names"]["commands"]) | _COMMANDS | frozenset(spellings())


def _label(found: re.Match[str]) -> str:
    """What stands above a name, where it is a label, as an index of it."""
    name = plain_name("x" + found[0])
    return f"_({name[2:]})" if name.startswith("x_") and is_name(name) else found[0]


def _as_sign(found: re.Match[str]) -> str:
    name = found[1]
    if name in SPACING or name in _SIZES:
        return " "
    return _MARKS.get(name) if name in _MARKS else _GREEK.get(name, found[0])  # type: ignore[return-value]


def _spelled(name: str, words: list[str]) -> str:
    plain = _INDICES.sub(r"_\1", name)
    return canonical_name(
        "".join([words[ord(c) - _ONE_NAME] if _ONE_NAME <= ord(c) < _ONE_NAME + len(words) else c for c in plain])
    )


def letters_in(text: str) -> frozenset[str]:
    """The letters and Greek letters of a formula, each for itself; those of commands for other
    things left out."""
    found: set[str] = set()
    for match in _LETTER.finditer(text):
        if match[2]:
            found.add(GREEK_NAMES.get(match[2], match[2]))
        elif match[1] in SPELLED_GREEK:
            found.add(match[1])
    return frozenset(found)


_FACTOR = r"(?:\d[\d.,]*(?:[eE][-+]?\d+)?|\\[td]?frac\s*\{?\d+\}?\s*\{?\d+\}?|\\pi|pi|π|\\infty|∞)"
_POWER = r"(?:10|2|e)\s*\^\s*(?:\{[-+]?[\d.]+\}|\([-+]?[\d.]+\)|[-+]?\d)"
_UNIT = r"\s*(?:\\?%|\\[,;: ]|\\text(?:rm)?\s*\{[^{}]*\}|\\mathrm\s*\{[^{}]*\})*"
_NUMBER = pattern(rf"[-+]?\s*(?:{_FACTOR}(?:\s*/\s*{_FACTOR})?(?:\s*(?:\\cdot|\\times|\*|×|·)?\s*{_POWER})?|{_POWER}){_UNIT}[.]?")
_SHAPES_INDICES = frozenset("ijklmnpqrstKLMNT")
_D = r"(?:\\(?:mathrm|operatorname|text|textrm|rm)\s*\{?\s*d\s*\}?|d|𝑑)"
_SHAPES_LETTER = r"\\?(?:[A-Za-z]|[a-z]{3,7})(?![A-Za-z])"
_SIGN = r"(?:\\nabla|∇|(?:\\(?:mathbf|boldsymbol|bm|mathrm|mathcal|text|operatorname)\s*\{?\s*)?[HJ]\s*\}?)"
_SIGN_BEFORE = pattern(rf"\s*{_SIGN}\s*(?:\^\s*\{{?2\}}?|²)?\s*(?:_\s*\{{?\s*)?(?:\\[,!;]\s*)?(?P<name>{_SHAPES_LETTER})")
_QUOTIENT = pattern(
    rf"\\[tdc]?frac\s*\{{\s*{_D}(?![A-Za-z]{{2,}})|\bd2?\w*/d\w+|\bd\s*\(.{{0,400}}\)\s*/\s*d\w|\b(?:grad|gradient|hessian|jacobian)\s*\("
)
_DIFFERENTIAL = pattern(rf"\s*{_D}\s*(?:\\[,!;:]\s*)*(?P<of>.+)", re.DOTALL)
_DERIVED = pattern(r"[A-Za-z}](?:'|\\prime|\^\s*\{?\\prime\}?|′)+\s*(?:\\left)?\(")
_DIRECTIONAL = pattern(r"\bD\s*(?:\^\{?2\}?)?\s*(?:_\{?[^{}]*\}?)?\s*\\?[A-Za-z]+\s*\([^()]*\)\s*\\?!?\[")


@cache
def _signs(sort: str) -> tuple[str, ...]:
    return tuple(stored_table("roles")["signs"][sort])


def holds(text: str, sort: str) -> bool:
    """Whether a sign of a sort, or an environment by cases, stands in a formula."""
    if sort == "cases":
        return any(f"\\begin{{{name}}}" in text for name in environments("cases")) or (r"\left\{" in text and r"\right." in text)
    form = _FORMS.get(sort)
    return any(sign in text for sign in _signs(sort)) if form is None else form.search(text) is not None


def fits(side: str, sort: str) -> bool:
    """Whether a side as a whole is of a sort: zero of whatever shape, a Kronecker delta, one
    derivative, a question."""
    return _SIDES[sort].fullmatch(side.strip()) is not None


def is_number(text: str) -> bool:
    """Whether a side is a number, perhaps with its unit."""
    text = text.strip()
    return bool(text) and text not in "+-" and _NUMBER.fullmatch(text) is not None


def is_zero(text: str) -> bool:
    """Whether a side is zero, of whatever shape."""
    return fits(text, "zero")


def is_index(text: str) -> bool:
    """Whether a side is a letter that counts."""
    return text.strip() in _SHAPES_INDICES and len(text.strip()) == 1


def is_derivative(text: str) -> bool:
    """Whether a derivative or a differential stands in a formula."""
    found = any(sign in text for sign in _signs("derivative")) or _QUOTIENT.search(text) is not None
    return found or _DERIVED.search(text) is not None or _DIRECTIONAL.search(text) is not None


def derivative_sign_before(text: str, known: Container[str]) -> bool:
    """Whether a side is the gradient, the Hessian or the Jacobian of a name with a definition:
    ``\\nabla f(x, y)``, ``\\mathbf{H}_f``."""
    found = _head_in(_SIGN_BEFORE.match(text), "name")
    return found is not None and found.name in known


def is_differential_of(text: str, known: Container[str]) -> bool:
    """Whether a side is the differential of a name that has a definition."""
    found = _head_in(_DIFFERENTIAL.fullmatch(text.strip()), "of")
    return found is not None and found.name in known


def is_set(text: str) -> bool:
    """Whether a side is a set with what its members satisfy; braces with something behind them may
    be brackets: ``\\{A + B\\} - C``."""
    return _SET.match(text.strip()) is not None and not holds(text, "cases") and _BRACED.match(text.strip()) is None


def is_optimum(text: str) -> bool:
    """Whether a side is a minimum, a maximum or where it is."""
    return text.lstrip().startswith(_signs("optimum"))


def optimised(text: str) -> int:
    r"""Where the function begins that a side minimises or maximises, ``\min_{x} f(x)``; 0 for
    another side."""
    found = _OPTIMISED.match(text)
    head = None if found is None else head_of(text[found.end() :])
    return found.end() if found is not None and head is not None and head.arguments else 0


def is_expected(text: str, known: Container[str]) -> bool:
    """Whether a formula speaks of an expectation, a variance or the probability of something."""
    return any(found["name"] is None or found["name"] not in known for found in _EXPECTED.finditer(text))


def is_of_chance(text: str) -> bool:
    """Whether a formula is about random variables: an expectation, a density or an event stands in
    it."""
    return is_expected(text, ()) or holds(text, "density") or holds(text, "event")


def is_entries(text: str) -> bool:
    r"""Whether a side is an array by its entries in brackets: ``[a_{ij}]_{m \times n}``,
    ``(b_i)_{i}``."""
    found = _ENTRIES.fullmatch(text.strip())
    if found is None:
        return False
    indices = found["letter"] or found["indices"].strip()
    return r"\times" in indices or f"_{{{indices}}}" in found["entry"] or (len(indices) == 1 and f"_{indices}" in found["entry"])


def powered(text: str) -> str | None:
    """The name that a side is a power of; the index may stand behind the exponent:
    ``\\sigma^2_{\\text{ML}}``."""
    match = _POWER_OF.fullmatch(text.strip())
    found = None if match is None else head_of(match["base"] + (match["index"] or ""))
    return None if found is None or found.arguments else found.name


def inverted(text: str) -> str | None:
    """The matrix that a side is the inverse of, as it is written; None for another side."""
    match = _INVERSE_OF.fullmatch(text.strip())
    found = None if match is None else head_of(match["base"])
    return match["base"] if match is not None and found is not None and found.name[:1].isupper() and not found.arguments else None


def value_of(text: str) -> str | None:
    """The function whose value at a number a side is: f of ``f(4)``."""
    found = _head_in(_VALUE.fullmatch(text.strip()), "function")
    return found.name if found is not None else None


def is_about_one(left: str, right: str) -> bool:
    """Whether an equation is about one symbol."""
    return len(left) + len(right) <= _LONGEST_FACT and len(_symbol_of(left, right)) == 1


def states_fact(left: str, right: str) -> bool:
    """Whether an equation states a fact about one symbol: ``Q^\\top Q = I``, ``A = A^\\top``, ``\\|u\\| = 1``.

    What equates two different products of a symbol and its transpose is one, too, as no such
    equation holds for all.
    """
    if len(left) + len(right) > _LONGEST_FACT or not _symbol_of(left, right):
        return False
    text = _SIZED_IDENTITY.sub("I", f"{left} = {right}")
    try:
        _, form = symbol_in(text, (), Span(0, 0))
    except MatcalcError:
        return False
    words = [word for word, _ in form] if isinstance(form, tuple) else []
    two = len(words) == 2 and all(letter in _OF_PRODUCTS for word in words for letter, _ in word)
    return two or stated(form, None, None) is not None


def _symbol_of(left: str, right: str) -> frozenset[str]:
    """The letters of an equation outside scripts and names of functions, where it has no more than
    one."""
    found = {letter for side in (left, right) for letter in letters_in(_NO_SYMBOL.sub(_kept, side))} - _NOT_SYMBOLS
    return frozenset(found) if len(found) == 1 else frozenset()


def _kept(found: re.Match[str]) -> str:
    return found[0] if found[0][1:] in SPELLED_GREEK else " "


def is_function(name: str) -> bool:
    """Whether a name with arguments is that of a function which everybody knows: ``tr(A)`` is no
    definition of tr."""
    return name in spellings() or name in stored_table("roles")["names"]["functions"]


def is_constant(text: str) -> bool:
    """Whether a side is a name with a fixed meaning, such as the identity."""
    return text.strip() in stored_table("roles")["names"]["constants"]


_LONGEST_FACT = 80
_OF_PRODUCTS = frozenset(["·", "eye", "1"])
"""What stands in the normal form of an equation between products of a symbol."""
_NOT_SYMBOLS = frozenset(["I", "T", "e", "i", "j", "k", "n", "p", "d"])
_NO_SYMBOL = pattern(
    r"[_^]\s*(?:\{[^{}]*\}|\\[A-Za-z]+|.)|\\(?:operatorname|mathrm|text|mathsf)\s*\{[A-Za-z]{2,}\}|\\[A-Za-z]{4,}(?=[\s{(])|[A-Za-z]{2,}(?=\()"
)
"""Scripts, and the names of functions and fonts."""
_SIZED_IDENTITY = pattern(
    r"(?:\\(?:mathbf|boldsymbol|bm|mathbb|mathrm)\s*\{?\s*)?I\s*\}?\s*_\s*(?:\{[^{}]*\}|\w)|\\mathbf\s*\{?\s*I\s*\}?"
)
_SET = pattern(r"(?:\\left|\\[bB]igg?l?)?\s*\\(?:\{|lbrace)")
_BRACED = pattern(
    r"(?:\\left|\\[bB]igg?l?)?\s*\\(?:\{|lbrace)(?:(?!\\mid|\\[{}]|\\[lr]brace)[^:|,]){1,400}(?:\\right|\\[bB]igg?r?)?\s*\\(?:\}|rbrace)\s*"
    r"(?:[-+^(\w]|\\(?!cup|cap|setminus|times|subset|in\b|quad|qquad))"
)
_LIMITS = r"(?:\s*\\limits)?\s*(?:_\s*(?:\{[^{}]*\}|\w)\s*)?\^\s*\{?\s*\+?\s*(?:\\infty|∞)"
_ENTRIES = pattern(
    r"(?:\\left|\\[bB]igg?l?)?\s*[\[(](?P<entry>.*?)(?:\\right|\\[bB]igg?r?)?\s*[\])]\s*_\s*(?:(?P<letter>[a-z])|\{(?P<indices>[^{}]*)\})",
    re.DOTALL,
)
_POWER_OF = pattern(r"(?P<base>[^^]+)\^\s*(?:\{\s*(?:\d|-\s*1)\s*\}|\d)\s*(?P<index>_\s*(?:\w|\{[^{}]*(?:\{[^{}]*\})?[^{}]*\}))?")
_INVERSE_OF = pattern(r"(?P<base>[^^()]{1,40}?)\s*\^\s*\{\s*-\s*1\s*\}")
_VALUE = pattern(r"(?P<function>[^()]{1,40})\((?:[\w\s\\{}^_*]{1,20},)*\s*[-+]?\d+(?:\.\d+)?\s*(?:,[\w\s\\{}^_*.-]{1,20})*\)")
_OPEN = r"\s*(?:\\left|\\[bB]igg?l?)?\s*"
_GOAL = r"(?:min|max)(?:imi[sz]e)?"
_OPTIMISED = pattern(
    rf"\s*\\(?:{_GOAL}|(?:operatorname\*?|text|mathrm)\s*\{{\s*{_GOAL}\s*\}}|underset\s*\{{[^{{}}]*(?:\{{[^{{}}]*\}})*[^{{}}]*\}}\s*\{{[^{{}}]*{_GOAL}\s*\}}*)"
    r"(?:\\limits)?\s*(?:_\s*(?:\{(?:[^{}]|\{[^{}]*\})*\}|\\?\w))?(?:\\[,;:! ]|\\q?quad|\s|~)*(?=[A-Za-z\\])"
)
_UPRIGHT = r"\\(?:mathbb|mathrm|operatorname\*?|mathsf|text)\s*\{?\s*"
_EXPECTED = pattern(
    rf"(?:\\mathbb\s*\{{?\s*[EPV](?![A-Za-z])|{_UPRIGHT}(?:\\mathbb\s*\{{)?(?:E|Var|Cov|var|cov|Corr|Prob?)\s*\}}*(?:_\{{?[^{{}}]*\}}?)?{_OPEN}(?:[\[(]|\\\{{)"
    r"|\\(?:Pr|E|V|cov|Cov|Var|Expect|EE|PP|corr)(?![A-Za-z])|𝔼|ℙ)"
    rf"|(?<![A-Za-z\\_{{])(?P<name>E|Var|Cov|Pr)(?:_\{{[^{{}}]*\}}|_\w)?{_OPEN}(?:\[|\((?:[^()+-]|(?<=[_^]\{{\w)[+-]|(?<=[_^]\{{)-)*\))"
)
_BAR = r"(?:(?<![\\|])\||\\mid(?![A-Za-z])|\\[vV]ert(?![A-Za-z])|\\giv(?![A-Za-z]))"
_GIVEN = rf"[^()|]{{1,80}}?{_BAR}[^()|]{{1,80}}"
_FORMS: Mapping[str, re.Pattern[str]] = {
    "decimal": pattern(r"\d\.\d"),
    "remainder": pattern(
        rf"\\mathcal\s*\{{?\s*[Oo]\s*\}}?{_OPEN}\(|(?<![A-Za-z\\])[oO]{_OPEN}\(\s*(?:[hntN1]\b|\\\||\|\||\|h|\\(?:l?[vV]ert|epsilon|varepsilon|eta|Delta)\b)"
        rf"|[-+]\s*[oO]{_OPEN}\([^()]{{0,20}}(?:\\\||\\l?[vV]ert|\|\||\\(?:alpha|tau|delta|gamma|lambda)(?![A-Za-z]))|\\(?:text|textrm|mathrm|mbox)\s*\{{[^{{}}]*(?:higher|remainder|h\.o\.t)[^{{}}]*\}}"
        r"|\\(?:text|textrm|mathrm|operatorname|mbox)\s*\{\s*[cC](?:onst(?:ant)?|st)\.?\s*\}|(?<![A-Za-z\\{])const\.?(?![A-Za-z(])"
    ),
    "density": pattern(
        rf"(?<![A-Za-z\\])(?:[pqPQfgh]|\\mathrm\s*\{{[A-Z][a-z]+\}}|\\mathcal\s*\{{?\s*N\s*\}}?)(?:_\{{[^{{}}]*\}}|_\w)?{_OPEN}\({_GIVEN}\)"
        rf"|\\mathcal\s*\{{?\s*N\s*\}}?{_OPEN}\([^()]*[;,]|\\log\s*P{_OPEN}\(|(?<![A-Za-z\\])P\(\s*[A-Z](?:\s*(?:,|\\cap|\\cup)\s*[A-Z])*\s*\)"
    ),
    "integral": pattern(r"\\(?:i{1,4}|o|oi)?nt(?![A-Za-z])|[∫∬∮]"),
    "endless": pattern(rf"\\(?:sum|prod)(?![A-Za-z]){_LIMITS}|[∑∏]{_LIMITS}|\(\s*[-+]?\s*(?:\\infty(?![A-Za-z])|∞)\s*\)"),
    "bound": pattern(r"\\(?:inf|sup)(?![A-Za-z])\s*(?:\\limits\s*)?_"),
    "sets": pattern(r"\\(?:big)?(?:cup|cap|sqcup)(?![A-Za-z])|\\(?:setminus|emptyset|varnothing)(?![A-Za-z])|[∪∩]"),
    "event": pattern(
        rf"(?:(?<![A-Za-z\\])[pPq]|\\Pr|\\mathbb\s*\{{?\s*P\s*\}}?){_OPEN}\((?:[^()]|\([^()]*\)){{1,60}}?(?:[=<>≤≥]|\\(?:leq?|geq?|lt|gt|in)(?![A-Za-z]))"
    ),
    "next step": pattern(r"(?:\+|plus)1\b|_(?:new|next)\b|_plus\b"),
    "second derivative": pattern(r"[A-Za-z}]\s*(?:''|\^\s*\{\s*\\prime\s*\\prime\s*\})(?!\()|\\d?ddot"),
}
"""What tells anywhere in a formula what it is about."""
_SIDES: Mapping[str, re.Pattern[str]] = {
    "ellipsis": pattern(r"\\(?:[lcvdh]?dots|dots[cb])|\.{3}|…|⋯"),
    "one derivative": pattern(
        rf"\\[tdc]?frac\s*\{{\s*(?:\\partial|{_D})(?:[^{{}}]|\{{(?:[^{{}}]|\{{[^{{}}]*\}})*\}})*\}}\s*\{{(?:[^{{}}]|\{{(?:[^{{}}]|\{{[^{{}}]*\}})*\}})*\}}"
        r"|(?:\\nabla|∇)\s*(?:_\s*(?:\{(?:[^{}]|\{(?:[^{}]|\{[^{}]*\})*\})*\}|\\?[A-Za-z]+))?[^=+_-]{1,60}"
    ),
    "kronecker": pattern(r"\\delta\s*_\s*\{?\s*[a-z]\s*,?\s*[a-z]\s*\}?"),
    "question": pattern(r"(?:\\[,;:! ]|\?|\\text\s*\{\s*\?+\s*\}|\s)*\?(?:\\[,;:! ]|\s|\?)*|\\text\s*\{\s*\?+\s*\}"),
    "zero": pattern(
        r"(?:\\(?:mathbf|boldsymbol|bm|vec|mathbb|mathrm|bar)\s*)*\{?\s*0\s*\}?(?:_\{?[\w\\ ,×]*\}?)?|𝟎|zeros\([^()]*\)"
    ),
}
"""What a side is as a whole."""
