"""Code for Julia: a file with a function, and a self check for when the file is run as a
program."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from types import MappingProxyType
from typing import Any

from matcalc.base.functions import computable
from matcalc.base.sizes import ONE
from matcalc.codegen.emission import is_view, without_unused
from matcalc.codegen.operations import Op
from matcalc.codegen.requests import Comparison, File, Function, Trial, identifier
from matcalc.codegen.targets.column_major import ColumnMajor, joined, rows_of
from matcalc.codegen.targets.target import LETTERS, STEPS, Step, Target, Text, Writer, is_constant

_WORDS = """
conj real imag angle im
abstract baremodule begin break catch const continue do else elseif end export false finally for
function global if import in isa let local macro module mutable nothing primitive quote return
struct true try type using where while CartesianIndex CartesianIndices Diagonal Dict Float64 I Int
Iterators LinearAlgebra Matrix Number Real Symmetric abs acos argmax asin atan axes cholesky
collect copy copysign cos cosh det diag diagm dims div eigen eigvals eigvecs eltype exp expm1 eye
fill first float inv isempty isfinite isinteger iszero kron last length log log1p logabsdet logdet
map qr sinc max maximum merge min minimum ndims norm normalize ntuple only ones opnorm permutedims pi pinv
prod real reduce reshape round sign sin sinh size sqrt stack sum svd svdvals tan tanh tr transpose
tril triu typeof vec zero zeros acosh asinh atanh cbrt cross dot eachindex ifelse lyap mod1 one
broadcast circshift promote_type sylvester view
"""

_HELPERS = {
    "on_diagonal": '''
"""Adds the block where axes with one number in places agree."""
function _on_diagonal(array, block, places)
    result = copy(array)
    for i in CartesianIndices(block)
        result[CartesianIndex(ntuple(axis -> i[places[axis]], length(places)))] += block[i]
    end
    return result
end
''',
    "kron_sum": '''
"""The sum of kron(left, right) over all pairs; rows of left and right, then columns of left and right are axes of their own."""
function _kron_sum(lefts, rights)
    total = reduce(hcat, map(vec, lefts))*transpose(reduce(hcat, map(vec, rights)))
    return permutedims(reshape(total, size(first(lefts))..., size(first(rights))...), (1, 3, 2, 4))
end
''',
    "each": '''
"""The function of the arrays along leading axes of these lengths."""
function _each(f, lengths, arrays...)
    places = CartesianIndices(Tuple(lengths))
    part(array, i) = array[i, ntuple(_ -> Colon(), ndims(array) - length(lengths))...]
    results = [f((part(array, i) for array in arrays)...) for i in places]
    first(results) isa Number && return results
    return [results[i][j] for i in places, j in CartesianIndices(first(results))]
end
''',
    "principal": '''
"""A function of a matrix; of a real one the value is real, and an imaginary part is rounding."""
function _principal(f, A)
    result = Matrix(f(Matrix(A)))
    return eltype(A) <: Real ? real(result) : result
end
''',
    "log_det": '''
"""log(det(A)): NaN where the determinant is negative."""
function _log_det(A)
    size, sign = logabsdet(A)
    return sign < 0 ? NaN : size
end
''',
    "softmax_along": """
function _softmax_along(X, dim)
    e = exp.(X .- maximum(X, dims=dim))
    return e ./ sum(e, dims=dim)
end
""",
    "logsumexp_along": """
function _logsumexp_along(X, dim)
    m = map(t -> isfinite(t) ? t : zero(t), maximum(X, dims=dim))
    return vec(m .+ log.(sum(exp.(X .- m), dims=dim)))
end
""",
    "signed": '''
"""The vector in the sign that makes the largest entry of the other one positive."""
_signed(v, guide) = v*sign(guide[argmax(abs.(guide))])
''',
    "resolvent": '''
"""The sum of v v'/(largest eigenvalue - eigenvalue) over the other eigenpairs of the symmetric part."""
function _resolvent(A)
    values, vectors = eigen(Symmetric((A + transpose(A))/2))
    others = vectors[:, 1:end-1]
    return others*Diagonal(1 ./ (values[end] .- values[1:end-1]))*transpose(others)
end
''',
    "low_resolvent": '''
"""The sum of u u'/(smallest singular value^2 - singular value^2) over the other left singular vectors, those of 0 among them."""
function _low_resolvent(A)
    basis, values, _ = svd(A, full=true)
    low, others = values[end], values[1:end-1]
    weights = [1 ./ ((low .- others) .* (low .+ others)); 0; fill(1/low^2, size(basis, 1) - length(values))]
    return basis*Diagonal(weights)*transpose(basis)
