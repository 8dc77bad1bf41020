"""LaTeX documents as pieces: what a reader sees as mathematics and prose, where it stands, and what damage does to the rest."""

from __future__ import annotations

from pathlib import Path

import pytest

from matcalc.documents.blocks import (
    Break,
    Closing,
    Directive,
    Fault,
    Formula,
    Heading,
    Listing,
    Manuscript,
    Opening,
    Piece,
    Words,
)
from matcalc.documents.examination import verify_document
from matcalc.documents.formats.latex import manuscript


def read(text: str, path: str = "paper.tex") -> Manuscript:
    return manuscript(text, path)


def shown(piece: Piece) -> str:
    match piece:
        case Words():
            return " ".join(piece.text.text.split())
        case Formula():
            return f"[{piece.environment or 'display'}: {piece.text.text}]" if piece.display else f"[{piece.text.text}]"
        case Heading():
            return f"{'#' * piece.level} {piece.text.text}"
        case Break():
            return "/"
        case Opening():
            return f"<{piece.name}>"
        case Closing():
            return f"</{piece.name}>"
        case Listing():
            return f"`{piece.text.text.strip()}`"
        case Directive():
            return f"!{piece.text.text}"
        case Fault():
            return f"?{piece.reason}"


def lines(text: str) -> list[str]:
    found = [shown(piece) for piece in read(text).pieces]
    return found[:-1] if found[-1] == "/" else found


def formulas(text: str) -> list[str]:
    return [piece.text.text for piece in read(text).pieces if isinstance(piece, Formula)]


def faults(found: Manuscript) -> list[tuple[str, int]]:
    return [(piece.reason, piece.place.line) for piece in found.pieces if isinstance(piece, Fault)]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("a $x$, \\(y\\) b\n\nc", ["a", "[x]", ",", "[y]", "b", "/", "c"]),
        (r"$$x$$ \[y\] \begin{equation}z\end{equation}", ["[display: x]", "[display: y]", "[equation: z]"]),
        (r"\begin{align*}a &= b \\ &= c\end{align*}", [r"[align*: a &= b \\ &= c]"]),
        (r"\begin{alignat}{2}a&=b&\quad c&=d\end{alignat}", [r"[alignat: a&=b&\quad c&=d]"]),
        (r"\begin{IEEEeqnarray}{rCl}a&=&b\end{IEEEeqnarray}", ["[IEEEeqnarray: a&=&b]"]),
        (r"\begin{subequations}\begin{align}a\end{align}\end{subequations}", ["[align: a]"]),
        (r"\section[short]{Of $f$} x", ["# Of f", "[f]", "x"]),
        (r"\section{A}\subsection*{B}", ["# A", "## B"]),
        (r"\begin{theorem}[Name] x \end{theorem}", ["<theorem>", "Name x", "/", "</theorem>"]),
        (r"\newtheorem{satz}{Satz}\begin{satz}x\end{satz}", ["<satz>", "x", "/", "</satz>"]),
        (
            r"\begin{itemize}\item a \item $b$\end{itemize}",
            ["<item>", "a", "/", "</item>", "<item>", "[b]", "/", "</item>"],
        ),
        (r"\begin{tabular}{ll}a & $b$ \\ c & d\end{tabular}", ["a", "/", "[b]", "/", "c", "/", "d"]),
        (r"x\footnote{$y$ is} z" + "\n\nb", ["x z", "/", "<footnote>", "[y]", "is", "</footnote>", "/", "b"]),
        (r"\caption[s]{of $a$}", ["of", "[a]"]),
        (r"\begin{verbatim}$a$\end{verbatim}b \verb|$c$| d", ["`$a$`", "b", "`$c$`", "d"]),
        (r"\begin{tikzpicture}\node{$a$};\end{tikzpicture} b", [r"`\node{$a$};`", "b"]),
        (r"\begin{comment}$a$\end{comment}b % $c$", ["b"]),
        (r"\iffalse $a$ \else b \fi c", ["b c"]),
        ("% matcalc: layout numerator\nx", ["!layout numerator", "x"]),
        (r"\emph{A} ``B''~\"o\ss--\'{e} \cite[p.~2]{k} \SI{3}{\m} \eqref{e}\label{l}", ['A "B" öß–é 3 (e)']),
        (r"\begin{align}a&=b\\ \intertext{by $c$,} &=d\end{align}", [r"[align: a&=b\\]", "by", "[c]", ",", "[align: &=d]"]),
        (r"$a \text{ if $b$ holds} c$", [r"[a \text{ if $b$ holds} c]"]),
        (r"\[\begin{cases}a&\text{if $b$}\\c\end{cases}\]", [r"[display: \begin{cases}a&\text{if $b$}\\c\end{cases}]"]),
        (r"\ensuremath{x} \textcolor{red}{y} \href{http://a}{z}", ["[x]", "y z"]),
    ],
)
def test_pieces(text: str, expected: list[str]) -> None:
    assert lines(text) == expected


