"""What users hold and give: expressions with Python's operators, what calls take, and code for
them."""
