"""What can be asked of a formula besides its derivatives, as the doors offer it: the calls of
``rules/analyses.toml``, their parameters, and their results in parts that can be shown anywhere."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from functools import cache
from importlib import import_module
from types import MappingProxyType
from typing import Any, Literal, Protocol, TypeAlias

from matcalc.base.errors import MatcalcError
from matcalc.base.files import stored_table
from matcalc.base.functions import typesetting
from matcalc.base.records import record
from matcalc.language.text.spelling import bracket_depths, canonical_name, is_name
from matcalc.objects.parsed import Reading
from matcalc.printing.names import latex_name, unicode_name

ParameterKind: TypeAlias = Literal["name", "names", "number", "choice", "text", "texts", "list"]
SPLIT: frozenset[ParameterKind] = frozenset(["names", "texts", "list"])
"""Kinds of parameters that may have several values."""
_NONE: Mapping[str, Any] = MappingProxyType({})


class AnalysisResult(Protocol):
    """What the doors ask of a result: ``text`` says all of it."""

    @property
    def declarations(self) -> Mapping[str, str]: ...
    @property
    def conditions(self) -> Sequence[str]: ...
    @property
    def notes(self) -> Sequence[str]: ...
    @property
    def warnings(self) -> Sequence[str]: ...
    @property
    def reading(self) -> Reading: ...
    def latex(self) -> str: ...
    def to_dict(self) -> dict[str, Any]: ...


@record
class Parameter:
    """An argument of a call: ``words`` stand before it in a sentence. Where one that is ``meant`` is left
    out, the one symbol that can be meant is taken; an ``ordinal`` may stand before the noun."""

    name: str
    kind: ParameterKind
    title: str
    help: str
    words: tuple[str, ...] = ()
    choices: tuple[str, ...] = ()
    default: Any = None
    meant: bool = False
    ordinal: bool = False
    required: bool = False

    def value(self, written: str | Sequence[str]) -> Any:
        """What the call is given for what is written. Raises MatcalcError for what is of another
        kind."""
        match self.kind:
            case "name":
                return _name(str(written), self.name)
            case "names":
                names = [_name(one, self.name) for one in _listed(written)]
                return names[0] if len(names) == 1 else names
            case "number" if str(written).strip().isdecimal():
                return int(str(written))
            case "number":
                raise MatcalcError(f"the {self.title.lower()} is {written}", expected="a whole number")
            case "choice":
                return self._choice(str(written).strip())
            case "texts":
                return _listed(written)
            case "list":
                return "; ".join(_listed(written))
            case "text":
                return str(written).strip()

    def _choice(self, written: str) -> str:
        plain = {choice.replace("-", " "): choice for choice in self.choices}
        found = plain.get(" ".join(written.lower().replace("-", " ").split()))
        if found is None:
            raise MatcalcError(f"there is no {self.title.lower()} {written}", expected=", ".join(self.choices))
        return found


@record
class Phrase:
    """Words that ask for an analysis, what they say of its parameters, and the parameter that has to
    be told beside them."""

    words: tuple[str, ...]
    sets: Mapping[str, Any]
    needs: str = ""


@record
class Analysis:
    """A call, with its parameters and what it offers: ``formula`` where the result is an expression,
    ``steps``. ``fields`` are those of its dictionary beside the usual ones, with what they are, ``shows`` its
    attributes beside the text, with titles."""

    name: str
    title: str
    call: str
    usage: str
    purpose: str
    summary: str
    phrases: tuple[Phrase, ...]
    parameters: tuple[Parameter, ...]
    offers: tuple[str, ...] = ()
    fields: Mapping[str, str] = _NONE
    shows: tuple[tuple[str, str], ...] = ()
    fixed: Mapping[str, Any] = _NONE
    nothing: str = ""
    """What is said where there are no steps."""

    def parameter(self, name: str) -> Parameter | None:
        """The parameter of this name."""
        return next((one for one in self.parameters if one.name == name), None)

    @property
    def meant(self) -> Parameter | None:
        """The parameter that stands for the one symbol that can be meant."""
        return next((one for one in self.parameters if one.meant), None)

    def made(self, expression: str, values: Mapping[str, Any], **reading: Any) -> Any:
        """The result for an expression; values of None are left to the call."""
        module, _, function = self.call.partition(":")
        given = {name: value for name, value in values.items() if value is not None}
        return getattr(import_module(module), function)(expression, **self.fixed, **given, **reading)

    def parts(self, result: AnalysisResult) -> list[dict[str, Any]]:
        """What the result shows beside its text: a title, and ``unicode``, ``latex`` or a ``value`` in
        numbers."""
        found: list[dict[str, Any]] = []
        for attribute, title in self.shows:
            found += [{"title": title, **shown} for shown in _shown(getattr(result, attribute, None))]
        return found


def text_of(result: Any, style: str) -> str:
    """A result as text."""
    return str(result.text(style))


def steps_of(result: Any) -> list[dict[str, Any]]:
    """The way to a result, ready for JSON."""
    return [dict(step) if isinstance(step, Mapping) else step.to_dict() for step in result.steps]


def typeset_forms(result: Any) -> dict[str, str]:
    """A result in the notations that are typeset, as far as it has them."""
    if hasattr(result, "typeset"):
        return {name: result.typeset(name) for name in typesetting()}
    return {"latex": result.latex()}


def _shown(value: Any, name: str = "") -> Iterator[dict[str, Any]]:
    """A value in forms that can be shown: an expression, a text, numbers, or several of these."""
    left = f"{unicode_name(name)} = " if name else ""
    if value is None or isinstance(value, str | list | tuple | Mapping) and not value:
        return
    if isinstance(value, Mapping):
        for key, one in value.items():
            yield from _shown(one, str(key))
    elif isinstance(value, list | tuple) and not _is_numbers(value):
        for one in value:
            yield from _shown(one, name)
    elif hasattr(value, "latex") and hasattr(value, "text"):
        before = f"{latex_name(name)} = " if name else ""
        yield {"unicode": left + value.text("unicode"), "latex": before + value.latex()}
    elif isinstance(value, bool | str):
        yield {"unicode": left + (value if isinstance(value, str) else "yes" if value else "no")}
    else:
        plain = value.tolist() if hasattr(value, "tolist") else value
        yield {"unicode": f"{left}{plain}", "value": plain, **({"name": name} if name else {})}


def _is_numbers(value: Sequence[Any]) -> bool:
    return all(isinstance(one, int | float) or (isinstance(one, list | tuple) and _is_numbers(one)) for one in value)


def _name(written: str, what: str) -> str:
    name = written.strip().strip("$").strip()
    if not is_name(name):
        raise MatcalcError(f"{written.strip()} is not the name of a symbol", expected=f"one name, as {what}")
    return canonical_name(name)


def _listed(written: str | Sequence[str]) -> list[str]:
    """The parts of a text between commas, semicolons or "and" outside brackets."""
    if not isinstance(written, str):
        return [part for one in written for part in _listed(one)]
    start, found, depth = 0, list[str](), bracket_depths(written)
    for place, character in enumerate(written):
        ends = 1 if character in ",;" else 5 if written.startswith(" and ", place) else 0
        if depth[place] == 0 and ends:
            found.append(written[start:place])
            start = place + ends
    return [part.strip() for part in [*found, written[start:]] if part.strip()]


# ---------------------------------------------------------------- the table


@cache
def analyses() -> dict[str, Analysis]:
    """Every analysis by its name, in the order of the table."""
    table = stored_table("analyses")
    return {row["name"]: _analysis(row, table["parameters"]) for row in table["analysis"]}


@cache
def unread_words() -> tuple[str, ...]:
    """Words behind a formula that no analysis understands."""
    return _words(stored_table("analyses")["unread"]["words"])


def _analysis(row: Mapping[str, Any], shared: Mapping[str, Any]) -> Analysis:
    phrases = [Phrase(_words(one["words"]), one.get("sets", {}), one.get("needs", "")) for one in row["phrases"]]
    parameters = [_parameter(name, {**shared.get(name, {}), **row.get(name, {})}) for name in row.get("parameters", ())]
    shows = tuple([(attribute, title) for attribute, title in row.get("shows", ())])
    kept = {name: row[name] for name in ("name", "title", "call", "usage", "purpose", "summary")}
    more = {name: row[name] for name in ("fields", "fixed", "nothing") if name in row}
    return Analysis(
        **kept, phrases=tuple(phrases), parameters=tuple(parameters), offers=tuple(row["offers"]), shows=shows, **more
    )


def _parameter(name: str, row: Mapping[str, Any]) -> Parameter:
    said = {key: value for key, value in row.items() if key not in ("words", "choices")}
    return Parameter(name, words=_words(row.get("words", "")), choices=tuple(row.get("choices", ())), **said)


def _words(written: str) -> tuple[str, ...]:
    return tuple([word.strip() for word in written.split(";") if word.strip()])
