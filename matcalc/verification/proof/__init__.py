"""The symbolic judgement of a claim."""
