"""What was heard on a call and must not wait: contact is held, the right role is told, and it is settled."""

import datetime as dt
from typing import Any

import pytest
from sqlalchemy import func, select, update

from app.mail import CapturedMail
from app.outreach import alerts
from app.outreach.call_models import ALERTS, Alert, Call
from app.outreach.choice_models import ContactChoice
from tenants.db import db
from tests.outreach.calling import DAY, call_of, claim, listed, ring, status
from tests.outreach.conftest import BASE, Outreach

HEARD = "He said that his chest hurts."
CONCERNS = [kind for kind in ALERTS if kind not in alerts.FOR_THE_PRACTICE]


@pytest.fixture
def calls(outreach: Outreach, monkeypatch: pytest.MonkeyPatch) -> Outreach:
    """Ada and Ben are on the call list on Monday 2 November at 10."""
    return listed(outreach, monkeypatch, {}, {"given_name": "Ben"})


def _alert(outreach: Outreach) -> Alert:
    with outreach.acting("dover-town"):
        alert = db.session.scalars(select(Alert)).one()
        db.session.expunge(alert)
        return alert


def _holds(outreach: Outreach) -> list[tuple[Any, ...]]:
    with outreach.acting("dover-town"):
        rows = db.session.execute(
            select(ContactChoice.kind, ContactChoice.source, ContactChoice.lifted_by).order_by(
                ContactChoice.id
            )
        )
        return [tuple(row) for row in rows]


def _mail(outreach: Outreach) -> list[CapturedMail]:
    outreach.work()
    with outreach.acting("dover-town"):
        return list(db.session.scalars(select(CapturedMail).order_by(CapturedMail.id)))


def _settle(outreach: Outreach, who: str = "clara", **said: Any) -> Any:
    address = f"{BASE}/alerts/{_alert(outreach).id}"
    return outreach.client_of(who).sent(address, **({"what_was_done": "Rang the daughter"} | said))


@pytest.mark.parametrize("kind", ALERTS)
def test_contact_is_held_and_nobody_is_said_to_have_opted_out(calls: Outreach, kind: str) -> None:
    ring(calls, kind, note=HEARD)
    assert _holds(calls) == [("hold", f"on a call: {kind}", None)]
    assert call_of(calls).state == "due"
    assert "Do not ring: nobody may contact them until a hold is settled." in claim(calls).text
    alert = _alert(calls)
    assert (alert.kind, alert.note, alert.raised_by) == (kind, HEARD, "Lena")


@pytest.mark.parametrize("kind", CONCERNS)
def test_who_reports_a_concern_says_what_was_heard(calls: Outreach, kind: str) -> None:
    assert "Write what you heard, for those who have to act on it" in ring(calls, kind).text
    assert _holds(calls) == []


@pytest.mark.parametrize("kind", ALERTS)
def test_the_right_roles_see_it_on_top_of_today(calls: Outreach, kind: str) -> None:
    for_practice = kind in alerts.FOR_THE_PRACTICE
    ring(calls, kind, note=HEARD)
    clara = calls.client_of("clara").get(f"{BASE}/today").text
    assert clara.index("person to act for: heard on a call") < clara.index("due today")
    assert ("to act for" in calls.client_of("rita").get(f"{BASE}/today").text) == for_practice
    assert "to act for" not in calls.client_of("lena").get(f"{BASE}/today").text
    listed_for = calls.client_of("rita").get(f"{BASE}/alerts").text
    assert ("Ada Example" in listed_for) == for_practice
    address = f"{BASE}/alerts/{_alert(calls).id}"
    assert calls.client_of("rita").get(address).status_code == (200 if for_practice else 404)
    assert HEARD in calls.client_of("clara").get(address).text
    for who in ("lena", "cora", "mandy"):
        assert calls.client_of(who).get(address).status_code == 403


@pytest.mark.parametrize(
    ("kind", "told"),
    [("moved away", ["both", "clara", "dora", "rita"]), ("safeguarding concern", ["both", "clara", "dora"])],
)
def test_those_who_must_act_are_written_to_without_a_word_about_the_person(
    calls: Outreach, kind: str, told: list[str]
) -> None:
    ring(calls, kind, note=HEARD)
    mail = _mail(calls)
    assert [one.to for one in mail] == [f"{who}@example.test" for who in told]
    for one in mail:
        assert one.subject == "Somebody has something for you to act on"
        assert f"http://localhost{BASE}/alerts" in one.body
        for secret in ("Ada", "Example", HEARD, kind, "Healthier"):
            assert secret not in one.subject + one.body


