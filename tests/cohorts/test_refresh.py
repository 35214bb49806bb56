"""A refresh: who would join and leave and why, as a dated wave, and nothing for anybody else."""

import datetime as dt
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import func, select, update

from app.cohorts import freezing, refresh
from app.cohorts.definition import cohort_of
from app.cohorts.models import Cohort, CohortWave
from app.people.models import CodedEvent, Person
from app.programmes.funnel import funnel_of, places_of
from app.programmes.milestones import reach
from app.programmes.models import Milestone, Participant, Programme
from tenants.db import db
from tests.cohorts.people import CODES, OURS, THEIRS, Client, address, known, release, who
from tests.conftest import Acting, block
from tests.programmes.people import programme
from tests.rows import person
from tests.world import World

OLD = dt.date(1980, 1, 1)
RULES = [
    {"kind": "age", "from": 40, "to": 69},
    {"kind": "latest value", "name": "BMI", "code": CODES["bmi"], "at_least": "30"},
]
ALL = ["no longer meets: latest BMI 30 or more", "Type 1 opt-out"]


def begin(world: World) -> int:
    """A frozen programme: Ada00 to Ada09 with a BMI of 33; Young is too young yet, Slim has a BMI of 25."""
    made = programme(state="live", setup={"name": "x", "cohort": {"rules": RULES}})
    for number in range(10):
        practice = world.practices[OURS if number < 8 else THEIRS]
        person(
            practice,
            6000 + 10 * number,
            given_name=f"Ada{number:02d}",
            pseudonym=f"P-A{number:02d}",
            born=OLD,
        )
        known(f"Ada{number:02d}", "bmi", 33)
    for number, name in enumerate(("Young", "Slim")):
        born = dt.date(2005, 1, 1) if name == "Young" else OLD
        person(world.practices[OURS], 7000 + 10 * number, given_name=name, pseudonym=f"P-{name}", born=born)
        known(name, "bmi", 33 if name == "Young" else 25)
    freezing.freeze(made)
    release(made.id, world.practices[OURS])
    db.session.commit()
    return int(made.id)


@pytest.fixture
def number(acting: Acting, world: World, moved: Callable[..., None]) -> int:
    """The programme of `begin`, frozen on 2 November; it is 21 November now."""
    moved(dt.datetime(2026, 11, 2, 10))  # noqa: DTZ001 - in Kent
    with acting("dover-town", "mandy"):
        made = begin(world)
    moved(dt.datetime(2026, 11, 21, 10))  # noqa: DTZ001 - in Kent
    return made


def moves(world: World) -> None:
    """Later: Slim gains weight, New joins the practice; Ada00 loses weight, Ada01 dies, Ada02 leaves, Ada03
    has answered and loses weight, Ada04 has answered and dies, Ada05 opts out (Type 1)."""
    known("Slim", "bmi", 31, on=dt.date(2026, 11, 10))
    person(world.practices[OURS], 7100, given_name="New", pseudonym="P-New", born=OLD)
    known("New", "bmi", 40)
    for name in ("Ada00", "Ada03"):
        known(name, "bmi", 28, on=dt.date(2026, 11, 10))
    for name in ("Ada03", "Ada04"):
        reach(who(name).id, "contacted")
        reach(who(name).id, "conversation held")
    _person("Ada01").died_on = _person("Ada04").died_on = dt.date(2026, 11, 9)
    _person("Ada02").left_on = dt.date(2026, 11, 9)
    _person("Ada05").type1_opt_out = True
    db.session.commit()


def _person(name: str) -> Any:
    return db.session.scalars(select(Person).where(Person.given_name == name)).one()


def mark_on(page: str) -> str:
    return page.split('name="mark"')[1].split('value="')[1].split('"')[0]


def take(client_of: Client, number: int, leave: list[str], who_: str = "mandy") -> Any:
    client = client_of(who_)
    page = client.get(address(number, "cohort/refresh")).text
    return client.post(
        address(number, "cohort/refresh"), data={"mark": mark_on(page), "leave": leave},
        follow_redirects=True,
    )  # fmt: skip


def statuses(acting: Acting) -> dict[str, tuple[str, int, str | None]]:
    """Name → status, wave, reason of being left out."""
    with acting("dover-town"):
        left = (
            (Milestone.tenant_id == Participant.tenant_id)
            & (Milestone.participant_id == Participant.id)
            & (Milestone.kind == "left out")
            & Milestone.withdrawn_at.is_(None)
        )
        rows = db.session.execute(
            select(Person.given_name, Participant.status, Participant.wave, Milestone.reason)
            .join(Person, (Person.tenant_id == Participant.tenant_id) & (Person.id == Participant.person_id))
            .outerjoin(Milestone, left)
        )
        return {name: (status, wave, reason) for name, status, wave, reason in rows}


