"""Numba functions of the streams on plain arrays: parsing bytes, translating ids."""
