"""The functions that MATLAB code brings along, by the names of their first ones without the
underscore."""

from __future__ import annotations

HELPERS = {
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
