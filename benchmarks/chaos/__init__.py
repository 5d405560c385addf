"""What the daemon survives, shown on a real broker: `python -m benchmarks.chaos`."""
