"""What a programme needs before it goes live, as a list of tasks with states. Each room adds its own."""

from collections.abc import Callable
from dataclasses import dataclass

from flask import url_for
from sqlalchemy import select

from app.here import can
from app.library.models import ENGLISH, STANDARD, LibraryItem
from app.library.setup import Setup, setup_of
from app.permissions import P
from app.programmes.models import Programme
from tenants import scope
from tenants.db import db

DONE, TO_DO, WAITING = "Done", "To do", "Waiting"


@dataclass(frozen=True)
class Task:
    """One line of the set-up: `who` does it, `href` leads to it, `place` orders it.

    A task that is `needed` and not done keeps the programme from going live, and `missing` says so.
    """

    place: int
    text: str
    state: str
    who: str
    href: str = ""
    hint: str = ""
    needed: bool = True
    missing: str = ""

    @property
    def blocks(self) -> bool:
        """Whether the programme cannot go live because of this."""
        return self.needed and self.state != DONE


Offer = Callable[[Programme], list[Task]]
_OFFERS: list[Offer] = []


def offers(fn: Offer) -> Offer:
    """Register a function that says which tasks its room sees in a programme's set-up."""
    if fn not in _OFFERS:
        _OFFERS.append(fn)
    return fn


def tasks_of(programme: Programme) -> list[Task]:
    """Every task of the programme's set-up, in order."""
    listed = [task for offer in (aim_and_items, *_OFFERS) for task in offer(programme)]
    return sorted(listed, key=lambda task: task.place)


def aim_and_items(programme: Programme) -> list[Task]:
    """The aim, and each letter, text, script and procedure that the set-up speaks of."""
    setup = setup_of(programme.setup)
    aim = Task(10, "Aim and outcomes", DONE, "PCN manager", hint=programme.aim)
    outreach = url_for("outreach.programme", programme_id=programme.id) if can(P.SEE_OUTREACH) else ""
    return [aim, *_items(setup), _steps(setup, outreach)]


def _items(setup: Setup) -> list[Task]:
    needs = setup.needs
    if not needs:
        return []
    statement = (
        select(LibraryItem)
        .where(LibraryItem.org_id == scope.current().org, LibraryItem.name.in_({name for _, name in needs}))
        .where(LibraryItem.language == ENGLISH, LibraryItem.format == STANDARD)
        .order_by(LibraryItem.version)
    )
    newest: dict[tuple[str, str], LibraryItem] = {}
    for item in db.session.scalars(statement):
        kept = newest.get((item.kind, item.name))
        if kept is None or kept.state != "approved" or item.state == "approved":
            newest[item.kind, item.name] = item
    used = {(step.template_kind, step.template) for step in setup.steps}
    return [_item(kind, name, newest.get((kind, name)), (kind, name) in used) for kind, name in needs]


WAITS = {
    "draft": "A draft",
    "read": "A draft that the patient council has read",
    "retired": "Retired: make a new version",
}


def _item(kind: str, name: str, item: LibraryItem | None, used: bool) -> Task:
    text, who = f"{kind[0].upper()}{kind[1:]}: {name}", "Whoever approves, not its writer"
    missing = f"approve the {kind if kind == 'SOP' else kind.lower()} “{name}”"
    if item is None:
        href = url_for("library.write")
        hint = "Not in your library yet. Write it, then have it approved."
        return Task(40, text, TO_DO, "PCN manager", href, hint, needed=used, missing=f"write and {missing}")
    href = url_for("library.view", item_id=item.id)
    if item.state == "approved":
        return Task(40, text, DONE, who, href, f"Approved by {item.approved_by}" if item.approved_by else "")
    hint = (
        f"{WAITS[item.state]}, taken from {item.origin_name}."
        if item.origin_name
        else f"{WAITS[item.state]}."
    )
    return Task(40, text, WAITING, who, href, hint, needed=used, missing=missing)


def _steps(setup: Setup, href: str) -> Task:
    words: list[str] = []
    for step in setup.steps:
        later = f" after {step.after_days} day{'' if step.after_days == 1 else 's'}" if words else ""
        words.append(f"{step.name}{later}")
    state = DONE if words else TO_DO
    return Task(50, "Steps of reaching people", state, "PCN manager", href, "; ".join(words), needed=False)
