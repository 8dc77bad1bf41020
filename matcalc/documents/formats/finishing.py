"""What formats share: bare text and code, the writer's own commands, and what is done to the pieces
of each."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import replace

from matcalc.base.budgets import LONGEST_FORMULA, MOST_FAULTS
from matcalc.documents.blocks import Fault, Formula, Piece, Place, Placed, Words
from matcalc.documents.cues import word_use
from matcalc.documents.formats.delimiters import among_words
from matcalc.language.decisions import Source
from matcalc.language.latex.latex_texts import Macro
from matcalc.language.latex.macro_expansion import defined, expanded, operands

_SHOWN = 200


def bounded(formula: Formula) -> Formula | Fault:
    """The formula, or what is told in its place where it is too long."""
    text = formula.text
    if len(text.text) <= LONGEST_FORMULA:
        return formula
    reason = f"a formula of more than {LONGEST_FORMULA:,} characters is not read"
    return Fault(text.text[:_SHOWN], text.place(), reason, "the sign that ends it, or several formulas")


_COMMAND = re.compile(r"\\([A-Za-z]+)")


def with_definitions(pieces: Iterable[Piece], own: Collection[str] = ()) -> Iterator[Piece]:
    """The pieces with the commands replaced that formulas before define, and those that are usual
    and that nothing defines.

    What only defines is left out; ``own`` are commands that the document defines and that are left
    where they could not be followed.
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


def replaced(
    text: Placed, macros: dict[str, Macro], own: Collection[str], letters: Collection[str]
) -> tuple[Placed, Fault | None]:
    """A formula without the writer's commands. Those that it defines are added to ``macros``."""
    if "\\" not in text.text:
        return text, None
    macros.update(defined(text.text))
    source = expanded(text.text, _used(text.text, macros), own, letters)
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


RELATION = re.compile(r"(?<![=<>!:~+*/-])(?::=|=|<=|>=|≤|≥|≈|≡|≠|≻|≽|⪰|≺|⪯|(?<=\s)[<>](?=\s))(?![=<>~])")
_TOKEN = re.compile(r"\S+")
_WORD = re.compile(r"[(\[\"“]*[^\W\d_⁰¹²³⁴-⁹₀-₉ᵀ]{2,}(?:[-’'][^\W\d_]{2,})*[)\]\".,;:!?”]*")
_FUNCTIONS = "sin|cos|tan|exp|log|ln|tr|Tr|det|diag|vec|norm|max|min|sum|inv|sqrt|rank|abs|kron|lim"
_NAME = re.compile(rf"(?:{_FUNCTIONS}|[dδΔ](?!o)[A-Za-z]\d?|[A-Z]{{2,3}}|\d*[∂∇]+\w{{1,2}})[.,;]?")
_GREEK = re.compile(r"[Α-Ωα-ω]+")
_OPERATORS = re.compile(r"[-+*/^⋅·×⊙∘⊗−=<>≤≥≈≡:√∑∏∫|]+")
_LIST = re.compile(r"[,;][ \n]")
_LEADING = re.compile(r"[\s,;:.\"“]*")
_TRAILING = re.compile(r"[\s,;:.!?\"”✓✔✗✘✅❌□∎]*\Z")
_OPENING, _CLOSING = "([{⟨", ")]}⟩"
_CODE = re.compile(r"`[^`]+`")
_LARGE = frozenset("√∑∏∫Σ∂∇")
FOREIGN = re.compile(r"[\u3040-\u30ff\u3400-\u9fff\uac00-\ud7af\uff00-\uffef]")
"""Letters that no names in formulas are made of."""
_BRACKETS = frozenset("()[]{}")
_ARTICLES = frozenset({"a", "A", "I", "-", "–", "—", "*", "•", "or", "and"})
_LONGEST_NAME = 6
_MOST_TOKENS = 60
"""Words on each side of a relation that may belong to it."""
_DANGLING = re.compile(rf"(?:.*[-+*/^·×⋅⊙∘⊗−=<>≤≥≈≡√∑∏∫Σ∂∇]|(?:.*[^\w.])?(?:{_FUNCTIONS}))\Z", re.DOTALL)
_TIMES = re.compile(r"\d[ ]?[x×][ ]?\d")
"""Sizes, and products of numbers written with the letter."""
_PROGRAM = re.compile(
    r"://|www\.|@\w|&\w+=|--\w|[?]\w+=|[\\\"#$&`]|[A-Za-z]{2,}_[A-Za-z]{2,}|\*\*|[A-Za-z_]\w*\.[A-Za-z_]|[{;]\Z|\w=[\w.]+,\Z"
)


