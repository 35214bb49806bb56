"""The sections of a guided conversation: the form of each, and what is kept of it.

The page is one form with a part for each section, so that whichever button is pressed nothing typed elsewhere
is lost: each section that was changed is checked and kept on its own, with who and when.
"""

import datetime as dt
from collections.abc import Callable
from decimal import Decimal
from typing import Any

from app import clock
from app.care.conversing import Notes
from app.care.forms import (
    ConsentForm,
    FlagForm,
    LifeForm,
    MattersForm,
    MeasurementForm,
    WhoForm,
    measurement_form,
    support_form,
)
from app.care.instruments import GROUPS, INSTRUMENTS, NOT_DONE
from app.care.models import Measurement
from app.care.rules import TOPICS, groups_of
from app.fields import Form
from app.here import here
from tenants.db import Json, db

REFUSED = NOT_DONE[0]

Parts = dict[str, Form]


def stored(notes: Notes) -> dict[str, Json]:
    """What is kept of each section, as its form takes it."""
    steps, c = notes.conversation.steps, notes.conversation
    answers = {one["name"]: one["answer"] for one in c.offered}
    not_done = steps.get("measurements", {}).get("not_done", {})
    found = {
        "who": {name: "who" in steps for name in ("name", "born")},
        "consent": {name: steps.get("consent", {}).get(name) for name in ("talk", "measure")},
        "matters": {"what_matters": c.what_matters},
        "life": {topic: c.determinants.get(topic, "") for topic in TOPICS},
        "measurements": _measured(notes)
        | {f"not_done_{_first(name)}": why for name, why in not_done.items()},
        "support": {f"offer_{n}": answers.get(str(offer["name"])) for n, offer in enumerate(notes.menu)},
    }
    return found | ({"flag": {"told": (notes.told or {}).get("told", "")}} if notes.flagged else {})


def _first(group: str) -> str:
    return GROUPS[group][0]


def _measured(notes: Notes) -> Json:
    values: Json = {key: f"{row.value.normalize():f}" for key, row in notes.measured.items()}
    days = [row.taken_on for row in notes.measured.values()]
    return values | {"unit": "mmol/mol", "taken_on": days[0] if days else clock.today()}


def parts_of(notes: Notes, *, posted: bool) -> Parts:
    """The form of each section, filled from the request when `posted`, else from what is kept."""
    classes: dict[str, type[Form]] = {
        "who": WhoForm,
        "consent": ConsentForm,
        "matters": MattersForm,
        "life": LifeForm,
        "measurements": measurement_form(notes.measures),
        "support": support_form(notes.menu),
        "flag": FlagForm,
    }
    source: dict[str, Any] = {} if posted else {"formdata": None}
    return {key: classes[key](prefix=key, data=data, **source) for key, data in stored(notes).items()}


def changed(parts: Parts, notes: Notes) -> set[str]:
    """The sections whose form says something other than what is kept."""
    kept = parts_of(notes, posted=False)
    return {key for key, form in parts.items() if _said(form) != _said(kept[key])}


def _said(form: Form) -> dict[str, Any]:
    fields = {name: one for name, one in form._fields.items() if name != "csrf_token"}
    return {name: getattr(one, "words", None) or one.data or "" for name, one in fields.items()}


def keep(notes: Notes, key: str, form: Form) -> None:
    """Keep what a section's form says, and tick the section with who and when."""
    more = KEEPERS[key](notes, form)
    tick = {"by": here.name, "at": clock.now().isoformat()}
    notes.conversation.steps = {**notes.conversation.steps, key: {**more, **tick}}


def _keep_who(notes: Notes, form: Form) -> Json:  # noqa: ARG001 - the tick is all there is to keep
    return {}


def _keep_consent(notes: Notes, form: Form) -> Json:
    if form["measure"].data == "no" and not notes.measured:
        _leave_out_measures(notes)
    return {"talk": form["talk"].data, "measure": form["measure"].data}


def _leave_out_measures(notes: Notes) -> None:
    why = {"not_done": {name: REFUSED for name in groups_of(notes.measures)}}
    tick = {"by": here.name, "at": clock.now().isoformat()}
    notes.conversation.steps = {**notes.conversation.steps, "measurements": {**why, **tick}}


def _keep_matters(notes: Notes, form: Form) -> Json:
    notes.conversation.what_matters = form["what_matters"].data
    return {}


def _keep_life(notes: Notes, form: Form) -> Json:
    notes.conversation.determinants = {topic: form[topic].data for topic in TOPICS if form[topic].data}
    return {}


def _keep_measurements(notes: Notes, form: Form) -> Json:
    assert isinstance(form, MeasurementForm)  # noqa: S101 - parts_of made it
    values = form.values()
    for key, row in list(notes.measured.items()):
        if key not in values:
            db.session.delete(notes.measured.pop(key))
        elif (row.value, row.taken_on) != (values[key], form.taken_on.data):
            row.value, row.taken_on = values[key], form.taken_on.data
            row.taken_by, row.at = here.name, clock.now()
    for key in values.keys() - notes.measured.keys():
        notes.measured[key] = _measurement(notes, key, values[key], form.taken_on.data)
    return {"not_done": form.not_done()}


def _measurement(notes: Notes, key: str, value: Decimal, day: dt.date) -> Measurement:
    row = Measurement(
        participant_id=notes.participant.id,
        conversation_id=notes.conversation.id,
        instrument=key,
        value=value,
        unit=INSTRUMENTS[key].unit,
        occasion="baseline",
        taken_on=day,
        taken_by=here.name,
        at=clock.now(),
    )
    db.session.add(row)
    return row


def _keep_support(notes: Notes, form: Form) -> Json:
    answers = {str(offer["name"]): form[f"offer_{n}"].data for n, offer in enumerate(notes.menu)}
    notes.conversation.offered = [
        {"name": name, "answer": answer} for name, answer in answers.items() if answer
    ]
    return {}


def _keep_flag(notes: Notes, form: Form) -> Json:
    return {"told": form["told"].data, "pressure": notes.flagged}


KEEPERS: dict[str, Callable[[Notes, Form], Json]] = {
    "who": _keep_who,
    "consent": _keep_consent,
    "matters": _keep_matters,
    "life": _keep_life,
    "measurements": _keep_measurements,
    "support": _keep_support,
    "flag": _keep_flag,
}
