"""Pictures as files: described in words, without anything from a user that is not escaped, the same in every process."""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
from pathlib import Path
from xml.etree import ElementTree as et

import pytest

import matcalc
from matcalc.pictures import drawing
from tests.pictures.sources import attributes, lines_of

HOSTILE = '</title><script>alert("1")</script> & \\N \\G ]]> <!-- \x00\x1b “q” \u202e'
NEEDS_DOT = pytest.mark.skipif(shutil.which("dot") is None, reason="the program dot of Graphviz is not installed")
LAYER = "z = W*x + b; h = tanh(z); u'*h"


def test_labels_are_written_as_they_are() -> None:
    shown = drawing.visible(HOSTILE)
    assert "<script>" in shown and "\x00" not in shown and "\u202e" not in shown
    assert lines_of(drawing.label([[drawing.span(HOSTILE)], [drawing.span("a")]])[1:-1]) == [shown, "a"]
    tip = drawing.tooltip(HOSTILE)
    graph = drawing.sheet("g")
    graph.node("n1", drawing.label([[drawing.span(HOSTILE)]]), tooltip=tip)
    line = next(line for line in graph.source.splitlines() if "n1" in line)
    known = attributes(line.strip().removeprefix("n1 [").removesuffix("]"))
    assert known["label"] == [shown]
    assert "\\\\N" in line  # a backslash of the user's, not one that Graphviz reads
    root = drawing.page(10, 10)
    drawing.writing(root, (0, 0), drawing.span(HOSTILE))
    found = et.fromstring(drawing.titled(root, HOSTILE, HOSTILE))
    assert [element.text for element in found if element.text] == [shown] * 3
    assert not list(found.iter(f"{{{drawing.SVG}}}script"))


@NEEDS_DOT
@pytest.mark.parametrize("picture", ["graph", "network", "sparsity"])
def test_an_svg_is_described_and_holds_nothing_else(picture: str) -> None:
    made = matcalc.draw("sum(max(A*x, 0) .* (x > 1))" if picture == "graph" else "sum((A*x).*(x.*y))", "x", picture=picture)
    svg = made.svg
    root = et.fromstring(svg)
    names = [element.get("id") for element in root.iter() if element.get("id")]
    title, description = root[0], root[1]
    assert root.get("aria-labelledby") == f"{title.get('id')} {description.get('id')}" and root.get("role") == "img"
    assert (title.text, description.text) == (drawing.visible(made.title), drawing.visible(made.alt))
    assert sorted(names) == sorted([title.get("id"), description.get("id")])
    tags = {element.tag.removeprefix(f"{{{drawing.SVG}}}") for element in root.iter()}
    assert tags <= {"svg", "g", "title", "desc", "path", "polygon", "polyline", "ellipse", "text", "rect"}
    given = {name for element in root.iter() for name in element.attrib}
    assert not [name for name in given if name.startswith("on") or "href" in name or name in ("style", "class")]
    assert re.search(r'fill="#ffffff"', svg)  # it is white where a page is dark
    assert made._repr_svg_() == svg


@NEEDS_DOT
def test_other_forms(tmp_path: Path) -> None:
    for picture in ("graph", "sparsity"):
        made = matcalc.draw("x'*A*x", "x", picture=picture)
        made.save(tmp_path / "a.png")
        made.save(tmp_path / "a.pdf")
        assert (tmp_path / "a.png").read_bytes()[:4] == b"\x89PNG"
        assert (tmp_path / "a.pdf").read_bytes()[:4] == b"%PDF"


def test_what_is_missing_is_said(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    made = matcalc.draw("x'*A*x", "x")
    assert made.dot.startswith("digraph")
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(matcalc.MatcalcError, match=r"dot of Graphviz, which is not installed(.|\n)*--to dot"):
        made.render("svg")
    assert matcalc.draw("x'*A*x", "x", picture="sparsity").svg.startswith("<svg")
    monkeypatch.setitem(sys.modules, "graphviz", None)
    with pytest.raises(matcalc.MatcalcError, match=r'graphviz, which is not installed\ntry: pip install "matcalculus\[draw\]"'):
        matcalc.draw("x'*A*x", "x").render("dot")
    with pytest.raises(matcalc.MatcalcError, match="form 'gif'"):
        made.render("gif")
    with pytest.raises(matcalc.MatcalcError, match="cannot be written"):
        made.save(tmp_path / "nowhere" / "a.dot")


def test_too_much_for_a_picture() -> None:
    long = "; ".join(f"a{k + 1} = a{k} + sin(a{k})" for k in range(80))
    with pytest.raises(matcalc.LimitError, match="nodes and edges"):
        matcalc.draw(f"a0 = x.*x; {long}; sum(a80)", "x")
    with pytest.raises(matcalc.LimitError, match="networks"):
        matcalc.draw(
            " + ".join(f"a{k}*b{k}'" for k in range(20)),
            picture="network",
            declare="; ".join(f"a{k}, b{k}: n" for k in range(20)),
        )
    with pytest.raises(matcalc.MatcalcError, match="no picture 'pie'"):
        matcalc.draw("x'*x", "x", picture="pie")


def test_a_command_draws_the_same_in_another_process(tmp_path: Path) -> None:
    place = tmp_path / "layer.dot"
    command = [sys.executable, "-m", "matcalc", "draw", LAYER, "--wrt", "W", "-o", str(place)]
    done = subprocess.run(
        command, capture_output=True, encoding="utf-8", env={"PYTHONHASHSEED": "77", "PYTHONPATH": "."}, check=False
    )
    made = matcalc.draw(LAYER, "W")
    assert (done.returncode, done.stdout) == (0, "")
    assert place.read_text(encoding="utf-8") == made.dot.rstrip() + "\n"
    assert done.stderr.splitlines()[-2:] == [f"{made.title}.", made.alt]
