"""Who one can be in the demonstration: the staff of its organisations, one for each role and organisation."""

from dataclasses import dataclass

from sqlalchemy import select

from tenants import scope
from tenants.db import db
from tenants.models import Account, Membership, Organisation

# What the holder of each role does here, as a sentence for somebody who has never seen it.
DOES: dict[str, str] = {
    "ICB admin": "Brings PCNs and partners on board, and sees how programmes go without seeing a person.",
    "PCN manager": "Starts a programme from a shared one, decides who it is for, and gets messages sent.",
    "clinician": "Approves what is sent, reads results, and holds conversations with people.",
    "care coordinator": "Prepares texts and letters, makes the calls, and keeps people's plans moving.",
    "social prescribing link worker": "Calls people, talks about what matters to them, and makes referrals.",
    "health and wellbeing coach": "Calls people, agrees a goal in their own words, and follows it up.",
    "practice releaser": "Decides for a practice whether its people may be contacted for a programme.",
    "analyst": "Brings in data and finds who a programme is for, without seeing who they are.",
    "patient council member": "Reads what will be sent to people like them.",
    "partner coordinator": "Accepts or declines referrals, and keeps the list of services up to date.",
    "partner worker": "Sees the referrals that have come to their organisation.",
}
ORDER = ("icb", "pcn", "partner")


@dataclass(frozen=True)
class Persona:
    """Somebody to sign in as."""

    account_id: int
    name: str
    role: str
    does: str


@dataclass(frozen=True)
class Group:
    """An organisation and its staff."""

    organisation: Organisation
    personas: list[Persona]


def organisations() -> list[Organisation]:
    """The demonstration's organisations: each ICB, then its PCNs, then its partners."""
    statement = select(Organisation).where(Organisation.demonstration, Organisation.closed_at.is_(None))
    found = list(db.session.scalars(statement))
    names = {organisation.id: organisation.name for organisation in found}
    return sorted(found, key=lambda o: (names.get(o.icb_id, ""), ORDER.index(o.kind), o.name))


def by_icb() -> dict[str, list[Group]]:
    """The groups of each ICB, under the ICB's name."""
    found = organisations()
    names = {organisation.id: organisation.name for organisation in found}
    groups: dict[str, list[Group]] = {}
    for organisation in found:
        if staff := _staff_of(organisation):
            groups.setdefault(names.get(organisation.icb_id, ""), []).append(Group(organisation, staff))
    return groups


def is_one(account_id: int) -> bool:
    """Whether that account may be signed in as without a password."""
    groups = [group for some in by_icb().values() for group in some]
    return any(persona.account_id == account_id for group in groups for persona in group.personas)


def _staff_of(organisation: Organisation) -> list[Persona]:
    """Its staff, read as the organisation itself, in the order of the roles."""
    statement = (
        select(Account.id, Account.name, Membership.role)
        .join(Membership, Membership.account_id == Account.id)
        .where(
            Membership.org_id == organisation.id,
            Membership.ended_at.is_(None),
            Account.disabled_at.is_(None),
        )
    )
    with scope.as_acting(organisation.acting()):
        rows = db.session.execute(statement).all()
    roles = list(DOES)
    staff = [Persona(row.id, row.name, row.role, DOES[row.role]) for row in rows]
    return sorted(staff, key=lambda persona: (roles.index(persona.role), persona.name))
