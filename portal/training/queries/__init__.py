"""What can be asked of training, one module per subject."""
