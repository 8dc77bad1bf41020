"""A second reader of the ASCII notation, for tests: it evaluates while it reads, by the precedence table of the input language alone.

It shares no code with the language package or the printer. Values are two-dimensional arrays; ``eye`` without a size stays open until
it meets something that has one.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

_TOKEN = re.compile(r"\s*(?:(\d+\.\d+|\d+)|([^\W\d]\w*)|(\.\*|\./|\.\^|[-+*/^'(),]))")


@dataclass(frozen=True)
class OpenIdentity:
    """``scale * I`` of a size that is not known yet."""

    scale: float

    def of(self, size: int) -> Any:
        return self.scale * np.eye(size)


def read(text: str, values: Mapping[str, Any], sizes: Mapping[str, int]) -> Any:
    """The value of ``text`` as a two-dimensional array."""
    reader = _Reader(text, values, sizes)
    result = reader.sum()
    assert reader.peek() == "", f"not read: {text[reader.position :]!r}"
    assert not isinstance(result, OpenIdentity), f"a size is missing in {text!r}"
    return result


class _Reader:
    def __init__(self, text: str, values: Mapping[str, Any], sizes: Mapping[str, int]) -> None:
        self.tokens = []
        self.position = 0
        place = 0
        while place < len(text.rstrip()):
            match = _TOKEN.match(text, place)
            assert match, f"bad character in {text!r} at {place}"
            self.tokens.append(match[0].strip())
            place = match.end()
        self.values, self.sizes = values, sizes

    def peek(self) -> str:
        return self.tokens[self.position] if self.position < len(self.tokens) else ""

    def take(self, wanted: str | None = None) -> str:
        token = self.peek()
        assert token != ""
        assert wanted in (None, token), f"expected {wanted!r}, found {token!r}"
        self.position += 1
        return token

    def sum(self) -> Any:
        result = self.term()
        while self.peek() in ("+", "-"):
            sign = 1.0 if self.take() == "+" else -1.0
            result = _add(result, self.term(), sign)
        return result

    def term(self) -> Any:
        result = self.unary()
        while self.peek() in ("*", "/", ".*", "./"):
            result = _BINARY[self.take()](result, self.unary())
        return result

    def unary(self) -> Any:
        if self.peek() == "-":
            self.take()
            return _times(np.array([[-1.0]]), self.unary())
        return self.postfix()

    def postfix(self) -> Any:
        result = self.atom()
        while self.peek() in ("'", "^", ".^"):
            token = self.take()
            if token == "'":
                result = result if isinstance(result, OpenIdentity) else result.T
                continue
            sign = 1.0
            if self.peek() == "-":
                self.take()
                sign = -1.0
            exponent = sign * float(self.atom()[0, 0])
            if isinstance(result, OpenIdentity):
                result = OpenIdentity(result.scale**exponent)
            elif token == "^" and result.shape != (1, 1):
                result = np.linalg.matrix_power(result, int(exponent))
            else:
                result = result**exponent
        return result

    def atom(self) -> Any:
        token = self.take()
        if token == "(":
            result = self.sum()
            self.take(")")
            return result
        if token[0].isdigit():
            return np.array([[float(token)]])
        if token in self.values:
            return self.values[token]
        if self.peek() != "(":
            assert token == "eye", f"unknown name {token!r}"
            return OpenIdentity(1.0)
        self.take("(")
        if token in ("eye", "ones", "zeros"):
            return self.sized(token)
        arguments = [self.sum()]
        while self.peek() == ",":
            self.take()
            arguments.append(self.take() if self.peek() in ("rows", "cols", "nuclear") else self.sum())
        self.take(")")
        result = _FUNCTIONS[token](*arguments)
        return result if isinstance(result, OpenIdentity) else np.atleast_2d(result)

    def sized(self, token: str) -> Any:
        sizes = []
        while self.take() != ")":
            self.position -= 1
            size = 1
            while True:
                name = self.take()
                size *= int(name) if name.isdigit() else self.sizes[name]
                if self.peek() != "*":
                    break
                self.take()
            sizes.append(size)
            if self.peek() == ",":
                self.take()
        rows, cols = sizes[0], sizes[1] if len(sizes) > 1 else sizes[0] if token == "eye" else 1
        return {"eye": np.eye, "ones": lambda r, c: np.ones((r, c)), "zeros": lambda r, c: np.zeros((r, c))}[token](rows, cols)


def _add(left: Any, right: Any, sign: float) -> Any:
    if isinstance(left, OpenIdentity) and isinstance(right, OpenIdentity):
        return OpenIdentity(left.scale + sign * right.scale)
    if isinstance(left, OpenIdentity):
        left = left.of(right.shape[0])
    if isinstance(right, OpenIdentity):
        right = right.of(left.shape[0])
    assert left.shape == right.shape or (1, 1) in (left.shape, right.shape), f"{left.shape} + {right.shape}"
    return left + sign * right


def _times(left: Any, right: Any) -> Any:
    if isinstance(left, OpenIdentity) and isinstance(right, OpenIdentity):
        return OpenIdentity(left.scale * right.scale)
    if isinstance(left, OpenIdentity):
        return OpenIdentity(left.scale * float(right[0, 0])) if right.shape == (1, 1) else left.scale * right
    if isinstance(right, OpenIdentity):
        return _times(right, left)
    return left * right if (1, 1) in (left.shape, right.shape) else left @ right


def _over(left: Any, right: Any) -> Any:
    assert right.shape == (1, 1), "divided by something that is not a scalar"
    return _times(left, 1 / right)


def _elementwise(operate: Callable[[Any, Any], Any]) -> Callable[[Any, Any], Any]:
    def result(left: Any, right: Any) -> Any:
        if isinstance(left, OpenIdentity) and isinstance(right, OpenIdentity):
            return OpenIdentity(operate(left.scale, right.scale))
        if isinstance(left, OpenIdentity):
            left = left.of(right.shape[0])
        if isinstance(right, OpenIdentity):
            right = right.of(left.shape[0])
        assert left.shape == right.shape or (1, 1) in (left.shape, right.shape), f"{left.shape} and {right.shape}"
        return operate(left, right)

    return result


_BINARY: dict[str, Callable[[Any, Any], Any]] = {
    "*": _times,
    "/": _over,
    ".*": _elementwise(np.multiply),
    "./": _elementwise(np.divide),
}


def _diag(value: Any) -> Any:
    return np.diag(value[:, 0]) if value.shape[1] == 1 else np.diag(value)[:, None]


_FUNCTIONS: dict[str, Callable[..., Any]] = {
    "exp": np.exp,
    "tanh": np.tanh,
    "sqrt": np.sqrt,
    "sigmoid": lambda t: 1 / (1 + np.exp(-t)),
    "inv": lambda x: OpenIdentity(1 / x.scale) if isinstance(x, OpenIdentity) else np.linalg.inv(x),
    "det": np.linalg.det,
    "tr": np.trace,
    "sum": lambda x, axis=None: (
        x.sum() if axis is None else x.sum(axis=1, keepdims=True) if axis == "rows" else x.sum(axis=0)[:, None]
    ),
    "diag": _diag,
    "vec": lambda x: x.T.reshape(-1, 1),
    "reshape": lambda x, m, n: x.T.reshape(int(n), int(m)).T,
    "kron": lambda first, *others: first if not others else np.kron(first, _FUNCTIONS["kron"](*others)),
    "norm2": np.linalg.norm,
    "norm1": lambda x: np.abs(x).sum(),
    "norm": lambda x, kind: np.linalg.norm(x, "nuc"),
}
