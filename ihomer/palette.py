"""The colours of all pictures and pages, light and dark: few, quiet, and told apart by people who see colours differently."""

from __future__ import annotations

import re
from typing import Final

#: name -> light, dark. Series are ordered so that neighbours differ in lightness too.
COLOURS: Final = {
    "page": ("#ffffff", "#12181f"),
    "raised": ("#f5f7fa", "#1a222c"),
    "ink": ("#1c2733", "#e6edf3"),
    "muted": ("#5a6776", "#9aa7b5"),
    "line": ("#dfe5ec", "#2b3743"),
    "edge": ("#a9b6c3", "#4b5968"),
    "accent": ("#1f5fa8", "#74b3f5"),
    "soft": ("#e3eefb", "#1d3146"),
    "alarm": ("#b3324a", "#ff8a98"),
    "split": ("#9a6410", "#e3ad4e"),
    "merge": ("#74559f", "#b79ae0"),
    "expert": ("#1d7a4f", "#4cc38a"),
    "series-1": ("#1f5fa8", "#74b3f5"),
    "series-2": ("#d9782d", "#f0a35e"),
    "series-3": ("#14806f", "#4fd1b5"),
    "series-4": ("#a8437a", "#f08cc0"),
    "series-5": ("#7a8a22", "#c6d35a"),
    "series-6": ("#5b4fb0", "#a99bf5"),
    "series-7": ("#4aa3d4", "#2f86b8"),
    "series-8": ("#8a5a3b", "#d0a07c"),
}
_NAME: Final = re.compile(r"\$([a-z][a-z0-9-]*)")
_VARIABLE: Final = re.compile(r"var\(--[a-z0-9-]+, (#[0-9a-f]{6})\)")


def coloured(rules: str) -> str:
    """Return CSS rules with ``$name`` as the variable of that colour, light where nothing sets it.

    Examples
    --------
    >>> coloured(".title { fill: $ink }")
    '.title { fill: var(--ink, #1c2733) }'
    """
    return _NAME.sub(lambda found: f"var(--{found[1]}, {COLOURS[found[1]][0]})", rules)


def picture_style(rules: str) -> str:
    """Return the style of a picture: of its own it follows the reader's light or dark scheme, in a page the page."""
    dark = "; ".join(f"--{name}: {dark}" for name, (_, dark) in COLOURS.items())
    font = 'svg { font-family: system-ui, -apple-system, "Segoe UI", "DejaVu Sans", sans-serif }'
    scheme = f"@media (prefers-color-scheme: dark) {{ svg:root {{ color-scheme: light dark; {dark} }} }}"
    return f"\n  {font}\n  {coloured(rules).strip()}\n  {scheme}"


def page_variables() -> tuple[str, str]:
    """Return the declarations of all colours, light and dark."""
    light, dark = (
        "; ".join(f"--{name}: {pair[i]}" for name, pair in COLOURS.items()) for i in (0, 1)
    )
    return light, dark


def in_light(svg: str) -> str:
    """Return a picture in its light colours, without variables, for what draws it and knows none."""
    return _VARIABLE.sub(r"\1", re.sub(r"@media[^{]*\{.*?\}\s*\}", "", svg, flags=re.DOTALL))
