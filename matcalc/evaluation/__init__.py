"""Independent numerical evaluation: the oracle that derivations are checked against. It shares no
code with the engine's rules."""
