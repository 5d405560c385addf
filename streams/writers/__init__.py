"""Streams written to files: svmlight text, ARFF, CSV, JSON Lines, Parquet."""

from streams.writers.write import write_stream

__all__ = ["write_stream"]
