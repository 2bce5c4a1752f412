"""The room's enums and reports in the reader's words, one module per part of it."""
