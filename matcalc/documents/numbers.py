"""Claims of scalar calculus: lower case letters are vectors by convention, and in a formula such as ``d(bx)/dx = b`` they are numbers."""

from __future__ import annotations

import re
from collections.abc import Iterator, Set
from dataclasses import replace

from matcalc.documents.asking import Asked
from matcalc.documents.context.written_names import names_in
from matcalc.documents.habits import is_misfit
from matcalc.language.declare.declarations import written
from matcalc.language.statements import DerivativeSide, Statement
from matcalc.verification.verdict import Verdict

_OF_NUMBERS = re.compile(r"(?P<names>[^:;]+): scalars?")
_OF_VECTORS = re.compile(r"(?P<names>[^:;]+): vectors?")
_BOLD = re.compile(r"\\(?:mathbf|boldsymbol|bm|vec|pmb|bs|bold)\s*\{?\s*\\?([A-Za-z]+)")


def with_numbers(asked: Asked, verdict: Verdict) -> Asked | None:
    """The claim about numbers instead, where the verdict shows that it may be one; None where it does not.

    A letter is a number where the claim holds of numbers, or fits only numbers, and nothing was said of it, and where what was said is of
    the same letter in bold type while the claim has it in plain type.
    """
    if not verdict.is_false:
        return None
    found = _OF_NUMBERS.fullmatch(verdict.condition or "")
    names = {name.strip() for name in found["names"].split(",")} if found is not None else set()
    names |= set(filter(None, perhaps_numbers(asked, verdict).split(" and "))) | _in_either_layout(asked, verdict)
    plain = frozenset(_plain_letters(asked))
    declared = asked.declared
    if names & declared - plain or any(_is_behind_capital(name, asked) for name in names):
        return None
    names |= plain
    if not names:
        return None
    kept = [_without(one.names, one.value, names) for one in written(asked.declare)] if asked.declare else []
    declare = "; ".join([*filter(None, kept), *(f"{name}: scalar" for name in sorted(names))])
    return replace(asked, declare=declare)


def _in_either_layout(asked: Asked, verdict: Verdict) -> Set[str]:
    """The letters that are vectors by convention alone in a derivative by a number that is true in another layout: of numbers in any."""
    kinds = verdict.declarations or {}
    by = _differentiated_by(verdict)
    if verdict.other_layout is None or not by or any(kinds.get(name) != "scalar" for name in by):
        return set()
    claimed = names_in(asked.statement.rpartition("; ")[2])
    return _vectors_by_convention(asked, verdict) & claimed


def _vectors_by_convention(asked: Asked, verdict: Verdict) -> Set[str]:
    """The letters that are vectors by convention alone."""
    assumed = [kind.strip() for one in verdict.assumed for kind in one.split(";")]
    found = {name for kind in assumed if (of := _OF_VECTORS.fullmatch(kind)) is not None for name in of["names"].split(", ")}
    return {name for name in found if not _is_vector(name, asked, asked.declared)}


def with_a_number(asked: Asked, verdict: Verdict) -> Iterator[Asked]:
    """The claim with a number for one letter that is a vector by convention alone, where its sides do not fit and numbers are added to
    vectors in it."""
    if asked.exact or not is_misfit(verdict) or not adds_numbers(verdict):
        return
    for name in sorted(_vectors_by_convention(asked, verdict) - _differentiated_by(verdict)):
        yield asked.declaring(f"{name}: scalar")


def adds_numbers(verdict: Verdict) -> bool:
    """Whether a number is added to every entry of an array, as a claim was read."""
    return verdict.reading is not None and any(one.topic == "broadcasting" for one in verdict.reading.decisions)


def is_of_a_number(verdict: Verdict) -> bool:
    """Whether what a claim differentiates is a number."""
    source = None if verdict.reading is None else verdict.reading.source
    side = source.left if isinstance(source, Statement) else None
    return isinstance(side, DerivativeSide) and not side.expression.shape


def with_vectors(asked: Asked, verdict: Verdict) -> Asked | None:
    """The claim about vectors for letters that are numbers by convention alone, where it does not fit numbers; None for another claim.

    The Greek letters of ``∂exp(φ/2)/∂φ = ½ diag(exp(φ/2))`` are such.
    """
    if asked.exact or not is_misfit(verdict):
        return None
    declared = asked.declared
    assumed = {name for one in verdict.assumed if (found := _OF_NUMBERS.fullmatch(one)) is not None for name in found["names"].split(", ")}
    wished = _WISHED_VECTORS.search(verdict.reason)
    meant = set(_AND.split(wished["names"])) if wished is not None else _differentiated_by(verdict)
    if not meant or not meant <= assumed - declared:
        return None
    kinds = [f"{name}: vector" for name in sorted(meant)]
    return asked.declaring(*kinds)


