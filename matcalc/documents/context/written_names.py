"""The names in a formula of a document, found without reading it: it may be one that the language
does not have."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass
from functools import lru_cache
from hashlib import sha256

from matcalc.base.files import stored_table
from matcalc.base.lazy import pattern
from matcalc.documents.blocks import Notation
from matcalc.documents.cues import bracketed
from matcalc.language.latex.latex_commands import ACCENTS, FONTS, SPACING, WORDS
from matcalc.language.text.spelling import INDEX_LETTERS, SPELLED_GREEK, SUBSCRIPTS, SUPERSCRIPTS, canonical_name, is_name

_GREEK = "|".join(
    sorted([*SPELLED_GREEK, "varepsilon", "vartheta", "varphi", "varrho", "varsigma", "varpi"], key=lambda word: -len(word))
)
_STYLE = rf"\\(?:{'|'.join(sorted({*FONTS, *WORDS, *ACCENTS} - {'boxed', 'ensuremath', 'smash', 'mathop'}))})(?![A-Za-z])\s*"
_LETTER = rf"\\(?:{_GREEK})(?![A-Za-z])|[^\W\d_]"
_NESTED = r"\{(?:[^{}]|\{[^{}]*\}){0,40}\}"
_INDEX = rf"\s*_\s*(?:{_NESTED}|\\(?:text|mathrm|mathsf)\s*{_NESTED}|\\[A-Za-z]+|[^\W_])"
_SIGN = r"(?:\*|\\ast(?![A-Za-z])|\\star(?![A-Za-z])|\+)"
_MARK = rf"(?:[\[(][^{{}}()\[\]]{{1,12}}[\])]|{_SIGN}|\\(?:text|mathrm|mathsf)\{{[A-Za-z]{{2,}}\}})"
_TURNED = r"(?:\\top|\\intercal|T|\\mathsf\{T\}|\{\\top\})"
_LABEL = rf"\s*\^\s*(?:\{{\s*{_MARK}\s*{_TURNED}?\s*\}}|{_SIGN})"
_SYMBOL = re.compile(
    rf"(?P<symbol>(?:{_STYLE})*(?:{_NESTED}|{_LETTER})(?:(?:{_LABEL})?(?:{_INDEX})?(?:{_LABEL})?))(?P<primes>['′]*)"
)
_BOLD = re.compile(r"\\(?:mathbf|boldsymbol|bm|bf|bs|pmb|symbf|vec|mathbfit|vb|bvec|mathbold)(?![A-Za-z])")
_STYLED = re.compile(rf"{_STYLE}|\{{")
_WORD_IN_STYLE = re.compile(
    r"\\(?:mathrm|operatorname\*?|text|mathsf|mathit|mathtt|textsc|textrm|mathcal)\s*\{\s*([A-Za-z]{2,}[0-9]*)\s*\}"
)
_COMMAND = re.compile(r"\\\\\s*\[\s*-?[\d.]+\s*[a-z]{2}\s*\]|\\(?:begin|end|label|tag|ref|eqref)\s*\{[^{}]*\}|\\[A-Za-z]+\*?|\\.")
_RAISED, _LOWERED = "".join(SUPERSCRIPTS), "".join(SUBSCRIPTS)
_PLAIN_NAME = re.compile(rf"[^\W\d_{_RAISED}{_LOWERED}][^\W{_RAISED}{_LOWERED}]*[{_LOWERED}]*")
_STEM = re.compile(rf"[^_{_LOWERED}]+")
_PRODUCT = re.compile(rf"(?=.*[a-z])(?:[^\W\d_]?[A-Z][^\W\d_]?|[a-z]{{2}})[{_LOWERED}]*")
_FACTOR = re.compile(rf"[^\W\d_{_LOWERED}][{_LOWERED}]*")
_CHANGE = re.compile(r"d2?([^\W\d_]\w*?)2?")
_INDEX_BEHIND = re.compile(_INDEX)
_INDEXED = re.compile(rf"{_INDEX}\s*\Z")
_TURNED_LABEL = re.compile(rf"({_MARK})\s*{_TURNED}\s*\}}")
_LABELLED = re.compile(rf"{_LABEL}\s*\Z")
_BOTH_ENDS = re.compile(
    rf"^(?:\s|\\[{re.escape(''.join(sorted(s for s in SPACING if len(s) == 1)))}]|\{{\}}|&)+|(?:\s|\\[,;:!> ]|&|\{{\}})+$"
)
_BARS = rf"\\\||\|\||‖|\\[lr]?Vert(?![A-Za-z])|\\[Nn]orm\*?\s*{_NESTED}"
_ROMAN = r"\\(?:mathrm|mathsf|text|textrm|textnormal|rm|operatorname)(?![A-Za-z])\s*"
_OF_FROBENIUS = re.compile(
    rf"(?P<norm>(?:{_BARS})\s*(?:\^\s*(?:\d|\{{\s*\d\s*\}}))?)(?P<mark>\s*_\s*(?:{_ROMAN})?(?:F(?!\w)|\{{\s*(?:{_ROMAN})?\{{?\s*F\s*\}}+))"
)
"""The letter below the bars of a norm, which is no name."""
_MOST_INDICES = 3
_ACCENTED = frozenset(ACCENTS.values())
"""What a mark above a letter is called in a name, where it is no index: ``f_hat``."""
_JOINED = re.compile(
    r"\s*(?:,|;|\\(?:text|mbox)\{\s*(?:,\s*)?and\s*\}|\\q?quad|\\[,;:! ]|\\(?:dots|ldots|cdots|dotsc)(?![A-Za-z])|…|\.\.\.|⋯|\band\b)\s*"
)


@dataclass(frozen=True, slots=True)
class NameAt:
    """A name in a formula: its one spelling, and where it stands with its index and label. ``base``
    is the name without the index, ``bold`` whether it is set so."""

    name: str
    base: str
    start: int
    end: int
    bold: bool = False

    @property
    def indices(self) -> str:
        """The letters that count on it."""
        letters = self.name[len(self.base) + 1 :]
        return letters if self.name != self.base and INDEX_LETTERS.issuperset(letters) else ""


@lru_cache(maxsize=2048)
def names_at(text: str, notation: Notation = "latex") -> tuple[NameAt, ...]:
    r"""Every name in a formula, in order. What is no name may be among them, such as the ``d`` of a
    derivative.

    >>> [found.name for found in names_at(r"\hat{\mathbf{y}}_i - W^{[2]} \operatorname{RSS}(\beta)")]
    ['y_hat_i', 'W_2', 'RSS', 'beta']
    """
    text = _OF_FROBENIUS.sub(lambda found: found["norm"] + " " * len(found["mark"]), text)
    return tuple(_plain_names(text) if notation == "plain" else _names(text))


def _names(text: str) -> Iterator[NameAt]:
    position = 0
    while position < len(text):
        word = _WORD_IN_STYLE.match(text, position)
        if word is not None:
            index = _INDEX_BEHIND.match(text, word.end())
            end = index.end() if index else word.end()
            yield NameAt(_spelled(text[position:end]), word[1], position, end)
            position = end
            continue
        symbol = _symbol(text, position)
        if symbol is not None:
            yield symbol
            position = symbol.end
            continue
        command = _COMMAND.match(text, position)
        position = command.end() if command else position + 1


def _symbol(text: str, position: int) -> NameAt | None:
    """The symbol that begins at a position: a letter in whatever style, with what hangs on it."""
    character = text[position]
    if not (character.isalpha() or character == "\\"):
        return None
    found = _SYMBOL.match(text, position)
    if found is None:
        return None
    symbol = found["symbol"]
    name = _spelled(symbol)
    if not is_name(name) or (character == "\\" and not _is_styled_letter(symbol)):
        return None
    stem = _LABELLED.sub("", symbol)
    index = _INDEXED.search(stem)
    without = symbol if index is None else stem[: index.start()] + symbol[len(stem) :]
    return NameAt(name, _spelled(without), found.start(), found.end("symbol"), _BOLD.search(symbol) is not None)


def _is_styled_letter(symbol: str) -> bool:
    inner = symbol
    while (style := _STYLED.match(inner)) is not None:
        inner = inner[style.end() :]
    return re.match(_LETTER, inner) is not None


def _spelled(symbol: str) -> str:
    """The one spelling of a symbol, without a transpose in its label."""
    return canonical_name(_TURNED_LABEL.sub(r"\1}", symbol))


def _plain_names(text: str) -> Iterator[NameAt]:
    """Names in a formula of a program or a plain text; those in ``df/dx`` too, and the letters of a
    run that may be a product, ``xᵀAx``."""
    for found in _PLAIN_NAME.finditer(text):
        run = found[0]
        yield _plain_name(run, found.start())
        inner = _CHANGE.fullmatch(run)
        if inner is not None:
            name = canonical_name(inner[1])
            yield NameAt(name, name, found.start(), found.end())
        elif _PRODUCT.fullmatch(run):
            yield from (_plain_name(one[0], found.start() + one.start()) for one in _FACTOR.finditer(run))


def _plain_name(run: str, start: int) -> NameAt:
    stem = _STEM.match(run)
    return NameAt(canonical_name(run), canonical_name(stem[0] if stem else run), start, start + len(run))


def names_in(text: str, notation: Notation = "latex") -> frozenset[str]:
    r"""The names in a formula, with and without their indices.

    >>> sorted(names_in(r"\sum_i x_i^\top A x_i"))
    ['A', 'i', 'x', 'x_i']
    """
    return frozenset(part for found in names_at(text, notation) for part in (found.name, found.base))


@dataclass(frozen=True, slots=True)
class Weights:
    """Which names of a formula stand in bold somewhere in it, and which do not."""

    bold: frozenset[str]
    plain: frozenset[str]

    def of(self, name: str) -> bool | None:
        """Whether a name is bold; None for one that does not occur, or in both ways."""
        return (name in self.bold) if (name in self.bold) != (name in self.plain) else None


def weights_in(text: str, notation: Notation = "latex") -> Weights:
    r"""The weights of the names in a formula, without their indices.

    >>> weights_in(r"\mathbf{x}^\top A y").of("x"), weights_in("x").of("x"), weights_in("x").of("z")
    (True, False, None)
    """
    found = names_at(text, notation)
    return Weights(frozenset(at.base for at in found if at.bold), frozenset(at.base for at in found if not at.bold))


def names_listed(text: str, notation: Notation = "latex") -> tuple[str, ...]:
    r"""The names of a list of nothing else; empty for another formula.

    >>> names_listed(r"\mathbf{x}_1, \dots, \mathbf{x}_N"), names_listed("A x")
    (('x_1', 'x_N'), ())
    """
    found: list[str] = []
    for part in _JOINED.split(trimmed(text)):
        part = trimmed(part)
        if not part:
            continue
        name = whole_name(part, notation)
        if name is None:
            return ()
        found.append(name)
    return tuple(found)


def whole_name(text: str, notation: Notation = "latex") -> str | None:
    """The name that a text is, if it is one."""
    text = trimmed(text)
    found = next(iter(names_at(text, notation)), None)
    return None if found is None or found.start or text[found.end :].strip() else found.name


def trimmed(text: str) -> str:
    """A formula without the space around it, in LaTeX's spelling too."""
    return _BOTH_ENDS.sub("", text)


