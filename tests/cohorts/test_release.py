"""Each practice releases its own people, and takes them back."""

from sqlalchemy import select

from app.cohorts.models import Release
from tenants.db import db
from tests.cohorts.people import Client, address, froze, released
from tests.conftest import Acting
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
    for who in ("mandy", "alan", "clara", "cora"):
        for page in ("releases/release", "releases/withdraw"):
            assert client_of(who).post(address(number, page)).status_code == 403
    for who in ("cora", "rita"):
        assert client_of(who).post(address(number, "cohort/freeze")).status_code == 403
        assert client_of(who).get(address(number, "cohort/edit")).status_code == 403
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
    for who in ("alan", "mandy", "rita"):
        page = client_of(who).get(listed).text
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
