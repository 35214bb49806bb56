"""Columns under other names: asked once in words, remembered by the source, never guessed."""

import datetime as dt
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import select

from app.people import imports, jobs
from app.people.import_models import ImportFile, Source
from app.people.mapping import shape_of
from app.people.models import Person
from tenants.db import db
from tests.people import sources
from tests.people.files import ADA, BEN, CAZ, people, person
from tests.people.test_bad_files import sent

DATA = "/pcn/dover-town/data"
OTHER_NAMES = people(person(ADA), person(BEN), person("none")).replace(b"Date of Birth", b"Geboren am")
TAKEN = dt.date(2026, 11, 2)


def read_all(acting, number):
    with acting("dover-town", audited=True):
        while jobs.read({"import_id": number}) is not None:
            pass
        db.session.commit()


def saved(number: int) -> None:
    """Save what was previewed, as whoever acts."""
    found = imports.locked(number)
    imports.start_saving(found)
    while imports.save_on(found):
        pass


@pytest.fixture
def asked(acting) -> int:
    """An import whose column for the date of birth has to be named."""
    with acting("dover-town", "alan"):
        found = imports.bring_in(sources.source("people"), OTHER_NAMES, "l.csv", TAKEN, "Alan", save=False)
        db.session.commit()
        assert (found.state, found.doubts) == ("mapping", [])
        return found.id


def choices(page: str, name: str) -> dict[str, str]:
    """What may be chosen for one of our columns: the words → the value."""
    options = re.findall(r'<option value="([^"]*)"[^>]*>([^<]*)<', _select(page, name))
    return {words.strip(): value for value, words in options}


def _select(page: str, name: str) -> str:
    return page.split(f'name="{name}"', 1)[1].split("</select>", 1)[0]


def filled(page: str, **changed: str) -> dict[str, str]:
    """What a browser sends of the page's selects: what is selected, or the first choice."""
    values = {}
    for name in re.findall(r'<select [^>]*name="([^"]*)"', page):
        part = _select(page, name)
        selected = re.findall(r'<option value="([^"]*)" selected', part) or re.findall(
            r'value="([^"]*)"', part
        )
        values[name] = selected[0]
    return values | changed


def test_a_column_under_another_name_is_asked_for_and_then_the_file_is_read(client_of, acting, asked):
    alan = client_of("alan")
    assert "Say which column is which" in alan.get(f"{DATA}/{asked}").text
    assert "1 file with columns to name" in alan.get(DATA).text
    page = alan.get(f"{DATA}/{asked}/columns").text
    offered = choices(page, "born")
    assert "Geboren am (like 99/99/9999)" in offered
    values = filled(page, born=offered["Geboren am (like 99/99/9999)"])
    assert alan.sent(f"{DATA}/{asked}/columns", **values).status_code == 200
    read_all(acting, asked)
    assert "Save 2 people" in alan.get(f"{DATA}/{asked}").text
    with acting("dover-town"):
        assert db.session.scalars(select(Source)).one().mapping["born"] == "Geboren am"
        saved(asked)
        born = select(Person.born).where(Person.nhs_number == ADA)
        assert db.session.scalars(born).one() == dt.date(1970, 2, 1)


def test_the_next_file_of_the_source_is_not_asked_about(client_of, acting, asked):
    alan = client_of("alan")
    page = alan.get(f"{DATA}/{asked}/columns").text
    values = filled(page, born=choices(page, "born")["Geboren am (like 99/99/9999)"])
    alan.post(f"{DATA}/{asked}/columns", data=values)
    with acting("dover-town", "alan"):
        again = imports.bring_in(sources.source("people"), OTHER_NAMES, "l.csv", TAKEN, "Alan", save=False)
        assert (again.state, again.counts["new"]) == ("checked", 2)
        usual = people(person(CAZ))
        assert (
            imports.bring_in(sources.source("people"), usual, "m.csv", TAKEN, "Alan", save=False).counts[
                "new"
            ]
            == 1
        )


def test_the_page_of_names_shows_shapes_and_nobody(client_of, asked):
    page = client_of("alan").get(f"{DATA}/{asked}/columns").text
    for secret in ("Lovelady", ADA, "1970", "07700", "CT16 1AA"):
        assert secret not in page
    assert "XX99 9XX" in page


def test_a_needed_column_must_be_named_and_none_twice(client_of, acting, asked):
    alan = client_of("alan")
    page = alan.get(f"{DATA}/{asked}/columns").text
    values = filled(page)
    answer = alan.post(f"{DATA}/{asked}/columns", data=values)
    assert answer.status_code == 422
    assert "Select the column that holds Date of Birth" in answer.text
    answer = alan.post(f"{DATA}/{asked}/columns", data=values | {"born": values["given_name"]})
    assert answer.status_code == 422
    assert "This column is already Given Name." in answer.text
    with acting("dover-town"):
        assert db.session.scalars(select(ImportFile.state)).one() == "mapping"


def test_names_can_be_changed_on_the_page_of_the_source(client_of, source_of, acting):
    number, alan = source_of(), client_of("alan")
    assert "Say</a>" not in alan.get(f"{DATA}/sources/{number}").text
    answer = alan.post(f"{DATA}/sources/{number}/columns", data={"born": "Day", "left_on": "day "})
    assert answer.status_code == 422
    assert "This name is already Date of Birth." in answer.text
    page = alan.sent(f"{DATA}/sources/{number}/columns", born="Geboren am", mobile="-")
    assert "You said what its files call 2 columns." in page.text
    with acting("dover-town", "alan"):
        assert db.session.scalars(select(Source)).one().mapping == {"born": "Geboren am", "mobile": ""}
        imports.bring_in(sources.source("people"), OTHER_NAMES, "l.csv", TAKEN, "Alan")
        kept = db.session.execute(select(Person.born, Person.mobile)).all()
        assert [tuple(one) for one in kept] == [(dt.date(1970, 2, 1), "")] * 2


def test_a_file_of_other_columns_is_a_wrong_file_and_is_not_mapped(client_of, source_of):
    wrong = (
        b"NHS Number,Date,SNOMED Code,Term,Value,Units\r\n" + ADA.encode() + b",1/1/20,60621009,BMI,30,\r\n"
    )
    page = sent(client_of("alan"), source_of(), wrong)
    assert page.status_code == 422
    assert "does not have the columns that are needed" in page.text


@pytest.mark.parametrize(
    ("titles", "state"), [(b"Patient ref;Clinic;Outcome", "mapping"), (b"Patient ref;Outcome", "failed")]
)
def test_a_list_that_needs_one_column_is_asked_about_where_any_other_is_known(acting, titles, state):
    rows = titles + b"\r\n" + ADA.encode() + b";Podiatry;Closed"
    with acting("dover-town", "alan"):
        found = imports.bring_in(sources.source("service"), rows, "s.csv", TAKEN, "Alan", save=False)
        assert found.state == state


def test_a_file_that_waits_for_names_is_forgotten_after_30_days(acting, asked, moved):
    moved(dt.datetime.now(dt.UTC) + dt.timedelta(days=31))
    with acting("dover-town", audited=True):
        jobs.forget({"import_id": asked})
        db.session.commit()
        found = db.session.scalars(select(ImportFile)).one()
        assert (found.state, found.file_id) == ("cancelled", None)


@given(st.text(max_size=60))
def test_a_shape_holds_no_letter_and_no_digit_of_a_value(value):
    shape = shape_of(value)
    assert len(value.strip()) <= 2 or not {c for c in shape if c.isalnum()} - set("Xx9") - {
        c for c in value if c.isalnum() and not c.isalpha() and not c.isdecimal()
    }
