"""Any river classifier as the learner of a cluster of labels."""

from __future__ import annotations

import copy
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, TypeAlias

import numpy as np
import numpy.typing as npt
from river import base

from streams.batch import COMPLETE, UNLABELLED
from streams.vocabulary import NUMERIC

if TYPE_CHECKING:
    from collections.abc import Callable

    from ihomer.rows import Rows
    from streams.names import Name
    from streams.vocabulary import Vocabulary

RiverClassifier: TypeAlias = base.Classifier | base.MultiLabelClassifier
Kinds: TypeAlias = npt.NDArray[np.uint8]

#: Up to so many numeric attributes a row is given to river with its zeros (copying that many costs 5 us).
DENSE_ATTRIBUTES = 1_000

# The one clone of a multi-label model stands where the clone of this label would.
_ALL = -1

# Multi-label models that leave alone what a dict of labels does not hold: module and class they descend from.
_SKIP_UNKNOWN = {
    ("river.multioutput.chain", "ClassifierChain"),
    ("river.multioutput.per_output_classifier", "PerOutputClassifier"),
}


class RiverCore:
    """Clones of a river model that learn the labels of one cluster, row by row.

    A `base.Classifier` learns by binary relevance: each label has a clone of its own, which begins with the
    first row in which the label's truth is known. A `base.MultiLabelClassifier` has one clone for all labels
    of the cluster, and is given y as a dict over them, by their names.

    A row is given to river as a dict: numeric attributes as floats, nominal attributes as their category;
    what is missing (NaN) is left out. An attribute has been *met* once it stood in a row that came to be
    learned. Zeros of met numeric attributes are given explicitly (see `dense`), and predictions use met
    attributes only: so it makes no difference whether a row is predicted by itself or just before it is
    learned, and predicting changes nothing. Ids that `features` does not hold are never met.

    Unlabelled rows are predicted only; of partially labelled rows the known labels are learned. One of
    river's classifier chains or `PerOutputClassifier`, at the end of a pipeline too, is given a dict of the
    known labels; any other multi-label model skips rows in which a label of the cluster is unknown, because
    it may take unknown for absent (as `MultiClassEncoder` does).

    Parameters
    ----------
    columns
        int32 (m,), ascending: ids of the labels of the cluster.
    model
        The river model to clone; what it has learned itself is not used.
    features, labels
        The vocabularies that the ids belong to; not owned.
    seed
        Not negative. A parameter of `model`, or of a model that is its parameter, that is named `seed` and is
        None is replaced by a number that follows from this one and the label's id (the first label's for a
        multi-label model).
    dense
        Whether zeros are given to river: True, False, or None for as long as at most 1,000 numeric attributes
        have been met. Trees and naive Bayes learn from zeros; linear models do not.

    Raises
    ------
    TypeError
        If `model` is neither kind of classifier.

    Examples
    --------
    >>> from ihomer.rows import Rows
    >>> from river.naive_bayes import GaussianNB
    >>> from streams import Vocabulary
    >>> rows = Rows(
    ...     indptr=np.arange(6), indices=np.zeros(5, np.int32), values=np.array([1, 2, 6, 7, 5], np.float32),
    ...     label_indptr=np.array([0, 0, 0, 1, 2, 3]), label_indices=np.zeros(3, np.int32),
    ...     status=np.full(5, 2, np.uint8), known_indptr=np.zeros(6, np.int64),
    ...     known_indices=np.zeros(0, np.int32), limits=np.ones(6, np.int32), n_features=1, n_labels=1,
    ... )
    >>> names = {"features": Vocabulary(["size"]), "labels": Vocabulary(["large"])}
    >>> core = RiverCore(np.zeros(1, np.int32), model=GaussianNB(), seed=1, **names)
    >>> out = np.empty((5, 1), np.float32)
    >>> core.test_then_train(rows, np.zeros(1, np.uint8), out)
    >>> [round(p, 3) for p in out.ravel().tolist()]
    [0.0, 0.0, 0.0, 0.333, 1.0]
    """

    def __init__(
        self,
        columns: npt.NDArray[np.int32],
        *,
        model: RiverClassifier,
        features: Vocabulary,
        labels: Vocabulary,
        seed: int,
        dense: bool | None = None,
    ) -> None:
        check_model(model)
        self.columns = np.array(columns, np.int32)
        self.model = model
        self.features, self.labels = features, labels
        self.seed, self.dense = seed, dense
        self._joint = isinstance(model, base.MultiLabelClassifier)
        self._clones: dict[int, Any] = {}  # id of the label -> its clone
        self._met: dict[int, None] = {}  # ids of the features met, in the order in which they were
        self._zeros: dict[Name, float] = {}  # the numeric ones of them: name -> 0.0
        self._has_probabilities = True

    def __repr__(self) -> str:
        return f"<RiverCore of {len(self.columns)} labels by {self.model}>"

    def test_then_train(self, rows: Rows, kinds: Kinds, out: npt.NDArray[np.float32]) -> None:
        """Write the probability of each label of the cluster to `out[i, columns]`, then learn row i.

        Parameters
        ----------
        rows
            n rows.
        kinds
            As for every learner of a cluster; here the vocabulary tells.
        out
            float32, (n, at least n_labels). Labels that do not exist yet at row i (`rows.limits`), or of
            which nothing is known, get 0.
        """
        del kinds
        for i in range(len(rows)):
            x = self._x(rows, i)
            self._predict_one(x, int(rows.limits[i]), out[i])
            if self._meet(rows, i):
                x = self._x(rows, i)
            if truth := self._truth(rows, i):
                with told(self.model, x):
                    self._learn_one(x, truth)

    def predict(self, rows: Rows, kinds: Kinds, out: npt.NDArray[np.float32]) -> None:
        """Write probabilities as `test_then_train` does; nothing changes."""
        del kinds
        for i in range(len(rows)):
            self._predict_one(self._x(rows, i), int(rows.limits[i]), out[i])

    def add_columns(self, ids: npt.NDArray[np.int32]) -> None:
        """Take on more labels; their clones begin empty."""
        self.columns = np.union1d(self.columns, ids).astype(np.int32)

    def keep_columns(self, ids: npt.NDArray[np.int32]) -> None:
        """Keep these of its labels and drop the rest (a multi-label model keeps what it knows of all)."""
        self.columns = np.intersect1d(self.columns, ids).astype(np.int32)
        if not self._joint:
            self._clones = {i: self._clones[i] for i in self.columns.tolist() if i in self._clones}

    def renumber(self, becomes: npt.NDArray[np.int32], names: Vocabulary) -> None:
        """Follow labels that are numbered anew, and their names."""
        self.columns, self.labels = becomes[self.columns], names
        if not self._joint:
            self._clones = {int(becomes[i]): clone for i, clone in self._clones.items()}

    def copy(self) -> RiverCore:
        """Return an independent copy; the vocabularies are shared."""
        return self.from_state(copy.deepcopy(self.state()), features=self.features, labels=self.labels)

    @property
    def n_bytes(self) -> int:
        """Bytes held by the clones; river measures by walking through them, which is slow."""
        return sum(clone._raw_memory_usage for clone in self._clones.values())  # noqa: SLF001 (river's own)

    def state(self) -> dict[str, Any]:
        """Return everything that was learned; the river models in it are the live ones: store it at once.

        A checkpoint can hold them with ``allow_pickle=True`` only.
        """
        return {
            "columns": self.columns,
            "model": self.model,
            "seed": self.seed,
            "dense": self.dense,
            "met": np.array(list(self._met), np.int32),
            "clones": dict(self._clones),
        }

    @classmethod
    def from_state(cls, state: dict[str, Any], *, features: Vocabulary, labels: Vocabulary) -> RiverCore:
        """Return the core whose `state` it is; it takes over the models in it.

        Parameters
        ----------
        state
            What `state` returned.
        features, labels
            Vocabularies that hold the same names under the same ids.
        """
        core = cls(
            state["columns"],
            model=state["model"],
            features=features,
            labels=labels,
            seed=state["seed"],
            dense=state["dense"],
        )
        core._clones = dict(state["clones"])
        core._met = dict.fromkeys(state["met"].tolist())
        core._zeros = {features.name(j): 0.0 for j in core._met if features.kind(j) == NUMERIC}
        return core

    def _entries(self, rows: Rows, i: int) -> Iterator[tuple[int, float]]:
        span = slice(rows.indptr[i], rows.indptr[i + 1])
        return zip(rows.indices[span].tolist(), rows.values[span].tolist(), strict=True)

    def _meet(self, rows: Rows, i: int) -> bool:
        """Count the attributes of row `i` as met; return whether any is new."""
        before = len(self._met)
        for j, value in self._entries(rows, i):
            if j not in self._met and value == value:  # noqa: PLR0124 (not NaN)
                self._met[j] = None
                if self.features.kind(j) == NUMERIC:
                    self._zeros[self.features.name(j)] = 0.0
        return len(self._met) > before

    def _x(self, rows: Rows, i: int) -> dict[Name, Any]:
        """Return the met attributes of row `i` as river wants them."""
        dense = len(self._zeros) <= DENSE_ATTRIBUTES if self.dense is None else self.dense
        x: dict[Name, Any] = dict(self._zeros) if dense else {}
        for j, value in self._entries(rows, i):
            if j not in self._met:
                continue
            attribute = self.features.attribute(j)
            if value != value:  # noqa: PLR0124 (NaN)
                x.pop(attribute, None)
            else:
                x[attribute] = value if self.features.kind(j) == NUMERIC else self.features.category(j)
        return x

    def _truth(self, rows: Rows, i: int) -> dict[int, bool]:
        """Return what row `i` teaches: label id -> whether it holds."""
        if rows.status[i] == UNLABELLED:
            return {}
        born = self.columns[self.columns < rows.limits[i + 1]]
        known = born
        if rows.status[i] != COMPLETE:
            known = np.intersect1d(born, rows.known_indices[rows.known_indptr[i] : rows.known_indptr[i + 1]])
            if len(known) < len(born) and self._joint and not _skips_unknown(self.model):
                return {}
        holds = np.isin(known, rows.label_indices[rows.label_indptr[i] : rows.label_indptr[i + 1]])
        return dict(zip(known.tolist(), holds.tolist(), strict=True))

    def _learn_one(self, x: dict[Name, Any], truth: dict[int, bool]) -> None:
        if self._joint:
            if _ALL not in self._clones:
                self._clones[_ALL] = self._clone(int(self.columns[0]))
            self._clones[_ALL].learn_one(x, {self.labels.name(j): holds for j, holds in truth.items()})
            return
        for j, holds in truth.items():
            if j not in self._clones:
                self._clones[j] = self._clone(j)
            self._clones[j].learn_one(x, holds)

    def _clone(self, label: int) -> Any:
        random = np.random.default_rng([self.seed, label])
        return self.model.clone(_seeds(self.model, lambda: int(random.integers(1 << 31))))

    def _predict_one(self, x: dict[Name, Any], limit: int, out: npt.NDArray[np.float32]) -> None:
        out[self.columns] = 0.0
        born = self.columns[self.columns < limit].tolist()
        if self._joint:
            answers = (self._ask(self._clones[_ALL], x) if _ALL in self._clones else None) or {}
            for j in born:
                out[j] = _probability(answers.get(self.labels.name(j)))
            return
        for j in born:
            if j in self._clones:
                out[j] = _probability(self._ask(self._clones[j], x))

    def _ask(self, clone: Any, x: dict[Name, Any]) -> Any:
        """Return what `clone` answers: probabilities if it can."""
        if self._has_probabilities:
            try:
                return clone.predict_proba_one(x)
            except NotImplementedError:  # how river says that a classifier has none
                self._has_probabilities = False
        return clone.predict_one(x)