def _differentiated_by(verdict: Verdict) -> Set[str]:
    source = None if verdict.reading is None else verdict.reading.source
    side = source.left if isinstance(source, Statement) else None
    return {symbol.name for symbol in side.wrt} if isinstance(side, DerivativeSide) else set()


def perhaps_numbers(asked: Asked, verdict: Verdict) -> str:
    """The letters without which a claim would fit, if they were numbers, and of which nothing shows that they are not; empty for others."""
    found = _WISHED.search(verdict.reason) if verdict.counterexample is None else None
    names = _AND.split(found["names"]) if found is not None else []
    declared = asked.declared
    return "" if any(_is_vector(name, asked, declared) for name in names) else " and ".join(names)


def with_plain_capitals(asked: Asked, verdict: Verdict) -> Asked | None:
    """A false claim about a derivative by a number with numbers for its capitals, where nothing shows that these are matrices; else None.

    The factors of ``\\partial(MN)/\\partial x = N \\partial M/\\partial x + M \\partial N/\\partial x`` are functions of x.
    """
    kinds = verdict.declarations or {}
    by = set(_BY.findall(asked.statement))
    said = [part for one in verdict.assumed for part in one.split("; ")]
    assumed = {name for one in said if (found := _OF_MATRICES.fullmatch(one)) is not None for name in found["names"].split(", ")}
    by_number = bool(by) and all(kinds.get(name) == "scalar" for name in by)
    if not by_number or not assumed or assumed & asked.declared or _OF_ARRAYS.search(asked.statement):
        return None
    return asked.declaring(*(f"{name}: scalar" for name in sorted(assumed)))


_BY = re.compile(r"\}\s*\{\s*(?:\\partial|d)\s*([A-Za-z])\s*\}")
_OF_MATRICES = re.compile(r"(?P<names>[^:;]+): matri(?:x|ces)")
_OF_ARRAYS = re.compile(
    r"\^\s*\{?\s*(?:T(?![A-Za-z])|\\top|\\intercal|-\s*1)|\\(?:operatorname|det|mathbf|boldsymbol|bm|\|)|'|\\mathrm\s*\{\s*(?:tr|T|vec)"
)


def _is_vector(name: str, asked: Asked, declared: Set[str]) -> bool:
    """Whether something shows that a letter is a vector or a matrix: it is a capital, declared, bold or transposed."""
    if name[:1].isupper() or name in declared or name in _BOLD.findall(asked.statement):
        return True
    return re.search(rf"(?<![A-Za-z]){re.escape(name)}\s*(?:\}}\s*)?(?:'|\^\s*\{{?\s*(?:T|\\top|\\intercal))", asked.statement) is not None


def _is_behind_capital(name: str, asked: Asked) -> bool:
    """Whether a letter stands right behind a capital somewhere, as a vector behind its matrix does: ``W x``, ``W^{(l)} x``."""
    script = r"(?:\s*[_^]\s*(?:\w|\{[^{}]*\}|\\top))*"
    return re.search(rf"(?<![A-Za-z\\])[A-Z]{script}\s*{re.escape(name)}(?![A-Za-z])", asked.statement) is not None


_AND = re.compile(", | and ")
_NAMES = r"it would hold if (?P<names>\w+(?:, \w+)*(?: and \w+)?) were "
_WISHED = re.compile(rf"{_NAMES}(?:a scalar|scalars)(?: and |;|\Z)")
_WISHED_VECTORS = re.compile(rf"{_NAMES}(?:a vector|vectors)(?: and |;|\Z)")


def _without(names: tuple[str, ...], value: str, left_out: Set[str]) -> str:
    rest = [name for name in names if name not in left_out]
    return f"{', '.join(rest)}: {value}" if rest else ""


def _plain_letters(asked: Asked) -> Iterator[str]:
    """The lower case letters of the statement in plain type of which the text speaks in bold type alone."""
    bold_here = set(_BOLD.findall(asked.statement))
    told = [one.text for one in asked.rests_on if one.text not in asked.statement]  # of definitions it is the same letter
    for letter in sorted({letter for text in told for letter in _BOLD.findall(text)} - bold_here):
        said = [text for text in told if re.search(rf"(?<![A-Za-z\\]){letter}(?![A-Za-z])", text)]
        in_plain = re.search(rf"(?<![A-Za-z\\]){letter}(?![A-Za-z])", asked.statement) is not None
        if letter.islower() and in_plain and all(letter in _BOLD.findall(text) for text in said):
            yield letter
