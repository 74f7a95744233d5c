"""The performance figures of docs/performance.md as programs: `python -m bench` runs them all."""
