"""What of bringing in data waits for the person here: on the page "Data", and on "Today"."""

from dataclasses import dataclass

from flask import url_for

from app.here import can
from app.people.import_models import Source
from app.people.sources import Standing
from app.people.waiting import Waiting
from app.permissions import Permission as P
from app.render import count, date


@dataclass(frozen=True)
class Doing:
    """One line: what waits, where it is done (nowhere for who cannot do it), and a hint."""

    text: str
    href: str = ""
    hint: str = ""


def doings(waiting: Waiting, who: str) -> list[Doing]:
    """What waits, the most pressing first. `who` are the managers who can put an agreement right."""
    return [*_files(waiting), *_queue(waiting.to_link), *_agreements(waiting, who)]


def _files(waiting: Waiting) -> list[Doing]:
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


def _queue(waiting: int) -> list[Doing]:
    if not waiting:
        return []
    words = count(waiting, "row of a list waits", "rows of lists wait")
    hint = "Somebody of the care team decides whom each is about. The rest is not held up."
    return [Doing(f"{words} for a decision", url_for("people.queue") if can(P.SEE_QUEUE) else "", hint)]


def _agreements(waiting: Waiting, who: str) -> list[Doing]:
    asking = ((source, standing) for source, standing in waiting.standings.items() if standing.asks)
    return [_agreement(source, standing, who) for source, standing in asking]


def _agreement(source: Source, standing: Standing, who: str) -> Doing:
    name = source.name
    if standing.soon and standing.agreement:
        words = f"The agreement for {name} ends on {date(standing.agreement.ends_on)}"
    else:
        words = f"Nothing can be brought in from {name}: {standing.because}"
    if can(P.MANAGE_SOURCES):
        return Doing(words, url_for("people.agree", source_id=source.id), "Record an agreement.")
    return Doing(words, url_for("people.view_source", source_id=source.id), f"{who} can put it right.")
