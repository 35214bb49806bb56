"""Families of messages: one kind and name in several languages and formats.

Who reads another language or needs another format gets the member that suits them best. Braille, audio and
the like are made by others; the note on the message says by whom.
"""

from collections.abc import Collection, Sequence

from sqlalchemy import select, tuple_
from sqlalchemy.dialects.postgresql import distinct_on

from app.library.models import ENGLISH, STANDARD, LibraryItem
from tenants import scope
from tenants.db import db

FORMATS = (STANDARD, "large print", "easy read")

Name = tuple[str, str]
"""The kind and the name of a family."""


class NoMember(LookupError):
    """A family has nothing that the person could be given."""


def choose(members: Sequence[LibraryItem], language: str, format: str) -> LibraryItem:
    """The member of one family for a person who reads `language` and asked for `format` (empty: no wish).

    Their language in their format; else their language, standard; else English in their format; else English,
    standard. `members` are approved; of two versions of one member the newer counts. Raises NoMember where
    not even the last is there.
    """
    there = {(one.language, one.format): one for one in sorted(members, key=lambda member: member.version)}
    wanted_language, wanted_format = language.strip().lower() or ENGLISH, format.strip().lower() or STANDARD
    for language_of in (wanted_language, ENGLISH):
        for format_of in (wanted_format, STANDARD):
            if (language_of, format_of) in there:
                return there[language_of, format_of]
    raise NoMember("This message has no approved member in English and in the standard format.")


def members_of(kind: str, name: str) -> list[LibraryItem]:
    """The newest approved version of each member of one family of ours."""
    return families_of([(kind, name)]).get((kind, name), [])


def families_of(names: Collection[Name]) -> dict[Name, list[LibraryItem]]:
    """As `members_of`, for several families in one statement; those with nothing approved are left out."""
    statement = (
        select(LibraryItem)
        .where(
            LibraryItem.org_id == scope.current().org,
            LibraryItem.state == "approved",
            tuple_(LibraryItem.kind, LibraryItem.name).in_(list(names)),
        )
        .ext(distinct_on(LibraryItem.kind, LibraryItem.name, LibraryItem.language, LibraryItem.format))
        .order_by(
            LibraryItem.kind,
            LibraryItem.name,
            LibraryItem.language,
            LibraryItem.format,
            LibraryItem.version.desc(),
        )
    )
    found: dict[Name, list[LibraryItem]] = {}
    for item in db.session.scalars(statement):
        found.setdefault((item.kind, item.name), []).append(item)
    return found
