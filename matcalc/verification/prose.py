"""Finding claims about derivatives in Markdown and LaTeX documents."""

from __future__ import annotations

import re
from collections.abc import Iterator

from matcalc.errors import MatcalcError
from matcalc.language.latex_macros import Source, expanded
from matcalc.language.statements import elaborate_statement
from matcalc.verification.items import Document, Item, Settings, Unread

_MARKDOWN = re.compile(
    r"<!--\s*matcalc:(?P<directive>.*?)-->"
    r"|^(?P<fence>`{3,}|~{3,})[^\n]*\n(?P<block>.*?)^(?P=fence)[^\n]*$"
    r"|(?<!\\)\$\$(?P<display>.+?)(?<!\\)\$\$"
    r"|\\\[(?P<bracket>.+?)\\\]"
    r"|\\\((?P<paren>.+?)\\\)"
    r"|(?<![\\$\w])\$(?P<inline>[^$\n]+?)(?<!\\)\$(?!\d)"
    r"|(?<!`)`(?P<code>[^`\n]+)`(?!`)",
    re.DOTALL | re.MULTILINE,
)
_ENVIRONMENTS = "equation|align|gather|multline|eqnarray|displaymath|math|flalign|alignat"
_LATEX = re.compile(
    r"^\s*%+\s*matcalc:(?P<directive>[^\n]*)$"
    r"|(?<!\\)%[^\n]*"
    r"|\\begin\{(?:verbatim|lstlisting|minted)\}.*?\\end\{(?:verbatim|lstlisting|minted)\}"
    rf"|\\begin\{{(?P<environment>{_ENVIRONMENTS})\*?\}}(?P<block>.*?)\\end\{{(?P=environment)\*?\}}"
    r"|(?<!\\)\$\$(?P<display>.+?)(?<!\\)\$\$"
    r"|\\\[(?P<bracket>.+?)\\\]"
    r"|\\\((?P<paren>.+?)\\\)"
    r"|(?<!\\)\$(?P<inline>[^$]+?)(?<!\\)\$",
    re.DOTALL | re.MULTILINE,
)
_DERIVATIVE = re.compile(
    r"\bd2?\s*\(.*\)\s*/\s*d|[∂∇]|\\partial|\\nabla|\\[dt]?frac\s*\{\s*(\\mathrm\s*\{?\s*)?d\b|\b(grad|gradient|hessian|jacobian)\s*\(",
    re.DOTALL,
)
_LATEX_NOISE = re.compile(
    r"\\(label|tag)\{[^}]*\}|\\(nonumber|notag)\b|(?<!\\)&|\\(begin|end)\{(aligned|split|gathered|alignedat)\}(\{\d\})?|(?<!\\)%[^\n]*"
)
_TRAILING = re.compile(r"(?:\s|\\[,;:! ]|\\q?quad\b|(?<!\\)[.,;~])+$")
_CONTINUES = re.compile(r"(?:\s|\\[,;:! ]|\\q?quad\b|\{\})*(?:=|(?:[+*/-]|\\(?:cdot|times|odot|otimes)\b)[^=]*$)")
_UNFINISHED = re.compile(r"[=+*/-]$")
_ROW_END = re.compile(r"\\\\(\[[^\]]*\])?")


def read_markdown(text: str, path: str = "") -> Document:
    """The claims in mathematics and code of a Markdown document; ``<!-- matcalc: declare A: n×n symmetric -->`` gives facts."""
    return _read(text, path, _MARKDOWN, commented=False)


def read_latex(text: str, path: str = "") -> Document:
    """The claims in the mathematics of a LaTeX document; a comment line ``% matcalc: declare A: n×n symmetric`` gives facts."""
    return _read(text, path, _LATEX, commented=True)


def _read(text: str, path: str, pattern: re.Pattern[str], *, commented: bool) -> Document:
    given, source = text, expanded(text) if commented else Source(text, text)
    text = source.text
    items: list[Item] = []
    unread: list[Unread] = []
    settings = Settings()
    for found in pattern.finditer(text):
        groups = {name: value for name, value in found.groupdict().items() if value is not None and name not in ("fence", "environment")}
        if not groups:
            continue
        kind, content = next(iter(groups.items()))
        start = found.start(kind)
        if kind == "directive":
            word, _, rest = content.strip().partition(" ")
            changed = settings.changed(word, rest)
            if changed is None:
                unread.append(
                    Unread(
                        content.strip(), _line(given, source.offset(start)), "this is no directive: declare, layout, symmetric or expect"
                    )
                )
            else:
                settings = changed
            continue
        for offset, formula in _formulas(content, by_line=kind == "block" and not commented):
            claimed = False
            for claim in _claims(formula):
                claimed = True
                item = settings.item(claim, _line(given, source.offset(start + offset)))
                try:
                    elaborate_statement(item.statement, item.declare or None, layout=item.layout)
                except MatcalcError as error:
                    unread.append(Unread(claim, item.line, error.message))
                except Exception:  # met again by the verdict, which says it and counts it
                    items.append(item)
                else:
                    items.append(item)
            if claimed:
                settings = Settings(settings.declare, settings.layout, settings.symmetric)
    return Document(path, tuple(items), tuple(unread))


def _line(text: str, offset: int) -> int:
    return text.count("\n", 0, offset) + 1


def _formulas(content: str, *, by_line: bool) -> Iterator[tuple[int, str]]:
    """The rows of a display, or the lines of a code block, with their offsets.

    A row of a display that begins with an equals sign or an operator continues the row before.
    """
    start = 0
    held: tuple[int, str] | None = None
    for end in [
        *((m.start(), m.end()) for m in (re.finditer("\n", content) if by_line else _ROW_END.finditer(content))),
        (len(content), len(content)),
    ]:
        piece = content[start : end[0]]
        shown = _LATEX_NOISE.sub(lambda noise: " " * len(noise[0]), piece)
        lead = len(shown) - len(shown.lstrip())
        cleaned = " ".join(_TRAILING.sub("", shown).split())
        if cleaned and held is not None and not by_line and (_CONTINUES.match(cleaned) or _UNFINISHED.search(held[1])):
            held = held[0], f"{held[1]} {cleaned}"
        elif cleaned:
            if held is not None:
                yield held
            held = start + lead, cleaned
        start = end[1]
    if held is not None:
        yield held


def _claims(formula: str) -> Iterator[str]:
    """``a = b = c`` claims ``a = b`` and ``a = c``; only formulas with a derivative count."""
    sides = _sides(formula)
    if len(sides) < 2 or not _DERIVATIVE.search(sides[0]):
        return
    for side in sides[1:]:
        yield f"{sides[0]} = {side}"


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
