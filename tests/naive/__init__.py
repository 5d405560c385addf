"""Slow, obvious twins of the kernels: what they are specified by."""
