"""Reads ASCII index notation and evaluates it at one entry, for tests: it sums an index only where the convention says so.

A letter that is not bound yet must occur exactly twice in a product, in sight, and is summed in the smallest bracket that holds both
places; anything else is an error in the text.
"""

from __future__ import annotations

import itertools
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

_TOKEN = re.compile(r"\s*(\d+\.\d+|\d+|[^\W\d]\w*'*|[-+*/^(),\[\]])")


@dataclass(frozen=True)
class Node:
    """``kind``: sum, product, power, number, name, call, sigma, array. ``at`` are index letters or numbers."""

    kind: str
    parts: tuple[Any, ...]
    at: tuple[str, ...] = ()


def parse(text: str) -> Node:
    """The tree of an index expression."""
    tokens = _TOKEN.findall(text)
    assert "".join(tokens) == text.replace(" ", ""), f"bad character in {text!r}"
    parser = _Parser(tokens)
    result = parser.sum()
    assert parser.peek() == "", f"not read: {text!r}"
    return result


class _Parser:
    def __init__(self, tokens: list[str]) -> None:
        self.tokens = [*tokens, ""]
        self.position = 0

    def peek(self) -> str:
        return self.tokens[self.position]

    def take(self, wanted: str | None = None) -> str:
        token = self.peek()
        assert wanted in (None, token), f"expected {wanted!r}, found {token!r}"
        self.position += 1
        return token

    def sum(self) -> Node:
        terms = [(-1.0 if self.peek() == "-" and self.take() else 1.0, self.product())]
        while self.peek() in ("+", "-"):
            terms.append((1.0 if self.take() == "+" else -1.0, self.product()))
        return Node("sum", tuple(terms))

    def product(self) -> Node:
        factors = [("*", self.power())]
        while self.peek() in ("*", "/"):
            factors.append((self.take(), self.power()))
        return Node("product", tuple(factors))

    def power(self) -> Node:
        base = self.atom()
        while self.peek() == "^":
            self.take()
            sign = -1.0 if self.peek() == "-" and self.take() else 1.0
            base = Node("power", (base, sign, self.atom()))
        return base

    def atom(self) -> Node:
        token = self.take()
        if token == "(":
            inner = self.sum()
            self.take(")")
            return inner
        if token == "[":
            inner = self.sum()
            self.take("]")
            return Node("array", (inner,), self.letters())
        if token[0].isdigit():
            return Node("number", (float(token),))
        if self.peek() != "(":
            return Node("name", (token,), self.letters())
        self.take("(")
        if token == "sum":
            letter = self.take()
            self.take(",")
            body = self.sum()
            self.take(")")
            return Node("sigma", (body,), (letter,))
        arguments = [self.sum()]
        while self.peek() == ",":
            self.take()
            arguments.append(self.sum())
        self.take(")")
        return Node("call", (token, *arguments), self.letters())

    def letters(self) -> tuple[str, ...]:
        found = []
        if self.peek() == "[":
            self.take()
            while True:
                found.append(self.take())
                if self.take() == "]":
                    break
        return tuple(found)


def value(node: Node, bound: Mapping[str, int], arrays: Mapping[str, Any]) -> float:
    """The value at the entry that ``bound`` names (letter -> position from 0)."""
    match node.kind:
        case "sum":
            return sum(sign * value(term, bound, arrays) for sign, term in node.parts)
        case "product":
            in_sight = [letter for sign, factor in node.parts if sign == "*" for letter in _open(factor) if letter not in bound]
            free = sorted(set(in_sight))
            for letter in free:
                assert in_sight.count(letter) == 2, f"{letter} does not occur exactly twice"
            total = 0.0
            for at in itertools.product(*(range(_size(node, letter, arrays)) for letter in free)):
                here = {**bound, **dict(zip(free, at, strict=True))}
                result = 1.0
                for sign, factor in node.parts:
                    # What stands below a fraction is summed there.
                    inner = value(factor if sign == "*" else Node("product", (("*", factor),)), here, arrays)
                    result = result * inner if sign == "*" else float(np.divide(result, inner))
                total += result
            return total
        case "power":
            base, sign, exponent = node.parts
            return float(np.float64(value(base, bound, arrays)) ** (sign * value(exponent, bound, arrays)))
        case "number":
            return float(node.parts[0])
        case "sigma":
            letter = node.at[0]
            return sum(value(node.parts[0], {**bound, letter: at}, arrays) for at in range(_size(node, letter, arrays)))
        case "name":
            places = tuple(int(at) - 1 if at.isdigit() else bound[at] for at in node.at)
            if node.parts[0] == "delta":
                return float(places[0] == places[1])
            return float(arrays[node.parts[0]][places])
        case "call":
            return _called(node, bound, arrays)
        case _:
            raise AssertionError(node.kind)


def _called(node: Node, bound: Mapping[str, int], arrays: Mapping[str, Any]) -> float:
    function, argument = node.parts
    whole = function in _WHOLE
    if not whole:
        assert not node.at
        return float(_ENTRYWISE[function](value(argument, bound, arrays)))
    result = _WHOLE[function](_array(argument, bound, arrays))
    letters = node.at[len(node.at) - np.ndim(result) :]
    return float(result[tuple(bound[letter] for letter in letters)])


def _array(node: Node, bound: Mapping[str, int], arrays: Mapping[str, Any]) -> Any:
    """The argument of a function of a whole vector or matrix: a bare name, or entries in square brackets."""
    while node.kind in ("sum", "product") and len(node.parts) == 1:
        node = node.parts[0][1]
    if node.kind == "name":
        return arrays[node.parts[0]]
    assert node.kind == "array"
    shape = [_size(node, letter, arrays) for letter in node.at]
    result = np.zeros(shape)
    for at in np.ndindex(*shape):
        result[at] = value(node.parts[0], {**bound, **dict(zip(node.at, at, strict=True))}, arrays)
    return result


class SizeUnknown(Exception):
    """No array in the text says how long an index is."""


def _open(node: Node) -> list[str]:
    """The letters in sight, outside functions, powers and denominators, that are not summed inside; of a sum, those of its richest term."""
    match node.kind:
        case "product":
            found = [letter for sign, factor in node.parts if sign == "*" for letter in _open(factor)]
            return [letter for letter in found if found.count(letter) != 2]
        case "sum":
            return max((_open(term) for _, term in node.parts), key=len)
        case "name" | "call":
            return [letter for letter in node.at if not letter.isdigit()]
        case _:
            return []


def _size(node: Node, letter: str, arrays: Mapping[str, Any]) -> int:
    for part in _below(node):
        if part.kind == "name" and letter in part.at and part.parts[0] != "delta":
            return int(arrays[part.parts[0]].shape[part.at.index(letter)])
    raise SizeUnknown(letter)


def _below(node: Node) -> Iterator[Node]:
    yield node
    for part in node.parts:
        inner = part[1] if isinstance(part, tuple) else part
        if isinstance(inner, Node):
            yield from _below(inner)


_ENTRYWISE = {"exp": np.exp, "tanh": np.tanh, "sqrt": np.sqrt, "abs": np.abs, "sigmoid": lambda t: 1 / (1 + np.exp(-t))}
_WHOLE = {"inv": np.linalg.inv, "det": np.linalg.det, "softmax": lambda x: np.exp(x) / np.exp(x).sum()}
