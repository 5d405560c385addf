"""Pictures as PNG, where the extra `report` is installed."""

from __future__ import annotations

from importlib.util import find_spec

from ihomer.palette import in_light

#: Pixels of the PNG for one of the picture.
ZOOM = 2


def can_draw_png() -> bool:
    """Return whether the library that draws PNG is there."""
    return find_spec("resvg_py") is not None


def png(svg: str) -> bytes:
    """Return a picture as PNG in its light colours, twice its size.

    Raises
    ------
    ImportError
        If the extra is missing; the message says how it is installed.
    """
    try:
        import resvg_py
    except ImportError as error:
        raise ImportError("PNG pictures are drawn by resvg_py: pip install 'ihomer[report]'") from error
    light = in_light(svg).replace('fill="currentColor"', 'fill="currentColor" color="#1c2733"', 1)
    return bytes(
        resvg_py.svg_to_bytes(
            svg_string=light, background="#ffffff", zoom=ZOOM, font_family="DejaVu Sans", sans_serif_family="DejaVu Sans"
        )
    )
