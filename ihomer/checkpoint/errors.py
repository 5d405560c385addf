"""What is raised when a checkpoint cannot be read."""

from __future__ import annotations


class CheckpointError(Exception):
    """A checkpoint that cannot be read: not one at all, truncated, damaged, too new, or of another kind.

    Also raised for a checkpoint that holds pickles when they are not allowed, or when they fail to load.
    """


class CheckpointRefusedError(CheckpointError):
    """A whole and undamaged checkpoint that is not for this reader: too new, of another kind, or with pickles.

    Another reader can take it (a newer ihomer, or one that allows pickles), so nobody should put it away as damaged.
    """
