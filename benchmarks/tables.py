"""Tables on the terminal, and as Markdown for the README."""

from __future__ import annotations

from collections.abc import Sequence

import click

from benchmarks.measuring import machine

Rows = Sequence[Sequence[str]]


def show(title: str, heads: Sequence[str], rows: Rows, markdown: bool = False) -> None:
    """Prints a table whose first column is text and whose other columns are figures, and the machine under it."""
    click.echo(markdown_table(heads, rows) if markdown else drawn(title, heads, rows))
    click.echo(machine() + "\n")


def drawn(title: str, heads: Sequence[str], rows: Rows) -> str:
    """The table as text."""
    from rich.console import Console
    from rich.table import Table

    table = Table(title=title, title_justify="left")
    for number, head in enumerate(heads):
        table.add_column(head, justify="right" if number else "left", no_wrap=True)
    for row in rows:
        table.add_row(*(cell.replace("[", r"\[") for cell in row))
    console = Console(width=200)
    with console.capture() as capture:
        console.print(table)
    return capture.get().rstrip()


def markdown_table(heads: Sequence[str], rows: Rows) -> str:
    """The table in Markdown."""
    lines = [heads, ["---", *["---:"] * (len(heads) - 1)], *rows]
    return "\n".join("| " + " | ".join(cell.replace("|", r"\|") for cell in line) + " |" for line in lines)
