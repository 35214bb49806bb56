"""What stands on the settings page: each thing that can be set or watched, with its state."""

from dataclasses import dataclass
from typing import Any

from flask import url_for
from sqlalchemy import func, select

from app import clock
from app.here import can, here
from app.outbox import Outbox
from app.outreach.gateway_models import SendingAccount
from app.outreach.models import Blackout
from app.people.import_models import ServiceAccount, Source
from app.permissions import Permission as P
from app.render import count, time_of_day
from tenants.db import db
from tenants.models import Agreement, Invitation, Membership, PcnSettings, Practice, settings_of_pcn


@dataclass(frozen=True)
class Task:
    """One line of the settings page. `urgent` states ask for something to be done."""

    text: str
    href: str
    hint: str
    state: str = ""
    urgent: bool = False


def tasks() -> dict[str, list[Task]]:
    """The lines that the person here may open, under their headings; empty headings are left out."""
    counted = _counts()
    listed: dict[str, list[Task]] = {}
    if can(P.MANAGE_SETTINGS):
        kept = settings_of_pcn()
        listed["Messages"] = [
            _sender(kept),
            _sending(kept),
            _gateways(counted["gateways"]),
            _quiet(counted["quiet"]),
        ]
        listed["Working together"] = [
            Task("Practices", url_for("network.practices"), "Whose people you may invite",
                 count(counted["practices"], "practice"), not counted["practices"]),
            Task("Agreements with partners", url_for("network.agreements"), "What may be shared, until when",
                 f"{counted['agreements']} in date", not counted["agreements"]),
            Task("Sources of data", url_for("people.sources"), "Where data comes from, and what lets it in",
                 count(counted["sources"], "source"), not counted["sources"]),
            Task("Service accounts", url_for("network.service_accounts"),
                 "What acts when extracts arrive at night", f"{counted['services']} in use"),
        ]  # fmt: skip
    listed["People"] = [_staff(counted)] if can(P.MANAGE_STAFF) else []
    watching = [_work(counted["failed"])] if can(P.SEE_WORK) else []
    if can(P.SEE_ACTIVITY):
        watching.append(Task("Activity", url_for("network.activity"), "Who saw or did what, and when"))
    listed["Watching"] = watching
    return {heading: lines for heading, lines in listed.items() if lines}


def _counts() -> dict[str, int]:
    """What the lines count, in one statement."""
    day, moment = clock.today(), clock.now()
    own = here.organisation.id
    wanted: dict[str, Any] = {
        "practices": select(func.count(Practice.id)),
        "agreements": select(func.count(Agreement.id)).where(
            Agreement.starts_on <= day, Agreement.ends_on >= day
        ),
        "sources": select(func.count(Source.id)).where(Source.closed_at.is_(None)),
        "services": select(func.count(ServiceAccount.id)).where(ServiceAccount.ended_at.is_(None)),
        "staff": select(func.count(Membership.account_id.distinct())).where(
            Membership.org_id == own, Membership.ended_at.is_(None)
        ),
        "invited": select(func.count(Invitation.id)).where(
            Invitation.accepted_at.is_(None), Invitation.expires_at > moment
        ),
        "quiet": select(func.count(Blackout.id)).where(
            Blackout.removed_at.is_(None), Blackout.ends_on >= day
        ),
        "gateways": select(func.count(SendingAccount.id)).where(SendingAccount.key_sealed.is_not(None)),
        "failed": select(func.count(Outbox.id)).where(Outbox.org_id == own, Outbox.failed_at.is_not(None)),
    }
    row = db.session.execute(select(*(query.scalar_subquery() for query in wanted.values()))).one()
    return dict(zip(wanted, row, strict=True))


def _sender(kept: PcnSettings) -> Task:
    complete = all((kept.sender_name, kept.phone, kept.address, kept.privacy_url))
    return Task(
        "Sender details",
        url_for("network.sender"),
        "Name, phone number and addresses in texts and letters",
        "Complete" if complete else "Add what is missing",
        not complete,
    )


def _sending(kept: PcnSettings) -> Task:
    hours = f"{time_of_day(kept.send_from)} to {time_of_day(kept.send_until)}"
    stopped = kept.sending_stopped_at is not None
    return Task(
        "Sending",
        url_for("network.sending"),
        "The hours that messages go out in, and stopping them all",
        "Stopped" if stopped else hours,
        stopped,
    )


def _gateways(connected: int) -> Task:
    state = f"{count(connected, 'channel')} connected" if connected else "Nothing reaches anybody yet"
    return Task(
        "Gateways",
        url_for("outreach.gateways"),
        "How texts, e-mails and letters leave, and with which key",
        state,
    )


def _quiet(days: int) -> Task:
    hint = "When nothing goes out, and how often one person is contacted"
    return Task("Quiet days", url_for("outreach.quiet_days"), hint, f"{days} to come" if days else "None")


def _staff(counted: dict[str, int]) -> Task:
    invited = f", {counted['invited']} invited" if counted["invited"] else ""
    hint = "Who works here, in which role"
    return Task("Staff", url_for("network.staff"), hint, f"{counted['staff']} with access{invited}")


def _work(failed: int) -> Task:
    hint = "What is being sent, read in or counted, and what failed"
    return Task(
        "Background work", url_for("network.work"), hint, f"{failed} failed" if failed else "", failed > 0
    )
