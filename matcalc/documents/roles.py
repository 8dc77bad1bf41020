"""What a row is for: a claim, a definition, a condition, or something else that a reader sees."""

from __future__ import annotations

from typing import Literal, TypeAlias

Role: TypeAlias = Literal[
    "claim",
    "definition",
    "first-order condition",
    "declaration",
    "fact",
    "inequality",
    "limit",
    "number",
    "notation",  # an expression that says nothing by itself: a symbol, a size, a formula that is mentioned
    "not an equation",
    "listing",
]
