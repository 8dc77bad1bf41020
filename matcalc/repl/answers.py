"""What a session says about one statement, in the forms that the prompt offers, and the help on its
commands."""

from __future__ import annotations

import re
from contextlib import suppress
from dataclasses import dataclass, replace
from typing import Any, TypeAlias

from matcalc.base.errors import MatcalcError, ParseError
from matcalc.base.functions import code_targets, typesetting
from matcalc.interface.analyses import AnalysisResult, analyses
from matcalc.interface.api import derive, gradient, hessian, jacobian, parse
from matcalc.interface.equations import Equation
from matcalc.interface.named_results import Gradients, NamedDerivation
from matcalc.interface.presentation import (
    clear_choice,
    question,
    reading_lines,
    remark_lines,
    remarks,
    rendered,
    shape_words,
    variables,
)
from matcalc.interface.product_calls import differential, hvp, jvp, vjp
from matcalc.interface.results import Derivation, ParsedExpression, Style
from matcalc.interface.with_steps import ExpressionWithSteps
from matcalc.language.decisions import WITH_COMPLEX
from matcalc.language.declare.declared import SharedNames
from matcalc.language.elaboration import question_in
from matcalc.language.syntax.parser import parse_syntax
from matcalc.language.syntax.trees import Name
from matcalc.language.text.spelling import canonical_name, is_name
from matcalc.printing import text
from matcalc.printing.notations import STEP_FORMATS, STEP_STYLES
from matcalc.reference.lookup import described, is_known
from matcalc.repl.request_lines import Analyse, Derive
from matcalc.repl.workspace import SETTINGS, State, is_derivative, program
from matcalc.verification.judgement import verify
from matcalc.verification.verdict import Verdict, exit_status


def formula(written: str, state: State) -> Derivation | ParsedExpression:
    """The derivative that ``d(f)/dV`` or ``hessian(f, x)`` asks for, or the expression itself as it
    was read."""
    whole = program(written, state)
    return parse(whole, state.shared) if not is_derivative(written, state) else derive(whole, **state.conventions)


def derived(request: Derive, state: State) -> Derivation | Gradients | Equation:
    """What ``derive f by V``, ``gradient L by W, b``, ``vjp F by W`` and their like ask for, by the
    settings of the session."""
    names = [_name(name, state) for name in request.wrt]
    if not names:
        along = f" along {', '.join(request.along)}" if request.along else ""
        names = _said(request.expression, state) or [
            _only_name(request.expression, state, f"{request.verb} {request.expression} by {{}}{along}")
        ]
    whole = program(request.expression, state, names)
    said, kept = state.conventions, state.settings["names"]
    one = names[0] if len(names) == 1 else None
    wrt: Any = one or names
    if request.along or request.verb in ("jvp", "hvp"):
        return _along(request, state, whole, names)
    match request.verb:
        case "hessian":
            return hessian(whole, wrt, **said)
        case "jacobian" if one is None:
            raise MatcalcError("a Jacobian is by one name", suggestion=f"jacobian {request.expression} by {names[0]}")
        case "jacobian":
            return jacobian(whole, names[0], **said)
        case "differential":
            return differential(whole, names, declare=state.shared)
        case "vjp":
            found: Derivation | Gradients = vjp(whole, wrt, **said, names=kept if one else "keep")
        case "derive" if state.order == 2:
            return derive(whole, wrt, order=2, **said)
        case "derive" if one is not None:
            return derive(whole, names[0], **said, names=kept)
        case _:
            found = gradient(whole, wrt, **said, names=kept if one else None)
    return found


def _along(request: Derive, state: State, whole: str, names: list[str]) -> Derivation | Equation:
    """A derivative along a direction, or a Hessian. Raises MatcalcError for other requests, and for
    several directions of one Hessian."""
    verb, moves = request.verb, request.along or ("V",)
    if verb not in ("derive", "jvp", "hvp"):
        raise MatcalcError(f"{verb} has no direction", suggestion=f"jvp {request.expression} along {moves[0]}")
    if verb == "jvp" or (verb == "derive" and state.order == 1):
        return jvp(whole, names, moves, declare=state.shared)
    if len(moves) > 1:
        raise MatcalcError(f"{len(moves)} directions for one Hessian", expected="one direction, as in along v")
    return hvp(whole, names[0] if len(names) == 1 else names, moves[0], **state.conventions)


