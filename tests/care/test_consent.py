"""What a person decided: five things that are never merged, each with its rows and its way back."""

import datetime as dt
from typing import Any

import pytest
from sqlalchemy import func, select

from app.audit import AuditEvent
from app.outreach import choices, needs
from app.outreach.call_models import Call
from app.outreach.choice_models import ContactChoice, ContactNeed
from app.outreach.facts import known_of
from app.outreach.rules import Reason, Sending, why_not
from app.people.models import DataOptOut
from app.programmes.models import Participant
from tenants import scope
from tenants.db import db
from tests.care.conftest import BASE
from tests.care.seeding import participant
from tests.rows import make, person

MOMENT = dt.datetime(2026, 11, 2, 11, 0, tzinfo=dt.UTC)
DAY = {"asked_on-day": "2", "asked_on-month": "3", "asked_on-year": "2026"}


def enter(client: Any, ada: int, *asked: str, **given: Any) -> Any:
    return client.sent(
        f"{BASE}/{ada}/consent/enter", asked=list(asked), **({"source": "by phone"} | DAY | given)
    )


def reason(acting: Any, ada: int, channel: str = "text") -> Reason | None:
    with acting("dover-town"):
        return why_not(known_of([ada])[ada].facts, channel, Sending(), MOMENT)


def rows(acting: Any, model: Any) -> list[Any]:
    with acting("dover-town"):
        return list(db.session.scalars(select(model).order_by(model.id)))


def test_each_thing_says_what_it_means_and_what_it_does_not(client_of, ada):
    page = client_of("cora").get(f"{BASE}/{ada}/consent").text
    for words in (
        "Other programmes may still contact them",
        "Nobody contacts them, in any programme, until a clinician lifts it",
        "It does not stop their own care",
        "The national service is not connected",
        "nor contact in a programme in which they take part already",
        "no wish to be contacted",
    ):
        assert words in page, words
    assert page.count("What it does not mean") == 6


def test_what_was_said_is_kept_with_how_when_and_who(client_of, acting, ada):
    page = enter(
        client_of("cora"), ada, "this programme", "text", "national data opt-out", "Type 1 opt-out"
    ).text
    assert "Saved. It holds from now on" in page
    assert "Do not contact by text" in page
    assert "Source: by phone. They said it on 2 March 2026. Entered by Cora on" in page
    assert [(row.kind, row.channel, row.asked_on, row.source) for row in rows(acting, ContactChoice)] == [
        ("programme opt-out", None, dt.date(2026, 3, 2), "by phone"),
        ("do not contact", "text", dt.date(2026, 3, 2), "by phone"),
    ]
    assert [(row.kind, row.entered_by) for row in rows(acting, DataOptOut)] == [
        ("national data opt-out", "Cora"),
        ("Type 1 opt-out", "Cora"),
    ]


@pytest.mark.parametrize(
    ("asked", "by_text", "by_letter"),
    [
        ("this programme", Reason.OPTED_OUT, Reason.OPTED_OUT),
        ("text", Reason.NOT_THIS_WAY, None),
        ("letter", None, Reason.NOT_THIS_WAY),
        ("any", Reason.DO_NOT_CONTACT, Reason.DO_NOT_CONTACT),
        ("national data opt-out", None, None),
        ("Type 1 opt-out", None, None),
    ],
)
def test_each_thing_stops_what_it_says_and_no_more(client_of, acting, ada, asked, by_text, by_letter):
    assert (reason(acting, ada), reason(acting, ada, "letter")) == (None, None)
    enter(client_of("lena"), ada, asked)
    assert (reason(acting, ada), reason(acting, ada, "letter")) == (by_text, by_letter)


