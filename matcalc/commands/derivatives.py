"""``matcalc derive`` and its special cases: ``gradient``, ``jacobian`` and ``hessian``."""

from __future__ import annotations

from matcalc.base.errors import MatcalcError
from matcalc.base.records import replace
from matcalc.cli.arguments import Asked, expression_command
from matcalc.cli.front import Option
from matcalc.cli.options import ON, deriving_options
from matcalc.cli.showing import View, show_all, show_gradients, show_lines, show_one
from matcalc.interface.api import derive, gradient, hessian, jacobian
from matcalc.interface.presentation import OF_MANIFOLDS

ORDER = Option(
    ("--order",), "order", "word", "First or second derivative.  [default: what is said, or 1]", "1|2", None, ("1", "2")
)
DIRECTION = Option(("--direction",), "direction", "text", "The Hessian along a change of the symbol of this name.", "NAME")
PARTIALS = Option(("--partials",), "partials", "flag", "Print the derivative of every single step first.", default=False)


@expression_command(
    "derive",
    "The derivative of an expression by a symbol.",
    *deriving_options(
        "The symbol to differentiate by; may be repeated. x,y asks for a mixed second derivative.",
        names="substitute",
        more=OF_MANIFOLDS,
    ),
    ORDER,
    *ON,
    DIRECTION,
)
def derive_command(
    asked: Asked, view: View, order: str | None, on: str | None, metric: str | None, direction: str | None
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
    matcalc derive "tr(X'AX)" --wrt X --on stiefel --metric canonical
    """
    groups = asked.groups
    along = _along(asked, direction, on)
    if on is not None or metric is not None or along is not None:
        asked.require_order(2 if along else 0)
        more = {"on": on, "metric": metric, "order": int(order or (2 if along else asked.order or 1)), "direction": along}
        return show_all(asked.each(derive, groups, **more), view)
    asked.require_order(int(order or 0))
    times = int(order or asked.order or 1)
    single = times == 1 and all(len(group) == 1 for group in groups)
    found = asked.each(derive, groups, order=times)
    show_all(found, view, (lambda: gradient(asked.text, [name for (name,) in groups], **asked.settings)) if single else None)
    if asked.wrt and times == 1 and not single and view.target != "json":
        show_lines(
            [f"{'note:':<10}--wrt {' --wrt '.join(group)} gives both gradients" for group in groups if len(set(group)) == 2]
        )


def _along(asked: Asked, direction: str | None, on: str | None) -> str | None:
    """The direction of a Hessian. Raises MatcalcError where one stands in words alone: a first
    derivative along it may be meant."""
    if asked.along and direction is None and on is None:
        raise MatcalcError(
            "matcalc derive has no direction in words", suggestion=f'matcalc hvp or jvp, with --direction "{asked.along}"'
        )
    return asked.direction(direction)


@expression_command(
    "gradient",
    "Gradients by several names, from one sweep.",
    *deriving_options(
        "Symbols and named results to differentiate by, as in W,b,z; may be repeated.", names="keep", more=OF_MANIFOLDS
    ),
    PARTIALS,
    *ON,
    order=1,
)
def gradient_command(asked: Asked, view: View, partials: bool, on: str | None, metric: str | None) -> None:
    """Print the derivatives of a scalar EXPRESSION, often a program, by one or several names.

    \b
    matcalc gradient "x'Ax" --wrt x
    matcalc gradient "z = W*x + b; h = tanh(z); u'*h" --wrt W,b,x
    """
    if on is not None or metric is not None:
        plain = replace(asked, settings={**asked.settings, "names": None})
        return show_all(plain.each(gradient, [[name] for name in asked.names], on=on, metric=metric), view)
    if not asked.wrt and asked.says_itself:
        show_one(gradient(asked.text, None, **{**asked.settings, "names": None}), view)
    elif view.of_one and not partials:
        for name in asked.names:
            show_one(gradient(asked.text, name, **asked.settings), view)
    else:
        names = asked.names
        show_gradients(asked.advised(lambda: gradient(asked.text, names, **asked.settings)), view, partials=partials)


@expression_command(
    "jacobian",
    "The derivative of a vector or matrix.",
    *deriving_options("The symbol to differentiate by; may be repeated.", names=None),
    order=1,
)
def jacobian_command(asked: Asked, view: View) -> None:
    """Print the derivative of EXPRESSION, which is a vector or a matrix, by the symbol --wrt.

    \b
    matcalc jacobian "A*x" --wrt x
    matcalc jacobian "A*x" --wrt x --layout numerator
    """
    show_all(asked.each(jacobian, [[name] for name in asked.names]), view)


@expression_command(
    "hessian",
    "The second derivative of a scalar.",
    *deriving_options(
        "The symbol to differentiate by twice; may be repeated. x,y asks for the mixed derivative.", names=None, more=OF_MANIFOLDS
    ),
    *ON,
    DIRECTION,
    order=2,
)
def hessian_command(asked: Asked, view: View, on: str | None, metric: str | None, direction: str | None) -> None:
    """Print the second derivative of EXPRESSION, which is a scalar, by the symbol --wrt.

    \b
    matcalc hessian "x'Ax" --wrt x
    matcalc hessian "x'*A*y" --wrt x,y
    """
    more = {"on": on, "metric": metric, "direction": asked.direction(direction)}
    show_all(asked.each(hessian, asked.groups, **more), view)
