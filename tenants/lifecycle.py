"""How an organisation comes: what an onboarding file describes, saved as the organisations themselves.

Each organisation is one transaction that acts as it. A run that stopped half-way is run again: what is there
is left and said, what is missing is added. How one goes again is in `leaving.py`.
"""

import datetime as dt
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import insert, or_, select

from tenants import scope
from tenants.db import Base, db
from tenants.models import (
    Account,
    Agreement,
    Invitation,
    Membership,
    Organisation,
    PcnSettings,
    Practice,
    next_organisation_id,
)
from tenants.onboarding import (
    AgreementEntry,
    IcbEntry,
    Onboarding,
    PartnerEntry,
    PcnEntry,
    PracticeEntry,
    SettingsEntry,
    StaffEntry,
)
from tenants.scope import Acting


@dataclass(frozen=True)
class Rooms:
    """What the rooms of the application lend the kernel, which imports none of them.

    `invite(email, name, role, practice_id)` returns a link, `record(action, subject, id, **more)` adds to the
    audit trail, `now()` is the clock.
    """

    invite: Callable[[str, str, str, int | None], str]
    record: Callable[..., None]
    now: Callable[[], dt.datetime]


@dataclass(frozen=True)
class Invited:
    """Somebody who was invited, and the link that works once."""

    name: str
    email: str
    role: str
    link: str


@dataclass
class Report:
    """What an onboarding did, in words; whom it invited; and the ids of the organisations by their slugs."""

    said: list[str] = field(default_factory=list)
    invited: list[Invited] = field(default_factory=list)
    ids: dict[str, int] = field(default_factory=dict)
    added: int = 0

    def add(self, line: str) -> None:
        """Say that something was added."""
        self.said.append(line)
        self.added += 1


def onboard(plan: Onboarding, rooms: Rooms) -> Report:
    """Save what a checked file describes: the ICB, its partners, then the PCN with its agreements.

    Commits once for each organisation. Raises IntegrityError where somebody else saves the same meanwhile;
    what is committed stays, and running it again goes on from there.
    """
    report = Report()
    icb_id = _icb(plan, rooms, report)
    for partner in plan.partners:
        _partner(partner, icb_id, plan.demonstration, rooms, report)
    if plan.pcn is not None:
        _pcn(plan, plan.pcn, icb_id, rooms, report)
    return report


def _icb(plan: Onboarding, rooms: Rooms, report: Report) -> int:
    entry = plan.icb
    found = _existing(entry.slug)
    if found is None:
        row = _Row("icb", entry.slug, entry.name or entry.slug, entry.code, None, plan.demonstration)
        with _acting_as(None, row, rooms, report) as organisation:
            _invite_admin(entry, rooms, report)
            return organisation.id
    report.ids[entry.slug] = found.id
    return found.id


def _invite_admin(entry: IcbEntry, rooms: Rooms, report: Report) -> None:
    if entry.admin:
        _invite(StaffEntry(entry.admin.name, entry.admin.email, "ICB admin"), None, rooms, report)


def _partner(entry: PartnerEntry, icb_id: int, demonstration: bool, rooms: Rooms, report: Report) -> None:
    row = _Row("partner", entry.slug, entry.name, None, entry.sector, demonstration)
    with _acting_as(icb_id, row, rooms, report):
        coordinator = StaffEntry(entry.coordinator.name, entry.coordinator.email, "partner coordinator")
        _invite(coordinator, None, rooms, report)
        _services(entry, rooms, report)


def _services(entry: PartnerEntry, rooms: Rooms, report: Report) -> None:
    table = Base.metadata.tables["service"]
    own = table.c.origin_org_id == scope.current().org
    there = set(db.session.scalars(select(table.c.name).where(own)))
    for service in (each for each in entry.services if each.name not in there):
        db.session.execute(
            insert(table).values(
                origin_name=entry.name,
                published_at=rooms.now(),
                name=service.name,
                description=service.description,
                who_for=service.who_for,
                capacity=service.capacity,
                reply_days=service.reply_days,
                contact_email=entry.coordinator.email,
            )
        )
        report.add(f"{entry.name} offers {service.name}")


def _pcn(plan: Onboarding, entry: PcnEntry, icb_id: int, rooms: Rooms, report: Report) -> None:
    row = _Row("pcn", entry.slug, entry.name, entry.code, None, plan.demonstration)
    with _acting_as(icb_id, row, rooms, report):
        _settings(entry)
        practices = _practices(plan.practices, report)
        if plan.manager:
            manager = StaffEntry(plan.manager.name, plan.manager.email, "PCN manager")
            _invite(manager, None, rooms, report)
        for person in plan.staff:
            _invite(person, practices.get(person.practice or ""), rooms, report)
        for partner in plan.partners:
            if partner.agreement:
                _agreement(partner.agreement, report.ids[partner.slug], partner.name, report)


