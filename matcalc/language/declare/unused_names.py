"""Declared names that do not occur in a formula."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from matcalc.base.errors import ParseError, Span
from matcalc.language.decisions import Decision
from matcalc.language.declare.declarations import places, written
from matcalc.language.declare.declared import BlockText, Declare, parse_declarations
from matcalc.language.declare.objects import described
from matcalc.language.text.spelling import nearest_spelling

_MOST_SAID = 8


def about(declare: Declare, names: tuple[str, ...], occurring: Sequence[str]) -> tuple[Decision, ...]:
    """What is to be said of declared ``names`` that do not occur.

    Raises ParseError where such a name may be meant for a symbol that is not declared.
    """
    if isinstance(declare, BlockText):
        return tuple([_doubt(name, occurring) for name in names])
    said = parse_declarations(declare)
    undeclared = [name for name in occurring if name not in said]
    if undeclared:
        raise _refused(declare, names, occurring, undeclared)
    return (
        Decision(f"{', '.join(names)} {'is' if len(names) == 1 else 'are'} declared, but {_not_there(names)}", "names", "plain"),
    )


def _doubt(name: str, occurring: Sequence[str]) -> Decision:
    return Decision(
        f"{name} is declared, but does not occur",
        "names",
        "doubtful",
        None,
        (f"leave {name} out", f"the names are {', '.join(occurring[:_MOST_SAID])}"),
    )


def _refused(declare: Declare, names: tuple[str, ...], occurring: Sequence[str], undeclared: Sequence[str]) -> ParseError:
    said = (
        f"{', '.join(names[:_MOST_SAID])} {'is' if len(names) == 1 else 'are'} declared, but {_not_there(names)} in the formula"
    )
    among = ", ".join(occurring[:_MOST_SAID]) or "no symbol"
    meant = {name: other for name in names for other in [_meant(name, undeclared)] if other is not None}
    instead = _instead(declare, names, meant)
    place = places(declare).get(names[0]) or Span(0, len(declare)) if isinstance(declare, str) else None
    return ParseError(
        said,
        text=declare if isinstance(declare, str) else None,
        span=place,
        expected=f"declarations of its symbols: {among}",
        suggestion=instead or f"leave {' and '.join(names[:_MOST_SAID])} out",
    )


def _not_there(names: tuple[str, ...]) -> str:
    return "does not occur" if len(names) == 1 else "do not occur"


def _meant(name: str, occurring: Sequence[str]) -> str | None:
    """The symbol that a name is a slip of."""
    same = [other for other in occurring if other.lower() == name.lower()]
    return same[0] if same else nearest_spelling(name, occurring)


def _instead(declare: Declare, names: tuple[str, ...], meant: Mapping[str, str]) -> str:
    """The declarations as they can be meant."""
    left_out = set(names) - meant.keys()
    if isinstance(declare, Mapping):
        kept = [name for name in declare if name not in left_out]
        return "; ".join(f"{meant.get(name, name)}: {described(name, declare[name])}" for name in kept)
    parts = []
    for one in written(declare or ""):
        mine = [meant.get(name, name) for name in one.names if name not in left_out]
        if mine == list(one.names):
            parts.append(one.text)
        elif mine:
            parts.append(f"{', '.join(mine)}: {one.value}")
    return "; ".join(parts)