def with_equations(words: Placed) -> Iterator[Words | Formula]:
    """The words, and the equations among them.

    >>> from matcalc.documents.blocks import Place, placed
    >>> [type(piece).__name__ for piece in with_equations(placed("so ∂(b'x)/∂x = b, as said", Place("a", 1)))]
    ['Words', 'Formula', 'Words']
    """
    text = _CODE.sub(lambda code: "`" * len(code[0]), words.text)
    found = ((start, end, words.part(start, end).stripped()) for start, end in _equations(text))
    return among_words(words, ((start, end, Formula(inner, notation="plain")) for start, end, inner in found))


_BESIDE = "=+*/^·×⋅⊙−"
"""Signs beside which a short word is a name."""


def _equations(text: str) -> Iterator[tuple[int, int]]:
    """Where equations begin and end."""
    if RELATION.search(text) is None:
        return
    tokens = [match.span() for match in _TOKEN.finditer(text)]
    kinds = [_is_mathematical(text, tokens, number) for number in range(len(tokens))]
    first = 0
    while first < len(tokens):
        if not kinds[first]:
            first += 1
            continue
        last = first
        while last + 1 < len(tokens) and _reaches(text, tokens, kinds[last + 1], first, last):
            last += 1
        found = _trimmed(text, tokens[first : last + 1])
        if found is not None and not _goes_beyond(text, found, tokens, last):
            yield found
        first = last + 1


def _reaches(text: str, tokens: list[tuple[int, int]], mathematical: bool, first: int, last: int) -> bool:
    """Whether an equation from one token to another goes on with the next."""
    return (mathematical or _dangles(text, tokens, last)) and not _stops(text, tokens, first, last)


def _stops(text: str, tokens: list[tuple[int, int]], first: int, last: int) -> bool:
    """Whether an equation that begins with one token ends with another."""
    related = RELATION.search(text, tokens[first][0], tokens[last][1]) is not None
    if not _goes_on(text, tokens, last) or _ends_statement(text, tokens, last, related):
        return True
    numbers = text[tokens[last + 1][0]].isdigit() and not text[tokens[last][0]].isdigit()
    return numbers and _is_operand(text[slice(*tokens[last])])


def _is_mathematical(text: str, tokens: list[tuple[int, int]], number: int) -> bool:
    """Whether a token between blanks can be part of an equation."""
    start, end = tokens[number]
    token = text[start:end]
    if _PROGRAM.search(token) or FOREIGN.search(token) or end - start > 400:
        return False
    bare = token.strip('()[]{}.,;:!?"“”')
    if _WORD.fullmatch(token) is None:
        return bare != "" or _OPERATORS.fullmatch(token) is not None or token in _BRACKETS
    if _NAME.fullmatch(bare) or _GREEK.fullmatch(bare):
        return True
    if bare != token or len(bare) > _LONGEST_NAME:
        return False
    before = text[tokens[number - 1][1] - 1] if number else " "
    after = text[tokens[number + 1][0]] if number + 1 < len(tokens) else " "
    return before in _BESIDE or after in _BESIDE


def _goes_beyond(text: str, found: tuple[int, int], tokens: list[tuple[int, int]], last: int) -> bool:
    """Whether an equation cannot be told from what follows it: ``x = number of rows``,
    ``y = sum(x)  # in all``."""
    if last + 1 == len(tokens) or tokens[last][1] != found[1]:
        return False
    if _PROGRAM.search(text, *tokens[last + 1]):
        return True
    word = text[slice(*tokens[last])]
    return _WORD.fullmatch(word) is not None and not _NAME.fullmatch(word) and not _GREEK.fullmatch(word)


def _dangles(text: str, tokens: list[tuple[int, int]], number: int) -> bool:
    """Whether something has to follow a token, and a word does that may be a name."""
    token, following = text[slice(*tokens[number])], text[slice(*tokens[number + 1])]
    return len(following) <= 2 and word_use(following) == "remark" and not _PROGRAM.search(following) and token[-1] in _LARGE


def _goes_on(text: str, tokens: list[tuple[int, int]], number: int) -> bool:
    """Whether what stands behind a token is in the same line, or goes on with it in the next."""
    end, start = tokens[number][1], tokens[number + 1][0]
    return (
        "\n" not in text[end:start]
        or _OPERATORS.match(text, start) is not None
        or _DANGLING.match(text[slice(*tokens[number])]) is not None
    )


