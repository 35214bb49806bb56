"""What of bringing in data waits for the person here: on the page "Data", and on "Today"."""

from collections.abc import Sequence
from dataclasses import dataclass

from flask import url_for

from app.here import can
from app.people import lists
from app.people.linking import waiting_count
from app.people.sources import Listed
from app.permissions import Permission as P
from app.render import count, date


@dataclass(frozen=True)
class Doing:
    """One line: what waits, where it is done (nowhere for who cannot do it), and a hint."""

    text: str
    href: str = ""
    hint: str = ""


def doings(listed: Sequence[Listed], who: str) -> list[Doing]:
    """What waits, the most pressing first. `who` are the managers who can put an agreement right."""
    return [*_files(lists.waiting()), *_queue(), *_agreements(listed, who)]


def _files(waiting: lists.Waiting) -> list[Doing]:
    found, below = [], url_for("people.imports", _anchor="files")
    if waiting.stopped:
        hint = "Ask your PCN manager to look at the background work in Settings."
        found.append(Doing(f"Work on {count(waiting.stopped, 'file')} has stopped", "", hint))
    if waiting.to_name and can(P.BRING_IN_DATA):
        found.append(Doing(f"{count(waiting.to_name, 'file')} with columns to name", below))
    if waiting.to_save and can(P.BRING_IN_DATA):
        words = count(waiting.to_save, "preview to look at", "previews to look at")
        found.append(Doing(f"{words}, then save or cancel", below))
    return found


def _queue() -> list[Doing]:
    waiting = waiting_count()
    if not waiting:
        return []
    words = count(waiting, "row of a list waits", "rows of lists wait")
    hint = "Somebody of the care team decides whom each is about. The rest is not held up."
    return [Doing(f"{words} for a decision", url_for("people.queue") if can(P.SEE_QUEUE) else "", hint)]


def _agreements(listed: Sequence[Listed], who: str) -> list[Doing]:
    return [_agreement(one, who) for one in listed if one.standing.asks]


def _agreement(one: Listed, who: str) -> Doing:
    standing, name = one.standing, one.source.name
    if standing.soon and standing.agreement:
        words = f"The agreement for {name} ends on {date(standing.agreement.ends_on)}"
    else:
        words = f"Nothing can be brought in from {name}: {standing.because}"
    if can(P.MANAGE_SOURCES):
        return Doing(words, url_for("people.agree", source_id=one.source.id), "Record an agreement.")
    return Doing(words, url_for("people.view_source", source_id=one.source.id), f"{who} can put it right.")
