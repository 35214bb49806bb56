"""Opt-outs of the use of data that somebody told us of: no list takes them back, and merging keeps them."""

import datetime as dt
from typing import Any

import pytest
from sqlalchemy import select

from app.cohorts.criteria import evaluate
from app.library.cohort_rules import Age
from app.outreach import choices, needs
from app.outreach.choice_models import ContactChoice, ContactNeed
from app.people import data_opt_outs, imports
from app.people.models import DataOptOut, Person
from tenants.db import db
from tests.people.files import ADA
from tests.people.files import people as list_of
from tests.people.files import person as line
from tests.people.sources import source
from tests.people.test_merging import TAKEN, merged, two  # noqa: F401 - a fixture

SAID = {"source": "by phone", "entered_by": "Cora"}


def counted() -> list[int]:
    """Whom a cohort of everybody takes in."""
    return list(evaluate([Age(0, 120)], TAKEN).members)


def test_a_type_1_opt_out_that_was_told_leaves_out_of_cohorts_until_it_is_taken_back(acting, two):  # noqa: F811
    with acting("dover-town", "clara"):
        assert counted() == list(two)
        data_opt_outs.enter(two[0], data_opt_outs.TYPE_1, **SAID)
        found = evaluate([Age(0, 120)], TAKEN)
        assert found.members == [two[1]]
        assert [step["lost"] for step in found.attrition if step["label"] == "Type 1 opt-out"] == [1]
        (told,) = data_opt_outs.of_person(two[0])
        assert data_opt_outs.lift(told, why="A mistake", lifted_by="Cora")
        assert not data_opt_outs.lift(told, why="A mistake", lifted_by="Cora")
        assert counted() == list(two)


def test_a_national_data_opt_out_is_another_thing(acting, two):  # noqa: F811
    with acting("dover-town", "clara"):
        data_opt_outs.enter(two[0], data_opt_outs.NATIONAL, **SAID)
        assert counted() == list(two)


def test_a_new_list_takes_back_nothing_that_people_asked(acting, two, world):  # noqa: F811
    ada = two[0]
    with acting("dover-town", "clara"):
        data_opt_outs.enter(ada, data_opt_outs.TYPE_1, **SAID)
        choices.never_contact(ada, **SAID)
        choices.hold(ada, note="Ask first", **SAID)
        needs.note(ada, "format", "Large print", **SAID)
        text = list_of(line(ADA, family="Lovelady", type1="N"))
        imports.bring_in(source("people"), text, "list.csv", dt.date(2026, 11, 9), "Alan")
        db.session.expire_all()
        assert not db.session.scalars(select(Person).where(Person.nhs_number == ADA)).one().type1_opt_out
        assert ada not in counted()
        assert [row.lifted_at for row in live(ada, DataOptOut, ContactChoice, ContactNeed)] == [None] * 4


def live(person_id: int, *models: Any) -> list[Any]:
    """The rows of these tables that are the person's."""
    return [
        row
        for model in models
        for row in db.session.scalars(select(model).where(model.person_id == person_id))
    ]


@pytest.mark.parametrize("first", ["said", "merged"])
def test_what_was_asked_by_way_of_either_record_is_the_persons(acting, two, first):  # noqa: F811
    kept, other = two
    with acting("dover-town", "clara"):
        if first == "merged":
            merged(two)
        data_opt_outs.enter(other, data_opt_outs.TYPE_1, **SAID)
        choices.hold(other, note="Ask first", **SAID)
        needs.note(other, "language", "pl", **SAID)
        if first == "said":
            merged(two)
        assert len(live(kept, DataOptOut, ContactChoice, ContactNeed)) == 3
        assert counted() == []


def test_what_the_kept_record_no_longer_has_comes_from_the_other_one(acting, two):  # noqa: F811
    kept, other = two
    with acting("dover-town", "clara"):
        data_opt_outs.enter(kept, data_opt_outs.TYPE_1, **SAID)
        data_opt_outs.lift(data_opt_outs.of_person(kept)[0], why="A mistake", lifted_by="Cora")
        data_opt_outs.enter(other, data_opt_outs.TYPE_1, **SAID)
        needs.note(kept, "language", "ro", **SAID)
        needs.note(other, "language", "pl", **SAID)
        merged(two)
        assert counted() == []
        assert [(row.value, row.lifted_at) for row in live(kept, ContactNeed)] == [("ro", None)]
