"""The daemon on a real broker on the same machine: throughput, latency, and a day in minutes.

    python -m benchmarks.consume [--clients confluent ...] [--rounds 5] [--bootstrap HOST:PORT] [--flag=--poll-rows=500 ...]
    python -m benchmarks.consume --long 5000000
    python -m benchmarks.consume --no-latency --stream "synthetic:xmc?labels=100000&features=200000" --flag=--model=ihomer-many

Model `fast`, 50 features, 20 labels, 3 of them a row. Throughput: the daemon and, in turn, a bare loop that consumes,
decodes (orjson) and produces values as long as the predictions, with the same client and the same options; messages a
second by the broker's clock, from the first record after the warm-up to the last; CPU microseconds a message of the whole
process. Latency: messages sent evenly; until the prediction is in the log, and until a reader of committed records has it.
"""

from __future__ import annotations

import argparse
import os
import tempfile
from pathlib import Path

from benchmarks.consume import latency, throughput
from benchmarks.consume import long as day
from benchmarks.consume.rig import STREAM, Rig
from benchmarks.machine import machine
from tests.broker import Broker, Cluster

CLIENTS = ["kafka-python", "confluent"]


def main() -> None:
    """Measure what was asked for."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--bootstrap", help="HOST:PORT of a broker that runs; else one is started")
    parser.add_argument("--clients", nargs="+", default=CLIENTS, choices=CLIENTS)
    parser.add_argument("--rounds", type=int, default=5, help="rounds of throughput; 0: none")
    parser.add_argument("--scale", type=float, default=1.0, help="so many times the messages of throughput")
    parser.add_argument("--stream", default=STREAM, help="the synthetic stream of throughput")
    parser.add_argument("--no-latency", action="store_true")
    parser.add_argument("--long", type=int, metavar="N", help="only this: N messages in one run, with the last client")
    parser.add_argument("--flag", action="append", default=[], help="a flag for `ihomer consume`")
    asked = parser.parse_args()
    print(f"{machine()}; load {os.getloadavg()[0]:.1f}", flush=True)
    # By default it looks only every five minutes what retention lets go.
    made = Cluster(asked.bootstrap) if asked.bootstrap else Broker(properties={"log.retention.check.interval.ms": "10000"})
    with made as cluster, tempfile.TemporaryDirectory(prefix="ihomer-consume-") as directory:
        rig = Rig(cluster, Path(directory))
        if asked.long:
            print(day.HEAD)
            print(day.long(rig, asked.long, asked.clients[-1], asked.flag))
            return
        if asked.rounds:
            print(throughput.HEAD)
            how = asked.rounds, asked.flag, asked.stream, asked.scale
            print("\n".join([throughput.throughput(rig, client, *how) for client in asked.clients]), flush=True)
        if not asked.no_latency:
            print(f"\n{latency.RATE:,} messages a second\n{latency.HEAD}")
            for client in asked.clients:
                for transactions in (False, True):
                    print(latency.latency(rig, client, asked.flag, transactions=transactions), flush=True)
    print(f"load {os.getloadavg()[0]:.1f}")


if __name__ == "__main__":
    main()
