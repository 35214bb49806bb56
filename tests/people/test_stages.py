"""The stages of an import: in chunks that can be gone on with, saved as previewed, or cancelled."""

import datetime as dt
from decimal import Decimal

import pytest
from sqlalchemy import func, select

from app import outbox
from app.audit import AuditEvent
from app.files import FileChunk, StoredFile, content
from app.outbox import Outbox
from app.people import imports, jobs, reading
from app.people.import_models import ImportFile, ImportRow
from app.people.models import CodedEvent, Person
from app.people.staged import StagedPerson
from tenants import scope
from tenants.db import db
from tests.people.files import ADA, BEN, CAZ, events, people, person
from tests.people.sources import source

TAKEN = dt.date(2026, 11, 2)
HBA1C = "999791000000106"
DATA = "/pcn/dover-town/data"


def brought(text: bytes, kind: str = "people", **given) -> ImportFile:
    return imports.bring_in(source(kind), text, "list.csv", TAKEN, "Alan", **given)


def opened(text: bytes) -> ImportFile:
    return imports.open_import(source("people"), "list.csv", [text], data_date=TAKEN, by="Alan")


def how_many(model) -> int:
    return db.session.scalar(select(func.count()).select_from(model)) or 0


def run_to_end(handler, payload) -> int:
    """Run a handler until it is done; returns how often it asked to be run again."""
    times = 0
    while handler(payload) is not None:
        times += 1
    return times


@pytest.fixture
def small_chunks(monkeypatch):
    monkeypatch.setattr(reading, "at_once", lambda kind: 2)
    monkeypatch.setattr(imports, "SAVED_IN_BULK", 2)


FIVE = people(
    person(ADA),
    person(BEN),
    person(CAZ),
    person(ADA, postcode="CT16 2BB"),
    person("9990000018", given="Élan"),
)


@pytest.mark.parametrize("encoding", ["utf-8", "utf-16", "cp1252"])
def test_a_worker_that_dies_between_chunks_is_followed_by_one_that_goes_on(acting, small_chunks, encoding):
    with acting("dover-town", "alan"):
        found = opened(FIVE.decode().encode(encoding))
        db.session.commit()
        payload = {"import_id": found.id}
        assert isinstance(jobs.read(payload), outbox.Later)
        db.session.commit()
        assert jobs.read(payload) is not None
        db.session.rollback()  # killed before it could commit
    with acting("dover-town", "alan"):
        run_to_end(jobs.read, payload)
        found = imports.locked(payload["import_id"])
        assert (found.state, found.rows) == ("checked", 5)
        waiting = db.session.scalars(select(StagedPerson.line).order_by(StagedPerson.line)).all()
        kept = db.session.execute(select(ImportRow.line, ImportRow.outcome)).all()
        assert (waiting, kept) == ([2, 3, 4, 6], [(5, "refused")])
        assert (found.counts["new"], found.counts["refused"]) == (4, 1)


def test_the_page_says_how_far_the_reading_and_the_saving_have_come(client_of, acting, small_chunks):
    with acting("dover-town", "alan"):
        found = opened(people(person(ADA), person(BEN), person(CAZ)))
        imports.read_on(found)
        db.session.commit()
    assert "Read 2 of about 3 rows." in client_of("alan").get(f"{DATA}/{found.id}").text
    with acting("dover-town", "alan"):
        again = imports.locked(found.id)
        while imports.read_on(again):
            pass
        imports.start_saving(again)
        imports.save_on(again)
        db.session.commit()
    assert "Saved 1 of 3." in client_of("alan").get(f"{DATA}/{found.id}/now").text


def test_saving_that_dies_between_chunks_saves_everybody_once(acting, small_chunks):
    with acting("dover-town", "alan"):
        found = brought(FIVE, save=False)
        imports.start_saving(found)
        db.session.commit()
        payload = {"import_id": found.id}
        jobs.save(payload)
        db.session.commit()
        jobs.save(payload)
        db.session.rollback()
    with acting("dover-town", "alan"):
        run_to_end(jobs.save, payload)
        assert how_many(Person) == 4
        assert imports.locked(payload["import_id"]).cursor["saved"] == 4


def test_what_waited_of_a_large_file_is_taken_away_by_the_worker(app, acting, monkeypatch):
    monkeypatch.setattr(imports, "SAVED_AT_ONCE", 2)
    with acting("dover-town", "alan"):
        found = brought(people(person(ADA), person(BEN), person(CAZ)))
        db.session.commit()
        assert (found.state, how_many(Person), how_many(StagedPerson)) == ("done", 3, 3)
        work = db.session.execute(select(Outbox.org_id, Outbox.id).where(Outbox.kind == "people.clear")).one()
    with app.app_context():
        assert outbox.run(*work) == "done"
    with acting("dover-town", "alan"):
        assert (how_many(Person), how_many(StagedPerson)) == (3, 0)


def test_work_on_an_import_that_was_cancelled_meanwhile_does_nothing(acting, small_chunks):
    with acting("dover-town", "alan"):
        found = opened(FIVE)
        jobs.read({"import_id": found.id})
        imports.cancel(found)
        assert jobs.read({"import_id": found.id}) is None
        assert (how_many(ImportRow), how_many(StoredFile), how_many(FileChunk)) == (0, 0, 0)
        assert found.state == "cancelled"


