"""Rows of Dover Town (and, for its own pages, of One You Kent and the ICB) for each parameter of a route."""

from collections.abc import Callable
from typing import Any

from flask import Flask

from app import clock
from app.programmes.models import Milestone, Participant, Programme
from app.referrals.models import ReferralParty
from tenants.db import db
from tests import rows
from tests.conftest import block
from tests.world import World

# parameter → the table whose row it numbers
SAMPLES: dict[str, str] = {
    "programme_id": "programme",
    "participant_id": "participant",
    "item_id": "library_item",
    "published_item_id": "published_item",
    "published_learning_id": "published_learning",
    "import_id": "import_file",
    "source_id": "source",
    "source_agreement_id": "source_agreement",
    "service_account_id": "service_account",
    "entry_id": "source_entry",
    "decision_id": "link_decision",
    "merge_id": "person_merge",
    "batch_id": "batch",
    "blackout_id": "blackout",
    "text_id": "inbound_text",
    "choice_id": "contact_choice",
    "need_id": "contact_need",
    "data_opt_out_id": "data_opt_out",
    "bad_address_id": "bad_address",
    "step_id": "step",
    "version_id": "cohort_version",
    "contact_id": "contact",
    "call_id": "call",
    "alert_id": "alert",
    "conversation_id": "conversation",
    "plan_id": "plan",
    "goal_id": "goal",
    "referral_id": "referral",
    "service_id": "service",
    "practice_id": "practice",
    "membership_id": "membership",
    "invitation_id": "invitation",
    "agreement_id": "agreement",
    "work_id": "outbox",
    "session_id": "signed_in",
    "account_id": "account",
    "organisation_id": "",
    "tenant_id": "",
    "token": "",
    "part": "",
    "channel": "",
    "position": "",
    "name": "",
}

# What stands in an address as a word of ours and is nobody's row.
WORDS = {"channel", "part", "position"}

# Numbers of rows that everybody in one ICB may open.
SHARED_IN_ICB = {"published_item_id", "published_learning_id", "service_id"}

# Answers that are a document made by a worker; the sample may be without it.
DOCUMENTS = {"outreach.letters_pdf", "outreach.letters_manifest", "outreach.letter", "people.refused_rows"}


def values_for(app: Flask, world: World, kind: str = "pcn") -> dict[str, Any]:
    """The numbers of rows that stand in Dover Town, or in the ICB's or the partner's own tables."""
    if kind != "pcn":
        slug = {"icb": "kent-and-medway", "partner": "one-you-kent"}[kind]
        with block(app, world, slug, None, audited=False):
            made = _own_rows()
            db.session.commit()
            return made
    with block(app, world, "dover-town", "dora", audited=False):
        values = _dover(world)
        db.session.commit()
    return values | {
        "tenant_id": world.organisations["dover-town"],
        "organisation_id": world.organisations["dover-town"],
        "token": "nothing",
        "name": "gp_patients.csv",
        "part": "1",
        "channel": "text",
        "position": 1,
        "account_id": world.accounts["mandy"],
    }


def _own_rows() -> dict[str, Any]:
    tables = (
        "library_item",
        "published_item",
        "outbox",
        "invitation",
        "membership",
        "service",
        "published_learning",
    )
    names = {table: name for name, table in SAMPLES.items()}
    return {names[table]: rows.make(rows.model_of(table), **FIXED.get(table, {})).id for table in tables}


def _dover(world: World) -> dict[str, Any]:
    practice = world.practices["G82999"]
    person = rows.person(practice, 700001, family_name="Wrenfield")
    programme = rows.make(Programme, state="live", setup=SETUP, owner_name="Mandy")
    participant = rows.make(
        Participant, programme_id=programme.id, person_id=person.id, practice_id=practice,
        status="identified", status_since=clock.now(), joined_at=clock.now(),
    )  # fmt: skip
    rows.make(Milestone, participant_id=participant.id, kind="identified")
    shared = {
        "programme_id": programme.id, "participant_id": participant.id, "person_id": person.id,
        "practice_id": practice, "partner_id": world.organisations["one-you-kent"],
    }  # fmt: skip
    values: dict[str, Any] = dict(shared)
    for table in ORDER:
        values[f"{table}_id"] = _make(table, values)
    _address_to_both(world, values["referral_id"])
    numbers = {name: values.get(f"{table}_id") for name, table in SAMPLES.items() if table}
    return {name: number for name, number in numbers.items() if number is not None} | {
        "practice_id": practice
    }


def _address_to_both(world: World, referral_id: int) -> None:
    for slug, side in (("dover-town", "sender"), ("one-you-kent", "partner")):
        rows.make(ReferralParty, org_id=world.organisations[slug], referral_id=referral_id, side=side)


# Each row refers to those before it.
ORDER = (
    "cohort", "cohort_version", "release", "blackout", "inbound_text", "contact_choice", "contact_need",
    "data_opt_out", "bad_address", "step", "batch", "contact",
    "reply", "call", "call_attempt", "alert", "conversation", "plan", "goal", "consent", "referral",
    "source", "source_agreement",
    "service_account", "import_file", "library_item", "published_item", "published_learning", "service",
    "membership", "invitation", "agreement", "outbox", "signed_in", "source_entry", "link_decision",
    "person_merge",
)  # fmt: skip

FIXED: dict[str, dict[str, Any]] = {
    "referral": {
        "sender_name": "Dover Town PCN",
        "service_name": "Healthy weight",
        "shared": {"contact details": [["Name", "Ada Sampleson"]]},
    },
    "invitation": {"role": "care coordinator"},
    "library_item": {"kind": "SOP", "state": "approved", "body": "## Purpose\n\nHelp."},
    "published_item": {"kind": "SOP", "body": "## Purpose\n\nHelp."},
    "call": {"state": "due"},
    "step": {"position": 1},
    # Waits, and could be the sample person.
    "source_entry": {
        "person_id": None,
        "state": "waiting",
        "said": {"given_name": "Ada", "family_name": "Wrenfield", "born": "1970-05-04"},
    },
    "person_merge": {"moved": {"rows": {}, "stayed": {}, "before": {"came": {}}}},
    "conversation": {"state": "open"},
    "contact_choice": {"channel": "text"},
    "bad_address": {"kind": "mobile", "value": "07700900123"},  # as the sample person's stands
}


def _make(table: str, values: dict[str, Any]) -> int:
    model = rows.model_of(table)
    columns = model.__table__.columns.keys()
    known = {name: value for name, value in values.items() if name in columns}
    special: Callable[..., dict[str, Any]] = SPECIAL.get(table, lambda values: {})
    return int(rows.make(model, **(known | FIXED.get(table, {}) | special(values))).id)


def _to_partner(values: dict[str, Any]) -> dict[str, Any]:
    return {"shared_with": values["partner_id"], "partner_id": values["partner_id"]}


SPECIAL: dict[str, Callable[..., dict[str, Any]]] = {
    "referral": _to_partner,
    "link_decision": lambda values: {"entry_id": values["source_entry_id"], "candidates": []},
    "person_merge": lambda values: {"kept_id": values["person_id"]},
}

SETUP: dict[str, Any] = {
    "name": "Sample",
    "aim": "Help people",
    "outcomes": {"short": [], "medium": [], "long": []},
    "cohort": {"rules": [{"kind": "age", "from": 40, "to": 69}]},
    "steps": [{"name": "Text", "channel": "text", "template": "Text", "after_days": 0}],
    "menu": [{"name": "Walk", "description": "A walk"}],
    "measures": ["weight"],
    "includes": [],
}
