"""The clock. Everything that asks what time it is asks here, so that tests and demonstrations can move it."""

import datetime as dt
import os
from pathlib import Path
from zoneinfo import ZoneInfo

LONDON = ZoneInfo("Europe/London")


def now() -> dt.datetime:
    """The present moment, in UTC, moved by the offset in the clock file (never in production)."""
    return dt.datetime.now(dt.UTC) + _offset()


def local(moment: dt.datetime) -> dt.datetime:
    """`moment` as a clock on the wall in Kent shows it."""
    return moment.astimezone(LONDON)


def today() -> dt.date:
    """The date in Kent."""
    return local(now()).date()


def move_to(moment: dt.datetime, file: Path) -> None:
    """Make all who read `file` believe that it is `moment` now, and let time run on from there.

    Whoever reads meanwhile finds the moment before or this one, never an empty file.
    """
    beside = file.with_name(f"{file.name}.{os.getpid()}")
    beside.write_text(str((moment - dt.datetime.now(dt.UTC)).total_seconds()))
    beside.replace(file)


def _offset() -> dt.timedelta:
    path = os.environ.get("OAST_CLOCK_FILE")
    if not path or os.environ.get("OAST_ENV") == "production":
        return dt.timedelta()
    try:
        return dt.timedelta(seconds=float(Path(path).read_text()))
    except (OSError, ValueError):
        return dt.timedelta()
