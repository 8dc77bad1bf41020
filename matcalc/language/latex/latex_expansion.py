r"""The commands of TeX that say when others are replaced: ``\expandafter``, ``\csname ... \endcsname``, ``\noexpand``, groups."""

from __future__ import annotations

from matcalc.base.lazy import pattern
from matcalc.language.latex.latex_mouth import Mouth, Token

_COMMAND = pattern(r"\\([A-Za-z@]+)\s*")

_LONGEST_NAME = 200


def called_name(mouth: Mouth) -> str | None:
    r"""The name up to ``\endcsname``, which is passed; None without one. Commands in it stand for their text."""
    found = mouth.string_until("\\endcsname", _LONGEST_NAME)
    if found is None:
        return None
    known = mouth.commands
    return _COMMAND.sub(lambda match: known[match[1]].body if match[1] in known else "", found).strip()


class Expansion:
    """Lets a mouth follow these commands. Each passes what it has read, so that none goes in a circle."""

    def __init__(self, mouth: Mouth) -> None:
        self.mouth = mouth
        mouth.primitives |= {
            "csname": self._named, "@nameuse": self._used, "expandafter": self._after, "noexpand": self._kept,
            "begingroup": self._open, "bgroup": self._open, "endgroup": self._close, "egroup": self._close,
        }  # fmt: skip

    def _named(self, token: Token) -> None:
        self._call(called_name(self.mouth), token)

    def _used(self, token: Token) -> None:
        self._call(self.mouth.string(), token)

    def _call(self, name: str | None, token: Token) -> None:
        macro = None if name is None else self.mouth.commands.get(name)
        if name is None:
            advice = "\\csname name\\endcsname"
            self.mouth.fault(f"\\{token.text} names no command", advice, token.origin, self.mouth.ending(token))
        elif name.isalpha():
            self.mouth.push_string("\\" + name, token)
        elif macro is not None:
            self.mouth.call(token, macro)

    def _after(self, _: Token) -> None:
        r"""Replaces the second of the tokens that follow, if it is a call: ``\expandafter\norm\pair``."""
        mouth = self.mouth
        if mouth.at_end:
            return
        first, its = mouth.raw_with_text()
        if first.kind not in ("command", "{") or mouth.at_end:
            mouth.push(its)
            return
        second, other = mouth.raw_with_text()
        macro = mouth.commands.get(second.text) if second.kind == "command" and first.text != "expandafter" else None
        if macro is None or macro.alias:
            mouth.push(other)
        else:
            mouth.call(second, macro)
        mouth.push(its)

    def _kept(self, _: Token) -> Token | None:
        return None if self.mouth.at_end else self.mouth.raw()

    def _open(self, _: Token) -> None:
        self.mouth.open_group()

    def _close(self, _: Token) -> None:
        self.mouth.close_group()
