"""A model of ours whose probabilities of all labels are scored as it goes, not those of the best five alone."""

from __future__ import annotations

from typing import Any

from ihomer.estimator import ArrayEstimator
from ihomer.evaluation.calibration import Calibration
from ihomer.predictions import Predictions, joined
from ihomer.probabilities import Whole
from streams.batch import Batch


class AllLabels:
    """An `ArrayModel` around one of ours: the same predictions, and every probability goes into a `Calibration`.

    Probabilities of all labels are there anyway while a model learns, so nothing is predicted twice; scoring them
    touches every label with every row. What is taken for the truth is what the model is told; rows whose labels come late
    (predicted by one call, learned by another) are not scored. Where labels are many (`ihomer.label_space`) there
    are no probabilities of all of them, and nothing is scored.

    Parameters
    ----------
    model
        The model. It learns.

    Examples
    --------
    >>> from ihomer import IHOMER
    >>> from ihomer.evaluation.loop import prequential
    >>> from streams import open_stream
    >>> model = AllLabels(IHOMER(preset="fast", seed=7))
    >>> result = prequential(model, open_stream("yeast"), limit=500)
    >>> 0 < model.calibration.log_loss < 0.7, model.calibration.n_cells > 6000
    (True, True)
    """

    def __init__(self, model: ArrayEstimator) -> None:
        self.model = model
        #: Expected calibration error, log loss and Brier score so far.
        self.calibration = Calibration()

    def __getattr__(self, name: str) -> Any:
        if name.startswith("_"):  # copying and pickling ask before there is a model
            raise AttributeError(name)
        return getattr(self.model, name)

    def predict_learn_many(self, X: Batch) -> Predictions:
        """Predict each row, then learn it."""
        pieces = []
        for labels, rows, scored in self.model._learned_batch(X):  # noqa: SLF001 (where a model lets all its probabilities out)
            if isinstance(scored.said, Whole):
                self.calibration.update(scored.said.p, rows)
            pieces.append(self.model._predictions(labels, rows, scored))  # noqa: SLF001
        return joined(pieces) if pieces else self.model.predict_many(X)

    def predict_many(self, X: Batch) -> Predictions:
        """Predict each row; nothing is learned, and nothing scored."""
        return self.model.predict_many(X)

    def learn_many(self, X: Batch) -> None:
        """Learn each row; nothing is scored."""
        self.model.learn_many(X)
