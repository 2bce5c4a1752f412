"""Statements: what an event emitted and cut, what is retired for it, and what its organiser may say of it."""
