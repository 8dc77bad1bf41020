"""What the text of a document says of its symbols: facts and sizes, definitions, layout; and how
far each of these reaches."""
