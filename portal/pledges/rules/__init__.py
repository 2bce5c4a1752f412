"""The rules of pledges, pure: one module per subject, each imported by its own name."""
