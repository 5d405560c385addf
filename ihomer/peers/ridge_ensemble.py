"""The ensemble of one label in ML-BELS: ridge regressions that begin at different times, the worst set aside."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]

#: Share of a chunk that a learner set aside must get right to come back, and how many are kept.
_RETURN, _ASIDE = 0.5, 100


class _Ridge:
    """A ridge regression of "absent" and "present" from sums over the chunks since it began."""

    def __init__(self, n: int) -> None:
        self.gram, self.cross = np.zeros((n, n)), np.zeros((n, 2))
        self.beta: Floats | None = None

    def accuracy(self, Z: Floats, holds: npt.NDArray[np.bool_]) -> float:
        assert self.beta is not None
        said = Z @ self.beta
        return float(((said[:, 1] > said[:, 0]) == holds).mean())


class RidgeEnsemble:
    """Learners of one label: one more begins with each chunk, up to `max_learners`.

    A learner that does worse on a chunk than the ensemble did so far counts among the worst. When there is no more room, or
    more than half are among them, they go; in the latter case they are set aside, and return when they get more than half
    of a chunk right. Rows that the ensemble got wrong are learned twice.

    Parameters
    ----------
    n
        Features.
    max_learners
        Most learners.
    ridge
        Regularisation.
    """

    def __init__(self, n: int, max_learners: int, ridge: float) -> None:
        self._n, self._max, self._ridge = n, max_learners, ridge * np.eye(n)
        self._learners: list[_Ridge] = []
        self._aside: list[_Ridge] = []
        self._worst: list[_Ridge] = []
        self._back: list[_Ridge] = []
        self._right = self._seen = 0
        self._trained = False
        #: What the learners say together is Z @ beta, (n, 2).
        self.beta = np.zeros((n, 2))

    def learn(self, before: Floats | None, Z: Floats, holds: npt.NDArray[np.bool_]) -> None:
        """Learn a chunk of rows Z (rows, n) in which the label is known.

        Parameters
        ----------
        before
            The same rows as they were mapped when they were predicted, None if nothing could be.
        Z
            As they are mapped now.
        holds
            Whether the label holds, (rows,).
        """
        self._renew()
        twice = np.zeros(len(holds), bool)
        if before is not None and self._trained:
            twice = self._judge(before, holds)
        Z, holds = np.concatenate((Z, Z[twice])), np.concatenate((holds, holds[twice]))
        gram, cross = Z.T @ Z, Z.T @ np.column_stack((~holds, holds)).astype(float)
        for learner in self._learners:
            learner.gram += gram
            learner.cross += cross
        solved = np.linalg.solve(
            np.stack([learner.gram for learner in self._learners]) + self._ridge,
            np.stack([learner.cross for learner in self._learners]),
        )
        for learner, beta in zip(self._learners, solved, strict=True):
            learner.beta = beta
        self.beta = solved.sum(0)
        self._trained = True

    def _renew(self) -> None:
        """Begin a learner, let the worst go, take back those that were set aside and do well."""
        if len(self._learners) < self._max:
            self._learners.append(_Ridge(self._n))
        many = 2 * len(self._worst) > len(self._learners)
        if self._worst and (many or len(self._learners) >= self._max):
            # The first learner, and the last of the worst, always stay.
            gone = {id(learner) for learner in self._worst[:-1] if learner is not self._learners[0]}
            if many:
                self._aside += [learner for learner in self._learners if id(learner) in gone]
            self._learners = [learner for learner in self._learners if id(learner) not in gone]
            room = self._max - len(self._learners)
            back = {id(learner) for learner in self._back[:room]}
            self._learners += self._back[:room]
            self._aside = [learner for learner in self._aside if id(learner) not in back][-_ASIDE:]
        self._worst, self._back = [], []

    def _judge(self, Z: Floats, holds: npt.NDArray[np.bool_]) -> npt.NDArray[np.bool_]:
        """Find the worst learners and those that may come back; return which rows the ensemble got wrong."""
        bar = self._right / self._seen if self._seen else 0.5
        trained = [learner for learner in self._learners if learner.beta is not None]
        self._worst = [learner for learner in trained if learner.accuracy(Z, holds) < bar]
        self._back = [learner for learner in self._aside if learner.accuracy(Z, holds) > _RETURN]
        said = Z @ self.beta
        wrong: npt.NDArray[np.bool_] = (said[:, 1] > said[:, 0]) != holds
        self._right += int((~wrong).sum())
        self._seen += len(wrong)
        return wrong
