"""The cohort's pages: read, changed, frozen once, released by each practice for its own, and listed."""

import datetime as dt
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import pytest
from flask import Flask
from sqlalchemy import func, select

from app.audit import AuditEvent
from app.cohorts import definition, freezing
from app.cohorts.criteria import evaluate
from app.cohorts.models import Cohort, Release
from app.library.cohort_rules import Age
from app.programmes.funnel import funnel_of, places_of
from app.programmes.milestones import reach, reach_many, withdraw
from app.programmes.models import Milestone, Participant, Programme
from tenants.db import db
from tests.checking import CheckingClient
from tests.cohorts.conftest import Block
from tests.cohorts.dover import DAY, EXPECTED
from tests.cohorts.test_criteria import DOVER
from tests.conftest import Acting, block
from tests.programmes.people import programme
from tests.rows import person
from tests.world import World

Client = Callable[[str | None], CheckingClient]


@pytest.fixture
def number(acting: Acting, world: World) -> int:
    """A programme for people aged 40 to 69, with 30 such people and two younger ones, nothing frozen yet."""
    with acting("dover-town", "mandy"):
        made = programme().id
        for stem in range(30):
            practice = world.practices["G82999" if stem < 20 else "G82998"]
            person(practice, 6000 + 10 * stem, given_name=f"Ada{stem:02d}", pseudonym=f"P-{stem:03d}")
        for stem in (400, 410):
            person(world.practices["G82997"], 6000 + stem, born=dt.date(2000, 1, 1), pseudonym=f"P-{stem}")
        db.session.commit()
    return int(made)


def address(number: int, rest: str) -> str:
    return f"/pcn/dover-town/programmes/{number}/{rest}"


def froze(client: CheckingClient, number: int) -> str:
    return str(client.sent(address(number, "cohort/freeze"), screened_first="no").text)


def test_the_cohort_page_reads_the_definition_aloud_and_shows_what_each_step_costs(
    client_of: Client, number: int
) -> None:
    page = client_of("alan").get(address(number, "cohort")).text
    assert "Cohort: 30 people" in page
    assert "People who are aged 40 to 69, leaving out those who have died" in page
    assert "Keep: age 40 to 69" in page
    assert "Draft" in page


def test_small_numbers_by_practice_are_hidden_from_those_who_may_not_see_people(
    client_of: Client, acting: Acting, world: World, number: int
) -> None:
    with acting("dover-town", "mandy"):
        person(world.practices["Y99996"], 7000, pseudonym="P-Y")
        db.session.commit()
    assert ">hidden<" in client_of("alan").get(address(number, "cohort")).text
    assert "Hidden is not zero" in client_of("mandy").get(address(number, "cohort")).text
    assert ">hidden<" not in client_of("clara").get(address(number, "cohort")).text


def test_other_numbers_can_be_tried_and_what_was_tried_can_be_saved(
    client_of: Client, acting: Acting, number: int
) -> None:
    alan = client_of("alan")
    tried = {"from_0": "20", "to_0": "69", "on-day": "2", "on-month": "11", "on-year": "2026"}
    page = alan.get(address(number, "cohort/edit"), query_string=tried)
    assert "This gives 32 people" in page.text
    part = alan.get(
        address(number, "cohort/edit"),
        query_string=tried,
        headers={"HX-Request": "true", "HX-Target": "definition"},
    )
    assert "This gives 32 people" in part.text
    assert "<html" not in part.text
    assert "The definition is saved" in alan.sent(address(number, "cohort/edit"), **tried).text
    with acting("dover-town", "alan"):
        row = db.session.scalars(select(Cohort)).one()
        assert (row.state, row.on_date) == ("draft", dt.date(2026, 11, 2))
        assert row.definition == {"rules": [{"kind": "age", "from": 20, "to": 69}]}


FAULTS = [
    ({"from_0": "seventy"}, "Enter a whole number"),
    ({"from_0": "70"}, "Enter 70 or more"),
    ({"to_0": "200"}, "Enter an age from 0 to 120"),
    ({"to_0": ""}, "Enter the oldest age"),
    ({"on-day": "31", "on-month": "2"}, "must be a real date"),
    ({"on-year": "2999"}, "must not be in the future"),
]


@pytest.mark.parametrize(("wrong", "message"), FAULTS)
def test_a_number_that_cannot_be_is_said_at_its_field(
    client_of: Client, number: int, wrong: dict[str, str], message: str
) -> None:
    good = {"from_0": "40", "to_0": "69", "on-day": "2", "on-month": "11", "on-year": "2026"}
    alan = client_of("alan")
    tried = alan.get(address(number, "cohort/edit"), query_string=good | wrong)
    assert tried.status_code == 422
    assert message in tried.text
    saved = alan.post(address(number, "cohort/edit"), data=good | wrong)
    assert saved.status_code == 422
    assert message in saved.text


def test_a_cohort_is_frozen_once_with_everything_it_was_counted_from(
    client_of: Client, acting: Acting, number: int
) -> None:
    alan = client_of("alan")
    assert "Freeze the cohort of 30 people" in alan.get(address(number, "cohort/freeze")).text
    assert "The cohort is frozen. Ask the practices" in froze(alan, number)
    assert "frozen already" in froze(alan, number)
    assert "cannot be changed" in alan.get(address(number, "cohort/edit"), follow_redirects=True).text
    with acting("dover-town", "alan"):
        row = db.session.scalars(select(Cohort)).one()
        assert (row.state, row.members, row.frozen_by) == ("frozen", 30, "Alan")
        assert row.attrition[-1] == {"label": "age 40 to 69", "lost": 2, "left": 30}
        assert places_of(number) == {"identified": 30}
        assert funnel_of(number)[0].count == 30
        with pytest.raises(definition.AlreadyFrozen):
            definition.define(db.session.scalars(select(Programme)).one(), [Age(1, 2)], DAY)
        # What comes in later changes nothing that was frozen.
        before = row.attrition
        person(db.session.scalars(select(Participant.practice_id).limit(1)).one(), 9000, pseudonym="P-new")
        db.session.commit()
    page = alan.get(address(number, "cohort")).text
    assert "Cohort: 30 people" in page
    assert before[-1]["left"] == 30