@pytest.mark.parametrize(
    ("definitions", "call", "expected"),
    [
        (r"\newcommand{\pd}[2]{\frac{\partial #1}{\partial #2}}", r"$\pd{f}{x}$", r"\frac{\partial f}{\partial x}"),
        (r"\newcommand{\g}[2][x]{\nabla_{#1} #2}", r"$\g{f}\g[y]f$", r"\nabla_{x} f\nabla_{y} f"),
        (r"\def\T{^\top}\let\tp\T", r"$x\tp y$", r"x^\top y"),
        (r"\def\sp(#1,#2){\langle #1, #2\rangle}", r"$\sp(a,b)$", r"\langle a, b\rangle"),
        (r"\DeclareMathOperator*{\tr}{tr}", r"$\tr A$", r"\operatorname{tr} A"),
        (
            r"\DeclarePairedDelimiter{\n}{\lVert}{\rVert}",
            r"$\n*{x}\n[\big]{y}$",
            r"\left\lVert x \right\rVert\left\lVert y \right\rVert",
        ),
        (r"\DeclarePairedDelimiterX{\i}[2]{(}{)}{#1,#2}", r"$\i{a}{b}$", r"\left( a,b \right)"),
        (r"\NewDocumentCommand{\D}{s o m}{\IfNoValueTF{#2}{D #3}{D_{#2} #3}}", r"$\D{f}\D[x]{f}$", "D fD_{x} f"),
        (r"\let\oldvec\vec\renewcommand{\vec}[1]{\oldvec{\mathbf{#1}}}", r"$\vec x$", r"\vec{\mathbf{x}}"),
        (r"\newcommand{\be}{\begin{equation}}\newcommand{\ee}{\end{equation}}", r"\be a \ee", "a"),
        (r"\def\bal#1\eal{\begin{align}#1\end{align}}", r"\bal a\\b\eal", r"a\\b"),
        (
            r"\newenvironment{eqblock}[1][t]{\begin{equation*}\begin{aligned}[#1]}{\end{aligned}\end{equation*}}",
            r"\begin{eqblock}a\end{eqblock}",
            r"\begin{aligned}[t]a\end{aligned}",
        ),
        (r"\newif\iflong \longtrue \newcommand{\x}{\iflong a\else b\fi}", r"$\x$", "a"),
        (r"\usepackage{physics}", r"$\pdv{f}{x}$", r"\frac{\partial f}{\partial x}"),
    ],
)
def test_commands_of_the_writer(definitions: str, call: str, expected: str) -> None:
    assert formulas(rf"\documentclass{{article}}{definitions}\begin{{document}}{call}\end{{document}}") == [expected]


def test_definitions_hold_from_where_they_stand() -> None:
    assert formulas(r"$\a$ \def\a{x} $\a$ \def\a{y} $\a$") == [r"\a", "x", "y"]


def test_places() -> None:
    text = "\\newcommand{\\T}{^\\top}\nLet $x\\T\n  y$ be\n\\begin{align}\n  a &= b % c\n  \\\\ c &= d\n\\end{align}\n"
    found = [piece.text for piece in read(text).pieces if isinstance(piece, Formula)]
    given = text.split("\n")
    for formula in found:
        for offset, sign in enumerate(formula.text):
            place = formula.place(offset)
            if sign in "xyabcd&=":
                assert given[place.line - 1][place.column - 1] == sign
    call = found[0].place(found[0].text.index("^"))
    assert (call.file, call.line, call.column) == ("paper.tex", 2, 7)


