"""The ICB's pages: the overview without people, PCNs, partners, and onboarding in the browser."""

import re
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import func, select

from app import clock
from app.learning.models import PublishedFigures
from app.mail import CapturedMail
from app.outbox import Outbox
from app.referrals.models import Service
from tenants import scope
from tenants.db import db
from tenants.models import Invitation, Membership, Organisation, PcnSettings, Practice

PCN = {
    "name": "Harbour View PCN",
    "code": "u99950",
    "slug": "",
    "practices": "G82950 Quay Surgery\n\n  g82951   Lighthouse Practice \n",
    "manager_name": "Mary Quayle",
    "manager_email": "Mary.Quayle@harbour-view.example",
    "form_key": "key-1",
}
PARTNER = {
    "name": "Harbour Walkers",
    "slug": "",
    "sector": "voluntary",
    "coordinator_name": "Wanda Pike",
    "coordinator_email": "wanda@walkers.example",
    "form_key": "key-2",
}
ICB = "/icb/kent-and-medway"


def found(slug: str) -> Organisation | None:
    return db.session.scalars(select(Organisation).where(Organisation.slug == slug)).one_or_none()


def organisations(app: Flask) -> int:
    with app.app_context():
        return db.session.scalar(select(func.count(Organisation.id))) or 0


def publish_figures() -> None:
    rows = [
        ("Identified", 130, "130", 100),
        ("Contacted", 115, "115", 88),
        ("Referred", None, "fewer than 8", None),
    ]
    funnel = [
        {"name": name, "kind": name.lower(), "count": count, "of": 130, "shown": shown, "percent": percent}
        for name, count, shown, percent in rows
    ]
    db.session.add(
        PublishedFigures(
            programme_id=1, programme_name="Healthy Dover", programme_state="live", funnel=funnel,
            as_at=clock.now(), published_at=clock.now(), origin_name="Dover Town PCN",
        )
    )  # fmt: skip
    db.session.commit()


# The overview and the lists.


def test_without_figures_the_overview_says_what_will_make_them_appear(client_of: Any) -> None:
    page = client_of("ivy").get(f"{ICB}/overview")
    assert "No programme has published its figures yet" in page.text
    assert "publishes the learning page" in page.text


def test_the_overview_shows_each_programme_with_small_numbers_hidden(client_of: Any, acting: Any) -> None:
    with acting("dover-town"):
        publish_figures()
    page = client_of("ivy").get(f"{ICB}/overview").text
    assert "Healthy Dover" in page
    assert '115<br><span class="oast-quiet">88%</span>' in page
    assert "fewer than 8" in page
    assert "No figures yet from Medway Central PCN" in page


def test_another_icb_sees_nothing_of_it(client_of: Any, acting: Any) -> None:
    with acting("dover-town"):
        publish_figures()
    page = client_of("ian").get("/icb/coventry-and-warwickshire/overview").text
    assert "Healthy Dover" not in page
    assert "Dover Town" not in client_of("ian").get("/icb/coventry-and-warwickshire/pcns").text


def test_the_pcns_are_listed_with_when_they_last_shared_something(client_of: Any, acting: Any) -> None:
    page = client_of("ivy").get(f"{ICB}/pcns").text
    assert "Nothing yet" in page
    with acting("dover-town"):
        publish_figures()
    page = client_of("ivy").get(f"{ICB}/pcns").text
    assert "Demonstration code" in page
    assert "Sowe Valley" not in page


def test_the_partners_are_listed_with_sector_and_services(client_of: Any, acting: Any) -> None:
    with acting("one-you-kent"):
        db.session.add(
            Service(name="Healthy weight", description="d", who_for="w", capacity="paused",
                    origin_name="One You Kent", published_at=clock.now())
        )  # fmt: skip
        db.session.commit()
    page = client_of("ivy").get(f"{ICB}/partners").text
    assert "Healthy weight (paused)" in page
    assert "Compassionate Communities" not in page


