"""Processes that are measured: how they are set, and how they begin at one moment."""

import os
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from pathlib import Path

from app.embedded import Servers, exports

ROOT = Path(__file__).resolve().parent.parent
PROCESSES = 2
READY, GO = "ready\n", "go\n"


def environ_of(servers: Servers, **more: str) -> dict[str, str]:
    """The settings of a process that works on the measured database; its clock can be moved."""
    return {
        **exports(servers),
        "OAST_ENV": "development",
        "BASE_URL": "https://bench.example.test",
        "SECRET_KEY": "bench-" * 8,
        "FILE_KEY": "a2tra2tra2tra2tra2tra2tra2tra2tra2tra2tra2s=",
        **more,
    }


def side_by_side(
    commands: Sequence[Sequence[str]], environ: dict[str, str], first: Callable[[], None] | None = None
) -> tuple[float, list[str]]:
    """Seconds that `python -m` takes with all of `commands`, and `first` before them; what each wrote.

    Each says that it is `ready` and waits; then the time begins, and all are told to go at once.
    """
    running = [
        subprocess.Popen(
            [sys.executable, "-m", *command], cwd=ROOT, env=os.environ | environ, stdin=subprocess.PIPE,
            stdout=subprocess.PIPE, text=True,
        )
        for command in commands
    ]  # fmt: skip
    for process in running:
        assert process.stdout is not None
        assert process.stdout.readline() == READY
    begun = time.perf_counter()
    if first is not None:
        first()
    for process in running:
        assert process.stdin is not None
        process.stdin.write(GO)
        process.stdin.flush()
    said = [process.communicate()[0] for process in running]
    return time.perf_counter() - begun, said


def ready() -> None:
    """In such a process: say so, and wait to be told to go."""
    sys.stdout.write(READY)
    sys.stdout.flush()
    sys.stdin.readline()
