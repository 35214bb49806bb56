"""The partner's side: it sees that referral and nothing else, answers once, and the sender is told once."""

import pytest
from sqlalchemy import func, select, text
from sqlalchemy.exc import ProgrammingError

from app import outbox
from app.audit import AuditEvent
from app.mail import CapturedMail
from app.outbox import Outbox
from app.programmes.models import Milestone, Participant
from app.referrals.models import Referral
from tenants.db import db
from tests.referrals.conftest import PARTNER, PCN, YES, service_of

NO = {"kind": "we cannot offer this", "reason": "no places now", "note": "Try again in January."}


def status(acting) -> str:
    with acting("dover-town", "cora"):
        return db.session.scalars(select(Participant.status)).one()


def test_new_referrals_stand_in_the_inbox(client_of, referral):
    page = client_of("olu").get(f"{PARTNER}/inbox")
    assert "1 new referral" in page.text
    assert "Ada Example" in page.text
    assert "Dover Town PCN" in page.text


def test_the_page_shows_what_was_shared_and_nothing_else(client_of, referral, row, acting):
    page = client_of("olu").get(referral)
    assert "She wants to lose weight." in page.text
    for hidden in ("High Street", "CT16", "1970"):
        assert hidden not in page.text
    assert row().seen_at is not None
    with acting("dover-town", "mandy"):
        looks = select(AuditEvent).where(AuditEvent.actor == "Olu", AuditEvent.subject == "referral")
        assert db.session.scalars(looks).one().person_id == row().person_id


def test_the_partner_has_that_referral_and_no_other_row_of_the_pcn(acting, referral):
    with acting("one-you-kent", "olu"):
        for table in ("person", "participant", "consent", "conversation", "plan", "measurement", "milestone"):
            assert db.session.execute(text(f"SELECT count(*) FROM {table}")).scalar_one() == 0, table
        assert db.session.execute(text("SELECT count(*) FROM referral")).scalar_one() == 1
    with acting("aspire", "asha"):
        assert db.session.execute(text("SELECT count(*) FROM referral")).scalar_one() == 0
        assert db.session.execute(text("SELECT count(*) FROM referral_party")).scalar_one() == 0


@pytest.mark.parametrize(
    "change",
    [
        "shared = '{}'", "service_name = 'x'", "sent_by = 'x'", "partner_id = org_id_of()", "consent_id = 1",
        "person_id = 1", "reply_by = '2099-01-01'",
    ],
)  # fmt: skip
def test_the_partner_cannot_change_what_was_sent(acting, referral, change):
    change = change.replace("org_id_of()", "1")
    with acting("one-you-kent", "olu"), pytest.raises(ProgrammingError, match="permission denied"):
        db.session.execute(text(f"UPDATE referral SET {change}"))


def test_the_partner_cannot_pass_it_to_another_organisation(acting, referral, world):
    other = world.organisations["aspire"]
    with acting("one-you-kent", "olu"), pytest.raises(ProgrammingError, match="row-level security"):
        db.session.execute(text(f"UPDATE referral SET shared_with = {other}"))


def test_accepted_the_sender_is_told_and_the_milestone_reached(client_of, referral, worked, acting, row):
    page = client_of("olu").sent(f"{referral}/accept", note="I will ring on Monday.")
    assert "Referral accepted. The sender will be told." in page.text
    worked()
    assert status(acting) == "referral accepted"
    assert row().sender_told_at is not None
    with acting("dover-town", "cora"):
        mails = {mail.to: mail for mail in db.session.scalars(select(CapturedMail))}
    assert "accepted" in mails["cora@example.test"].subject
    assert "Ada" not in mails["cora@example.test"].body
    assert "I will ring on Monday." in client_of("cora").get(f"{PCN}/referrals/{row().id}").text


def test_accepted_twice_the_second_is_told_who_was_first(client_of, referral, row, acting):
    client_of("olu").post(f"{referral}/accept")
    page = client_of("both").sent(f"{referral}/accept")
    assert "This referral was already accepted by Olu on" in page.text
    page = client_of("both").sent(f"{referral}/decline", **NO)
    assert "This referral was already accepted by Olu on" in page.text
    assert (row().state, row().decided_by) == ("accepted", "Olu")
    with acting("dover-town", "cora"):
        answers = select(func.count()).select_from(Outbox).where(Outbox.kind == "referral.answered")
        assert db.session.scalar(answers) == 1


def test_the_sender_is_told_once_however_often_the_work_is_run(app, client_of, referral, worked, acting, row):
    client_of("olu").post(f"{referral}/accept")
    worked()
    told = row().sender_told_at
    with acting("dover-town", "cora"):
        outbox.HANDLERS["referral.answered"]({"referral_id": row().id})
        db.session.commit()
    assert row().sender_told_at == told
    with acting("dover-town", "cora"):
        mails = select(func.count()).select_from(Outbox).where(Outbox.kind == "mail.send")
        assert db.session.scalar(mails) == 2, "one to the partner, one to the sender"
        accepted = select(func.count()).select_from(Milestone).where(Milestone.kind == "referral accepted")
        assert db.session.scalar(accepted) == 1