# Onboarding a PCN.


def test_an_icb_admin_onboards_a_pcn_whose_manager_is_invited(client_of: Any, app: Flask) -> None:
    client = client_of("ivy")
    client.budget = 60  # two organisations' transactions, and the page that follows
    assert client.get(f"{ICB}/pcns/onboard").status_code == 200
    page = client.sent(f"{ICB}/pcns/onboard", **PCN)
    assert "Harbour View PCN is onboarded. We invited Mary Quayle." in page.text
    assert "works once, for 7 days" in page.text
    with app.app_context():
        pcn = found("harbour-view")
        assert pcn is not None
        assert (pcn.code, pcn.kind) == ("U99950", "pcn")
        with scope.as_acting(pcn.acting()):
            assert dict(db.session.execute(select(Practice.code, Practice.name)).all()) == {
                "G82950": "Quay Surgery",
                "G82951": "Lighthouse Practice",
            }
            assert db.session.scalars(select(PcnSettings)).one().sender_name == "Harbour View PCN"
            invitation = db.session.scalars(select(Invitation)).one()
            assert (invitation.email, invitation.role) == ("mary.quayle@harbour-view.example", "PCN manager")
            assert invitation.invited_by == "Ivy"
            assert db.session.scalars(select(Outbox.kind)).all() == ["mail.send"]
            assert db.session.scalars(select(CapturedMail)).all() == []
    assert client.get("/pcn/harbour-view/settings").status_code == 404


def test_the_form_sent_twice_onboards_once(client_of: Any, app: Flask) -> None:
    client = client_of("ivy")
    client.budget = 60
    client.sent(f"{ICB}/pcns/onboard", **PCN)
    before = organisations(app)
    page = client.sent(f"{ICB}/pcns/onboard", **PCN)
    assert page.status_code == 200
    assert "Nothing was done twice" in page.text
    assert organisations(app) == before


def test_every_fault_is_shown_at_once_at_its_field_and_nothing_is_saved(client_of: Any, app: Flask) -> None:
    before = organisations(app)
    client = client_of("ivy")
    bad = PCN | {
        "code": "X1",
        "slug": "dover-town",
        "practices": "G82950 Quay\nnonsense\nG82950 Again\n\nY0000 Short",
        "manager_email": "mary at home",
        "manager_name": "",
    }
    page = client.post(f"{ICB}/pcns/onboard", data=bad)
    assert page.status_code == 422
    summary = page.text[page.text.index("There is a problem") : page.text.index("<h1")]
    for message in (
        "Write a PCN code",
        "already the address of Dover Town PCN",
        "Line 2: Write a practice code",
        "Line 2: Write the name of the practice after its code",
        "Line 3: “G82950” is already at another line",
        "Line 5: Write a practice code",
        "Write an e-mail address",
        "Enter the manager’s full name",
    ):
        assert message in summary, message
    assert "nonsense" in page.text
    assert organisations(app) == before


def test_an_empty_form_asks_for_everything_that_is_needed(client_of: Any) -> None:
    page = client_of("ivy").post(f"{ICB}/pcns/onboard", data={})
    assert page.status_code == 422
    assert page.text.count('<a href="#') >= 5


def test_a_code_that_another_pcn_has_is_refused(client_of: Any) -> None:
    page = client_of("ivy").post(f"{ICB}/pcns/onboard", data=PCN | {"code": "U99903"})
    assert page.status_code == 422
    assert "already the code of Sowe Valley PCN" in page.text


@pytest.mark.parametrize(
    ("who", "path", "status"),
    [
        ("mandy", f"{ICB}/pcns/onboard", 404),
        ("ian", f"{ICB}/pcns/onboard", 404),
        ("olu", f"{ICB}/partners/onboard", 404),
        ("mandy", "/icb/dover-town/pcns/onboard", 404),
        (None, f"{ICB}/pcns/onboard", 302),
    ],
)
def test_nobody_but_the_icbs_own_admin_onboards(
    client_of: Any, app: Flask, who: str, path: str, status: int
) -> None:
    before = organisations(app)
    assert client_of(who).post(path, data=PCN).status_code == status
    assert organisations(app) == before


