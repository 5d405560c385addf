"""What ends the daemon, beside what Kafka and the checkpoints say."""

from __future__ import annotations


class DaemonError(Exception):
    """The daemon cannot go on; the message says where, what was found, what was expected."""


class OtherStateError(DaemonError):
    """The state directory holds something else than what the settings ask for."""


class PlaceError(DaemonError):
    """The place to go on from is not kept any more, or what is published contradicts the checkpoint."""


class TooManyBadError(DaemonError):
    """More messages are bad than the limits allow."""
