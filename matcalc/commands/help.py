"""``matcalc help``: the language, or what it has under a name."""

from __future__ import annotations

import click

from matcalc.cli.clicked import OneOf, PlainHelp, completed_by
from matcalc.cli.front import LAZY, OTHER_NAMES
from matcalc.interface.console import say
from matcalc.reference import described, overview, page


@click.command("help", cls=PlainHelp, short_help="The language: its functions, signs and facts.")
@click.argument("names", nargs=-1, metavar="[NAME]...", shell_complete=completed_by("words"))
@click.option(
    "--to", "target", type=OneOf(("text", "markdown")), default="text", show_default=True, help="markdown: the whole language."
)
@click.pass_context
def help_command(context: click.Context, names: tuple[str, ...], target: str) -> None:
    """Say what the language has under a NAME: a function, a sign, a constant, a fact, a dialect, a
    command.

    Without a name, everything that it has; as Markdown, with all that is known of it. Exit status 2
    for a name that it does not have.

    \b
    matcalc help
    matcalc help softmax
    matcalc help symmetric
    matcalc help --to markdown
    """
    if target == "markdown":
        say(page().rstrip("\n"))
    elif names:
        say("\n\n".join(_of_command(context, name) or described(name) for name in names))
    else:
        say(overview() + "\n\nmatcalc help NAME says more about one of them, matcalc COMMAND --help about a command.")


def _of_command(context: click.Context, name: str) -> str | None:
    """The help page of a command."""
    word, group = name.lower(), context.parent
    if group is None or word not in (*LAZY, *OTHER_NAMES) or not isinstance(group.command, click.Group):
        return None
    found = group.command.get_command(group, word)
    return None if found is None else found.get_help(click.Context(found, info_name=OTHER_NAMES.get(word, word), parent=group))
