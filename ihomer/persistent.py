"""What every model has beside what it learned: names, rows that wait, a number of rows; and its copies and files."""

from __future__ import annotations

import abc
from typing import TYPE_CHECKING, Any, Self

from ihomer.door import Door
from ihomer.waiting import Waiting

if TYPE_CHECKING:
    from ihomer.checkpoint import Beside
    from streams.names import Name


class Persistent(abc.ABC):
    """A model with names and rows that wait for their labels, which can be copied, pickled and saved.

    It is made anew from its parameters and its state as plain values and arrays. A subclass implements `_state` and
    `_restore`, and keeps parameters under their own names.
    """

    #: How many predicted rows may wait for their labels (`predict_one(x, key=...)`); the oldest expires first.
    waiting: int = 10_000

    def __init__(self) -> None:
        self._door = Door()
        self._waiting = Waiting(self.waiting)
        self._rows_learned = 0

    @abc.abstractmethod
    def _state(self) -> dict[str, Any]:
        """Return everything that was learned as plain values and arrays (for checkpoints and pickles)."""

    @abc.abstractmethod
    def _restore(self, state: dict[str, Any]) -> None:
        """Take over what `_state` returned."""

    # ------------------------------------------------------------------ looking inside

    @property
    def labels(self) -> list[Name]:
        """The labels met so far, in the order in which they were met."""
        return self._door.labels.names

    @property
    def n_labels(self) -> int:
        """How many labels are known."""
        return len(self._door.labels)

    @property
    def n_features(self) -> int:
        """How many columns of features were met so far."""
        return len(self._door.features)

    @property
    def n_instances(self) -> int:
        """How many instances were learned."""
        return self._rows_learned

    @property
    def n_waiting(self) -> int:
        """How many instances wait for their labels."""
        return len(self._waiting)

    @property
    def n_expired(self) -> int:
        """How many instances were let go before their truth was whole."""
        return self._waiting.expired

    @property
    def _raw_memory_usage(self) -> int:
        """Bytes that the model holds, room to grow included."""
        from ihomer.memory import bytes_of

        return bytes_of(self)

    # ------------------------------------------------------------------ copies, pickles, checkpoints

    def __getstate__(self) -> dict[str, Any]:
        from ihomer.checkpoint import dumps

        # As the bytes of a checkpoint: pickle itself writes equal states differently, by which objects are shared.
        parameters = {name: getattr(self, name) for name in self._parameter_names()}
        whole = {"parameters": parameters, "state": self._whole_state()}
        return {"bytes": dumps(whole, kind="state", allow_pickle=True)}

    def __setstate__(self, state: dict[str, Any]) -> None:
        from ihomer.checkpoint import loads

        whole = loads(state["bytes"], kind="state", allow_pickle=True)
        self.__init__(**whole["parameters"])  # type: ignore[misc]
        self._restore_whole(whole["state"])

    def _parameter_names(self) -> list[str]:
        import inspect

        return list(inspect.signature(type(self).__init__).parameters)[1:]

    def _whole_state(self) -> dict[str, Any]:
        from ihomer.checkpoint.vocabulary import vocabulary_state

        return {
            "features": vocabulary_state(self._door.features),
            "labels": vocabulary_state(self._door.labels),
            "rows": self._rows_learned,
            "waiting": self._waiting.state(),
            "learned": self._state(),
        }

    def _restore_whole(self, state: dict[str, Any]) -> None:
        from ihomer.checkpoint.vocabulary import vocabulary_from_state

        self._door = Door(vocabulary_from_state(state["features"]), vocabulary_from_state(state["labels"]))
        self._rows_learned = state["rows"]
        if "waiting" in state:  # older checkpoints know of no rows that wait
            self._waiting = Waiting.from_state(self.waiting, state["waiting"])
        self._restore(state["learned"])

    def save(self, path: Any, *, allow_pickle: bool = False) -> None:
        """Write the model to one file, beside the old one and renamed when it is whole and on the disk.

        Parameters
        ----------
        path
            Where to.
        allow_pickle
            Parts that are not ours (a river learner, a callable) can only be stored by pickle, which runs code when it
            is loaded: they are refused unless this is true.

        Raises
        ------
        TypeError
            If a part would need pickle and `allow_pickle` is false.
        OSError
            If the file cannot be written; the old one is as it was.
        """
        from ihomer.saving import save

        save(self, path, allow_pickle=allow_pickle)

    def begin_save(self, path: Any, *, allow_pickle: bool = False) -> Beside[None]:
        """Take the model down as it is now, and write it as `save` does while learning goes on.

        Returns
        -------
        ihomer.checkpoint.Beside
            The file counts when its `wait()` returns, which raises OSError if it cannot be written.

        Raises
        ------
        TypeError
            As `save`.

        Examples
        --------
        >>> import pathlib, tempfile
        >>> from ihomer import IHOMER
        >>> model = IHOMER()
        >>> with tempfile.TemporaryDirectory() as directory:
        ...     path = pathlib.Path(directory, "model.ihomer")
        ...     saving = model.begin_save(path)
        ...     model.learn_one({"a": 1.0}, {"x"})
        ...     saving.wait()
        ...     IHOMER.load(path).n_instances, model.n_instances
        (0, 1)
        """
        from ihomer.saving import begin_save

        return begin_save(self, path, allow_pickle=allow_pickle)

    @classmethod
    def load(cls, path: Any, *, allow_pickle: bool = False) -> Self:
        """Return the model that was saved in `path`; it goes on as if it had never stopped, bit for bit.

        Raises
        ------
        ihomer.checkpoint.CheckpointError
            If the file is damaged, truncated, of a newer format, of another class, or holds pickles and `allow_pickle`
            is false.
        """
        from ihomer.saving import load

        return load(path, cls, allow_pickle=allow_pickle)
