"""How much of what can be known smoothed counts find in `synthetic:xmc`: python -m benchmarks.extreme.difficulty."""

from __future__ import annotations

import click

from benchmarks.extreme.counts import SmoothedCounts
from benchmarks.extreme.oracle import Oracle
from benchmarks.machine import machine
from ihomer.evaluation.metrics import Metrics
from streams.synthetic.xmc import XMC


@click.command()
@click.option("--labels", default="1000,10000,100000", help="How many, separated by commas.")
@click.option("--share", default="1,10,100", help="Labels that share a pool of features, separated by commas.")
@click.option("--rows", default=100_000, show_default=True)
def main(labels: str, share: str, rows: int) -> None:
    """Print P@1 and P@5 of the oracle and of smoothed per-feature label counts as a Markdown table."""
    print(f"{rows:,} rows; {machine()}\n")
    print("| labels | share | oracle: P@1 | P@5 | counts: P@1 | P@5 | P@1, counts / oracle |")
    print("|---:|---:|---:|---:|---:|---:|---:|")
    for n_labels in map(int, labels.split(",")):
        for shared in map(int, share.split(",")):
            stream = XMC(rows=rows, labels=n_labels, share=shared)
            learners = Oracle(stream), SmoothedCounts()
            metrics = [Metrics(stream.labels) for _ in learners]
            for batch in stream.batches():
                for learner, scores in zip(learners, metrics, strict=True):
                    scores.update(batch, learner(batch))
            known, counted = (scores.cumulative() for scores in metrics)
            cells = [known["p_at_1"], known["p_at_5"], counted["p_at_1"], counted["p_at_5"]]
            cells.append(counted["p_at_1"] / known["p_at_1"])
            print(f"| {n_labels:,} | {shared} | " + " | ".join(f"{cell:.3f}" for cell in cells) + " |", flush=True)


if __name__ == "__main__":
    main()
