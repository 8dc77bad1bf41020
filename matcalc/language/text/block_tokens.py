"""Arrays of blocks in plain text, ``[A B; C D]``: rows behind semicolons, blocks behind commas, or
behind blanks as MATLAB has them."""

from __future__ import annotations

from matcalc.language.text.spelling import Vocabulary
from matcalc.language.text.terminals import BRACKETS, WRITTEN_OUT, Token, by_depth

_ENDS = frozenset(["RUN", "NUMBER", "RPAR", "RSQB", "TRANSPOSE", "SUPERSCRIPT", "ONES", "VEC", "POSITIVE_PART"])
_BEGINS = frozenset(["RUN", "NUMBER", "LPAR", "LSQB", "CALL", "ONES"])
_SIGNS = frozenset(["PLUS", "MINUS"])
_ROWS = frozenset(["SEPARATOR", "NEWLINE"])


def with_blocks(tokens: list[Token], vocabulary: Vocabulary) -> list[Token]:
    """The tokens with those of arrays as of a call of what is written out."""
    out: list[Token] = []
    opened: list[int] = []
    for token in tokens:
        out.append(token)
        if token.type in BRACKETS:
            opened.append(len(out) - 1)
        elif opened and BRACKETS[out[opened[-1]].type] == token.type:
            start = opened.pop()
            if token.type == "RSQB":
                out[start:] = _written_out(out, start, vocabulary)
    return out


def _written_out(tokens: list[Token], start: int, vocabulary: Vocabulary) -> list[Token]:
    """The tokens of brackets from a position to the last one, those of an array as of a call."""
    rows = _rows(tokens, start, len(tokens) - 1, vocabulary)
    single = len(rows) == len(rows[0]) == 1
    if single or _hangs_on(tokens, start, len(rows) > 1) or not all(entry for row in rows for entry in row):
        return tokens[start:]
    return _called(tokens[start], tokens[-1], rows)


def _hangs_on(tokens: list[Token], start: int, several_rows: bool) -> bool:
    """Whether brackets hold positions in the array before them."""
    before = tokens[start - 1] if start else None
    if before is None or before.type not in _ENDS:
        return False
    return not (several_rows and before.end < tokens[start].start)


Entry = list[Token]


def _rows(tokens: list[Token], start: int, stop: int, vocabulary: Vocabulary) -> list[list[Entry]]:
    """The entries of each row."""
    shallow = [place for place, token, depth in by_depth(tokens, start + 1) if place < stop and depth == (token.type in BRACKETS)]
    breaks = [place for place in shallow if tokens[place].type in _ROWS]
    found = []
    for first, last in zip([start, *breaks], [*breaks, stop]):
        if last - first > 1:
            found.append(
                _entries(
                    tokens,
                    first + 1,
                    last,
                    [place for place in shallow if first < place < last],
                    vocabulary,
                )
            )
    return found or [[[]]]


def _entries(tokens: list[Token], first: int, last: int, shallow: list[int], vocabulary: Vocabulary) -> list[Entry]:
    commas = [place for place in shallow if tokens[place].type == "COMMA"]
    if commas:
        return [tokens[begin:end] for begin, end in zip([first, *[place + 1 for place in commas]], [*commas, last])]
    cuts = [place for place in shallow if first < place < last and _is_cut(tokens, place, last, vocabulary)]
    return [tokens[begin:end] for begin, end in zip([first, *cuts], [*cuts, last])]


def _is_cut(tokens: list[Token], place: int, last: int, vocabulary: Vocabulary) -> bool:
    """Whether an entry begins at a place: behind a blank, and with a sign only where none stands
    behind that."""
    before, token = tokens[place - 1], tokens[place]
    if before.type not in _ENDS or before.end == token.start:
        return False
    if before.type == "RUN" and vocabulary.function(before.value, called=False) is not None:
        return False  # [log x; y]
    if token.type in _SIGNS:
        return place + 1 < last and tokens[place + 1].start == token.end
    return token.type in _BEGINS


def _called(opening: Token, closing: Token, rows: list[list[Entry]]) -> list[Token]:
    column = all(len(row) == 1 for row in rows)
    out: list[Token] = []
    for row in rows:
        entries = [part for entry in row for part in _of_entry(entry)]
        out += (
            entries
            if column
            else [
                entries[0],
                _bracket("LPAR", opening.start),
                *entries[1:],
                _bracket("RPAR", closing.end),
            ]
        )
    name = Token("CALL", WRITTEN_OUT, opening.start, opening.end)
    return [name, opening.as_a("LPAR", "("), *out[1:], closing.as_a("RPAR", ")")]


def _of_entry(entry: Entry) -> list[Token]:
    start, stop = entry[0].start, entry[-1].end
    return [
        Token("COMMA", ",", start, start),
        _bracket("LPAR", start),
        *entry,
        _bracket("RPAR", stop),
    ]


def _bracket(kind: str, place: int) -> Token:
    return Token(kind, "(" if kind == "LPAR" else ")", place, place)
