"""The interactive prompt: a session that keeps declarations and names, and the terminal around
it."""
