"""Equations that stand in prose without any delimiters: ``so d(b'x)/dx = b, and ∂(x²)/∂x = 2x follows``."""

from __future__ import annotations

import re
from collections.abc import Iterator

from matcalc.documents.cues import word_use
from matcalc.documents.pieces import Formula, Placed, Words

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

    >>> from matcalc.documents.pieces import Place, placed
    >>> [type(piece).__name__ for piece in with_equations(placed("so ∂(b'x)/∂x = b, as said", Place("a", 1)))]
    ['Words', 'Formula', 'Words']
    """
    position = 0
    text = _CODE.sub(lambda code: "`" * len(code[0]), words.text)
    for start, end in _equations(text):
        if words.text[position:start].strip():
            yield Words(words.part(position, start))
        yield Formula(words.part(start, end).stripped(), notation="plain")
        position = end
    if words.text[position:].strip():
        yield Words(words.part(position))


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
        while last + 1 < len(tokens) and (kinds[last + 1] or _dangles(text, tokens, last)) and _goes_on(text, tokens, last):
            if _ends_statement(text, tokens, last, RELATION.search(text, tokens[first][0], tokens[last][1]) is not None):
                break
            if text[tokens[last + 1][0]].isdigit() and _is_operand(text[slice(*tokens[last])]) and not text[tokens[last][0]].isdigit():
                break
            last += 1
        found = _trimmed(text, tokens[first : last + 1])
        if found is not None and not _goes_beyond(text, found, tokens, last):
            yield found
        first = last + 1


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
    before = text[tokens[number - 1][1] - 1] if number else ""
    after = text[tokens[number + 1][0]] if number + 1 < len(tokens) else ""
    beside = before in "=+*/^·×⋅⊙−" and before != "" or after in "=*/^·×⋅⊙+−" and after != ""
    return beside and bare == token and len(bare) <= _LONGEST_NAME


def _goes_beyond(text: str, found: tuple[int, int], tokens: list[tuple[int, int]], last: int) -> bool:
    """Whether an equation cannot be told from what follows it: ``x = number of rows``, ``y = sum(x)  # in all``."""
    if last + 1 == len(tokens) or tokens[last][1] != found[1]:
        return False
    if _PROGRAM.search(text, *tokens[last + 1]):
        return True
    word = text[slice(*tokens[last])]
    return _WORD.fullmatch(word) is not None and not _NAME.fullmatch(word) and not _GREEK.fullmatch(word)


def _dangles(text: str, tokens: list[tuple[int, int]], number: int) -> bool:
    """Whether something has to follow a token, and a word does that may be a name."""
    token, following = text[slice(*tokens[number])], text[slice(*tokens[number + 1])]
    if len(following) > 2 or word_use(following) != "remark" or _PROGRAM.search(following):
        return False
    return token[-1] in _LARGE


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
    """The equation among some tokens, without punctuation, articles and brackets around it; None where there is none."""
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
    """The first relation that stands in no brackets, as that of ``f(a=1)`` does, with something on both its sides."""
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
    """The range without brackets around it, of which the partner may stand outside; an empty one where others have no partner."""
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
    if (
        _TIMES.search(text)
        or _LIST.search(re.sub(r"\([^()]*\)|\[[^][]*\]", "", left))
        or _DANGLING.match(right)
        or re.match(r"[*/^·×⋅⊙=]", left)
    ):
        return False
    return re.search(r"\w", left) is not None and re.search(r"\w", right) is not None
