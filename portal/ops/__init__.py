"""Ops: whether the portal is well, whether its ledger is true, and how a demonstration of it is set up."""
