"""How people asked to be contacted. It stands before what their practice's list says, and outlives it."""

from collections.abc import Collection, Sequence

from sqlalchemy import or_, select
from sqlalchemy.dialects.postgresql import insert

from app import audit, clock, lifting
from app.languages import LANGUAGES, OTHER_NAMES
from app.outreach.choice_models import NEEDS, ContactNeed
from app.people.merging import whose
from tenants import scope
from tenants.db import db

PURPOSE = "reaching people"
REPLY_PAGE = "reply page"
WITH_A_VALUE = ("language", "format")
# What the reply page offers → what is kept. The language is named beside it.
WAYS: dict[str, tuple[str, str]] = {
    "large print": ("format", "Large print"),
    "another language": ("language", ""),
    "an interpreter": ("interpreter", ""),
    "someone to speak for me": ("someone to speak for me", ""),
}
_CODES = {name.lower(): code for code, name in LANGUAGES.items()} | OTHER_NAMES


def language_of(written: str) -> str:
    """A language as it is kept: its code where we know one, else as it was written.

    >>> language_of(" polish "), language_of("Polski"), language_of("Tigrinya")
    ('pl', 'pl', 'Tigrinya')
    """
    plain = written.strip()
    return _CODES.get(plain.lower(), plain)


def note(person_id: int, kind: str, value: str = "", *, source: str, entered_by: str) -> bool:
    """A person needs this from now on; it replaces what they needed of that kind. False where it stood.

    Raises ValueError for a kind that is none, or that lacks its language or format.
    """
    if kind not in NEEDS or (kind in WITH_A_VALUE) != bool(value):
        raise ValueError(f"{kind} is not a need, or its value is missing or too much")
    return _put(whose(person_id), {kind: value}, source, entered_by)


def lift(need: ContactNeed, *, why: str, lifted_by: str) -> bool:
    """They no longer need it; the row stays. False where that was said before."""
    lifted = bool(lifting.lift(ContactNeed, ContactNeed.id == need.id, by=lifted_by))
    if lifted:
        audit.record("lifted", "need", need.id, person_id=need.person_id, purpose=PURPOSE, why=why)
    return lifted


def answered(person_id: int, ways: Collection[str], *, entered_by: str) -> None:
    """What somebody needs by their answer on the reply page; what they ticked there before and not now, goes.

    `ways` are as the page offers them, a language named behind a colon. What colleagues have entered is left
    as it is.
    """
    wanted = dict(need for way in ways if (need := meant(way)) is not None)
    person_id = whose(person_id)
    ticked_before = (ContactNeed.source == REPLY_PAGE) & ContactNeed.kind.not_in(list(wanted))
    lifting.lift(ContactNeed, ContactNeed.person_id == person_id, ticked_before, by=entered_by)
    if wanted:
        _put(person_id, wanted, REPLY_PAGE, entered_by)


def _put(person_id: int, wanted: dict[str, str], source: str, entered_by: str) -> bool:
    """Keep these, in place of others of their kinds. False where all of them stood already."""
    others = [(ContactNeed.kind == kind) & (ContactNeed.value != value) for kind, value in wanted.items()]
    lifting.lift(ContactNeed, ContactNeed.person_id == person_id, or_(*others), by=entered_by)
    shared = {
        "tenant_id": scope.current().tenant,
        "person_id": person_id,
        "source": source,
        "entered_by": entered_by,
        "at": clock.now(),
    }
    rows = [shared | {"kind": kind, "value": value} for kind, value in wanted.items()]
    new = insert(ContactNeed).values(rows).on_conflict_do_nothing().returning(ContactNeed.kind)
    kinds = db.session.scalars(new).all()
    if kinds:
        audit.record("noted", "needs", person_id=person_id, purpose=PURPOSE, kinds=kinds, source=source)
    return bool(kinds)


def meant(way: str) -> tuple[str, str] | None:
    """The kind and the value of what the reply page offers; None for what it does not.

    >>> meant("another language: Polish"), meant("an interpreter"), meant("another language")
    (('language', 'pl'), ('interpreter', ''), None)
    """
    offered, _, named = way.partition(": ")
    kind, value = WAYS.get(offered, ("", ""))
    value = language_of(named) if kind == "language" else value
    return (kind, value) if kind and (kind in WITH_A_VALUE) == bool(value) else None


def of_person(person_id: int) -> Sequence[ContactNeed]:
    """All that a person ever asked for, the oldest first; some of it lifted again."""
    asked = select(ContactNeed).where(ContactNeed.person_id == person_id)
    return db.session.scalars(asked.order_by(ContactNeed.at, ContactNeed.id)).all()


def in_words(need: ContactNeed) -> str:
    """A need in plain words."""
    match need.kind:
        case "language":
            return f"Language: {LANGUAGES.get(need.value, need.value)}"
        case "format":
            return f"Information format: {need.value}"
        case "interpreter":
            return "Needs an interpreter"
        case _:
            return "Needs someone to speak for them"
