"""The benchmarks: ours beside a baseline, in turns, in one run. Only the ratios count."""
