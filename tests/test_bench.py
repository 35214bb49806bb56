"""The bench goes on measuring what the product has become: both pages are alike, each row is printed."""

import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
ROWS = (
    "list of 25 of 10,000 people",
    "statements of the page",
    "statements of one change of a definition",
    "its query, policies on",
    "the page, 1,000 tenants",
    "definition of 5 rules, 2,000 of 80,000 people",
    "building a batch of 10,000 with all checks",
    "statements of building a batch of 10,000",
    "160 letters in parts by 2 workers",
    "most memory of one of the workers",
    "400 texts by 2 workers",
    "import of 3,000 events",
    "import of 300 people",
    "most memory of that",
)


@pytest.mark.slow
def test_the_bench_prints_each_row_of_its_table() -> None:
    done = subprocess.run(
        [
            sys.executable,
            "-m",
            "bench",
            "--rounds",
            "6",
            "--events",
            "3000",
            "--people",
            "2000",
            "--letters",
            "160",
            "--texts",
            "400",
        ],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr[-2000:]
    for row in ROWS:
        assert row in done.stdout
