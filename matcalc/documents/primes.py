"""Primes that may be derivatives: a claim that is true of transposes alone is none that an author of calculus made."""

from __future__ import annotations

from matcalc.base.lazy import pattern
from matcalc.documents.asking import Asked
from matcalc.documents.context.written_names import names_at
from matcalc.documents.habits import sides_of

_PRIME = r"(?:'|′|\^\s*\{?\s*(?:\\prime\s*)+\}?)"
_GROUP = pattern(rf"\s*(?:\\left\s*)?\((?P<inside>[^()]*)\)\s*{_PRIME}+\s*")
_PRIMED = pattern(_PRIME)
_TWICE = pattern(rf"[^\s(]\s*(?:{_PRIME}{{2}}|\^\s*\{{?\s*\\prime\s*\\prime\s*\}}?)(?!['′]*\s*(?:\\left\s*)?\()")


def derives_twice(asked: Asked) -> bool:
    """Whether two primes stand together behind something that is not called: nothing is transposed twice.

    >>> derives_twice(Asked("(f g)'' = f''g", dialect="latex")), derives_twice(Asked("(A b)' = b'A'", dialect="latex"))
    (True, False)
    """
    sides = sides_of(asked.statement)
    return asked.dialect == "latex" and sides is not None and any(_TWICE.search(side) for side in sides[1:])


def may_derive(asked: Asked) -> bool:
    """Whether primes may be derivatives: of brackets of small letters of which nothing is known, or two of them where none is called.

    >>> may_derive(Asked("(f g)' = f' g'", dialect="latex")), may_derive(Asked("(A b)' = b'A'", dialect="latex"))
    (True, False)
    """
    sides = sides_of(asked.statement)
    if asked.dialect != "latex" or sides is None:
        return False
    if any(at.bold or not at.name[:1].islower() or {at.name, at.base} & asked.declared for side in sides[1:] for at in names_at(side)):
        return False
    if any(_TWICE.search(side) for side in sides[1:]):
        return True
    groups = [found for side in sides[1:] if (found := _GROUP.fullmatch(side)) is not None]
    return any(not _PRIMED.search(found["inside"]) for found in groups)
