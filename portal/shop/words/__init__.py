"""States, events and parts of money in the reader's language."""
