"""The commands of the prompt and what is said about them."""

from __future__ import annotations

from dataclasses import dataclass

from matcalc.reference import described, is_known
from matcalc.repl.state import SETTINGS
from matcalc.steps import FORMS, STYLES


@dataclass(frozen=True, slots=True)
class Entry:
    """``usage`` is what to type, ``purpose`` what it does in a few words, ``more`` what is worth adding, ``choices`` what may follow."""

    usage: str
    purpose: str
    more: str = ""
    choices: tuple[str, ...] = ()


def _setting(name: str, purpose: str, more: str) -> Entry:
    return Entry(f":{name} [{'|'.join(SETTINGS[name])}]", purpose, more, SETTINGS[name])


_FORM = "Of the last result; with a formula, of that: {0} f wrt V."

COMMANDS: dict[str, Entry] = {
    "steps": Entry(
        ":steps [FORM] [FORMULA]",
        "the derivation step by step",
        "Of the last derivative, or of a formula. FORM is one of " + ", ".join(FORMS) + ".",
        (*FORMS, *STYLES),
    ),
    "verify": Entry(
        ":verify [EQUATION]",
        "is it right?",
        "Without an equation: the last derivative, by proof and by numbers. An equation that names nothing needs no :verify.",
    ),
    "latex": Entry(":latex [FORMULA]", "the result as LaTeX", _FORM.format(":latex")),
    "markdown": Entry(":markdown [FORMULA]", "the result as LaTeX between dollar signs", _FORM.format(":markdown")),
    "ascii": Entry(":ascii [FORMULA]", "the result as it can be typed", _FORM.format(":ascii")),
    "unicode": Entry(":unicode [FORMULA]", "the result as it is shown by default", _FORM.format(":unicode")),
    "index": Entry(":index [FORMULA]", "the result in index notation", _FORM.format(":index")),
    "differential": Entry(":differential [FORMULA]", "the derivative as df = tr(G' dX)", _FORM.format(":differential")),
    "numpy": Entry(":numpy [FORMULA]", "the result as a NumPy function", _FORM.format(":numpy")),
    "jax": Entry(":jax [FORMULA]", "the result as a JAX function", _FORM.format(":jax")),
    "torch": Entry(":torch [FORMULA]", "the result as a PyTorch function", _FORM.format(":torch")),
    "sympy": Entry(":sympy [FORMULA]", "the result as a program that builds it in SymPy", _FORM.format(":sympy")),
    "entries": Entry(":entries n=2, m=3", "the last result entry by entry at small sizes", "Every size of the formula needs a number."),
    "at": Entry(":at x=[1,2], A=[1 2; 3 4]", "the value of the last result", "Numbers, lists, or rows between semicolons as in MATLAB."),
    "json": Entry(":json [FORMULA]", "the result with all its parts", _FORM.format(":json")),
    "code": Entry(":code [numpy|jax|torch]", "the last result as a function", "", ("numpy", "jax", "torch")),
    "declare": Entry(
        ":declare X: n×m; A: n×n symmetric", "declare names", "X: n×m alone does the same. Without a text it lists what is known."
    ),
    "forget": Entry(":forget NAME...", "drop declarations and values", ":forget all drops everything that was declared or defined."),
    "list": Entry(":list", "what is declared, defined and set"),
    "layout": _setting("layout", "layout of derivatives", "numerator gives the transposes of denominator; tensor flattens nothing."),
    "order": _setting("order", "order of the derivative that derive and wrt give", "d(f)/dx and d2(f)/dx2 say themselves which they are."),
    "symmetric": _setting("symmetric", "convention for symmetric variables", "The notes of an answer name the convention."),
    "names": _setting("names", "what becomes of defined names in answers", "keep gives answers in terms of the names, with adjoints."),
    "letters": _setting("letters", "characters of the answers", "ascii gives answers that can be typed in again."),
    "help": Entry(":help [COMMAND|NAME]", "this page, or more on a command, function, sign or fact"),
    "quit": Entry(":quit", "leave; so does Ctrl-D"),
}

SYNONYMS = {"q": "quit", "exit": "quit", "h": "help", "?": "help", "": "help", "known": "list"}

_PAGE = """\
x'*A*x wrt x              the derivative; also d(x'*A*x)/dx, derive x'*A*x by x
f = ||X - U V||²          gives a name to an expression; later lines may use it
f wrt U, V                several derivatives at once
hessian x'*A*x by x       also jacobian, gradient, differential, vjp
X: n×m; A: n×n symmetric  declares names; everything else is inferred
d(f)/dV = 2U'(U V - X)    an equation is verified, unless it defines a name
x'*A*x                    shows how an expression is read
z = W*x + b; h = tanh(z)  several statements in a line
A line goes on while a bracket is open or an operator ends it; an empty line ends it. # begins a comment. Tab completes, \\beta Tab is β.
"""


def help_on(word: str) -> str:
    """The page, or what there is to say about one command or one name of the language. Raises MatcalcError for another word."""
    if not word:
        width = max(len(entry.usage) for entry in COMMANDS.values() if len(entry.usage) < 40)
        return _PAGE + "\n" + "\n".join(f"{entry.usage:<{width}}  {entry.purpose}" for entry in COMMANDS.values())
    name = SYNONYMS.get(word.lstrip(":"), word.lstrip(":"))
    entry = COMMANDS.get(name)
    if entry is None:
        return described(word)
    said = "\n".join(line for line in (entry.usage, f"  {entry.purpose}", f"  {entry.more}") if line.strip())
    return said if word.startswith(":") or not is_known(word) else f"{said}\n\n{described(word)}"
