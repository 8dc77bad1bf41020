"""What can be asked for, each operation with its fields, its result and what carries it out."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from contextlib import nullcontext
from functools import partial
from math import isfinite
from typing import Any, TypeAlias

from matcalc.base.budgets import beyond, budget, metered
from matcalc.base.errors import MatcalcError, internal_error
from matcalc.base.functions import code_targets, typesetting
from matcalc.base.layouts import LAYOUTS, SYMMETRIC
from matcalc.base.records import record, replace
from matcalc.entries import point_of
from matcalc.interface.analyses import Analysis, Parameter, analyses, steps_of, text_of, typeset_forms
from matcalc.interface.api import derive, gradient
from matcalc.interface.presentation import clear_choice, left_side, named_or_open, question
from matcalc.interface.product_calls import differential, hvp
from matcalc.interface.results import Derivation
from matcalc.language.decisions import DIALECTS
from matcalc.language.text.asked_in_words import require_order
from matcalc.objects.inputs import split_names
from matcalc.pictures import PICTURES, draw
from matcalc.printing.notations import STEP_STYLES
from matcalc.proofs.printed import proof_lines
from matcalc.reference.lookup import described
from matcalc.repl.alone import analysis_asked, asked, derivative_asked, in_words
from matcalc.service.listings import examples, function_cards, settings
from matcalc.service.read_back import reading_of
from matcalc.service.request_fields import SCHEMA_VERSION, Field, RequestError, checked_request, request_schema
from matcalc.verification.judgement import verify
from matcalc.verification.verdict import STATUSES

Values: TypeAlias = dict[str, Any]

_TEXT = Field("text", "text", "The formula, in any notation that matcalc reads.", required=True)
_DECLARE = Field("declare", "text", 'Kinds, sizes and facts, such as "A: n×n symmetric; x: n".')
_DIALECT = Field("dialect", "text", "What the text is written in.", choices=DIALECTS)
_STRICT = Field("strict", "flag", "Refuse a text of which the reading is doubtful.", default=False)
_READING = (_TEXT, _DECLARE, _DIALECT, _STRICT)
_CONVENTIONS = (
    Field("layout", "text", "Layout of derivatives.", choices=LAYOUTS, default="denominator"),
    Field("symmetric", "text", "Convention for a variable declared symmetric.", choices=SYMMETRIC, default="projected"),
)
_WRT = Field(
    "wrt",
    "text",
    'The name to differentiate by, or two as in "x, y"; may be left out where one alone can be meant.',
)
_DIRECTION = Field("direction", "text", "The name of the direction, of the shape of wrt; V where the text says none.")
_ORDER = Field(
    "order",
    "number",
    "First or second derivative; left out, it is what the text says, or the first.",
    choices=(1, 2),
)
_DERIVING = (*_READING, _WRT, _ORDER, *_CONVENTIONS)
_ALTERNATIVES = Field(
    "alternatives", "flag", "Look for other readings that fit, which takes longer than the reading itself.", default=True
)
_STYLE = Field(
    "style",
    "text",
    "Entry by entry, or by differentials.",
    choices=STEP_STYLES,
    default=STEP_STYLES[0],
)
_TARGET = Field(
    "target",
    "text",
    "The language of the program.",
    choices=(*code_targets(), "sympy"),
    default="numpy",
)
_PICTURE = Field("picture", "text", "What is drawn.", choices=PICTURES, default=PICTURES[0])
_ENTRIES = Field("entries", "text", "Sizes for the sparsity, as in n=4, m=3.")


@record
class Operation:
    """``summary`` says what it does, ``result`` what its result holds, as JSON Schema's
    properties."""

    name: str
    summary: str
    fields: tuple[Field, ...]
    result: Mapping[str, Any]
    run: Callable[[Values], Values]

    @property
    def request_schema(self) -> Values:
        """What is sent, in JSON Schema."""
        return request_schema(self.fields)

    @property
    def result_schema(self) -> Values:
        """What comes back under ``result``, in JSON Schema; more fields may come with time."""
        return {"type": "object", "properties": dict(self.result), "required": list(self.result)}


def answer(operation: str, request: object, *, seconds: float | None = None) -> Values:
    """The answer to a request, whatever it is: with ``ok`` and the ``result``, or with the
    ``error``.

    ``seconds`` bound the whole of it, all that is read, derived and decided; printing has a fifth
    of them on top, so that a verdict that used them up is told. Without them each derivation and
    verdict within has its own budget.
    """
    found = OPERATIONS.get(operation) if isinstance(operation, str) else None
    name = None if found is None else found.name
    try:
        if found is None:
            raise RequestError("there is no such operation", expected=", ".join(OPERATIONS))
        values = checked_request(request, found.fields)
        with budget(seconds), nullcontext() if seconds is None else metered(seconds):
            return {**_head(name), "ok": True, "result": _plain(found.run(values))}
    except MatcalcError as error:
        return failure(name, error)
    except Exception as error:
        return failure(name, InternalError(internal_error(error)))


class InternalError(MatcalcError):
    """A fault of this package's own."""


