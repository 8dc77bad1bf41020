"""Characters to the terminals of the grammar: scanning, names, bars, derivative signs."""
