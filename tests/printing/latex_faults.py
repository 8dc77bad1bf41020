r"""What is wrong with LaTeX source: unbalanced groups and delimiters, two scripts of one kind, commands that are not known everywhere.

Known are commands that LaTeX with amsmath, MathJax and KaTeX all have; each is listed with the number of its arguments in braces.
"""

from __future__ import annotations

import re

_TOKEN = re.compile(
    r"\\(?:left|right)(?:\\[a-zA-Z]+|\\?.)|\\(?:begin|end)\{[a-z]+\*?\}|\\[a-zA-Z]+|\\.|[{}^_'()\[\]&]|[^\\{}^_'()\[\]&]",
    re.DOTALL,
)
_PAIRS = {
    r"\left(": r"\right)",
    r"\left[": r"\right]",
    r"\left\lVert": r"\right\rVert",
    r"\lVert": r"\rVert",
    "{": "}",
    "(": ")",
    "[": "]",
}
_PAIRS |= {r"\left\langle": r"\right\rangle", r"\begin{aligned}": r"\end{aligned}"}
_CLOSING = frozenset(_PAIRS.values())
_WITHOUT = """
    alpha beta gamma delta epsilon zeta eta theta iota kappa lambda mu nu xi pi rho sigma tau upsilon phi chi psi omega
    varepsilon vartheta varphi ell Gamma Delta Theta Lambda Xi Pi Sigma Upsilon Phi Psi Omega
    top odot oslash otimes cdot partial sum infty max min det exp log sin cos tan sinh cosh tanh arcsin arccos arctan
    quad lVert rVert , ! ; _
"""
_WITH_ONE = "operatorname mathrm mathbf boldsymbol sqrt hat bar tilde dot ddot check breve acute grave mathring"
ARGUMENTS = dict.fromkeys(_WITHOUT.split(), 0) | dict.fromkeys(_WITH_ONE.split(), 1)
ARGUMENTS |= {"frac": 2, "dfrac": 2, "\\": 0}


def fault(source: str) -> str | None:
    """What is wrong with the source, or None."""
    stack: list[str] = []
    scripts: set[str] = set()
    tokens = _TOKEN.findall(source)
    if "".join(tokens) != source:
        return "unread characters"
    skip_to: int | None = None
    wanted: list[tuple[int, int]] = []
    """Arguments still to come, with the depth at which they stand."""
    for position, token in enumerate(tokens):
        if wanted and len(stack) == wanted[-1][1] and token != " ":
            if token != "{":
                return f"an argument is missing before {token} at {position}"
            count, depth = wanted.pop()
            wanted += [(count - 1, depth)] if count > 1 else []
        if token in _PAIRS:
            stack.append(_PAIRS[token])
        elif token in _CLOSING:
            if not stack or stack.pop() != token:
                return f"{token} closes nothing at {position}"
        elif token.startswith("\\"):
            arguments = ARGUMENTS.get(token[1:])
            if arguments is None:
                return f"{token} is not known everywhere"
            wanted += [(arguments, len(stack))] if arguments else []
        elif not token.isascii() or token in "$#%~" or (token == "&" and r"\end{aligned}" not in stack):
            return f"{token!r} at {position}"
        if skip_to is not None:
            if len(stack) <= skip_to and token == "}":
                skip_to = None
            continue
        if token in ("^", "_"):
            if token in scripts:
                return f"double {token}"
            scripts.add(token)
            if tokens[position + 1 : position + 2] != ["{"]:
                return "script without braces"
            skip_to = len(stack)
        elif token == "'":
            scripts.add("^")
        else:
            scripts = set()
    if wanted:
        return "an argument is missing at the end"
    return f"{stack} left open" if stack else None
