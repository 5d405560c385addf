"""Imports point down the house only."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent

#: The house, top first; modules of one floor may use each other and everything on the floors below.
FLOORS = [
    ["ihomer.cli", "ihomer.__main__"],
    ["ihomer.daemon"],
    ["ihomer.live"],
    ["ihomer.compare"],
    ["ihomer.report"],
    ["ihomer.evaluation"],
    ["ihomer.peers"],
    ["ihomer.saving"],
    ["ihomer.model", "ihomer.presets", "ihomer.hands", "ihomer.retirement"],
    ["ihomer.explain"],
    ["ihomer.hierarchy"],
    ["ihomer.label_space"],
    ["ihomer.learners"],
    ["ihomer.estimator", "ihomer.persistent"],
    ["ihomer.decision"],
    ["ihomer.drift", "ihomer.events"],
    ["ihomer.probabilities"],
    ["ihomer.retired_labels"],
    ["ihomer.door", "ihomer.one_row", "ihomer.predictions", "ihomer.answers", "ihomer.memory", "ihomer.blocks"],
    ["ihomer.palette"],
    ["ihomer.rows", "ihomer.arrays", "ihomer.threads", "ihomer.waiting"],
    ["ihomer.checkpoint"],
    ["ihomer.kernels"],
    ["streams"],
    ["streams.jit", "streams.kernels"],
]

#: Downward doors that open upwards at run time only, each with its reason.
ALLOWED = {
    # save and load are methods of every estimator; what a file may name stands in one registry above them all.
    ("ihomer.persistent", "ihomer.saving"),
}


def floor_of(module: str) -> int:
    best = max(
        (
            (len(prefix), i)
            for i, floor in enumerate(FLOORS)
            for prefix in floor
            if module == prefix or module.startswith(prefix + ".")
        ),
        default=None,
    )
    assert best is not None, f"{module} stands on no floor of the house: give it one in tests/test_layers.py"
    return best[1]


def modules() -> list[Path]:
    return sorted(p for folder in ("streams", "ihomer") for p in (ROOT / folder).rglob("*.py"))


def name_of(path: Path) -> str:
    parts = path.relative_to(ROOT).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


def is_type_checking(node: ast.AST) -> bool:
    return isinstance(node, ast.If) and isinstance(node.test, ast.Name) and node.test.id == "TYPE_CHECKING"


def imports_of(path: Path) -> set[str]:
    found = set()
    pending: list[ast.AST] = [ast.parse(path.read_text())]
    while pending:
        node = pending.pop()
        if isinstance(node, ast.ImportFrom) and node.level == 0 and node.module:
            base = ROOT / Path(*node.module.split("."))
            for alias in node.names:
                is_module = (base / f"{alias.name}.py").exists() or (base / alias.name).is_dir()
                found.add(f"{node.module}.{alias.name}" if is_module else node.module)
        elif isinstance(node, ast.Import):
            found |= {a.name for a in node.names}
        if not is_type_checking(node):
            pending += ast.iter_child_nodes(node)
    return {name for name in found if name.split(".")[0] in ("streams", "ihomer")}


@pytest.mark.parametrize("path", modules(), ids=name_of)
def test_imports_point_down(path: Path) -> None:
    module = name_of(path)
    if module == "ihomer":
        assert imports_of(path) == set()  # it only names, lazily, what is public
        return
    upward = {
        used
        for used in imports_of(path)
        if used != "ihomer" and floor_of(used) < floor_of(module) and (module, used) not in ALLOWED
    }
    assert upward == set()


def test_streams_know_nothing_of_learning() -> None:
    for path in (ROOT / "streams").rglob("*.py"):
        assert not any(name.startswith("ihomer") for name in imports_of(path)), path


@pytest.mark.parametrize("path", [p for p in modules() if "kernels" not in p.parts and p.name != "jit.py"], ids=name_of)
def test_kernels_stand_in_kernels_only(path: Path) -> None:
    # The cache of compiled kernels is keyed by the files in `kernels` alone.
    assert "from streams.jit import jit" not in path.read_text()