@pytest.mark.parametrize("asked", ["this programme", "text", "any"])
def test_what_was_asked_can_be_taken_back_with_the_reason_and_stays_on_the_page(
    client_of, acting, ada, asked
):
    cora = client_of("cora")
    enter(cora, ada, asked)
    (row,) = rows(acting, ContactChoice)
    way_back = f"{BASE}/{ada}/consent/choices/{row.id}/lift"
    assert f'href="{way_back}"' in cora.get(f"{BASE}/{ada}/consent").text
    refused = cora.post(way_back, data={"why": " "})
    assert refused.status_code == 422
    assert "Enter why it no longer holds" in refused.text
    page = cora.sent(way_back, why="They rang and changed their mind").text
    assert "It no longer holds" in page
    assert "entered by Cora: They rang and changed their mind." in page
    assert reason(acting, ada) is None
    assert "That was done before" in cora.sent(way_back, why="Again").text
    assert len(rows(acting, ContactChoice)) == 1
    enter(cora, ada, asked)
    assert reason(acting, ada) is not None
    assert len(rows(acting, ContactChoice)) == 2


def test_opting_out_moves_them_on_the_way_and_off_the_call_list_and_back(client_of, acting, ada):
    def way() -> tuple[str, str]:
        with acting("dover-town"):
            place = db.session.get_one(Participant, (scope.current().tenant, ada))
            call = db.session.scalars(select(Call).where(Call.participant_id == ada)).one()
            return place.status, call.state

    with acting("dover-town"):
        place = db.session.get_one(Participant, (scope.current().tenant, ada))
        make(
            Call, participant_id=ada, person_id=place.person_id, programme_id=place.programme_id, state="due"
        )
        db.session.commit()
    enter(client_of("cora"), ada, "this programme")
    assert way() == ("opted out", "stopped")
    (row,) = rows(acting, ContactChoice)
    client_of("cora").sent(f"{BASE}/{ada}/consent/choices/{row.id}/lift", why="A mistake")
    assert way()[0] == "identified"


def test_said_twice_it_is_written_once(client_of, acting, ada):
    for _ in range(2):
        enter(client_of("cora"), ada, "this programme", "any", "Type 1 opt-out")
    assert (len(rows(acting, ContactChoice)), len(rows(acting, DataOptOut))) == (2, 1)


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ({"asked": []}, "Choose what they ask"),
        ({"asked": ["everything"]}, "not a valid choice"),
        ({"source": ""}, "Choose how they said it"),
        ({"asked_on-year": ""}, "must be a real date"),
        ({"asked_on-year": "2199"}, "The day cannot be after today"),
    ],
)
def test_what_is_missing_is_said_and_nothing_is_saved_or_lost(client_of, acting, ada, given, words):
    data = {"asked": ["text"], "source": "by phone"} | DAY | given
    page = client_of("cora").post(f"{BASE}/{ada}/consent/enter", data=data)
    assert page.status_code == 422
    assert words in page.text
    assert 'value="3"' in page.text
    assert rows(acting, ContactChoice) == []


def test_a_hold_is_placed_by_the_team_and_lifted_by_a_clinician_only(client_of, acting, ada):
    lena, clara = client_of("lena"), client_of("clara")
    assert "Enter what has to be settled" in lena.post(f"{BASE}/{ada}/consent/hold").text
    page = lena.sent(f"{BASE}/{ada}/consent/hold", note="Her daughter says she is in hospital").text
    assert "A clinician lifts it" in page
    assert "Hold: do not contact them. Her daughter says she is in hospital" in page
    assert reason(acting, ada) == Reason.HOLD
    (row,) = rows(acting, ContactChoice)
    way_back = f"{BASE}/{ada}/consent/choices/{row.id}/lift"
    assert lena.post(way_back, data={"why": "x"}).status_code == 403
    assert "Your role does not let you lift holds" in lena.get(way_back).text
    assert reason(acting, ada) == Reason.HOLD
    assert "Lift this hold" in clara.get(f"{BASE}/{ada}/consent").text
    clara.sent(way_back, why="She is at home again")
    assert reason(acting, ada) is None


