"""A picture that notebooks show and that goes into a file."""

from __future__ import annotations

from pathlib import Path


class Svg(str):
    """The text of an SVG picture.

    Examples
    --------
    >>> picture = Svg("<svg/>")
    >>> picture, picture._repr_svg_()
    ('<svg/>', '<svg/>')
    """

    __slots__ = ()

    def _repr_svg_(self) -> str:
        return str(self)

    def save(self, path: str | Path) -> None:
        """Write the picture into a file.

        Raises
        ------
        OSError
            If it cannot be written.
        """
        Path(path).write_text(self, encoding="utf-8")
