"""The daemon on a real broker: throughput, latency, and a day in minutes."""
