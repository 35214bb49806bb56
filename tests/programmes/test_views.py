"""Today, the programmes, starting one from a set-up, and its state: what a person sees and the row says."""

from collections.abc import Callable
from typing import Any

import pytest
import yaml
from sqlalchemy import func, select

from app import clock
from app.cohorts.models import Cohort, Release
from app.library.models import Adoption, LibraryItem, PublishedItem
from app.outbox import Outbox
from app.programmes import reporting
from app.programmes.milestones import reach_many
from app.programmes.models import Programme
from tenants.db import db
from tests.checking import CheckingClient
from tests.conftest import Acting
from tests.library.test_setup import GOOD
from tests.programmes.people import participants, programme
from tests.rows import make
from tests.world import World

Client = Callable[[str | None], CheckingClient]
PCN = "/pcn/dover-town"


def shared(kind: str, name: str, body: str = "Hello ((first name))") -> int:
    return int(
        make(
            PublishedItem, kind=kind, name=name, version=1, summary="Tried in Kent", body=body, language="en",
            format="standard", origin_name="Kent and Medway ICB", published_at=clock.now(),
        ).id
    )  # fmt: skip


@pytest.fixture
def set_up(acting: Acting) -> int:
    """A set-up that the ICB shares, with two of the three items it speaks of."""
    with acting("kent-and-medway", "ivy"):
        shared("SOP", "How we do it")
        shared("text", "Easy-read text")
        number = shared("programme set-up", "Healthier lives", yaml.safe_dump(GOOD))
        db.session.commit()
    return number


def test_a_new_pcn_is_told_what_to_do_first(client_of: Client) -> None:
    manager = client_of("mandy").get(f"{PCN}/today")
    assert "Start your first programme" in manager.text
    analyst = client_of("alan").get(f"{PCN}/today")
    assert "Bring in the practices’ list" in analyst.text
    assert "Start your first programme" not in analyst.text
    for who in ("cora", "rita", "pat"):
        assert "Nothing waits for you" in client_of(who).get(f"{PCN}/today").text
    assert "Start a programme" in client_of("mandy").get(f"{PCN}/programmes").text
    assert "Your PCN manager can start one" in client_of("alan").get(f"{PCN}/programmes").text
    assert "No set-up is shared" in client_of("mandy").get(f"{PCN}/programmes/start").text


def test_a_programme_is_started_from_a_neighbours_set_up(
    client_of: Client, acting: Acting, set_up: int
) -> None:
    mandy = client_of("mandy")
    assert f"setup=shared-{set_up}" in mandy.get(f"{PCN}/programmes/start").text
    page = mandy.get(f"{PCN}/programmes/start?setup=shared-{set_up}")
    assert "Kent and Medway ICB" in page.text
    assert "are aged 40 to 69" in page.text
    assert "comes as a draft" in page.text
    assert "not shared: write your own" in page.text

    form = {"name": "Healthier in Dover", "form_key": "one-two-three"}
    done = mandy.sent(f"{PCN}/programmes/start?setup=shared-{set_up}", **form)
    assert "The programme is started" in done.text
    again = mandy.sent(f"{PCN}/programmes/start?setup=shared-{set_up}", **form)
    assert "started this programme already" in again.text

    with acting("dover-town", "mandy"):
        row = db.session.scalars(select(Programme)).one()
        assert (row.state, row.owner_name, row.origin_name) == ("set-up", "Mandy", "Kent and Medway ICB")
        assert row.setup == GOOD
        drafts = db.session.scalars(select(LibraryItem).order_by(LibraryItem.kind)).all()
        assert [(d.kind, d.name, d.state, d.origin_name) for d in drafts] == [
            ("SOP", "How we do it", "draft", "Kent and Medway ICB"),
            ("text", "Easy-read text", "draft", "Kent and Medway ICB"),
        ]
        assert db.session.scalar(select(func.count()).select_from(Adoption)) == 2


def test_a_name_that_is_taken_or_missing_is_said_at_the_field(client_of: Client, set_up: int) -> None:
    mandy, address = client_of("mandy"), f"{PCN}/programmes/start?setup=shared-{set_up}"
    mandy.sent(address, name="Healthier in Dover", form_key="one")
    taken = mandy.post(address, data={"name": "Healthier in Dover", "form_key": "two"})
    assert taken.status_code == 422
    assert "There is a programme of that name already" in taken.text
    missing = mandy.post(address, data={"name": " ", "form_key": "three"})
    assert missing.status_code == 422
    assert "Enter a name for the programme" in missing.text


def test_what_is_no_set_up_cannot_be_started_from(client_of: Client, acting: Acting, set_up: int) -> None:
    with acting("kent-and-medway", "ivy"):
        faulty = shared("programme set-up", "Faulty", "name: only")
        letter = shared("letter", "A letter")
        db.session.commit()
    mandy = client_of("mandy")
    assert "cannot be used yet" in mandy.get(f"{PCN}/programmes/start?setup=shared-{faulty}").text
    assert mandy.post(
        f"{PCN}/programmes/start?setup=shared-{faulty}", data={"name": "A", "form_key": "x"}
    ).status_code == 404  # fmt: skip
    for key in (f"shared-{letter}", f"own-{set_up}", "shared-", "shared-x", "elsewhere-1", ""):
        assert mandy.get(f"{PCN}/programmes/start?setup={key}").status_code == 404


