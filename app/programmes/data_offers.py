"""What bringing in data has waiting: agreements for the manager, files for the analyst."""

from flask import url_for

from app.here import can
from app.people.lists import waiting
from app.people.sources import standings
from app.permissions import P
from app.programmes import today
from app.programmes.today import Todo


@today.offers
def sources() -> list[Todo]:
    """The first source to register, then agreements that end within 30 days, are over, or were never made."""
    if not can(P.MANAGE_SOURCES):
        return []
    found = standings()
    if not found:
        hint = "The practices’ list of people first. Nothing comes in without a source and its agreement."
        return [Todo("Register where your data comes from", url_for("people.add_source"), 0, hint)]
    asking = sum(1 for standing in found.values() if standing.asks)
    words = "source without a lasting agreement" if asking == 1 else "sources without a lasting agreement"
    hint = "Nothing can be brought in from a source whose agreement is over."
    return [Todo(words, url_for("people.imports"), asking, hint)] if asking else []


@today.offers
def files() -> list[Todo]:
    """Files that were read and wait to be looked at, or whose columns have to be named."""
    number = waiting().files if can(P.BRING_IN_DATA) else 0
    words = "file to look at, then save or cancel" if number == 1 else "files to look at, then save or cancel"
    return [Todo(words, url_for("people.imports"), number)] if number else []
