"""Forms of the registry room, one module per part of it."""
