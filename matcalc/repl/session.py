"""A session at the prompt: it takes lines of text and gives answers, and keeps declarations, names
and settings between them."""

from __future__ import annotations

import difflib
from collections import deque
from collections.abc import Iterator
from typing import Any, assert_never, cast

from matcalc.base.errors import LimitError, MatcalcError
from matcalc.entries import point_of, shown
from matcalc.interface.named_results import Gradients
from matcalc.interface.presentation import FORMATS, remark_lines
from matcalc.interface.results import Derivation, ParsedExpression, plain_shape
from matcalc.language.declare.declared import declaration_text
from matcalc.language.text.spelling import canonical_name
from matcalc.objects.inputs import split_names
from matcalc.printing import text as text_of
from matcalc.printing.names import ascii_name, unicode_name
from matcalc.printing.notations import STEP_FORMATS, STEP_STYLES
from matcalc.repl import request_lines
from matcalc.repl.answers import (
    BAD_INPUT,
    COMMANDS,
    SYNONYMS,
    Answer,
    Result,
    analysed,
    answer_of,
    checked,
    derived,
    formula,
    help_on,
    kind_words,
    shown_as,
    verified,
)
from matcalc.repl.workspace import SETTINGS, State, captured, declare, define, forget, hidden_sign, misfits
from matcalc.verification.verdict import Verdict, exit_status


