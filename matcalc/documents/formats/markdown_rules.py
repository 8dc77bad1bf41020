"""How markdown-it is taught mathematics in all its spellings, theorems, and what page generators
put into Markdown."""

from __future__ import annotations

import re
from typing import Any

from markdown_it import MarkdownIt
from markdown_it.rules_block import StateBlock
from markdown_it.rules_inline import StateInline
from mdit_py_plugins.admon import admon_plugin
from mdit_py_plugins.deflist import deflist_plugin
from mdit_py_plugins.front_matter import front_matter_plugin

from matcalc.documents.formats.delimiters import Delimiters, Enclosed, displays, theorems

DEEPEST = 40
"""Lists and quotations inside each other."""
_UNDERLINE = re.compile(r"(=+|-+)[ \t]*\Z")
_DISPLAY = re.compile(
    rf"(?P<code>`+)|\\begin[ ]*\{{(?P<name>(?:{'|'.join(sorted(displays()))})\*?)\}}|(?P<bracket>\\\\?\[)|\\.|(?P<dollars>\$\$)",
    re.DOTALL,
)
_BLOCK = re.compile(r"#{1,6}[ ]|```|~~~|:::")
_WORD = re.compile(r"(?<![\\\w{])[A-Za-z]{2,}(?![\w}])")
_FEWEST_OF_PROSE = 4
"""Words in the beginning of a line that make it prose."""
_GENERATOR = re.compile(r"(?:\{%.*%\}|\{\{[<%].*[>%]\}\}|\{:.*\}|\{::.*/?\})[ \t]*\Z")
_HIGHLIGHT = re.compile(r"\{%-?[ ]*highlight(?:[ ]+(?P<language>\w+))?|\{\{[<%][ ]*highlight(?:[ ]+\"?(?P<name>\w+))?")
_ENDHIGHLIGHT = re.compile(r"\{%-?[ ]*endhighlight|\{\{[<%][ ]*/highlight")
_LABEL = re.compile(r"[ \t]*(?:\{[#.][^{}\n]*\}|\([\w:.-]+\)(?=[ \t]*(?:\n|\Z)))")
"""What Quarto and MyST put behind a display."""
_THEOREM = re.compile(rf"\\(?P<what>begin|end)\{{(?P<name>{'|'.join(sorted(theorems()))})\*?\}}(?:\[[^\]\n]*\])?")
_UNCLOSED = re.compile(rf"\$\$|\\begin\{{(?:{'|'.join(sorted(displays()))})\*?\}}|\$(?![\s$])(?=[^\n$]{{0,200}}\\[A-Za-z])")
_COLONS = re.compile(r":{3,}[ \t]*(?P<info>.*)\Z")
_VERBATIM = re.compile(r"\{(?:math|code[\w-]*|raw|mermaid)\}")
_GITHUB = re.compile(r"\$(`+)([^`]+)\1\$")
_ROLE = re.compile(r"\{(?:math|eq-inline)\}(`+)([^`]+)\1")


def parser() -> MarkdownIt:
    """Markdown of all page generators at once; tokens ``formula``, ``division`` and ``statement``
    are for mathematics and theorems."""
    parser = MarkdownIt("commonmark", {"maxNesting": DEEPEST})
    parser.use(front_matter_plugin).use(admon_plugin).use(deflist_plugin)
    parser.disable(["reference", "lheading"])
    parser.block.ruler.at("paragraph", _paragraph)
    parser.block.ruler.before("fence", "division", _division, {"alt": ["paragraph", "blockquote", "list"]})
    parser.block.ruler.before("fence", "generator", _generator, {"alt": ["paragraph", "blockquote", "list"]})
    parser.inline.ruler.before("escape", "formula", _formula)
    parser.inline.ruler.before("escape", "statement", _statement)
    return parser


def _division(state: StateBlock, start: int, end: int, silent: bool) -> bool:
    """A line of colons, which opens or closes a part of the text with a name."""
    if state.is_code_block(start):
        return False
    match = _COLONS.match(_line(state, start))
    if match is None:
        return False
    if silent:
        return True
    state.line = start + 1
    if _VERBATIM.match(match["info"]):
        while state.line < end and _COLONS.match(_line(state, state.line)) is None:
            state.line += 1
        token = state.push("fence", "code", 0)
        token.content = state.getLines(start + 1, state.line, state.blkIndent, True)
        state.line = min(end, state.line + 1)
    else:
        token = state.push("division", "", 0)
    token.info = match["info"]
    token.map = [start, state.line]
    return True


def _generator(state: StateBlock, start: int, end: int, silent: bool) -> bool:
    """A line for the page generator: ``{% raw %}``, ``{{< details >}}``, ``{: .note}``; a
    highlighted program behind one is a fence."""
    line = _line(state, start)
    if state.is_code_block(start) or _GENERATOR.match(line) is None:
        return False
    if silent:
        return True
    state.line = start + 1
    program = _HIGHLIGHT.match(line)
    if program is not None and not state.env.get("highlighting does not end"):
        last = next((k for k in range(start + 1, end) if _ENDHIGHLIGHT.match(_line(state, k))), None)
        state.env["highlighting does not end"] = last is None
        if last is not None:
            token = state.push("fence", "code", 0)
            token.info = program["language"] or "code"
            token.content = state.getLines(start + 1, last, state.blkIndent, True)
            token.map = [start, last + 1]
            state.line = last + 1
    return True


