"""The rules of privacy, pure: one module per subject, each imported by its own name."""