def test_a_definition_that_nobody_meets_is_not_frozen(client_of: Client, acting: Acting) -> None:
    with acting("dover-town", "mandy"):
        number = programme().id
        db.session.commit()
    alan = client_of("alan")
    assert "Bring in the practices’ list" in alan.get(address(number, "cohort")).text
    assert "Nobody meets the definition" in froze(alan, number)


def test_two_who_freeze_at_once_freeze_it_once(live: Flask, world: World) -> None:
    with block(live, world, "dover-town", "mandy", False):
        number = programme().id
        for stem in range(5):
            person(world.practices["G82999"], 6000 + 10 * stem)
        db.session.commit()

    def freeze(who: str) -> bool:
        with block(live, world, "dover-town", who, True):
            row = db.session.get_one(Programme, (world.organisations["dover-town"], number))
            done = freezing.freeze(row)
            db.session.commit()
            return done

    with ThreadPoolExecutor(4) as pool:
        answers = list(pool.map(freeze, ["mandy", "alan", "max", "alan"]))
    assert sorted(answers) == [False, False, False, True]
    with block(live, world, "dover-town", "mandy", False):
        assert db.session.scalar(select(func.count()).select_from(Participant)) == 5
        assert db.session.scalar(select(func.count()).select_from(Milestone)) == 5


def test_the_demonstrations_cohort_of_131_is_frozen_in_a_handful_of_statements(in_dover: Block) -> None:
    with in_dover():
        row = programme(setup={"cohort": {"rules": [rule.as_json for rule in DOVER]}})
        definition.define(row, DOVER, DAY)
        assert freezing.freeze(row) is True
        assert places_of(row.id) == {"identified": EXPECTED["cohort"]}
        kept = db.session.scalars(select(Cohort)).one()
        assert [[s["label"], s["lost"], s["left"]] for s in kept.attrition] == EXPECTED["attrition"]
        assert list(definition.evaluation_of(kept).gain.items()) == list(EXPECTED["gain_if_dropped"].items())
        assert evaluate(DOVER, DAY).by_practice == definition.evaluation_of(kept).by_practice
        db.session.rollback()


def released(client_of: Client, number: int, world: World, practice: str = "G82999") -> str:
    form = {
        "practice": world.practices[practice],
        "basis": "Direct care, under the data sharing agreement of our PCN",
    }
    return str(client_of("rita").sent(address(number, "releases/release"), **form).text)


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


def test_the_list_has_pages_filters_that_stay_and_is_recorded(
    client_of: Client, acting: Acting, world: World, number: int
) -> None:
    froze(client_of("alan"), number)
    with acting("dover-town", "mandy"):
        ids = list(db.session.scalars(select(Participant.id).order_by(Participant.id)))
        reach_many(ids[:28], "contacted")
        reach(ids[0], "engaged")
        db.session.commit()
    alan, listed = client_of("alan"), address(number, "participants")
    first = alan.get(f"{listed}?reached=contacted").text
    assert "28 people" in first
    assert "of 30 in" in first
    assert "reached=contacted&amp;page=2" in first
    assert "Clear filters" in first
    second = alan.get(f"{listed}?reached=contacted&page=2&sort=since").text
    assert second.count("<tr") == 1 + 3
    assert "27 people" in alan.get(f"{listed}?reached=contacted&without=engaged").text
    assert "1 person" in alan.get(f"{listed}?status=engaged").text
    assert "10 people" in alan.get(f"{listed}?practice={world.practices['G82998']}").text
    assert "Nobody is at this point" in alan.get(f"{listed}?status=referred").text
    assert "30 people" in alan.get(f"{listed}?status=nonsense&page=-1&sort=x&practice=x").text
    assert alan.get(f"{listed}?page=99").status_code == 200
    with acting("dover-town", "alan"):
        seen = db.session.scalars(
            select(AuditEvent).where(AuditEvent.subject == "participant list").order_by(AuditEvent.id)
        ).all()
        assert (seen[0].action, seen[0].count) == ("viewed", 25)
        assert seen[0].detail == {"of": 28, "filter": {"reached": "contacted"}}
        assert seen[0].person_id is None


def test_the_funnel_on_the_page_equals_the_rows_after_reaching_and_taking_back(
    client_of: Client, acting: Acting, number: int
) -> None:
    froze(client_of("alan"), number)
    with acting("dover-town", "mandy"):
        ids = list(db.session.scalars(select(Participant.id).order_by(Participant.id)))
        reach_many(ids[:12], "contacted")
        reach(ids[0], "engaged")
        reach(ids[1], "engaged")
        withdraw(ids[1], "engaged")
        db.session.commit()
        stages = funnel_of(number)
        for stage in stages:
            rows = select(func.count()).where(
                Milestone.kind == stage.kind,
                Milestone.withdrawn_at.is_(None),
                Milestone.participant_id.in_(ids),
            )
            assert db.session.scalar(rows) == stage.count
    for stage in stages:
        page = client_of("alan").get(address(number, f"participants?reached={stage.kind}")).text
        assert f'<h1 class="nhsuk-heading-l">{stage.count} ' in page