# Onboarding a partner.


def test_an_icb_admin_onboards_a_partner_whose_coordinator_is_invited(client_of: Any, app: Flask) -> None:
    client = client_of("ivy")
    client.budget = 60
    page = client.sent(f"{ICB}/partners/onboard", **PARTNER)
    assert "Harbour Walkers is onboarded. We invited Wanda Pike." in page.text
    with app.app_context():
        partner = found("harbour-walkers")
        assert partner is not None
        assert partner.sector == "voluntary"
        with scope.as_acting(partner.acting()):
            assert db.session.scalars(select(Invitation.role)).all() == ["partner coordinator"]
    assert "Nothing was done twice" in client.sent(f"{ICB}/partners/onboard", **PARTNER).text
    assert "Harbour Walkers" in client.get(f"{ICB}/partners").text


def test_a_partner_without_a_sector_or_with_a_taken_name_is_refused(client_of: Any) -> None:
    page = client_of("ivy").post(
        f"{ICB}/partners/onboard", data=PARTNER | {"sector": "", "name": "One You Kent"}
    )
    assert page.status_code == 422
    assert "Choose the sector" in page.text
    assert "already the address of One You Kent" in page.text


# The page of one organisation.


def test_the_icb_invites_another_first_manager_until_somebody_leads(
    client_of: Any, app: Flask, acting: Any
) -> None:
    client = client_of("ivy")
    client.budget = 60
    page = client.sent(f"{ICB}/pcns/onboard", **PCN)
    (address,) = set(re.findall(r'action="([^"]+/invite)"', page.text))
    assert client.post(address, data={"name": "", "email": "x"}).status_code == 422
    page = client.sent(address, name="Nell Fenn", email="Nell@harbour-view.example")
    assert "We sent an invitation to nell@harbour-view.example" in page.text
    with app.app_context():
        pcn = found("harbour-view")
        assert pcn is not None
        with scope.as_acting(pcn.acting()):
            assert len(db.session.scalars(select(Invitation)).all()) == 2


def test_an_icb_cannot_invite_into_an_organisation_that_is_led(
    client_of: Any, acting: Any, world: Any
) -> None:
    client = client_of("ivy")
    number = world.organisations["dover-town"]
    page = client.get(f"{ICB}/organisations/{number}")
    assert "You need do nothing" in page.text
    assert "/invite" not in page.text
    page = client.sent(f"{ICB}/organisations/{number}/invite", name="Eve", email="eve@x.example")
    assert "has a PCN manager now" in page.text
    with acting("dover-town"):
        assert db.session.scalars(select(Invitation).where(Invitation.email == "eve@x.example")).all() == []


def test_an_organisation_of_another_icb_an_icb_itself_or_a_closed_one_is_not_found(
    client_of: Any, world: Any, app: Flask
) -> None:
    client = client_of("ivy")
    for slug in ("sowe-valley", "compassionate-communities", "kent-and-medway"):
        number = world.organisations[slug]
        assert client.get(f"{ICB}/organisations/{number}").status_code == 404
        assert client.post(f"{ICB}/organisations/{number}/invite", data={}).status_code == 404
    with app.app_context():
        closed = db.session.get_one(Organisation, world.organisations["aspire"])
        closed.closed_at = clock.now()
        db.session.commit()
    assert client.get(f"{ICB}/organisations/{world.organisations['aspire']}").status_code == 404
    assert "ASPIRE" not in client.get(f"{ICB}/partners").text


def test_the_icb_still_cannot_write_a_row_of_the_pcn_itself(app: Flask, acting: Any) -> None:
    with acting("kent-and-medway"):
        assert db.session.scalars(select(Practice)).all() == []
        assert db.session.scalars(select(Membership.role)).all() == ["ICB admin"]
