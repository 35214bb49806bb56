"""The sender's list, what waits on Today, and the partner's services."""

import datetime as dt

from sqlalchemy import select, update

from app import clock
from app.people.models import Person
from app.referrals.models import Service
from tenants.db import db
from tests.referrals.conftest import PARTNER, PCN

SERVICE = {
    "name": "Cooking together",
    "description": "Six evenings",
    "who_for": "Anybody",
    "capacity": "few places",
    "reply_days": "5",
    "contact_email": "",
}


def test_a_silent_referral_is_first_and_has_its_own_filter(client_of, referral, moved):
    page = client_of("cora").get(f"{PCN}/referrals")
    assert "No answer in time (0)" in page.text
    moved(clock.now() + dt.timedelta(days=5))
    page = client_of("cora").get(f"{PCN}/referrals?show=silent")
    assert "1 referral sent: no answer in time" in page.text
    assert "Ada Example" in page.text


def test_who_may_not_see_people_sees_pseudonyms(client_of, referral, row):
    page = client_of("mandy").get(f"{PCN}/referrals")
    assert "Ada" not in page.text
    assert "P-007000" in page.text
    page = client_of("mandy").get(f"{PCN}/referrals/{row().id}")
    assert "Ada" not in page.text
    assert "She wants" not in page.text


def test_who_has_moved_to_a_practice_that_has_not_released_its_people_is_no_longer_named(
    client_of, referral, row, acting, world
):
    addresses = f"{PCN}/referrals", f"{PCN}/referrals/{row().id}"
    assert all("Ada Example" in client_of("cora").get(one).text for one in addresses)
    with acting("dover-town", "cora"):
        moved = update(Person).where(Person.id == row().person_id)
        db.session.execute(moved.values(practice_id=world.practices["G82998"]))
        db.session.commit()
    for page in (client_of("cora").get(one).text for one in addresses):
        assert "Ada" not in page
        assert "P-007000" in page


def test_the_referral_stands_on_the_page_of_the_person(client_of, referral, ada):
    assert "Healthy weight, One You Kent" in client_of("cora").get(f"{PCN}/people/{ada}").text


def test_today_counts_what_waits_and_leads_to_it(client_of, referral, moved):
    moved(clock.now() + dt.timedelta(days=5))
    for who in ("cora", "mandy"):
        page = client_of(who).get(f"{PCN}/today")
        assert "1 </span>referral without an answer in time" in page.text
        assert f"{PCN}/referrals?show=silent" in page.text


def test_an_unknown_page_or_filter_is_no_error(client_of, referral):
    for address in ("?page=99", "?page=x", "?show=nothing", "?page=-1"):
        assert client_of("cora").get(f"{PCN}/referrals{address}").status_code == 200
        assert client_of("olu").get(f"{PARTNER}/inbox{address}").status_code == 200


def test_a_coordinator_adds_changes_and_pauses_a_service(client_of, acting):
    client = client_of("olu")
    assert "Cooking together" in client.sent(f"{PARTNER}/services/add", **SERVICE).text
    with acting("one-you-kent", "olu"):
        number = db.session.scalars(select(Service.id)).one()
    client.post(f"{PARTNER}/services/{number}", data=SERVICE | {"who_for": "Parents"})
    client.post(f"{PARTNER}/services/{number}/pause", data={"do": "pause"})
    with acting("dover-town", "cora"):
        service = db.session.scalars(select(Service)).one()
    assert (service.who_for, service.capacity, service.reply_days) == ("Parents", "paused", 5)


def test_a_name_can_be_used_once(client_of):
    client = client_of("olu")
    client.post(f"{PARTNER}/services/add", data=SERVICE)
    page = client.post(f"{PARTNER}/services/add", data=SERVICE)
    assert page.status_code == 422
    assert "You already offer a service of this name" in page.text


def test_wrong_entries_are_said_at_the_field(client_of):
    wrong = SERVICE | {"reply_days": "soon", "contact_email": "nobody", "who_for": ""}
    page = client_of("olu").post(f"{PARTNER}/services/add", data=wrong)
    assert page.status_code == 422
    for said in ("Enter who the service is for", "Enter an e-mail address, like", "Six evenings", "soon"):
        assert said in page.text


def test_services_of_others_cannot_be_changed(client_of, weight):
    assert client_of("asha").get(f"/partner/aspire/services/{weight}").status_code == 404
    assert client_of("asha").post(f"/partner/aspire/services/{weight}/pause").status_code == 404
    assert client_of("wes").post(f"{PARTNER}/services/{weight}/pause").status_code == 403
