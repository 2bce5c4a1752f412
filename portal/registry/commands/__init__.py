"""What the registry can be asked to do."""
