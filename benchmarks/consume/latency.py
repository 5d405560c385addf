"""From produce to prediction, at an even pace."""

from __future__ import annotations

import threading
import time

import numpy as np
import orjson

from benchmarks.consume.rig import Rig, messages
from streams.kafka.protocol import Partition

RATE = 1_000
SECONDS = 30
WARM = 20_000

HEAD = f"{'client':14}{'transactions':>13}{'to the log: p50':>17}{'p99':>8}{'max':>8}{'to a reader: p50':>19}{'p99':>8}{'max':>8}   ms"


def latency(rig: Rig, client: str, flags: list[str], *, transactions: bool) -> str:
    """Return a line: milliseconds from the timestamp of a message to that of its prediction, and until a reader had it.

    The reader reads committed records only.
    """
    from confluent_kafka import Producer

    values = messages(WARM + RATE * SECONDS)
    topic, predictions = rig.cluster.topic(), rig.topic()
    rig.feed(topic, values[:WARM])
    if transactions:
        flags = ["--transactions", *flags]
    seen: dict[int, tuple[float, float, float]] = {}
    ended = threading.Event()
    reader = threading.Thread(target=_read, args=(rig, predictions, seen, ended), daemon=True)
    with rig.daemon(topic, client, predictions, *flags) as process:
        process.until(lambda: rig.ends(predictions)[0] >= WARM or rig.ends(predictions)[0])
        time.sleep(2)
        reader.start()
        # Each message goes at once: what its producer might wait for is not the daemon's.
        producer = Producer({"bootstrap.servers": rig.cluster.bootstrap, "linger.ms": 0})
        begin = time.monotonic()
        for i, value in enumerate(values[WARM:]):
            left = begin + i / RATE - time.monotonic()
            if left > 0:
                time.sleep(left)
            producer.produce(topic, value)
            producer.poll(0)
        producer.flush()
        process.until(lambda: len(seen) == len(values) or len(seen))
    ended.set()
    reader.join()
    later = np.array([times for offset, times in seen.items() if offset >= WARM])
    milliseconds = 1e3 * (later[:, 1:] - later[:, :1])
    cells = "".join(
        f"{p50:{width}.0f}{p99:8.0f}{most:8.0f}"
        for width, (p50, p99, most) in zip((17, 19), np.percentile(milliseconds, (50, 99, 100), axis=0).T, strict=True)
    )
    return f"{client:14}{'yes' if transactions else 'no':>13}{cells}"


def _read(rig: Rig, predictions: str, seen: dict[int, tuple[float, float, float]], ended: threading.Event) -> None:
    """Note of every prediction when its message was produced, when it was appended, and when it came here."""
    source = rig.client.source()
    source.assign({Partition(predictions, 0): 0})
    while not ended.is_set():
        for record in source.poll(10_000, 0.1):
            now, said = time.time(), orjson.loads(record.value or b"")
            seen[said["source"]["offset"]] = said["t"], record.time, now
    source.close()
