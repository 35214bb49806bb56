"""Each practice releases its own people, and takes them back."""

import datetime as dt
from collections.abc import Callable

from sqlalchemy import func, select

from app.cohorts import refresh
from app.cohorts.exports import PURPOSES
from app.cohorts.models import Cohort, Release
from app.programmes.models import Programme
from tenants.db import db
from tests.cohorts.people import Client, address, froze, frozen, released, who
from tests.conftest import Acting
from tests.rows import person
from tests.world import World


def test_a_practice_releases_its_own_people_and_no_others(
    client_of: Client, acting: Acting, world: World, number: int
) -> None:
    rita = client_of("rita")
    assert "is not frozen yet" in rita.get(address(number, "releases/release"), follow_redirects=True).text
    froze(client_of("alan"), number)
    assert "Release your practice’s people for Healthier lives" in rita.get("/pcn/dover-town/today").text
    page = rita.get(address(number, "releases/release")).text
    assert "G82999" in page
    assert "20 people in the cohort" in page
    assert "G82998" not in page

    theirs = rita.post(
        address(number, "releases/release"),
        data={
            "practice": world.practices["G82998"],
            "basis": "Direct care, under the data sharing agreement of our PCN",
        },
    )
    assert theirs.status_code == 422
    no_basis = rita.post(address(number, "releases/release"), data={"practice": world.practices["G82999"]})
    assert no_basis.status_code == 422
    assert "Choose the basis" in no_basis.text

    assert "The practice’s people are released" in released(client_of, number, world).replace("&#39;", "’")
    assert "released already" in released(client_of, number, world)
    with acting("dover-town", "rita"):
        row = db.session.scalars(select(Release)).one()
        assert (row.practice_id, row.released_by) == (world.practices["G82999"], "Rita")
    assert "Releases: 1 of 4 practices" in client_of("mandy").get(address(number, "releases")).text


def test_only_a_practice_releaser_releases_and_takes_back(client_of: Client, number: int) -> None:
    for name in ("mandy", "alan", "clara", "cora"):
        for page in ("releases/release", "releases/withdraw"):
            assert client_of(name).post(address(number, page)).status_code == 403
    for name in ("cora", "rita"):
        assert client_of(name).post(address(number, "cohort/freeze")).status_code == 403
        assert client_of(name).get(address(number, "cohort/edit")).status_code == 403
    for page in ("cohort", "cohort/edit", "cohort/freeze", "releases", "releases/release", "participants"):
        assert client_of("mo").get(f"/pcn/medway-central/programmes/{number}/{page}").status_code in (
            403,
            404,
        )
        assert client_of("mo").get(address(number, page)).status_code == 404
        assert client_of("ivy").get(address(number, page)).status_code == 404
    assert client_of("pat").get(address(number, "participants")).status_code == 403


def test_people_are_named_to_the_care_team_once_released_and_hidden_when_taken_back(
    client_of: Client, world: World, number: int
) -> None:
    froze(client_of("alan"), number)
    cora, listed = client_of("cora"), address(number, "participants")
    assert "Ada01" not in cora.get(listed).text
    assert "P-001" in cora.get(listed).text
    released(client_of, number, world)
    page = cora.get(listed).text
    assert "Ada01" in page
    assert "P-001" not in page
    assert "P-020" in page, "the other practice has released nobody"
    for name in ("alan", "mandy", "rita"):
        page = client_of(name).get(listed).text
        assert "Ada" not in page
        assert "P-001" in page

    rita = client_of("rita")
    refused = rita.post(address(number, "releases/withdraw"), data={"practice": world.practices["G82999"]})
    assert refused.status_code == 422
    gone = rita.sent(
        address(number, "releases/withdraw"), practice=world.practices["G82999"], reason="Agreement ended"
    )
    assert "The release is taken back" in gone.text
    assert "Agreement ended" in gone.text
    again = rita.sent(
        address(number, "releases/withdraw"), practice=world.practices["G82999"], reason="Again"
    )
    assert "has not released its people" in again.text
    assert "Ada" not in cora.get(listed).text