def test_files_are_taken_in_below_the_folder_only(tmp_path: Path) -> None:
    folder = tmp_path / "book"
    (folder / "parts").mkdir(parents=True)
    (tmp_path / "secret.tex").write_text("$s$")
    (folder / "parts" / "one.tex").write_text("\\def\\a{x}\n $\\a$ \\input{parts/two}")
    (folder / "parts" / "two.tex").write_text("$b$ \\input{parts/one}")
    (folder / "link.tex").symlink_to(tmp_path / "secret.tex")
    main = folder / "main.tex"
    text = "\n".join(
        [
            r"\input{parts/one}",
            r"$\a$",
            r"\input{../secret}",
            r"\include{link}",
            rf"\input{{{tmp_path}/secret.tex}}",
            r"\input{none}",
        ]
    )
    found = manuscript(text, str(main))
    assert [piece.text.text for piece in found.pieces if isinstance(piece, Formula)] == ["x", "b", "x"]
    places = [piece.text.place() for piece in found.pieces if isinstance(piece, Formula)]
    assert [(Path(place.file).name, place.line, place.column) for place in places] == [
        ("one.tex", 2, 3),
        ("two.tex", 1, 2),
        ("main.tex", 2, 2),
    ]
    assert [Path(file).name for file in found.files] == ["one.tex", "two.tex"]
    assert [line for _, line in faults(found)] == [1, 3, 4, 5, 6]
    reasons = [reason for reason, _ in faults(found)]
    assert "takes in itself" in reasons[0]
    assert all("outside" in reason for reason in reasons[1:4])
    assert "not there" in reasons[4]
    wider = manuscript(text, str(main), tmp_path)
    assert [piece.text.text for piece in wider.pieces if isinstance(piece, Formula)].count("s") == 3


@pytest.mark.parametrize(
    ("text", "line", "rest"),
    [
        ("a\n$x = \n\n$y$", 2, ["y"]),
        ("\\[ a\n\n $b$ \\[c\\]", 1, ["b", "c"]),
        ("\\begin{align} a\n\nb\n\\section{T} $c$", 1, ["c"]),
        ("\\begin{equation} a \\begin{equation} b \\end{equation}", 1, ["b"]),
        ("\\begin{theorem} $a$\n $b$", 1, ["a", "b"]),
        ("$a$ \\end{theorem} $b$", 1, ["a", "b"]),
        ("\\begin{verbatim} $a$", 1, ["a"]),
        ("\\def\\a{\\a} $\\a$ $b$", 1, ["b"]),
        ("\\newcommand{\\a}[1]{x} {\\a} $b$", 1, ["b"]),
        ("\\documentclass{a} $a$", 1, ["a"]),
        ("\\iffalse $a$", 1, ["a"]),
        ("$$ a $ $b$", 1, ["a", "b"]),
    ],
)
def test_damage_is_told_at_its_place_and_the_rest_is_read(text: str, line: int, rest: list[str]) -> None:
    found = read(text)
    assert [place for _, place in faults(found)] == [line]
    assert [piece.text.text for piece in found.pieces if isinstance(piece, Formula)] == rest


@pytest.mark.parametrize("environment", ["theorem", "proof", "itemize", "somebody", "figure"])
def test_a_directive_at_the_beginning_of_an_environment_is_not_lost(environment: str, tmp_path: Path) -> None:
    body = "% matcalc: declare G: n×n symmetric\n\\[ \\nabla_v (v^\\top G v) = 2 G v \\]"
    path = tmp_path / "notes.tex"
    path.write_text(f"\\begin{{{environment}}}\n{body}\n\\end{{{environment}}}\n", encoding="utf-8")
    assert [entry.status for entry in verify_document(path, cache=False).claims] == ["proved"]
    path.write_text(f"\\begin{{{environment}}}\n{body}\n", encoding="utf-8")
    assert [entry.status for entry in verify_document(path, cache=False).claims] == ["proved"]
