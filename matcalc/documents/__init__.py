"""Whole documents: what a reader sees in them, told apart by role, and a verdict on every claim.

``formats/`` turn a file into pieces (:mod:`~matcalc.documents.blocks`), which know their places;
``rows`` cut formulas into relations, each with a role; ``context`` follows what the text defines
and says of its symbols; ``examination`` asks for the verdicts; ``reports/`` show them.
"""
