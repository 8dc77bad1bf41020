"""Names to differentiate by: those that were given, the one that can be meant, or the answer to a
question at a terminal."""

from __future__ import annotations

import sys
from collections.abc import Mapping, Sequence
from importlib import import_module
from typing import Any

from matcalc.base.lazy import pattern
from matcalc.cli.arguments import GIVEN, groups_of_names, split_names
from matcalc.interface import console, presentation

_IN_WORDS = pattern(r"[A-Za-z]{2,}[^\S\n]|\s(?:by|wrt)\b|w\.r\.t\.")
"""What may be a request in words; a formula without such words need not be looked at."""


def in_words(text: str, wrt: Sequence[str]) -> tuple[str, Sequence[str]]:
    """A formula, and the names to differentiate by that stand behind it: ``x'Ax wrt x``,
    ``f = x'Ax; f by x``.

    >>> in_words("x'Ax wrt x", ()), in_words("f = x'Ax; grad f", ())
    (("x'Ax", ['x']), ("f = x'Ax; f", []))
    """
    text = text.removeprefix("of ").lstrip()
    if wrt or not _IN_WORDS.search(text):
        return text, wrt
    lines: Any = import_module("matcalc.repl.request_lines")
    statements = lines.statements(text)
    found = lines.request(statements[-1], ()) if statements else None
    if not isinstance(found, lines.Derive):
        return text, wrt
    names = [",".join(found.wrt)] if found.verb == "hessian" and found.wrt else list(found.wrt)
    return "; ".join([*statements[:-1], found.expression]), names


def names_asked(text: str, wrt: Sequence[str], reading: Mapping[str, Any]) -> list[str]:
    """The names of ``groups_asked``, one after the other."""
    return list(dict.fromkeys(name for group in groups_asked(text, wrt, reading) for name in group))


def groups_asked(text: str, wrt: Sequence[str], reading: Mapping[str, Any]) -> list[list[str]]:
    """The names of ``--wrt``, those that the text says itself, or the one that can be meant; a
    derivative for each group.

    Raises MatcalcError where that is not clear and nobody can be asked.
    """
    if wrt:
        return [list(group) for group in dict.fromkeys(map(tuple, groups_of_names(wrt)))]
    said = presentation.said_in(text, **reading)
    if said is not None and said.settled:
        return [list(said.names)]
    found = presentation.variables(text, **reading) if said is None else dict.fromkeys(said.names, "")
    return [[name] for name in _chosen(found)]


def says_itself(text: str, reading: Mapping[str, Any]) -> bool:
    """Whether a text is a derivative, or a function of one argument."""
    said = presentation.said_in(text, **reading)
    return said is not None and said.settled


def _chosen(found: Mapping[str, str]) -> list[str]:
    """The one symbol that can be meant, or those that are chosen at the terminal. Raises
    MatcalcError without a terminal."""
    name = presentation.clear_choice(found)
    if name is not None:
        return [name]
    if len(found) < 2 or not _is_conversation():
        raise presentation.question(found, [copied([name]) for name in found] + ([copied(list(found))] if len(found) > 1 else []))
    return _asked(found)


def copied(names: Sequence[str]) -> str:
    """The command as it was given, with these names to differentiate by, ready to be copied."""
    given = GIVEN.get()
    asked = [part for name in names for part in ("--wrt", name)]
    return " ".join([given.command, _quoted(" ".join(given.words) or "-"), *(_quoted(word) for word in [*asked, *given.options])])


def _quoted(word: str) -> str:
    """A word as a shell takes it."""
    if word and all(character.isalnum() or character in "-_.,/=:" for character in word):
        return word
    if "'" not in word and "\\" in word:
        return f"'{word}'"
    for special in '\\"$`':
        word = word.replace(special, "\\" + special)
    return f'"{word}"'


def _is_conversation() -> bool:
    return all(stream is not None and stream.isatty() for stream in (sys.stdin, sys.stderr))


def _asked(found: Mapping[str, str]) -> list[str]:
    names = list(found)
    console.say("By which symbol?", err=True)
    for number, (name, kind) in enumerate(found.items(), 1):
        console.say(f"  {number}  {name:<8}  {presentation.described(kind)}", err=True)
    console.say(f"  {len(names) + 1}  all of them", err=True)
    while True:
        print(console.fitting("number or name: ", sys.stderr), end="", file=sys.stderr, flush=True)
        line = sys.stdin.readline()
        if not line.strip():
            raise presentation.question(found, [copied([name]) for name in names])
        answer = _understood(line, names)
        if answer:
            return answer
        console.say(f"an answer is a number from 1 to {len(names) + 1}, or one of {', '.join(names)}", err=True)


def _understood(line: str, names: Sequence[str]) -> list[str]:
    """The names that an answer means; none when it is not understood."""
    words = split_names(line.replace(" and ", " "))
    if words in (["all"], [str(len(names) + 1)]):
        return list(names)
    found = [names[int(word) - 1] if word.isdecimal() and 0 < int(word) <= len(names) else word for word in words]
    return found if all(name in names for name in found) else []
