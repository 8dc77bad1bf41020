"""``matcalc derive``: the derivative of an expression."""

from __future__ import annotations

from collections.abc import Sequence

from matcalc.base.layouts import Layout, Symmetric
from matcalc.cli.arguments import read_expression
from matcalc.cli.choosing import groups_asked, in_words
from matcalc.cli.derivatives import View, deriving_options, show_all, with_advice, with_view
from matcalc.cli.front import Option
from matcalc.cli.options import Keywords, expression_command
from matcalc.cli.showing import show_lines
from matcalc.interface.api import derive, gradient

ORDER = Option(("--order",), "order", "word", "First or second derivative.  [default: 1]", "1|2", "1", ("1", "2"))


@expression_command(
    "derive",
    "The derivative of an expression by a symbol.",
    *deriving_options(
        "The symbol to differentiate by; may be repeated. x,y asks for a mixed second derivative.", names="substitute"
    ),
    ORDER,
)
@with_view
def command(
    expression: str,
    wrt: Sequence[str],
    reading: Keywords,
    order: str,
    layout: Layout,
    symmetric: Symmetric,
    names: str,
    view: View,
) -> None:
    """Print the derivative of EXPRESSION by the symbol --wrt.

    Write EXPRESSION as in MATLAB (X'*(X*w - y), and .* ./ .^ entry by entry), in Unicode (Xᵀ(Xw −
    y), ⊙, ‖x‖²), in LaTeX, or mixed. Upper case letters are matrices and lower case letters
    vectors, unless their use or --declare says otherwise; sizes are worked out. Named results are
    allowed: "z = W*x + b; h = tanh(z); u'*h". An EXPRESSION of - reads standard input. Without
    --wrt the only vector or matrix is meant; where there are several, you are asked.

    \b
    matcalc derive "||X - UV||²" --wrt V
    matcalc derive "||X - UV||²" --wrt U --wrt V
    matcalc derive "x'Ax" --wrt x --declare "A: n×n symmetric"
    matcalc derive "x'Ax" --wrt x --steps
    matcalc derive "x'Ax" --wrt x --steps --style differential
    """
    text, wrt = in_words(read_expression(expression), wrt)
    asked = groups_asked(text, wrt, reading)
    shared = {"layout": layout, "symmetric": symmetric, **reading}
    found = with_advice(
        lambda: [
            derive(text, group[0] if len(group) == 1 else group, order=int(order), names=names, **shared) for group in asked
        ],
        text,
    )
    single = order == "1" and all(len(group) == 1 for group in asked)
    show_all(found, view, (lambda: gradient(text, [name for (name,) in asked], names=names, **shared)) if single else None)
    if wrt and order == "1" and not single and view.target != "json":
        show_lines(
            [f"{'note:':<10}--wrt {' --wrt '.join(group)} gives both gradients" for group in asked if len(set(group)) == 2]
        )
