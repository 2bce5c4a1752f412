"""What can be set, how it is checked, and which version is in force."""
