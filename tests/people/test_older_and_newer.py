"""Which value is held: an older extract overwrites no newer one, value by value; who is missing is marked."""

import datetime as dt
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import delete, select, update

from app.people import imports
from app.people.import_models import ImportFile
from app.people.models import Person
from tenants.db import db
from tests.people.files import ADA, BEN, CAZ, events, people, person
from tests.people.sources import source

JANUARY, FEBRUARY, MARCH = (dt.date(2026, month, 1) for month in (1, 2, 3))
SHORT = "NHS No,Practice,First name,Surname,DOB,Deducted,Date of Death,Type 1"


def bring(text: bytes, day: dt.date, **given: Any) -> ImportFile:
    return imports.bring_in(source("people"), text, "list.csv", day, "Alan", **given)


def held(number: str = ADA) -> Person:
    db.session.expire_all()
    return db.session.scalars(select(Person).where(Person.nhs_number == number)).one()


def short(number: str = ADA, family: str = "Lovelady") -> bytes:
    """A list that says nothing of address, phone and language."""
    return f"{SHORT}\r\n{number},G82999,Ada,{family},01/02/1970,,,\r\n".encode()


def test_an_older_extract_changes_nothing_and_says_why(acting):
    with acting("dover-town", "alan"):
        bring(people(person(postcode="CT17 9ZZ")), MARCH)
        older = bring(people(person(postcode="CT16 1AA")), JANUARY)
        assert older.counts["changed"] == 0
        assert older.counts["reasons"]["unchanged"] == {"older than what is held": 1}
        assert (held().postcode, held().data_date, held().came) == ("CT17 9ZZ", MARCH, {})


def test_of_two_extracts_of_one_day_the_later_import_wins(acting):
    with acting("dover-town", "alan"):
        bring(people(person(postcode="CT17 9ZZ")), MARCH)
        assert bring(people(person(postcode="CT16 1AA")), MARCH).counts["changed"] == 1
        assert held().postcode == "CT16 1AA"


def test_what_a_newer_extract_only_says_again_is_as_new_as_it(acting):
    with acting("dover-town", "alan"):
        bring(people(person(postcode="CT17 9ZZ")), JANUARY)
        assert bring(people(person(postcode="CT17 9ZZ")), MARCH).counts["unchanged"] == 1
        bring(people(person(postcode="CT16 1AA")), FEBRUARY)
        assert (held().postcode, held().data_date) == ("CT17 9ZZ", MARCH)


def test_each_value_has_its_own_day(acting):
    with acting("dover-town", "alan"):
        first = bring(people(person(postcode="CT17 9ZZ")), JANUARY)
        newer = bring(short(family="Newname"), MARCH)
        ada = held()
        assert (ada.family_name, ada.data_date, ada.import_id) == ("Newname", MARCH, newer.id)
        assert ada.came["postcode"] == {"import": first.id, "on": "2026-01-01"}
        between = bring(people(person(postcode="CT16 1AA", family="Oldname")), FEBRUARY)
        assert between.counts["changed"] == 1
        ada = held()
        assert (ada.postcode, ada.family_name, ada.name_key) == ("CT16 1AA", "Newname", "ada newname")
        assert ada.came["postcode"] == {"import": between.id, "on": "2026-02-01"}
        assert "family_name" not in ada.came


def test_a_value_that_no_extract_ever_gave_is_taken_from_an_older_one(acting):
    with acting("dover-town", "alan"):
        bring(short(), MARCH)
        assert bring(people(person(postcode="CT16 1AA")), JANUARY).counts["changed"] == 1
        ada = held()
        assert (ada.postcode, ada.data_date, ada.came["postcode"]["on"]) == ("CT16 1AA", MARCH, "2026-01-01")


def test_an_empty_value_of_a_newer_extract_is_a_value(acting):
    with acting("dover-town", "alan"):
        bring(people(person(mobile="07700 900123")), JANUARY)
        bring(people(person(mobile="")), MARCH)
        bring(people(person(mobile="07700 900123")), FEBRUARY)
        assert held().mobile == ""