def _ends_statement(text: str, tokens: list[tuple[int, int]], number: int, related: bool) -> bool:
    """Whether a statement, with a relation in it or without, ends with a token."""
    start, end = tokens[number]
    if text[end - 1] == ",":  # of a list in brackets, or of names before a relation, it is no end
        return related and text.count("(", start, end) <= text.count(")", start, end)
    return text[end - 1] in ".;:!?"


def _trimmed(text: str, tokens: list[tuple[int, int]]) -> tuple[int, int] | None:
    """The equation among some tokens, without punctuation, articles and brackets around it; None
    where there is none."""
    first, last = 0, len(tokens) - 1
    while first < last and text[slice(*tokens[first])] in _ARTICLES and RELATION.match(text, tokens[first + 1][0]) is None:
        first += 1
    while last > first and text[slice(*tokens[last])].rstrip(".,;:") in _ARTICLES and _is_operand(text[slice(*tokens[last - 1])]):
        last -= 1
    if last - first > _MOST_TOKENS:
        return None
    start, end = tokens[first][0], tokens[last][1]
    leading = _LEADING.match(text, start, end)
    start = leading.end() if leading else start
    trailing = _TRAILING.search(text[start:end])
    end = start + trailing.start() if trailing else end
    start, end = _balanced(text, start, end)
    relation = outer_relation(text[start:end])
    if relation is None or _TIMES.search(text, max(0, start - _LONGEST_NAME), end + _LONGEST_NAME):
        return None
    return (start, end) if _says_something(text[start:end], relation.start()) else None


def outer_relation(text: str) -> re.Match[str] | None:
    """The first relation that stands in no brackets, as that of ``f(a=1)`` does, with something on
    both its sides."""
    depth = position = 0
    for match in RELATION.finditer(text):
        between = text[position : match.start()]
        depth += sum(map(between.count, _OPENING)) - sum(map(between.count, _CLOSING))
        position = match.end()
        if depth == 0:
            return match if text[: match.start()].strip() and text[match.end() :].strip() else None
    return None


def _is_operand(token: str) -> bool:
    return token[-1:] not in "=+-*/^·×⋅⊙−<>≤≥≈"


def _balanced(text: str, start: int, end: int) -> tuple[int, int]:
    """The range without brackets around it, of which the partner may stand outside; an empty one
    where others have no partner."""
    while start < end:
        opened: list[int] = []
        partner: dict[int, int] = {}
        alone: list[int] = []
        for at in range(start, end):
            if text[at] in _OPENING:
                opened.append(at)
            elif text[at] in _CLOSING:
                if opened:
                    partner[opened.pop()] = at
                else:
                    alone.append(at)
        alone += opened
        if not alone and partner.get(start) == end - 1:
            return start + 1, end - 1
        if not alone:
            return start, end
        if start not in alone and end - 1 not in alone:
            break
        start, end = start + (start in alone), end - (end - 1 in alone)
    return start, start


def _says_something(text: str, at: int) -> bool:
    """Whether both sides could be mathematics, rather than a setting of a program."""
    left, right = text[:at].strip(), text[at:].lstrip(":=<>≤≥≈≡≠≻≽⪰≺⪯ ")
    if re.fullmatch(r"[^\W\d_]{2,}", left) and not _GREEK.fullmatch(left) and not _NAME.fullmatch(left):
        return False
    return (
        not _TIMES.search(text)
        and not _LIST.search(re.sub(r"\([^()]*\)|\[[^][]*\]", "", left))
        and not _DANGLING.match(right)
        and not re.match(r"[*/^·×⋅⊙=]", left)
        and re.search(r"\w", left) is not None
        and re.search(r"\w", right) is not None
    )


