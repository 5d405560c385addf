"""Detectors of drift."""

from ihomer.drift.adwin import AdwinBank

__all__ = ["AdwinBank"]