@pytest.mark.parametrize(
    ("entered", "said"),
    [
        ({"kind": ""}, "Select whether the person said no or you cannot offer this"),
        ({"reason": ""}, "Select a reason"),
        ({"reason": "not the right time"}, "Select a reason that fits"),
        ({"note": " "}, "Enter what the sender should know"),
    ],
)
def test_a_decline_says_whose_no_why_and_what_the_sender_should_know(client_of, referral, row, entered, said):
    page = client_of("olu").post(f"{referral}/decline", data=NO | entered)
    assert page.status_code == 422
    assert said in page.text
    assert row().state == "sent"


def test_declined_it_goes_back_and_is_sent_somewhere_else(client_of, referral, worked, acting, row, ada):
    client_of("olu").sent(f"{referral}/decline", **NO)
    worked()
    assert status(acting) == "referral declined"
    page = client_of("cora").get(f"{PCN}/referrals/{row().id}")
    assert "we cannot offer this, no places now" in page.text
    assert f'href="{PCN}/people/{ada}/refer"' in page.text
    assert "Refer somewhere else" in page.text

    other = service_of(acting, "one-you-kent", "olu", name="Walking")
    client_of("cora").post(f"{PCN}/people/{ada}/refer?service_id={other}", data=YES | {"form_key": "another"})
    assert row().service_name == "Walking"
    assert status(acting) == "referred"
    with acting("dover-town", "cora"):
        live = select(Milestone.kind).where(Milestone.withdrawn_at.is_(None))
        assert "referral declined" not in set(db.session.scalars(live))


def test_withdrawn_consent_leaves_the_partner_nothing_but_that(client_of, referral, row, acting, world):
    client_of("olu").post(f"{referral}/accept")
    client_of("cora").post(f"{PCN}/referrals/{row().id}/withdraw-consent")
    page = client_of("olu").get(referral)
    assert "has withdrawn this referral" in page.text
    assert "Ada" not in page.text
    assert "Ada" not in client_of("olu").get(f"{PARTNER}/inbox").text
    with acting("one-you-kent", "olu"):
        assert db.session.execute(text("SELECT count(*) FROM referral")).scalar_one() == 0
    assert row().state == "withdrawn"


def test_a_withdrawn_referral_cannot_be_accepted(client_of, referral, row):
    client_of("cora").sent(f"{PCN}/referrals/{row().id}/withdraw", reason="Sent to the wrong service")
    page = client_of("olu").sent(f"{referral}/accept")
    assert "so it can no longer be answered" in page.text
    assert row().state == "withdrawn"


def test_an_answered_referral_cannot_be_withdrawn(client_of, referral, row):
    client_of("olu").post(f"{referral}/accept")
    page = client_of("cora").sent(f"{PCN}/referrals/{row().id}/withdraw", reason="Too late")
    assert "has been answered or withdrawn before" in page.text
    assert row().state == "accepted"


def test_to_withdraw_takes_a_reason(client_of, referral, row):
    page = client_of("cora").post(f"{PCN}/referrals/{row().id}/withdraw", data={"reason": ""})
    assert page.status_code == 422
    assert "Enter why you are withdrawing the referral" in page.text


def test_a_partner_worker_sees_accepted_ones_only(client_of, referral):
    assert client_of("wes").get(referral).status_code == 404
    assert "Ada" not in client_of("wes").get(f"{PARTNER}/inbox").text
    client_of("olu").post(f"{referral}/accept")
    assert client_of("wes").get(referral).status_code == 200
    assert client_of("wes").post(f"{referral}/accept").status_code == 403


def test_nobody_else_gets_to_a_referral(client_of, referral, row, world):
    theirs = referral.replace("one-you-kent", "aspire")
    assert client_of("asha").get(theirs).status_code == 404
    assert client_of("asha").post(f"{theirs}/accept").status_code == 404
    assert client_of("asha").get(referral).status_code == 404
    assert client_of("ivy").get(referral).status_code == 404
    assert client_of("cass").get(f"/pcn/medway-central/referrals/{row().id}").status_code == 404
    assert client_of("cass").get(f"{PCN}/referrals/{row().id}").status_code == 404
    assert client_of("ivy").get(f"{PCN}/referrals/{row().id}").status_code == 404
    assert client_of("cora").get(referral).status_code == 404


def test_the_right_key_of_another_pcn_is_not_found(client_of, referral, row, world):
    wrong = f"{PARTNER}/referrals/{world.organisations['medway-central']}/{row().id}"
    assert client_of("olu").get(wrong).status_code == 404


def test_the_row_says_sent_until_there_is_an_answer(row, referral):
    assert isinstance(row(), Referral)
    assert (row().state, row().decided_at) == ("sent", None)
