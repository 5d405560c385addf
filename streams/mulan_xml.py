"""The XML file beside MULAN's ARFF files: which attributes are labels."""

from __future__ import annotations

from pathlib import Path
from xml.etree import ElementTree as ET

from streams.errors import StreamError

#: Parts of a data set share one label file.
_PARTS = ("-train", "-test", "_train", "_test")


def read_label_names(path: str | Path) -> list[str]:
    """Return the names of the labels in the MULAN label file `path`, parents of a hierarchy before their children.

    Raises
    ------
    StreamError
        If it cannot be read, is not XML, names no label, or one twice.

    Examples
    --------
    >>> import tempfile
    >>> path = Path(tempfile.mkdtemp()) / "a.xml"
    >>> _ = path.write_text('<labels><label name="red"><label name="dark red"/></label></labels>')
    >>> read_label_names(path)
    ['red', 'dark red']
    """
    source = Path(path).name
    try:
        # expat, since 2.4.1, ends what tries to blow up by nested entities.
        root = ET.fromstring(Path(path).read_bytes())  # noqa: S314
    except OSError as error:
        raise StreamError(f"{path}: cannot be read: {error.strerror}") from error
    except (ET.ParseError, LookupError, ValueError) as error:
        raise StreamError(f"{source}: is not XML: {error}") from error
    names: list[str] = []
    for element in root.iter():
        if element.tag.rpartition("}")[2] == "label":  # whatever the namespace
            if "name" not in element.attrib:
                raise StreamError(f"{source}: label {len(names) + 1} has no name")
            names.append(element.attrib["name"])
    if not names:
        raise StreamError(f'{source}: names no labels, expected elements <label name="...">')
    if len(set(names)) < len(names):
        twice = next(name for i, name in enumerate(names) if name in names[:i])
        raise StreamError(f"{source}: label {twice!r} stands twice")
    return names


def label_file_beside(path: Path | None) -> Path | None:
    """Return the label file of the ARFF file `path`: `NAME.xml`, for `NAME-train.arff` too; None: there is none."""
    from streams.names_json import beside

    if path is None or (found := beside(path, ".xml")) is not None:
        return None if path is None else found
    whole = path.name
    for part in _PARTS:
        whole = whole.replace(part + ".", ".")
    return beside(path.with_name(whole), ".xml")
