"""Tables on the terminal, and as Markdown for the README."""

from __future__ import annotations

from collections.abc import Sequence

import click

from benchmarks.measuring import machine

Rows = Sequence[Sequence[str]]
MARKDOWN = click.option("--markdown", is_flag=True, help="Print the table in Markdown.")
"""The option of every benchmark that prints one table."""


def show(title: str, heads: Sequence[str], rows: Rows, markdown: bool = False, texts: int = 1) -> None:
    """Prints a table whose first columns, ``texts`` of them, are text and whose others are figures, and the machine under it."""
    click.echo(markdown_table(heads, rows, texts) if markdown else drawn(title, heads, rows, texts))
    click.echo(machine() + "\n")


def drawn(title: str, heads: Sequence[str], rows: Rows, texts: int = 1) -> str:
    """The table as text."""
    from rich.console import Console
    from rich.table import Table

    table = Table(title=title, title_justify="left")
    for number, head in enumerate(heads):
        table.add_column(head, justify="left" if number < texts else "right", no_wrap=True)
    for row in rows:
        table.add_row(*(cell.replace("[", r"\[") for cell in row))
    console = Console(width=240)
    with console.capture() as capture:
        console.print(table)
    return "\n".join(line.rstrip() for line in capture.get().splitlines())


def markdown_table(heads: Sequence[str], rows: Rows, texts: int = 1) -> str:
    """The table in Markdown."""
    lines = [heads, ["---"] * texts + ["---:"] * (len(heads) - texts), *rows]
    return "\n".join("| " + " | ".join(cell.replace("|", r"\|") for cell in line) + " |" for line in lines)