def test_the_releaser_of_another_practice_is_not_told_and_does_not_see_it(calls: Outreach) -> None:
    with calls.acting("dover-town"):
        from sqlalchemy import update

        from tenants.models import Membership

        moved = update(Membership).where(Membership.account_id == calls.world.accounts["rita"])
        db.session.execute(moved.values(practice_id=calls.world.practices["G82998"]))
        db.session.commit()
    ring(calls, "moved away")
    assert "rita@example.test" not in [one.to for one in _mail(calls)]
    assert "Ada" not in calls.client_of("rita").get(f"{BASE}/alerts").text
    assert calls.client_of("rita").get(f"{BASE}/alerts/{_alert(calls).id}").status_code == 404


def test_what_is_not_settled_within_a_working_day_is_overdue_and_told_once_more(calls: Outreach) -> None:
    friday = DAY + dt.timedelta(days=4)
    calls.moved(friday)
    ring(calls, "urgent clinical concern", note=HEARD)
    assert len(_mail(calls)) == 3
    calls.moved(friday + dt.timedelta(days=2, hours=23))
    assert len(_mail(calls)) == 3
    assert "Overdue" not in calls.client_of("clara").get(f"{BASE}/alerts").text
    for later in (3, 4, 9):
        calls.moved(friday + dt.timedelta(days=later))
        assert len(_mail(calls)) == 6
    assert "Overdue" in calls.client_of("clara").get(f"{BASE}/alerts").text
    page = calls.client_of("clara").get(f"{BASE}/alerts/{_alert(calls).id}").text
    assert "should have been settled by 9 November 2026 at 10am" in page


def test_what_is_settled_in_time_is_not_told_again(calls: Outreach) -> None:
    ring(calls, "urgent clinical concern", note=HEARD)
    _settle(calls)
    calls.moved(DAY + dt.timedelta(days=3))
    assert len(_mail(calls)) == 3


def test_settling_says_what_was_done_and_keeps_the_hold_unless_told_otherwise(calls: Outreach) -> None:
    ring(calls, "safeguarding concern", note=HEARD)
    refused = _settle(calls, what_was_done=" ")
    assert refused.status_code == 422
    assert "Write what was done, and by whom" in refused.text
    page = _settle(calls).text
    assert "Clara settled it on 2 November 2026 at 10am: Rang the daughter" in page
    assert "Nothing waits for you to act on." in page
    assert _holds(calls) == [("hold", "on a call: safeguarding concern", None)]
    assert "to act for" not in calls.client_of("clara").get(f"{BASE}/today").text


def test_a_hold_that_is_lifted_puts_the_call_back_on_the_next_working_day(calls: Outreach) -> None:
    ring(calls, "urgent clinical concern", note=HEARD)
    _settle(calls, contact_again="y")
    assert _holds(calls) == [("hold", "on a call: urgent clinical concern", "Clara")]
    assert (call_of(calls).state, call_of(calls).due_on) == ("due", dt.date(2026, 11, 3))
    calls.moved(DAY + dt.timedelta(days=1))
    assert "Check who it is" in claim(calls).text


def test_a_hold_that_is_lifted_leaves_a_later_day_as_it_was_agreed(calls: Outreach) -> None:
    ring(calls, "urgent clinical concern", note=HEARD)
    later = dt.date(2026, 11, 20)
    calls.change(lambda: db.session.execute(update(Call).values(due_on=later)))
    _settle(calls, contact_again="y")
    assert call_of(calls).due_on == later


@pytest.mark.parametrize("kind", alerts.FOR_THE_PRACTICE)
def test_the_practice_confirms_it_and_they_are_out_of_every_programme(calls: Outreach, kind: str) -> None:
    ring(calls, kind)
    assert status(calls) == "identified"
    _settle(calls, "rita")
    assert (status(calls), call_of(calls).state) == ("left out", "stopped")
    assert _holds(calls) == [("hold", f"on a call: {kind}", None)]


def test_a_mistaken_report_of_a_death_changes_nothing_once_it_is_settled(calls: Outreach) -> None:
    ring(calls, "deceased reported")
    _settle(calls, "rita", contact_again="y")
    assert (status(calls), call_of(calls).state) == ("identified", "due")
    assert _holds(calls)[0][2] == "Rita"


def test_two_who_settle_it_settle_it_once(calls: Outreach) -> None:
    ring(calls, "moved away")
    _settle(calls, "clara")
    again = _settle(calls, "rita", what_was_done="Something else", contact_again="y")
    assert "A colleague has settled this already. Nothing was done twice." in again.text
    assert (_alert(calls).settled_by, _alert(calls).what_was_done) == ("Clara", "Rang the daughter")
    assert _holds(calls)[0][2] is None


def test_a_form_sent_twice_raises_one_alert(calls: Outreach) -> None:
    claim(calls)
    said = {"form_key": "k", "outcome": "moved away", "barrier": ""}
    for _ in range(2):
        calls.client_of("lena").sent(f"{BASE}/calls/{call_of(calls).id}", **said)
    with calls.acting("dover-town"):
        assert db.session.scalar(select(func.count()).select_from(Alert)) == 1
