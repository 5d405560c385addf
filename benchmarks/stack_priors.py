"""Fit where the stacks of the presets begin: ihomer/learners/stack_priors.json.

    python -m benchmarks.stack_priors --data DIR [--preset fast balanced accurate] [--rows 3000] [--out FILE.json]

Each preset runs over streams that docs/results.md does not report means of, in file order and shuffled, its stack without
a prior. Mean and covariance of the shared weights that it ends with, plus a variance of .03 each, are the prior, for
dense and for sparse streams. Its precision is kept, so that beginning needs no inversion.
"""

from __future__ import annotations

import argparse
import json
import re
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from benchmarks.ablation import Run, Variant
from ihomer.kernels.inputs import DENSE
from ihomer.presets import PRESETS
from streams.open import open_stream
from streams.views import limited, shuffled

#: Streams of many kinds, none of them in benchmarks.accuracy (enron_corr is enron, rcv1sub1 is kept for the speed).
STREAMS = [
    "waterquality", "genbase", "virusgo", "human_go", "plant", "chd49", "foodtruck", "yahoo_society_636", "reutersk500",
    "stackex_chemistry", "corel16k001", "rcv1sub2", "cal500", "gnegative", "human_pseaac_part", "imclef07a",
    "stackex_philosophy", "stackex_coffee", "stackex_cs", "yahoo_science", "yahoo_reference", "diatoms",
]  # fmt: skip
#: Added to every variance: what a new stream may have more than these.
VARIANCE = 0.03


def fitted(weights: list[npt.NDArray[np.float64]], names: list[str]) -> dict[str, Any]:
    """Return names, mean and lower half of the precision of final weights, rounded to what they are worth."""
    sample = np.array(weights)
    precision = np.linalg.inv(np.cov(sample.T) + VARIANCE * np.eye(len(names)))
    return {
        "names": names,
        "mean": sample.mean(0).round(3).tolist(),
        "precision": [row[: i + 1].round(2).tolist() for i, row in enumerate(precision)],
    }


def main() -> None:
    """Fit the priors that were asked for and write them to the file, beside the others in it."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--preset", nargs="+", default=["fast", "balanced", "accurate"])
    parser.add_argument("--rows", type=int, default=3000, help="rows of each stream at most")
    parser.add_argument("--out", type=Path, default=Path("ihomer/learners/stack_priors.json"))
    asked = parser.parse_args()
    # One run for all presets: all experts once, a stack for each.
    variants = {}
    for preset in asked.preset:
        shared = PRESETS[preset].shared
        assert shared is not None, f'preset "{preset}" has no stack'
        variants[preset] = Variant(replace(shared, prior=None), PRESETS[preset].learner)
    ends: dict[tuple[str, str], list[npt.NDArray[np.float64]]] = {}
    names: dict[tuple[str, str], list[str]] = {}
    for name in STREAMS:
        for order in ("file", "shuffled"):
            stream = open_stream(asked.data / f"{name}.svm.xz")
            if order == "shuffled":
                stream = shuffled(stream, 0)
            run = Run(variants, asked.preset[-1])
            for batch in limited(stream, asked.rows).batches():
                run.batch(run.door.learned(batch))
            regime = "dense" if run.inputs.regime == DENSE else "sparse"
            for preset, v in variants.items():
                ends.setdefault((preset, regime), []).append(run.stacks[preset].w)
                names[preset, regime] = run.names(v)
            print(name, order, regime, flush=True)
    held = json.loads(asked.out.read_text()) if asked.out.exists() else {}
    for preset in asked.preset:
        regimes = [regime for name, regime in ends if name == preset]
        held[preset] = {regime: fitted(ends[preset, regime], names[preset, regime]) for regime in regimes}
    text = json.dumps(held, indent=1)
    asked.out.write_text(re.sub(r"\[([^][]*)\]", lambda inner: f"[{' '.join(inner[1].split())}]", text) + "\n")


if __name__ == "__main__":
    main()
