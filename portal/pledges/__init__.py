"""Pledges: who has promised to cut what by when, and how much is retired for the rest."""
