"""The tables of docs/daemon.md, from the code; `python -m tests.daemon_tables` writes them anew."""

from __future__ import annotations

import re
from pathlib import Path

from ihomer.daemon.exit_codes import ExitCode
from ihomer.daemon.inbox import KINDS
from ihomer.daemon.kinds import TABLE
from ihomer.daemon.meters import METERS
from ihomer.daemon.ranges import RANGES
from ihomer.daemon.setting import Setting, settings_of
from ihomer.daemon.settings import Settings

DOCUMENT = Path(__file__).parent.parent / "docs" / "daemon.md"


def settings():
    head = "| setting | default | what it is | what it must be |\n|---|---|---|---|\n"
    return head + "".join(
        f"| `{s.name}` | {default(s)} | {s.meaning} | {RANGES[s.name].expected or s.kind.what} |\n"
        for s in settings_of(Settings)
    )


def default(setting: Setting):
    if setting.required:
        return "required"
    if setting.default is None or setting.default == "" or setting.kind is TABLE:
        return ""
    return f"`{str(setting.default).lower() if isinstance(setting.default, bool) else setting.default}`"


def exit_codes():
    return "| code | meaning |\n|---|---|\n" + "".join(f"| {int(code)} | {code.meaning} |\n" for code in ExitCode)


def metrics():
    head = "| metric | kind | labels | meaning |\n|---|---|---|---|\n"
    return head + "".join(f"| `{m.name}` | {m.kind} | {', '.join(m.labels)} | {m.help} |\n" for m in METERS)


def kinds():
    return "| reason | meaning |\n|---|---|\n" + "".join(f"| `{kind}` | {meaning} |\n" for kind, meaning in KINDS.items())


TABLES = {"settings": settings, "kinds": kinds, "exit codes": exit_codes, "metrics": metrics}


def with_tables(text):
    """Return `text` with each table between its two comments made anew."""
    for name, make in TABLES.items():
        begin, end = f"<!-- {name}: made by tests/daemon_tables.py -->\n", f"<!-- end of {name} -->\n"
        pattern = re.escape(begin) + ".*?" + re.escape(end)
        assert re.search(pattern, text, re.DOTALL), f"{DOCUMENT.name} has no place for the {name}"
        table = f"{begin}\n{make()}\n{end}"
        text = re.sub(pattern, lambda _, table=table: table, text, flags=re.DOTALL)
    return text


if __name__ == "__main__":
    DOCUMENT.write_text(with_tables(DOCUMENT.read_text()))