def analysed(request: Analyse, state: State) -> AnalysisResult:
    """What ``taylor f by x``, ``simplify f`` and their like ask for, by the settings of the session.

    Raises MatcalcError for a condition in terms of names that have values.
    """
    analysis, said = analyses()[request.name], request.values
    names: list[str] = []
    for parameter in analysis.parameters:
        value = said.get(parameter.name)
        if parameter.kind in ("name", "names"):
            names += [value] if isinstance(value, str) else value or []
        elif parameter.kind in ("text", "texts", "list") and value is not None:
            _refuse_values(str(value), state)
    settings = {name: state.settings[name] for name in ("layout", "symmetric") if analysis.parameter(name) is not None}
    values: dict[str, Any] = {**settings, **said}
    if (meant := analysis.meant) is not None and meant.name not in values:
        values[meant.name] = _only_name(request.expression, state, f"{request.name} {request.expression} by {{}}")
    found: AnalysisResult = analysis.made(program(request.expression, state, names), values, declare=state.shared)
    return found


def _refuse_values(written: str, state: State) -> None:
    used = [name for name in state.definitions if re.search(rf"(?<![^\W\d_]){re.escape(name)}(?!\w)", written)]
    if used:
        raise MatcalcError(
            f"{used[0]} has the value {state.definitions[used[0]].value}, which is not put in here",
            suggestion="the value itself in place of its name",
        )


def verified(claim: str, state: State) -> Verdict:
    """The verdict on an equation, with the values of the session's names put in."""
    return replace(verify(program(claim, state), **state.conventions), statement=claim)


def checked(result: Derivation | Gradients) -> list[Verdict]:
    """Every derivative of a result, verified as a claim: by proof, and by numbers that share no
    code with the derivation.

    Raises MatcalcError for a derivative without a closed form.
    """
    found = list(result.values()) if isinstance(result, Gradients) else [result]
    return [_checked(derivation) for derivation in found]


def _checked(derivation: Derivation) -> Verdict:
    outcome = derivation.opened if isinstance(derivation, NamedDerivation) else derivation.outcome
    if outcome.expression is None:
        raise MatcalcError(
            "only a closed matrix form can stand in a claim; this is index notation",
            suggestion=":numpy shows code that compares itself with finite differences when it is run",
        )
    function = "grad" if derivation.order == 1 else "hessian"
    names = ", ".join(symbol.name for symbol in derivation.wrt[: 1 if derivation.wrt[0] is derivation.wrt[-1] else 2])
    claim = f"{function}({derivation.source.text('ascii')}, {names}) = {text(outcome.expression, 'ascii')}"
    verdict = verify(
        claim, declare=SharedNames(derivation.declarations), layout=derivation.layout, symmetric=derivation.symmetric
    )
    return replace(verdict, declarations=None, notes=(), reading=None)


def _said(expression: str, state: State) -> list[str]:
    """The names that the expression itself says: the arguments of a function, those of a derivative
    sign."""
    function = state.definitions.get(canonical_name(expression.partition("(")[0].strip()))
    if function is not None and function.parameters:
        return list(function.parameters)
    asked = question_in(program(expression, state), state.declarations, WITH_COMPLEX)
    return [] if asked is None else list(asked.names)


def _only_name(expression: str, state: State, way: str) -> str:
    """The one symbol that can be meant. Raises ParseError where there is a choice, with the ``way``
    to say each."""
    found = variables(program(expression, state), declare=state.declarations)
    name = clear_choice(found)
    if name is None:
        raise question(found, [way.format(one) for one in found])
    return name


