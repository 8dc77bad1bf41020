"""Every loop that may grow without end spends: what each costs is counted, and grows with its input."""

from __future__ import annotations

import ast
from collections.abc import Callable, Mapping
from importlib import import_module
from pathlib import Path

import pytest

import matcalc
from matcalc.base.errors import LimitError
from matcalc.codegen.contraction import Contraction
from matcalc.derivation.pipeline import forget

PACKAGE = Path(matcalc.__file__).parent

LOOPS = {
    "calculus/cancellation.py": ("_forms", "_joined_over"),
    "codegen/contraction.py": ("components", "_cheapest", "_greedily"),
    "codegen/factors.py": ("scale", "taken_apart"),
    "einstein/algebra.py": ("contract",),
    "einstein/canonical.py": ("_refined",),
    "einstein/tensor_deduction.py": ("known",),
    "einstein/linear.py": ("add",),
    "evaluation/interpreter.py": ("run_inside",),
    "evaluation/precise/number_systems.py": ("spend",),
    "expr/deduction.py": ("known",),
    "folding/graph.py": ("_step",),
    "folding/pairings.py": ("_free",),
    "folding/sums.py": ("combined", "_combined"),
    "language/latex/latex_constructs.py": ("_slash",),
    "language/latex/mouth.py": ("replace",),
    "printing/indices.py": ("printed",),
    "printing/notation.py": ("render",),
    "base/traversal.py": ("postordered",),
    "rewrite/completion.py": ("reduced",),
    "rewrite/matching.py": ("matches", "embeddings"),
}
"""Functions whose work has no bound but the budget: searches, rewriting, expansion, walks over graphs, numbers."""


def silent(sources: Mapping[str, str], loops: Mapping[str, tuple[str, ...]]) -> list[str]:
    """The functions of ``loops`` that do not spend."""
    found = []
    for name, functions in loops.items():
        spending = {
            node.name
            for node in ast.walk(ast.parse(sources[name]))
            if isinstance(node, ast.FunctionDef)
            and any(
                isinstance(part, ast.Call) and isinstance(part.func, ast.Name) and part.func.id == "spend"
                for part in ast.walk(node)
            )
        }
        found += [f"{name}: {function}" for function in functions if function not in spending]
    return found


def test_every_loop_spends() -> None:
    assert silent({name: (PACKAGE / name).read_text(encoding="utf-8") for name in LOOPS}, LOOPS) == []


def test_a_loop_that_does_not_spend_is_seen() -> None:
    source = "def search(nodes):\n    while nodes:\n        nodes.pop()\n"
    assert silent({"a.py": source}, {"a.py": ("search",)}) == ["a.py: search"]
    assert silent({"a.py": source.replace("nodes.pop()", "spend()")}, {"a.py": ("search",)}) == []


def units(module: str, work: Callable[[], object], monkeypatch: pytest.MonkeyPatch) -> int:
    """What ``work`` spends in one module."""
    counted = [0]

    def counting(amount: int = 1) -> None:
        counted[0] += amount

    forget()
    with monkeypatch.context() as patch:
        patch.setattr(import_module(module), "spend", counting)
        work()
    return counted[0]


def derived(text: str, by: str = "x", order: int = 1) -> Callable[[], object]:
    return lambda: str(matcalc.derive(text, by, order=order).index_form)


def sums(count: int) -> str:
    return " + ".join(f"(a{k}'*x)*(b{k}'*x)" for k in range(count))


def chain(count: int) -> str:
    return "*".join(["pinv(c*A)"] * count) + "*x"


def cancelled(count: int) -> str:
    return f"{count}*({sums(count)}) - {count}*({sums(count)}) + 0*x'*x + tr(x*y') - y'*x"


