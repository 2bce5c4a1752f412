"""Kernel: the values every room speaks in (money, mass, time, ids, errors, who acts), and nothing else."""
