"""What can be done with accounts: one function per deed, one transaction per function."""
