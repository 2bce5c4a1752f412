"""Privacy: what the portal knows about a person, and how it is given back, corrected and forgotten."""
