"""What becomes of a message that is not learned: its bytes, why, and where it came from."""

from __future__ import annotations

from hashlib import sha256

from streams.kafka.protocol import Headers, Record

#: What a record costs beyond key, value and headers, at most: 61 bytes of a batch of its own; of the record its attributes, and
#: as varints its length, time, offset, the lengths of key and value, and the number of headers.
_RECORD = 61 + 1 + 5 + 10 + 5 + 5 + 5 + 5
#: Of each header: the lengths of its name and its value.
_HEADER = 10
#: A reason is cut here.
_REASON_BYTES = 1_000


def dead_letter(record: Record, kind: str, what: str, most_bytes: int) -> tuple[bytes | None, list[tuple[str, bytes]]]:
    """Return value and headers for the topic of dead letters; the caller gives it the key of the record.

    The value is that of the record, and its headers come first; after them ``ihomer-kind``, ``ihomer-reason``,
    ``ihomer-source-topic``, ``-partition``, ``-offset`` and ``-timestamp`` (milliseconds, if it has one). If all that, with
    the key, takes more than `most_bytes` in a batch of its own, the record's headers are left out, then the value is cut;
    ``ihomer-length`` and ``ihomer-sha256`` (hexadecimal) are then those of the whole value.

    Parameters
    ----------
    record
        What was read.
    kind, what
        Why it is not learned: a word, and a sentence.
    most_bytes
        The largest batch that the broker takes (``max.message.bytes`` of the topic).

    Raises
    ------
    ValueError
        If not even an empty value fits, because of the key.

    Examples
    --------
    >>> record = Record("fruit", 0, 41, 2.5, None, b"x" * 2_000)
    >>> value, headers = dead_letter(record, "json", "not JSON", 1_000)
    >>> len(value), dict(headers)["ihomer-reason"], dict(headers)["ihomer-length"]
    (596, b'not JSON', b'2000')
    """
    ours = [
        ("ihomer-kind", kind.encode()),
        ("ihomer-reason", what.encode(errors="replace")[:_REASON_BYTES].decode(errors="ignore").encode()),
        ("ihomer-source-topic", record.topic.encode()),
        ("ihomer-source-partition", b"%d" % record.partition),
        ("ihomer-source-offset", b"%d" % record.offset),
    ]
    if record.time == record.time:
        ours.append(("ihomer-source-timestamp", b"%d" % round(record.time * 1000)))
    value = record.value
    room = most_bytes - _RECORD - len(record.key or b"") - len(value or b"")
    for headers in ([*record.headers, *ours], ours):
        if _size(headers) <= room:
            return value, headers
    value = value or b""
    ours += [("ihomer-length", b"%d" % len(value)), ("ihomer-sha256", sha256(value).hexdigest().encode())]
    fits = len(value) + room - _size(ours)
    if fits < 0:
        key = len(record.key or b"")
        raise ValueError(f"a dead letter may have {most_bytes:,} bytes, with a key of {key:,} it has {-fits:,} more")
    return value[:fits], ours


def _size(headers: Headers) -> int:
    return sum(_HEADER + len(name.encode()) + len(value) for name, value in headers)
