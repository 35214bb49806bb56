"""What an onboarding file says, entry by entry. The check of the whole is in `onboarding_check.py`.

The format, with an example that the tests load: docs/onboarding.md.
"""
# ruff: noqa: RUF009 - `told` is `dataclasses.field` with a reader, made once for the class

import datetime as dt
import re
from dataclasses import dataclass
from typing import Any

from tenants.db import Base
from tenants.described import (
    Wrong,
    day,
    email,
    many,
    matching,
    one,
    one_of,
    some_of,
    text,
    time_of_day,
    told,
    value,
    whole_number,
    yes_or_no,
)
from tenants.models import DATA_CLASSES, SECTORS

SLUG = r"[a-z0-9]+(-[a-z0-9]+)*"
# Source: ODS code formats. U999xx are demonstration codes that ODS has not given to any PCN.
PCN_CODE = r"U\d{5}"
PRACTICE_CODE = r"[A-HJ-NPQRSTVWY]\d{5}"
ICB_CODE = r"Q[A-Z0-9]{2}"

words = value(text)
slug = value(matching(SLUG, "Write an address of small letters, digits and hyphens, like dover-town"))
pcn_code = value(matching(PCN_CODE, "Write a PCN code: U and 5 digits, like U99901"))
practice_code = value(matching(PRACTICE_CODE, "Write a practice code: a letter and 5 digits, like G82999"))
icb_code = value(matching(ICB_CODE, "Write an ICB code: Q and 2 letters or digits, like QKS"))


def _capacity(raw: Any) -> str:
    return one_of(Base.metadata.tables["service"].c.capacity.info["choices"])(raw)


def address_of_page(raw: Any) -> str:
    """A whole web address."""
    if not isinstance(raw, str) or not re.fullmatch(r"https?://[^\s/]+\.\S+", raw.strip()):
        raise Wrong("Write the whole address of the page, starting with https://")
    return raw.strip()


@dataclass(frozen=True)
class PersonEntry:
    """Somebody to invite."""

    name: str = told(words)
    email: str = told(value(email))


@dataclass(frozen=True)
class IcbEntry:
    """The ICB that the rest belongs to. One that is new needs its name and a first admin."""

    slug: str = told(slug)
    name: str | None = told(words, None)
    code: str | None = told(icb_code, None)
    admin: PersonEntry | None = told(one(PersonEntry), None)


@dataclass(frozen=True)
class SettingsEntry:
    """How the PCN presents itself, and the hours it sends in. The manager adds what is left out."""

    sender_name: str | None = told(words, None)
    phone: str = told(words, "")
    address: str = told(words, "")
    privacy_url: str = told(value(address_of_page), "")
    send_from: dt.time = told(value(time_of_day), dt.time(9))
    send_until: dt.time = told(value(time_of_day), dt.time(18))


@dataclass(frozen=True)
class PcnEntry:
    """The PCN: a tenant."""

    name: str = told(words)
    slug: str = told(slug)
    code: str = told(pcn_code)
    settings: SettingsEntry = told(one(SettingsEntry), SettingsEntry())


@dataclass(frozen=True)
class PracticeEntry:
    """A practice of the PCN."""

    code: str = told(practice_code)
    name: str = told(words)


@dataclass(frozen=True)
class StaffEntry:
    """A colleague to invite, in a role; a practice releaser also needs the code of their practice."""

    name: str = told(words)
    email: str = told(value(email))
    role: str = told(words)
    practice: str | None = told(practice_code, None)


@dataclass(frozen=True)
class ServiceEntry:
    """Something a partner offers."""

    name: str = told(words)
    description: str = told(words)
    who_for: str = told(words)
    capacity: str = told(value(_capacity), "taking referrals")
    reply_days: int = told(value(whole_number(1, 60)), 3)


@dataclass(frozen=True)
class AgreementEntry:
    """What the PCN may share with the partner, and from which day to which."""

    reference: str = told(words)
    lawful_basis: str = told(words)
    data_classes: list[str] = told(value(some_of(DATA_CLASSES)))
    starts_on: dt.date = told(value(day))
    ends_on: dt.date = told(value(day))
    signed_by: str = told(words)


@dataclass(frozen=True)
class PartnerEntry:
    """A partner of the ICB, who runs it there, what it offers, and what this PCN has agreed with it."""

    name: str = told(words)
    slug: str = told(slug)
    sector: str = told(value(one_of(SECTORS)))
    coordinator: PersonEntry = told(one(PersonEntry))
    services: list[ServiceEntry] = told(many(ServiceEntry), [])
    agreement: AgreementEntry | None = told(one(AgreementEntry), None)


@dataclass(frozen=True)
class Onboarding:
    """A whole onboarding file."""

    icb: IcbEntry = told(one(IcbEntry))
    pcn: PcnEntry | None = told(one(PcnEntry), None)
    practices: list[PracticeEntry] = told(many(PracticeEntry), [])
    manager: PersonEntry | None = told(one(PersonEntry), None)
    staff: list[StaffEntry] = told(many(StaffEntry), [])
    partners: list[PartnerEntry] = told(many(PartnerEntry), [])
    demonstration: bool = told(value(yes_or_no), False)
