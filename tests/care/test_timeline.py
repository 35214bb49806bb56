"""Everything sent, tried and said stands on the person's page: in order, with who and how."""

import datetime as dt
from typing import Any

import pytest

from app.care.timeline import Entry, timeline_of
from app.outreach.call_models import ALERTS, BARRIERS, OUTCOMES, Alert, Call, CallAttempt
from app.outreach.choice_models import NEEDS, ContactChoice, ContactNeed, ReachDecision
from app.outreach.gateway_models import BadAddress, InboundText
from app.outreach.models import DELIVERY, Batch, Contact, Reply, Step
from app.people.models import DataOptOut, Person
from app.programmes.models import Participant, Programme
from tenants import scope
from tenants.db import db
from tests.care.conftest import BASE
from tests.rows import make

FIRST = dt.datetime(2026, 11, 2, 10, 0, tzinfo=dt.UTC)


def after(hours: int) -> dt.datetime:
    return FIRST + dt.timedelta(hours=hours)


@pytest.fixture
def place(acting: Any, ada: int) -> Any:
    """A block in which Dover Town acts, giving Ada's place and record; afterwards what was made is kept."""

    def within() -> tuple[Participant, Person]:
        found = db.session.get_one(Participant, (scope.current().tenant, ada))
        return found, db.session.get_one(Person, (found.tenant_id, found.person_id))

    return within


def sent(participant: Participant, channel: str, **given: Any) -> Contact:
    """A message of a step by that channel."""
    number = given.pop("position", 1)
    step = make(
        Step, programme_id=participant.programme_id, position=number, channel=channel, name=f"Our {channel}"
    )
    batch = make(
        Batch, programme_id=participant.programme_id, step_id=step.id, state="done", approved_by="Clara"
    )
    known = {"step_id": step.id, "batch_id": batch.id, "participant_id": participant.id}
    row: Contact = make(Contact, person_id=participant.person_id, created_at=FIRST, **(known | given))
    return row


def said(entries: list[Entry]) -> list[tuple[str, str, str]]:
    return [(entry.text, entry.detail, entry.by) for entry in entries if entry.text != "Identified"]


def test_what_was_sent_tried_and_said_is_told_newest_first(acting, place) -> None:
    with acting("dover-town", "cora"):
        participant, person = place()
        text = sent(
            participant,
            "text",
            state="failed",
            sent_at=after(1),
            delivery="permanent failure",
            delivery_at=after(2),
        )
        make(
            BadAddress,
            person_id=person.id,
            kind="mobile",
            why="not delivered",
            marked_by="Worker",
            marked_at=after(3),
        )
        sent(
            participant,
            "letter",
            position=2,
            state="sent",
            sent_at=after(4),
            delivery="returned",
            delivery_at=after(5),
        )
        sent(
            participant,
            "email",
            position=3,
            state="held back",
            reason="no usable e-mail address",
            marked_at=after(6),
        )
        sent(
            participant, "letter", position=4, state="cancelled", reason="letter recalled", marked_at=after(7)
        )
        make(
            Reply, contact_id=text.id, participant_id=participant.id, answer="yes, another way", at=after(8),
            another_way=["large print"],
        )  # fmt: skip
        make(InboundText, number="07700900123", body="Ring my son", meant="other", came_at=after(9))
        make(InboundText, number="07700900999", body="Not hers", meant="other", came_at=after(9))
        call = make(
            Call, participant_id=participant.id, person_id=person.id, programme_id=participant.programme_id
        )
        attempt = make(
            CallAttempt, call_id=call.id, participant_id=participant.id, outcome="safeguarding concern",
            barrier=None, note="She was afraid", by="Lena", at=after(10),
        )  # fmt: skip
        make(
            Alert, person_id=person.id, programme_id=participant.programme_id, call_attempt_id=attempt.id,
            kind="safeguarding concern", note="Afraid", raised_by="Lena", raised_at=after(11),
            settled_by="Clara", settled_at=after(13), what_was_done="Rang the team",
        )  # fmt: skip
        make(
            ContactChoice, person_id=person.id, kind="hold", channel=None, note="Ask first",
            entered_by="Lena", at=after(12), lifted_at=after(14), lifted_by="Clara", programme_id=None,
        )  # fmt: skip
        make(
            ReachDecision,
            participant_id=participant.id,
            decision="leave",
            note="Moved",
            by="Cora",
            at=after(15),
        )
        assert said(timeline_of(participant, person)) == [
            ("Not reached: left at that", "Moved", "Cora"),
            ("Taken back: hold: nobody contacts them", "", "Clara"),
            ("Settled: safeguarding concern", "Rang the team", "Clara"),
            ("Hold: nobody contacts them", "Ask first", "Lena"),
            ("Put before those who must act: safeguarding concern", "Afraid", "Lena"),
            ("Call: safeguarding concern", "She was afraid", "Lena"),
            ("They texted", "Ring my son", ""),
            ("They answered: yes, another way", "large print", ""),
            ("Letter cancelled", "letter recalled", ""),
            ("E-mail held back", "no usable e-mail address", ""),
            ("Letter came back", "", ""),
            ("Letter sent", "Our letter", "Clara"),
            ("Mobile number does not work", "not delivered", "Worker"),
            ("Text not delivered: the number or address does not work", "", ""),
            ("Text sent", "Our text", "Clara"),
        ]


