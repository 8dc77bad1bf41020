"""Decides which bars open and which close: ``||A x|| ||y||``, ``|a||b|``, ``||x| - |y||``.

A bar after an operand closes the innermost open bars of its sort if there are any, else it opens; where that leaves bars open at the end
of a bracket, other readings are tried, nearest decision first.
"""

from __future__ import annotations

from typing import TypeAlias

from matcalc.base.errors import ParseError, Span
from matcalc.base.records import record
from matcalc.language.text.terminals import BARS, ENDS_OPERAND, STARTS_OPERAND, Token

_STOPS = frozenset(["COMMA", "EQUALS", "SEPARATOR"])
_MOST_RETRIES = 20_000

Open: TypeAlias = "tuple[str, Token, Open] | None"
"""What is open: sort, token, and what is open around it."""

Choice: TypeAlias = tuple[str, int]
"""A terminal and the number of tokens it takes."""


@record(frozen=False)
class _Branch:
    position: int
    choices: list[Choice]
    written: int
    opened: Open
    ends: bool


def resolve_bars(tokens: list[Token]) -> list[Token]:
    """The tokens with every bar replaced by ``NORM_OPEN``, ``NORM_CLOSE``, ``BAR_OPEN`` or ``BAR_CLOSE``.

    Raises ParseError when the bars do not pair up.
    """
    _check_triples(tokens)
    out: list[Token] = []
    branches: list[_Branch] = []
    opened: Open = None
    failed: Token | None = None
    ends, position, retries = False, 0, 0
    while True:
        bad: Token | None = None
        if position == len(tokens):
            if opened is None:
                return out
            bad = opened[1]
        else:
            token = tokens[position]
            choices = _choices(tokens, position, opened, ends) if token.type in BARS else [("", 1)]
            if not choices:
                bad = token
            elif token.type in ("RPAR", "RSQB") or token.type in _STOPS:
                if opened is not None and opened[0] in ("NORM", "BAR"):
                    bad = opened[1]
                elif opened is not None and token.type not in _STOPS:
                    opened = opened[2]
        if bad is not None:
            failed = failed or bad
            retries += 1
            if not branches or retries > _MOST_RETRIES:
                raise ParseError("the bars do not pair up", span=failed.span, suggestion="norm2(x), abs(x) or det(X)")
            branch = branches[-1]
            position, opened, ends = branch.position, branch.opened, branch.ends
            del out[branch.written :]
            choices = [branch.choices.pop(0)]
            if not branch.choices:
                branches.pop()
            token = tokens[position]
        elif len(choices) > 1:
            branches.append(_Branch(position, choices[1:], len(out), opened, ends))
        kind, width = choices[0]
        if kind:
            made = Token(kind, token.value * width, token.start, tokens[position + width - 1].end)
            if kind.endswith("OPEN"):
                opened = (kind.partition("_")[0], made, opened)
            elif opened is not None:
                opened = opened[2]
            out.append(made)
        else:
            if token.type in ("LPAR", "LSQB"):
                opened = (token.type, token, opened)
            out.append(token)
        ends = out[-1].type in ENDS_OPERAND
        position += width


def _check_triples(tokens: list[Token]) -> None:
    """Raises ParseError for ``|||X|||``: three bars on both sides are a norm of their own, which books mean different things by."""
    runs: list[list[Token]] = []
    for token in tokens:
        if token.type != "BAR":
            continue
        if runs and runs[-1][-1].end == token.start:
            runs[-1].append(token)
        else:
            runs.append([token])
    if len(runs) > 1 and all(len(run) == 3 for run in runs):
        span = Span(runs[0][0].start, runs[0][-1].end)
        raise ParseError("norms in three bars are not read", span=span, suggestion="norm(X, spectral), norm(X, nuclear), ||X||_F")


def _choices(tokens: list[Token], position: int, opened: Open, ends: bool) -> list[Choice]:
    """The readings of the bar at ``position`` that are possible so far, likeliest first."""
    token = tokens[position]
    following = tokens[position + 1] if position + 1 < len(tokens) else token
    double = token.type == following.type == "BAR" and following.start == token.end
    sorts: list[Choice] = [("NORM", 1)] if token.type == "NORM_BAR" else [("NORM", 2), ("BAR", 1)] if double else [("BAR", 1)]
    inner = opened[0] if opened is not None else ""
    closing: list[Choice] = []
    opening: list[Choice] = []
    unlikely: list[Choice] = []
    for sort, width in sorts:
        after = tokens[position + width] if position + width < len(tokens) else None
        if ends and inner == sort:
            closing.append((sort + "_CLOSE", width))
        if after is None or (ends and after.type in ("UNDERSCORE", "SUBSCRIPT_RUN")):
            continue
        if after.type in STARTS_OPERAND or after.type in BARS:
            opening.append((sort + "_OPEN", width))
        elif after.type in ("MINUS", "PLUS"):
            (unlikely if ends else opening).append((sort + "_OPEN", width))
    if closing and opening and _hugs_right(tokens, position, opening[0][1]):
        return opening + closing + unlikely
    return closing + opening + unlikely


def _hugs_right(tokens: list[Token], position: int, width: int) -> bool:
    """Whether blanks before and none after say that the bar belongs to what follows: ``||x ||y|| ||``."""
    before, after = tokens[position - 1], tokens[position + width]
    return before.end < tokens[position].start and after.start == tokens[position + width - 1].end and after.type not in BARS