end
''',
    "singular_resolvent": '''
"""The sum of u u'/(largest singular value^2 - singular value^2) over the other singular vectors, those of 0 among them."""
function _singular_resolvent(basis, values)
    others = values[2:end]
    weights = [-1; others .^ 2 ./ ((values[1] .- others) .* (values[1] .+ others))]
    return (I + basis*Diagonal(weights)*transpose(basis))/values[1]^2
end
''',
    "leftresolvent": """
function _leftresolvent(A)
    U, values, _ = svd(A)
    return _singular_resolvent(U, values)
end
""",
    "rightresolvent": """
function _rightresolvent(A)
    _, values, V = svd(A)
    return _singular_resolvent(V, values)
end
""",
    "frechet": '''
"""The derivative at A in each direction in turn: a block of the function of a matrix of blocks."""
function _frechet(f, A, directions...)
    n, blocks = size(A, 1), A
    for E in directions
        along = kron(Matrix(1.0I, size(blocks) .÷ n), E)
        blocks = [blocks along; zero(blocks) blocks]
    end
    return _principal(f, blocks)[1:n, end-n+1:end]
end
''',
    "kronfrechet": '''
"""The matrix that takes vec(E) to the vec of the derivative in the directions and in E."""
function _kronfrechet(f, A, directions...)
    units = eachcol(Matrix(1.0I, length(A), length(A)))
    return reduce(hcat, [vec(_frechet(f, A, directions..., reshape(unit, size(A)))) for unit in units])
end
''',
}

_DIFFERENCES = '''
"""Central differences: a row for each entry of the value and of all variables but the last, a column for each entry of that."""
function differences(point, names, step)
    isempty(names) && return vec(collect(varied(point)))
    base = point[last(names)]
    columns = map(1:length(base)) do k
        move = zeros(size(base))
        move[k] = step
{ties}        ends = [differences(merge(point, Dict(last(names) => base .+ sign*move)), names[1:end-1], step) for sign in (1, -1)]
        vec(ends[1] - ends[2])/(2*step)
    end
    return reduce(hcat, columns)
end

function compare(name, found, expected, tolerance)
    @assert length(found) == length(expected) "$name has $(length(found)) entries, not $(length(expected))"
    if ndims(found) == 2 && ndims(expected) == 2
        @assert size(found) == size(expected) "$name is $(size(found)), not $(size(expected))"
    end
    off = maximum(abs.(vec(collect(found)) .- vec(expected)))/max(1, maximum(abs.(expected)))
    @assert off < tolerance "$name is wrong: relative error $off"
    println("$name: agrees with finite differences to $off")
