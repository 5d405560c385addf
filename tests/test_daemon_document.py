"""docs/daemon.md says what the code says."""

from __future__ import annotations

import re
import tomllib

from ihomer.daemon.configure import configured
from tests.daemon_tables import DOCUMENT, with_tables


def test_the_tables_are_those_of_the_code():
    text = DOCUMENT.read_text()
    assert with_tables(text) == text, "python -m tests.daemon_tables writes them anew"


def test_the_example_of_a_file_can_be_read(tmp_path):
    (example,) = re.findall(r"```toml\n(.*?)```", DOCUMENT.read_text(), re.DOTALL)
    assert tomllib.loads(example)
    file = tmp_path / "daemon.toml"
    file.write_text(example)
    assert configured(file, {"IHOMER_CLUSTER_PASSWORD": "x"}).settings.cluster.security == "SASL_SSL"