def test_a_second_file_updates_what_changed_and_leaves_what_it_does_not_have(acting):
    with acting("dover-town", "alan"):
        brought(people(person(ADA), person(BEN)))
        before = {p.nhs_number: (p.pseudonym, p.lsoa) for p in db.session.scalars(select(Person))}
        db.session.expunge_all()
        titles = b"NHS No,Practice,First name,Surname,DOB,Postcode,Deducted,Date of Death,Type 1\r\n"
        moved = f"{ADA},G82999,Ada,Lovelady,1970-02-01,CT17 9ZZ,,,Yes\r\n"
        stayed = f"{BEN},G82999,Ada,Lovelady,01/02/70,ct161aa,,,\r\n"
        second = brought(titles + (moved + stayed).encode())
        assert (second.counts["changed"], second.counts["unchanged"]) == (1, 1)
        ada = db.session.scalars(select(Person).where(Person.nhs_number == ADA)).one()
        assert (ada.postcode, ada.type1_opt_out, ada.mobile) == ("CT17 9ZZ", True, "07700900123")
        assert (ada.pseudonym, ada.lsoa) == before[ADA]


def test_what_was_previewed_is_not_saved_over_what_came_meanwhile(acting):
    with acting("dover-town", "alan"):
        first = brought(people(person(ADA)), save=False)
        db.session.commit()
        brought(people(person(ADA, postcode="CT17 1AA")))
        with pytest.raises(imports.Stale):
            imports.start_saving(first)
        assert imports.read_again(first)
        run_to_end(jobs.read, {"import_id": first.id})
        assert first.counts["changed"] == 1


def test_events_are_refused_set_aside_or_converted(acting):
    lines = (
        f"{ADA},2026-01-05,{HBA1C},HbA1c,6.5,%",
        f"{ADA},2026-01-06,{HBA1C},HbA1c,48,mmol/mol",
        f"{ADA},2026-01-07,60621009,BMI,312,kg/m2",
        f"{ADA},2199-01-08,60621009,BMI,31,kg/m2",
        f"{ADA},31/02/2026,60621009,BMI,31,kg/m2",
        f"{ADA},2026-01-09,60621009,BMI,thirty,kg/m2",
        f"{ADA},2026-01-09,60621009,BMI,31,stone",
        f"{BEN},2026-01-09,60621009,BMI,31,kg/m2",
        f"{ADA},2026-01-05,{HBA1C},HbA1c,6.5,%",
        f"{ADA},2026-01-10,38341003,Hypertensive disorder,,",
    )
    with acting("dover-town", "alan"):
        brought(people(person(ADA)))
        found = brought(events(*lines), "events")
        assert found.counts["reasons"] == {
            "refused": {"impossible date": 1, "person not in the list": 1},
            "set aside": {
                "BMI in an unknown unit": 1, "date in the future": 1,
                "implausible BMI": 1, "value is not a number": 1,
            },
            "unchanged": {"same entry twice": 1},
        }  # fmt: skip
        saved = db.session.scalars(select(CodedEvent).order_by(CodedEvent.on)).all()
        assert [(e.value, e.unit, e.original) for e in saved] == [
            (Decimal(48), "mmol/mol", "6.5 %"),
            (Decimal(48), "mmol/mol", None),
            (None, "", None),
        ]
        aside = db.session.scalars(select(ImportRow).where(ImportRow.reason == "implausible BMI")).one()
        assert (aside.line, aside.data["cells"][4]) == (4, "312")


def test_a_landline_in_the_mobile_column_becomes_the_home_phone(acting):
    with acting("dover-town", "alan"):
        brought(people(person(ADA, mobile="01304 555 123")))
        ada = db.session.scalars(select(Person)).one()
        assert (ada.mobile, ada.home_phone) == ("", "01304555123")


def test_the_file_is_sealed_and_forgotten_after_thirty_days(acting):
    with acting("dover-town", "alan"):
        found = brought(people(person(ADA), person("none")))
        file = db.session.get(StoredFile, (scope.current().tenant, found.file_id))
        assert b"Lovelady" in content(file)
        assert all(b"Lovelady" not in chunk.sealed for chunk in db.session.scalars(select(FileChunk)))
        due = select(Outbox.run_after).where(Outbox.kind == "people.forget")
        assert db.session.scalars(due).one() - found.brought_at == dt.timedelta(days=30)
        jobs.forget({"import_id": found.id})
        assert (how_many(StoredFile), how_many(FileChunk), how_many(Person)) == (0, 0, 1)
        refused = db.session.scalars(select(ImportRow)).one()
        assert (refused.reason, refused.data) == ("no NHS number", {})


def test_every_stage_is_put_down_to_who_did_it(acting):
    with acting("dover-town", "alan", audited=True):
        brought(FIVE)
        db.session.commit()
        done = db.session.execute(select(AuditEvent.action, AuditEvent.actor, AuditEvent.count)).all()
        assert ("brought in", "alan", None) in done
        assert ("saved", "alan", 4) in done


def test_another_pcn_sees_none_of_it(acting):
    with acting("dover-town", "alan"):
        brought(FIVE)
        db.session.commit()
    with acting("medway-central", "mo"):
        assert [how_many(m) for m in (Person, ImportFile, ImportRow, StoredFile)] == [0, 0, 0, 0]
