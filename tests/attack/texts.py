"""Texts that nobody should type: each number is one text, of one of many kinds of garbage.

What a text must never do is in ``garbage.py``. Names of the makers are the names of the kinds; what they put together is in ``texts.toml``.
"""

from __future__ import annotations

import random
import tomllib
from collections.abc import Callable, Sequence
from functools import cache
from pathlib import Path
from typing import Any, TypeAlias

from tests.attack.claims import written_texts

Maker: TypeAlias = Callable[[random.Random], str]

_PARTS: dict[str, list[Any]] = tomllib.loads(Path(__file__).with_name("texts.toml").read_text(encoding="utf-8"))
DECLARATIONS: tuple[str, ...] = (*_PARTS["declarations"], "x: " + "n" * 500, "; ".join(f"x{k}: n" for k in range(300)))

_ASCII = "".join(map(chr, range(32, 127)))
_LETTERS = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
_SYMBOLS = "ᵀ⁻¹²³⁴₀₁₂∂∇Σσλαβ‖⊙⊗∘√∞ℝ×·−′½≠≤∈𝟏𝐀𝑥ſßŉİÅﬁ"
_ODD = "\x00\x07\x1b\x7f\u200b\u200d\u202e\ufeff\u0301\u0338\ud800\U0001f9ee\u2028\u00ad\u00a0漢字عΩЖ\t\r\n"


def characters(chooser: random.Random) -> str:
    alphabet = chooser.choice((_ASCII, _LETTERS + "'*+()^", _SYMBOLS + _LETTERS, _ODD + _ASCII, _SYMBOLS + _ODD))
    return "".join(chooser.choices(alphabet, k=chooser.randrange(1, 60)))


def any_unicode(chooser: random.Random) -> str:
    return "".join(chr(chooser.randrange(0x110000)) for _ in range(chooser.randrange(1, 12))) + chooser.choice(
        ("", "*x", "'x", "(x)")
    )


def tokens(chooser: random.Random) -> str:
    return chooser.choice(("", " ")).join(chooser.choices(_PARTS["tokens"], k=chooser.randrange(1, 25)))


def latex(chooser: random.Random) -> str:
    return chooser.choice(("", " ")).join(chooser.choices(_PARTS["latex"], k=chooser.randrange(1, 25)))


@cache
def _seeds() -> Sequence[str]:
    return written_texts()


def damaged(chooser: random.Random) -> str:
    """A formula that is right, but for a few characters."""
    text = list(chooser.choice(_seeds()))
    for _ in range(chooser.randrange(1, 5)):
        at = chooser.randrange(len(text) + 1)
        match chooser.randrange(4):
            case 0:
                del text[at : at + chooser.randrange(1, 4)]
            case 1:
                text.insert(at, chooser.choice(_PARTS["tokens"]))
            case 2:
                text[at:at] = text[max(0, at - chooser.randrange(1, 8)) : at] * chooser.randrange(1, 4)
            case _:
                text.insert(at, chooser.choice(_ASCII + _SYMBOLS + _ODD))
    return "".join(text)


def spliced(chooser: random.Random) -> str:
    """The beginning of one formula and the end of another."""
    one, other = chooser.choice(_seeds()), chooser.choice(_seeds())
    between = chooser.choice(("", "+", "*", "'", ".*", "; "))
    return one[: chooser.randrange(len(one) + 1)] + between + other[chooser.randrange(len(other) + 1) :]


def combined(chooser: random.Random) -> str:
    """Whole formulas, joined or put into functions: large ones that may be right."""
    text = chooser.choice(_seeds())
    for _ in range(chooser.randrange(1, 6)):
        before, after = chooser.choice(_PARTS["wraps"])
        text = before + text + after if chooser.randrange(2) else f"({text}){chooser.choice('+-*/^')}({chooser.choice(_seeds())})"
    return text


def nested(chooser: random.Random) -> str:
    """One or two wrappers again and again, sometimes not closed."""
    wraps = chooser.choices(_PARTS["wraps"], k=chooser.choice((1, 1, 2)))
    times = _long(chooser, 2000)
    opened = "".join(wraps[k % len(wraps)][0] for k in range(times))
    closed = "".join(wraps[k % len(wraps)][1] for k in reversed(range(times)))
    if chooser.randrange(6) == 0:
        closed = closed[: chooser.randrange(len(closed) + 1)]
    return opened + chooser.choice(("x", "A", "X*X", "2", "", "n", "a")) + closed


