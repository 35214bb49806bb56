"""A cohort is frozen once, with everything it was counted from, and stays so."""

import datetime as dt
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import func, select

from app.cohorts import definition, freezing
from app.cohorts.criteria import evaluate
from app.cohorts.models import Cohort
from app.library.cohort_rules import Age
from app.library.definitions import Definition
from app.people.models import Person
from app.programmes.funnel import funnel_of, places_of
from app.programmes.models import Milestone, Participant, Programme
from tenants.db import db
from tests.cohorts.conftest import Block
from tests.cohorts.dover import DAY, EXPECTED
from tests.cohorts.people import Client, address, define, froze
from tests.cohorts.test_criteria import DOVER
from tests.conftest import Acting, block
from tests.programmes.people import programme
from tests.rows import person
from tests.world import World


def test_a_cohort_is_frozen_once_with_everything_it_was_counted_from(
    client_of: Client, acting: Acting, number: int
) -> None:
    alan = client_of("alan")
    assert "Freeze the cohort of about" in alan.get(address(number, "cohort/freeze")).text
    assert "The cohort is frozen. Ask the practices" in froze(alan, number)
    assert "frozen already" in froze(alan, number)
    assert "cannot be changed" in alan.get(address(number, "cohort/edit"), follow_redirects=True).text
    with acting("dover-town", "alan"):
        row = db.session.scalars(select(Cohort)).one()
        assert (row.state, row.members, row.frozen_by) == ("frozen", 30, "Alan")
        assert row.attrition[-1].items() >= {"label": "age 40 to 69", "lost": 2, "left": 30}.items()
        assert places_of(number) == {"identified": 30}
        assert funnel_of(number)[0].count == 30
        with pytest.raises(definition.AlreadyFrozen):
            definition.change(db.session.scalars(select(Programme)).one(), "", lambda was: was)
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
        define(row, Definition(tuple(DOVER)), DAY)
        assert freezing.freeze(row) is True
        assert places_of(row.id) == {"identified": EXPECTED["cohort"]}
        kept = db.session.scalars(select(Cohort)).one()
        assert [[s["label"], s["lost"], s["left"]] for s in kept.attrition] == EXPECTED["attrition"]
        assert list(definition.evaluation_of(kept).gain.items()) == list(EXPECTED["gain_if_dropped"].items())
        assert evaluate(DOVER, DAY).by_practice == definition.evaluation_of(kept).by_practice
        db.session.rollback()


@pytest.mark.parametrize(("answer", "first"), [("yes", True), ("no", False)])
def test_freezing_asks_whether_a_clinician_screens_first(
    client_of: Client, acting: Acting, number: int, answer: str, first: bool
) -> None:
    alan = client_of("alan")
    page = alan.get(address(number, "cohort/freeze")).text
    assert "Does a clinician look through the list before anybody is contacted?" in page
    assert page.count(" checked") == 1
    assert 'value="yes" checked' in page
    for wrong in ({}, {"screened_first": "perhaps"}):
        refused = alan.post(address(number, "cohort/freeze"), data=wrong)
        assert refused.status_code == 422
    with acting("dover-town"):
        assert db.session.scalar(select(func.count()).select_from(Participant)) == 0
    alan.post(address(number, "cohort/freeze"), data={"screened_first": answer})
    with acting("dover-town"):
        assert db.session.scalars(select(Cohort)).one().screened_first is first


def test_nothing_that_happens_later_changes_what_was_frozen(
    client_of: Client, acting: Acting, number: int
) -> None:
    froze(client_of("alan"), number)
    columns = [column.name for column in Cohort.__table__.columns]

    def frozen() -> tuple[list[Any], list[int], str]:
        with acting("dover-town"):
            row = db.session.scalars(select(Cohort)).one()
            members = list(db.session.scalars(select(Participant.person_id).order_by(Participant.person_id)))
            return [getattr(row, name) for name in columns], members, str(plan_of(row))

    def plan_of(row: Cohort) -> Any:
        return definition.evaluation_of(row)

    before = frozen()
    with acting("dover-town"):
        people = db.session.scalars(select(Person).order_by(Person.id)).all()
        people[0].died_on = people[1].left_on = dt.date(2026, 11, 1)
        people[2].merged_into = people[3].id
        people[4].born = dt.date(2010, 1, 1)
        person(people[0].practice_id, 9100, pseudonym="P-later")
        row = db.session.scalars(select(Programme)).one()
        row.setup = row.setup | {"cohort": {"rules": []}}
        for change in (
            lambda: definition.replace(row, "", Definition((Age(1, 2),)), "Kept"),
            lambda: definition.change(row, "", lambda was: was),
            lambda: definition.save_version(row, "", "Again"),
        ):
            with pytest.raises(definition.AlreadyFrozen):
                change()
        db.session.commit()
    froze(client_of("alan"), number)
    assert frozen() == before