@pytest.mark.parametrize(
    ("model", "given", "words", "detail"),
    [
        (ContactChoice, {"kind": "programme opt-out"}, "Opted out of this programme", "by phone"),
        (
            ContactChoice,
            {"kind": "do not contact", "channel": "any"},
            "Asked not to be contacted in any way",
            "by phone",
        ),
        (
            ContactChoice,
            {"kind": "do not contact", "channel": "call"},
            "Asked not to be contacted by phone",
            "by phone",
        ),
        (ContactNeed, {"kind": "language", "value": "pl"}, "Needs another language: Polish", "by phone"),
        (
            ContactNeed,
            {"kind": "format", "value": "Large print"},
            "Needs another format: Large print",
            "by phone",
        ),
        (ContactNeed, {"kind": "interpreter", "value": ""}, "Needs an interpreter", "by phone"),
        (DataOptOut, {"kind": "Type 1 opt-out"}, "Type 1 opt-out", "by phone"),
        (DataOptOut, {"kind": "national data opt-out"}, "National data opt-out", "by phone"),
    ],
)
def test_what_they_asked_and_took_back_is_told_twice(acting, place, model, given, words, detail) -> None:
    with acting("dover-town", "cora"):
        participant, person = place()
        known = {"person_id": person.id, "source": "by phone", "entered_by": "Lena", "at": after(1)}
        if given["kind"] == "programme opt-out":
            known["programme_id"] = participant.programme_id
        make(model, **known, **given, lifted_at=after(2), lifted_by="Cora")
        first, second = said(timeline_of(participant, person))
        assert second == (words, detail, "Lena")
        assert first == (f"Taken back: {words[:1].lower()}{words[1:]}", "", "Cora")


def test_another_programmes_opt_out_and_calls_are_not_told_here(acting, place) -> None:
    with acting("dover-town", "cora"):
        participant, person = place()
        other = make(Programme, owner_name="Mandy")
        make(
            ContactChoice, person_id=person.id, kind="programme opt-out", programme_id=other.id, channel=None
        )
        assert said(timeline_of(participant, person)) == []


@pytest.mark.parametrize("delivery", DELIVERY)
def test_every_end_of_a_message_has_its_words(acting, place, delivery) -> None:
    with acting("dover-town", "cora"):
        participant, person = place()
        sent(participant, "text", state="sent", sent_at=after(1), delivery=delivery, delivery_at=after(2))
        assert ("Text sent", "Our text", "Clara") in said(timeline_of(participant, person))


def test_every_outcome_need_and_alert_has_its_words(acting, place) -> None:
    with acting("dover-town", "cora"):
        participant, person = place()
        call = make(
            Call, participant_id=participant.id, person_id=person.id, programme_id=participant.programme_id
        )
        known = {"call_id": call.id, "participant_id": participant.id, "at": FIRST, "note": ""}
        attempts = [make(CallAttempt, outcome=one, barrier=BARRIERS[0], **known) for one in OUTCOMES]
        for number, kind in enumerate(ALERTS):
            make(
                Alert, person_id=person.id, programme_id=participant.programme_id, kind=kind,
                call_attempt_id=attempts[number].id,
            )  # fmt: skip
        for kind in NEEDS:
            make(ContactNeed, person_id=person.id, kind=kind, value="")
        texts = [entry.text for entry in timeline_of(participant, person)]
        assert {f"Call: {one}" for one in OUTCOMES} <= set(texts)
        assert {f"Put before those who must act: {one}" for one in ALERTS} <= set(texts)
        assert len([one for one in texts if one.startswith("Needs")]) == len(NEEDS)


def test_the_page_tells_it_with_who_and_when(client_of, acting, place, ada) -> None:
    with acting("dover-town", "cora"):
        participant, _ = place()
        sent(participant, "text", state="sent", sent_at=after(1), delivery="delivered", delivery_at=after(2))
        db.session.commit()
    page = client_of("lena").get(f"{BASE}/{ada}").text
    assert "Text delivered" in page
    assert "2 November 2026 at 11am, by Clara" in page
