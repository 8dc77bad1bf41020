"""What there is to choose from, as data: functions, facts, code, and examples to begin with."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache
from typing import Any

from matcalc.base.files import stored_table
from matcalc.base.functions import code_targets, functions
from matcalc.base.layouts import LAYOUTS, SYMMETRIC
from matcalc.base.version import VERSION
from matcalc.facts.table import facts
from matcalc.interface.analyses import Parameter, analyses
from matcalc.language.decisions import DIALECTS
from matcalc.printing.notations import STEP_STYLES
from matcalc.reference.lookup import fact_meaning, is_called, of_section

KINDS = ("scalar", "vector", "matrix", "function")


@cache
def function_cards() -> list[dict[str, str]]:
    """Every function that can be written: what the table itself says of it; ``help`` tells its
    derivative and its source."""
    called = [function for function in functions().values() if is_called(function)]
    table = [_card(one.name, _call(one.name, one.signature), one.kind, one.meaning, one.aliases) for one in called]
    rows = of_section("functions")
    built_in = [
        _card(
            row.written[0].partition("(")[0],
            row.written[0],
            "built in",
            row.meaning,
            row.written[1:],
        )
        for row in rows
    ]
    return table + built_in


def _card(name: str, call: str, kind: str, meaning: str, others: Sequence[str]) -> dict[str, str]:
    return {
        "name": name,
        "call": call,
        "kind": kind,
        "meaning": meaning,
        "aliases": ", ".join(others),
    }


def _call(name: str, signature: str) -> str:
    left = signature.partition("->")[0]
    return f"{name}({', '.join(part.partition(':')[0].strip() for part in left.split(','))})"


def examples() -> list[dict[str, str]]:
    """Formulas to begin with, from ``rules/examples.toml``."""
    return [dict(row) for row in stored_table("examples")["example"]]


@cache
def settings() -> dict[str, Any]:
    """The choices that requests have."""
    return {
        "version": VERSION,
        "kinds": list(KINDS),
        "facts": [
            {"name": fact.name, "shape": fact.shape, "meaning": fact_meaning(fact)}
            for fact in facts().values()
            if not fact.refused
        ],
        "targets": [
            *({"name": name, "title": one.title} for name, one in code_targets().items()),
            {"name": "sympy", "title": "SymPy"},
        ],
        "layouts": list(LAYOUTS),
        "symmetric": list(SYMMETRIC),
        "dialects": list(DIALECTS),
        "styles": list(STEP_STYLES),
        "analyses": analysis_cards(),
    }


def analysis_cards() -> list[dict[str, Any]]:
    """What can be asked for besides derivatives, with the parameters of each."""
    return [
        {
            "name": one.name,
            "title": one.title,
            "summary": one.summary,
            "offers": list(one.offers),
            "nothing": one.nothing,
            "parameters": [_parameter_card(parameter) for parameter in one.parameters],
        }
        for one in analyses().values()
    ]


def _parameter_card(one: Parameter) -> dict[str, Any]:
    shown = {"name": one.name, "kind": one.kind, "title": one.title, "help": one.help, "default": one.default}
    return {**shown, "choices": list(one.choices), "meant": one.meant, "required": one.required}
