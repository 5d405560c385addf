"""A page as one self-contained text: style, scripts and data inside, and a policy that lets it ask for nothing else."""

from __future__ import annotations

from collections.abc import Sequence
from html import escape
from typing import Final

from ihomer.palette import page_variables
from ihomer.report.assets import asset

#: Scripts and styles of the page itself, pictures inside it, and nothing from anywhere. `connect` is what it may ask.
_POLICY: Final = (
    "default-src 'none'; style-src 'unsafe-inline'; script-src 'unsafe-inline'; img-src data:; connect-src {connect}; "
    "base-uri 'none'; form-action 'none'"
)


def page(
    title: str, head: str, scripts: Sequence[str], *, data: bytes = b"{}", asks_server: bool = False, without_scripts: str
) -> str:
    """Return a whole HTML page with an element ``data`` and an empty ``content`` that the scripts fill.

    Parameters
    ----------
    title
        Plain text.
    head
        HTML below the bar: the heading.
    scripts
        Names of assets, in order.
    data
        JSON.
    asks_server
        Whether the page may ask the server that it came from.
    without_scripts
        What a reader without scripts is told; plain text.
    """
    light, dark = page_variables()
    policy = _POLICY.format(connect="'self'" if asks_server else "'none'")
    dark_rules = (
        f'@media (prefers-color-scheme: dark) {{ :root:not([data-theme="light"]) {{ {dark} }} }}\n'
        f':root[data-theme="dark"] {{ {dark} }}\n'
        f"@media print {{ :root:root:root {{ color-scheme: light; {light} }} }}"
    )
    script = "\n".join(asset(name) for name in scripts)
    return f"""<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="{policy}">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<link rel="icon" href="data:,">
<title>{escape(title)}</title>
<style>
:root {{ {light} }}
{dark_rules}
{asset("style.css")}</style>
</head>
<body>
<a class="skip" href="#content">Skip to the content</a>
<div class="bar"><div>
<nav id="parts" aria-label="Parts of the page"></nav><button class="button" id="theme" type="button">Theme</button>
</div></div>
<header class="masthead">
{head}
</header>
<main id="content" tabindex="-1">
<noscript><p class="absent">{escape(without_scripts)}</p></noscript>
</main>
<script type="application/json" id="data">{script_safe(data)}</script>
<script>
"use strict";
{script}</script>
</body>
</html>
"""


def script_safe(data: bytes) -> str:
    r"""Return JSON that can stand in a script element: no name in it can end the element or begin another.

    Examples
    --------
    >>> script_safe(b'["</script>"]')
    '["\\u003c/script>"]'
    """
    text = data.decode()
    for character in "<\u2028\u2029":
        text = text.replace(character, f"\\u{ord(character):04x}")
    return text
