"""``matcalc check-proof``: replays a saved proof."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import click

from matcalc.base.errors import MatcalcError
from matcalc.cli.clicked import PlainHelp
from matcalc.cli.showing import SIGNS
from matcalc.interface.console import say, shows
from matcalc.proofs.checker import check
from matcalc.proofs.printed import Style, claim_text, conditions_text
from matcalc.rules.entries import Refused
from matcalc.verification.verdict import HOLDS, REFUTED


@click.command("check-proof", cls=PlainHelp, short_help="Check a saved proof.")
@click.argument("file", type=click.Path(), metavar="FILE")
def check_proof_command(file: str) -> None:
    """Replay a proof that matcalc verify --proof FILE has saved.

    Every line is checked by its rule, by a program that shares nothing with what wrote it.  Printed
    are the claim that is proved, and what the proof supposes of its parts.  Exit status 0 for a
    proof that is right, 1 for one that is not, 2 for a file that cannot be read.

    \b
    matcalc verify "d(x'Ax)/dx = (A + A')x" --proof FILE
    matcalc check-proof FILE
    """
    try:
        proof = json.loads(Path(file).read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise MatcalcError(f"{file} is no file with a proof: {error}") from None
    style: Style = "unicode" if shows(SIGNS) else "ascii"
    try:
        theorem = check(proof)
    except Refused as refused:
        say(f"refused: {refused}")
        sys.exit(REFUTED)
    say(f"proved: {claim_text(theorem.sides, style)}")
    for condition in conditions_text(theorem.conditions, style):
        say(f"  if {condition}")
    say(f"{len(proof['lines'])} lines", err=True)
    sys.exit(HOLDS)
