"""What everything stands on: records, errors, budgets, sizes, exact numbers, files."""
