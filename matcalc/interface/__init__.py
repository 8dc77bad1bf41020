"""The Python interface: its calls, and the results they give."""
