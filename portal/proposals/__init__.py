"""Proposals: what moves money, credits or roles is proposed by one person and accepted by another."""
