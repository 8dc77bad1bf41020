"""What a command is asked: a formula in quotes or on standard input, what the shell took away from
it, and the names to differentiate by, those that were given, the one that can be meant, or the
answer to a question at a terminal."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import wraps
from importlib import import_module
from typing import TYPE_CHECKING, Any, TypeVar

from matcalc.base.errors import MatcalcError
from matcalc.base.files import decoded, plain
from matcalc.base.lazy import later, pattern
from matcalc.base.records import record
from matcalc.cli.front import GIVEN, Command, ExpressionCommand, Option
from matcalc.cli.options import Keywords, with_budget, with_reading
from matcalc.cli.showing import View
from matcalc.interface import presentation
from matcalc.interface.console import fitting, say
from matcalc.objects.inputs import split_names

if TYPE_CHECKING:
    from matcalc.language.text import asked_in_words
else:
    asked_in_words = later("matcalc.language.text.asked_in_words")

Found = TypeVar("Found")
_MIRRORED = pattern(r"(?<![^\W\d])([a-z])[A-Z]+[0-9]*\1(?![^\W\d])")
"""``xAx``: what is left of ``x'Ax`` without its quote."""
_COMMANDS = ("frac", "partial", "mathbf", "mathrm", "operatorname", "lVert", "rVert", "cdot", "left", "right", "text", "nabla")
_TRANSPOSES = ("top", "intercal")
_BARE_LATEX = pattern(rf"(?<![\\\w])({'|'.join(_COMMANDS)})\s*[{{_^|(]|\^\s*({'|'.join(_TRANSPOSES)})\b")


_IN_WORDS = pattern(r"[A-Za-z]{2,}[^\S\n]|\s(?:by|wrt)\b|w\.r\.t\.")
"""What may be a request in words; a formula without such words need not be looked at."""


@record
class Asked:
    """A formula, the names given to differentiate by, and how both are read; ``settings`` are all
    the arguments that the calls of the Python interface take with them."""

    text: str
    wrt: Sequence[str]
    reading: Keywords
    settings: Keywords
    order: int = 0
    """How often is differentiated, 0 where the words beside the formula leave it open."""
    along: str = ""
    """The directions that stand in words beside it."""

    def require_order(self, order: int) -> None:
        """Raises ParseError where the words say another order; 0 is any."""
        if self.order and order:
            asked_in_words.require_order(self.order, order)

    def direction(self, given: str | None) -> str | None:
        """The names of the directions, those given beside the text or those of the words in it.
        Raises MatcalcError where there are both and they differ."""
        if given is not None and self.along and split_names(given) != split_names(self.along):
            raise MatcalcError(f"the text says the direction {self.along}, and --direction {given}", expected="one of the two")
        return given or self.along or None

    @property
    def names(self) -> list[str]:
        """The names of ``groups``, one after the other."""
        return list(dict.fromkeys(name for group in self.groups for name in group))

    @property
    def groups(self) -> list[list[str]]:
        """The names of ``--wrt``, those that the text says itself, or the one that can be meant; a
        derivative for each group.

        Raises MatcalcError where that is not clear and nobody can be asked.
        """
        if self.wrt:
            return [list(group) for group in dict.fromkeys(map(tuple, groups_of_names(self.wrt)))]
        said, found = presentation.named_or_open(self.text, **self.reading)
        return [said] if said else [[name] for name in _chosen(found)]

    @property
    def says_itself(self) -> bool:
        """Whether the text is a derivative, or a function of one argument."""
        said = presentation.said_in(self.text, **self.reading)
        return said is not None and said.settled

    def advised(self, make: Callable[[], Found]) -> Found:
        """What ``make`` gives; its errors say what a shell may have taken away."""
        said = damage(self.text, GIVEN.get().words)
        try:
            found = make()
        except MatcalcError as error:
            error.suggestion = "\n     ".join(filter(None, [error.suggestion, said])) or None
            raise
        if said is not None:
            say(f"{'note:':<10}{said}", err=True)
        return found

    def each(self, call: Callable[..., Found], groups: Sequence[Sequence[str]], **more: Any) -> list[Found]:
        """What the call gives by each group of names."""
        return self.advised(
            lambda: [call(self.text, group[0] if len(group) == 1 else group, **self.settings, **more) for group in groups]
        )


def expression_command(name: str, summary: str, *options: Option, order: int = 0) -> Callable[[Command], ExpressionCommand]:
    """Makes a function of what is ``asked`` and the ``view`` of the result a command that has
    ``READING`` and ``BUDGET`` among its options; the docstring is the help page. ``order`` is that
    of the derivatives that it gives, 0 where it gives all."""

    def made(run: Command) -> ExpressionCommand:
        @wraps(run)
        def asked(*, expression: str, wrt: Sequence[str] = (), reading: Keywords, **others: Any) -> Any:
            view = View(**_taken(others, View.__match_args__)).checked()
            conventions = _taken(others, ("layout", "symmetric", "names"))
            text, names, said, along = _beside(name, read_expression(expression), wrt, others, options)
            made = Asked(text, names, reading, {**conventions, **reading}, said, along)
            made.require_order(order)
            if along and "direction" not in others:
                raise MatcalcError(
                    f"matcalc {name} has no direction", suggestion=f'matcalc hvp or jvp, with --direction "{along}"'
                )
            return run(asked=made, view=view, **others)

        return ExpressionCommand(name, summary, options, with_budget(with_reading(asked)))

    return made


