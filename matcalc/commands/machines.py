"""``matcalc check``: functions of the user's own beside the derivatives that they should give; and
what serves programs: ``json-lines`` for editors, ``mcp`` for agents, ``json-schema`` for both."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import click

from matcalc.base.budgets import REQUEST_SECONDS
from matcalc.base.lazy import later
from matcalc.cli.arguments import Asked, read_expression
from matcalc.cli.clicked import OneOf, PlainHelp, with_options
from matcalc.cli.front import EXPLAINS
from matcalc.cli.options import BUDGET, LAYOUT, READING, SYMMETRY, Keywords, with_budget, with_reading, wrt_option
from matcalc.cli.showing import show_json
from matcalc.coded import SECONDS, check, subject_for
from matcalc.coded.compared import CodeVerdict
from matcalc.coded.libraries import NAMES
from matcalc.interface.console import say
from matcalc.verification.verdict import exit_status

if TYPE_CHECKING:
    import matcalc.agents as agents
else:
    agents = later("matcalc.agents")


@click.command(
    "check",
    cls=PlainHelp,
    short_help="Is code for a gradient right? If not, what is wrong.",
    context_settings={"ignore_unknown_options": True},
)
@click.argument("function", metavar="FILE.py:FUNCTION")
@click.argument("formula", metavar="FORMULA")
@with_options(wrt_option("The symbol that FUNCTION differentiates by; repeated, its results are in that order."))
@with_options(*READING, LAYOUT, SYMMETRY, BUDGET)
@click.option("--order", type=OneOf(["1", "2"]), default="1", help="First or second derivative.  [default: 1]")
@click.option(
    "--arguments",
    metavar="PAIRS",
    help="Symbols and sizes with the parameters that take them, w=weights,X=data,m=dim, or names in order.",
)
@click.option(
    "--value", metavar="FILE.py:FUNCTION", help="A function that should give the value of FORMULA; it is compared, too."
)
@click.option("--autograd", is_flag=True, help="FUNCTION gives the value; the gradient that PyTorch or JAX finds is compared.")
@click.option("--arrays", type=OneOf(NAMES), help="What FUNCTION takes: numpy, jax or torch.  [default: what its file uses]")
@click.option("--columns", is_flag=True, help="Vectors are given as arrays of n rows and one column.")
@click.option("--output", metavar="WHICH", help="Which of several results is meant: its number, from 1, or its key.")
@click.option("--seconds", type=float, default=SECONDS, show_default=True, help="How long all calls of FUNCTION may take.")
@click.option("--to", "target", type=OneOf(("text", "json")), default="text", show_default=True, help="Form of the report.")
@with_budget
@with_reading
def check_command(
    function: str, formula: str, wrt: tuple[str, ...], reading: Keywords, order: str, target: str, output: str | None, **how: Any
) -> None:
    """Compare FUNCTION, which computes a derivative, with the derivative of FORMULA.

    The file is run, and FUNCTION called: it is your own code, on your machine, so check no file that
    you would not run.  It is called with random arrays that have the declared facts, of several
    sizes; its parameters are bound to symbols and sizes by their names.  FUNCTION may be a function
    of NumPy, JAX or PyTorch, a method, a torch.autograd.Function or a torch.nn.Module; of the last
    two the gradient that comes out of backward is compared.

    Exit status: 0 right, 1 wrong, 2 bad input or a function that cannot be called, 3 undecided.

    \b
    matcalc check FILE.py:grad "||X*w - y||^2" --wrt w
    matcalc check FILE.py:loss "||X*w - y||^2" --wrt w --autograd
    """
    text = read_expression(formula)
    asked = Asked(text, wrt, reading, {})
    groups = asked.groups
    subject = subject_for(function, how["arrays"], how["autograd"])
    several = len(groups) > 1 and output is None and not subject.differentiated
    found = []
    for number, group in enumerate(groups, 1):
        names: Any = group[0] if len(group) == 1 else tuple(group)
        picked = str(number) if several else output
        found.append(check(subject, text, names, order=int(order) if len(group) == 1 else 1, output=picked, **reading, **how))
    _show(found, target)
    sys.exit(exit_status(found))


def _show(found: Sequence[CodeVerdict], target: str) -> None:
    if target == "json":
        show_json(found[0].to_dict() if len(found) == 1 else {"verdicts": [verdict.to_dict() for verdict in found]})
        return
    for verdict in found:
        if verdict.reading is not None and EXPLAINS.get():
            say(verdict.reading.explain(), err=True)
    say("\n\n".join(verdict.explain() for verdict in found))


_REQUEST = click.option(
    "--seconds", type=float, default=REQUEST_SECONDS, show_default=True, help="How long a derivation or a verdict may take."
)


@click.command("json-lines", cls=PlainHelp, short_help="Answer requests, a line of JSON each: for editors.")
@_REQUEST
def json_lines_command(seconds: float) -> None:
    """Read requests from standard input, a JSON object a line, and write an answer for each, a line
    in the same order, until the input ends.

    {"id": 1, "operation": "derive", "text": "x'Ax", "wrt": "x"} is a request; matcalc json-schema
    lists the operations and their fields.  {"operation": "cancel", "cancel": 1} ends request 1.
    """
    agents.serve_lines(seconds)


@click.command("mcp", cls=PlainHelp, short_help="Serve tools to agents, by the Model Context Protocol.")
@_REQUEST
def mcp_command(seconds: float) -> None:
    """Serve matcalc's operations as tools of the Model Context Protocol, on standard input and
    output.

    An agent's program starts this itself: give it the command matcalc with the argument mcp.  It
    needs the extra mcp.
    """
    agents.serve_tools(seconds)


@click.command("json-schema", cls=PlainHelp, short_help="Print the JSON schemas of requests and results.")
def json_schema_command() -> None:
    """Print what matcalc json-lines, mcp and web are sent and give back, in JSON Schema.

    \b
    matcalc json-schema
    """
    show_json(agents.schemas())