def _paragraph(state: StateBlock, start: int, end: int, silent: bool) -> bool:
    """A paragraph, or a heading with a line below it. Where a display is open, nothing ends it."""
    rules = state.md.block.ruler.getRules("paragraph")
    before, state.parentType = state.parentType, "paragraph"
    following, level = _behind_displays(state, start), 0
    while following < state.lineMax and not state.isEmpty(following):
        line = _line(state, following)
        if state.sCount[following] - state.blkIndent <= 3 and state.sCount[following] >= 0:
            underline = _UNDERLINE.match(line)
            if underline and state.sCount[following] >= state.blkIndent:
                level = 1 if underline[1][0] == "=" else 2
                break
            if any(rule(state, following, state.lineMax, True) for rule in rules):
                break
        following = _behind_displays(state, following)
    state.parentType = before
    kind = "heading" if level else "paragraph"
    tag = f"h{level}" if level else "p"
    state.line = following + (1 if level else 0)
    opening = state.push(f"{kind}_open", tag, 1)
    opening.map = [start, state.line]
    token = state.push("inline", "", 0)
    token.content = state.getLines(start, following, state.blkIndent, False).strip()
    token.map = [start, following]
    token.children = []
    state.push(f"{kind}_close", tag, -1)
    return True


def _behind_displays(state: StateBlock, line: int) -> int:
    """The line after this one, or after the end of a display that is open at the end of this
    one."""
    waiting = _waiting(_line(state, line), "")
    while waiting:
        last = _closing_line(state, line + 1, waiting)
        if last is None:
            break
        line = last
        waiting = _waiting(_line(state, line), waiting)
    return line + 1


def _line(state: StateBlock, line: int) -> str:
    return state.src[state.bMarks[line] + state.tShift[line] : state.eMarks[line]]


def _is_prose(line: str) -> bool:
    """Whether a line cannot be part of a display."""
    return _BLOCK.match(line) is not None or ("\\" not in line and len(_WORD.findall(line[:200])) >= _FEWEST_OF_PROSE)


def _waiting(line: str, waiting: str) -> str:
    """What closes the display that is open at the end of a line; ``waiting`` closes the one that is
    open at its beginning."""
    position = 0
    while True:
        if waiting:
            at = line.find(waiting, position)
            if at < 0:
                return waiting
            position, waiting = at + len(waiting), ""
        match = _DISPLAY.search(line, position)
        if match is None:
            return ""
        position = match.end()
        if match["code"]:
            closed = line.find(match["code"], position)
            position = position if closed < 0 else closed + len(match["code"])
        elif match["name"]:
            waiting = rf"\end{{{match['name']}}}"
        elif match["bracket"]:
            waiting = match["bracket"][:-1] + "]"
        elif match["dollars"]:
            waiting = "$$"


def _closing_line(state: StateBlock, line: int, waiting: str) -> int | None:
    """The line in which an open display is closed; None where prose, or another one, comes
    before."""
    lasts: dict[str, int] = state.env.setdefault("last closing", {})
    if waiting not in lasts:
        lasts[waiting] = state.src.rfind(waiting)
    opening = waiting.replace("]", "[").replace(r"\end", r"\begin")
    blank = False
    while line < state.lineMax and lasts[waiting] >= state.bMarks[line]:
        text = _line(state, line)
        if blank and (_is_prose(text) or 0 <= state.sCount[line] < state.blkIndent):
            return None
        if waiting in text:
            return line
        if opening in text or text.startswith(("```", "~~~")):
            return None
        blank = blank or not text
        line += 1
    return None


def _formula(state: StateInline, silent: bool) -> bool:
    """Mathematics in a line of text."""
    found = _found(state)
    if found is None or found.end > state.posMax:
        return _unclosed(state, silent)
    if not silent:
        token = state.push("formula", "", 0)
        token.meta = {"found": found}
    label = _LABEL.match(state.src, found.end, state.posMax) if found.display else None
    state.pos = label.end() if label else found.end
    return True


def _unclosed(state: StateInline, silent: bool) -> bool:
    """The beginning of mathematics that has no end."""
    match = _UNCLOSED.match(state.src, state.pos, state.posMax) if state.src[state.pos] in "$\\" else None
    if match is None:
        return False
    if not silent:
        token = state.push("unclosed", "", 0)
        token.content = match[0]
    state.pos = match.end()
    return True


def _statement(state: StateInline, silent: bool) -> bool:
    """The beginning or end of a theorem of LaTeX."""
    match = _THEOREM.match(state.src, state.pos) if state.src[state.pos] == "\\" else None
    if match is None or match.end() > state.posMax:
        return False
    if not silent:
        token = state.push("statement", "", 0)
        token.info, token.markup, token.content = match["what"], theorems()[match["name"]], match[0]
    state.pos = match.end()
    return True


def _found(state: StateInline) -> Enclosed | None:
    character = state.src[state.pos]
    if character not in "$\\{":
        return None
    pattern = _GITHUB if character == "$" else _ROLE
    match = pattern.match(state.src, state.pos) if character != "\\" else None
    if match is not None:
        return Enclosed(match.start(), match.end(), match.span(2), False)
    return None if character == "{" else _delimiters(state.env, state.src).at(state.pos)


def _delimiters(env: Any, text: str) -> Delimiters:
    """The delimiters of the text that is read, found once."""
    found: dict[str, Delimiters] = env.setdefault("delimiters", {})
    if text not in found:
        found[text] = Delimiters(text)
    return found[text]
