"""Notebooks: ``%load_ext matcalc`` gives ``%matcalc`` and ``%%matcalc``, which take what the prompt
takes; what is typed is read by matcalc alone and never run."""

from __future__ import annotations

import builtins
import re
from collections.abc import Iterator
from dataclasses import dataclass
from keyword import iskeyword
from typing import Any

from IPython.core.magic import no_var_expand
from IPython.display import Markdown, Math, display

from matcalc.base.errors import MatcalcError, internal_error
from matcalc.interface.presentation import FORMATS
from matcalc.interface.results import Derivation, ParsedExpression
from matcalc.printing.names import latex_name
from matcalc.printing.notations import STEP_FORMATS, STEP_STYLES
from matcalc.repl.answers import Answer, Result, shown_as
from matcalc.repl.request_lines import Analyse, Define, Derive, request, statements, unfinished
from matcalc.repl.session import Session
from matcalc.verification.verdict import Verdict

MAGIC = "matcalc"
_OPTION = re.compile(r"\s*--(?P<name>[a-z]+)(?:[\s=]+|$)")
_WORD = re.compile(r"(?P<word>\S+)(?:\s+|$)")
_TAKEN = frozenset([*dir(builtins), "get_ipython"])
"""Names that mean something in a notebook without being defined there."""
_BINDING = re.compile(r"\s*(?P<name>[^\W\d]\w*)\s*=(?!=)\s*(?P<value>.+)", re.DOTALL)


def load_ipython_extension(shell: Any) -> None:
    """What ``%load_ext matcalc`` calls."""
    magic = Magic(shell)

    @no_var_expand  # type: ignore[untyped-decorator,unused-ignore]
    def matcalc(line: str, cell: str | None = None) -> Any:
        """Statements as at ``matcalc repl``, one a line; declarations and names are kept.

        %matcalc [--steps] [--style index|differential] [--to FORM] STATEMENT
        %matcalc G = x'Ax wrt x      gives the derivative to Python as G
        %%matcalc [options]          a cell of statements
        """
        return magic.line(line) if cell is None else magic.cell(line, cell)

    shell.register_magic_function(matcalc, magic_kind="line_cell", magic_name=MAGIC)


def unload_ipython_extension(shell: Any) -> None:
    """What ``%unload_ext matcalc`` calls."""
    for kind in ("line", "cell"):
        shell.magics_manager.magics[kind].pop(MAGIC, None)


@dataclass(frozen=True)
class Wishes:
    """How results are to be shown."""

    steps: bool = False
    style: str = STEP_STYLES[0]
    form: str = ""


