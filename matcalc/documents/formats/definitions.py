r"""The writer's own commands in a document: ``\newcommand`` in a formula holds from there on."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import replace

from matcalc.documents.pieces import Fault, Formula, Piece, Place, Placed
from matcalc.language.decisions import Source
from matcalc.language.latex.latex_conventions import conventional, operands
from matcalc.language.latex.latex_macros import defined, expanded
from matcalc.language.latex.latex_parameters import Macro

_COMMAND = re.compile(r"\\([A-Za-z]+)")


def with_definitions(pieces: Iterable[Piece], own: Collection[str] = ()) -> Iterator[Piece]:
    """The pieces with the commands replaced that formulas before define, and those that are usual and that nothing defines.

    What only defines is left out; ``own`` are commands that the document defines and that are left where they could not be followed.
    """
    macros: dict[str, Macro] = {}
    given = list(pieces)
    used = operands(" ; ".join([piece.text.text for piece in given if isinstance(piece, Formula) and piece.notation == "latex"]))
    for piece in given:
        if not isinstance(piece, Formula) or piece.notation != "latex":
            yield piece
            continue
        text, fault = replaced(piece.text, macros, own, used)
        if fault is not None:
            yield fault
        if text.text.strip():
            yield replace(piece, text=text.stripped())


def replaced(text: Placed, macros: dict[str, Macro], own: Collection[str], letters: Collection[str]) -> tuple[Placed, Fault | None]:
    """A formula without the writer's commands. Those that it defines are added to ``macros``."""
    if "\\" not in text.text:
        return text, None
    macros.update(defined(text.text))
    used = _used(text.text, macros)
    source = expanded(text.text, used, conventional(text.text, used.keys() | set(own), letters))
    fault = None if source.fault is None else Fault(text.text, text.place(), source.fault.message, source.fault.suggestion or "")
    return _placed(source, text), fault


def _used(text: str, macros: Mapping[str, Macro]) -> dict[str, Macro]:
    """Those of the commands that a text needs."""
    found: dict[str, Macro] = {}
    waiting = [text] if macros else []
    while waiting:
        for name in _COMMAND.findall(waiting.pop()):
            if name in macros and name not in found:
                found[name] = macros[name]
                waiting.append(macros[name].body)
    return found


def _placed(source: Source, given: Placed) -> Placed:
    """What commands were replaced in, with the places of what was given."""
    if source.places is None:
        return given
    starts = source.places.starts
    marks: list[tuple[int, Place]] = []
    for at, start in enumerate(starts):
        if not at or start != starts[at - 1] + 1 or given.text[start - 1] == "\n":
            marks.append((at, given.place(start)))
    return Placed(source.text, tuple(marks) or ((0, given.place()),))
