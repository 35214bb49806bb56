"""What the kernel's onboarding needs of the rooms, and the onboarding forms as descriptions."""

import re
from collections.abc import Iterable, Iterator
from typing import Any

from sqlalchemy import select

from app import audit, clock, files
from app.fields import Form
from app.network.forms import OnboardPartner, OnboardPcn
from app.network.rules import slug_of
from app.permissions import ROLES
from app.signin import invitations
from tenants.db import Json, db
from tenants.described import Fault
from tenants.lifecycle import Rooms
from tenants.models import Organisation
from tenants.onboarding import Onboarding
from tenants.onboarding_check import check

ROOMS = Rooms(
    invite=lambda *given: invitations.invite(*given),
    record=lambda *given, **more: audit.record(*given, **more),
    now=lambda: clock.now(),
)

# Where each place of the description stands in the form.
PCN_FIELDS = {
    "pcn.name": "name",
    "pcn.slug": "slug",
    "pcn.code": "code",
    "practices": "practices",
    "manager.name": "manager_name",
    "manager.email": "manager_email",
}
PARTNER_FIELDS = {
    "partners[1].name": "name",
    "partners[1].slug": "slug",
    "partners[1].sector": "sector",
    "partners[1].coordinator.name": "coordinator_name",
    "partners[1].coordinator.email": "coordinator_email",
}


def stored_files() -> Iterator[tuple[str, Iterable[bytes]]]:
    """Each stored file of the acting PCN: a name that is unique and safe in any folder, and its bytes."""
    for file in db.session.scalars(select(files.StoredFile).order_by(files.StoredFile.id)).all():
        safe = re.sub(r"[^\w.-]+", "_", file.name).strip("._") or "file"
        yield f"{file.id}-{safe}", files.chunks_of(file)


def pcn_of(form: OnboardPcn, icb: Organisation) -> Onboarding | None:
    """What the form describes, checked like a file; None with each fault at its field."""
    lines = form.practices.data or ""
    document: Json = {
        "icb": {"slug": icb.slug},
        "pcn": {"name": form.name.data, "slug": _slug(form), "code": (form.code.data or "").upper()},
        "practices": [practice for _, practice in practices_of(lines)],
        "manager": {"name": form.manager_name.data, "email": form.manager_email.data},
        "demonstration": icb.demonstration,
    }
    written_on = [number for number, _ in practices_of(lines)]
    return _checked(form, document, PCN_FIELDS, written_on)


def partner_of(form: OnboardPartner, icb: Organisation) -> Onboarding | None:
    """What the form describes, checked like a file; None with each fault at its field."""
    coordinator = {"name": form.coordinator_name.data, "email": form.coordinator_email.data}
    partner = {
        "name": form.name.data,
        "slug": _slug(form),
        "sector": form.sector.data,
        "coordinator": coordinator,
    }
    document: Json = {
        "icb": {"slug": icb.slug},
        "partners": [partner],
        "demonstration": icb.demonstration,
    }
    return _checked(form, document, PARTNER_FIELDS, [])


def _slug(form: Any) -> str:
    return form.slug.data or slug_of(form.name.data or "")


def practices_of(lines: str) -> list[tuple[int, dict[str, str]]]:
    """The practices written one a line as "CODE Name", each with the number of its line."""
    written = [(number, line.split(maxsplit=1)) for number, line in enumerate(lines.splitlines(), 1)]
    return [
        (number, {"code": words[0].upper(), "name": words[1] if len(words) > 1 else ""})
        for number, words in written
        if words
    ]


def _checked(form: Form, document: Json, fields: dict[str, str], written_on: list[int]) -> Onboarding | None:
    """The description, or None with what the form refuses and what the check finds, each at its field."""
    complete = form.validate()
    plan, faults = check(document, ROLES, anew=True)
    refused = set(form.errors)
    for fault in faults:
        practice = re.match(r"practices\[(\d+)\]", fault.place)
        name = "practices" if practice else fields.get(fault.place)
        if name is None:
            form.form_errors.append(fault.message)
        if name is None or name in refused:
            continue
        message = _line_message(fault, written_on[int(practice[1]) - 1]) if practice else fault.message
        field = form[name]
        field.errors = [". ".join([*field.errors, message])]
    return plan if complete and not faults else None


def _line_message(fault: Fault, line: int) -> str:
    message = fault.message
    if fault.place.endswith(".name"):
        message = "Write the name of the practice after its code"
    return f"Line {line}: " + re.sub(r"practices\[\d+\]", "another line", message)
