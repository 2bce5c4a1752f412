"""What the shop promises: one module per chapter in the life of an order."""
