"""From syntax trees to terms, and from terms to typed nodes."""
