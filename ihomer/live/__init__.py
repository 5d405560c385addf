"""The live page: the same picture as a report, while it runs."""
