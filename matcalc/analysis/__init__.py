"""What is found out about a function by its derivatives: its Taylor polynomials."""
