"""What is written otherwise in Python: ``np.dot(A, x)``, ``A.t()``, ``mean(X, axis=0)``; only for telling what to write instead."""

from __future__ import annotations

from matcalc.errors import ParseError, Span
from matcalc.language.vocabulary import known_functions
from matcalc.patterns import pattern

_MODULES = frozenset(["cp", "jax", "jnp", "math", "np", "numpy", "onp", "scipy", "sp", "sympy", "tf", "torch"])
_WRITTEN = {
    "absolute": "abs({a})", "add": "{0} + {1}", "bmm": "{0}*{1}", "det": "det({a})", "diagonal": "diag({a})", "divide": "{0}./{1}",
    "dot": "{0}*{1}, or {0}'*{1} for two vectors", "expit": "sigmoid({a})", "I": "inv({a})", "identity": "eye({a})", "inverse": "inv({a})",
    "H": "{0}'", "einsum": "tensor(i, k, sum(j, A[i,j]*B[j,k]))",
    "logdet": "logdet({a})", "matmul": "{0}*{1}", "matrix_power": "{0}^{1}", "mm": "{0}*{1}", "mT": "{0}'", "multiply": "{0}.*{1}",
    "mul": "{0}.*{1}", "mv": "{0}*{1}", "negative": "-{0}", "pow": "{0}.^{1}", "power": "{0}.^{1}", "slogdet": "logdet({a})",
    "solve": "inv({a})*{1}", "subtract": "{0} - {1}", "swapaxes": "{0}'", "t": "{0}'", "trace": "tr({a})", "transpose": "{0}'",
    "pi": "pi", "e": "e",
    "cbrt": "{0}.^(1/3)", "cot": "1 ./ tan({a})", "csc": "1 ./ sin({a})", "erfc": "1 - erf({a})", "exp2": "2.^{0}",
    "log10": "log({a})/log(10)", "log2": "log({a})/log(2)", "max": "relu({a}) for the larger of {0} and 0",
    "maximum": "relu({a}) for the larger of {0} and 0", "prod": "exp(sum(log({a}))) for positive {0}", "reciprocal": "1 ./ {0}",
    "sec": "1 ./ cos({a})", "silu": "{0}.*sigmoid({a})", "std": "sqrt(var({a}))", "swish": "{0}.*sigmoid({a})",
}  # fmt: skip
"""In the language, with {0} and {1} for the arguments, in brackets where they need them, and {a} for the first as it is.

The first argument of a method is what stands before the dot."""

_DOTTED = pattern(r"[^\W\d]\w*(?:\.[^\W\d]\w*)+")
_NAME_BEFORE = pattern(r"[^\W\d]\w*\Z")
_ATTRIBUTE = pattern(r"\.([^\W\d]\w*)")
_ALONG = pattern(r"\s*(?:axis|dim)\s*=\s*(-?\d)\s*")
_KEYWORD = pattern(r"([^\W\d]\w*)\s*\Z")
_WHOLE = pattern(r"(?:\w+|\w*\([^()]*\))(?:'|\.T)*")
_LONGEST_QUOTE = 60
_LONGEST_NAME = 60


def along_an_axis(function: str, matrix: str = "X") -> str:
    """How a function is taken along the rows or the columns of a matrix."""
    return f"{function}({matrix}, rows) for every row or {function}({matrix}, cols) for every column"


def instead_of(function: str) -> str | None:
    """How a function that the language does not have is written; None where that is not known."""
    template = _WRITTEN.get(function.replace("_", ""))
    return None if template is None else _filled(template, ["x", "y"])


def dot_in(text: str, position: int) -> ParseError:
    """The error for a dot at ``position`` that is part of no number and no operator."""
    start = _start_of_name(text, position)
    module = _DOTTED.match(text, start)
    if module is not None and module[0].partition(".")[0] in _MODULES:
        arguments, end = _arguments(text, module.end())
        instead = _rewritten(module[0].rpartition(".")[2], arguments)
        return ParseError("functions stand without the name of a module", span=Span(start, module.end()), suggestion=instead)
    attribute = _ATTRIBUTE.match(text, position)
    if attribute is not None and (attribute[1] in _WRITTEN or text[attribute.end() : attribute.end() + 1] == "("):
        arguments, _ = _arguments(text, attribute.end())
        receiver = text[start:position] if start < position else "X"
        if receiver[:1] == "(":
            receiver = receiver[1:-1]
        instead = _rewritten(attribute[1], [receiver, *(arguments or [])])
        return ParseError("expressions have no methods and attributes", span=Span(position, attribute.end()), suggestion=instead)
    return ParseError(
        "a dot alone is no operator",
        span=Span(position, position + 1),
        suggestion="x*y (product), x.*y (elementwise), x'*y (inner product) or x^T, x.T (transpose)",
    )


def keyword_in(text: str, position: int) -> ParseError | None:
    """The error for the equals sign of ``axis=0``; None for other equals signs."""
    keyword = _KEYWORD.search(text, max(0, position - _LONGEST_NAME), position)
    if keyword is None or keyword[1] not in ("axis", "dim", "keepdims", "keepdim"):
        return None
    return ParseError("keyword arguments are not read", span=Span(keyword.start(1), position + 1), suggestion=along_an_axis("sum"))


def _start_of_name(text: str, position: int) -> int:
    """Where the name begins that ends before ``position``, or the brackets that close there."""
    if text[position - 1 : position] in (")", "]"):
        depth = 0
        for place in range(position - 1, -1, -1):
            depth += (text[place] in ")]") - (text[place] in "([")
            if depth == 0:
                return place
    name = _NAME_BEFORE.search(text, max(0, position - _LONGEST_NAME), position)
    return position if name is None else name.start()


def _arguments(text: str, position: int) -> tuple[list[str] | None, int]:
    """The texts between brackets that open at ``position``, and where the brackets end; None without brackets."""
    if text[position : position + 1] != "(":
        return None, position
    parts, depth, begin = [], 0, position + 1
    for place in range(position, len(text)):
        depth += (text[place] in "([") - (text[place] in ")]")
        if depth == 0 or (depth == 1 and text[place] == ","):
            parts.append(text[begin:place].strip())
            begin = place + 1
        if depth == 0:
            return [part for part in parts if part], place + 1
    return None, position


def _rewritten(name: str, arguments: list[str] | None) -> str | None:
    """The call as it is written in the language, as far as it is known; the axes are NumPy's."""
    plain = [argument for argument in arguments or [] if "=" not in argument]
    along = [found[1] for argument in arguments or [] if (found := _ALONG.fullmatch(argument)) is not None]
    template = _WRITTEN.get(name)
    if template is not None:
        return _filled(template, plain) or _filled(template, ["A", "x"])
    if name not in known_functions():
        return f"{name}(x) with {name} declared a function: {name}: function"
    axis = {"0": ", cols", "1": ", rows", "-1": ", rows"}.get(along[0], "") if along else ""
    made = f"{name}({', '.join(plain) or 'x'}{axis})"
    return made if len(made) <= _LONGEST_QUOTE else f"{name}(x{axis})"


def _filled(template: str, arguments: list[str]) -> str | None:
    """The template with the arguments; None when there are too few, or the text would be long."""
    if len(arguments) < ("{0}" in template or "{a}" in template) + ("{1}" in template):
        return None
    operands = [part if _WHOLE.fullmatch(part) else f"({part})" for part in arguments]
    made = template.format(*operands, a=arguments[0] if arguments else "")
    return made if len(made) <= _LONGEST_QUOTE else None