def test_the_care_team_sees_who_would_move_and_why(
    client_of: Client, acting: Acting, world: World, number: int
) -> None:
    assert "Nobody would join or leave" in client_of("clara").get(address(number, "cohort/refresh")).text
    with acting("dover-town"):
        moves(world)
    page = client_of("clara").get(address(number, "cohort/refresh")).text
    assert "2 people would join" in page
    assert "5 people would leave" in page
    assert "Slim Example" in page
    assert "Now meets: latest BMI 30 or more" in page
    assert "to say why" not in page
    assert "New in the data" in page
    assert "No longer meets: latest BMI 30 or more" in page
    assert "Died" in page
    assert "1 person no longer meets the definition, and stays in because" in page
    assert "The PCN manager or an analyst refreshes the cohort" in page


def test_planners_see_no_names_and_no_small_numbers(
    client_of: Client, acting: Acting, world: World, number: int
) -> None:
    with acting("dover-town"):
        moves(world)
    for name in ("mandy", "alan", "rita"):
        page = client_of(name).get(address(number, "cohort/refresh")).text
        assert "Slim" not in page
        assert "P-Slim" not in page
        assert "2 people would join" not in page
        assert ">hidden<" in page
        assert "Hidden is not zero" in page
        assert "Too few people would join to say why" in page
        assert "Now meets" not in page, "the list tells how many joined: one reason would be told too"


def test_only_those_who_define_cohorts_refresh(client_of: Client, number: int) -> None:
    for name in ("clara", "cora", "rita", "pat"):
        assert client_of(name).post(address(number, "cohort/refresh")).status_code == 403
    for name in ("cora", "pat"):
        assert client_of(name).get(address(number, "cohort/refresh")).status_code == 403
    assert client_of("mo").get(address(number, "cohort/refresh")).status_code == 404


def test_joiners_come_in_as_a_wave_and_leavers_stay_with_their_reason(
    client_of: Client, acting: Acting, world: World, number: int
) -> None:
    with acting("dover-town"):
        moves(world)
    before = statuses(acting)
    assert "The cohort is refreshed. Wave 2: 2 joined, 5 left out." in take(client_of, number, ALL).text
    after = statuses(acting)
    assert after["Slim"] == after["New"] == ("identified", 2, None)
    assert after["Ada00"] == ("left out", 1, "Refresh: no longer meets: latest BMI 30 or more")
    assert after["Ada01"] == ("left out", 1, "Refresh: died")
    assert after["Ada02"] == ("left out", 1, "Refresh: left the practice")
    assert after["Ada03"] == ("conversation held", 1, None), "support goes on though a value has moved"
    assert after["Ada04"] == ("left out", 1, "Refresh: died")
    assert after["Ada05"] == ("left out", 1, "Refresh: Type 1 opt-out")
    untouched = ("Ada06", "Ada07", "Ada08", "Ada09")
    assert {name: after[name] for name in untouched} == {name: before[name] for name in untouched}
    with acting("dover-town"):
        wave = db.session.scalars(select(CohortWave)).one()
        assert (wave.number, wave.joined, wave.left, wave.taken_by) == (2, 2, 5, "Mandy")
        assert wave.figures["left"]["died"] == 2
        frozen = db.session.scalars(select(Cohort)).one()
        assert (frozen.members, frozen.attrition[-1]["left"]) == (10, 10), "what was frozen stays"
        assert funnel_of(number)[0].count == sum(places_of(number).values()) == 12
    page = client_of("mandy").get(address(number, "participants?wave=2")).text
    assert "2 people" in page
    assert 'value="2" selected' in page
    everybody = client_of("mandy").get(address(number, "participants")).text
    assert "12 people" in everybody
    assert "Joined in wave 2" in everybody
    assert "Wave 2, by Mandy" in client_of("mandy").get(address(number, "cohort/refresh")).text
    cohort = client_of("mandy").get(address(number, "cohort")).text
    assert "See the 12 people</a> (10 when it was frozen, 2 who joined since)" in cohort


def test_a_second_time_nothing_changes(client_of: Client, acting: Acting, world: World, number: int) -> None:
    with acting("dover-town"):
        moves(world)
    client = client_of("mandy")
    mark = mark_on(client.get(address(number, "cohort/refresh")).text)
    sent = {"mark": mark, "leave": ALL}
    assert client.post(address(number, "cohort/refresh"), data=sent).status_code == 302
    after = statuses(acting)
    again = client.post(address(number, "cohort/refresh"), data=sent, follow_redirects=True)
    assert again.status_code in (200, 422)
    assert statuses(acting) == after
    assert "Nobody would join" not in again.text or "stays as it is" in again.text
    with acting("dover-town"):
        assert db.session.scalar(select(func.count()).select_from(CohortWave)) == 1


def test_only_the_reasons_that_are_chosen_leave_out_and_death_always(
    client_of: Client, acting: Acting, world: World, number: int
) -> None:
    with acting("dover-town"):
        moves(world)
    take(client_of, number, ["Type 1 opt-out"])
    after = statuses(acting)
    assert after["Ada00"][0] == "identified"
    assert after["Ada05"][0] == "left out"
    assert after["Ada01"][0] == after["Ada02"][0] == after["Ada04"][0] == "left out"


