"""Vowpal Wabbit's multi-label reductions."""

from __future__ import annotations

from collections import deque
from typing import TYPE_CHECKING, Any, Final

from ihomer.peers.inputs import Inputs, NumericInputs
from ihomer.peers.peer import Peer

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from streams.names import Name

#: Rows that are learned again when Vowpal Wabbit has to begin anew for more labels.
REPLAYED: Final = 1000
#: Labels of the first workspace if the first row tells of fewer.
_FEWEST: Final = 8


def example(cells: Iterable[tuple[int, float]], labels: Iterable[int] = ()) -> str:
    """Return a row as Vowpal Wabbit's text: without labels to predict, and with them to learn.

    Examples
    --------
    >>> example([(0, 1.5), (7, 2.0)], [3, 1])
    '3,1 | 0:1.5 7:2'
    """
    return ",".join(map(str, labels)) + " | " + " ".join(f"{j}:{value:.7g}" for j, value in cells)


class VowpalWabbit(Peer):
    """Vowpal Wabbit with `--multilabel_oaa`: a linear model for every label (extra `peers`).

    Langford, Li & Strehl, "Vowpal Wabbit", 2007. It must know ahead how many labels there are: it begins with those that
    the first row tells of, known or not; when there are more, it begins anew with twice the room and learns the last
    1,000 rows again. What is unknown of a row's labels is learned as it would be predicted. It gives no
    probabilities: labels are ranked by being predicted or not.

    Parameters
    ----------
    bits
        Its table of weights has 2^bits entries.
    options
        More of its command line.

    Raises
    ------
    ValueError
        If vowpalwabbit is not installed.

    Examples
    --------
    >>> model = VowpalWabbit()  # doctest: +SKIP
    """

    def __init__(self, bits: int = 22, options: str = "") -> None:
        self.bits = bits
        self.options = options
        self._columns: dict[Name, int] = {}
        self._numbers: dict[Name, int] = {}
        self._names: list[Name] = []
        self._recent: deque[str] = deque(maxlen=REPLAYED)
        self._room = 0
        self._workspace: Any = None
        _workspace_class()
        super().__init__()

    def _make_inputs(self) -> Inputs:
        return NumericInputs()

    def _reduction(self, labels: int) -> str:
        """Return what the command line says of so many labels."""
        return f"--multilabel_oaa {labels}"

    def _learn(self, row: dict[Name, Any], y: Mapping[Name, bool]) -> None:
        whole = self._completed(row, y)
        for label in whole:
            if label not in self._numbers:
                self._numbers[label] = len(self._names)
                self._names.append(label)
        text = example(self._cells(row, grow=True), [self._numbers[label] for label, holds in whole.items() if holds])
        if len(self._names) > self._room:
            self._begin()
        self._workspace.learn(text)
        self._recent.append(text)

    def _score(self, row: dict[Name, Any]) -> dict[Name, float]:
        scores = dict.fromkeys(self._met, 0.0)
        if self._workspace is not None:
            said = self._workspace.predict(example(self._cells(row, grow=False)))
            # Room that no label has taken yet may be predicted, too.
            scores |= {self._names[k]: 1.0 for k in said if k < len(self._names)}
        return scores

    def _cells(self, row: dict[Name, Any], *, grow: bool) -> list[tuple[int, float]]:
        if grow:
            for name in row:
                self._columns.setdefault(name, len(self._columns))
        return sorted((self._columns[name], value) for name, value in row.items() if value and name in self._columns)

    def _begin(self) -> None:
        if self._workspace is not None:
            self._workspace.finish()
        # Exactly the labels that are declared; twice as many where they turn out not to be all.
        self._room = len(self._names) if self._room == 0 else 2 * max(self._room, _FEWEST)
        while self._room < len(self._names):
            self._room *= 2
        reduction = self._reduction(max(self._room, 2))
        self._workspace = _workspace_class()(f"{reduction} -b {self.bits} --quiet {self.options}")
        for text in self._recent:
            self._workspace.learn(text)


class VowpalWabbitPLT(VowpalWabbit):
    """Vowpal Wabbit with `--plt`: a probabilistic label tree, whose cost grows with the logarithm of the labels.

    Jasinska et al., "Extreme F-measure maximization using sparse probability estimates", ICML 2016; otherwise as
    `VowpalWabbit`.

    Parameters
    ----------
    bits, options
        See `VowpalWabbit`.
    threshold
        Labels likelier than this are predicted.

    Raises
    ------
    ValueError
        If vowpalwabbit is not installed.
    """

    def __init__(self, bits: int = 22, options: str = "", threshold: float = 0.5) -> None:
        self.threshold = threshold
        super().__init__(bits, options)

    def _reduction(self, labels: int) -> str:
        return f"--plt {labels} --loss_function logistic --threshold {self.threshold}"


def _workspace_class() -> Any:
    try:
        from vowpalwabbit import Workspace
    except ImportError as error:
        raise ValueError("vowpalwabbit is not installed: pip install 'ihomer[peers]' (Python before 3.13)") from error
    return Workspace