def test_the_same_file_twice_leaves_the_row_as_it_was(acting):
    with acting("dover-town", "alan"):
        first = bring(people(person()), MARCH)
        before = held().updated_at
        again = bring(people(person()), MARCH)
        assert (again.counts["unchanged"], again.counts["reasons"]) == (1, {})
        assert (held().import_id, held().updated_at) == (first.id, before)


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(st.tuples(st.integers(1, 4), st.booleans(), st.integers(1, 3)), min_size=1, max_size=5))
def test_whatever_the_order_the_newest_day_that_says_a_value_has_it(acting, said):
    """Extracts of days 1 to 4, some without the postcode column, come in any order."""
    newest: dict[str, tuple[int, str]] = {}
    with acting("dover-town", "alan"):
        db.session.execute(delete(Person))
        for day, whole_line, value in said:
            family, postcode = f"Name{'abc'[value - 1]}", f"CT{value + 10} 1AA"
            text = people(person(family=family, postcode=postcode)) if whole_line else short(family=family)
            bring(text, dt.date(2026, 1, day))
            seen = {"family": family} | ({"postcode": postcode} if whole_line else {})
            for name, cell in seen.items():
                if day >= newest.get(name, (0, ""))[0]:
                    newest[name] = (day, cell)
        ada = held()
        assert ada.family_name == newest["family"][1]
        assert ada.postcode == newest.get("postcode", (0, ""))[1]


TWO_PRACTICES = people(person(ADA), person(BEN, practice="G82998"), person(CAZ))


def test_who_is_missing_from_a_newer_whole_extract_is_marked_and_not_deleted(acting):
    with acting("dover-town", "alan"):
        bring(TWO_PRACTICES, JANUARY, whole=True)
        preview = bring(people(person(ADA)), MARCH, whole=True, save=False)
        assert preview.counts["no longer in the list"] == 1
        assert held(CAZ).missing_since is None
        imports.start_saving(preview)
        while imports.save_on(preview):
            pass
        assert [held(who).missing_since for who in (ADA, BEN, CAZ)] == [None, None, MARCH]


def test_who_comes_again_is_no_longer_missing(acting):
    with acting("dover-town", "alan"):
        bring(TWO_PRACTICES, JANUARY, whole=True)
        bring(people(person(ADA)), FEBRUARY, whole=True)
        older = bring(people(person(CAZ)), JANUARY)
        assert (older.counts["unchanged"], held(CAZ).missing_since) == (1, FEBRUARY)
        back = bring(people(person(CAZ)), MARCH)
        assert back.counts["reasons"]["changed"] == {"in the list again": 1}
        assert held(CAZ).missing_since is None


@pytest.mark.parametrize("whole", [True, False])
def test_only_a_whole_and_newer_extract_marks_anybody(acting, whole):
    with acting("dover-town", "alan"):
        bring(TWO_PRACTICES, FEBRUARY, whole=True)
        other = bring(people(person(ADA)), JANUARY if whole else MARCH, whole=whole)
        assert other.counts.get("no longer in the list", 0) == 0
        assert held(CAZ).missing_since is None


def test_who_is_refused_died_or_left_is_not_called_missing(acting):
    with acting("dover-town", "alan"):
        bring(people(person(ADA), person(BEN, died="03/01/2026"), person(CAZ)), JANUARY, whole=True)
        again = bring(people(person(ADA), person(CAZ, died="last week")), MARCH, whole=True)
        assert again.counts["refused"] == 1
        assert again.counts["no longer in the list"] == 0


@pytest.fixture
def merged(acting) -> None:
    """Ben's record is another record of Ada."""
    with acting("dover-town", "alan"):
        bring(people(person(ADA), person(BEN)), JANUARY)
        kept = held(ADA).id
        db.session.execute(update(Person).where(Person.nhs_number == BEN).values(merged_into=kept))
        db.session.commit()


def test_a_merged_record_counts_as_unchanged_and_its_events_are_the_persons(acting, merged):
    with acting("dover-town", "alan"):
        again = bring(people(person(ADA), person(BEN)), MARCH, whole=True)
        assert again.counts["unchanged"] == 2
        assert again.counts["reasons"]["unchanged"] == {"another record of that person": 1}
        found = imports.bring_in(
            source("events"),
            events(f"{BEN},2026-01-05,60621009,BMI,31,kg/m2", f"{BEN},2026-01-05,60621009,BMI,312,kg/m2"),
            "e.csv", MARCH, "Alan",
        )  # fmt: skip
        assert (found.counts["new"], found.counts["set aside"]) == (1, 1)
        for table in ("coded_event", "set_aside_value"):
            who = db.session.scalars(db.text(f"SELECT person_id FROM {table}")).all()
            assert who == [held(ADA).id]


def test_what_protects_on_a_merged_record_reaches_the_person(acting, merged):
    with acting("dover-town", "alan"):
        again = bring(people(person(ADA), person(BEN, died="01/02/2026")), MARCH)
        assert again.counts["reasons"]["changed"] == {"another record of that person": 1}
        assert held(ADA).died_on == dt.date(2026, 2, 1)
