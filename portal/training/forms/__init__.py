"""What people send to the training room, as values, one module per subject."""
