"""Reads of pledges, one module per subject, each imported by its own name."""
