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
from matcalc.codegen.operations import Op
from matcalc.codegen.requests import Comparison, File, Function, Trial
from matcalc.codegen.targets.column_major import ColumnMajor, joined, rows_of
from matcalc.codegen.targets.target import STEPS, TIMES, Step, Target, Text, Writer, without_unused

_WORDS = """
break case catch classdef continue do else elseif end endfor endfunction endif endwhile for
function global if otherwise parfor persistent return spmd switch try until unwind_protect while
abs acos adj all any arrayfun asin assert atan cell cellfun chol cosh cos cumprod det diag double
eig erf error exp expm expm1 eye false feval find fprintf inf inv isempty isfinite ischar isequal
funm isvector kron log log1p logm lu max min mod nan nargin ndims norm numel ones permute pi pinv prod
qr repmat reshape round sign sin sinh size sort sqrt sqrtm strcmp strrep strsplit struct sum svd tan
tanh trace tril triu true unique varargin zeros ismember cell2mat num2cell
acosh asinh atan2 atanh conv cross erfc fliplr flipud gamma gammaln hankel imag nthroot psi real
sylvester toeplitz
"""

_HELPERS = {
    "on_diagonal": """
function R = on_diagonal_(R, block, places)
% Adds the block where axes with one number in places agree.
    lengths = [size(R), ones(1, numel(places) - ndims(R))];
    strides = [1, cumprod(lengths(1:end - 1))];
    where = 1;
    for k = 1:max(places)
        steps = (0:lengths(find(places == k, 1)) - 1)*sum(strides(places == k));
        where = where + reshape(steps, [ones(1, k - 1), numel(steps), 1]);
    end
    R(where(:)) = R(where(:)) + block(:);
end
""",
    "kron_sum": """
function R = kron_sum_(lefts, rights)
% The sum of kron(left, right) over all pairs; rows of left and right, then columns of left and right are axes of their own.
    [m, n] = size(lefts{1});
    [p, q] = size(rights{1});
    columns = @(cells) reshape([cells{:}], [], numel(cells));
    R = permute(reshape(columns(lefts)*columns(rights).', [m, n, p, q]), [1, 3, 2, 4]);
end
""",
    "einsum": """
function R = einsum_(indices, varargin)
% Sums of products over labels of axes: einsum_('ij,jk->ik', A, B) is A*B.
    parts = strsplit(strrep(indices, '->', ','), ',');
    R = 1;
    labels = '';
    for k = 1:numel(varargin)
        [A, own] = diagonals_(varargin{k}, parts{k});
        [R, labels] = contracted_(R, labels, A, own, [parts{k + 1:end}]);
    end
    R = axes_(R, labels, parts{end});
end

function [A, own] = diagonals_(A, own)
% The entries where axes with one label agree, with one axis for each label.
    lengths = [size(A), ones(1, numel(own) - ndims(A))];
    strides = [1, cumprod(lengths(1:end - 1))];
    labels = unique(own);
    where = 1;
    for k = 1:numel(labels)
        same = own == labels(k);
        where = where + reshape((0:lengths(find(same, 1)) - 1)*sum(strides(same)), [ones(1, k - 1), lengths(find(same, 1)), 1]);
    end
    A = A(where);
    own = labels;
end

function A = axes_(A, labels, order)
% The array with its axes in the order of these labels.
    [~, places] = ismember(order, labels);
    if numel(places) > 1
        A = permute(A, places);
    end
end

function [R, labels] = contracted_(A, first, B, second, kept)
% The product, summed over the labels of both that are not kept; sums of matrix products over the others that both have.
    both = first(ismember(first, second));
    batch = both(ismember(both, kept));
    summed = both(~ismember(both, kept));
    left = first(~ismember(first, both));
    right = second(~ismember(second, both));
    lengths = @(A, own, wanted) arrayfun(@(one) size(A, find(own == one)), wanted);
    [l, s, r, b] = deal(lengths(A, first, left), lengths(A, first, summed), lengths(B, second, right), lengths(B, second, batch));
    A = reshape(axes_(A, first, [left, summed, batch]), [prod(l), prod(s), prod(b)]);
    B = reshape(axes_(B, second, [summed, right, batch]), [prod(s), prod(r), prod(b)]);
    if prod(s) == 1
        R = A .* B;
    else
        R = zeros(prod(l), prod(r), prod(b));
        for k = 1:prod(b)
            R(:, :, k) = A(:, :, k)*B(:, :, k);
        end
    end
    R = reshape(R, [l, r, b, 1, 1]);
    labels = [left, right, batch];
    for place = find(~ismember(labels, kept))
        R = sum(R, place);
    end
    R = axes_(R, [labels, char(1)], [labels(ismember(labels, kept)), labels(~ismember(labels, kept)), char(1)]);
    labels = labels(ismember(labels, kept));
end
""",
    "each": """
function R = each_(f, lengths, varargin)
% The function of the arrays along leading axes of these lengths.
    count = prod(lengths);
    results = cell(1, count);
    parts = cell(size(varargin));
    for k = 1:count
        for p = 1:numel(varargin)
            shape = [size(varargin{p}), 1, 1];
            rows = reshape(varargin{p}, count, []);
            parts{p} = reshape(rows(k, :), shape(numel(lengths) + 1:end));
        end
        results{k} = f(parts{:});
    end
    shape = size(results{1});
    R = reshape(permute(reshape([results{:}], [], count), [2, 1]), [lengths, shape, 1]);
end
""",
    "finite": """
function t = finite_(t)
    t(~isfinite(t)) = 0;
end
""",
    "cholesky_solve": """
function X = cholesky_solve_(L, B)
    X = L.' \\ (L \\ B);
end
""",
    "log_det": """
function r = log_det_(A)
% log(det(A)): NaN where the determinant is negative.
    [~, U, P] = lu(A);
    r = sum(log(abs(diag(U))));
    r(det(P)*prod(sign(diag(U))) < 0) = NaN;
end
""",
    "norm2": """
function r = norm2_(A)
    r = norm(A(:));
end
""",
    "norm_p": """
function r = norm_p_(A, p)
    r = norm(A(:), p);
end
""",
    "normalised": """
function x = normalised_(x)
    x = x/norm(x);
end
""",
    "softmax_along": """
function R = softmax_along_(X, dim)
    R = exp(X - max(X, [], dim));
    R = R ./ sum(R, dim);
end
""",
    "logsumexp_along": """
function r = logsumexp_along_(X, dim)
    m = max(X, [], dim);
    m(~isfinite(m)) = 0;
    r = reshape(m + log(sum(exp(X - m), dim)), [], 1);
end
""",
    "signed": """
function v = signed_(v, guide)
% The vector in the sign that makes the largest entry of the other one positive.
    [~, place] = max(abs(guide));
    v = v*sign(guide(place));
end
""",
    "resolvent": """
function R = resolvent_(A)
% The sum of v v'/(largest eigenvalue - eigenvalue) over the other eigenpairs of the symmetric part.
    V = eigvecs_(A);
    values = diag(V.'*((A + A.')/2)*V);
    V = V(:, 1:end - 1);
    R = (V ./ (values(end) - values(1:end - 1)).')*V.';
end
""",
    "low_resolvent": """
function R = low_resolvent_(A)
% The sum of u u'/(smallest singular value^2 - singular value^2) over the other left singular vectors, those of 0 among them.
    [basis, ~, ~] = svd(A);
    values = svd(A);
    low = values(end);
    others = values(1:end - 1);
    weights = [1 ./ ((low - others) .* (low + others)); 0; ones(size(basis, 1) - numel(values), 1)/low^2];
    R = (basis .* weights.')*basis.';
end
""",
    "singular_resolvent": """
function R = singular_resolvent_(basis, values)
% The sum of u u'/(largest singular value^2 - singular value^2) over the other singular vectors, those of 0 among them.
    others = values(2:end);
    weights = [-1; others.^2 ./ ((values(1) - others) .* (values(1) + others))];
    R = (eye(size(basis, 1)) + (basis .* weights.')*basis.')/values(1)^2;
end
""",
    "leftresolvent": """
function R = leftresolvent_(A)
    [U, S, ~] = svd(A, 'econ');
    R = singular_resolvent_(U, diag(S));
end
""",
    "rightresolvent": """
function R = rightresolvent_(A)
    R = leftresolvent_(A.');
end
""",
    "frechet": """
function R = frechet_(f, A, varargin)
% The derivative at A in each direction in turn: a block of the function of a matrix of blocks.
    blocks = A;
    for k = 1:numel(varargin)
        blocks = [blocks, kron(eye(2^(k - 1)), varargin{k}); zeros(size(blocks)), blocks];
    end
    R = f(blocks);
    R = principal_(R(1:size(A, 1), end - size(A, 1) + 1:end));
end
""",
    "kronfrechet": """
function R = kronfrechet_(f, A, varargin)
% The matrix that takes vec(E) to the vec of the derivative in the directions and in E.
    units = num2cell(reshape(eye(numel(A)), [size(A), numel(A)]), [1, 2]);
    R = cell2mat(cellfun(@(E) reshape(frechet_(f, A, varargin{:}, E), [], 1), units(:).', 'UniformOutput', false));
end
""",
    "principal": """
function R = principal_(R)
% A function of a real matrix, without an imaginary part that is rounding.
    if max(abs(imag(R(:)))) < 1e-9*max(abs(R(:)))
        R = real(R);
    end
end
""",
    "differences": """
function D = differences_(value, point, names, step)
% Central differences: a row for each entry of the value, and of all variables but the last; a column for each entry of that.
    if isempty(names)
        D = reshape(value(point), [], 1);
        return
    end
    base = point.(names{end});
    columns = cell(1, numel(base));
    for k = 1:numel(base)
        move = zeros(size(base));
        move(k) = step;
%TIES%        [up, down] = deal(point);
        up.(names{end}) = base + move;
        down.(names{end}) = base - move;
        ends = differences_(value, up, names(1:end - 1), step) - differences_(value, down, names(1:end - 1), step);
        columns{k} = ends(:)/(2*step);
    end
    D = [columns{:}];
end

function compare_(name, found, expected, tolerance)
    assert(numel(found) == numel(expected), '%s has %d entries, not %d', name, numel(found), numel(expected));
    if size(expected, 2) > 1 && ~isvector(found)
        assert(isequal(size(found), size(expected)), '%s is %s, not %s', name, mat2str(size(found)), mat2str(size(expected)));
    end
    off = max(abs(found(:) - expected(:)))/max([1; abs(expected(:))]);
    assert(off < tolerance, '%s is wrong: relative error %.1e', name, off);
    fprintf('%s: agrees with finite differences to %.1e\\n', name, off);
end
""",
}

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
    helpers = MappingProxyType(_HELPERS)
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
            "unit": Text("double((1:{step.size}).' == {step.op.data})"),
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
        places = [":" if place is None else str(place + 1) for place in step.op.data]
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
