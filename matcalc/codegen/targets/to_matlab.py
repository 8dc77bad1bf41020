"""Code for MATLAB and Octave: a file with the function that it is named after, and what that calls
behind it."""

from __future__ import annotations

import unicodedata
from collections.abc import Mapping, Sequence
from string import ascii_letters
from types import MappingProxyType
from typing import Any

from matcalc.base.functions import computable
from matcalc.base.shapes import axes_of
from matcalc.codegen.emission import without_unused
from matcalc.codegen.operations import Op
from matcalc.codegen.requests import Comparison, File, Function, Trial
from matcalc.codegen.targets.column_major import ColumnMajor, joined, rows_of
from matcalc.codegen.targets.matlab_helpers import HELPERS
from matcalc.codegen.targets.target import STEPS, TIMES, Step, Target, Text, Writer

_WORDS = """
conj real imag angle
break case catch classdef continue do else elseif end endfor endfunction endif endwhile for
function global if otherwise parfor persistent return spmd switch try until unwind_protect while
abs acos adj all any arrayfun asin assert atan cell cellfun chol cosh cos cumprod det diag double
eig erf error exp expm expm1 eye false feval find fprintf inf inv isempty isfinite ischar isequal
funm isvector kron log log1p logm lu max min mod nan nargin ndims norm numel ones permute pi pinv prod
qr repmat reshape round sign sin sinh size sort sqrt sqrtm strcmp strrep strsplit struct sum svd tan
tanh trace tril triu true unique varargin zeros ismember cell2mat num2cell
acosh asinh atan2 atanh conv cross erfc fliplr flipud gamma gammaln hankel imag nthroot psi real
circshift sylvester times toeplitz
"""

_TIES = {
    "symmetric": "(move + move.')/2",
    "cookbook": "max(move, move.')",
    "antisymmetric": "(move - move.')/2",
    "diagonal": "move .* eye(size(move, 1))",
    "lower": "tril(move)",
    "upper": "triu(move)",
}

_FORMS = {
    "value": "{differences}(:)",
    "along": "{differences}*point.{along}(:)",
    "flat": "{differences}(:)",
    "array": "reshape({differences}, size(point.{array}))",
    "matrix": "reshape({differences}, [], {columns})",
}


