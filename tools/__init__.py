"""Programs that make tasks run, other than tests and benchmarks."""
