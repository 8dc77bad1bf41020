"""What the site has beside the pages in ``docs/``: navigation in the order of ``docs/README.md``, pages made from the package, KaTeX,
results typeset below the commands that give them."""

from __future__ import annotations

import io
import re
import shlex
from contextlib import redirect_stderr, redirect_stdout, suppress
from functools import partial
from pathlib import Path
from unittest import mock

import click
import griffe
from mkdocs.config.defaults import MkDocsConfig
from mkdocs.structure.files import File, Files
from mkdocs.structure.pages import Page

import matcalc
from matcalc.cli.clicked import cli
from matcalc.cli.front import LAZY, main
from matcalc.repl.session import Session

ROOT = Path(__file__).resolve().parents[2]
KATEX = ROOT / "matcalc" / "documents" / "reports" / "katex"
OUTSIDE = {"changelog.md": "CHANGELOG.md", "contributing.md": "CONTRIBUTING.md"}
"""Pages of the site that are files of the repository."""
OTHERS = {"--to", "--steps", "--style", "--at", "|", "-"}
"""What a command has whose result is no formula, or is one in another form."""
_FENCED = re.compile(r"^```(\w*)[ \t]*([^\n]*)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
MADE = {"Reference": ["python-reference.md", "command-reference.md"], "Carry on": [*OUTSIDE]}
"""Pages that ``docs/README.md`` does not list, by the section that they are put in."""


def on_config(config: MkDocsConfig) -> MkDocsConfig:
    """The sections of the index and the pages they link, each once."""
    index = (ROOT / "docs" / "README.md").read_text(encoding="utf-8")
    seen: set[str] = set()
    nav: list[object] = [{"Overview": "README.md"}]
    for section in re.split(r"^## ", index, flags=re.MULTILINE)[1:]:
        title, _, body = section.partition("\n")
        linked = [page for page in re.findall(r"\]\(([\w-]+\.md)\)", body) if page not in seen]
        seen.update(linked)
        nav.append({title: [*dict.fromkeys(linked), *MADE.get(title, [])]})
    config.nav = nav
    return config


def on_files(files: Files, config: MkDocsConfig) -> Files:
    """KaTeX as it comes with the package, and the pages that are made."""
    for path in sorted(KATEX.rglob("*")):
        if path.suffix in (".js", ".css", ".woff2"):
            files.append(File.generated(config, f"katex/{path.relative_to(KATEX).as_posix()}", abs_src_path=str(path)))
    for name, text in {"python-reference.md": python_reference(), "command-reference.md": command_reference()}.items():
        files.append(File.generated(config, name, content=text))
    for name, path in OUTSIDE.items():
        files.append(File.generated(config, name, content=(ROOT / path).read_text(encoding="utf-8").replace("](docs/", "](")))
    return files


def python_reference() -> str:
    """Everything that ``import matcalc`` offers, from its docstrings."""
    names = [name for name in matcalc.__all__ if name != "__version__"]
    calls = [name for name in names if name[0].islower()]
    classes = [name for name in names if name[0].isupper() and not name.endswith("Error")]
    errors = [name for name in names if name.endswith("Error")]
    parts = ["# Python interface\n", "[The guide](python.md) tells how these are used; here is all that their docstrings say.\n"]
    parts += [f"::: matcalc.{name}\n" for name in [*calls, "testing.assert_identity", *classes, *errors]]
    return "\n".join(parts)


def command_reference() -> str:
    """The help pages of all commands."""
    group = click.Context(cli, info_name="matcalc", **cli.context_settings)
    parts = [
        "# Commands\n",
        "[The guide](command-line.md) tells how these are used; here are their help pages, which `man` shows too.\n",
    ]
    for name in LAZY:
        command = cli.get_command(group, name)
        assert command is not None
        shown = command.get_help(click.Context(command, info_name=name, parent=group))
        parts += [f"## matcalc {name}\n", f"```text\n{shown}\n```\n"]
    return "\n".join(parts)


def on_page_markdown(markdown: str, page: Page, config: MkDocsConfig, files: Files) -> str:
    """Links out of ``docs/`` lead to pages of the site; fences lose what only the tests read; results are typeset."""
    for name, path in OUTSIDE.items():
        markdown = markdown.replace(f"](../{path}", f"]({name}")
    parts = re.split(r"^(?=## )", markdown, flags=re.MULTILINE)
    return "".join(_FENCED.sub(partial(fenced, Session()), part) for part in parts)


def fenced(session: Session, block: re.Match[str]) -> str:
    """A block, and below it the results in it; ``session`` is that of the section."""
    language, attributes, body = block.groups()
    named = re.search(r"(?:file|excerpt|add)=(\S+)", attributes)
    title = f' title="{named[1]}"' if named else ""
    formulas = {"console": of_commands, "repl": partial(of_prompt, session)}.get(language, lambda _: [])(body)
    below = "".join(f'\n\n<div class="typeset arithmatex">\\[{formula}\\]</div>' for formula in formulas)
    return f"```{'text' if language in ('', 'repl') else language}{title}\n{body}```{below}"


def of_prompt(session: Session, body: str) -> list[str]:
    """What was derived at the prompt, as equations."""
    found = []
    for typed in re.findall(r"^matcalc> (.*(?:\n +\.\.\. .*)*)", body, re.MULTILINE):
        before = session.last
        list(session.run(re.sub(r"\n +\.\.\. ", "\n", typed)))
        if isinstance(session.last, matcalc.Derivation) and session.last is not before:
            found.append(session.last.latex(equation=True))
    return found


def of_commands(body: str) -> list[str]:
    """The results of a block whose commands all have one."""
    found = [typeset(command) for command in re.findall(r"^\$ (.*)$", body, re.MULTILINE)]
    return [formula for formula in found if formula] if all(found) else []


def typeset(command: str) -> str | None:
    """The result of a derivation in LaTeX; None of another command, and of one with several results."""
    try:
        words = shlex.split(command)
    except ValueError:
        return None
    if words[:1] != ["matcalc"] or words[1:2] not in (["derive"], ["gradient"], ["hessian"], ["jacobian"]) or OTHERS & set(words):
        return None
    output = io.StringIO()
    with (
        mock.patch("sys.argv", [*words, "--to", "latex"]),
        redirect_stdout(output),
        redirect_stderr(io.StringIO()),
        suppress(SystemExit),
    ):
        main()
    lines = output.getvalue().strip().splitlines()
    return lines[0] if len(lines) == 1 else None


class Examples(griffe.Extension):
    """Examples in docstrings are blocks of code, as the doctests that they are."""

    def on_object(self, *, obj: griffe.Object, **_: object) -> None:
        if obj.docstring is not None:
            obj.docstring.value = with_examples(obj.docstring.value)


def with_examples(docstring: str) -> str:
    """A docstring with its examples between fences; ``::`` before a block is a colon.

    >>> print(with_examples("One.\\n\\n>>> 1\\n1\\n\\nTwo::"))
    One.
    <BLANKLINE>
    ```pycon
    >>> 1
    1
    ```
    <BLANKLINE>
    Two:
    """
    parts = re.split(r"\n{2,}", docstring.strip("\n"))
    shown = [f"```pycon\n{part}\n```" if part.startswith(">>> ") else part for part in parts]
    return re.sub(r"::$", ":", "\n\n".join(shown), flags=re.MULTILINE)
