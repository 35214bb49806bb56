"""The call list: agreed times first, then whoever asked for a call, then the longest waiting; page by page.

Who must not be rung is decided by `rules.why_not` alone: here by `held_calls`, so that a list of thousands is
counted and paged by the database, and again at the moment of ringing.
"""

import datetime as dt
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, and_, func, select

from app import clock
from app.addresses import page_number
from app.here import here
from app.outreach import call_times, calls, held_calls, interpreters, obstacles
from app.outreach.call_models import Call, CallAttempt
from app.outreach.call_outcomes import TRY_AGAIN
from app.outreach.choice_models import ContactNeed
from app.outreach.facts import Known, known_of
from app.outreach.held_calls import to_make
from app.outreach.obstacles import Obstacle
from app.outreach.rules import WANT_TO_BE_RUNG, Reason
from app.people.models import Person
from app.programmes.models import Participant, Programme
from tenants.db import db

A_PAGE = 25
A_FEW = 5  # calls of which it is asked whether they can be made now: mostly the first can
SHOWS = ("due", "mine", "later", "held")
# What the list can be narrowed to besides a programme and a language.
NEEDS = ("interpreter", "book first", "another way")


def in_order() -> tuple[Any, ...]:
    """Agreed times, then whoever asked for a call and is due, then whoever has waited longest."""
    asked = Participant.status.in_(WANT_TO_BE_RUNG) & (Call.due_on <= clock.today())
    return Call.agreed_at.asc().nulls_last(), Call.agreed_time == "", asked.desc(), Call.due_on, Call.id


@dataclass(frozen=True)
class Listed:
    """A call on the list, the person, when they were rung before, and whether somebody is on it."""

    call: Call
    known: Known
    programme: str
    tried: list[dt.datetime]
    reason: Reason | None

    @property
    def taken_by(self) -> str | None:
        """Who is on this call now, other than the person here."""
        return self.call.claimed_by if calls.is_claimed(self.call) and not calls.is_mine(self.call) else None

    @property
    def left_lying_by(self) -> str | None:
        """Who took the call and did not finish it, so that it is free again."""
        return self.call.claimed_by if not calls.is_claimed(self.call) else None

    @property
    def missed(self) -> bool:
        """Whether the agreed day is over and nobody has rung."""
        agreed = self.call.agreed_at
        return agreed is not None and clock.local(agreed).date() < clock.today()

    @property
    def try_next(self) -> str | None:
        """The part of the day to ring in, after those in which nobody answered."""
        return call_times.another_time(self.tried)

    @property
    def is_not_yet(self) -> bool:
        """Whether they asked not to be rung before that day."""
        return self.known.facts.status == "not now" and self.call.due_on > clock.today()

    @property
    def booked_for(self) -> dt.date | None:
        """The day for which an interpreter is booked."""
        return interpreters.booked_for(self.call)

    @property
    def books_first(self) -> bool:
        """Whether an interpreter has to be booked before the call."""
        return interpreters.books_first(self.call, self.known.facts)


@dataclass(frozen=True)
class Asked:
    """What the address of the list asks for."""

    show: str
    programme_id: int | None
    language: str
    need: str
    page: int

    @property
    def kept(self) -> dict[str, Any]:
        """What an address is given so that the list is found again as it was."""
        found = {"programme": self.programme_id, "language": self.language, "need": self.need}
        found |= {
            "show": self.show if self.show != "due" else None,
            "page": self.page if self.page > 1 else None,
        }
        return {name: value for name, value in found.items() if value}