def test_a_need_that_staff_enter_stands_before_the_list_and_can_be_lifted(client_of, world, acting):
    with acting("dover-town", "cora"):
        ada = participant(world, information_format="Easy read").id
        db.session.commit()
    cora, address = client_of("cora"), f"{BASE}/{ada}/consent/needs"
    for data, words in (
        ({"kind": "format", "source": "by phone", "format": ""}, "Choose the format"),
        ({"kind": "language", "source": "by phone", "format": ""}, "Enter the language"),
        ({"source": "by phone", "format": ""}, "Choose what they need"),
    ):
        refused = cora.post(address, data=data)
        assert refused.status_code == 422
        assert words in refused.text
    page = cora.sent(address, kind="format", format="Large print", source="in person").text
    assert "Large print (they told us)" in page
    assert "Easy read" not in page
    (need,) = rows(acting, ContactNeed)
    page = cora.sent(f"{address}/{need.id}/lift", why="She has new glasses").text
    assert "entered by Cora: She has new glasses." in page
    assert "Easy read" in page


def test_a_type_1_opt_out_of_the_list_is_for_the_practice_to_take_back(client_of, world, acting):
    with acting("dover-town", "cora"):
        ada = participant(world, type1_opt_out=True).id
        db.session.commit()
    page = client_of("cora").get(f"{BASE}/{ada}/consent").text
    assert "Only the practice can take that back" in page
    enter(client_of("cora"), ada, "Type 1 opt-out")
    (row,) = rows(acting, DataOptOut)
    page = client_of("cora").sent(f"{BASE}/{ada}/consent/data/{row.id}/lift", why="Not theirs").text
    assert "Only the practice can take that back" in page
    assert "Type 1 opt-out: their record is not used beyond their own care." in page


def test_a_type_1_opt_out_that_was_told_stands_on_top_until_it_is_taken_back(client_of, acting, ada):
    said = "Type 1 opt-out: their record is not used beyond their own care."
    assert said not in client_of("cora").get(f"{BASE}/{ada}").text
    enter(client_of("cora"), ada, "Type 1 opt-out")
    assert said in client_of("cora").get(f"{BASE}/{ada}").text
    (row,) = rows(acting, DataOptOut)
    client_of("cora").sent(f"{BASE}/{ada}/consent/data/{row.id}/lift", why="A mistake")
    assert said not in client_of("cora").get(f"{BASE}/{ada}").text


def test_what_is_somebody_elses_is_not_lifted_by_way_of_this_person(client_of, world, acting, ada):
    with acting("dover-town", "cora"):
        other = person(world.practices["G82999"], 7900)
        asked = {"source": "by phone", "entered_by": "Cora"}
        choices.never_contact(other.id, **asked)
        needs.note(other.id, "interpreter", **asked)
        db.session.commit()
    (choice,), (need,) = rows(acting, ContactChoice), rows(acting, ContactNeed)
    cora = client_of("cora")
    assert cora.post(f"{BASE}/{ada}/consent/choices/{choice.id}/lift", data={"why": "x"}).status_code == 404
    assert cora.post(f"{BASE}/{ada}/consent/needs/{need.id}/lift", data={"why": "x"}).status_code == 404
    assert rows(acting, ContactChoice)[0].lifted_at is None


@pytest.mark.parametrize("who", ["mandy", "alan", "rita", "pat"])
def test_who_may_not_see_people_sees_and_enters_nothing(client_of, ada, who):
    client = client_of(who)
    for path in ("consent", "consent/enter", "consent/hold", "consent/needs", "slip"):
        assert client.get(f"{BASE}/{ada}/{path}").status_code == 403, path
    assert client.get(f"{BASE}/slips").status_code == 403


def test_looking_entering_and_taking_back_are_recorded_with_the_person(client_of, acting, ada):
    cora = client_of("cora")
    cora.get(f"{BASE}/{ada}/consent")
    enter(cora, ada, "text")
    with acting("dover-town"):
        place = db.session.get_one(Participant, (scope.current().tenant, ada))
        events = select(AuditEvent.action, func.count()).where(AuditEvent.person_id == place.person_id)
        done = dict(db.session.execute(events.group_by(AuditEvent.action)).all())
    assert done["viewed"] == 2
    assert done["asked not to be contacted"] == 1
