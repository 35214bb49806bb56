"""The page of a person: needs and holds first, then what is next."""

import pytest

from app.care.rules import next_step, why_nothing
from app.outreach.models import ContactChoice
from app.programmes.models import Participant
from tenants.db import db
from tests.care.conftest import BASE
from tests.care.seeding import participant
from tests.conftest import Acting
from tests.rows import make
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
    page = client_of("cora").get(f"{BASE}/{ada}")
    assert "Clara, clinician, Dover Town PCN" in page.text


def test_without_a_release_the_page_says_why_it_is_not_shown(client_of, world, acting):
    number = seeded(world, acting, released=False)
    page = client_of("cora").get(f"{BASE}/{number}")
    assert page.status_code == 403
    assert "has not released its people" in page.text


def test_a_person_of_another_pcn_is_not_found(client_of, ada):
    assert client_of("cass").get(f"{BASE}/{ada}").status_code == 404
    assert client_of("cass").get(f"/pcn/medway-central/people/{ada}").status_code == 404


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
