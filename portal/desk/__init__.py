"""Desk: what needs a person today, put together from what the rooms know."""
