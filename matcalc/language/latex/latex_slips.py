r"""Commands that lost or doubled their backslash on the way: ``frac{1}{2}``, ``\\frac{1}{2}``, and ``\f`` that Python made a form feed."""

from __future__ import annotations

from matcalc.base.lazy import pattern
from matcalc.language.decisions import Decision
from matcalc.language.latex.latex_commands import ACCENTS, FONTS, FRACTIONS, OPERATORS, SIZED, SPACING, TRANSPOSES, WORDS
from matcalc.language.latex.latex_lexeme import Lexeme
from matcalc.language.text.spelling import SPELLED_GREEK

_ESCAPED = {"\x07": "a", "\x08": "b", "\t": "t", "\n": "n", "\x0b": "v", "\x0c": "f", "\r": "r"}
"""What a string of Python or JavaScript makes of a backslash and a letter."""
_CUT = pattern(
    "[\x07\x08\x0b\x0c](?P<any>[A-Za-z]*)|\t(?P<tab>op|heta|ilde|ext|imes|frac|extbf|extrm|r|race)(?![A-Za-z])|\n(?P<line>abla)(?![A-Za-z])"
    "|\r(?P<return>ho|ight|Vert|angle)(?![A-Za-z])"
)
_DOUBLED = pattern(r"\\\\(?:[A-Za-z]{2,}|[|{}])")
_SINGLE = pattern(r"(?<!\\)(?:\\\\)*\\(?![\\\s])")
_BARE_WORD = pattern(r"(?<![A-Za-z])(?<!(?<!\\)\\)[A-Za-z]{3}")
"""Letters that no command begins with; behind two backslashes is a new row."""
_BRACED = FRACTIONS | (FONTS - {"vec", "bs"}) | (WORDS - {"text"}) | frozenset(ACCENTS) | {"sqrt", "text", "underbrace", "overbrace"}
_INFIX = frozenset(["cdot", "odot", "otimes", "oslash", "times", "circ"])
"""Words that nobody would take for the name of a symbol."""
_COMMANDS = _BRACED | OPERATORS.keys() | SPELLED_GREEK | TRANSPOSES | SIZED.keys() | SPACING | {"lVert", "rVert", "lvert", "rvert", "begin"}


def is_doubled(text: str) -> bool:
    r"""Whether every backslash of the text is doubled, as in what was copied from a program: ``\\frac{1}{2} x^\\top x``."""
    found = [match[0][2:] for match in _DOUBLED.finditer(text)]
    return any(not name.isalpha() or name in _COMMANDS for name in found) and _SINGLE.search(text) is None


def cut_command(text: str, position: int) -> tuple[str, int] | None:
    r"""The command whose backslash and first letter became one control character, as in ``"\frac"`` of Python, and its end."""
    match = _CUT.match(text, position) if text[position] in _ESCAPED else None
    if match is None or match.lastgroup is None:
        return None
    name = _ESCAPED[match[0][0]] + match[match.lastgroup]
    return name, match.end()


def next_cut(text: str, start: int, stop: int) -> int:
    """The place of the first such character in a range of blanks; ``stop`` when there is none."""
    return next((place for place in range(start, stop) if cut_command(text, place) is not None), stop)


def restored(text: str, lexemes: list[Lexeme], decisions: list[Decision]) -> list[Lexeme]:
    """The lexemes of a text with words that are commands without their backslash as these."""
    if _BARE_WORD.search(text) is None:
        return lexemes
    out: list[Lexeme] = []
    position = 0
    while position < len(lexemes):
        end = position
        while end < len(lexemes) and lexemes[end].kind == "letter" and (end == position or lexemes[end].start == lexemes[end - 1].end):
            end += 1
        word = "".join([lexeme.text for lexeme in lexemes[position:end]])
        if end - position > 2 and _is_command(word, lexemes, end):
            place = Lexeme("command", word, lexemes[position].start, lexemes[end - 1].end)
            decisions.append(Decision(f"{word} is read as the command \\{word}", "notation", span=place.span))
            out.append(place)
        else:
            out += lexemes[position : max(end, position + 1)]
        position = max(end, position + 1)
    return out


def _is_command(word: str, lexemes: list[Lexeme], end: int) -> bool:
    following = lexemes[end] if end < len(lexemes) else None
    if following is None:
        return False
    adjacent = following.start == lexemes[end - 1].end
    if word in _INFIX:
        return not (adjacent and following.text in ("_", "^", "(", "'"))
    if word == "sum":
        return adjacent and following.text == "_"
    return adjacent and following.kind == "{" and word in _BRACED
