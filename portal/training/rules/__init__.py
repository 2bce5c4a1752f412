"""Rules of training: items, their grading and statistics, course packs and their lint, foreign formats."""
