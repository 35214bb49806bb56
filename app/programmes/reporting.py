"""That the ICB is to be told how a programme stands. The telling itself is a job of the learning room."""

import datetime as dt

from app import clock, outbox

JOB = "learning.publish_figures"
LABEL = "Publish a programme's figures to the ICB"
HOUR = dt.timedelta(hours=1)
MORNING = dt.time(6)


def leave(programme_id: int) -> None:
    """Have the programme's figures published to the ICB: now, and once more when the hour is over.

    Calling it often is cheap: what is left twice within an hour is left once, and the second run of the hour
    takes in what changed after the first.
    """
    hour = clock.now().replace(minute=0, second=0, microsecond=0)
    payload = {"programme_id": programme_id}
    for when, run_after in (("start", clock.now()), ("end", hour + HOUR)):
        key = f"{programme_id}:{hour:%Y-%m-%dT%H}:{when}"
        outbox.leave(JOB, LABEL, payload, key=key, run_after=run_after)


def leave_for_tomorrow(programme_id: int) -> None:
    """Have the programme's figures published once more tomorrow morning."""
    day = clock.today() + dt.timedelta(days=1)
    at = dt.datetime.combine(day, MORNING, clock.LONDON)
    outbox.leave(JOB, LABEL, {"programme_id": programme_id}, key=f"{programme_id}:{day}:day", run_after=at)
