"""Rooms import one way, and a few things stand in one place only."""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]

# Each room may import those to its left (rooms of one group may not import each other).
ORDER: list[set[str]] = [
    {"people", "library", "signin"},
    {"programmes"},
    {"cohorts"},
    {"outreach", "care"},
    {"referrals"},
    {"outcomes"},
    {"learning"},
    {"network"},
    {"demo"},
]
# care draws the person's timeline from the rows of outreach; outreach never reaches into care.
ALLOWED = {("care", "outreach")}
RANK = {room: rank for rank, rooms in enumerate(ORDER) for room in rooms}


def _imports(path: Path) -> Iterator[str]:
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.ImportFrom) and node.module:
            yield node.module
            yield from (f"{node.module}.{alias.name}" for alias in node.names)
        elif isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)


def _files(*folders: str) -> list[Path]:
    return [path for folder in folders for path in sorted((ROOT / folder).rglob("*.py"))]


@pytest.mark.parametrize("path", _files("app"), ids=lambda path: str(path.relative_to(ROOT)))
def test_a_room_imports_only_rooms_before_it(path: Path) -> None:
    parts = path.relative_to(ROOT / "app").parts
    if len(parts) == 1:
        if parts[0] != "__init__.py":
            assert not [m for m in _imports(path) if m.split(".")[1:2] and m.split(".")[1] in RANK]
        return
    own = parts[0]
    for module in _imports(path):
        names = module.split(".")
        if names[0] != "app" or len(names) < 2 or names[1] not in RANK or names[1] == own:
            continue
        assert RANK[names[1]] < RANK[own] or (own, names[1]) in ALLOWED, f"{own} imports {module}"


@pytest.mark.parametrize("path", _files("tenants"), ids=lambda path: path.name)
def test_the_tenancy_kernel_imports_nothing_of_the_application(path: Path) -> None:
    assert not [module for module in _imports(path) if module.split(".")[0] == "app"]


def test_only_the_hook_says_who_acts_in_the_database() -> None:
    holders = {
        str(path.relative_to(ROOT))
        for path in [*_files("app", "tenants"), ROOT / "worker.py"]
        if "SET LOCAL app." in path.read_text()
        or "set_config" in path.read_text().replace("`set_config`", "")
    }
    assert holders == {"tenants/scope.py"}


def test_the_time_is_asked_of_the_clock_only() -> None:
    allowed = {"app/clock.py"}
    askers = {
        str(path.relative_to(ROOT))
        for path in _files("app", "tenants")
        for node in ast.walk(ast.parse(path.read_text()))
        if isinstance(node, ast.Attribute)
        and node.attr in ("now", "today", "utcnow")
        and ast.unparse(node.value)
        in ("dt.datetime", "datetime", "dt.date", "date", "func", "datetime.datetime")
    }
    assert askers - allowed <= {"app/pages.py"}, "app/pages.py compares a worker's beat with real time"
