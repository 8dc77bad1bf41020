"""The same output whatever the hash seed: nothing is ordered by hash, identity or set iteration."""

from __future__ import annotations

import json
import os
import subprocess
import sys

EXPRESSIONS = [
    ("||X - UV||²", "V"),
    ("x'*A*x + b'*x + c'*x", "x"),
    ("tr(A*X*B*X*C)", "X"),
    ("sum(exp(A*x + b))", "x"),
    ("logdet(X'*X) + a'*X*b", "X"),
    ("sum(log(1+exp(-y.*(X*w))))", "w"),
    ("(x'*A*x)/(x'*x)", "x"),
    ("norm2(T-U*V)^2 + c*norm2(U)^2", "U"),
]

SHORTENED = ["A*inv(B*A)*B", "sign(s)*sign(t)*s", "exp(s)*exp(t)*exp(-s)", "inv(A) - inv(A)*inv(inv(A) + inv(B))*inv(A)"]

SCRIPT = """
import json, sys
import matcalc
derivatives, forms = json.loads(sys.argv[1])
print(json.dumps([matcalc.derive(f, x).to_dict() for f, x in derivatives] + [matcalc.simplify(f).to_dict() for f in forms]))
"""


def output(seed: int) -> str:
    environment = {**os.environ, "PYTHONHASHSEED": str(seed)}
    command = [sys.executable, "-c", SCRIPT, json.dumps([EXPRESSIONS, SHORTENED])]
    return subprocess.run(command, capture_output=True, text=True, check=True, env=environment).stdout


def test_output_does_not_depend_on_the_hash_seed() -> None:
    outputs = [output(seed) for seed in (0, 1, 2, 12345)]
    assert len(json.loads(outputs[0])) == len([*EXPRESSIONS, *SHORTENED])
    assert outputs[1:] == outputs[:-1]
