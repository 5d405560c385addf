"""What is raised for rows and names that a format cannot hold."""

from __future__ import annotations

from streams.errors import StreamError


class UnwritableError(StreamError):
    """A row or name that a format cannot hold; the message says which, and what could."""
