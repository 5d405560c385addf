"""Compiled inner loops of the learners that only this benchmark has."""
