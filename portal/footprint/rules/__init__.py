"""Rules of the footprint: the model format, its compiler and checks, answers, and what a result says."""
