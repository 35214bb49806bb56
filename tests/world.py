"""The world that tests happen in: two ICBs, three PCNs, three partners, and a named person for each role.

| who | where | role |
|---|---|---|
| ivy | Kent and Medway ICB | ICB admin |
| ian | Coventry and Warwickshire ICB | ICB admin |
| mandy, alan, rita, clara, cora, lena, hari, pat | Dover Town | PCN manager, analyst, practice releaser (G82999), clinician, care coordinator, social prescribing link worker, health and wellbeing coach, patient council member |
| max | Dover Town | PCN manager (a second one) |
| mo, cass | Medway Central | PCN manager, care coordinator |
| sam | Sowe Valley | PCN manager |
| olu, wes | One You Kent | partner coordinator, partner worker |
| asha | ASPIRE | partner coordinator (no referral) |
| both | Dover Town and One You Kent | clinician; partner coordinator |
| nora | nowhere | signed in, no membership |
| dora, mira, sia; polly, vera, tess | Dover, Medway, Sowe; One You Kent, ASPIRE, Compassionate Communities | every role |

Each organisation's rows carry its canary word; nobody else may ever be shown it.
"""  # noqa: E501

import datetime as dt
from dataclasses import dataclass, field

from sqlalchemy import update

from app import clock
from app.here import token_hash
from app.permissions import ROLES
from tenants import scope
from tenants.db import db
from tenants.models import (
    Account,
    Agreement,
    Credential,
    Membership,
    Organisation,
    PcnSettings,
    Practice,
    SignedIn,
    next_organisation_id,
)
from tenants.scope import Acting

CANARIES = {"dover-town": "Wrenfield", "medway-central": "Larkmere", "sowe-valley": "Finchcombe"}

COVENTRY = "coventry-and-warwickshire"
ORGANISATIONS = (
    ("icb", "kent-and-medway", "Kent and Medway ICB", "QKS", "kent-and-medway", None),
    ("icb", COVENTRY, "Coventry and Warwickshire ICB", "QWU", COVENTRY, None),
    ("pcn", "dover-town", "Dover Town PCN", "U99901", "kent-and-medway", None),
    ("pcn", "medway-central", "Medway Central PCN", "U99902", "kent-and-medway", None),
    ("pcn", "sowe-valley", "Sowe Valley PCN", "U99903", "coventry-and-warwickshire", None),
    ("partner", "one-you-kent", "One You Kent", None, "kent-and-medway", "health"),
    ("partner", "aspire", "ASPIRE community health", None, "kent-and-medway", "voluntary"),
    ("partner", "compassionate-communities", "Compassionate Communities", None, COVENTRY, "voluntary"),
)  # fmt: skip

PRACTICES = {
    "dover-town": ("G82999", "G82998", "G82997", "Y99996"),
    "medway-central": ("G82989",),
    "sowe-valley": ("M86999",),
}

PEOPLE = (
    ("ivy", "kent-and-medway", "ICB admin"),
    ("ian", "coventry-and-warwickshire", "ICB admin"),
    ("mandy", "dover-town", "PCN manager"),
    ("max", "dover-town", "PCN manager"),
    ("alan", "dover-town", "analyst"),
    ("rita", "dover-town", "practice releaser"),
    ("clara", "dover-town", "clinician"),
    ("cora", "dover-town", "care coordinator"),
    ("lena", "dover-town", "social prescribing link worker"),
    ("hari", "dover-town", "health and wellbeing coach"),
    ("pat", "dover-town", "patient council member"),
    ("mo", "medway-central", "PCN manager"),
    ("cass", "medway-central", "care coordinator"),
    ("sam", "sowe-valley", "PCN manager"),
    ("olu", "one-you-kent", "partner coordinator"),
    ("wes", "one-you-kent", "partner worker"),
    ("asha", "aspire", "partner coordinator"),
    ("both", "dover-town", "clinician"),
    ("both", "one-you-kent", "partner coordinator"),
    ("nora", None, None),
    *(("dora", "dover-town", role) for role in ROLES["pcn"]),
    *(("mira", "medway-central", role) for role in ROLES["pcn"]),
    *(("sia", "sowe-valley", role) for role in ROLES["pcn"]),
    *(("polly", "one-you-kent", role) for role in ROLES["partner"]),
    *(("vera", "aspire", role) for role in ROLES["partner"]),
    *(("tess", "compassionate-communities", role) for role in ROLES["partner"]),
)


