"""Shop: what is bought, how it is paid, and how an order becomes a certificate."""