def _name(written: str, state: State) -> str:
    """A name to differentiate by in its one spelling; LaTeX is read."""
    if is_name(written):
        return canonical_name(written)
    if written.replace(" ", "").startswith("conj("):  # where symbols are complex, which is told later
        return written
    tree = None
    with suppress(MatcalcError):
        tree = parse_syntax(written, state.vocabulary()).program.value
    if not isinstance(tree, Name):
        raise ParseError(f"{written!r} is not the name of a symbol", expected="one name, or several with commas between")
    return tree.name


# ------------------------------------------------------------
# What a session says about one statement, and how results are shown in the forms that the prompt
# offers.

Result: TypeAlias = Derivation | Gradients | Equation | ParsedExpression | Verdict | AnalysisResult

BAD_INPUT = 2


@dataclass(frozen=True, slots=True)
class Answer:
    """``output`` is the result, ``reading`` what comes before it, ``remarks`` what is said about
    it, ``error`` what is wrong.

    ``status`` is 0, or as for ``matcalc verify`` 1 when a formula is refuted, 2 for bad input and 3
    when a formula stays undecided.
    """

    output: str = ""
    remarks: tuple[str, ...] = ()
    reading: tuple[str, ...] = ()
    error: str = ""
    status: int = 0
    leave: bool = False


def answer_of(result: Result, style: Style) -> Answer:
    """A result with what it rests on."""
    reading = () if isinstance(result, Verdict) else tuple(reading_lines(result.reading, style=style))
    match result:
        case Verdict():
            return Answer(result.explain(), status=exit_status([result]))
        case ParsedExpression() if not isinstance(result, ExpressionWithSteps):
            rests = remark_lines(result.declarations, (), result.notes, result.warnings)
            return Answer(result.text(style), (f"{'kind:':<10}{kind_words(result.shape)}", *rests), reading)
        case _:
            return Answer(shown_as(result, style), tuple(remarks(result)), reading)


def kind_words(shape: tuple[int | str, ...]) -> str:
    """A shape in words that name the kind.

    >>> kind_words(("n", "m"))
    'n×m matrix'
    """
    return shape_words(shape) + (" matrix" if len(shape) == 2 else " tensor" if len(shape) > 2 else "")


def shown_as(result: Result, target: str) -> str:
    """A result in another form. Raises MatcalcError for a form that this kind of result does not
    have."""
    if isinstance(result, Verdict) and target != "json":
        raise MatcalcError(f"a verdict has no form called {target}", suggestion="a derivative first, such as x'*A*x wrt x")
    return rendered(result, target, equation=isinstance(result, Equation))


# ------------------------------------------------------------
# The commands of the prompt and what is said about them.


@dataclass(frozen=True, slots=True)
class Entry:
    """``usage`` is what to type, ``purpose`` what it does in a few words, ``more`` what is worth
    adding, ``choices`` what may follow."""

    usage: str
    purpose: str
    more: str = ""
    choices: tuple[str, ...] = ()


def _setting(name: str, purpose: str, more: str) -> Entry:
    return Entry(f":{name} [{'|'.join(SETTINGS[name])}]", purpose, more, SETTINGS[name])


_FORM = "Of the last result; with a formula, of that: {0} f wrt V."

