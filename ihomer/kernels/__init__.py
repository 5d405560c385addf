"""Numba functions on plain arrays; no objects, no dicts. Compiled as `streams.jit` says."""
