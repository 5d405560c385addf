"""How the daemon ends: the exit codes of `ihomer consume`, and what each means."""

from __future__ import annotations

from enum import IntEnum
from typing import Self


class ExitCode(IntEnum):
    """An exit code and its meaning.

    Examples
    --------
    >>> int(ExitCode.STATE_IN_USE), ExitCode(4).meaning
    (4, 'the state directory is in use by another process')
    """

    meaning: str

    def __new__(cls, code: int, meaning: str) -> Self:
        """Make a code that knows what it means."""
        member = int.__new__(cls, code)
        member._value_ = code
        member.meaning = meaning
        return member

    STOPPED = 0, "stopped in order"
    FAILED = 1, "failed unexpectedly; the log has the traceback"
    CONFIGURATION = 2, "the configuration is wrong"
    KAFKA = 3, "Kafka cannot be reached, there is no such topic, or access is refused"
    STATE_IN_USE = 4, "the state directory is in use by another process"
    NO_CHECKPOINT = 5, "there are checkpoints, and none of them can be read"
    PLACE_LOST = 6, "the offsets to go on from are not kept (out_of_range is fail), or committed ones are before the checkpoint"
    TOO_MANY_BAD = 7, "too many bad messages"
    FENCED = 8, "another learner with the same transactional id has taken over"
    STOPPED_AT_ONCE = 130, "stopped at once, by a second signal"
