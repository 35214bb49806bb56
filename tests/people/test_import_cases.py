"""What went wrong in other systems that bring in lists, as cases of ours. Source: peers.md, section 4."""

import csv
import datetime as dt
import io
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import delete, func, select

from app.people import imports
from app.people.exports import refused_rows
from app.people.import_models import ImportFile, ImportRow
from app.people.models import CodedEvent, Person
from tenants.db import db
from tests.people.files import ADA, BEN, CAZ, events, people, person
from tests.people.sources import source

JANUARY, MARCH = dt.date(2026, 1, 1), dt.date(2026, 3, 1)
HYPERTENSION = "2026-01-09,38341003,Hypertensive disorder,,"


def bring(text: bytes, kind: str = "people", day: dt.date = MARCH, **given: Any) -> ImportFile:
    return imports.bring_in(source(kind), text, "list.csv", day, "Alan", **given)


def listed(found: ImportFile) -> list[tuple[int, str, str | None]]:
    rows = select(ImportRow.line, ImportRow.outcome, ImportRow.reason).where(ImportRow.import_id == found.id)
    return [tuple(row) for row in db.session.execute(rows.order_by(ImportRow.line))]


def test_the_same_nhs_number_twice_in_a_file_however_it_is_spaced(acting):
    spaced = f"{ADA[:3]} {ADA[3:6]} {ADA[6:]}"
    with acting("dover-town", "alan"):
        found = bring(people(person(ADA, given="Ada"), person(spaced, given="Eve"), person(f" {ADA} ")))
        assert listed(found) == [(n, "refused", "same NHS number twice") for n in (3, 4)]
        assert db.session.scalars(select(Person.given_name)).all() == ["Ada"]


def test_a_line_that_comes_again_is_refused_also_where_the_first_changes_nothing(acting):
    with acting("dover-town", "alan"):
        bring(people(person(ADA)))
        found = bring(people(person(ADA), person(ADA, postcode="CT17 9ZZ")))
        assert (found.counts["unchanged"], found.counts["refused"]) == (1, 1)
        assert db.session.scalars(select(Person.postcode)).all() == ["CT16 1AA"]


def test_two_blank_nhs_numbers_are_two_problems_and_not_one_person_twice(acting):
    with acting("dover-town", "alan"):
        found = bring(people(person(""), person("n/a"), person(ADA)))
        assert listed(found) == [(n, "refused", "no NHS number") for n in (2, 3)]


def test_a_person_who_had_left_and_comes_again_is_registered_again(acting):
    with acting("dover-town", "alan"):
        bring(people(person(ADA, left="05/01/2026")), day=JANUARY)
        assert bring(people(person(ADA))).counts["changed"] == 1
        assert db.session.scalars(select(Person.left_on)).all() == [None]


def test_an_address_from_an_old_file_does_not_overwrite_a_newer_one(acting):
    with acting("dover-town", "alan"):
        bring(people(person(ADA, postcode="CT17 9ZZ")))
        bring(people(person(ADA, postcode="CT16 1AA")), day=JANUARY)
        assert db.session.scalars(select(Person.postcode)).all() == ["CT17 9ZZ"]


CELLS = st.sampled_from(
    [
        person(ADA), person(BEN), person(f"{CAZ[:3]}-{CAZ[3:]}"), person("none"), person("999"),
        person("9991234567"), person(ADA, postcode="CT17 9ZZ"), person(BEN, practice="X99999"),
        person(CAZ, born="31/02/1970"), person(CAZ, died="?"), person(BEN, mobile="01304 555 123"),
        "", ",,,,,,,,,,", "a,b", person() + ",x", person() + ",", person(given="a\\tb\\N"),
        f'"{ADA}","G82999","A""da\n",Lovelady,01/02/1970,,,,,,',
    ]
)  # fmt: skip


@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(CELLS, min_size=1, max_size=8), st.lists(CELLS, min_size=1, max_size=8))
def test_every_row_is_counted_once_and_what_is_saved_is_what_was_previewed(acting, first, second):
    with acting("dover-town", "alan"):
        db.session.execute(delete(Person))
        for lines in (first, second):
            found = bring(people(*lines), save=False)
            if found.state == "failed":
                continue
            counts, before = dict(found.counts), db.session.scalar(select(func.count()).select_from(Person))
            assert sum(counts[outcome] for outcome in imports.OUTCOMES) == found.rows
            assert len(listed(found)) == counts["refused"]
            imports.start_saving(found)
            while imports.save_on(found):
                pass
            assert found.cursor["saved"] == counts["new"] + counts["changed"]
            after = db.session.scalar(select(func.count()).select_from(Person))
            assert after - before == counts["new"]
            assert found.counts == counts
            again = bring(people(*lines))
            assert (again.counts["new"], again.counts["changed"]) == (0, 0)
            assert again.counts["refused"] == counts["refused"]


def test_text_that_a_copy_could_trip_over_arrives_as_it_was_written(acting):
    odd = 'Ada \\N "the \\t" O’Brien\\'
    cells = person(given='"' + odd.replace('"', '""') + '"', family="\\N")
    with acting("dover-town", "alan"):
        assert bring(people(cells)).counts["new"] == 1
        ada = db.session.scalars(select(Person)).one()
        assert (ada.given_name, ada.family_name) == (odd, "\\N")
        bring(events(f"{ADA},2026-01-09,38341003,Hyper\\tension \\N,,"), "events")
        assert db.session.scalars(select(CodedEvent.term)).all() == ["Hyper\\tension \\N"]


REFUSED = {
    "people": people(person("none"), person(ADA), person(ADA, given="Eve")),
    "events": events(
        f"none,{HYPERTENSION}", f"{BEN},{HYPERTENSION}", f"{ADA},{HYPERTENSION}", "9991234567,,,,,"
    ),
    "service": f"NHS Number,Service\r\nnone,Warm homes\r\n{BEN},Warm homes\r\n".encode(),
}
REASONS = {
    "people": [("2", "no NHS number"), ("4", "same NHS number twice")],
    "events": [("2", "no NHS number"), ("3", "person not in the list"), ("5", "no date")],
    "service": [("2", "no NHS number"), ("3", "person not in the list")],
}


@pytest.mark.parametrize("kind", REFUSED)
def test_refused_rows_of_every_kind_come_back_as_they_came_with_the_reason(acting, kind):
    with acting("dover-town", "alan"):
        if kind != "people":
            bring(people(person(ADA)))
        found = bring(REFUSED[kind], kind)
        text, count = refused_rows(found)
        titles, *rows = csv.reader(io.StringIO(text, newline=""))
        assert [tuple(row[-2:]) for row in rows] == REASONS[kind]
        assert count == found.counts["refused"]
        sent = list(csv.reader(io.StringIO(REFUSED[kind].decode(), newline="")))
        assert titles[:-2] == sent[0]
        assert [row[:-2] for row in rows] == [sent[int(row[-2]) - 1] for row in rows]


def test_a_number_with_a_bad_check_digit_is_called_that_in_every_kind(acting):
    with acting("dover-town", "alan"):
        bring(people(person(ADA)))
        found = bring(events(f"9991234567,{HYPERTENSION}", f"999 123 4567,{HYPERTENSION}"), "events")
        assert found.counts["reasons"]["refused"] == {"bad check digit": 2}
