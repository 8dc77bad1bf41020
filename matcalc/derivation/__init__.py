"""The pipeline from a typed expression to its derivative."""
