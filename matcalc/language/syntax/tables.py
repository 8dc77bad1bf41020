"""The parse tables of ``grammar/matcalc.lark``: Lark reads the grammar and builds them, and they
are stored.

Importing Lark and building the tables takes longer than everything else that a derivation needs, so
both are left to the first process.
"""

from __future__ import annotations

from functools import cache
from typing import Any, TypeAlias

from matcalc.base.files import read, stored
from matcalc.base.records import record

RuleData: TypeAlias = tuple[str, str, int, tuple[tuple[int, bool], ...], bool, bool]
TableData: TypeAlias = tuple[int, int, dict[int, dict[str, int]], list[RuleData]]


@record
class Rule:
    """A production. ``kept`` are the places of the children that stay, each with whether it is a
    list to be spliced in.

    ``action`` is the method that builds the node; a production ``passes_on`` its child when only
    one is kept, and a ``unit`` production has no other. Productions that Lark makes for repetitions
    have none of these: their children go up as a list.
    """

    origin: str
    action: str
    length: int
    kept: tuple[tuple[int, bool], ...]
    passes_on: bool
    unit: bool


@record
class Tables:
    """For each state and symbol the step: a state to go to, or, below zero, ``~k`` to reduce by
    ``rules[k]``."""

    start: int
    end: int
    steps: dict[int, dict[str, int]]
    rules: tuple[Rule, ...]


@cache
def tables() -> Tables:
    """The tables for the grammar as it stands on disk."""
    start, end, steps, rules = stored("grammar", read("grammar", "matcalc.lark"), _built)
    return Tables(start, end, steps, tuple([Rule(*rule) for rule in rules]))


def _built(grammar: str) -> TableData:
    """The tables as plain data.

    Raises ValueError for a grammar that uses what the parser of this package does without.
    """
    import lark
    from lark.lexer import Lexer

    class NoLexer(Lexer):
        """The tokens come from this package; there is nothing for Lark to lex."""

        def __init__(self, lexer_conf: Any) -> None:
            pass

        def lex(self, *_: Any) -> Any:
            return iter(())

    parser = lark.Lark(grammar, parser="lalr", lexer=NoLexer, maybe_placeholders=False)
    found: Any = parser.parser.parser._parse_table
    numbers = {rule: number for number, rule in enumerate(parser.rules)}
    steps = {
        state: {symbol: ~numbers[target] if kind.name == "Reduce" else target for symbol, (kind, target) in row.items()}
        for state, row in found.states.items()
    }
    return found.start_states["start"], found.end_states["start"], steps, [_rule(rule) for rule in parser.rules]


def _rule(rule: Any) -> RuleData:
    options = rule.options
    if options.keep_all_tokens or options.template_source:
        raise ValueError(f"grammar rule {rule.origin.name}: '!' and templates are not used in this grammar")
    kept = [
        (place, symbol.name.startswith("_"))
        for place, symbol in enumerate(rule.expansion)
        if not (symbol.is_term and symbol.filter_out)
    ]
    name = str(rule.alias or rule.origin.name)
    action = "" if name.startswith("_") else name
    passes_on = bool(options.expand1 and not rule.alias)
    return (
        str(rule.origin.name),
        action,
        len(rule.expansion),
        tuple(kept),
        passes_on,
        passes_on and len(rule.expansion) == 1 and kept == [(0, False)],
    )