def failure(operation: str | None, error: MatcalcError) -> Values:
    """An error as the answer to a request."""
    said = {
        "kind": type(error).__name__,
        "message": error.message,
        "expected": error.expected,
        "suggestion": error.suggestion,
        "span": None if error.span is None or error.text is None else list(error.span),
        "source": error.text,
        "text": str(error),
    }
    return {**_head(operation), "ok": False, "error": said}


def _head(operation: str | None) -> Values:
    return {"schema": SCHEMA_VERSION, "operation": operation}


def _plain(value: Any) -> Any:
    """The value with numbers that JSON has: infinity and what is no number become words."""
    if isinstance(value, Mapping):
        return {name: _plain(part) for name, part in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(part) for part in value]
    if isinstance(value, float) and not isfinite(value):
        return str(value)
    return value


# ---------------------------------------------------------------- derivatives


def _taken(values: Values, *fields: Field) -> Values:
    return {field.name: values[field.name] for field in fields}


def _reading(values: Values) -> Values:
    return _taken(values, *_READING[1:])


def _derivation(values: Values) -> Derivation:
    """The derivative that is asked for, by the words of the text where no name is given."""
    text, named = values["text"], values["wrt"]
    order = values["order"] or 1
    verb, formula = asked(text)
    if named is None or in_words(formula) or verb == "hessian":
        words = derivative_asked(text, order)
        if words.along:
            raise RequestError(
                f"the text asks for a derivative along {words.along[0]}", suggestion="the operation hvp, of a second derivative"
            )
        text, order = words.formula, words.order
        named = ",".join(words.by([] if named is None else split_names(named))) or _said(text, values)
    wrt: Any = None if named is None else _names(named)
    found = derive(text, wrt, order=order, **_reading(values), **_taken(values, *_CONVENTIONS))
    if values["order"] in (None, found.order):
        return found
    said = f"the text asks for derivative number {found.order}: the order {values['order']} beside it is not taken"
    return replace(found, notes=(*found.notes, said))


def _names(named: str) -> str | list[str]:
    found = split_names(named)
    if not found:
        raise RequestError("wrt is empty", expected=_WRT.words)
    return found[0] if len(found) == 1 else found


def _said(text: str, values: Values) -> str | None:
    """The name by which a text is to be differentiated; None where it says so itself. Raises
    MatcalcError where there is a choice."""
    said, found = named_or_open(text, **_reading(values))
    if said:
        return None
    name = clear_choice(found)
    if name is None:
        raise question(found, [f'"wrt": "{one}"' for one in found])
    return name


def _derive(values: Values) -> Values:
    return _written(_derivation(values))


def _hvp(values: Values) -> Values:
    words = derivative_asked(values["text"], 0)
    require_order(words.order, 2)
    named = words.by([] if values["wrt"] is None else split_names(values["wrt"])) or [_said(words.formula, values) or ""]
    given = [values["direction"]] if values["direction"] is not None else list(words.along)
    if len({*given, *words.along}) > 1:
        raise RequestError(f"the text says {', '.join(words.along)}, and direction is {given[0]}", expected="one direction")
    wrt, direction = _names(",".join(name for name in named if name)), given[0] if given else "V"
    return _written(hvp(words.formula, wrt, direction, **_reading(values), **_taken(values, *_CONVENTIONS)))


def _written(found: Derivation) -> Values:
    """A derivative in all its forms."""
    with beyond():
        said = found.to_dict()
        forms = {name: said.get(name) or found.typeset(name) for name in typesetting()}
        equation = {
            "unicode": f"{left_side(found, 'unicode')} = {said['unicode']}",
            **{name: f"{found.typeset_left(name)} = {right}" for name, right in forms.items()},
        }
        return {**said, **forms, "equation": equation, "warnings": list(found.warnings)}


def _gradient(values: Values) -> Values:
    found = gradient(values["text"], values["wrt"], **_reading(values), **_taken(values, *_CONVENTIONS))
    with beyond():
        return {**found.to_dict(), "unicode": str(found), "latex": found.latex()}


def _differential(values: Values) -> Values:
    text = values["text"]
    named = values["wrt"] or _said(text, values)
    names = None if named is None else split_names(named)
    found = differential(text, names, **_reading(values))
    with beyond():
        return {**found.to_dict()}


def _steps(values: Values) -> Values:
    found = _derivation(values)
    style = values["style"]
    steps = [step.to_dict() for step in found.derivation_steps(style)]
    return {"steps": steps, **{form: found.steps_text(form, style) for form in ("unicode", "latex", "markdown", "html")}}


