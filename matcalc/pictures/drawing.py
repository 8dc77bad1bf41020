"""What every picture is: its source for Graphviz, its SVG with a description in words, and its
files; and the colours and labels that all pictures share."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from hashlib import blake2b
from importlib import import_module
from os import PathLike
from pathlib import Path
from typing import Any, TypeAlias
from xml.etree import ElementTree as et

from matcalc.base.budgets import as_call
from matcalc.base.errors import LimitError, MatcalcError
from matcalc.base.extras import needs_extra
from matcalc.base.files import save
from matcalc.base.lazy import pattern
from matcalc.objects.parsed import Reading

FORMS = ("svg", "dot", "png", "pdf")
"""What a picture can be had as."""

INK, MUTED, FAINT = "#1c2733", "#5c6875", "#a3adb8"
"""Of text, of what is said beside it, and of lines that matter less; on white, as all pictures are
in dark surroundings, too."""
WAY, WAY_FILL = "#1559a6", "#e6f0fb"
"""Of what a derivative takes its way through."""
ASKED, ASKED_FILL = "#a8480b", "#fdeedd"
"""Of what is differentiated by."""
ADJOINT = "#7b2d8b"
PAPER = "#ffffff"
FONT = "sans-serif"
_DOTS_PER_INCH = 192
LONGEST_LABEL = 46
"""Characters of a formula in a picture; the whole of it is in its title, which is shown where one
points at it."""
MOST_SHAPES = 150
"""Nodes and edges of one drawing: beyond that nobody follows the lines, and Graphviz takes
seconds."""


@dataclass(frozen=True, eq=False)
class Picture:
    """A drawing with its description in words: ``alt`` is the text for who cannot see it.

    ``kind`` is ``"graph"``, ``"network"`` or ``"sparsity"``. Notebooks show it by itself.
    """

    kind: str
    title: str
    alt: str
    source: Callable[[], str] = field(repr=False)
    """Makes the text for Graphviz."""
    drawn: str | None = field(default=None, repr=False)
    """The SVG where no other program is needed to draw it."""
    reading: Reading | None = field(default=None, repr=False)
    """How the formula was read."""

    @cached_property
    def dot(self) -> str:
        """The source in the language of Graphviz; made without its programs.

        Raises MatcalcError where the Python package is not installed.
        """
        return self.source()

    @cached_property
    def svg(self) -> str:
        """The picture as SVG, with a title and a description in words, and nothing from elsewhere.

        Raises MatcalcError where Graphviz is needed and not installed.
        """
        return described(run(self.dot, "svg"), self.title, self.alt) if self.drawn is None else self.drawn

    @as_call
    def render(self, form: str = "svg") -> bytes:
        """The picture as the bytes of an ``"svg"``, ``"dot"``, ``"png"`` or ``"pdf"`` file.

        Raises MatcalcError for another form, and where Graphviz is not installed.
        """
        match form:
            case "svg" | "dot":
                return f"{getattr(self, form).rstrip()}\n".encode()
            case "png" | "pdf":
                return run(self.dot.replace("{", f"{{\n\tgraph [dpi={_DOTS_PER_INCH}]", 1), form)
            case _:
                raise MatcalcError(f"there are no pictures in the form {form!r}", expected=", ".join(FORMS))

    def save(self, path: str | PathLike[str], form: str | None = None) -> None:
        """Writes a file; its suffix says in which form, unless a ``form`` is given.

        Raises MatcalcError for another suffix, and for a file that cannot be written.
        """
        place = Path(path)
        save(place, self.render(form or place.suffix.lower().removeprefix(".")))

    def _repr_svg_(self) -> str:
        return self.svg


# ------------------------------------------------------------
# Graphviz, whose Python package writes the sources and whose program draws them.


def graphviz() -> Any:
    """The Python package. Raises MatcalcError where it is not installed."""
    try:
        return import_module("graphviz")
    except ModuleNotFoundError as error:
        raise needs_extra("the source of a picture", "draw", error) from error


def run(source: str, form: str) -> bytes:
    """What the program ``dot`` makes of a source. Raises MatcalcError where it is not there, or
    fails."""
    library = graphviz()
    try:
        found: bytes = library.pipe("dot", form, source.encode(), quiet=True)
    except library.ExecutableNotFound as error:
        raise MatcalcError(
            "this picture is drawn by the program dot of Graphviz, which is not installed",
            expected="Graphviz on the search path, from your system's packages (apt install graphviz, brew install graphviz) "
            "or graphviz.org",
            suggestion="--to dot, or .dot, for the source, which any Graphviz draws; --picture sparsity needs none",
        ) from error
    except library.CalledProcessError as error:
        said = (error.stderr or b"").decode(errors="replace").strip().partition("\n")[0]
        raise MatcalcError(f"Graphviz could not draw the picture: {said or error}") from error
    return found


def sheet(name: str, **attributes: str) -> Any:
    """An empty drawing in the style that all have."""
    graph = graphviz().Digraph(name)
    graph.attr("graph", bgcolor=PAPER, fontname=FONT, fontsize="12", fontcolor=INK, pad="0.2", **attributes)
    graph.attr("node", fontname=FONT, fontsize="13", fontcolor=INK, color=MUTED)
    graph.attr("edge", fontname=FONT, fontsize="11", fontcolor=MUTED, color=FAINT, arrowsize="0.7")
    return graph


def check_shapes(count: int, what: str, suggestion: str) -> None:
    """Raises LimitError for more shapes than one drawing has."""
    if count > MOST_SHAPES:
        raise LimitError(
            f"{what} would have {count:,} nodes and edges",
            expected=f"up to {MOST_SHAPES}",
            suggestion=suggestion,
        )


# ------------------------------------------------------------
# Labels, as the tables that Graphviz understands; all of them are written by the XML library.

Span: TypeAlias = "tuple[str, dict[str, str]]"
"""A text and the attributes of its font; ``"b": ""`` for bold type."""


def span(text: str, color: str = INK, size: float = 13, *, bold: bool = False) -> Span:
    """A text in a colour and size."""
    return visible(text) or "\u00a0", {
        "COLOR": color,
        "POINT-SIZE": f"{size:g}",
        **({"b": ""} if bold else {}),
    }


def label(lines: Iterable[Sequence[Span]], align: str = "CENTER", *, padding: int = 1, above: int = 0) -> str:
    """Lines of texts as the label of a node, an edge or a drawing, with some room ``above``."""
    table = et.Element("TABLE", BORDER="0", CELLBORDER="0", CELLSPACING="0", CELLPADDING=str(padding))
    if above:
        et.SubElement(et.SubElement(table, "TR"), "TD", HEIGHT=str(above))
    for spans in lines:
        cell = et.SubElement(et.SubElement(table, "TR"), "TD", ALIGN=align)
        for text, font in spans:
            inner = et.SubElement(cell, "FONT", {name: value for name, value in font.items() if name != "b"})
            (et.SubElement(inner, "B") if "b" in font else inner).text = text
    return as_label(table)


def as_label(table: et.Element) -> str:
    """A table in the brackets by which Graphviz tells it from a plain text."""
    return f"<{et.tostring(table, encoding='unicode', short_empty_elements=False)}>"


def visible(text: str) -> str:
    """The text on one line, without the characters that no XML may have."""
    return " ".join("".join([character if character.isprintable() else " " for character in text]).split())


def shortened(text: str, most: int = LONGEST_LABEL) -> str:
    """The text, cut where it is too long for a picture.

    >>> shortened("softmax(Z, rows)", 9)
    'softmax(…'
    """
    return text if len(text) <= most else text[: most - 1].rstrip() + "…"


def tooltip(text: str) -> str:
    """A text as Graphviz takes the attribute: backslashes mean nothing in it."""
    return str(graphviz().escape(visible(text)))


# ------------------------------------------------------------
# SVG with a title and a description, and what it is made of where no other program draws it.

SVG, XLINK = "http://www.w3.org/2000/svg", "http://www.w3.org/1999/xlink"


_DRAWN = frozenset(f"{{{SVG}}}{name}" for name in ("path", "polygon", "polyline", "ellipse", "text"))


def described(svg: bytes, title: str, alt: str) -> str:
    """What Graphviz has drawn, with its description; sizes in pixels, and no names that a page
    could have twice."""
    found = et.fromstring(svg)
    width, height = (f"{float(found.get(name, '0').removesuffix('pt')) * _PIXELS:.0f}" for name in ("width", "height"))
    root = et.Element(f"{{{SVG}}}svg", width=width, height=height, viewBox=found.get("viewBox", ""))
    for whole in found:
        inside = et.SubElement(root, whole.tag, transform=whole.get("transform", ""))
        for part in whole:
            _copied(part, inside)
    return titled(root, title, alt)


_PIXELS = 4 / 3
"""In a point."""


def _copied(part: et.Element, parent: et.Element) -> None:
    """A line or a text, or a node or an edge as a group, whose tooltip becomes its title."""
    if part.tag != f"{{{SVG}}}g":
        _drawn([part], parent)
        return
    group = et.SubElement(parent, part.tag)
    said = next((link.get(f"{{{XLINK}}}title", "") for link in part.iter(f"{{{SVG}}}a")), "")
    if said:
        et.SubElement(group, f"{{{SVG}}}title").text = said
    _drawn(part.iter(), group)
    if part.get("class") == "node":
        _centre(group)


def _centre(node: et.Element) -> None:
    """Puts the lines of a node in its middle, whatever the widths of letters are where it is
    shown."""
    corners = [corner for shape in node for corner in _NUMBERS.findall(f"{shape.get('points', '')} {shape.get('d', '')}")]
    across = [float(number) for number in corners[::2]] or [float(shape.get("cx", "0")) for shape in node if shape.get("cx")]
    if across:
        for line in node.iter(f"{{{SVG}}}text"):
            line.attrib |= {"text-anchor": "middle", "x": f"{(min(across) + max(across)) / 2:.2f}"}


_NUMBERS = pattern(r"-?\d+(?:\.\d+)?")


def _drawn(elements: Iterable[et.Element], parent: et.Element) -> None:
    for element in elements:
        if element.tag in _DRAWN:
            shape = {name: "none" if value == "transparent" else value for name, value in element.attrib.items()}
            et.SubElement(parent, element.tag, shape).text = element.text


def page(width: int, height: int) -> et.Element:
    """An empty white drawing."""
    box = {"width": str(width), "height": str(height), "viewBox": f"0 0 {width} {height}"}
    root = et.Element(f"{{{SVG}}}svg", {**box, "font-family": FONT})
    rectangle(root, (0, 0), (width, height), PAPER)
    return root


def moved(parent: et.Element, left: int, top: int) -> et.Element:
    """A group whose places are counted from another corner."""
    return et.SubElement(parent, f"{{{SVG}}}g", transform=f"translate({left} {top})")


def rectangle(
    parent: et.Element,
    place: tuple[float, float],
    sides: tuple[float, float],
    fill: str,
    stroke: str = "",
) -> None:
    """A rectangle with its upper left corner at a place."""
    numbers = dict(zip(("x", "y", "width", "height"), [f"{number:g}" for number in (*place, *sides)]))
    line = {"stroke": stroke, "stroke-width": "0.5"} if stroke else {}
    et.SubElement(parent, f"{{{SVG}}}rect", {**numbers, "fill": fill, **line})


def path(parent: et.Element, line: str, **attributes: str) -> None:
    """Lines and areas, unless there are none."""
    if line:
        et.SubElement(parent, f"{{{SVG}}}path", {"d": line, **attributes})


def writing(parent: et.Element, place: tuple[float, float], said: Span, anchor: str = "start") -> None:
    """A text that begins at a place, or has it in the middle or at its end."""
    text, font = said
    where = {"x": f"{place[0]:g}", "y": f"{place[1]:g}", "text-anchor": anchor}
    look = {"font-size": font["POINT-SIZE"], "fill": font["COLOR"]}
    et.SubElement(parent, f"{{{SVG}}}text", {**where, **look}).text = text


def titled(root: et.Element, title: str, alt: str) -> str:
    """The text of an SVG that says what it is and what it shows."""
    mark = blake2b(f"{title}\n{alt}".encode(), digest_size=5).hexdigest()
    root.set("role", "img")
    root.set("aria-labelledby", f"title-{mark} desc-{mark}")
    for name, said in (("desc", alt), ("title", title)):
        element = et.Element(f"{{{SVG}}}{name}", id=f"{name}-{mark}")
        element.text = visible(said)
        root.insert(0, element)
    et.register_namespace("", SVG)
    et.register_namespace("xlink", XLINK)
    return et.tostring(root, encoding="unicode")
