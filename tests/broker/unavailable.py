"""What is raised where no broker can be had."""

from __future__ import annotations


class Unavailable(Exception):  # noqa: N818 -- a state of the machine, not a mistake
    """There is no Kafka here; the message says what is missing."""