def _beside(
    name: str, text: str, wrt: Sequence[str], others: Keywords, options: Sequence[Option]
) -> tuple[str, Sequence[str], int, str]:
    """What stands in words beside a formula; of an analysis its parameters become those ``others`` that
    were not given. Raises ParseError where the words ask for something else, or for another value."""
    analysis = import_module("matcalc.interface.analyses").analyses().get(name) if _IN_WORDS.search(text) else None
    if analysis is None:
        return in_words(text, wrt)
    alone = import_module("matcalc.repl.alone")
    found = alone.analysis_asked(analysis, text)
    values = dict(found.values)
    said = values.pop("wrt", [])
    names = alone.InWords(found.expression, [said] if isinstance(said, str) else list(said)).by(wrt)
    for parameter, value in values.items():
        option = next((one for one in options if one.argument == parameter), None)
        given = None if option is None else others[parameter]
        if option is None or given not in (option.default, value, str(value)):
            beside = f"matcalc {name} has no such option" if option is None else f"{option.spellings[0]} is {given}"
            raise MatcalcError(f"the text says the {parameter} {value}, and {beside}", expected="one of the two")
        others[parameter] = value if option.kind == "texts" else str(value)
    return found.expression, names, 0, ""


def _taken(values: Keywords, names: Iterable[str]) -> Keywords:
    return {name: values.pop(name) for name in names if name in values}


def read_expression(expression: str) -> str:
    """The expression given, or all of standard input when it is ``-`` (as UTF-8, or UTF-16 with its
    mark, as some shells write it), without quotes around it."""
    text = decoded(sys.stdin.buffer.read()) if expression.strip() == "-" else expression
    if len(GIVEN.get().words) > 1:
        say(f"{'read as:':<10}{text}  (in double quotes it is safe from the shell)", err=True)
    text = plain(text).strip()
    for opening, closing in ("''", '""', "‘’", "``"):
        if len(text) > 1 and text[0] == opening and text[-1] == closing:
            return text[1:-1].strip()
    return text


def damage(text: str, words: Sequence[str]) -> str | None:
    """What a shell seems to have taken away from an expression that could not be read; None when
    nothing tells so."""
    unquoted = len(words) > 1 or " " not in text
    commands = "\\" not in text and ("{" in text or "^" in text) and any(word in text for word in (*_COMMANDS, *_TRANSPOSES))
    if commands and _BARE_LATEX.search(text):
        return "a shell takes backslashes away that are not in single quotes: put LaTeX in single quotes"
    found = _MIRRORED.search(text) if unquoted and "'" not in text else None
    if found is None:
        return None
    whole = found[0]
    return (
        f"a shell takes ' away outside double quotes: \"{whole[0]}'{whole[1:]}\" in double quotes, if that was meant by {whole}"
    )


def groups_of_names(wrt: Sequence[str]) -> list[list[str]]:
    """What ``--wrt`` asks for: a derivative for each group of names, which are one name, or a pair
    for a mixed second derivative.

    >>> groups_of_names(["x", "W,b"]), groups_of_names(["x and y"])
    ([['x'], ['W', 'b']], [['x'], ['y']])
    """
    return [split_names(part) for text in wrt for part in " ".join(text.split()).replace(" & ", " and ").split(" and ")]


def in_words(text: str, wrt: Sequence[str]) -> tuple[str, Sequence[str], int, str]:
    """A formula, and what stands in words beside it: the names to differentiate by, how often that is
    done, and along what: ``x'Ax wrt x``, ``f = x'Ax; f by x``.

    Raises ParseError where the names are others than those in ``wrt``.

    >>> in_words("x'Ax wrt x", ()), in_words("hessian of x'Ax", ["x"]), in_words("f = x'Ax; grad f", ())
    (("x'Ax", ['x'], 0, ''), ("x'Ax", ['x'], 2, ''), ("f = x'Ax; f", [], 1, ''))
    """
    text = text.removeprefix("of ").lstrip()
    found = import_module("matcalc.repl.alone").in_words(text) if _IN_WORDS.search(text) else None
    if found is None:
        return text, wrt, 0, ""
    return found.formula, found.by(wrt), found.order, ",".join(found.along)


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
    say("By which symbol?", err=True)
    for number, (name, kind) in enumerate(found.items(), 1):
        say(f"  {number}  {name:<8}  {presentation.described(kind)}", err=True)
    say(f"  {len(names) + 1}  all of them", err=True)
    while True:
        print(fitting("number or name: ", sys.stderr), end="", file=sys.stderr, flush=True)
        line = sys.stdin.readline()
        if not line.strip():
            raise presentation.question(found, [copied([name]) for name in names])
        answer = _understood(line, names)
        if answer:
            return answer
        say(f"an answer is a number from 1 to {len(names) + 1}, or one of {', '.join(names)}", err=True)


def _understood(line: str, names: Sequence[str]) -> list[str]:
    """The names that an answer means; none when it is not understood."""
    words = split_names(line.replace(" and ", " "))
    if words in (["all"], [str(len(names) + 1)]):
        return list(names)
    found = [names[int(word) - 1] if word.isdecimal() and 0 < int(word) <= len(names) else word for word in words]
    return found if all(name in names for name in found) else []