def repeated(chooser: random.Random) -> str:
    """One piece many times: runs of letters, newlines, signs, factors, terms."""
    piece = chooser.choice([*_PARTS["pieces"], *_PARTS["tokens"]])
    return chooser.choice(_PARTS["before"]) + piece * _long(chooser, 20000) + chooser.choice(_PARTS["after"])


def powers(chooser: random.Random) -> str:
    return str(chooser.choice(_PARTS["powers"]).format(b=chooser.choice(_PARTS["bases"]), e=chooser.choice(_PARTS["exponents"])))


def numbers(chooser: random.Random) -> str:
    digits = "".join(chooser.choices("0123456789", k=_long(chooser, 5000)))
    spellings = (
        digits,
        f"0.{digits}",
        f"1e{digits[:8]}",
        f"1e-{digits[:8]}",
        f"{digits}/{digits[::-1]}",
        f"-{digits}",
        "1." * 30,
    )
    return str(chooser.choice(_PARTS["numbers"]).replace("{}", chooser.choice(spellings)))


def long_sums(chooser: random.Random) -> str:
    """Sums and products of many different terms."""
    term, sign = chooser.choice(_PARTS["terms"]), chooser.choice(_PARTS["signs"])
    return str(sign.join(term.format(k=k) for k in range(1, 2 + _long(chooser, 400))))


def programs(chooser: random.Random) -> str:
    """Named results: squarings that double a formula in each line, shadowed and circular names."""
    count, line = chooser.randrange(1, 60), chooser.choice(_PARTS["lines"])
    return "z0 = x\n" + "\n".join(line.format(k=k + 1, j=k) for k in range(count)) + f"\nz{count}"


def expanding(chooser: random.Random) -> str:
    """Formulas that are short and grow when they are multiplied out, differentiated or completed."""
    factors = [chooser.choice(_PARTS["factors"])] * chooser.randrange(2, 40)
    return str(chooser.choice(_PARTS["heads"]).replace("{}", "*".join(factors)))


def entries(chooser: random.Random) -> str:
    """Sums over indices, nested, shadowed, unbound."""
    text = str(chooser.choice(_PARTS["entries"]))
    for _ in range(chooser.randrange(1, 8)):
        text = chooser.choice(_PARTS["sums"]).format(i=chooser.choice("ijkln"), t=text)
        if len(text) > 2000:
            break
    return text


def macros(chooser: random.Random) -> str:
    r"""LaTeX with \newcommand: recursive, doubling, unclosed."""
    name = chooser.choice(_PARTS["macros"])
    line = (
        f"{chooser.choice(_PARTS['commands'])}{{{name}}}{chooser.choice(_PARTS['options'])}{chooser.choice(_PARTS['bodies'])}\n"
    )
    return str(line * chooser.choice((1, 1, 3, 200)) + name + chooser.choice(_PARTS["uses"]))


def python(chooser: random.Random) -> str:
    return " ".join(chooser.choices(_PARTS["python"], k=chooser.randrange(1, 9)))


def least(chooser: random.Random) -> str:
    return str(chooser.choice(_PARTS["least"]))


def _long(chooser: random.Random, most: int) -> int:
    """Mostly few, sometimes many."""
    few = (1, 2, 3, 5, 8, 13, 30)
    return chooser.choice((*few, 60, most // 20, most // 5, most) if chooser.randrange(4) == 0 else few)


MAKERS: tuple[Maker, ...] = (
    characters, any_unicode, tokens, tokens, latex, damaged, damaged, damaged, spliced, combined, nested, nested, repeated, powers, numbers,
    long_sums, programs, expanding, entries, macros, python, least,
)  # fmt: skip


def text(seed: int, number: int) -> tuple[str, str]:
    """The text of this number, and its kind."""
    chooser = random.Random(f"{seed}/{number}/text")
    maker = MAKERS[number % len(MAKERS)]
    return maker(chooser), maker.__name__
