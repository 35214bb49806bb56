"""What the programmes themselves, and what comes before them, have waiting."""

from collections.abc import Sequence

from flask import url_for
from sqlalchemy import select

from app.here import can
from app.library.browsing import waiting
from app.people.models import Person
from app.permissions import P
from app.programmes import today
from app.programmes.funnel import Stage
from app.programmes.models import Programme
from app.programmes.next_steps import offers
from app.programmes.tasks import tasks_of
from app.programmes.today import Todo
from tenants.db import db


def first_steps(listed: Sequence[tuple[Programme, Sequence[Stage]]]) -> list[Todo]:
    """What a PCN does that has no people or no programme under way: bring in its list, start a programme.

    Takes the open programmes with their funnels. Where somebody is in one, there are people.
    """
    steps = []
    if can(P.BRING_IN_DATA) and not any(funnel[0].count for _, funnel in listed) and not _anybody():
        hint = "The programmes find their people in it."
        steps.append(Todo("Bring in the practices’ list", url_for("people.imports"), 0, hint))
    if can(P.RUN_PROGRAMMES) and not listed:
        hint = "Take over what a neighbour has tried: the aim, whom it is for, letters, texts and procedure."
        steps.append(Todo("Start your first programme", url_for("programmes.start"), 0, hint))
    return steps


def _anybody() -> bool:
    return db.session.scalar(select(Person.id).limit(1)) is not None


@today.offers
def drafts() -> list[Todo]:
    """Letters, texts and procedures that wait for the patient council, for approval, or for their writer."""
    if not (can(P.APPROVE_LIBRARY) or can(P.READ_FOR_PATIENTS) or can(P.WRITE_LIBRARY)):
        return []
    there, ours = waiting(), url_for("library.browse", show="ours", state="waiting")
    read = f"The patient council has read {there.read} of them." if there.read else ""
    offered = (
        (P.READ_FOR_PATIENTS, there.for_council, "message to read", url_for("library.to_read"),
         "Say if people like you would understand it."),
        (P.WRITE_LIBRARY, there.sent_back, "message to change, as the patient council says", ours, ""),
        (P.APPROVE_LIBRARY, there.for_approval, "draft to approve in the library", ours, read),
    )  # fmt: skip
    return [
        Todo(words if number == 1 else words.replace(" ", "s ", 1), href, number, hint)
        for permission, number, words, href, hint in offered
        if number and can(permission)
    ]


@offers
def state(programme: Programme) -> Todo | None:
    """Go live when nothing is missing; resume when paused."""
    if not can(P.RUN_PROGRAMMES):
        return None
    change = url_for("programmes.change_state", programme_id=programme.id)
    if programme.state == "paused":
        return Todo(
            "Resume the programme", change, 0, f"Paused: {programme.state_reason or 'no reason given'}"
        )
    if programme.state != "set-up":
        return None
    blocking = sum(task.blocks for task in tasks_of(programme))
    if not blocking:
        return Todo("Go live", change, 0, "Nothing is missing.")
    words = "task of the set-up to do" if blocking == 1 else "tasks of the set-up to do"
    return Todo(words, url_for("programmes.setup", programme_id=programme.id), blocking)
