"""What all pictures share: the outer element, its style, its title and what is said to those who do not see it."""

from __future__ import annotations

from collections.abc import Iterable
from html import escape
from typing import Final

from ihomer.palette import picture_style

_COMMON: Final = """
  .page { fill: $page } .head { fill: $ink; font-size: 16px; font-weight: 600 } .note { fill: $muted; font-size: 12px }
  .name { fill: $ink; font-size: 12px } .grid { stroke: $line; stroke-width: 1 } .end { text-anchor: end }
  .middle { text-anchor: middle } """


def framed(width: float, height: float, title: str, description: str, rules: str, parts: Iterable[str]) -> str:
    """Return a picture.

    Parameters
    ----------
    width, height
        In pixels.
    title, description
        What it is, and what it shows, for those who do not see it. Plain text.
    rules
        CSS beside the common one, colours as `ihomer.palette.coloured` takes them.
    parts
        SVG elements.
    """
    size = f'viewBox="0 0 {width:g} {height:g}" width="{width:g}" height="{height:g}"'
    return "\n".join(
        [
            f'<svg xmlns="http://www.w3.org/2000/svg" {size} role="img">',
            f"<title>{clean(title)}</title>",
            f"<desc>{clean(description)}</desc>",
            f"<style>{picture_style(_COMMON + rules)}\n</style>",
            f'<rect class="page" width="{width:g}" height="{height:g}"/>',
            *parts,
            "</svg>\n",
        ]
    )


def clean(text: str) -> str:
    r"""Return text that may stand in an element or an attribute: what XML forbids becomes a space.

    Examples
    --------
    >>> clean("</title>\x00<b>")
    '&lt;/title&gt; &lt;b&gt;'
    """
    return escape("".join(c if c.isprintable() else " " for c in text))


def shortened(text: str, characters: int) -> str:
    """Return text of at most so many characters."""
    return text if len(text) <= characters else text[: characters - 1] + "…"
