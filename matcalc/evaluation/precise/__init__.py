"""Evaluation in exact arithmetic and at many digits, in pure Python: what claims are decided by.

The same formulas serve every kind of number: residues modulo the power of a large prime, in which
rational claims are decided exactly, and decimal numbers of any length. Nothing is shared with the
engine's rules, with lowering, folding or code generation.
"""
