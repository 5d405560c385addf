"""Whether memory stays where it is: a long synthetic stream with a steady feature space.

    python -m benchmarks.memory [--instances 2000000] [--labels 50]

Prints the resident size after a tenth of the stream and at the end; ends with 1 if it grew by more than 10%.
"""

from __future__ import annotations

import argparse
import sys
import time

from benchmarks.machine import machine
from ihomer import IHOMER
from ihomer.evaluation.usage import rss_mb
from streams import open_stream


def main() -> None:
    """Learn the stream, predicting every row, and watch the resident size."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--instances", type=int, default=2_000_000)
    parser.add_argument("--labels", type=int, default=50)
    asked = parser.parse_args()
    print(machine())
    stream = open_stream(f"synthetic:groups?rows={asked.instances}&labels={asked.labels}&groups=5&features=30&seed=0")
    model = IHOMER()
    start, seen, early = time.perf_counter(), 0, 0.0
    for batch in stream.batches():
        model.predict_learn_many(batch)
        seen += len(batch)
        if not early and seen >= asked.instances // 10:
            early = rss_mb()
            print(f"after {seen:,} instances: resident {early:.1f} MB, model {model._raw_memory_usage / 1e6:.2f} MB")  # noqa: SLF001
    late = rss_mb()
    rate = seen / (time.perf_counter() - start)
    print(f"after {seen:,} instances: resident {late:.1f} MB, model {model._raw_memory_usage / 1e6:.2f} MB")  # noqa: SLF001
    print(f"growth {late / early - 1:+.2%}, {rate:,.0f} instances/s, {len(model.events)} events")
    sys.exit(late > 1.1 * early)


if __name__ == "__main__":
    main()