class _MATLAB(ColumnMajor):
    """Matrices throughout; a sum and an entrywise product repeat what has one row or column."""

    name = "matlab"
    prefix, suffix, dots = "", "_", ""
    listed = "{{{}}}"
    beside = ", "
    at_point = "point.{}"
    sine = "@(t) sin(t + {}*pi/2)"
    forms = MappingProxyType(_FORMS)
    helpers = MappingProxyType(HELPERS)
    functions: Mapping[str, str] = MappingProxyType({"log1p": "log1p(t)", "expm1": "expm1(t)"})
    calls: Mapping[str, Text] = MappingProxyType(
        {
            **ColumnMajor.calls,
            "diagonal_matrix": Text("diag({0})"),
            "trace": Text("trace({0})"),
            "cholesky": Text("chol({0}, 'lower')"),
            "cholesky_solve": Text("{step.helper}({codes})"),
            "cholesky_logdet": Text("sum(2*log(diag({0})))"),
            "eye": Text("eye({step.size})"),
            "unit": Text("double((1:{step.size}).' == {step.place})"),
        }
    )
    reserved = frozenset(_WORDS.split())

    # ------------------------------------------------------------ names and sizes

    def identifier(self, name: str) -> str:
        """ASCII letters, digits and underscores, a letter first."""
        plain = "".join([one if one.isascii() else _spelled(one) for one in super().identifier(name)])
        return (plain if plain[0].isalpha() else f"x{plain}")[:50]

    def root(self, length: str, divisor: str, power: int) -> str:
        """A size from the length of an axis that is made of it."""
        length = f"{length}/{divisor}" if divisor else length
        return length if power == 1 else f"round(({length})^(1/{power}))"

    # ------------------------------------------------------------ operations

    def turned(self, text: Text) -> Text:
        """The transpose, without conjugation."""
        return Text(f"{text:unary}.'")

    def reshaped(self, code: str, lengths: Sequence[str]) -> Text:
        """Other axes: at least two, the second of one entry."""
        if len(lengths) > 1:
            return Text(f"reshape({code}, [{', '.join(lengths)}])")
        return Text(f"{code}(:)" if code.isidentifier() else f"reshape({code}, [], 1)") if lengths else Text(code, TIMES)

    def permutation(self, code: str, axes: Sequence[int]) -> str:
        """Axes in another order."""
        return f"permute({code}, [{', '.join(map(str, axes))}])"

    def entrywise(self, function: str, step: Step) -> Text:
        """Functions take arrays."""
        return Text(f"{function}({', '.join(self.lifted(step).codes)})")

    def _map(self, step: Step) -> Text:
        self.refuse_lists(step)
        return super()._map(step)

    def filled(self, function: str, step: Step) -> str:
        """A vector is a column."""
        return f"{function}({', '.join([*step.sizes, '1'][: max(2, step.op.order)])})"

    def eye(self, step: Step) -> str:
        return f"eye({step.size})"

    def _column(self, step: Step) -> Text:
        return step.first

    def _pick(self, step: Step) -> Text:
        places = [":" if place is None else step.writer.size(place) for place in step.op.data]
        return self._straight(self.sliced(step.first, places), step)

    def sliced(self, array: Text, runs: Sequence[str]) -> Text:
        """Only what has a name takes subscripts."""
        if array.code.isidentifier():
            return Text(f"{array.code}({', '.join(runs)})")
        subscripts = ", ".join(["':'" if run == ":" else run for run in runs])
        return Text(f"subsref({array.code}, struct('type', '()', 'subs', {{{{{subscripts}}}}}))")

    def _straight(self, part: Text, step: Step) -> Text:
        """A part of an array without the axes of one entry that are left of those picked from."""
        if step.op.data == (None,) * (step.op.order) + step.op.data[step.op.order :]:
            return part
        if step.op.order == 1 and len(step.op.data) == 2:
            return self.turned(part)
        return self.reshaped(part.code, step.sizes)

    def total(self, text: Text, step: Step) -> Text:
        """Sums of sums, as one has only the columns' sums."""
        order = step.op.operands[0].order
        return Text(f"{'sum(' * order}{text.code}{')' * order}")

    def _sum(self, step: Step) -> Text:
        kind, order, axis = step.op.kind, step.op.operands[0].order, step.op.data
        if axis is None:
            return Text(f"{f'{kind}(' * order}{step.first}{')' * order}")
        code = Text(f"{kind}({step.first}, {'[], ' if kind == 'max' else ''}{axis + 1})")
        return self.turned(code) if axis == 0 else code

    _max = _sum

    def contraction(self, step: Step) -> Text:
        """By a helper, with letters for labels."""
        indices, output = step.op.data
        names = ["".join([ascii_letters[label] for label in part]) for part in (*indices, output)]
        return Text(f"{step.writer.helper('einsum')}('{','.join(names[:-1])}->{names[-1]}', {', '.join(step.codes)})")

    def _cholesky_inverse(self, step: Step) -> Text:
        return Text(f"{step.writer.helper('cholesky_solve')}({step.first.code}, eye({step.size}))")

    def anonymous(self, parameters: Sequence[str], code: str) -> str:
        """A function handle."""
        return f"@({', '.join(parameters)}) {code}"

    # ------------------------------------------------------------ files

    def returned(self, op: Op, text: Text, writer: Writer, *, row: bool) -> str:
        """The value; a row vector is a row."""
        return self.turned(text).code if row and op.order == 1 else text.code

    def elementwise_source(self, name: str) -> str:
        """A function of an array."""
        return (
            f"function r = {self.helper_name(name)}({', '.join(computable()[name].parameters)})\n    r = {self._code(name)};\nend"
        )

    def file(self, file: File) -> str:
        """The function, what it calls, and the self check."""
        function = file.function
        name = f"matcalc_{function.name}"
        said = ["Generated by matcalc for MATLAB and Octave.", *([""] if file.lines else []), *file.lines, ""]
        checked = "" if file.trial is None else f" {name}('check') compares the results with finite differences."
        said.append(f"Vectors are columns.{checked}")
        parts = [_function(function, name, [f"% {line}".rstrip() for line in said], checks=file.trial is not None)]
        for one in file.applications:
            head = f"function result = {one.name}({', '.join([*one.bound, one.argument])})"
            parts.append("\n".join([head, joined([*(f"{line};" for line in one.statements), f"result = {one.result};"]), "end"]))
        parts += file.helpers.values()
        if isinstance(file.trial, Trial):
            parts += self._check(file.trial, function, name)
        elif file.trial is not None:
            parts.append(f"function check_()\n    fprintf('{file.trial}\\n');\nend")
        return "\n\n\n".join(parts) + "\n"

    def _check(self, trial: Trial, function: Function, name: str) -> list[str]:
        lines = ["% Compares the results with central differences at a point."]
        lines += [f"point.{spelled} = {_array(array)};" for spelled, array in trial.values.items()]
        lines.append(f"value = @(point) varied_({self.arguments(trial.value, trial)});")
        results = [f"result{place}" for place in range(1, len(trial.comparisons) + 1)]
        left = results[0] if len(results) == 1 else f"[{', '.join(results)}]"
        lines.append(f"{left} = {name}({self.arguments(function, trial)});")
        for result, comparison in zip(results, trial.comparisons, strict=True):
            lines += self._compared(result, comparison, trial)
        tie = "        if strcmp(names{{end}}, '{}')\n            move = {};\n        end\n"
        ties = "".join([tie.format(one, _TIES[kind]) for one, kind in trial.ties])
        return [
            f"function check_()\n{joined(lines)}\nend",
            _function(trial.value, "varied_", [], checks=False),
            self.helpers["differences"].strip("\n").replace("%TIES%", ties),
        ]

    def _compared(self, result: str, comparison: Comparison, trial: Trial) -> list[str]:
        """The statements that compare one result."""
        step, tolerance = STEPS[len(comparison.wrt)]
        names = ", ".join([repr(name) for name in comparison.wrt])
        turned = ".'" if comparison.turned and comparison.form in ("array", "matrix") else ""
        lines = [f"expected = differences_(value, point, {{{names}}}, {step});"]
        if comparison.form != "rows":
            lines.append(f"expected = {self.laid_out(comparison, trial, 'expected')}{turned};")
        argument = "" if comparison.argument is None else f"(point.{comparison.argument})"
        return [*lines, f"compare_('{comparison.key}', {result}{argument}, expected, {tolerance});"]