def test_a_practice_with_nobody_in_the_cohort_has_nothing_to_release(
    client_of: Client, acting: Acting, world: World
) -> None:
    with acting("dover-town", "mandy"):
        number = frozen(world, ours=0, theirs=3, released=False)
    rita = client_of("rita")
    page = rita.get(address(number, "releases/release"), follow_redirects=True).text
    assert "Your practice has nobody in the cohort" in page
    assert "There is nothing for you to do" in page
    assert "nobody in the cohort" in released(client_of, number, world)
    assert "Release your practice’s people" not in rita.get("/pcn/dover-town/today").text
    with acting("dover-town"):
        assert db.session.scalar(select(func.count()).select_from(Release)) == 0


def test_the_releaser_sees_their_own_people_counted_and_what_will_happen(
    client_of: Client, acting: Acting, world: World
) -> None:
    with acting("dover-town", "mandy"):
        number = frozen(world, ours=3, theirs=4, released=False)
    page = client_of("rita").get(address(number, "releases/release")).text
    assert "3 people in the cohort" in page
    assert "What for:" in page
    assert "A clinician looks at each person first" in page
    assert "covered too" in page


def test_a_release_holds_for_who_joins_later_and_the_releaser_is_told(
    client_of: Client, acting: Acting, world: World, moved: Callable[..., None]
) -> None:
    moved(dt.datetime(2026, 11, 2, 10))  # noqa: DTZ001 - in Kent
    with acting("dover-town", "mandy"):
        number = frozen(world, screened_first=False)
    rita = client_of("rita")
    assert "joined" not in rita.get("/pcn/dover-town/today").text
    moved(dt.datetime(2026, 11, 9, 10))  # noqa: DTZ001 - in Kent
    with acting("dover-town", "mandy"):
        for place, practice in enumerate(("G82999", "G82999", "G82998")):
            person(world.practices[practice], 8000 + 10 * place, given_name=f"Joy{place}")
        cohort = db.session.scalars(select(Cohort)).one()
        mark = refresh.change_of(cohort, []).mark
        refresh.take(db.session.scalars(select(Programme)).one(), mark, [])
        db.session.commit()
    today = " ".join(rita.get("/pcn/dover-town/today").text.split())
    assert "people of your practice joined Healthier lives" in today
    assert "Your release covers them" in today
    listed = client_of("cora").get(address(number, "participants?wave=2")).text
    assert "Joy0" in listed
    assert "Joy1" in listed
    assert "Joy2" not in listed
    moved(dt.datetime(2026, 11, 30, 10))  # noqa: DTZ001 - in Kent
    assert "joined" not in rita.get("/pcn/dover-town/today").text


def test_a_release_taken_back_takes_hold_at_once_on_every_page(
    client_of: Client, acting: Acting, world: World
) -> None:
    """Every page of a programme and its people, asked of the care team: no name is left on any."""
    with acting("dover-town", "mandy"):
        number = frozen(world)
        ada = int(who("Ada00").id)
    clara = client_of("clara")
    base = "/pcn/dover-town"
    pages = [
        address(number, "participants"), address(number, "screening?show=everybody"),
        address(number, f"screening/{ada}"), address(number, "cohort/refresh"), f"{base}/people/{ada}",
        f"{base}/people?q=ada", f"{base}/people/{ada}/conversation", f"{base}/today", f"{base}/calls",
        address(number, "outreach"), address(number, "releases"), f"{base}/programmes/{number}",
    ]  # fmt: skip
    named = [page for page in pages if "Ada00" in clara.get(page).text]
    assert {pages[0], pages[1], pages[2], pages[4], pages[5]} <= set(named)
    gone = client_of("rita").sent(
        address(number, "releases/withdraw"), practice=world.practices["G82999"], reason="Ended"
    )
    assert "The release is taken back" in gone.text
    for page in pages:
        answer = clara.get(page)
        assert "Ada00" not in answer.text, page
        assert answer.status_code in (200, 302, 403, 404), page
    file = clara.post(address(number, "participants/export"), data={"purpose": PURPOSES[0]}).text
    assert "Ada00" not in file
    assert "P-A00" in file