def without_index(name: str, known: Collection[str] = ()) -> str:
    """The name of what an entry is of: that before the index, if it has one, and is itself known
    where the index may be something else.

    >>> without_index("s_j"), without_index("U_ia", {"U"}), without_index("K_star", {"K"}), without_index("f_hat", {"f"})
    ('s', 'U', 'K_star', 'f_hat')
    """
    base, _, index = name.rpartition("_")
    if not base or name in known or index in _ACCENTED:
        return name
    few = len(index) <= _MOST_INDICES
    if few and INDEX_LETTERS.issuperset(index):
        return base
    return base if base in known and (index.isdecimal() or (few and index.isalpha())) else name


def index_of(name: str) -> str:
    """The letters that count behind a name; empty for one without."""
    base, _, letters = name.rpartition("_")
    return letters if base and INDEX_LETTERS.issuperset(letters) else ""


_SCRIPT_BEHIND = pattern(r"\s*_\s*(?:\{[^{}]*\}|[A-Za-z])\s*\Z")


def without_script(written: str) -> str:
    """A name as it is written without what stands below it."""
    return _SCRIPT_BEHIND.sub("", written)


CALLED = pattern(r"(?:\s|\\left(?![A-Za-z])|\\[bB]igg?l?(?![A-Za-z])|\\[!,])*\(")