def _function(function: Function, name: str, said: Sequence[str], *, checks: bool) -> str:
    """The definition: vectors made columns, then the statements, then the results under names that
    no parameter has."""
    parameters = function.parameters
    results = {key: given if given not in parameters else f"{given}_out" for key, given in function.names.items()}
    found = [
        *function.statements,
        *(f"{results[key]} = {code}" for key, code in function.results.items() if results[key] != code),
    ]
    lines = [f"{line};" for line in without_unused(found, results.values())]
    lines = [*(f"{given} = {given}(:);" for given, symbol in function.symbols.items() if len(axes_of(symbol.shape)) == 1), *lines]
    if checks:
        asked = f"nargin == 1 && ischar({parameters[0] if parameters else 'varargin{1}'})"
        lines = [f"if {asked}", "    check_();", "    return", "end", *lines]
    outputs = next(iter(results.values())) if len(results) == 1 else f"[{', '.join(results.values())}]"
    head = f"function {outputs} = {name}({', '.join(parameters) or 'varargin'})"
    return "\n".join([head, *said, joined(lines), "end"])


def _array(array: Any) -> str:
    """An array of numbers, written out."""
    if not array.ndim:
        return repr(float(array))
    if array.ndim > 2:
        return f"reshape([{', '.join([repr(float(entry)) for entry in array.ravel(order='F')])}], [{', '.join(map(str, array.shape))}])"
    return f"[{'; '.join([', '.join(row) for row in rows_of(array)])}]"


def _spelled(letter: str) -> str:
    """A letter that is not ASCII, by the last word of its name."""
    return unicodedata.name(letter, f"u{ord(letter):x}").rpartition(" ")[2].lower().replace("-", "_")


TARGET: Target = _MATLAB()
