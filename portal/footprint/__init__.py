"""Footprint: what a household or an event emits, line by line, with where each number comes from."""
