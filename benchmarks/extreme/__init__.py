"""Learners of very many labels beside one another: python -m benchmarks.extreme."""