class Magic:
    """A session at the prompt whose answers are shown in a notebook."""

    def __init__(self, shell: Any) -> None:
        self.shell = shell
        self.session = Session()

    def line(self, text: str) -> Any:
        """The value of the last statement, which a notebook shows."""
        wishes, rest = wishes_in(text)
        found: list[Result | None] = [None]
        for statement in _lines(rest):
            if found[-1] is not None:
                display(found[-1])
            found += self._run(statement, wishes, shown=False)
        return found[-1] if not wishes.form else None

    def cell(self, line: str, text: str) -> None:
        """The answers to all statements, one a line."""
        wishes, rest = wishes_in(line)
        for statement in [*_lines(rest), *_lines(text)]:
            self._run(statement, wishes, shown=True)

    def _run(self, line: str, wishes: Wishes, *, shown: bool) -> list[Result | None]:
        """The results of the statements of a line, all shown, or all but the last."""
        parts = statements(line)
        names = [self._binding(part) for part in parts]
        tasks = [(name or ("", part)) for name, part in zip(names, parts, strict=True)] if any(names) else [("", line)]
        found: list[Result | None] = []
        for name, part in tasks:
            for answer, result in self._answers(part):
                if found and found[-1] is not None and not shown:
                    display(found[-1])
                found.append(self._show(answer, result, wishes, shown=shown))
            if name:
                self.shell.user_ns[name] = self.session.last
                print(f"{'bound:':<10}{name} in Python, a {type(self.session.last).__name__}")
        return found

    def _binding(self, statement: str) -> tuple[str, str] | None:
        """The Python name and the request of ``G = x'Ax wrt x``, which the prompt has no meaning
        for; None for other statements."""
        found = _BINDING.fullmatch(statement)
        if found is None or statement.lstrip().startswith(":"):
            return None
        asked = request(found["value"].strip(), self.session.state.known)
        if not isinstance(asked, Derive | Analyse):
            return None
        name = found["name"]
        if not name.isidentifier() or iskeyword(name) or name.startswith("_") or name in _TAKEN:
            raise MatcalcError(f"{name} can be no name of a result in Python", suggestion=f"G = {found['value']}")
        return found["name"], found["value"].strip()

    def _answers(self, text: str) -> Iterator[tuple[Answer, Result | None]]:
        """Every answer, with the result that it shows where it is one; Raises MatcalcError for what
        the prompt refuses."""
        word, _, rest = text.strip().partition(" ")
        if word == ":steps" and rest.partition(" ")[0] not in STEP_FORMATS:
            text = f":steps markdown {rest}"
        try:
            for answer in self.session.run(text):
                if answer.error:
                    raise MatcalcError(answer.error)
                is_command = text.lstrip().startswith(":")
                yield answer, None if is_command or not answer.output else self.session.last
        except MatcalcError:
            raise
        except Exception as error:
            raise MatcalcError(internal_error(error)) from None

    def _show(self, answer: Answer, result: Result | None, wishes: Wishes, *, shown: bool) -> Result | None:
        """Shows what belongs to an answer, and its result or gives that back to be shown."""
        for line in answer.reading:
            if result is None or not line.startswith("warning:"):  # results show their warnings
                print(line)
        left = None
        if wishes.form and result is not None and not isinstance(result, Verdict):
            print(shown_as(result, wishes.form))
        elif isinstance(result, ParsedExpression) and (name := self._defined(answer)):
            display(Math(f"{latex_name(name)} = {result.latex()}"))
        elif result is None or (isinstance(result, ParsedExpression) and " = " in answer.output):
            self._show_text(answer)
        elif shown:
            display(result)
        else:
            left = result
        for line in answer.remarks:
            print(line)
        if wishes.steps and isinstance(result, Derivation):
            display(result.derivation_steps(wishes.style))
        elif wishes.steps and (way := getattr(result, "steps", None)):
            display(way)
        return left

    def _show_text(self, answer: Answer) -> None:
        if answer.output.startswith("Differentiate ") and "\n\n1. " in answer.output:
            display(Markdown(answer.output))
        elif answer.output:
            print(answer.output)

    def _defined(self, answer: Answer) -> str:
        """The one name that has got a value."""
        asked = None if "\n" in answer.output else request(answer.output, frozenset())
        if not isinstance(asked, Define) or asked.parameters:
            return ""
        return asked.name if asked.name in self.session.state.definitions else ""


def wishes_in(text: str) -> tuple[Wishes, str]:
    """The options at the beginning of a line, and the rest of it.

    >>> wishes_in("--steps --to numpy x'Ax wrt x")
    (Wishes(steps=True, style='index', form='numpy'), "x'Ax wrt x")
    """
    given: dict[str, Any] = {}
    while (option := _OPTION.match(text)) is not None:
        name, text = option["name"], text[option.end() :]
        if name == "steps":
            given["steps"] = True
        elif name in ("style", "to"):
            word = _WORD.match(text)
            choices = STEP_STYLES if name == "style" else FORMATS
            if word is None or word["word"] not in choices:
                raise MatcalcError(f"--{name} needs one of its values", expected=", ".join(choices))
            given |= {"form" if name == "to" else name: word["word"]}
            text = text[word.end() :]
        else:
            raise MatcalcError(f"there is no option --{name}", expected="--steps, --style, --to")
    return Wishes(**{"steps": "style" in given, **given}), text


def _lines(text: str) -> list[str]:
    """The statements of a cell: a line each, or several where an operator or a bracket says that it
    goes on."""
    found: list[str] = []
    held: list[str] = []
    for line in text.splitlines():
        held.append(line)
        if not line.strip() or not unfinished("\n".join(held)):
            found.append("\n".join(held))
            held = []
    return [part for part in [*found, "\n".join(held)] if statements(part)]