class LearnerError(RuntimeError):
    """A river model failed while it learned: a part of its row may have been learned, so the state is not to be trusted."""


@contextmanager
def told(model: RiverClassifier, x: dict[Name, Any]) -> Iterator[None]:
    """Say of an error in a river model which model it was, what it was given, and what that means."""
    try:
        yield
    except Exception as error:
        category = next((f" {k!r} is the category {v!r}:" for k, v in x.items() if isinstance(v, str)), "")
        hint = f"{category} it may need a OneHotEncoder before it" if category else ""
        raise LearnerError(
            f"{type(model).__name__} failed while it learned a row of {len(x)} features ({type(error).__name__}: {error})"
            f"{';' if hint else ''}{hint}. A part of the row may have been learned: go on from the last checkpoint"
        ) from error


def check_model(model: object) -> None:
    """Raise TypeError if `model` is not a river model that can learn a cluster.

    Examples
    --------
    >>> from river import linear_model
    >>> check_model(linear_model.LogisticRegression())
    >>> check_model(linear_model.LinearRegression())
    Traceback (most recent call last):
    TypeError: the learner must be a river classifier (base.Classifier) or multi-label classifier
    (base.MultiLabelClassifier), found a LinearRegression, which is a regressor
    """
    if not isinstance(model, type) and isinstance(model, (base.Classifier, base.MultiLabelClassifier)):
        return
    found = f"a {type(model).__name__}"
    if isinstance(model, type):
        found = f"the class {model.__name__}: give an instance of it"
    elif isinstance(model, (base.Regressor, base.MultiTargetRegressor)):
        found += ", which is a regressor"
    raise TypeError(
        "the learner must be a river classifier (base.Classifier) or multi-label classifier "
        f"(base.MultiLabelClassifier), found {found}"
    )


