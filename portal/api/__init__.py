"""API: the rooms' calls for programs in one document, for machines and for people."""
