"""Streams with known change: how soon it is found, how soon it is learned, and what is lost, beside peers.

    python -m benchmarks.drift --data DIR [--seeds 10] [--only NAME ...] [--learners NAME ...] [--out FILE.json]
        [--into docs/results.md --as MARK]

Streams of 16,000 rows: real ones whose labels are permuted at row 8,000, generators whose concept changes there, and
four that do not change. Every learner sees the same rows: predict, score, learn. Of the learners with detectors:

delay       rows from a change to the first alarm that follows it, before the next change; a miss if there is none
false       alarms of the model, of a cluster and of a label where nothing had changed for 2,000 rows, per 100,000 rows
recovered   rows from a change until the last 300 rows pool to 90% of the micro-F1 of the 2,000 rows before it
lost        micro-F1 after the change below that of an oracle, a fresh `balanced` that begins exactly at the change
            (nobody can have it: it knows where the change is; negative: better than it)

Peers: no detection (`policy="watch"`), MLHAT, Vowpal Wabbit, and by binary relevance river's Hoeffding adaptive tree and
adaptive random forest, each for `--peer-seconds` a stream; a run that was cut is scored on the rows that it saw.
"""

from __future__ import annotations

import argparse
import json
import time
from collections.abc import Callable, Iterator
from itertools import chain, pairwise
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from benchmarks.document import written_between
from benchmarks.drift_streams import ROWS, STREAMS, opened
from benchmarks.machine import machine
from ihomer import IHOMER, MLHAT, RiverLearner
from streams.batch import Batch
from streams.stream import Stream

Counts = npt.NDArray[np.int64]

#: Rows of a batch; of the window in which a learner has recovered or not; before a change; and in which alarms are due.
BATCH, WINDOW, BEFORE, DUE = 500, 300, 2000, 2000


def ours(model: Any, stream: Stream, seconds: float) -> tuple[Counts, Counts]:
    """Run one of our estimators; return hits and (predicted + true) labels of every row."""
    hits, mass = [], []
    start = time.process_time()
    for batch in stream.batches(BATCH):
        predictions = model.predict_learn_many(batch)
        for i in range(len(batch)):
            truth, said = batch.label_set(i), predictions.label_set(i)
            hits.append(len(truth & said))
            mass.append(len(truth) + len(said))
        if time.process_time() - start > seconds:
            break
    return np.array(hits), np.array(mass)


def oracle(stream: Stream) -> tuple[Counts, Counts]:
    """Run a `balanced` that is replaced by a fresh one at every change."""
    ends = sorted({change.first for change in getattr(stream, "truth", ())} | {ROWS})
    hits, mass, at = [], [], 0
    model = IHOMER("balanced", policy="watch")
    for batch in stream.batches(BATCH):
        for part in cut(batch, at, ends):
            if at in ends:
                model = IHOMER("balanced", policy="watch")
            predictions = model.predict_learn_many(part)
            for i in range(len(part)):
                truth, said = part.label_set(i), predictions.label_set(i)
                hits.append(len(truth & said))
                mass.append(len(truth) + len(said))
            at += len(part)
    return np.array(hits), np.array(mass)


def cut(batch: Batch, at: int, ends: list[int]) -> Iterator[Batch]:
    """Yield a batch that begins at row `at` in pieces that cross none of `ends`."""
    places = [0, *(end - at for end in ends if at < end < at + len(batch)), len(batch)]
    for first, last in pairwise(places):
        yield batch.slice(first, last)


def vowpal_wabbit(stream: Stream, seconds: float) -> tuple[Counts, Counts]:
    """Run `vw --multilabel_oaa`, which must be told the number of labels."""
    from vowpalwabbit import Workspace  # type: ignore[import-not-found]

    from benchmarks.peers import vw_text

    vw: Any = Workspace(f"--multilabel_oaa {4 * (stream.declared_labels or 25)} -b 22 --quiet")
    hits, mass = [], []
    start = time.process_time()
    for batch in stream.batches(BATCH):
        for i in range(len(batch)):
            bare, labelled = vw_text(batch, i)
            said = set(vw.predict(bare))
            truth = set(batch.label_indices[batch.label_indptr[i] : batch.label_indptr[i + 1]].tolist())
            hits.append(len(truth & said))
            mass.append(len(truth) + len(said))
            vw.learn(labelled)
        if time.process_time() - start > seconds:
            break
    vw.finish()
    return np.array(hits), np.array(mass)


def _hat() -> Any:
    from river.tree import HoeffdingAdaptiveTreeClassifier

    return RiverLearner(HoeffdingAdaptiveTreeClassifier(seed=7))


def _arf() -> Any:
    from river.forest import ARFClassifier

    return RiverLearner(ARFClassifier(seed=7))


#: Learners of ours, which have events: name -> model.
OURS: dict[str, Callable[[], Any]] = {
    "balanced": lambda: IHOMER("balanced"),
    "fast": lambda: IHOMER("fast"),
    "fast, renew": lambda: IHOMER("fast", policy="renew"),
    "balanced, reopen": lambda: IHOMER("balanced", policy="reopen"),
    "balanced, no detection": lambda: IHOMER("balanced", policy="watch"),
}
PEERS: dict[str, Callable[[], Any]] = {"MLHAT": MLHAT, "river HAT": _hat, "river ARF": _arf}


#: Columns of the tables and their widths.
HEADS = {"rows": 7, "micro": 8, "after": 8, "recovered": 11, "lost": 8, "delay": 8, "missed": 8, "false": 24}


def micro(hits: Counts, mass: Counts) -> float:
    """Return the pooled micro-F1 of some rows; nan without any."""
    return float(2 * hits.sum() / mass.sum()) if mass.sum() else float("nan")


