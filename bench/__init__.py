"""The benchmarks of docs/performance.md. `python -m bench` runs them all."""
