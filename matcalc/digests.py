"""The hash function that structures are ordered by.

``hashlib`` loads OpenSSL for the algorithms it does not have itself, 3 ms of a cold start; CPython keeps BLAKE2 in a module of its own.
"""

from __future__ import annotations

try:
    from _blake2 import blake2b
except ImportError:  # another interpreter, or a build that leaves it to OpenSSL
    from hashlib import blake2b

__all__ = ["blake2b"]
