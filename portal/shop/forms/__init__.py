"""Forms of the shop, one module per part of it."""
