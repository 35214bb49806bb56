"""Where data comes from, and whether an agreement lets a PCN bring it in today."""

import datetime as dt
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from sqlalchemy import Select, exists, select
from sqlalchemy.dialects.postgresql import distinct_on

from app import audit, clock
from app.colleagues import any_with
from app.people.import_models import ImportFile, Source, SourceAgreement
from app.render import date
from tenants.db import db

PURPOSE = "information governance"
WARNED_BEFORE = dt.timedelta(days=30)
MANAGER = "PCN manager"
NOT_STARTED = "Not started"
CLOSED = "Closed"

# What each kind of source brings, in the words of the form that registers it.
KIND_WORDS = {
    "people": "The practices’ list of people",
    "events": "Coded events from the practices’ records",
    "service": "A service’s list, by NHS number",
    "named": "A list without NHS numbers, such as a voluntary group’s",
    "council": "The patient council: who helps to design",
}


class NoAgreement(RuntimeError):
    """No agreement with the source is in date, so nothing may be brought in from it."""


@dataclass(frozen=True)
class Standing:
    """How a source stands on a day: in words, whether files may be brought in, and since or until when.

    `agreement` is the one that the words are about; `soon` is whether it ends within 30 days with none after.
    """

    words: str
    usable: bool = False
    soon: bool = False
    agreement: SourceAgreement | None = None

    @property
    def colour(self) -> str:
        """The colour of the tag that says it, beside the words."""
        return ("orange" if self.soon else "green") if self.usable else "red"

    @property
    def asks(self) -> bool:
        """Whether somebody should see to its agreement."""
        return self.words != CLOSED and (self.soon or not self.usable)

    @property
    def because(self) -> str:
        """Why files may not be brought in, as the rest of a sentence; empty where they may."""
        if self.usable or self.agreement is None:
            return "" if self.usable else "no agreement is recorded"
        if self.words == NOT_STARTED:
            return f"the agreement starts on {date(self.agreement.starts_on)}"
        return f"the agreement ended on {date(self.agreement.ends_on)}"


@dataclass(frozen=True)
class Listed:
    """A source with how it stands and the last file that was saved from it."""

    source: Source
    standing: Standing
    last: ImportFile | None


def standing_of(agreements: Iterable[SourceAgreement], day: dt.date) -> Standing:
    """How a source with those agreements stands on `day`. Ended early counts as not there."""
    live = sorted((one for one in agreements if one.ended_at is None), key=lambda one: one.ends_on)
    if not live:
        return Standing("No agreement")
    current = [one for one in live if one.in_date(day)]
    if not current:
        later = [one for one in live if one.starts_on > day]
        return Standing(NOT_STARTED, agreement=min(later, key=lambda one: one.starts_on)) if later else (
            Standing("Expired", agreement=live[-1])
        )  # fmt: skip
    last = current[-1]
    followed = any(one.in_date(last.ends_on + dt.timedelta(days=1)) for one in live)
    soon = last.ends_on - day <= WARNED_BEFORE and not followed
    return Standing("Ends soon" if soon else "In date", usable=True, soon=soon, agreement=last)


def open_sources() -> Sequence[Source]:
    """The PCN's sources that are not closed, by name."""
    listed = select(Source).where(Source.closed_at.is_(None)).order_by(Source.name, Source.id)
    return db.session.scalars(listed).all()


def sources_listed() -> list[Listed]:
    """All sources with how they stand today and their last saved file, open ones first, by name."""
    return listed(grouped((row[0], row[1]) for row in db.session.execute(with_agreements())))


def listed(standings: Mapping[Source, Standing]) -> list[Listed]:
    """The sources with the last saved file of each."""
    last = _last_saved()
    return [Listed(source, standing, last.get(source.id)) for source, standing in standings.items()]


def next_source() -> Source | None:
    """The source to bring in next: one that may be used and never was, people first; None where all were."""
    untried = [one.source for one in sources_listed() if one.standing.usable and one.last is None]
    return min(untried, key=lambda source: list(KIND_WORDS).index(source.kind), default=None)


def with_agreements() -> Select[Source, SourceAgreement]:
    """Selects each source beside each of its agreements, open ones first, by name."""
    return (
        select(Source, SourceAgreement)
        .outerjoin(
            SourceAgreement,
            (SourceAgreement.tenant_id == Source.tenant_id) & (SourceAgreement.source_id == Source.id),
        )
        .order_by(Source.closed_at.is_not(None), Source.name, Source.id)
    )


def grouped(rows: Iterable[tuple[Source, SourceAgreement | None]]) -> dict[Source, Standing]:
    """How each source stands today, from it and its agreements side by side."""
    agreements: dict[Source, list[SourceAgreement]] = {}
    for source, agreement in rows:
        agreements.setdefault(source, []).extend([agreement] if agreement else [])
    return {source: _standing(source, mine) for source, mine in agreements.items()}


def _standing(source: Source, agreements: Iterable[SourceAgreement]) -> Standing:
    if source.closed_at is not None:
        return Standing(CLOSED)
    return standing_of(agreements, clock.today())


def _last_saved() -> dict[int | None, ImportFile]:
    newest = (
        select(ImportFile)
        .where(ImportFile.state == "done", ImportFile.source_id.is_not(None))
        .ext(distinct_on(ImportFile.source_id))
        .order_by(ImportFile.source_id, ImportFile.data_date.desc(), ImportFile.finished_at.desc())
    )
    return {found.source_id: found for found in db.session.scalars(newest)}


def agreements_of(source: Source) -> Sequence[SourceAgreement]:
    """The agreements with the source, the one that ends last first."""
    mine = select(SourceAgreement).where(SourceAgreement.source_id == source.id)
    return db.session.scalars(mine.order_by(SourceAgreement.ends_on.desc(), SourceAgreement.id.desc())).all()


def source_named(name: str) -> Source | None:
    """The PCN's source of that name that is not closed, or None."""
    return db.session.scalars(
        select(Source).where(Source.name == name, Source.closed_at.is_(None))
    ).one_or_none()


def check_agreed(source: Source, day: dt.date) -> None:
    """Raises NoAgreement unless an agreement with the source is in date on `day`, or it is closed."""
    agreed = exists().where(
        SourceAgreement.source_id == source.id,
        SourceAgreement.ended_at.is_(None),
        SourceAgreement.starts_on <= day,
        SourceAgreement.ends_on >= day,
    )
    if source.closed_at is not None or not db.session.scalar(select(agreed)):
        raise NoAgreement


def who_can_help() -> str:
    """The managers, who register sources and agreements, by name; or the role where nobody holds it."""
    return any_with([MANAGER], "your PCN manager")


def close(source: Source) -> None:
    """Nothing is brought in from the source any more. What came from it stays."""
    source.closed_at = clock.now()
    audit.record("closed", "source", source.id, purpose=PURPOSE)


def open_again(source: Source) -> None:
    """Let files be brought in from a closed source again, where an agreement is in date."""
    source.closed_at = None
    audit.record("opened again", "source", source.id, purpose=PURPOSE)


def end(agreement: SourceAgreement) -> bool:
    """End an agreement now. False where it was ended before."""
    if agreement.ended_at is not None:
        return False
    agreement.ended_at = clock.now()
    audit.record("ended", "source agreement", agreement.id, purpose=PURPOSE)
    return True
