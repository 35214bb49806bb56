"""The check of a whole onboarding description, before anything of it is saved."""

from collections.abc import Iterable, Mapping
from typing import Any

from sqlalchemy import or_, select

from tenants.db import db
from tenants.described import Fault, Faults, Wrong, load, one_of, read_entry
from tenants.models import Organisation
from tenants.onboarding import IcbEntry, Onboarding

Checked = tuple[Onboarding | None, list[Fault]]


def check_file(source: str, roles: Mapping[str, tuple[str, ...]]) -> Checked:
    """The onboarding file whose text is `source`, or None and all its faults. Nothing is saved."""
    document, faults = load(source)
    if faults.found:
        return None, faults.found
    return check(document, roles, faults=faults)


def check(
    document: Any, roles: Mapping[str, tuple[str, ...]], *, faults: Faults | None = None, anew: bool = False
) -> Checked:
    """What `document` describes, or None and every fault of it, in the order of its lines.

    `roles` are the roles that exist in each kind of organisation. With `anew` all that is described must be
    new, save the ICB, which must be there (an ICB's admin); otherwise a file may be run again to go on
    where it stopped, and may bring a new ICB (the command).
    """
    faults = faults or Faults()
    onboarding = read_entry(Onboarding, document, "", faults)
    if onboarding is None:
        return None, faults.found
    _check_whole(onboarding, faults)
    _check_repeats(onboarding, faults)
    _check_staff(onboarding, roles["pcn"], faults)
    _check_agreements(onboarding, faults)
    _check_existing(onboarding, faults, anew)
    found = sorted(faults.found, key=lambda fault: fault.line or 0)
    return (None if found else onboarding), found


def _check_whole(plan: Onboarding, faults: Faults) -> None:
    if plan.pcn is None:
        for name, given in (
            ("practices", plan.practices),
            ("manager", plan.manager),
            ("staff", plan.staff),
        ):
            if given:
                faults.add(name, "Add “pcn”, which these belong to")
        return
    if not plan.practices:
        faults.add("practices", "Add at least one practice")
    if plan.manager is None and "manager" not in {fault.place for fault in faults.found}:
        faults.add("manager", "Add the first PCN manager, with name and email")
    hours = plan.pcn.settings
    if hours and hours.send_from and hours.send_until and hours.send_until <= hours.send_from:
        faults.add("pcn.settings.send_until", "Write a time after send_from")


def _check_repeats(plan: Onboarding, faults: Faults) -> None:
    _once(plan.practices, "practices", "code", faults)
    _once(plan.staff, "staff", "email", faults, "role")
    _once(plan.partners, "partners", "name", faults)
    for number, partner in _numbered(plan.partners):
        _once(partner.services, f"partners[{number}].services", "name", faults)
    slugs = [("icb.slug", plan.icb.slug if plan.icb else None)]
    slugs += [("pcn.slug", plan.pcn.slug)] if plan.pcn else []
    slugs += [(f"partners[{number}].slug", partner.slug) for number, partner in _numbered(plan.partners)]
    seen: dict[str, str] = {}
    for place, each in slugs:
        if each and seen.setdefault(each, place) != place:
            faults.add(place, f"“{each}” is already used at {seen[each]}. Choose another")


def _numbered(entries: Iterable[Any]) -> list[tuple[int, Any]]:
    return [(number, entry) for number, entry in enumerate(entries or [], 1) if entry is not None]


def _once(entries: Iterable[Any], place: str, name: str, faults: Faults, *also: str) -> None:
    seen: dict[tuple[str, ...], int] = {}
    for number, entry in _numbered(entries):
        key = tuple(str(getattr(entry, part)).lower() for part in (name, *also))
        if getattr(entry, name) and seen.setdefault(key, number) != number:
            given = getattr(entry, name)
            faults.add(
                f"{place}[{number}].{name}", f"“{given}” is already at {place}[{seen[key]}]. Remove one"
            )


