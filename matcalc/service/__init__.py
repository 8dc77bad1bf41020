"""Requests and answers as JSON-ready data: one door for the page, its server, editors and agents.

>>> answer("derive", {"text": "x'Ax", "wrt": "x"})["result"]["unicode"]
'(A + Aᵀ) x'
>>> answer("derive", {"text": "x'(A"})["error"]["kind"]
'ParseError'
"""

from matcalc.service.offers import OPERATIONS, InternalError, Operation, answer, failure
from matcalc.service.request_fields import SCHEMA_VERSION, Field

__all__ = [
    "OPERATIONS",
    "SCHEMA_VERSION",
    "Field",
    "InternalError",
    "Operation",
    "answer",
    "failure",
]