def is_called(text: str, name: str) -> bool:
    """Whether a name stands before brackets somewhere in a formula."""
    return any(found.name == name and CALLED.match(text, found.end) for found in names_at(text))


@dataclass(frozen=True, slots=True)
class Call:
    """What stands in the brackets behind a name, and the place behind them."""

    inside: str
    end: int

    @property
    def point(self) -> str:
        """The name that a function is called with; empty where it is called with anything else."""
        return whole_name(self.inside) or ""


def call_at(text: str, start: int) -> Call | None:
    """The brackets that begin at a place."""
    found = bracketed(text, CALLED.match(text, start))
    return None if found is None else Call(found[0].strip(), found[1])


def behind_primes(text: str, start: int) -> int:
    """The place behind the primes at a place, if there are any."""
    found = PRIMES.match(text, start)
    return start if found is None else found.end()


def respelled(text: str, changes: Iterable[tuple[int, int, str]]) -> str:
    """A text with other spellings, each from a place up to another; one that begins inside another
    is left out.

    >>> respelled("a + b", [(0, 1, "x"), (4, 5, "y")])
    'x + y'
    """
    out, at = [], 0
    for start, end, spelled in changes:
        if start >= at:
            out += [text[at:start], spelled]
            at = end
    return "".join([*out, text[at:]])


