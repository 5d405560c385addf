"""What the label hierarchy finds, and what it costs: planted groups, independent labels, many labels, real data."""

from __future__ import annotations

import json
import lzma
import time
from pathlib import Path

import click
import numpy as np
import numpy.typing as npt

from benchmarks.machine import machine
from ihomer.hierarchy.tree import STEP, ClusterTree

Ints = npt.NDArray[np.int32]
Longs = npt.NDArray[np.int64]
REAL = "enron,yeast,bibtex,imclef07a,tmc2007_500,corel16k001,imdb,lastfm_tagging"


def feed(tree: ClusterTree, indptr: Longs, indices: Ints) -> tuple[float, float]:
    """Learn complete rows; return the seconds spent on counting and on the structure."""
    counting = structure = 0.0
    for start in range(0, len(indptr) - 1, STEP):
        stop = min(start + STEP, len(indptr) - 1)
        n = stop - start
        span = indices[indptr[start] : indptr[stop]]
        rows = indptr[start : stop + 1] - indptr[start], span, np.full(n, 2, np.uint8)
        nothing = np.zeros(n + 1, np.int64), np.empty(0, np.int32)
        begun = time.perf_counter()
        tree.learn_rows(*rows, *nothing)
        counted = time.perf_counter()
        tree.restructure()
        structure += time.perf_counter() - counted
        counting += counted - begun
    return counting, structure


def rows_of(holds: npt.NDArray[np.bool_]) -> tuple[Longs, Ints]:
    """Return the label sets of a dense indicator matrix in CSR."""
    return np.concatenate([[0], holds.sum(axis=1).cumsum()]).astype(np.int64), np.nonzero(holds)[1].astype(np.int32)


def planted(rng: np.random.Generator, group: Longs, rows: int) -> tuple[Longs, Ints]:
    """Each row draws a group; its labels hold with .6, all others with .02."""
    drawn = rng.integers(group.max() + 1, size=rows)
    parts = []
    for start in range(0, rows, 1000):
        inside = drawn[start : start + 1000, None] == group
        parts.append(rows_of(rng.random(inside.shape) < np.where(inside, 0.6, 0.02)))
    return joined(parts)


