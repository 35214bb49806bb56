"""Sending a referral: an agreement, a consent, exactly what was agreed, and once."""

import datetime as dt
from decimal import Decimal
from types import SimpleNamespace

import pytest
from sqlalchemy import func, select

from app.mail import CapturedMail
from app.outbox import Outbox
from app.people.models import Person
from app.programmes.models import Milestone, Participant
from app.referrals.models import Consent, Referral, ReferralParty
from app.referrals.rules import Known, build_shared, covered, facts, milestones_of
from tenants.db import db
from tenants.models import Agreement
from tests.referrals.conftest import PCN, YES, expire_agreements, service_of


def test_the_form_shows_what_will_be_shared_before_it_is_sent(client_of, form):
    page = client_of("cora").get(form)
    assert "Name: Ada Example · Telephone: 07700 900123" in page.text
    assert "We would like to tell One You Kent about you" in page.text
    assert "NHS number" not in page.text


def test_a_referral_is_one_record_in_two_mailboxes_with_its_consent(client_of, form, row, acting, world):
    page = client_of("cora").sent(form, **YES)
    assert "Referral sent to One You Kent" in page.text
    sent = row()
    assert sent.shared == {
        "contact details": [["Name", "Ada Example"], ["Telephone", "07700 900123"]],
        "reason for referral": [
            ["Why we are referring", "She wants to lose weight."],
            ["What they want", "A group she can go to"],
        ],
    }
    with acting("dover-town", "cora"):
        consent = db.session.scalars(select(Consent)).one()
        assert (consent.data_classes, consent.mode, consent.taken_by) == (YES["classes"], "spoken", "Cora")
        assert consent.wording_version
        kinds = set(db.session.scalars(select(Milestone.kind)))
        assert "referred" in kinds
        assert db.session.scalars(select(ReferralParty.side)).all() == ["sender"]
    with acting("one-you-kent", "olu"):
        assert db.session.scalars(select(ReferralParty.side)).all() == ["partner"]


def test_the_partner_is_told_by_mail_that_names_nobody(client_of, form, worked, acting):
    client_of("cora").post(form, data=YES)
    assert worked() == ["done"]
    with acting("dover-town", "cora"):
        mail = db.session.scalars(select(CapturedMail)).one()
    assert mail.to == "olu@example.test"
    assert "http://localhost/partner/one-you-kent/inbox" in mail.body
    for hidden in ("Ada", "Example", "weight."):
        assert hidden not in mail.subject + mail.body


def test_sent_twice_it_is_one_referral(client_of, form, acting):
    client = client_of("cora")
    client.post(form, data=YES)
    page = client.sent(form, **YES)
    assert "It has been sent once" in page.text
    with acting("dover-town", "cora"):
        assert db.session.scalar(select(func.count()).select_from(Referral)) == 1
        assert db.session.scalar(select(func.count()).select_from(Consent)) == 1


@pytest.mark.parametrize(
    ("entered", "said"),
    [
        ({"consent": ""}, "Ask the person first, and tick when they have said yes"),
        ({"classes": ["reason for referral"]}, "Tick contact details"),
        (
            {"classes": ["contact details", "health measurements"]},
            "Tick only what the agreement lets you share",
        ),
        ({"mode": ""}, "Select how they said yes"),
        ({"reason": ""}, "Enter why you are referring them"),
    ],
)
def test_without_consent_or_agreement_nothing_is_sent_and_nothing_is_lost(
    client_of, form, acting, entered, said
):
    page = client_of("cora").post(form, data=YES | entered)
    assert page.status_code == 422
    assert said in page.text
    assert "A group she can go to" in page.text
    with acting("dover-town", "cora"):
        assert db.session.scalar(select(func.count()).select_from(Referral)) == 0
        assert db.session.scalar(select(func.count()).select_from(Consent)) == 0
        assert db.session.scalar(select(func.count()).select_from(Outbox)) == 0


def test_an_agreement_out_of_date_stops_the_form_and_says_who_can_help(client_of, form, acting):
    client = client_of("cora")
    client.get(form)
    expire_agreements(acting)
    page = client.get(form)
    assert "A PCN manager can put that right in Settings" in page.text
    assert "disabled" in page.text
    page = client.post(form, data=YES)
    assert page.status_code == 422
    assert "There is no agreement in date with One You Kent" in page.text


def test_a_service_of_a_partner_without_agreement_can_be_looked_at_only(client_of, ada, weight, acting):
    other = service_of(acting, "aspire", "asha", name="Walking")
    page = client_of("cora").get(f"{PCN}/people/{ada}/refer")
    assert "There is no agreement in date with ASPIRE community health" in page.text
    assert client_of("cora").post(f"{PCN}/people/{ada}/refer?service_id={other}", data=YES).status_code == 422