_BOLD_TYPE = pattern(r"\\(?:mathbf|boldsymbol|bm|pmb|vec)(?![A-Za-z])")


def is_bold(text: str) -> bool:
    """Whether something is set in bold type: no number."""
    return _BOLD_TYPE.search(text) is not None


PRIMES = pattern(r"(?:'|′|\^\s*\{?(?:\\prime\s*)+\}?)*")


def names_called(text: str, notation: Notation) -> frozenset[str]:
    """The names that stand before brackets in a formula, perhaps with primes."""
    found = names_at(text, notation)
    return frozenset(at.name for at in found if CALLED.match(text, behind_primes(text, at.end)))


_OPEN = pattern(r"(?:\\(?:left|[bB]igg?l?)(?![A-Za-z])|\\[,;:! ]|\s)*\(")
_SIZE = pattern(r"\\(?:left|right|[bB]igg?[lr]?)(?![A-Za-z])|\\[,;:! ]|\s+")
_LETTERS = str.maketrans("0123456789", "ghijklmnop")
_LONGEST = 200


def with_constants(text: str) -> tuple[str, frozenset[str]]:
    r"""A formula with a positive number in the place of each such value, the same for the same
    argument, and the names in the arguments.

    >>> with_constants(r"\log\Gamma(\nu) - x")[1]
    frozenset({'nu'})
    """
    names: set[str] = set()
    if "!" in text or "const" in text or "cst" in text:
        text = _FACTORIAL.sub(lambda found: _factorial(found, names), text)
        text = _UNNAMED.sub(lambda found: _unnamed(names), text)
    for name in stored_table("roles")["signs"]["special"]:
        at = 0
        while (at := text.find(name, at)) >= 0:
            opening = _OPEN.match(text, at + len(name))
            found = bracketed(text[: opening.end() + _LONGEST], opening) if opening is not None else None
            if found is None:
                at += len(name)
                continue
            inside, end = found
            names |= names_in(inside)
            text = f"{text[:at]}{_constant(name, inside)}{text[end:]}"
    return text, frozenset(names)


UNNAMED = "const"
"""What stands among the names for a constant that has none."""
_FACTORIAL = pattern(
    r"(?P<of>(?:\\[a-z]+(?![A-Za-z])|(?<![A-Za-z\\])[A-Za-z])(?:\s*_\s*(?:\w|\{\s*\w+\s*\}))?|(?:\\left\s*)?\([^()]{1,60}\))\s*!(?![!=])"
)
_UNNAMED = pattern(
    r"\\(?:text|textrm|mathrm|operatorname|mbox|textit)\s*\{\s*[cC](?:onst(?:ant)?|st)\.?\s*\}|(?<![A-Za-z\\{])const\.?(?![A-Za-z(])"
)


def _factorial(found: re.Match[str], names: set[str]) -> str:
    """The factorial of a formula as a number, with the names in that added to ``names``."""
    names |= names_in(found["of"])
    return _constant("!", found["of"])


def _unnamed(names: set[str]) -> str:
    """A constant that a text does not name: it is one to every derivative, and no value is said
    with it."""
    names.add(UNNAMED)
    return r"g_{\text{valueconst}}"


def _constant(name: str, inside: str) -> str:
    """A positive number that a function and its argument alone decide on."""
    key = sha256(f"{name}({_SIZE.sub('', inside)})".encode()).hexdigest()[:8].translate(_LETTERS)
    return rf"\exp(g_{{\text{{value{key}}}}})"


LOSSES = frozenset(["L", "E", "C", "J", "ell"])
"""Names that losses have."""
