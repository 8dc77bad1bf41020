"""Identifiers of Python for symbols, sizes and user functions."""

from __future__ import annotations

import keyword
import re
import unicodedata

_RESERVED = frozenset({"np", "jnp", "jax", "torch", "math", "numpy", "functools", "unused", "rng", "self"})
_PRIMES = re.compile("['′]+$")


class Names:
    """Gives every symbol, size and function its identifier, the same for each time it is asked."""

    def __init__(self) -> None:
        self._given: dict[tuple[str, str], str] = {}
        self._taken: set[str] = set()
        self._count = 0

    def of(self, kind: str, name: str) -> str:
        """The identifier for ``name``, which is a ``"symbol"``, ``"size"`` or ``"function"``."""
        found = self._given.get((kind, name))
        if found is None:
            found = identifier(name)
            while found in self._taken:
                found = f"{kind}_{found}"
            self._given[kind, name] = found
            self._taken.add(found)
        return found

    def fresh(self) -> str:
        """A name for an intermediate result."""
        while True:
            self._count += 1
            name = f"t{self._count}"
            if name not in self._taken:
                return name

    def renamed(self) -> dict[str, str]:
        """Names that are not their own identifiers, with these."""
        return {name: given for (_, name), given in self._given.items() if name != given}


def identifier(name: str) -> str:
    """A Python identifier for a name of the input language.

    >>> identifier("f''"), identifier("x₀"), identifier("lambda")
    ('f_prime2', 'x_0', 'lambda_')
    """
    primes = _PRIMES.search(name)
    count = len(primes[0]) if primes else 0
    stem = name[: len(name) - count]
    stem = re.sub(r"(?<=\w)(?<![_\d₀-₉])(?=[₀-₉])", "_", stem)
    stem = re.sub(r"\W", "_", unicodedata.normalize("NFKC", stem)) or "_"
    if not stem.isidentifier():
        stem = f"_{stem}"
    if count:
        stem += "_prime" + (str(count) if count > 1 else "")
    return f"{stem}_" if keyword.iskeyword(stem) or stem in _RESERVED else stem
