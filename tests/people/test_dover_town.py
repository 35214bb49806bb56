"""Dover Town's own files, held against the truth in expected.json."""

import datetime as dt
from collections import Counter
from typing import Any

import pytest
from sqlalchemy import func, select

from app.people import imports
from app.people.import_models import ImportFile, ImportRow
from app.people.models import CodedEvent, Person
from app.people.rules import has_check_digit
from tenants.db import db
from tests.people.files import EXPECTED, dover
from tests.people.sources import source

INDEX = dt.date.fromisoformat(EXPECTED["index"])


@pytest.fixture
def on_the_day(moved: Any) -> None:
    moved(dt.datetime.combine(INDEX, dt.time(9)))


def bring(kind: str, name: str, **given: Any) -> ImportFile:
    return imports.bring_in(source(kind), dover(name), f"{name}.csv", INDEX, "Alan", **given)


def how_many(model: Any) -> int:
    return db.session.scalar(select(func.count()).select_from(model)) or 0


def test_the_patient_list_is_counted_as_in_the_truth(acting, on_the_day):
    with acting("dover-town", "alan"):
        found = bring("people", "gp_patients")
        assert (found.state, found.rows) == ("done", EXPECTED["rows"])
        assert found.counts["reasons"]["refused"] == EXPECTED["refused"]
        assert how_many(Person) == found.counts["new"] == EXPECTED["people"]
        kept = db.session.scalars(select(ImportRow.outcome).where(ImportRow.import_id == found.id))
        assert Counter(kept) == {"refused": sum(EXPECTED["refused"].values())}


def test_people_are_saved_in_one_form_with_a_pseudonym_each(acting, on_the_day):
    with acting("dover-town", "alan"):
        bring("people", "gp_patients")
        saved = db.session.scalars(select(Person)).all()
        assert all(has_check_digit(person.nhs_number) for person in saved)
        assert len({person.pseudonym for person in saved}) == len(saved)
        assert {len(person.mobile) for person in saved} == {0, 11}
        zoe = next(person for person in saved if person.given_name == "Zoë")
        assert zoe.name_key.startswith("zoe ")
        members = [person for person in saved if person.nhs_number in EXPECTED["members"]]
        assert len(members) == EXPECTED["cohort"]
        died, left, opted = EXPECTED["attrition"][:3]
        assert sum(1 for person in saved if person.died_on) == died[1]
        still = [person for person in saved if not person.died_on]
        assert sum(1 for person in still if person.left_on) == left[1]
        assert sum(1 for person in still if not person.left_on and person.type1_opt_out) == opted[1]


def test_events_are_counted_and_what_cannot_be_true_is_kept_apart(acting, on_the_day):
    with acting("dover-town", "alan"):
        bring("people", "gp_patients")
        found = bring("events", "gp_events")
        assert found.rows == EXPECTED["events"]
        assert found.counts["reasons"]["refused"]["impossible date"] == EXPECTED["impossible_dates"]
        assert found.counts["reasons"]["set aside"]["implausible BMI"] == 6
        assert found.counts["reasons"]["set aside"]["date in the future"] == 6
        assert how_many(CodedEvent) == found.counts["new"]
        assert db.session.scalar(select(func.max(CodedEvent.on))) <= INDEX
        highest = select(func.max(CodedEvent.value)).where(CodedEvent.code == "60621009")
        assert db.session.scalar(highest) < 90
        assert db.session.scalars(select(CodedEvent.unit).where(CodedEvent.unit == "%")).first() is None


def test_the_same_files_twice_change_nothing(acting, on_the_day):
    with acting("dover-town", "alan"):
        for kind, name in (("people", "gp_patients"), ("events", "gp_events")):
            first, second = bring(kind, name), bring(kind, name)
            assert second.counts["new"] == second.counts["changed"] == 0
            assert second.counts["unchanged"] == first.counts["new"]
            assert second.counts["refused"] == first.counts["refused"]
        assert how_many(Person) == EXPECTED["people"]