end
'''

_TIES = {
    "symmetric": "(move + transpose(move))/2",
    "cookbook": "max.(move, transpose(move))",
    "antisymmetric": "(move - transpose(move))/2",
    "diagonal": "Matrix(Diagonal(move))",
    "lower": "tril(move)",
    "upper": "triu(move)",
}


_FORMS = {
    "value": "vec(collect(varied(point)))",
    "along": "{differences}*vec(collect(point[:{along}]))",
    "flat": "vec({differences})",
    "array": "reshape({differences}, size(point[:{array}]))",
    "matrix": "reshape({differences}, :, {columns})",
    "rows": "{differences}",
}


class _Julia(ColumnMajor):
    """Vectors have one axis; a dot makes an operation go entry by entry and repeat what has one row
    or column."""

    name = "julia"
    dots = "."
    at_point = "point[:{}]"
    sine = "(t -> sin(t + {}*pi/2))"
    forms = MappingProxyType(_FORMS)
    helpers = MappingProxyType(_HELPERS)
    functions: Mapping[str, str] = MappingProxyType(
        {
            "log1p": "log1p(t)", "expm1": "expm1(t)", "finite": "isfinite(t) ? t : zero(t)", "norm2": "norm(x)", "norm_p": "norm(x, p)",
            "normalised": "normalize(x)",
        }
    )  # fmt: skip
    calls: Mapping[str, Text] = MappingProxyType(
        {
            **ColumnMajor.calls,
            "diagonal_matrix": Text("diagm({0})"),
            "trace": Text("tr({0})"),
            "cholesky": Text("cholesky(Symmetric({0}))"),
            "cholesky_solve": ColumnMajor.calls["solve"],
            "cholesky_inverse": Text("inv({0})"),
            "cholesky_logdet": Text("logdet({0})"),
            "column": Text("reshape({0}, :, 1)", kind="column"),
            "imaginary": Text("im"),
            "eye": Text("Matrix(1.0I, {step.size}, {step.size})"),
            "unit": Text("Float64.((1:{step.size}) .== {step.place})"),
        }
    )
    reserved = frozenset(_WORDS.split())
    whole_over = " ÷ "
    beside = " "

    # ------------------------------------------------------------ names and sizes

    def root(self, length: str, divisor: str, power: int) -> str:
        """A size from the length of an axis that is made of it."""
        length = f"{length} ÷ {divisor}" if divisor else length
        return length if power == 1 else f"round(Int, ({length})^(1/{power}))"

    # ------------------------------------------------------------ operations

    def turned(self, text: Text) -> Text:
        """The transpose, without conjugation."""
        return Text(f"transpose({text.code})")

    def reshaped(self, code: str, lengths: Sequence[str]) -> Text:
        """Other axes."""
        if len(lengths) > 1:
            return Text(f"reshape({', '.join([code, *lengths])})")
        return Text(f"vec({code})" if lengths else f"only({code})")

    def permutation(self, code: str, axes: Sequence[int]) -> str:
        """Axes in another order."""
        return f"permutedims({code}, ({', '.join(map(str, axes))}))"

    def total(self, text: Text, step: Step) -> Text:
        """The sum of all entries."""
        return Text(f"sum({text.code})")

    def on_diagonal(self, entries: Text, step: Step) -> str:
        return f"Diagonal({entries})" if step.op.operands[1].shape else super().on_diagonal(entries, step)

    def eye(self, step: Step) -> str:
        """An identity of any size."""
        return "I"

    def entrywise(self, function: str, step: Step) -> Text:
        """Functions take numbers; a dot applies them to arrays."""
        return Text(f"{function}{'.' if step.op.shape else ''}({', '.join(self.lifted(step).codes)})")

    def lifted(self, step: Step) -> Step:
        """A vector goes with each column as it is, if something else has several."""
        step = super().lifted(step)
        if all(operand.order < 2 or operand.shape[1] == ONE for operand in step.op.operands):
            return step
        texts = [
            Text(text.code.removeprefix("reshape(").removesuffix(", :, 1)")) if text.kind == "column" else text
            for text in step.operands
        ]
        return Step(step.op, texts, step.writer)

    def noted(self, name: str, writer: Writer) -> str:
        """Notes the modules of functions that are called by a module's name, too."""
        code = super().noted(name, writer)
        writer.imports.update(dict.fromkeys(re.findall(r"(\w+)\.\w+\(", code)))
        return code

    def _pow(self, step: Step) -> Text:
        base = step.op.operands[0]
        if base.kind == "literal" or base.kind == "size":  # whole numbers have no negative powers
            step = Step(step.op, [Text(f"float({step.first.code})"), step.operands[1]], step.writer)
        return super()._pow(step)

    def _pick(self, step: Step) -> Text:
        places = [":" if place is None else step.writer.size(place) for place in step.op.data]
        return Text(f"{step.first:unary}[{', '.join(places)}]")

    def sliced(self, array: Text, runs: Sequence[str]) -> Text:
        return Text(f"{array:unary}[{', '.join(runs)}]")

    def _sum(self, step: Step) -> Text:
        function = "maximum" if step.op.kind == "max" else "sum"
        if step.op.data is None:
            return Text(f"{function}({step.first})")
        return Text(f"vec({function}({step.first}, dims={step.op.data + 1}))")

    _max = _sum

    def contraction(self, step: Step) -> Text:
        """A comprehension: the entries of the result, each a sum over the other indices."""
        indices, output = step.op.data
        words = {word for code in step.codes for word in re.findall(r"\w+", code)}
        letters = [letter for letter in LETTERS if letter not in words]
        names = [code if code.isidentifier() else f"array{place}" for place, code in enumerate(step.codes, 1)]
        ranges: dict[int, str] = {}
        for name, operand, labels in zip(names, step.op.operands, indices, strict=True):
            for axis, label in enumerate(labels):
                if operand.shape[axis] != ONE:
                    ranges.setdefault(label, f"{letters[label]} in axes({name}, {axis + 1})")
        entries = [
            f"{name}[{', '.join([letters[label] if size != ONE else '1' for label, size in zip(labels, operand.shape, strict=True)])}]"
            for name, operand, labels in zip(names, step.op.operands, indices, strict=True)
        ]
        summed = ", ".join([place for label, place in ranges.items() if label not in output])
        entry = f"sum({'*'.join(entries)} for {summed})" if summed else "*".join(entries)
        code = f"[{entry} for {', '.join([ranges[label] for label in output])}]" if output else entry
        bound = [(name, given) for name, given in zip(names, step.codes, strict=True) if name != given]
        if bound:
            code = f"({self.anonymous([name for name, _ in bound], code)})({', '.join([given for _, given in bound])})"
        return Text(code)

    def anonymous(self, parameters: Sequence[str], code: str) -> str:
        """A function without a name."""
        return f"{parameters[0] if len(parameters) == 1 else '({})'.format(', '.join(parameters))} -> {code}"

    # ------------------------------------------------------------ files

    def returned(self, op: Op, text: Text, writer: Writer, *, row: bool) -> str:
        """The value: a plain array, and none of the arguments."""
        if is_constant(op):
            return f"float({text.code})"
        return f"collect({text.code})" if op.shape and (is_view(op) or op.kind == "transpose") else text.code

    def elementwise_source(self, name: str) -> str:
        """A function of a number."""
        return f"{self.helper_name(name)}({', '.join(computable()[name].parameters)}) = {self._code(name)}"

    def file(self, file: File) -> str:
        """The helpers, the function, and the self check."""
        said = ["Generated by matcalc for Julia.", *([""] if file.lines else []), *file.lines]
        parts = ["\n".join([*(f"# {line}".rstrip() for line in said), "", "using LinearAlgebra"]), *file.helpers.values()]
        for one in file.applications:
            parts.append(_definition(one.name, [*one.bound, one.argument], [*one.statements, f"return {one.result}"]))
        parts.append(_function(file.function, self.identifier(file.function.name)))
        if file.trial is not None:
            lines = self._check(file.trial, file.function) if isinstance(file.trial, Trial) else [f'println("{file.trial}")']
            parts.append("\n".join(["if abspath(PROGRAM_FILE) == @__FILE__", joined(lines), "end"]))
        parts[0] += "".join([f"\nimport {module}" for module in sorted(set(file.imports))])
        return "\n\n\n".join(parts) + "\n"

    def _check(self, trial: Trial, function: Function) -> list[str]:
        tie = "        last(names) == :{} && (move = {})\n"
        ties = "".join([tie.format(one, _TIES[kind]) for one, kind in trial.ties])
        lines = ["# Compares the results with central differences at a point.", *_function(trial.value, "value").split("\n"), ""]
        lines += [
            "point = Dict{Symbol,Any}(",
            *(f"    :{spelled} => {_array(array)}," for spelled, array in trial.values.items()),
            ")",
        ]
        lines.append(f"varied(point) = value({self.arguments(trial.value, trial)})")
        lines += [
            "",
            *_DIFFERENCES.replace("{ties}", ties).strip("\n").split("\n"),
            "",
        ]
        lines.append(f"results = {self.identifier(function.name)}({self.arguments(function, trial)})")
        single = len(trial.comparisons) == 1
        for comparison in trial.comparisons:
            lines += self._compared("results" if single else f"results.{identifier(comparison.key)}", comparison, trial)
        return lines

    def _compared(self, result: str, comparison: Comparison, trial: Trial) -> list[str]:
        """The statements that compare one result."""
        step, tolerance = STEPS[len(comparison.wrt)]
        differences = f"differences(point, [{', '.join([f':{name}' for name in comparison.wrt])}], {step})"
        expected = self.laid_out(comparison, trial, differences)
        if comparison.turned and (comparison.form == "matrix" or (comparison.form == "array" and comparison.below == (2,))):
            expected = f"transpose({expected})"
        argument = "" if comparison.argument is None else f"(point[:{comparison.argument}])"
        return ["", f"expected = {expected}", f'compare("{comparison.key}", {result}{argument}, expected, {tolerance})']


def _definition(name: str, parameters: Iterable[str], lines: Sequence[str]) -> str:
    return "\n".join([f"function {name}({', '.join(parameters)})", joined(lines), "end"])


def _function(function: Function, name: str) -> str:
    lines = without_unused(function.statements, function.results.values())
    if len(function.results) == 1:
        return _definition(name, function.parameters, [*lines, f"return {next(iter(function.results.values()))}"])
    fields = ", ".join([f"{identifier(key)} = {code}" for key, code in function.results.items()])
    return _definition(name, function.parameters, [*lines, f"return ({fields})"])


def _array(array: Any) -> str:
    """An array of numbers, written out."""
    if not array.ndim:
        return repr(float(array))
    if array.ndim == 2 and array.shape[1] > 1:
        return f"[{'; '.join([' '.join(row) for row in rows_of(array)])}]"
    entries = f"[{', '.join([repr(float(entry)) for entry in array.ravel(order='F')])}]"
    return entries if array.ndim == 1 else f"reshape({entries}, {', '.join(map(str, array.shape))})"


TARGET: Target = _Julia()
