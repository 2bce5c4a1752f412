"""Accounts: who people are, how they prove it, which organisations they act for, and what they may do."""
