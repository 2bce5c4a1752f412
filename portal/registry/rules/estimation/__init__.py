"""Estimation: from an inventory of plots to the carbon in a forest, and what may be claimed of it."""