GROWING: dict[str, Callable[[int], Callable[[], object]]] = {
    "matcalc.einstein.algebra": lambda n: derived(sums(n)),
    "matcalc.einstein.linear": lambda n: derived(sums(n)),
    "matcalc.einstein.canonical": lambda n: derived("tr(" + "*".join(["X'*X.*X"] * n) + ")", "X"),
    "matcalc.codegen.contraction": lambda n: lambda: matcalc.derive(chain(n), "A", order=2).code("numpy"),
    "matcalc.base.traversal": lambda n: derived("exp(" * (20 * n) + "x" + ")" * (20 * n)),
    "matcalc.folding.sums": lambda n: derived(sums(n)),
    "matcalc.folding.graph": lambda n: derived(sums(n)),
    "matcalc.printing.indices": lambda n: derived(sums(n)),
    "matcalc.evaluation.interpreter": lambda n: derived(cancelled(n) + " + exp(y'*y)"),
    "matcalc.evaluation.precise.number_systems": lambda n: derived(cancelled(n)),
    "matcalc.language.latex.mouth": lambda n: lambda: matcalc.parse(r"\newcommand{\a}{x} " + r"\a + " * (40 * n) + "x"),
    "matcalc.rewrite.matching": lambda n: lambda: matcalc.verify(" + ".join(f"inv(A{k} + B)" for k in range(n)) + " = inv(B)"),
}


@pytest.mark.parametrize("module", GROWING)
def test_what_is_spent_grows_with_the_input(module: str, monkeypatch: pytest.MonkeyPatch) -> None:
    GROWING[module](3)()  # reads the rules, once
    small, large = (units(module, GROWING[module](n), monkeypatch) for n in (3, 9))
    assert 0 < small < large


HARD = [
    "inv(eye + a*A) = inv(eye + 2*a*A)",
    "inv(A-c*eye(n))*inv(A-b*eye(n)) = inv(A-b*eye(n))*inv(A-c*eye(n))",
    "pinv(c*A) = pinv(A)/c",
    "||X-U*V||^2 = ||X-U*V||^30",
]


@pytest.mark.parametrize("claim", HARD)
def test_claims_that_took_minutes_have_a_verdict_of_a_small_budget(claim: str) -> None:
    with matcalc.budget(60, work=40_000):
        declare = {"A": "n×n", "b": "scalar", "c": "scalar"} if "A" in claim else {}
        verdict = matcalc.verify(claim, declare=matcalc.shared(declare))
    assert verdict.status in ("refuted", "conditional", "undecided", "confirmed")
    if verdict.status == "undecided":
        assert verdict.reason


@pytest.mark.parametrize(
    ("text", "by", "order"),
    [
        ("X^200", "X", 2),
        ("*".join(f"(sin(x)'*x + {k})" for k in range(30)), "x", 1),
        ("*".join(f"(a{k}'*x+b{k})" for k in range(25)), "x", 2),
    ],
)
def test_derivations_that_took_minutes_end_with_their_budget(text: str, by: str, order: int) -> None:
    forget()
    with matcalc.budget(60, work=30_000), pytest.raises(LimitError, match="30,000 units of work is spent while"):
        matcalc.derive(text, by, order=order)


def test_code_of_squares_of_squares_computes_each_once() -> None:
    squarings = "\n".join(f"z{k + 1} = z{k}*z{k}" for k in range(54))
    source = matcalc.derive(f"z0 = x\n{squarings}\nz54", "x").code("numpy")
    assert 54 < len(source.splitlines()) < 400


def test_code_of_a_chain_multiplies_equal_parts_once(monkeypatch: pytest.MonkeyPatch) -> None:
    hessian = matcalc.derive(chain(16), "A", order=2)
    with matcalc.budget(60, work=60_000):
        hessian.code("numpy")
    monkeypatch.setattr(Contraction, "_once", Contraction._multiplied)
    with matcalc.budget(60, work=60_000), pytest.raises(LimitError, match="units of work is spent while writing the code"):
        hessian.code("numpy")


def test_numbers_are_not_written_out_for_sympy() -> None:
    with pytest.raises(LimitError, match="digits"):
        matcalc.parse("(1+1e-7)^99999999999*x").sympy()