def _skips_unknown(model: object) -> bool:
    last = getattr(model, "_last_step", model)
    return any((kind.__module__, kind.__name__) in _SKIP_UNKNOWN for kind in type(last).__mro__)


def _seeds(model: Any, draw: Callable[[], int]) -> dict[str, Any]:
    """Return the parameters for `model.clone` that put a number for each `seed` that is None."""
    steps = getattr(model, "steps", None) or getattr(model, "transformers", None)
    if isinstance(steps, dict):  # a pipeline or a union, whose parameters are those of its steps
        return {name: found for name, step in steps.items() if (found := _seeds(step, draw))}
    new: dict[str, Any] = {}
    for name, value in model._get_params().items():  # noqa: SLF001 (what river's own clone goes by)
        part = getattr(model, name, None)
        if name == "seed" and value is None:
            new[name] = draw()
        elif isinstance(part, base.Base) and (found := _seeds(part, draw)):
            new[name] = (type(part), found)
    return new


def _probability(answer: Any) -> float:
    """Return the probability of True in one answer: a dict of probabilities, a class, or None."""
    if isinstance(answer, Mapping):
        answer = answer.get(True, 0.0)
    # In this order NaN (a model that overflowed) becomes 0.
    return min(1.0, max(0.0, float(answer or 0.0)))
