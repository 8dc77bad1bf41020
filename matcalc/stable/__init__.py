"""Forms that are computed where the plain one loses digits, overflows or fails: equal expressions,
for code and for numbers."""
