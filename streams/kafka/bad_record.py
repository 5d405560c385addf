"""A record that is not an instance."""

from __future__ import annotations

from streams.errors import RowError


class RecordError(RowError):
    """One record that cannot be taken; the records after it can. `line` is its offset.

    Parameters
    ----------
    topic, partition, offset
        Where it stands.
    column
        Byte of the value at fault (counted from 1); 0 if the whole record is meant.
    what
        What was found, and what was expected.

    Examples
    --------
    >>> print(RecordError("orders", 0, 1234, 0, "$: x is missing"))
    orders[0]:1234: $: x is missing
    """

    def __init__(self, topic: str, partition: int, offset: int, column: int, what: str) -> None:
        super().__init__(f"{topic}[{partition}]", offset, column, what)
        # Offsets begin at 0, which stands for "no line" in a file.
        place = f"{self.source}:{offset}:{column}" if column else f"{self.source}:{offset}"
        self.args = (f"{place}: {what}",)
