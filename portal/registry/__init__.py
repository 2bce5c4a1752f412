"""Registry: which forest, who holds its credits, which grams are gone, and the log that proves it."""
