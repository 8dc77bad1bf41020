"""SymPy expressions read and written."""
