"""The prompt itself: lines from a terminal or a pipe, history, completion, interrupts."""

from __future__ import annotations

import os
import re
import sys
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, TextIO

from matcalc.base.errors import internal_error
from matcalc.base.version import VERSION
from matcalc.facts.table import facts
from matcalc.interface.console import fitting
from matcalc.language.declare.declarations import KINDS
from matcalc.language.text.spelling import GREEK_NAMES, known_functions
from matcalc.printing.names import unicode_name
from matcalc.reference.lookup import topics
from matcalc.repl.answers import BAD_INPUT, COMMANDS, Answer
from matcalc.repl.request_lines import VERBS, requests, unfinished

if TYPE_CHECKING:
    from matcalc.repl.session import Session

# ------------------------------------------------------------
# What the Tab key offers: commands and their choices, functions, known names, and characters by
# their LaTeX names.

BREAKS = " \t\n()[]{}+-*/^.,;=|'‖⊙⊗·−"
"""Characters that end a word."""

CHARACTERS = {
    **{name: letter for letter, name in GREEK_NAMES.items()},
    "top": "ᵀ", "odot": "⊙", "oslash": "⊘", "otimes": "⊗", "cdot": "·", "partial": "∂", "nabla": "∇", "sum": "Σ", "Vert": "‖", "times": "×",
    "ones": "𝟏",
}  # fmt: skip
"""LaTeX name -> the character that a name typed out in full is replaced by."""

_DECLARING = re.compile(r"\s*[^\W\d_]\w*(\s*,\s*[^\W\d_]\w*)*\s*:\s+([^=]*[\s,×])?$")
_BY = re.compile(r"\s(by|wrt)\s+([^\s,]+[\s,]+)*$")


def completions(session: Session, line: str, start: int, end: int) -> list[str]:
    r"""Replacements for the word ``line[start:end]``, in order.

    >>> completions(Session(), ":lay", 0, 4), completions(Session(), r"\bet", 0, 4), completions(Session(), r"\beta", 0, 5)
    ([':layout '], ['\\beta'], ['β'])
    >>> completions(Session(), "S: n×n symm", 7, 11)
    ['symmetric']
    """
    word, before = line[start:end], line[:start]
    if word.startswith("\\") and word[1:] in CHARACTERS:
        return [CHARACTERS[word[1:]]]
    return [found for found in dict.fromkeys(_candidates(session, word, before)) if found.startswith(word)]


def _candidates(session: Session, word: str, before: str) -> list[str]:
    """What may stand behind the text before a word that is begun."""
    if word.startswith("\\"):
        return [f"\\{name}" for name in CHARACTERS]
    if word.startswith(":") and not before.strip():
        return [f":{name} " for name in COMMANDS]
    command = re.match(r"\s*:(\w+)\s", before)
    said = _said_of(session, command[1], word) if command is not None else []
    if said:
        return said
    if word and _DECLARING.match(before):
        return [*KINDS, *(name for name, fact in facts().items() if not fact.refused)]
    if _BY.search(before):
        return _names(session)
    verbs = [f"{verb} " for verb in (*VERBS, *requests())] if not before.strip() else ["by ", "wrt "]
    return [*_names(session), *verbs, *(f"{name}(" for name in sorted(known_functions()))] if word else []


def _said_of(session: Session, command: str, word: str) -> list[str]:
    """What may follow a command; nothing where no choice of it begins so."""
    if command == "help":
        return [*COMMANDS, *(name for name in topics() if name.isidentifier())]
    if command == "forget":
        return [*session.state.declarations, *session.state.definitions, "all"]
    entry = COMMANDS.get(command)
    return [choice for choice in entry.choices if choice.startswith(word)] if entry is not None else []


def _names(session: Session) -> list[str]:
    """Declared and defined names, then those of the last result."""
    found = [*session.state.definitions, *session.state.declarations]
    if session.last is not None:
        found += session.last.declarations or ()
    return list(dict.fromkeys(spelling for name in found for spelling in (name, unicode_name(name))))


# ------------------------------------------------------------
# The prompt itself: reading lines from a terminal or a pipe, history, completion, interrupts.

try:
    import readline
except ImportError:  # not on every system; the prompt does without history and completion there
    readline = None  # type: ignore[assignment]

