"""Rules of statements: the way to a declaration, its words, and shares of it."""
