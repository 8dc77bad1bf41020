"""Breaking an equation into lines: before a sum's operator outside all brackets, else before an inner one, else at a blank."""

from __future__ import annotations

import re

WIDTH = 80
_OPEN, _CLOSE = frozenset("([{⟨"), frozenset(")]}⟩")
_OPERATORS = (" + ", " − ", " - ")
_DEEPEST = 6
"""Brackets deeper than this are broken like the last level: the indentation would leave no room."""


def broken(left: str, right: str, width: int = WIDTH) -> list[str]:
    """``left = right`` as lines of at most ``width`` characters; continued lines stand to the right of the equals sign."""
    head = f"{left} = "
    if len(head) > width // 2:
        return [left, *(("  = " if k == 0 else "    ") + line for k, line in enumerate(wrapped(right, width - 4)))]
    lines = wrapped(right, width - len(head))
    return [(head if k == 0 else " " * len(head)) + line for k, line in enumerate(lines)]


def wrapped(text: str, width: int) -> list[str]:
    """``text`` in lines of at most ``width`` characters, where it has blanks or brackets to break at; later ones are indented by two."""
    lines: list[str] = []
    rest = text
    while len(rest) > width - (2 if lines else 0):
        room = width - (2 if lines else 0)
        at = _break(rest, room)
        if at is None:
            break
        lines.append(rest[:at].rstrip())
        rest = rest[at:].lstrip()
    lines.append(rest)
    return [line if k == 0 else "  " + line for k, line in enumerate(lines)]


def _break(text: str, room: int) -> int | None:
    """Where the first line ends: the last good place within ``room``, of the loosest operator there is."""
    best: tuple[int, int] | None = None  # (how bad, place)
    depth = 0
    for place, character in enumerate(text[: room + 1]):
        if character in _OPEN:
            depth += 1
        elif character in _CLOSE:
            depth -= 1
        elif character == " " and place:
            operator = text[place : place + 3] in _OPERATORS
            bad = 2 * min(depth, _DEEPEST) + (0 if operator else 1)
            # A break near the start of the line helps little, however loose its operator is.
            if place < room // 5:
                bad += 4
            if best is None or bad <= best[0]:
                best = (bad, place)
    if best is not None:
        return best[1]
    opening = text.rfind("(", 0, room)
    return opening + 1 if opening > 0 else None


_LATEX_WIDTH = 75
_COMMAND = re.compile(r"\\(frac|mathbf|operatorname|text|left|right|!|,|;)|\\[A-Za-z]+|[{}_^]")


def latex_lines(source: str) -> list[str]:
    """A formula in LaTeX in pieces that fit on a line, each but the first beginning with a plus or minus sign outside all brackets, or
    inside an inner product that is too long for a line."""
    pieces: list[str] = []
    for piece in _summands(source, 0):
        if _visible(piece) > _LATEX_WIDTH and r"\left\langle" in piece:  # no line may end between \left and \right
            pieces += _summands(piece.replace(r"\left\langle", r"\bigl\langle").replace(r"\right\rangle", r"\bigr\rangle"), 1)
        else:
            pieces.append(piece)
    lines = [pieces[0]]
    for piece in pieces[1:]:
        if _visible(lines[-1]) + _visible(piece) > _LATEX_WIDTH:
            lines.append(piece)
        else:
            lines[-1] = f"{lines[-1]} {piece}"
    return lines


_OPENING = re.compile(r"\\left(?![A-Za-z])|\\langle|\\[A-Za-z]+|\\.|[({\[]")
_CLOSING = re.compile(r"\\right(?![A-Za-z])|\\rangle|[)}\]]")


def _summands(source: str, deepest: int) -> list[str]:
    """The source split before every plus and minus sign between blanks with at most so many inner products, and no other brackets, open."""
    pieces: list[str] = []
    start = place = 0
    open_now: list[str] = []
    while place < len(source):
        if found := _CLOSING.match(source, place):
            if open_now:
                open_now.pop()
        elif found := _OPENING.match(source, place):
            if found[0] in (r"\left", r"\langle") or not found[0].startswith("\\"):
                open_now.append(found[0])
        elif source.startswith((" + ", " - "), place) and place and open_now.count(r"\langle") == len(open_now) <= deepest:
            pieces.append(source[start:place])
            start = place + 1
        place = found.end() if found else place + 1
    return [*pieces, source[start:]]


def latex_block(left: str, right: str) -> str:
    """``left = right`` as one formula; an ``aligned`` block of lines, as ``latex_lines`` breaks them, where it is long."""
    first, *others = latex_lines(right)
    if not others:
        return f"{left} = {right}"
    rows = [rf"{left} &= {first}", *(rf"&\qquad {{}} {line}" for line in others)]
    return r"\begin{aligned} " + r" \\ ".join(rows) + r" \end{aligned}"


def _visible(source: str) -> int:
    """About how many characters a formula has when it is set."""
    return len(_COMMAND.sub(lambda found: "" if found[1] or len(found[0]) == 1 else "x", source).replace(" ", ""))