def recovered(hits: Counts, mass: Counts, first: int, last: int) -> int | None:
    """Return after how many rows from `first` the window pools to 90% of what came before; None if not before `last`."""
    wanted = 0.9 * micro(hits[max(0, first - BEFORE) : first], mass[max(0, first - BEFORE) : first])
    h, m = np.cumsum(np.r_[0, hits]), np.cumsum(np.r_[0, mass])
    ends = np.arange(first + WINDOW, min(last, len(hits)) + 1)
    f1 = 2 * (h[ends] - h[ends - WINDOW]) / np.maximum(m[ends] - m[ends - WINDOW], 1)
    fine = np.flatnonzero(f1 >= wanted)
    return int(ends[fine[0]] - first) if len(fine) else None


def measured(stream: Stream, hits: Counts, mass: Counts, events: list[dict[str, Any]] | None) -> dict[str, Any]:
    """Return everything that is told of one run."""
    changes = [change for change in getattr(stream, "truth", ()) if change.first < len(hits)]
    firsts = sorted({change.first for change in changes})
    ends = [*firsts[1:], len(hits)][: len(firsts)]
    found: dict[str, Any] = {"rows": len(hits), "micro": micro(hits, mass)}
    if firsts:
        found["after"] = micro(hits[firsts[0] :], mass[firsts[0] :])
        found["recovered"] = [recovered(hits, mass, first, end) for first, end in zip(firsts, ends, strict=True)]
    if events is not None:
        alarms = [(event["instance"], event["place"].split()[0]) for event in events if event["kind"] == "alarm"]
        found["delay"] = [
            min((at - first for at, _ in alarms if first < at <= end), default=None)
            for first, end in zip(firsts, ends, strict=True)
        ]
        spans = [(change.first, change.last + DUE) for change in changes]
        false = [place for at, place in alarms if not any(first < at <= last for first, last in spans)]
        found["false"] = {place: 1e5 * false.count(place) / len(hits) for place in ("model", "cluster", "label", "structure")}
    return found


def mean(values: list[Any], most: float | None = None) -> float:
    """Return the mean; None counts as `most`, or is left out."""
    flat = [most if value is None else value for value in values if value is not None or most is not None]
    return float(np.mean(flat)) if flat else float("nan")


def main() -> None:
    """Run everything that was asked for."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--seeds", type=int, default=1)
    parser.add_argument("--only", nargs="+", default=list(STREAMS), choices=list(STREAMS))
    parser.add_argument("--learners", nargs="+", default=[*OURS, *PEERS, "vw"])
    parser.add_argument("--peer-seconds", type=float, default=20.0, help="CPU seconds of a peer on a stream")
    parser.add_argument("--out", type=Path, help="JSON file for everything that was measured")
    parser.add_argument("--into", type=Path, help="document to write the tables into, between the marks of --as")
    parser.add_argument("--as", dest="mark", default="python -m benchmarks.drift")
    asked = parser.parse_args()
    print(machine())
    shown: list[str] = [machine()]
    results: dict[str, dict[str, Any]] = {}
    for name in asked.only:
        of_stream: dict[str, list[dict[str, Any]]] = {}
        for seed in range(asked.seeds):
            stream = opened(name, asked.data, seed)
            best = measured(stream, *oracle(stream), None)
            for learner in asked.learners:
                stream = opened(name, asked.data, seed)
                if learner == "vw":
                    done = measured(stream, *vowpal_wabbit(stream, asked.peer_seconds), None)
                elif learner in PEERS:
                    done = measured(stream, *ours(PEERS[learner](), stream, asked.peer_seconds), None)
                else:
                    model = OURS[learner]()
                    done = measured(stream, *ours(model, stream, np.inf), model.events)
                if "after" in done and done["rows"] == best["rows"]:
                    done["lost"] = best["after"] - done["after"]
                of_stream.setdefault(learner, []).append(done)
        results[name] = {learner: list(runs) for learner, runs in of_stream.items()}
        heads = "".join(f"{head:>{width}}" for head, width in HEADS.items())
        table = ["", name, f"{'':24}{heads}", *(line(learner, runs) for learner, runs in of_stream.items())]
        print("\n".join(table), flush=True)
        shown += table
        if asked.into:
            written_between(asked.into, asked.mark, [f"    {text}".rstrip() for text in shown])
        if asked.out:
            asked.out.write_text(json.dumps({"machine": machine(), "results": results}, indent=1))


def line(learner: str, runs: list[dict[str, Any]]) -> str:
    """Return the line of a learner: means over the seeds; changes that it did not recover from are shown as such."""
    after = [rows for run in runs for rows in run.get("recovered", [])]
    back = [rows for rows in after if rows is not None]
    never = len(after) - len(back)
    shown = f"{mean(back):.0f}" + (f" ({never} no)" if never else "") if after else ""
    text = f"{learner:24}{runs[0]['rows']:7,}{mean([run['micro'] for run in runs]):8.4f}"
    text += f"{mean([run['after'] for run in runs]):8.4f}" if after else f"{'':8}"
    text += f"{shown:>11}" + (f"{mean([run['lost'] for run in runs]):8.4f}" if "lost" in runs[0] else f"{'':8}")
    if "delay" in runs[0]:
        delays = list(chain.from_iterable(run["delay"] for run in runs))
        missed = sum(delay is None for delay in delays)
        text += f"{mean(delays):8.0f}{missed:8}" if delays else f"{'':16}"
        places = ("model", "cluster", "label")
        text += " " * 4 + " ".join(f"{mean([run['false'][place] for run in runs]):.1f} {place[0]}" for place in places)
    return text


if __name__ == "__main__":
    main()
