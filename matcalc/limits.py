"""Limits on how large things may grow, each with its reason. How much work a call may do in all is ``matcalc.budgets``."""

from __future__ import annotations

# ---------------------------------------------------------------- what is read

MOST_CHARACTERS = 100_000
"""Of one formula or statement: fifty pages of it."""
MOST_TOKENS = 50_000
"""Of one formula: reading takes some 30 µs for each."""
LONGEST_FORMULA = 30_000
"""Characters of a formula of a document: ten pages of it, more than what a reader takes for one."""
LONGEST_RUN = 500
"""Letters and digits without a break: where names begin and end in them is looked for at every place."""
LONGEST_QUOTED_NAME = 60
"""Characters before a sign that are looked at for the name that it stands behind."""
DEEPEST_NESTING = 10_000
"""Brackets inside each other."""
LARGEST_EXPONENT = 400
"""Digits of a number that is written out, and its power of ten."""
MOST_MACRO_PASSES = 60
"""How deep a writer's own commands may be defined by each other."""
LONGEST_ARGUMENT = 20_000
"""Characters of an argument that ends at a sign, not at a brace: the sign is looked for no further."""
MOST_EXPANSION = 100_000
"""Characters that one call of a writer's command may stand for, those of the calls in it among them: in a loop it has no end."""
MOST_EXPANSIONS = 3_000_000
"""Characters that all calls of a document may stand for, beside those for each of its own: a book by itself, read in some seconds."""
EXPANSIONS_OF_A_CHARACTER = 8
"""Characters that calls may stand for, for each that is written: as many calls as can be written, each of some words."""
WORK_OF_A_CALL = 10
"""Characters that are read as fast as one call is replaced."""
MOST_FAULTS = 100
"""Places of one kind of damage in a document that are told one by one."""
MOST_MARKS = 20_000
"""Places of one text that are known exactly where commands were replaced in it; behind them one for every so many characters."""
MOST_DOCUMENT_CHARACTERS = 5_000_000
"""Of a file: a long book."""

MOST_AXES_WITHIN = 8
"""Of a derivative within an expression, axes of Kronecker products counted apart: the Hessian of a matrix by a matrix has six."""

# ---------------------------------------------------------------- arrays

MOST_SAMPLED = 20_000
"""Entries of an array that is drawn to look at a formula: declared sizes may be those of real data, and are never allocated."""
MOST_EVALUATED = 2_000_000
"""Entries of an array in the middle of an evaluation at sizes that nobody asked for, 16 MB: ``ones(10^9)`` needs no declaration."""
MOST_EXACT_ENTRIES = 20_000
"""Entries of an array of residues or of decimals, for which some millions of operations in pure Python are waited for."""
MOST_MULTIPLICATIONS = 3_000_000
"""In one evaluation by residues or decimals, some seconds: sizes at points are small, only a Kronecker product of many needs more."""
MULTIPLICATIONS_IN_A_UNIT = 50
"""Multiplications of residues, with what goes with them, that take as long as a unit of the budget."""

# ---------------------------------------------------------------- budgets

DERIVATION_SECONDS = 8.0
"""For a derivation, its steps or its code: longer than a person waits for an answer that is not coming."""
VERDICT_SECONDS = 5.0
"""For a verdict; a file has many statements, and each gets this much."""
DOCUMENT_SECONDS = 1800.0
"""For a whole file, in seconds that pass: a book of a thousand pages; what is left then is undecided."""
FEW_QUESTIONS = 24
"""So many claims are decided before a second process has started."""
UNITS_PER_SECOND = 60_000
"""Units of work in a second of budget: so many that on a machine of 2023 the work ends at about 60 % of the time, so that it is the work,
counted alike everywhere, that ends a call, and the clock only where a machine is slow or busy."""
UNITS_BETWEEN_LOOKS = 1_000
"""Units of work between two looks at the clock: some 10 ms."""
PROOF_SHARE = 0.5
"""The part of a verdict's budget that the search for a proof may take."""
PROOF_WORK = 60_000
"""Units for a proof, half a second or so: proofs that exist are found long before, and what has none would take all it gets."""
WITNESS_SHARE = 0.7
"""The part of what is left of a verdict's budget that points may take."""
WITNESS_WORK = 120_000
"""Units for comparing the sides of a statement at points: a second or two, for singular values and matrix logarithms at many digits."""
HELP_SHARE = 0.5
"""The part of what is left that each search for help beside a refutation may take: a repair, a condition, a small counterexample."""
LITTLE_PROOF_WORK = 6_000
"""Units for a proof that should not exist: of a statement that numbers refute, or of one among many conditions."""
