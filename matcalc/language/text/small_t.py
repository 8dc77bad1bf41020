"""``x^t A x``: a transpose that is written with a small t."""

from __future__ import annotations

from matcalc.language.decisions import Decision
from matcalc.language.text.terminals import Token
from matcalc.language.text.vocabulary import Vocabulary

_FOLLOWS = frozenset(["RUN", "LPAR", "NORM_BAR", "ONES", "TIMES"])


def turned_by_small_t(tokens: list[Token], vocabulary: Vocabulary, decisions: list[Decision]) -> list[Token]:
    """The tokens with the exponent t of a letter as a transpose, where t is nothing else in the text and a factor follows at once; of a
    capital only where it follows once more, as in ``X^t A X``. Every exponent t is a doubt then.
    """
    places = [place for place in range(1, len(tokens)) if _is_raised(tokens, place)]
    if not places or vocabulary.declares("t") or _stands_elsewhere(tokens, places):
        return tokens
    out = list(tokens)
    for place in reversed(places):
        base, end = tokens[place - 1], place + (tokens[place].type == "POWER")
        letter = base.value[-1]
        if (
            base.type != "RUN"
            or not letter.isalpha()
            or letter == "e"
            or (len(base.value) > 1 and base.value.isascii() and base.value.islower())
        ):
            continue
        rest, after = tokens[end].value[1:] if end > place else "", tokens[end + 1] if end + 1 < len(tokens) else None
        if not rest and (after is None or after.type not in _FOLLOWS):
            continue
        later = rest + "".join([token.value for token in tokens[end + 1 :] if token.type == "RUN"])
        turned = letter in later or (letter.islower() and (rest or after is None or after.type != "TIMES"))
        said = f"{letter}^t is read as {'the transpose' if turned else 'a power'}"
        ways = (f"the transpose: {letter}^T", f"a power: {letter}^(t)")
        decisions.append(Decision(said, "notation", "doubtful", tokens[place].span, ways if turned else ways[::-1]))
        if turned:
            made = [Token("TRANSPOSE", "'", tokens[place].start, tokens[end].start + 1)]
            out[place : end + 1] = [*made, Token("RUN", rest, tokens[end].start + 1, tokens[end].end)] if rest else made
    return out


def _is_raised(tokens: list[Token], place: int) -> bool:
    """Whether a sign of a power with t, or a run that begins with it, stands there."""
    token = tokens[place]
    if token.type == "SUPERSCRIPT":
        return token.value == "ᵗ"
    following = tokens[place + 1] if place + 1 < len(tokens) else None
    return token.type == "POWER" and following is not None and following.type == "RUN" and _begins(following.value)


def _begins(run: str) -> bool:
    return run == "t" or (run[0] == "t" and run[1:2].isupper()) or (run[0] == "t" and len(run) == 2 and run[1].isalpha())


def _stands_elsewhere(tokens: list[Token], places: list[int]) -> bool:
    """Whether t is a name in the text, or an index."""
    exponents = {place + 1 for place in places if tokens[place].type == "POWER"}
    others = [token.value for place, token in enumerate(tokens) if token.type == "RUN" and place not in exponents]
    return any(run in ("t", "dt") or run.endswith("_t") or (run.startswith("t") and run[1:].isdigit()) for run in others) or any(
        "ₜ" in run for run in others
    )