COMMANDS: dict[str, Entry] = {
    "steps": Entry(
        ":steps [FORM] [FORMULA]",
        "the derivation step by step",
        "Of the last derivative, or of a formula. FORM is one of " + ", ".join(STEP_FORMATS) + ".",
        (*STEP_FORMATS, *STEP_STYLES),
    ),
    "verify": Entry(
        ":verify [EQUATION]",
        "is it right?",
        "Without an equation: the last derivative, by proof and by numbers. An equation that names nothing needs no :verify.",
    ),
    **{
        name: Entry(f":{name} [FORMULA]", f"the result as {one.title}", _FORM.format(f":{name}"))
        for name, one in typesetting().items()
    },
    "markdown": Entry(":markdown [FORMULA]", "the result as LaTeX between dollar signs", _FORM.format(":markdown")),
    "ascii": Entry(":ascii [FORMULA]", "the result as it can be typed", _FORM.format(":ascii")),
    "unicode": Entry(":unicode [FORMULA]", "the result as it is shown by default", _FORM.format(":unicode")),
    "index": Entry(":index [FORMULA]", "the result in index notation", _FORM.format(":index")),
    "differential": Entry(":differential [FORMULA]", "the derivative as df = tr(G' dX)", _FORM.format(":differential")),
    **{
        name: Entry(f":{name} [FORMULA]", f"the result as a {one.title} function", _FORM.format(f":{name}"))
        for name, one in code_targets().items()
    },
    "sympy": Entry(":sympy [FORMULA]", "the result as a program that builds it in SymPy", _FORM.format(":sympy")),
    "entries": Entry(
        ":entries n=2, m=3", "the last result entry by entry at small sizes", "Every size of the formula needs a number."
    ),
    "at": Entry(
        ":at x=[1,2], A=[1 2; 3 4]", "the value of the last result", "Numbers, lists, or rows between semicolons as in MATLAB."
    ),
    "json": Entry(":json [FORMULA]", "the result with all its parts", _FORM.format(":json")),
    "code": Entry(f":code [{'|'.join(code_targets())}]", "the last result as a function", "", tuple(code_targets())),
    "declare": Entry(
        ":declare X: n×m; A: n×n symmetric", "declare names", "X: n×m alone does the same. Without a text it lists what is known."
    ),
    "forget": Entry(
        ":forget NAME...", "drop declarations and values", ":forget all drops everything that was declared or defined."
    ),
    "list": Entry(":list", "what is declared, defined and set"),
    "layout": _setting(
        "layout", "layout of derivatives", "numerator gives the transposes of denominator; tensor flattens nothing."
    ),
    "order": _setting(
        "order", "order of the derivative that derive and wrt give", "d(f)/dx and d2(f)/dx2 say themselves which they are."
    ),
    "symmetric": _setting("symmetric", "convention for symmetric variables", "The notes of an answer name the convention."),
    "names": _setting(
        "names", "what becomes of defined names in answers", "keep gives answers in terms of the names, with adjoints."
    ),
    "cost": _setting("cost", "form of the answers", "shortest to read, cheapest to compute, or familiar, as people write it."),
    "letters": _setting("letters", "characters of the answers", "ascii gives answers that can be typed in again."),
    "help": Entry(":help [COMMAND|NAME]", "this page, or more on a command, function, sign or fact"),
    "quit": Entry(":quit", "leave; so does Ctrl-D"),
}

SYNONYMS = {"q": "quit", "exit": "quit", "h": "help", "?": "help", "": "help", "known": "list"}

_PAGE = """\
x'*A*x wrt x              the derivative; also d(x'*A*x)/dx, derive x'*A*x by x
f = ||X - U V||²          gives a name to an expression; later lines may use it
f wrt U, V                several derivatives at once
hessian x'*A*x by x       also jacobian, gradient, differential, vjp
hvp x'*A*x by x along v   the Hessian along a direction; also jvp
X: n×m; A: n×n symmetric  declares names; everything else is inferred
{analyses}
d(f)/dV = 2U'(U V - X)    an equation is verified, unless it defines a name
x'*A*x                    shows how an expression is read
z = W*x + b; h = tanh(z)  several statements in a line
A line goes on while a bracket is open or an operator ends it; an empty line ends it. # begins a comment. Tab completes, \\beta Tab is β.
"""


def help_on(word: str) -> str:
    """The page, or what there is to say about one command or one name of the language. Raises
    MatcalcError for another word."""
    if not word:
        width = max(len(entry.usage) for entry in COMMANDS.values() if len(entry.usage) < 40)
        usages = "\n".join(f"{one.usage:<25} {one.purpose}" for one in analyses().values())
        return (
            _PAGE.replace("{analyses}", usages)
            + "\n"
            + "\n".join(f"{entry.usage:<{width}}  {entry.purpose}" for entry in COMMANDS.values())
        )
    entry = COMMANDS.get(SYNONYMS.get(word.lstrip(":"), word.lstrip(":")))
    if entry is None:
        return described(word)
    said = "\n".join(line for line in (entry.usage, f"  {entry.purpose}", f"  {entry.more}") if line.strip())
    return said if word.startswith(":") or not is_known(word) else f"{said}\n\n{described(word)}"
