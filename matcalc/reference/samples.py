"""What the derivation says of a function: its derivative, where it holds, how it is written in LaTeX and in NumPy."""

from __future__ import annotations

from functools import cache

from matcalc.api import derive, parse
from matcalc.errors import MatcalcError
from matcalc.functions import Function
from matcalc.records import record, replace
from matcalc.reference.language_rows import Row


@record
class Sample:
    """A function of the letters of its signature. ``of`` is what was differentiated where that is not the function itself."""

    call: str
    value: str
    derivative: str = ""
    of: str = ""
    conditions: tuple[str, ...] = ()
    latex: str = ""
    numpy: str = ""


@cache
def of_function(function: Function) -> Sample:
    """A function of the table, called with the names of its signature."""
    left, _, right = [part.strip() for part in function.signature.partition("->")]
    parts = [part.partition(":") for part in left.split(",")]
    names = [name.strip() for name, _, _ in parts]
    declare = "; ".join(f"{name.strip()}: {shape.strip() or 'scalar'}" for name, _, shape in parts)
    sample = _sample(f"{function.name}({', '.join(names)})", declare, names[0])
    value = f"{left} → {right}" if ":" in left else "each entry"
    numpy = function.numpy or _code(function.definition, declare)
    conditions = sample.conditions
    if function.kind == "elementwise":
        conditions = () if function.domain == "all" else (function.domain.replace("!=", "≠"),)
    latex = "" if "\\cdot" in function.latex else sample.latex
    return replace(sample, latex=latex, value=value, numpy=numpy, conditions=conditions)


@cache
def of_row(row: Row) -> Sample:
    """A function that is a row of ``rules/language.toml``, in its first spelling."""
    sample = _sample(row.written[0], row.declare, row.by)
    numpy = row.numpy[0] if row.numpy else _code(row.written[0], row.declare)
    return replace(sample, value=row.declare, numpy=numpy, latex=row.latex[0] if row.latex else sample.latex)


def _sample(call: str, declare: str, by: str) -> Sample:
    """Of a value with so many axes that its derivative has more than two, the differential says more than the derivative; where a matrix
    function has no derivative in closed form, that of its trace may have one."""
    read = parse(call, declare)
    latex = read.latex()
    for of in (call, f"tr({call})") if len(read.shape) == 2 else (call,):
        try:
            found = derive(of, by, declare=declare)
            many = len(parse(of, declare).shape) + len(parse(by, declare).shape) > 2
            derivative = str(found.differential()) if many else str(found)
        except MatcalcError:
            continue
        return Sample(call, "", derivative, "" if of == call else of, found.conditions, latex)
    return Sample(call, "", latex=latex)


def _code(formula: str, declare: str) -> str:
    """What a NumPy function of the formula gives back, where it takes nothing but sizes before."""
    if not formula:
        return ""
    lines = parse(formula, declare).code("numpy").rstrip().splitlines()
    start = 1 + max(place for place, line in enumerate(lines) if line.startswith("def "))
    *before, last = [line.strip() for line in lines[start:]]
    return last.removeprefix("return ") if all(".shape[" in line for line in before) else ""
