"""Families of messages: one kind and name in several languages and formats.

Who reads another language or needs another format gets the member that suits them best. Braille, audio and
the like are made by others; the note on the message says by whom.
"""

import datetime as dt
from collections.abc import Sequence

from sqlalchemy import func, select
from sqlalchemy.dialects.postgresql import distinct_on

from app.library.models import ENGLISH, STANDARD, LibraryItem
from tenants import scope
from tenants.db import db

FORMATS = (STANDARD, "large print", "easy read")


class NoMember(LookupError):
    """A family has nothing that the person could be given."""


def choose(members: Sequence[LibraryItem], language: str, format: str) -> LibraryItem:
    """The member of one family for a person who reads `language` and asked for `format` (empty: no wish).

    Their language in their format; else their language, standard; else English in their format; else English,
    standard. `members` are approved; of two versions of one member the newer counts. Raises NoMember where
    not even the last is there.
    """
    there = {(one.language, one.format): one for one in sorted(members, key=lambda member: member.version)}
    wanted_language, wanted_format = wanted(language, format)
    for language_of in (wanted_language, ENGLISH):
        for format_of in (wanted_format, STANDARD):
            if (language_of, format_of) in there:
                return there[language_of, format_of]
    raise NoMember("This message has no approved member in English and in the standard format.")


def wanted(language: str, format: str) -> tuple[str, str]:
    """A person's language and format as members are kept; English and standard where none is said.

    >>> wanted(" PL ", ""), wanted("", "Large print")
    (('pl', 'standard'), ('en', 'large print'))
    """
    return language.strip().lower() or ENGLISH, format.strip().lower() or STANDARD


def members_of(kind: str, name: str, *, by: dt.datetime | None = None) -> Sequence[LibraryItem]:
    """The newest approved version of each member of one family of ours; `by` leaves out what is newer."""
    statement = (
        select(LibraryItem)
        .where(
            LibraryItem.org_id == scope.current().org,
            LibraryItem.state == "approved",
            LibraryItem.kind == kind,
            LibraryItem.name == name,
        )
        .ext(distinct_on(LibraryItem.language, LibraryItem.format))
        .order_by(LibraryItem.language, LibraryItem.format, LibraryItem.version.desc())
    )
    if by is not None:
        since = func.coalesce(LibraryItem.approved_at, LibraryItem.made_at)
        statement = statement.where(since <= by)
    return db.session.scalars(statement).all()