class Session:
    """What a user builds up at the prompt.

    >>> session = Session()
    >>> for answer in session.run("f = ||X - U V||²; derive f by V"):
    ...     print(answer.output)
    f = ‖X − U V‖²
    2 Uᵀ (U V − X)
    """

    def __init__(self) -> None:
        self.state = State()
        self.last: Result | None = None
        """The last result that was shown."""

    def run(self, text: str) -> Iterator[Answer]:
        """The answers to the statements of a text, up to the first that is refused; definitions
        that follow each other are one answer.

        Nothing but an Answer comes back for any text: what is wrong with it is its ``error``.
        """
        statements = deque(request_lines.statements(text))
        while statements:
            answer = self._guarded(statements)
            yield answer
            if answer.error or answer.leave:
                return

    def _next(self, statements: deque[str]) -> list[request_lines.Request]:
        """Takes the first statement, and with a definition or declaration all of its kind that
        follow it."""
        known = self.state.known
        taken: list[request_lines.Request] = []
        while statements:
            request = request_lines.request(statements[0], known)
            if taken and not (_joins(request) and type(request) is type(taken[0]) and _joins(taken[0])):
                break
            taken.append(request)
            statements.popleft()
            if isinstance(request, request_lines.Define):
                known.add(canonical_name(request.name))
        return taken

    def _guarded(self, statements: deque[str]) -> Answer:
        try:
            return self._answer(self._next(statements))
        except MatcalcError as error:
            return Answer(error=str(error), status=BAD_INPUT)
        except RecursionError:
            return Answer(error=str(LimitError("the expression is nested too deeply")), status=BAD_INPUT)

    def _answer(self, requests: list[request_lines.Request]) -> Answer:
        match requests[0]:
            case request_lines.Command(word, rest):
                return self._command(word, rest)
            case request_lines.Declare():
                return self._declare("; ".join(request.text for request in cast("list[request_lines.Declare]", requests)))
            case request_lines.Define():
                return self._define(cast("list[request_lines.Define]", requests))
            case request_lines.Claim(claim):
                return self._show(verified(claim, self.state))
            case request_lines.Derive() | request_lines.Analyse() | request_lines.Formula() as request:
                return self._show(self._result(request))
            case _ as never:
                assert_never(never)

    def _show(self, result: Result) -> Answer:
        self.last = result
        return answer_of(result, self.state.style)

    # ------------------------------------------------------------ names

    def _define(self, requests: list[request_lines.Define]) -> Answer:
        style = self.state.style
        spell = ascii_name if style == "ascii" else unicode_name
        before = dict(self.state.definitions)
        whole = define(self.state, requests)
        self.last = ParsedExpression(whole.expression, whole.declarations, whole.notes)
        names = [canonical_name(request.name) for request in requests]
        shown, kinds = [], kind_words(plain_shape(whole.expression.shape))
        for one in (self.state.definitions[name] for name in names):
            head = f"{spell(one.name)}({', '.join(map(spell, one.parameters))})" if one.parameters else spell(one.name)
            shown.append(f"{head} = {text_of(whole.steps.get(one.name, whole.outline), style)}")
        if len(names) > 1:
            kinds = "; ".join(f"{name}: {declaration_text(whole.intermediates[name].shape, ())}" for name in names)
        rests = [f"{'kind:':<10}{kinds}", *remark_lines(whole.declarations, (), whole.notes)]
        signs = hidden_sign([] if requests[0].parameters else names)
        return Answer("\n".join(shown), (*rests, *captured(self.state, before), *misfits(self.state, names), *signs))

    def _declare(self, written: str) -> Answer:
        names = declare(self.state, written)
        shown = "; ".join(f"{name}: {self.state.declarations[name]}" for name in names)
        return Answer("", (f"{'declared:':<10}{shown}", *misfits(self.state, names), *hidden_sign(names)))

    # ------------------------------------------------------------ commands

    def _command(self, written: str, rest: str) -> Answer:
        word = SYNONYMS.get(written, written)
        if word not in COMMANDS:
            near = difflib.get_close_matches(word, COMMANDS, n=1)
            raise MatcalcError(f"there is no command :{word}", suggestion=f":{near[0]}" if near else ":help")
        if word in SETTINGS:
            return self._set(word, rest)
        if word in FORMATS:
            return self._in_form(word, rest)
        return self._run(word, rest)

    def _run(self, word: str, rest: str) -> Answer:
        match word:
            case "declare" if rest:
                return self._declare(rest)
            case "declare" | "list":
                return Answer(self._listing())
            case "forget":
                return self._forget(rest)
            case "verify":
                return self._verify(rest)
            case "steps":
                return self._steps(rest)
            case "entries" | "at":
                return self._in_numbers(word, rest)
            case "differential":
                return self._show(self._last_derivation(rest).differential())
            case "code":
                return self._code(rest)
            case "help":
                return Answer(help_on(rest))
            case _:
                return Answer(leave=True)

    def _code(self, target: str) -> Answer:
        choices = COMMANDS["code"].choices
        if target and target not in choices:
            raise MatcalcError(f"there is no code for {target}", expected=", ".join(choices))
        return self._in_form(target or choices[0], "")

    def _set(self, name: str, value: str) -> Answer:
        if not value:
            return Answer(f"{name}: {self.state.settings[name]}", (f"{'choices:':<10}{', '.join(SETTINGS[name])}",))
        if value not in SETTINGS[name]:
            raise MatcalcError(f"there is no {name} {value!r}", expected=", ".join(SETTINGS[name]))
        self.state.settings[name] = value
        return Answer("", (f"{name + ':':<9} {value} from now on",))

    def _in_form(self, target: str, written: str) -> Answer:
        return Answer(shown_as(self._last(written), target))

    def _verify(self, written: str) -> Answer:
        if written:
            return self._show(verified(written, self.state))
        last = self._last()
        if isinstance(last, Verdict):
            return answer_of(last, self.state.style)
        if not isinstance(last, Derivation | Gradients):
            raise MatcalcError("there is no derivative to verify", suggestion="f wrt x first, or :verify d(f)/dx = ...")
        verdicts = checked(last)
        return Answer("\n".join(verdict.explain() for verdict in verdicts), status=exit_status(verdicts))

    def _steps(self, written: str) -> Answer:
        form, style = str(self.state.style), STEP_STYLES[0]
        while (word := written.partition(" ")[0]) in (*STEP_FORMATS, *STEP_STYLES) and word not in self.state.known:
            form, style = (word, style) if word in STEP_FORMATS else (form, word)
            written = written.removeprefix(word).strip()
        last: Any = self._last(written)
        if not isinstance(last, Derivation) and getattr(last, "steps", None):
            return Answer(last.steps_text(form))
        return Answer(self._last_derivation("").steps_text(form, style))

    def _in_numbers(self, word: str, written: str) -> Answer:
        last = self._last()
        if not isinstance(last, Derivation | ParsedExpression):
            raise MatcalcError("the last result has no entries", suggestion="f wrt x first")
        point: dict[str, Any] = {} if not written and word == "entries" else point_of(written)
        if word == "at":
            return Answer(shown(last.at(**point)))
        return Answer(last.entries(**point).text(self.state.style))

    def _forget(self, written: str) -> Answer:
        if not written:
            raise MatcalcError("what is to be forgotten is missing", expected="names, or all", suggestion=":forget X")
        if written == "all" and "all" not in self.state.known:
            names = forget(self.state, self.state.known)
            return Answer("", (f"{'forgot:':<10}everything" if names else f"{'note:':<10}there was nothing to forget",))
        names = forget(self.state, split_names(written))
        return Answer("", (f"{'forgot:':<10}{', '.join(names)}", *misfits(self.state, names)))

    def _listing(self) -> str:
        rows = [
            *(f"{name}: {kind}" for name, kind in self.state.declarations.items()),
            *(f"{definition.head} = {definition.value}" for definition in self.state.definitions.values()),
            *(f":{name} {value}" for name, value in self.state.settings.items() if value != SETTINGS[name][0]),
        ]
        return "\n".join(rows) or "nothing is declared, defined or set"

    # ------------------------------------------------------------ the last result

    def _result(self, request: request_lines.Derive | request_lines.Analyse | request_lines.Formula) -> Result:
        if isinstance(request, request_lines.Analyse):
            return analysed(request, self.state)
        found = derived(request, self.state) if isinstance(request, request_lines.Derive) else formula(request.text, self.state)
        return found.with_cost(self.state.settings["cost"]) if isinstance(found, Derivation) else found

    def _last(self, written: str = "") -> Result:
        """The last result; with a formula that of the formula, which is the last one from then
        on."""
        if written:
            request = request_lines.request(written, self.state.known)
            if not isinstance(request, request_lines.Derive | request_lines.Analyse | request_lines.Formula):
                raise MatcalcError("a formula is expected here", suggestion="f wrt V, or d(f)/dV")
            self.last = self._result(request)
        if self.last is None:
            raise MatcalcError("there is no result yet", suggestion="x'*A*x wrt x")
        return self.last

    def _last_derivation(self, written: str) -> Derivation:
        last = self._last(written)
        if not isinstance(last, Derivation):
            raise MatcalcError("the last result is no single derivative", suggestion="f wrt x first")
        return last


def _joins(request: request_lines.Request) -> bool:
    """Whether one answer is given to a statement and those of its kind that follow it."""
    return isinstance(request, request_lines.Declare) or (isinstance(request, request_lines.Define) and not request.parameters)
