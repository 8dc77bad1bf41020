"""Regular expressions that are compiled when they are first used, so that importing a module costs nothing for those it does not need."""

from __future__ import annotations

import re
from typing import Any, cast


def pattern(text: str, flags: int = 0) -> re.Pattern[str]:
    """What ``re.compile(text, flags)`` gives, compiled at the first use."""
    return cast("re.Pattern[str]", _Pattern(text, flags))


class _Pattern:
    """Stands for a compiled expression; the methods that are asked for are kept, so that later uses go straight to them."""

    def __init__(self, text: str, flags: int) -> None:
        self._given = (text, flags)

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__"):
            raise AttributeError(name)
        found = getattr(re.compile(*self._given), name)  # re keeps the compiled expression
        setattr(self, name, found)
        return found
