"""What holds of every format: files by their suffix, places of formulas, and damage that is confined to its place."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterable
from pathlib import Path

import pytest

from matcalc.base.budgets import MOST_DOCUMENT_CHARACTERS
from matcalc.base.errors import LimitError, MatcalcError
from matcalc.documents.blocks import Fault, Formula, Piece
from matcalc.documents.formats import READERS, manuscript, reader

MARKDOWN = """\
---
title: Notes
---

# On $x^2$

Let $A$ be `A = A'`, and \\\\( b_1 \\\\) a *vector*, see [$c$](a.html) and $`d`$.

> - quoted $$
>   e
>   = f
>   $$ {#eq-e}
>
> \\begin{align}
> g &= h \\\\
>   &= i
> \\end{align}

| j | $k$ |
|---|-----|
| $|l|$ | m |

```math
n = o
```

::: {.theorem}
```
d(A*x)/dx = A'
```
:::

1. p

    $$
    q
    $$

<div>
<p>and $r$ and d(b'x)/dx = b there</p>
</div>

The end is \\[ s = t \\] here.
"""
RESTRUCTURED = """\
Title of :math:`x^2`
====================

Let :math:`A` be ``A = A'``, and *b*
and `c`:math: too.

.. note:: on :math:`d`

   * e :math:`f`

     .. math:: g
        = h

        i

.. code-block:: python

   j = k

Part
----

==== =========
l    :math:`m`
==== =========

.. unheard:: n

   .. math::
      :label: o

      \\begin{aligned}
      p &= q
      \\end{aligned}

The end d(b'x)/dx = b is :math:`r`.
"""
HTML = """\
<html><head><script src="mathjax.js"></script></head><body>
<h1>On \\(x^2\\)</h1>
<p>Let \\(A\\) be <code>A = A'</code>, and $b_1$ a <b>vector</b>.

<ul><li>c \\[ d
= e \\]
<li><pre>d(A*x)/dx = A'</pre>
</ul>

<table><tr><td>f<td>\\(g\\)</table>

<p>$$h$$ i</p>

<script type="math/tex">j</script>

<div class="theorem">The end d(b'x)/dx = b is \\(k\\).</div>

</body></html>
"""
PLAIN = """\
TITLE OF NOTES
==============

1. Part
-------
  y = A*x + b
      + c
  - dy/dx = A'      (denominator layout)

With LaTeX $x_1$ and
\\[ d
= e \\] here.

for k = 1:3
  x = y(k);
end

So d(b'x)/dx = b, and
f = g'h there.

  The end = k*l
"""
LATEX = """\
\\section{On $x^2$}
Let $A$ be \\emph{a} matrix.

\\begin{align}
b &= c \\\\
  &= d
\\end{align}

\\[ e \\]

The end is $f$.
"""
SAMPLES = {".md": MARKDOWN, ".rst": RESTRUCTURED, ".html": HTML, ".txt": PLAIN, ".tex": LATEX}


def read(suffix: str, text: str) -> tuple[Piece, ...]:
    return reader(Path(f"a{suffix}"))(text, f"a{suffix}", None).pieces


def placed(pieces: Iterable[Piece]) -> list[tuple[int, int, str]]:
    places = [(piece.text.place(), piece.text.text) for piece in pieces if isinstance(piece, Formula)]
    return [(place.line, place.column, text) for place, text in places]


def misplaced(text: str, found: list[tuple[int, int, str]]) -> list[tuple[int, int, str]]:
    """The formulas of which something else stands at their place."""
    lines = text.split("\n")
    return [one for one in found if not lines[one[0] - 1][one[1] - 1 :].startswith(one[2].split("\n")[0])]


@pytest.mark.parametrize("suffix", SAMPLES)
def test_every_formula_stands_at_its_place(suffix: str) -> None:
    found = placed(read(suffix, SAMPLES[suffix]))
    assert len(found) >= 5
    assert misplaced(SAMPLES[suffix], found) == []
    assert len({(line, column) for line, column, _ in found}) == len(found)
    wrong = [(line, column + 1, formula) for line, column, formula in found]
    assert len(misplaced(SAMPLES[suffix], wrong)) >= len(found) // 2  # so that a planted error is seen


@pytest.mark.parametrize("suffix", SAMPLES)
def test_a_cut_file_is_read_up_to_its_last_paragraph(suffix: str) -> None:
    text = SAMPLES[suffix]
    whole = placed(read(suffix, text))
    for end in range(0, len(text), 5):
        cut = text[:end]
        last = cut.count("\n", 0, cut.rfind("\n\n") + 1)
        found = placed(read(suffix, cut))
        before = [one for one in whole if one[0] + one[2].count("\n") <= last]
        assert [one for one in found if one in before] == before, f"cut at {end}"


@pytest.mark.parametrize("suffix", SAMPLES)
@pytest.mark.parametrize("damage", ["$", "$$", "\\[", "\\begin{align}", "`", "{", "\x00\ufffd", "<b ", "**", "|"])
def test_damage_in_a_paragraph_leaves_the_others(suffix: str, damage: str) -> None:
    text = SAMPLES[suffix]
    at = text.rindex("The end")
    whole = placed(read(suffix, text))
    found = placed(read(suffix, text[:at] + damage + text[at:]))
    before = [one for one in whole if one[0] < text.count("\n", 0, at)]
    assert [one for one in found if one in before] == before


@pytest.mark.parametrize("suffix", sorted({*READERS} - {".ipynb"}))
def test_binary_files_are_read_as_what_they_are(suffix: str) -> None:
    text = bytes(range(256)).decode("utf-8", errors="replace") * 4
    read(suffix, text)


def test_an_unknown_file_is_an_error(tmp_path: Path) -> None:
    for name, complaint in [
        ("a.docx", "this kind of file is not read\nexpected: .*\\.md.*\\.tex"),
        ("a.pdf", "cannot be read from PDF.*\n.*the source"),
        ("a", "this kind of file is not read"),
        ("missing.md", "No such file"),
        ("a\x00.md", "cannot be read"),
    ]:
        with pytest.raises(MatcalcError, match=complaint):
            manuscript(tmp_path / name)
    (tmp_path / "folder.md").mkdir()
    with pytest.raises(MatcalcError, match="cannot be read"):
        manuscript(tmp_path / "folder.md")
    with pytest.raises(MatcalcError, match="is no path"):
        manuscript(3)  # type: ignore[arg-type]


def test_a_long_file_is_an_error(tmp_path: Path) -> None:
    (tmp_path / "a.md").write_text("a" * (MOST_DOCUMENT_CHARACTERS + 1), encoding="utf-8")
    with pytest.raises(LimitError, match="5,000,000 characters"):
        manuscript(tmp_path / "a.md")


@pytest.mark.parametrize(
    ("suffix", "package"),
    [(".md", "markdown_it"), (".ipynb", "markdown_it"), (".rst", "docutils"), (".tex", "pylatexenc")],
)
def test_a_missing_package_is_named(suffix: str, package: str, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in list(sys.modules):
        kept = name.endswith(("delimiters", "finishing"))
        if name.split(".")[0] == package or (name.startswith("matcalc.documents.formats.") and not kept):
            monkeypatch.delitem(sys.modules, name)
    monkeypatch.setitem(sys.modules, package, None)
    with pytest.raises(
        MatcalcError, match=rf'needs {package}, which is not installed\ntry: pip install "matcalculus\[documents\]"'
    ):
        reader(Path(f"a{suffix}"))


def test_files_of_all_encodings_are_read(tmp_path: Path) -> None:
    text = "# É\r\n\r\nlet $x²$ be\r\n"
    for encoding in ("utf-8", "utf-8-sig", "utf-16"):
        (tmp_path / "a.md").write_bytes(text.encode(encoding))
        assert placed(manuscript(tmp_path / "a.md").pieces) == [(3, 6, "x²")]


def test_every_fault_has_a_place_and_a_reason() -> None:
    notebook = json.dumps({"cells": [{"cell_type": "markdown", "source": ["a\n", "\n", "$$ \\frac{a}\n"]}]}, indent=1)
    for suffix, text, line in [
        (".md", "a\n\n$$ \\frac{a}", 3),
        (".ipynb", notebook, 8),
        (".rst", "a\n\n.. figure::\n   :b: c", 3),
    ]:
        found = [piece for piece in read(suffix, text) if isinstance(piece, Fault)]
        assert [fault.place.line for fault in found] == [line]
        assert found[0].reason