def test_who_meets_the_definition_again_comes_back_and_who_was_screened_out_does_not(
    client_of: Client, acting: Acting, world: World, number: int
) -> None:
    with acting("dover-town"):
        reach(who("Ada06").id, "left out", reason="Screening: pregnant")
        moves(world)
    take(client_of, number, ALL)
    with acting("dover-town"):
        _person("Ada02").left_on = None
        known("Ada00", "bmi", 35, on=dt.date(2026, 11, 20))
        db.session.commit()
    assert "Wave 3: 0 joined, 2 came back, 0 left out." in take(client_of, number, ALL).text
    after = statuses(acting)
    assert after["Ada00"] == after["Ada02"] == ("identified", 1, None)
    assert after["Ada06"] == ("left out", 1, "Screening: pregnant")
    with acting("dover-town"):
        last = db.session.scalars(select(CohortWave).order_by(CohortWave.number.desc())).first()
        assert last is not None
        assert (last.number, last.joined, last.left, last.figures["returned"]) == (3, 0, 0, 2)


def test_what_has_changed_since_the_page_is_asked_again(
    client_of: Client, acting: Acting, world: World, number: int
) -> None:
    with acting("dover-town"):
        known("Slim", "bmi", 31, on=dt.date(2026, 11, 10))
        db.session.commit()
    client = client_of("mandy")
    mark = mark_on(client.get(address(number, "cohort/refresh")).text)
    with acting("dover-town"):
        known("Ada00", "bmi", 20, on=dt.date(2026, 11, 10))
        db.session.commit()
    for stale in (mark, "", "x"):
        answer = client.post(address(number, "cohort/refresh"), data={"mark": stale, "leave": ALL})
        assert answer.status_code == 422
        assert "have changed since you opened this page" in answer.text
        assert "Slim" not in statuses(acting)
    assert mark_on(answer.text) != mark
    sent = {"mark": mark_on(answer.text), "leave": ALL}
    assert client.post(address(number, "cohort/refresh"), data=sent).status_code == 302
    assert "Slim" in statuses(acting)


def test_two_who_refresh_at_once_refresh_it_once(live: Flask, world: World) -> None:
    with block(live, world, "dover-town", "mandy", False):
        number = begin(world)
        moves(world)
        mark = refresh.change_of(db.session.scalars(select(Cohort)).one(), []).mark

    def go(name: str) -> bool:
        with block(live, world, "dover-town", name, True):
            row = db.session.get_one(Programme, (world.organisations["dover-town"], number))
            taken = refresh.take(row, mark, ALL)
            db.session.commit()
            return taken.wave is not None

    with ThreadPoolExecutor(4) as pool:
        answers = list(pool.map(go, ["mandy", "alan", "max", "alan"]))
    assert sorted(answers) == [False, False, False, True]
    with block(live, world, "dover-town", "mandy", False):
        assert db.session.scalar(select(func.count()).select_from(Participant)) == 12
        assert db.session.scalar(select(func.count()).select_from(CohortWave)) == 1


def test_a_cohort_that_is_not_frozen_is_not_refreshed(client_of: Client, acting: Acting) -> None:
    with acting("dover-town", "mandy"):
        draft = programme().id
        db.session.commit()
    mandy = client_of("mandy")
    page = mandy.get(address(draft, "cohort/refresh"), follow_redirects=True).text
    assert "not frozen yet" in page
    assert "not frozen yet" in mandy.sent(address(draft, "cohort/refresh"), mark="").text


def test_a_refresh_takes_a_fixed_number_of_statements(acting: Acting, world: World) -> None:
    from tests.checking import counted

    def spent(extra: int) -> int:
        with acting("dover-town", "mandy"):
            number = begin(world)
            moves(world)
            for one in range(extra):
                person(world.practices[OURS], 8000 + 10 * one, given_name=f"More{one}", born=OLD)
                known(f"More{one}", "bmi", 40)
            row = db.session.get_one(Programme, (world.organisations["dover-town"], number))
            mark = refresh.change_of(cohort_of(row), []).mark
            with counted() as statements:
                refresh.take(row, mark, ALL)
            count = len(statements)
            db.session.rollback()
            return count

    assert spent(40) <= 30


def test_who_is_only_not_known_any_more_is_not_ticked_to_leave(
    client_of: Client, acting: Acting, world: World, number: int
) -> None:
    with acting("dover-town"):
        known("Ada00", "bmi", 28, on=dt.date(2026, 11, 10))
        owner = _person("Ada06").id
        db.session.execute(
            update(CodedEvent).where(CodedEvent.person_id == owner).values(on=dt.date(2999, 1, 1))
        )
        db.session.commit()
    page = client_of("mandy").get(address(number, "cohort/refresh")).text
    assert 'value="no longer meets: latest BMI 30 or more" checked' in page
    assert 'value="no longer known: latest BMI 30 or more"' in page
    assert 'value="no longer known: latest BMI 30 or more" checked' not in page
    take(client_of, number, ["no longer meets: latest BMI 30 or more"])
    after = statuses(acting)
    assert after["Ada00"][0] == "left out"
    assert after["Ada06"][0] == "identified"
