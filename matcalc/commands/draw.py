"""``matcalc draw``: pictures of a formula and its derivatives."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from pathlib import Path

from matcalc.base.errors import MatcalcError
from matcalc.cli.arguments import Asked, expression_command
from matcalc.cli.front import Option
from matcalc.cli.options import BUDGET, LAYOUT, READING, SYMMETRY, Keywords, wrt_option
from matcalc.cli.showing import View, show_lines, show_reading
from matcalc.entries import point_of
from matcalc.interface.console import say
from matcalc.pictures import FORMS, PICTURES, Picture, draw

BINARY = ("png", "pdf")
_KINDS = "graph: values and single steps; network: tensors and indices; sparsity: zeros and blocks."
_WRT = "The symbol to differentiate by; several for the ways to each, or a pair for a second derivative."
_ORDER = "First or second derivative.  [default: 1; sparsity of a scalar: 2]"
_FORMS = f"Form of the picture: {', '.join(FORMS)}.  [default: svg, or as FILE ends]"


@expression_command(
    "draw",
    "A picture: computational graph, tensor network, sparsity.",
    wrt_option(_WRT),
    Option(("-p", "--picture"), "picture", "word", _KINDS, "|".join(PICTURES), PICTURES[0], PICTURES),
    Option(("--entries",), "sizes", "text", "Sizes for the sparsity, as in n=4,m=3.", "SIZES"),
    Option(("--order",), "order", "word", _ORDER, "1|2", None, ("1", "2")),
    *READING,
    LAYOUT,
    SYMMETRY,
    BUDGET,
    Option(("--to",), "form", "word", _FORMS, "FORM", None, FORMS),
    Option(
        ("-o", "--output"),
        "output",
        "text",
        "The file to write, instead of standard output.",
        "FILE",
    ),
)
def draw_command(
    asked: Asked,
    view: View,
    picture: str,
    sizes: str | None,
    order: str | None,
    form: str | None,
    output: str | None,
) -> None:
    """Draw EXPRESSION, or its derivative by --wrt.

    The graph and the network are drawn by Graphviz, which is installed apart; --to dot writes what
    it needs. With -o picture.svg, .png or .pdf there is a file; standard error says in words what
    the picture shows.

    \b
    matcalc draw "z = W*x + b; h = tanh(z); u'*h" --wrt W --to dot
    matcalc draw "||X - U*V||^2" --wrt U --picture network --to dot
    matcalc draw "||A*X - B||^2" --wrt X --picture sparsity --entries n=4,m=3,p=2
    """
    form = form or _form_of(output)
    if form in BINARY and output is None and sys.stdout.isatty():
        raise MatcalcError(f"a {form} file is nothing for a terminal", suggestion=f"-o picture.{form}")
    made = asked.advised(lambda: _drawn(asked, picture, sizes, order))
    if made.reading is not None:
        show_reading(made.reading)
    if output is not None:
        made.save(output, form)
    elif form in BINARY:
        sys.stdout.buffer.write(made.render(form))
    else:
        say(made.render(form).decode().rstrip("\n"))
    show_lines([f"{made.title}.", made.alt])


def _form_of(output: str | None) -> str:
    """The form that the name of a file tells."""
    form = "svg" if output is None else Path(output).suffix.lower().removeprefix(".")
    if form not in FORMS:
        known = " or ".join(f".{one}" for one in FORMS)
        raise MatcalcError(f"{output} does not say which form the picture has", expected=known)
    return form


def _drawn(asked: Asked, picture: str, sizes: str | None, order: str | None) -> Picture:
    """The picture by the names given; of the sparsity, by the one that can be meant."""
    names = list(_names(asked, picture)) or None
    wrt = names[0] if names and len(names) == 1 else names
    more: Keywords = {} if sizes is None else {"entries": point_of(sizes)}
    if order is not None:
        more["order"] = int(order)
    return draw(asked.text, wrt, picture=picture, **more, **asked.settings)


def _names(asked: Asked, picture: str) -> Sequence[str]:
    """What is differentiated by: for a graph any names, else one or a pair."""
    if not asked.wrt and picture != "sparsity":
        return ()
    groups = asked.groups
    if picture == "graph":
        return [name for group in groups for name in group]
    if len(groups) > 1:
        message = "one picture shows one derivative"
        raise MatcalcError(message, suggestion="one --wrt, or a pair as in --wrt x,y")
    return groups[0]
