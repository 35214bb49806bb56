"""The clock that tests and demonstrations move, for every process at once."""

import datetime as dt
from pathlib import Path

import pytest

from app import clock

THEN = dt.datetime(2031, 5, 6, 9, tzinfo=clock.LONDON)
SLOWLY = dt.timedelta(minutes=5)


def test_who_asks_while_the_clock_is_being_moved_is_told_a_moment_before_or_after(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file, write, asked = tmp_path / "clock", Path.write_text, []
    monkeypatch.setenv("OAST_CLOCK_FILE", str(file))
    clock.move_to(THEN, file)

    def ask_half_way(path: Path, words: str) -> int:
        path.write_bytes(b"")
        asked.append(clock.now())
        return write(path, words)

    monkeypatch.setattr(Path, "write_text", ask_half_way)
    clock.move_to(THEN + dt.timedelta(days=1), file)
    assert [dt.timedelta() <= moment - THEN < SLOWLY for moment in asked] == [True]
    assert dt.timedelta() <= clock.now() - THEN - dt.timedelta(days=1) < SLOWLY
