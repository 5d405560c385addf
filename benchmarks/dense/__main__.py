"""Ways to find the labels of dense rows beside one another: python -m benchmarks.dense."""

from __future__ import annotations

import click

from benchmarks.extreme.__main__ import COLUMNS, line_of, result_of
from benchmarks.machine import machine
from streams import open_stream

#: See `benchmarks.extreme.learners`.
LEARNERS = ("many", "vectors", "vectors-all", "nearest", "nearest-rows", "prior")


@click.command()
@click.option("--labels", default="1000,10000,100000", show_default=True, help="How many labels.")
@click.option("--dimensions", default=384, show_default=True, help="Of a row.")
@click.option("--rows", default=40_000, show_default=True, help="Rows of a stream.")
@click.option("--learners", default=",".join(LEARNERS), show_default=True, help="Which, separated by commas.")
@click.option("--seconds", default=300.0, show_default=True, help="CPU seconds after which a learner is cut.")
def main(labels: str, dimensions: int, rows: int, learners: str, seconds: float) -> None:
    """Print a Markdown table of each number of labels: each learner predicts each row, is scored, then learns it.

    many: `IHOMER(label_space="many")`, as a whole; vectors: the learner in it, which scores the labels of a few cells and
    those of the nearest rows; vectors-all: the same, scoring all labels; nearest: the same vectors, with candidates from
    usearch, by nearest prototypes of labels and nearest rows; nearest-rows: the labels of these alone. Columns are
    those of benchmarks.extreme.
    """
    print(machine())
    for n_labels in (int(n) for n in labels.split(",")):
        spec = f"synthetic:embeddings?labels={n_labels}&dimensions={dimensions}&rows={rows}"
        stream = open_stream(spec)
        print(f"\n**{spec}**: {stream.length:,} rows\n")
        print("| learner | " + " | ".join(heading for heading, _, _ in COLUMNS) + " |")
        print("|---|" + "---:|" * len(COLUMNS))
        for name in learners.split(","):
            print(line_of(name, result_of(spec, name, rows, seconds)), flush=True)


if __name__ == "__main__":
    main()