def test_who_may_not_run_programmes_cannot_start_or_change_one(
    client_of: Client, acting: Acting, set_up: int
) -> None:
    with acting("dover-town", "mandy"):
        number = programme().id
        db.session.commit()
    for who in ("alan", "cora", "clara", "rita", "pat"):
        client = client_of(who)
        assert client.get(f"{PCN}/programmes/start?setup=shared-{set_up}").status_code == 403
        assert client.get(f"{PCN}/programmes/{number}/change-state").status_code == 403
    for who in ("mo", "sam", "olu", "ivy"):
        assert client_of(who).get(f"{PCN}/programmes/{number}").status_code == 404
    assert client_of("mo").get(f"/pcn/medway-central/programmes/{number}").status_code == 404


def test_the_programme_page_shows_the_funnel_and_every_number_opens_its_list(
    client_of: Client, acting: Acting, world: World
) -> None:
    with acting("dover-town", "mandy"):
        row = programme(state="live", live_at=clock.now())
        people = [one.id for one in participants(row.id, world.practices["G82999"], 5)]
        reach_many(people[:3], "contacted")
        reach_many(people[:1], "opted out")
        number = row.id
        db.session.commit()
    page = client_of("mandy").get(f"{PCN}/programmes/{number}").text
    assert "Week 1." in page
    lists = f"{PCN}/programmes/{number}/participants"
    assert f'{lists}?reached=contacted"' in page
    assert f"{lists}?reached=identified&amp;without=contacted" in page
    assert f'{lists}?status=opted+out"' in page
    today = client_of("cora").get(f"{PCN}/today").text
    assert "Healthier lives" in today
    assert f"{lists}?reached=contacted" in today


def ready(acting: Acting, world: World) -> int:
    """A programme whose set-up lacks nothing."""
    with acting("dover-town", "mandy"):
        row = programme(setup=GOOD)
        make(LibraryItem, kind="text", name="Easy-read text", state="approved")
        make(LibraryItem, kind="call script", name="Script", state="approved")
        make(Cohort, programme_id=row.id, state="frozen", members=1, on_date=clock.today())
        participants(row.id, world.practices["G82999"], 1)
        make(Release, programme_id=row.id, practice_id=world.practices["G82999"])
        number = int(row.id)
        db.session.commit()
    return number


def state_of(acting: Acting, number: int) -> Any:
    with acting("dover-town", "mandy"):
        row = db.session.scalars(select(Programme).where(Programme.id == number)).one()
        return row.state, row.state_reason, row.state_changed_by


def test_a_programme_goes_live_only_when_nothing_is_missing(
    client_of: Client, acting: Acting, world: World
) -> None:
    with acting("dover-town", "mandy"):
        number = programme(setup=GOOD).id
        db.session.commit()
    mandy, address = client_of("mandy"), f"{PCN}/programmes/{number}/change-state"
    page = mandy.get(address).text
    for missing in (
        "Freeze the cohort",
        "Have at least one practice",
        "the text “Easy-read text”",
        "“Script”",
    ):
        assert missing in page
    refused = mandy.post(address, data={"action": "go live"})
    assert refused.status_code == 422
    assert "cannot go live yet" in refused.text
    assert state_of(acting, number)[0] == "set-up"
    assert "4 tasks to do" in mandy.get(f"{PCN}/programmes/{number}/set-up").text


def test_a_programme_goes_live_pauses_for_a_reason_resumes_and_closes(
    client_of: Client, acting: Acting, world: World
) -> None:
    number = ready(acting, world)
    mandy, address = client_of("mandy"), f"{PCN}/programmes/{number}/change-state"
    assert "Nothing is missing" in mandy.get(f"{PCN}/programmes/{number}/set-up").text
    assert "is live." in mandy.sent(address, action="go live").text
    assert state_of(acting, number)[0] == "live"
    with acting("dover-town"):
        told = select(func.count()).where(Outbox.kind == reporting.JOB)
        assert db.session.scalar(told), "the ICB is told how the programme stands"

    refused = mandy.post(address, data={"action": "pause"})
    assert refused.status_code == 422
    assert "Enter why" in refused.text
    assert mandy.post(address, data={"action": "go live"}).status_code == 422

    assert "is paused." in mandy.sent(address, action="pause", reason="Booster campaign").text
    assert state_of(acting, number) == ("paused", "Booster campaign", "Mandy")
    assert "Resume the programme" in mandy.get(f"{PCN}/programmes/{number}").text
    assert "is live again" in mandy.sent(address, action="resume").text
    assert "is closed." in mandy.sent(address, action="close", reason="All done").text
    assert "This programme is closed" in mandy.get(address, follow_redirects=True).text
    assert "All done" in mandy.get(f"{PCN}/programmes").text


@pytest.mark.parametrize(
    ("status", "waits"), [("wants a call", True), ("wants another way", True), ("contacted", False)]
)
def test_whoever_closes_a_programme_is_told_that_somebody_waits_for_a_call(
    client_of: Client, acting: Acting, world: World, status: str, waits: bool
) -> None:
    with acting("dover-town", "mandy"):
        number = programme(state="live").id
        reach_many([one.id for one in participants(number, world.practices["G82999"], 1)], status)
        db.session.commit()
    page = client_of("mandy").get(f"{PCN}/programmes/{number}/change-state").text
    assert ("Somebody has asked for a call and still waits for it." in page) == waits
