"""Course packs: folders and ZIP files that hold a course in both languages, read, linted and written."""
