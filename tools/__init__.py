"""What people who work on the portal run by hand."""
