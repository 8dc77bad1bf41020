"""From a request at the prompt to the call of the Python interface that answers it."""

from __future__ import annotations

from dataclasses import replace

from matcalc.api import derive, gradient, hessian, jacobian, parse
from matcalc.choices import clear_choice, question, variables
from matcalc.errors import MatcalcError, ParseError
from matcalc.language.declare.texts import SharedNames
from matcalc.language.elaboration import question_in
from matcalc.language.syntax.parser import parse_syntax
from matcalc.language.syntax.trees import Name
from matcalc.language.text.spelling import canonical_name, is_name
from matcalc.named_results import Gradients, NamedDerivation
from matcalc.printing import text
from matcalc.product_calls import differential, vjp
from matcalc.products.equations import Equation
from matcalc.repl.definitions import is_derivative, program
from matcalc.repl.lines import Derive
from matcalc.repl.state import State
from matcalc.results import Derivation, ParsedExpression
from matcalc.verification.judgement import verify
from matcalc.verification.verdict import Verdict


def formula(written: str, state: State) -> Derivation | ParsedExpression:
    """The derivative that ``d(f)/dV`` or ``hessian(f, x)`` asks for, or the expression itself as it was read."""
    whole = program(written, state)
    if not is_derivative(written, state):
        return parse(whole, state.shared)
    return derive(whole, declare=state.shared, layout=state.layout, symmetric=state.symmetric)


def derived(request: Derive, state: State) -> Derivation | Gradients | Equation:
    """What ``derive f by V``, ``gradient L by W, b``, ``vjp F by W`` and their like ask for, by the settings of the session."""
    names = [_name(name, state) for name in request.wrt]
    if not names:
        names = _said(request.expression, state) or [_only_name(request, state)]
    whole = program(request.expression, state, names)
    declare, layout, symmetric = state.shared, state.layout, state.symmetric
    one = names[0] if len(names) == 1 else None
    wrt = one or names
    match request.verb:
        case "hessian":
            return hessian(whole, wrt, declare=declare, layout=layout, symmetric=symmetric)
        case "jacobian":
            if one is None:
                raise MatcalcError("a Jacobian is by one name", suggestion=f"jacobian {request.expression} by {names[0]}")
            return jacobian(whole, one, declare=declare, layout=layout, symmetric=symmetric)
        case "differential":
            return differential(whole, names, declare=declare)
        case "vjp" if one is not None:
            return vjp(whole, one, declare=declare, layout=layout, symmetric=symmetric, names=state.settings["names"])
        case "vjp":
            return vjp(whole, names, declare=declare, layout=layout, symmetric=symmetric, names="keep")
        case "derive" if state.order == 2:
            return derive(whole, wrt, declare=declare, order=2, layout=layout, symmetric=symmetric)
    if one is None:
        return gradient(whole, names, declare=declare, layout=layout, symmetric=symmetric)
    if request.verb == "gradient":
        return gradient(whole, one, declare=declare, layout=layout, symmetric=symmetric, names=state.settings["names"])
    return derive(whole, one, declare=declare, layout=layout, symmetric=symmetric, names=state.settings["names"])


def verified(claim: str, state: State) -> Verdict:
    """The verdict on an equation, with the values of the session's names put in."""
    verdict = verify(program(claim, state), declare=state.shared, layout=state.layout, symmetric=state.symmetric)
    return replace(verdict, statement=claim)


def checked(result: Derivation | Gradients) -> list[Verdict]:
    """Every derivative of a result, verified as a claim: by proof, and by numbers that share no code with the derivation.

    Raises MatcalcError for a derivative without a closed form.
    """
    found = list(result.values()) if isinstance(result, Gradients) else [result]
    return [_checked(derivation) for derivation in found]


def _checked(derivation: Derivation) -> Verdict:
    outcome = derivation.opened if isinstance(derivation, NamedDerivation) else derivation.outcome
    if outcome.expression is None:
        instead = ":numpy shows code that compares itself with finite differences when it is run"
        raise MatcalcError("only a closed matrix form can stand in a claim; this is index notation", suggestion=instead)
    function = "grad" if derivation.order == 1 else "hessian"
    names = ", ".join(symbol.name for symbol in derivation.wrt[: 1 if derivation.wrt[0] is derivation.wrt[-1] else 2])
    claim = f"{function}({derivation.source.text('ascii')}, {names}) = {text(outcome.expression, 'ascii')}"
    verdict = verify(claim, declare=SharedNames(derivation.declarations), layout=derivation.layout, symmetric=derivation.symmetric)
    return replace(verdict, declarations=None, notes=(), reading=None)


def _said(expression: str, state: State) -> list[str]:
    """The names that the expression itself says: the arguments of a function, those of a derivative sign."""
    function = state.definitions.get(canonical_name(expression.partition("(")[0].strip()))
    if function is not None and function.parameters:
        return list(function.parameters)
    asked = question_in(program(expression, state), state.declarations)
    return [] if asked is None else list(asked.names)


def _only_name(request: Derive, state: State) -> str:
    """The one symbol that can be meant. Raises ParseError where there is a choice."""
    found = variables(program(request.expression, state), declare=state.declarations)
    name = clear_choice(found)
    if name is None:
        raise question(found, [f"{request.verb} {request.expression} by {one}" for one in found])
    return name


def _name(written: str, state: State) -> str:
    """A name to differentiate by in its one spelling; LaTeX is read."""
    if is_name(written):
        return canonical_name(written)
    try:
        tree = parse_syntax(written, state.vocabulary()).program.value
    except MatcalcError:
        tree = None
    if not isinstance(tree, Name):
        raise ParseError(f"{written!r} is not the name of a symbol", expected="one name, or several with commas between")
    return tree.name