@dataclass
class World:
    """Ids of what stands in the world."""

    organisations: dict[str, int] = field(default_factory=dict)
    kinds: dict[str, str] = field(default_factory=dict)
    icbs: dict[str, int] = field(default_factory=dict)
    practices: dict[str, int] = field(default_factory=dict)
    accounts: dict[str, int] = field(default_factory=dict)
    memberships: dict[str, list[str]] = field(default_factory=dict)
    tokens: dict[str, str] = field(default_factory=dict)

    def acting(self, slug: str, who: str | None = None) -> Acting:
        """The organisation as the one that acts, `who` on its behalf."""
        number = self.organisations[slug]
        account = self.accounts[who] if who else None
        return Acting(number, number if self.kinds[slug] == "pcn" else None, self.icbs[slug], account)

    def forbidden_words(self, who: str | None) -> set[str]:
        """The canary words that `who` must never be shown."""
        own = self.memberships.get(who or "", [])
        return {word for slug, word in CANARIES.items() if slug not in own}


def build() -> World:
    """Put the world into an empty database, committed."""
    world = World()
    _organisations(world)
    _accounts(world)
    _settings(world)
    return world


def _organisations(world: World) -> None:
    for kind, slug, name, code, icb, sector in ORGANISATIONS:
        with scope.as_acting(scope.NOBODY):
            number = next_organisation_id()
            world.organisations[slug] = number
            world.kinds[slug] = kind
            world.icbs[slug] = world.organisations[icb]
            db.session.add(
                Organisation(
                    id=number, kind=kind, slug=slug, name=name, code=code, icb_id=world.icbs[slug],
                    sector=sector, demonstration=True, created_at=clock.now(),
                )
            )  # fmt: skip
            db.session.commit()


def _accounts(world: World) -> None:
    for who in dict.fromkeys(name for name, _, _ in PEOPLE):
        with scope.as_acting(scope.NOBODY):
            account = Account(email=f"{who}@example.test", name=who.capitalize(), created_at=clock.now())
            db.session.add(account)
            db.session.commit()
            world.accounts[who] = account.id
        with scope.as_acting(Acting(account=world.accounts[who])):
            world.tokens[who] = f"token-of-{who}"
            db.session.add(Credential(account_id=world.accounts[who], password_hash="unused"))
            db.session.add(
                SignedIn(
                    account_id=world.accounts[who], token_hash=token_hash(world.tokens[who]),
                    created_at=clock.now(), seen_at=clock.now(), device="test",
                )
            )  # fmt: skip
            db.session.commit()


def _settings(world: World) -> None:
    for slug, codes in PRACTICES.items():
        with scope.as_acting(world.acting(slug)):
            for code in codes:
                practice = Practice(code=code, name=f"{CANARIES[slug]} practice {code}")
                db.session.add(practice)
                db.session.flush()
                world.practices[code] = practice.id
            db.session.add(
                PcnSettings(
                    sender_name=f"{slug.replace('-', ' ').title()} PCN", phone="01304 555 000",
                    address="1 Biggin Street, Dover", privacy_url="https://www.example.test/privacy",
                )
            )  # fmt: skip
            db.session.commit()
    with scope.as_acting(world.acting("dover-town")):
        db.session.add(
            Agreement(
                partner_id=world.organisations["one-you-kent"], reference="KM-001", lawful_basis="consent",
                data_classes=["contact details", "reason for referral", "needs"], signed_by="Dr A Example",
                starts_on=dt.date(2020, 1, 1), ends_on=dt.date(2099, 12, 31),
            )
        )  # fmt: skip
        db.session.commit()
    for who, slug, role in PEOPLE:
        if slug is None:
            continue
        if slug not in world.memberships.setdefault(who, []):
            world.memberships[who].append(slug)
        practice = world.practices[PRACTICES[slug][0]] if role == "practice releaser" else None
        with scope.as_acting(world.acting(slug)):
            db.session.add(
                Membership(
                    org_id=world.organisations[slug], account_id=world.accounts[who], role=role,
                    practice_id=practice, created_at=clock.now(),
                )
            )  # fmt: skip
            db.session.commit()


def stay_signed_in(world: World) -> None:
    """Make everybody's session as fresh as the clock now says."""
    for account in world.accounts.values():
        with scope.as_acting(Acting(account=account)):
            db.session.execute(update(SignedIn).values(created_at=clock.now(), seen_at=clock.now()))
            db.session.commit()
