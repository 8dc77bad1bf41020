"""The sign ′ behind a letter: typed for the transpose as often as ', and otherwise a part of a name, as in ``x − x′``."""

from __future__ import annotations

from matcalc.language.decisions import Decision
from matcalc.language.text import forks
from matcalc.language.text.forks import Fork
from matcalc.language.text.spelling import canonical_name
from matcalc.language.text.terminals import Token
from matcalc.language.text.vocabulary import Vocabulary


def turned(
    tokens: list[Token], vocabulary: Vocabulary, flipped: frozenset[str], decisions: list[Decision]
) -> tuple[list[Token], tuple[Fork, ...]]:
    """The tokens with the primes of names that nobody declared as signs of transposition, and the names that they could be a part of.

    What is ``flipped`` is one name with its primes, which is said.
    """
    out: list[Token] = []
    found: dict[str, Fork] = {}
    for token in tokens:
        name = token.value.rstrip("′")
        if token.type != "RUN" or name == token.value or vocabulary.declares(canonical_name(token.value)):
            out.append(token)
            continue
        if token.value not in found:
            found[token.value] = Fork(token.value, forks.TO_NAME)
            if token.value in flipped:
                ways = (f"one name: declare {token.value}", f"the transpose: {name}'")
                decisions.append(Decision(f"{token.value} is read as one name", "names", "doubtful", token.span, ways))
        if token.value in flipped:
            out.append(token)
            continue
        middle = token.start + len(name)
        out.append(Token("RUN", name, token.start, middle))
        out += [Token("TRANSPOSE", "'", place, place + 1) for place in range(middle, token.end)]
    return out, tuple(found.values())
