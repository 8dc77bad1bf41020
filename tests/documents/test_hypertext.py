"""HTML as pieces: mathematics for MathJax and KaTeX, not yet set or already set."""

from __future__ import annotations

import pytest

from matcalc.documents.blocks import Fault, Formula
from matcalc.documents.formats.html import manuscript
from tests.documents.showing import formulas, lines

MATHJAX = '<script src="https://a/mathjax.js"></script>'
CONFIGURED = "<script>MathJax = {tex: {inlineMath: [['$', '$'], ['\\\\(', '\\\\)']]}};</script>"
KATEX = (
    '<span class="katex"><span class="katex-mathml"><math><semantics><mrow><mi>x</mi></mrow><annotation encoding="application/x-tex">'
    'x_1 &lt; y</annotation></semantics></math></span><span class="katex-html"><span class="mord">x</span><span>1</span></span></span>'
)


def read(text: str) -> list[str]:
    return lines(manuscript(text, "page.html").pieces)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (
            r"<p>Let \(x_1\) be <em>a</em></p>\[ y \]$$z$$<p>b</p>",
            ["Let", "[x_1]", "be a", "/", "[display: y]", "[display: z]", "/", "b"],
        ),
        (r"<p>\begin{align} a &amp;= b \end{align}</p>", ["[align: a &= b]"]),
        (r"<p>\( a &lt; b, c &#61; &alpha; \)</p>", ["[a < b, c = α]"]),
        ("<p>costs $5 and $6, or $a_1$</p>", ["costs $5 and $6, or $a_1$"]),
        (MATHJAX + "<p>costs $5 and $6, or $a_1$ and $a$</p>", ["costs $5 and $6, or", "[a_1]", "and $a$"]),
        (CONFIGURED + "<p>costs $5 and $6, or $a_1$ and $a$</p>", ["costs $5 and $6, or", "[a_1]", "and", "[a]"]),
        (
            '<script type="math/tex; mode=display">x < y</script><script type="math/tex">z</script>',
            ["[display: x < y]", "[z]"],
        ),
        (f"<p>a {KATEX} b</p>", ["a", "[x_1 < y]", "b"]),
        (f'<p>a</p><span class="katex-display">{KATEX}</span>', ["a", "/", "[display: x_1 < y]"]),
        ('<p>a <math alttext="x^2" display="block"><mi>x</mi></math> b</p>', ["a", "[display: x^2]", "b"]),
        ("<p>a <math><mi>x</mi></math> b</p>", ["a", "?a formula in MathML without its LaTeX", "b"]),
        (
            '<p><span class="MathJax_Preview">x</span><span class="MathJax">xx</span><script type="math/tex">x_1</script></p>',
            ["[x_1]"],
        ),
        (r'<span class="math inline">\(x\)</span> <span class="math display">y</span>', ["[x]", "[display: y]"]),
        (r'<p>a <img class="latex" alt="\frac{a}{b}" src="a.png"> <img alt="$x$"></p>', ["a", r"[\frac{a}{b}]"]),
        ("<h1>A <b>b</b> \\(x\\)</h1><h3>c</h3>", ["# A b $x$", "[x]", "/", "### c"]),
        ("<pre><code>x = np.eye(3)</code></pre><p>b</p>", ["`x = np.eye(3)`", "/", "b"]),
        ('<pre><code class="language-julia">y = A*x</code></pre>', ["`y = A*x`"]),
        ('<div class="highlight"><pre><span class="n">y</span> = A*x</pre></div>', ["`y = A*x`"]),
        ("<pre>d(A*x)/dx = A'\n</pre>", ["{d(A*x)/dx = A'}"]),
        ("<p>see <code>d(A*x)/dx = A'</code> and <code>pip</code></p>", ["see", "{d(A*x)/dx = A'}", "and `pip`"]),
        ("<style>a{x=y}</style><script>x = y</script><title>x = y</title><!-- x = y --><p>a</p>", ["a"]),
        ("<!-- matcalc: declare A: n×n --><p>a</p>", ["!declare A: n×n", "/", "a"]),
        ('<div class="theorem">a</div>b', ["<theorem>", "a", "/", "</theorem>", "b"]),
        ("<ul><li>b<li>c</ul>", ["<item>", "b", "/", "</item>", "<item>", "c", "/", "</item>"]),
        ("<table><tr><td>a<td>\\(b\\)<tr><td>c</table>", ["a", "/", "[b]", "/", "c"]),
        ("<p>so f(x) = x<sup>2</sup> + y<sub>i</sub> holds</p>", ["so", "{f(x) = x^(2) + y_i}", "holds"]),
        (
            '<table><tr class="ltx_eqn_row"><td><math alttext="a"></math></td>'
            '<td><math alttext="=b" ></math></td><td>(1)</td></tr></table>',
            ["[display: a & =b]", "(1)"],
        ),
        (
            '<span class="mwe-math-element"><math alttext="{x}"><annotation encoding="application/x-tex">y</annotation></math>'
            '<img alt="z"></span>',
            ["[y]"],
        ),
        (r"\(\newcommand{\v}{\mathbf{v}}\)<p>\(\v = 1\)</p>", [r"[\mathbf{v} = 1]"]),
        (r"<p>a</div></b> \(x\) <b <p>c", ["a", "[x]", "c"]),
        (r"<p>\(x\) <!-- a comment without an end", ["[x]", "<!-- a comment without an end"]),
    ],
)
def test_pieces(text: str, expected: list[str]) -> None:
    assert read(text) == expected


def test_a_formula_stands_where_it_is_written() -> None:
    text = "<p>a\n  &lt; \\(x &amp; \\frac{1}{2}\\)\n<b>\\(y\\)</b>"
    first, second = [piece.text for piece in manuscript(text, "page.html").pieces if isinstance(piece, Formula)]
    assert [(first.place(at).line, first.place(at).column) for at in (0, 2, 3, 4)] == [
        (2, 10),
        (2, 12),
        (2, 17),
        (2, 18),
    ]
    assert (second.place().line, second.place().column) == (3, 6)


def test_a_fault_has_its_place() -> None:
    (fault,) = [piece for piece in manuscript("<p>a\n <math><mi>x</mi></math>", "page.html").pieces if isinstance(piece, Fault)]
    assert fault.place.line == 2


DAMAGE = ["<", "<a ", "<!--", "<!", "<?", "<![CDATA[", "</", "<script>", "<svg>", "<p x='", "&#", "<math>", "</p" * 9]


@pytest.mark.parametrize("damage", DAMAGE)
def test_damage_behind_a_formula_leaves_it(damage: str) -> None:
    assert formulas(manuscript(f"<p>\\(x\\)</p>{damage}", "page.html").pieces) == ["[x]"]