@dataclass(frozen=True)
class CallList:
    """One page of the list, how many calls each part of it has, and what it can be narrowed to."""

    asked: Asked
    rows: list[Listed]
    counts: dict[str, int]
    programmes: dict[int, str]
    languages: list[str]

    @property
    def total(self) -> int:
        """How many calls the part shown has."""
        return self.counts[self.asked.show]

    @property
    def pages(self) -> int:
        """How many pages the part shown has, at least one."""
        return max(1, -(-self.total // A_PAGE))


def asked_for(args: Mapping[str, str]) -> Asked:
    """What an address asks for; what makes no sense is left out."""
    show, need, number = (args.get(name, "") for name in ("show", "need", "programme"))
    return Asked(
        show if show in SHOWS else "due",
        int(number) if number.isdecimal() and len(number) < 19 else None,
        args.get("language", "")[:60],
        need if need in NEEDS else "",
        page_number(args),
    )


def call_list(asked: Asked) -> CallList:
    """The part of the list that was asked for, one page of it."""
    held = held_calls.held()
    parts = _parts(list(held))
    counted = select(*(func.count().filter(part) for part in parts.values()))
    narrowed = to_make(counted).where(*_narrowed(asked))
    counts = dict(zip(parts, db.session.execute(narrowed).one(), strict=True))
    page = min(asked.page, max(1, -(-counts[asked.show] // A_PAGE)))
    asked = Asked(asked.show, asked.programme_id, asked.language, asked.need, page)
    rows = _rows(asked, parts[asked.show], held)
    programmes, languages = _choices()
    return CallList(asked, rows, counts, programmes, languages)


def next_call(asked: Asked) -> Call | Obstacle | None:
    """The first call of today's list, narrowed as asked, that can be made now: free, and its time has come.

    Where none can, what keeps the first of them from being made; None where there is none either.
    """
    held = held_calls.held(Call.due_on <= clock.today())
    wanted = (
        to_make(select(Call))
        .where(_parts(held)["due"], *_narrowed(asked), calls.is_free())
        .where(obstacles.its_time(), ~interpreters.to_book())
    )
    first = db.session.scalars(wanted.order_by(*in_order()).limit(A_FEW)).all()
    found = obstacles.obstacles_to(first)
    free = next((call for call in first if call.id not in found), None)
    return free or (found[first[0].id] if first else None)


def _parts(held: Collection[int]) -> dict[str, ColumnElement[bool]]:
    today, me = clock.today(), here.account.id if here.account else None
    is_held = held_calls.is_among(held)
    mine = and_(Call.claimed_by_id == me, Call.claimed_at >= clock.now() - calls.CLAIM_LASTS)
    return {
        "due": and_(Call.due_on <= today, ~is_held),
        "mine": and_(mine, ~is_held),
        "later": and_(Call.due_on > today, ~is_held),
        "held": is_held,
    }


def _narrowed(asked: Asked) -> list[ColumnElement[bool]]:
    wanted = []
    if asked.programme_id is not None:
        wanted.append(Call.programme_id == asked.programme_id)
    if asked.language:
        wanted.append(_language() == asked.language)
    if asked.need == "interpreter":
        wanted.append(interpreters.needed())
    if asked.need == "book first":
        wanted.append(interpreters.to_book())
    if asked.need == "another way":
        wanted.append(Participant.status == "wants another way")
    return wanted


def _language() -> ColumnElement[str]:
    """What a person said stands before what their practice's list says."""
    asked = select(ContactNeed.value).where(
        ContactNeed.tenant_id == Call.tenant_id,
        ContactNeed.person_id == Call.person_id,
        ContactNeed.kind == "language",
        ContactNeed.lifted_at.is_(None),
    )
    return func.coalesce(asked.correlate(Call).scalar_subquery(), Person.language)


def _choices() -> tuple[dict[int, str], list[str]]:
    """The programmes with calls to make, and the languages other than English of those to be rung."""
    statement = to_make(select(Programme.id, Programme.name, _language().label("language"))).distinct()
    rows = list(db.session.execute(statement.order_by(Programme.name, Programme.id)))
    return {number: name for number, name, _ in rows}, sorted({row[2] for row in rows} - {"en", "", None})


def _rows(asked: Asked, part: ColumnElement[bool], held: Mapping[int, Reason]) -> list[Listed]:
    statement = (
        to_make(select(Call, Programme.name))
        .where(part, *_narrowed(asked))
        .order_by(*in_order())
        .limit(A_PAGE)
        .offset((asked.page - 1) * A_PAGE)
    )
    found = [(call, name) for call, name in db.session.execute(statement)]
    known = known_of([call.participant_id for call, _ in found])
    tried = _tried([call.id for call, _ in found])
    return [
        Listed(call, known[call.participant_id], name, tried.get(call.id, []), held.get(call.id))
        for call, name in found
    ]


def _tried(call_ids: list[int]) -> dict[int, list[dt.datetime]]:
    statement = select(CallAttempt.call_id, CallAttempt.at).where(
        CallAttempt.call_id.in_(call_ids), CallAttempt.outcome.in_(TRY_AGAIN)
    )
    tried: dict[int, list[dt.datetime]] = {}
    for call_id, at in db.session.execute(statement) if call_ids else ():
        tried.setdefault(call_id, []).append(at)
    return tried
