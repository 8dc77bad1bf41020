"""``matcalc derive``: the derivative of an expression."""

from __future__ import annotations

from matcalc.cli.arguments import Asked, expression_command
from matcalc.cli.front import Option
from matcalc.cli.options import deriving_options
from matcalc.cli.showing import View, show_all, show_lines
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
def command(asked: Asked, view: View, order: str) -> None:
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
    groups = asked.groups
    single = order == "1" and all(len(group) == 1 for group in groups)
    found = asked.each(derive, groups, order=int(order))
    show_all(found, view, (lambda: gradient(asked.text, [name for (name,) in groups], **asked.settings)) if single else None)
    if asked.wrt and order == "1" and not single and view.target != "json":
        show_lines(
            [f"{'note:':<10}--wrt {' --wrt '.join(group)} gives both gradients" for group in groups if len(set(group)) == 2]
        )
