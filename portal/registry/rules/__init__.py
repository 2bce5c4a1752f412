"""The registry's rules, pure: one module per subject, each imported by its own name."""