def _code(values: Values) -> Values:
    return {"target": values["target"], "code": _derivation(values).code(values["target"])}


def _draw(values: Values) -> Values:
    entries = None if values["entries"] is None else point_of(values["entries"])
    named, text = values["wrt"], values["text"]
    if named is None and values["picture"] == "sparsity":
        named = _said(text, values)
    wrt = None if named is None else _names(named)
    chosen = {**_reading(values), **_taken(values, _ORDER, *_CONVENTIONS, _PICTURE), "entries": entries}
    found = draw(text, wrt, **chosen)
    return {"svg": found.svg, "title": found.title, "alt": found.alt}


def _analyse(analysis: Analysis, values: Values) -> Values:
    """The result of an analysis in all its forms, with its steps, and a program where one is asked
    for."""
    reading = _reading(values)
    asked = analysis_asked(analysis, values["text"])
    given = dict(asked.values)
    for parameter in analysis.parameters:
        _take(parameter, values[parameter.name], given)
    meant = analysis.meant
    if meant is not None and meant.name not in given:
        given[meant.name] = _said(asked.expression, values) or ""
    found: Any = analysis.made(asked.expression, given, **reading)
    with beyond():
        forms = {"unicode": text_of(found, "unicode"), "ascii": text_of(found, "ascii"), **typeset_forms(found)}
        rests = {"conditions": list(found.conditions), "notes": list(found.notes), "warnings": list(found.warnings)}
        code = found.code(values["target"]) if values.get("target") else None
        return {
            "declarations": dict(found.declarations),
            "reading": found.reading.to_dict(),
            **found.to_dict(),
            **forms,
            **rests,
            "parts": analysis.parts(found),
            "steps": steps_of(found) if "steps" in analysis.offers else [],
            **({} if code is None else {"code": code}),
        }


def _take(parameter: Parameter, given: Any, values: Values) -> None:
    """Puts what a field says among the values that the text says. Raises RequestError where both say
    something, and not the same."""
    if given is None:
        return
    value = parameter.value(given)
    if values.setdefault(parameter.name, value) != value:
        raise RequestError(
            f"the text says the {parameter.name} {values[parameter.name]}, and the field {given}", expected="one of the two"
        )


def _verify(values: Values) -> Values:
    verdict = verify(values["text"], **_reading(values), **_taken(values, *_CONVENTIONS))
    proof = verdict.proof if values["proof"] and verdict.ok else None
    with beyond():
        return {
            **verdict.to_dict(),
            "unicode": verdict.explain(),
            "correction_latex": None if verdict.correction is None else verdict.correction.latex(),
            "proof": None if proof is None else proof_lines(proof, "unicode"),
        }


def _read(values: Values) -> Values:
    return reading_of(values["text"], _reading(values), others=values["alternatives"])


def _help(values: Values) -> Values:
    return {"name": values["name"], "text": described(values["name"])}


# ---------------------------------------------------------------- the table

_STRING = {"type": "string"}
_STRINGS = {"type": "array", "items": _STRING}
_MAYBE = {"type": ["string", "null"]}
_FLAG = {"type": "boolean"}
_DECLARATIONS = {"type": "object", "additionalProperties": _STRING}
_OBJECT = {"type": "object"}
_OBJECTS = {"type": "array", "items": _OBJECT}
_RESTS = {"declarations": _DECLARATIONS, "conditions": _STRINGS, "notes": _STRINGS, "reading": _OBJECT}
_STATUS = {"enum": list(STATUSES)}
_DERIVED = {
    "expression": _STRING,
    "wrt": _STRINGS,
    "closed": _FLAG,
    "shape": {"type": "array", "items": {"type": ["string", "integer"]}},
    "unicode": _STRING,
    "ascii": _STRING,
    "latex": _STRING,
    "typst": _STRING,
    "index": _STRING,
    "equation": _DECLARATIONS,
    "warnings": _STRINGS,
    **_RESTS,
}

_JSON: Mapping[str, Values] = {
    "text": _STRING,
    "texts": _STRINGS,
    "number": {"type": "number"},
    "flag": _FLAG,
    "record": _OBJECT,
    "records": _OBJECTS,
    "maybe": {},
}
"""What the fields of results are, by the words of ``rules/analyses.toml``."""
_FIELD_TYPES: Mapping[str, Any] = {"number": "number", "texts": "names"}


