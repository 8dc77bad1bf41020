"""``matcalc repl``: the interactive prompt."""

from __future__ import annotations

import sys

import click

from matcalc.base.layouts import Layout, Symmetric
from matcalc.cli.clicked import PlainHelp, with_options
from matcalc.cli.options import BUDGET, DECLARE, LAYOUT, SYMMETRY, with_budget
from matcalc.cli.showing import SIGNS
from matcalc.interface.console import shows
from matcalc.repl.session import Session
from matcalc.repl.terminal import run
from matcalc.repl.workspace import declare as declare_in


@click.command("repl", cls=PlainHelp, short_help="A prompt that keeps names and declarations.")
@with_options(DECLARE, LAYOUT, SYMMETRY, BUDGET)
@with_budget
def repl_command(declare: tuple[str, ...], layout: Layout, symmetric: Symmetric) -> None:
    """Type formulas at a prompt; names and declarations are kept between lines.

    Without a terminal it reads standard input: results go to standard output, all else to standard
    error. The exit status is 2 when a line could not be read, 3 when a formula stayed undecided, 1
    when one was refuted, else 0.

    \b
    matcalc repl
    echo "f = ||X - UV||²; f wrt V" | matcalc repl
    """
    session = Session()
    for text in declare:
        declare_in(session.state, text)
    session.state.settings |= {"layout": layout, "symmetric": symmetric}
    if not shows(SIGNS):
        session.state.settings["letters"] = "ascii"
    sys.exit(run(session))
