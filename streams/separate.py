"""Reader of the newer layout of the extreme classification repository: features and labels in files of their own."""

from __future__ import annotations

from pathlib import Path

from streams.errors import BadRows
from streams.matrix import MatrixStream
from streams.paired import PairedStream
from streams.recognise import COMPRESSIONS
from streams.sources import CHUNK

#: Which file of labels belongs to a file of features, in words.
Y_BESIDE_X = "..._Y.txt beside ..._Xf.txt"
#: How the two are named there.
_NAMES = (("_X_Xf.", "_X_Y."), ("_Xf.", "_Y."))


def labels_beside(features: str | Path) -> str | None:
    """Return the file of labels that stands beside a file of features, compressed or not; None if there is none.

    Examples
    --------
    >>> import tempfile
    >>> folder = Path(tempfile.mkdtemp())
    >>> (folder / "trn_X_Y.txt.gz").touch()
    >>> Path(labels_beside(folder / "trn_X_Xf.txt")).name
    'trn_X_Y.txt.gz'
    """
    path = Path(features)
    name = path.name
    for suffix in COMPRESSIONS:
        name = name.removesuffix(suffix)
    for mine, other in _NAMES:
        if mine in name:
            named = name.replace(mine, other)
            found = (path.with_name(named + suffix) for suffix in ("", *COMPRESSIONS))
            return next((str(beside) for beside in found if beside.is_file()), None)
    return None


class SeparateStream(PairedStream):
    r"""Row i of a matrix of features with row i of a matrix of labels, each as `streams.matrix.MatrixStream` reads it.

    Of features ``nan`` is a missing value. Names are the ids.

    Parameters
    ----------
    features, labels
        The two files, plain, .gz, .bz2 or .xz.
    bad_rows
        What to do with bad rows; by default the first one is raised.
    block_bytes
        How much text is read at once.

    Raises
    ------
    StreamError
        If a file cannot be read, does not begin with its two sizes, or they have different numbers of rows.

    Examples
    --------
    >>> import tempfile
    >>> folder = Path(tempfile.mkdtemp())
    >>> _ = (folder / "trn_X_Xf.txt").write_bytes(b"2 3\n0:1.5 2:2\n1:1\n")
    >>> _ = (folder / "trn_X_Y.txt").write_bytes(b"2 4\n3:1 0:1\n\n")
    >>> from streams import open_stream
    >>> stream = open_stream(folder / "trn_X_Xf.txt")
    >>> stream.declared_labels, list(stream.sets())
    (4, [({0: 1.5, 2: 2.0}, {0, 3}), ({1: 1.0}, set())])
    """

    def __init__(
        self,
        features: str | Path,
        labels: str | Path,
        bad_rows: BadRows | None = None,
        block_bytes: int = CHUNK,
    ) -> None:
        super().__init__(MatrixStream(features, None, "feature", block_bytes), labels, 0, bad_rows, block_bytes)
