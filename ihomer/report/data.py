"""What a report is made of: plain, frozen values that go to JSON and back."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from ihomer.evaluation.result import Result

#: A value that may not have been measured.
Number = float | None


@dataclass(frozen=True, slots=True)
class Fingerprint:
    """A file that was read.

    Parameters
    ----------
    stream
        The name of the stream that it is.
    path
        Its name; of what is no file (a generator, standard input) the query.
    bytes
        Its size; None if it is no file.
    sha256
        The digest of its bytes, as they lie on the disk; None if it is no file.
    """

    stream: str
    path: str
    bytes: int | None = None
    sha256: str | None = None


@dataclass(frozen=True, slots=True)
class Provenance:
    """What was run, where and when.

    Parameters
    ----------
    command
        As it can be typed again; "" if it was no command.
    started
        ISO 8601 with its offset to UTC.
    versions
        Library -> version.
    machine
        What is known of the machine, by words for people: processor, cores, memory, system.
    seed
        None if there was none.
    sources
        The files that were read.
    options
        What else was asked for, by words for people.
    """

    command: str = ""
    started: str = ""
    versions: Mapping[str, str] = field(default_factory=dict)
    machine: Mapping[str, str] = field(default_factory=dict)
    seed: int | None = None
    sources: tuple[Fingerprint, ...] = ()
    options: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class LabelScore:
    """How one label fared.

    Parameters
    ----------
    name
        As a string.
    rows
        Scored rows in which it held.
    f1, precision, recall
        Over the whole stream; None where undefined.
    threshold
        From which probability on it was predicted at the end; None if the decision has none.
    alarms
        How often its drift monitor rang, as far as events are kept.
    """

    name: str
    rows: int
    f1: Number = None
    precision: Number = None
    recall: Number = None
    threshold: Number = None
    alarms: int = 0


@dataclass(frozen=True, slots=True)
class Bin:
    """Predictions with a score in one range.

    Parameters
    ----------
    cells
        How many (row, label) cells.
    mean, share
        Their mean score, and the share of them that held.
    """

    cells: int
    mean: float
    share: float


@dataclass(frozen=True, slots=True)
class Tributary:
    """One moment of the river of clusters.

    Parameters
    ----------
    instances
        Rows learned before.
    clusters, sizes
        The numbers of the clusters, in the order of the tree, and how many labels each has; -1 for all that are not
        shown one by one.
    """

    instances: int
    clusters: tuple[int, ...]
    sizes: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Hierarchy:
    """How labels were grouped, at the end and on the way.

    Parameters
    ----------
    n_labels, n_clusters
        At the end.
    drawing
        The tree as SVG.
    names, clusters
        The labels of the heat map in its order, and the cluster of each.
    jaccard
        Their similarity, rows of a square, 0..1; bounded by `ihomer.report.recorder.MAP`.
    river
        The sizes of clusters over time.
    """

    n_labels: int
    n_clusters: int
    drawing: str = ""
    names: tuple[str, ...] = ()
    clusters: tuple[int, ...] = ()
    jaccard: tuple[tuple[float, ...], ...] = ()
    river: tuple[Tributary, ...] = ()


@dataclass(frozen=True, slots=True)
class Run:
    """One learner on one stream.

    Parameters
    ----------
    stream, learner
        Their names.
    seed
        Of the learner and of the order of the rows; None: none. Several seeds are several runs.
    instances, features, labels, clusters
        Counts at the end; clusters is None for a learner without.
    scores
        Metric -> value over the whole run (names of `ihomer.evaluation.measures.ALL` and more); None if not measured.
    costs
        `cpu_seconds`, `wall_seconds`, `instances_per_second`, `peak_rss_mb` and more.
    baselines
        Trivial baseline -> metric -> value; may be empty.
    curve
        `instances` and metrics, columns of the same length (`micro_f1`, `window_micro_f1`, ...).
    events
        What happened to the model, as `IHOMER.events` tells it, names as strings.
    label_scores
        The most frequent labels.
    bins
        Of the reliability diagram.
    hierarchy
        None for a learner without.
    cut
        Why the run ended before the end of the stream ("time limit of 60 s"); "" if it did not.
    error
        What failed; "" if nothing did. A run that failed at its first row has no scores.
    seconds_by_part
        Where the time went.
    remarks
        What a reader should know, in sentences.
    """

    stream: str
    learner: str
    seed: int | None = None
    instances: int = 0
    features: int = 0
    labels: int = 0
    clusters: int | None = None
    scores: Mapping[str, Number] = field(default_factory=dict)
    costs: Mapping[str, Number] = field(default_factory=dict)
    baselines: Mapping[str, Mapping[str, Number]] = field(default_factory=dict)
    curve: Mapping[str, Sequence[Number]] = field(default_factory=dict)
    events: tuple[Mapping[str, Any], ...] = ()
    label_scores: tuple[LabelScore, ...] = ()
    bins: tuple[Bin, ...] = ()
    hierarchy: Hierarchy | None = None
    cut: str = ""
    error: str = ""
    seconds_by_part: Mapping[str, float] = field(default_factory=dict)
    remarks: tuple[str, ...] = ()

    @classmethod
    def of(cls, result: Result, **more: Any) -> Run:
        """Return the run of a result; `more` are fields that a result does not have.

        Examples
        --------
        >>> from ihomer.evaluation.result import Result
        >>> Run.of(Result("yeast", "ihomer", {"instances": 5, "micro_f1": 0.5, "cpu_seconds": 0.1})).scores
        {'micro_f1': 0.5}
        """
        from ihomer.report.from_result import fields_of

        return cls(**{**fields_of(result), **more})


@dataclass(frozen=True, slots=True)
class Pair:
    """Two learners over all streams.

    Parameters
    ----------
    first, second
        Their names.
    wins, ties, losses
        Streams on which the first is better, both are alike, the second is better.
    p_value, adjusted
        Of Wilcoxon's signed-rank test, as it is and with Holm's correction; None if not tested.
    better, alike, worse
        Bayesian signed-rank test: the probabilities that the first is better, that both are practically alike (within
        the rope), that the second is better; None if not asked.
    """

    first: str
    second: str
    wins: int
    ties: int
    losses: int
    p_value: Number = None
    adjusted: Number = None
    better: Number = None
    alike: Number = None
    worse: Number = None


@dataclass(frozen=True, slots=True)
class Statistics:
    """Whether the differences in one metric mean anything.

    Parameters
    ----------
    metric
        Which one.
    ranks
        Learner -> mean rank; 1 is the best.
    datasets
        Streams that the ranks are over.
    left_out
        Streams that do not count, since a learner has no score there.
    critical_difference
        Nemenyi's; None if there is none.
    alpha
        Of the tests.
    groups
        Groups of learners of which no two differ, by Nemenyi's test.
    holm_groups
        Likewise by Wilcoxon's tests with Holm's correction.
    pairs
        Every two learners once.
    sentences
        What the tests found, for people (Friedman and so on).
    """

    metric: str
    ranks: Mapping[str, float]
    datasets: int
    left_out: tuple[str, ...] = ()
    critical_difference: Number = None
    alpha: float = 0.05
    groups: tuple[tuple[str, ...], ...] = ()
    holm_groups: tuple[tuple[str, ...], ...] = ()
    pairs: tuple[Pair, ...] = ()
    sentences: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Comparison:
    """All that a report shows: many learners on many streams, or one on one.

    Parameters
    ----------
    title
        Above all.
    runs
        In the order in which streams and learners are to be listed.
    provenance
        What was run.
    statistics
        One for each metric that was tested; the first is shown first.

    Examples
    --------
    >>> whole = Comparison("a comparison", (Run("yeast", "ihomer", scores={"micro_f1": 0.6}),))
    >>> Comparison.from_json(whole.to_json()) == whole
    True
    """

    title: str
    runs: tuple[Run, ...]
    provenance: Provenance = field(default_factory=Provenance)
    statistics: tuple[Statistics, ...] = ()

    @property
    def streams(self) -> tuple[str, ...]:
        """The names of the streams, in order."""
        return tuple(dict.fromkeys(run.stream for run in self.runs))

    @property
    def learners(self) -> tuple[str, ...]:
        """The names of the learners, in order."""
        return tuple(dict.fromkeys(run.learner for run in self.runs))

    def to_json(self) -> bytes:
        """Return everything as JSON, UTF-8; what is not finite becomes null."""
        from ihomer.report.plain import json_bytes

        return json_bytes(self)

    @classmethod
    def from_json(cls, text: bytes | str) -> Comparison:
        """Return what `to_json` wrote.

        Raises
        ------
        ValueError
            If it is not JSON, or something is not what it should be.
        """
        from ihomer.report.plain import from_json

        return from_json(cls, text)