_STATEMENT = re.compile(
    r"^[ \t]*(?:import[ ]+[\w.]+(?:[ ]+as[ ]+\w+)?[ \t]*$|from[ ]+[\w.]+[ ]+import\b|(?:async[ ]+)?def[ ]+\w+[ ]*\("
    r"|class[ ]+\w+[ ]*[:({]|for[ ]+[\w, ]+[ ]in[ ].*:|for[ ]*\(?\w+[ ]*=.*|while\b.*[:{)]$|if\b.*[:{]$|els?if\b.*[:{]|else[ ]*[:{]"
    r"|end(?:for|if|while|function)?;?$|(?:function|fn|func|let|var|const|auto|double|float|int|void)[ ]+\w+[ ]*[=(;]"
    r"|return[ ]+[^.]*;?$|print[ ]*\(|disp\(|assert[ ]|with[ ].*:$|\#include\b|using[ ]+\w+;?$|library\(|@\w+(?:\(.*\))?$"
    r"|[$%>][ ]\w|>>>[ ]|\.\.\.[ ]|In[ ]\[\d*\]:|Out\[\d*\]:|!pip|pip[ ]install|%matplotlib)",
    re.MULTILINE,
)
_SIGN = re.compile(
    r"[{}][ \t]*$|(?<![=<>!])==(?!=)|(?<![-+*/ ])[ ]?[+*/-]=[ ]|!==|\w->\w|<-[ ]|(?<![\w)\]}'])'[A-Za-z][\w ./:-]*'|\"[^\"\n]*\""
    r"|\b(?:np|numpy|torch|jnp|jax|tf|plt|pd|self|nn|sympy|scipy)\.\w|[A-Za-z_]\w*\.[A-Za-z_]\w*[ ]*\("
    r"|\b(?:None|True|False|null|nullptr|NaN)\b|\blambda[ ]\w+[ ]?:"
    r"|,[ ]?[a-z_]{2,}=[^=]|(?:^|[ ])~?/\.?\w+/|[─│┌┐└┘├┤┬┴┼═║╔╗╚╝]|\+-{2,}|^[ \t]*(\w+)[ ]*=[ ]*\1[ ]*[-+*/]",
    re.MULTILINE,
)
_CALL = re.compile(r"^[ \t]*(?:[\w, ]+=[ ]*)?[A-Za-z_]\w*(?:\.\w+)*\(.*\)[ \t]*$", re.MULTILINE)
_DERIVATIVE = re.compile(
    r"^[ \t]*(?:[-*•][ ]+|\d+[.)][ ]+)?(?:d\d?[ ]?\(.*\)[ ]*/[ ]*d|d\^?\d?\w+[ ]*/[ ]*d\w|∂|∇|grad\b)", re.MULTILINE
)


def is_program(text: str) -> bool:
    """Whether lines are those of a program, and no notes in the same characters.

    >>> is_program("y = x.sum()\\nprint(y)"), is_program("d(x'*A*x)/dx = 2*A*x;")
    (True, False)
    """
    return _DERIVATIVE.search(text) is None and (_STATEMENT.search(text) is not None or _SIGN.search(text) is not None)


def holds_program(text: str) -> bool:
    """Whether some lines of a paragraph are statements of a program, which lost their markup.

    >>> holds_program("we print (here) what we need"), holds_program("import numpy as np\\nprint(np.pi)")
    (False, True)
    """
    return sum(1 for pattern in (_STATEMENT, _CALL) for _ in pattern.finditer(text)) >= 2


def finished(pieces: Iterable[Piece]) -> Iterator[Piece]:
    """The pieces as they are handed on."""
    return _with_few_faults(with_definitions(_with_bare_equations(pieces)))


def _with_few_faults(pieces: Iterable[Piece]) -> Iterator[Piece]:
    """The pieces; of many faults of a kind the first, and how many more there are."""
    kinds: Counter[str] = Counter()
    last: dict[str, Fault] = {}
    for piece in pieces:
        if isinstance(piece, Fault):
            kinds[piece.reason] += 1
            last[piece.reason] = piece
        if not isinstance(piece, Fault) or kinds[piece.reason] < MOST_FAULTS:
            yield piece
    yield from (
        Fault("", last[kind].place, f"{count - MOST_FAULTS + 1:,} more places like this: {kind}")
        for kind, count in kinds.items()
        if count >= MOST_FAULTS
    )


def _with_bare_equations(pieces: Iterable[Piece]) -> Iterator[Piece]:
    """The pieces, with the equations of each paragraph that stand in it without delimiters, unless
    it holds lines of a program."""
    paragraph: list[Words | Formula] = []
    for piece in pieces:
        if isinstance(piece, Formula):
            piece = bounded(_with_primes(piece))
        if isinstance(piece, Words | Formula):
            paragraph.append(piece)
            continue
        yield from _read(paragraph)
        paragraph = []
        yield piece
    yield from _read(paragraph)


def _with_primes(piece: Formula) -> Formula:
    """A formula with primes for the apostrophes that a text processor made of them."""
    text = piece.text
    return piece if _APOSTROPHE not in text.text else replace(piece, text=replace(text, text=text.text.replace(_APOSTROPHE, "'")))


_APOSTROPHE = "\u2019"


def _read(paragraph: list[Words | Formula]) -> Iterator[Words | Formula]:
    if holds_program("".join([piece.text.text for piece in paragraph if isinstance(piece, Words)])):
        yield from paragraph
        return
    for piece in paragraph:
        if isinstance(piece, Words):
            yield from with_equations(piece.text)
        else:
            yield piece
