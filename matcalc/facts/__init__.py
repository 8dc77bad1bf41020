"""What is known of symbols: the table of facts, members with any set of facts, and what a set of
facts ties together."""
