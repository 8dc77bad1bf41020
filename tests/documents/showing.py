"""Pieces of documents as short texts, for tests to compare."""

from __future__ import annotations

from collections.abc import Iterable

from matcalc.documents.blocks import Break, Closing, Directive, Fault, Formula, Heading, Listing, Opening, Piece, Words


def shown(piece: Piece) -> str:
    """``[formula]``, ``[environment: display]``, ``{plain formula}``, ``# title``, ``/`` for the end of a paragraph, and so on."""
    match piece:
        case Words():
            return " ".join(piece.text.text.split())
        case Formula():
            if piece.notation == "plain":
                return f"{{{piece.text.text}}}"
            return f"[{piece.environment or 'display'}: {piece.text.text}]" if piece.display else f"[{piece.text.text}]"
        case Heading():
            return f"{'#' * piece.level} {piece.text.text}"
        case Break():
            return "/"
        case Opening():
            return f"<{piece.name}>"
        case Closing():
            return f"</{piece.name}>"
        case Listing():
            return f"`{piece.text.text.strip()}`"
        case Directive():
            return f"!{piece.text.text}"
        case Fault():
            return f"?{piece.reason}"


def lines(pieces: Iterable[Piece]) -> list[str]:
    """All pieces, without repeated ends of paragraphs and the last of them."""
    found: list[str] = []
    for text in map(shown, pieces):
        if text != "/" or (found and found[-1] != "/"):
            found.append(text)
    return found[:-1] if found and found[-1] == "/" else found


def formulas(pieces: Iterable[Piece]) -> list[str]:
    """The formulas alone."""
    return [shown(piece) for piece in pieces if isinstance(piece, Formula)]
