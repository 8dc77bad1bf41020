"""``matcalc identities``: the shipped textbook identities."""

from __future__ import annotations

import sys

import click

from matcalc.cli.clicked import OneOf, PlainHelp, with_options
from matcalc.cli.options import BUDGET, with_budget
from matcalc.cli.showing import show_json
from matcalc.documents.deciding import verdicts
from matcalc.interface.console import say
from matcalc.verification.items import found
from matcalc.verification.verdict import exit_status


@click.command("identities", cls=PlainHelp, short_help="The textbook identities that come with matcalc.")
@click.option("--search", "words", multiple=True, metavar="WORD", help="Only identities that hold this word; may be repeated.")
@click.option("--check/--no-check", default=True, show_default=True, help="Verify each one and show its status.")
@with_options(BUDGET)
@click.option("--jobs", type=click.IntRange(1), default=1, show_default=True, help="Processes that share the work.")
@click.option("--to", "target", type=OneOf(("text", "json")), default="text", show_default=True, help="Form of the list.")
@with_budget
def identities_command(words: tuple[str, ...], check: bool, jobs: int, target: str) -> None:
    """List the shipped textbook identities with source and status.

    A wrong formula that is shipped as a warning is marked (false). Exit status 1 when a status is
    not the expected one.

    \b
    matcalc identities --search determinant
    matcalc identities --search cookbook --to json
    """
    rows = found(words)
    judged = verdicts([item for _, item in rows], jobs=jobs) if check else iter(())
    entries = []
    seen = []
    for document, item in rows:
        status = "not checked"
        if check:
            seen.append(next(judged))
            status = seen[-1].status
        entries.append({
            "name": item.name, "status": status, "expected": item.expected, "statement": item.statement, "declare": item.declare,
            "layout": item.layout, "symmetric": item.symmetric, "source": item.source, "file": document.path,
        })  # fmt: skip
        if target == "text":
            say(f"{item.name:<28}  {status:<11}  {item.statement}{'' if item.expected else '  (false)'}")
            say(f"{'':<28}  {item.source}")
    if target == "json":
        show_json(entries)
    else:
        say(f"{len(rows)} identities", err=True)
    sys.exit(exit_status(seen))
