"""What documents write loosely, as the language has it: sums without an index, entries that are
listed, unusual indices, densities."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence, Set
from dataclasses import dataclass, field
from types import MappingProxyType

from matcalc.base.lazy import pattern
from matcalc.documents.blocks import Placed
from matcalc.documents.context.written_names import is_bold, names_at, whole_name
from matcalc.documents.cues import closing
from matcalc.documents.sides import Row, head_of, holds, is_derivative, is_expected
from matcalc.language.text.spelling import INDEX_LETTERS

_BOUND = pattern(
    r"\\(?:sum|prod|max|min)(?![A-Za-z])(?:\s*\\limits)?\s*(?:\^\s*(?:\{[^{}]*\}|\w)\s*)?_\s*(?:\{(?P<braced>[^{}]*)\}|(?P<bare>[a-z]))"
)
_RANGE = pattern(r"\s*(?P<first>[a-z])\s*(?:,\s*(?P<second>[a-z])\s*)?(?:(?:=|\\neq?(?![A-Za-z])|≠|<|>)[^{}]*)?")
_BELOW = pattern(r"_\s*(?:(?P<bare>[a-z])(?![A-Za-z])|\{\s*(?P<run>[a-z](?:\s*,?\s*[a-z]){0,2})\s*\})")
_LABELLED = pattern(
    r"(?P<capital>(?<![A-Za-z\\])[A-Z]|[A-Z]\s*\})\s*_\s*(?:(?P<bare>[a-z])(?![A-Za-z])|\{\s*(?P<braced>[a-z])\s*\})"
)
_LETTER = pattern(r"(?<![\\A-Za-z])[a-z](?![A-Za-z])")
_SHOWN = pattern(r"_\{?[i-s]{1,4}\}?(?![a-z])|\[[i-s](?:,\s*[i-s])*\]|\bsum\([i-s](?:,\s*[i-s])*,")
_SINGLE = pattern(r"[i-s](?![a-z]*\()")
_COMMAND = pattern(r"\\[A-Za-z]+\s*(?:\{\s*[A-Za-z]{2,}\s*\})?")


@dataclass(frozen=True, slots=True)
class IndexLetters:
    """The letters of a document that sums run over, each with the usual index that stands for
    it."""

    usual: Mapping[str, str] = field(default_factory=dict)

    def as_usual(self, text: str) -> str:
        r"""A formula with usual indices.

        >>> IndexLetters({"c": "r", "d": "s"}).as_usual(r"y_c = e^{z_c} / \sum_{d=1}^C e^{z_d}, c w_{ic}")
        'y_r = e^{z_r} / \\sum_{s=1}^C e^{z_s}, c w_{ir}'
        """
        return text if not self.usual or "_" not in text else _BELOW.sub(self._below, _BOUND.sub(self._bound, text))

    def as_written(self, text: str) -> str:
        r"""An answer in index notation with the letters of the document.

        >>> IndexLetters({"c": "r"}).as_written("-t_r + Σ_r y_rj"), IndexLetters({"c": "r"}).as_written("sum(r, y[r,j])")
        ('-t_c + Σ_c y_cj', 'sum(c, y[c,j])')
        """
        written = {usual: letter for letter, usual in self.usual.items()}
        return (
            _SHOWN.sub(lambda found: _SINGLE.sub(lambda letter: written.get(letter[0], letter[0]), found[0]), text)
            if written
            else text
        )

    def _bound(self, found: re.Match[str]) -> str:
        at = "braced" if found["braced"] is not None else "bare"
        start, end = found.start(at) - found.start(), found.end(at) - found.start()
        inside = _LETTER.sub(lambda letter: self.usual.get(letter[0], letter[0]), found[at])
        return f"{found[0][:start]}{inside}{found[0][end:]}"

    def _below(self, found: re.Match[str]) -> str:
        if found["bare"]:
            return f"_{self.usual.get(found['bare'], found['bare'])}"
        letters = [letter for letter in found["run"] if letter.isalpha()]
        if not all(letter in self.usual or letter in INDEX_LETTERS for letter in letters):
            return found[0]  # a word, or a name for something else
        return "_{" + "".join([self.usual.get(sign, sign) for sign in found["run"]]) + "}"


def index_letters_of(texts: Sequence[str]) -> IndexLetters:
    """The letters that sums of a document run over, and which are nothing else in the formulas that
    have them as an index. Those that stand beside other indices alone, ``V_{ja}``, are known as
    indices by that."""
    bound: set[str] = set()
    alone: set[str] = set()
    taken: set[str] = set()
    used: set[str] = set()
    for text in texts:
        unbound = _BOUND.sub(" ", text)
        runs = [_RANGE.fullmatch(found["braced"] or found["bare"]) for found in _BOUND.finditer(text)]
        bound.update(letter for run in runs if run is not None for letter in run.groups() if letter)
        used.update(_free(text), filter(str.isalpha, "".join(_below(text))))
        alone.update(run for run in _below(unbound) if len(run) == 1)
        indices = [*_below(text), *(found["braced"] or found["bare"] for found in _BOUND.finditer(text))]
        taken |= _free(_BELOW.sub(" ", unbound)).intersection("".join(indices))
        taken.update(found["bare"] or found["braced"] for found in _LABELLED.finditer(text))
    spare = [letter for letter in "rsqpkjilmn" if letter not in used]
    return IndexLetters(dict(zip(sorted(bound & alone & set("abcdfghouvw") - taken), spare, strict=False)))


def _free(text: str) -> set[str]:
    """The letters of a formula, those of commands left out."""
    return set(_LETTER.findall(_COMMAND.sub(" ", text)))


def _below(text: str) -> list[str]:
    """What stands below the names in a formula."""
    return [found["bare"] or found["run"].strip() for found in _BELOW.finditer(text)]


_DIAG = pattern(
    r"\\(?:(?:mathrm|operatorname|text|textrm|mathop|rm)\s*\{\s*[dD]iag\s*\}|[dD]iag(?![A-Za-z]))\s*(?:\\left|\\[bB]igg?l?)?\s*(?P<open>[(\[{])"
)
_DOTS = pattern(r"\s*,?\s*(?:\\(?:[lc]?dots|dotsc|dotsb|hdots)(?![A-Za-z])|\.\.\.|…|⋯)\s*,?\s*")
_LAST = pattern(r"_\s*(?:\{\s*(?P<braced>[A-Za-z])\s*\}|(?P<bare>[A-Za-z])(?![A-Za-z]))")
_CLOSE = pattern(r"(?:\\(?:right|[bB]igg?r?))?\s*\Z")


def with_listed_diagonals(text: str) -> str:
    r"""A formula in which a diagonal is said entry by entry.

    >>> with_listed_diagonals(r"A \operatorname{diag}(s_1^2, s_2^2, \dots, s_r^2)")
    'A \\operatorname{diag}(\\operatorname{tensor}(i, s_{i}^2))'
    >>> with_listed_diagonals(r"\operatorname{diag}(a_1, \dots, b_n)")
    '\\operatorname{diag}(a_1, \\dots, b_n)'
    """
    for found in reversed(list(_DIAG.finditer(text))):
        end = closing(text, found.end(), found["open"])
        entry = _entry(_CLOSE.sub("", text[found.end() : end - 1])) if end else None
        if entry is not None:
            text = rf"{text[: found.start()]}\operatorname{{diag}}(\operatorname{{tensor}}({entry[0]}, {entry[1]})){text[end:]}"
    return text


def listed_names(text: str) -> frozenset[str]:
    r"""The names of the entries in such diagonals, which are those of vectors.

    >>> sorted(listed_names(r"\operatorname{diag}(s_1^2, \dots, s_r^2)"))
    ['s']
    """
    found = list(_WRITTEN.finditer(with_listed_diagonals(text)))
    names = [(at, one["index"]) for one in found for at in names_at(one["entry"])]
    return frozenset(at.base for at, index in names if at.name == f"{at.base}_{index}")


_WRITTEN = pattern(r"\\operatorname\{diag\}\(\\operatorname\{tensor\}\((?P<index>[ijkl]), (?P<entry>[^()]*)\)\)")


def _entry(listed: str) -> tuple[str, str] | None:
    """The index and the formula of any entry of a list; None for a list of other things."""
    parts = _DOTS.split(listed)
    if len(parts) != len(("first", "last")):
        return None
    last = parts[1].strip()
    letters = set(map("".join, _LAST.findall(last)))
    if len(letters) != 1 or "," in last:
        return None
    size = letters.pop()
    firsts = [_NUMBER.sub(r"_{\1\2}", part.strip()) for part in parts[0].split(",")]
    if any(_LAST.sub(rf"_{{{number}}}", last) != part for number, part in enumerate(firsts, 1)):
        return None
    index = next(letter for letter in "ijkl" if letter != size)
    return index, _LAST.sub(rf"_{{{index}}}", last)


_NUMBER = pattern(r"_\s*(?:\{\s*(\d)\s*\}|(\d))")


_INDEX = "[i-np-s]"
_SUM = pattern(
    r"\\sum(?![A-Za-z])(?P<limits>\s*\\limits)?(?!\s*_)(?P<above>\s*\^\s*(?:\{[^{}]{1,12}\}|\w))?(?!\s*(?:[_^]|\\limits|['′/=+)}]|\Z))"
)
_BOUND_BY_SUM = pattern(
    r"\\sum(?:\s*\\limits)?(?:\s*\^\s*(?:\{[^{}]*\}|\w))?\s*_\s*(?:\{\s*([a-z])(?![A-Za-z])|([a-z])(?![A-Za-z]))"
)
_SUBSCRIPT = pattern(rf"_\s*(?:(?P<one>{_INDEX})(?![A-Za-z])|\{{\s*(?P<run>{_INDEX}(?:\s*,?\s*{_INDEX})?)\s*\}})")
_SAMPLE = pattern(rf"\^\s*\{{\s*[(\[]\s*(?P<one>{_INDEX})\s*[)\]]\s*\}}")


def with_indices(text: str, free: Set[str] = frozenset()) -> str:
    r"""A formula in which each sum has its index, where only one can be meant: none of those that
    are ``free`` in the equation.

    >>> with_indices(r"\frac{1}{m}\sum (w x_i - y_i)^2 + \sum^n z_j")
    '\\frac{1}{m}\\sum_{i} (w x_i - y_i)^2 + \\sum_{j}^n z_j'
    >>> with_indices(r"\sum x_{ij} + \sum_i x_i + \sum^{n}_{j=1} z_j")
    '\\sum x_{ij} + \\sum_i x_i + \\sum^{n}_{j=1} z_j'
    """
    for found in reversed(list(_SUM.finditer(text))):
        letters = _letters(text[found.end() : _end(text, found.end())]) - free
        if len(letters) == 1:
            index = rf"_{{{letters.pop()}}}"
            text = (
                rf"{text[: found.start()]}\sum{found['limits'] or ''}{index}{(found['above'] or '').strip()}{text[found.end() :]}"
            )
    return text


def _letters(summed: str) -> set[str]:
    """The indices in what is summed that no other sum binds."""
    found = {one["one"] for one in _SAMPLE.finditer(summed)}
    found |= {letter for one in _SUBSCRIPT.finditer(summed) for letter in one["one"] or one["run"] if letter.isalpha()}
    return found - {one[1] or one[2] for one in _BOUND_BY_SUM.finditer(summed)}


def _end(text: str, start: int) -> int:
    """Where what is summed ends: at a sign of addition that stands in no bracket, or with the
    bracket around the sum."""
    at, begun = start, False
    while at < len(text):
        sign = text[at]
        if sign == "\\" and at + 1 < len(text):
            at += 2
            continue
        if sign in ")]}&=" or (sign in "+-" and begun):
            return at
        at = (closing(text, at + 1, sign) or len(text)) if sign in "([{" else at + 1
        begun = begun or not sign.isspace()
    return len(text)


ANY_SIZE = r"(?:\\(?:left|right|[bB]igg?[lr]?)(?![A-Za-z])|\\[,;:! ]|\s)*"
_SET_NAME = r"\\(?:mathrm|text|operatorname|mathbf|boldsymbol|bm|mathsf)\s*\{\s*\\?[A-Za-z]+\s*\}"
_FUNCTION = rf"(?P<function>{_SET_NAME}|\\[A-Za-z]+|(?<![A-Za-z\\])[A-Za-z])"
_CALL = pattern(rf"{_FUNCTION}{ANY_SIZE}\((?P<argument>[^()]{{1,30}}?){ANY_SIZE}\)")
_GIVEN = pattern(rf"{_CALL.pattern}\s*_\s*\{{?\s*(?P<index>[i-np-s])\s*\}}?")
_WORD = pattern(r"\\(?:mathrm|text|operatorname|mathsf)\s*\{\s*([A-Za-z]{2,})\s*\}")


@dataclass(frozen=True, slots=True)
class EntryFunctions:
    """The functions that a document gives entry by entry, each with its argument and whether that
    is bold; ``shared`` are the names that are those of functions of a number, too."""

    known: frozenset[tuple[str, str, bool]] = frozenset()
    shared: frozenset[str] = frozenset()

    def as_names(self, text: str) -> str:
        r"""A formula with their values as names.

        >>> EntryFunctions(frozenset([("s", "z", False)])).as_names(r"s(z)_i (1 - s\left(z\right)_j) + s(2z)_k")
        's_i (1 - s_j) + s(2z)_k'
        """
        return _CALL.sub(self._named, text) if self.known and "(" in text else text

    def _named(self, found: re.Match[str]) -> str:
        key = _key(found)
        if key is None or key not in self.known:
            return found[0]
        word = _WORD.fullmatch(found["function"])
        return found["function"] if word is None and key[0] not in self.shared else rf"\mathrm{{{key[0]}value}}"


def _key(found: re.Match[str] | None) -> tuple[str, str, bool] | None:
    """The names of a function and of its argument; None where the argument is no name."""
    if found is None:
        return None
    function, argument = head_of(found["function"]), whole_name(found["argument"])
    word = _WORD.fullmatch(found["function"])
    name = word[1] if word is not None else None if function is None else function.name
    return None if name is None or argument is None else (name, argument, is_bold(found["argument"]))


def entry_functions_of(rows: Iterable[Row]) -> EntryFunctions:
    """The functions that rows give entry by entry, and that no row gives as a whole."""
    given: set[tuple[str, str, bool]] = set()
    whole: set[tuple[str, bool]] = set()
    for row in rows:
        if row.right is None or row.link or row.relation not in ("=", ":=", "≡"):
            continue
        left = row.left.text.strip()
        found, called = _GIVEN.fullmatch(left), _CALL.fullmatch(left)
        key = _key(found or called)
        if key is not None and found is None:
            whole.add((key[0], key[2]))
        elif key is not None and found is not None and not is_derivative(row.right.text):
            of_entries = any(at.name.endswith(f"_{found['index']}") for at in names_at(row.right.text))
            given |= {key} if of_entries else set()
    kept = frozenset([key for key in given if (key[0], key[2]) not in whole])
    return EntryFunctions(kept, frozenset(name for name, _ in whole))


_DENSITY = pattern(
    rf"(?<![A-Za-z\\_^])(?P<letter>[A-Za-z])(?P<index>_\s*(?:[A-Za-z]|\\[a-z]+(?![A-Za-z])|\{{\s*\\?[A-Za-z]+\s*\}}))?"
    rf"{ANY_SIZE}\((?P<inside>[^()]{{1,120}}?)(?P<close>{ANY_SIZE}\))"
)
_BAR = pattern(r"(?<![\\|])\|(?!\|)|\\(?:mid|vert|lvert|rvert|giv)(?![A-Za-z])")
_LOGARITHM = pattern(rf"\\(?P<log>log|ln)(?![A-Za-z])\s*(?P<rest>.+?){ANY_SIZE}", 16)
_ALONE = pattern(rf"\\(?:log|ln)(?![A-Za-z])\s*(?P<letter>[A-Za-z])(?![A-Za-z]|{ANY_SIZE}[(_^'])")
_NUMBERS = "abcdefghijklmnopqrstuvwxyz"


_NESTED = r"\{(?:[^{}]|\{(?:[^{}]|\{[^{}]*\})*\})*\}"
_OF_NORMAL = pattern(
    rf"\\(?P<log>log|ln)(?![A-Za-z])\s*(?P<scale>\\[tdc]?frac\s*{_NESTED}\s*{_NESTED})\s*(?P<rest>\\exp\s*(?:\\left|\\[bB]igg?l?)?\s*[(\[{{])"
)
_SCALE = pattern(r"\\pi(?![A-Za-z])|\\sqrt(?![A-Za-z])")


def with_whole_logarithms(text: str) -> str:
    r"""A formula in which the logarithm of a density is one of all of it, not of its scale alone.

    >>> with_whole_logarithms(r"\log \frac{1}{\sqrt{2\pi}} \exp(-x^2) + c")
    '\\log\\left(\\frac{1}{\\sqrt{2\\pi}} \\exp(-x^2)\\right) + c'
    """
    for found in reversed(list(_OF_NORMAL.finditer(text))):
        end = closing(text, found.end(), text[found.end() - 1])
        if end and _SCALE.search(found["scale"]) is not None:
            whole = rf"\{found['log']}\left({found['scale']} {text[found.start('rest') : end]}\right)"
            text = f"{text[: found.start()]}{whole}{text[end:]}"
    return text


@dataclass(frozen=True, slots=True)
class Densities:
    """The densities of a document that have a formula: the letter and the names in the brackets of
    each, and the name that it gets.

    ``only`` are those whose letter is no other's, each with its brackets: they are meant by the
    letter alone.
    """

    names: Mapping[tuple[str, tuple[str, ...]], str] = field(default_factory=lambda: MappingProxyType({}))
    only: Mapping[str, str] = field(default_factory=lambda: MappingProxyType({}))

    def called(self, text: str) -> str:
        r"""A formula in which they are functions.

        >>> Densities({("p", ("x", "mu")): r"p_{\text{given}}"}).called(r"\log p(x \mid \mu) + p(y \mid \mu)")
        '\\log p_{\\text{given}}(x , \\mu) + p(y \\mid \\mu)'
        >>> Densities({("p", ("x", "mu")): r"p_{\text{given}}"}, {"p": r"(x \mid \mu)"}).called(r"\nabla_\mu \log p")
        '\\nabla_\\mu \\log p_{\\text{given}}(x , \\mu)'
        """
        if not self.names:
            return text
        text = _ALONE.sub(lambda found: found[0] + self.only.get(found["letter"], ""), text)
        for found in reversed(list(_DENSITY.finditer(text))):
            name = self.names.get(_density_key(found[0]) or ("", ()))
            if name is not None:
                inside = _BAR.sub(",", found["inside"], count=1)
                text = f"{text[: found.start()]}{name}({inside}){text[found.end() :]}"
        return text

    def defined(self, left: Placed, right: Placed) -> tuple[Placed, Placed]:
        """The sides of a definition; what is said of the logarithm of a density said of the density
        itself."""
        call = _of_logarithm(left.text)
        if call is None or _density_key(call) not in self.names:
            return left, right
        return Placed(call, left.marks[:1]), Placed(rf"\exp\left({right.text}\right)", right.marks[:1])


def _density_key(call: str) -> tuple[str, tuple[str, ...]] | None:
    """The letter of a density and the names in its brackets; None for anything else."""
    found = _DENSITY.fullmatch(call.strip())
    if found is None or len(_BAR.findall(found["inside"])) != 1:
        return None
    head = head_of(f"{found['letter']}{found['index'] or ''}({found['inside']})")
    return None if head is None else (head.name, head.arguments)


def _of_logarithm(side: str) -> str | None:
    r"""The density that a side is the logarithm of: ``\log{p(x \mid \theta)}``."""
    found = _LOGARITHM.fullmatch(side.strip())
    if found is None:
        return None
    rest = found["rest"].strip()
    inner = rest[1:-1].strip() if rest.startswith(("{", "[", "(")) and rest.endswith(("}", "]", ")")) else rest
    return next((call for call in (rest, inner) if _density_key(call) is not None), None)


def gives_density(row: Row) -> bool:
    """Whether an equation gives a density, or its logarithm, a formula that speaks of no other
    one."""
    if row.right is None or row.link or row.relation not in ("=", ":="):
        return False
    speaks_of_others = holds(row.right.text, "density") or is_expected(row.right.text, ())
    return not speaks_of_others and any(form(row.left.text) is not None for form in (_of_logarithm, _density_key))


def densities_of(rows: Iterable[Row]) -> Densities:
    """The densities that a document gives a formula."""
    found = dict(_given(rows))
    names: dict[tuple[str, tuple[str, ...]], str] = {}
    for number, key in enumerate(found):
        if number < len(_NUMBERS):
            names[key] = rf"{key[0][0]}_{{\text{{given{_NUMBERS[number]}}}}}"
    letters = Counter(name for name, _ in found)
    return Densities(names, {name: brackets for (name, _), brackets in found.items() if letters[name] == 1})


def _given(rows: Iterable[Row]) -> Iterator[tuple[tuple[str, tuple[str, ...]], str]]:
    """The densities with a formula, each with its brackets."""
    for row in rows:
        call = _of_logarithm(row.left.text) or row.left.text
        key = _density_key(call) if gives_density(row) else None
        if key is not None:
            yield key, call.strip()[1:]  # a letter stands before the brackets
