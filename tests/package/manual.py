"""The manual pages in ``man/``, made from the commands: ``python -m tests.package`` writes them anew."""

from __future__ import annotations

import inspect
import re
import textwrap
from collections.abc import Iterator

import click

from matcalc.base.version import VERSION
from matcalc.cli.clicked import cli
from matcalc.cli.front import LAZY, OTHER_NAMES
from tests.package.metadata import CITATION

PLACES = "matcalc help describes the language, matcalc help NAME a function, a sign or a fact."
STATUS = {
    "0": "Success; for verify: true.",
    "1": "A formula that is refuted or only conditionally true, or as --fail-on says.",
    "2": "Input that could not be read.",
    "3": "A statement that stays undecided.",
    "70": "An error of matcalc's own, with its place in the code.",
    "130": "Interrupted by Ctrl-C.",
    "141": "Nobody reads the output any more.",
}
ENVIRONMENT = {
    "XDG_CACHE_HOME": "Where parse tables and verdicts on documents are kept, in a folder matcalc.",
    "XDG_STATE_HOME": "Where the prompt keeps its history, in a folder matcalc.",
    "_MATCALC_COMPLETE": "bash_source, zsh_source or fish_source prints what that shell needs to complete commands.",
}


def pages() -> dict[str, str]:
    """Every page by the name of its file."""
    group = click.Context(cli, info_name="matcalc", **cli.context_settings)
    found = {"matcalc.1": "\n".join(_main_page(group)) + "\n"}
    for name in LAZY:
        command = cli.get_command(group, name)
        assert command is not None
        found[f"matcalc-{name}.1"] = (
            "\n".join(_command_page(command, click.Context(command, info_name=name, parent=group))) + "\n"
        )
    return found


def _main_page(context: click.Context) -> Iterator[str]:
    yield from _head("matcalc", "derivatives of formulas with vectors and matrices")
    yield from [".SH SYNOPSIS", r"\fBmatcalc\fR \fICOMMAND\fR [\fIOPTION\fR]... [\fIARGUMENT\fR]...", ".br"]
    yield from [r"\fBmatcalc\fR \(dq\fIFORMULA\fR\(dq", ".br", r"\fBmatcalc\fR \(dq\fIEQUATION\fR\(dq"]
    yield from _described(cli)
    yield ".SH COMMANDS"
    for name in LAZY:
        command = cli.get_command(context, name)
        assert command is not None
        others = [other for other, one in OTHER_NAMES.items() if one == name]
        said = [command.get_short_help_str(200), *([f"Also called {', '.join(others)}."] if others else [])]
        yield from _item(rf"\fBmatcalc\-{roff(name)}\fR(1)", " ".join(said))
    yield from _table("EXIT STATUS", STATUS)
    yield from _table("ENVIRONMENT", ENVIRONMENT)
    yield from [".SH SEE ALSO", *_joined([f"matcalc-{name}" for name in LAZY]), ".PP", *_filled(PLACES)]


def _command_page(command: click.Command, context: click.Context) -> Iterator[str]:
    name = f"matcalc-{context.info_name}"
    yield from _head(name, command.get_short_help_str(200).rstrip(".").replace(" - ", ", "))
    usage = " ".join(command.collect_usage_pieces(context))
    yield from [".SH SYNOPSIS", rf"\fBmatcalc {roff(str(context.info_name))}\fR {roff(usage)}"]
    yield from _described(command)
    yield ".SH OPTIONS"
    for parameter in command.get_params(context):
        record = parameter.get_help_record(context) if isinstance(parameter, click.Option) else None
        if record is not None:
            yield from _item(_spelled(record[0]), record[1])
    yield from [".SH SEE ALSO", *_joined(["matcalc"])]


def _head(name: str, purpose: str) -> Iterator[str]:
    yield r".\" Made from the command's help by: python -m tests.package"
    yield f'.TH {roff(name.upper())} 1 "{CITATION["date-released"]}" "matcalc {VERSION}" "matcalc"'
    yield from [".nh", ".ad l"]
    yield from [".SH NAME", rf"{roff(name)} \- {roff(purpose)}"]


def _described(command: click.Command) -> Iterator[str]:
    """DESCRIPTION, and EXAMPLES from the paragraphs that are not to be wrapped."""
    paragraphs = inspect.cleandoc(command.help or "").split("\n\n")
    told = [paragraph for paragraph in paragraphs if not paragraph.startswith("\b")]
    yield ".SH DESCRIPTION"
    for number, paragraph in enumerate(told):
        yield from [*([".PP"] if number else []), *_filled(paragraph)]
    shown = [line for paragraph in paragraphs if paragraph.startswith("\b") for line in paragraph.splitlines()[1:]]
    if shown:
        yield from [".SH EXAMPLES", ".nf", *[_protected(roff(line)) for line in shown], ".fi"]


def _table(title: str, rows: dict[str, str]) -> Iterator[str]:
    yield f".SH {title}"
    for name, said in rows.items():
        yield from _item(rf"\fB{roff(name)}\fR", said)


def _item(head: str, said: str) -> Iterator[str]:
    yield from [".TP", head, *_filled(said)]


def _spelled(options: str) -> str:
    """Options in bold, what they take in italics: ``-d, --declare TEXT``."""
    bold = re.sub(r"(?<![\w-])(--?[A-Za-z][\w-]*)", lambda found: rf"\fB{roff(found[1])}\fR", options)
    return re.sub(r" ((?!\\f)[^ ,/]+)$", lambda found: rf" \fI{roff(found[1])}\fR", bold)


def _joined(names: list[str]) -> Iterator[str]:
    for number, name in enumerate(names):
        yield rf".BR {roff(name)} (1)" + ("," if number < len(names) - 1 else "")


def _filled(text: str) -> list[str]:
    """Text in lines of less than 80 columns, as the pages have them in their source."""
    words = roff(" ".join(text.split()))
    return [_protected(line) for line in textwrap.wrap(words, 76, break_long_words=False, break_on_hyphens=False)]


def _protected(line: str) -> str:
    """A line that a dot or a quote at its beginning would make a request."""
    return rf"\&{line}" if line[:1] in ".'" else line


def roff(text: str) -> str:
    """Text with every character that means something to roff, or is no ASCII, spelled out.

    >>> print(roff("x'A - B²"))
    x\\(aqA \\- B\\[u00B2]
    """
    signs = {"\\": r"\e", "-": r"\-", "'": r"\(aq", "`": r"\(ga", "^": r"\(ha", "~": r"\(ti", '"': r"\(dq"}
    return "".join(signs.get(sign) or (sign if sign.isascii() else rf"\[u{ord(sign):04X}]") for sign in text)
