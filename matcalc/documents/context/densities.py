r"""Conditional densities as functions: ``\log p(x \mid \mu, \sigma) = ...`` gives ``p`` a formula in ``x``, ``\mu`` and ``\sigma``.

One letter stands for many densities, which are told apart by the names in their brackets: each of those that a document gives a formula has
a name of its own, and only where the same names stand in the brackets it is meant.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from types import MappingProxyType

from matcalc.base.lazy import pattern
from matcalc.documents.heads import head_of
from matcalc.documents.pieces import Placed
from matcalc.documents.rows import Row
from matcalc.documents.shapes import is_density, is_expected
from matcalc.documents.tokens import closing

_SIZE = r"(?:\\(?:left|right|[bB]igg?[lr]?)(?![A-Za-z])|\\[,;:! ]|\s)*"
_CALL = pattern(
    rf"(?<![A-Za-z\\_^])(?P<letter>[A-Za-z])(?P<index>_\s*(?:[A-Za-z]|\\[a-z]+(?![A-Za-z])|\{{\s*\\?[A-Za-z]+\s*\}}))?"
    rf"{_SIZE}\((?P<inside>[^()]{{1,120}}?)(?P<close>{_SIZE}\))"
)
_BAR = pattern(r"(?<![\\|])\|(?!\|)|\\(?:mid|vert|lvert|rvert|giv)(?![A-Za-z])")
_LOGARITHM = pattern(rf"\\(?P<log>log|ln)(?![A-Za-z])\s*(?P<rest>.+?){_SIZE}", 16)
_ALONE = pattern(rf"\\(?:log|ln)(?![A-Za-z])\s*(?P<letter>[A-Za-z])(?![A-Za-z]|{_SIZE}[(_^'])")
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
    """The densities of a document that have a formula: the letter and the names in the brackets of each, and the name that it gets.

    ``only`` are those whose letter is no other's, each with its brackets: they are meant by the letter alone.
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
        for found in reversed(list(_CALL.finditer(text))):
            name = self.names.get(_key(found[0]) or ("", ()))
            if name is not None:
                inside = _BAR.sub(",", found["inside"], count=1)
                text = f"{text[: found.start()]}{name}({inside}){text[found.end() :]}"
        return text

    def defined(self, left: Placed, right: Placed) -> tuple[Placed, Placed]:
        """The sides of a definition; what is said of the logarithm of a density said of the density itself."""
        call = _of_logarithm(left.text)
        if call is None or _key(call) not in self.names:
            return left, right
        return Placed(call, left.marks[:1]), Placed(rf"\exp\left({right.text}\right)", right.marks[:1])


def _key(call: str) -> tuple[str, tuple[str, ...]] | None:
    """The letter of a density and the names in its brackets; None for anything else."""
    found = _CALL.fullmatch(call.strip())
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
    return next((call for call in (rest, inner) if _key(call) is not None), None)


def gives_density(row: Row) -> bool:
    """Whether an equation gives a density, or its logarithm, a formula that speaks of no other one."""
    if row.right is None or row.link or row.relation not in ("=", ":=") or is_density(row.right.text) or is_expected(row.right.text, ()):
        return False
    return _of_logarithm(row.left.text) is not None or _key(row.left.text) is not None


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
        key = _key(call) if gives_density(row) else None
        if key is not None:
            yield key, call.strip()[1:]  # a letter stands before the brackets
