"""Nothing secret is shown: whole secrets are replaced, and so are passwords inside of addresses."""

from __future__ import annotations

import re
from collections.abc import Iterable

#: What stands where a secret was.
MASK = "***"

# user:password@; up to the last @ of a word, since a password may hold one: rather too much is hidden than too little.
_CREDENTIALS = re.compile(r"([^\s:/@'\"]+):(?!//)[^\s]+@")


def masked(text: str, secrets: Iterable[str] = ()) -> str:
    """Return `text` without `secrets`, and without the password of any ``user:password@`` in it.

    Examples
    --------
    >>> masked("cannot reach http://ann:pass@w@ord@host:80/, tried 'tulip'", ["tulip"])
    "cannot reach http://ann:***@host:80/, tried '***'"
    """
    # Longest first: a secret that is a part of another one must not leave the rest of that one to be read.
    for secret in sorted(filter(None, secrets), key=len, reverse=True):
        text = text.replace(secret, MASK).replace(repr(secret)[1:-1], MASK)  # as it stands, and as it is quoted
    return _CREDENTIALS.sub(rf"\1:{MASK}@", text) if "@" in text else text
