"""What can be done in training, one module per subject."""
