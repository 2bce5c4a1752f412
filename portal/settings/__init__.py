"""Settings: what the city may change without a programmer, in versions that are never lost."""