PROMPT = "matcalc> "
MORE = "     ... "
GREETING = f"matcalc {VERSION}. :help shows what can be typed, :quit or Ctrl-D leaves."
_LONGEST_HISTORY = 2000


def run(session: Session) -> int:
    """Reads standard input to its end; gives the exit status: of a terminal 0, of a pipe that of
    the worst answer (2 before 3 before 1)."""
    if sys.stdin.isatty():
        _converse(session)
        return 0
    statuses = {0}
    texts = gathered(line.rstrip("\n") for line in sys.stdin)
    for answer in (answer for text in texts for answer in answers(session, text)):
        statuses.add(answer.status)
        _write("\n".join(answer.reading), sys.stderr)
        _write(answer.output, sys.stdout)
        _write("\n".join(answer.remarks), sys.stderr)
        _write(answer.error and f"error: {answer.error}", sys.stderr)
        if answer.leave:
            break
    return next((status for status in (2, 3, 1) if status in statuses), 0)


def gathered(lines: Iterator[str]) -> Iterator[str]:
    """Lines put together where a text goes on in the next line; an empty line ends it, and so does
    the end of the input."""
    waiting = ""
    for line in lines:
        waiting = f"{waiting}\n{line}" if waiting else line
        if not line.strip() or not unfinished(waiting):
            yield waiting
            waiting = ""
    if waiting:
        yield waiting


def answers(session: Session, text: str) -> Iterator[Answer]:
    """What the session says; an error of matcalc's own becomes an answer too, so that nothing typed
    before is lost."""
    try:
        yield from session.run(text)
    except Exception as error:
        message = f"{internal_error(error)} with this line\nwhat was declared and defined is kept"
        yield Answer(error=message, status=BAD_INPUT)


def _converse(session: Session) -> None:
    history = history_file()
    if readline is not None:
        _prepare(session, history)
    print(GREETING)
    try:
        while _exchange(session):
            pass
    finally:
        if readline is not None and history is not None:
            with suppress(OSError):
                history.parent.mkdir(parents=True, exist_ok=True)
                readline.write_history_file(history)


def _exchange(session: Session) -> bool:
    """One input and its answers; whether to go on."""
    text = _typed()
    try:
        for answer in answers(session, text or ""):
            _write("\n".join(filter(None, (*answer.reading, answer.output, *answer.remarks))), sys.stdout)
            _write(answer.error and f"error: {answer.error}", sys.stdout)
            if answer.leave:
                return False
    except KeyboardInterrupt:
        print("\ninterrupted")
    return text is not None


def _typed() -> str | None:
    """The lines of one input, nothing after an interrupt; None at the end of the input."""
    text = ""
    try:
        text = input(PROMPT)
        while text.strip() and unfinished(text):
            line = input(MORE)
            if not line.strip():
                break
            text += f"\n{line}"
    except KeyboardInterrupt:
        print()
        return ""
    except EOFError:
        print()
        return text or None
    return text


def history_file() -> Path | None:
    """Where the lines typed are kept: under ``XDG_STATE_HOME``, or ``~/.local/state``."""
    try:
        state = os.environ.get("XDG_STATE_HOME") or Path.home() / ".local" / "state"
    except RuntimeError:  # no home directory
        return None
    return Path(state) / "matcalc" / "history"


def _prepare(session: Session, history: Path | None) -> None:
    with suppress(OSError):
        if history is not None:
            readline.read_history_file(history)
    readline.set_history_length(_LONGEST_HISTORY)
    readline.set_completer(_completer(session))
    readline.set_completer_delims(BREAKS)
    libedit = "libedit" in (readline.__doc__ or "")
    readline.parse_and_bind("bind ^I rl_complete" if libedit else "tab: complete")


def _completer(session: Session) -> Callable[[str, int], str | None]:
    def complete(_: str, state: int) -> str | None:
        found = completions(session, readline.get_line_buffer(), readline.get_begidx(), readline.get_endidx())
        return found[state] if state < len(found) else None

    return complete


def _write(text: str, stream: TextIO) -> None:
    """Writes a line; characters that the stream cannot show are spelled out."""
    if text:
        print(fitting(text, stream), file=stream, flush=True)
