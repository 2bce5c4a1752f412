"""What can be asked about a person and their data, one module per subject, each imported by its own name."""
