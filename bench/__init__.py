"""The benchmarks: ours beside a baseline, in turns, in one run. Only ratios count; machines and neighbours differ."""
