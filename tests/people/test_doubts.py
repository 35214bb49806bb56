"""A file that looks wrong is questioned, and nothing of it is saved before somebody says that it is right."""

import datetime as dt
from typing import Any

import pytest
from sqlalchemy import func, select, update

from app.audit import AuditEvent
from app.people import imports
from app.people.import_models import ImportFile, SourceAgreement
from app.people.models import CodedEvent, Person
from tenants.db import db
from tests.people.files import events, people, person
from tests.people.sources import source
from tests.rows import nhs_number

DAY = dt.date(2026, 11, 2)
OURS = [nhs_number(stem) for stem in range(1000, 1400, 10)]
OTHERS = [nhs_number(stem) for stem in range(5000, 5400, 10)]


def bring(text: bytes, kind: str = "people", **given: Any) -> ImportFile:
    return imports.bring_in(source(kind), text, "list.csv", DAY, "Alan", **({"save": False} | given))


def entries(numbers: list[str]) -> bytes:
    return events(*(f"{number},2026-01-05,60621009,BMI,31,kg/m2" for number in numbers))


@pytest.fixture
def listed(acting) -> None:
    """Forty people on the list of the first practice."""
    with acting("dover-town", "alan"):
        bring(people(*map(person, OURS)), save=True, whole=True)
        db.session.commit()


def doubts(acting, *given: Any, **more: Any) -> list[str]:
    with acting("dover-town", "alan"):
        return bring(*given, **more).doubts


def test_the_right_files_are_not_questioned(acting, listed):
    assert doubts(acting, people(*map(person, OURS)), whole=True) == []
    assert doubts(acting, people(*(person(n, practice="G82998") for n in OTHERS))) == [], "a practice's first"
    assert doubts(acting, entries(OURS), "events") == []


def test_a_list_of_other_people_of_our_practice_is_questioned(acting, listed):
    (said,) = doubts(acting, people(*map(person, OTHERS + OURS[:5])))
    assert said == "Few of its people are in your practices’ lists already: 5 of 45."


def test_events_of_other_people_are_questioned(acting, listed):
    said = doubts(acting, entries(OTHERS), "events")
    assert said[-1] == "Few of its people are in your practices’ lists: 40 of 40 rows are not."


def test_a_file_most_of_whose_rows_are_refused_is_questioned(acting):
    (said,) = doubts(acting, people(*[person("none")] * 30, *map(person, OURS[:10])))
    assert said == "Most of its rows are refused: 30 of 40."


def test_practices_that_are_not_ours_are_questioned(acting, listed):
    strangers = [person(number, practice="X99999") for number in OTHERS[:10]]
    (said,) = doubts(acting, people(*strangers, *map(person, OURS)))
    assert said == "10 of its 50 rows are of practices that are not in your PCN."


def test_a_whole_extract_of_half_as_many_people_is_questioned(acting, listed):
    short = people(*map(person, OURS[:19]), person("none"))
    marked, said = doubts(acting, short, whole=True)
    assert marked == "More would be marked as no longer in the list (21) than are in it (19)."
    assert said == "It is much shorter than the last whole extract: 19 people, and 40 then."
    assert doubts(acting, short) == []


def test_a_few_rows_are_seen_at_a_glance(acting, listed):
    assert doubts(acting, people(*map(person, OTHERS[:5]))) == []


def test_nothing_is_saved_before_somebody_says_that_it_is_right(acting, listed):
    with acting("dover-town", "alan", audited=True):
        found = bring(entries(OTHERS + OURS[:5]), "events")
        with pytest.raises(imports.Doubtful):
            imports.start_saving(found)
        assert (found.state, db.session.scalar(select(func.count()).select_from(CodedEvent))) == (
            "checked",
            0,
        )
        assert imports.vouch(found, "Alan")
        imports.start_saving(found)
        while imports.save_on(found):
            pass
        assert db.session.scalar(select(func.count()).select_from(CodedEvent)) == 5
        assert found.vouched_by == "Alan"
        said = select(func.count()).select_from(AuditEvent).where(AuditEvent.action == "vouched for")
        assert db.session.scalar(said) == 1


def test_reading_again_asks_again(acting, listed):
    with acting("dover-town", "alan"):
        found = bring(entries(OTHERS), "events")
        imports.vouch(found, "Alan")
        imports.read_again(found)
        assert (found.doubts, found.vouched_by) == ([], None)
        while imports.read_on(found):
            pass
        assert len(found.doubts) == 2


def test_an_agreement_that_ended_since_the_preview_stops_the_saving(acting):
    with acting("dover-town", "alan"):
        found = bring(people(person(OURS[0])))
        db.session.execute(
            update(SourceAgreement)
            .where(SourceAgreement.source_id == found.source_id)
            .values(ends_on=dt.date(2026, 1, 1))
        )
        with pytest.raises(imports.NoAgreement):
            imports.start_saving(found)
        assert db.session.scalar(select(func.count()).select_from(Person)) == 0


SERVICES = b"NHS No;Service;Referral date;Status\r\n%s;Podiatry;01/02/2026;Seen" % OURS[0].encode()
HELPERS = b"NHS Number,Agreed to help with,Since\r\n%s,interviews,01/02/2026" % OURS[0].encode()


@pytest.mark.parametrize(
    ("text", "kind", "meant"),
    [
        (HELPERS, "service", "Patient council"),
        (SERVICES, "council", "A service’s list, by NHS number"),
        (people(person(OURS[0])), "service", "Practices’ patient list"),
        (people(person(OURS[0])), "named", "Practices’ patient list"),
        (events(f"{OURS[0]},2026-01-05,60621009,BMI,31,kg/m2"), "council", "Coded events"),
    ],
)
def test_a_file_of_another_kind_is_questioned_however_short(acting, listed, text, kind, meant):
    assert f"Its columns are those of another kind of file: {meant}." in doubts(acting, text, kind)


@pytest.mark.parametrize(("text", "kind"), [(HELPERS, "council"), (SERVICES, "service")])
def test_a_file_of_its_own_kind_is_not(acting, listed, text, kind):
    assert doubts(acting, text, kind) == []


def test_a_file_without_most_columns_of_the_last_one_is_questioned(acting, listed):
    with acting("dover-town", "alan"):
        assert bring(SERVICES, "service", save=True).state == "done"
        db.session.commit()
    other = SERVICES.replace(b"Service;Referral date;Status", b"Desk;Band;Seen by")
    (said,) = doubts(acting, other, "service")
    assert said == (
        "It lacks most of the columns of the last file from this source:"
        " “Service”, “Referral date”, “Status”."
    )
    renamed = SERVICES.replace(b"NHS No;Service;Referral date", b"NHS Number;Clinic;Referred")
    assert doubts(acting, renamed, "service") == [], "other names for the same columns"


def test_a_whole_extract_of_a_few_that_marks_all_others_is_questioned(acting, listed):
    marked, shorter = doubts(acting, people(*map(person, OURS[:3])), whole=True)
    assert marked == "More would be marked as no longer in the list (37) than are in it (3)."
    assert shorter == "It is much shorter than the last whole extract: 3 people, and 40 then."
