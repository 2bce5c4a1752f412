"""Stand-in: our own payment server, which speaks the parts of the Stripe API we use and fails on demand."""
