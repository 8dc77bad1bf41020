"""The page and its server on one's own machine: ``matcalc web``."""

from __future__ import annotations

_SERVED = {
    "default-src": "'none'", "script-src": "'self'", "style-src": "'self'", "img-src": "'self' data:", "font-src": "'self'",
    "connect-src": "'self'", "base-uri": "'none'", "form-action": "'none'", "frame-ancestors": "'none'",
}  # fmt: skip
_BUILT = {"script-src": "'self' 'wasm-unsafe-eval'", "worker-src": "'self'"}
"""Pyodide compiles WebAssembly, in a worker."""
_NOT_IN_PAGES = "frame-ancestors"
"""Browsers take it from headers alone."""


def content_policy(*, built: bool = False) -> str:
    """What the page may load: what comes from where it comes from itself. ``built`` is for the page
    as files, which says it of itself.

    >>> content_policy(built=True).split("; ")[1]
    "script-src 'self' 'wasm-unsafe-eval'"
    """
    rules = {name: value for name, value in (_SERVED | _BUILT).items() if name != _NOT_IN_PAGES} if built else _SERVED
    return "; ".join(f"{name} {value}" for name, value in rules.items())
