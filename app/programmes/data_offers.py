"""What bringing in data has waiting: agreements for the manager, files for the analyst, rows to link."""

from flask import url_for

from app.here import can
from app.people.waiting import Waiting, waiting_in_data
from app.permissions import P
from app.programmes import today
from app.programmes.today import Todo


@today.offers
def data() -> list[Todo]:
    """What waits for the person here, read at once."""
    parts = [(P.MANAGE_SOURCES, _agreements), (P.BRING_IN_DATA, _files), (P.LINK_PEOPLE, _to_link)]
    mine = [part for permission, part in parts if can(permission)]
    waiting = waiting_in_data() if mine else None
    return [todo for part in mine if waiting for todo in part(waiting)]


def _agreements(waiting: Waiting) -> list[Todo]:
    """The first source to register, then agreements that end within 30 days, are over, or were never made."""
    if not waiting.standings:
        hint = "The practices’ list of people first. Nothing comes in without a source and its agreement."
        return [Todo("Register where your data comes from", url_for("people.add_source"), 0, hint)]
    asking = sum(1 for standing in waiting.standings.values() if standing.asks)
    words = "source without a lasting agreement" if asking == 1 else "sources without a lasting agreement"
    hint = "Nothing can be brought in from a source whose agreement is over."
    return [Todo(words, url_for("people.imports"), asking, hint)] if asking else []


def _files(waiting: Waiting) -> list[Todo]:
    """Files that were read and wait to be looked at, or whose columns have to be named."""
    number = waiting.files
    words = "file to look at, then save or cancel" if number == 1 else "files to look at, then save or cancel"
    return [Todo(words, url_for("people.imports"), number)] if number else []


def _to_link(waiting: Waiting) -> list[Todo]:
    """Rows of lists that wait for somebody to say whom they are about."""
    number = waiting.to_link
    words = "row to link to a person" if number == 1 else "rows to link to people"
    return [Todo(words, url_for("people.queue"), number)] if number else []
