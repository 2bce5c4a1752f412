"""Data of the demonstration; see SOURCES.md."""