def _operation(analysis: Analysis) -> Operation:
    """An analysis as an operation."""
    is_formula = "formula" in analysis.offers
    code = [replace(_TARGET, words="With it comes a program for the result.", default=None)] if is_formula else []
    fields = [
        Field(one.name, _FIELD_TYPES.get(one.kind, "text"), one.help, one.choices, one.required) for one in analysis.parameters
    ]
    forms = {"unicode": _STRING, "ascii": _STRING, "latex": _STRING, **({"typst": _STRING} if is_formula else {})}
    parts = {"parts": _OBJECTS, "steps": _OBJECTS, "warnings": _STRINGS}
    more = {name: _JSON[kind] for name, kind in analysis.fields.items()}
    result = {"expression": _STRING, **forms, **more, **parts, **_RESTS}
    offered = (*_READING, *fields, *code)
    return Operation(analysis.name, analysis.summary, offered, result, partial(_analyse, analysis))


_ALL = (
    Operation(
        "read",
        "How a formula or a statement is read: its symbols, what is doubtful, and what it asks for.",
        (*_READING, _ALTERNATIVES),
        {
            "operation": _STRING,
            "formula": _STRING,
            "echo": _STRING,
            "latex": _STRING,
            "symbols": _OBJECTS,
            "variables": _STRINGS,
            "wrt": _STRINGS,
            "says_itself": _FLAG,
            "warnings": _STRINGS,
            "decisions": _OBJECTS,
            "alternatives": _OBJECTS,
            "parameters": _OBJECT,
        },
        _read,
    ),
    Operation(
        "derive",
        "The derivative of a formula by a symbol, or its second derivative, in closed matrix form.",
        _DERIVING,
        _DERIVED,
        _derive,
    ),
    Operation(
        "hvp",
        "The Hessian of a scalar along a direction, which is never formed, in closed matrix form.",
        (*_READING, _WRT, _DIRECTION, *_CONVENTIONS),
        _DERIVED,
        _hvp,
    ),
    Operation(
        "gradient",
        "Gradients of a scalar by several names, from one sweep, with the adjoints that they share.",
        (*_READING, replace(_WRT, type="names", words="The names to differentiate by.", required=True), *_CONVENTIONS),
        {"gradients": _DECLARATIONS, "adjoints": _DECLARATIONS, "unicode": _STRING, "latex": _STRING, **_RESTS},
        _gradient,
    ),
    Operation(
        "differential",
        "The differential of a formula: df = tr(G' dX), dY = A dX B.",
        (*_READING, _WRT),
        {"equation": _STRING, "unicode": _STRING, "ascii": _STRING, "latex": _STRING, **_RESTS},
        _differential,
    ),
    Operation(
        "steps",
        "The derivation step by step, each an equality with the rule that it rests on.",
        (*_DERIVING, _STYLE),
        {"steps": _OBJECTS, "unicode": _STRING, "latex": _STRING, "markdown": _STRING, "html": _STRING},
        _steps,
    ),
    Operation(
        "code",
        "A program that computes the derivative, and compares itself with finite differences when it is run.",
        (*_DERIVING, _TARGET),
        {"target": _STRING, "code": _STRING},
        _code,
    ),
    Operation(
        "draw",
        "A picture: the computational graph, the tensor network, or the sparsity of a Jacobian or Hessian.",
        (*_READING, _WRT, _ORDER, *_CONVENTIONS, _PICTURE, _ENTRIES),
        {"svg": _STRING, "title": _STRING, "alt": _STRING},
        _draw,
    ),
    *map(_operation, analyses().values()),
    Operation(
        "verify",
        "Whether an equation holds: proved, confirmed, conditional, or refuted with a counterexample and the right answer.",
        (*_READING, *_CONVENTIONS, Field("proof", "flag", "Give the lines of the proof, too.", default=False)),
        {
            "statement": _STRING,
            "status": _STATUS,
            "ok": _FLAG,
            "reason": _STRING,
            "counterexample": {"type": ["object", "null"]},
            "correction": _MAYBE,
            "correction_latex": _MAYBE,
            "condition_text": _MAYBE,
            "unicode": _STRING,
            "proof": {"type": ["array", "null"], "items": _STRING},
        },
        _verify,
    ),
    Operation(
        "help",
        "What there is to say about a function, a sign or a fact: its derivative, its spellings and its source.",
        (Field("name", "text", "The word.", required=True),),
        {"name": _STRING, "text": _STRING},
        _help,
    ),
    Operation("functions", "All functions.", (), {"functions": _OBJECTS}, lambda _: {"functions": function_cards()}),
    Operation("examples", "Formulas to begin with.", (), {"examples": _OBJECTS}, lambda _: {"examples": examples()}),
    Operation(
        "settings",
        "The choices that requests have: facts, layouts, languages of code.",
        (),
        {
            "version": _STRING,
            "kinds": _STRINGS,
            "facts": _OBJECTS,
            "targets": _OBJECTS,
            "layouts": _STRINGS,
            "analyses": _OBJECTS,
        },
        lambda _: {**settings(), "operations": list(OPERATIONS)},
    ),
)
OPERATIONS: Mapping[str, Operation] = {one.name: one for one in _ALL}
