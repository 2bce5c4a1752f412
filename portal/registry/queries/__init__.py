"""What the registry can be asked."""
