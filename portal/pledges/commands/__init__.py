"""What can be done with pledges, one module per subject, each imported by its own name."""
