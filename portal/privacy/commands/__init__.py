"""What a person can have done with their data, one module per subject, each imported by its own name."""