def test_a_paused_service_cannot_be_chosen(client_of, ada, acting):
    paused = service_of(acting, "one-you-kent", "olu", capacity="paused")
    page = client_of("cora").get(f"{PCN}/people/{ada}/refer?service_id={paused}")
    assert "You cannot refer to it until it opens again" in page.text


def test_services_of_another_icb_are_not_offered(client_of, ada, weight, acting):
    other = service_of(acting, "compassionate-communities", "sam", name="Far away")
    page = client_of("cora").get(f"{PCN}/people/{ada}/refer?service_id={other}")
    assert "Far away" not in page.text
    assert "Healthy weight" in page.text


def test_a_referral_still_waiting_is_shown_instead_of_a_second_one(client_of, form, row):
    client_of("cora").post(form, data=YES)
    page = client_of("cora").get(form)
    assert page.location == f"{PCN}/referrals/{row().id}"


def test_who_may_not_send_does_not(client_of, form):
    assert client_of("mandy").post(form, data=YES).status_code == 403
    assert client_of("cass").post(form, data=YES).status_code == 404
    assert client_of("ivy").post(form, data=YES).status_code == 404


def known(**given: object) -> Known:
    person: dict[str, object] = {"name": "Ada Example", "mobile": "07700900123", "home_phone": ""}
    person |= {"house": "1", "street": "High Street", "town": "Dover", "postcode": "CT16 1AA"}
    person |= {"preferred_contact": "", "sensitive": False}
    day = dt.date(2025, 11, 3)
    measured = SimpleNamespace(instrument="HbA1c", value=Decimal("44.00"), unit="mmol/mol", taken_on=day)
    return Known(
        person=SimpleNamespace(**(person | given)),
        needs={"Language": "Polish"},
        life={"Money": "Worried about rent"},
        measured=[measured],
        plan=None,
        goals=[],
        our_phone="01304 555 000",
    )


ALL = ("contact details", "reason for referral", "needs", "health measurements", "plan")


@pytest.mark.parametrize("name", ALL)
def test_a_class_is_shared_only_when_both_agreed_and_consented(name):
    found = facts(known(), "why", "wants")
    others = [one for one in ALL if one != name]
    assert name not in build_shared(found, agreed=others, consented=ALL)
    assert name not in build_shared(found, agreed=ALL, consented=others)
    both = build_shared(found, agreed=[name], consented=[name])
    assert both == ({name: [list(pair) for pair in found[name].items()]} if name in found else {})


def test_contact_needs_always_go_with_contact_details():
    assert facts(known(), "why", "wants")["contact details"]["Language"] == "Polish"


def test_the_address_goes_only_where_a_letter_is_the_way():
    assert "Address" not in facts(known(), "", "")["contact details"]
    by_letter = facts(known(preferred_contact="Letter"), "", "")["contact details"]
    assert by_letter["Address"] == "1 High Street, Dover, CT16 1AA"
    assert "Telephone" not in by_letter


def test_of_a_restricted_person_only_the_name_goes_and_our_number():
    details = facts(known(sensitive=True), "", "")["contact details"]
    assert details["How to reach them"] == "Through us, on 01304 555 000"
    assert not {"Address", "Telephone"} & details.keys()


def test_measurements_carry_unit_and_day():
    assert facts(known(), "", "")["health measurements"] == {"HbA1c": "44 mmol/mol on 3 November 2025"}


def test_agreements_cover_from_their_first_to_their_last_day():
    agreement = Agreement(
        data_classes=["contact details"], starts_on=dt.date(2025, 1, 1), ends_on=dt.date(2025, 12, 31)
    )
    days = [dt.date(2024, 12, 31), dt.date(2025, 1, 1), dt.date(2025, 12, 31), dt.date(2026, 1, 1)]
    assert [bool(covered([agreement], day)) for day in days] == [False, True, True, False]


@pytest.mark.parametrize(
    ("states", "kinds"),
    [
        ([], set()),
        (["sent"], {"referred"}),
        (["withdrawn"], set()),
        (["declined"], {"referred", "referral declined"}),
        (["declined", "sent"], {"referred"}),
        (["declined", "accepted"], {"referred", "referral accepted"}),
    ],
)
def test_milestones_follow_from_the_states_of_all_referrals(states, kinds):
    assert milestones_of(states) == kinds


def test_a_person_on_hold_is_not_referred(client_of, form, ada, acting, world):
    with acting("dover-town", "cora"):
        participant = db.session.scalars(select(Participant).where(Participant.id == ada)).one()
        person = db.session.scalars(select(Person).where(Person.id == participant.person_id)).one()
        person.died_on = dt.date(2025, 1, 1)
        db.session.commit()
    page = client_of("cora").sent(form, **YES)
    assert "A referral cannot be sent" in page.text