def _settings(entry: PcnEntry) -> None:
    if db.session.scalars(select(PcnSettings)).one_or_none() is not None:
        return
    given: SettingsEntry = entry.settings
    db.session.add(
        PcnSettings(
            sender_name=given.sender_name or entry.name,
            phone=given.phone,
            address=given.address,
            privacy_url=given.privacy_url,
            send_from=given.send_from,
            send_until=given.send_until,
        )
    )


def _practices(entries: list[PracticeEntry], report: Report) -> dict[str, int]:
    there = {practice.code: practice for practice in db.session.scalars(select(Practice))}
    for entry in (each for each in entries if each.code not in there):
        there[entry.code] = Practice(code=entry.code, name=entry.name)
        db.session.add(there[entry.code])
        report.add(f"Practice {entry.code} {entry.name} added")
    db.session.flush()
    return {code: practice.id for code, practice in there.items()}


def _agreement(entry: AgreementEntry, partner_id: int, partner: str, report: Report) -> None:
    same = select(Agreement.id).where(
        Agreement.partner_id == partner_id, Agreement.reference == entry.reference
    )
    if db.session.scalar(same) is not None:
        report.said.append(f"Agreement {entry.reference} with {partner} is there already: left as it is")
        return
    db.session.add(Agreement(partner_id=partner_id, **vars(entry)))
    report.add(f"Agreement {entry.reference} with {partner} added")


def _invite(person: StaffEntry, practice_id: int | None, rooms: Rooms, report: Report) -> None:
    if _has_place(person.email, person.role, rooms.now()):
        report.said.append(f"{person.name} is a {person.role} or is invited already: left as it is")
        return
    link = rooms.invite(person.email, person.name, person.role, practice_id)
    report.invited.append(Invited(person.name, person.email, person.role, link))
    report.add(f"{person.name} invited as {person.role}")


def _has_place(email: str, role: str, moment: dt.datetime) -> bool:
    """Whether the acting organisation has that address as a member in that role, or has invited it."""
    invited = select(Invitation.id).where(
        Invitation.email == email,
        Invitation.role == role,
        or_(Invitation.accepted_at.is_not(None), Invitation.expires_at > moment),
    )
    member = (
        select(Membership.id)
        .join(Account, Account.id == Membership.account_id)
        .where(Account.email == email, Membership.role == role)
    )
    return any(db.session.scalar(each.limit(1)) is not None for each in (invited, member))


@dataclass(frozen=True)
class _Row:
    kind: str
    slug: str
    name: str
    code: str | None
    sector: str | None
    demonstration: bool


def is_led(organisation: Organisation, role: str) -> bool:
    """Whether somebody holds `role`, the one that manages, in `organisation`. Names nobody."""
    with scope.as_acting(organisation.acting()):
        return _leads(role)


def invite_first(organisation: Organisation, person: StaffEntry, rooms: Rooms) -> str | None:
    """Invite a first manager into an organisation that has none yet. The link, or None where it has one now.

    Commits, as that organisation: whoever calls acts for another, the ICB that onboards it.
    """
    with scope.as_acting(organisation.acting()):
        db.session.execute(
            select(Organisation.id).where(Organisation.id == organisation.id).with_for_update()
        )
        if _leads(person.role):
            return None
        link = rooms.invite(person.email, person.name, person.role, None)
        db.session.commit()
        return link


def _leads(role: str) -> bool:
    holder = select(Membership.id).where(Membership.role == role, Membership.ended_at.is_(None)).limit(1)
    return db.session.scalar(holder) is not None


def _existing(slug: str) -> Organisation | None:
    return db.session.scalars(select(Organisation).where(Organisation.slug == slug)).one_or_none()


@contextmanager
def _acting_as(icb_id: int | None, row: _Row, rooms: Rooms, report: Report) -> Iterator[Organisation]:
    """The organisation of that slug, made where there is none, acting; committed at the end of the block."""
    found = _existing(row.slug)
    number = found.id if found else next_organisation_id()
    values: dict[str, Any] = vars(row) | {"id": number, "icb_id": icb_id or number}
    organisation = Organisation(**values, created_at=rooms.now())
    acting: Acting = organisation.acting()
    kind = {"icb": "ICB", "pcn": "PCN"}.get(row.kind, row.kind)
    with scope.as_acting(acting):
        if found is None:
            db.session.add(organisation)
            db.session.flush()
        report.ids[row.slug] = number
        before = report.added
        if found is None:
            report.add(f"{row.name} added")
        else:
            report.said.append(f"{row.name} is there already: left as it is")
        yield organisation
        if report.added > before:
            rooms.record("onboarded", kind, number, purpose="running the service", **{row.kind: row.slug})
        db.session.commit()
