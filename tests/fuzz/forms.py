"""What is written in another way than by the name of a function: parts, blocks, comparisons, pairs of positions, norms by number.

In an expression such a form is a call whose name is its template; so what the text means is told apart from how the language reads it.
"""

from __future__ import annotations

from functools import lru_cache

from matcalc.base.shapes import Shape
from matcalc.expr import nodes as e
from matcalc.language import elaborate
from matcalc.printing import text
from tests.fuzz.rebuilding import with_children

FORMS = {
    "x: n -> p": ("{0}[2:end]", "{0}[1:end-1]", "{0}[1:2]", "{0}[end-1:end]"),
    "x: n -> scalar": (
        "{0}[2]",
        "norm({0}, 1)",
        "norm({0}, 2)",
        "norm({0}, 4)",
        "norm({0}, inf)",
        "var({0}, sample)",
        "std({0}, sample)",
        "sum(i<j, {0}[i]*{0}[j])",
        "sum(i<j, ({0}[i] - {0}[j])^2)",
        "sum(j<i, log(1 + ({0}[i] - {0}[j])^2))",
    ),
    "X: n×m -> p×q": ("{0}[2:end,:]", "{0}[:,1:end-1]", "{0}[1:2,2:end]", "{0}[end-1:end,:]"),
    "X: n×m -> m": ("{0}[1,:]'",),
    "X: n×m -> n": ("{0}[:,2]",),
    "X: n×m -> scalar": (
        "{0}[1,2]",
        "norm({0}, 1)",
        "norm({0}, 2)",
        "norm({0}, inf)",
        "mean({0})",
        "std({0})",
        "var({0})",
        "min({0})",
    ),
    "X: n×m -> n×m": ("tril({0}, 1)", "tril({0}, -1)", "triu({0}, 1)", "triu({0}, -2)"),
    "X: n×m -> m×m": ("cov({0}, sample)",),
    "X: n×n -> scalar": ("sum(i<j, {0}[i,j])", "sum(i<j, {0}[i,j]*{0}[j,i])"),
    "x: n, y: n -> scalar": ("cov({0}, {1})", "corr({0}, {1})", "cov({0}, {1}, sample)", "sum(i<j, {0}[i]*{1}[j])"),
    "x: n, y: m -> p": ("[{0}; {1}]",),
    "x: n, y: n -> p×q": ("[{0}, {1}]", "[{0}'; {1}']"),
    "x: n, y: n, A: n×m -> p×q": ("[{0}, {2}, {1}]",),
    "A: n×m, B: k×m -> p×q": ("[{0}; {1}]",),
    "A: n×m, B: n×k -> p×q": ("[{0}, {1}]",),
    "A: n×m, x: m -> p×q": ("[{0}; {1}']", "[{1}'; {0}]"),
    "A: n×m, B: n×k, C: l×m, D: l×k -> p×q": ("[{0}, {1}; {2}, {3}]",),
    "A: n×m, x: n, y: m, a: scalar -> p×q": ("[{0}, {1}; {2}', {3}]",),
    "a: scalar, b: scalar -> p": ("[{0}; {1}]",),
    "x: n, a: scalar -> p": ("[{0}; {1}]", "[{1}; {0}]"),
    "a: scalar, b: scalar, c: scalar -> p×q": ("[{0}, {1}; {1}, {2}]",),
    "s, t, u, v -> s": tuple([f"where({{0}} {relation} {{1}}, {{2}}, {{3}})" for relation in ("<", "<=", ">", ">=")]),
    "s, t, u -> s": ("max({0}, {1}, {2})", "min({0}, {1}, {2})"),
}
"""Templates by their signatures, which are those of ``rules/functions.toml``; the shape of a result whose sizes are no parameter's is
that of what is read."""
TEMPLATES = frozenset(template for templates in FORMS.values() for template in templates)


@lru_cache(maxsize=256)
def written(expression: e.Expr) -> str:
    """The expression as a user would type it."""
    built: dict[e.Expr, e.Expr] = {}
    texts: dict[str, str] = {}

    def filled(node: e.Expr) -> str:
        found = text(node, "ascii")
        for name in reversed(texts):
            found = found.replace(name, texts[name])
        return found

    for node in e.postorder(expression):
        below = tuple(built[child] for child in e.children(node))
        built[node] = node if below == e.children(node) else with_children(node, below)
        if isinstance(node, e.Call) and node.function in TEMPLATES:
            name = f"hole_{len(texts):03}"
            parts = [filled(part) if isinstance(part, e.Symbol) else f"({filled(part)})" for part in below]
            texts[name] = f"({node.function.format(*parts)})"
            built[node] = e.Symbol(name, node.shape)
    return filled(built[expression])


@lru_cache(maxsize=4096)
def result_shape(call: str, shapes: tuple[Shape, ...]) -> Shape:
    """The shape of a form or a function of arrays of these shapes. Raises MatcalcError where it is not read."""
    names = [f"arg_{k}" for k in range(len(shapes))]
    declared = {
        name: "×".join([size.spelled(str, gap=" ") for size in shape]) or "scalar"
        for name, shape in zip(names, shapes, strict=True)
    }
    return elaborate(call.format(*names), declared).expression.shape