def independent(rng: np.random.Generator, p: npt.NDArray[np.float64], rows: int) -> tuple[Longs, Ints]:
    """Each label holds with a probability of its own."""
    return joined([rows_of(rng.random((1000, len(p))) < p) for _ in range(rows // 1000)])


def joined(parts: list[tuple[Longs, Ints]]) -> tuple[Longs, Ints]:
    """Return several CSR blocks as one."""
    lengths = np.concatenate([np.zeros(1, np.int64), *(np.diff(indptr) for indptr, _ in parts)])
    return np.cumsum(lengths), np.concatenate([indices for _, indices in parts])


def many(rng: np.random.Generator, labels: int, rows: int) -> tuple[Longs, Ints]:
    """Three to five labels a row, each popular by Zipf's law, most of them near each other."""
    sizes = rng.integers(3, 6, size=rows)
    first = np.minimum(rng.zipf(1.3, size=rows) - 1, labels - 1)
    sets = [np.unique((f + rng.integers(0, 20, size=k)) % labels) for f, k in zip(first.tolist(), sizes, strict=True)]
    return np.cumsum([0, *map(len, sets)]).astype(np.int64), np.concatenate(sets).astype(np.int32)


def grown(n_labels: int) -> ClusterTree:
    """Return a tree with default parameters."""
    tree = ClusterTree()
    tree.add_labels(n_labels)
    return tree


def show_planted(seeds: int, rows_many: int) -> None:
    """Print adjusted Rand indices, the worst of all seeds first."""
    from sklearn.metrics import adjusted_rand_score as ari

    found, again, large = [], [], []
    for seed in range(seeds):
        rng = np.random.default_rng(seed)
        group = rng.permutation(np.repeat(np.arange(5), 10))
        tree = grown(50)
        feed(tree, *planted(rng, group, 5000))
        found.append(ari(group, tree.cluster_of))
        group = rng.permutation(group)
        feed(tree, *planted(rng, group, 5000))
        again.append(ari(group, tree.cluster_of))
        group = rng.permutation(np.repeat(np.arange(10), [20, 30, 40, 50, 70, 80, 110, 130, 170, 300]))
        tree = grown(1000)
        feed(tree, *planted(rng, group, rows_many))
        large.append(ari(group, tree.cluster_of))
    print("\n| planted groups (adjusted Rand index) | worst | mean | asked |\n|---|---|---|---|")
    print(f"| 5 groups, 50 labels, 5,000 rows | {min(found):.3f} | {np.mean(found):.3f} | .95 |")
    print(f"| groups re-drawn, 5,000 rows later | {min(again):.3f} | {np.mean(again):.3f} | .95 |")
    print(f"| 10 groups of 20 to 300, 1,000 labels, {rows_many:,} | {min(large):.3f} | {np.mean(large):.3f} | .90 |")


def show_independent(seeds: int) -> None:
    """Print in how many seeds independent labels were split."""
    kinds = {
        "50 labels, p = .1": np.full(50, 0.1),
        "50 labels, p = .01 to .5": np.linspace(0.01, 0.5, 50),
        "50 labels, p = .7 / rank": 0.7 / np.arange(1, 51),
        "14 labels, p = .05 to .75": np.linspace(0.05, 0.75, 14),
    }
    print("\n| independent labels, 100,000 rows | seeds with a split |\n|---|---|")
    for name, p in kinds.items():
        split = 0
        for seed in range(seeds):
            tree = grown(len(p))
            feed(tree, *independent(np.random.default_rng(seed), p, 100_000))
            split += len(tree.nodes) > 1
        print(f"| {name} | {split} of {seeds} |")


def show_many() -> None:
    """Print what an instance costs where labels are many."""
    print("\n| labels | rows | counting, µs a row | structure, µs a row | pairs kept | MB |\n|---|---|---|---|---|---|")
    for labels in (1_000, 12_000, 100_000):
        rows = many(np.random.default_rng(0), labels, 200_000)
        tree = grown(labels)
        counting, structure = (1e6 * seconds / 200_000 for seconds in feed(tree, *rows))
        size = tree.n_bytes / 2**20
        print(f"| {labels:,} | 200,000 | {counting:.2f} | {structure:.2f} | {tree.counts.n_pairs:,} | {size:.1f} |")


def label_sets(path: Path) -> tuple[int, Longs, Ints]:
    """Return the number of labels and all label sets of an `.svm.xz` file."""
    with lzma.open(path, "rt") as lines:
        n_labels = int(next(lines).split()[2])
        sets = [[int(i) for i in line.split(" ", 1)[0].split(",") if i] for line in lines]
    return n_labels, np.cumsum([0, *map(len, sets)]).astype(np.int64), np.array(sum(sets, []), np.int32)  # noqa: RUF017


def show_real(folder: Path, names: list[str], drawings: Path | None) -> None:
    """Print what both rules find on real data."""
    print("\n| data | rule | labels | clusters | largest | similarity kept | pairs kept | lift | µs a row |")
    print("|---|---|---|---|---|---|---|---|---|")
    for name in names:
        n_labels, indptr, indices = label_sets(folder / f"{name}.svm.xz")
        for rule in ("hub", "odac"):
            tree = ClusterTree() if rule == "hub" else ClusterTree(rule="odac", delta=0.1, half_life=np.inf)
            tree.add_labels(n_labels)
            cost = 1e6 * sum(feed(tree, indptr, indices)) / (len(indptr) - 1)
            kept, pairs = kept_by(tree, indptr, indices)
            lift = f"{kept / pairs:.1f}" if pairs else "-"
            sizes = [len(members) for members in tree.clusters()]
            print(
                f"| {name} | {rule} | {n_labels} | {len(sizes)} | {max(sizes)} | {kept:.3f} | {pairs:.3f} | {lift} "
                f"| {cost:.1f} |"
            )
            if drawings is not None and rule == "hub":
                texts = json.loads((folder / f"{name}.names.json").read_text())["labels"]
                (drawings / f"{name}.txt").write_text(tree.draw(texts) + "\n")
                (drawings / f"{name}.svg").write_text(tree.draw(texts, "svg"))


def kept_by(tree: ClusterTree, indptr: Longs, indices: Ints) -> tuple[float, float]:
    """Return the shares of all Jaccard similarity (of the whole stream) and of all pairs that are inside clusters."""
    from scipy import sparse

    y = sparse.csr_matrix((np.ones(len(indices)), indices, indptr), shape=(len(indptr) - 1, tree.n_labels))
    both = sparse.triu(y.T @ y, 1).tocoo()
    n = np.asarray(y.sum(axis=0)).ravel()
    similarity = both.data / (n[both.row] + n[both.col] - both.data)
    inside = tree.cluster_of[both.row] == tree.cluster_of[both.col]
    sizes = np.bincount(tree.cluster_of).astype(float)
    pairs = (sizes * (sizes - 1)).sum() / (tree.n_labels * (tree.n_labels - 1))
    return float(similarity[inside].sum() / similarity.sum()), float(pairs)


@click.command()
@click.option("--seeds", default=10, show_default=True)
@click.option("--rows-many", default=50_000, show_default=True, help="Rows for 1,000 labels in planted groups.")
@click.option("--data", envvar="IHOMER_DATA", type=click.Path(exists=True, path_type=Path), help="Real data sets.")
@click.option("--names", default=REAL, show_default=True, help="Which of them.")
@click.option("--drawings", type=click.Path(exists=True, path_type=Path), help="Directory for drawings of the trees.")
def main(seeds: int, rows_many: int, data: Path | None, names: str, drawings: Path | None) -> None:
    """Print tables: what is found in planted and independent labels, what it costs, what real data give."""
    print(machine())
    feed(grown(50), *planted(np.random.default_rng(0), np.repeat(np.arange(5), 10), 2000))  # compiles
    show_planted(seeds, rows_many)
    show_independent(seeds)
    show_many()
    if data is not None:
        show_real(data, names.split(","), drawings)


if __name__ == "__main__":
    main()
