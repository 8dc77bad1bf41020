"""Finding claims about derivatives in Markdown and LaTeX documents."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from matcalc.budgets import metered
from matcalc.errors import LimitError, MatcalcError, ParseError
from matcalc.inputs import derivative_within
from matcalc.language.declare.texts import parse_declarations
from matcalc.language.latex.latex_macros import Source, expanded
from matcalc.language.statements import elaborate_statement
from matcalc.limits import MOST_DOCUMENT_CHARACTERS, VERDICT_SECONDS
from matcalc.verification.items import Document, Item, Settings, Unread
from matcalc.verification.passages import Lines, Mark, passages

_DISPLAYS = (Mark("display", r"(?<!\\)\$\$", r"(?<!\\)\$\$"), Mark("bracket", r"\\\[", r"\\\]"), Mark("paren", r"\\\(", r"\\\)"))
_MARKDOWN = (
    Mark("directive", r"<!--\s*matcalc:", "-->"),
    Mark("block", r"^(?P<name>`{3,}+|~{3,}+)[^\n]*\n", r"^{name}[^\n]*$"),
    *_DISPLAYS,
    Mark("inline", r"(?<![\\$\w])\$(?P<inside>[^$\n]+?)(?<!\\)\$(?!\d)"),
    Mark("code", r"(?<!`)`(?P<inside>[^`\n]+)`(?!`)"),
)
_ENVIRONMENTS = "equation|align|gather|multline|eqnarray|displaymath|math|flalign|alignat"
_LATEX = (
    Mark("directive", r"^[ \t]*%+[ \t]*matcalc:(?P<inside>[^\n]*)$"),
    Mark("", r"(?<!\\)%[^\n]*"),
    Mark("", r"\\begin\{(?:verbatim|lstlisting|minted)\}", r"\\end\{(?:verbatim|lstlisting|minted)\}"),
    Mark("block", rf"\\begin\{{(?P<name>{_ENVIRONMENTS})\*?\}}", r"\\end\{{name}\*?\}"),
    *_DISPLAYS,
    Mark("inline", r"(?<!\\)\$(?P<inside>[^$]+?)(?<!\\)\$"),
)
_DERIVATIVE = re.compile(r"[∂∇]|\\partial|\\nabla|\\[dt]?frac\s*\{\s*(\\mathrm\s*\{?\s*)?d\b|\b(grad|gradient|hessian|jacobian)\s*\(")
_NUMERATOR = re.compile(r"\bd2?\s*\(")
_DENOMINATOR = re.compile(r"\)\s*/\s*d")
_LATEX_NOISE = re.compile(
    r"\\(label|tag)\{[^}]{0,200}\}|\\(nonumber|notag)\b|(?<!\\)&|\\(begin|end)\{(aligned|split|gathered|alignedat)\}(\{\d\})?|(?<!\\)%[^\n]*"
)
_TRAILING = re.compile(r"(?:\\[,;:! ]|\\q?quad|(?<!\\)[.,;~]|\s)\Z")
_LONGEST_TRAILING = 6
_CONTINUES = re.compile(r"(?:\s|\\[,;:! ]|\\q?quad\b|\{\})*(?:=|(?:[+*/-]|\\(?:cdot|times|odot|otimes)\b)[^=]*$)")
_UNFINISHED = tuple("=+*/-")
_MOST_SIDES = 50
"""A chain of more equations than this is no claim that anybody makes, and each would repeat the first side."""
_ROW_END = re.compile(r"\\\\(\[[^\]]{0,40}\])?")


def read_markdown(text: str, path: str = "") -> Document:
    """The claims in mathematics and code of a Markdown document; ``<!-- matcalc: declare A: n×n symmetric -->`` gives facts."""
    return _read(text, path, _MARKDOWN, commented=False)


def read_latex(text: str, path: str = "") -> Document:
    """The claims in the mathematics of a LaTeX document; a comment line ``% matcalc: declare A: n×n symmetric`` gives facts."""
    return _read(text, path, _LATEX, commented=True)


def _read(text: str, path: str, marks: Sequence[Mark], *, commented: bool) -> Document:
    if len(text) > MOST_DOCUMENT_CHARACTERS:
        raise LimitError(f"{path or 'the document'} has more than {MOST_DOCUMENT_CHARACTERS:,} characters", suggestion="several files")
    lines = Lines(text)
    with metered(VERDICT_SECONDS):
        source = expanded(text) if commented else Source(text, text)
    items: list[Item] = []
    unread: list[Unread] = []
    settings = Settings()
    for passage in passages(source.text, marks):
        kind, content, start = passage.kind, passage.content, passage.start
        if kind == "directive":
            try:
                settings = _directed(settings, content.strip())
            except MatcalcError as error:
                unread.append(Unread(content.strip(), lines.at(source.offset(start)), error.message, is_directive=True))
            continue
        for offset, formula in _formulas(content, by_line=kind == "block" and not commented):
            claimed = False
            for claim in _claims(formula):
                claimed = True
                item = settings.item(claim, lines.at(source.offset(start + offset)))
                try:
                    with metered(VERDICT_SECONDS):
                        elaborate_statement(item.statement, item.declare or None, layout=item.layout, calculus=derivative_within)
                except MatcalcError as error:
                    unread.append(Unread(claim, item.line, error.message))
                except Exception:  # met again by the verdict, which says it and counts it
                    items.append(item)
                else:
                    items.append(item)
            if claimed:
                settings = Settings(settings.declare, settings.layout, settings.symmetric)
    return Document(path, tuple(items), tuple(unread))


def _directed(settings: Settings, directive: str) -> Settings:
    """The settings after a directive. Raises MatcalcError for one that is none, and for declarations that cannot hold."""
    word, _, rest = directive.partition(" ")
    changed = settings.changed(word, rest)
    if changed is None:
        raise ParseError("this is no directive: declare, layout, symmetric or expect")
    if changed.declare != settings.declare:
        parse_declarations("; ".join(changed.declare))
    return changed


def _formulas(content: str, *, by_line: bool) -> Iterator[tuple[int, str]]:
    """The rows of a display, or the lines of a code block, with their offsets.

    A row of a display that begins with an equals sign or an operator continues the row before.
    """
    start = 0
    first, held = 0, list[str]()
    for end in [
        *((m.start(), m.end()) for m in (re.finditer("\n", content) if by_line else _ROW_END.finditer(content))),
        (len(content), len(content)),
    ]:
        piece = content[start : end[0]]
        shown = _LATEX_NOISE.sub(lambda noise: " " * len(noise[0]), piece)
        lead = len(shown) - len(shown.lstrip())
        cleaned = " ".join(_without_trailing(shown).split())
        if cleaned and held and not by_line and (_CONTINUES.match(cleaned) or held[-1].endswith(_UNFINISHED)):
            held.append(cleaned)
        elif cleaned:
            if held:
                yield first, " ".join(held)
            first, held = start + lead, [cleaned]
        start = end[1]
    if held:
        yield first, " ".join(held)


def _without_trailing(text: str) -> str:
    """The text without space and punctuation at its end, also in LaTeX's spelling."""
    end = len(text)
    while (match := _TRAILING.search(text, max(0, end - _LONGEST_TRAILING), end)) is not None:
        end = match.start()
    return text[:end]


def _claims(formula: str) -> Iterator[str]:
    """``a = b = c`` claims ``a = b`` and ``a = c``; only formulas with a derivative count."""
    sides = _sides(formula)
    if len(sides) < 2 or not _holds_derivative(sides[0]):
        return
    if len(sides) > _MOST_SIDES:
        yield formula  # which is reported as not read
        return
    for side in sides[1:]:
        yield f"{sides[0]} = {side}"


def _holds_derivative(side: str) -> bool:
    numerator = _NUMERATOR.search(side)
    return _DERIVATIVE.search(side) is not None or (numerator is not None and _DENOMINATOR.search(side, numerator.end()) is not None)


def _sides(formula: str) -> list[str]:
    """The formula cut at equals signs outside brackets."""
    sides, depth, start = [], 0, 0
    for place, character in enumerate(formula):
        if character in "([{":
            depth += 1
        elif character in ")]}":
            depth -= 1
        elif (
            character == "="
            and depth == 0
            and formula[place - 1 : place] not in ("<", ">", "!", ":", "=")
            and formula[place + 1 : place + 2] != "="
        ):
            sides.append(formula[start:place].strip())
            start = place + 1
    sides.append(formula[start:].strip())
    return sides if all(sides) else []
