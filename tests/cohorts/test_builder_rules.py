"""Changing a definition step by step, and each rule's form, held against random definitions."""

import datetime as dt
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

import pytest
from flask import Flask
from hypothesis import HealthCheck, given, reject, settings
from hypothesis import strategies as st
from sqlalchemy import select

from app.cohorts import definition
from app.cohorts.builder import (
    LISTS,
    NoSuchPlace,
    Step,
    added,
    at,
    check_list,
    mark_of,
    moved,
    removed,
    replaced,
    steps_of,
)
from app.cohorts.definition import ChangedMeanwhile
from app.cohorts.models import Cohort
from app.cohorts.pages import words_of
from app.cohorts.rule_forms import Choices
from app.cohorts.spots import FORMS, kind_of
from app.library.cohort_rules import BadRule
from app.library.definitions import read_definition
from app.programmes.models import Programme
from tenants.db import Json, db
from tests.cohorts.strategies import DEFINITIONS, RULES
from tests.conftest import block
from tests.programmes.people import programme
from tests.world import World

DAY = dt.date(2026, 11, 2)
AGE = {"kind": "age", "from": 1, "to": 2}


def every_step(whole: Json) -> list[Step]:
    return [step for part in LISTS for step in steps_of(whole, part)]


def as_kept(whole: Json) -> Json:
    try:
        return {"leave_out": [], **read_definition(whole).as_json}
    except BadRule:  # the same rule twice, written differently
        reject()


@given(DEFINITIONS)
def test_what_is_listed_stands_where_it_says_and_can_be_put_back(drawn: Json) -> None:
    whole = as_kept(drawn)
    steps = every_step(whole)
    assert len({step.place for step in steps}) == len({step.key for step in steps}) == len(steps)
    for step in steps:
        assert at(whole, step.place) == step.node
        assert replaced(whole, step.place, step.node) == whole
        assert words_of(step.node)


@given(DEFINITIONS)
def test_moving_a_rule_back_undoes_moving_it_and_an_end_is_an_end(drawn: Json) -> None:
    whole = as_kept(drawn)
    for step in every_step(whole):
        above, _, number = step.place.rpartition(".")
        up = moved(whole, step.place, -1)
        assert (up == whole) is step.first
        if not step.first:
            assert moved(up, f"{above}.{int(number) - 1}", 1) == whole
        assert (moved(whole, step.place, 1) == whole) is step.last


@given(DEFINITIONS)
def test_what_is_taken_out_is_gone_and_what_is_left_can_be_read(drawn: Json) -> None:
    whole = as_kept(drawn)
    before = whole.copy()
    for step in every_step(whole):
        after = removed(whole, step.place)
        gone = len(every_step(whole)) - len(every_step(after))
        assert gone >= 1
        read_definition(after)
        for part in LISTS:
            assert all(one.node["rules"] for one in steps_of(after, part) if one.is_group)
    assert whole == before, "nothing here changes what it is given"


@given(DEFINITIONS, st.sampled_from(LISTS))
def test_what_is_added_stands_at_the_end(drawn: Json, part: str) -> None:
    whole = as_kept(drawn)
    after = added(whole, part, AGE)
    place = f"{part}.{len(whole[part])}"
    assert at(after, place) == AGE
    assert removed(after, place) == whole
    assert mark_of(after, DAY) != mark_of(whole, DAY) != mark_of(whole, DAY + dt.timedelta(days=1))


@pytest.mark.parametrize(
    "place",
    ["", "people.0", "rules.", "rules.x", "rules.-1", "rules.1", "rules.0.0", "rules.²", "rules" + ".0" * 40],
)
def test_a_place_that_is_not_there_is_refused(place: str) -> None:
    with pytest.raises(NoSuchPlace):
        at({"rules": [AGE]}, place)
    with pytest.raises(NoSuchPlace):
        check_list({"rules": [AGE]}, place)


@given(RULES)
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_a_rule_that_its_form_shows_and_makes_again_is_the_same(app: Flask, drawn: Json) -> None:
    node = read_definition({"rules": [drawn]}).rules[0].as_json
    with app.test_request_context():
        form = FORMS[kind_of(node)](formdata=None, data=FORMS[kind_of(node)].data_of(node))
        form.of(Choices(), node)
        assert read_definition({"rules": [form.node()]}).rules[0].as_json == node


def test_of_two_changes_at_once_to_what_both_have_seen_one_holds(live: Flask, world: World) -> None:
    with block(live, world, "dover-town", "mandy", False):
        number = programme().id
        db.session.commit()
    together = Barrier(4)

    def change(who: str) -> bool:
        with block(live, world, "dover-town", who, True):
            row = db.session.get_one(Programme, (world.organisations["dover-town"], number))
            mark = definition.mark_of(definition.cohort_of(row))
            together.wait(timeout=60)
            try:
                definition.change(row, mark, lambda was: added(was, "rules", AGE))
            except ChangedMeanwhile:
                db.session.rollback()
                return False
            db.session.commit()
            return True

    with ThreadPoolExecutor(4) as pool:
        answers = list(pool.map(change, ["mandy", "alan", "max", "alan"]))
    with block(live, world, "dover-town", "mandy", False):
        kept = db.session.scalars(select(Cohort)).one().definition["rules"]
    assert kept.count(AGE) == 1
    assert sum(answers) == 1