def _check_staff(plan: Onboarding, roles: tuple[str, ...], faults: Faults) -> None:
    codes = {practice.code for _, practice in _numbered(plan.practices)}
    for number, person in _numbered(plan.staff):
        place = f"staff[{number}]"
        try:
            role = one_of(roles)(person.role) if person.role else None
        except Wrong as wrong:
            faults.add(f"{place}.role", str(wrong))
            continue
        if role == "practice releaser" and person.practice is None:
            faults.add(f"{place}.practice", "Add the code of the practice whose people they release")
        if role not in (None, "practice releaser") and person.practice:
            faults.add(f"{place}.practice", "Remove this: only a practice releaser belongs to one practice")
        if person.practice and person.practice not in codes:
            faults.add(f"{place}.practice", f"“{person.practice}” is not under practices. Add it there")


def _check_agreements(plan: Onboarding, faults: Faults) -> None:
    for number, partner in _numbered(plan.partners):
        agreement, place = partner.agreement, f"partners[{number}].agreement"
        if agreement is None:
            continue
        if plan.pcn is None:
            faults.add(place, "Add “pcn”, which the agreement is with")
        if agreement.starts_on and agreement.ends_on and agreement.ends_on < agreement.starts_on:
            faults.add(f"{place}.ends_on", "Write a day on or after starts_on")


# Against what is there already.


def _check_existing(plan: Onboarding, faults: Faults, anew: bool) -> None:
    if not getattr(plan.icb, "slug", None):
        return
    icb = db.session.scalars(select(Organisation).where(Organisation.slug == plan.icb.slug)).one_or_none()
    _check_icb(plan.icb, icb, faults, anew)
    icb_id = icb.id if icb else None
    if plan.pcn:
        _check_one("pcn", plan.pcn, "pcn", icb_id, faults, anew)
    for number, partner in _numbered(plan.partners):
        _check_one("partner", partner, f"partners[{number}]", icb_id, faults, anew)


def _check_icb(entry: IcbEntry, found: Organisation | None, faults: Faults, anew: bool) -> None:
    if found is not None and (found.kind != "icb" or entry.name not in (None, found.name)):
        faults.add("icb.slug", f"“{entry.slug}” is already the address of {found.name}. Choose another")
    elif found is None and anew:
        faults.add("icb.slug", f"There is no ICB with the address “{entry.slug}”")
    elif found is None:
        for name in ("name", "admin"):
            if getattr(entry, name) is None:
                faults.add(
                    f"icb.{name}", f"Add “{name}”: there is no ICB “{entry.slug}” yet, so it will be new"
                )


def _check_one(kind: str, entry: Any, place: str, icb_id: int | None, faults: Faults, anew: bool) -> None:
    """Fault what another organisation has already. The same one again is left, unless all must be new."""
    code = getattr(entry, "code", None)
    named = (Organisation.icb_id == icb_id) & (Organisation.name == entry.name)
    taken = [Organisation.slug == entry.slug, named]
    if code is not None:
        taken.append((Organisation.kind == kind) & (Organisation.code == code))
    rows = db.session.scalars(select(Organisation).where(or_(*taken))).all()
    for row in rows:
        same = (row.kind, row.icb_id, row.name) == (kind, icb_id, entry.name)
        if row.closed_at:
            faults.add(f"{place}.slug", f"{row.name} was closed. Choose another name, address and code")
        elif same and row.slug == entry.slug and not anew:
            continue
        elif row.slug == entry.slug:
            faults.add(
                f"{place}.slug", f"“{entry.slug}” is already the address of {row.name}. Choose another"
            )
        elif row.name == entry.name and row.icb_id == icb_id:
            faults.add(f"{place}.name", f"“{row.name}” is there already, at “{row.slug}”")
        else:
            faults.add(f"{place}.code", f"“{code}” is already the code of {row.name}. Check it")
