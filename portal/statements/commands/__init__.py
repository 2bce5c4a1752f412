"""What can be done with statements: plan, show what was done, declare, correct, share out."""
