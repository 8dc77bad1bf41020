"""Facts about a name that stands for something else: ``K = K_0 + θG`` with a symmetric K. They follow from its value, or its parts."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache

from matcalc.base.errors import MatcalcError
from matcalc.documents.asking import joined_declarations
from matcalc.documents.context.definitions import Definition
from matcalc.facts.table import implied
from matcalc.language.declare.declared import Declaration
from matcalc.language.declare.texts import SharedText
from matcalc.verification.judgement import verify

_TIES = {"symmetric": r"{0}^\top = {0}", "antisymmetric": r"{0}^\top = -{0}"}
_PLAIN_TIES = {"symmetric": "{0}' = {0}", "antisymmetric": "{0}' = -{0}"}


@dataclass(frozen=True, slots=True)
class Kept:
    """``more`` are facts of other names from which those of the defined ones follow; ``lost`` the names of which some are lost."""

    more: Mapping[str, str]
    lost: tuple[str, ...]


def kept_facts(definitions: Sequence[Definition], told: Mapping[str, Declaration], declare: str, declared: Iterable[str]) -> Kept:
    """What becomes of the facts that are ``told`` of defined names; ``declare`` are the declarations of the others."""
    more: dict[str, str] = {}
    lost: list[str] = []
    for place, one in enumerate(definitions):
        tie = _tie(told.get(one.name))
        if tie is None:
            continue
        before = "; ".join(other.text for other in definitions[: place + 1])
        form = _TIES if one.notation == "latex" else _PLAIN_TIES
        statement = f"{before}; {form[tie].format(one.written)}"
        parts = [name for name in sorted(one.uses) if name[:1].isupper() and "_" not in name[2:] and name not in declared]
        parts = [name for name in parts if f"{name}_" not in " ".join(one.uses)]
        if _holds(statement, declare):
            continue
        if parts and _holds(statement, joined_declarations(declare, *(f"{name}: {tie}" for name in parts))):
            more |= dict.fromkeys(parts, tie)
        else:
            lost.append(one.name)
    return Kept(more, tuple(lost))


def _tie(declaration: Declaration | None) -> str | None:
    """The tie between entries that follows from what is told of a name."""
    facts = implied(declaration.properties) if declaration is not None else frozenset()
    return next((tie for tie in _TIES if tie in facts), None)


@lru_cache(maxsize=256)
def _holds(statement: str, declare: str) -> bool:
    try:
        return verify(statement, declare=SharedText(declare) if declare else None, help=False).ok
    except MatcalcError:
        return False
