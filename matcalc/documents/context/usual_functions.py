"""Functions that a document defines as everybody does: ``σ(z) = 1/(1 + exp(-z))``. The language has them for arrays, too."""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache

from matcalc.base.errors import MatcalcError
from matcalc.documents.context.definitions import Definition
from matcalc.language.text.called_names import USUAL
from matcalc.language.text.vocabulary import known_functions
from matcalc.verification.judgement import verify


def without_usual(definitions: Sequence[Definition]) -> tuple[Definition, ...]:
    """The definitions without those that say no more than the language knows."""
    return tuple([one for one in definitions if not _is_usual(one)])


def _is_usual(one: Definition) -> bool:
    usual = USUAL.get(one.name)
    if usual is None or len(one.head.arguments) != 1 or usual.function not in known_functions():
        return False
    argument = one.left.partition("(")[2].rpartition(")")[0].removesuffix("\\right").strip()
    name = usual.function if one.notation == "plain" else rf"\operatorname{{{usual.function}}}"
    return _is_equal(f"{one.value} = {name}({argument})", one.head.arguments[0])


@lru_cache(maxsize=64)
def _is_equal(statement: str, argument: str) -> bool:
    try:
        return verify(statement, declare={argument: "scalar"}, help=False).ok
    except MatcalcError:
        return False
