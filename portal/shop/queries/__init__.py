"""What the shop knows, one module per subject, each imported by its own name."""
