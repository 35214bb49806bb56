"""The page of a person: needs and holds first, then what is next."""

import datetime as dt

import pytest

from app import clock
from app.care.rules import next_step, why_nothing
from app.outreach.choice_models import ContactChoice
from app.programmes.models import Participant
from tenants.db import db
from tests.care.conftest import BASE
from tests.care.seeding import participant
from tests.conftest import Acting
from tests.rows import make, nhs_number, person
from tests.world import World


def seeded(world: World, acting: Acting, **given) -> int:
    with acting("dover-town", "cora"):
        number = participant(world, **given).id
        db.session.commit()
    return number


def test_the_page_says_needs_where_they_are_and_the_next_step(client_of, world, acting):
    number = seeded(world, acting, information_format="Large print", language="pl", interpreter=True)
    page = client_of("cora").get(f"{BASE}/{number}")
    for words in (
        "Large print",
        "Polish",
        "Needs an interpreter",
        "Identified, since",
        "Start the conversation",
    ):
        assert words in page.text
    assert page.text.index("Large print") < page.text.index("Identified, since")


def test_holds_stand_on_top_and_nothing_is_to_be_done(client_of, world, acting):
    number = seeded(world, acting)
    with acting("dover-town", "cora"):
        person_id = db.session.get_one(Participant, (world.organisations["dover-town"], number)).person_id
        make(ContactChoice, person_id=person_id, kind="do not contact", channel="any", programme_id=None)
        db.session.commit()
    page = client_of("cora").get(f"{BASE}/{number}")
    assert "They have asked us not to contact them in any way." in page.text
    assert "Start the conversation" not in page.text


def test_address_and_telephone_of_a_restricted_person_are_not_shown(client_of, world, acting):
    number = seeded(world, acting, sensitive=True)
    page = client_of("cora").get(f"{BASE}/{number}")
    assert "restricted" in page.text
    for hidden in ("07700900123", "07700 900123", "High Street", "CT16 1AA"):
        assert hidden not in page.text


def test_who_has_looked_is_shown_to_the_next_who_looks(client_of, ada):
    client_of("clara").get(f"{BASE}/{ada}")
    page = client_of("cora").get(f"{BASE}/{ada}/looks")
    assert "Clara, clinician, Dover Town PCN" in page.text
    assert "Who has looked (2)" in page.text  # Clara, and now Cora


def test_without_a_release_the_page_says_why_it_is_not_shown(client_of, world, acting):
    number = seeded(world, acting, released=False)
    page = client_of("cora").get(f"{BASE}/{number}")
    assert page.status_code == 403
    assert "has not released its people" in page.text


@pytest.mark.parametrize("page", ["", "/values", "/looks"])
def test_a_person_of_another_pcn_is_not_found(client_of, ada, page):
    assert client_of("cora").get(f"{BASE}/{ada}{page}").status_code == 200
    assert client_of("cass").get(f"{BASE}/{ada}{page}").status_code == 404
    assert client_of("cass").get(f"/pcn/medway-central/people/{ada}{page}").status_code == 404


@pytest.mark.parametrize("page", ["", "/values", "/looks"])
def test_needs_and_holds_stand_on_top_of_each_of_their_pages(client_of, world, acting, page):
    number = seeded(world, acting, information_format="Large print", died_on=dt.date(2026, 1, 5))
    text = client_of("cora").get(f"{BASE}/{number}{page}").text
    assert (
        text.index("This person has died.") < text.index("Large print") < text.index("Pages of this person")
    )


def test_who_is_missing_from_the_latest_list_is_held_like_somebody_who_left(client_of, world, acting):
    number = seeded(world, acting, missing_since=dt.date(2026, 11, 2))
    page = client_of("cora").get(f"{BASE}/{number}").text
    assert "not in the practice’s latest list, of 2 November 2026" in page
    assert "Start the conversation" not in page


def test_a_day_of_leaving_that_is_to_come_holds_nobody_yet(client_of, world, acting):
    number = seeded(world, acting, left_on=dt.date(2099, 1, 1))
    page = client_of("cora").get(f"{BASE}/{number}").text
    assert "has left the practice" not in page
    assert "Start the conversation" in page


def test_a_merged_record_leads_to_the_one_that_was_kept(client_of, world, acting):
    with acting("dover-town", "cora"):
        kept = participant(world)
        merged = person(world.practices["G82999"], 7001, merged_into=kept.person_id)
        behind = make(
            Participant, programme_id=kept.programme_id, person_id=merged.id, status="left out",
            practice_id=world.practices["G82999"],
        )  # fmt: skip
        kept, behind = kept.id, behind.id
        db.session.commit()
    answer = client_of("cora").get(f"{BASE}/{behind}/values")
    assert (answer.status_code, answer.location) == (302, f"{BASE}/{kept}/values")
    page = client_of("cora").get(f"{BASE}/{behind}", follow_redirects=True).text
    assert "second record of this person" in page
    assert nhs_number(7000)[6:] in page


def test_what_was_asked_and_taken_back_stays_on_the_page_and_holds_no_more(client_of, world, acting):
    number = seeded(world, acting)
    with acting("dover-town", "cora"):
        person_id = db.session.get_one(Participant, (world.organisations["dover-town"], number)).person_id
        make(
            ContactChoice, person_id=person_id, kind="do not contact", channel="text", programme_id=None,
            source="Telephone", entered_by="Lena", lifted_by="Hari", lifted_at=clock.now(),
        )  # fmt: skip
        db.session.commit()
    page = client_of("cora").get(f"{BASE}/{number}").text
    assert "Do not contact by text, since" in page
    assert "entered by Hari" in page
    assert "They have asked us not to contact them" not in page


@pytest.mark.parametrize(
    ("status", "conversation", "plan", "stopped", "expected"),
    [
        ("engaged", None, None, False, "Start the conversation"),
        ("engaged", "paused", None, False, "Go on with the conversation"),
        ("conversation held", "finished", None, False, "Make the plan"),
        ("conversation held", "finished", "draft", False, "Finish the plan"),
        ("plan agreed", "finished", "agreed", False, "Send a referral"),
        ("referral declined", "finished", "agreed", False, "Refer somewhere else"),
        ("referred", "finished", "agreed", False, None),
        ("referral accepted", "finished", "agreed", False, None),
        ("opted out", None, None, False, None),
        ("engaged", None, None, True, None),
    ],
)
def test_the_next_step_follows_from_where_somebody_is(status, conversation, plan, stopped, expected):
    step = next_step(status, conversation, plan, stopped=stopped)
    assert (step.text if step else None) == expected


def test_where_there_is_nothing_to_do_it_is_said_why():
    assert "until the partner has answered" in why_nothing("referred", stopped=False)
    assert "top of this page" in why_nothing("referred", stopped=True)
    assert "not taking part" in why_nothing("opted out", stopped=False)
